"""Participant flow after CONSORT 2010: screened, randomized, treated, left, analyzed."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wholetrial.data.records import LEAVES_STUDY, NEVER_TREATED, Flags
from wholetrial.endpoints.derive import analyzed
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.colors import arm_colors
from wholetrial.report.contents import Contents
from wholetrial.report.labels import plain, sentence, set_text
from wholetrial.report.trials_shown import ShownTrial


class Analyzed(NamedTuple):
    """How many of an arm one analysis set holds."""

    set: str
    described: str
    n: int


class FlowArm(NamedTuple):
    """One arm's people: `left` before the last visit, `completed` the rest; None if unrecorded."""

    label: str
    color: str
    assigned: int
    treated: int
    left: int | None
    completed: int | None
    happened: tuple[tuple[str, int], ...]
    analyzed: tuple[Analyzed, ...]


class Flow(NamedTuple):
    """One trial's flow; `screened` and `not_enrolled` are empty where nobody counted."""

    kind: str
    title: str
    screened: str
    not_enrolled: str
    came_in: str
    n: int
    arms: tuple[FlowArm, ...]


def participant_flow(contents: Contents, trial: ShownTrial) -> Flow:
    """Count the people of one trial on their way through it."""
    n = len(trial.records.participants)
    screened = contents.simulated.screened if contents.simulated else 0
    counted = trial.kind == "simulated" and screened >= n > 0
    allocation = contents.protocol.design.allocation
    return Flow(
        kind=trial.kind,
        title=trial.title,
        screened=f"{screened:,}" if counted else "",
        not_enrolled=f"{screened - n:,}" if counted else "",
        came_in="Randomized" if allocation and allocation.randomized else "Enrolled",
        n=n,
        arms=tuple(_arms(contents, trial)),
    )


def _arms(contents: Contents, trial: ShownTrial) -> Iterator[FlowArm]:
    protocol, records = contents.protocol, trial.records
    colors = arm_colors(protocol)
    left = ~np.isnan(records.events.get(LEAVES_STUDY, np.full(records.shape, np.nan)))
    for position, name in enumerate(records.arms):
        assigned = records.arm == position
        yield FlowArm(
            label=contents.labels.get(name, name),
            color=colors[name],
            assigned=_count(assigned),
            treated=_count(assigned & (records.received != NEVER_TREATED)),
            left=_count(assigned & left) if trial.followed else None,
            completed=_count(assigned & ~left) if trial.followed else None,
            happened=tuple(_happened(protocol, trial, assigned)),
            analyzed=tuple(_analyzed(protocol, trial, position)),
        )


def _happened(protocol: Protocol, trial: ShownTrial, assigned: Flags) -> Iterator[tuple[str, int]]:
    for name in protocol.rules:
        if name in trial.records.events:
            count = _count(assigned & ~np.isnan(trial.records.events[name]))
            if count:
                yield sentence(plain(name)), count


def _analyzed(protocol: Protocol, trial: ShownTrial, position: int) -> Iterator[Analyzed]:
    used = dict.fromkeys(plan.set for plan in protocol.analyses.values())
    for name in used:
        group, member = analyzed(protocol, trial.records, name)
        yield Analyzed(plain(name), set_text(protocol, name), _count(member & (group == position)))


def _count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
