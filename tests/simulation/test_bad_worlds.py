"""Numbers that make no sense: a clear error or a correct answer, never a silent NaN."""

import json
from dataclasses import replace

import numpy as np
import pytest

from wholetrial.programme.results import analyze_records
from wholetrial.protocol.load import load
from wholetrial.simulation.course import NO_DOSES, Doses
from wholetrial.simulation.disease import advance, biology_of, lesion_at, start_with
from wholetrial.simulation.pharmacokinetics import IXEKIZUMAB, USTEKINUMAB
from wholetrial.simulation.population import NotSimulatedError
from wholetrial.simulation.psoriasis_fit import fit_b, fit_from, read_fit, shipped_document
from wholetrial.simulation.simulate import (
    BLOCK,
    MOST_PEOPLE,
    PEOPLE_AT_ONCE,
    block_size,
    prepare,
    simulate,
)
from wholetrial.simulation.world import world_of

DRUGS = (IXEKIZUMAB, USTEKINUMAB)
NAN, INFINITE = float("nan"), float("inf")


def one_person(weight=90.0, **changed):
    values = {**fit_b().parameters(), **changed}
    return biology_of(DRUGS, values, np.array([weight]), np.zeros((1, 8)))


def given(mg, day=0.0):
    return Doses((day,), {"ustekinumab": np.full((1, 1), mg)})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lesion_turnover", 0.0, "lesion_turnover must be above 0; got 0"),
        ("lesion_turnover", -0.01, "lesion_turnover must be above 0; got -0.01"),
        ("t17_turnover", NAN, "t17_turnover must be a finite number; got nan"),
        ("ic50_ustekinumab", 0.0, "ic50_ustekinumab must be above 0; got 0"),
        ("ic50_ustekinumab", INFINITE, "ic50_ustekinumab must be a finite number; got inf"),
        ("ic50_log_sd", -1.0, "ic50_log_sd must not be negative; got -1"),
        ("placebo_effect", -0.2, "placebo_effect must not be negative; got -0.2"),
        ("placebo_decay", -0.005, "placebo_decay must not be negative; got -0.005"),
        ("memory", NAN, "memory must be a finite number; got nan"),
        (
            "t17_turnover",
            np.array([[0.05], [-0.05]]),
            "t17_turnover must not be negative; got -0.05",
        ),
    ],
)
def test_parameters_without_sense_are_refused_by_name(name, value, message):
    with pytest.raises(ValueError, match=message):
        one_person(**{name: value})


def test_no_placebo_effect_and_no_spread_are_correct_answers():
    still = one_person(placebo_effect=0.0, ic50_log_sd=0.0)
    assert lesion_at(still, NO_DOSES, (0.0, 84.0)).tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize("mg", [-45.0, NAN, INFINITE])
def test_a_dose_is_zero_or_more_milligrams(mg):
    with pytest.raises(
        ValueError, match=r"a dose of ustekinumab is 0 mg .* or more; got (-45|nan|inf)"
    ):
        advance(start_with(one_person()), given(mg), 0.0, 84.0)
    with pytest.raises(ValueError, match="a dose of ustekinumab is 0 mg"):
        lesion_at(one_person(), given(mg), (84.0,))


def test_a_dose_of_zero_is_no_dose():
    """To the accuracy of the steps, which are others where a dose is planned."""
    with_zero = advance(start_with(one_person()), given(0.0), 0.0, 84.0).lesion
    without = advance(start_with(one_person()), NO_DOSES, 0.0, 84.0).lesion
    assert with_zero == pytest.approx(without, abs=2e-6)


@pytest.mark.parametrize("weight", [0.0, -70.0, NAN, INFINITE])
def test_a_weight_is_a_positive_number_of_kilograms(weight):
    with pytest.raises(ValueError, match="log needs positive finite numbers; got"):
        one_person(weight)


def test_a_weight_of_400_kg_gives_a_lesion_between_those_of_less_weight_and_of_no_drug():
    lesions = [lesion_at(one_person(kg), given(45.0), (84.0,)).item() for kg in (90, 200, 400)]
    untreated = lesion_at(one_person(), NO_DOSES, (84.0,)).item()
    assert lesions == sorted(lesions)
    assert 0 < lesions[0] < lesions[-1] < untreated


@pytest.mark.parametrize("days", [(), (-7.0,), (7.0, 7.0), (14.0, 7.0), (NAN,), (7.0, INFINITE)])
def test_the_lesion_is_read_on_days_that_rise(days):
    with pytest.raises(ValueError, match="days to read the lesion on rise from day 0; got"):
        lesion_at(one_person(), NO_DOSES, days)


@pytest.mark.parametrize("to_day", [NAN, INFINITE, -1.0])
def test_time_runs_forward_to_a_day(to_day):
    with pytest.raises(ValueError, match="time runs forward; got day 0 to day"):
        advance(start_with(one_person()), NO_DOSES, 0.0, to_day)


def broken(change):
    document = json.loads(json.dumps(shipped_document("fit_b")))
    change(document)
    return document


def of(name, **values):
    def change(document):
        row = next(row for row in document["estimated"] if row["name"] == name)
        row.update(values)

    return change


def covariance(row, column, value, *, both=True):
    def change(document):
        document["covariance"][row][column] = value
        if both:
            document["covariance"][column][row] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (of("lesion_turnover", estimate=0.0), "lesion_turnover must be above 0; got 0"),
        (of("t17_turnover", estimate=-0.1), "t17_turnover must not be negative; got -0.1"),
        (of("memory_logit_sd", estimate=0.0), "memory_logit_sd must be above 0; got 0"),
        (of("memory", estimate=NAN), "memory must be a finite number; got nan"),
        (of("memory", scale="logit"), "memory has the scale log or identity; got 'logit'"),
        (covariance(0, 1, 9.0), "a covariance must be positive definite; row 2 leaves -"),
        (covariance(3, 3, 0.0), "a covariance must be positive definite; row 4 leaves"),
        (covariance(2, 2, NAN), "a covariance must be symmetric, and all of it finite numbers"),
        (covariance(0, 1, 0.5, both=False), "a covariance must be symmetric"),
        (
            lambda d: d["covariance"].pop(),
            "the covariance of 11 parameters has 11 rows and columns",
        ),
    ],
)
def test_a_fit_that_is_none_says_what_is_wrong(change, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        fit_from(broken(change))
    file = tmp_path / "fit.json"
    file.write_text(json.dumps(broken(change)), "utf-8")
    with pytest.raises(ValueError, match=f"fit.json: a fit is a JSON file .*{message}"):
        read_fit(file)


@pytest.mark.parametrize("potency", [0.0, -1.0, NAN, INFINITE])
def test_a_potency_that_is_none_is_refused(krueger, potency):
    assumed = krueger.assumptions
    optimistic = assumed.scenarios["optimistic"]
    acts = optimistic.as_if["CNTO_1275"].model_copy(update={"potency": potency})
    changed = optimistic.model_copy(update={"as_if": {"CNTO_1275": acts}})
    scenarios = {**assumed.scenarios, "optimistic": changed}
    protocol = krueger.model_copy(
        update={"assumptions": assumed.model_copy(update={"scenarios": scenarios})}
    )
    with pytest.raises(NotSimulatedError, match=r"a potency is above 0 and of a modeled drug; got"):
        world_of(protocol, "optimistic")


@pytest.fixture
def changed(tmp_path):
    """The 2007 trial with some of its text changed."""

    def change(*pairs):
        from pathlib import Path

        file = Path(__file__).resolve().parents[2] / "trials" / "NCT00320216" / "trial.yaml"
        text = file.read_text("utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "trial.yaml"
        path.write_text(text, "utf-8")
        return load(path)

    return change


def test_people_who_cannot_exist_are_told_from_people_whom_the_criteria_keep_out(changed):
    heavy = changed(("median 89 kg, log_sd 0.245", "median 400 kg, log_sd 0.01"))
    said = "hardly anybody of assumptions.baseline can exist: .*weight 40 to 200"
    with pytest.raises(NotSimulatedError, match=said):
        prepare(heavy, seed=1)
    mild = changed(
        ("PASI: lognormal(median 16, log_sd 0.45)", "PASI: lognormal(median 0.1, log_sd 0.1)")
    )
    with pytest.raises(NotSimulatedError, match=r"hardly anybody of .* meets the criteria"):
        prepare(mild, seed=1)


def test_an_arm_given_zero_milligrams_responds_as_placebo_does(changed):
    """64 on 0 mg and 64 on placebo in 32 trials: PASI 75 in a few percent of either."""
    protocol = changed(("[CNTO_1275 45 mg at week 0]", "[CNTO_1275 0 mg at week 0]"))
    records = simulate(prepare(protocol, seed=1), range(32))
    found = analyze_records(protocol, records).statistics
    share = {
        one.arm: float(np.mean(one.value))
        for one in found
        if (one.name, one.endpoint) == ("proportion", "pasi_75_week_12")
    }
    assert not any(np.isnan(one.value).any() for one in found if one.name == "proportion")
    assert abs(share["once_45"] - share["placebo"]) < 3 * np.sqrt(2 * 0.03 * 0.97 / (64 * 32))


def test_a_visit_before_the_first_dose_sees_the_disease_as_it_was(changed):
    protocol = changed(('"weeks 0 to 3, 4, 8, 12", window', '"weeks -1, 0 to 3, 4, 8, 12", window'))
    records = simulate(prepare(protocol, seed=1), range(4))
    before = next(n for n, visit in enumerate(records.visits) if visit.day == -7)
    ratio = records.values["PASI"][..., before] / records.values["PASI"][..., before + 1]
    assert np.isnan(ratio).mean() < 0.05
    assert np.nanmedian(ratio) == pytest.approx(1.0, abs=0.03)


def test_more_people_than_memory_holds_are_refused_with_what_is_possible(changed):
    most = changed(("n: 64", "n: 1000000"))
    with pytest.raises(NotSimulatedError, match=r"at most 1,000,000 participants.*plans 5,000,000"):
        prepare(most, seed=1)


@pytest.mark.parametrize(
    ("n", "together"), [(320, BLOCK), (2000, 40), (20_000, 4), (100_000, 1), (MOST_PEOPLE, 1)]
)
def test_fewer_replicates_are_simulated_together_where_a_trial_is_large(krueger, n, together):
    arms = dict.fromkeys(krueger.arms, next(iter(krueger.arms.values())))
    each = {name: arm.model_copy(update={"n": n // len(arms)}) for name, arm in arms.items()}
    protocol = krueger.model_copy(update={"arms": each})
    assert block_size(protocol) == together
    assert block_size(protocol) == 1 or block_size(protocol) * protocol.n <= PEOPLE_AT_ONCE


def with_uncertainty(simulation, times):
    """The same simulation, the parameters so many times as uncertain."""
    fit = simulation.world.fit
    wide = tuple(tuple(times * times * value for value in row) for row in fit.covariance)
    return replace(simulation, world=replace(simulation.world, fit=replace(fit, covariance=wide)))


def test_parameters_drawn_far_out_still_give_scores(krueger):
    simulation = with_uncertainty(prepare(krueger, seed=1), 3)
    records = simulate(simulation, range(8))
    seen = records.values["PASI"][~np.isnan(records.day)]
    assert np.isfinite(seen).all()
    assert (seen >= 0).all()
    assert (seen <= 72).all()


def test_parameters_drawn_beyond_numbers_are_refused(krueger):
    simulation = with_uncertainty(prepare(krueger, seed=1), 10)
    with pytest.raises(ValueError, match="_log_sd is so large that some participants differ"):
        simulate(simulation, range(8))
