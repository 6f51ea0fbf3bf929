"""Who is enrolled: virtual people drawn from the assumptions and screened by the criteria.

Eligibility looks at *observed* scores, so people who happened to look worse at screening are
enrolled more often (regression to the mean). What nobody can draw, a judgement or a consent, is
taken as given, and the report says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wholetrial.conditions.evaluate import MET, NOT_MET, Situation, evaluate
from wholetrial.data.records import Exposures, Flags, Floats, Records, empty_events
from wholetrial.numerics.elementary import exp, log, normal_quantile
from wholetrial.numerics.philox import Purpose, Stream, normals, uniforms
from wholetrial.protocol.assumptions import Assumptions
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.quantity import Distribution, Share
from wholetrial.protocol.timeline import screening_visit
from wholetrial.simulation.readings import Latent, Readers, read_measures, regions_for
from wholetrial.simulation.regions import Regions

MOST_ATTEMPTS = 2000
_NOTHING = np.empty(0)
ENOUGH_REFUSED = 100_000
"""So many people drawn and not one who may take part: nobody will come."""
PHYSICAL = {"weight": (40.0, 200.0), "age": (0.0, 110.0)}


class NotSimulatedError(ValueError):
    """A trial, or a part of one, that the simulator has no model for yet."""


@dataclass(frozen=True, slots=True)
class Population:
    """Enrolled people, arrays `(..., P)`: true baseline values, observed screening values."""

    stream: Stream
    baseline: Mapping[str, Floats]
    screening: Mapping[str, Floats]
    screened: int
    regions: Regions | None = None

    @property
    def facts(self) -> dict[str, Floats]:
        """Baseline values that no instrument measures again."""
        return {
            name: values
            for name, values in self.baseline.items()
            if name not in self.screening and name != "weight"
        }


def enroll(protocol: Protocol, stream: Stream, readers: Readers) -> Population:
    """Draw people for every place of the trial until each place has somebody who may take part.

    Raises NotSimulatedError where almost nobody meets the criteria.
    """
    shape = stream.shape
    replicate, participant = (
        np.broadcast_to(np.asarray(part), shape).reshape(-1)
        for part in (stream.replicate, stream.participant)
    )
    clear = np.broadcast_to(readers.clear_below_pasi, shape).reshape(-1)
    flat = replace(readers, clear_below_pasi=clear)
    drawn = _draw(protocol, Stream(stream.seed, replicate, participant), flat, attempt=0)
    waiting = np.flatnonzero(~drawn.eligible)
    screened = drawn.people
    attempt = 0
    while waiting.size and attempt + 1 < MOST_ATTEMPTS:
        attempt += 1
        if waiting.size == drawn.eligible.size and attempt * waiting.size > ENOUGH_REFUSED:
            break
        again = Stream(stream.seed, replicate[waiting], participant[waiting])
        theirs = replace(readers, clear_below_pasi=clear[waiting])
        candidates = _draw(protocol, again, theirs, attempt=attempt)
        screened += candidates.people
        accepted = waiting[candidates.eligible]
        _replace(drawn.baseline, candidates.baseline, accepted, candidates.eligible)
        _replace(drawn.screening, candidates.screening, accepted, candidates.eligible)
        waiting = waiting[~candidates.eligible]
    if waiting.size:
        raise NotSimulatedError(
            f"after {attempt + 1} people for each, {waiting.size:,} places are empty: "
            f"hardly anybody of assumptions.baseline {_why(protocol, screened)}"
        )
    baseline = {name: values.reshape(shape) for name, values in drawn.baseline.items()}
    return Population(
        stream,
        baseline,
        {name: values.reshape(shape) for name, values in drawn.screening.items()},
        screened,
        regions_for(readers, stream, baseline),
    )


def _why(protocol: Protocol, possible: int) -> str:
    """What keeps everybody out: the criteria, or that such people do not exist."""
    if possible:
        return "meets the criteria"
    limits = _limits(protocol)
    named = protocol.assumptions.baseline if protocol.assumptions else {}
    ranges = [f"{n} {limits[n][0]:g} to {limits[n][1]:g}" for n in named if n in limits]
    return f"can exist: virtual people have {', '.join(ranges)}"


def _replace(
    table: dict[str, Floats],
    candidates: Mapping[str, Floats],
    places: NDArray[np.intp],
    eligible: Flags,
) -> None:
    for name, values in candidates.items():
        table[name][places] = values[eligible]


@dataclass(frozen=True, slots=True)
class _Candidates:
    baseline: dict[str, Floats]
    screening: dict[str, Floats]
    eligible: Flags
    people: int


def _draw(protocol: Protocol, stream: Stream, readers: Readers, *, attempt: int) -> _Candidates:
    assumed = protocol.assumptions
    if assumed is None:
        raise NotSimulatedError("the file has no assumptions: the simulator needs them")
    draws = uniforms(stream, Purpose.BASELINE, len(assumed.baseline), occasion=attempt)
    baseline = baseline_of(assumed, draws)
    noise = normals(stream, Purpose.SCREENING, len(protocol.instruments), occasion=attempt)
    latent = Latent(baseline, np.ones(stream.shape), regions_for(readers, stream, baseline))
    seen = read_measures(readers, latent, np.moveaxis(noise, -1, 0))
    possible = possible_people(protocol, baseline)
    accepted = possible & eligible(protocol, baseline, seen)
    accepted &= _let_through(protocol, stream, (baseline, seen), attempt)
    return _Candidates(baseline, seen, accepted, int(possible.sum()))


def candidates(protocol: Protocol, stream: Stream, readers: Readers) -> tuple[Situation, Flags]:
    """People drawn before any criterion looks at them, at screening; and who of them can exist."""
    drawn = _draw(protocol, stream, readers, attempt=0)
    return (
        at_screening(protocol, drawn.baseline, drawn.screening),
        possible_people(protocol, drawn.baseline),
    )


def baseline_of(assumed: Assumptions, draws: Floats) -> dict[str, Floats]:
    """True baseline values by name, from one uniform draw for each, `(..., values)`."""
    normal = _correlated(assumed, _normal(assumed, draws))
    return {
        name: _value(planned, draws[..., index], normal.get(name, _NOTHING))
        for index, (name, planned) in enumerate(assumed.baseline.items())
    }


def _normal(assumed: Assumptions, draws: Floats) -> Mapping[str, Floats]:
    """The draws made normal, of what is spread so or is correlated."""
    correlated = {name for pair in assumed.correlation for name in pair.split(" with ")}
    return {
        name: normal_quantile(draws[..., index])
        for index, (name, planned) in enumerate(assumed.baseline.items())
        if name in correlated
        or (isinstance(planned, Distribution) and planned.distribution in ("normal", "lognormal"))
    }


def _correlated(assumed: Assumptions, normal: Mapping[str, Floats]) -> Mapping[str, Floats]:
    """Standard normals by name, with the correlations that the file states."""
    mixed = dict(normal)
    for pair, correlation in assumed.correlation.items():
        first, _, second = pair.partition(" with ")
        rest = np.sqrt(1.0 - correlation * correlation)
        mixed[second] = correlation * mixed[first] + rest * normal[second]
    return mixed


def _value(planned: Distribution | Share, uniform: Floats, normal: Floats) -> Floats:
    if isinstance(planned, Share):
        return (uniform < planned.fraction).astype(np.float64)
    match planned.distribution:
        case "normal":
            return planned["mean"] + planned["sd"] * normal
        case "lognormal":
            return planned["median"] * exp(planned["log_sd"] * normal)
        case "exponential":
            return -planned["mean"] * log(uniform)
        case "uniform":
            return planned["low"] + (planned["high"] - planned["low"]) * uniform
        case _:
            edges = np.cumsum([share for _, share in planned.choices])[:-1]
            values = np.asarray([value for value, _ in planned.choices])
            return values[np.searchsorted(edges, uniform, side="right")]


def possible_people(protocol: Protocol, baseline: Mapping[str, Floats]) -> Flags:
    """Whom there can be: within the instruments' ranges, no disease for longer than a life."""
    limits = _limits(protocol)
    inside = [
        (values >= limits[name][0]) & (values <= limits[name][1])
        for name, values in baseline.items()
        if name in limits
    ]
    if "age" in baseline:
        inside += [
            years <= baseline["age"]
            for name, years in baseline.items()
            if name in protocol.eligibility.concepts
        ]
    possible: Flags = np.logical_and.reduce(inside)
    return possible


def _limits(protocol: Protocol) -> dict[str, tuple[float, float]]:
    """Between which values people exist: of body and of every instrument."""
    from wholetrial.instruments.library import instrument

    limits = dict(PHYSICAL)
    for name, use in protocol.instruments.items():
        if use.library is not None:
            found = instrument(use.library)
            limits[name] = (found.low, found.high)
        elif use.range is not None:
            limits[name] = (use.range.low, use.range.high)
    return limits


def eligible(
    protocol: Protocol, baseline: Mapping[str, Floats], screening: Mapping[str, Floats]
) -> Flags:
    """Whom no criterion keeps out; a criterion that stays unknown keeps nobody out."""
    situation = at_screening(protocol, baseline, screening)
    verdict = np.ones(situation.records.shape, np.bool_)
    for criterion in protocol.eligibility.include.values():
        if criterion.rule is not None:
            verdict &= evaluate(criterion.rule, situation) != NOT_MET
    for criterion in protocol.eligibility.exclude.values():
        if criterion.rule is not None:
            verdict &= evaluate(criterion.rule, situation) != MET
    return verdict


def _let_through(
    protocol: Protocol,
    stream: Stream,
    people: tuple[Mapping[str, Floats], Mapping[str, Floats]],
    attempt: int,
) -> Flags:
    """Whom the criteria let through that are drawn: those of whom nothing else decides."""
    assumed = protocol.assumptions.screening if protocol.assumptions else {}
    drawn = {name: one.share for name, one in assumed.items() if one.share is not None}
    passed = np.ones(stream.shape, np.bool_)
    if not drawn:
        return passed
    draws = uniforms(stream, Purpose.ELIGIBILITY, len(drawn), occasion=attempt)
    situation = at_screening(protocol, *people)
    criteria = {**protocol.eligibility.include, **protocol.eligibility.exclude}
    for index, (name, share) in enumerate(drawn.items()):
        rule = criteria[name].rule
        if rule is not None:
            open_ = ~np.isin(evaluate(rule, situation), (MET, NOT_MET))
            passed &= ~open_ | (draws[..., index] < share.fraction)
    return passed


def at_screening(
    protocol: Protocol, baseline: Mapping[str, Floats], screening: Mapping[str, Floats]
) -> Situation:
    """What is known of people at screening, before anybody is randomized."""
    shape = next(iter(baseline.values())).shape
    visit = screening_visit(protocol)
    none = np.zeros(shape, np.int8)
    records = Records(
        arms=tuple(protocol.arms),
        interventions=tuple(protocol.interventions),
        visits=(visit,),
        participants=(),
        arm=none,
        received=none,
        day=np.full((*shape, 1), float(visit.day)),
        values={name: values[..., None] for name, values in screening.items()},
        facts={name: values for name, values in baseline.items() if name not in screening},
        events={},
        exposures=Exposures(
            np.empty((*shape, 0)), np.empty((*shape, 0)), np.empty((*shape, 0), np.int8)
        ),
        adverse_events=empty_events(shape),
    )
    return Situation(protocol, records, visit)


def taken_as_given(protocol: Protocol) -> tuple[str, ...]:
    """The criteria that virtual people cannot be asked, and that are taken as met."""
    assumed = protocol.assumptions
    if assumed is None:
        return ()
    person = {name: np.full(1, np.nan) for name in assumed.baseline}
    known = {name: np.ones(1) for name in person}
    names: list[str] = []
    for block in (protocol.eligibility.include, protocol.eligibility.exclude):
        for name, criterion in block.items():
            if criterion.rule is None:
                continue
            situation = at_screening(
                protocol, known, {k: v for k, v in known.items() if k in protocol.instruments}
            )
            if int(evaluate(criterion.rule, situation)[0]) not in (MET, NOT_MET):
                names.append(name)
    return tuple(names)
