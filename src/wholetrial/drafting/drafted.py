"""Every item of a record with how it was read; items that introduce others, and alternatives."""

import re
from dataclasses import dataclass, replace

from wholetrial.drafting.ages import age_in
from wholetrial.drafting.classify import classify
from wholetrial.drafting.common import Vocabulary
from wholetrial.drafting.items import Item, ends_open, items_of
from wholetrial.drafting.reading import Reading
from wholetrial.drafting.record import Record
from wholetrial.drafting.spans import event_named

_ALTERNATIVES = re.compile(
    r"\b(?:(?:at least )?(?:one|1|any)(?: or more)?(?: of)?(?: the)? (?:following|these|below)|either)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Drafted:
    """An item, its name in the draft ("I3", "E1_2"), how it was read, and what it introduces."""

    name: str
    item: Item
    reading: Reading
    heads: tuple[str, ...] = ()


def drafted_items(record: Record) -> tuple[Drafted, ...]:
    """One for every item of the record, in its order."""
    vocabulary = Vocabulary()
    items = items_of(record.criteria)
    found: list[Drafted] = []
    for place, item in enumerate(items):
        children = _children(items, place)
        above = _above(items, place)
        alternatives = above is not None and above.section == "include" and _is_choice(above)
        if children and ends_open(item.text):
            reading = _heading(item)
        elif ends_open(item.text):
            todo = ("introduces what follows: what does it change there?",)
            reading = Reading(None, "text only", todo=todo)
        elif alternatives:
            todo = (f"one of the alternatives of {_name(above)}: nothing alone" if above else "",)
            reading = Reading(None, "text only", todo=todo)
        else:
            reading = classify(item, vocabulary, event_named(above.text) if above else None)
        heads = (
            tuple(_name(child) for child in children)
            if reading.how == "complete" and reading.rule is None and not reading.permits
            else ()
        )
        found.append(Drafted(_name(item), item, reading, heads))
    return tuple(_without_repeats(found, record))


def _name(item: Item | None) -> str:
    if item is None:
        return ""
    return f"{'I' if item.section == 'include' else 'E'}{item.number.replace('.', '_')}"


def _is_choice(item: Item) -> bool:
    return bool(_ALTERNATIVES.search(item.text)) and ends_open(item.text)


def _heading(item: Item) -> Reading:
    """An item that introduces others; where they are alternatives, a judgement of the whole."""
    if item.section == "include" and _is_choice(item):
        said = item.text.replace('"', "'")[:900]
        todo = ("write the alternatives beneath it as one rule: at least 1 of (A; B)",)
        return Reading(f'investigator judges "{said}"', "text only", todo=todo)
    if age_in(item.text):
        return Reading(None, "partial", todo=("an age in a line that introduces others",))
    return Reading(None, "complete", todo=("introduces the lines beneath it",))


def _children(items: tuple[Item, ...], place: int) -> list[Item]:
    """The items directly beneath one."""
    own = items[place]
    return [
        item
        for item in items[place + 1 :]
        if item.section == own.section and item.number.rpartition(".")[0] == own.number
    ]


def _above(items: tuple[Item, ...], place: int) -> Item | None:
    """The item that one stands beneath."""
    own = items[place]
    above = own.number.rpartition(".")[0]
    return next(
        (item for item in items if item.section == own.section and item.number == above), None
    )


def _without_repeats(found: list[Drafted], record: Record) -> list[Drafted]:
    """Notes on rules that stand twice, and on ages that differ from the record's own fields."""
    seen: dict[str, str] = {}
    told = []
    for one in found:
        rule, todo = one.reading.rule, list(one.reading.todo)
        if rule and not rule.startswith("investigator judges"):
            first = seen.setdefault(rule, one.name)
            todo += [f"the same as {first}"] if first != one.name else []
        part = one.reading.part or rule or ""
        if part.startswith("age"):
            todo += _against_fields(part, record)
        told.append(replace(one, reading=replace(one.reading, todo=tuple(todo))))
    return told


def _against_fields(rule: str, record: Record) -> list[str]:
    """Whether the age fields of the record say otherwise."""
    numbers = re.findall(r"\d+", rule)
    fields = [re.sub(r"\D", "", one) for one in (record.minimum_age, record.maximum_age)]
    stated = [one for one in fields if one]
    differ = [one for one in stated if one not in numbers]
    if differ and stated:
        said = " to ".join(one or "no limit" for one in fields)
        return [f"the age fields of the record say {said}"]
    return []
