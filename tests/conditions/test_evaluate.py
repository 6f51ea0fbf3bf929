"""Conditions on records: boundaries in whole tenths, Kleene's logic, times."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholetrial.conditions.evaluate import MET, NOT_MET, UNKNOWN, Situation, evaluate
from wholetrial.data.records import Records
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader
from wholetrial.protocol.timeline import visits

NAN = float("nan")
Make = Callable[..., Records]


def verdicts(
    protocol: Protocol, records: Records, condition: str, at: str = "week 12"
) -> list[int]:
    visit = next(visit for visit in visits(protocol) if visit.label == at)
    found = evaluate(read_condition(Reader(condition)), Situation(protocol, records, visit))
    return [int(verdict) for verdict in found]


def test_pasi_75_and_90_include_their_boundary(krueger: Protocol, records_of: Make) -> None:
    #              PASI 75: 4 now <= base       PASI 90: 10 now <= base
    base = [12.0, 12.0, 20.4, 20.4, 20.0, 20.0, 33.3, 0.0, NAN, 14.0]
    now = [3.0, 3.1, 5.1, 5.2, 2.0, 2.1, 8.3, 0.0, 1.0, NAN]
    records = records_of(krueger, {"PASI": {"week 0": base, "week 12": now}})
    assert verdicts(krueger, records, "PASI improvement >= 75 %") == [
        1,
        0,
        1,
        0,
        1,
        1,
        1,
        -1,
        -1,
        -1,
    ]
    assert verdicts(krueger, records, "PASI improvement >= 90 %") == [
        0,
        0,
        0,
        0,
        1,
        0,
        0,
        -1,
        -1,
        -1,
    ]
    assert verdicts(krueger, records, "PASI improvement > 90 %") == [
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        -1,
        -1,
        -1,
    ]
    assert verdicts(krueger, records, "PASI improvement >= 100 %") == [0] * 7 + [-1] * 3


def test_floating_point_would_miss_a_boundary_that_whole_tenths_keep(
    krueger: Protocol, records_of: Make
) -> None:
    """Of the bases whose tenth is itself a tenth, dividing floats gets some wrong."""
    bases = [tenths / 10 for tenths in range(120, 721, 10)]
    nows = [tenths / 100 for tenths in range(120, 721, 10)]
    naive = [(base - now) / base >= 0.9 for base, now in zip(bases, nows, strict=True)]
    records = records_of(krueger, {"PASI": {"week 0": bases, "week 12": nows}})
    assert verdicts(krueger, records, "PASI improvement >= 90 %") == [MET] * len(bases)
    assert not all(naive)


@given(
    st.lists(st.tuples(st.integers(1, 720), st.integers(0, 720)), min_size=1, max_size=20),
    st.sampled_from([50, 75, 90, 100]),
)
def test_improvement_against_second_implementation_in_fractions(
    krueger: Protocol, pairs: list[tuple[int, int]], percent: int
) -> None:
    planned = visits(krueger)
    values = np.full((len(pairs), len(planned)), np.nan)
    labels = [visit.label for visit in planned]
    values[:, labels.index("week 0")] = [base / 10 for base, _ in pairs]
    values[:, labels.index("week 12")] = [now / 10 for _, now in pairs]
    records = _bare(krueger, values)
    expected = [int(Fraction(base - now, base) >= Fraction(percent, 100)) for base, now in pairs]
    assert verdicts(krueger, records, f"PASI improvement >= {percent} %") == expected


def _bare(protocol: Protocol, values: np.ndarray) -> Records:
    from wholetrial.data.records import Exposures, empty_events

    people = values.shape[0]
    none = np.zeros(people, np.int8)
    return Records(
        arms=tuple(protocol.arms),
        interventions=tuple(protocol.interventions),
        visits=visits(protocol),
        participants=tuple(str(n) for n in range(people)),
        arm=none,
        received=none,
        day=np.zeros(values.shape),
        values={"PASI": values},
        facts={},
        events={},
        exposures=Exposures(
            np.empty((people, 0)), np.empty((people, 0)), np.empty((people, 0), np.int8)
        ),
        adverse_events=empty_events((people,)),
    )


@pytest.mark.parametrize(
    ("a", "b", "conjunction", "disjunction", "negation", "implication"),
    [
        (1, 1, 1, 1, 0, 1),
        (1, 0, 0, 1, 0, 0),
        (1, -1, -1, 1, 0, -1),
        (0, 1, 0, 1, 1, 1),
        (0, 0, 0, 0, 1, 1),
        (0, -1, 0, -1, 1, 1),
        (-1, 1, -1, 1, -1, 1),
        (-1, 0, 0, -1, -1, -1),
        (-1, -1, -1, -1, -1, -1),
    ],
)
def test_three_values_follow_kleene(
    krueger: Protocol, records_of: Make, a: int, b: int, conjunction: int, disjunction: int,
    negation: int, implication: int,
) -> None:  # fmt: skip
    number = {MET: 20.0, NOT_MET: 5.0, UNKNOWN: NAN}
    records = records_of(
        krueger, {"PASI": {"week 12": [number[a]]}, "BSA": {"week 12": [number[b]]}}
    )
    first, second = "PASI >= 12", "BSA >= 12 %"
    assert verdicts(krueger, records, f"{first} and {second}") == [conjunction]
    assert verdicts(krueger, records, f"{first} or {second}") == [disjunction]
    assert verdicts(krueger, records, f"not {first}") == [negation]
    assert verdicts(krueger, records, f"if {first} then {second}") == [implication]


@pytest.mark.parametrize(
    ("values", "needed", "verdict"),
    [
        ([20, 20, 5], 2, MET),
        ([20, 5, 5], 2, NOT_MET),
        ([20, NAN, 5], 2, UNKNOWN),
        ([NAN, NAN, 5], 1, UNKNOWN),
        ([20, NAN, NAN], 1, MET),
    ],
)
def test_at_least_n_counts_what_is_sure(
    krueger: Protocol, records_of: Make, values: list[float], needed: int, verdict: int
) -> None:
    weeks = ("week 4", "week 8", "week 12")
    by_week = {week: [value] for week, value in zip(weeks, values, strict=True)}
    records = records_of(krueger, {"PASI": by_week})
    parts = "; ".join(f"PASI >= 12 at {week}" for week in weeks)
    assert verdicts(krueger, records, f"at least {needed} of ({parts})") == [verdict]


def test_every_by_and_any_look_at_the_visits_between(krueger: Protocol, records_of: Make) -> None:
    weeks = {
        "week 0": [20.0, 20.0, 20.0, 20.0],
        "week 12": [2.0, 2.0, 2.0, 18.0],
        "week 16": [2.0, NAN, 18.0, 18.0],
        "week 20": [2.0, 2.0, 2.0, 18.0],
    }
    records = records_of(krueger, {"PASI": weeks})
    span = "from week 12 to week 20"
    assert verdicts(krueger, records, f"PASI_75 at every visit {span}") == [1, -1, 0, 0]
    assert verdicts(krueger, records, f"PASI_75 at any visit {span}") == [1, 1, 1, 0]
    early = [1, 1, 1, -1]  # weeks 1 to 8 were not measured, so the fourth stays unknown
    assert verdicts(krueger, records, "PASI_75 by week 16") == early


def test_loss_counts_from_the_best_value_so_far(guttate: Protocol, records_of: Make) -> None:
    #  base 10, best 2 (gained 8): half of it is lost above 6
    weeks = {
        "week 0": [10.0, 10.0, 10.0, 10.0],
        "week 8": [2.0, 2.0, 10.0, NAN],
        "week 34": [6.0, 6.1, 12.0, 5.0],
    }
    records = records_of(guttate, {"PASI": weeks})
    found = verdicts(guttate, records, "PASI loss since best > 50 %", at="week 34")
    assert found == [0, 1, 0, 0]  # nothing gained cannot be lost; a first gain is the best
    fixed = verdicts(guttate, records, "PASI loss since week 8 > 50 %", at="week 34")
    assert fixed == [0, 1, -1, -1]  # nothing gained at week 8, or not measured there


def test_what_nobody_recorded_is_unknown(krueger: Protocol, records_of: Make) -> None:
    records = records_of(
        krueger,
        {"PASI": {"week 12": [12.0, 12.0, 12.0]}},
        facts={"age": np.array([17.9, 18.0, NAN]), "plaque_psoriasis": np.array([0.4, 0.6, NAN])},
    )
    assert verdicts(krueger, records, "age >= 18 years") == [0, 1, -1]
    assert verdicts(krueger, records, "age in 18 to 70 years") == [0, 1, -1]
    assert verdicts(krueger, records, "has plaque_psoriasis for at least 6 months") == [0, 1, -1]
    assert verdicts(krueger, records, "consents") == [-1, -1, -1]
    assert verdicts(krueger, records, 'investigator judges "suitable"') == [-1, -1, -1]
    assert verdicts(krueger, records, "had malignancy") == [-1, -1, -1]


def test_a_missing_participant_does_not_pass_a_negated_criterion(
    krueger: Protocol, records_of: Make
) -> None:
    records = records_of(krueger, {"PASI": {"week 12": [NAN, 3.0, 20.0]}})
    assert verdicts(krueger, records, "not PASI >= 12") == [-1, 1, 0]
