"""Charts with axes as SVG text for a page: text stays text, and the same data give the same bytes.

Imported only where a chart is drawn: matplotlib takes a moment.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wholetrial.report.colors import HAIR, INK, QUIET

WIDTH, HEIGHT = 328, 236
"""The size of a panel in pixels: the width of a phone's page, never shrunk below it."""

_LEFT, _RIGHT, _BOTTOM, _TOP = 0.13, 0.985, 0.17, 0.94
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "wholetrial",
    "font.family": "DejaVu Sans",
    "font.size": 12.5,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": QUIET,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.unicode_minus": True,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "ytick.major.size": 0,
    "xtick.major.size": 3,
    "hatch.linewidth": 0.7,
}


def panel() -> tuple[Figure, Axes]:
    """An empty panel with the house's margins; call within `house_style`."""
    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
    axes = figure.add_axes((_LEFT, _BOTTOM, _RIGHT - _LEFT, _TOP - _BOTTOM))
    axes.grid(axis="y", color=HAIR, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


@contextmanager
def house_style() -> Iterator[None]:
    """The house's fonts, lines and colors, for as long as a `with` block lasts."""
    with rc_context(_STYLE):
        yield


def percent_axis(axes: Axes) -> None:
    """Shares from 0 to 100 % on the y axis."""
    axes.set_ylim(-0.02, 1.1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100%"])


def week_axis(axes: Axes, last_day: float) -> None:
    """Weeks on the x axis, as many as a phone can show."""
    weeks = max(last_day / 7, 1)
    step = next((n for n in (1, 2, 4, 8, 12, 13, 26, 52) if weeks / n <= 8), 104)
    axes.set_xlim(-0.02 * weeks, weeks * 1.02)
    axes.set_xticks(list(range(0, int(weeks) + 1, step)))
    axes.set_xlabel("Week", loc="right", labelpad=2)


def svg_of(figure: Figure, key: str, described: str) -> str:
    """A figure as an inline SVG element that a screen reader names by its description.

    `key` sets its identifiers apart from those of the page's other figures.
    """
    out = StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(out.getvalue(), key, described)


def _inline(text: str, key: str, described: str) -> str:
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = body.replace("xlink:href", "href")
    body = re.sub(r" font-family: [^;\"]*;", "", body)
    body = re.sub(r" transform=\"rotate\(-0 [^\"]*\"", "", body)
    used = set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", body))
    body = re.sub(
        r" id=\"([^\"]+)\"",
        lambda found: f' id="{key}-{found[1]}"' if found[1] in used else "",
        body,
    )
    body = re.sub(r"href=\"#", f'href="#{key}-', body)
    body = re.sub(r"url\(#", f"url(#{key}-", body)
    opening = (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{_attribute(described)}">'
    )
    body = re.sub(r"<svg[^>]*>", lambda found: opening, body, count=1)
    return re.sub(r"\s*\n\s*", "\n", body).strip()


def _attribute(text: str) -> str:
    return (
        text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    )
