# Fisher's exact test, Pearson's chi-square and the exact binomial test by base R, for tables that papers print.
# Writes two_proportions.json: Rscript two_proportions.R > two_proportions.json
number <- function(x) if (is.nan(x)) "null" else sprintf("%.17g", x)
record <- function(...) {
  fields <- list(...)
  text <- mapply(function(name, x) sprintf('"%s": %s', name, if (is.character(x)) sprintf('"%s"', x) else number(x)),
                 names(fields), fields)
  paste0("    {", paste(text, collapse = ", "), "}")
}
tables <- list(
  list("Krueger 2007 PASI 75, 45 mg once", 33, 64, 1, 64), list("Krueger 2007 PASI 75, 90 mg once", 38, 64, 1, 64),
  list("Krueger 2007 PASI 75, 45 mg weekly", 43, 64, 1, 64), list("Krueger 2007 PASI 75, 90 mg weekly", 52, 64, 1, 64),
  list("Krueger 2007 PASI 90, 45 mg once", 15, 64, 1, 64), list("Krueger 2007 PASI 90, 90 mg once", 19, 64, 1, 64),
  list("Krueger 2007 PASI 90, 45 mg weekly", 28, 64, 1, 64), list("Krueger 2007 PASI 90, 90 mg weekly", 33, 64, 1, 64),
  list("Krueger 2007 adverse events", 200, 252, 48, 67), list("Krueger 2007 serious adverse events", 9, 252, 1, 67),
  list("METOP PASI 75", 37, 91, 3, 29), list("Reich 2020 PASI 75", 49, 54, 38, 54), list("Reich 2020 PASI 100", 22, 54, 7, 54),
  list("no event in either arm", 0, 12, 0, 9), list("events in everyone", 12, 12, 9, 9), list("one arm only", 8, 8, 0, 8),
  list("large arms", 812, 2500, 760, 2510))
two_arms <- vapply(tables, function(r) {
  m <- matrix(c(r[[2]], r[[3]] - r[[2]], r[[4]], r[[5]] - r[[4]]), 2)
  plain <- suppressWarnings(chisq.test(m, correct = FALSE)); yates <- suppressWarnings(chisq.test(m, correct = TRUE))
  record(table = r[[1]], events = r[[2]], participants = r[[3]], control_events = r[[4]], control_participants = r[[5]],
         two_sided = fisher.test(m)$p.value, greater = fisher.test(m, alternative = "greater")$p.value,
         less = fisher.test(m, alternative = "less")$p.value, pearson = plain$p.value, pearson_corrected = yates$p.value)
}, "")
arms <- list(c(9, 12, 0.5), c(3, 40, 0.2), c(0, 30, 0.1), c(30, 30, 0.9), c(20, 40, 0.5), c(180, 300, 0.55), c(7, 9, 0.7),
             c(1, 1, 0.3), c(4, 10, 0.4), c(2, 6, 0.6), c(450, 3000, 0.16))
one_arm <- vapply(arms, function(r) {
  p <- function(alternative) binom.test(r[1], r[2], r[3], alternative = alternative)$p.value
  limits <- binom.test(r[1], r[2], conf.level = 0.9)$conf.int
  record(events = r[1], participants = r[2], against = r[3], two_sided = p("two.sided"), greater = p("greater"), less = p("less"),
         low_90 = limits[1], high_90 = limits[2])
}, "")
cat('{\n  "two_arms": [\n', paste(two_arms, collapse = ",\n"), '\n  ],\n  "one_arm": [\n', paste(one_arm, collapse = ",\n"), "\n  ]\n}\n", sep = "")
