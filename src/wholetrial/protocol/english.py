"""Plain English for names, numbers, lists and times; US spelling."""

import re
from collections.abc import Iterable, Sequence

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import number_text
from wholetrial.protocol.schedule import Window
from wholetrial.protocol.time import (
    Before,
    Every,
    Point,
    Points,
    Times,
    VisitPlan,
    Visits,
    When,
)

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_EVERY = {"day": "daily", "week": "weekly", "month": "monthly", "year": "yearly"}
_PERSONAL = {"age": "age", "weight": "body weight", "adverse_events": "adverse events"}


def listed(words: Iterable[str], joint: str = "and") -> str:
    """A list as it is spoken.

    >>> listed(["0", "1", "2", "3"]), listed(["PASI", "DLQI"], "or")
    ('0, 1, 2 and 3', 'PASI or DLQI')
    """
    *before, last = list(words) or [""]
    return f"{', '.join(before)} {joint} {last}" if before else last


def listed_apart(words: Iterable[str], joint: str = "and") -> str:
    """A list whose parts may hold commas.

    >>> listed_apart(["PASI, by visit", "DLQI"])
    'PASI, by visit; and DLQI'
    """
    *before, last = list(words) or [""]
    return f"{'; '.join(before)}; {joint} {last}" if before else last


def small_first(text: str) -> str:
    """A sentence as part of another: no full stop, a small first letter.

    >>> small_first("Any adverse event."), small_first("PASI of 12 or more")
    ('any adverse event', 'PASI of 12 or more')
    """
    text = text.rstrip(".")
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"


def count_word(count: int) -> str:
    """A small count in letters, a larger one in figures: "five", "320"."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else f"{count:,}"


def amount(number: float, unit: str | None = None) -> str:
    """A number with its unit.

    >>> amount(75, "%"), amount(1e6, "cells/kg"), amount(0.5)
    ('75%', '1,000,000 cells/kg', '0.5')
    """
    whole = number == int(number) and 10_000 <= abs(number) < 1e15
    shown = f"{int(number):,}" if whole else number_text(number)
    return f"{shown}{'' if unit == '%' else ' '}{unit}" if unit else shown


def name_in_words(name: str) -> str:
    """A name of a trial file without its underscores: "stops treatment"."""
    return name.replace("_", " ")


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def measure_in_words(measure: str, protocol: Protocol) -> str:
    """What people call a measure: PASI, C-reactive protein, body weight."""
    from wholetrial.instruments.library import UnknownInstrumentError, instrument

    used = protocol.instruments.get(measure)
    if used is None:
        return _PERSONAL.get(measure, name_in_words(measure))
    if used.library:
        try:
            return re.sub(r" \d+-\d+$", "", instrument(used.library).short_name)
        except UnknownInstrumentError:
            return name_in_words(measure)
    return short_name(used.lab) if used.lab else name_in_words(measure)


def short_name(text: str) -> str:
    """What stands before the first comma, bracket or colon of a name.

    >>> short_name("CNTO 1275, human monoclonal antibody against interleukin-12/23")
    'CNTO 1275'
    """
    return re.split(r"[,(:;]", text, maxsplit=1)[0].strip() or text


def intervention_in_words(name: str, protocol: Protocol) -> str:
    """The short name of an intervention."""
    known = protocol.interventions.get(name)
    return short_name(known.name) if known else name_in_words(name)


def arm_in_words(name: str, protocol: Protocol) -> str:
    """The label of an arm, or the words for a role."""
    if name in protocol.arms:
        return protocol.arms[name].label
    words = {"all": "all arms", "experimental": "the experimental arms"}
    words["control"] = "the control arms"
    return words.get(name, name_in_words(name))


def point_in_words(point: Point) -> str:
    """A point in time: "week 12", "month 3 after withdrawal", "the last dose"."""
    if point.number is None:
        return event_in_words(point.after or "")
    after = f" after {event_in_words(point.after)}" if point.after else ""
    return f"{point.unit} {point.number}{after}"


def event_in_words(event: str) -> str:
    """An event: "the first dose", "withdrawal"."""
    article = "the " if event.endswith("_dose") else ""
    return f"{article}{name_in_words(event)}"


def points_in_words(points: Sequence[Point], joint: str = "and") -> str:
    """Points in time: "weeks 0, 1, 2 and 3"; runs of one unit share its word."""
    spoken: list[str] = []
    rest = list(points)
    while rest:
        first = rest[0]
        same = [p for p in rest if (p.unit, p.after) == (first.unit, first.after)]
        rest = [p for p in rest if p not in same]
        if first.number is None or len(same) == 1:
            spoken.append(point_in_words(first))
            continue
        after = f" after {event_in_words(first.after)}" if first.after else ""
        numbers = listed((str(p.number) for p in same), joint)
        spoken.append(f"{first.unit}s {numbers}{after}")
    return f", {joint} ".join(spoken)


def times_in_words(times: Times) -> str:
    """Times with their preposition: "at weeks 0 and 4", "weekly from week 0 to week 15"."""
    if isinstance(times, Points):
        return f"at {points_in_words(times.points)}"
    step = _EVERY[times.unit] if times.every == 1 else f"every {times.every} {times.unit}s"
    return f"{step} from {point_in_words(times.start)} to {point_in_words(times.end)}"


def when_in_words(when: When) -> str:
    """At which visits: "at week 12", "at any visit up to week 52"."""
    first, last = point_in_words(when.points[0]), point_in_words(when.points[-1])
    match when.how:
        case "at":
            return f"at {points_in_words(when.points)}"
        case "by":
            return f"at any visit up to {points_in_words(when.points)}"
        case _:
            return f"at {when.how} visit from {first} to {last}"


def plan_in_words(plan: VisitPlan) -> str:
    """When visits fall, with the prepositions: "at screening and at weeks 0 and 16"."""
    return visits_in_words(plan.items)


def visits_in_words(items: Iterable[Points | Every | Before | Visits], joint: str = "and") -> str:
    """When several items of visits fall; points that follow one another are told together."""
    spoken: list[str] = []
    points: list[Point] = []
    for item in items:
        if isinstance(item, Points):
            points += item.points
            continue
        spoken += [f"at {points_in_words(points)}"] if points else []
        points = []
        spoken.append(_item_in_words(item))
    spoken += [f"at {points_in_words(points)}"] if points else []
    return listed(spoken, joint) if joint == "and" else f", {joint} ".join(spoken)


def _item_in_words(item: Every | Before | Visits) -> str:
    match item:
        case Every():
            return times_in_words(item)
        case Before():
            least = f"{item.least.number} to " if item.least.number else ""
            return f"once within {least}{item.most} before {point_in_words(item.point)}"
        case Visits():
            return _visits_in_words(item)


def _visits_in_words(item: Visits) -> str:
    if item.epoch:
        name = name_in_words(item.epoch)
        return "at screening" if name == "screening" else f"at the {name.replace(' ', '-')} visits"
    but = f" except {name_in_words(item.but)}" if item.but else ""
    after = f" after {event_in_words(item.after)}" if item.after else ""
    return f"at every visit{but}{after}"


def window_in_words(window: Window) -> str:
    """How far a visit may fall from its day: "3 days either way"."""
    if window.before == window.after:
        return f"{window.before} either way"
    return f"up to {window.before} early and {window.after} late"
