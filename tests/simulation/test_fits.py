"""The fits that ship: they are what calibrating gives, and what they claim of published rates."""

import numpy as np
import pytest

from wholetrial.numerics.elementary import exp
from wholetrial.simulation.fitting.fit import (
    Order,
    calibrate,
    hardly_learned,
    problem_of,
    setting_of,
)
from wholetrial.simulation.fitting.least_squares import Observed, least_squares
from wholetrial.simulation.fitting.published import shipped_rates
from wholetrial.simulation.fitting.rates import rates_of
from wholetrial.simulation.psoriasis_fit import cholesky, fit_named, read_fit, shipped_document

CALIBRATED = ("two_state", "turnover")


@pytest.mark.parametrize("name", [*CALIBRATED, "fit_b"])
def test_a_fit_is_symmetric_positive_and_its_scales_agree(name):
    fit = fit_named(name)
    covariance = np.array(fit.covariance)
    assert covariance == pytest.approx(covariance.T, rel=1e-9)
    assert np.linalg.eigvalsh(covariance).min() > 0
    assert np.sqrt(np.diag(covariance)) == pytest.approx([row.sd for row in fit.estimated])
    for row in fit.estimated:
        back = float(exp(row.mean)) if row.scale == "log" else row.mean
        assert back == pytest.approx(row.estimate, rel=1e-12)
    with pytest.raises(KeyError, match=rf"{fit.name} has the parameters .*; got 'kout'"):
        fit["kout"]


@pytest.mark.parametrize("name", CALIBRATED)
def test_calibrating_from_the_shipped_values_goes_nowhere(name):
    """One more step moves no parameter by a hundredth of its SD, and the covariance is the same."""
    fit = fit_named(name)
    problem = problem_of(Order(fit.model, fit.reading), shipped_rates())
    start = np.array([row.mean for row in fit.estimated])
    again = least_squares(problem.model, problem.observed, start)
    sd = np.array([row.sd for row in fit.estimated])
    assert (again.estimate - start) / sd == pytest.approx(0.0, abs=0.01)
    assert again.covariance == pytest.approx(np.array(fit.covariance), rel=1e-3, abs=1e-5)
    squares = shipped_document(name)["chi_squared"]
    assert again.chi_squared == pytest.approx(squares["targets"], abs=0.01)


def test_calibrating_anew_gives_the_shipped_values_from_the_priors_alone():
    document = calibrate(Order("turnover"), shipped_rates())
    for ours, shipped in zip(
        document["estimated"], shipped_document("turnover")["estimated"], strict=True
    ):
        assert ours["name"] == shipped["name"]
        assert ours["mean"] == pytest.approx(shipped["mean"], abs=0.01 * shipped["sd"])


def test_the_same_table_gives_the_same_bits():
    order = Order("turnover", points=256)
    assert calibrate(order, shipped_rates()) == calibrate(order, shipped_rates())


def test_attainable_totals_moved_no_parameter_by_a_standard_deviation():
    before, after = fit_named("fit_b"), {row.name: row for row in fit_named("fit_c").estimated}
    for row in before.estimated:
        assert abs(after[row.name].mean - row.mean) < row.sd


def test_a_parameter_that_the_targets_do_not_teach_is_named():
    lines = hardly_learned(shipped_document("two_state"))
    assert any(line.startswith("t17_turnover_log_sd: hardly learned") for line in lines)
    assert not any(line.startswith("lesion_turnover:") for line in lines)


@pytest.mark.parametrize("name", CALIBRATED)
def test_the_known_misses_are_the_published_numbers_outside_their_intervals(name):
    document = shipped_document(name)
    rows = document["agreement"]
    assert [row["id"] for row in rows] == [rate.id for rate in shipped_rates()]
    for row in rows:
        published, low, high = (
            round(row["people"] * row[column]) for column in ("published", "low", "high")
        )
        assert row["inside"] == (low <= published <= high)
    assert [miss.what for miss in fit_named(name).known_misses] == [
        row["id"] for row in rows if not row["inside"]
    ]


def test_forty_published_numbers_are_reproduced_with_eleven_parameters():
    document = shipped_document("two_state")
    seen = [row for row in document["agreement"] if row["evidence"] == "seen"]
    assert len(document["estimated"]) <= 11
    assert sum(row["inside"] for row in seen) >= 40


def test_the_stored_rates_are_the_models():
    rates = [rate for rate in shipped_rates() if not rate.again]
    fit = fit_named("two_state")
    ours = rates_of(rates, setting_of(fit.model, fit.reading), fit.parameters())
    stored = {row["id"]: row["model"] for row in shipped_document("two_state")["agreement"]}
    assert ours.ravel() == pytest.approx([stored[rate.id] for rate in rates], abs=2e-4)


def test_the_plain_turnover_model_fits_week_12_and_fails_on_what_comes_after():
    document = shipped_document("turnover")
    fitted = [row for row in document["agreement"] if row["fitted"]]
    assert len(document["estimated"]) == 7
    assert sum(not row["inside"] for row in fitted) <= 2
    missed = " ".join(miss.what for miss in fit_named("turnover").known_misses)
    assert "not relapsed" in missed


def test_each_replicate_draws_its_own_parameters_and_the_covariance_comes_back():
    fit = fit_named("two_state")
    drawn = fit.drawn(3, range(40_000))
    assert drawn["lesion_turnover"].shape == (40_000, 1)
    assert np.all(drawn["placebo_decay"] == fit["placebo_decay"])
    scaled = np.array(
        [
            np.log(drawn[row.name][:, 0]) if row.scale == "log" else drawn[row.name][:, 0]
            for row in fit.estimated
        ]
    )
    sd = np.array([row.sd for row in fit.estimated])
    means = (scaled.mean(axis=1) - [row.mean for row in fit.estimated]) / sd
    assert means == pytest.approx(0.0, abs=4 / np.sqrt(40_000))
    error = (np.cov(scaled) - fit.covariance) / np.outer(sd, sd)
    assert error == pytest.approx(0.0, abs=4 * np.sqrt(2 / 40_000))
    alone = fit.drawn(3, [17])
    assert all(alone[name][0, 0] == drawn[name][17, 0] for name in drawn)


def test_a_covariance_that_is_none_is_refused():
    with pytest.raises(ValueError, match="must be positive definite; row 2 leaves -3"):
        cholesky(((1.0, 2.0), (2.0, 1.0)))


def test_a_fit_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(ValueError, match=r"the fits that ship are two_state, .*; got 'twostate'"):
        fit_named("twostate")
    other = tmp_path / "other.json"
    other.write_text('{"name": "other"}', "utf-8")
    with pytest.raises(ValueError, match="a fit is a JSON file that wholetrial calibrate wrote"):
        read_fit(other)


def test_least_squares_of_a_line_are_those_of_the_textbook():
    """The line y = a + b x with SE 1 and flat priors: a = 1/3, b = 3/2 for (0, 0), (1, 2.5), (2, 3)."""
    x = np.array([0.0, 1.0, 2.0])
    observed = Observed(np.array([0.0, 2.5, 3.0]), np.ones(3), np.zeros(2), np.full(2, 1e6))
    solution = least_squares(lambda p: p[:, :1] + p[:, 1:] * x, observed, np.array([5.0, -5.0]))
    assert solution.estimate == pytest.approx([1 / 3, 3 / 2], rel=1e-6)
    assert solution.covariance == pytest.approx(np.array([[5 / 6, -0.5], [-0.5, 0.5]]), rel=1e-6)
    assert solution.chi_squared == pytest.approx(2 / 3, rel=1e-6)
