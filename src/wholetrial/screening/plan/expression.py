"""A small language of columns that Polars and SQL both speak.

Comparisons with null are null, and `&`, `|` and `~` follow Kleene, as they do in both. Aggregates
only count or pick, so that none of them passes over a null that matters.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, Union

from wholetrial.protocol.time import Duration

Scalar = Union[bool, int, float, str, date, None]  # noqa: UP007


class Expression:
    """Anything that has a value in each row; operators make larger ones."""

    def __and__(self, other: "Expression") -> "Expression":
        return Joined("and", self, other)

    def __or__(self, other: "Expression") -> "Expression":
        return Joined("or", self, other)

    def __invert__(self) -> "Expression":
        return Opposite(self)

    def __le__(self, other: "Expression | Scalar") -> "Expression":
        return Joined("<=", self, made(other))

    def __lt__(self, other: "Expression | Scalar") -> "Expression":
        return Joined("<", self, made(other))

    def __ge__(self, other: "Expression | Scalar") -> "Expression":
        return Joined(">=", self, made(other))

    def __gt__(self, other: "Expression | Scalar") -> "Expression":
        return Joined(">", self, made(other))

    def __add__(self, other: "Expression") -> "Expression":
        return Joined("+", self, other)

    def __truediv__(self, other: "Expression") -> "Expression":
        return Joined("/", self, other)

    def __mul__(self, other: "Expression | Scalar") -> "Expression":
        return Joined("*", self, made(other))

    def equals(self, other: "Expression | Scalar") -> "Expression":
        """Whether both are the same; null where one is null."""
        return Joined("=", self, made(other))


Sign = Literal["and", "or", "<=", "<", ">=", ">", "=", "+", "/", "*"]


@dataclass(frozen=True, slots=True)
class Column(Expression):
    """A column by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Literally(Expression):
    """A value that is the same in every row; None is an unknown truth, or a missing number."""

    value: Scalar
    number: bool = False


@dataclass(frozen=True, slots=True)
class Joined(Expression):
    """Two expressions with a sign between them."""

    sign: Sign
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Opposite(Expression):
    """Not."""

    of: Expression


@dataclass(frozen=True, slots=True)
class IsNull(Expression):
    """Whether there is no value."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Case(Expression):
    """The first value whose condition is true, or else the last."""

    when: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Outer(Expression):
    """The smallest or the largest of several columns that are never null."""

    pick: Literal["least", "greatest"]
    of: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Shifted(Expression):
    """A day moved by a length of time, months and years by the calendar."""

    day: Expression
    length: Duration
    back: bool


@dataclass(frozen=True, slots=True)
class First(Expression):
    """The first of these that is not null."""

    of: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Count(Expression):
    """How many rows of a person meet a condition."""

    where: Expression


@dataclass(frozen=True, slots=True)
class Distinct(Expression):
    """How many different values the rows of a person have that meet a condition."""

    of: Expression
    where: Expression


@dataclass(frozen=True, slots=True)
class Mean(Expression):
    """The mean over the rows of a person that meet a condition, to nine decimals."""

    of: Expression
    where: Expression


@dataclass(frozen=True, slots=True)
class Extreme(Expression):
    """The largest or smallest over the rows of a person that meet a condition, in each row."""

    of: Expression
    where: Expression
    highest: bool


def made(value: "Expression | Scalar") -> Expression:
    """An expression of a plain value."""
    return value if isinstance(value, Expression) else Literally(value)


TRUE, FALSE, UNKNOWN = Literally(True), Literally(False), Literally(None)
MISSING = Literally(None, number=True)


def case(*when: tuple[Expression, Expression], otherwise: Expression = UNKNOWN) -> Expression:
    """The first value whose condition is true."""
    return Case(when, otherwise)
