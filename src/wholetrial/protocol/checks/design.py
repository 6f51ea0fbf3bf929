"""The design: arms, allocation, masking, structure and phase, and what they can show."""

from collections.abc import Iterator
from math import gcd

from wholetrial.protocol.checks.calendar import days
from wholetrial.protocol.checks.doses import given_in
from wholetrial.protocol.checks.examined import Examined, error, note, warning
from wholetrial.protocol.design import Allocation
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.protocol import Protocol


def check_design(trial: Examined) -> Iterator[Finding]:
    """Structure, allocation, masking, roles and phase."""
    yield from _structure(trial)
    yield from _allocation(trial)
    yield from _masking(trial)
    yield from _roles(trial)
    yield from _phase(trial)


def _structure(trial: Examined) -> Iterator[Finding]:
    design, arms = trial.protocol.design, trial.protocol.arms
    path = "design.structure"
    if design.structure == "single_group":
        if len(arms) > 1:
            expected = "a structure with several arms, such as parallel"
            yield error(trial, path, expected, f"'single_group' with {len(arms)} arms")
        else:
            says = (
                "a single arm cannot separate the drug from the spontaneous course of the disease"
            )
            yield note(trial, path, says, "say so wherever its result is shown")
    elif len(arms) == 1:
        expected = "single_group: there is one arm"
        yield error(trial, path, expected, f"'{design.structure}'")
    elif design.structure == "crossover" and not any(
        _switches(trial.protocol, arm) for arm in arms
    ):
        says = "called a crossover, but no arm receives one intervention after another"
        yield warning(trial, path, says, "write parallel, or the second period's doses")


def _switches(protocol: Protocol, arm: str) -> bool:
    given = {dose.intervention for dose in given_in(protocol, protocol.arms[arm])}
    return len(given) > 1


def _allocation(trial: Examined) -> Iterator[Finding]:
    design, arms = trial.protocol.design, trial.protocol.arms
    allocation = design.allocation
    if allocation is None:
        if len(arms) > 1:
            expected = "an allocation: how people come to these arms"
            advice = "randomized: permuted blocks, or not_randomized and how"
            yield error(trial, "design", expected, f"none for {len(arms)} arms", advice)
        return
    if len(arms) == 1:
        says = "one arm needs no allocation: everybody comes to it"
        yield warning(trial, "design.allocation", says, "remove it")
    if design.type == "observational" and allocation.randomized:
        expected = "no randomization in an observational study"
        yield error(trial, "design.allocation.randomized", expected, f"'{allocation.randomized}'")
    yield from _blocks(trial, allocation)
    yield from _quota(trial, allocation)


def _blocks(trial: Examined, allocation: Allocation) -> Iterator[Finding]:
    numbers = [arm.n for arm in trial.protocol.arms.values()]
    ratio = [n // gcd(*numbers) for n in numbers]
    whole = sum(ratio)
    path = "design.allocation.sizes"
    for size in allocation.sizes:
        if size % whole:
            shown = ":".join(str(part) for part in ratio)
            expected = f"a multiple of {whole}, for the ratio {shown} of the arms"
            yield error(trial, path, expected, f"a block of {size}", word=str(size))
    if allocation.randomized == "simple" and allocation.sizes:
        yield warning(trial, path, "simple randomization has no blocks", "remove the sizes")
    masked = trial.protocol.design.masking != "none"
    one_size = allocation.randomized == "permuted blocks" and len(set(allocation.sizes)) == 1
    if one_size and not masked:
        says = (
            f"open label with blocks of {allocation.sizes[0]} only: the last of each can be guessed"
        )
        yield warning(trial, path, says, "use two sizes or more")


def _quota(trial: Examined, allocation: Allocation) -> Iterator[Finding]:
    for name, most in allocation.quota.items():
        arm = trial.protocol.arms.get(name)
        if arm and arm.n > most:
            expected = f"at most the arm's quota of {most}"
            yield error(
                trial, f"arms.{name}.n", expected, str(arm.n), "raise one or lower the other"
            )
    if allocation.quota and allocation.randomized:
        says = "a quota bends the allocation that randomization makes"
        yield warning(trial, "design.allocation.quota", says, "remove it, or set the arm's n")


def _masking(trial: Examined) -> Iterator[Finding]:
    design, arms = trial.protocol.design, trial.protocol.arms
    if design.masking == "none":
        if design.masked_by:
            says = f"'{design.masked_by}' masks the arms of an open-label trial"
            yield warning(trial, "design.masked_by", says, "name who is masked, or remove it")
        return
    if len(arms) == 1:
        says = "masked, with a single arm: everybody knows what is given"
        yield warning(trial, "design.masking", says, "write none")
    elif design.masked_by is None and "participant" in design.masking and _visible(trial.protocol):
        says = "participants are masked, but the arms differ in route or in the days of their doses"
        yield warning(trial, "design.masking", says, "name what is given instead: masked_by")


def _visible(protocol: Protocol) -> bool:
    """Whether an arm can be told from another by when and how doses are given."""
    doses = [given_in(protocol, arm) for arm in protocol.arms.values()]
    if any(dose.intervention not in protocol.interventions for arm in doses for dose in arm):
        return False
    seen = {
        frozenset(
            (protocol.interventions[dose.intervention].route, on)
            for dose in arm
            for on in days(protocol, dose.times)
        )
        for arm in doses
    }
    return len(seen) > 1


def _roles(trial: Examined) -> Iterator[Finding]:
    arms = trial.protocol.arms
    roles = [arm.role for arm in arms.values()]
    if "experimental" not in roles:
        yield error(trial, "arms", "an arm whose role is experimental", "controls only")
    elif len(arms) > 1 and "control" not in roles:
        says = "several arms and no control: nothing to compare them with"
        yield warning(trial, "arms", says, "give one of them the role control")
    labels: dict[str, str] = {}
    for name, arm in arms.items():
        first = labels.setdefault(arm.label.lower(), name)
        if first != name:
            expected = "a label of its own: tables show it"
            yield error(trial, f"arms.{name}.label", expected, f"that of '{first}'")


def _phase(trial: Examined) -> Iterator[Finding]:
    design, arms = trial.protocol.design, trial.protocol.arms
    n = trial.protocol.n
    confirmatory = design.phase in (3, "2/3")
    controlled = any(arm.role == "control" for arm in arms.values())
    if confirmatory and not controlled:
        yield note(trial, "design.phase", f"phase {design.phase} without a control arm")
    if design.phase == 1 and n > 100:
        yield note(trial, "design.phase", f"{n} participants are many for phase 1")
    if confirmatory and n < 60:
        yield note(trial, "design.phase", f"{n} participants are few for phase {design.phase}")
