# Mixed models for repeated measures by nlme's gls, least-squares means by emmeans, one visit by lm.
# Fixed effects that are not a mean for each arm and visit: one slope of the baseline, a stratum, a
# covariate that changes from visit to visit, a straight line in time.
# Writes mixed_models.json: Rscript mixed_models.R > mixed_models.json
suppressPackageStartupMessages({library(nlme); library(emmeans); library(jsonlite)})
draw <- function(seed, people, visits, arms, strata) {
  set.seed(seed)
  base <- round(rnorm(people, 25, 5), 1); arm <- rep(seq_len(arms) - 1, length.out = people)
  stratum <- sample(strata, people, TRUE); person <- rnorm(people, 0, 3)
  d <- expand.grid(visit = seq_len(visits), id = seq_len(people))
  d$base <- base[d$id]; d$arm <- arm[d$id]; d$stratum <- stratum[d$id]
  d$dose <- round(runif(nrow(d), 0, 2), 2)
  d$change <- round(-0.2 * d$base - d$arm * d$visit * 0.5 + d$stratum + person[d$id] - d$dose + rnorm(nrow(d), 0, 1 + d$visit / 2), 2)
  d$change[runif(nrow(d)) < 0.08] <- NA
  last <- sample(seq_len(visits + 3), people, TRUE); d$change[d$visit > last[d$id]] <- NA
  d
}
structures <- list(
  unstructured = list(corSymm(form = ~ visit | id), varIdent(form = ~ 1 | v)),
  compound_symmetry = list(corCompSymm(form = ~ 1 | id), NULL),
  heterogeneous_compound_symmetry = list(corCompSymm(form = ~ 1 | id), varIdent(form = ~ 1 | v)),
  ar1 = list(corAR1(form = ~ visit | id), NULL),
  heterogeneous_ar1 = list(corAR1(form = ~ visit | id), varIdent(form = ~ 1 | v)))
models <- list(
  visits = change ~ v * a + base + s,
  trend = change ~ a * visit + base,
  changing = change ~ v * a + dose)
control <- glsControl(maxIter = 500, msMaxIter = 500, tolerance = 1e-11, msTol = 1e-13, opt = "nlminb")
fit <- function(d, model, structure, method) {
  d <- d[!is.na(d$change), ]; d$v <- factor(d$visit); d$a <- factor(d$arm); d$s <- factor(d$stratum)
  # named by a call, so that emmeans finds them
  g <- do.call(gls, list(models[[model]], d, structure[[1]], structure[[2]], method = method, control = control))
  out <- list(model = model, method = method, log_likelihood = as.numeric(logLik(g)), coefficients = unname(coef(g)), errors = unname(sqrt(diag(vcov(g)))))
  if (model == "visits") {
    e <- as.data.frame(summary(emmeans(g, ~ v | a, mode = "df.error", data = d)))
    out$means <- e$emmean; out$means_errors <- e$SE
  }
  out
}
trials <- list(list(seed = 41, people = 60, visits = 4, arms = 2, strata = 2), list(seed = 42, people = 75, visits = 3, arms = 3, strata = 3))
answer <- lapply(trials, function(t) {
  d <- do.call(draw, t)
  wide <- function(name) unname(t(matrix(d[[name]], nrow = t$visits)))
  fits <- list()
  for (structure in names(structures)) for (model in names(models)) for (method in if (structure == "unstructured") c("REML", "ML") else "REML")
    fits[[length(fits) + 1]] <- c(list(structure = structure), fit(d, model, structures[[structure]], method))
  first <- d[d$visit == 1, ]
  one <- lm(change ~ factor(arm) + base, first)
  list(change = wide("change"), dose = wide("dose"), base = first$base, arm = first$arm, stratum = first$stratum, fits = fits,
       first_visit = list(coefficients = unname(coef(one)), errors = unname(sqrt(diag(vcov(one)))), freedom = one$df.residual, p_values = unname(summary(one)$coefficients[, 4])))
})
cat(toJSON(answer, digits = NA, auto_unbox = TRUE, na = "null", null = "null"), "\n")
