"""The schedule itself: visits that cannot be placed, windows that overlap, measures without one."""

from collections.abc import Iterator
from itertools import pairwise

from wholetrial.protocol.checks.calendar import day, days, visits_at
from wholetrial.protocol.checks.examined import Examined, error, note, warning
from wholetrial.protocol.checks.vocabulary import PERSONAL_VALUES
from wholetrial.protocol.checks.walk import every
from wholetrial.protocol.condition import Compare, Condition, Named, parts
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.time import Every, Point, Points, Visits
from wholetrial.protocol.timeline import ScheduleError, Visit, day_of, visits_named


def check_schedule(trial: Examined) -> Iterator[Finding]:
    """Epochs, windows, the visits of measures and conditional visits."""
    yield from _placed(trial)
    yield from _overlaps(trial)
    yield from _measures(trial)
    yield from _unseen_measures(trial)
    yield from _from_the_future(trial)
    if trial.calendar.visits and trial.calendar.on(0) is None:
        says = f"no visit on day 0, the day of {trial.protocol.schedule.counted_from}"
        yield warning(trial, "schedule.epochs", says, "plan a visit at week 0")
    yield from _counted_from(trial)


def _placed(trial: Examined) -> Iterator[Finding]:
    protocol = trial.protocol
    for path, found in every(protocol, Every):
        first, last = day(protocol, found.start), day(protocol, found.end)
        if first is not None and last is not None and last < first:
            yield error(trial, path, f"an end after {found.start}", f"'{found.end}'")
    for name, point in protocol.schedule.events.items():
        try:
            day_of(protocol, point)
        except ScheduleError as problem:
            expected = "an event that the schedule can place"
            yield error(trial, f"schedule.events.{name}", expected, f"'{point}'", str(problem))
    if not trial.calendar.visits:
        why = trial.calendar.problem or "no epoch has a visit"
        yield error(trial, "schedule.epochs", "visits that can be planned", "none", why)


def _overlaps(trial: Examined) -> Iterator[Finding]:
    for earlier, later in pairwise(trial.calendar.visits):
        path = f"schedule.epochs.{later.epoch}"
        if earlier.day == later.day:
            found = f"{earlier.label} ({earlier.epoch}) and {later.label} ({later.epoch})"
            yield error(trial, path, "one visit a day", found, "merge them")
        elif earlier.latest >= later.earliest and later.day > 0:
            says = f"the windows of {_named(earlier)} and {_named(later)} overlap"
            advice = "a visit between them belongs to both: make a window smaller"
            yield warning(trial, path, says, advice)


def _named(visit: Visit) -> str:
    return f"{visit.label} (days {visit.earliest} to {visit.latest})"


def _measures(trial: Examined) -> Iterator[Finding]:
    if not trial.calendar.visits:
        return
    for name, plan in trial.protocol.schedule.measure.items():
        path = f"schedule.measure.{name}"
        for item in plan.items:
            if isinstance(item, Points):
                yield from _points(trial, path, item)
            elif isinstance(item, Every):
                yield from _repeated(trial, path, name, item)
        if not _names_a_visit(trial, name):
            yield error(trial, path, "a planned visit", f"'{plan}'", _known(trial))


def _names_a_visit(trial: Examined, measure: str) -> bool:
    plan = trial.protocol.schedule.measure[measure]
    try:
        return bool(visits_named(trial.protocol, plan))
    except ScheduleError:
        return True


def _points(trial: Examined, path: str, points: Points) -> Iterator[Finding]:
    for point in points.points:
        on = day(trial.protocol, point)
        if on is not None and trial.calendar.on(on) is None:
            word = str(point.number) if point.number is not None else str(point.after)
            expected, found = "the time of a planned visit", f"'{point}'"
            yield error(trial, path, expected, found, _known(trial), word=word)


def _repeated(trial: Examined, path: str, measure: str, times: Every) -> Iterator[Finding]:
    at_home = [on for on in days(trial.protocol, times) if trial.calendar.on(on) is None]
    used = trial.protocol.instruments.get(measure)
    if at_home and used is not None and used.own is None:
        says = (
            f"{len(at_home)} of its times fall on no planned visit, the first on day {at_home[0]}"
        )
        yield warning(trial, path, says, _known(trial))


def _known(trial: Examined) -> str:
    labels = dict.fromkeys(visit.label for visit in trial.calendar.visits[:20])
    return f"planned: {', '.join(labels)}"


def _unseen_measures(trial: Examined) -> Iterator[Finding]:
    for name in trial.protocol.instruments:
        if name not in trial.protocol.schedule.measure:
            says = f"'{name}' is measured at no visit"
            yield warning(trial, f"instruments.{name}", says, f"add schedule.measure.{name}")
    for name in PERSONAL_VALUES:
        if name in trial.protocol.instruments:
            says = f"'{name}' has a meaning of its own in this language"
            yield error(trial, f"instruments.{name}", "another name", f"'{name}'", says)


def _from_the_future(trial: Examined) -> Iterator[Finding]:
    """Visits and rules that hang on something that is only known later."""
    protocol = trial.protocol
    for name, epoch in protocol.schedule.epochs.items():
        first = min((v.day for v in trial.calendar.visits if v.epoch == name), default=None)
        path = f"schedule.epochs.{name}.only_if"
        if epoch.only_if is not None and first is not None:
            yield from _later(trial, path, epoch.only_if, first)
    for name, rule in protocol.rules.items():
        visits = visits_at(protocol, trial.calendar, rule.at)
        if rule.when is not None and visits:
            yield from _later(trial, f"rules.{name}.when", rule.when, visits[0].day)


def _later(trial: Examined, path: str, condition: Condition, on: int) -> Iterator[Finding]:
    for point in _points_of(condition):
        looked = day(trial.protocol, point)
        if looked is not None and looked > on:
            expected = f"something known by then (day {on})"
            yield error(trial, path, expected, f"'{point}'", "nobody knows the future",
                        word=str(point.number))  # fmt: skip


def _points_of(condition: Condition) -> Iterator[Point]:
    if isinstance(condition, Compare | Named) and condition.when:
        yield from condition.when.points
    for part in parts(condition):
        yield from _points_of(part)


def _counted_from(trial: Examined) -> Iterator[Finding]:
    allocation = trial.protocol.design.allocation
    randomized = allocation is not None and allocation.randomized is not None
    if trial.protocol.schedule.counted_from == "randomization" and not randomized:
        expected = "first_dose: nobody is randomized here"
        yield error(trial, "schedule.counted_from", expected, "'randomization'")


def check_epochs(trial: Examined) -> Iterator[Finding]:
    """Epochs whose visits are written without times, and conditional visits (a note)."""
    for name, epoch in trial.protocol.schedule.epochs.items():
        path = f"schedule.epochs.{name}"
        for item in epoch.visits.items:
            if isinstance(item, Visits):
                expected = "the times of visits, such as weeks 0, 4"
                yield error(trial, f"{path}.visits", expected, f"'{item}'")
        if epoch.only_if is not None:
            says = f"these visits take place only if {epoch.only_if}; unknown means they do not"
            yield note(trial, f"{path}.only_if", says)
