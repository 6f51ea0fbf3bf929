"""Participants: who they are, and the arm they were assigned and received."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from wholetrial.data.cells import (
    UNKNOWN,
    Dates,
    Names,
    Positions,
    read_dates,
    read_names,
    repeated,
)
from wholetrial.data.facts import read_facts
from wholetrial.data.records import NEVER_TREATED, Codes, Floats
from wholetrial.data.sheet import Said, Sheet, complaints, of_table
from wholetrial.data.tables import NEVER
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.protocol import Protocol


@dataclass(frozen=True, slots=True)
class People:
    """The participants in the order of their table: `arm` and `received` as in the records."""

    sheet: Sheet
    names: tuple[str, ...]
    code: Mapping[str, int]
    arm: Codes
    received: Codes
    week_0: Dates
    facts: Mapping[str, Floats]
    findings: tuple[Finding, ...]


def read_people(sheet: Sheet, protocol: Protocol) -> People:
    """Read the table of participants, one row each."""
    names = tuple(name or "" for name in sheet.text("participant").to_list())
    code: dict[str, int] = {}
    for index, name in enumerate(names):
        code.setdefault(name, index)
    arms = {name: index for index, name in enumerate(protocol.arms)}
    what = "an arm of the trial"
    arm = read_names(sheet, "arm", arms, what)
    treated = {NEVER: NEVER_TREATED, **arms}
    received = read_names(sheet, "received", treated, f"{what}, or '{NEVER}'", empty=UNKNOWN)
    week_0 = read_dates(sheet, "week_0")
    facts = read_facts(sheet, protocol)
    return People(
        sheet=sheet,
        names=names,
        code=code,
        arm=arm.code.astype(np.int8),
        received=np.where(received.code == UNKNOWN, arm.code, received.code).astype(np.int8),
        week_0=week_0.date,
        facts=facts.values,
        findings=(
            *_identified(sheet, names, code),
            *arm.findings,
            *received.findings,
            *week_0.findings,
            *facts.findings,
            *_as_planned(sheet, protocol, arm.code),
        ),
    )


def read_participants(sheet: Sheet, people: People) -> Names:
    """The position of the participant of each row of another table."""
    return read_names(sheet, "participant", people.code, "a participant of participants.csv")


def _identified(sheet: Sheet, names: tuple[str, ...], code: Mapping[str, int]) -> Iterator[Finding]:
    nameless = sheet.text("participant").is_null().to_numpy()
    yield from complaints(sheet, "participant", nameless, lambda _: Said("an identifier"))
    first = np.asarray([code[name] for name in names], np.int64)
    key = np.where(nameless, UNKNOWN, first)
    yield from repeated(sheet, "participant", key, "each participant once")


def _as_planned(sheet: Sheet, protocol: Protocol, arm: Positions) -> Iterator[Finding]:
    """Warnings for arms with fewer or more participants than the trial file plans."""
    for index, (name, planned) in enumerate(protocol.arms.items()):
        n = int((arm == index).sum())
        if n != planned.n:
            less = "fewer" if n < planned.n else "more"
            says = f"{less} participants in '{name}' than the {planned.n} planned"
            yield of_table(sheet, "arm", says, str(n), severity="warning")
