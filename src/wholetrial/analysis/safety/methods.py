"""The methods for adverse events, each with its paper."""

from wholetrial.analysis.method import Method

_GRAHAM = "Graham PL, Mengersen K, Morton AP. Stat Med 2003;22:2071-83."
_LANCASTER = "Lancaster HO. J Am Stat Assoc 1961;56:223-34."
_PRZYBOROWSKI = "Przyborowski J, Wilenski H. Biometrika 1940;31:313-23."
_WALD = "Wald A. Trans Am Math Soc 1943;54:426-82."

SAFETY: tuple[Method, ...] = (
    Method(
        "fisher_freeman_halton",
        "Fisher's exact test of several arms (Freeman-Halton)",
        "test",
        "Freeman GH, Halton JH. Biometrika 1951;38:141-9.",
    ),
    Method(
        "negative_binomial_regression",
        "negative binomial regression of event counts, years as offset",
        "model",
        "Lawless JF. Can J Stat 1987;15:209-25.",
    ),
    Method(
        "poisson_regression",
        "Poisson regression of event counts, years as offset",
        "model",
        "Frome EL. Biometrics 1983;39:665-74.",
    ),
    Method(
        "rate_difference_mover",
        "difference of rates from the limits of both (MOVER)",
        "interval",
        "Zou GY, Donner A. Stat Med 2008;27:1693-702.",
    ),
    Method(
        "rate_difference_score",
        "Miettinen-Nurminen score interval of a difference of rates",
        "interval",
        "Miettinen O, Nurminen M. Stat Med 1985;4:213-26.",
    ),
    Method("rate_difference_wald", "Wald interval of a difference of rates", "interval", _WALD),
    Method(
        "rate_exact",
        "Garwood's exact interval of a rate",
        "interval",
        "Garwood F. Biometrika 1936;28:437-42.",
    ),
    Method("rate_log_wald", "Wald interval of the logarithm of a rate", "interval", _WALD),
    Method(
        "rate_mid_p",
        "mid-p interval of a rate",
        "interval",
        "Cohen GR, Yang SY. Stat Med 1994;13:2189-203.",
    ),
    Method(
        "rate_ratio_exact",
        "exact conditional interval of a ratio of rates",
        "interval",
        _PRZYBOROWSKI,
    ),
    Method(
        "rate_ratio_log_wald",
        "Wald interval of the logarithm of a ratio of rates",
        "interval",
        "Gu K, Ng HKT, Tang ML, Schucany WR. Biom J 2008;50:283-98.",
    ),
    Method("rate_ratio_mid_p", "mid-p interval of a ratio of rates", "interval", _LANCASTER),
    Method("rate_ratio_score", "score interval of a ratio of rates", "interval", _GRAHAM),
    Method(
        "rate_score",
        "score interval of a rate",
        "interval",
        "Rao CR. Proc Camb Philos Soc 1948;44:50-7.",
    ),
    Method("rates_exact", "exact conditional test of two rates", "test", _PRZYBOROWSKI),
    Method("rates_mid_p", "mid-p test of two rates", "test", _LANCASTER),
    Method("rates_score", "score test of two rates", "test", _GRAHAM),
)
