"""analyze: a hospital's tables in, the trial's analyses out; wrong data in words, nothing written."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from wholetrial.data.write import write_tables
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.simulate import prepare, simulate

Invoke = Callable[..., Result]


@pytest.fixture
def tables(krueger: Protocol, tmp_path: Path) -> Path:
    """The tables that a hospital would send, of one virtual trial."""
    folder = tmp_path / "tables"
    write_tables(simulate(prepare(krueger, seed=11), range(1)).replicate(0), folder)
    return folder


def test_tables_become_statistics_and_a_report(invoke: Invoke, tables: Path) -> None:
    analyzed = invoke("analyze", "NCT00320216", "--data", "tables", "--out", "out", "--json")
    assert analyzed.exit_code == 0
    results = json.loads(analyzed.stdout)
    assert {row["source"] for row in results["statistics"]} == {"recorded"}
    assert (results["seed"], results["replicates"]) == (None, None)
    assert Path("out/results.json").read_text("utf-8") == analyzed.stdout
    assert Path("out/report.html").stat().st_size > 10_000


def test_the_recorded_responders_are_those_of_the_tables(invoke: Invoke, tables: Path) -> None:
    """Counted here by hand: week 0 and week 12 PASI of the participants on 90 mg weekly."""
    arms = dict(row.split(",")[:2] for row in (tables / "participants.csv").read_text().split()[1:])
    seen: dict[tuple[str, str], float] = {}
    for row in (tables / "observations.csv").read_text().splitlines()[1:]:
        participant, visit, measure, value = row.split(",")
        if measure == "PASI":
            seen[participant, visit] = float(value)
    responders = sum(
        seen[person, "week 12"] <= seen[person, "week 0"] / 4
        for person, arm in arms.items()
        if arm == "weekly_90" and (person, "week 12") in seen
    )
    analyzed = invoke("analyze", "NCT00320216", "--data", "tables", "--json")
    (row,) = [
        row
        for row in json.loads(analyzed.stdout)["statistics"]
        if (row["endpoint"], row["arm"], row["statistic"])
        == ("pasi_75_week_12", "weekly_90", "proportion")
    ]
    assert (row["count"], row["n"]) == (responders, 64)


SLIPS: dict[str, tuple[str, str, str, str]] = {
    "a misspelt column": (
        "observations.csv", "value\n", "valeu\n",
        "observations.csv:1:1: error: expected the column 'value', found the columns participant, visit, measure, valeu; rename 'valeu'",
    ),
    "a PASI of 80": (
        "observations.csv", "P001,screening,PASI,17.2", "P001,screening,PASI,80",
        "observations.csv:2:21: error: value: expected PASI from 0 to 72 in steps of 0.1, found '80'; check it against the source",
    ),
    "a misspelt arm": (
        "participants.csv", "P001,weekly_90,weekly_90", "P001,weekly_09,weekly_90",
        "participants.csv:2:6: error: arm: expected an arm of the trial (once_45, once_90, weekly_45, weekly_90, placebo), found 'weekly_09'; did you mean 'weekly_90'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SLIPS)
def test_wrong_data_is_said_at_its_place_and_nothing_is_written(
    invoke: Invoke, tables: Path, kind: str
) -> None:
    file, old, new, said = SLIPS[kind]
    text = (tables / file).read_text("utf-8")
    assert old in text
    (tables / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    refused = invoke("analyze", "NCT00320216", "--data", "tables", "--out", "out")
    errors = [line for line in refused.stderr.splitlines() if ": error: " in line]
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert errors == [f"tables/{said}"]
    assert not Path("out").exists()


def test_tables_of_another_trial_give_the_first_errors_and_how_many_more(
    invoke: Invoke, tables: Path
) -> None:
    refused = invoke("analyze", "NCT04979910", "--data", "tables")
    lines = refused.stderr.splitlines()
    assert refused.exit_code == 1
    assert len(lines) == 41
    assert all(": error: " in line for line in lines[:-1])
    assert lines[-1].endswith(" more findings; put these right first")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("none", "none:1:1: error: expected a folder with the tables of the trial, found nothing; check the path"),
        ("tables/participants.csv", "tables/participants.csv:1:1: error: expected a folder with the tables of the trial, found a file; name its folder, or say what its columns are (--columns)"),
    ],
)  # fmt: skip
def test_where_there_are_no_tables_it_says_so(
    invoke: Invoke, tables: Path, data: str, said: str
) -> None:
    refused = invoke("analyze", "NCT00320216", "--data", data)
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[0] == said


def test_without_a_table_of_adverse_events_none_are_counted(invoke: Invoke, tables: Path) -> None:
    (tables / "adverse_events.csv").unlink()
    analyzed = invoke("analyze", "NCT00320216", "--data", "tables", "--json")
    results = json.loads(analyzed.stdout)
    assert {row["endpoint"] for row in results["statistics"]} == {
        "pasi_75_week_12",
        "pasi_90_week_12",
    }
    assert [note for note in results["notes"] if note.startswith("Not computed")] == [
        f"Not computed: {name}: there is no adverse_events.csv"
        " (where nobody had one, its heading alone)."
        for name in ("any_ae", "any_sae")
    ]


def test_a_table_of_adverse_events_with_its_heading_alone_says_that_nobody_had_one(
    invoke: Invoke, tables: Path
) -> None:
    (tables / "adverse_events.csv").write_text("participant,day,serious\n", encoding="utf-8")
    analyzed = invoke("analyze", "NCT00320216", "--data", "tables", "--json")
    counts = [
        row["count"]
        for row in json.loads(analyzed.stdout)["statistics"]
        if (row["endpoint"], row["statistic"]) == ("any_ae", "proportion")
    ]
    assert counts == [0, 0]


def test_where_there_is_no_number_the_reason_is_printed(invoke: Invoke, tables: Path) -> None:
    text = (tables / "participants.csv").read_text("utf-8")
    (tables / "participants.csv").write_text(text.replace(",placebo", ",once_45"), encoding="utf-8")
    analyzed = invoke("analyze", "NCT00320216", "--data", "tables")
    assert "· Placebo: There are no participants to analyze." in analyzed.stdout


def test_data_must_be_named(invoke: Invoke) -> None:
    assert invoke("analyze", "NCT00320216").exit_code == 2
