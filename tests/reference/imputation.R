# Missing values imputed, in base R and nlme: reference-based conditional means where some return after a missed visit,
# Rubin's rules for a difference of shares and of means, values carried forward. Prints JSON: Rscript imputation.R
library(nlme)

number <- function(x) if (is.na(x)) "null" else if (is.infinite(x)) (if (x > 0) '"Inf"' else '"-Inf"') else sprintf("%.17g", x)
json <- function(x) {
  if (is.list(x) && !is.null(names(x))) paste0("{", paste(sprintf('"%s": %s', names(x), vapply(x, json, "")), collapse = ", "), "}")
  else if (is.list(x)) paste0("[", paste(vapply(x, json, ""), collapse = ", "), "]")
  else if (is.matrix(x)) paste0("[", paste(apply(x, 1, json), collapse = ",\n"), "]")
  else if (length(x) == 1) number(x)
  else paste0("[", paste(vapply(x, number, ""), collapse = ", "), "]")
}

# ---- a trial of three arms and four visits in which some return

set.seed(1352)
people <- 66
visits <- 4
arm <- rep(0:2, length.out = people)
base <- round(rnorm(people, 25, 4), 1)
own <- rnorm(people, 0, 2)
values <- sapply(seq_len(visits), function(v) round(-1.5 * v - 0.8 * v * (arm == 1) - 1.3 * v * (arm == 2) - 0.3 * (base - 25) + own * sqrt(v) + rnorm(people, 0, 1.5), 2))
leaves <- sample(c(1:visits, rep(visits + 1, 8)), people, replace = TRUE)
for (p in seq_len(people)) if (leaves[p] <= visits) values[p, leaves[p]:visits] <- NA
values[sample(people * visits, 22)] <- NA

long <- data.frame(id = rep(seq_len(people), visits), visit = rep(seq_len(visits), each = people), y = as.vector(values), arm = rep(arm, visits), base = rep(base, visits))
long <- long[!is.na(long$y), ]
long <- long[order(long$id, long$visit), ]
fit <- gls(y ~ 0 + factor(visit) + factor(visit):base + factor(visit):factor(arm), data = transform(long, arm = arm), method = "REML",
  correlation = corSymm(form = ~ visit | id), weights = varIdent(form = ~ 1 | visit),
  control = glsControl(maxIter = 500, msMaxIter = 1000, tolerance = 1e-12, msTol = 1e-14, opt = "nlminb"))
coefficients <- coef(fit)
intercept <- coefficients[paste0("factor(visit)", 1:visits)]
slope <- coefficients[paste0("factor(visit)", 1:visits, ":base")]
effect <- cbind(0, sapply(1:2, function(a) coefficients[paste0("factor(visit)", 1:visits, ":factor(arm)", a)]))
ratios <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[as.character(1:visits)]
correlation <- diag(visits)
correlation[lower.tri(correlation)] <- coef(fit$modelStruct$corStruct, unconstrained = FALSE)
correlation <- correlation + t(correlation) - diag(visits)
sigma <- fit$sigma^2 * outer(ratios, ratios) * correlation

mean_of <- function(p, group) intercept + slope * base[p] + effect[, group + 1]
assumed <- function(p, strategy) {
  mine <- mean_of(p, arm[p])
  copied <- mean_of(p, 0)
  seen <- which(!is.na(values[p, ]))
  first <- if (length(seen)) max(seen) + 1 else 1
  if (first > visits) return(mine)
  after <- seq_len(visits) >= first
  switch(strategy,
    missing_at_random = mine,
    jump_to_reference = ifelse(after, copied, mine),
    copy_reference = copied,
    copy_increments_in_reference = if (first == 1) copied else ifelse(after, mine[first - 1] + copied - copied[first - 1], mine),
    last_mean_carried_forward = if (first == 1) mine else ifelse(after, mine[first - 1], mine))
}
conditional <- function(p, strategy) {
  mu <- assumed(p, strategy)
  gone <- is.na(values[p, ])
  out <- values[p, ]
  if (all(gone)) return(mu)
  if (any(gone)) out[gone] <- mu[gone] + sigma[gone, !gone, drop = FALSE] %*% solve(sigma[!gone, !gone, drop = FALSE], (values[p, ] - mu)[!gone])
  out
}
strategies <- c("missing_at_random", "jump_to_reference", "copy_reference", "copy_increments_in_reference", "last_mean_carried_forward")
imputed <- lapply(setNames(nm = strategies), function(s) unname(t(sapply(seq_len(people), conditional, strategy = s))))
ancova <- lapply(imputed, function(full) unname(t(sapply(seq_len(visits), function(v) coef(lm(full[, v] ~ factor(arm) + base))[2:3]))))

# ---- Rubin's rules, by hand

rubin <- function(estimates, variances, complete) {
  m <- length(estimates)
  between <- var(estimates)
  total <- mean(variances) + (1 + 1 / m) * between
  share <- (1 + 1 / m) * between / total
  old <- (m - 1) / share^2
  observed <- (complete + 1) / (complete + 3) * complete * (1 - share)
  df <- if (is.infinite(complete)) old else old * observed / (old + observed)
  q <- mean(estimates)
  half <- qt(0.975, df) * sqrt(total)
  list(estimate = q, se = sqrt(total), freedom = df, lower = q - half, upper = q + half, p = 2 * pt(-abs(q) / sqrt(total), df))
}
responders <- lapply(c(5, 20), function(m) {
  who <- rep(0:1, c(23, 31))
  sure <- rbinom(54, 1, ifelse(who == 1, 0.6, 0.35))
  unknown <- runif(54) < 0.3
  response <- t(sapply(seq_len(m), function(i) ifelse(unknown, rbinom(54, 1, 0.4), sure)))
  in_arm <- who == 1
  shares <- function(group) rowMeans(response[, group])
  variance <- shares(in_arm) * (1 - shares(in_arm)) / 31 + shares(!in_arm) * (1 - shares(!in_arm)) / 23
  list(arm = who, response = response, pooled = rubin(shares(in_arm) - shares(!in_arm), variance, Inf))
})
means <- lapply(c(3, 40), function(m) {
  estimates <- rnorm(m, 2, 0.4)
  variances <- runif(m, 0.5, 0.9)
  list(estimates = estimates, variances = variances, complete = 3 * m + 8, pooled = rubin(estimates, variances, 3 * m + 8))
})

# ---- carried forward, one participant after the other

carried <- function(step) t(sapply(seq_len(people), function(p) {
  out <- values[p, ]
  for (v in seq_len(visits)) if (is.na(values[p, v])) out[v] <- step(base[p], values[p, seq_len(v - 1)], out, v)
  out
}))
single <- list(
  last = carried(function(b, before, out, v) if (v == 1) b else out[v - 1]),
  highest = carried(function(b, before, out, v) max(c(b, before), na.rm = TRUE)),
  lowest = carried(function(b, before, out, v) min(c(b, before), na.rm = TRUE)),
  baseline = carried(function(b, before, out, v) b))

cat(json(list(
  trial = list(arm = arm, base = base, values = values),
  model = list(intercept = unname(intercept), slope = unname(slope), effect = unname(effect), sigma = unname(sigma), log_likelihood = as.numeric(logLik(fit))),
  imputed = imputed, ancova = ancova, responders = responders, means = means, carried = single)), "\n")
