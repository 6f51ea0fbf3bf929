"""Checks a trial file: everything wrong, doubtful or worth knowing, at once and in its place."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from wholetrial.protocol.checks.analyses import check_analyses
from wholetrial.protocol.checks.assumptions import check_assumptions
from wholetrial.protocol.checks.claims import check_claims
from wholetrial.protocol.checks.design import check_design
from wholetrial.protocol.checks.doses import check_doses
from wholetrial.protocol.checks.eligibility import check_eligibility
from wholetrial.protocol.checks.estimands import check_estimands
from wholetrial.protocol.checks.examined import Examined, examine
from wholetrial.protocol.checks.names import check_names
from wholetrial.protocol.checks.provenance import check_provenance
from wholetrial.protocol.checks.public_words import check_public_words
from wholetrial.protocol.checks.schedule import check_epochs, check_schedule
from wholetrial.protocol.checks.spelling import check_spelling
from wholetrial.protocol.checks.thresholds import check_thresholds
from wholetrial.protocol.checks.visits import check_visits
from wholetrial.protocol.document import Mapping, Node, Scalar, Sequence, read_document
from wholetrial.protocol.finding import Finding, InvalidTrialFileError, Place
from wholetrial.protocol.load import load_tree, read_file, with_version
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.source import Source

CHECKS: tuple[Callable[[Examined], Iterator[Finding]], ...] = (
    check_names,
    check_spelling,
    check_design,
    check_epochs,
    check_schedule,
    check_visits,
    check_doses,
    check_thresholds,
    check_eligibility,
    check_analyses,
    check_estimands,
    check_assumptions,
    check_provenance,
    check_claims,
    check_public_words,
)


def check_file(path: Path) -> tuple[Protocol | None, tuple[Finding, ...]]:
    """Check a trial file, each of its versions and each reading of what is ambiguous.

    Returns the protocol, None where the file holds none, and the findings in the order of the file.
    """
    file = str(path)
    try:
        tree = read_document(read_file(path), file)
        protocol, source = load_tree(tree, file)
    except InvalidTrialFileError as error:
        return None, error.findings
    except (OSError, ValueError) as problem:
        return None, (_unreadable(file, problem),)
    found = check_protocol(protocol, source)
    seen = {_essence(finding) for finding in found}
    others = []
    for label, alternative in (*_versions(tree, protocol, file), *_other_readings(tree)):
        for finding in _check_alternative(alternative, file):
            if finding.severity != "note" and _essence(finding) not in seen:
                seen.add(_essence(finding))
                others.append(replace(finding, path=f"{finding.path} ({label})".strip()))
    return protocol, _sorted((*found, *others))


def check_protocol(protocol: Protocol, source: Source) -> tuple[Finding, ...]:
    """Check a protocol that holds together as one: names, times, doses, thresholds, analyses."""
    trial = examine(protocol, source)
    return _sorted(finding for check in CHECKS for finding in check(trial))


def has_errors(findings: tuple[Finding, ...]) -> bool:
    """Whether anything must be put right before the file can be used."""
    return any(finding.severity == "error" for finding in findings)


def _sorted(findings: Iterator[Finding] | tuple[Finding, ...]) -> tuple[Finding, ...]:
    rank = {"error": 0, "warning": 1, "note": 2}
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda found: (found.place, rank[found.severity])))


def _essence(finding: Finding) -> tuple[str, str, str]:
    return finding.path, finding.expected, finding.found


def _unreadable(file: str, problem: Exception) -> Finding:
    advice = "name a file" if isinstance(problem, IsADirectoryError) else "check the path"
    why = (getattr(problem, "strerror", None) or str(problem)).lower()
    return Finding(file, Place(1, 1), "", "a trial file that can be read", why, advice)


def _check_alternative(tree: Node | InvalidTrialFileError, file: str) -> tuple[Finding, ...]:
    if isinstance(tree, InvalidTrialFileError):
        return tree.findings
    try:
        return check_protocol(*load_tree(tree, file))
    except InvalidTrialFileError as error:
        return error.findings


def _versions(
    tree: Node, protocol: Protocol, file: str
) -> Iterator[tuple[str, Node | InvalidTrialFileError]]:
    for name in protocol.versions:
        try:
            yield f"version {name}", with_version(tree, name, file)
        except InvalidTrialFileError as error:
            yield f"version {name}", error


def _other_readings(tree: Node) -> Iterator[tuple[str, Node]]:
    """The file with another reading taken, for each reading that is not."""
    match tree:
        case Mapping():
            yield from _retaken(tree)
            for name, inner in tree.entries.items():
                if name != "versions":
                    for label, changed in _other_readings(inner):
                        entries = {**tree.entries, name: changed}
                        yield label, Mapping(entries, tree.keys, tree.place)
        case Sequence():
            for index, item in enumerate(tree.items):
                for label, changed in _other_readings(item):
                    items = (*tree.items[:index], changed, *tree.items[index + 1 :])
                    yield label, Sequence(items, tree.place)


def _retaken(node: Mapping) -> Iterator[tuple[str, Node]]:
    readings, taken = node.entries.get("readings"), node.entries.get("taken")
    if isinstance(readings, Mapping) and isinstance(taken, Scalar):
        for name in readings.entries:
            if name != taken.value:
                other = Scalar(name, taken.place, taken.start)
                entries = {**node.entries, "taken": other}
                yield f"reading {name}", Mapping(entries, node.keys, node.place)
