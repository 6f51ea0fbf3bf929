"""Who leaves and why: the stated shares, the link with the disease and with adverse events."""

from typing import Any

import numpy as np
import pytest

from wholetrial.data.records import LEAVES_STUDY, Records
from wholetrial.protocol.leaving import REASONS, LeavingCauses
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.quantity import Share, read_share
from wholetrial.protocol.reader import Reader
from wholetrial.simulation.cautions import cautions_of
from wholetrial.simulation.population import NotSimulatedError
from wholetrial.simulation.simulate import prepare, simulate

REPLICATES = 60
PLACEBO = {
    "lack_of_efficacy": "30 % by week 20",
    "adverse_event": "10 % by week 12",
    "lost_to_follow_up": "8 % by week 36",
    "withdrawal_by_subject": "4 % by week 36",
    "other": "3 % by week 36",
}
WEAK = {"lack_of_efficacy": "10 % by week 16", "adverse_event": "20 % by week 36"}


def share(text: str) -> Share:
    return read_share(Reader(text))


def causes(stated: dict[str, str]) -> LeavingCauses:
    return LeavingCauses.model_validate(stated)


def assuming(protocol: Protocol, **changes: Any) -> Protocol:
    assert protocol.assumptions is not None
    assumed = protocol.assumptions.model_copy(update=changes)
    return protocol.model_copy(update={"assumptions": assumed})


@pytest.fixture(scope="module")
def protocol(krueger: Protocol) -> Protocol:
    """The 2007 trial, where many leave for many reasons, and nobody misses a visit."""
    dropout = {"placebo": causes(PLACEBO), "once_45": causes(WEAK), "once_90": share("20 %")}
    return assuming(krueger, dropout=dropout, missed_visits=None, visit_days=None)


@pytest.fixture(scope="module")
def many(protocol: Protocol) -> Records:
    return simulate(prepare(protocol, seed=2007), range(REPLICATES))


def in_arm(records: Records, arm: str) -> np.ndarray:
    return records.arm == records.arms.index(arm)


def left_for(records: Records, reason: str) -> np.ndarray:
    return records.reasons[LEAVES_STUDY] == REASONS.index(reason) + 1


def improvement(records: Records, label: str) -> np.ndarray:
    """The percent improvement of PASI from week 0 to a visit, `(R, P)`."""
    labels = [visit.label for visit in records.visits]
    base, now = (records.values["PASI"][..., labels.index(name)] for name in ("week 0", label))
    with np.errstate(invalid="ignore", divide="ignore"):
        return 100 * (base - now) / base


@pytest.mark.parametrize(
    ("arm", "reason", "percent"),
    [
        ("placebo", "lack_of_efficacy", 30),
        ("placebo", "adverse_event", 10),
        ("placebo", "lost_to_follow_up", 8),
        ("placebo", "withdrawal_by_subject", 4),
        ("placebo", "other", 3),
        ("once_45", "lack_of_efficacy", 10),
        ("once_45", "adverse_event", 20),
        ("once_45", "other", 0),
    ],
)
def test_the_share_that_leaves_for_each_reason_is_the_stated_one(
    many: Records, arm: str, reason: str, percent: float
) -> None:
    mine = left_for(many, reason)[in_arm(many, arm)]
    expected = percent / 100
    error = np.sqrt(expected * (1 - expected) * (1 / mine.size + 1 / 2048))  # trial and pilot
    assert abs(mine.mean() - expected) <= 3.5 * error


def test_a_share_without_a_reason_leaves_none_in_the_records(many: Records) -> None:
    leaves = ~np.isnan(many.events[LEAVES_STUDY]) & in_arm(many, "once_90")
    assert leaves.any()
    assert (many.reasons[LEAVES_STUDY][leaves] == 0).all()


def test_a_reason_stands_with_those_who_leave_and_with_nobody_else(many: Records) -> None:
    stays = np.isnan(many.events[LEAVES_STUDY])
    assert (many.reasons[LEAVES_STUDY][stays] == 0).all()
    placebo = in_arm(many, "placebo")
    assert (many.reasons[LEAVES_STUDY][placebo & ~stays] > 0).all()


def test_nobody_leaves_for_lack_of_efficacy_before_week_4_or_after_the_time_stated(
    many: Records,
) -> None:
    days = many.events[LEAVES_STUDY][left_for(many, "lack_of_efficacy") & in_arm(many, "placebo")]
    assert days.min() > 28
    assert days.max() <= 140


def test_who_is_worse_leaves_more_often_for_lack_of_efficacy(many: Records) -> None:
    """In one arm, by the PASI at week 4, before anybody has left for this reason."""
    seen = in_arm(many, "placebo") & ~np.isnan(improvement(many, "week 4"))
    worse, better = (seen & (improvement(many, "week 4") < 20)), (improvement(many, "week 4") > 50)
    lack = left_for(many, "lack_of_efficacy")
    assert lack[worse].mean() > 1.5 * lack[seen & better].mean()


def test_leaving_for_another_reason_does_not_depend_on_the_disease(many: Records) -> None:
    seen = in_arm(many, "placebo") & ~np.isnan(improvement(many, "week 1"))
    lost = left_for(many, "lost_to_follow_up")
    worse = seen & (improvement(many, "week 1") < np.nanmedian(improvement(many, "week 1")[seen]))
    first, second = lost[worse], lost[seen & ~worse]
    spread = np.sqrt(lost[seen].var() * (1 / first.size + 1 / second.size))
    assert abs(first.mean() - second.mean()) < 3 * spread


def test_responders_do_not_leave_for_lack_of_efficacy(many: Records) -> None:
    """PASI 90 at week 12 and gone for lack of efficacy within the next 4 weeks: nobody."""
    days = many.events[LEAVES_STUDY]
    soon = left_for(many, "lack_of_efficacy") & (days > 84) & (days <= 112)
    assert soon.sum() > 50
    assert not (improvement(many, "week 12")[soon] >= 90).any()


def test_who_leaves_for_an_adverse_event_has_one_on_that_day(many: Records) -> None:
    leaves = left_for(many, "adverse_event")
    on_the_day = many.adverse_events.day == many.events[LEAVES_STUDY][..., None]
    assert leaves.sum() > 500
    assert on_the_day.any(axis=-1)[leaves].all()


def test_the_share_with_an_adverse_event_stays_the_stated_one(many: Records) -> None:
    """72 % on placebo and 79 % on 45 mg by week 20, those who leave for one among them."""
    for arm, expected in (("placebo", 0.72), ("once_45", 0.79)):
        mine = (many.adverse_events.day <= 140).any(axis=-1)[in_arm(many, arm)]
        assert abs(mine.mean() - expected) < 3.5 * np.sqrt(expected * (1 - expected) / mine.size)


def test_after_leaving_nothing_is_recorded(many: Records) -> None:
    leaves = many.events[LEAVES_STUDY][..., None]
    assert not (many.day >= leaves).any()
    assert not (many.exposures.day >= leaves).any()
    assert not (many.adverse_events.day > leaves).any()


def test_where_the_antibody_does_nothing_more_leave_for_lack_of_efficacy(
    protocol: Protocol, many: Records
) -> None:
    without = simulate(prepare(protocol, seed=2007, scenario="no_effect"), range(20))
    share_with, share_without = (
        left_for(records, "lack_of_efficacy")[in_arm(records, "once_45")].mean()
        for records in (many, without)
    )
    assert share_without > 2 * share_with


def left_out(protocol: Protocol) -> str:
    lines = cautions_of(prepare(protocol, seed=1))
    return next(line for line in lines if line.startswith("Left out: "))


def test_a_forecast_says_what_is_left_out(krueger: Protocol, protocol: Protocol) -> None:
    reasons = "any link of leaving with the disease in arms of which the file gives no reasons"
    response = "any link of adverse events with response."
    assert left_out(krueger) == f"Left out: {reasons} and {response}"
    everywhere = {"experimental": causes(WEAK), "placebo": causes(PLACEBO)}
    assert left_out(assuming(krueger, dropout=everywhere)) == f"Left out: {response}"
    bare = assuming(protocol, dropout={"placebo": share("20 %")})
    assert left_out(bare) == (
        "Left out: missed visits, visits off their day, any link of leaving with response, any "
        f"link of leaving with adverse events and {response}"
    )


def test_another_seed_is_calibrated_to_the_same_rates(protocol: Protocol) -> None:
    first, second = (prepare(protocol, seed=seed).leaving_rates for seed in (1, 2))
    assert first == second
    assert set(first) == {"placebo", "once_45"}


def test_a_share_that_too_few_could_make_up_is_refused(krueger: Protocol) -> None:
    dropout = {"weekly_90": causes({"lack_of_efficacy": "60 % by week 12"})}
    with pytest.raises(NotSimulatedError, match="a smaller share that leaves 'weekly_90'"):
        prepare(assuming(krueger, dropout=dropout), seed=1)


def test_more_reasons_than_people_are_refused() -> None:
    with pytest.raises(ValueError, match=r"add up to 110\.0%"):
        causes({"adverse_event": "60 %", "other": "50 %"})
    with pytest.raises(ValueError, match="is one of: lack_of_efficacy"):
        causes({})


def test_a_replicate_alone_has_the_same_bits(protocol: Protocol, many: Records) -> None:
    alone = simulate(prepare(protocol, seed=2007), range(5, 6))
    for one, all_of_them in (
        (alone.events[LEAVES_STUDY], many.events[LEAVES_STUDY]),
        (alone.reasons[LEAVES_STUDY], many.reasons[LEAVES_STUDY]),
        (alone.adverse_events.day, many.adverse_events.day),
        (alone.exposures.amount, many.exposures.amount),
        (alone.values["PASI"], many.values["PASI"]),
    ):
        assert one[0].tobytes() == all_of_them[5].tobytes()
