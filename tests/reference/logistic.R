# Logistic regression and the standardized risk difference by base R's glm, on covariates with long tails: the odds of some
# people lie far beyond 25, which is no separation. Prints JSON.
number <- function(x) if (length(x) == 1) format(x, digits = 17) else paste0("[", paste(format(x, digits = 17, trim = TRUE), collapse = ", "), "]")
standardized <- function(y, a, x) {
  rows <- data.frame(y = y, a = a, x = x)
  control <- glm.control(epsilon = 1e-15, maxit = 200)
  fit <- suppressWarnings(glm(y ~ a + x, binomial, rows, control = control))
  stopifnot(fit$converged)
  risk <- vapply(0:1, function(arm) mean(predict(fit, transform(rows, a = arm), type = "response")), 0)
  list(coefficients = unname(coef(fit)), risk = risk, furthest = max(abs(predict(fit))))
}
set.seed(1958)
rows <- vapply(c(60, 100, 200, 200, 200, 400), function(n) {
  a <- rbinom(n, 1, 0.5); x <- signif(exp(rnorm(n, 0, 1.5)), 6)
  y <- rbinom(n, 1, plogis(-2 + 0.3 * a + 0.8 * x))
  found <- standardized(y, a, x)
  paste0('    {"outcome": ', number(y), ', "treated": ', number(a), ', "covariate": ', number(x), ', "coefficients": ',
         number(found$coefficients), ', "risk": ', number(found$risk), ', "furthest": ', number(found$furthest), "}")
}, "")
cat('{\n  "long_tails": [\n', paste(rows, collapse = ",\n"), "\n  ]\n}\n", sep = "")
