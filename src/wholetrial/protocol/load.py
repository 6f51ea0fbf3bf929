"""Loads a trial file into a `Protocol`, or says everything that is wrong with it, and where."""

from pathlib import Path

from pydantic import ValidationError

from wholetrial.protocol.document import LARGEST_FILE, Mapping, Node, merged, plain, read_document
from wholetrial.protocol.explain import explained
from wholetrial.protocol.finding import Finding, InvalidTrialFileError, nearest
from wholetrial.protocol.lift import Lifted, lift
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.source import Source, locate
from wholetrial.protocol.value import tuples


def read_file(path: Path) -> bytes:
    """The bytes of a trial file; one byte more than is allowed at most."""
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def load(path: Path | str, *, version: str | None = None) -> Protocol:
    """Load a trial file.

    Raises InvalidTrialFileError with every finding where it does not hold together as a protocol,
    OSError where it cannot be read. `version` names another version that the file holds.
    """
    file = Path(path)
    return load_bytes(read_file(file), str(path), version=version)[0]


def load_bytes(content: bytes, file: str, *, version: str | None = None) -> tuple[Protocol, Source]:
    """Load a trial file from its bytes; with the source that knows where everything stands."""
    tree = read_document(content, file)
    if version is not None:
        tree = with_version(tree, version, file)
    return load_tree(tree, file)


def load_tree(tree: Node, file: str) -> tuple[Protocol, Source]:
    """Load a trial from the tree of its file, marks and readings still in it.

    Raises InvalidTrialFileError with every finding.
    """
    lifted = lift(tree, file)
    source = Source(file, lifted.tree, lifted.places)
    protocol, findings = _validated(lifted, source)
    if protocol is None or findings:
        raise InvalidTrialFileError(sorted(findings, key=lambda finding: finding.place))
    return protocol, source


def from_json(text: str) -> Protocol:
    """A protocol from its JSON form, exactly as `Protocol.model_dump_json` wrote it."""
    return Protocol.model_validate_json(text)


def with_version(tree: Node, version: str, file: str) -> Node:
    """The tree of another version: what it replaces, merged over the file (RFC 7396).

    Raises InvalidTrialFileError, with the nearest name, where the file holds no such version.
    """
    path = ["versions", version, "replace"]
    found, place, missing = locate(tree, path)
    if missing:
        versions, _, none = locate(tree, ["versions"])
        known = list(versions.entries) if isinstance(versions, Mapping) and not none else []
        expected = f"one of the versions {', '.join(known)}" if known else "a file with versions"
        advice = nearest(version, known) if known else "leave the version out"
        finding = Finding(file, place, "versions", expected, f"'{version}'", advice)
        raise InvalidTrialFileError([finding])
    return merged(tree, found)


def _validated(lifted: Lifted, source: Source) -> tuple[Protocol | None, list[Finding]]:
    data = plain(lifted.tree)
    if not isinstance(data, dict):
        return None, [source.finding("", "names with values, such as trial: NCT...", "other data")]
    stated = data.pop("provenance", None) or {}
    data["provenance"] = {
        part: {**(stated.get(part) or {}), **marks} for part, marks in lifted.provenance().items()
    }
    try:
        return Protocol.model_validate(tuples(data)), lifted.findings
    except ValidationError as error:
        return None, [*lifted.findings, *explained(error, source, Protocol)]
