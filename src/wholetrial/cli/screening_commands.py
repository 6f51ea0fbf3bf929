"""Commands on people: screen, feasibility."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wholetrial.cli.file_commands import AsJson, Trial
from wholetrial.cli.terminal import clear_errors, print_json, print_paragraph, print_table

if TYPE_CHECKING:
    from wholetrial.programme.screening import Screened
    from wholetrial.protocol.protocol import Protocol
    from wholetrial.screening.answer import Answer

On = Annotated[str | None, typer.Option("--on", help="The day of screening; today if left out.")]
CodesFile = Annotated[
    Path | None, typer.Option("--codes", help="A YAML file of codes for concepts and measures.")
]
Lookback = Annotated[
    str | None,
    typer.Option(help="How far 'ever' looks back in a covered source, such as '2 years'."),
]
MOST_ROWS = 40
MOST_UNUSED = 10


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("screen")(screen)
    app.command("feasibility")(feasibility)


@clear_errors
def screen(
    trial: Trial,
    people: Annotated[
        Path | None,
        typer.Option("--people", help="A CSV file, or FHIR bundles (a file or a folder)."),
    ] = None,
    virtual: Annotated[
        int | None, typer.Option("--virtual", min=1, help="So many virtual people instead.")
    ] = None,
    on: On = None,
    codes: CodesFile = None,
    lookback: Lookback = None,
    reasons: Annotated[bool, typer.Option("--reasons", help="Print every reason.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder for the log, the reasons, the funnel.")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--protocol-version", help="Another version that the file holds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say who may take part: eligible, not eligible, or undetermined and what would settle it."""
    from wholetrial.programme.screening import read_lookback, read_on, screen_people, write_log
    from wholetrial.programme.trials import load_checked

    protocol = load_checked(trial, version=version).protocol
    if people is None:
        _print_virtual(protocol, virtual, as_json=as_json)
        return
    day = read_on(on)
    back = read_lookback(lookback)
    found = screen_people(protocol, people, day, codes=codes, lookback=back)
    if as_json:
        print_json([_as_data(answer) for answer in found.answers])
    else:
        print_paragraph(f"{protocol.trial} · {protocol.title}")
        looked = f", looking back {back} for 'ever'" if back else ""
        print_paragraph(f"{len(found.answers)} people of {people}, screened on {day}{looked}\n")
        _print_answers(found, every_reason=reasons)
        _print_funnel(found)
    if out is not None:
        written = write_log(found, out)
        typer.echo(f"wrote {', '.join(str(path) for path in written)}", err=True)


@clear_errors
def feasibility(
    trial: Trial,
    omop: Annotated[
        str, typer.Option("--omop", help="A DuckDB file, or postgresql://user@host/database.")
    ],
    schema: Annotated[str | None, typer.Option(help="The schema of the tables.")] = None,
    on: On = None,
    codes: CodesFile = None,
    lookback: Lookback = None,
    smallest: Annotated[
        int, typer.Option(min=1, help="Counts below this are not shown; 1 shows all.")
    ] = 10,
    sql: Annotated[bool, typer.Option("--sql", help="Print the query too.")] = False,
    version: Annotated[
        str | None, typer.Option("--protocol-version", help="Another version that the file holds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Count people in an OMOP 5.4 database: certain, possible, excluded, and by criterion."""
    from wholetrial.programme.feasibility import feasibility as count
    from wholetrial.programme.feasibility import heading, table
    from wholetrial.programme.screening import read_lookback, read_on
    from wholetrial.programme.trials import load_checked

    protocol = load_checked(trial, version=version).protocol
    day, back = read_on(on), read_lookback(lookback)
    found = count(protocol, omop, day, schema=schema, codes=codes, lookback=back)
    shown = table(found, smallest)
    if as_json:
        print_json(
            {**heading(protocol, omop, day, back), **shown, **({"sql": found.query} if sql else {})}
        )
        return
    print_paragraph(f"{protocol.trial} · {protocol.title}")
    for name, value in heading(protocol, omop, day, back).items():
        if name != "trial" and value:
            print_paragraph(f"{name}: {value}")
    _print_feasibility(shown)
    for note in found.notes:
        print_paragraph(f"· {note}")
    if sql:
        typer.echo(found.query)


def _print_virtual(protocol: "Protocol", count: int | None, *, as_json: bool) -> None:
    """The funnel of virtual people, by the criteria that choose among them in a simulation."""
    from wholetrial.programme.virtual_people import virtual_funnel, virtual_people

    if count is None:
        raise ValueError("expected --people FILE, or --virtual NUMBER for virtual people")
    found = virtual_people(protocol, count)
    if found is None:
        raise ValueError("the file has no assumptions: there are no virtual people to screen")
    steps = virtual_funnel(found)
    if as_json:
        print_json({"people": found.count, "criteria": [step._asdict() for step in steps]})
        return
    print_paragraph(f"{protocol.trial} · {protocol.title}")
    print_paragraph(
        f"{found.count:,} virtual people as the file assumes them (seed {found.seed})\n"
    )
    rows = [
        (one.name, one.text, f"{one.blocks:,}", f"{one.unknown:,}", f"{one.left:,}", one.assumed)
        for one in steps
    ]
    columns = ("", "criterion", "keeps out", "not known", "left", "what is not known")
    print_table(columns, rows)


def _print_feasibility(shown: "dict[str, Any]") -> None:
    print_table(("people", "certain", "possible", "excluded"), [tuple(shown["people"].values())])
    columns = ("", "criterion", "keeps out", "alone", "not known", "left surely", "left perhaps")
    print_table(columns, [tuple(row.values()) for row in shown["criteria"]])
    waiting = shown["for the visit"]
    if waiting:
        print_paragraph(f"Not decided by this database: {', '.join(waiting)}.\n")
    if shown["not known"]:
        rows = list(shown["not known"].items())
        print_table(("a fact that would help", "not known for"), rows)


def _print_answers(found: "Screened", *, every_reason: bool) -> None:
    from wholetrial.screening.log import answer_in_words

    if every_reason:
        for answer in found.answers:
            print_paragraph("\n".join(answer_in_words(answer)) + "\n")
        return
    shown = found.answers[:MOST_ROWS]
    print_table(("person", "answer", "why"), [_row(answer) for answer in shown])
    more = len(found.answers) - len(shown)
    if more:
        print_paragraph(f"and {more:,} more people; --out DIR writes all of them\n")


def _row(answer: "Answer") -> tuple[str, str, str]:
    blocked = [f"{one.name}: {one.change or one.criterion.text}" for one in answer.of("blocks")]
    needs = [f"needs {fact}" for fact in answer.missing[:3]]
    more = len(answer.missing) - len(needs)
    hidden = (
        ["criteria that the source hides"]
        if answer.overall == "undetermined" and answer.hidden
        else []
    )
    why = [*blocked, *needs, *([f"and {more} more facts"] if more > 0 else []), *hidden]
    return answer.person, answer.overall, "; ".join(why)


def _print_funnel(found: "Screened") -> None:
    from wholetrial.screening.funnel import funnel, tally

    counts = ", ".join(f"{n} {name}" for name, n in tally(found.answers).items())
    print_paragraph(f"{counts}\n")
    columns = ("", "criterion", "keeps out", "alone", "not known", "left surely", "left perhaps")
    rows = [
        (
            one.name,
            one.text,
            *(f"{n:,}" for n in (one.blocks, one.price, one.unknown, one.surely, one.perhaps)),
        )
        for one in funnel(found.answers)
    ]
    print_table(columns, rows)
    for reason, count in sorted(found.unused.items(), key=lambda one: -one[1])[:MOST_UNUSED]:
        print_paragraph(f"not used: {count:,} × {reason}")


def _as_data(answer: "Answer") -> dict[str, Any]:
    from wholetrial.screening.log import because

    return {
        "person": answer.person,
        "screened": str(answer.screened),
        "answer": answer.overall,
        "hidden criteria": answer.hidden,
        "would settle it": list(answer.missing),
        "criteria": [
            {
                "criterion": one.name,
                "kind": one.kind,
                "text": one.criterion.text,
                "verdict": one.verdict,
                "because": because(one),
                "would settle it": list(one.missing),
                "would change it": one.change,
            }
            for one in answer.criteria
        ],
    }
