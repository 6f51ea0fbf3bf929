"""What a participant does, step by step: visits, doses and how long it takes, from the schedule."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wholetrial.protocol.design_in_words import doses_in_words
from wholetrial.protocol.english import listed, name_in_words, sentence
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import ScheduleError, Visit, visits

_MONTH, _WEEK = 30.44, 7


class Step(NamedTuple):
    """One period: its name, how many visits, when, and who comes."""

    name: str
    visits: str
    when: str
    note: str = ""


class GroupDoses(NamedTuple):
    """What one group gets, in words."""

    label: str
    n: int
    gets: str


class Timeline(NamedTuple):
    """The way through a trial; `problem` says why there is none.

    `visits` are those that all come to, `length` is how long it takes from week 0.
    """

    steps: tuple[Step, ...] = ()
    groups: tuple[GroupDoses, ...] = ()
    sentences: tuple[str, ...] = ()
    visits: int = 0
    length: str = ""
    problem: str = ""


def timeline(protocol: Protocol) -> Timeline:
    """Visits by period, the doses of each group, and the sums."""
    groups = tuple(
        GroupDoses(arm.label, arm.n, sentence(doses_in_words(arm.doses, protocol)))
        for arm in protocol.arms.values()
    )
    try:
        planned = visits(protocol)
    except ScheduleError as problem:
        return Timeline(groups=groups, problem=f"The visits cannot be worked out: {problem}.")
    certain = [visit for visit in planned if visit.only_if is None]
    last = max((visit.day for visit in certain), default=0)
    return Timeline(
        tuple(_steps(protocol, planned)),
        groups,
        tuple(_sums(protocol, planned)),
        len(certain),
        _length(last) if last > 0 else "",
    )


def _steps(protocol: Protocol, planned: Sequence[Visit]) -> Iterator[Step]:
    for epoch in protocol.schedule.epochs:
        found = [visit for visit in planned if visit.epoch == epoch]
        if not found:
            continue
        some = any(visit.only_if is not None for visit in found)
        note = "Not all people come to these visits." if some else ""
        yield Step(sentence(name_in_words(epoch))[:-1], _visits(len(found)), _when(found), note)


def _visits(count: int) -> str:
    return "1 visit" if count == 1 else f"{count} visits"


def _when(found: Sequence[Visit]) -> str:
    """The weeks of visits; one before the start says how long before."""
    if all(visit.day < 0 for visit in found):
        soonest = round(min(-visit.latest for visit in found) / _WEEK)
        longest = round(max(-visit.earliest for visit in found) / _WEEK)
        weeks = f"{soonest} to {longest}" if soonest else f"up to {longest}"
        return f"{weeks} week{'' if longest == 1 else 's'} before the start"
    numbers = list(dict.fromkeys(str(round(visit.day / _WEEK)) for visit in found))
    return f"week{'' if len(numbers) == 1 else 's'} {listed(numbers)}"


def _sums(protocol: Protocol, planned: Sequence[Visit]) -> Iterator[str]:
    certain = [visit for visit in planned if visit.only_if is None]
    more = len(planned) - len(certain)
    if certain:
        yield f"You would come {_times(len(certain))}."
    if more:
        yield f"Some people come {more} more time{'' if more == 1 else 's'}."
    days = max((visit.day for visit in planned), default=0)
    last = max((visit.day for visit in certain), default=0)
    if days > 0:
        up = f", and up to {_length(days)} for some" if days > last else ""
        yield f"From the start it takes {_length(last or days)}{up if last else ''}."
    if protocol.schedule.measure:
        taken = [
            name_in_words(name)
            for name, used in protocol.instruments.items()
            if used.sample is not None and name in protocol.schedule.measure
        ]
        if taken:
            yield f"Samples are taken: {listed(taken)}."


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _length(days: int) -> str:
    if days < 10 * _WEEK:
        weeks = max(1, round(days / _WEEK))
        return f"about {weeks} week{'' if weeks == 1 else 's'}"
    months = round(days / _MONTH)
    if months >= 24 and months % 12 == 0:
        return f"about {months // 12} years"
    return f"about {months} months"
