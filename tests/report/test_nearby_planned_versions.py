"""Nearest published results, planned samples and other versions, as a report shows them."""

from dataclasses import replace

import pytest

from wholetrial.programme.run import run
from wholetrial.programme.trials import load, shipped_trials
from wholetrial.protocol.published import Nearby, NearbyFigure
from wholetrial.protocol.quantity import Share
from wholetrial.report.contents import PublishedResults
from wholetrial.report.nearby_table import (
    NO_VALIDATION,
    figure_text,
    nearby_studies,
    nearby_words,
)
from wholetrial.report.page import render_report
from wholetrial.report.planned_samples import planned_samples
from wholetrial.report.schedule_table import schedule_table


def figure(value, **changes):
    return NearbyFigure(
        what="PASI 75",
        value=value,
        endpoint="pasi_75_week_8",
        arm="a",
        beside="week 8",
        **changes,
    )


@pytest.fixture
def beside(whole):
    """The small trial, its arm of 50% (30 to 60) beside one other study."""

    def make(*figures):
        nearby = Nearby(study="Other 2019", why="the same drug", differs="older", figures=figures)
        known = whole.published.published.model_copy(update={"nearby": (nearby,)})
        return replace(whole, published=PublishedResults(known, whole.published.statistics))

    return make


def test_a_figure_stands_beside_the_simulated_one_of_its_question(beside):
    (study,) = nearby_studies(beside(figure(Share(count=37, of=91))))
    (row,) = study.rows
    assert (row.published, row.question) == ("37/91 (41%)", "PASI lower by 75% or more at week 8")
    assert [(one.arm, one.text, one.side) for one in row.simulated] == [
        ("Drug A", "50% (30 to 60)", "inside")
    ]


@pytest.mark.parametrize(("share", "side"), [(82.0, "above"), (20.0, "below"), (60.0, "inside")])
def test_where_a_figure_lies_among_simulated_trials(beside, share, side):
    (study,) = nearby_studies(beside(figure(Share(percent=share))))
    assert study.rows[0].simulated[0].side == side


def test_words_count_what_lies_inside_and_say_that_it_validates_nothing(beside):
    contents = beside(figure(Share(percent=82.0)), figure(Share(percent=50.0), fitted=True))
    counted, warned = nearby_words(nearby_studies(contents))
    assert counted.startswith("Of 2 comparisons, the published figure lies inside the middle 90%")
    assert "in 1, outside in 1; in 1 the simulator was fitted" in counted
    assert warned == NO_VALIDATION


def test_without_a_simulation_figures_stand_alone(beside):
    contents = replace(beside(figure(Share(percent=82.0))), simulated=None)
    studies = nearby_studies(contents)
    assert studies[0].rows[0].simulated == ()
    assert nearby_words(studies) == (NO_VALIDATION,)
    assert "Simulated here" not in render_report(contents)


def test_the_table_says_why_a_study_is_near_and_where_it_differs(beside):
    page = render_report(beside(figure(Share(percent=82.0))))
    assert "Nearest published results" in page
    assert "Near: the same drug. Differs: older." in page
    assert "published lies above" in page


def test_amounts_and_shares_in_print(guttate):
    share = NearbyFigure(what="x", value="82.2 %")
    amount = NearbyFigure(what="x", value="-7.1 points")
    assert (figure_text(share), figure_text(amount)) == ("82.2%", "−7.1 points")


def test_samples_stand_with_their_visits_and_their_comparison():
    one, another = planned_samples(load("NCT04537689"))
    assert (one.item, another.item) == ("aim 2", "aim 3")
    assert [str(taken.samples) for taken in one.taken] == ["Skin biopsy and blood"]
    assert one.taken[0].visits == "at week 0, week 24 and month 12 after withdrawal"
    assert "whose PASI has improved by at least 75% at week 24 and the others" in one.compared


@pytest.mark.parametrize("name", [n for n in shipped_trials() if n != "NCT04537689"])
def test_other_trials_plan_no_samples(name):
    assert planned_samples(load(name)) == ()


MARKED = {
    "NCT04537689": {"Skin biopsy": 3, "Blood": 3, "DLQI": 10, "PASI": 15},
    "NCT06374979": {"PASI": 11, "DLQI": 3, "PGA 0-4": 10},
    "NCT03424629": {"PASI": 13, "DLQI": 2, "BSA": 2},
    "NCT04979910": {"QIDS-C16": 5, "MADRS": 4, "CRP": 5},
    "NCT00320216": {"PASI": 14, "BSA": 2, "Weight": 1},
}


@pytest.mark.parametrize("name", MARKED)
def test_activities_stand_at_as_many_visits_as_the_file_plans(whole, name):
    table = schedule_table(replace(whole, protocol=load(name), labels={}))
    marks = {row.label: sum(bool(mark) for mark in row.marks) for row in table.measures}
    assert {label: marks[label] for label in MARKED[name]} == MARKED[name]


def test_versions_of_a_protocol_stand_side_by_side():
    page = render_report(run("NCT04979910", replicates=1))
    assert "Versions of this protocol" in page
    assert "Placebo controlled" in page
    assert "28 in all" in page
    assert "<td>7</td><td>14</td>" in page
    other = render_report(run("NCT04979910", version="placebo_controlled", replicates=1))
    assert "<td>14</td><td>7</td>" in other
