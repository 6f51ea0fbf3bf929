"""The plain English of conditions, designs and whole trials."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.protocol.condition import Condition
from wholetrial.protocol.condition_in_words import condition_in_words
from wholetrial.protocol.describe import describe
from wholetrial.protocol.design_in_words import design_in_words
from wholetrial.protocol.load import load, load_bytes
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader

TRIALS = sorted((Path(__file__).parents[2] / "trials").glob("*/trial.yaml"))
SAID = [
    ("PASI >= 12", "PASI is at least 12"),
    ("PGA = 0", "PGA is 0"),
    ("age in 18 to 70 years", "age is 18 to 70 years"),
    ("weight < 100 kg at week 0", "body weight is less than 100 kg at week 0"),
    ("PASI improvement >= 75 % at week 12", "PASI has improved by at least 75% at week 12"),
    ("PASI improvement >= 100 %", "PASI has improved by 100%"),
    ("PASI change since week 4 <= -3", "PASI has changed from week 4 by at most -3 points"),
    ("PASI loss since best > 50 %", "more than 50% of the best PASI improvement so far has been lost"),
    ("PASI loss since week 7 > 50 %", "more than 50% of the PASI improvement reached at week 7 has been lost"),
    ("not PASI_75 at week 12", "PASI has improved by less than 75% at week 12"),
    ("PASI_75 by week 52", "PASI has improved by at least 75% at any visit up to week 52"),
    (
        "PASI_75 at every visit from week 4 to week 12",
        "PASI has improved by at least 75% at every visit from week 4 to week 12",
    ),
    (
        "not PASI_75 at every visit from week 4 to week 12",
        "PASI has improved by less than 75% at one visit or more from week 4 to week 12",
    ),
    ("has plaque_psoriasis", "the participant has plaque psoriasis"),
    ("has plaque_psoriasis for at least 6 months", "the participant has had plaque psoriasis for at least 6 months"),
    ("had biologic within 4 weeks", "the participant has had a biologic medicine within the past 4 weeks"),
    (
        "had biologic within 4 weeks before first_dose",
        "the participant has had a biologic medicine within the 4 weeks before the first dose",
    ),
    ("never had biologic", "the participant has never had a biologic medicine"),
    ("not had biologic", "the participant has not had a biologic medicine"),
    ("had other_trial within 3 months", "the participant has been taking part in another trial within the past 3 months"),
    (
        "takes biologic stable for more than 4 weeks",
        "the participant has taken a biologic medicine at a stable dose for more than 4 weeks",
    ),
    ("is pregnant or is breastfeeding", "the participant is pregnant or is breastfeeding"),
    ("not is pregnant", "the participant is not pregnant"),
    ("plans pregnancy", "the participant plans pregnancy"),
    ('investigator judges "fit"', 'the investigator judges "fit"'),
    ("consents", "the participant consents"),
    ('not agrees to "birth control"', "the participant does not agree to birth control"),
    (
        "PASI >= 10 or (BSA >= 10 % and DLQI >= 10)",
        "PASI is at least 10, or BSA is at least 10% and DLQI is at least 10",
    ),
    (
        "DLQI >= 10 and (PASI >= 10 or BSA >= 10 %)",
        "DLQI is at least 10, and either PASI is at least 10 or BSA is at least 10%",
    ),
    ("at least 2 of (PASI >= 1; DLQI >= 1; consents)",
     "at least 2 of these hold: PASI is at least 1; DLQI is at least 1; the participant consents"),
    ("if is female then never had biologic",
     "if the participant is female, then the participant has never had a biologic medicine"),
    ("unheard_of at week 3", '"unheard of" holds at week 3'),
]  # fmt: skip
LAY = """  concepts:
    biologic: a biologic medicine
    other_trial: taking part in another trial
"""


@pytest.fixture(scope="session")
def small(minimal: str) -> Protocol:
    text = minimal.replace("  concepts:\n", LAY).replace(
        "  DLQI: dlqi\n", "  DLQI: dlqi\n  BSA: bsa\n  PGA: pga 0-4\n"
    )
    return load_bytes(text.encode(), "trial.yaml")[0]


@pytest.mark.parametrize(("phrase", "words"), SAID)
def test_a_condition_in_words(small: Protocol, phrase: str, words: str) -> None:
    assert condition_in_words(read_condition(Reader(phrase)), small) == words


@given(st.data())
@settings(max_examples=200)
def test_any_condition_can_be_said(
    small: Protocol, condition_trees: st.SearchStrategy[Condition], data: st.DataObject
) -> None:
    said = condition_in_words(data.draw(condition_trees), small)
    assert said == said.strip()
    assert len(said) > 3


def test_terms_that_rest_on_each_other_are_said_once(minimal: str) -> None:
    circle = "PASI_75: not Clear\n  Clear: PASI_75 at week 12"
    text = minimal.replace("PASI_75: PASI improvement >= 75 %", circle)
    said = describe(load_bytes(text.encode(), "trial.yaml")[0])
    assert '"PASI 75" holds' in " ".join(said.split())


def test_the_design_of_the_2007_trial_in_words(krueger: Protocol) -> None:
    said = design_in_words(krueger)
    for sentence in (
        "NCT00320216 is a phase 2, randomized, double-masked, parallel-group trial in moderate-to-severe plaque psoriasis.",
        "It plans 64 participants in each of five arms, 320 in all.",
        "(CNTO 1275 45 mg at weeks 0, 1, 2 and 3)",
        "Participants are randomized 1:1:1:1:1 by permuted blocks of 5 or 10.",
        (
            "At week 16, participants in the experimental arms receive CNTO 1275 in the assigned dose "
            "if PASI has improved by less than 75%."
        ),
        "At week 20, participants in the Placebo arm receive CNTO 1275 90 mg.",
        "14 visits are planned: once within 4 weeks before week 0, then at weeks 0, 1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32 and 36.",
        "The primary endpoint is the share of participants whose PASI has improved by at least 75% at week 12.",
    ):
        assert sentence in said


def test_the_design_of_a_single_arm_in_words(guttate: Protocol) -> None:
    said = design_in_words(guttate)
    assert (
        "50 participants receive ixekizumab 160 mg at week 0, then 80 mg every 2 weeks from week 2 to week 12."
        in said
    )
    assert "open-label, single-arm trial" in said
    assert (
        "Visits at weeks 34 and 52 follow only if PASI has improved by at least 90% at week 16."
        in said
    )


ARTICLES = {
    "structure: parallel": ("structure: crossover", "crossover trial"),
    "phase: 2": ("phase: not applicable", "is a randomized"),
    "masking: [participant, investigator]": ("masking: none", "open-label"),
    "sizes: [2, 4]": ("sizes: [2, 4], strata: [age, PASI]", "stratified by age and PASI"),
    "n: 10": ("n: 20", "30 participants: 20 in the Drug arm and ten in the Placebo arm"),
    "randomized: permuted blocks, sizes: [2, 4]": (
        "not_randomized: as people choose",
        "Participants are not randomized: as people choose.",
    ),
}


@pytest.mark.parametrize("old", ARTICLES)
def test_a_change_of_the_design_is_said(minimal: str, old: str) -> None:
    new, words = ARTICLES[old]
    protocol = load_bytes(minimal.replace(old, new, 1).encode(), "trial.yaml")[0]
    assert words in design_in_words(protocol)


@pytest.mark.parametrize("file", TRIALS, ids=lambda file: file.parent.name)
def test_a_whole_trial_reads_as_english(file: Path) -> None:
    protocol = load(file)
    said = describe(protocol)
    assert not re.search(r"\.\.|,,| ,|\( |None|\bTrue\b|\[|\{|_[a-z]+_|  +\w", said)
    assert all(len(line) <= 88 for line in said.splitlines())
    for heading in ("Question", "Design", "Visits", "Who may take part", "Endpoints", "Analyses"):
        assert f"\n{heading}\n" in said
    for arm in protocol.arms.values():
        assert " ".join(arm.label.split()) in " ".join(said.split()) or len(protocol.arms) == 1


def test_an_unplanned_schedule_can_still_be_described(
    findings: Callable[..., list[str]], minimal: str
) -> None:
    text = minimal.replace("before week 0", "before nothing_known")
    assert "nothing known" in describe(load_bytes(text.encode(), "trial.yaml")[0])
    assert findings(("before week 0", "before nothing_known"))
