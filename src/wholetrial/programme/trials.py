"""Finds trials: those that ship with the program, by id, or any trial file by its path."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from wholetrial.programme.published import check_published
from wholetrial.protocol.check import check_file
from wholetrial.protocol.finding import Finding, InvalidTrialFileError, nearest
from wholetrial.protocol.load import load as load_file
from wholetrial.protocol.protocol import Protocol

TRIAL_FILE = "trial.yaml"
PUBLISHED_FILE = "published.yaml"
THE_FILE = "the file"
"""What the version is called that a file states outright."""


class UnknownTrialError(LookupError):
    """No trial has this id, and no file this path."""


def shipped_folder() -> Path:
    """The folder of the trials that ship: in the package, or at the root of the repository."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "trials"
    return inside if inside.is_dir() else package.parents[1] / "trials"


def shipped_trials() -> tuple[str, ...]:
    """The ids of the trials that ship.

    >>> "NCT00320216" in shipped_trials()
    True
    """
    return tuple(sorted(path.parent.name for path in shipped_folder().glob(f"*/{TRIAL_FILE}")))


def trial_file(trial: str | Path) -> Path:
    """The file of a trial, given as an id, a file, or a folder that holds one.

    Raises UnknownTrialError, with the nearest id, where there is none.
    """
    text = str(trial)
    if text in shipped_trials():
        return _from_here(shipped_folder() / text / TRIAL_FILE)
    path = Path(text)
    if path.is_dir() and (path / TRIAL_FILE).is_file():
        return path / TRIAL_FILE
    if path.exists():
        return path
    known = shipped_trials()
    advice = nearest(text.upper(), known) or f"known: {', '.join(known)}"
    raise UnknownTrialError(f"no trial '{text}': neither an id nor a file; {advice}")


def _from_here(path: Path) -> Path:
    """The path as somebody in the current folder would write it, where it lies beneath."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def load(trial: str | Path, *, version: str | None = None) -> Protocol:
    """Load a trial, given as an id, a file, or a folder; `version` names another that it holds.

    Raises UnknownTrialError where there is none, InvalidTrialFileError with every finding where the
    file does not hold together.

    >>> load("NCT00320216").n
    320
    """
    return load_file(trial_file(trial), version=version)


class Checked(NamedTuple):
    """A trial file that was checked and holds: the protocol, and what its reader should know."""

    protocol: Protocol
    findings: tuple[Finding, ...]
    others: Mapping[str, Protocol] = MappingProxyType({})
    """The other versions of the protocol that the file holds."""

    @property
    def verdict(self) -> str:
        """The check in a few words: "no errors, 2 warnings, 14 notes"."""
        return verdict(self.findings)


def verdict(findings: Sequence[Finding]) -> str:
    """How many errors, warnings and notes a check found.

    >>> verdict(())
    'no errors'
    """
    counts = {
        kind: sum(finding.severity == kind for finding in findings)
        for kind in ("error", "warning", "note")
    }
    said = [f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items() if n]
    return ", ".join(said if counts["error"] else ["no errors", *said])


def check_trial(trial: str | Path) -> tuple[Protocol | None, tuple[Finding, ...]]:
    """Check a trial file, and the published results that stand beside it.

    Returns the protocol, None where the file holds none, and every finding. Raises
    UnknownTrialError where there is no such trial.
    """
    file = trial_file(trial)
    protocol, findings = check_file(file)
    published = published_file(file)
    if protocol is None or published is None:
        return protocol, findings
    return protocol, (*findings, *check_published(published, protocol))


def load_checked(trial: str | Path, *, version: str | None = None) -> Checked:
    """Load a trial and check it.

    Raises UnknownTrialError where there is none, InvalidTrialFileError with every finding where the
    check finds an error.
    """
    file = trial_file(trial)
    protocol, findings = check_trial(file)
    errors = [finding for finding in findings if finding.severity == "error"]
    if protocol is None or errors:
        raise InvalidTrialFileError(errors)
    chosen = load_file(file, version=version) if version else protocol
    return Checked(chosen, findings, other_versions(file, protocol, version))


def other_versions(
    file: Path, protocol: Protocol, version: str | None = None
) -> dict[str, Protocol]:
    """The versions of a protocol that its file holds beside one of them, by name."""
    others = {name: load_file(file, version=name) for name in protocol.versions if name != version}
    return {THE_FILE: protocol, **others} if version else others


def published_file(trial: Path) -> Path | None:
    """The published results beside a trial file, where there are any."""
    beside = trial.with_name(PUBLISHED_FILE)
    return beside if beside.is_file() else None
