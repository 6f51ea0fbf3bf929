"""The grammar of phrases: what is read prints as it was written, and reads back to the same."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from wholetrial.protocol import analysis_plan, assumptions, design, dose, endpoint, quantity, time
from wholetrial.protocol.condition import Condition
from wholetrial.protocol.read_condition import ConditionPhrase, read_condition
from wholetrial.protocol.reader import PhraseError, Reader

CONDITIONS = [
    "PASI >= 12",
    "age in 18 to 70 years",
    "CRP >= 0.5 mg/L",
    "PASI improvement >= 75 % at week 12",
    "PASI change since week 4 < -2.5",
    "PASI loss since best > 50 %",
    "PASI loss since week 7 > 50 % at any visit from week 8 to week 52",
    "PGA <= 1 by week 52",
    "relapse by months 15, 18, 24 after withdrawal",
    "PASI_75 at every visit from withdrawal to month 12 after withdrawal",
    "has plaque_psoriasis for at least 6 months",
    "takes antidepressant stable for more than 4 weeks",
    "plans pregnancy",
    "never had biologic",
    "had malignancy except skin_cancer within 5 years before screening",
    "had adequate_trial at least 2 times",
    "had severe_event in the study",
    'investigator judges "suitable for ixekizumab"',
    "consents",
    'agrees to "regular visits"',
    "not PASI_75",
    "not (A or B)",
    "PASI >= 10 or (BSA >= 10 % and DLQI >= 10)",
    "at least 2 of (A; B and C; not D)",
    "if is female then (never had pregnancy or is breastfeeding)",
    "worst PASI >= 12 within 4 weeks before screening",
    "every ALT <= 2.5 ULN within 3 months",
    "mean PASI >= 10",
    "any in 1 to 2",
    "PASI >= 12 before first_dose",
    "had biologic at least 2 kinds",
    "had biologic within 5 half_lives before first_dose",
    "PASI >= 12 unless (A or B)",
    "not (A unless B) and C",
    'participant judges "able to visit every two weeks"',
]
OTHERS: list[tuple[Callable[[Reader], Any], str]] = [
    (dose.read_dose, "drug 45 mg at weeks 0, 1, 2, 3"),
    (dose.read_dose, "drug 80 mg every 2 weeks from week 2 to week 12"),
    (dose.read_dose, "drug 2.5 to 5 mg/kg every day from week 0 to month 24 after withdrawal"),
    (dose.read_dose, "placebo at week 0"),
    (dose.read_dose, "drug 45 mg, 90 mg above 100 kg, at weeks 0, 4"),
    (dose.read_dose, "drug 45 mg, 90 mg above 100 kg, every 12 weeks from week 4 to week 52"),
    (dose.read_gift, "drug 45 mg, 90 mg above 100 kg"),
    (dose.read_gift, "drug 90 mg"),
    (dose.read_gift, "drug as assigned"),
    (dose.read_gift, "as in control"),
    (dose.read_gift, "drug 80 mg every 4 weeks for 12 weeks"),
    (endpoint.read_use, "drug from week 0 to week 60, at most 4 weeks a dose"),
    (assumptions.read_percent, "20 %"),
    (time.read_visit_plan, "within 2 to 4 weeks before week 0"),
    (time.read_visit_plan, "screening, week 0, weeks 12, 24, off_treatment"),
    (time.read_visit_plan, "all visits but screening"),
    (time.read_visit_plan, "all visits after withdrawal"),
    (time.read_duration, "1 week"),
    (time.read_point, "month 3 after withdrawal"),
    (design.read_range, "0 to 10"),
    (design.read_quantity, "5 mg"),
    (quantity.read_share, "33 of 64 by week 36"),
    (quantity.read_share, "17.8 %"),
    (quantity.read_rate, "251 per 100 years"),
    (quantity.read_rate, "0.5 per year"),
    (quantity.read_distribution, "lognormal(median 89 kg, log_sd 0.245)"),
    (quantity.read_distribution, "choice(3 0.75, 4 0.25)"),
    (analysis_plan.read_analysis_set, "everyone given a dose, by treatment received"),
    (analysis_plan.read_contrast, "pooled experimental with placebo"),
    (analysis_plan.read_estimate_plan, "risk_difference, miettinen_nurminen 97.5 %"),
    (analysis_plan.read_alpha, "0.025 one-sided"),
    (endpoint.read_measure_at, "DLQI at weeks 12, 24"),
    (endpoint.read_event_count, "serious adverse_events from week 0 to week 52, by grade"),
    (assumptions.read_noise, "2 points"),
    (assumptions.read_odds, "1.3 per 10 years"),
    (assumptions.read_acts_like, "potency 0.5"),
]
REFUSED: list[tuple[str, str, str, int]] = [
    ("", "a condition, such as PASI >= 12", "the end", 1),
    ("PASI >=", "a number", "the end", 8),
    ("PASI >= twelve", "a number", "'twelve'", 9),
    ("PASI in 3", "'to'", "the end", 10),
    ("A and B or C", "brackets around what 'and' joins: 'and' and 'or' do not mix", "'or'", 9),
    ("A at week", "a whole number", "the end", 10),
    ("(A", "')'", "the end", 3),
    ("A)", "the end of the phrase", "')'", 2),
    ("if A", "'then'", "the end", 5),
    ("at least two of (A)", "a whole number", "'two'", 10),
    ("PASI ≥ 12", "a word, a number or a sign", "'≥'", 6),
    ("investigator judges fit", 'text in double quotes ("...")', "'fit'", 21),
    ("not " * 21 + "A", "at most 20 nested brackets", "'not'", 81),
]


def read(text: str, reader: Callable[[Reader], Any]) -> Any:
    words = Reader(text)
    value = reader(words)
    words.expect_end()
    return value


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_prints_as_it_was_written(text: str) -> None:
    assert str(read(text, read_condition)) == text


@pytest.mark.parametrize(("reader", "text"), OTHERS)
def test_a_phrase_prints_as_it_was_written(reader: Callable[[Reader], Any], text: str) -> None:
    assert str(read(text, reader)) == text


@pytest.mark.parametrize(("text", "expected", "found", "character"), REFUSED)
def test_a_broken_phrase_says_what_is_missing_and_where(
    text: str, expected: str, found: str, character: int
) -> None:
    with pytest.raises(PhraseError) as refused:
        read(text, read_condition)
    error = refused.value
    assert (error.expected, error.found, error.offset + 1) == (expected, found, character)


TREES: TypeAdapter[Condition] = TypeAdapter(ConditionPhrase)


@given(st.data())
@settings(max_examples=200)
def test_any_condition_written_as_a_phrase_reads_back_to_the_same_tree(
    condition_trees: st.SearchStrategy[Condition], data: st.DataObject
) -> None:
    tree = data.draw(condition_trees)
    assert read(str(tree), read_condition) == tree


@given(st.data())
@settings(max_examples=100)
def test_any_condition_written_as_json_reads_back_to_the_same_tree(
    condition_trees: st.SearchStrategy[Condition], data: st.DataObject
) -> None:
    tree = data.draw(condition_trees)
    assert TREES.validate_json(TREES.dump_json(tree)) == tree


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_any_text_is_read_or_refused_at_a_character_of_it(text: str) -> None:
    offset = 0
    try:
        read(text, read_condition)
    except PhraseError as refused:
        offset = refused.offset
    except ValueError:
        pass
    assert 0 <= offset <= len(text)
