"""wholetrial publish: one page, a site, and what keeps a page from being published."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from wholetrial.cli.application import app
from wholetrial.programme.trials import shipped_trials, trial_file

runner = CliRunner()


def test_one_trial_is_one_page(tmp_path: Path) -> None:
    done = runner.invoke(app, ["publish", "NCT04979910", "--out", str(tmp_path / "deep" / "out")])
    assert done.exit_code == 0
    (page,) = (tmp_path / "deep" / "out").iterdir()
    assert page.name == "NCT04979910.html"
    text = page.read_text(encoding="utf-8")
    assert "index.html" not in text
    assert "Similar trials" in text


def test_all_trials_are_a_site_whose_links_lead_somewhere(tmp_path: Path) -> None:
    done = runner.invoke(
        app, ["publish", "--all", "--out", str(tmp_path), "--on", "2026-01-05", "--json"]
    )
    assert done.exit_code == 0
    said = json.loads(done.output)
    assert [Path(page).stem for page in said["pages"]] == list(shipped_trials())
    assert {one["on"] for one in said["news"]} == {"2026-01-05"}
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"index.html", "feed.xml", *(f"{trial}.html" for trial in shipped_trials())}
    for path in tmp_path.glob("*.html"):
        for part in path.read_text(encoding="utf-8").split('href="')[1:]:
            target = part.partition('"')[0]
            if not target.startswith(("#", "mailto:", "https://clinicaltrials.gov/study/NCT")):
                assert target in names


def test_one_failure_stops_no_other_page(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("wholetrial: 1\ntrial: X1\n", encoding="utf-8")
    done = runner.invoke(
        app, ["publish", "NCT00320216", str(bad), "NCT00320216", "--out", str(tmp_path / "site")]
    )
    assert done.exit_code == 1
    assert "wrote" in done.output
    assert "bad.yaml" in done.output
    assert "another file has the id NCT00320216 too" in done.output
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "Not published" in index
    assert "bad.yaml" in index


def _changed(folder: Path, old: str, new: str) -> Path:
    text = trial_file("NCT06374979").read_text(encoding="utf-8")
    assert old in text
    file = folder / "trial.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    role: experimental\n", "    role: experimental      # DECIDE the role\n",
         "expected a finished trial file, found 1 place marked DECIDE"),
        ("arms:\n", "arms_: \n", "arms"),
    ],
)  # fmt: skip
def test_what_is_not_finished_is_not_published(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    done = runner.invoke(
        app, ["publish", str(_changed(tmp_path, old, new)), "--out", str(tmp_path / "o")]
    )
    assert done.exit_code == 1
    assert said in done.output
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("arguments", [[], ["--all", "NCT06374979"]])
def test_it_is_one_or_all(arguments: list[str]) -> None:
    done = runner.invoke(app, ["publish", *arguments])
    assert done.exit_code == 2


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = runner.invoke(app, ["publish", "NCT06374979", "--out", str(tmp_path / "file")])
    assert done.exit_code == 1
    assert "is a file; name a folder" in done.output
