"""Runs every trial that ships: a report for each, and one page that leads to them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from wholetrial.programme.outputs import check_folder, write_outputs, write_whole
from wholetrial.programme.run import REPLICATES, SEED, run
from wholetrial.programme.trials import load, shipped_trials
from wholetrial.report.contents import Contents
from wholetrial.report.trial_index import IndexRow, index_row

INDEX = "index.html"


class Ran(NamedTuple):
    """One trial of many: what was found, or why nothing was; its row of the index."""

    trial: str
    contents: Contents | None
    row: IndexRow
    failure: str = ""


def run_all(
    folder: Path,
    *,
    trials: Sequence[str] | None = None,
    seed: int = SEED,
    replicates: int = REPLICATES,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[Ran, ...]:
    """Run the trials that ship, or those named, and write their reports and an index of them.

    One trial's failure stops no other: its row says why it has no report. `progress` is told how
    many trials were simulated so far, all together.

    Raises OSError where the folder cannot be written.
    """
    check_folder(folder)
    ran = []
    for number, trial in enumerate(trials if trials is not None else shipped_trials()):

        def show(done: int, before: int = number * replicates) -> None:
            progress(before + done)

        ran.append(_ran(trial, folder, seed=seed, replicates=replicates, progress=show))
        show(replicates)
    _write_index(folder, ran)
    return tuple(ran)


def _ran(
    trial: str, folder: Path, *, seed: int, replicates: int, progress: Callable[[int], None]
) -> Ran:
    try:
        contents = run(trial, seed=seed, replicates=replicates, progress=progress)
        name = contents.protocol.trial
        written = write_outputs(contents, folder / name)
    except Exception as error:  # whatever went wrong with one trial is said, and the rest go on
        failure = str(error) or type(error).__name__
        return Ran(trial, None, _row_of_failure(trial, failure), failure)
    return Ran(trial, contents, index_row(contents, f"{name}/{written.report.name}"))


def _row_of_failure(trial: str, failure: str) -> IndexRow:
    """What can be said of a trial that did not run: its title, where its file can be read."""
    try:
        protocol = load(trial)
    except (ValueError, LookupError, OSError):
        return IndexRow(trial, "Not read", "", "", failure=failure)
    question = protocol.design.question
    return IndexRow(protocol.trial, protocol.title, "", "", question, n=protocol.n, failure=failure)


def _write_index(folder: Path, ran: Sequence[Ran]) -> None:
    from wholetrial.report.page import render_index

    folder.mkdir(parents=True, exist_ok=True)
    write_whole({folder / INDEX: render_index(one.row for one in ran)})
