"""run --all: a report for each trial that ships, an index of them, and no failure that hides."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from wholetrial.cli.application import app
from wholetrial.programme.run_all import run_all
from wholetrial.programme.trials import shipped_trials


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Every trial that ships, with two simulated trials each."""
    folder = tmp_path_factory.mktemp("all")
    told = []
    found = run_all(folder, replicates=2, progress=told.append)
    return folder, found, told


def test_every_trial_has_its_report_and_the_index_leads_to_it(ran) -> None:
    folder, found, _ = ran
    index = (folder / "index.html").read_text("utf-8")
    assert [one.trial for one in found] == list(shipped_trials())
    assert len(found) == 5
    for one in found:
        assert one.failure == ""
        assert f'href="{one.trial}/report.html"' in index
        assert (folder / one.trial / "report.html").is_file()
        assert json.loads((folder / one.trial / "results.json").read_text("utf-8"))["statistics"]
        assert one.row.caution in index.replace("&#39;", "'").replace("&#34;", '"')


def test_the_index_counts_the_participants_of_all(ran) -> None:
    """320 + 57 + 40 + 7 + 50."""
    assert "5 trials, 474 participants planned" in (ran[0] / "index.html").read_text("utf-8")


def test_progress_goes_over_all_trials(ran) -> None:
    told = ran[2]
    assert told == sorted(told)
    assert told[-1] == 10


def test_one_failure_is_said_and_the_others_run(tmp_path: Path) -> None:
    found = run_all(tmp_path, trials=["NCT06374979", "NCT0"], replicates=1)
    assert [bool(one.failure) for one in found] == [False, True]
    assert "no trial 'NCT0'" in found[1].failure
    index = (tmp_path / "index.html").read_text("utf-8")
    assert "No report." in index
    assert 'href="NCT0/' not in index


def test_a_failure_ends_with_1_and_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wholetrial.programme import run_all as module

    def breaks(trial: str, **_: object) -> None:
        raise ValueError(f"{trial} broke")

    monkeypatch.setattr(module, "run", breaks)
    ended = CliRunner().invoke(app, ["run", "--all", "--out", str(tmp_path), "--json"])
    assert ended.exit_code == 1
    assert "NCT06374979 did not run: NCT06374979 broke" in ended.stderr
    listed = json.loads(ended.stdout)
    assert {tuple(one) for one in listed} == {("trial", "failure")}
    assert (tmp_path / "index.html").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name a trial, or use --all"),
        (("--all",), "--all needs --out"),
        (("NCT00320216", "--all", "--out", "out"), "leave out TRIAL"),
        (("--all", "--out", "out", "--scenario", "no_effect"), "leave out --scenario"),
    ],
)
def test_words_that_do_not_go_together_are_an_error_of_use(
    words: tuple[str, ...], said: str
) -> None:
    ended = CliRunner().invoke(app, ["run", *words])
    assert ended.exit_code == 2
    assert said in " ".join(ended.stderr.split())


def test_nearby_figures_are_rows_of_the_results(ran) -> None:
    rows = json.loads((ran[0] / "NCT03424629" / "results.json").read_text("utf-8"))["statistics"]
    nearby = {
        (row["statistic"], row["arm"], row["n"]): row for row in rows if row["source"] == "nearby"
    }
    cheng = nearby["PGA of 0 or 1", "experimental", 17]
    assert (cheng["count"], cheng["endpoint"], cheng["level"]) == (3, "pga_0_1_week_20", "primary")
    assert cheng["value"] == pytest.approx(3 / 17)
    assert "one arm without control" in cheng["note"]
    metop = nearby["PASI 75", "methotrexate", 91]
    assert metop["note"].endswith("the simulator was fitted to this figure")


def test_signatures_are_planned_and_not_analyzed(ran) -> None:
    found = json.loads((ran[0] / "NCT04537689" / "results.json").read_text("utf-8"))
    assert len(found["planned_not_analyzed"]) == 2
    assert not [row for row in found["statistics"] if row["endpoint"].startswith("signature")]
    page = (ran[0] / "NCT04537689" / "report.html").read_text("utf-8")
    assert "Planned, not analyzed" in page
    assert "Skin biopsy and blood at week 0, week 24 and month 12 after withdrawal" in page
    for objective in found["notes"]:
        assert objective
