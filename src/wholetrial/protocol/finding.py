"""What is wrong with a trial file: where, what was expected, what stands there, what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]


class Place(NamedTuple):
    """A line and a column of a file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reader of the file should know.

    >>> print(Finding("trial.yaml", Place(3, 1), "arms", "an arm", "nothing", "add an arm"))
    trial.yaml:3:1: error: arms: expected an arm, found nothing; add an arm
    """

    file: str
    place: Place
    path: str
    expected: str
    found: str
    advice: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        found = f", found {self.found}" if self.found else ""
        expected = f"expected {self.expected}" if self.severity == "error" else self.expected
        advice = f"; {self.advice}" if self.advice else ""
        line, column = self.place
        return f"{self.file}:{line}:{column}: {self.severity}: {where}{expected}{found}{advice}"


class InvalidTrialFileError(ValueError):
    """A trial file that cannot be used; `findings` says everything that is wrong with it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


def nearest(name: str, known: Iterable[str]) -> str:
    """Advice with the nearest right name: "did you mean 'arms'?"; empty where none is near."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""
