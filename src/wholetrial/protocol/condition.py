"""The condition tree: one language for eligibility, rules, conditional visits and endpoints.

`PASI improvement >= 75 % at week 12` reads as a tree of frozen values; `str(condition)` writes the
phrase again and `read_condition` reads it back to the same tree. Conditions know nothing of data:
`wholetrial.conditions` evaluates them on records, with three values.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from wholetrial.protocol.reader import number_text
from wholetrial.protocol.time import Duration, Point, When
from wholetrial.protocol.value import Name, Value, Words

Derived = Literal["improvement", "change", "loss"]
Comparison = Literal[">=", "<=", ">", "<", "=", "in"]
Pick = Literal["latest", "worst", "best", "mean", "any", "every"]


class Compare(Value):
    """A value against a threshold: `PASI loss since best > 50 %`, `age in 18 to 70 years`.

    Of several values the latest counts, unless `pick` names another; `ULN` as a unit is the upper
    limit of normal of the laboratory.
    """

    pick: Pick | None = None
    value: Name
    derived: Derived | None = None
    since: Literal["baseline", "best"] | Point | None = None
    compare: Comparison
    threshold: float
    upper: float | None = None
    unit: str | None = None
    within: Duration | None = None
    before: Name | None = None
    when: When | None = None

    @model_validator(mode="after")
    def _range_has_two_ends(self) -> "Compare":
        if (self.compare == "in") != (self.upper is not None):
            raise ValueError("a range is written 'in LOW to HIGH'")
        if self.since == "best" and self.derived != "loss":
            raise ValueError("only a loss is counted since the best value")
        if self.upper is not None and self.upper < self.threshold:
            raise ValueError("the lower end of a range comes first")
        if self.derived and (self.pick or self.within or self.before):
            raise ValueError(f"a {self.derived} is looked at on a visit, not in a span of days")
        return self

    def __str__(self) -> str:
        words: list[object] = [self.pick, self.value] if self.pick else [self.value]
        words += [self.derived] if self.derived else []
        words += ["since", self.since] if self.since else []
        words += [self.compare, number_text(self.threshold)]
        words += ["to", number_text(self.upper)] if self.upper is not None else []
        words += [self.unit] if self.unit else []
        words += [f"within {self.within}"] if self.within else []
        words += [f"before {self.before}"] if self.before else []
        words += [self.when] if self.when else []
        return " ".join(str(word) for word in words)


class History(Value):
    """What happened before: `had malignancy except skin_cancer within 5 years before screening`."""

    had: Name
    never: bool = False
    excepting: Name | None = None
    times: Annotated[int, Field(ge=1, le=1000)] | None = None
    kinds: Annotated[int, Field(ge=2, le=1000)] | None = None
    span: Duration | None = None
    longer: bool = False
    within: Duration | None = None
    half_lives: Annotated[int, Field(ge=1, le=100)] | None = None
    before: Name | None = None
    in_study: bool = False

    @model_validator(mode="after")
    def _has_one_length(self) -> "History":
        if self.within and self.half_lives:
            raise ValueError("'within' takes a time or half-lives; join two rules with 'or'")
        return self

    def __str__(self) -> str:
        words = ["never had" if self.never else "had", self.had]
        words += [f"except {self.excepting}"] if self.excepting else []
        words += [f"at least {self.times} times"] if self.times else []
        words += [f"at least {self.kinds} kinds"] if self.kinds else []
        words += [_span_text(self.span, self.longer)] if self.span else []
        words += [f"within {self.within}"] if self.within else []
        words += [f"within {self.half_lives} half_lives"] if self.half_lives else []
        words += [f"before {self.before}"] if self.before else []
        words += ["in the study"] if self.in_study else []
        return " ".join(words)


class State(Value):
    """What holds now: `has plaque_psoriasis for at least 6 months`, `is pregnant`."""

    state: Literal["has", "is", "takes", "plans"]
    of: Name
    excepting: Name | None = None
    stable: bool = False
    span: Duration | None = None
    longer: bool = False

    def __str__(self) -> str:
        words: list[str] = [self.state, self.of]
        words += [f"except {self.excepting}"] if self.excepting else []
        words += ["stable"] if self.stable else []
        words += [_span_text(self.span, self.longer)] if self.span else []
        return " ".join(words)


class Judgement(Value):
    """What somebody judges: `investigator judges "suitable for ixekizumab"`."""

    judge: Name
    judges: Words

    def __str__(self) -> str:
        return f'{self.judge} judges "{self.judges}"'


class Consent(Value):
    """The participant consents, or agrees to something named."""

    consents: Literal[True] = True
    agrees_to: Words | None = None

    def __str__(self) -> str:
        return f'agrees to "{self.agrees_to}"' if self.agrees_to else "consents"


class Named(Value):
    """A condition named elsewhere in the file: `PASI_75 at week 12`."""

    term: Name
    when: When | None = None

    def __str__(self) -> str:
        return f"{self.term} {self.when}" if self.when else self.term


class AllOf(Value):
    """Every one of these holds: `A and B`."""

    all: Annotated[tuple["Condition", ...], Field(min_length=2, max_length=100)]

    def __str__(self) -> str:
        return " and ".join(_bracketed(part) for part in self.all)


class AnyOf(Value):
    """At least one of these holds: `A or B`."""

    any: Annotated[tuple["Condition", ...], Field(min_length=2, max_length=100)]

    def __str__(self) -> str:
        return " or ".join(_bracketed(part) for part in self.any)


class Not(Value):
    """This does not hold: `not A`."""

    negated: Annotated["Condition", Field(alias="not")]

    def __str__(self) -> str:
        return f"not {_bracketed(self.negated)}"


class AtLeast(Value):
    """At least so many of these hold: `at least 2 of (A; B; C)`."""

    at_least: Annotated[int, Field(ge=1)]
    of: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _can_be_met(self) -> "AtLeast":
        if self.at_least > len(self.of):
            raise ValueError(f"at least {self.at_least} of {len(self.of)} conditions cannot hold")
        return self

    def __str__(self) -> str:
        return f"at least {self.at_least} of ({'; '.join(str(part) for part in self.of)})"


class Unless(Value):
    """This holds, but not where the exception does: `A unless B`."""

    holds: "Condition"
    unless: "Condition"

    def __str__(self) -> str:
        return f"{_bracketed(self.holds)} unless {_bracketed(self.unless)}"


class IfThen(Value):
    """Where the first holds the second must: `if A then B`; not applicable where A is not met."""

    premise: Annotated["Condition", Field(alias="if")]
    then: "Condition"

    def __str__(self) -> str:
        return f"if {_bracketed(self.premise)} then {_bracketed(self.then)}"


_KEYS = {
    "value": "compare",
    "had": "history",
    "state": "state",
    "judges": "judgement",
    "consents": "consent",
    "agrees_to": "consent",
    "term": "named",
    "all": "all",
    "any": "any",
    "not": "not",
    "at_least": "at_least",
    "if": "if",
    "unless": "unless",
}
_KINDS: dict[type, str] = {
    Compare: "compare",
    History: "history",
    State: "state",
    Judgement: "judgement",
    Consent: "consent",
    Named: "named",
    AllOf: "all",
    AnyOf: "any",
    Not: "not",
    AtLeast: "at_least",
    IfThen: "if",
    Unless: "unless",
}


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((kind for key, kind in _KEYS.items() if key in value), None)
    return _KINDS.get(type(value))


Condition = Annotated[
    Annotated[Compare, Tag("compare")]
    | Annotated[History, Tag("history")]
    | Annotated[State, Tag("state")]
    | Annotated[Judgement, Tag("judgement")]
    | Annotated[Consent, Tag("consent")]
    | Annotated[Named, Tag("named")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[AtLeast, Tag("at_least")]
    | Annotated[IfThen, Tag("if")]
    | Annotated[Unless, Tag("unless")],
    Discriminator(
        _kind,
        custom_error_type="condition",
        custom_error_message="expected a condition, such as PASI >= 12",
    ),
]

for _model in (AllOf, AnyOf, Not, AtLeast, IfThen, Unless):
    _model.model_rebuild()


def parts(condition: "Condition") -> tuple["Condition", ...]:
    """The conditions directly inside a condition; none for an atom."""
    match condition:
        case AllOf():
            return condition.all
        case AnyOf():
            return condition.any
        case Not():
            return (condition.negated,)
        case AtLeast():
            return condition.of
        case IfThen():
            return (condition.premise, condition.then)
        case Unless():
            return (condition.holds, condition.unless)
        case _:
            return ()


def atoms(condition: "Condition") -> Iterator["Condition"]:
    """Every atom of a condition, from left to right."""
    inner = parts(condition)
    if not inner:
        yield condition
    for part in inner:
        yield from atoms(part)


def _bracketed(condition: "Condition") -> str:
    joined = isinstance(condition, AllOf | AnyOf | IfThen | Unless)
    return f"({condition})" if joined else str(condition)


def _span_text(span: Duration, longer: bool) -> str:
    return f"for {'more than' if longer else 'at least'} {span}"
