"""simulate: what it prints, what cannot be asked, Ctrl-C, one trial written as tables."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
Program = Callable[..., subprocess.CompletedProcess[str]]
QUICK = "NCT04979910"


def test_the_cautions_stand_first_and_the_power_has_its_error(invoke: Invoke) -> None:
    printed = invoke("simulate", "NCT00320216", "--replicates", "4").stdout
    lines = printed.splitlines()
    assert lines[0].startswith("· The model was fitted to 31 published numbers")
    assert "· Known miss: " in printed[: printed.index("NCT00320216 · A human")]
    assert "Scenario as modeled: 4 trials of 320 virtual participants, seed 1;" in printed
    assert re.search(r"45 mg once +\d+% \(\d+ to \d+\)", printed)
    assert re.search(r"45 mg once with Placebo +\d/4 +[\d.]+% ± [\d.]+%", printed)
    assert "Right decisions" not in printed


def test_all_scenarios_are_crossed_and_each_decision_is_judged(invoke: Invoke) -> None:
    printed = invoke("simulate", QUICK, "--replicates", "40", "--scenario", "all").stdout
    assert "Scenario like psoriasis: 40 trials of 7" in printed
    assert "Scenario like placebo: 40 trials of 7" in printed
    assert "A trial succeeds if its one primary comparison succeeds." in printed
    rows = [line for line in printed.splitlines() if re.match(r" ?like p\w+ +(not )?succeed", line)]
    assert len(rows) == 2
    assert all(re.search(r"\d+/40 +[\d.]+% ± [\d.]+%", row) for row in rows)
    assert all("enough" in row or "too few" in row or "trials" in row for row in rows)


def test_a_single_cautious_line_is_not_said_twice(invoke: Invoke) -> None:
    printed = invoke("simulate", QUICK, "--replicates", "2", "--scenario", "all").stdout
    assert printed.count("A single arm cannot tell the effect") == 1
    assert printed.count("· Left out: ") == 1


def test_a_trial_that_tests_nothing_says_that_nothing_is_decided(invoke: Invoke) -> None:
    printed = invoke("simulate", "NCT04537689", "--replicates", "1").stdout
    assert "The plan tests no primary endpoint, so there is no decision to get right." in printed


def test_json_holds_the_forecasts_powers_and_decisions(invoke: Invoke) -> None:
    ran = invoke("simulate", QUICK, "--replicates", "8", "--scenario", "all", "--json")
    document = json.loads(ran.stdout)
    assert (document["asked"], document["seed"], document["stopped"]) == (8, 1, False)
    assert [one["scenario"] for one in document["scenarios"]] == ["like_psoriasis", "like_placebo"]
    statistics = document["scenarios"][0]["statistics"]
    assert {"mean p_value", "power"} <= {row["statistic"] for row in statistics}
    assert document["decisions"]["rule"].startswith("A trial succeeds if")
    for one in document["decisions"]["scenarios"]:
        assert one["replicates"] == 8
        assert one["share"] == one["right"] / 8
        assert one["suffices"] == (one["needed"] is None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--replicates", "0"), "replicates are 1 to 10,000,000; got 0"),
        (("--replicates", "10000001"), "replicates are 1 to 10,000,000; got 10000001"),
        (("--seed", "-1"), "a seed is a whole number from 0 to 2**64 - 1; got -1"),
        (("--scenario", "no_efect"), "no scenario 'no_efect': NCT00320216 has"),
        (("--cluster", "tcp://127.0.0.1:1"), "no scheduler answers at 'tcp://127.0.0.1:1' ("),
        (("--cluster", "far away"), "'far away' is no address of a scheduler; write 'local', or"),
        (("--cluster", "tcp://127.0.0.1:99999"), "no scheduler answers at 'tcp://127.0.0.1:99999'"),
        (("--replay", "6", "--out", "out"), "trials are numbered from 1 to the 5 asked for; got 6"),
        (("--replay", "0", "--out", "out"), "trials are numbered from 1 to the 5 asked for; got 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_said_in_one_line(
    invoke: Invoke, words: tuple[str, ...], said: str
) -> None:
    refused = invoke("simulate", "NCT00320216", "--replicates", "5", *words)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"error: {said}")
    assert refused.stderr.count("\n") == 1
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--replay", "1"), "--replay needs --out, a folder for the tables"),
        (("--replay", "1", "--out", "out", "--scenario", "all"), "--replay writes one trial"),
        (("--threads", "0"), "--threads is 1 or more; got 0"),
        (("--threads", "2", "--cluster", "tcp://127.0.0.1:1"), "a scheduler has its own workers"),
        (("--parameters", "guessed"), "guessed"),
    ],
)
def test_options_that_do_not_go_together_are_an_error_of_use(
    invoke: Invoke, words: tuple[str, ...], said: str
) -> None:
    refused = invoke("simulate", "NCT00320216", "--replicates", "5", *words)
    assert refused.exit_code == 2
    assert said in " ".join(refused.stderr.replace("│", " ").split())


def test_without_dask_it_says_what_to_install(program: Program, tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ImportError('no Dask here')\n")
    refused = program(
        "simulate", QUICK, "--replicates", "5", "--cluster", "local",
        PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
    )  # fmt: skip
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "error: a cluster needs Dask, which is not installed: pip install 'wholetrial[cluster]'\n"
    )


def test_a_scenario_is_asked_for_where_the_file_has_none(invoke: Invoke, krueger_text: str) -> None:
    without = re.sub(r"^  scenarios:\n(    .*\n)+", "", krueger_text, flags=re.M)
    assert len(without) < len(krueger_text)
    Path("trial.yaml").write_text(without, "utf-8")
    refused = invoke("simulate", "trial.yaml", "--scenario", "all")
    assert refused.exit_code == 1
    assert refused.stderr == "error: no scenario 'all': NCT00320216 has none\n"


def test_a_trial_is_replayed_into_a_new_folder_only(invoke: Invoke) -> None:
    words = ("simulate", QUICK, "--replicates", "5", "--replay", "2", "--out", "sent")
    done = invoke(*words)
    assert done.exit_code == 0
    assert "Trial 2 of 5, as a hospital would send it:" in done.stdout
    assert sorted(path.name for path in Path("sent").iterdir()) == [
        "adverse_events.csv", "dispositions.csv", "exposures.csv", "observations.csv",
        "participants.csv", "visits.csv",
    ]  # fmt: skip
    told = json.loads(invoke("analyze", QUICK, "--data", "sent", "--json").stdout)["statistics"]
    again = json.loads(invoke(*words[:-1], "again", "--json").stdout)
    without = ("source",)
    assert [{k: v for k, v in row.items() if k not in without} for row in told] == [
        {k: v for k, v in row.items() if k not in without} for row in again["statistics"]
    ]
    assert again["replicate"] == 2
    refused = invoke(*words)
    assert refused.exit_code == 1
    assert refused.stderr == "error: 'sent' is not empty; name a new folder for the tables\n"


def stopped(command: tuple[str, ...], *words: str) -> tuple[int, str, str]:
    """Exit code, output and what a terminal showed when Ctrl-C came after the first trials."""
    terminal, stderr = os.openpty()
    process = subprocess.Popen(
        [*command, "simulate", QUICK, "--replicates", "100000", *words],
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
    os.close(stderr)
    shown = b""
    while not re.search(rb"[1-9]\d*/100000", shown):
        shown += os.read(terminal, 4096)
    os.killpg(process.pid, signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    os.close(terminal)
    return process.returncode, printed, shown.decode(errors="replace")


def test_ctrl_c_leaves_what_was_done_and_says_so_first(command: tuple[str, ...]) -> None:
    code, printed, shown = stopped(command)
    assert code == 130
    found = re.match(
        r"stopped after ([\d,]+) of 100,000 trials; what follows rests on these\n", printed
    )
    assert found is not None
    assert f"Scenario as modeled: {found[1]} trials of 7 virtual participants" in printed
    assert re.search(r"[\d,]+ trials/s, \d+:\d\d:\d\d left", shown)


def test_what_is_left_by_ctrl_c_is_what_so_many_trials_say(
    command: tuple[str, ...], program: Program
) -> None:
    code, printed, _ = stopped(command, "--json")
    partial = json.loads(printed)
    assert (code, partial["stopped"], partial["asked"]) == (130, True, 100_000)
    so_many = partial["scenarios"][0]["replicates"]
    whole = json.loads(program("simulate", QUICK, "--replicates", str(so_many), "--json").stdout)
    assert whole["scenarios"] == partial["scenarios"]


def test_nothing_of_its_progress_goes_into_a_file(program: Program) -> None:
    done = program("simulate", QUICK, "--replicates", "70", "--threads", "2")
    assert (done.returncode, done.stderr) == (0, "")
