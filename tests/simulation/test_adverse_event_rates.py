"""Adverse events by rates: how many, when, how many serious, and none after leaving."""

import numpy as np
import pytest

from wholetrial.data.records import LEAVES_STUDY, Records
from wholetrial.protocol.assumptions import AdverseEventRates
from wholetrial.protocol.leaving import REASONS, LeavingCauses
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.simulate import prepare, simulate

REPLICATES = 40
DAYS = 252
HIGH = {
    "rate": "251 per 100 years",
    "serious_rate": "8.3 per 100 years",
    "grades": "choice(1 0.6, 2 0.3, 3 0.1)",
}
LOW = {"rate": "0.5 per year", "serious_rate": "0 per year"}


def assuming(protocol: Protocol, dropout: dict[str, LeavingCauses]) -> Protocol:
    assert protocol.assumptions is not None
    rates = {
        "experimental": AdverseEventRates.model_validate(HIGH),
        "control": AdverseEventRates.model_validate(LOW),
    }
    changed = {"adverse_events": rates, "dropout": dropout}
    assumed = protocol.assumptions.model_copy(update=changed)
    return protocol.model_copy(update={"assumptions": assumed})


@pytest.fixture(scope="module")
def many(krueger: Protocol) -> Records:
    return simulate(prepare(assuming(krueger, {}), seed=2007), range(REPLICATES))


@pytest.mark.parametrize(("control", "per_year"), [(False, 2.51), (True, 0.5)])
def test_counts_are_poisson_with_the_stated_rate(
    many: Records, control: bool, per_year: float
) -> None:
    mine = (many.arm == many.arms.index("placebo")) == control
    count = (~np.isnan(many.adverse_events.day)).sum(axis=-1)[mine]
    expected = per_year * DAYS / 365.25
    assert count.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / count.size))
    assert count.var() == pytest.approx(expected, rel=0.1)
    none = np.exp(-expected)
    assert (count == 0).mean() == pytest.approx(none, abs=4 * np.sqrt(none / count.size))


def test_251_per_100_years_are_58_events_for_100_participants_in_12_weeks(many: Records) -> None:
    """251 per 100 years are 58 events for each 100 participants in 12 weeks.

    Some have several: 1 - exp(-0.577), 44 of 100, have one or more.
    """
    active = many.arm != many.arms.index("placebo")
    in_time = many.adverse_events.day <= 84
    share, events = in_time.any(axis=-1)[active].mean(), in_time.sum(axis=-1)[active].mean()
    assert share == pytest.approx(1 - np.exp(-0.577), abs=0.02)
    assert events == pytest.approx(0.577, abs=0.03)


def test_days_are_spread_evenly_and_in_order(many: Records) -> None:
    days = many.adverse_events.day[~np.isnan(many.adverse_events.day)]
    assert days.min() >= 1
    assert days.max() <= DAYS
    quarters = np.histogram(days, bins=4, range=(0.5, DAYS + 0.5))[0] / days.size
    np.testing.assert_allclose(quarters, 0.25, atol=0.02)
    assert not (np.diff(many.adverse_events.day, axis=-1) < 0).any()


def test_serious_ones_have_their_rate_and_at_least_grade_3(many: Records) -> None:
    events = many.adverse_events
    active = many.arm != many.arms.index("placebo")
    serious = events.serious[active].sum(axis=-1)
    expected = 0.083 * DAYS / 365.25
    assert serious.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / serious.size))
    assert (events.grade[events.serious] >= 3).all()
    assert not events.serious[~active].any()
    assert not events.serious[np.isnan(events.day)].any()


def test_leaving_ends_them_and_leaving_for_one_has_it_on_that_day(krueger: Protocol) -> None:
    dropout = {
        "experimental": LeavingCauses.model_validate({"adverse_event": "30 %", "other": "30 %"})
    }
    records = simulate(prepare(assuming(krueger, dropout), seed=2007), range(20))
    day, leaves = records.adverse_events.day, records.events[LEAVES_STUDY]
    assert not (day > leaves[..., None]).any()
    harmed = records.reasons[LEAVES_STUDY] == REASONS.index("adverse_event") + 1
    assert harmed.sum() > 1000
    assert (day == leaves[..., None]).any(axis=-1)[harmed].all()
    others = (records.reasons[LEAVES_STUDY] == REASONS.index("other") + 1) & ~harmed
    assert (day == leaves[..., None]).any(axis=-1)[others].mean() < 0.02


@pytest.mark.parametrize(
    "stated",
    [
        {"any": "60 %"},
        {"rate": "2 per year"},
        {"any": "60 %", "serious_rate": "2 per year"},
        {"any": "60 %", "serious": "2 %", "rate": "2 per year", "serious_rate": "1 per year"},
        {},
    ],
)
def test_shares_and_rates_do_not_mix(stated: dict[str, str]) -> None:
    with pytest.raises(
        ValueError, match=r"shares \(any, serious\) or rates \(rate, serious_rate\)"
    ):
        AdverseEventRates.model_validate(stated)
