"""Two trials analyzed twice: by wholetrial, and by an R program written from the protocols alone.

Each trial is simulated and written as tables. A second copy of the tables is edited, as data comes
from hospitals: values are missing or lie on a threshold, visits move within their windows, people
stop treatment, receive another arm's treatment, or have several adverse events. R reads the same
files. Its results are stored beside it; run by hand to store them again:
python tests/reference/test_double_programming.py
"""

import csv
import hashlib
import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from wholetrial.analysis.statistic import Statistic
from wholetrial.data.read import read_records
from wholetrial.data.write import write_tables
from wholetrial.programme.results import analyze_records
from wholetrial.programme.trials import load
from wholetrial.simulation.simulate import prepare, simulate

HERE = Path(__file__).parent
TRIALS = ("NCT00320216", "NCT06374979")
SEEDS = (7, 8, 9)
CASES = tuple(
    f"{trial}-{seed}{edited}" for trial in TRIALS for seed in SEEDS for edited in ("", "-edited")
)
ARMS = ("once_45", "once_90", "weekly_45", "weekly_90")
NARROW = 1e-9

Row = dict[str, str]
Analyzed = dict[str, tuple[Statistic, ...]]


# ---- the tables


def write_case(case: str, folder: Path) -> Path:
    """The tables of one case, in a folder of its name."""
    trial, seed, *edited = case.split("-")
    here = folder / case
    simulated = simulate(prepare(load(trial), seed=int(seed)), range(1)).replicate(0)
    write_tables(simulated, here)
    if edited:
        EDITS[trial](here, Random(int(seed)))
    return here


def digest(folder: Path) -> str:
    """The SHA-256 of all tables of a folder, in the order of their names."""
    together = hashlib.sha256()
    for file in sorted(folder.glob("*.csv")):
        together.update(file.read_bytes())
    return together.hexdigest()


def read_rows(file: Path) -> list[Row]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def write_rows(file: Path, rows: list[Row]) -> None:
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def edit_observations(
    folder: Path, edit: Callable[[str, str, str], str | None], file: str = "observations"
) -> None:
    """Replace values, or remove rows where nothing comes back; told who, the visit, the measure."""
    rows = []
    for row in read_rows(folder / f"{file}.csv"):
        value = edit(row["participant"], row["visit"], row["measure"])
        if value is not None:
            rows.append({**row, "value": value or row["value"]})
    write_rows(folder / f"{file}.csv", rows)


def move_visits(folder: Path, moved: Mapping[tuple[str, str], int]) -> None:
    rows = read_rows(folder / "visits.csv")
    for row in rows:
        row["day"] = str(int(row["day"]) + moved.get((row["participant"], row["visit"]), 0))
    write_rows(folder / "visits.csv", rows)


def add_dispositions(folder: Path, happened: list[tuple[str, int, str]]) -> None:
    rows = read_rows(folder / "dispositions.csv")
    known = {(row["participant"], row["event"]) for row in rows}
    rows += [
        {"participant": who, "day": str(day), "event": event}
        for who, day, event in happened
        if (who, event) not in known
    ]
    write_rows(folder / "dispositions.csv", rows)


def people_who_came(folder: Path, visit: str, chance: Random) -> list[str]:
    came = [row["participant"] for row in read_rows(folder / "visits.csv") if row["visit"] == visit]
    return chance.sample(came, len(came))


# a score before and after, on or beside the thresholds of 75 and 90 %
BOUNDARIES = [
    ("20.4", "5.1"),
    ("20.4", "5.2"),
    ("16.4", "4.1"),
    ("33.2", "8.3"),
    ("20", "2"),
    ("33", "3.3"),
    ("33", "3.4"),
    ("12.8", "3.2"),
    ("0.4", "0.1"),
    ("0", "0"),
]


def edit_plaque_psoriasis(folder: Path, chance: Random) -> None:
    people = people_who_came(folder, "week 12", chance)
    on_edge = dict(zip(people[:10], BOUNDARIES, strict=True))
    no_week_0, no_baseline, no_week_12 = people[10:20], people[20:24], people[24:32]

    def edit(who: str, visit: str, measure: str) -> str | None:
        if measure != "PASI":
            return ""
        if who in on_edge and visit in ("week 0", "week 12"):
            return on_edge[who][visit == "week 12"]
        missing = (
            (who in no_week_0 + no_baseline and visit == "week 0")
            or (who in no_baseline and visit == "screening")
            or (who in no_week_12 and visit == "week 12")
        )
        return None if missing else ""

    edit_observations(folder, edit)
    move_visits(
        folder, {(who, "week 12"): chance.randint(-3, 3) for who in [*people[32:72], *people[100:]]}
    )
    turns = ("stops_treatment", "starts_other_treatment")
    add_dispositions(
        folder,
        [
            (who, chance.choice((50, 82, 83, 84, 85, 86, 100)), chance.choice(turns))
            for who in people[32:72]
        ],
    )
    received = dict.fromkeys(people[72:76], "placebo") | dict.fromkeys(people[76:78], "none")
    rows = read_rows(folder / "participants.csv")
    for row in rows:
        row["received"] = received.get(row["participant"], row["received"])
    write_rows(folder / "participants.csv", rows)
    untreated = [who for who, arm in received.items() if arm == "none"]
    doses = read_rows(folder / "exposures.csv")
    write_rows(
        folder / "exposures.csv", [row for row in doses if row["participant"] not in untreated]
    )
    add_adverse_events(folder, people[60:100], chance, (0, 1, 139, 140, 141, 200))


def add_adverse_events(
    folder: Path, people: list[str], chance: Random, days: tuple[int, ...]
) -> None:
    rows = read_rows(folder / "adverse_events.csv")
    for who in people:
        day, serious = str(chance.choice(days)), chance.choice(("no", "yes"))
        rows.append({"participant": who, "day": day, "grade": "", "serious": serious})
    write_rows(folder / "adverse_events.csv", rows)


def edit_guttate_psoriasis(folder: Path, chance: Random) -> None:
    people = people_who_came(folder, "week 52", chance)
    on_edge = dict(
        zip(
            people[:6],
            [("10", "1"), ("10", "1.1"), ("7.3", "0.7"), ("7.3", "0.8"), ("9", "0"), ("20", "2")],
            strict=True,
        )
    )
    gone = {
        **dict.fromkeys(people[6:8], ("PASI", "week 16")),
        **dict.fromkeys(people[8:14], ("PASI", "week 34")),
        **dict.fromkeys(people[14:18], ("PASI", "week 52")),
        **dict.fromkeys(people[18:20], ("PASI", "week 0")),
        **dict.fromkeys(people[20:22], ("PGA", "week 16")),
        **dict.fromkeys(people[22:25], ("diary", "week 16")),
        **dict.fromkeys(people[25:27], ("diary", "week 0")),
    }

    def edit(who: str, visit: str, measure: str) -> str | None:
        if measure == "PASI" and who in on_edge and visit in ("week 0", "week 16"):
            return on_edge[who][visit == "week 16"]
        return None if gone.get(who) == (measure, visit) else ""

    edit_observations(folder, edit)
    moved = {
        (who, visit): chance.randint(-5, 0)
        for who in people[::2]
        for visit in ("week 16", "week 34", "week 52")
    }
    move_visits(folder, moved)
    turns = [(who, chance.choice((90, 108, 112, 113)), "stops_treatment") for who in people[27:31]]
    add_dispositions(folder, turns)
    add_adverse_events(folder, people[:8], chance, (0, 5, 364, 365, 370))


EDITS = {"NCT00320216": edit_plaque_psoriasis, "NCT06374979": edit_guttate_psoriasis}


# ---- both programs' numbers


def run_r(rscript: str, folders: list[Path]) -> dict[str, Any]:
    command = [rscript, str(HERE / "double_programming.R"), *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


@cache
def stored() -> dict[str, Any]:
    return dict(json.loads((HERE / "double_programming.json").read_text()))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every case's tables."""
    folder = tmp_path_factory.mktemp("double_programming")
    for case in CASES:
        write_case(case, folder)
    return folder


@pytest.fixture(scope="module")
def analyzed(tables: Path) -> Analyzed:
    """Every case's statistics, as wholetrial analyzes the tables."""
    found = {}
    for case in CASES:
        protocol = load(case.split("-")[0])
        found[case] = analyze_records(protocol, read_records(tables / case, protocol).records)
    return {case: one.statistics for case, one in found.items()}


def statistic(
    statistics: tuple[Statistic, ...], name: str, endpoint: str, arm: str, control: str = ""
) -> Statistic:
    (found,) = (
        one
        for one in statistics
        if not one.reading
        and (one.name, one.endpoint, one.arm, one.control) == (name, endpoint, arm, control)
    )
    return found


def near(found: Any, expected: float | None) -> bool:
    if expected is None:
        return found is None or math.isnan(float(found))
    return abs(float(found) - expected) <= NARROW * max(1.0, abs(expected))


def same_share(
    ours: tuple[Statistic, ...], endpoint: str, arm: str, expected: Mapping[str, Any]
) -> None:
    found = statistic(ours, "proportion", endpoint, arm)
    assert (int(found.count), int(found.n)) == (expected["events"], expected["participants"])
    assert near(found.low, expected["interval"][0])
    assert near(found.high, expected["interval"][1])


def same_comparison(
    ours: tuple[Statistic, ...], endpoint: str, arm: str, expected: Mapping[str, Any]
) -> None:
    p_value = statistic(ours, "p_value", endpoint, arm, "placebo")
    difference = statistic(ours, "risk_difference", endpoint, arm, "placebo")
    assert float(p_value.value) == pytest.approx(expected["p"], rel=NARROW)
    assert near(difference.value, expected["difference"])
    assert near(difference.low, expected["interval"][0])
    assert near(difference.high, expected["interval"][1])


# ---- tests


def cases_of(trial: str, *, edited: bool = True) -> list[str]:
    return [case for case in CASES if case.startswith(trial) and (edited or case.count("-") == 1)]


@pytest.mark.parametrize("case", CASES)
def test_r_read_the_same_tables(case: str, tables: Path) -> None:
    assert digest(tables / case) == stored()["inputs"][case]


def test_r_still_gives_the_stored_double_programming(tables: Path) -> None:
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("R is not installed: the stored results are not computed again")
    available = [rscript, "-e", 'cat(requireNamespace("survival", quietly = TRUE))']
    if subprocess.run(available, capture_output=True, text=True, check=True).stdout != "TRUE":
        pytest.skip("R has no package survival: the stored results are not computed again")
    again = run_r(rscript, [tables / case for case in CASES])
    assert dict(leaves(again)).keys() == dict(leaves(stored()["results"])).keys()
    for place, value in leaves(again):
        expected = dict(leaves(stored()["results"]))[place]
        assert value == (expected if expected is None else pytest.approx(expected, rel=1e-12)), (
            place
        )


def leaves(document: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict):
        for name, inner in document.items():
            yield from leaves(inner, f"{place}/{name}")
    elif isinstance(document, list):
        for index, inner in enumerate(document):
            yield from leaves(inner, f"{place}/{index}")
    else:
        yield place, document


@pytest.mark.parametrize("case", cases_of("NCT00320216"))
@pytest.mark.parametrize("endpoint", ["pasi_75_week_12", "pasi_90_week_12"])
def test_efficacy_matches_r_programmed_independently(
    case: str, endpoint: str, analyzed: Analyzed
) -> None:
    expected = stored()["results"][case]["efficacy"][endpoint]
    for arm in (*ARMS, "placebo"):
        same_share(analyzed[case], endpoint, arm, expected["arms"][arm])
    for arm in ARMS:
        same_comparison(analyzed[case], endpoint, arm, expected["comparisons"][arm])


@pytest.mark.parametrize("case", cases_of("NCT00320216"))
@pytest.mark.parametrize("endpoint", ["any_ae", "any_sae"])
def test_safety_as_treated_matches_r_programmed_independently(
    case: str, endpoint: str, analyzed: Analyzed
) -> None:
    expected = stored()["results"][case]["safety"][endpoint]
    for arm in ("experimental", "placebo"):
        same_share(analyzed[case], endpoint, arm, expected["arms"][arm])
    same_comparison(
        analyzed[case], endpoint, "experimental", expected["comparisons"]["experimental"]
    )


@pytest.mark.parametrize("case", cases_of("NCT06374979"))
def test_one_arm_shares_match_r_programmed_independently(case: str, analyzed: Analyzed) -> None:
    for endpoint, expected in stored()["results"][case]["shares"].items():
        same_share(analyzed[case], endpoint, "ixekizumab", expected)
    p_value = statistic(analyzed[case], "p_value", "pasi_90_week_16", "ixekizumab").value
    expected = stored()["results"][case]["shares"]["pasi_90_week_16"]["p"]
    assert float(p_value) == pytest.approx(expected, rel=NARROW)


@pytest.mark.parametrize("case", cases_of("NCT06374979"))
def test_relapse_between_visits_matches_r_programmed_independently(
    case: str, analyzed: Analyzed
) -> None:
    """Against Turnbull's optimum in R; survfit's own steps end before it where days are many."""
    expected = stored()["results"][case]["relapse"]
    found = statistic(analyzed[case], "event_free", "time_to_relapse", "ixekizumab")
    assert int(found.n) == expected["participants"]
    assert float(found.value) == pytest.approx(expected["exact"], abs=NARROW)


@pytest.mark.parametrize("case", cases_of("NCT06374979"))
def test_change_of_the_diary_matches_r_programmed_independently(
    case: str, analyzed: Analyzed
) -> None:
    expected = stored()["results"][case]["diary"]
    found = statistic(analyzed[case], "mean_change", "diary_change", "ixekizumab")
    assert int(found.n) == expected["participants"]
    assert near(found.value, expected["mean"])
    assert near(found.low, expected["interval"][0])
    assert near(found.high, expected["interval"][1])


@pytest.mark.parametrize("case", cases_of("NCT00320216", edited=False))
def test_rules_dose_exactly_those_whom_r_finds(case: str) -> None:
    conduct = stored()["results"][case]["conduct"]
    assert conduct["exactly_those"]
    assert conduct["everybody_crosses"]
    assert 0 < conduct["need"] == conduct["additional_doses"]
    assert 0 < conduct["come_to_crossover"] == conduct["crossover_doses"]
    doses = conduct["antibody_doses_to_week_3"]
    assert (doses["once_45"], doses["once_90"], doses["placebo"]) == (64, 64, 0)


@pytest.mark.parametrize("case", cases_of("NCT06374979", edited=False))
def test_only_responders_come_to_late_visits_as_r_finds(case: str) -> None:
    for visit in ("week_34", "week_52"):
        conduct = stored()["results"][case]["conduct"][visit]
        assert conduct["only_those"]
        assert 0.8 * conduct["expected"] < conduct["came"] <= conduct["expected"] < 50


def store(folder: Path, rscript: str) -> None:
    """Let R analyze every case again and keep what it finds."""
    folders = [write_case(case, folder) for case in CASES]
    document = {
        "inputs": {case.name: digest(case) for case in folders},
        "results": run_r(rscript, folders),
    }
    (HERE / "double_programming.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        store(Path(temporary), "Rscript")
