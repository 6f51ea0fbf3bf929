"""How items of real records are read, held against labels made by reading them.

The texts stay where they are; a label names the item by its first three words and says what the
item states, and whether a rule can say all of it.
"""

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from wholetrial.drafting.drafted import Drafted, drafted_items
from wholetrial.drafting.record import Record

ROOT = Path(__file__).resolve().parents[2]
CRITERIA = ROOT.parent / "shared" / "data" / "criteria" / "psoriasis-20.csv"
LABELS = Path(__file__).with_name("labels.csv")


@pytest.fixture(scope="module")
def read() -> dict[tuple[str, str], Drafted]:
    """Every item of the twenty records as it is read."""
    if not CRITERIA.is_file():
        pytest.skip("the criteria of twenty trials lie in ../shared, which is not here")
    with CRITERIA.open(encoding="utf-8", newline="") as file:
        return {
            (row["nctid"], one.name): one
            for row in csv.DictReader(file)
            for one in drafted_items(Record("record", criteria=row["criteria"]))
        }


def _labels() -> list[dict[str, str]]:
    with LABELS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _says(one: Drafted, stated: str) -> bool:
    said = f"{one.reading.part or ''} {one.reading.rule or ''}"
    return all(part.strip() in said for part in stated.split(";"))


def test_the_labels_are_of_these_items(read: dict[tuple[str, str], Drafted]) -> None:
    labels = _labels()
    assert len(labels) >= 120
    for label in labels:
        one = read[label["nctid"], label["criterion"]]
        assert " ".join(re.findall(r"\w+", one.item.text)[:3]) == label["begins"]


def test_no_item_is_called_complete_that_a_rule_cannot_say(
    read: dict[tuple[str, str], Drafted],
) -> None:
    """At most 2 % of the items called complete may be wrong."""
    labels = {(one["nctid"], one["criterion"]): one for one in _labels()}
    complete = [key for key, one in read.items() if one.reading.how == "complete"]
    wrong = [
        key
        for key in complete
        if key in labels
        and (labels[key]["complete"] == "never" or not _says(read[key], labels[key]["states"]))
    ]
    assert len(complete) > 80
    assert len(wrong) <= 0.02 * len(complete), wrong


@pytest.mark.parametrize(
    ("family", "least"), [("score", 0.95), ("age", 0.99), ("window", 0.80), ("length", 0.80)]
)
def test_comparators_ages_and_windows_are_right(
    read: dict[tuple[str, str], Drafted], family: str, least: float
) -> None:
    told = defaultdict(list)
    for label in _labels():
        if label["states"]:
            one = read[label["nctid"], label["criterion"]]
            told[label["family"]].append(_says(one, label["states"]))
    assert len(told[family]) >= 9
    assert sum(told[family]) >= least * len(told[family])


def test_most_items_with_a_number_are_complete(read: dict[tuple[str, str], Drafted]) -> None:
    """At least 60 % of those that state a number with an instrument, an age or a window."""
    numbered = [label for label in _labels() if label["states"]]
    complete = [
        label
        for label in numbered
        if read[label["nctid"], label["criterion"]].reading.how == "complete"
    ]
    assert len(complete) >= 0.6 * len(numbered)
