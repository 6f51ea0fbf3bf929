"""results.json: one row a statistic, the paper's numbers, and no number that is none."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import fisher_exact

from wholetrial.programme.outputs import results_json
from wholetrial.programme.run import run

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"endpoint", "arm", "comparison", "statistic", "value", "n", "method", "analysis_set"}
SOURCES = {"published", "recorded", "simulated trial", "simulated trials", "enumeration"}
TRIALS = ["NCT00320216", "NCT03424629", "NCT04537689", "NCT04979910", "NCT06374979"]


def rows_of(trial: str | Path, replicates: int = 2) -> list[dict[str, Any]]:
    rows = json.loads(results_json(run(trial, replicates=replicates)))["statistics"]
    assert isinstance(rows, list)
    return rows


@pytest.fixture(scope="module")
def krueger_rows() -> list[dict[str, Any]]:
    return rows_of("NCT00320216")


def published(rows: list[dict[str, Any]], endpoint: str, statistic: str) -> list[dict[str, Any]]:
    wanted = ("published", endpoint, statistic)
    return [row for row in rows if (row["source"], row["endpoint"], row["statistic"]) == wanted]


def test_every_row_says_what_it_is_and_where_it_is_from(krueger_rows: list[dict[str, Any]]) -> None:
    for row in krueger_rows:
        assert row.keys() >= KEYS | {"source", "count", "low", "high", "confidence", "note"}
        assert row["source"] in SOURCES
        assert row["method"]
        assert row["n"] > 0
    named = [
        tuple(row[key] for key in ("source", "analysis", "endpoint", "at", "arm", "comparison", "statistic"))
        for row in krueger_rows
    ]  # fmt: skip
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("endpoint", "printed"),
    [("pasi_75_week_12", [52, 59, 67, 81, 2]), ("pasi_90_week_12", [23, 30, 44, 52, 2])],
)
def test_published_rows_match_nejm_2007(
    krueger_rows: list[dict[str, Any]], endpoint: str, printed: list[int]
) -> None:
    """Abstract of NEJM 2007;356:580-92: the share with PASI 75 and PASI 90, each P<0.001."""
    shares = published(krueger_rows, endpoint, "proportion")
    assert [round(100 * row["value"]) for row in shares] == printed
    assert [row["n"] for row in shares] == [64] * 5
    tests = published(krueger_rows, endpoint, "p_value")
    assert [row["method"] for row in tests] == ["fisher_exact"] * 4
    assert all(row["value"] < 0.001 for row in tests)


@pytest.mark.parametrize(
    ("endpoint", "printed", "p_value"), [("any_ae", [79, 72], 0.19), ("any_sae", [4, 1], 0.69)]
)
def test_safety_rows_match_nejm_2007(
    krueger_rows: list[dict[str, Any]], endpoint: str, printed: list[int], p_value: float
) -> None:
    """Counted as treated: 252 on the antibody and 67 on placebo, not 256 and 64."""
    shares = published(krueger_rows, endpoint, "proportion")
    assert [(round(100 * row["value"]), row["n"]) for row in shares] == [
        (printed[0], 252),
        (printed[1], 67),
    ]
    (test,) = published(krueger_rows, endpoint, "p_value")
    assert (round(test["value"], 2), test["analysis_set"]) == (p_value, "treated")


def test_one_count_more_moves_the_p_value(tmp_path: Path) -> None:
    """One more adverse event, 201 instead of 200 of 252: SciPy's test of that table."""
    folder = ROOT / "trials" / "NCT00320216"
    (tmp_path / "trial.yaml").write_bytes((folder / "trial.yaml").read_bytes())
    text = (folder / "published.yaml").read_text("utf-8")
    changed = text.replace("experimental: 200 of 252", "experimental: 201 of 252")
    assert changed != text
    (tmp_path / "published.yaml").write_text(changed, encoding="utf-8")
    (moved,) = published(rows_of(tmp_path), "any_ae", "p_value")
    assert moved["value"] == pytest.approx(fisher_exact([[201, 51], [48, 19]]).pvalue, rel=1e-9)
    assert moved["value"] != pytest.approx(fisher_exact([[200, 52], [48, 19]]).pvalue, rel=0.01)


def test_simulated_rows_have_the_same_methods_as_the_published(
    krueger_rows: list[dict[str, Any]],
) -> None:
    """Both take the same road."""
    road = {
        source: {
            (row["endpoint"], row["comparison"], row["statistic"], row["method"])
            for row in krueger_rows
            if row["source"] == source and row["statistic"] == "p_value"
        }
        for source in ("published", "simulated trial")
    }
    assert road["published"] == road["simulated trial"]


def test_power_counts_the_successes(krueger_rows: list[dict[str, Any]]) -> None:
    powers = [row for row in krueger_rows if row["statistic"] == "power"]
    assert len(powers) == 8
    assert {row["endpoint"] for row in powers} == {"pasi_75_week_12", "pasi_90_week_12"}
    for row in powers:
        assert row["value"] == row["count"] / row["n"]
        assert row["low"] <= row["value"] <= row["high"]


def numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, float):
        yield value


@pytest.mark.parametrize("trial", TRIALS)
def test_every_trial_that_ships_runs_without_a_nan(trial: str) -> None:
    def refuse(constant: str) -> float:
        raise AssertionError(f"{constant} in results.json of {trial}")

    contents = run(trial, replicates=3)
    results = json.loads(results_json(contents), parse_constant=refuse)
    assert all(math.isfinite(number) for number in numbers(results))
    assert results["trial"] == trial
    assert (contents.simulated is None) == contents.not_simulated.startswith("not yet simulated: ")
    for row in results["statistics"]:
        assert row["value"] is not None or row["note"]
