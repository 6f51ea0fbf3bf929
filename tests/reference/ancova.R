# Analysis of covariance with unequal arms, missing values, two factors (one with a level that nobody
# has), by base R and emmeans; Dunnett's test with the exact correlations of covariates by mvtnorm
# (random integration: agrees to 2e-5); trends; rank tests with strata and ties.
# Writes ancova.json: Rscript ancova.R > ancova.json
suppressMessages({library(emmeans); library(mvtnorm); library(sandwich); library(jsonlite)})
study <- function(seed, sizes, shift, offset) {
  set.seed(seed)
  n <- sum(sizes); arm <- rep(seq_along(sizes) - 1, sizes)
  base <- round(rnorm(n, 20, 5), 2) + offset
  center <- sample(1:3, n, TRUE, c(.5, .3, .2)); sex <- sample(0:1, n, TRUE)
  y <- round(-2 + .4 * (base - offset - 20) - shift * arm + .8 * center + rnorm(n, 0, 3 + arm / 2), 2)
  y[sample(n, n %/% 12)] <- NA
  base[is.na(y) & arm == 0] <- NA
  data.frame(arm, base, center, sex, y)
}
columns <- function(s, ...) as.list(unname(s[, c(...)]))
effects <- function(s) as.list(setNames(s[, c("estimate", "SE", "lower.CL", "upper.CL", "p.value")],
  c("value", "standard_error", "low", "high", "p_value")))
fitted <- function(d, levels) {
  d$a <- factor(d$arm); d$c <- factor(d$center); d$s <- factor(d$sex)
  m <- lm(y ~ base + c + s + a, d)
  means <- function(weights) {
    s <- as.data.frame(summary(emmeans(m, "a", weights = weights)))
    list(value = s$emmean, standard_error = s$SE, low = s$lower.CL, high = s$upper.CL)
  }
  control <- as.data.frame(summary(contrast(emmeans(m, "a"), "trt.vs.ctrl", ref = 1, adjust = "none"), infer = TRUE, level = .9))
  tests <- drop1(m, . ~ ., test = "F")
  k <- seq(2 + 1 + nlevels(d$c), length.out = nlevels(d$a) - 1)
  robust <- lapply(c(hc0 = "HC0", hc1 = "HC1", hc2 = "HC2", hc3 = "HC3"), function(type) unname(sqrt(diag(vcovHC(m, type)))[k]))
  t <- unname(coef(m)[k] / sqrt(diag(vcov(m))[k])); rho <- unname(cov2cor(vcov(m)[k, k, drop = FALSE])); df <- df.residual(m)
  set.seed(1); algorithm <- GenzBretz(maxpts = 1e5, abseps = 1e-5)
  dunnett <- vapply(abs(t), function(x) 1 - pmvt(rep(-x, length(t)), rep(x, length(t)), df = df, corr = rho, algorithm = algorithm)[1], 0)
  less <- vapply(t, function(x) 1 - pmvt(rep(x, length(t)), rep(Inf, length(t)), df = df, corr = rho, algorithm = algorithm)[1], 0)
  score <- seq_len(nlevels(d$a)) - 1; score <- score - mean(score)
  trend <- as.data.frame(summary(contrast(emmeans(m, "a"), list(score / sum(score^2))), infer = TRUE))
  dose <- summary(lm(y ~ base + c + s + arm, d))$coefficients["arm", ]
  list(arm = d$arm, base = d$base, center = d$center, sex = d$sex, y = d$y, levels = levels,
       sigma = sigma(m), df = df, r_squared = summary(m)$r.squared, equal = means("equal"), proportional = means("proportional"),
       control_90 = effects(control), terms = list(base = tests["base", "F value"], center = tests["c", "F value"], sex = tests["s", "F value"], arm = tests["a", "F value"]),
       numerator = list(base = tests["base", "Df"], center = tests["c", "Df"], sex = tests["s", "Df"], arm = tests["a", "Df"]),
       robust = robust, dunnett = dunnett, dunnett_less = less, trend = effects(trend), dose = unname(dose[c("Estimate", "Std. Error", "Pr(>|t|)")]))
}
studies <- list(
  fitted(study(1, c(25, 18), 1.5, 0), 1:3), fitted(study(2, c(40, 21, 33), 1, 100), 1:3),
  fitted({d <- study(3, c(20, 14, 17, 22, 9), .6, 0); d$center[d$center == 1] <- 2; d}, 1:3),
  fitted(study(4, c(60, 20, 20, 20, 20, 20), .4, 0), 1:3))
two <- function(d) {
  x <- d$y[d$arm == 1]; y <- d$y[d$arm == 0]
  one <- function(...) { t <- t.test(x, y, conf.level = .9, ...); c(t$conf.int, t$p.value) }
  list(student = one(var.equal = TRUE), welch = one(), student_greater = t.test(x, y, alternative = "greater", var.equal = TRUE)$p.value,
       welch_less = t.test(x, y, alternative = "less")$p.value, wilcoxon = suppressWarnings(wilcox.test(x, y, exact = FALSE, correct = FALSE)$p.value),
       wilcoxon_less = suppressWarnings(wilcox.test(x, y, exact = FALSE, alternative = "less")$p.value),
       kruskal = kruskal.test(d$y, d$arm)$p.value)
}
quantiles <- list(values = c(3.2, 1.1, 8.4, 2.2, 7.7, 5.0, 9.1, 0.3, 6.6), probabilities = c(0, .1, .2, .25, .3, .5, .6, .75, .9, 1))
quantiles$type_2 <- lapply(1:9, function(n) unname(quantile(quantiles$values[1:n], quantiles$probabilities, type = 2)))
quantiles$type_7 <- lapply(1:9, function(n) unname(quantile(quantiles$values[1:n], quantiles$probabilities, type = 7)))
out <- list(studies = lapply(studies, function(s) c(s, list(two_arms = two(as.data.frame(s[c("arm", "y")]))))), quantiles = quantiles)
cat(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", pretty = FALSE), "\n")
