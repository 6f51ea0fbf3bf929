"""The methods for times to an event, each with its paper."""

from wholetrial.analysis.method import Method

TIMES = (
    Method(
        "brookmeyer_crowley",
        "Brookmeyer-Crowley limits of the median",
        "interval",
        "Brookmeyer R, Crowley J. Biometrics 1982;38:29-41.",
    ),
    Method(
        "fleming_harrington",
        "Fleming-Harrington weighted log-rank test",
        "test",
        "Harrington DP, Fleming TR. Biometrika 1982;69:553-66.",
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
