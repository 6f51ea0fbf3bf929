"""Ages as criteria write them: "aged 18 to 75 years", ">=18", "over 21", "under 65"."""

import re
from typing import NamedTuple

_N = r"(\d{1,3}(?:\.\d)?)"
_UNIT = r"(?:-|\s)*(years?|yrs?|yo|y/o|months?|mos?)\b\.?"
_OF_AGE = r"(?:-|\s)*(?:of age|old|of ages)?"
_AGE = r"\b(?:aged|ages|age|age range|age limits?)\b(?:\s*(?:is|of|was|from|:|,|must be|are|range|in years))*\s*"
_BOTH = r"(?:\s*(?:years?|yrs?)?(?:\s*(?:of age|old))?)?\s*(?:-|to|and|through|up to|until)\s*"
_INCLUSIVE = r"(?:\s*,?\s*\(?(?:both )?inclusive(?:ly)?\)?)?"


class Age(NamedTuple):
    """A stretch of text about age, the rule it states, and other readings of the same words."""

    start: int
    end: int
    rule: str
    others: dict[str, str]


_SHAPES: tuple[tuple[str, str], ...] = (
    ("outside", rf"{_AGE}(?:<|less than|under|below|younger than)\s*{_N}(?:{_UNIT}{_OF_AGE})?\s*(?:or|and)\s*(?:>|greater than|over|above|older than|more than)\s*{_N}(?:{_UNIT}{_OF_AGE})?"),
    ("strict", rf">=?\s*{_N}(?:{_UNIT}{_OF_AGE})?\s*(?:and|,|to|-|but)*\s*<(?!=)\s*{_N}{_UNIT}{_OF_AGE}"),
    ("range", rf"{_AGE}(?:between|>=|>)?\s*{_N}{_BOTH}(?:<=|<)?\s*{_N}(?:{_UNIT}{_OF_AGE})?"),
    ("range", rf"\bbetween(?: the)?(?: ages?(?: of)?)?\s*{_N}{_BOTH}{_N}{_UNIT}{_OF_AGE}"),
    ("range", rf"(?:\bfrom\s*)?(?<![\d.]){_N}(?:{_UNIT})?\s*(?:-|to|through)\s*{_N}{_UNIT}{_OF_AGE}"),
    ("range", rf">=?\s*{_N}(?:{_UNIT}{_OF_AGE})?\s*(?:and|,|to|-|but)*\s*<=?\s*{_N}{_UNIT}{_OF_AGE}"),
    ("range", rf"at least {_N}(?:{_UNIT}{_OF_AGE})?,?\s*(?:and|but|to)?\s*(?:not? (?:more|older|greater) than|at most|no older than)\s*{_N}{_UNIT}{_OF_AGE}"),
    ("least", rf"{_AGE}(?:>=|at least|minimum(?: of)?|greater than or equal to|not less than|from)\s*{_N}(?:{_UNIT}{_OF_AGE})?"),
    ("least", rf"{_AGE}{_N}(?:{_UNIT}{_OF_AGE})?\s*(?:or|and)\s*(?:older|above|over|more|greater|up)"),
    ("least", rf"(?:>=|at least|a minimum of|minimum of|greater than or equal to|not younger than|no younger than)\s*{_N}{_UNIT}{_OF_AGE}"),
    ("least", rf"(?<![\d.]){_N}{_UNIT}{_OF_AGE}\s*,?\s*(?:or|and|&)\s*(?:older|above|over|greater|more|elder)(?:\s*(?:in age|of age))?"),
    ("least", rf"minimum age(?:\s*(?:is|of|:))*\s*{_N}(?:{_UNIT})?"),
    ("most", rf"maximum age(?:\s*(?:is|of|:))*\s*{_N}(?:{_UNIT})?"),
    ("most", rf"{_AGE}(?:<=|at most|up to|not more than|no more than|less than or equal to)\s*{_N}(?:{_UNIT}{_OF_AGE})?"),
    ("most", rf"(?:<=|up to|no older than|not older than)\s*{_N}{_UNIT}(?:-|\s)*(?:of age|old)"),
    ("under", rf"(?:{_AGE})(?:<|under|below|less than|younger than)\s*{_N}(?:{_UNIT}{_OF_AGE})?"),
    ("under", rf"(?:under(?: the age of| age)?|below(?: the age of)?|younger than|less than|<)\s*{_N}{_UNIT}(?:-|\s)*(?:of age|old)?"),
    ("under", rf"\b(?:under|below)(?: the)? age(?: of)?\s*{_N}(?:{_UNIT})?"),
    ("over", rf"\b(?:over|above)(?: the)? age(?: of)?\s*{_N}(?:{_UNIT})?"),
    ("over", rf"(?:{_AGE})(?:>|over|above|older than|greater than|more than)\s*{_N}(?:{_UNIT}{_OF_AGE})?"),
    ("over", rf"(?:>|over(?: the age of)?|above(?: the age of)?|older than|greater than|more than)\s*{_N}{_UNIT}(?:-|\s)*(?:of age|old)"),
    ("over", rf"(?:\bover|\babove|\bolder than)(?: the age of)?\s*{_N}{_UNIT}"),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(shape + _INCLUSIVE, re.IGNORECASE)) for kind, shape in _SHAPES)
_NO_AGE = re.compile(
    r"(?:ago|prior|before|previous|preceding|within|last|past|for|duration|history|since|after)\b",
    re.IGNORECASE,
)


def age_in(text: str) -> Age | None:
    """The age that a text states, with the place of its words; None where it states none."""
    for kind, shape in _COMPILED:
        for match in shape.finditer(text):
            if _is_age(text, match):
                return _made(kind, match)
    return None


def _is_age(text: str, match: re.Match[str]) -> bool:
    """Whether so many years are an age, and not a span of time before something."""
    said = match.group(0)
    if re.search(r"\bage|\bold\b|\bolder\b|years? of age|yo\b|y/o", said, re.IGNORECASE):
        return True
    if _number(match, 1) > 120 or _number(match, 1) < 4:
        return False
    around = (
        text[max(0, match.start() - 25) : match.start()]
        + " | "
        + text[match.end() : match.end() + 25]
    )
    people = re.search(
        r"\b(?:male|female|men|women|adults?|subjects?|patients?|participants?|people|persons?|"
        r"individuals?|volunteers?|gender|sex)\b", text, re.IGNORECASE,
    )  # fmt: skip
    alone = len(re.findall(r"[A-Za-z]+", text)) <= 8
    return bool(people or alone) and not _NO_AGE.search(around)


def _number(match: re.Match[str], place: int) -> float:
    numbers = [one for one in match.groups() if one and one[0].isdigit()]
    return float(numbers[place - 1]) if len(numbers) >= place else 0.0


def _made(kind: str, match: re.Match[str]) -> Age:
    unit = "months" if re.search(r"\bmo(?:nth)?s?\b", match.group(0)) else "years"
    low, high = _text(_number(match, 1)), _text(_number(match, 2))
    start, end = match.span()
    match kind:
        case "range":
            low, high = sorted((low, high), key=float)
            return Age(start, end, f"age in {low} to {high} {unit}", {})
        case "outside":
            return Age(start, end, f"age < {low} {unit} or age > {high} {unit}", {})
        case "strict":
            return Age(start, end, f"age >= {low} {unit} and age < {high} {unit}", {})
        case "least":
            return Age(start, end, f"age >= {low} {unit}", {})
        case "most":
            return Age(start, end, f"age <= {low} {unit}", {})
        case "under":
            return Age(start, end, f"age < {low} {unit}", {})
        case _:
            return Age(start, end, f"age > {low} {unit}", {"from_then_on": f"age >= {low} {unit}"})


def _text(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)
