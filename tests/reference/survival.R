# Kaplan-Meier, its median, the log-rank test and Turnbull's curve by R's survival package, for small trials written by hand.
# Writes survival.json: Rscript survival.R > survival.json
library(survival)
number <- function(x) paste(ifelse(is.na(x), "null", ifelse(is.infinite(x), '"Inf"', sprintf("%.17g", x))), collapse = ", ")
trials <- list(
  list(time = c(28, 56, 56, 84, 84, 112, 140, 140, 168, 168, 28, 28, 56, 56, 84, 84, 84, 112, 140, 168),
       event = c(1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0), arm = rep(0:1, each = 10), stratum = rep(1:2, 10)),
  list(time = c(3, 5, 5, 8, 12, 2, 4, 6, 7, 9, 1, 3, 3, 4, 10), event = c(1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1),
       arm = rep(0:2, each = 5), stratum = c(1, 1, 2, 2, 2, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2)),
  list(time = c(1, 2, 3, 4, 1, 2, 3, 4), event = c(1, 1, 1, 1, 0, 0, 1, 1), arm = rep(0:1, each = 4), stratum = rep(1, 8)))
records <- vapply(trials, function(d) {
  d <- as.data.frame(d)
  bands <- vapply(c("log-log", "log", "plain"), function(type) {
    f <- survfit(Surv(time, event) ~ 1, data = d, conf.type = type); q <- quantile(f, 0.5)
    sprintf('"%s": {"survival": [%s], "low": [%s], "high": [%s], "median": [%s]}', type, number(f$surv), number(f$lower), number(f$upper),
            number(c(q$quantile, q$lower, q$upper)))
  }, "")
  chi <- function(formula) { o <- survdiff(formula, data = d); c(o$chisq, pchisq(o$chisq, length(o$n) - 1, lower.tail = FALSE)) }
  sprintf('    {"time": [%s], "event": [%s], "arm": [%s], "stratum": [%s],\n     %s,\n     "logrank": [%s], "stratified": [%s]}', number(d$time), number(d$event),
          number(d$arm), number(d$stratum), paste(bands, collapse = ",\n     "), number(chi(Surv(time, event) ~ arm)), number(chi(Surv(time, event) ~ arm + strata(stratum))))
}, "")
visits <- data.frame(lower = c(0, 0, 4, 4, 4, 8, 8, 12, 12, 0, 4, 16, 16, 16, 8), upper = c(4, 8, 8, 12, 16, 12, 12, 16, Inf, 4, 8, Inf, Inf, Inf, Inf))
f <- survfit(Surv(lower, upper, type = "interval2") ~ 1, data = visits, conf.type = "none")
turnbull <- sprintf('    {"lower": [%s], "upper": [%s], "time": [%s], "survival": [%s]}', number(visits$lower), number(visits$upper), number(f$time), number(f$surv))
cat('{\n  "follow_up": [\n', paste(records, collapse = ",\n"), '\n  ],\n  "visits": [\n', turnbull, "\n  ]\n}\n", sep = "")
