"""Doses: amounts and units, arms without any, two at once, titration, too much methotrexate."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from wholetrial.protocol.checks.calendar import days
from wholetrial.protocol.checks.examined import Examined, error, note, warning
from wholetrial.protocol.checks.walk import every
from wholetrial.protocol.design import Arm, Intervention, Rule
from wholetrial.protocol.dose import Dose, DoseChoice, Gift, weighs
from wholetrial.protocol.finding import Finding, nearest
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import PhraseError, Reader, number_text

UNITS = ("mg", "g", "ug", "mcg", "ng", "mL", "L", "IU", "U", "cells", "mmol", "mol", "Gy", "MBq",
         "J", "puffs", "drops", "tablets", "capsules", "sessions", "doses", "minutes", "hours",
         "mg/kg", "ug/kg", "mcg/kg", "g/kg", "cells/kg", "mL/kg", "IU/kg", "U/kg", "mg/m2",
         "J/cm2", "dose_level")  # fmt: skip
WEEKLY_DRUGS = ("methotrexate", "mtx")
HARMS_THE_UNBORN = (
    "methotrexate", "acitretin", "isotretinoin", "thalidomide", "mycophenol", "leflunomide",
    "valpro",
)  # fmt: skip


def check_doses(trial: Examined) -> Iterator[Finding]:
    """Every dose, every arm and every rule that gives something."""
    for path, dose in every(trial.protocol, Dose):
        yield from _dose(trial, path, dose)
    for name, arm in trial.protocol.arms.items():
        yield from _arm(trial, name, arm)
    for name, rule in trial.protocol.rules.items():
        yield from _rule(trial, f"rules.{name}", rule)
    for path, gift in every(trial.protocol, Gift):
        yield from _gift(trial, path, gift)
    yield from _units(trial)
    yield from _ungiven(trial)


def is_placebo(name: str, intervention: Intervention | None) -> bool:
    """Whether an intervention is a placebo, by its name or its model."""
    said = [name, *([intervention.name, intervention.model] if intervention else [])]
    return any("placebo" in (word or "").lower() for word in said)


def given_in(protocol: Protocol, arm: Arm) -> tuple[Dose, ...]:
    """Every dose of an arm, all choices included."""
    found: list[Dose] = []
    for planned in arm.doses:
        found += planned.one_of if isinstance(planned, DoseChoice) else (planned,)
    return tuple(found)


def _dose(trial: Examined, path: str, dose: Dose) -> Iterator[Finding]:
    intervention = trial.protocol.interventions.get(dose.intervention)
    if intervention is None:
        return
    name = dose.intervention
    medicine = intervention.kind in ("drug", "biological")
    if dose.amount is None and medicine and not is_placebo(name, intervention):
        expected = "an amount with its unit, such as 45 mg"
        yield error(trial, path, expected, f"'{dose}'", word=name)
    if dose.amount == 0:
        says = f"'{dose}' gives nothing"
        yield warning(trial, path, says, "for a placebo, name it without an amount", word=name)
    if dose.unit and dose.unit not in UNITS:
        advice = nearest(dose.unit, UNITS)
        says = f"the unit '{dose.unit}' is not one this language knows"
        yield warning(trial, path, says, advice, word=dose.unit)
    if weighs(dose) and not trial.calendar.measured.get("weight"):
        says = f"'{dose}' depends on body weight, which no visit measures"
        yield warning(trial, path, says, "add schedule.measure.weight", word=name)
    yield from _times(trial, path, dose, intervention)
    yield from _packs(trial, path, dose, intervention)


def _times(trial: Examined, path: str, dose: Dose, intervention: Intervention) -> Iterator[Finding]:
    planned = sorted(days(trial.protocol, dose.times))
    name = dose.intervention
    if planned and planned[0] < 0:
        expected = f"a day from {trial.protocol.schedule.counted_from} on"
        yield error(trial, path, expected, f"'{dose.times}'", word=name)
    if trial.calendar.visits and planned and planned[-1] > trial.calendar.last_day:
        says = f"'{dose}' goes on after the last visit (day {trial.calendar.last_day})"
        yield warning(trial, path, says, "plan visits while people are treated", word=name)
    if intervention.route == "intravenous" and trial.calendar.visits:
        missing = [on for on in planned if trial.calendar.on(on) is None]
        if missing:
            expected = "a visit for each infusion"
            yield error(trial, path, expected, f"none on day {missing[0]}", word=name)
    too_often = any(later - earlier < 6 for earlier, later in pairwise(planned))
    if too_often and _called(name, intervention, WEEKLY_DRUGS):
        says = f"'{dose}': methotrexate is given once a week; taken daily it has killed people"
        yield warning(trial, path, says, "write every week", word=name)


def _called(name: str, intervention: Intervention, words: tuple[str, ...]) -> bool:
    said = f"{name} {intervention.name}".lower()
    return any(word in said for word in words)


def _packs(trial: Examined, path: str, dose: Dose, intervention: Intervention) -> Iterator[Finding]:
    if not intervention.unit or dose.amount is None:
        return
    try:
        reader = Reader(intervention.unit)
        size, unit = reader.number(), reader.word()
    except PhraseError:
        return
    if unit != dose.unit or size <= 0:
        return
    amounts = [dose.amount, *([dose.heavier.amount] if dose.heavier else [])]
    for amount in amounts:
        if abs(amount / size - round(amount / size)) > 1e-9:
            says = f"'{dose}' is no whole number of units of {intervention.unit}"
            yield warning(trial, path, says, word=number_text(amount))


def _arm(trial: Examined, name: str, arm: Arm) -> Iterator[Finding]:
    path = f"arms.{name}.doses"
    ruled = any(
        name in trial.protocol.arms_named(*rule.arms) and (rule.give or rule.start)
        for rule in trial.protocol.rules.values()
    )
    if not arm.doses and arm.role == "experimental" and not ruled:
        expected = "what this arm receives, such as CNTO_1275 45 mg at week 0"
        yield error(trial, path, expected, "no doses", "a tested arm receives something")
    elif not arm.doses:
        yield note(trial, path, f"nobody in the arm '{name}' receives anything by plan")
    yield from _together(trial, path, arm)
    titrated = any(
        rule.start and name in trial.protocol.arms_named(*rule.arms)
        for rule in trial.protocol.rules.values()
    )
    for index, dose in enumerate(arm.doses):
        if isinstance(dose, Dose) and dose.most is not None and not titrated:
            expected = "one amount, a rule that titrates (start, raise, lower), or one_of several"
            yield error(trial, f"{path}.{index}", expected, f"'{dose}'", word=dose.intervention)


def _together(trial: Examined, path: str, arm: Arm) -> Iterator[Finding]:
    certain = [dose for dose in arm.doses if isinstance(dose, Dose)]
    counted = Counter(
        (dose.intervention, on) for dose in certain for on in set(days(trial.protocol, dose.times))
    )
    twice: dict[str, list[int]] = defaultdict(list)
    for (intervention, on), times in counted.items():
        if times > 1:
            twice[intervention].append(on)
    for intervention, when in twice.items():
        says = f"two doses of {intervention} on the same day (day {min(when)})"
        yield warning(trial, path, says, "start the second on the next dose's day")


def _rule(trial: Examined, path: str, rule: Rule) -> Iterator[Finding]:
    protocol = trial.protocol
    concerned = protocol.arms_named(*rule.arms)
    if rule.give and rule.give.as_assigned and rule.give.intervention:
        for name in concerned:
            doses = given_in(protocol, protocol.arms[name])
            if rule.give.intervention not in [dose.intervention for dose in doses]:
                expected = f"arms that are assigned {rule.give.intervention}"
                yield error(
                    trial, f"{path}.give", expected, f"'{name}'", "name the dose or the arms"
                )
    if (rule.raised or rule.lower) and rule.start is None:
        expected = "the first dose of the titration: start"
        yield error(trial, path, expected, "steps without a start")
    for field, step in (("raise", rule.raised), ("lower", rule.lower)):
        if step and rule.start and step.by.unit != rule.start.unit:
            expected = f"a step in {rule.start.unit}, as the start is"
            yield error(trial, f"{path}.{field}.by", expected, f"'{step.by}'")
    if rule.give and rule.give.as_in and concerned == (rule.give.as_in,):
        yield error(trial, f"{path}.give", "another arm", f"'{rule.give}'")
    yield from _range_of(trial, path, rule, concerned)


def _range_of(
    trial: Examined, path: str, rule: Rule, concerned: tuple[str, ...]
) -> Iterator[Finding]:
    """A titration starts within the range that the arm's dose states."""
    if rule.start is None or rule.start.amount is None:
        return
    for name in concerned:
        for dose in given_in(trial.protocol, trial.protocol.arms[name]):
            same = dose.intervention == rule.start.intervention and dose.unit == rule.start.unit
            if not same or dose.amount is None or dose.most is None:
                continue
            if not dose.amount <= rule.start.amount <= dose.most:
                expected = f"a start within {number_text(dose.amount)} to {number_text(dose.most)}"
                yield error(trial, f"{path}.start", f"{expected} {dose.unit}", f"'{rule.start}'")


def _gift(trial: Examined, path: str, gift: Gift) -> Iterator[Finding]:
    if gift.unit and gift.unit not in UNITS:
        says = f"the unit '{gift.unit}' is not one this language knows"
        yield warning(trial, path, says, nearest(gift.unit, UNITS), word=gift.unit)


def _units(trial: Examined) -> Iterator[Finding]:
    """One unit for each intervention: a trial that mixes mg and g has lost a factor of 1,000."""
    first: dict[str, str] = {}
    doses: list[tuple[str, Dose | Gift]] = [*every(trial.protocol, Dose)]
    for path, given in (*doses, *every(trial.protocol, Gift)):
        if given.intervention and given.unit:
            usual = first.setdefault(given.intervention, given.unit)
            if usual != given.unit:
                says = f"'{given}' is in {given.unit}, another dose of it in {usual}"
                yield warning(trial, path, says, "use one unit", word=given.unit)


def _ungiven(trial: Examined) -> Iterator[Finding]:
    protocol = trial.protocol
    given = {dose.intervention for _, dose in every(protocol, Dose)}
    given |= {gift.intervention for _, gift in every(protocol, Gift) if gift.intervention}
    for name, intervention in protocol.interventions.items():
        if name not in given and name != protocol.design.masked_by:
            says = f"nobody receives '{name}'"
            yield warning(trial, f"interventions.{name}", says, "give it to an arm or remove it")
        elif name in given and _called(name, intervention, HARMS_THE_UNBORN):
            yield from _unborn(trial, name)


def _unborn(trial: Examined, name: str) -> Iterator[Finding]:
    rules = [criterion.rule for criterion in (*trial.protocol.eligibility.include.values(),
             *trial.protocol.eligibility.exclude.values())]  # fmt: skip
    if not any("pregnan" in str(rule) for rule in rules):
        says = f"{name} harms unborn children, and no criterion speaks of pregnancy"
        advice = "exclude: is pregnant or plans pregnancy"
        yield warning(trial, f"interventions.{name}", says, advice)
