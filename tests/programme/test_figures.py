"""What the figures of a forecast are drawn from: the very trials of the forecast, and their drug."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wholetrial.programme.asked import Asked
from wholetrial.programme.figures import follow
from wholetrial.programme.outputs import write_outputs
from wholetrial.programme.run import run
from wholetrial.programme.simulate import simulate, write_programme
from wholetrial.report.figures_page import render_figures
from wholetrial.report.forecast_response import response_figure
from wholetrial.report.relapse_predictors import predictor_figures


@pytest.fixture(scope="module")
def guttate():
    contents = run("NCT06374979", replicates=12)
    return contents, follow(contents.protocol, contents.simulated)


@pytest.fixture(scope="module")
def withdrawal():
    contents = run("NCT04537689", replicates=3)
    return contents, follow(contents.protocol, contents.simulated)


def test_the_trials_followed_are_those_of_the_forecast(guttate):
    contents, followed = guttate
    first = contents.simulated.records
    assert followed.replicates == 12
    for name, values in first.values.items():
        assert np.array_equal(values, followed.records.values[name][0], equal_nan=True)


def test_response_by_week_has_the_mean_that_is_forecast(guttate):
    contents, followed = guttate
    mean = next(
        one.mean
        for one in contents.simulated.forecasts
        if (one.statistic.endpoint, one.statistic.name) == ("pasi_90_week_16", "proportion")
        and not one.statistic.reading
    )
    band = response_figure(contents, followed).bands[0]
    assert band.mean[band.days.index(112)] == pytest.approx(mean)


def test_the_drug_is_gone_a_year_after_and_there_before(guttate):
    """160 mg, then 80 mg every 2 weeks: published peaks and troughs lie between 5 and 20 mg/L."""
    _, followed = guttate
    (drug,) = followed.exposed
    assert (drug.arm, drug.drug, drug.n) == ("ixekizumab", "ixekizumab", 400)
    assert drug.shown.shape == (30, len(drug.days))
    at = {week: float(np.interp(7 * week, drug.days, drug.median)) for week in (0, 1, 11, 12, 52)}
    assert at[0] == 0
    assert 5 < at[12] < at[11] < 20
    assert at[52] < 0.01


def test_what_is_in_the_blood_at_the_last_dose_is_what_is_drawn(guttate):
    _, followed = guttate
    blood = next(one for one in followed.quantities if "in blood" in one.name)
    (drug,) = followed.exposed
    drawn = drug.shown[:, np.flatnonzero(drug.days == 84)[0]]
    assert blood.values.reshape(-1)[:30] == pytest.approx(drawn)


def test_memory_goes_with_later_relapse_and_sex_with_nothing(guttate):
    contents, followed = guttate
    (found,) = predictor_figures(contents, followed)
    named = {one.name: one for one in found.predictors}
    assert found.predictors[0].name == "T17 memory, phi, 0 to 1"
    assert named["T17 memory, phi, 0 to 1"].low > 0.7
    assert named["Male sex"].says == "nothing seen"


def test_the_page_holds_the_published_points_and_the_months(withdrawal):
    page = render_figures(*withdrawal)
    for told in ("157/191 (82%)", "176/211 (83%)", "20 weeks", "16.8%", "49/54 (91%)"):
        assert told in page
    for month in (6, 12, 18, 24):
        assert f"Month {month} after withdrawal" in page
    assert "without pharmacology and so without a concentration" in page
    assert page.index("A scenario, no forecast") < page.index("<section")
    assert "http" not in page.replace("http://www.w3.org/", "")


def test_simulate_writes_a_report_for_each_scenario(tmp_path: Path):
    found = simulate("NCT04979910", Asked(replicates=2, scenario="all"))
    written = write_programme(found, "NCT04979910", tmp_path)
    assert [one.figures.parent.name for one in written] == [one.scenario for one in found.simulated]
    page = written[0].figures.read_text("utf-8")
    assert "45.2%" in page
    assert 'href="figures.html"' in written[0].report.read_text("utf-8")


def test_nothing_simulated_has_no_figures(tmp_path: Path):
    contents = run("NCT00320216", replicates=1)
    written = write_outputs(replace(contents, simulated=None), tmp_path)
    assert written.figures is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "results.json"]
