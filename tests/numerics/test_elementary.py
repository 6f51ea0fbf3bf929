import numpy as np
import pytest
from scipy import special

from wholetrial.numerics.elementary import exp, log, normal_quantile


def relative_error(ours, reference):
    return np.max(np.abs(ours / reference - 1.0))


def test_exp_matches_numpy_over_its_whole_range():
    x = np.linspace(-708.0, 709.7, 400_001)
    assert relative_error(exp(x), np.exp(x)) < 1e-15


def test_exp_at_its_ends():
    assert exp([-1e9, -746.0, -np.inf, 0.0]).tolist() == [0.0, 0.0, 0.0, 1.0]
    assert exp(-745.0) == 5e-324
    assert np.isnan(exp(np.nan))


def test_log_matches_numpy_over_its_whole_range():
    x = np.concatenate([np.logspace(-307, 308, 200_001), np.linspace(0.5, 2.0, 200_000)])
    assert 1.0 not in x
    assert relative_error(log(x), np.log(x)) < 1e-15
    assert log(1.0) == 0.0
    assert log(5e-324) == np.log(5e-324)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf, np.nan])
def test_log_refuses_what_has_no_logarithm(bad):
    with pytest.raises(ValueError, match="log needs positive finite numbers; got"):
        log([1.0, bad])


def test_normal_quantile_matches_scipy_from_the_center_to_the_far_tails():
    center = np.linspace(0.0005, 0.9995, 200_000)
    tails = 0.5 ** np.linspace(1.01, 1000.0, 50_000)
    upper = 1.0 - 0.5 ** np.linspace(1.01, 52.0, 50_000)
    for p in (center, tails, upper):
        assert relative_error(normal_quantile(p), special.ndtri(p)) < 1e-14


def test_normal_quantile_of_familiar_probabilities():
    assert normal_quantile(0.5) == 0.0
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-15)
    assert normal_quantile(0.25) == -normal_quantile(0.75)
    assert normal_quantile([[0.1, 0.9], [0.4, 0.6]]).shape == (2, 2)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, np.nan])
def test_normal_quantile_refuses_what_is_no_probability(bad):
    with pytest.raises(ValueError, match=r"probabilities in \(0, 1\); got"):
        normal_quantile([0.5, bad])
