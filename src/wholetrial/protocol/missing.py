"""What stands for a missing value, kept apart from what happens with intercurrent events."""

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from wholetrial.protocol.reader import Reader
from wholetrial.protocol.value import Value, parse_phrase, tuples

Assumption = Literal[
    "missing at random", "jump to reference", "copy reference", "copy increments in reference",
    "last mean carried forward",
]  # fmt: skip
_IMPUTED = "multiple imputation"


class Imputation(Value):
    """Multiple imputation: how many times, and what is assumed of those who are not seen.

    "multiple imputation 100 times, jump to reference". The reference is the arm compared with.
    """

    times: Annotated[int, Field(ge=2, le=10_000)]
    """How many times each missing value is imputed."""
    assuming: Assumption
    """What is assumed of those who are not seen."""

    def __str__(self) -> str:
        return f"{_IMPUTED} {self.times} times, {self.assuming}"


def read_imputation(reader: Reader) -> Imputation:
    """Read "multiple imputation 100 times, missing at random"."""
    reader.expect("multiple", "imputation")
    times = reader.integer()
    reader.expect("times", ",")
    stated = next((one for one in get_args(Assumption) if reader.take(*one.split())), None)
    if stated is None:
        reader.fail("'missing at random', 'jump to reference' or another assumption")
    return Imputation(times=times, assuming=stated)


def _read_imputed(value: object) -> object:
    if isinstance(value, str) and value.startswith(_IMPUTED):
        return parse_phrase(value, read_imputation)
    return value if isinstance(value, str | Imputation) else tuples(value)


imputed_or_rule = BeforeValidator(_read_imputed)
"""Reads a rule by its name, or the phrase of a multiple imputation."""

ResponseRule = (
    Literal["no response", "as observed", "last observation", "worst", "baseline"] | Imputation
)
ChangeRule = (
    Literal["as observed", "mixed model", "last observation", "worst", "baseline"] | Imputation
)


AnyRule = (
    Literal["no response", "as observed", "mixed model", "last observation", "worst", "baseline"]
    | Imputation
)


class Missing(Value):
    """What stands for a missing value, kept apart from intercurrent events."""

    response: Annotated[ResponseRule, imputed_or_rule] | None = None
    """For responses."""
    change: Annotated[ChangeRule, imputed_or_rule] | None = None
    """For changes."""
    time_to: Literal["censored at last visit"] | None = None
    """For times to an event."""
