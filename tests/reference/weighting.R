# Inverse probability of treatment weighting by base R: glm for the probability of the arm, then the sandwich variance of
# all estimating equations at once (coefficients and both weighted means; Stefanski and Boos, Am Stat 2002;56:29-38).
# Writes weighting.json: Rscript weighting.R > weighting.json
number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
weighted <- function(y, a, z) {
  x <- cbind(1, z); n <- length(y)
  fit <- glm(a ~ z, family = binomial, control = glm.control(epsilon = 1e-15, maxit = 100))
  e <- plogis(as.vector(x %*% coef(fit)))
  w <- ifelse(a == 1, 1 / e, 1 / (1 - e))
  mean_1 <- weighted.mean(y[a == 1], w[a == 1]); mean_0 <- weighted.mean(y[a == 0], w[a == 0])
  psi <- cbind(x * (a - e), a * (y - mean_1) / e, (1 - a) * (y - mean_0) / (1 - e))
  k <- ncol(x); bread <- matrix(0, k + 2, k + 2)
  bread[1:k, 1:k] <- crossprod(x * (e * (1 - e)), x) / n
  bread[k + 1, 1:k] <- colSums(x * (a * (y - mean_1) * (1 - e) / e)) / n
  bread[k + 2, 1:k] <- -colSums(x * ((1 - a) * (y - mean_0) * e / (1 - e))) / n
  bread[k + 1, k + 1] <- mean(a / e); bread[k + 2, k + 2] <- mean((1 - a) / (1 - e))
  variance <- solve(bread) %*% (crossprod(psi) / n) %*% t(solve(bread)) / n
  contrast <- c(rep(0, k), 1, -1)
  error <- sqrt(as.vector(t(contrast) %*% variance %*% contrast))
  difference <- mean_1 - mean_0
  effective <- c(sum(w[a == 1])^2 / sum(w[a == 1]^2), sum(w[a == 0])^2 / sum(w[a == 0]^2))
  list(estimate = c(difference, difference - qnorm(0.975) * error, difference + qnorm(0.975) * error), effective = effective)
}
set.seed(20201210)
rows <- vapply(c(24, 40, 120, 400), function(n) {
  age <- round(rnorm(n, 45, 13), 1); severity <- round(exp(rnorm(n, log(16), 0.45)), 1); life <- round(pmax(0, rnorm(n, 12, 7)))
  a <- rbinom(n, 1, plogis(0.4 - 0.03 * (age - 45) + 0.05 * (severity - 16) + 0.04 * (life - 12)))
  y <- rbinom(n, 1, plogis(0.2 + 0.5 * a - 0.04 * (severity - 16) - 0.02 * (age - 45)))
  found <- weighted(y, a, cbind(age, severity, life))
  paste0('    {"outcome": ', number(y), ', "treated": ', number(a), ', "age": ', number(age), ', "severity": ', number(severity),
         ', "life": ', number(life), ', "estimate": ', number(found$estimate), ', "effective": ', number(found$effective), "}")
}, "")
cat('{\n  "chosen_arms": [\n', paste(rows, collapse = ",\n"), "\n  ]\n}\n", sep = "")
