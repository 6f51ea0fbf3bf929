"""The statistical methods that are built, by the names trial files use, each with its paper.

Each kind of analysis lists its own, in the `methods.py` of its folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from wholetrial.analysis.imputation.methods import IMPUTATION
from wholetrial.analysis.measurements.methods import MEASUREMENTS
from wholetrial.analysis.method import Method
from wholetrial.analysis.multiplicity.methods import MULTIPLICITY
from wholetrial.analysis.responders.methods import RESPONDERS
from wholetrial.analysis.safety.methods import SAFETY
from wholetrial.analysis.times.methods import TIMES


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


_BUILT = (*RESPONDERS, *TIMES, *MEASUREMENTS, *IMPUTATION, *MULTIPLICITY, *SAFETY)

METHODS: Mapping[str, Method] = MappingProxyType(
    {method.name: method for method in sorted(_BUILT, key=lambda method: method.name)}
)
"""Every method that is built; a name that is not here is not yet computed."""
