"""How far choice misleads a comparison, from what confounding.py found."""

import json
from pathlib import Path

from parts.tables import table

FOUND = Path(__file__).resolve().parents[1] / "confounding.json"


def confounding() -> str:
    """The crude and the weighted difference in each setting, and what they say."""
    found = json.loads(FOUND.read_text("utf-8"))
    rows = [
        (
            one["setting"],
            one["comparison"],
            f"{one['difference']:+.1f} ± {one['error']:.1f}",
            f"{100 * one['holds']:.1f} %",
            f"{one['trials']:,}",
        )
        for one in found
    ]
    columns = ("setting", "comparison", "mean difference", "95 % intervals with 0", "trials")
    return f"{table(columns, rows)}\n\n{_said(found)}"


def _said(found: list[dict[str, float]]) -> str:
    few, crude, weighted = found[1], found[-2], found[-1]
    return (
        f"In the last setting the crude difference is off by {abs(crude['difference']):.1f} points "
        f"and its interval holds the truth in {_percent(crude)} of trials; weighting by the "
        f"inverse probability of the choice leaves {abs(weighted['difference']):.1f} points and "
        f"{_percent(weighted)}. With the 40 people planned the weighted interval holds it in "
        f"{_percent(few)}: its variance is one for many people."
    )


def _percent(one: dict[str, float]) -> str:
    return f"{100 * one['holds']:.1f} %"
