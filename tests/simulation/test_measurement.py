import numpy as np
import pytest

from wholetrial.numerics.philox import Stream
from wholetrial.simulation.measurement import (
    ASSUMPTIONS,
    bsa_of,
    observed_bsa,
    observed_dlqi,
    pasi_of,
    pga_of,
    reader_of,
    seen_skin,
    visit_noise,
)
from wholetrial.simulation.psoriasis_fit import fit_b
from wholetrial.simulation.regions import regions_at

READER = reader_of(fit_b())
WHOLE = 400


def people(severity=16.0, count=WHOLE):
    """Regions of participants with one true baseline PASI, of random numbers that stay the same."""
    return regions_at(Stream(4, 0, np.arange(count)), np.full(count, severity), None)


def skin_of(true, noise=0.0, count=WHOLE):
    return seen_skin(people(count=count), np.full(count, true), np.full(count, noise), READER)


@pytest.mark.parametrize(
    ("true", "noise", "clear"),
    [(0.53, 0.0, True), (0.54, 0.0, False), (0.50, 1.0, False), (0.60, -1.0, True), (0.0, 3, True)],
    ids=["below", "at the limit", "0.61 by noise", "0.49 by noise", "nothing"],
)
def test_below_the_limit_of_detection_everything_is_clear_and_nothing_above(true, noise, clear):
    skin = skin_of(true, noise)
    assert np.all((pasi_of(skin) == 0) == clear)
    assert np.all((bsa_of(skin) == 0) == clear)
    for scale in ("0-4", "0-5"):
        assert np.all((pga_of(skin, np.zeros(WHOLE), READER, scale) == 0) == clear)


def test_pasi_is_at_most_72_and_the_double_nearest_to_its_tenths():
    true = np.linspace(0.0, 100.0, 20_001)
    recorded = pasi_of(seen_skin(people(count=true.size), true, np.zeros_like(true), READER))
    assert recorded.max() == 72.0
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
    skin, quiet = skin_of(true), np.zeros(WHOLE)
    assert np.all(pga_of(skin, quiet, READER, "0-4") == on_0_to_4)
    assert np.all(pga_of(skin, quiet, READER, "0-5") == on_0_to_5)


def test_pga_shares_the_noise_of_the_visit_and_adds_its_own():
    """Log SDs 0.20 for PASI, 0.25 for PGA: its own part is sqrt(0.25^2 - 0.20^2) = 0.15."""
    one, none = np.ones(WHOLE), np.zeros(WHOLE)
    assert np.all(pga_of(skin_of(6.9, 1.0), none, READER, "0-4") == 3)  # 6.9 * e^0.20 = 8.43
    assert np.all(pga_of(skin_of(6.9, 0.0), one, READER, "0-4") == 3)  # 6.9 * e^0.15 = 8.02
    assert np.all(pga_of(skin_of(6.8, 0.0), one, READER, "0-4") == 2)  # 6.8 * e^0.15 = 7.90
    assert np.all(pga_of(skin_of(5.7, 1.0), one, READER, "0-4") == 3)  # 5.7 * e^0.35 = 8.09


def test_a_pga_scale_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="PGA has the scales 0-4, 0-5; got '0-6'"):
        pga_of(skin_of(5.0), np.zeros(WHOLE), READER, "0-6")  # type: ignore[arg-type]


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
