"""Time to an event: Kaplan-Meier where its day is known, Turnbull where only visits see it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.times.interval_censored import turnbull
from wholetrial.analysis.times.survival import kaplan_meier
from wholetrial.endpoints.outcomes import Flags, Floats, Outcomes
from wholetrial.report.contents import Contents
from wholetrial.report.labels import endpoint_text, group_label
from wholetrial.report.trials_shown import ShownTrial

_TIMES_BENEATH = 6
_NO_MASS = 1e-9


class Step(NamedTuple):
    """Between two days the share without the event falls from one level to another.

    Where `sudden`, it falls at `right`; otherwise nobody knows when in between.
    """

    left: float
    right: float
    before: float
    after: float
    sudden: bool


class EventFree(NamedTuple):
    """One arm's curve; no steps and the reason where there is nobody to watch."""

    arm: str
    label: str
    n: int
    events: int
    steps: tuple[Step, ...]
    last: float
    at_risk: tuple[int, ...]
    censored: tuple[tuple[float, float], ...]


class TimeToEvent(NamedTuple):
    """One endpoint's curves; `exact` says whether the day of the event is known."""

    kind: str
    title: str
    caution: str
    endpoint: str
    text: str
    since: str
    among: str
    exact: bool
    days: tuple[int, ...]
    curves: tuple[EventFree, ...]


def times_to_event(contents: Contents, trial: ShownTrial) -> Iterator[TimeToEvent]:
    """The curve of every time-to-event endpoint of one trial."""
    endpoints = contents.protocol.endpoints.named()
    seen = set()
    for outcomes in trial.outcomes:
        variable = outcomes.variable
        key = (outcomes.endpoint, outcomes.analysis_set)
        if variable.kind != "time_to" or key in seen:
            continue
        seen.add(key)
        days = _days_beneath(variable.day)
        yield TimeToEvent(
            kind=trial.kind,
            title=trial.title,
            caution=trial.caution,
            endpoint=outcomes.endpoint,
            text=endpoint_text(contents.protocol, outcomes.endpoint),
            since=str(endpoints[outcomes.endpoint][1].since),
            among=outcomes.among,
            exact=variable.exact,
            days=days,
            curves=tuple(_event_free(contents, outcomes, name, days) for name in outcomes.groups),
        )


def _days_beneath(last: float) -> tuple[int, ...]:
    weeks = max(last / 7, 1)
    step = next((n for n in (1, 2, 4, 8, 12, 26, 52) if weeks / n <= _TIMES_BENEATH), 104)
    return tuple(7 * week for week in range(0, int(weeks) + 1, step))


def _event_free(
    contents: Contents, outcomes: Outcomes, arm: str, days: tuple[int, ...]
) -> EventFree:
    members = outcomes.of_group(arm)
    lower, upper = (ends[members] for ends in _ends(outcomes))
    happened = np.isfinite(upper) & outcomes.variable.exact
    known_free = np.where(happened, upper, lower)
    steps = tuple(_steps(outcomes, members)) if members.any() else ()
    censored = lower[np.isinf(upper)]
    return EventFree(
        arm=arm,
        label=group_label(contents, arm),
        n=int(members.sum()),
        events=int(np.isfinite(upper).sum()),
        steps=steps,
        last=float(known_free.max(initial=0.0)),
        at_risk=tuple(int((known_free >= day).sum()) for day in days),
        censored=tuple((float(day), _level(steps, float(day))) for day in np.unique(censored)),
    )


def _steps(outcomes: Outcomes, members: Flags) -> Iterator[Step]:
    lower, upper = _ends(outcomes)
    if outcomes.variable.exact:
        event = np.isfinite(upper)
        time = np.where(event, upper, lower)
        curve = kaplan_meier(time, event, included=members)
        level = 1.0
        for day, after in zip(curve.times, curve.survival, strict=True):
            if after < level and np.isfinite(day):
                yield Step(float(day), float(day), level, float(after), True)
                level = float(after)
        return
    found = turnbull(lower, upper, members)
    level = 1.0
    for left, right, mass in zip(found.left, found.right, found.mass, strict=True):
        if mass > _NO_MASS and np.isfinite(right):
            after = max(level - float(mass), 0.0)
            yield Step(float(left), float(right), level, after, False)
            level = after


def _ends(outcomes: Outcomes) -> tuple[Floats, Floats]:
    """The days after which and up to which each event lies, `(P,)`."""
    lower, upper = outcomes.variable.lower, outcomes.variable.upper
    if lower is None or upper is None:
        raise ValueError(f"'{outcomes.endpoint}' is no time to an event: its days are missing")
    return lower, upper


def _level(steps: tuple[Step, ...], day: float) -> float:
    return next((step.after for step in reversed(steps) if step.right <= day), 1.0)
