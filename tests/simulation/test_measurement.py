import numpy as np
import pytest

from wholetrial.numerics.philox import Stream
from wholetrial.simulation.measurement import (
    ASSUMPTIONS,
    observed_bsa,
    observed_dlqi,
    observed_pasi,
    observed_pga,
    reader_of,
    visit_noise,
)
from wholetrial.simulation.psoriasis_fit import fit_b

READER = reader_of(fit_b())


@pytest.mark.parametrize(
    ("true", "noise", "recorded"),
    [
        (16.0, 0.0, 16.0),
        (16.0, 1.0, 19.5),  # 16 * e^0.2 = 19.54
        (16.04, 0.0, 16.0),
        (16.06, 0.0, 16.1),
        (0.53, 0.0, 0.0),
        (0.54, 0.0, 0.5),
        (0.50, 1.0, 0.6),  # 0.61: seen, thanks to the noise
        (60.0, 1.0, 72.0),
        (0.0, 3.0, 0.0),
    ],
)
def test_pasi_is_recorded_in_tenths_clear_below_the_limit_and_72_at_most(true, noise, recorded):
    assert observed_pasi(np.array(true), np.array(noise), READER) == recorded


def test_every_recorded_pasi_is_the_double_nearest_to_its_tenths():
    true = np.linspace(0.0, 80.0, 20_001)
    recorded = observed_pasi(true, np.zeros_like(true), READER)
    tenths = np.rint(recorded * 10).astype(int)
    assert recorded.tolist() == [float(f"{t // 10}.{t % 10}") for t in tenths]


@pytest.mark.parametrize(
    ("true", "on_0_to_4", "on_0_to_5"),
    [
        (0.5, 0, 0),
        (0.6, 1, 1),
        (3.7, 1, 1),
        (3.8, 2, 2),
        (8.0, 2, 2),
        (8.1, 3, 3),
        (20.0, 3, 4),
        (25.0, 4, 4),
        (40.0, 4, 5),
    ],
)
def test_pga_by_the_cut_points_of_the_model_card(true, on_0_to_4, on_0_to_5):
    quiet = np.zeros(1)
    assert observed_pga(np.array([true]), quiet, READER, "0-4") == on_0_to_4
    assert observed_pga(np.array([true]), quiet, READER, "0-5") == on_0_to_5


def test_pga_has_its_own_noise():
    assert observed_pga(np.array([7.0]), np.array([1.0]), READER, "0-4") == 3  # 7 * e^0.25 = 8.99


def test_a_pga_scale_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="PGA has the scales 0-4, 0-5; got '0-6'"):
        observed_pga(np.ones(1), np.zeros(1), READER, "0-6")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("true", "noise", "recorded"), [(25, 0, 25), (25, 1, 31), (0.4, 0, 0), (99, 1, 100)]
)
def test_bsa_is_recorded_in_whole_percent(true, noise, recorded):
    assert observed_bsa(np.array([float(true)]), np.array([float(noise)]), 0.2) == recorded


@pytest.mark.parametrize(
    ("baseline", "lesion", "noise", "recorded"),
    [(13, 1.0, 0, 13), (13, 0.1, 0, 2), (13, 0.0, 0, 1), (13, 0.0, -1, 0), (29, 1.0, 2, 30)],
)
def test_dlqi_is_a_whole_number_from_0_to_30(baseline, lesion, noise, recorded):
    score = observed_dlqi(
        np.array([float(baseline)]), np.array([lesion]), np.array([float(noise)]), 2.0
    )
    assert score == recorded


def test_a_visit_has_the_same_noise_whatever_else_is_planned():
    stream = Stream(9, np.arange(3)[:, None], np.arange(4))
    screening, week_12 = visit_noise(stream, -14, 4), visit_noise(stream, 84, 4)
    assert screening[0].shape == (3, 4)
    assert np.array_equal(visit_noise(Stream(9, 2, np.arange(4)), 84, 9)[3], week_12[3][2])
    everything = np.concatenate([np.ravel(noise) for noise in (*screening, *week_12)])
    assert len(np.unique(everything)) == 96
    with pytest.raises(ValueError, match="day must be -36525 or later; got -40000"):
        visit_noise(stream, -40_000, 1)


def test_what_the_cited_fit_does_not_say_is_listed_as_an_assumption():
    said = " ".join(assumption.what for assumption in ASSUMPTIONS)
    for word in ("PGA 4", "PGA 5", "BSA", "DLQI"):
        assert word in said
