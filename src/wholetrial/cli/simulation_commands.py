"""The command that simulates a trial very many times: simulate."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wholetrial.cli.file_commands import AsJson, Trial
from wholetrial.cli.printed import (
    HEADINGS,
    MANY_TRIALS,
    print_decisions,
    print_endpoint,
    print_power,
)
from wholetrial.cli.result_commands import OtherVersion, Seed
from wholetrial.cli.terminal import (
    INTERRUPTED,
    clear_errors,
    interruptible,
    print_json,
    print_paragraph,
    progress,
)

if TYPE_CHECKING:
    from wholetrial.programme.asked import Asked
    from wholetrial.programme.replay import Replayed
    from wholetrial.programme.simulate import Programme
    from wholetrial.programme.sweep import Engine
    from wholetrial.report.contents import Contents, Simulated


class Parameters(StrEnum):
    """Where the model's parameters come from in each trial."""

    DRAWN = "drawn"
    FIXED = "fixed"


Replicates = Annotated[int, typer.Option(help="How many trials are simulated, in each scenario.")]
Scenario = Annotated[
    str | None, typer.Option(help="A world that the file assumes, or all of them: all.")
]
Replay = Annotated[
    int | None, typer.Option(help="Write this one of the trials, 1 or more, as tables into --out.")
]
Out = Annotated[
    Path | None,
    typer.Option(help="A folder for report.html and figures.html; with --replay a new one."),
]
Cluster = Annotated[
    str | None, typer.Option(help="local, or the address of a Dask scheduler: tcp://HOST:PORT.")
]
Threads = Annotated[
    int | None, typer.Option(help="Threads here, 1 if left out; with --cluster local, workers.")
]
Drawn = Annotated[
    Parameters, typer.Option(help="The model's parameters: drawn for each trial, or fixed.")
]


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("simulate")(simulate)


@clear_errors
def simulate(
    trial: Trial,
    replicates: Replicates = 10_000,
    seed: Seed = 1,
    scenario: Scenario = None,
    replay: Replay = None,
    out: Out = None,
    cluster: Cluster = None,
    threads: Threads = None,
    parameters: Drawn = Parameters.DRAWN,
    version: OtherVersion = None,
    as_json: AsJson = False,
) -> None:
    """Simulate very many trials: forecasts, power, and how often the decision is right."""
    from wholetrial.programme.asked import Asked, check_asked

    asked = Asked(replicates, seed, scenario, parameters.value)
    _goes_together(asked, replay=replay, out=out, cluster=cluster, threads=threads)
    check_asked(asked)
    if replay is not None and out is not None:
        _replay(trial, asked, replay, out, version, as_json=as_json)
    else:
        found = _simulate(trial, asked, version, (cluster, threads), out)
        _tell(found, trial, out, as_json=as_json)


def _goes_together(
    asked: "Asked",
    *,
    replay: int | None,
    out: Path | None,
    cluster: str | None,
    threads: int | None,
) -> None:
    """Refuse options that do not go together."""
    from wholetrial.programme.simulate import ALL

    if replay is not None and out is None:
        raise typer.BadParameter("--replay needs --out, a folder for the tables of this one trial")
    if replay is not None and asked.scenario == ALL:
        raise typer.BadParameter("--replay writes one trial: name its --scenario, or leave it out")
    if threads is not None and threads < 1:
        raise typer.BadParameter(f"--threads is 1 or more; got {threads}")
    if threads is not None and cluster not in (None, "local"):
        raise typer.BadParameter("--threads is for this machine; a scheduler has its own workers")


def _simulate(
    trial: str,
    asked: "Asked",
    version: str | None,
    machines: tuple[str | None, int | None],
    out: Path | None,
) -> "Programme":
    from wholetrial.programme.outputs import check_folder
    from wholetrial.programme.simulate import Ways, scenarios_asked
    from wholetrial.programme.simulate import simulate as simulate_trial
    from wholetrial.programme.trials import load

    if out is not None:
        check_folder(out)
    total = asked.replicates * len(scenarios_asked(load(trial, version=version), asked.scenario))
    with (
        _engine(*machines) as engine,
        progress("simulating", total) as show,
        interruptible() as stop,
    ):
        return simulate_trial(trial, asked, version=version, ways=Ways(engine, show, stop))


def _tell(found: "Programme", trial: str, out: Path | None, *, as_json: bool) -> None:
    """Print what was found, and write it where a folder is named."""
    from wholetrial.programme.simulate import programme_data, write_programme

    if as_json:
        print_json(programme_data(found))
    else:
        _print_programme(found)
    for written in write_programme(found, trial, out) if out is not None else ():
        typer.echo(f"wrote {written}", err=as_json)
    if found.stopped:
        raise typer.Exit(INTERRUPTED)


@contextmanager
def _engine(cluster: str | None, threads: int | None) -> "Iterator[Engine]":
    from wholetrial.programme.cluster import cluster_engine
    from wholetrial.programme.sweep import in_this_process, in_threads

    with ExitStack() as stack:
        if cluster is not None:
            yield stack.enter_context(cluster_engine(cluster, threads))
        else:
            yield in_threads(threads) if threads is not None and threads > 1 else in_this_process


def _print_programme(found: "Programme") -> None:
    for line in _stopped(found):
        print_paragraph(f"{line}\n")
    said: set[str] = set()
    for one in found.simulated:
        contents = replace(found.opening, simulated=one)
        fresh = [caution for caution in one.cautions if caution not in said]
        said.update(fresh)
        _print_scenario(contents, one, fresh, begins=one is found.simulated[0])
    if found.simulated:
        print_decisions(found.opening.decisions)
    for note in found.opening.notes:
        print_paragraph(f"· {note}")


def _stopped(found: "Programme") -> Iterator[str]:
    """What must be read first where somebody stopped before all trials were simulated."""
    if not found.stopped:
        return
    last = found.simulated[-1] if found.simulated else None
    asked = found.asked.replicates
    if last is None:
        yield f"stopped before the first of {asked:,} trials was done; there is nothing to show"
    elif last.asked is not None:
        where = f" of scenario {last.scenario}" if len(found.simulated) > 1 else ""
        yield (
            f"stopped after {last.replicates:,} of {asked:,} trials{where}; "
            "what follows rests on these"
        )
    if last is not None and found.not_begun:
        yield f"not begun: {', '.join(found.not_begun)}"


def _print_scenario(
    contents: "Contents", one: "Simulated", cautions: list[str], *, begins: bool
) -> None:
    from wholetrial.report.comparison_table import comparison_tables
    from wholetrial.report.labels import plain

    for caution in cautions:
        print_paragraph(f"· {caution}")
    if cautions:
        print_paragraph("")
    protocol = contents.protocol
    if begins:
        print_paragraph(f"{protocol.trial} · {protocol.title}\n")
        print_paragraph(f"{contents.design}\n")
    trials = "trial" if one.replicates == 1 else "trials"
    many = "; in brackets the middle 90% of them" if one.replicates > 1 else ""
    print_paragraph(
        f"Scenario {plain(one.scenario)}: {one.replicates:,} {trials} of {protocol.n} virtual "
        f"participants, seed {one.seed}{many}.\n"
    )
    for table in comparison_tables(contents):
        print_endpoint(table, MANY_TRIALS if one.replicates > 1 else HEADINGS)
    print_power(contents)


def _replay(
    trial: str, asked: "Asked", number: int, out: Path, version: str | None, *, as_json: bool
) -> None:
    from wholetrial.programme.replay import replay as replay_trial

    done = replay_trial(trial, asked, number, out, version=version)
    if as_json:
        print_json(_replayed_data(done, asked, number))
    else:
        _print_replayed(done, asked, number, trial, out)


def _replayed_data(done: "Replayed", asked: "Asked", number: int) -> dict[str, object]:
    one = done.contents.simulated
    return {
        "trial": done.contents.protocol.trial,
        "seed": asked.seed,
        "scenario": one.scenario if one else None,
        "replicate": number,
        "files": [str(path) for path in done.files],
        "cautions": one.cautions if one else (),
        "statistics": [found.row("simulated trial") for found in (one.statistics if one else ())],
    }


def _print_replayed(done: "Replayed", asked: "Asked", number: int, trial: str, out: Path) -> None:
    one = done.contents.simulated
    if one is not None:
        _print_scenario(done.contents, one, list(one.cautions), begins=True)
    print_paragraph(f"Trial {number:,} of {asked.replicates:,}, as a hospital would send it:")
    for path in done.files:
        print_paragraph(f"  {path}")
    print_paragraph(f"\nThe same numbers: wholetrial analyze {trial} --data {out}")
