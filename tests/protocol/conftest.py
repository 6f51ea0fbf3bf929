"""Shared by the tests of the protocol: a small valid trial file, and what a change of it prints."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from wholetrial.protocol.check import check_file
from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Compare,
    Condition,
    Consent,
    History,
    IfThen,
    Judgement,
    Named,
    Not,
    State,
)
from wholetrial.protocol.time import Duration, Point, When

Change = tuple[str, str]
MINIMAL = Path(__file__).parent / "data" / "minimal.yaml"


@pytest.fixture(scope="session")
def minimal() -> str:
    """A small valid trial file without findings."""
    return MINIMAL.read_text(encoding="utf-8")


@pytest.fixture
def findings(minimal: str, tmp_path: Path) -> Callable[..., list[str]]:
    """What checking prints after changes of the minimal file, each (old, new)."""

    def check(*changes: Change) -> list[str]:
        text = minimal
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        file = tmp_path / "trial.yaml"
        file.write_text(text, encoding="utf-8")
        printed = [str(finding) for finding in check_file(file)[1]]
        return [line.removeprefix(f"{tmp_path}/") for line in printed]

    return check


NAMES = st.sampled_from(["PASI", "DLQI", "PASI_75", "relapse", "cancer", "drug_A2"])
NUMBERS = st.one_of(
    st.integers(-500, 500).map(float),
    st.decimals(-100, 100, places=2, allow_nan=False).map(float),
)
UNITS = st.sampled_from([None, "%", "mg/L", "kg", "years"])
DURATIONS = st.builds(
    Duration, number=st.integers(0, 60), unit=st.sampled_from(["day", "week", "month", "year"])
)
POINTS = st.one_of(
    st.builds(
        Point,
        number=st.integers(0, 104),
        unit=st.sampled_from(["day", "week", "month"]),
        after=st.sampled_from([None, "withdrawal"]),
    ),
    st.builds(Point, after=st.sampled_from(["withdrawal", "last_dose"])),
)


@st.composite
def whens(draw: st.DrawFn) -> When | None:
    how = draw(st.sampled_from(["none", "at", "by", "every", "any"]))
    if how == "none":
        return None
    if how in ("every", "any"):
        return When.model_validate({"how": how, "points": (draw(POINTS), draw(POINTS))})
    first = draw(POINTS)
    if first.number is None:
        return When.model_validate({"how": how, "points": (first,)})
    numbers = draw(st.lists(st.integers(0, 104), max_size=4))
    more = tuple(first.model_copy(update={"number": number}) for number in numbers)
    return When.model_validate({"how": how, "points": (first, *more)})


@st.composite
def comparisons(draw: st.DrawFn) -> Compare:
    low, high = sorted([draw(NUMBERS), draw(NUMBERS)])
    sign = draw(st.sampled_from([">=", "<=", ">", "<", "=", "in"]))
    derived = draw(st.sampled_from([None, "improvement", "change", "loss"]))
    references = st.one_of(st.sampled_from([None, "baseline"]), POINTS)
    if derived == "loss":
        references = st.one_of(references, st.just("best"))
    return Compare.model_validate(
        {
            "value": draw(NAMES),
            "derived": derived,
            "since": draw(references) if derived else None,
            "compare": sign,
            "threshold": low,
            "upper": high if sign == "in" else None,
            "unit": draw(UNITS),
            "when": draw(whens()),
        }
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    within, span = draw(st.none() | DURATIONS), draw(st.none() | DURATIONS)
    return History(
        had=draw(NAMES),
        never=draw(st.booleans()),
        excepting=draw(st.none() | NAMES),
        times=draw(st.none() | st.integers(1, 9)),
        span=span,
        longer=span is not None and draw(st.booleans()),
        within=within,
        before=draw(st.none() | st.just("screening")),
        in_study=draw(st.booleans()),
    )


@st.composite
def states(draw: st.DrawFn) -> State:
    span = draw(st.none() | DURATIONS)
    return State.model_validate(
        {
            "state": draw(st.sampled_from(["has", "is", "takes", "plans"])),
            "of": draw(NAMES),
            "excepting": draw(st.none() | NAMES),
            "stable": draw(st.booleans()),
            "span": span,
            "longer": span is not None and draw(st.booleans()),
        }
    )


def quoted() -> st.SearchStrategy[str]:
    letters = st.characters(codec="utf-8", exclude_characters='"', exclude_categories=("C",))
    return st.text(letters, min_size=1, max_size=20)


ATOMS: st.SearchStrategy[Any] = st.one_of(
    comparisons(),
    histories(),
    states(),
    st.builds(Judgement, judge=NAMES, judges=quoted()),
    st.builds(Consent, agrees_to=st.none() | quoted()),
    st.builds(Named, term=NAMES, when=whens()),
)


def composed(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    unlike = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        several.map(lambda inner: AllOf(all=inner)),
        several.map(lambda inner: AnyOf(any=inner)),
        parts.map(lambda inner: Not.model_construct(negated=inner)),
        unlike.map(lambda inner: AtLeast(at_least=len(inner), of=inner)),
        st.tuples(parts, parts).map(
            lambda pair: IfThen.model_construct(premise=pair[0], then=pair[1])
        ),
    )


CONDITION_TREES = st.recursive(ATOMS, composed, max_leaves=8)


@pytest.fixture(scope="session")
def condition_trees() -> st.SearchStrategy[Condition]:
    """Any condition that the grammar can write."""
    return CONDITION_TREES
