"""run: the same bytes for the same seed, clear errors, whole files or none."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
Program = Callable[..., CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[2]


def test_the_same_seed_gives_the_same_bytes_in_two_processes(program: Program) -> None:
    words = ("run", "NCT00320216", "--replicates", "3", "--json")
    first, again = program(*words, "--seed", "7"), program(*words, "--seed", "7")
    other = program(*words, "--seed", "8")
    assert first.returncode == 0
    assert first.stdout == again.stdout
    assert first.stdout != other.stdout
    assert json.loads(first.stdout)["seed"] == 7


def test_the_published_table_is_printed(invoke: Invoke) -> None:
    printed = invoke("run", "NCT00320216", "--replicates", "2").stdout
    rows = [line.split() for line in printed.splitlines()]
    assert "NCT00320216 is a phase 2, randomized, double-masked" in " ".join(printed.split())
    for count, share in (("33/64", "52%"), ("38/64", "59%"), ("43/64", "67%"), ("52/64", "81%")):
        assert any(count in row and share in row and "<0.001" in row for row in rows)
    safety = [line.split() for line in printed.splitlines() if "/252" in line]
    assert [(row[3], row[4], row[-2], row[-1]) for row in safety] == [
        ("200/252", "79%", "0.19", "0.19"),
        ("9/252", "4%", "0.69", "0.69"),
    ]


def test_one_replicate_is_a_trial_without_operating_characteristics(invoke: Invoke) -> None:
    ran = invoke("run", "NCT00320216", "--replicates", "1")
    assert ran.exit_code == 0
    assert "Power" not in ran.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--replicates", "0"), "replicates are 1 to 100,000; got 0"),
        (("--replicates", "-1"), "replicates are 1 to 100,000; got -1"),
        (("--replicates", "10000000"), "replicates are 1 to 100,000; got 10000000"),
        (("--seed", "-1"), "a seed is a whole number from 0 to 2**64 - 1; got -1"),
        (("--seed", str(2**64)), f"a seed is a whole number from 0 to 2**64 - 1; got {2**64}"),
        (("--scenario", "no_efect"), "no scenario 'no_efect': NCT00320216 has as_modeled, no_effect, plain_turnover, optimistic, cautious; did you mean 'no_effect'?"),
        (("--scenario", "xyz"), "no scenario 'xyz': NCT00320216 has as_modeled, no_effect, plain_turnover, optimistic, cautious"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_said_in_one_line(
    invoke: Invoke, words: tuple[str, ...], said: str
) -> None:
    refused = invoke("run", "NCT00320216", *words, "--out", "out")
    assert (refused.exit_code, refused.stdout, refused.stderr) == (1, "", f"error: {said}\n")
    assert list(Path().iterdir()) == []


def test_a_version_is_refused_where_the_file_has_none(invoke: Invoke) -> None:
    refused = invoke("run", "NCT00320216", "--protocol-version", "second")
    assert refused.exit_code == 1
    assert refused.stderr.rstrip().endswith("found 'second'; leave the version out")


@pytest.mark.parametrize("words", [("--seed", "x"), ("--replicates", "many"), ("--sede", "1")])
def test_an_option_that_does_not_read_is_an_error_of_use(
    invoke: Invoke, words: tuple[str, ...]
) -> None:
    assert invoke("run", "NCT00320216", *words).exit_code == 2


def test_a_scenario_is_named_and_warned_of(invoke: Invoke) -> None:
    ran = json.loads(
        invoke(
            "run", "NCT00320216", "--replicates", "2", "--scenario", "no_effect", "--json"
        ).stdout
    )
    assert ran["scenario"] == "no_effect"
    assert "Scenario 'no_effect': not what is expected, but what if." in ran["cautions"]


def test_a_path_runs_as_its_id_does(invoke: Invoke) -> None:
    words = ("--replicates", "2", "--json")
    file = ROOT / "trials" / "NCT00320216" / "trial.yaml"
    assert invoke("run", file, *words).stdout == invoke("run", "NCT00320216", *words).stdout


def test_out_writes_a_report_and_the_results_that_json_prints(invoke: Invoke) -> None:
    ran = invoke("run", "NCT00320216", "--replicates", "2", "--out", "a/b", "--json")
    assert ran.exit_code == 0
    assert Path("a/b/results.json").read_text(encoding="utf-8") == ran.stdout
    assert Path("a/b/report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert ran.stderr == "wrote a/b/report.html, a/b/figures.html and a/b/results.json\n"


def test_out_must_be_a_folder(invoke: Invoke) -> None:
    Path("out").write_text("mine")
    for out in ("out", "out/below"):
        refused = invoke("run", "NCT00320216", "--out", out)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr == "error: 'out' is a file; name a folder for the results\n"
    assert Path("out").read_text() == "mine"


@pytest.mark.parametrize("broken", ["report.page.render_report", "programme.outputs.results_json"])
def test_where_rendering_fails_the_files_stay_as_they_were(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    words = ("run", "NCT00320216", "--replicates", "1", "--out", "out")
    invoke(*words)
    before = {path.name: path.read_bytes() for path in Path("out").iterdir()}

    def breaks(*_: object) -> str:
        raise ValueError("it broke")

    monkeypatch.setattr(f"wholetrial.{broken}", breaks)
    refused = invoke(*words, "--seed", "2")
    assert (refused.exit_code, refused.stderr) == (1, "error: it broke\n")
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == before


def test_what_cannot_be_computed_is_named_and_never_replaced(
    invoke: Invoke, krueger_text: str
) -> None:
    """Published counts know no days: of them there are no rates."""
    before, start, safety = krueger_text.partition("  safety:\n    of: [any_ae, any_sae]")
    safety = safety.replace("test: fisher_exact", "test: rates_exact", 1)
    safety = safety.replace(
        "risk_difference, miettinen_nurminen", "rate_ratio, exact_conditional", 1
    )
    Path("trial.yaml").write_text(before + start + safety, encoding="utf-8")
    published = ROOT / "trials" / "NCT00320216" / "published.yaml"
    Path("published.yaml").write_bytes(published.read_bytes())
    words = ("run", "trial.yaml", "--replicates", "2")
    said = "· not yet computed: rate ratio, without days of follow-up (All experimental arms)"
    assert said in invoke(*words).stdout
    rows = json.loads(invoke(*words, "--json").stdout)["statistics"]
    printed = [row for row in rows if (row["analysis"], row["source"]) == ("safety", "published")]
    missing = [row for row in printed if row["statistic"] == "not_computed"]
    assert printed == missing
    assert len(missing) == 2 * 4
    assert all("without days of follow-up" in row["note"] for row in missing)
    assert {row["value"] for row in missing} == {None}


def test_a_trial_that_no_model_runs_says_so_and_ends_well(invoke: Invoke) -> None:
    text = (ROOT / "trials" / "NCT00320216" / "trial.yaml").read_text(encoding="utf-8")
    modeled = "    model: ustekinumab           # pharmacology, then lesion, then PASI\n"
    assert modeled in text
    text = text.replace(modeled, "").replace("{route: zhu, model: card}", "{route: zhu}")
    Path("trial.yaml").write_text(text, encoding="utf-8")
    ran = invoke("run", "trial.yaml")
    assert ran.exit_code == 0
    assert "· not yet simulated: CNTO_1275: the file names no model and no course" in ran.stdout
