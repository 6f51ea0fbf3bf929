"""Simulated trials: same bits in any chunking, rules on observed scores, who leaves, who comes."""

import numpy as np
import pytest

from wholetrial.data.records import Records
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.population import NotSimulatedError, taken_as_given
from wholetrial.simulation.simulate import Simulation, in_blocks, people_screened, prepare, simulate

REPLICATES = 20


@pytest.fixture(scope="module")
def simulation(krueger: Protocol) -> Simulation:
    return prepare(krueger, seed=2007)


@pytest.fixture(scope="module")
def many(simulation: Simulation) -> Records:
    return simulate(simulation, range(REPLICATES))


def arrays(records: Records) -> dict[str, np.ndarray]:
    found = {"arm": records.arm, "day": records.day, "dose": records.exposures.amount}
    found |= {"ae": records.adverse_events.day, "serious": records.adverse_events.serious}
    found |= {f"value {name}": values for name, values in records.values.items()}
    found |= {f"fact {name}": values for name, values in records.facts.items()}
    return found | {f"event {name}": days for name, days in records.events.items()}


def assert_same_bits(ours: Records, theirs: Records) -> None:
    for (name, one), other in zip(arrays(ours).items(), arrays(theirs).values(), strict=True):
        assert one.tobytes() == other.tobytes(), name


def test_a_replicate_alone_has_the_bits_it_has_among_others(
    simulation: Simulation, many: Records
) -> None:
    for index in (0, 7, REPLICATES - 1):
        alone = simulate(simulation, range(index, index + 1))
        assert_same_bits(alone.replicate(0), many.replicate(index))


def test_blocks_of_any_size_give_the_same_bits(
    simulation: Simulation, many: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wholetrial.simulation.simulate.BLOCK", 7)
    blocks = list(in_blocks(simulation, REPLICATES))
    assert [block.arm.shape[0] for block in blocks] == [7, 7, 6]
    assert_same_bits(blocks[1].replicate(3), many.replicate(10))


def test_another_seed_gives_another_trial(krueger: Protocol, many: Records) -> None:
    other = simulate(prepare(krueger, seed=2008), range(1))
    assert not np.array_equal(other.values["PASI"][0], many.values["PASI"][0], equal_nan=True)


def test_every_arm_has_its_planned_number(krueger: Protocol, many: Records) -> None:
    planned = [arm.n for arm in krueger.arms.values()]
    for index in range(REPLICATES):
        assert np.bincount(many.arm[index]).tolist() == planned


def test_everybody_meets_the_criteria_on_observed_scores(many: Records) -> None:
    screening = 0
    assert many.visits[screening].label == "screening"
    assert (many.values["PASI"][..., screening] >= 12).all()
    assert (many.values["BSA"][..., screening] >= 10).all()
    assert (many.facts["age"] >= 18).all()
    assert (many.facts["plaque_psoriasis"] >= 0.49).all()


def test_scores_fall_back_from_screening_to_week_0(many: Records) -> None:
    """Regression to the mean: who looked bad enough at screening looks better at the next visit."""
    screening, week_0 = (many.values["PASI"][..., index] for index in (0, 1))
    low = screening < 14
    assert np.nanmean(week_0[low] - screening[low]) > 0  # some were truly worse than they looked
    drift = np.nanmean(week_0 - screening)
    error = np.nanstd(week_0 - screening) / np.sqrt(np.sum(~np.isnan(week_0)))
    assert drift < -3 * error


def test_pasi_is_recorded_in_tenths_within_its_range(many: Records) -> None:
    pasi = many.values["PASI"][~np.isnan(many.values["PASI"])]
    assert ((pasi >= 0) & (pasi <= 72)).all()
    np.testing.assert_array_equal(pasi, np.rint(pasi * 10) / 10)


def test_the_additional_dose_goes_to_those_who_need_it_on_observed_pasi(
    krueger: Protocol, many: Records
) -> None:
    labels = [visit.label for visit in many.visits]
    base, week_16 = (many.values["PASI"][..., labels.index(name)] for name in ("week 0", "week 16"))
    comes = ~np.isnan(many.day[..., labels.index("week 16")])
    active = many.arm != list(krueger.arms).index("placebo")
    tenths = np.rint(10 * base), np.rint(10 * week_16)
    needs = comes & active & (4 * tenths[1] > tenths[0])
    day = many.day[..., labels.index("week 16")]
    np.testing.assert_array_equal(many.events["additional_dose"] == day, needs)
    given = (many.exposures.day == day[..., None]) & (many.exposures.amount > 0)
    np.testing.assert_array_equal(given.any(axis=-1), needs)


def test_the_additional_dose_is_the_assigned_one(krueger: Protocol, many: Records) -> None:
    day = many.events["additional_dose"][..., None]
    amount = np.where(many.exposures.day == day, many.exposures.amount, 0).sum(axis=-1)
    got = amount > 0
    for name, mg in (("once_45", 45), ("once_90", 90), ("weekly_45", 45), ("weekly_90", 90)):
        mine = (many.arm == list(krueger.arms).index(name)) & got
        assert mine.any()
        assert set(amount[mine].tolist()) == {mg}


def test_placebo_crosses_over_to_90_mg_at_week_20(krueger: Protocol, many: Records) -> None:
    placebo = many.arm == list(krueger.arms).index("placebo")
    labels = [visit.label for visit in many.visits]
    comes = placebo & ~np.isnan(many.day[..., labels.index("week 20")])
    day = many.day[..., labels.index("week 20"), None]
    at_week_20 = np.where(many.exposures.day == day, many.exposures.amount, 0).sum(axis=-1)
    assert set(at_week_20[comes].tolist()) == {90}
    assert set(at_week_20[~comes].tolist()) == {0}


def test_nobody_is_seen_or_treated_after_leaving(many: Records) -> None:
    leaves = many.events["leaves_study"][..., None]
    assert not (many.day >= leaves).any()
    assert not (many.exposures.day >= leaves).any()
    assert (leaves > 0)[~np.isnan(leaves)].all()


def test_dropout_and_adverse_events_are_as_assumed(
    krueger: Protocol, simulation: Simulation
) -> None:
    records = simulate(simulation, range(200))
    for index, (name, shares) in enumerate(
        {
            "once_45": (7 / 64, 0.79, 0.04),
            "weekly_45": (3 / 64, 0.79, 0.04),
            "placebo": (13 / 64, 0.72, 0.01),
        }.items()
    ):
        mine = records.arm == list(krueger.arms).index(name)
        had = ~np.isnan(records.adverse_events.day[..., 0])
        serious = records.adverse_events.serious[..., 0]
        left = ~np.isnan(records.events["leaves_study"])
        for seen, assumed in zip((left, had, serious), shares, strict=True):
            error = np.sqrt(assumed * (1 - assumed) / mine.sum())
            assert abs(seen[mine].mean() - assumed) < 4 * error, (name, index)


def test_only_responders_come_to_the_late_visits(guttate: Protocol) -> None:
    records = simulate(prepare(guttate, seed=1), range(REPLICATES))
    labels = [visit.label for visit in records.visits]
    base, now = (records.values["PASI"][..., labels.index(name)] for name in ("week 0", "week 16"))
    responds = 10 * np.rint(10 * now) <= np.rint(10 * base)
    stays = ~(records.events["leaves_study"] <= 238 + 3)  # visits are up to 3 days off
    comes = ~np.isnan(records.day[..., labels.index("week 34")])
    assert not (comes & ~responds).any()
    missed = (responds & stays & ~comes).sum() / (responds & stays).sum()
    assert 0.005 < missed < 0.04  # 2 % of visits are missed
    assert 0.5 < comes.mean() < 0.95


def test_instruments_agree_about_clear_skin(guttate: Protocol) -> None:
    records = simulate(prepare(guttate, seed=1), range(REPLICATES))
    week_16 = [visit.label for visit in records.visits].index("week 16")
    pga, pasi = records.values["PGA"][..., week_16], records.values["PASI"][..., week_16]
    assert (pga[pasi > 12] >= 2).mean() > 0.95
    assert (pga[pasi == 0] <= 1).all()


def test_screening_turns_people_away(krueger: Protocol, simulation: Simulation) -> None:
    screened = people_screened(simulation)
    assert krueger.n < screened < 3 * krueger.n


def test_no_effect_makes_active_arms_like_placebo(krueger: Protocol) -> None:
    records = simulate(prepare(krueger, seed=5, scenario="no_effect"), range(REPLICATES))
    week_12 = [visit.label for visit in records.visits].index("week 12")
    pasi = records.values["PASI"][..., week_12]
    means = [np.nanmean(pasi[records.arm == arm]) for arm in range(5)]
    assert max(means) - min(means) < 4 * np.nanstd(pasi) * np.sqrt(2 / (64 * REPLICATES))


def test_half_the_potency_answers_less(guttate: Protocol) -> None:
    week_16 = -3
    full = simulate(prepare(guttate, seed=3), range(REPLICATES)).values["PASI"][..., week_16]
    half = simulate(prepare(guttate, seed=3, scenario="half_as_potent"), range(REPLICATES))
    assert half.visits[week_16].label == "week 16"
    assert np.nanmean(half.values["PASI"][..., week_16]) > np.nanmean(full)


def test_judgements_and_consents_are_taken_as_given_and_said(
    krueger: Protocol, guttate: Protocol
) -> None:
    assert taken_as_given(krueger) == ("I4",)
    assert "I1" in taken_as_given(guttate)
    assert "I2" not in taken_as_given(guttate)  # age is drawn


def test_an_unknown_scenario_names_the_nearest(krueger: Protocol) -> None:
    with pytest.raises(NotSimulatedError, match="did you mean 'no_effect'"):
        prepare(krueger, seed=1, scenario="no_efect")


def test_criteria_that_nobody_meets_are_an_error(krueger: Protocol) -> None:
    from wholetrial.protocol.read_condition import read_condition
    from wholetrial.protocol.reader import Reader

    strict = krueger.eligibility.include["I3"].model_copy(
        update={"rule": read_condition(Reader("PASI >= 71.9"))}
    )
    eligibility = krueger.eligibility.model_copy(
        update={"include": {**krueger.eligibility.include, "I3": strict}}
    )
    protocol = krueger.model_copy(update={"eligibility": eligibility})
    with pytest.raises(NotSimulatedError, match="hardly anybody"):
        simulate(prepare(protocol, seed=1), range(1))
