# The lesion of the people in desolve_people.csv under several plans of doses, by deSolve's lsoda with a compiled model, at rtol
# 1e-8 and atol 1e-10. Prints JSON. The program's own step is held against it.
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "psoriasis.R"))
load_model(here)
weeks <- function(drug, week, mg) data.frame(drug = drug, day = 7 * week, mg = mg)
plans <- list(
  "ustekinumab 45 mg at weeks 0, 4, then every 12" = weeks("ustekinumab", c(0, 4, 16, 28, 40), 45),
  "ustekinumab 90 mg weekly for 4 weeks, and at week 16" = weeks("ustekinumab", c(0, 1, 2, 3, 16), 90),
  "ustekinumab 90 mg at week 20" = weeks("ustekinumab", 20, 90),
  "ixekizumab every 2 weeks to week 12, then every 4" =
    weeks("ixekizumab", c(0, seq(2, 12, 2), seq(16, 48, 4)), c(160, rep(80, 15))),
  "ixekizumab 10 mg at weeks 0, 2, 4, 8" = weeks("ixekizumab", c(0, 2, 4, 8), 10),
  "ixekizumab for 12 weeks, ustekinumab from week 10" =
    rbind(weeks("ixekizumab", c(0, seq(2, 12, 2)), c(160, rep(80, 6))), weeks("ustekinumab", c(10, 14, 26, 38), 90)))
days <- c(1, 7, 14, 28, 56, 84, 100, 140, 168, 252, 364)
people <- read.csv(file.path(here, "desolve_people.csv"), check.names = FALSE)
effects <- as.matrix(people[, -(1:2)])
lesions <- function(plan) {
  rows <- vapply(seq_len(nrow(people)), function(who) {
    found <- course(person(people$weight_kg[who], effects[who, ]), plan, days, 1e-8, 1e-10)
    paste0("    [", paste(sprintf("%.9f", found), collapse = ", "), "]")
  }, "")
  paste(rows, collapse = ",\n")
}
rows <- vapply(names(plans), function(name) paste0('   "', name, '": [\n', lesions(plans[[name]]), "\n   ]"), "")
cat('{\n  "days": [', paste(days, collapse = ", "), '],\n  "lesion": {\n', paste(rows, collapse = ",\n"), "\n  }\n}\n", sep = "")
