"""Commands about the model behind the virtual participants: calibrate, compile."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wholetrial.cli.file_commands import AsJson
from wholetrial.cli.terminal import clear_errors, print_json, print_paragraph, print_table, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wholetrial.programme.calibrate import Calibrated
    from wholetrial.simulation.fitting.agreement import Compared

Targets = Annotated[
    Path | None,
    typer.Argument(metavar="TARGETS.csv", help="Published rates; those that ship if left out."),
]
Model = Annotated[str, typer.Option(help="two_state, or turnover (the plain published model).")]
Reading = Annotated[str, typer.Option(help="PASI as attainable totals, or as continuous.")]
Check = Annotated[
    bool, typer.Option("--check", help="Fit nothing: hold the fit that ships against the rates.")
]
FitFile = Annotated[
    str | None, typer.Option("--fit", help="With --check: a fit by name, or a file of --out.")
]
_STEPS = 8
_DRAWS = 200


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("calibrate")(calibrate)
    app.command("compile")(compile_once)


@clear_errors
def compile_once() -> None:
    """Compile the simulator once, so that every later run starts at once."""
    from wholetrial.programme.ready import make_ready

    ready = make_ready()
    kept = f"kept in {ready.folder}" if ready.folder else "but no folder can be written to keep it"
    typer.echo(f"compiled in {ready.seconds:.0f} s, {kept}")


@clear_errors
def calibrate(
    targets: Targets = None,
    out: Annotated[Path | None, typer.Option(help="The JSON file to write the fit to.")] = None,
    model: Model = "two_state",
    reading: Reading = "attainable",
    name: Annotated[str, typer.Option(help="The name that the fit gets.")] = "",
    check: Check = False,
    fit: FitFile = None,
    as_json: AsJson = False,
) -> None:
    """Fit the psoriasis model to published rates, or hold a fit against them (--check)."""
    from wholetrial.programme.calibrate import calibrate as fit_model
    from wholetrial.programme.calibrate import check_fit, write_fit

    if fit is not None and not check:
        raise typer.BadParameter("--fit names what --check looks at")
    if check:
        if out is not None:
            raise typer.BadParameter("--check fits nothing, so there is nothing for --out")
        with progress("comparing", _DRAWS) as show:
            compared = check_fit(fit or model, targets, show)
        _print_comparison(compared, as_json=as_json)
        return
    with progress("fitting", _STEPS) as show:
        done = fit_model(
            targets,
            model=model,
            reading=reading,
            name=name,
            progress=lambda step, loss: show(min(step, _STEPS)),
        )
    if out is not None:
        write_fit(done, out)
    if as_json:
        print_json(done.document)
        return
    _print_fit(done)
    if out is not None:
        typer.echo(f"written to {out}")


def _print_fit(done: "Calibrated") -> None:
    document = done.document
    rows = [
        (row["name"], f"{row['estimate']:.4g}", row["unit"], row["scale"], f"{row['sd']:.3f}")
        for row in document["estimated"]
    ]
    print_table(("parameter", "estimate", "unit", "scale of SD", "SD"), rows)
    squares = document["chi_squared"]
    print_paragraph(
        f"{document['fitted_numbers']} published numbers, {len(rows)} parameters: chi-squared "
        f"{squares['targets']:.1f}, and {squares['priors']:.1f} for the priors."
    )
    for line in done.hardly_learned:
        print_paragraph(f"· {line}")
    _print_comparison(done.compared, as_json=False)


def _print_comparison(compared: "Sequence[Compared]", *, as_json: bool) -> None:
    if as_json:
        print_json([_as_document(one) for one in compared])
        return
    columns = ("", "published", "model", "90% interval", "published rate")
    for word, wanted in (("fitted", True), ("kept out of the fit", False)):
        some = [one for one in compared if one.fitted is wanted]
        if not some:
            continue
        inside = sum(one.inside for one in some)
        print_paragraph(f"{word}: {inside} of {len(some)} inside their 90% interval")
        print_table(columns, [_row(one) for one in some])


def _row(one: "Compared") -> tuple[str, ...]:
    memory = " (from memory, not evidence)" if one.rate.evidence == "memory" else ""
    return (
        "inside" if one.inside else "MISS",
        f"{one.rate.value:.1%}",
        f"{one.model:.1%}",
        f"{one.low:.1%} to {one.high:.1%}",
        one.rate.id + memory,
    )


def _as_document(one: "Compared") -> dict[str, object]:
    return {
        "id": one.rate.id,
        "published": one.rate.value,
        "model": one.model,
        "low": one.low,
        "high": one.high,
        "inside": one.inside,
        "fitted": one.fitted,
        "evidence": one.rate.evidence,
        "source": one.rate.source,
        "note": one.rate.note,
    }
