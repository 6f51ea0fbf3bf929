# Strata by base R: mantelhaen.test (chi-square and exact, two- and one-sided; common odds ratio; several arms and responses),
# the conditional odds ratio with its limits sought more finely than mantelhaen.test does, and g-computation after glm with the
# delta method, variances from the model, HC0 and HC3. Writes stratified.json: Rscript stratified.R > stratified.json
number <- function(x) paste0("[", paste(ifelse(is.nan(x) | is.na(x), "null", ifelse(is.infinite(x), '"Inf"', sprintf("%.17g", x))), collapse = ", "), "]")
entries <- function(named) paste0("{", paste(sprintf('"%s": %s', names(named), vapply(named, number, "")), collapse = ", "), "}")
sides <- c("two.sided", "greater", "less")
designs <- list(
  list(x = c(9, 4, 7), n = c(20, 11, 15), y = c(3, 2, 6), m = c(18, 12, 14)),
  list(x = c(1, 0, 2, 3, 1), n = c(4, 3, 5, 6, 4), y = c(0, 1, 1, 1, 0), m = c(5, 4, 3, 6, 4)),
  list(x = c(5, 6), n = c(10, 12), y = c(5, 6), m = c(10, 13)),
  list(x = c(31, 44), n = c(64, 90), y = c(1, 9), m = c(64, 88)),
  list(x = c(2, 3, 4), n = c(20, 22, 18), y = c(9, 8, 11), m = c(21, 19, 18)))
tables <- vapply(designs, function(d) {
  a <- array(rbind(d$x, d$y, d$n - d$x, d$m - d$y), c(2, 2, length(d$x)))
  plain <- lapply(sides, function(s) mantelhaen.test(a, correct = FALSE, alternative = s))
  corrected <- lapply(sides, function(s) mantelhaen.test(a, correct = TRUE, alternative = s))
  exact <- lapply(sides, function(s) mantelhaen.test(a, exact = TRUE, alternative = s))
  weight <- 1; low <- 0 # the active arm's events, given all margins
  for (k in seq_along(d$x)) {
    s <- d$x[k] + d$y[k]; possible <- max(0, s - d$m[k]):min(d$n[k], s); low <- low + possible[1]
    part <- dhyper(possible, d$n[k], d$m[k], s)
    weight <- rowSums(outer(seq_len(length(weight) + length(part) - 1), seq_along(part), function(i, j) {
      at <- i - j + 1; ifelse(at >= 1 & at <= length(weight), weight[pmin(pmax(at, 1), length(weight))] * part[j], 0) }))
  }
  count <- low + seq_along(weight) - 1; seen <- sum(d$x)
  law <- function(t) { w <- log(weight) + t * count; w <- exp(w - max(w)); w / sum(w) }
  seek <- function(f) exp(uniroot(f, c(-20, 20), tol = 1e-13)$root)
  odds <- c(seek(function(t) sum(law(t) * count) - seen), seek(function(t) sum(law(t)[count >= seen]) - 0.025),
            seek(function(t) sum(law(t)[count <= seen]) - 0.025))
  paste0("    ", entries(list(events = d$x, participants = d$n, control_events = d$y, control_participants = d$m,
    cmh = vapply(plain, function(t) t$p.value, 0), cmh_corrected = vapply(corrected, function(t) t$p.value, 0),
    cmh_exact = vapply(exact, function(t) t$p.value, 0), statistic = c(plain[[1]]$statistic, corrected[[1]]$statistic),
    odds_ratio = c(plain[[1]]$estimate, plain[[1]]$conf.int), conditional = odds)))
}, "")
set.seed(314); general <- vapply(list(c(3, 4, 2), c(2, 5, 3), c(4, 3, 5)), function(size) {
  counts <- array(rpois(prod(size), 4), size) # arms, responses, strata
  found <- mantelhaen.test(counts)
  sprintf('    {"size": %s, "counts": %s, "found": %s}', number(size), number(counts), number(c(found$statistic, found$parameter, found$p.value)))
}, "")
adjusted <- vapply(c(60, 150, 400), function(n) {
  age <- round(rnorm(n, 45, 13), 1); severity <- round(exp(rnorm(n, log(16), 0.45)), 1); arm <- sample(rep(0:2, length.out = n))
  y <- rbinom(n, 1, plogis(-0.4 + 0.6 * arm + 0.05 * (severity - 16) - 0.02 * (age - 45)))
  d <- data.frame(y, arm = factor(arm), age, severity)
  fit <- glm(y ~ arm + age + severity, family = binomial, data = d, control = glm.control(epsilon = 1e-15, maxit = 100))
  x <- model.matrix(fit); e <- fitted(fit); bread <- solve(crossprod(x * (e * (1 - e)), x))
  h <- e * (1 - e) * rowSums((x %*% bread) * x) # hatvalues(fit) are those of the iteration before the last
  predicted <- lapply(0:2, function(a) { z <- d; z$arm <- factor(a, levels = 0:2); model.matrix(~ arm + age + severity, z) })
  risk <- vapply(predicted, function(z) mean(plogis(z %*% coef(fit))), 0)
  slope <- t(vapply(predicted, function(z) { p <- as.vector(plogis(z %*% coef(fit))); colMeans(z * (p * (1 - p))) }, coef(fit)))
  through <- function(v) as.vector(slope %*% v %*% t(slope))
  meat <- function(r) bread %*% crossprod(x * r) %*% bread
  paste0("    ", entries(list(outcome = y, arm = arm, age = age, severity = severity, risk = risk, model_based = through(bread),
    robust = through(meat(y - e)), robust_hc3 = through(meat((y - e) / (1 - h))))))
}, "")
cat('{\n  "tables": [\n', paste(tables, collapse = ",\n"), '\n  ],\n  "general": [\n', paste(general, collapse = ",\n"), '\n  ],\n  "adjusted": [\n',
    paste(adjusted, collapse = ",\n"), "\n  ]\n}\n", sep = "")
