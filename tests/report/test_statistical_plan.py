"""The planned statistics in sentences: what they say, and that their papers are those used."""

import re
from pathlib import Path

import pytest

from wholetrial.analysis.methods import METHODS
from wholetrial.analysis.planned.analyze import methods_used
from wholetrial.analysis.planned.methods import methods_planned
from wholetrial.programme.results import analyze_records
from wholetrial.protocol.load import load, load_bytes
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.statistical_plan import StatisticalPlan, statistical_plan
from wholetrial.simulation.simulate import prepare, simulate

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "tests" / "protocol" / "data" / "every_analysis.yaml"
TRIALS = sorted((ROOT / "trials").glob("*/trial.yaml"))
INSIDE = {
    "approximate_bayes_imputation",
    "jump_to_reference",
    "satterthwaite",
    "worst_observation_carried_forward",
}
"""Methods inside of others: results stand under the other's name, and the plan cites both."""


@pytest.fixture(scope="module")
def every() -> Protocol:
    return load(FILE)


@pytest.fixture(scope="module")
def plan(every: Protocol) -> StatisticalPlan:
    return statistical_plan(every)


SENTENCES = {
    "Main": [
        "PASI 75 at week 12 and PASI 75 at weeks 4 and 12 are compared between each experimental arm and Placebo by the Cochran-Mantel-Haenszel test [1] at a two-sided level of 0.05, in everyone randomized, as assigned.",
        "The difference in proportions is reported with 95% Mantel-Haenszel (Sato) intervals [2], taking account of severe and heavy, within which people are randomized.",
        "Each arm is described by its proportion, with Clopper-Pearson intervals [3].",
        "Over all tests of this analysis the level is kept by the graphical procedure [4].",
        'For "stops treatment" and "starts other treatment" the composite variable strategy applies: it counts as no response.',
        'For "withdraws" the treatment policy strategy applies: values count all the same.',
        "A missing response counts as no response.",
    ],
    "Crude": [
        "PASI 75 at week 12 is compared between all of the experimental arms together and Placebo by Fisher's exact test [5] at a one-sided level of 0.025, in everyone randomized, as assigned.",
        "The difference in proportions is reported with 95% Newcombe intervals [6].",
        "Beside it stands an estimate adjusted for age and PASI at baseline by inverse probability weighting [7].",
        "The strata of randomization (severe and heavy) are ignored.",
    ],
    "Imputed": [
        "The difference in means is reported with 95% Rubin's rules intervals [9, 10], adjusted for its own baseline value, taking account of severe and heavy, within which people are randomized.",
        'For "stops treatment" the hypothetical strategy applies: later values are taken as missing, as if it had not happened.',
        'For "starts other treatment" the composite variable strategy applies: it counts as no change from baseline.',
        "A missing measurement is imputed 20 times, jumping to the course of the control, and the results are pooled [9, 12, 13].",
        "Imputed values of the tested arm are made worse by up to 10 in steps of 2, to see when significance is lost [14].",
    ],
    "By visit": [
        "The means by visit of a mixed model for repeated measures are reported with 95% Satterthwaite intervals [15, 16], adjusted for age at baseline and its own baseline value by visit, taking account of male and center, within which people are compared, with heterogeneous first-order autoregressive covariance of the visits.",
        "No correction is made for several tests.",
        "A missing change is handled by the mixed model.",
    ],
    "Doses": [
        "Each arm is described by its least-squares mean [17].",
        "Over all tests of this analysis the level is kept by Dunnett's procedure [18].",
        'For "stops treatment" the while on treatment strategy applies: values count until then.',
        "A missing change is replaced by the worst value seen [19].",
    ],
    "Between": [
        "Time until poor quality of life is seen is described in each arm, in everyone randomized, as assigned.",
        "The median time is reported with 95% bootstrap intervals [22].",
        "A participant without the event is censored at the last visit.",
    ],
    "Mean times": [
        "The difference in restricted mean survival time at week 12 is reported with 95% Wald intervals [23].",
        "Each arm is described by its Kaplan-Meier estimate [24].",
    ],
    "Harm": [
        "The ratio of rates is reported with 95% exact conditional intervals [25].",
        "Each arm is described by its rate per 100 patient-years, with Garwood's exact intervals [26].",
    ],
    "Early": [
        "PASI 75 at weeks 4 and 12 is tested in each arm by McNemar's exact test between the first and the last time [27] at a two-sided level of 0.05, in everyone randomized, as assigned.",
    ],
}


@pytest.mark.parametrize("analysis", SENTENCES)
def test_an_analysis_says_these_sentences(plan: StatisticalPlan, analysis: str) -> None:
    (paragraph,) = (one for one in plan.paragraphs if one.startswith(f"{analysis}. "))
    for sentence in SENTENCES[analysis]:
        assert sentence in paragraph


def test_how_people_are_randomized_stands_at_the_end(plan: StatisticalPlan) -> None:
    last = "Participants are randomized by permuted blocks within severe and heavy."
    assert plan.paragraphs[-1] == last


def test_one_test_alone_needs_no_word_on_several(plan: StatisticalPlan) -> None:
    for one in plan.paragraphs:
        if one.startswith(("Crude", "Standardized", "Between")):
            assert "several tests" not in one
            assert "procedure" not in one


def test_strata_are_told_only_where_a_method_uses_them() -> None:
    text = FILE.read_text("utf-8").replace(
        "    strata: ignored\n    because: as it was published\n", ""
    )
    protocol, _ = load_bytes(text.encode(), "trial.yaml")
    (crude,) = (one for one in statistical_plan(protocol).paragraphs if one.startswith("Crude. "))
    assert "taking account" not in crude
    assert "ignored" not in crude


@pytest.mark.parametrize("file", [FILE, *TRIALS], ids=lambda file: file.parent.name)
def test_numbers_in_brackets_are_those_of_the_list_in_order(file: Path) -> None:
    found = statistical_plan(load(file))
    cited = [
        int(number)
        for paragraph in found.paragraphs
        for inside in re.findall(r"\[([\d, ]+)\]", paragraph)
        for number in inside.split(", ")
    ]
    assert list(dict.fromkeys(cited)) == list(range(1, len(found.references) + 1))
    assert len(set(found.references)) == len(found.references)
    assert found.not_built == ()


@pytest.mark.parametrize("file", [FILE, *TRIALS], ids=lambda file: file.parent.name)
def test_sentences_are_whole(file: Path) -> None:
    for paragraph in statistical_plan(load(file)).paragraphs:
        assert paragraph.endswith(".")
        for sentence in re.split(r"(?<=[a-z\])\"])\. ", paragraph):
            assert sentence[0].isupper() or sentence[0].isdigit(), sentence
        assert not re.search(r"  | ,|,,|\.\.| \.|_|None|: None", paragraph), paragraph


def test_the_papers_are_those_of_exactly_the_methods_used(
    every: Protocol, plan: StatisticalPlan
) -> None:
    """Each method of the results is cited, and nothing else but what works inside of them."""
    records = simulate(prepare(every, seed=3), range(1)).replicate(0)
    used = set(methods_used(analyze_records(every, records).statistics))
    planned = {name for one in every.analyses.values() for name in methods_planned(every, one).all}
    assert used <= planned
    assert planned - used == INSIDE
    assert set(plan.references) == {METHODS[name].reference for name in planned}


def test_the_table_has_a_row_for_each_analysis(every: Protocol, plan: StatisticalPlan) -> None:
    assert [row.analysis.replace(" ", "_") for row in plan.rows] == list(every.analyses)
    row = next(row for row in plan.rows if row.analysis == "imputed")
    assert row.estimate == "the difference in means, 95% Rubin's rules"
    assert row.several == "hochberg"
    assert row.missing.startswith('for "stops treatment" the hypothetical strategy applies')
