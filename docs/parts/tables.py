"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table.

    >>> print(table(("arm", "n"), [("placebo", 64)]))
    | arm | n |
    |---|---|
    | placebo | 64 |
    """
    lines = [columns, *rows]
    drawn = [f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines]
    return "\n".join([drawn[0], "|" + "---|" * len(columns), *drawn[1:]])


def code(text: object) -> str:
    """A text as code; empty where there is none."""
    return f"`{text}`" if str(text) else ""


def _cell(cell: object) -> str:
    return str(cell).replace("|", "\\|").replace("\n", " ")
