# Harrell's concordance index by R's survival package, for small trials written by hand: ties in times, in the predictor and in both; strata.
# Writes concordance.json: Rscript concordance.R > concordance.json
library(survival)
number <- function(x) paste(ifelse(is.na(x), "null", sprintf("%.17g", x)), collapse = ", ")
trials <- list(
  list(time = c(28, 56, 56, 84, 84, 112, 140, 140, 168, 168, 28, 28, 56, 56, 84, 84, 84, 112, 140, 168),
       event = c(1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0),
       predictor = c(3, 5, 5, 2, 7, 9, 6, 8, 12, 11, 1, 4, 4, 3, 8, 8, 5, 10, 7, 9), stratum = rep(1:2, 10)),
  list(time = c(3, 5, 5, 8, 12, 2, 4, 6, 7, 9, 1, 3, 3, 4, 10), event = c(1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1),
       predictor = c(-1.5, 0.25, 0.25, 0.25, 2, -3, 0, 1, 1, 0.5, -2, -2, -1.5, 0, 0), stratum = rep(1:3, each = 5)),
  list(time = c(1, 2, 3, 4, 1, 2, 3, 4), event = c(1, 1, 1, 1, 0, 0, 1, 1), predictor = c(4, 3, 2, 1, 9, 8, 2, 1), stratum = rep(1, 8)),
  list(time = 1:6, event = c(1, 1, 1, 1, 1, 0), predictor = 1:6, stratum = rep(1, 6)))
records <- vapply(trials, function(d) {
  d <- as.data.frame(d)
  found <- function(formula) {
    f <- concordance(formula, data = d)
    counts <- if (is.matrix(f$count)) colSums(f$count) else f$count
    sprintf('{"concordance": %s, "variance": %s, "counts": [%s]}', number(f$concordance), number(f$var), number(counts))
  }
  sprintf('    {"time": [%s], "event": [%s], "predictor": [%s], "stratum": [%s],\n     "one": %s,\n     "stratified": %s}', number(d$time), number(d$event),
          number(d$predictor), number(d$stratum), found(Surv(time, event) ~ predictor), found(Surv(time, event) ~ predictor + strata(stratum)))
}, "")
cat('{\n  "trials": [\n', paste(records, collapse = ",\n"), '\n  ]\n}\n', sep = "")
