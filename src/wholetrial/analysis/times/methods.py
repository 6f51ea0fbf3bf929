"""The methods for times to an event, each with its paper."""

from wholetrial.analysis.method import Method

TIMES = (
    Method(
        "aalen_johansen",
        "Aalen-Johansen estimate of the cumulative incidence with competing risks",
        "curve",
        "Aalen OO, Johansen S. Scand J Stat 1978;5:141-50.",
    ),
    Method(
        "brookmeyer_crowley",
        "Brookmeyer-Crowley limits of the median",
        "interval",
        "Brookmeyer R, Crowley J. Biometrics 1982;38:29-41.",
    ),
    Method(
        "cox",
        "Cox regression, ties by Efron's method",
        "model",
        "Cox DR. J R Stat Soc B 1972;34:187-220.",
    ),
    Method(
        "fleming_harrington",
        "Fleming-Harrington weighted log-rank test",
        "test",
        "Harrington DP, Fleming TR. Biometrika 1982;69:553-66.",
    ),
    Method(
        "hazard_ratio",
        "hazard ratio by Cox regression",
        "model",
        "Cox DR. J R Stat Soc B 1972;34:187-220.",
    ),
    Method(
        "interval_log_rank",
        "log-rank test for interval-censored times, permutation form",
        "test",
        "Sun J. Stat Med 1996;15:1387-95.",
    ),
    Method(
        "kaplan_meier",
        "Kaplan-Meier estimate",
        "curve",
        "Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-81.",
    ),
    Method(
        "log_rank",
        "log-rank test",
        "test",
        "Mantel N. Cancer Chemother Rep 1966;50:163-70.",
    ),
    Method(
        "milestone_survival",
        "difference in survival at a fixed time",
        "interval",
        "Klein JP, Logan B, Harhoff M, Andersen PK. Stat Med 2007;26:4505-19.",
    ),
    Method(
        "nelson_aalen",
        "Nelson-Aalen estimate of the cumulative hazard",
        "curve",
        "Aalen O. Ann Stat 1978;6:701-26.",
    ),
    Method(
        "peto_peto",
        "Peto-Peto weighted log-rank test",
        "test",
        "Peto R, Peto J. J R Stat Soc A 1972;135:185-207.",
    ),
    Method(
        "proportional_hazards",
        "score test of proportional hazards",
        "test",
        "Grambsch PM, Therneau TM. Biometrika 1994;81:515-26.",
    ),
    Method(
        "restricted_mean",
        "restricted mean survival time",
        "interval",
        "Royston P, Parmar MKB. BMC Med Res Methodol 2013;13:152.",
    ),
    Method(
        "stratified_log_rank",
        "stratified log-rank test",
        "test",
        "Mantel N. Cancer Chemother Rep 1966;50:163-70.",
    ),
    Method(
        "turnbull",
        "Turnbull's estimate for events seen only at visits",
        "curve",
        "Turnbull BW. J R Stat Soc B 1976;38:290-5.",
    ),
)
