"""What goes with the time to an event among virtual participants: a property of the model."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from wholetrial.analysis.times.concordance import Pairs, pairs_of, pooled_concordance
from wholetrial.conditions.evaluate import measures_of
from wholetrial.data.records import Flags, Floats
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.baseline_table import baseline_values
from wholetrial.report.colors import arm_colors
from wholetrial.report.contents import Contents
from wholetrial.report.forecast_figures import FollowedTrials, Quantity
from wholetrial.report.forecast_relapse import timed, visits_of_watch, watched
from wholetrial.report.labels import group_label, measure_label, plain, short_measure
from wholetrial.report.numbers import interval, number

LEVEL = 0.95
_FEWEST_EVENTS = 100

Seen = Literal["clinic", "laboratory", "latent"]
SEEN = {
    "clinic": "in a clinic",
    "laboratory": "with blood samples",
    "latent": "not at all",
}


class Predictor(NamedTuple):
    """One quantity: who can see it, its spread, its concordance with the time, with limits."""

    name: str
    seen: Seen
    spread: str
    value: float
    low: float
    high: float

    @property
    def says(self) -> str:
        """Which way it goes; nothing where the interval holds 0.5."""
        if self.low > 0.5:
            return "more of it, later"
        return "more of it, earlier" if self.high < 0.5 else "nothing seen"


class PredictorFigure(NamedTuple):
    """The predictors of one time to an event in one arm, the strongest first.

    `low` and `high` are the ends of the scale that holds them all.
    """

    endpoint: str
    text: str
    label: str
    color: str
    since: str
    among: str
    people: int
    events: int
    pairs: int
    predictors: tuple[Predictor, ...]
    low: float
    high: float

    @property
    def ticks(self) -> tuple[float, ...]:
        """Every tenth on the scale."""
        first, last = round(10 * self.low), round(10 * self.high)
        return tuple(tenth / 10 for tenth in range(first, last + 1))


def predictor_figures(contents: Contents, followed: FollowedTrials) -> Iterator[PredictorFigure]:
    """What goes with each time to an event, in each arm that receives a drug with a model."""
    for name, endpoint in timed(contents.protocol):
        found = watched(contents.protocol, followed, name)
        if found is None:
            continue
        time, event = _times(contents.protocol, name, found)
        for arm, drugs in followed.drugs.items():
            members = found.of_group(arm)
            if not drugs or (members & event).sum() < _FEWEST_EVENTS:
                continue
            who = (time, event, members)
            predictors, pairs = _predictors(contents, followed, (name, drugs), who)
            reach = max(max(0.5 - one.low, one.high - 0.5) for one in predictors)
            reach = float(np.ceil(max(reach, 0.1) * 10 - 1e-9) / 10)
            yield PredictorFigure(
                endpoint=name,
                text=endpoint.text,
                label=group_label(contents, arm),
                color=arm_colors(contents.protocol)[arm],
                since=plain(str(endpoint.since)),
                among=plain(found.among),
                people=int(members.sum()),
                events=int((members & event).sum()),
                pairs=pairs,
                predictors=predictors,
                low=0.5 - reach,
                high=0.5 + reach,
            )


def _times(protocol: Protocol, name: str, found: Outcomes) -> tuple[Floats, Flags]:
    """The visit that first saw the event, or the last that did not, in planned days `(R, P)`.

    The few days between a visit and its plan say nothing of who was first.
    """
    lower, upper = found.variable.lower, found.variable.upper
    if lower is None or upper is None:
        raise ValueError(f"'{name}' is no time to an event: its days are missing")
    start, planned = visits_of_watch(protocol, name)
    days = np.asarray([0.0, *(visit.day - start for visit in planned)])
    event: Flags = np.isfinite(upper)
    seen = np.where(event, upper, lower)
    nearest = np.abs(seen[..., None] - days).argmin(axis=-1)
    return days[nearest], event


def _predictors(
    contents: Contents,
    followed: FollowedTrials,
    of: tuple[str, tuple[str, ...]],
    who: tuple[Floats, Flags, Flags],
) -> tuple[tuple[Predictor, ...], int]:
    time, event, members = who
    found, most = [], 0
    for name, seen, values in _quantities(contents, followed, *of):
        pairs: Pairs = pairs_of(time, event, values, included=members)
        index = pooled_concordance(pairs, level=LEVEL)
        if not np.isfinite(index.low):
            continue
        most = max(most, int(pairs.comparable.sum()))
        spread = _spread(values[members & ~np.isnan(values)])
        ends = float(index.value), float(index.low), float(index.high)
        found.append(Predictor(name, seen, spread, *ends))
    return tuple(sorted(found, key=lambda one: -abs(one.value - 0.5))), most


def _quantities(
    contents: Contents, followed: FollowedTrials, endpoint: str, drugs: tuple[str, ...]
) -> Iterator[tuple[str, Seen, Floats]]:
    protocol = contents.protocol
    for name, values in baseline_values(protocol, followed.records).items():
        label = "Male sex" if name == "male" else measure_label(protocol, name)
        what, comma, unit = label.partition(", ")
        when = " before treatment" if name in followed.records.values else ""
        yield f"{what}{when}{comma}{unit}", "clinic", values
    yield from _at_start(protocol, followed, endpoint)
    for one in followed.quantities:
        if _is_of(one, endpoint, drugs):
            unit = f", {one.unit}" if one.unit else ""
            yield f"{one.name[:1].upper()}{one.name[1:]}{unit}", one.kind, one.values


def _is_of(one: Quantity, endpoint: str, drugs: tuple[str, ...]) -> bool:
    return one.endpoint in ("", endpoint) and (not one.drug or one.drug in drugs)


def _at_start(
    protocol: Protocol, followed: FollowedTrials, endpoint: str
) -> Iterator[tuple[str, Seen, Floats]]:
    """What the event is made of, as it stood when the watch began, and how much had been gained."""
    found = protocol.endpoints.named()[endpoint][1]
    start, _ = visits_of_watch(protocol, endpoint)
    records = followed.records
    before = baseline_values(protocol, records)
    when = plain(str(found.since))
    for measure in measures_of(found.time_to, protocol) if found.time_to is not None else ():
        planned = [
            place
            for place, visit in enumerate(records.visits)
            if 0 < visit.day <= start and np.isfinite(records.values[measure][..., place]).any()
        ]
        if not planned or measure not in before:
            continue
        now = records.values[measure][..., planned[-1]]
        short = short_measure(protocol, measure)
        yield f"{short} at {when}", "clinic", now
        with np.errstate(invalid="ignore", divide="ignore"):
            gained = 100 * (before[measure] - now) / before[measure]
        yield f"{short} improvement at {when}, %", "clinic", gained


def _spread(values: Floats) -> str:
    """Median and middle half, with as many digits as tell them apart."""
    if set(np.unique(values)) <= {0.0, 1.0}:
        return f"{number(100 * values.mean(), 0)}% yes"
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    digits = int(np.clip(1 - np.floor(np.log10(high - low)), 0, 4)) if high > low else 1
    return f"{number(middle, digits)} ({interval(low, high, digits)})"
