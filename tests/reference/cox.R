# Cox's model by R's survival, fitted to the end: the test of proportional hazards, the baseline hazard, robust errors, and fits of few participants.
# Writes cox.json: Rscript cox.R > cox.json
library(survival)
number <- function(x) paste(ifelse(is.na(x), "null", ifelse(is.infinite(x), '"Inf"', sprintf("%.17g", x))), collapse = ", ")
end <- coxph.control(eps = 1e-13, toler.chol = 1e-16, iter.max = 100)
set.seed(1972)
trial <- function(n, arms, strata, unit) {
  d <- data.frame(arm = rep(seq_len(arms) - 1, length.out = n), stratum = sample(seq_len(strata), n, TRUE), age = round(rnorm(n, 45, 12)), base = round(rnorm(n, 20, 6), 1))
  t <- rexp(n, exp(-0.5 * d$arm + 0.02 * (d$age - 45)) / 15); c <- pmin(rexp(n, 1 / 40), 36); d$time <- ceiling(pmin(t, c) / unit) * unit; d$status <- as.numeric(t <= c); d
}
trials <- list(trial(120, 2, 1, 1), trial(90, 4, 3, 2), trial(60, 3, 2, 1e-6), trial(30, 2, 4, 4))
rows <- vapply(trials, function(d) {
  x <- model.matrix(~ factor(arm) + age + base, d)[, -1]; arms <- ncol(x) - 2
  parts <- vapply(c("efron", "breslow"), function(ties) {
    f <- if (max(d$stratum) > 1) Surv(time, status) ~ x + strata(stratum) else Surv(time, status) ~ x
    m <- coxph(f, d, ties = ties, control = end, x = TRUE); s <- summary(m); r <- coxph(f, d, ties = ties, control = end, robust = TRUE)
    sprintf('"%s": {"coef": [%s], "covariance": [%s], "robust": [%s], "loglik": [%s], "lrt": %s, "wald": %s, "score": %s}', ties, number(coef(m)), number(m$var), number(r$var),
            number(m$loglik), number(s$logtest[1]), number(m$wald.test), number(s$sctest[1])) }, "")
  g <- if (max(d$stratum) > 1) Surv(time, status) ~ factor(arm) + age + base + strata(stratum) else Surv(time, status) ~ factor(arm) + age + base
  m <- coxph(g, d, ties = "efron", control = end); z <- cox.zph(m, transform = "km")$table
  h <- vapply(c("efron", "breslow"), function(ties) { m <- coxph(Surv(time, status) ~ factor(arm) + age + base, d, ties = ties, control = end); number(basehaz(m, centered = FALSE)$hazard) }, "")
  at <- sort(unique(d$time))
  sprintf('    {"time": [%s], "status": [%s], "stratum": [%s], "arms": %d,\n     "covariates": [%s],\n     %s,\n     "zph": [%s],\n     "at": [%s], "hazard": {"efron": [%s],\n      "breslow": [%s]}}',
    number(d$time), number(d$status), number(d$stratum), arms, paste(apply(x, 1, function(r) sprintf("[%s]", number(r))), collapse = ", "), paste(parts, collapse = ",\n     "),
    number(z[, "chisq"]), number(at), h[1], h[2])
}, "")
cat('{\n  "trials": [\n', paste(rows, collapse = ",\n"), "\n  ]\n}\n", sep = "")
