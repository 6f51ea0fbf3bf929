"""The command that compares two versions of a protocol: diff."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wholetrial.cli.terminal import clear_errors, print_json, print_paragraph, print_table

if TYPE_CHECKING:
    from wholetrial.programme.amendment import Amendment, Size

Old = Annotated[
    str, typer.Argument(metavar="OLD", help="An id or a file; FILE@VERSION for one that it holds.")
]
New = Annotated[str, typer.Argument(metavar="NEW", help="The same, for the newer one.")]


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("diff")(diff)


@clear_errors
def diff(
    old: Old,
    new: New,
    people: Annotated[
        Path | None, typer.Option("--people", help="People to screen by both: CSV or FHIR.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="The trial's records: who becomes a deviation.")
    ] = None,
    on: Annotated[str | None, typer.Option("--on", help="The day of screening.")] = None,
    trials: Annotated[
        int, typer.Option("--trials", min=1, help="Simulated trials for power.")
    ] = 400,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Say what an amendment changes: in words, for people, for the enrolled, in power and size."""
    from wholetrial.programme.amendment import amendment
    from wholetrial.programme.screening import read_on

    protocols = [_loaded(one) for one in (old, new)]
    found = amendment(*protocols, people=people, data=data, on=read_on(on), replicates=trials)
    if as_json:
        print_json(_as_data(found))
        return
    _print(found, people is not None, data is not None)


def _loaded(text: str) -> Any:
    """A trial by its id or file, or a version that it holds."""
    from wholetrial.programme.trials import load_checked

    name, _, version = text.rpartition("@") if "@" in text else (text, "", "")
    return load_checked(name, version=version or None).protocol


def _print(found: "Amendment", with_people: bool, with_data: bool) -> None:
    if found.old.trial != found.new.trial:
        print_paragraph(f"two trials: {found.old.trial} and {found.new.trial}\n")
    if found.same:
        print_paragraph("nothing changed")
        return
    if found.criteria:
        print_paragraph("Criteria")
        rows = [
            (one.name, one.before or "(none)", one.after or "(none)", one.how)
            for one in found.criteria
        ]
        print_table(("", "before", "after", "lets in"), rows)
    if found.others:
        print_paragraph("Everything else")
        others = [(one.path, one.before or "(none)", one.after or "(none)") for one in found.others]
        print_table(("", "before", "after"), others)
    _print_people(found, with_people, with_data)
    print_paragraph("Size and power")
    sizes = [
        (name, *_size(one)) for name, one in zip(("before", "after"), found.sizes, strict=True)
    ]
    print_table(("", "participants", "power"), sizes)


def _print_people(found: "Amendment", with_people: bool, with_data: bool) -> None:
    counts = found.virtual
    if counts is None:
        print_paragraph("No virtual people: neither file has assumptions.\n")
    else:
        shares = [f"{100 * one / counts.people:.1f} %" for one in counts[1:]]
        print_paragraph(
            f"Of {counts.people:,} virtual people {shares[0]} could take part before and "
            f"{shares[1]} after: {shares[2]} gain, {shares[3]} lose "
            "(what is unknown keeps nobody out).\n"
        )
    for asked, people, what in (
        (with_people, found.moved, "answer"),
        (with_data, found.deviations, "place"),
    ):
        if asked and people:
            rows = [tuple(one) for one in people]
            print_table(("person", "before", "after", "by"), rows)
        elif asked:
            print_paragraph(f"Nobody's {what} changes.\n")


def _size(size: "Size") -> tuple[str, str]:
    arms = ", ".join(f"{name} {n}" for name, n in size.arms.items())
    if size.power is None:
        return f"{size.n} ({arms})", f"none: {size.why_none}" if size.why_none else ""
    name, share, error, replicates = size.power
    return (
        f"{size.n} ({arms})",
        f"{share:.1f} % ± {error:.1f} ({name}; {replicates:g} simulated trials)",
    )


def _as_data(found: "Amendment") -> dict[str, Any]:
    return {
        "old": found.old.trial,
        "new": found.new.trial,
        "same": found.same,
        "criteria": [one._asdict() for one in found.criteria],
        "everything else": [one._asdict() for one in found.others],
        "virtual people": found.virtual._asdict() if found.virtual else None,
        "people": [one._asdict() for one in found.moved],
        "deviations": [one._asdict() for one in found.deviations],
        "sizes": [dict(one._asdict()) for one in found.sizes],
    }
