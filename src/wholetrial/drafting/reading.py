"""What an item was read as: a rule, how complete it is, and what remains to be decided."""

from dataclasses import dataclass, field
from typing import Literal

Class = Literal["complete", "partial", "text only"]


@dataclass(frozen=True, slots=True)
class Reading:
    """An item as it was read.

    `rule` is what decides it in the draft; `part` is what was read of a partial one. `concepts` are
    the names that the rule speaks of, in the words of the source. `others` are other readings of
    the same words, by name. `todo` says what a person has to decide.
    """

    rule: str | None
    how: Class
    part: str | None = None
    concepts: dict[str, str] = field(default_factory=dict)
    measures: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    others: dict[str, str] = field(default_factory=dict)
    permits: bool = False
    todo: tuple[str, ...] = ()
