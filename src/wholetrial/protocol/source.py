"""Where everything stands in a trial file: the line and column of a path."""

from wholetrial.protocol.document import Mapping, Node, Sequence
from wholetrial.protocol.finding import Finding, Place


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
            return _locate_rest(node, place, steps[index:])
    return node, place, []


def _locate_rest(node: Node, place: Place, steps: list[str]) -> tuple[Node, Place, list[str]]:
    """Pass over a step that does not stand in the file, if what follows it does."""
    step, rest = steps[0], steps[1:]
    if rest:
        found, further, missing = locate(node, rest)
        if len(missing) < len(rest):
            return found, further, missing
    return node, place, [step, *rest]


def standing(tree: Node, steps: list[str]) -> list[str]:
    """The steps of a path that stand in the file, branches of a choice left out."""
    node, found = tree, list[str]()
    for step in steps:
        inner, _, missing = locate(node, [step])
        if not missing:
            node = inner
            found.append(step)
    return found
