# Cumulative incidence with competing risks by R's survival (multi-state survfit: Aalen-Johansen, standard error, log-log limits).
# Writes competing_risks.json: Rscript competing_risks.R > competing_risks.json
library(survival)
number <- function(x) paste(ifelse(is.na(x), "null", ifelse(is.infinite(x), '"Inf"', sprintf("%.17g", x))), collapse = ", ")
set.seed(1986)
trial <- function(n, causes, censored, rounded) { t <- rexp(n, 1 / 20); if (rounded) t <- ceiling(t / 4) * 4
  data.frame(time = t, cause = ifelse(runif(n) < censored, 0, sample(seq_len(causes), n, TRUE))) }
trials <- list(trial(60, 2, 0.3, TRUE), trial(40, 3, 0.2, FALSE), trial(12, 2, 0, TRUE),
               data.frame(time = c(3, 3, 3, 5, 5, 6, 7, 7, 9, 9, 10, 12), cause = c(1, 2, 0, 1, 1, 2, 0, 1, 2, 2, 1, 0)))
rows <- vapply(trials, function(d) {
  f <- survfit(Surv(time, factor(cause, 0:max(cause))) ~ 1, data = d, conf.type = "log-log")
  parts <- vapply(seq_len(max(d$cause)), function(k) { j <- k + 1
    sprintf('"%d": {"incidence": [%s], "std_err": [%s], "low": [%s], "high": [%s]}', k, number(f$pstate[, j]), number(f$std.err[, j]), number(f$lower[, j]), number(f$upper[, j])) }, "")
  sprintf('    {"time": [%s], "cause": [%s], "at": [%s],\n     "causes": {%s}}', number(d$time), number(d$cause), number(f$time), paste(parts, collapse = ",\n      "))
}, "")
cat('{\n  "trials": [\n', paste(rows, collapse = ",\n"), "\n  ]\n}\n", sep = "")
