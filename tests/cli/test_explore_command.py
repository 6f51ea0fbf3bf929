"""wholetrial explore: a grid of designs as a table, as JSON and as CSV; what it refuses."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
GRID = ("--vary", "once_45.amount=10..90 by 40", "--vary", "n=12,64")


def test_a_grid_is_printed_best_first_below_the_cautions(invoke: Invoke) -> None:
    result = invoke("explore", "NCT00320216", *GRID, "--show", "2")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("The model was fitted to 31 published numbers")
    assert "6 designs, those first whose least power is largest, the first 2 shown" in result.output
    assert "by 75% or more at week 12: exact enumeration of both counts" in result.output
    assert "· Known miss:" in result.output


def test_json_and_csv_hold_every_design_and_comparison(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("explore", "NCT00320216", *GRID, "--json", "--out", tmp_path / "designs.csv")
    found = json.loads(result.output)
    assert found["designs"] == 6
    assert len(found["rows"]) == 6 * 2 * 4
    with (tmp_path / "designs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["power"]) for row in rows] == [row["power"] for row in found["rows"]]
    assert {row["method"] for row in rows} == {
        (
            "exact enumeration of both counts, given rates from Sobol participants with the model "
            "at its estimates"
        )
    }
    best, worst = found["rows"][0], found["rows"][-1]
    assert (best["once_45.amount"], best["n"], best["participants"]) == (90.0, 64.0, 320)
    assert (worst["once_45.amount"], worst["n"], worst["participants"]) == (10.0, 12.0, 60)


def test_arms_may_have_their_own_numbers(invoke: Invoke) -> None:
    varied = ("--vary", "placebo.n=16,32", "--vary", "weekly_90.n=16")
    found = json.loads(invoke("explore", "NCT00320216", *varied, "--json").output)
    assert {row["participants"] for row in found["rows"]} == {224, 240}


@pytest.mark.parametrize(
    ("varied", "said"),
    [
        ("once_45.amount", "what varies is written once_45.amount=30,45,90"),
        ("once_45.amount=90..10 by 20", "what varies is written"),
        ("amount=45", "what varies is written"),
        ("once_46.n=12", "no arm 'once_46' in NCT00320216; did you mean 'once_45'?"),
        (
            "placebo.amount=45",
            "'placebo.amount' needs one amount above 0 in every dose; got: placebo",
        ),
        ("once_45.amount=0", "an amount lies above 0, up to 1,000,000; got 'once_45.amount=0'"),
        ("n=12.5", "n is a whole number from 2 to 1500; got 'n=12.5'"),
        ("n=2..1500 by 0.001", "what varies is written"),
    ],
)
def test_what_cannot_vary_says_what_was_expected(invoke: Invoke, varied: str, said: str) -> None:
    result = invoke("explore", "NCT00320216", "--vary", varied)
    assert result.exit_code == 1
    assert said in " ".join(result.stderr.split())


def test_nothing_twice_and_not_too_many(invoke: Invoke) -> None:
    twice = invoke("explore", "NCT00320216", "--vary", "n=12", "--vary", "n=20")
    assert "each may vary once; got n twice" in twice.stderr
    arms = ("once_45", "once_90", "weekly_45")
    grid = [part for arm in arms for part in ("--vary", f"{arm}.amount=1..60 by 1")]
    many = invoke("explore", "NCT00320216", *grid)
    assert "at most 100,000 designs at once; got 216,000" in many.stderr


def test_a_trial_that_must_be_simulated_says_why(invoke: Invoke) -> None:
    result = invoke("explore", "NCT03424629", "--vary", "n=19,40")
    assert result.exit_code == 1
    assert "several tests are corrected together (holm)" in result.stderr
    assert "wholetrial simulate NCT03424629" in result.stderr
