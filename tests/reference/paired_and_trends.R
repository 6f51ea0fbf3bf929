# McNemar's test, one-sided tests of two proportions and trends by base R, exact trends by coin.
# Writes paired_and_trends.json: Rscript paired_and_trends.R > paired_and_trends.json
number <- function(x) if (is.nan(x)) "null" else sprintf("%.17g", x)
record <- function(...) {
  fields <- list(...)
  text <- mapply(function(name, x) sprintf('"%s": %s', name, if (length(x) > 1) sprintf("[%s]", paste(vapply(x, number, ""), collapse = ", ")) else number(x)),
                 names(fields), fields)
  paste0("    {", paste(text, collapse = ", "), "}")
}
pairs <- vapply(list(c(8, 5), c(14, 3), c(0, 6), c(1, 0), c(7, 7), c(41, 88), c(210, 160)), function(r) {
  m <- matrix(c(20, r[2], r[1], 30), 2)
  plain <- mcnemar.test(m, correct = FALSE); corrected <- mcnemar.test(m, correct = TRUE)
  p <- function(alternative) binom.test(r[1], sum(r), alternative = alternative)$p.value
  record(gained = r[1], lost = r[2], statistic = unname(plain$statistic), p = plain$p.value,
         statistic_corrected = unname(corrected$statistic), p_corrected = corrected$p.value,
         two_sided = p("two.sided"), greater = p("greater"), less = p("less"))
}, "")
tables <- list(c(37, 91, 3, 29), c(5, 22, 0, 21), c(1, 20, 5, 40), c(16, 45, 17, 45), c(10, 10, 0, 9), c(7, 20, 7, 20), c(812, 2500, 760, 2510))
one_sided <- vapply(tables, function(r) {
  p <- function(alternative, correct) suppressWarnings(prop.test(r[c(1, 3)], r[c(2, 4)], alternative = alternative, correct = correct))$p.value
  record(table = r, greater = p("greater", FALSE), less = p("less", FALSE), greater_corrected = p("greater", TRUE), less_corrected = p("less", TRUE))
}, "")
designs <- list(list(c(5, 7, 10, 10), c(20, 20, 20, 20), 0:3), list(c(4, 8, 6, 7), c(18, 22, 15, 30), c(0, 5, 10, 40)),
                list(c(0, 1, 5), c(9, 11, 10), c(0, 1, 2)), list(c(1, 33, 38, 43, 52), c(64, 64, 64, 64, 64), c(0, 1, 2, 3, 4)),
                list(c(9, 3, 2), c(12, 14, 30), c(0, 1, 5)))
trends <- vapply(designs, function(r) {
  plain <- suppressWarnings(prop.trend.test(r[[1]], r[[2]], r[[3]]))
  people <- data.frame(dose = rep(rep(r[[3]], 2), c(r[[1]], r[[2]] - r[[1]])), event = factor(rep(c("yes", "no"), c(sum(r[[1]]), sum(r[[2]] - r[[1]]))), levels = c("yes", "no")))
  exact <- function(alternative) {
    test <- coin::independence_test(dose ~ event, data = people, alternative = alternative, distribution = coin::exact())
    as.numeric(coin::pvalue(test))
  }
  record(events = r[[1]], participants = r[[2]], scores = r[[3]], statistic = unname(plain$statistic), p = plain$p.value,
         exact_two_sided = exact("two.sided"), exact_greater = exact("greater"), exact_less = exact("less"))
}, "")
section <- function(name, rows) sprintf('  "%s": [\n%s\n  ]', name, paste(rows, collapse = ",\n"))
cat("{\n", paste(section("pairs", pairs), section("one_sided", one_sided), section("trends", trends), sep = ",\n"), "\n}\n", sep = "")
