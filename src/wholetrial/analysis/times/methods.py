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
        "turnbull",
        "Turnbull's estimate for events seen only at visits",
        "curve",
        "Turnbull BW. J R Stat Soc B 1976;38:290-5.",
    ),
)
