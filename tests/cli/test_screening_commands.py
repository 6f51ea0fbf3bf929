"""The commands on people, records and amendments, as somebody types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[2]
PEOPLE = ROOT / "examples" / "screening" / "guttate.csv"
DAY = ("--on", "2026-04-01")


def test_screen_says_who_may_take_part_and_why(invoke: Invoke) -> None:
    said = invoke("screen", "NCT06374979", "--people", str(PEOPLE), *DAY).stdout
    assert "1 eligible, 2 undetermined, 2 not eligible" in said
    assert "PASI short by 0.2" in said
    assert "eligible from 9 April 2026" in said


def test_screen_prints_every_reason(invoke: Invoke) -> None:
    said = invoke("screen", "NCT06374979", "--people", str(PEOPLE), "--reasons", *DAY).stdout
    assert "Ben: not eligible on 1 April 2026" in said
    assert "needs >= 3: short by 0.2" in said


def test_screen_writes_the_log(invoke: Invoke, tmp_path: Path) -> None:
    out = tmp_path / "log"
    invoke("screen", "NCT06374979", "--people", str(PEOPLE), "--out", str(out), *DAY)
    log = (out / "screening-log.csv").read_text(encoding="utf-8")
    assert log.startswith("person,screened,answer,not met,not known,would settle it")
    assert "Dai,2026-04-01,not eligible,E5" in log
    assert (out / "reasons.csv").read_text(encoding="utf-8").count("\n") == 1 + 5 * 17
    assert (out / "funnel.csv").is_file()


def test_screen_as_json(invoke: Invoke) -> None:
    said = invoke("screen", "NCT06374979", "--people", str(PEOPLE), "--json", *DAY).stdout
    answers = {one["person"]: one for one in json.loads(said)}
    assert answers["Ada"]["answer"] == "eligible"
    assert answers["Cleo"]["would settle it"] == ["the day of birth"]


def test_screen_of_virtual_people(invoke: Invoke) -> None:
    said = invoke("screen", "NCT03424629", "--virtual", "500", "--json").stdout
    steps = {one["name"]: one for one in json.loads(said)["criteria"]}
    assert steps["I3"]["blocks"] > 0
    assert steps["E9"]["assumed"] == "waived"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("screen", "NCT06374979"), "expected --people FILE, or --virtual NUMBER"),
        (("screen", "NCT06374979", "--people", "none.csv"), "expected a file of people, found no file"),
        (("screen", "NCT06374979", "--people", str(PEOPLE), "--on", "soon"), "--on: expected a day"),
        (("screen", "NCT06374979", "--people", str(PEOPLE), "--lookback", "2"), "--lookback: expected a time"),
        (("feasibility", "NCT06374979", "--omop", "none.duckdb"), "expected a database at 'none.duckdb'"),
        (("import", "none.json"), "expected a record, found no file"),
        (("diff", "NCT06374979", "NCT0"), "no trial 'NCT0'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(invoke: Invoke, words: tuple[str, ...], says: str) -> None:
    done = invoke(*words)
    assert done.exit_code == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_diff_of_two_versions(invoke: Invoke) -> None:
    old = "NCT04979910@placebo_controlled"
    said = invoke("diff", old, "NCT04979910", "--trials", "20", "--json").stdout
    found = json.loads(said)
    assert found["criteria"] == [
        {"name": "S1", "before": "age is 18 to 70 years", "after": "age is 18 to 65 years", "how": "tighter: fewer"}
    ]  # fmt: skip
    assert found["virtual people"]["gained"] == 0
    assert found["virtual people"]["lost"] > 0
    assert [one["n"] for one in found["sizes"]] == [28, 7]
    assert all(one["power"][3] == 20 for one in found["sizes"])


def test_diff_names_who_changes_sides(invoke: Invoke, tmp_path: Path) -> None:
    old = ROOT / "trials" / "NCT06374979" / "trial.yaml"
    new = tmp_path / "trial.yaml"
    text = old.read_text(encoding="utf-8")
    new.write_text(text.replace("rule: PASI >= 3 or DLQI >= 6", "rule: PASI >= 9 or DLQI >= 13"))
    words = ("--people", str(PEOPLE), *DAY, "--trials", "5")
    said = invoke("diff", str(old), str(new), *words).stdout
    assert "Ada" in said
    assert "eligible" in said
    assert "tighter" in said or "changed" in said


def test_diff_of_a_file_with_itself(invoke: Invoke) -> None:
    assert "nothing changed" in invoke("diff", "NCT00320216", "NCT00320216").stdout


def test_diff_finds_the_enrolled_who_become_deviations(invoke: Invoke, tmp_path: Path) -> None:
    old = ROOT / "trials" / "NCT00320216" / "trial.yaml"
    new = tmp_path / "trial.yaml"
    text = old.read_text(encoding="utf-8").replace("rule: PASI >= 12}", "rule: PASI >= 20}")
    new.write_text(text)
    data = tmp_path / "data"
    data.mkdir()
    arm = "placebo"
    (data / "participants.csv").write_text(f"participant,arm\nA,{arm}\nB,{arm}\n")
    (data / "observations.csv").write_text(
        "participant,visit,measure,value\nA,screening,PASI,15\nB,screening,PASI,25\n"
    )
    done = invoke("diff", str(old), str(new), "--data", str(data), "--trials", "5", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["person"] for one in found["deviations"]] == ["A"]
    assert found["criteria"][0]["how"] == "tighter: fewer"


def test_import_writes_a_draft_and_says_what_to_decide(invoke: Invoke, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("A trial\nInclusion Criteria\n- PASI 12/72\nExclusion Criteria\n- HIV\n")
    out = tmp_path / "draft.yaml"
    said = invoke("import", str(page), "--out", str(out)).stdout
    assert "2 items: 0 complete, 1 partial, 1 text only" in said
    assert invoke("check", str(out)).exit_code == 0
    again = invoke("import", str(page), "--out", str(out))
    assert again.exit_code == 1
    assert "--force" in again.stderr
