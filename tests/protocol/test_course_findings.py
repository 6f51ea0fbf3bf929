"""What checking finds in an empirical course: its aim, its times, what it depends on."""

from collections.abc import Callable

import pytest

SOUND = "aim: {PASI_75 at week 12: 30 %}, half_effect: 4 weeks, spread: 1, half_lost: 8 weeks"
WEAK = "    as_expected: {succeeds: true}\n    weak: {as_if: {drug: weak}, succeeds: false}"


@pytest.mark.parametrize(
    ("written", "instead", "printed"),
    [
        ("PASI_75 at week 12: 30 %", "PASI_75: 30 %",
         "aim: expected a condition at one time, such as PASI_75 at week 16, found 'PASI_75'"),
        ("PASI_75 at week 12: 30 %", '"PASI_75 at weeks 4, 12": 30 %',
         "aim: expected a condition at one time, such as PASI_75 at week 16, found 'PASI_75 at weeks 4, 12'"),
        (", spread: 1", "", "spread: expected a value for 'spread', found nothing; add it"),
        ("spread: 1", "spread: wide", "spread: expected a number, found 'wide'"),
        ("half_effect: 4 weeks", "half_effect: 4",
         "half_effect: expected a phrase such as '4 weeks', found 4"),
        ("half_lost: 8 weeks", "half_lost: 8 weeks, treated_for: soon",
         "treated_for: expected a whole number, found 'soon' in 'soon'"),
        ("half_lost: 8 weeks", "half_lost: 8 weeks, depends_on: {wieght: 0.9 per 10 kg}",
         "depends_on.wieght: expected a baseline value, or dose, found 'wieght'; did you mean 'weight'?"),
        ("spread: 1", "spread: 1, noise: 20 %",
         "noise: expected a field of this language, found 'noise'; known here: aim, decline, depends_on, half_effect, half_lost, lost_spread, spread, treated_for"),
    ],
)  # fmt: skip
def test_a_fault_of_a_course_says_what_was_expected(
    findings: Callable[..., list[str]], written: str, instead: str, printed: str
) -> None:
    course = "{" + SOUND.replace(written, instead) + "}"
    found = findings(
        ("    as_expected: {succeeds: true}", f"{WEAK}\n  courses:\n    weak: {course}")
    )
    assert [line.partition(": error: ")[2] for line in found] == [
        f"assumptions.courses.weak.{printed}"
    ]


def test_a_sound_course_has_no_findings(findings: Callable[..., list[str]]) -> None:
    course = "{" + SOUND + "}"
    change = ("    as_expected: {succeeds: true}", f"{WEAK}\n  courses:\n    weak: {course}")
    assert findings(change) == []


def test_a_course_that_nothing_uses_is_noted(findings: Callable[..., list[str]]) -> None:
    unused = "    as_expected: {succeeds: true}\n  courses:\n    weak: {" + SOUND + "}"
    (line,) = findings(("    as_expected: {succeeds: true}", unused))
    assert line.endswith("note: assumptions.courses.weak: nothing acts by the course 'weak'")
