"""A trial of two doses and placebo with every kind of endpoint, and sixty people who took part."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import AdverseEvents, Records, empty_exposures
from wholetrial.programme.results import analyze_records
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.checks.analyses import check_analyses
from wholetrial.protocol.checks.estimands import check_estimands
from wholetrial.protocol.checks.examined import examine
from wholetrial.protocol.load import load_bytes
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.source import Source
from wholetrial.protocol.timeline import visits

FILE = Path(__file__).resolve().parents[2] / "protocol" / "data" / "several_arms.yaml"
PEOPLE = 60


@pytest.fixture(scope="session")
def loaded() -> tuple[Protocol, Source]:
    return load_bytes(FILE.read_bytes(), "trial.yaml")


@pytest.fixture(scope="session")
def several(loaded: tuple[Protocol, Source]) -> Protocol:
    """The trial of two doses and placebo."""
    return loaded[0]


@pytest.fixture
def planned(several: Protocol) -> Callable[..., Protocol]:
    """The trial with one analysis, of these fields: its test against placebo is two-sided."""

    def make(
        of: str | tuple[str, ...], estimate: str, test: str = "none", **fields: Any
    ) -> Protocol:
        given = {"set": "randomized", "compare": "each experimental with placebo", **fields}
        if test != "none":
            given = {"alpha": "0.05 two-sided", "better": "higher", **given}
        plan = Analysis.model_validate({"of": of, "estimate": estimate, "test": test, **given})
        return several.model_copy(update={"analyses": {"planned": plan}})

    return make


@pytest.fixture
def errors(loaded: tuple[Protocol, Source]) -> Callable[[Protocol], list[str]]:
    """What is wrong with the analyses of a changed protocol, in words."""

    def check(protocol: Protocol) -> list[str]:
        trial = examine(protocol, loaded[1])
        found = (*check_analyses(trial), *check_estimands(trial))
        return [str(one).partition("error: ")[2] for one in found if one.severity == "error"]

    return check


@pytest.fixture(scope="session")
def people(several: Protocol) -> Records:
    """Sixty people in turn on high, low and placebo; the more they get, the better they are."""
    return sixty(several, 604)


@pytest.fixture(scope="session")
def others(several: Protocol) -> Records:
    """Sixty other people."""
    return sixty(several, 605)


def sixty(several: Protocol, seed: int) -> Records:
    draw = np.random.Generator(np.random.Philox(seed))
    arm = (np.arange(PEOPLE) % 3).astype(np.int8)
    planned = visits(several)
    missed = draw.random((PEOPLE, len(planned))) < 0.12
    missed[:, [visit.day <= 0 for visit in planned]] = False

    def measured(before: np.ndarray, after: np.ndarray, decimals: int) -> np.ndarray:
        values = np.concatenate([before[:, None], before[:, None], after], axis=1)
        return np.where(missed, np.nan, np.round(values, decimals))

    severity = np.round(draw.lognormal(np.log(18), 0.4, PEOPLE), 1)
    rest = draw.uniform(0, 1, (PEOPLE, 3)) * np.array([0.45, 0.7, 1.1])[arm][:, None]
    burden = draw.normal(np.array([11.0, 13.0, 15.0])[arm][:, None], 3, (PEOPLE, 3)).clip(0, 30)
    feeling = draw.uniform(30, 60, PEOPLE)
    gain = draw.normal(np.array([20.0, 12.0, 0.0])[arm][:, None], 8, (PEOPLE, 3))
    weight = np.full((PEOPLE, len(planned)), np.nan)
    weight[:, 0] = np.round(draw.normal(90, 12, PEOPLE))
    shows = draw.random(PEOPLE) < np.array([0.2, 0.4, 0.7])[arm]
    leaves = np.where(draw.random(PEOPLE) < 0.15, 60.0, np.nan)
    happens = np.fmin(np.round(draw.uniform(0, 84, PEOPLE)), leaves)
    day = np.where(shows, happens, np.nan)[:, None]
    return Records(
        arms=tuple(several.arms),
        interventions=tuple(several.interventions),
        visits=planned,
        participants=tuple(f"P{number:02d}" for number in range(PEOPLE)),
        arm=arm,
        received=arm,
        day=np.where(missed, np.nan, [float(visit.day) for visit in planned]),
        values={
            "PASI": measured(severity, severity[:, None] * rest, 1),
            "DLQI": measured(draw.uniform(5, 15, PEOPLE), burden, 0),
            "wellbeing": measured(feeling, feeling[:, None] + gain, 0),
            "weight": weight,
        },
        facts={
            "age": np.round(draw.normal(45, 10, PEOPLE)),
            "male": (draw.random(PEOPLE) < 0.5).astype(float),
            "center": draw.integers(1, 4, PEOPLE).astype(float),
        },
        events={
            "leaves_study": leaves,
            "stops_treatment": np.where(draw.random(PEOPLE) < 0.2, 50.0, np.nan),
        },
        exposures=empty_exposures((PEOPLE,)),
        adverse_events=AdverseEvents(
            day, np.where(np.isnan(day), 0, 2).astype(np.int8), np.zeros(day.shape, np.bool_)
        ),
    )


@pytest.fixture
def found(people: Records) -> Callable[..., list[Statistic]]:
    """Every statistic of a protocol's analyses of the sixty people, those of one name if named."""

    def analyze(
        protocol: Protocol, name: str | None = None, records: Records = people
    ) -> list[Statistic]:
        statistics = analyze_records(protocol, records).statistics
        return [one for one in statistics if name in (None, one.name)]

    return analyze
