"""The methods for participants with and without an outcome, each with its paper."""

from wholetrial.analysis.method import Method

_CLOPPER_PEARSON = "Clopper CJ, Pearson ES. Biometrika 1934;26:404-13."

RESPONDERS = (
    Method("clopper_pearson", "Clopper-Pearson exact interval", "interval", _CLOPPER_PEARSON),
    Method("exact_binomial", "exact binomial test", "test", _CLOPPER_PEARSON),
    Method("fisher_exact", "Fisher's exact test", "test", "Fisher RA. J R Stat Soc 1935;98:39-82."),
    Method(
        "inverse_probability_weighting",
        "inverse probability of treatment weighting, sandwich variance",
        "interval",
        "Lunceford JK, Davidian M. Stat Med 2004;23:2937-60.",
    ),
    Method(
        "jeffreys",
        "Jeffreys interval",
        "interval",
        "Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101-33.",
    ),
    Method(
        "miettinen_nurminen",
        "Miettinen-Nurminen score interval",
        "interval",
        "Miettinen O, Nurminen M. Stat Med 1985;4:213-26.",
    ),
    Method(
        "newcombe",
        "Newcombe's interval from Wilson limits",
        "interval",
        "Newcombe RG. Stat Med 1998;17:873-90.",
    ),
    Method(
        "pearson",
        "Pearson's chi-square test, without continuity correction",
        "test",
        "Pearson K. Philos Mag 1900;50:157-75.",
    ),
    Method(
        "pearson_corrected",
        "Pearson's chi-square test with Yates' continuity correction",
        "test",
        "Yates F. Suppl J R Stat Soc 1934;1:217-35.",
    ),
    Method(
        "wald",
        "Wald interval (normal approximation)",
        "interval",
        "Wald A. Trans Am Math Soc 1943;54:426-82.",
    ),
    Method(
        "wilson",
        "Wilson's score interval",
        "interval",
        "Wilson EB. J Am Stat Assoc 1927;22:209-12.",
    ),
)
