"""The figures of a forecast: numbers that can be counted by hand, and a page that stands alone."""

import re
from dataclasses import replace

import numpy as np
import pytest

from wholetrial.protocol.published import Nearby, NearbyFigure
from wholetrial.protocol.quantity import Share
from wholetrial.protocol.time import Duration
from wholetrial.report.figures_page import render_figures
from wholetrial.report.forecast_courses import courses_figure, events_of
from wholetrial.report.forecast_exposure import exposure_figure
from wholetrial.report.forecast_figures import band, some_of
from wholetrial.report.forecast_relapse import relapse_figures
from wholetrial.report.forecast_response import response_figure
from wholetrial.report.page import render_report
from wholetrial.report.relapse_predictors import predictor_figures


def with_nearby(contents, *figures):
    study = Nearby(
        study="Another study", why="the same drug", differs="half as long", figures=figures
    )
    told = contents.published
    published = told.published.model_copy(update={"nearby": (study,)})
    return replace(contents, published=replace(told, published=published))


def figure(value, endpoint, **more):
    return NearbyFigure(what="PASI 75", value=value, endpoint=endpoint, arm="a", **more)


def test_courses_are_the_recorded_values_with_their_median(whole, followed):
    found = courses_figure(whole, followed)
    assert (found.measure, found.words) == ("PASI", "PASI, points")
    drug = found.arms[0]
    assert (drug.drawn, drug.trials, drug.n) == (12, 3, 12)
    assert drug.values[0].tolist() == [20, 10, 4, 3]
    assert drug.planned == (0, 28, 56, 84)
    assert drug.median.tolist() == [18, 9, 4, 3]


def test_those_drawn_are_the_first_of_the_arm(followed):
    assert some_of(followed.records, "p", 6).tolist() == [4, 5, 6, 7, 12, 13]


def test_response_by_week_is_counted_by_the_files_rules(whole, followed):
    found = response_figure(whole, followed)
    drug = next(one for one in found.bands if one.arm == "a")
    assert (drug.term, drug.days) == ("PASI 75", (28, 56, 84))
    assert drug.mean.tolist() == [0, 0.75, 0.5]
    assert drug.low.tolist() == drug.high.tolist() == [0, 0.75, 0.5]
    assert [(p.arm, p.day, p.share, p.told) for p in found.points] == [
        ("a", 56, 0.75, "3/4 (75%)"),
        ("p", 56, 0.25, "1/4 (25%)"),
    ]
    assert found.beside == ("75% (75 to 75)", "25% (25 to 25)")


def test_the_band_leaves_out_trials_without_a_number():
    shares = np.array([[0.2, np.nan], [np.nan, np.nan], [0.4, np.nan]])
    mean, low, high = band(shares)
    assert (mean[0], low[0], high[0]) == pytest.approx((0.3, 0.21, 0.39))
    assert np.isnan([mean[1], low[1], high[1]]).all()


def test_relapse_is_seen_between_visits(whole, followed):
    """Of four on A one left, and of the other three one relapsed between weeks 8 and 12."""
    (found,) = relapse_figures(whole, followed)
    drug = next(one for one in found.bands if one.arm == "a")
    assert drug.days == (28, 56)
    assert drug.mean == pytest.approx([1, 2 / 3])
    assert drug.n == 4


def test_other_studies_are_lettered_and_stand_where_they_were_measured(whole, followed):
    contents = with_nearby(
        whole,
        figure(Share(percent=60), "pasi_75_week_8", beside="week 8"),
        figure(Share(count=3, of=4), "time_to_relapse", after=Duration(number=6, unit="week")),
        figure(Share(count=1, of=4), "time_to_relapse"),
    )
    points = response_figure(contents, followed).points
    assert [(p.letter, p.day, p.share, p.differs) for p in points if not p.own] == [
        ("a", 56, 0.6, "half as long")
    ]
    (relapse,) = relapse_figures(contents, followed)
    assert [(p.letter, p.day, p.share) for p in relapse.points] == [("a", 42, 0.25)]


def test_what_predicts_relapse_counts_pairs_of_one_trial(whole, many_followed):
    """The one who relapses on A has least memory, and two others are known to be well then."""
    (found,) = predictor_figures(whole, many_followed)
    assert (found.label, found.people, found.events, found.pairs) == ("Drug A", 800, 200, 400)
    memory = next(one for one in found.predictors if one.name.startswith("Memory"))
    assert (memory.value, memory.seen, memory.says) == (1.0, "latent", "more of it, later")
    named = {one.name: one.value for one in found.predictors}
    assert named["Age, years"] == 0.5  # 40 years: between the others' 30 and 50
    assert named["PASI at week 4"] == 0.5


def test_few_relapses_are_not_asked_for_predictors(whole, followed):
    assert list(predictor_figures(whole, followed)) == []


def test_an_arm_without_pharmacology_says_so(whole, followed):
    found = exposure_figure(whole, followed)
    assert [panel.label for panel in found.panels] == ["Drug A"]
    assert found.without == ("Placebo: none; no drug with pharmacokinetics is planned.",)


def test_a_rule_is_marked_where_it_may_change_treatment(protocol):
    assert events_of(protocol, "a") == [(56.0, "more")]
    assert events_of(protocol, "p") == []


def test_the_page_stands_alone_and_says_the_caution_first(whole, followed):
    page = render_figures(whole, followed)
    body = page.partition("<main>")[2]
    assert body.index("The model is used beyond its data.") < body.index("<section")
    assert re.findall(r"(?:src|href)=\"(?!#)([^\"]*)\"", page) == ["report.html"]
    assert "<script" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page
    assert "3/4 (75%)" in page


def test_every_picture_is_described(whole, followed):
    page = render_figures(whole, followed)
    charts = re.findall(r'<svg viewBox[^>]*role="img" aria-label="([^"]+)"', page)
    assert len(charts) == 2 + 2 + 2 + 1
    assert "published PASI 75, this trial, week 8: 3/4 (75%)" in charts[2]


def test_the_same_contents_give_the_same_bytes(whole, followed):
    assert render_figures(whole, followed) == render_figures(whole, followed)


def test_the_report_leads_to_the_figures_where_there_are_some(whole):
    assert 'href="figures.html"' in render_report(whole, "figures.html")
    assert "figures.html" not in render_report(whole)
