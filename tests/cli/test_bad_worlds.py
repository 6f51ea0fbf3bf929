"""Numbers in a trial file that make no world: what a user reads, and nothing is simulated."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
TEXT = (Path(__file__).resolve().parents[2] / "trials/NCT00320216/trial.yaml").read_text("utf-8")
DOSE = "n: 64, doses: [CNTO_1275 45 mg at week 0]"
WEIGHT = "lognormal(median 89 kg, log_sd 0.245)"
PASI = "PASI: lognormal(median 16, log_sd 0.45)"

REFUSED = {
    "a negative dose": (DOSE, DOSE.replace("45", "-45"), "should be greater than or equal to 0"),
    "a dose that is no number": (DOSE, DOSE.replace("45 mg", "nan mg"), "found 'nan'"),
    "a dose before the first": (
        DOSE, DOSE.replace("week 0", "week -1"), "expected a day from first_dose on, found 'week -1'",
    ),
    "ten million people": (
        DOSE, DOSE.replace("64", "10000000"), "n: expected at most 1,000,000, found 10000000",
    ),
    "nobody": (DOSE, DOSE.replace("64", "0"), "n: expected at least 1, found 0"),
    "a negative weight": (
        WEIGHT, "normal(mean -89 kg, sd 1)", "expected values within weight's range, 0 to 400",
    ),
    "a spread of nothing": (WEIGHT, "lognormal(median 89 kg, log_sd 0)", "must be above 0"),
    "a weight that is no number": (WEIGHT, "lognormal(median nan kg, log_sd 1)", "found 'nan'"),
    "a potency of 0": ("potency 2}", "potency 0}", "the number should be greater than 0"),
    "a potency that is no number": ("potency 2}", "potency nan}", "expected a number, found 'nan'"),
    "noise that is no number": ("PASI: 20 %\n", "PASI: .nan %\n", "visit_noise.PASI: expected"),
    "PASI beyond its range": (
        PASI, PASI.replace("16", "1000"), "expected values within PASI's range, 0 to 72",
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", [("run",), ("simulate", "--replicates", "5")])
@pytest.mark.parametrize("kind", REFUSED)
def test_a_number_without_sense_is_refused_before_anything_is_simulated(
    invoke: Invoke, kind: str, command: tuple[str, ...]
) -> None:
    old, new, said = REFUSED[kind]
    assert old in TEXT
    Path("mine.yaml").write_text(TEXT.replace(old, new), "utf-8")
    refused = invoke(command[0], "mine.yaml", *command[1:])
    assert refused.exit_code == 1
    assert said in refused.stderr
    assert refused.stdout == ""


NOT_SIMULATED = {
    "a weight of 400 kg": (
        WEIGHT, "lognormal(median 400 kg, log_sd 0.01)", "can exist: virtual people have PASI 0 to 72",
    ),
    "people whom nobody meets": (
        PASI, "PASI: lognormal(median 0.1, log_sd 0.1)", "meets the criteria",
    ),
    "five million people": ("n: 64", "n: 1000000", "at most 1,000,000 participants"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_SIMULATED)
def test_a_world_that_cannot_be_simulated_says_why(invoke: Invoke, kind: str) -> None:
    old, new, said = NOT_SIMULATED[kind]
    Path("mine.yaml").write_text(TEXT.replace(old, new), "utf-8")
    shown = invoke("run", "mine.yaml", "--replicates", "2")
    words = " ".join(shown.output.split())
    assert "not yet simulated: " in words
    assert said in words
    assert "nan" not in words.replace("financ", "")
