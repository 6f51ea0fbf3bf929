"""The command that explores designs: explore."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wholetrial.cli.file_commands import AsJson, Trial
from wholetrial.cli.result_commands import OtherVersion, Seed
from wholetrial.cli.terminal import clear_errors, print_json, print_paragraph, print_table

if TYPE_CHECKING:
    from wholetrial.programme.explore import Exploration, Explored
    from wholetrial.simulation.planned_questions import Question

Vary = Annotated[
    list[str],
    typer.Option(help="What varies: once_45.amount=10..90 by 20, or n=32,64,128, or placebo.n=20."),
]
Scenario = Annotated[str | None, typer.Option(help="A world that the file assumes.")]
Table = Annotated[Path | None, typer.Option("--out", help="A CSV file for every design.")]
Most = Annotated[int, typer.Option(help="How many designs are shown, the best first.", min=1)]
MOST_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("explore")(explore)


@clear_errors
def explore(
    trial: Trial,
    vary: Vary,
    seed: Seed = 1,
    scenario: Scenario = None,
    show: Most = MOST_SHOWN,
    out: Table = None,
    version: OtherVersion = None,
    as_json: AsJson = False,
) -> None:
    """Response rates and exact power of every design of a grid, without simulating trials."""
    from wholetrial.programme.explore import exploration_data, write_exploration
    from wholetrial.programme.explore import explore as explore_designs

    found = explore_designs(trial, vary, seed=seed, scenario=scenario, version=version)
    if out is not None:
        write_exploration(found, out)
    if as_json:
        print_json(exploration_data(found))
    else:
        _print_exploration(found, show)
        if out is not None:
            print_paragraph(f"Every design: {out}")


def _print_exploration(found: "Exploration", most: int) -> None:
    protocol = found.opening.protocol
    for caution in found.cautions[:1]:
        print_paragraph(f"{caution}\n")
    print_paragraph(f"{protocol.trial} · {protocol.title}\n")
    shown = found.designs[:most]
    count = len(found.designs)
    first = f", the first {most:,} shown" if count > most else ""
    print_paragraph(
        f"{count:,} {'design' if count == 1 else 'designs'}, those first whose least power is "
        f"largest{first}. Rates and power in percent ± Monte Carlo error.\n"
    )
    for number, question in enumerate(found.designs[0].compared):
        if number == 0 or _group(question.question) != _group(
            found.designs[0].compared[number - 1].question
        ):
            _print_endpoint(found, shown, _group(question.question))
    for line in dict.fromkeys(_left_out(one) for one in found.left_out):
        print_paragraph(f"· {line}")
    for caution in found.cautions[1:]:
        print_paragraph(f"· {caution}")


def _group(question: "Question") -> tuple[str, str, str]:
    return question.analysis, question.endpoint, question.at


def _print_endpoint(
    found: "Exploration", shown: "tuple[Explored, ...]", group: tuple[str, str, str]
) -> None:
    from wholetrial.report.labels import endpoint_text, plain

    text = endpoint_text(found.opening.protocol, group[1])
    mine = [one for one in found.designs[0].compared if _group(one.question) == group]
    at = "" if group[2] in text else f", {plain(group[2])}"
    print_paragraph(f"{text}{at}: {mine[0].question.method}")
    varied = [one.name for one in found.varied]
    rows = []
    for number, design in enumerate(shown, 1):
        for one in design.compared:
            if _group(one.question) == group:
                control = _percent(one.control.rate, one.control.error) if one.control else ""
                first = one.question.arm == mine[0].question.arm
                values = [f"{design.chosen[name]:g}" if first else "" for name in varied]
                rate = _percent(one.rate.rate, one.rate.error)
                power = _percent(one.power.power, one.power.error)
                place = str(number) if first else ""
                rows.append((place, *values, one.question.arm, rate, control, power))
    print_table(("", *varied, "arm", "rate", "control", "power"), rows)
    print_paragraph("")


def _percent(share: float, error: float) -> str:
    return f"{100 * share:.1f} ± {100 * error:.1f}"


def _left_out(question: "Question") -> str:
    return f"Not explored: {question.endpoint}: {question.method}."
