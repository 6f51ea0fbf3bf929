"""Results on a terminal: the tables of endpoints, power, right decisions, what to keep in mind."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wholetrial.cli.terminal import print_paragraph, print_table

if TYPE_CHECKING:
    from wholetrial.report.comparison_table import EndpointTable
    from wholetrial.report.contents import Contents, Decisions

DIFFERENCES = ("published difference", "recorded difference", "simulated difference")
HEADINGS = {
    "published count": "published",
    "printed": "printed",
    "recorded count": "recorded",
    "recorded value": "estimate (95% CI)",
    "mean": "simulated (90%)",
    "simulated count": "simulated",
    "simulated value": "estimate (95% CI)",
    **dict.fromkeys(DIFFERENCES, "difference (95% CI)"),
    "recorded adjusted": "adjusted (95% CI)",
    "simulated adjusted": "adjusted (95% CI)",
    "printed p": "P printed",
    "published p": "P here",
    "recorded p": "P",
    "simulated p": "P",
}
"""The columns that a terminal has room for, in its order; the report has them all."""
MANY_TRIALS = {
    "mean": "simulated (90%)",
    "mean difference": "difference (90%)",
    "mean ratio": "ratio (90%)",
    "mean adjusted": "adjusted (90%)",
}
"""The columns of a forecast: means over trials, in brackets the middle 90 % of them."""


def print_contents(contents: "Contents") -> None:
    """Print what a report shows: cautions, design, one table for each endpoint, power."""
    from wholetrial.report.comparison_table import comparison_tables

    protocol, simulated = contents.protocol, contents.simulated
    cautions = simulated.cautions if simulated else ()
    first = cautions[:1]
    title = f"{protocol.trial} · {protocol.title}"
    for line in (*first, title, contents.design, f"The file was checked: {contents.checked}."):
        print_paragraph(f"{line}\n")
    tables = tuple(comparison_tables(contents))
    for table in tables:
        print_endpoint(table)
    if any(column.key in DIFFERENCES for table in tables for column in table.columns):
        print_paragraph("Differences of shares are in percentage points.\n")
    _print_nearby(contents)
    _print_planned(contents)
    print_power(contents)
    print_decisions(contents.decisions)
    missing = [contents.not_simulated] if contents.not_simulated else []
    for line in (*contents.notes, *missing):
        print_paragraph(f"· {line}")
    if simulated is not None:
        print_paragraph(
            f"Simulated: {simulated.replicates:,} trials of {protocol.n} virtual participants, "
            f"seed {simulated.seed}, {simulated.scenario}; in brackets the middle 90% of them."
        )
    for line in cautions[len(first) :]:
        print_paragraph(f"· {line}")


def print_endpoint(table: "EndpointTable", headings: Mapping[str, str] = HEADINGS) -> None:
    """Print the table of an endpoint, with the columns that there is room for."""
    from wholetrial.report.numbers import NONE

    keys = [column.key for column in table.columns]
    shown = [keys.index(key) for key in headings if key in keys]
    columns = [headings[keys[index]] for index in shown]
    rows = [
        (row.label, *("" if row.cells[i].text == NONE else row.cells[i].text for i in shown))
        for row in table.rows
    ]
    at = "" if table.at in table.text else f", {table.at}"
    about = [part for part in (table.level, table.number, table.analysis_set) if part]
    print_paragraph(f"{table.text}{at} ({'; '.join(about)})")
    if shown and rows:
        print_table(("", *columns), rows)
    without = (
        f"{row.label}: {cell.note}"
        for row in table.rows
        for cell in row.cells
        if cell.text == NONE and cell.note
    )
    for line in (*dict.fromkeys(without), *table.words, *table.not_computed):
        print_paragraph(f"· {line}")
    print_paragraph("")


def _print_nearby(contents: "Contents") -> None:
    """A short table: the figures of other studies that this trial asks for too."""
    from wholetrial.protocol.english import short_name
    from wholetrial.report.nearby_table import NO_VALIDATION, nearby_studies

    rows = []
    for study in nearby_studies(contents):
        for row in (one for one in study.rows if one.asked):
            found = f"{row.what}, {row.group}" if row.group else row.what
            when = f"{row.published}, {row.at}" if row.at else row.published
            made = "; ".join(one.text for one in row.simulated)
            fitted = " fitted" if row.fitted and made else ""
            rows.append((short_name(study.study), found, when, row.asked, f"{made}{fitted}"))
    if not rows:
        return
    print_paragraph("Nearest published results, of other studies, beside what is simulated here")
    print_table(("", "found", "published", "asked here", "simulated (90%)"), rows)
    print_paragraph(f"· {NO_VALIDATION}\n")


def _print_planned(contents: "Contents") -> None:
    from wholetrial.report.planned_samples import planned_samples

    for one in planned_samples(contents.protocol):
        print_paragraph(f"{one}\n")


def print_power(contents: "Contents") -> None:
    from wholetrial.report.operating_table import enumerated_lines, power_blocks

    blocks = power_blocks(contents)
    if not blocks:
        return
    print_paragraph("Power: share of simulated trials that succeed ± Monte Carlo error\n")
    for block in blocks:
        print_paragraph(block.title)
        rows = [(row.compared, row.successes, row.power) for row in block.rows]
        print_table(("", "successes", "power"), rows)
        print_paragraph("")
    lines = enumerated_lines(contents)
    for line in lines:
        print_paragraph(f"· {line}")
    if lines:
        print_paragraph("")


def print_decisions(decisions: "Decisions | None") -> None:
    """Print how often the design decides rightly in each scenario, and whether that is known."""
    from wholetrial.report.decision_table import decision_table

    table = decision_table(decisions)
    if table is None:
        return
    if table.why_none:
        print_paragraph(f"{table.why_none}\n")
        return
    print_paragraph(
        "Right decisions: share of simulated trials that decide rightly ± Monte Carlo error\n"
    )
    print_paragraph(table.rule)
    rows = [
        (one.scenario, one.should, one.right, one.share, one.interval, one.verdict)
        for one in table.rows
    ]
    print_table(("", "should", "right", "share", "95% interval", "number of trials"), rows)
    print_paragraph("")
