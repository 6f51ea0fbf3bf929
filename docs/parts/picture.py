"""The picture of the README: lines of the trial file, and the published table it reproduces."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

import wholetrial
from wholetrial.report.comparison_table import EndpointTable, comparison_tables
from wholetrial.report.contents import Contents

TRIAL = "NCT00320216"
FILE = Path(__file__).resolve().parents[2] / "trials" / TRIAL / "trial.yaml"
SHOWN = (
    "trial: ",
    "design:",
    "  structure: ",
    "  masking: ",
    "  allocation: ",
    "arms:",
    "  once_45: {",
    "  once_90: {",
    "  weekly_45: {",
    "  weekly_90: {",
    "terms: ",
    "  PASI_75: ",
    "rules:",
    "  additional_dose:",
    "    at: week 16",
    "    when: not ",
    "endpoints:",
    "  primary:",
    "    pasi_75_week_12:",
    "      response: PASI_75",
    "analyses:",
    "  efficacy:",
    "    test: ",
    "    estimate: ",
)
LONGEST = 61
LINE = 16.8
CHARACTER = 7.55
ROW = 21
LEFT, RIGHT, TOP, WIDTH, HEIGHT = 24, 556, 74, 1120, 616
COLUMNS = (("published", "published count"), ("printed", "printed"), ("simulated", "mean"))
P_COLUMNS = (("P printed", "printed p"), ("P here", "published p"))
EDGES = (262, 322, 426, 484, 542)
COUNTS = "Published: the counts that fit the percentages and P values which the paper prints."
STYLE = """
.page { fill: #ffffff; }
.card { fill: #fbfaf7; stroke: #d9d5cc; }
text { font: 13px "Segoe UI", Helvetica, Arial, sans-serif; fill: #22282f; }
.file { font: 12.5px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.field { fill: #0b5a7a; }
.title { font-size: 15px; font-weight: 600; }
.quiet { fill: #68707a; font-size: 12px; }
.made { fill: #0b5a7a; font-weight: 600; }
.rule { stroke: #c9c4b8; }
.arrow { stroke: #0b5a7a; stroke-width: 2; fill: none; }
"""


def picture() -> str:
    """The picture as SVG, text as text."""
    contents = wholetrial.run(TRIAL)
    name = f"The file of {TRIAL} and the published table it reproduces"
    card = f'x="{LEFT}" y="{TOP}" width="492" height="{HEIGHT - TOP - 20}" rx="6"'
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{name}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        _text(LEFT, 38, f"trials/{TRIAL}/trial.yaml", "title"),
        _text(LEFT, 58, "one file: what is planned, in words a physician reads", "quiet"),
        f'<rect class="card" {card}/>',
        *_file_lines(),
        '<path class="arrow" d="M 523 320 h 24 m -8 -7 l 8 7 l -8 7"/>',
        _text(RIGHT, 38, "the published table, computed again", "title"),
        _text(RIGHT, 58, "and beside it the same trial with virtual participants", "quiet"),
        *_tables(contents),
        "</svg>\n",
    ]
    return "\n".join(body)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    placed = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}"{named}{placed}>{escape(text)}</text>'


def shown_lines() -> list[str]:
    """The lines of the trial file that the picture shows, each the first with its beginning."""
    lines = FILE.read_text("utf-8").splitlines()
    found: list[str] = []
    position = 0
    for start in SHOWN:
        while not lines[position].startswith(start.rstrip()):
            position += 1
        found += _wrapped(lines[position].split("  #")[0].rstrip())
    return found


def _wrapped(line: str) -> list[str]:
    """A line that is too long goes on in the next one, after a comma."""
    if len(line) <= LONGEST:
        return [line]
    end = line.rindex(", ", 0, LONGEST) + 1
    indent = line.find("{") if "{" in line else len(line) - len(line.lstrip())
    return [line[:end], *_wrapped(" " * indent + line[end:].lstrip())]


def _file_lines() -> Iterator[str]:
    for number, line in enumerate(shown_lines()):
        name, colon, rest = line.strip().partition(":")
        x = LEFT + 14 + (len(line) - len(line.lstrip())) * CHARACTER
        yield (
            f'<text class="file" x="{x:g}" y="{TOP + 22 + number * LINE:g}">'
            f'<tspan class="field">{escape(name + colon)}</tspan>{escape(rest)}</text>'
        )


def _tables(contents: Contents) -> Iterator[str]:
    y = TOP + 14.0
    for one in comparison_tables(contents):
        yield from _table(one, y)
        y += ROW * (len(one.rows) + 1) + 24
    yield _text(RIGHT, HEIGHT - 40, COUNTS, "quiet")
    yield _text(RIGHT, HEIGHT - 22, _footnote(contents), "quiet")


def _table(one: EndpointTable, y: float) -> Iterator[str]:
    keys = [column.key for column in one.columns]
    yield _text(RIGHT, y, one.text, "title")
    y += ROW
    columns = (*COLUMNS, *P_COLUMNS)
    for (heading, _), edge in zip(columns, EDGES, strict=True):
        yield _text(RIGHT + edge, y - 2, heading, "quiet", "end")
    yield f'<path class="rule" d="M {RIGHT} {y + 5:g} H {RIGHT + EDGES[-1]}"/>'
    for row in one.rows:
        y += ROW
        yield _text(RIGHT, y, row.label)
        for (heading, key), edge in zip(columns, EDGES, strict=True):
            text = row.cells[keys.index(key)].text if key in keys else ""
            kind = "made" if heading in ("simulated", "P here") else ""
            yield _text(RIGHT + edge, y, text.strip("–"), kind, "end")


def _footnote(contents: Contents) -> str:
    made = contents.simulated
    if made is None:
        raise ValueError(f"{TRIAL} was not simulated: {contents.not_simulated}")
    return (
        f"Simulated: the mean of {made.replicates} trials of {contents.protocol.n} virtual "
        "participants, with the middle 90%."
    )
