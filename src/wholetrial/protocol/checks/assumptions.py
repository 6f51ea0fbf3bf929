"""What the simulator needs and lacks, and assumptions that cannot be right."""

from collections.abc import Iterator
from difflib import get_close_matches

from wholetrial.protocol.assumptions import AdverseEventRates, Assumptions, ChangeAim
from wholetrial.protocol.checks.calendar import day
from wholetrial.protocol.checks.doses import is_placebo
from wholetrial.protocol.checks.examined import Examined, error, note, unknown, warning
from wholetrial.protocol.checks.thresholds import limits_of
from wholetrial.protocol.checks.vocabulary import INTERCURRENT_EVENTS
from wholetrial.protocol.checks.walk import every, terms_within
from wholetrial.protocol.condition import Compare, Named, parts
from wholetrial.protocol.design import InstrumentUse
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.leaving import shares_of
from wholetrial.protocol.quantity import Distribution, Share
from wholetrial.protocol.time import UNITS

_WITHOUT = {
    "dropout": "nobody leaves it in a simulation",
    "adverse_events": "endpoints of adverse events are not simulated",
}
_CENTERS = ("mean", "median", "low", "high")


def check_assumptions(trial: Examined) -> Iterator[Finding]:
    """Assumptions of the simulator: complete, attainable, of the right units."""
    yield from _models(trial)
    yield from _intercurrent(trial)
    assumed = trial.protocol.assumptions
    if assumed is None:
        says = "no assumptions: this trial can be checked and analyzed, not simulated"
        yield note(trial, "", says)
        return
    for name, drawn in assumed.baseline.items():
        yield from _baseline(trial, name, drawn)
    yield from _missing(trial, assumed)
    yield from _by_arm(trial, assumed)
    yield from _correlations(trial, assumed)
    if not assumed.scenarios:
        says = "no scenarios: nothing says what a sound design must conclude, and in which world"
        yield note(trial, "assumptions", says)
    yield from _choice(trial, assumed)
    yield from _courses(trial, assumed)
    yield from _screening(trial, assumed)


def _screening(trial: Examined, assumed: Assumptions) -> Iterator[Finding]:
    """What is drawn or waived names criteria, and none that virtual values decide alone."""
    eligibility = trial.protocol.eligibility
    criteria = {**eligibility.include, **eligibility.exclude}
    for name in assumed.screening:
        path = f"assumptions.screening.{name}"
        if name not in criteria:
            yield unknown(trial, path, "the name of a criterion", name, criteria)
            continue
        rule = criteria[name].rule
        found = list(terms_within(rule, trial.protocol)) if rule else []
        inner = [part for part in found if not parts(part)]
        if inner and all(
            isinstance(one, Compare) and one.value in assumed.baseline for one in inner
        ):
            says = f"{name} is decided by values that virtual people have: nothing is waived"
            yield warning(trial, path, says, "remove it")


def _courses(trial: Examined, assumed: Assumptions) -> Iterator[Finding]:
    for name, course in assumed.courses.items():
        path = f"assumptions.courses.{name}"
        if isinstance(course.aim, ChangeAim):
            continue
        timed = course.aim.condition
        when = timed.when if isinstance(timed, Named | Compare) else None
        if when is None or when.how != "at" or len(when.points) != 1:
            expected = "a condition at one time, such as PASI_75 at week 16"
            yield error(trial, f"{path}.aim", expected, f"'{timed}'")
        if name not in _courses_used(trial, assumed):
            yield note(trial, path, f"nothing acts by the course '{name}'")


def _courses_used(trial: Examined, assumed: Assumptions) -> set[str]:
    used = {one.course for one in trial.protocol.interventions.values() if one.course}
    for scenario in assumed.scenarios.values():
        used |= {change.like for change in scenario.as_if.values() if change.like}
    return used


def _models(trial: Examined) -> Iterator[Finding]:
    for name, intervention in trial.protocol.interventions.items():
        path = f"interventions.{name}"
        if intervention.model and intervention.course:
            expected = "a model or a course, not both"
            yield error(
                trial, path, expected, f"'{intervention.model}' and '{intervention.course}'"
            )
        elif intervention.course:
            says = f"the effect of '{name}' is assumed in this file"
            yield note(trial, f"{path}.course", says, "results that rest on it are scenarios")
        elif not intervention.model and not is_placebo(name, intervention):
            says = f"the simulator does not know what '{name}' does"
            yield note(trial, path, says, "name a model of the library, or a course")


def _intercurrent(trial: Examined) -> Iterator[Finding]:
    known = (*trial.protocol.rules, *INTERCURRENT_EVENTS)
    planned = [(f"intercurrent.{name}", name) for name in trial.protocol.intercurrent]
    for analysis, plan in trial.protocol.analyses.items():
        own = plan.intercurrent or {}
        planned += [(f"analyses.{analysis}.intercurrent.{name}", name) for name in own]
    for path, name in planned:
        near = get_close_matches(name, known, n=1, cutoff=0.85)
        if name not in known and near:
            advice = f"did you mean '{near[0]}'?"
            yield error(trial, path, "a rule or an intercurrent event", f"'{name}'", advice)
        elif name not in known:
            says = f"'{name}' counts only where records name it; no simulated participant has it"
            yield note(trial, path, says)


def _baseline(trial: Examined, name: str, drawn: Distribution | Share) -> Iterator[Finding]:
    path = f"assumptions.baseline.{name}"
    if name == "male" and isinstance(drawn, Distribution):
        yield error(trial, path, "a share of participants, such as 60 %", f"'{drawn}'")
        return
    limits = limits_of(trial.protocol, name)
    if limits is None or isinstance(drawn, Share):
        if limits is not None:
            expected = "a distribution, such as normal(mean 12, sd 7)"
            yield error(trial, path, expected, f"'{drawn}'")
        return
    values = [p.value for p in drawn.parameters if p.name in _CENTERS]
    values += [value for value, _ in drawn.choices]
    if any(not limits.low <= value <= limits.high for value in values):
        reach = f"{limits.low:g} to {limits.high:g}"
        yield error(trial, path, f"values within {name}'s range, {reach}", f"'{drawn}'")
    for parameter in drawn.parameters:
        unit = UNITS.get(parameter.unit or "", parameter.unit)
        if unit is not None and unit != UNITS.get(limits.unit, limits.unit):
            expected = f"{name} in {limits.unit}" if limits.unit else f"no unit: {name} has none"
            yield error(trial, path, expected, f"'{parameter.unit}'", word=str(parameter.unit))


def _missing(trial: Examined, assumed: Assumptions) -> Iterator[Finding]:
    protocol = trial.protocol
    measured = [
        name
        for name, use in protocol.instruments.items()
        if use.sample is None and name in protocol.schedule.measure and not _graded(use)
    ]
    asked = [compare.value for _, compare in every(protocol, Compare) if compare.value == "age"]
    weighed = "weight" if protocol.schedule.measure.get("weight") else None
    for name in dict.fromkeys([*measured, *asked, weighed]):
        if name and name not in assumed.baseline:
            says = f"no baseline distribution of {name}: the simulator cannot draw it"
            yield note(trial, "assumptions.baseline", says)


def _graded(use: InstrumentUse) -> bool:
    """Whether the simulator reads an instrument off the lesions, as it does for global grades."""
    return (use.library or "").startswith(("pga ", "iga "))


def _by_arm(trial: Examined, assumed: Assumptions) -> Iterator[Finding]:
    arms = trial.protocol.arms
    stated = {"dropout": [*assumed.dropout], "adverse_events": [*assumed.adverse_events]}
    for block, words in stated.items():
        covered = [arm for word in words for arm in trial.protocol.arms_named(word)]
        for arm in arms:
            if arm not in covered:
                says = f"nothing assumed for the arm '{arm}'"
                yield note(trial, f"assumptions.{block}", says, _WITHOUT[block])
            elif covered.count(arm) > 1:
                says = f"the arm '{arm}' is covered twice, by its name and by its role"
                yield warning(trial, f"assumptions.{block}", says, "state it once")
    for name, leavers in assumed.dropout.items():
        for reason, share in shares_of(leavers).items():
            path = f"assumptions.dropout.{name}"
            yield from _share(trial, f"{path}.{reason}" if reason else path, name, share)
    for name, rates in assumed.adverse_events.items():
        yield from _serious(trial, f"assumptions.adverse_events.{name}", rates)
    yield from _attendance(trial, assumed)


def _serious(trial: Examined, path: str, rates: AdverseEventRates) -> Iterator[Finding]:
    """Serious adverse events are some of the adverse events."""
    shares, counts = (rates.any, rates.serious), (rates.rate, rates.serious_rate)
    if shares[0] and shares[1] and shares[1].fraction > shares[0].fraction:
        expected = f"at most the share with any adverse event ({shares[0]})"
        yield error(trial, f"{path}.serious", expected, f"'{shares[1]}'")
    if counts[0] and counts[1] and counts[1].per_day > counts[0].per_day:
        expected = f"at most the rate of any adverse event ({counts[0]})"
        yield error(trial, f"{path}.serious_rate", expected, f"'{counts[1]}'")


def _attendance(trial: Examined, assumed: Assumptions) -> Iterator[Finding]:
    """Missed visits have no time, and days off the plan need windows."""
    if assumed.missed_visits is not None and assumed.missed_visits.by is not None:
        expected = "a share of visits without a time, such as 3 %"
        yield error(trial, "assumptions.missed_visits", expected, f"'{assumed.missed_visits}'")
    windows = [epoch.window for epoch in trial.protocol.schedule.epochs.values() if epoch.window]
    if assumed.visit_days is not None and not windows:
        says = "no epoch has a window: every visit takes place on its day"
        yield note(
            trial, "assumptions.visit_days", says, "give the epochs a window, such as 3 days"
        )


def _share(trial: Examined, path: str, name: str, share: Share) -> Iterator[Finding]:
    named = trial.protocol.arms_named(name)
    planned = sum(trial.protocol.arms[arm].n for arm in named)
    if share.of is not None and named and share.of != planned:
        says = f"'{share}' counts {share.of} participants; {planned} are planned"
        yield warning(trial, path, says, word=str(share.of))
    if share.by is None:
        return
    until = day(trial.protocol, share.by)
    if until is None or until <= 0:
        expected = "a time after week 0 that the schedule places"
        yield error(trial, path, expected, f"'{share.by}'")


def _correlations(trial: Examined, assumed: Assumptions) -> Iterator[Finding]:
    for pair in assumed.correlation:
        names = pair.split(" with ")
        path = f"assumptions.correlation.{pair}"
        if len(names) != 2 or names[0] == names[1]:
            expected = "two baseline values: 'QIDS_C with MADRS'"
            yield error(trial, path, expected, f"'{pair}'")
            continue
        for name in names:
            if name not in assumed.baseline:
                expected = f"baseline values with a distribution ({', '.join(assumed.baseline)})"
                yield error(trial, path, expected, f"'{name}'")


def _choice(trial: Examined, assumed: Assumptions) -> Iterator[Finding]:
    allocation = trial.protocol.design.allocation
    chosen = allocation is not None and allocation.not_randomized is not None
    if assumed.choice and not chosen:
        says = "people are randomized here: a choice of arm is never made"
        yield warning(trial, "assumptions.choice", says, "remove it")
    elif chosen and not assumed.choice:
        says = "nothing says how people choose their arm: the simulator cannot assign them"
        yield note(trial, "assumptions", says, "add choice")
