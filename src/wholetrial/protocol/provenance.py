"""Where each statement of a trial file is from, why it was taken, and how else it could be read."""

from collections.abc import Mapping

from wholetrial.protocol.value import Name, Tree, Value, Words

ASSUMED = "assumed"
DERIVED = "derived"
UNDECLARED = (ASSUMED, DERIVED)


class Readings(Value):
    """Every reading of an ambiguous statement, and the one executed."""

    readings: dict[Name, Tree]
    """The readings by name, as written."""
    taken: Name
    """The one executed."""


class Provenance(Value):
    """Marks by path: "" is the file, "arms.placebo.doses" a block in it.

    A mark holds for everything beneath its path until a nearer one.
    """

    marks: dict[str, Name] = {}
    """The source of each marked path."""
    because: dict[str, Words] = {}
    """Why a value was taken, where its source does not decide."""
    readings: dict[str, Readings] = {}
    """The readings of ambiguous statements."""

    def source(self, path: str) -> str | None:
        """The source of a statement: the mark of the nearest block that has one."""
        return _nearest(self.marks, path)


def _nearest(table: Mapping[str, str], path: str) -> str | None:
    while path and path not in table:
        path = path.rpartition(".")[0]
    return table.get(path)
