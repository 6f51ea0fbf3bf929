"""The parts that pages are made of, by the name that stands in their markers."""

from collections.abc import Callable

from parts.evidence import evidence, evidence_in_short, not_covered
from parts.house import house
from parts.language import commands, data_tables, fields, instruments, shipped_trials, verbs
from parts.methods import methods_built, methods_planned
from parts.model import (
    known_misses,
    measurement_assumptions,
    model_and_published,
    model_parameters,
    pharmacokinetics,
)

PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "data tables": data_tables,
    "evidence": evidence,
    "evidence in short": evidence_in_short,
    "fields": fields,
    "house": house,
    "instruments": instruments,
    "known misses": known_misses,
    "measurement assumptions": measurement_assumptions,
    "methods built": methods_built,
    "methods planned": methods_planned,
    "model and published": model_and_published,
    "model parameters": model_parameters,
    "not covered": not_covered,
    "pharmacokinetics": pharmacokinetics,
    "shipped trials": shipped_trials,
    "verbs": verbs,
}
