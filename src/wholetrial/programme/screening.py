"""Screens the people of a file by the criteria of a trial, and keeps the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wholetrial.programme.outputs import check_folder, write_whole
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import PhraseError, Reader
from wholetrial.protocol.time import Duration, read_duration
from wholetrial.screening.answer import Answer
from wholetrial.screening.evaluate import screen
from wholetrial.screening.log import funnel_table, reasons, screening_log
from wholetrial.screening.read_people import read_people

TABLES = {"screening-log.csv": screening_log, "reasons.csv": reasons, "funnel.csv": funnel_table}


@dataclass(frozen=True, slots=True)
class Screened:
    """The people of a file with their answers; `unused` counts what was not used, by reason."""

    protocol: Protocol
    answers: tuple[Answer, ...]
    unused: Mapping[str, int]


def screen_people(
    protocol: Protocol,
    people: Path,
    on: date,
    *,
    codes: Path | None = None,
    lookback: Duration | None = None,
) -> Screened:
    """Screen the people of a CSV file or of FHIR bundles.

    Raises InvalidDataError with everything that is wrong with the file.
    """
    found = read_people(people, protocol, on, codes)
    answers = tuple(screen(protocol, person, lookback=lookback) for person in found.people)
    return Screened(protocol, answers, found.unused)


def write_log(screened: Screened, folder: Path) -> tuple[Path, ...]:
    """Write the screening log, the reasons and the funnel as CSV, whole or not at all."""
    check_folder(folder)
    texts = {folder / name: make(screened.answers).write_csv() for name, make in TABLES.items()}
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(texts)
    return tuple(texts)


def read_lookback(text: str | None) -> Duration | None:
    """Read "2 years"; raises ValueError."""
    if text is None:
        return None
    try:
        reader = Reader(text)
        found = read_duration(reader)
        reader.expect_end()
    except PhraseError as problem:
        raise ValueError(f"--lookback: expected a time such as '2 years': {problem}") from None
    return found


def read_on(text: str | None) -> date:
    """Read a day; today where none is given. Raises ValueError."""
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--on: expected a day as 2026-03-31, found '{text}'") from None
