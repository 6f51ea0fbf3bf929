"""Parts about statistical methods: those that are built, and names that a file may not use yet."""

from collections.abc import Mapping
from itertools import product

from parts.tables import code, table
from wholetrial.analysis.method import Method
from wholetrial.analysis.methods import METHODS
from wholetrial.analysis.planned import (
    changes,
    rates,
    repeated,
    shares,
    stratified_shares,
    times,
)
from wholetrial.protocol.analysis_methods import INTERVALS, TESTS

GROUPS: Mapping[str, str] = {
    "one proportion": """
        clopper_pearson exact_binomial jeffreys mid_p wald wilson wilson_corrected
    """,
    "two proportions": """
        agresti_caffo barnard boschloo fisher_exact fisher_freeman_halton fisher_mid_p mee
        miettinen_nurminen newcombe odds_ratio_cornfield odds_ratio_haldane_anscombe odds_ratio_log
        odds_ratio_miettinen_nurminen pearson pearson_corrected risk_ratio_koopman risk_ratio_log
        risk_ratio_miettinen_nurminen wald_corrected
    """,
    "within strata": """
        breslow_day cmh cmh_corrected cmh_correlation cmh_exact cmh_general_association
        cmh_mean_score mantel_haenszel mantel_haenszel_greenland_robins mantel_haenszel_odds_ratio
        mantel_haenszel_risk_ratio odds_ratio_conditional risk_difference_inverse_variance
        stratified_mee stratified_miettinen_nurminen stratified_miettinen_nurminen_odds_ratio
        stratified_miettinen_nurminen_risk_ratio stratified_newcombe tarone
    """,
    "adjusted for baseline values": """
        inverse_probability_weighting standardization standardization_model_based
        standardization_permuted_blocks standardization_robust standardization_robust_hc3
    """,
    "pairs and trends": """
        cochran_armitage cochran_armitage_exact mcnemar mcnemar_corrected mcnemar_exact
        mcnemar_mid_p paired_odds_ratio paired_wald tango
    """,
    "means and covariance": """
        ancova dose_contrasts linear_trend ls_means paired_t quantile robust_variance student_t
        welch_t
    """,
    "ranks": """
        hodges_lehmann jonckheere_terpstra kruskal_wallis signed_rank signed_rank_corrected
        van_elteren wilcoxon wilcoxon_corrected wilcoxon_exact
    """,
    "repeated measures": """
        kenward_roger kenward_roger_linear mmrm mmrm_empirical mmrm_empirical_bias_reduced
        mmrm_empirical_jackknife satterthwaite
    """,
    "times to an event": """
        brookmeyer_crowley fleming_harrington kaplan_meier log_rank milestone_survival nelson_aalen
        peto_peto restricted_mean stratified_log_rank
    """,
    "Cox's model": """
        cox hazard_ratio proportional_hazards
    """,
    "competing events, and events seen only at visits": """
        aalen_johansen interval_log_rank turnbull
    """,
    "rates": """
        negative_binomial_regression poisson_regression rate_difference_mover rate_difference_score
        rate_difference_wald rate_exact rate_log_wald rate_mid_p rate_ratio_exact
        rate_ratio_log_wald rate_ratio_mid_p rate_ratio_score rate_score rates_exact rates_mid_p
        rates_score
    """,
    "several tests": """
        benjamini_hochberg benjamini_yekutieli bonferroni dunnett dunnett_step_down fixed_sequence
        graph hochberg hochberg_graph holm hommel sidak simes_graph
    """,
    "missing values": """
        approximate_bayes_imputation baseline_observation_carried_forward
        conditional_mean_imputation copy_increments_in_reference copy_reference delta_adjustment
        imputed_responders jump_to_reference last_mean_carried_forward
        last_observation_carried_forward missing_at_random rubin_rules
        worst_observation_carried_forward
    """,
}
"""Every method by the kind of analysis, as the sections of statistics.md go."""

DISPATCHED = {
    *shares.COMPARED,
    *stratified_shares.COMPARED,
    *rates.COMPARED,
    *(("proportion", name) for name in shares.ONE_ARM),
    *(("rate", name) for name in rates.ONE_ARM),
    *product(("kaplan_meier", "median_time"), times.BANDS),
    *(("mean_difference", name) for name in changes.TWO_MEANS),
    *(("mmrm", name) for name in repeated.FREEDOM),
    *product(("proportion", "risk_difference", "mean_change", "mean_difference"), ("rubin",)),
    *product(("turnbull", "median_time"), ("bootstrap",)),
    *product(("hazard_ratio", "rmst_difference", "survival_difference"), ("wald",)),
    ("mean_change", "student_t"),
    ("cumulative_incidence", "log_log"),
}
"""The estimates that planned analyses compute, each with its interval."""

TESTED = {
    *shares.TESTS,
    *stratified_shares.TESTS,
    *times.TESTS,
    *changes.TRENDS,
    *changes.TWO_MEANS,
    *("none", "mcnemar", "cochran_armitage", "exact_binomial", "paired_t", "ancova", "mmrm"),
    "rubin",
}
"""The tests that planned analyses compute."""


def grouped() -> dict[str, list[Method]]:
    """The methods that are built, by their group; raises ValueError for one in none, or in two."""
    names = [name for group in GROUPS.values() for name in group.split()]
    unclear = sorted({name for name in names if names.count(name) > 1} | set(names) ^ set(METHODS))
    if unclear:
        raise ValueError(f"each method belongs to one group of parts/methods.py: {unclear}")
    return {title: [METHODS[name] for name in group.split()] for title, group in GROUPS.items()}


def methods_built() -> str:
    """Every method that is built, with its paper, a table for each kind of analysis."""
    columns = ("name in results", "method", "kind", "reference")
    return "\n\n".join(
        f"**{title[0].upper()}{title[1:]}**\n\n"
        + table(columns, [(code(one.name), one.title, one.kind, one.reference) for one in methods])
        for title, methods in grouped().items()
    )


def methods_planned() -> str:
    """What a file may name and no one computes yet."""
    estimates = [
        f"{summary}, {name}"
        for name, interval in INTERVALS.items()
        for summary in interval.suits
        if (summary, name) not in DISPATCHED
    ]
    kinds = {"estimates": estimates, "tests": [name for name in TESTS if name not in TESTED]}
    named = {**kinds, "strategies": ["principal_stratum"]}
    return "\n".join(
        f"- {kind}: {', '.join(code(name) for name in names)}"
        for kind, names in named.items()
        if names
    )
