"""Virtual participants are randomized within the strata of the file, as they look at screening."""

from pathlib import Path

import numpy as np
import pytest

from wholetrial.conditions.evaluate import MET, Situation, evaluate
from wholetrial.conduct.allocation import strata_labels
from wholetrial.data.records import Records
from wholetrial.endpoints.baseline import stratum_of
from wholetrial.programme.results import analyze_records
from wholetrial.protocol.load import load_bytes
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import screening_visit
from wholetrial.simulation.population import NotSimulatedError
from wholetrial.simulation.simulate import prepare, simulate

FILE = Path(__file__).resolve().parents[1] / "protocol" / "data" / "several_arms.yaml"
REPLICATES = 6
LARGEST_BLOCK = 6


def randomized_within(factors: str, *changes: tuple[str, str]) -> Protocol:
    text = FILE.read_text("utf-8")
    for old, new in (("sizes: [3, 6]}", f"sizes: [3, 6], strata: {factors}}}"), *changes):
        assert old in text
        text = text.replace(old, new)
    return load_bytes(text.encode(), "trial.yaml")[0]


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return randomized_within("[heavy, severe]")


@pytest.fixture(scope="module")
def records(protocol: Protocol) -> Records:
    return simulate(prepare(protocol, seed=7), range(REPLICATES))


def stratum_at_screening(protocol: Protocol, records: Records) -> np.ndarray:
    """The place of everybody's stratum in the list that a pharmacist has: yes before no."""
    situation = Situation(protocol, records, screening_visit(protocol))
    heavy, severe = (
        evaluate(protocol.terms[name], situation) == MET for name in ("heavy", "severe")
    )
    return 2 * (~heavy) + ~severe


def test_each_stratum_is_balanced_block_by_block(protocol: Protocol, records: Records) -> None:
    """Within a block of six each of three arms comes twice: no arm is ever two ahead for long."""
    stratum = stratum_at_screening(protocol, records)
    assert len(strata_labels(protocol)) == 4
    for replicate in range(REPLICATES):
        for code in range(4):
            arm = records.arm[replicate][stratum[replicate] == code]
            behind = np.stack([np.cumsum(arm == place) for place in range(3)])
            ahead = behind.max(axis=0) - behind.min(axis=0)
            assert ahead.max(initial=0) <= LARGEST_BLOCK // 3
            ends = np.flatnonzero(ahead == 0)
            gaps = np.diff(np.concatenate([[-1], ends]))
            assert gaps.max(initial=0) <= LARGEST_BLOCK
            assert len(arm) - (ends[-1] + 1 if ends.size else 0) < LARGEST_BLOCK


def test_without_strata_the_whole_trial_is_balanced_and_strata_are_not(records: Records) -> None:
    plain = load_bytes(FILE.read_bytes(), "trial.yaml")[0]
    alone = simulate(prepare(plain, seed=7), range(REPLICATES))
    counts = np.stack([(alone.arm == place).sum(axis=-1) for place in range(3)])
    assert (counts == 20).all()
    within = np.stack([(records.arm == place).sum(axis=-1) for place in range(3)])
    assert (within != 20).any()  # balanced only within strata
    assert not np.array_equal(alone.arm, records.arm)


def test_an_analysis_finds_the_strata_that_people_were_randomized_in(
    protocol: Protocol, records: Records
) -> None:
    ours = stratum_at_screening(protocol, records)
    theirs = stratum_of(protocol, records, ("heavy", "severe"))
    pairs = {(int(one), int(other)) for one, other in zip(ours.flat, theirs.flat, strict=True)}
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})


def test_a_replicate_is_randomized_alone_as_among_others(protocol: Protocol) -> None:
    every = simulate(prepare(protocol, seed=7), range(REPLICATES)).arm
    np.testing.assert_array_equal(simulate(prepare(protocol, seed=7), range(3, 4)).arm[0], every[3])


def test_a_stratum_that_nobody_can_draw_is_refused_in_words() -> None:
    center = randomized_within("[center]")
    with pytest.raises(NotSimulatedError, match="the stratum 'center' of every participant"):
        simulate(prepare(center, seed=7), range(1))
    unweighed = randomized_within("[heavy]", ("    weight: normal(mean 90 kg, sd 15 kg)\n", ""))
    with pytest.raises(NotSimulatedError, match="the stratum 'heavy' of every participant"):
        simulate(prepare(unweighed, seed=7), range(1))


@pytest.mark.parametrize(
    ("of", "estimate", "test", "more"),
    [
        ("clear", "risk_difference, sato 95 %", "cmh", ""),
        ("clear", "risk_ratio, mantel_haenszel 95 %", "standardization", ""),
        ("lower", "mean_difference, student_t 95 %", "ancova", "adjust_for: [PASI]"),
        ("by_visit", "mmrm, kenward_roger 95 %", "mmrm",
         "missing: mixed model\n    covariance: unstructured"),
        ("worse", "hazard_ratio, wald 95 %", "cox", ""),
        ("worse", "kaplan_meier, log_log 95 %", "stratified_log_rank", ""),
    ],
)  # fmt: skip
def test_methods_take_the_strata_of_randomization_without_being_told(
    of: str, estimate: str, test: str, more: str
) -> None:
    better = "later" if of == "worse" else "higher"
    plan = (
        f"of: [{of}]\n    set: randomized\n    compare: each experimental with placebo\n"
        f"    test: {test}\n    estimate: {estimate}\n    alpha: 0.05 two-sided\n"
        f"    better: {better}\n    {more}\n  main:\n"
    )
    found = {}
    for strata in ("", "strata: ignored\n    "):
        if strata and test in ("cmh", "stratified_log_rank"):
            continue  # these cannot do without strata: checking says so
        protocol = randomized_within("[severe]", ("  main:\n", f"  planned:\n    {strata}{plan}"))
        records = simulate(prepare(protocol, seed=8), range(1)).replicate(0)
        records.values["PASI"][::4, -1] = 1.0  # some respond in every arm and stratum
        records.values["PASI"][1::4, -1] = 30.0
        records.values["DLQI"][:, 2:] = np.where(records.values["PASI"][:, 2:] > 8, 20.0, 5.0)
        found[strata] = [
            one
            for one in analyze_records(protocol, records).statistics
            if (one.analysis, one.name) == ("planned", "p_value")
        ]
    assert all("severe" in one.note for one in found[""])
    assert not any(one.why_none for one in found[""])
    for ours, theirs in zip(found[""], found.get("strata: ignored\n    ", []), strict=False):
        assert float(ours.value) != float(theirs.value)
        assert "ignores the strata of randomization: severe" in theirs.note
