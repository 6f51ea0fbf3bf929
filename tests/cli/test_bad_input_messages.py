"""What a new user who breaks a trial file reads: the exact words, at the place that is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
KNOWN_VISITS = (
    "screening, week 0, week 1, week 2, week 3, week 4, week 8, week 12, week 16, week 20, "
    "week 24, week 28, week 32, week 36"
)
ONCE_45 = "n: 64, doses: [CNTO_1275 45 mg at week 0]"


class Slip(NamedTuple):
    """What stands in the shipped file, what a user types instead, where (at |), and the words."""

    old: str
    new: str
    place: str
    said: str


SLIPS = {
    "unknown field": Slip(
        "  centers: 46", "  centers: 46\n  colour: blue", "colour",
        "design.colour: expected a field of this language, found 'colour'; known here: allocation, "
        "centers, condition, masked_by, masking, objectives, phase, question, structure, type",
    ),
    "misspelt field": Slip(
        "structure: parallel", "strcture: parallel", "strcture",
        "design.strcture: expected a field of this language, found 'strcture'; "
        "did you mean 'structure'?",
    ),
    "misspelt block": Slip(
        "\nendpoints:", "\nendponts:", "endponts",
        "endponts: expected a field of this language, found 'endponts'; did you mean 'endpoints'?",
    ),
    "visit outside the schedule": Slip(
        "response: PASI_75 at week 12", "response: PASI_75 at week 13", "week |13",
        "endpoints.primary.pasi_75_week_12.response: expected the time of a planned visit, "
        f"found 'week 13'; planned: {KNOWN_VISITS}",
    ),
    "dose of another intervention": Slip(
        "placebo at weeks 0 to 3", "plazebo at weeks 0 to 3", "plazebo",
        "arms.placebo.doses.0: expected the name of an intervention, found 'plazebo'; "
        "did you mean 'placebo'?",
    ),
    "dose without unit": Slip(
        "[CNTO_1275 45 mg at week 0]", "[CNTO_1275 45 at week 0]", "CNTO_1275 45 at",
        "arms.once_45.doses.0: expected a value that holds together, found "
        "'CNTO_1275 45 at week 0'; an amount needs a unit: 45 mg, 1e6 cells/kg",
    ),
    "threshold outside the range": Slip(
        "PASI >= 12}", "PASI >= 80}", "80}",
        "eligibility.include.I3.rule: expected a threshold within PASI's range, 0 to 72, "
        "found 'PASI >= 80'",
    ),
    "share outside the range": Slip(
        "PASI improvement >= 75 %", "PASI improvement >= 175 %", "175",
        "terms.PASI_75: expected an improvement of at most 100 %, "
        "found 'PASI improvement >= 175 %'",
    ),
    "arm without participants": Slip(
        ONCE_45, ONCE_45.replace("64", "0"), "n: |0, doses",
        "arms.once_45.n: expected at least 1, found 0",
    ),
    "half a participant": Slip(
        ONCE_45, ONCE_45.replace("64", "64.5"), "64.5",
        "arms.once_45.n: expected a whole number, found 64.5",
    ),
    "number in words": Slip(
        ONCE_45, ONCE_45.replace("64", "sixty-four"), "sixty-four",
        "arms.once_45.n: expected a whole number, found 'sixty-four'",
    ),
    "arm twice": Slip(
        "once_90: {label", "once_45: {label", "once_45: {label: 90",
        "expected each name once, found 'once_45' again (line 46)",
    ),
    "no for false": Slip(
        "succeeds: false", "succeeds: no", "no}",
        "assumptions.scenarios.no_effect.succeeds: expected true or false, found 'no'; write false",
    ),
    "no for none": Slip(
        "masking: [participant, investigator]", "masking: no", "masking: no",
        "design.masking: expected 'none' or a list, found 'no'; did you mean 'none'?",
    ),
    "misspelt test": Slip(
        "test: fisher_exact", "test: fischer_exact", "fischer_exact",
        "analyses.efficacy.test: expected the name of a test, found 'fischer_exact'; "
        "did you mean 'fisher_exact'?",
    ),
    "misspelt analysis set": Slip(
        "set: randomized", "set: randomised", "randomised",
        "analyses.efficacy.set: expected the name of an analysis set, found 'randomised'; "
        "did you mean 'randomized'?",
    ),
    "misspelt term": Slip(
        "when: not PASI_75", "when: not PASI_57", "PASI_57",
        "rules.additional_dose.when: expected the name of a term, found 'PASI_57'; "
        "did you mean 'PASI_75'?",
    ),
    "misspelt instrument": Slip(
        "PASI: pasi ", "PASI: passi ", "PASI: passi",
        "instruments.PASI: expected an instrument of the library, found 'passi'; "
        "did you mean 'pasi'?",
    ),
    "more than all": Slip(
        "3 of 64 by week 36", "70 of 64 by week 36", "weekly_45: |70",
        "assumptions.dropout.weekly_45: expected a value that holds together, found "
        "'70 of 64 by week 36'; 70 of 64 is more than all of them",
    ),
    "another distribution": Slip(
        "PASI: lognormal(median 16, log_sd 0.45)", "PASI: gamma(shape 2, rate 3)", "gamma",
        "assumptions.baseline.PASI: expected a value that holds together, found "
        "'gamma(shape 2, rate 3)'; 'gamma' is no distribution; known: choice, exponential, "
        "lognormal, normal, uniform",
    ),
    "source that is not listed": Slip(
        "allocation.randomized: paper", "allocation.randomized: papre", "allocation.randomized: |papre",
        "design.allocation.randomized: expected the name of a source, found 'papre'; "
        "did you mean 'paper'?",
    ),
    "tab": Slip(
        "  phase: 2", "\tphase: 2", "\tphase",
        "expected YAML, found a tab character that violates indentation; "
        "indent with spaces, not tabs",
    ),
    "alias": Slip(
        "arms:\n", "arms: &a\n", "&a",
        "expected the text itself, found an anchor or alias (& or *); write it out",
    ),
}  # fmt: skip


def place_of(text: str, culprit: str) -> str:
    """The line and column, from 1, at which a text stands first; | marks a place within it."""
    start = text.index(culprit.replace("|", "")) + max(culprit.find("|"), 0)
    before = text[:start]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def slipped(text: str, slip: Slip) -> str:
    assert slip.old in text, "the shipped file no longer holds what this test changes"
    return text.replace(slip.old, slip.new, 1)


@pytest.mark.parametrize("kind", SLIPS)
def test_a_slip_is_said_at_its_place_in_words(invoke: Invoke, krueger_text: str, kind: str) -> None:
    slip = SLIPS[kind]
    text = slipped(krueger_text, slip)
    Path("mine.yaml").write_text(text, encoding="utf-8")
    checked = invoke("check", "mine.yaml")
    errors = [line for line in checked.stdout.splitlines() if ": error: " in line]
    assert errors == [f"mine.yaml:{place_of(text, slip.place)}: error: {slip.said}"]
    assert checked.exit_code == 1
    assert checked.stdout.splitlines()[-1].partition(": ")[2].startswith("1 error")


@pytest.mark.parametrize("kind", ["misspelt field", "threshold outside the range", "tab"])
@pytest.mark.parametrize("verb", [("run",), ("randomize",), ("plan", "--start", "2026-01-05")])
def test_no_command_starts_on_a_file_with_errors(
    invoke: Invoke, krueger_text: str, kind: str, verb: tuple[str, ...]
) -> None:
    Path("mine.yaml").write_text(slipped(krueger_text, SLIPS[kind]), encoding="utf-8")
    refused = invoke(verb[0], "mine.yaml", *verb[1:])
    assert refused.exit_code == 1
    assert SLIPS[kind].said in refused.stderr
    assert refused.stdout == ""
    assert [path.name for path in Path().iterdir()] == ["mine.yaml"]


NO_TRIAL_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (
        b"",
        "1:1: error: expected a trial file, found an empty file; start with `wholetrial new`",
    ),
    "a picture": (
        b"\x89PNG\r\n\x1a\n\x00\x00",
        "1:1: error: expected text in UTF-8, found other bytes; save it as UTF-8 text",
    ),
    "a web page": (
        b"<!DOCTYPE html><html><body>404 not found</body></html>",
        "1:1: error: expected names with values, such as trial: NCT..., found other data",
    ),
    "exploding aliases": (
        b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "1:4: error: expected the text itself, found an anchor or alias (& or *); write it out",
    ),
    "five thousand brackets": (
        b"a: " + b"[" * 5000 + b"]" * 5000,
        "1:34: error: expected at most 30 levels, found deeper nesting",
    ),
}


@pytest.mark.parametrize("verb", ["check", "run"])
@pytest.mark.parametrize("kind", NO_TRIAL_FILES)
def test_what_is_no_trial_file_is_refused(invoke: Invoke, kind: str, verb: str) -> None:
    content, said = NO_TRIAL_FILES[kind]
    Path("mine.yaml").write_bytes(content)
    refused = invoke(verb, "mine.yaml")
    assert refused.exit_code == 1
    printed = refused.stdout if verb == "check" else refused.stderr
    assert printed.splitlines()[0] == f"mine.yaml:{said}"


def test_100_megabytes_are_refused_at_once(invoke: Invoke) -> None:
    with Path("huge.yaml").open("wb") as sparse:
        sparse.truncate(100_000_000)
    refused = invoke("check", "huge.yaml")
    assert refused.exit_code == 1
    assert refused.stdout.splitlines() == [
        (
            "huge.yaml:1:1: error: expected at most 1,000,000 bytes, found more; "
            "a trial file is short: is this another file?"
        ),
        "huge.yaml: 1 error",
    ]


def test_every_finding_comes_at_once(invoke: Invoke, krueger_text: str) -> None:
    text = krueger_text
    for kind in ("misspelt test", "misspelt term", "visit outside the schedule"):
        text = slipped(text, SLIPS[kind])
    Path("mine.yaml").write_text(text, encoding="utf-8")
    checked = invoke("check", "mine.yaml")
    for kind in ("misspelt test", "misspelt term", "visit outside the schedule"):
        assert SLIPS[kind].said in checked.stdout
    assert checked.stdout.splitlines()[-1].startswith("NCT00320216: 3 errors, ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("NCT00320217", "no trial 'NCT00320217': neither an id nor a file; did you mean 'NCT00320216'?"),
        ("nct00320216", "no trial 'nct00320216': neither an id nor a file; did you mean 'NCT00320216'?"),
        (
            "mine.yml",
            "no trial 'mine.yml': neither an id nor a file; known: NCT00320216, NCT03424629, NCT04537689, NCT04979910, NCT06374979",
        ),
    ],
)  # fmt: skip
def test_a_trial_that_is_not_there_names_the_nearest(invoke: Invoke, given: str, said: str) -> None:
    for verb in ("check", "run", "describe"):
        refused = invoke(verb, given)
        assert (refused.exit_code, refused.stdout, refused.stderr.strip()) == (
            1,
            "",
            f"error: {said}",
        )
