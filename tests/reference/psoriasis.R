# The psoriasis model of the model card for deSolve: parameters of a person, and the course under a plan of doses. The numbers
# are the card's, typed here once more; nothing is taken from the program.
suppressPackageStartupMessages(library(deSolve))

# Compiles psoriasis.c, which stands beside this file, into a temporary folder and loads it.
load_model <- function(folder) {
  built <- file.path(tempdir(), "psoriasis.c")
  file.copy(file.path(folder, "psoriasis.c"), built, overwrite = TRUE)
  said <- suppressWarnings(system2(file.path(R.home("bin"), "R"), c("CMD", "SHLIB", shQuote(built)), stdout = TRUE, stderr = TRUE))
  library_file <- file.path(tempdir(), paste0("psoriasis", .Platform$dynlib.ext))
  if (!file.exists(library_file)) stop(paste(c("psoriasis.c was not compiled:", said), collapse = "\n"))
  dyn.load(library_file)
}

# Fit B of the card, rounded as printed there; logit of memory and its spread.
CARD <- list(kout = 0.0455, kout_sd = 0.416, kt = 0.0596, kt_sd = 0.415, phi = 0.404, phi_sd = 1.64, placebo = 0.243,
             placebo_sd = 1, fading = 0.005, ic50_ixekizumab = 0.338, ic50_ustekinumab = 0.372, ic50_sd = 2.16)
BIOAVAILABLE <- c(ixekizumab = 0.65, ustekinumab = 1)

# One person's parameters in the order of psoriasis.c: body weight and eight standard normals.
person <- function(weight, z) {
  w <- weight / 90
  c(0.5 * exp(0.30 * z[8]), 0.41 * w^0.99 * exp(0.30 * z[6]), 3.0 * w * exp(0.30 * z[7]), 0.6 * w^0.99, 3.2 * w * exp(0.30 * z[7]),
    CARD$ic50_ixekizumab * exp(CARD$ic50_sd * z[2]),
    0.354 * exp(0.30 * z[8]), 0.465 * w^0.81 * exp(0.41 * z[6]), 15.7 * w^0.82 * exp(0.332 * z[7]),
    CARD$ic50_ustekinumab * exp(CARD$ic50_sd * z[2]),
    CARD$kt * exp(CARD$kt_sd * z[4]), CARD$kout * exp(CARD$kout_sd * z[1]), plogis(CARD$phi + CARD$phi_sd * z[5]),
    CARD$placebo * exp(CARD$placebo_sd * z[3]), CARD$fading)
}

DEPOT <- c(ixekizumab = 1, ustekinumab = 4)
STATES <- c("depot_17", "blood_17", "tissue_17", "depot_23", "blood_23", "t17", "lesion")

# The lesion on some days under a plan: a data frame with drug, day and mg. A dose on day 0 is there from the start.
course <- function(parameters, plan, days, rtol, atol) {
  state <- setNames(c(0, 0, 0, 0, 0, 1, 1), STATES)
  now <- plan[plan$day == 0, ]
  for (row in seq_len(nrow(now))) {
    drug <- now$drug[row]
    state[DEPOT[[drug]]] <- state[DEPOT[[drug]]] + BIOAVAILABLE[[drug]] * now$mg[row]
  }
  later <- plan[plan$day > 0, ]
  later <- later[order(later$day), ]
  times <- sort(unique(c(0, days, later$day)))
  given <- NULL
  if (nrow(later))
    given <- list(data = data.frame(var = STATES[DEPOT[later$drug]], time = later$day,
                                    value = BIOAVAILABLE[later$drug] * later$mg, method = "add"))
  found <- lsoda(state, times, func = "slopes", parms = parameters, dllname = "psoriasis", initfunc = "begin",
                 rtol = rtol, atol = atol, events = given, maxsteps = 1e5)
  unname(found[match(days, found[, 1]), "lesion"])
}
