"""A plan: what to work out from the tables of facts, step by step, for every person at once.

A step goes once over the facts about one thing. It gives each person counts, and from these the
truth of one atom. The truth of a criterion is made of those of its atoms.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wholetrial.screening.plan.expression import Expression


@dataclass(frozen=True, slots=True)
class Step:
    """One pass over the facts about one thing.

    `person` are columns of the person that its rows need; `rows` are columns of the rows, in layers
    of which each may use those before; `counts` are what is counted for each person, 0 or null for
    those without rows; `truth` is the answer, from all columns of the person.
    """

    name: str
    about: str
    person: Mapping[str, Expression]
    rows: tuple[Mapping[str, Expression], ...]
    counts: Mapping[str, Expression]
    truth: Expression
    covers: tuple["Coverage", ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many covered spans of a person reach from the first to the last day, as a column."""

    name: str
    about: str
    everything: bool
    first: Expression
    last: Expression


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps, the events whose days are needed, and the answer of each criterion.

    A criterion's expression is true where it allows, false where it blocks and null where it is
    unknown.
    """

    events: tuple[str, ...]
    steps: tuple[Step, ...]
    criteria: Mapping[str, Expression]
    truths: Mapping[str, Expression] = field(default_factory=dict)
    """The truth of each atom by its phrase, where they are wanted too."""
