"""The methods for missing values, each with its paper."""

from wholetrial.analysis.method import Method

_CARPENTER = "Carpenter JR, Roger JH, Kenward MG. J Biopharm Stat 2013;23:1352-71."
_LITTLE = "Little RJ, D'Agostino R, Cohen ML, et al. N Engl J Med 2012;367:1355-60."

IMPUTATION: tuple[Method, ...] = (
    Method(
        "missing_at_random",
        "multiple imputation, missing at random",
        "imputation",
        "Rubin DB. Biometrika 1976;63:581-92.",
    ),
    Method("jump_to_reference", "jump to reference", "imputation", _CARPENTER),
    Method("copy_reference", "copy reference", "imputation", _CARPENTER),
    Method(
        "copy_increments_in_reference", "copy increments in reference", "imputation", _CARPENTER
    ),
    Method("last_mean_carried_forward", "last mean carried forward", "imputation", _CARPENTER),
    Method(
        "conditional_mean_imputation",
        "conditional mean imputation with a jackknife",
        "imputation",
        "Wolbers M, Noci A, Delmar P, et al. Pharm Stat 2022;21:1246-57.",
    ),
    Method(
        "approximate_bayes_imputation",
        "multiple imputation with the models of bootstrap samples",
        "imputation",
        "Efron B. J Am Stat Assoc 1994;89:463-75.",
    ),
    Method(
        "rubin_rules",
        "Rubin's rules with Barnard-Rubin degrees of freedom",
        "procedure",
        "Barnard J, Rubin DB. Biometrika 1999;86:948-55.",
    ),
    Method(
        "imputed_responders",
        "responders of an imputed measurement",
        "imputation",
        "Floden L, Bell ML. BMC Med Res Methodol 2019;19:161.",
    ),
    Method(
        "delta_adjustment",
        "delta-adjusted imputation with its tipping point",
        "imputation",
        "Ratitch B, O'Kelly M, Tosiello R. Pharm Stat 2013;12:337-47.",
    ),
    Method(
        "last_observation_carried_forward",
        "last observation carried forward",
        "imputation",
        _LITTLE,
    ),
    Method(
        "worst_observation_carried_forward",
        "worst observation carried forward",
        "imputation",
        _LITTLE,
    ),
    Method(
        "baseline_observation_carried_forward",
        "baseline observation carried forward",
        "imputation",
        _LITTLE,
    ),
)
