"""The parts that pages are made of, by the name that stands in their markers."""

from collections.abc import Callable

from parts.confounding import confounding
from parts.evidence import (
    evidence,
    evidence_by_r,
    evidence_in_short,
    evidence_without_reference,
    not_covered,
)
from parts.house import house
from parts.language import commands, data_tables, fields, instruments, shipped_trials, verbs
from parts.levels import (
    coverage_drawn,
    coverage_of_differences,
    coverage_of_one_proportion,
    coverage_of_rates,
    coverage_of_ratios,
    levels_of_strata,
    levels_of_tests,
    simulated_levels,
    where_wald_fails,
)
from parts.levels_of_pairs import levels_of_paired_tests, levels_of_several_arms
from parts.methods import methods_built, methods_planned
from parts.model import (
    agreement_counted,
    known_misses,
    measurement_assumptions,
    misses_of_turnover,
    model_and_published,
    model_parameters,
    pharmacokinetics,
    priors,
    shift_of_attainable_totals,
    what_is_hardly_learned,
)

PARTS: dict[str, Callable[[], str]] = {
    "agreement counted": agreement_counted,
    "commands": commands,
    "confounding": confounding,
    "coverage drawn": coverage_drawn,
    "coverage of differences": coverage_of_differences,
    "coverage of one proportion": coverage_of_one_proportion,
    "coverage of rates": coverage_of_rates,
    "coverage of ratios": coverage_of_ratios,
    "data tables": data_tables,
    "evidence": evidence,
    "evidence by R": evidence_by_r,
    "evidence in short": evidence_in_short,
    "evidence without reference": evidence_without_reference,
    "fields": fields,
    "house": house,
    "instruments": instruments,
    "known misses": known_misses,
    "levels of pairs": levels_of_paired_tests,
    "levels of several arms": levels_of_several_arms,
    "levels of strata": levels_of_strata,
    "levels of tests": levels_of_tests,
    "measurement assumptions": measurement_assumptions,
    "methods built": methods_built,
    "methods planned": methods_planned,
    "misses of turnover": misses_of_turnover,
    "model and published": model_and_published,
    "model parameters": model_parameters,
    "not covered": not_covered,
    "pharmacokinetics": pharmacokinetics,
    "priors": priors,
    "shift of attainable totals": shift_of_attainable_totals,
    "shipped trials": shipped_trials,
    "simulated levels": simulated_levels,
    "verbs": verbs,
    "what is hardly learned": what_is_hardly_learned,
    "where wald fails": where_wald_fails,
}
