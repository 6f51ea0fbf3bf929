"""The statistical methods that are built, by the names trial files use, each with its paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["test", "interval", "curve"]


@dataclass(frozen=True, slots=True)
class Method:
    """A statistical method: the name in a trial file, its title in print, and its paper."""

    name: str
    title: str
    kind: Kind
    reference: str


def references(names: Iterable[str]) -> tuple[str, ...]:
    """Give the papers of exactly these methods, each once, in alphabetical order.

    >>> references(["clopper_pearson", "exact_binomial", "clopper_pearson"])
    ('Clopper CJ, Pearson ES. Biometrika 1934;26:404-13.',)
    """
    return tuple(sorted({method_named(name).reference for name in names}))


def method_named(name: str) -> Method:
    """Find a method by its name in a trial file, or raise ValueError naming those there are."""
    if name not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {name!r}")
    return METHODS[name]


_CLOPPER_PEARSON = "Clopper CJ, Pearson ES. Biometrika 1934;26:404-13."
_KAPLAN_MEIER = "Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-81."
_STUDENT = "Student. Biometrika 1908;6:1-25."

_BUILT = (
    Method(
        "brookmeyer_crowley",
        "Brookmeyer-Crowley limits of the median",
        "interval",
        "Brookmeyer R, Crowley J. Biometrics 1982;38:29-41.",
    ),
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
    Method("kaplan_meier", "Kaplan-Meier estimate", "curve", _KAPLAN_MEIER),
    Method(
        "log_rank",
        "log-rank test",
        "test",
        "Mantel N. Cancer Chemother Rep 1966;50:163-70.",
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
    Method("paired_t", "paired t test", "test", _STUDENT),
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
    Method("student_t", "Student's t interval", "interval", _STUDENT),
    Method(
        "turnbull",
        "Turnbull's estimate for events seen only at visits",
        "curve",
        "Turnbull BW. J R Stat Soc B 1976;38:290-5.",
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

METHODS: Mapping[str, Method] = MappingProxyType({method.name: method for method in _BUILT})
"""Every method that is built; a name that is not here is not yet computed."""
