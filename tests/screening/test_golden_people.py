"""Fictive people, their expected answers and the reasons: worked out by hand."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from wholetrial.programme.trials import load
from wholetrial.screening.answers_of_people import person_of
from wholetrial.screening.evaluate import screen

FOLDER = Path(__file__).with_name("people")


def _cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        for person in table["people"]:
            cells = person.get("only", {**table["complete"], **person.get("but", {})})
            cells = {name: str(cell) for name, cell in cells.items() if cell is not None}
            found.append(pytest.param(path.stem, table["screened"], person, cells, id=person["id"]))
    return found


@pytest.mark.parametrize(("trial", "screened", "expected", "cells"), _cases())
def test_people_get_the_answer_worked_out_by_hand(
    trial: str, screened: date, expected: dict[str, Any], cells: dict[str, str]
) -> None:
    person, wrong = person_of(expected["id"], cells, load(trial), screened)
    assert wrong == {}
    answer = screen(load(trial), person)

    assert answer.overall == expected["answer"], expected["story"]
    blocks = {found.name: found for found in answer.of("blocks")}
    assert set(blocks) == set(expected.get("blocks", {}))
    for name, reason in expected.get("blocks", {}).items():
        told = "; ".join(atom.because for atom in blocks[name].atoms)
        assert reason in f"{told}; {blocks[name].change}"
    unknown = {found.name: found for found in answer.of("unknown")}
    if "only" not in expected:
        assert set(unknown) == set(expected.get("unknown", {}))
    for name, missing in expected.get("unknown", {}).items():
        assert missing in "; ".join(unknown[name].missing)
    if expected.get("hidden"):
        assert answer.hidden
        assert answer.missing == ()


def test_there_are_forty_people_and_more() -> None:
    assert len(_cases()) >= 40
