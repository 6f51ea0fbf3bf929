# Double programming: two trials analyzed a second time, from the tables of their data and the words of their protocols alone.
# Written without a look at the program's own endpoints and analyses. A folder's name begins with the trial's identifier.
# Prints JSON: Rscript double_programming.R FOLDER...
library(survival)

number <- function(x) if (is.na(x)) "null" else if (is.infinite(x)) '"Inf"' else sprintf("%.17g", x)
json <- function(x) {
  if (is.list(x)) paste0("{", paste(sprintf('"%s": %s', names(x), vapply(x, json, "")), collapse = ", "), "}")
  else if (is.logical(x)) tolower(as.character(x))
  else if (length(x) == 1) number(x)
  else paste0("[", paste(vapply(x, number, ""), collapse = ", "), "]")
}

# ---- tables

read_tables <- function(folder) {
  one <- function(name) read.csv(file.path(folder, paste0(name, ".csv")), stringsAsFactors = FALSE, na.strings = "", colClasses = c(participant = "character"))
  names <- c("participants", "visits", "observations", "exposures", "adverse_events", "dispositions")
  setNames(lapply(names, one), names)
}

# the value of a measure at a visit, and the day of that visit, for each of these people; NA where there is none
value_at <- function(t, who, measure, visit) {
  o <- t$observations[t$observations$measure == measure & t$observations$visit == visit, ]
  o$value[match(who, o$participant)]
}
day_of <- function(t, who, visit) {
  v <- t$visits[t$visits$visit == visit, ]
  v$day[match(who, v$participant)]
}
# the last value on or before week 0
baseline_of <- function(t, who, measure) {
  at_week_0 <- value_at(t, who, measure, "week 0")
  ifelse(is.na(at_week_0), value_at(t, who, measure, "screening"), at_week_0)
}
first_day <- function(t, who, event) {
  d <- t$dispositions[t$dispositions$event == event, ]
  vapply(who, function(p) if (any(d$participant == p)) min(d$day[d$participant == p]) else NA_real_, 0, USE.NAMES = FALSE)
}
tenths <- function(x) round(10 * x)

# the score has fallen by `percent` of its baseline or more: met, not met, or NA where that is not known
improved <- function(baseline, now, percent) {
  known <- !is.na(baseline) & !is.na(now) & tenths(baseline) > 0
  ifelse(known, 100 * (tenths(baseline) - tenths(now)) >= percent * tenths(baseline), NA)
}
# missing counts as no response, and so does whoever stopped treatment or began another one on or before the visit
response <- function(t, who, met, visit) {
  !is.na(met) & met & !turned(t, who, day_of(t, who, visit))
}

# who stopped or turned to another treatment on or before a day
turned <- function(t, who, day) {
  Reduce(`|`, lapply(c("stops_treatment", "starts_other_treatment"), function(event) {
    on <- first_day(t, who, event)
    !is.na(on) & !is.na(day) & on <= day
  }))
}

# ---- statistics

share <- function(x, n) list(events = x, participants = n, interval = if (n == 0) c(NA, NA) else as.numeric(binom.test(x, n)$conf.int))

# the estimates that agree best with a difference in probabilities (Miettinen and Nurminen 1985, appendix)
given_difference <- function(x1, n1, x0, n0, delta) {
  n <- n1 + n0
  L3 <- n
  L2 <- (n1 + 2 * n0) * delta - n - (x1 + x0)
  L1 <- (n0 * delta - n - 2 * x0) * delta + (x1 + x0)
  L0 <- x0 * delta * (1 - delta)
  q <- L2^3 / (3 * L3)^3 - L1 * L2 / (6 * L3^2) + L0 / (2 * L3)
  p <- sign(q) * sqrt(max(0, L2^2 / (3 * L3)^2 - L1 / (3 * L3)))
  a <- if (p == 0) 0 else (pi + acos(max(-1, min(1, q / p^3)))) / 3
  p0 <- 2 * p * cos(a) - L2 / (3 * L3)
  p0 <- min(1, max(0, p0))
  c(min(1, max(0, p0 + delta)), p0)
}
miettinen_nurminen <- function(x1, n1, x0, n0, level = 0.95) {
  d <- x1 / n1 - x0 / n0
  far <- function(delta) {
    p <- given_difference(x1, n1, x0, n0, delta)
    v <- (p[1] * (1 - p[1]) / n1 + p[2] * (1 - p[2]) / n0) * (n1 + n0) / (n1 + n0 - 1)
    if (v <= 0) return(if (abs(d - delta) < 1e-12) -1 else 1e6)
    (d - delta)^2 / v - qchisq(level, 1)
  }
  side <- function(end) if (abs(d - end) < 1e-12 || far(end * (1 - 1e-12)) < 0) end else uniroot(far, sort(c(d, end * (1 - 1e-12))), tol = 1e-14, maxiter = 10000)$root
  c(side(-1), side(1))
}
two_arms <- function(x1, n1, x0, n0) list(
  p = fisher.test(matrix(c(x1, n1 - x1, x0, n0 - x0), 2))$p.value, difference = x1 / n1 - x0 / n0, interval = miettinen_nurminen(x1, n1, x0, n0))

# Turnbull's estimate by hand, as precise as numbers allow: the probability of no event by `at`, NA where `at` lies inside an interval with mass
turnbull <- function(low, high, at) {
  ends <- sort(unique(c(low, high)))
  left <- ends[-length(ends)]; right <- ends[-1]
  keep <- left %in% low & right %in% high
  left <- left[keep]; right <- right[keep]
  inside <- outer(seq_along(low), seq_along(left), function(i, j) low[i] <= left[j] & right[j] <= high[i])
  mass <- rep(1 / length(left), length(left))
  for (step in 1:200000) {
    weight <- t(t(inside) * mass); weight <- weight / rowSums(weight)
    after <- colMeans(weight)
    done <- max(abs(after - mass)) < 1e-15
    mass <- after
    if (done) break
  }
  if (any(mass > 1e-9 & left < at & right > at)) NA else 1 - sum(mass[right <= at])
}

# ---- NCT00320216: four arms with the antibody, one with placebo

antibody <- c("once_45", "once_90", "weekly_45", "weekly_90")

plaque_psoriasis <- function(t) {
  people <- t$participants; who <- people$participant
  base <- baseline_of(t, who, "PASI"); week_12 <- value_at(t, who, "PASI", "week 12")
  efficacy <- lapply(list(pasi_75_week_12 = 75, pasi_90_week_12 = 90), function(percent) {
    responder <- response(t, who, improved(base, week_12, percent), "week 12")
    counts <- lapply(setNames(nm = c(antibody, "placebo")), function(arm) share(sum(responder[people$arm == arm]), sum(people$arm == arm)))
    placebo <- counts$placebo
    list(arms = counts, comparisons = lapply(counts[antibody], function(arm) two_arms(arm$events, arm$participants, placebo$events, placebo$participants)))
  })
  safety <- lapply(list(any_ae = FALSE, any_sae = TRUE), function(only_serious) {
    ae <- t$adverse_events
    ae <- ae[ae$day >= 0 & ae$day <= 140 & (!only_serious | ae$serious == "yes"), ]
    had <- who %in% ae$participant
    drug <- people$received %in% antibody; placebo <- people$received == "placebo"
    list(arms = list(experimental = share(sum(had & drug), sum(drug)), placebo = share(sum(had & placebo), sum(placebo))),
         comparisons = list(experimental = two_arms(sum(had & drug), sum(drug), sum(had & placebo), sum(placebo))))
  })
  list(efficacy = efficacy, safety = safety, conduct = doses_by_rule(t, who, people$arm, base))
}

doses_by_rule <- function(t, who, arm, base) {
  drug <- t$exposures[t$exposures$intervention == "CNTO_1275", ]
  dose_on <- function(p, day) { d <- drug$amount[drug$participant == p & !is.na(day) & drug$day == day]; if (length(d)) sum(d) else 0 }
  week_16 <- day_of(t, who, "week 16"); week_20 <- day_of(t, who, "week 20")
  needs <- arm %in% antibody & !is.na(week_16) & improved(base, value_at(t, who, "PASI", "week 16"), 75) %in% FALSE
  amount <- mapply(dose_on, who, week_16, USE.NAMES = FALSE)
  assigned <- ifelse(arm %in% c("once_90", "weekly_90"), 90, 45)
  crosses <- arm == "placebo" & !is.na(week_20)
  crossed <- mapply(dose_on, who, week_20, USE.NAMES = FALSE)
  planned <- sapply(setNames(nm = c(antibody, "placebo")), function(a) sum(drug$participant %in% who[arm == a] & drug$day <= 30))
  list(need = sum(needs), additional_doses = sum(drug$participant %in% who[arm %in% antibody] & drug$day > 100),
       exactly_those = all((amount > 0) == needs) && all(amount[needs] == assigned[needs]) && setequal(who[needs], t$dispositions$participant[t$dispositions$event == "additional_dose"]),
       come_to_crossover = sum(crosses), crossover_doses = sum(drug$participant %in% who[arm == "placebo"]),
       everybody_crosses = all((crossed == 90) == crosses) && setequal(who[crosses], t$dispositions$participant[t$dispositions$event == "crossover"]),
       antibody_doses_to_week_3 = as.list(planned))
}

# ---- NCT06374979: one arm

guttate_psoriasis <- function(t) {
  who <- t$participants$participant[t$participants$received == "ixekizumab"]   # everyone given a dose
  base <- baseline_of(t, who, "PASI"); now <- value_at(t, who, "PASI", "week 16"); pga <- value_at(t, who, "PGA", "week 16")
  met <- list(pasi_90_week_16 = improved(base, now, 90), pga_0_1_week_16 = pga <= 1, pasi_100_week_16 = improved(base, now, 100))
  shares <- lapply(met, function(m) share(sum(response(t, who, m, "week 16")), length(who)))
  x <- shares$pasi_90_week_16$events
  shares$pasi_90_week_16$p <- binom.test(x, length(who), 0.5, alternative = "greater")$p.value
  ae <- t$adverse_events[t$adverse_events$day >= 0 & t$adverse_events$day <= 364, ]
  shares$any_ae <- share(sum(who %in% ae$participant), length(who))
  changes <- value_at(t, who, "diary", "week 16") - baseline_of(t, who, "diary")
  day <- day_of(t, who, "week 16")
  changes[turned(t, who, ifelse(is.na(day), 112, day))] <- 0                   # composite: no change from baseline
  changes <- changes[!is.na(changes)]
  list(shares = shares, relapse = relapse(t, who[met$pasi_90_week_16 %in% TRUE]),
       diary = list(participants = length(changes), mean = mean(changes), interval = as.numeric(t.test(changes)$conf.int)), conduct = late_visits(t, who, met$pasi_90_week_16))
}

course <- c("week 0", "week 2", "week 4", "week 6", "week 8", "week 10", "week 12", "week 16", "week 34", "week 52")

# more than half of the best improvement so far is lost; known to have happened between two visits only
relapse <- function(t, responders) {
  last_dose <- rep(7 * 12, length(responders))                                 # counted from the day on which it is due
  scores <- sapply(course, function(visit) tenths(value_at(t, responders, "PASI", visit)))
  days <- sapply(course, function(visit) day_of(t, responders, visit))
  base <- tenths(baseline_of(t, responders, "PASI"))
  spans <- vapply(seq_along(responders), function(i) {
    low <- 0; high <- NA
    for (v in 2:length(course)) {
      if (is.na(scores[i, v])) next
      best <- min(base[i], scores[i, 1:v], na.rm = TRUE)
      lost <- best < base[i] && 2 * (scores[i, v] - best) > base[i] - best
      since <- days[i, v] - last_dose[i]
      if (since <= 0) next
      if (lost) { high <- since; break }
      low <- since
    }
    c(low, high)
  }, c(0, 0))
  low <- spans[1, ]; high <- spans[2, ]
  if (!length(low)) return(list(participants = 0, relapses = 0, survfit = NA, exact = NA))
  fit <- survfit(Surv(low, high, type = "interval2") ~ 1, conf.type = "none")
  at <- 7 * 52 - 7 * 12                                                        # week 52 is 40 weeks after the last dose, at week 12
  exact <- turnbull(low, ifelse(is.na(high), Inf, high), at)
  list(participants = length(low), relapses = sum(!is.na(high)), survfit = if (is.na(exact)) NA else min(1, fit$surv[fit$time <= at]), exact = exact)
}

# only those with PASI 90 at week 16 are seen at weeks 34 and 52: of those who stay, all but the few who miss the visit
late_visits <- function(t, who, met) {
  left <- first_day(t, who, "leaves_study")
  sapply(c(week_34 = "week 34", week_52 = "week 52"), function(visit) {
    came <- !is.na(day_of(t, who, visit)); planned <- if (visit == "week 34") 238 else 364
    list(expected = sum(met %in% TRUE & (is.na(left) | left > planned)), came = sum(came), only_those = all((met %in% TRUE & (is.na(left) | left > planned))[came]))
  }, simplify = FALSE)
}

# ---- all folders

analyze <- function(folder) {
  t <- read_tables(folder)
  switch(substr(basename(folder), 1, 11), NCT00320216 = plaque_psoriasis(t), NCT06374979 = guttate_psoriasis(t), stop("no trial begins the name ", basename(folder)))
}
folders <- commandArgs(trailingOnly = TRUE)
results <- setNames(lapply(folders, analyze), basename(folders))
cat("{\n", paste(sprintf('"%s": %s', names(results), vapply(results, json, "")), collapse = ",\n"), "\n}\n", sep = "")
