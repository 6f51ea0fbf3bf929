"""Loads a trial file into a `Protocol`, or says everything that is wrong with it, and where."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from wholetrial.protocol.document import (
    LARGEST_FILE,
    Mapping,
    Node,
    Scalar,
    Sequence,
    merged,
    plain,
    read_document,
)
from wholetrial.protocol.fields import known_fields
from wholetrial.protocol.finding import Finding, InvalidTrialFileError, Place, nearest
from wholetrial.protocol.lift import Lifted, lift
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.value import tuples


class Source:
    """A trial file's tree, to find the place of anything in the protocol made of it."""

    def __init__(self, file: str, tree: Node, marks: dict[str, Place] | None = None) -> None:
        self.file, self.tree, self.marks = file, tree, marks or {}

    def place(self, path: str) -> Place:
        """The line and column of a dotted path, or of the nearest block that stands in the file."""
        return locate(self.tree, path.split(".") if path else [])[1]

    def finding(self, path: str, expected: str, found: str, advice: str = "") -> Finding:
        """An error at a path."""
        return Finding(self.file, self.place(path), path, expected, found, advice)


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
    """Load a trial from the tree of its file, marks and readings still in it."""
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
    """The tree of another version: what it replaces, merged over the file."""
    path = ["versions", version, "replace"]
    found, place, missing = locate(tree, path)
    if missing:
        versions, *_ = locate(tree, ["versions"])
        known = list(versions.entries) if isinstance(versions, Mapping) else []
        expected = f"one of the versions {', '.join(known)}" if known else "a file with versions"
        advice = nearest(version, known)
        raise InvalidTrialFileError([Finding(file, place, "versions", expected, version, advice)])
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


def explained(error: ValidationError, source: Source, model: type[BaseModel]) -> list[Finding]:
    """What pydantic found wrong, as findings with their places in the file."""
    found = (_finding(details, source, model) for details in error.errors(include_url=False))
    return list(dict.fromkeys(found))


def locate(tree: Node, steps: list[str]) -> tuple[Node, Place, list[str]]:
    """Follow a path as far as it goes: the node, its place, and the steps that do not stand there.

    Steps that name no entry (the branches of a choice) are passed over while the rest is found.
    """
    node, place = tree, tree.place
    for index, step in enumerate(steps):
        if isinstance(node, Mapping) and step in node.entries:
            place = node.keys.get(step, node.place)
            node = node.entries[step]
        elif isinstance(node, Sequence) and step.isdigit() and int(step) < len(node.items):
            node = node.items[int(step)]
            place = node.place
        else:
            rest = steps[index + 1 :]
            return locate_rest(node, place, step, rest)
    return node, place, []


def locate_rest(
    node: Node, place: Place, step: str, rest: list[str]
) -> tuple[Node, Place, list[str]]:
    """Skip a step that does not stand in the file, if what follows it does."""
    if rest:
        found, further, missing = locate(node, rest)
        if len(missing) < len(rest):
            return found, further, missing
    return node, place, [step, *rest]


def _finding(details: ErrorDetails, source: Source, model: type[BaseModel]) -> Finding:
    steps = [str(step) for step in details["loc"]]
    node, place, missing = locate(source.tree, steps)
    path = ".".join(step for step in steps if "[" not in step)
    expected, found, advice = _explained(details, model)
    context = details.get("ctx") or {}
    if details["type"] == "phrase" and isinstance(node, Scalar):
        start = node.start
        place = Place(start.line, start.column + int(context["offset"]))
    elif isinstance(node, Scalar) and not missing:
        place = node.place
    return Finding(source.file, place, path, expected, found, advice)


def _explained(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str, str]:
    """What was expected, what was found, what to do; in the words of a person."""
    kind, context = details["type"], details.get("ctx") or {}
    shown = _shown(details["input"])
    match kind:
        case "phrase":
            return str(context["expected"]), f"{context['found']} in {shown}", ""
        case "extra_forbidden":
            return _unknown_field(details, model)
        case "missing":
            return f"a value for '{details['loc'][-1]}'", "nothing", "add it"
        case "bool_type":
            return "true or false", shown, _boolean_advice(details["input"])
        case "literal_error":
            allowed = str(context.get("expected", ""))
            near = nearest(
                str(details["input"]), allowed.replace("'", "").split(" or ")[0].split(", ")
            )
            return allowed, shown, near
        case "string_pattern_mismatch":
            return "a name of letters, digits and _, starting with a letter", shown, ""
        case _:
            return _in_words(details["msg"]), shown, ""


def _unknown_field(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str, str]:
    *steps, name = (str(step) for step in details["loc"])
    known = known_fields(model, steps)
    advice = nearest(name, known) or (f"known here: {', '.join(known)}" if known else "remove it")
    return "a field of this language", f"'{name}'", advice


def _boolean_advice(value: Any) -> str:
    meant = {"no": "false", "off": "false", "yes": "true", "on": "true"}
    written = meant.get(str(value).lower())
    return f"write {written}" if written else ""


def _in_words(message: str) -> str:
    message = message.removeprefix("Value error, ").removeprefix("Input should be ")
    message = message.replace("a valid tuple", "a list").replace(
        "a valid dictionary", "names with values"
    )
    return (
        message.replace("valid string", "text").removeprefix("expected ").replace("a valid ", "a ")
    )


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "names with values"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
