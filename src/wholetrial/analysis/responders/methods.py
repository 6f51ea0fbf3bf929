"""The methods for participants with and without an outcome, each with its paper."""

from wholetrial.analysis.method import Method

_CLOPPER_PEARSON = "Clopper CJ, Pearson ES. Biometrika 1934;26:404-13."
_MIETTINEN_NURMINEN = "Miettinen O, Nurminen M. Stat Med 1985;4:213-26."
_LANCASTER = "Lancaster HO. J Am Stat Assoc 1961;56:223-34."
_ARMITAGE = "Armitage P. Biometrics 1955;11:375-86."
_MCNEMAR = "McNemar Q. Psychometrika 1947;12:153-7."
_MANTEL = "Mantel N, Haenszel W. J Natl Cancer Inst 1959;22:719-48."
_LANDIS = "Landis JR, Heyman ER, Koch GG. Int Stat Rev 1978;46:237-54."
_GREENLAND = "Greenland S, Robins JM. Biometrics 1985;41:55-68."
_GE = "Ge M, Durham LK, Meyer RD, Xie W, Thomas N. Drug Inf J 2011;45:481-93."
_YE = "Ye T, Bannick M, Yi Y, Shao J. Stat Theory Relat Fields 2023;7:159-63."
_MEHTA = "Mehta CR, Patel NR, Gray R. J Am Stat Assoc 1985;80:969-73."

RESPONDERS = (
    Method(
        "agresti_caffo",
        "Agresti-Caffo interval",
        "interval",
        "Agresti A, Caffo B. Am Stat 2000;54:280-8.",
    ),
    Method(
        "barnard",
        "Barnard's exact test with the pooled z",
        "test",
        "Suissa S, Shuster JJ. J R Stat Soc A 1985;148:317-27.",
    ),
    Method(
        "boschloo",
        "Boschloo's exact test",
        "test",
        "Boschloo RD. Stat Neerl 1970;24:1-35.",
    ),
    Method(
        "breslow_day",
        "Breslow-Day test of one odds ratio in all strata",
        "test",
        "Breslow NE, Day NE. IARC Sci Publ 1980;32:5-338.",
    ),
    Method("clopper_pearson", "Clopper-Pearson exact interval", "interval", _CLOPPER_PEARSON),
    Method("cmh", "Cochran-Mantel-Haenszel test", "test", _MANTEL),
    Method(
        "cmh_corrected", "Cochran-Mantel-Haenszel test with continuity correction", "test", _MANTEL
    ),
    Method("cmh_correlation", "Cochran-Mantel-Haenszel test of correlation", "test", _LANDIS),
    Method("cmh_exact", "exact conditional Cochran-Mantel-Haenszel test", "test", _MEHTA),
    Method(
        "cmh_general_association",
        "Cochran-Mantel-Haenszel test of general association",
        "test",
        _LANDIS,
    ),
    Method("cmh_mean_score", "Cochran-Mantel-Haenszel test of mean scores", "test", _LANDIS),
    Method(
        "cochran_armitage",
        "Cochran-Armitage trend test",
        "test",
        _ARMITAGE,
    ),
    Method(
        "cochran_armitage_exact",
        "exact Cochran-Armitage trend test",
        "test",
        _ARMITAGE,
    ),
    Method("exact_binomial", "exact binomial test", "test", _CLOPPER_PEARSON),
    Method("fisher_exact", "Fisher's exact test", "test", "Fisher RA. J R Stat Soc 1935;98:39-82."),
    Method(
        "fisher_mid_p",
        "Fisher's exact test with mid-p",
        "test",
        _LANCASTER,
    ),
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
        "mantel_haenszel",
        "Mantel-Haenszel risk difference, Sato's variance",
        "interval",
        "Sato T. Biometrics 1989;45:1323-4.",
    ),
    Method(
        "mantel_haenszel_greenland_robins",
        "Mantel-Haenszel risk difference, variance of Greenland and Robins",
        "interval",
        _GREENLAND,
    ),
    Method(
        "mantel_haenszel_odds_ratio",
        "Mantel-Haenszel odds ratio, variance of Robins, Breslow and Greenland",
        "interval",
        "Robins J, Breslow N, Greenland S. Biometrics 1986;42:311-23.",
    ),
    Method("mantel_haenszel_risk_ratio", "Mantel-Haenszel risk ratio", "interval", _GREENLAND),
    Method(
        "mcnemar",
        "McNemar's test, without continuity correction",
        "test",
        _MCNEMAR,
    ),
    Method(
        "mcnemar_corrected",
        "McNemar's test with continuity correction",
        "test",
        "Edwards AL. Psychometrika 1948;13:185-7.",
    ),
    Method(
        "mcnemar_exact",
        "McNemar's exact test",
        "test",
        _MCNEMAR,
    ),
    Method(
        "mcnemar_mid_p",
        "McNemar's test with mid-p",
        "test",
        "Fagerland MW, Lydersen S, Laake P. BMC Med Res Methodol 2013;13:91.",
    ),
    Method(
        "mee",
        "Mee's score interval",
        "interval",
        "Mee RW. Biometrics 1984;40:1175-6.",
    ),
    Method(
        "mid_p",
        "mid-p interval",
        "interval",
        _LANCASTER,
    ),
    Method(
        "miettinen_nurminen",
        "Miettinen-Nurminen score interval",
        "interval",
        _MIETTINEN_NURMINEN,
    ),
    Method(
        "newcombe",
        "Newcombe's interval from Wilson limits",
        "interval",
        "Newcombe RG. Stat Med 1998;17:873-90.",
    ),
    Method(
        "odds_ratio_conditional",
        "conditional odds ratio over strata with exact interval",
        "interval",
        _MEHTA,
    ),
    Method(
        "odds_ratio_cornfield",
        "Cornfield's score interval of the odds ratio",
        "interval",
        "Cornfield J. Proc Third Berkeley Symp Math Stat Probab 1956;4:135-48.",
    ),
    Method(
        "odds_ratio_haldane_anscombe",
        "log interval of the odds ratio, half added to each cell",
        "interval",
        "Haldane JBS. Ann Hum Genet 1956;20:309-11.",
    ),
    Method(
        "odds_ratio_log",
        "log interval of the odds ratio",
        "interval",
        "Woolf B. Ann Hum Genet 1955;19:251-3.",
    ),
    Method(
        "odds_ratio_miettinen_nurminen",
        "Miettinen-Nurminen score interval of the odds ratio",
        "interval",
        _MIETTINEN_NURMINEN,
    ),
    Method(
        "paired_odds_ratio",
        "exact interval of the odds ratio of pairs",
        "interval",
        _CLOPPER_PEARSON,
    ),
    Method(
        "paired_wald",
        "Wald interval of a paired difference",
        "interval",
        "Newcombe RG. Stat Med 1998;17:2635-50.",
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
        "risk_difference_inverse_variance",
        "risk difference over strata weighted by inverse variance",
        "interval",
        "Fleiss JL. Stat Methods Med Res 1993;2:121-45.",
    ),
    Method(
        "risk_ratio_koopman",
        "Koopman's score interval of the risk ratio",
        "interval",
        "Koopman PAR. Biometrics 1984;40:513-7.",
    ),
    Method(
        "risk_ratio_log",
        "log interval of the risk ratio",
        "interval",
        "Katz D, Baptista J, Azen SP, Pike MC. Biometrics 1978;34:469-74.",
    ),
    Method(
        "risk_ratio_miettinen_nurminen",
        "Miettinen-Nurminen score interval of the risk ratio",
        "interval",
        _MIETTINEN_NURMINEN,
    ),
    Method(
        "standardization",
        "risk difference standardized over covariates, unconditional variance",
        "model",
        _YE,
    ),
    Method(
        "standardization_model_based",
        "risk difference standardized over covariates, variance of the model",
        "model",
        _GE,
    ),
    Method(
        "standardization_permuted_blocks",
        "risk difference standardized over covariates, variance for permuted blocks",
        "model",
        _YE,
    ),
    Method(
        "standardization_robust",
        "risk difference standardized over covariates, robust variance HC0",
        "model",
        _GE,
    ),
    Method(
        "standardization_robust_hc3",
        "risk difference standardized over covariates, robust variance HC3",
        "model",
        _GE,
    ),
    Method(
        "stratified_mee",
        "stratified Mee score interval",
        "interval",
        "Mee RW. Biometrics 1984;40:1175-6.",
    ),
    Method(
        "stratified_miettinen_nurminen",
        "stratified Miettinen-Nurminen score interval",
        "interval",
        _MIETTINEN_NURMINEN,
    ),
    Method(
        "stratified_miettinen_nurminen_odds_ratio",
        "stratified Miettinen-Nurminen score interval of the odds ratio",
        "interval",
        _MIETTINEN_NURMINEN,
    ),
    Method(
        "stratified_miettinen_nurminen_risk_ratio",
        "stratified Miettinen-Nurminen score interval of the risk ratio",
        "interval",
        _MIETTINEN_NURMINEN,
    ),
    Method(
        "stratified_newcombe",
        "stratified Newcombe interval",
        "interval",
        "Yan X, Su XG. Stat Biopharm Res 2010;2:329-35.",
    ),
    Method(
        "tango",
        "Tango's score interval of a paired difference",
        "interval",
        "Tango T. Stat Med 1998;17:891-908.",
    ),
    Method(
        "tarone",
        "Breslow-Day test with Tarone's correction",
        "test",
        "Tarone RE. Biometrika 1985;72:91-5.",
    ),
    Method(
        "wald",
        "Wald interval (normal approximation)",
        "interval",
        "Wald A. Trans Am Math Soc 1943;54:426-82.",
    ),
    Method(
        "wald_corrected",
        "Wald interval with continuity correction",
        "interval",
        "Newcombe RG. Stat Med 1998;17:873-90.",
    ),
    Method(
        "wilson",
        "Wilson's score interval",
        "interval",
        "Wilson EB. J Am Stat Assoc 1927;22:209-12.",
    ),
    Method(
        "wilson_corrected",
        "Wilson's score interval with continuity correction",
        "interval",
        "Newcombe RG. Stat Med 1998;17:857-72.",
    ),
)
