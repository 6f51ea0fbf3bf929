# Integrates the people of a file by deSolve's lsoda with the compiled one_drug.c, once for each relative tolerance; prints as
# JSON the processor seconds of the fastest of some turns and everybody's lesion at every week:
#   Rscript trajectories.R people.csv plan.csv weeks turns table|compiled rtol ...
# The doses are deSolve's usual table of events, or a compiled function, which spares R's checks of that table.
suppressPackageStartupMessages(library(deSolve))
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
asked <- commandArgs(TRUE)
invisible(file.copy(file.path(here, "one_drug.c"), tempdir()))
built <- file.path(tempdir(), "one_drug.c")
said <- system2(file.path(R.home("bin"), "R"), c("CMD", "SHLIB", shQuote(built)), stdout = TRUE, stderr = TRUE)
dyn.load(file.path(tempdir(), paste0("one_drug", .Platform$dynlib.ext)))
people <- as.matrix(read.csv(asked[1])); plan <- read.csv(asked[2])
days <- 7 * seq(0, as.integer(asked[3])); turns <- as.integer(asked[4]); compiled <- asked[5] == "compiled"; tolerances <- as.numeric(asked[-(1:5)])
at_start <- sum(plan$mg[plan$day == 0])
later <- plan[plan$day > 0, ]
stopifnot(length(unique(later$mg)) == 1)
one <- function(p, rtol) {
  state <- c(depot = p[["available"]] * at_start, blood = 0, tissue = 0, t17 = 1, lesion = 1)
  given <- if (compiled) list(func = "dose", time = later$day) else
    list(data = data.frame(var = "depot", time = later$day, value = p[["available"]] * later$mg, method = "add"))
  parms <- c(p, p[["available"]] * later$mg[1])
  lsoda(state, days, func = "slopes", parms = parms, dllname = "one_drug", initfunc = "begin", rtol = rtol, atol = rtol / 100,
        events = given, maxsteps = 1e5)[, "lesion"]
}
everybody <- function(rtol) vapply(seq_len(nrow(people)), function(who) one(people[who, ], rtol), days)
seconds <- function(rtol) min(vapply(seq_len(turns), function(turn) sum(system.time(everybody(rtol))[1:2]), 0))
number <- function(x) paste0("[", paste(sprintf("%.12g", x), collapse = ", "), "]")
rows <- vapply(tolerances, function(rtol)
  paste0('{"rtol": ', rtol, ', "seconds": ', seconds(rtol), ', "lesion": ', number(everybody(rtol)), "}"), "")
cat("[", paste(rows, collapse = ",\n"), "]\n", sep = "")
