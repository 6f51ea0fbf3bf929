# Student's t interval, the paired t test and the corrected signed rank test by base R.
# Writes continuous.json: Rscript continuous.R > continuous.json
number <- function(x) paste(sprintf("%.17g", x), collapse = ", ")
samples <- list(
  list(before = c(20, 18, 25, 17), after = c(12, 13, 14, 13)),
  list(before = c(31.2, 15.9, 22.4, 18.8, 40.1, 12.3, 27.5, 19.6), after = c(3.1, 14.2, 0, 18.9, 7.7, 2.4, 5.0, 6.6)),
  list(before = c(16, 14), after = c(13, 13)),
  list(before = c(17, 16, 19, 21, 18, 16, 20), after = c(17, 15, 19, 22, 18, 15, 20)))
records <- vapply(samples, function(s) {
  p <- function(alternative) t.test(s$after, s$before, paired = TRUE, alternative = alternative)
  wide <- t.test(s$after - s$before, conf.level = 0.95)$conf.int; narrow <- t.test(s$after - s$before, conf.level = 0.8)$conf.int
  ranks <- function(alternative) suppressWarnings(wilcox.test(s$after - s$before, exact = FALSE, correct = TRUE, alternative = alternative))$p.value
  sprintf('    {"before": [%s], "after": [%s], "statistic": %s, "two_sided": %s, "greater": %s, "less": %s, "limits_95": [%s], "limits_80": [%s], "signed_rank": [%s]}',
          number(s$before), number(s$after), number(p("two.sided")$statistic), number(p("two.sided")$p.value),
          number(p("greater")$p.value), number(p("less")$p.value), number(wide), number(narrow),
          number(c(ranks("two.sided"), ranks("greater"), ranks("less"))))
}, "")
cat('{\n  "paired": [\n', paste(records, collapse = ",\n"), "\n  ]\n}\n", sep = "")
