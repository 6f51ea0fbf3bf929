"""What the page derives: placebo, medicines, timeline, badges, times; a table a physician can check."""

import pytest
from random_cases import protocol_of

from wholetrial.programme.trials import load, shipped_trials, trial_file
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published, load_published
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader
from wholetrial.publishing.badges import badges
from wholetrial.publishing.certain import ages, sex
from wholetrial.publishing.known_results import known_safety, result_tables
from wholetrial.publishing.medicines import ASK_FIRST, NOT_SAID, medicine_sentences
from wholetrial.publishing.outcomes import outcomes
from wholetrial.publishing.participant_timeline import timeline
from wholetrial.publishing.plain_words import (
    participants_sentence,
    placebo_sentences,
    status_sentence,
    what_is_tested,
)
from wholetrial.publishing.similar import similar_trials
from wholetrial.publishing.structured_data import structured_data


def _published(trial: str) -> Published | None:
    file = trial_file(trial).with_name("published.yaml")
    return load_published(file) if file.is_file() else None


@pytest.mark.parametrize(
    ("trial", "version", "first", "labels"),
    [
        ("NCT00320216", None, "Yes. 64 of 320 people get a placebo.", ["Prior human data"]),
        ("NCT03424629", None, "No. No group gets a placebo.", ["No placebo group"]),
        ("NCT04537689", None, "No. No group gets a placebo.",
         ["No placebo group", "Prior human data", "Approved in United States and Singapore"]),
        ("NCT06374979", None, "No. No group gets a placebo.", ["No placebo group"]),
        ("NCT04979910", None, "No. No group gets a placebo.",
         ["No placebo group", "Prior human data", "Approved in United States and European Union"]),
        ("NCT04979910", "placebo_controlled", "Yes. 14 of 28 people get a placebo.",
         ["Prior human data", "Approved in United States and European Union"]),
    ],
)  # fmt: skip
def test_placebo_and_badges_follow_from_the_file(
    trial: str, version: str | None, first: str, labels: list[str]
) -> None:
    protocol = load(trial, version=version)
    assert placebo_sentences(protocol)[0] == first
    assert [badge.label for badge in badges(protocol, _published(trial))] == labels


def test_placebo_beside_a_drug_is_no_placebo_group_and_is_told() -> None:
    protocol = load("NCT04979910", version="placebo_controlled")
    doses = (*protocol.arms["ixekizumab"].doses, *protocol.arms["placebo"].doses)
    both = {"both": protocol.arms["ixekizumab"].model_copy(update={"doses": doses})}
    design = protocol.design.model_copy(update={"masked_by": None})
    changed = protocol.model_copy(update={"arms": both, "design": design})
    assert placebo_sentences(changed)[0] == "No group gets only a placebo."
    assert [badge.label for badge in badges(changed, None)][0:1] == ["No placebo group"]


@pytest.mark.parametrize(
    ("trial", "who"),
    [
        ("NCT00320216", ("18 years or older", "All")),
        ("NCT03424629", ("18 to 60 years", "All")),
        ("NCT04537689", ("22 to 90 years", "All")),
        ("NCT04979910", ("18 to 65 years", "All")),
        ("NCT06374979", ("18 to 70 years", "All")),
    ],
)
def test_ages_and_sex_follow_from_the_criteria(trial: str, who: tuple[str, str]) -> None:
    assert (ages(load(trial)), sex(load(trial))) == who


@pytest.mark.parametrize(
    ("rules", "who"),
    [
        ([(True, "age > 17 years")], ("18 years or older", "All")),
        ([(False, "age < 18 years")], ("18 years or older", "All")),
        ([(False, "age < 18 years or age > 65 years")], ("18 to 65 years", "All")),
        ([(False, "age in 18 to 60 years")], ("", "All")),
        ([(True, "age <= 60 years and is female")], ("up to 60 years", "Female")),
        ([(True, "is male or is female")], ("", "All")),
        ([(True, "age >= 18 years"), (True, "age >= 21 years")], ("21 years or older", "All")),
        ([(False, "not age in 18 to 60 years")], ("18 to 60 years", "All")),
        ([(True, "PASI >= 12 or age >= 18 years")], ("", "All")),
    ],
)
def test_only_what_is_certain_of_everybody_counts(
    rules: list[tuple[bool, str]], who: tuple[str, str]
) -> None:
    protocol = protocol_of([(kind, read_condition(Reader(rule)), "no") for kind, rule in rules])
    assert (ages(protocol), sex(protocol)) == who


def test_a_masking_placebo_is_not_a_placebo_group() -> None:
    protocol = load("NCT00320216")
    arms = {name: arm for name, arm in protocol.arms.items() if name != "placebo"}
    assert placebo_sentences(protocol.model_copy(update={"arms": arms})) == (
        "No group gets only a placebo.",
        "Some doses may be a placebo, so that no one can tell the groups apart.",
    )


@pytest.mark.parametrize(
    ("trial", "told"),
    [
        ("NCT00320216", (NOT_SAID,)),
        ("NCT03424629", (
            "You must have used this before: a usual drug for psoriasis that did not help enough.",
            "You must agree to this: no other psoriasis treatment while in the trial.",
            "You cannot join while you use this: any other drug for psoriasis.",
            "You cannot join if you ever used this: a drug that blocks IL-17, IL-23, TNF or the like.",
        )),
        ("NCT04537689", (
            "You cannot join if you ever used this: a drug by mouth or shot that calms the immune system, such as methotrexate.",
            "You cannot join if you ever used this: light treatment.",
            "You may use this: steroid creams up to moderate strength.",
        )),
        ("NCT04979910", (
            "You keep taking your medicines.",
            "You must use this, with no change for more than 4 weeks: a drug for depression.",
            "You must have used this before: a drug for depression that did not help, in a full dose for long enough.",
        )),
        ("NCT06374979", (
            "You must have used this before: one of these for psoriasis: antibiotics, a steroid cream, calcipotriene cream or light.",
            "You cannot join if you ever used this: a biologic, a drug made by living cells.",
            "You must agree to this: treatment, visits and tests as planned.",
            "You cannot join if you used this in the last 4 weeks: one of these for psoriasis: a steroid by mouth or shot, methotrexate, cyclosporine, acitretin, azathioprine, hydroxychloroquine, apremilast, a JAK blocker.",
        )),
    ],
)  # fmt: skip
def test_whether_medicines_may_be_kept(trial: str, told: tuple[str, ...]) -> None:
    assert medicine_sentences(load(trial)) == (*told, ASK_FIRST)


@pytest.mark.parametrize(
    ("includes", "rule", "told"),
    [
        (False, "had methotrexate except psoriasis within 4 weeks",
         "You cannot join if you used this in the last 4 weeks: methotrexate, other than psoriasis."),
        (False, "had methotrexate at least 3 times", "How much you have used this before counts: methotrexate."),
        (False, "takes methotrexate for at least 6 months", "How long you have used this counts: methotrexate."),
        (True, "never had methotrexate", "You cannot join if you ever used this: methotrexate."),
        (True, "not takes methotrexate", "You cannot join while you use this: methotrexate."),
        (True, "not (takes methotrexate or PASI >= 12)", "You cannot join while you use this: methotrexate."),
        (False, "takes methotrexate and PASI >= 12", NOT_SAID),
        (True, "takes methotrexate or PASI >= 12", NOT_SAID),
        (False, "had methotrexate within 5 half_lives", "You cannot join if you used this a short time ago: methotrexate."),
        (False, "had malignancy", NOT_SAID),
    ],
)  # fmt: skip
def test_what_a_rule_says_of_a_medicine(includes: bool, rule: str, told: str) -> None:
    protocol = protocol_of([(includes, read_condition(Reader(rule)), "no")])
    drug = protocol.eligibility.concepts["methotrexate"].model_copy(update={"kind": "medicine"})
    concepts = {**protocol.eligibility.concepts, "methotrexate": drug}
    eligibility = protocol.eligibility.model_copy(update={"concepts": concepts, "permit": {}})
    changed = protocol.model_copy(update={"eligibility": eligibility, "public": None})
    assert medicine_sentences(changed) == (told, ASK_FIRST)


@pytest.mark.parametrize(
    ("trial", "visits", "length", "sums"),
    [
        ("NCT00320216", 14, "about 8 months", "You would come 14 times."),
        ("NCT03424629", 13, "about 12 months", "You would come 13 times."),
        ("NCT04979910", 5, "about 6 weeks", "You would come 5 times."),
        ("NCT06374979", 9, "about 4 months", "You would come 9 times."),
    ],
)
def test_the_way_through_a_trial(trial: str, visits: int, length: str, sums: str) -> None:
    found = timeline(load(trial))
    assert (found.visits, found.length, found.sentences[0]) == (visits, length, sums)
    assert found.steps[0].when in (
        "up to 4 weeks before the start",
        "2 to 4 weeks before the start",
    )


def test_steps_say_who_comes_when() -> None:
    steps = timeline(load("NCT06374979")).steps
    assert [(one.name, one.visits, one.when, one.note) for one in steps] == [
        ("Screening", "1 visit", "up to 4 weeks before the start", ""),
        ("Treatment", "7 visits", "weeks 0, 2, 4, 6, 8, 10 and 12", ""),
        ("Assessment", "1 visit", "week 16", ""),
        ("Follow up", "2 visits", "weeks 34 and 52", "Not all people come to these visits."),
    ]


@pytest.mark.parametrize(
    ("status", "says", "people"),
    [
        ("recruiting", "", "The trial needs 320 people, 64 in each group."),
        ("not yet recruiting", "This trial does not take people yet.", "The trial needs 320 people, 64 in each group."),
        ("completed", "This trial takes no new people.", "The plan was for 320 people, 64 in each group."),
        ("Terminated", "This trial takes no new people.", "The plan was for 320 people, 64 in each group."),
        ("unknown", "No one has said if this trial takes people now. Ask the team.", "The trial needs 320 people, 64 in each group."),
    ],
)  # fmt: skip
def test_a_trial_that_is_over_asks_for_nobody(status: str, says: str, people: str) -> None:
    protocol = load("NCT00320216")
    assert protocol.public is not None
    public = protocol.public.model_copy(update={"status": status})
    changed = protocol.model_copy(update={"public": public})
    assert (status_sentence(changed), participants_sentence(changed)) == (says, people)


def test_what_is_tested_and_how_groups_are_made() -> None:
    assert what_is_tested(load("NCT00320216")) == (
        "This trial tests CNTO 1275 in people with plaque psoriasis.",
        "It compares this with a placebo.",
        "There are 5 groups.",
        "A computer picks your group by chance.",
        "You will not know which group you are in.",
        "CNTO 1275 is given as a shot under the skin.",
    )


@pytest.mark.parametrize(
    ("trial", "text", "when"),
    [
        ("NCT00320216", "PASI lower by 75% or more at week 12", "week 12"),
        ("NCT00320216", "Any adverse event", "week 0 to week 20"),
        ("NCT03424629", "PASI lower by 75% or more at the other visits", "weeks 12, 16, 36 and 52"),
        ("NCT04537689", "Time from withdrawal to relapse", "withdrawal to month 24 after withdrawal"),
        ("NCT04979910", "Change of QIDS-C, by visit", "weeks 2, 4 and 6"),
        ("NCT04537689", "Signatures of PASI 75 at 6 months", "week 0, week 24, month 12 after withdrawal"),
    ],
)  # fmt: skip
def test_each_outcome_has_its_times(trial: str, text: str, when: str) -> None:
    assert [one.time_frame for one in outcomes(load(trial)) if one.text == text] == [when]


def test_results_and_safety_are_those_published() -> None:
    protocol, published = load("NCT00320216"), _published("NCT00320216")
    tables = result_tables(protocol, published)
    assert [tuple(row) for row in tables[0].rows][-2:] == [
        ("90 mg weekly for 4 weeks", "81%", "52 of 64"),
        ("Placebo", "2%", "1 of 64"),
    ]
    assert tables[0].source.startswith("abstract, N Engl J Med 2007")
    assert known_safety(protocol, published)[0].says == (
        "People with a health problem in this trial: 200 of 252 in the experimental arms; 48 of 67 in Placebo."
    )
    assert known_safety(protocol, published)[0].source.startswith("abstract, N Engl J Med 2007")
    (own,) = known_safety(load("NCT04979910"), None)
    assert own.source == "Power trial page, Ixekizumab for Treatment-Resistant Depression"
    (nothing,) = known_safety(load("NCT03424629"), None)
    assert nothing.says == "This page's sources do not say how safe it is. Ask the team."


def test_similar_trials_say_why() -> None:
    protocols = [load(trial) for trial in shipped_trials()]
    found = similar_trials(load("NCT06374979"), protocols)
    assert found[0].trial == "NCT04537689"
    assert found[0].why[0] == "Same condition: psoriasis"
    assert found[0].why[1] == "Same treatment: ixekizumab"
    assert found[0].why[2].startswith("Criteria about the same: age, ")
    assert "NCT06374979" not in [one.trial for one in found]
    assert [one.trial for one in similar_trials(load("NCT04979910"), protocols)] == [
        "NCT04537689",
        "NCT06374979",
    ]


MEDICAL_TRIAL = {
    "@context", "@type", "name", "alternateName", "identifier", "description", "mainEntityOfPage",
    "healthCondition", "sponsor", "status", "studyLocation", "studySubject", "trialDesign",
}  # fmt: skip

"""Properties of schema.org's MedicalTrial, MedicalStudy and Thing, read November 2026."""
DESIGN = ["RandomizedTrial", "DoubleBlindedTrial", "PlaceboControlledTrial", "MultiCenterTrial"]


def test_structured_data_are_schema_org_s() -> None:
    for trial in shipped_trials():
        assert set(structured_data(load(trial))) <= MEDICAL_TRIAL
    found = structured_data(load("NCT00320216"))
    assert found["@type"] == "MedicalTrial"
    assert found["trialDesign"] == DESIGN
    assert found["status"] == "Completed"
    bare: Protocol = load("NCT00320216").model_copy(update={"public": None})
    assert "status" not in structured_data(bare)
