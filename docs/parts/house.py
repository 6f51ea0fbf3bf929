"""The house in one picture: the layers of the package, as the import contract orders them."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 80
HOLDS = {
    "cli": "what people type, and how the program answers",
    "programme": "the verbs: run, screen, publish ...; it computes nothing itself",
    "simulation": "virtual people, records",
    "report": "results -> HTML, tables",
    "publishing": "the volunteer's page",
    "analysis": "arrays -> estimates with interval, test, reason",
    "screening": "criteria, people",
    "conduct": "allocation, plans",
    "endpoints": "derived outcomes",
    "drafting": "drafts of records",
    "conditions": "the one condition tree, on records: met, not met, unknown",
    "data": "the records: documented tables, and the arrays made of them",
    "protocol": "the trial file: read, check, describe; knows nothing of results",
    "instruments": "what is measured: items, range, score, bands, codes",
    "numerics": "random numbers with an address; exp and log with the same bits",
}


def house() -> str:
    """The layers as floors: a package may import what lies beneath it, never its neighbor."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    floors = [layer.split(" | ") for layer in contract["contracts"][0]["layers"]]
    line = f"+{'-' * (WIDTH - 2)}+"
    drawn = [line]
    for floor in floors:
        drawn += [*_floor(floor), line]
    return "\n".join(["```text", *drawn, "```"])


def _floor(rooms: list[str]) -> list[str]:
    if len(rooms) == 1:
        return [f"|{f' {rooms[0]:<13}{HOLDS[rooms[0]]}':<{WIDTH - 2}}|"]
    width, rest = divmod(WIDTH - 1 - len(rooms), len(rooms))
    widths = [width] * (len(rooms) - 1) + [width + rest]
    return [
        "|" + "|".join(f" {text:<{w - 1}}" for text, w in zip(texts, widths, strict=True)) + "|"
        for texts in (rooms, [HOLDS[room] for room in rooms])
    ]
