# Power of two arms by direct enumeration: every pair of counts, tested by fisher.test or chisq.test, weighed by its
# probability; a success needs P < alpha and, two-sided, more responders on the active arm. One arm: binom.test.
# Writes power.json: Rscript power.R > power.json
two_arms <- list(
  list("fisher_exact", 12, 12, 0.5, 0.05, 0.05, 2), list("fisher_exact", 20, 10, 0.65, 0.2, 0.05, 2), list("fisher_exact", 30, 30, 0.3, 0.03, 0.025, 1),
  list("pearson", 12, 12, 0.5, 0.05, 0.05, 2), list("pearson", 25, 20, 0.45, 0.1, 0.025, 1), list("pearson_corrected", 25, 20, 0.45, 0.1, 0.05, 2),
  list("fisher_exact", 15, 15, 0.2, 0.2, 0.05, 2), list("fisher_exact", 9, 14, 1, 0.4, 0.05, 2), list("pearson", 9, 14, 0, 0, 0.05, 2))
p_value <- function(test, x, n, y, m, sides) {
  table <- matrix(c(x, n - x, y, m - y), 2)
  if (test == "fisher_exact") return(fisher.test(table, alternative = if (sides == 2) "two.sided" else "greater")$p.value)
  if (x + y == 0 || x + y == n + m) return(NaN)
  side <- if (sides == 2) "two.sided" else "greater"
  suppressWarnings(prop.test(c(x, y), c(n, m), alternative = side, correct = test == "pearson_corrected")$p.value)
}
power <- function(d) {
  test <- d[[1]]; n <- d[[2]]; m <- d[[3]]; sides <- d[[7]]; total <- 0
  for (x in 0:n) for (y in 0:m) {
    p <- p_value(test, x, n, y, m, sides)
    if (!is.nan(p) && p < d[[6]] && (sides == 1 || x / n > y / m)) total <- total + dbinom(x, n, d[[4]]) * dbinom(y, m, d[[5]])
  }
  sprintf('    {"test": "%s", "n": %d, "control_n": %d, "rate": %.17g, "control_rate": %.17g, "alpha": %.17g, "sides": %d, "power": %.17g}',
          test, n, m, d[[4]], d[[5]], d[[6]], sides, total)
}
one_arm <- list(c(17, 0.1, 0.4, 0.05, 2), c(50, 0.5, 0.7, 0.025, 1), c(50, 0.5, 0.5, 0.05, 2))
against <- function(d) {
  side <- if (d[5] == 2) "two.sided" else "greater"; total <- 0
  for (x in 0:d[1]) if (binom.test(x, d[1], d[2], alternative = side)$p.value < d[4] && (d[5] == 1 || x / d[1] > d[2]))
    total <- total + dbinom(x, d[1], d[3])
  sprintf('    {"n": %d, "against": %.17g, "rate": %.17g, "alpha": %.17g, "sides": %d, "power": %.17g}', d[1], d[2], d[3], d[4], d[5], total)
}
cat('{\n  "two_arms": [\n', paste(vapply(two_arms, power, ""), collapse = ",\n"), '\n  ],\n  "one_arm": [\n',
    paste(vapply(one_arm, against, ""), collapse = ",\n"), "\n  ]\n}\n", sep = "")
