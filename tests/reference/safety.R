# Fisher's exact test of several arms (base R), and mid-p limits of a ratio of two rates solved to the last digit.
# Writes safety.json: Rscript safety.R > safety.json
number <- function(x) if (is.infinite(x)) '"Inf"' else sprintf("%.17g", x)
several <- function(x) paste0("[", paste(vapply(x, number, ""), collapse = ", "), "]")
tables <- list(
  list(c(3, 0, 1), c(86, 84, 84)), list(c(58, 25, 27), c(86, 84, 84)), list(c(8, 44, 40), c(86, 84, 84)),
  list(c(0, 0, 0), c(5, 6, 7)), list(c(5, 6, 7), c(5, 6, 7)), list(c(1, 4, 2, 6), c(9, 12, 10, 11)),
  list(c(2, 2, 3, 0, 5), c(20, 18, 22, 19, 21)), list(c(200, 48), c(252, 67)), list(c(1, 0, 12), c(2, 30, 41)))
fisher <- vapply(tables, function(t) {
  p <- fisher.test(rbind(t[[1]], t[[2]] - t[[1]]), workspace = 2e7)$p.value
  sprintf('    {"events": %s, "participants": %s, "p_value": %s}', several(t[[1]]), several(t[[2]]), number(p))
}, "")
# P(X >= x) - P(X = x) / 2 of a binomial share p, x of n events in the active arm
tail_of <- function(p, x, n) pbinom(x, n, p, lower.tail = FALSE) + dbinom(x, n, p) / 2
share_at <- function(x, n, tail) if (x == 0) 0 else uniroot(function(p) tail_of(p, x, n) - tail, c(0, 1), tol = 1e-15)$root
rates <- list(c(47, 172.5, 15, 62.25), c(40, 125.03, 44, 160.54), c(3, 68.43, 1, 95.54), c(5, 107.82, 0, 148.56),
              c(0, 30, 6, 41.5), c(1, 12.25, 1, 9), c(310, 1204.5, 280, 1190.75))
ratios <- unlist(lapply(rates, function(r) vapply(c(0.9, 0.95), function(level) {
  tail <- (1 - level) / 2; n <- r[1] + r[3]
  low <- share_at(r[1], n, tail); high <- share_at(r[3], n, tail)
  limits <- c(low / (1 - low), if (high == 0) Inf else (1 - high) / high) * r[4] / r[2]
  sprintf('    {"counts": %s, "level": %s, "limits": %s}', several(r), number(level), several(limits))
}, "")))
cat('{\n  "fisher": [\n', paste(fisher, collapse = ",\n"), '\n  ],\n  "mid_p_ratios": [\n', paste(ratios, collapse = ",\n"), "\n  ]\n}\n", sep = "")
