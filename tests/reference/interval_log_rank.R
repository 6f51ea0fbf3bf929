# A log-rank test for interval-censored times: a second implementation in base R (EM run to the end, cells that fall to 0 left out and the maximum checked, Sun's and Finkelstein's scores,
# permutation variance), its chi-square again by coin's independence_test on the scores, and survival's log-rank scores for exact times.
# Writes interval_log_rank.json: Rscript interval_log_rank.R > interval_log_rank.json
suppressPackageStartupMessages({library(survival); library(coin)})
number <- function(x) paste(ifelse(is.infinite(x), '"Inf"', sprintf("%.17g", x)), collapse = ", ")
npmle <- function(l, r) {
  b <- sort(unique(c(l, r))); L <- head(b, -1); R <- b[-1]; A <- outer(l, L, "<=") & outer(r, R, ">=")
  keep <- L %in% l & R %in% r; A <- A[, keep, drop = FALSE]; p <- rep(1 / sum(keep), sum(keep))
  em <- function(p) { for (k in 1:3000) { new <- p * colMeans(A / as.vector(A %*% p)); if (max(abs(new - p)) < 1e-16) break; p <- new }; p / sum(p) }
  best <- function(p) { q <- as.vector(A %*% p); all(q > 0) && max(colMeans(A / q)) < 1 + 1e-9 }
  p <- em(p); for (small in c(1e-1, 1e-2, 1e-3, 1e-4)) { cut <- ifelse(p < small, 0, p)
    if (all(A %*% cut > 0)) { tried <- em(cut / sum(cut)); if (best(tried)) { p <- tried; break } } }
  stopifnot(best(p)); list(left = L[keep], right = R[keep], p = p)
}
xlogx <- function(x) ifelse(x > 0, x * log(pmax(x, 1e-300)), 0)
scores <- function(l, r, kind) {
  m <- npmle(l, r); S <- function(t) vapply(t, function(u) sum(m$p[m$right > u]), 0)
  hazard <- function(t) vapply(t, function(u) { i <- m$right <= u & m$p > 0; sum(m$p[i] / vapply(m$left[i], function(x) sum(m$p[m$right > x]), 0)) }, 0)
  # S at an end of the interval; the log of S is minus the summed hazard (Sun) or its own log (Finkelstein)
  f <- function(t) { s <- ifelse(is.infinite(t), 0, S(t)); if (kind == "sun") ifelse(s > 1e-12, -s * hazard(ifelse(is.infinite(t), 0, t)), 0) else xlogx(s) }
  s <- function(t) ifelse(is.infinite(t), 0, S(t))
  (f(l) - f(r)) / (s(l) - s(r))
}
permutation <- function(z, arm) {
  lev <- sort(unique(arm)); n <- length(z); m <- vapply(lev, function(a) sum(arm == a), 0)
  list(U = vapply(lev, function(a) sum((z - mean(z))[arm == a]), 0), V = sum((z - mean(z))^2) / (n - 1) * (diag(m) - outer(m, m) / n))
}
one <- function(d, kind) {
  z <- numeric(nrow(d)); U <- 0; V <- 0
  for (s in unique(d$stratum)) { i <- d$stratum == s; z[i] <- scores(d$lower[i], d$upper[i], kind); p <- permutation(z[i], factor(d$arm[i], levels = sort(unique(d$arm))))
    U <- U + p$U; V <- V + p$V }
  k <- length(U) - 1; chi <- sum(U[1:k] * solve(V[1:k, 1:k, drop = FALSE], U[1:k]))
  x <- data.frame(z = z, arm = factor(d$arm), stratum = factor(d$stratum))
  t <- if (nlevels(x$stratum) > 1) independence_test(z ~ arm | stratum, data = x, teststat = "quadratic") else independence_test(z ~ arm, data = x, teststat = "quadratic")
  sprintf('{"scores": [%s], "excess": [%s], "covariance": [%s], "chisq": %s, "p": %s, "coin_chisq": %s, "coin_p": %s}', number(z), number(U), number(V), number(chi),
          number(pchisq(chi, k, lower.tail = FALSE)), number(as.numeric(statistic(t))), number(as.numeric(pvalue(t))))
}
set.seed(20240611)
visits <- function(n, days, late, missed, scale, arms, strata) {
  d <- data.frame(arm = rep(seq_len(arms) - 1, length.out = n), stratum = sample(seq_len(strata), n, TRUE)); d$lower <- 0; d$upper <- Inf
  for (i in seq_len(n)) { t <- rexp(1, 1 / (scale[d$arm[i] + 1]))
    for (v in days) { came <- v + if (late > 0) sample(-late:late, 1) else 0; if (runif(1) < missed) next; if (t <= came) { d$upper[i] <- came; break } else d$lower[i] <- came } }
  d
}
trials <- list(visits(57, c(28, 56, 84, 112, 154, 196, 238, 280), 5, 0.15, c(90, 250), 2, 1), visits(60, c(28, 56, 84, 168), 0, 0.1, c(60, 90, 200), 3, 1),
               visits(66, c(28, 56, 84, 112, 168), 3, 0.2, c(80, 160), 2, 3), visits(16, c(4, 8, 12), 0, 0.2, c(8, 12), 2, 1))
rows <- vapply(trials, function(d) sprintf('    {"lower": [%s], "upper": [%s], "arm": [%s], "stratum": [%s],\n     "sun": %s,\n     "finkelstein": %s}', number(d$lower),
  number(d$upper), number(d$arm), number(d$stratum), one(d, "sun"), one(d, "finkelstein")), "")
# exact times: the log-rank scores are the martingale residuals of the null model with Breslow's hazard
e <- data.frame(time = round(rexp(40, 1 / 10)) + 1, event = rbinom(40, 1, 0.7), arm = rep(0:1, 20))
z <- residuals(coxph(Surv(time, event) ~ 1, data = e, ties = "breslow"), type = "martingale"); p <- permutation(z, e$arm); o <- survdiff(Surv(time, event) ~ arm, data = e)
exact <- sprintf('    {"time": [%s], "event": [%s], "arm": [%s], "scores": [%s], "excess": [%s], "covariance": [%s], "observed_minus_expected": [%s]}', number(e$time), number(e$event),
  number(e$arm), number(z), number(p$U), number(p$V), number(o$obs - o$exp))
cat('{\n  "visits": [\n', paste(rows, collapse = ",\n"), '\n  ],\n  "exact": [\n', exact, "\n  ]\n}\n", sep = "")
