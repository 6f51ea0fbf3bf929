"""Where statements are from: unknown sources, marks on nothing, statements without a source."""

from collections import Counter
from collections.abc import Iterator

from wholetrial.protocol.checks.examined import Examined, error, note, unknown, warning
from wholetrial.protocol.document import Mapping, Node, Sequence
from wholetrial.protocol.finding import Finding, Place, nearest
from wholetrial.protocol.provenance import ASSUMED, UNDECLARED
from wholetrial.protocol.source import locate

_NO_STATEMENT = ("wholetrial", "trial", "sources", "unsettled", "versions", "provenance", "public")


def check_provenance(trial: Examined) -> Iterator[Finding]:
    """Sources, marks, readings, and statements that nobody vouches for."""
    yield from _sources(trial)
    yield from _marks(trial)
    yield from _unsourced(trial)
    yield from _readings(trial)
    yield from _assumed(trial)
    for index, open_point in enumerate(trial.protocol.unsettled):
        says = f"unsettled: {open_point.about}; taken: {open_point.taken}"
        yield note(trial, f"unsettled.{index}", says)


def _sources(trial: Examined) -> Iterator[Finding]:
    sources, marks = trial.protocol.sources, trial.protocol.provenance.marks
    known = (*sources, *UNDECLARED)
    for path, source in marks.items():
        if source not in known:
            found = unknown(trial, path, "the name of a source", source, known)
            yield _placed(trial, found, path)
    for name in sources:
        if name in UNDECLARED:
            says = f"'{name}' has a meaning of its own and needs no declaration"
            yield error(trial, f"sources.{name}", "another name", f"'{name}'", says)
        elif name not in marks.values():
            yield note(trial, f"sources.{name}", f"nothing is from the source '{name}'")


def _marks(trial: Examined) -> Iterator[Finding]:
    """A mark of a path that does not stand in the file marks nothing."""
    for path in trial.protocol.provenance.marks:
        steps = path.split(".") if path else []
        if "readings" in steps:
            continue
        node, _, missing = locate(trial.source.tree, steps)
        if missing:
            near = nearest(missing[0], node.entries) if isinstance(node, Mapping) else ""
            found = error(trial, path, "a field that stands here", f"'{'.'.join(missing)}'", near)
            yield _placed(trial, found, path)


def _placed(trial: Examined, finding: Finding, path: str) -> Finding:
    from dataclasses import replace

    place = trial.source.marks.get(path)
    return replace(finding, place=place) if isinstance(place, Place) else finding


def _unsourced(trial: Examined) -> Iterator[Finding]:
    counted: Counter[str] = Counter()
    for path in _leaves(trial.source.tree, ""):
        block = path.split(".")[0]
        if block not in _NO_STATEMENT and trial.protocol.provenance.source(path) is None:
            counted[block] += 1
    for block, count in counted.items():
        statements = "1 statement" if count == 1 else f"{count} statements"
        says = f"{statements} without a source"
        yield warning(trial, block, says, "add from: and the source, or from: assumed")


def _leaves(node: Node, path: str) -> Iterator[str]:
    match node:
        case Mapping():
            for name, inner in node.entries.items():
                yield from _leaves(inner, f"{path}.{name}" if path else name)
        case Sequence():
            for index, item in enumerate(node.items):
                yield from _leaves(item, f"{path}.{index}")
        case _:
            yield path


def _readings(trial: Examined) -> Iterator[Finding]:
    for path, found in trial.protocol.provenance.readings.items():
        others = [name for name in found.readings if name != found.taken]
        rest = f"; not taken: {', '.join(others)}" if others else ""
        yield note(trial, path, f"the source can be read in several ways: {found.taken}{rest}")


def _assumed(trial: Examined) -> Iterator[Finding]:
    """What is ours should say why: at its own block or above it."""
    provenance = trial.protocol.provenance
    silent = [
        path
        for path, source in provenance.marks.items()
        if source == ASSUMED and not _reason(provenance.because, path)
    ]
    if silent:
        shown = ", ".join(silent[:6]) + (" ..." if len(silent) > 6 else "")
        says = f"assumed without a because: {shown}"
        yield note(trial, "", says)


def _reason(because: dict[str, str], path: str) -> bool:
    while path and path not in because:
        path = path.rpartition(".")[0]
    return path in because
