"""Writes one simulated trial of many as the tables that a hospital would send."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from wholetrial.data.write import write_tables
from wholetrial.programme.asked import Asked, check_asked, check_scenario
from wholetrial.programme.forecast import Counted, described, sweep_of
from wholetrial.programme.opening import opening
from wholetrial.programme.outputs import check_folder
from wholetrial.programme.trials import load_checked
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Contents
from wholetrial.simulation.simulate import prepare


class Replayed(NamedTuple):
    """One simulated trial: its tables, and what its own analysis says."""

    files: tuple[Path, ...]
    contents: Contents


def replay(
    trial: str | Path, asked: Asked, number: int, folder: Path, *, version: str | None = None
) -> Replayed:
    """Simulate one of the trials that were asked for alone, and write its records into a folder.

    Trials are numbered from 1. Its records are the same bits as among all others, and
    `wholetrial analyze` on the folder gives the statistics that it had there.

    Raises ValueError for a number beyond those asked for, FileExistsError for a folder that is not
    empty, and what `simulate` raises.
    """
    check_asked(asked)
    if not 1 <= number <= asked.replicates:
        raise ValueError(
            f"trials are numbered from 1 to the {asked.replicates:,} asked for; got {number}"
        )
    check_folder(folder)
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"'{folder}' is not empty; name a new folder for the tables")
    checked = load_checked(trial, version=version)
    check_scenario(asked.scenario, checked.protocol)
    sweep = sweep_of(prepare(checked.protocol, asked.seed, asked.scenario, asked.parameters))
    one = described(sweep, Counted(1, (), (), None), replicate=number - 1)
    unrecorded = tables_not_recorded(checked.protocol, sweep.without)
    files = write_tables(one.records, folder, without=unrecorded)
    return Replayed(files, replace(opening(checked), simulated=one))


def tables_not_recorded(protocol: Protocol, unseen: tuple[str, ...]) -> tuple[str, ...]:
    """The tables that the assumptions do not let the simulator fill."""
    named = protocol.endpoints.named()
    events = any(named[name][1].events is not None for name in unseen)
    return ("adverse_events",) if events else ()
