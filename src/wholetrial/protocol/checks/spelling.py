"""Names that are hard to tell apart, words of the language used as names, and circles."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from wholetrial.protocol.checks.examined import Examined, error, warning
from wholetrial.protocol.checks.vocabulary import PERSONAL_VALUES, RESERVED, courses
from wholetrial.protocol.checks.walk import every
from wholetrial.protocol.condition import Named, atoms
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.protocol import Protocol


def check_spelling(trial: Examined) -> Iterator[Finding]:
    """Names differing only by case, reserved or used twice, and terms that refer to themselves."""
    yield from _alike(trial)
    yield from _reserved(trial)
    yield from _ambiguous(trial)
    yield from _circles(trial)
    yield from _unused(trial)


def _defined(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Every name that the file defines, with its path."""
    eligibility, schedule, endpoints = protocol.eligibility, protocol.schedule, protocol.endpoints
    blocks: dict[str, Iterable[str]] = {
        "instruments": protocol.instruments,
        "interventions": protocol.interventions,
        "arms": protocol.arms,
        "terms": protocol.terms,
        "rules": protocol.rules,
        "schedule.events": schedule.events,
        "schedule.epochs": schedule.epochs,
        "eligibility.concepts": eligibility.concepts,
        "eligibility.include": eligibility.include,
        "eligibility.exclude": eligibility.exclude,
        "eligibility.permit": eligibility.permit,
        "endpoints.primary": endpoints.primary,
        "endpoints.secondary": endpoints.secondary,
        "endpoints.exploratory": endpoints.exploratory,
        "endpoints.safety": endpoints.safety,
        "analysis_sets": protocol.analysis_sets,
        "analyses": protocol.analyses,
        "assumptions.courses": courses(protocol),
    }
    for block, names in blocks.items():
        for name in names:
            yield f"{block}.{name}", name


def _alike(trial: Examined) -> Iterator[Finding]:
    first: dict[str, tuple[str, str]] = {}
    for path, name in _defined(trial.protocol):
        earlier_path, earlier = first.setdefault(name.lower(), (path, name))
        if earlier != name:
            expected = f"a name that differs from '{earlier}' ({earlier_path}) by more than case"
            yield error(trial, path, expected, f"'{name}'", "rename one of them")


def _reserved(trial: Examined) -> Iterator[Finding]:
    for path, name in _defined(trial.protocol):
        arm = trial.protocol.arms.get(name)
        own_role = path == f"arms.{name}" and arm is not None and arm.role == name
        if name in RESERVED and not own_role:
            yield error(trial, path, "a name", f"'{name}', a word of the language", "rename it")


def _ambiguous(trial: Examined) -> Iterator[Finding]:
    protocol = trial.protocol
    for name in protocol.terms:
        if name in protocol.instruments or name in PERSONAL_VALUES:
            found = f"'{name}', also the name of a measure"
            yield error(trial, f"terms.{name}", "a name of its own", found, "rename the term")
    levels = defaultdict(list)
    for path, name in _defined(protocol):
        block = path.split(".")[0]
        if block in ("endpoints", "eligibility") and ".concepts." not in path:
            levels[block, name].append(path)
    for (_, name), (first, *again) in levels.items():
        for path in again:
            yield error(trial, path, f"each name once in '{first.split('.')[0]}'",
                        f"'{name}' again (first: {first})", "rename one of them")  # fmt: skip


def _circles(trial: Examined) -> Iterator[Finding]:
    terms = trial.protocol.terms
    uses = {
        name: [atom.term for atom in atoms(condition) if isinstance(atom, Named)]
        for name, condition in terms.items()
    }
    for name in terms:
        reached, waiting = set[str](), list(uses[name])
        while waiting:
            used = waiting.pop()
            if used not in reached:
                reached.add(used)
                waiting += uses.get(used, [])
        if name in reached:
            expected = "a condition that does not rest on itself"
            advice = "write what it means"
            yield error(trial, f"terms.{name}", expected, f"'{terms[name]}'", advice)


def _unused(trial: Examined) -> Iterator[Finding]:
    protocol = trial.protocol
    allocation = protocol.design.allocation
    used = {value.term for _, value in every(protocol, Named)}
    used |= set(allocation.strata) if allocation else set()
    for plan in protocol.analyses.values():
        used |= set(plan.strata) if isinstance(plan.strata, tuple) else set()
        used |= {covariate.name for covariate in plan.adjust_for}
    for name in protocol.terms:
        if name not in used:
            yield warning(trial, f"terms.{name}", f"the term '{name}' is used nowhere", "remove it")
