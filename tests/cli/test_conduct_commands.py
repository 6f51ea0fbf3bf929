"""randomize, verify and plan: what they write and print, and how they refuse."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
SEED = "0123456789abcdef" * 4


def commitment_of(printed: str) -> str:
    return re.findall(r"\b[0-9a-f]{64}\b", printed)[0]


def test_a_list_is_made_and_proved(invoke: Invoke) -> None:
    made = invoke("randomize", "NCT00320216", "--seed", SEED)
    assert made.stdout.startswith("320 lines. Publish this commitment now")
    assert SEED not in made.stdout
    committed = commitment_of(made.stdout)
    proof = ("verify", "NCT00320216", "allocation", "--seed", SEED, "--commitment")
    proved = invoke(*proof, committed)
    assert (proved.exit_code, proved.stdout) == (0, "the list is the one committed to\n")
    refused = invoke(*proof, "0" * 64)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("error: the list does not hold: ")


def test_a_changed_line_is_found(invoke: Invoke) -> None:
    made = json.loads(invoke("randomize", "NCT00320216", "--seed", SEED, "--json").stdout)
    listed = Path(made["files"]["pharmacist"])
    lines = listed.read_text(encoding="utf-8").splitlines(keepends=True)
    listed.write_text("".join([*lines[:-2], lines[-1], lines[-2]]), encoding="utf-8")
    proof = ("verify", "NCT00320216", "allocation", "--seed", SEED, "--commitment")
    checked = invoke(*proof, made["commitment"], "--json")
    assert checked.exit_code == 1
    assert json.loads(checked.stdout)["holds"] is False


def test_a_list_in_use_is_never_replaced(invoke: Invoke) -> None:
    invoke("randomize", "NCT00320216")
    before = {path: path.read_bytes() for path in Path("allocation").rglob("*") if path.is_file()}
    refused = invoke("randomize", "NCT00320216")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "error: 'allocation' exists, and an allocation is never overwritten; name another folder\n",
    )
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("NCT04979910",), "NCT04979910 is not randomized: everybody comes to its one arm, ixekizumab"),
        (
            ("NCT04537689",),
            ("NCT04537689 is not randomized; how people come to its arms (ixekizumab, control): "
            "control for those who decline ixekizumab or come when its quota is full"),
        ),
        (
            ("NCT00320216", "--seed", "abc"),
            ("a sealed seed is 64 hexadecimal digits (256 bits), because a short one could be "
            "found by trying; got 3 characters. Leave it out and one is drawn"),
        ),
        (
            ("NCT00320216", "--reserve", "-5"),
            ("a reserve lies in 0 to 1,000,000 and a list has at most 5,000,000 lines; "
            "got a reserve of -5 for 1 lists of 320"),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_randomized_writes_nothing(
    invoke: Invoke, words: tuple[str, ...], said: str
) -> None:
    refused = invoke("randomize", *words)
    assert (refused.exit_code, refused.stdout, refused.stderr) == (1, "", f"error: {said}\n")
    assert list(Path().iterdir()) == []


def test_a_folder_without_a_list_is_named(invoke: Invoke) -> None:
    refused = invoke("verify", "NCT00320216", "none", "--seed", SEED, "--commitment", "0" * 64)
    assert (refused.exit_code, refused.stderr) == (
        1,
        "error: No such file or directory: none/for-the-pharmacist/allocation-list.csv\n",
    )


WRONG_PLANS = {
    "a day that is none": (
        ("NCT00320216", "--start", "2026-02-30"),
        "a date is a day of the calendar, written 2026-01-05 (year-month-day); got '2026-02-30'",
    ),
    "another order": (
        ("NCT00320216", "--start", "5.1.2026"),
        "a date is a day of the calendar, written 2026-01-05 (year-month-day); got '5.1.2026'",
    ),
    "the last year": (
        ("NCT00320216", "--start", "9999-12-30"),
        "a start lies in 1950 to 2100; got 9999-12-30",
    ),
    "too light": (
        ("NCT00320216", "--start", "2026-01-05", "--weight", "10"),
        "a body weight lies in 20 to 300 kg; got 10",
    ),
    "too heavy": (
        ("NCT00320216", "--start", "2026-01-05", "--weight", "400"),
        "a body weight lies in 20 to 300 kg; got 400",
    ),
    "no number": (
        ("NCT00320216", "--start", "2026-01-05", "--weight", "nan"),
        "a body weight lies in 20 to 300 kg; got nan",
    ),
    "weightless": (
        ("NCT00320216", "--start", "2026-01-05", "--weight", "0"),
        "a body weight lies in 20 to 300 kg; got 0",
    ),
    "a misspelt arm": (
        ("NCT00320216", "--start", "2026-01-05", "--arm", "once_54"),
        (
            "an arm is one of once_45, once_90, weekly_45, weekly_90, placebo; got 'once_54'; "
            "did you mean 'once_45'?"
        ),
    ),
    "an arm that must be said": (
        ("NCT03424629", "--start", "2026-01-05"),
        (
            "NCT03424629 has 3 arms that the participant knows: say which (arm, --arm): "
            "low_dose, high_dose, methotrexate"
        ),
    ),
}


@pytest.mark.parametrize("kind", WRONG_PLANS)
def test_a_plan_that_cannot_be_is_said_in_one_line(invoke: Invoke, kind: str) -> None:
    words, said = WRONG_PLANS[kind]
    refused = invoke("plan", *words)
    assert (refused.exit_code, refused.stdout, refused.stderr) == (1, "", f"error: {said}\n")


def test_doses_per_kilogram_need_a_weight(invoke: Invoke) -> None:
    """1,000,000 cells/kg for 70 kg are 70 million cells."""
    words = ("plan", "NCT03424629", "--start", "2026-01-05", "--arm", "low_dose")
    assert "70,000,000 cells" in " ".join(invoke(*words, "--weight", "70").stdout.split())
    refused = invoke(*words)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "error: UC MSC is dosed in cells/kg: give the body weight in kg\n"


def test_a_plan_as_json_has_the_dates_of_the_visits(invoke: Invoke) -> None:
    """Week 12 after Monday 5 January 2026 is Monday 30 March."""
    made = json.loads(invoke("plan", "NCT00320216", "--start", "2026-01-05", "--json").stdout)
    week_12 = next(row for row in made["rows"] if "week 12" in row["what"])
    assert (week_12["date"], week_12["weekday"]) == ("2026-03-30", "Monday")
    assert (week_12["earliest"], week_12["latest"]) == ("2026-03-27", "2026-04-02")
