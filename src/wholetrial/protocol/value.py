"""What every part of a protocol is: a frozen value, strict about its fields."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from wholetrial.protocol.reader import PhraseError, Reader

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class Value(BaseModel):
    """A frozen value: unknown fields are refused, numbers are not text, text is not a number."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


def tuples(tree: Any) -> Any:
    """The same tree with tuples for lists, so that a frozen value holds no list."""
    if isinstance(tree, list | tuple):
        return tuple(tuples(part) for part in tree)
    if isinstance(tree, dict):
        return {key: tuples(part) for key, part in tree.items()}
    return tree


def one_or_more(value: object) -> object:
    """A value by itself stands for a list of one."""
    return (value,) if isinstance(value, str | dict) else tuples(value)


Tree = Annotated[Any, AfterValidator(tuples)]


def phrase(read: Callable[[Reader], Any]) -> BeforeValidator:
    """Let a field be written as a short phrase, read by `read`, or as its JSON tree."""
    return BeforeValidator(partial(phrase_or_tree, read))


def phrase_or_tree(read: Callable[[Reader], Any], value: object) -> object:
    """The value of a phrase, or the tree as it is where no phrase was written."""
    return parse_phrase(value, read) if isinstance(value, str) else tuples(value)


def parse_phrase(text: str, read: Callable[[Reader], Any]) -> Any:
    """Read a whole phrase; raises pydantic's error with the offset where it fails."""
    try:
        reader = Reader(text)
        result = read(reader)
        reader.expect_end()
    except PhraseError as error:
        raise PydanticCustomError(
            "phrase",
            "expected {expected}, found {found}",
            {"expected": error.expected, "found": error.found, "offset": error.offset},
        ) from None
    except ValidationError as error:
        problem = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise PydanticCustomError("phrase_value", "{problem}", {"problem": problem}) from None
    return result
