"""PASI of four regions: what a dermatologist could check on any participant's form."""

import numpy as np
import pytest

from wholetrial.instruments.pasi import pasi_area_score, pasi_queries, score_pasi
from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.simulation.regions import (
    body_surface_of,
    items_of,
    read_regions,
    regions_at,
    scored,
)

COUNT = 20_000
STREAM = Stream(11, 0, np.arange(COUNT))
SEVERITY = np.minimum(16.0 * np.exp(0.45 * normals(STREAM, Purpose.BASELINE, 1)[..., 0]), 72.0)
REGIONS = regions_at(STREAM, SEVERITY, None)
LIMIT = 0.538
SEEN = (0.3, 0.55, 0.9, 2.0, 5.0, 12.0, 20.0, 36.0, 60.0, 72.0)


@pytest.mark.parametrize("seen", SEEN)
def test_the_total_is_the_instruments_score_of_items_without_contradiction(seen):
    found = read_regions(REGIONS, np.full(COUNT, seen), LIMIT)
    items = items_of(REGIONS, found)
    assert not pasi_queries(items).any()
    assert np.array_equal(score_pasi(items), scored(found) / 10.0)


@pytest.mark.parametrize("seen", SEEN)
def test_a_band_belongs_to_its_area_and_bsa_is_the_areas_by_surface(seen):
    found = read_regions(REGIONS, np.full(COUNT, seen), LIMIT)
    for region in found:
        assert np.array_equal(pasi_area_score(region.percent), region.band)
    surface = sum(w * one.percent for w, one in zip((0.1, 0.2, 0.3, 0.4), found, strict=True))
    assert body_surface_of(found) == pytest.approx(surface, abs=0.0501)


@pytest.mark.parametrize("seen", SEEN)
def test_clear_skin_bsa_0_and_pasi_0_are_the_same_people(seen):
    noisy = seen * np.exp(0.2 * normals(STREAM, Purpose.VISIT_NOISE, 1)[..., 0])
    found = read_regions(REGIONS, np.minimum(noisy, 72.0), LIMIT)
    clear = noisy < LIMIT
    assert np.array_equal(scored(found) == 0, clear)
    assert np.array_equal(body_surface_of(found) == 0, clear)


@pytest.mark.parametrize("seen", [1.0, 2.0, 5.0, 12.0, 20.0, 36.0])
def test_attainable_totals_are_right_on_average_at_every_severity(seen):
    """Of participants whose baseline is not below it; three standard errors of the mean."""
    worse = seen <= SEVERITY
    ratio = (scored(read_regions(REGIONS, np.full(COUNT, seen), LIMIT)) / 10 / seen)[worse]
    assert ratio.mean() == pytest.approx(1.0, abs=3 * ratio.std() / np.sqrt(worse.sum()))


def test_the_smaller_the_pasi_the_coarser_the_total():
    spread = [
        (scored(read_regions(REGIONS, np.full(COUNT, seen), LIMIT)) / 10 / seen).std()
        for seen in (0.6, 1.0, 2.0, 5.0, 12.0, 20.0)
    ]
    assert spread == sorted(spread, reverse=True)
    assert 0.3 < spread[0] < 0.45
    assert spread[-1] < 0.05


def test_participants_differ_in_their_regions_and_in_which_sign_leads():
    found = read_regions(REGIONS, np.full(COUNT, 3.0), LIMIT)
    items = items_of(REGIONS, found)
    assert 0.2 < np.mean(items["head_area"] == 0) < 0.45
    for sign in ("erythema", "induration", "desquamation"):
        others = [items[f"trunk_{one}"] for one in ("erythema", "induration", "desquamation")]
        leads = items[f"trunk_{sign}"] > np.sort(others, axis=0)[1]
        assert 0.05 < leads.mean() < 0.5


def test_a_given_bsa_is_the_one_recorded_on_average():
    surface = np.full(COUNT, 22.0)
    found = read_regions(regions_at(STREAM, SEVERITY, surface), SEVERITY, LIMIT)
    moderate = (SEVERITY > 12) & (SEVERITY < 24)
    assert np.median(body_surface_of(found)[moderate]) == pytest.approx(22.0, abs=1.0)


def test_a_participants_regions_depend_on_nobody_else():
    alone = regions_at(Stream(11, 0, np.array([77])), SEVERITY[77:78], None)
    assert np.array_equal(alone.share[:, 0], REGIONS.share[:, 77])
    assert alone.percent[0] == REGIONS.percent[77]
