"""The command that makes a draft of a record: import."""

from pathlib import Path
from typing import Annotated

import typer

from wholetrial.cli.file_commands import AsJson
from wholetrial.cli.terminal import clear_errors, print_json, print_paragraph, print_table


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("import")(import_)


@clear_errors
def import_(
    record: Annotated[
        Path, typer.Argument(help="A ClinicalTrials.gov JSON or XML, or the text of a page.")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="The file to write.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Draft a trial file from a record: rules only, no item dropped, what to decide named."""
    from wholetrial.programme.drafting import import_record, write_draft

    done = import_record(record)
    file = out or Path(f"{done.record.ids[0] if done.record.ids else record.stem}.yaml")
    write_draft(done, file, force=force)
    if as_json:
        print_json(
            {
                "file": str(file),
                "items": len(done.items),
                **done.totals,
                "criteria": [
                    {
                        "criterion": one.name,
                        "section": one.item.section,
                        "number": one.item.number,
                        "text": one.item.text,
                        "class": one.reading.how,
                        "rule": one.reading.rule,
                        "part": one.reading.part,
                        "readings": one.reading.others,
                        "todo": list(one.reading.todo),
                    }
                    for one in done.items
                ],
            }
        )
        return
    print_paragraph(f"{done.record.title}\n")
    rows = [
        (one.name, one.reading.how, _shown(one.reading.part or one.reading.rule or ""),
         "; ".join(one.reading.todo))
        for one in done.items
    ]  # fmt: skip
    if rows:
        print_table(("", "read as", "rule", "to decide"), rows)
    else:
        print_paragraph("The record has no criteria: whoever is screened stays undetermined.\n")
    counts = ", ".join(f"{count} {how}" for how, count in done.totals.items())
    print_paragraph(f"{len(done.items)} items: {counts}.")
    typer.echo(f"wrote {file}; next: settle every DECIDE in it, then wholetrial check {file}")


def _shown(rule: str) -> str:
    """A rule as it fits into a table."""
    return rule if len(rule) <= 90 else f"{rule[:87]}..."
