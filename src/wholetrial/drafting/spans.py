"""Spans of time as criteria write them: "within 4 weeks prior to baseline", "for at least 6 months"."""

import re
from typing import NamedTuple

WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "a": 1,
}  # fmt: skip
_N = rf"(?P<n>\d{{1,3}}|{'|'.join(WORDS)})(?:\s*\(\s*\d{{1,3}}\s*\))?"
_UNIT = r"(?:\s|-)*(?P<unit>days?|weeks?|wks?|months?|mos?|years?|yrs?)(?:\s*\([^)]{0,20}\))?(?:\s*(?:period|time|duration))?\b\.?(?!\s*(?:after|following|post|of (?:stopping|completing|the last|last)))"
_EVENTS: tuple[tuple[str, str], ...] = (
    ("randomization", r"randomi[sz]ation|randomi[sz]ed|being randomi[sz]ed"),
    ("first_dose", r"(?:the )?(?:first|initial)(?: \w+){0,4} (?:dose|dosing|administration|injection|infusion|application|intake|treatment|use)(?:(?: day)?(?: of| in| with)?(?: the)?(?: (?:current|present))?(?: (?:study|trial|investigational|research))?(?: (?:drug|medication|product|treatment|agent|intervention|study)s?)?(?: cocktail)?)?|(?:the )?(?:start|initiation|beginning|commencement)(?: of| with)?(?: the)?(?: (?:study|trial|investigational))? (?:drug|medication|treatment|product|agent|therapy|dosing|study drug)|dosing|receiving (?:the )?(?:first|study) (?:dose|drug|medication)|(?:the )?first (?:study|trial) (?:drug|dose|medication|treatment)(?: administration)?|(?:first )?administration of (?:the )?(?:study|investigational) (?:drug|agent|product|medication)|study (?:drug|medication|treatment) (?:administration|initiation|start)|treatment start|start of treatment|first treatment|(?:the )?first admission to the (?:clinical research unit(?: \\(cru\\))?|cru)"),
    ("baseline", r"(?:the )?(?:visit \d ?/ ?)?baseline(?: ?/ ?visit \d)?(?: \(?(?:visit|day|week) ?\d\)?)?(?: visit| assessment)?|(?:the )?(?:day|week|visit) ?[01]\b(?: visit)?(?: ?/ ?baseline)?|(?:study )?enrol+ment|enter(?:ing)? (?:the |this )?(?:study|trial)|(?:study|trial) entry|entry(?: into| to| in)?(?: the| this)?(?: study| trial)?|(?:study )?inclusion(?: in(?:to)? the (?:study|trial))?|(?:the )?(?:start|initiation|beginning|commencement) of (?:the |this )?(?:study|trial)|(?:the )?(?:study|trial) (?:start|initiation)|(?:the|this) (?:study|trial)|participation(?: in (?:the|this) (?:study|trial))?"),
    ("screening", r"(?:the )?screening(?: visit| period| day)?(?: \(visit \d\))?|visit s\b|(?:the )?(?:time of )?(?:signing|providing|giving)?(?: of)?(?: the)? ?informed consent(?: form)?|consent|signing"),
)  # fmt: skip
EVENT = "|".join(f"(?P<{name}>{shape})" for name, shape in _EVENTS)
_BEFORE = r"(?:\s*,?\s*(?:immediately )?(?:prior to|prior|before|preceding|previous to|of|from|leading up to|to))"
_OPEN = (
    r"(?:within|during|in|over|for|throughout|at any time (?:in|within|during)|less than|<=?|up to)"
)
_PAST = (
    r"(?:\s*(?:the|a|their))?(?:\s*(?:previous|last|past|preceding|prior|recent|first|period of))*"
)
_LIVES = r"(?:\s*,?\s*\(?\s*(?:or|and)\s*(?:within\s*)?(?P<lives>\d|five)\s*(?:drug |elimination |terminal |plasma )?half[- ]?li(?:ves|fe)(?: of [^,;.()]{1,60})?\)?)?"
_WHICH = r"(?:\s*,?\s*\(?\s*(?:whichever|which ever)(?: is| was)?(?: the)? (?:longer|longest|greater)[^),;.]{0,20}\)?)?"
_LIVES_AFTER = r"(?:\s*,?\s*\(?\s*(?:or|and)\s*(?:within\s*)?(?P<lives2>\d|five)\s*(?:drug |elimination |terminal |plasma )?half[- ]?li(?:ves|fe)(?: of [^,;.()]{1,60})?\)?)?"
_ALSO = r"(?P<also>\s*,?\s*(?:and/or|and|or)?\s*,?\s*(?:(?:is |are |be )?(?:planned|intended|anticipated|expected|scheduled)(?: to (?:be|occur|receive))?\s*)?(?:during|throughout|at any time during|for the duration of|while (?:in|on)|over the course of|in the course of)\s*(?:the |this |their )?(?:course of (?:the |this )?)?(?:entire )?(?:study|trial)(?: period| participation| treatment)?)?"
_WINDOW = re.compile(
    rf"{_OPEN}{_PAST}\s*{_N}{_UNIT}{_LIVES}{_WHICH}(?:{_BEFORE}\s*(?:{EVENT}))?{_LIVES_AFTER}{_WHICH}{_ALSO}",
    re.IGNORECASE,
)
_LATER = re.compile(
    rf"(?P<dash>[-:,<]?\s*)?(?<![\w.]){_N}{_UNIT}{_LIVES}{_WHICH}\s*(?:prior to|before|preceding)\s*(?:{EVENT}){_WHICH}{_ALSO}",
    re.IGNORECASE,
)
_HALF_LIVES = re.compile(
    rf"(?:within|during|in|<|less than)\s*(?P<lives>\d|five)\s*(?:drug |elimination |terminal |plasma )?half[- ]?li(?:ves|fe)(?:{_BEFORE}\s*(?:{EVENT}))?{_ALSO}",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    rf"(?:,?\s*(?<![A-Za-z])(?:with|of|for|has been|have been|that has been|being|present|stable|persistent|diagnosed|established|lasting|existing|which|present for|duration of|with a|a|a history of|history|is|disease|made|documented|duration|period of|in|\()\s*){{0,8}}"
    rf"(?P<sign>at least|>=|more than or equal to|greater than or equal to|a minimum of|minimum of|a minimum duration of|no less than|not less than|>|more than|longer than|greater than|over|exceeding)\s*(?:the (?:last|past)\s*)?{_N}{_UNIT}"
    rf"(?:'s?)?(?:\s*(?:of )?duration|\s*in duration)?\)?(?:(?:\s*,?\s*(?:prior to|before|preceding|at|by|of)\s*(?:{EVENT}))(?P<second>\s*(?:and|or)\s*(?:at )?(?:baseline|screening|randomi[sz]ation)(?: visit)?)?)?",
    re.IGNORECASE,
)  # fmt: skip


class Window(NamedTuple):
    """A stretch of text that says within which time: `within 4 weeks before baseline`."""

    start: int
    end: int
    number: int | None
    unit: str
    half_lives: int | None
    event: str | None
    also_later: bool

    def phrases(self) -> list[str]:
        """The ends of rules: one, or two where half-lives may be longer."""
        before = f" before {self.event}" if self.event else ""
        found = [f"within {self.number} {self.unit}{before}"] if self.number else []
        found += [f"within {self.half_lives} half_lives{before}"] if self.half_lives else []
        return found


class Length(NamedTuple):
    """A stretch of text that says for how long: `for at least 6 months`."""

    start: int
    end: int
    phrase: str
    event: str | None


def windows_in(text: str) -> list[Window]:
    """Every span before something, from left to right."""
    found: list[Window] = []
    for shape in (_WINDOW, _LATER, _HALF_LIVES):
        for match in shape.finditer(text):
            if shape is _LATER and _is_length(text, match):
                continue
            window = _window(match)
            if all(window.end <= one.start or window.start >= one.end for one in found):
                found.append(window)
    return sorted(found)


def lengths_in(text: str) -> list[Length]:
    """Every length that something must have lasted."""
    found = []
    for match in _LENGTH.finditer(text):
        sign = match["sign"].casefold()
        at_least = (
            sign in (">=", "at least") or "equal" in sign or "minimum" in sign or "less" in sign
        )
        how = "at least" if at_least else "more than"
        phrase = f"for {how} {_number(match['n'])} {_unit(match['unit'], _number(match['n']))}"
        found.append(Length(*match.span(), phrase, _event(match)))
    return found


def event_named(text: str) -> str | None:
    """The event that a text names, such as "prior to randomisation:"."""
    match = re.search(rf"(?:prior to|before|preceding|of)\s*(?:{EVENT})", text, re.IGNORECASE)
    return _event(match) if match else None


def _is_length(text: str, match: re.Match[str]) -> bool:
    """Whether "at least 6 months before" says how long, not within which time."""
    before = text[max(0, match.start() - 22) : match.start()].casefold()
    return bool(
        re.search(
            r"(?:at least|>=|more than|minimum of|>|greater than|longer than|equal to)\s*$", before
        )
    )


def _window(match: re.Match[str]) -> Window:
    groups = match.groupdict()
    number = _number(groups["n"]) if groups.get("n") else None
    unit = _unit(groups["unit"], number or 0) if number else ""
    lives = groups.get("lives") or groups.get("lives2")
    half_lives = _number(lives) if lives else None
    also = bool(groups.get("also"))
    return Window(*match.span(), number, unit, half_lives, _event(match), also)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else WORDS[text.casefold()]


def _unit(text: str, number: int) -> str:
    kinds = {"d": "day", "w": "week", "m": "month", "y": "year"}
    kind = kinds[text[0].casefold()]
    return kind if number == 1 else f"{kind}s"


def _event(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    return next((name for name, _ in _EVENTS if groups.get(name)), None)
