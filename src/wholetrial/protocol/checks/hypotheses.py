"""The hypotheses that an analysis tests, as far as the file tells, by their names in a graph."""

from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.condition import Compare, Condition, Named, atoms
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Point

_TRENDS = ("cochran_armitage", "linear_trend", "jonckheere_terpstra")


def hypotheses(protocol: Protocol, analysis: Analysis) -> tuple[str, ...] | None:
    """The names of all tests of an analysis, as its graph names them; None where unknown.

    "pasi_75", "pasi_75 at week 12" where the endpoint has several times, "pasi_75 of once_45" where
    several arms are tested.
    """
    named = protocol.endpoints.named()
    arms = _arms(protocol, analysis)
    found: list[str] = []
    for name in dict.fromkeys(analysis.of):
        if name not in named:
            return None
        times = _labels(named[name][1])
        if times is None:
            return None
        for time in times if len(times) > 1 else ("",):
            told = f"{name} at {time}" if time else name
            found += [f"{told} of {arm}" for arm in arms] if len(arms) > 1 else [told]
    return tuple(found)


def times_of(endpoint: Endpoint) -> int | None:
    """At how many times an endpoint is tested; None where its condition does not tell."""
    if endpoint.used is not None:
        return len(endpoint.used.labels)
    if endpoint.kind != "response":
        return sum(len(change.at.points) for change in endpoint.change) or 1
    listed = [_listed(condition) for condition in endpoint.response]
    return None if None in listed else sum(len(points or ()) or 1 for points in listed)


def _arms(protocol: Protocol, analysis: Analysis) -> tuple[str, ...]:
    """The arms that have a test of their own; one for a trend, or for arms pooled."""
    compare = analysis.compare
    if analysis.test in _TRENDS:
        return ("",)
    if compare is None:
        return tuple(protocol.arms)
    if compare.how == "pooled":
        return (compare.arms,)
    return protocol.arms_named(compare.arms)


def _labels(endpoint: Endpoint) -> tuple[str, ...] | None:
    """What the times of an endpoint are called in results."""
    if endpoint.kind == "change":
        several = len(endpoint.change) > 1
        return tuple(
            f"{change.measure} at {point}" if several else str(point)
            for change in endpoint.change
            for point in change.at.points
        )
    if endpoint.used is not None:
        return endpoint.used.labels
    if endpoint.kind != "response":
        return ("",)
    if len(endpoint.response) > 1:
        return None
    points = _listed(endpoint.response[0])
    return None if points is None else tuple(str(point) for point in points) or ("",)


def _listed(condition: Condition) -> tuple[Point, ...] | None:
    """The times that a condition lists, none where it has one; None where its parts differ."""
    timed = (atom for atom in atoms(condition) if isinstance(atom, Named | Compare))
    whens = [atom.when for atom in timed if atom.when is not None]
    several = {when.points for when in whens if when.how in ("at", "by") and len(when.points) > 1}
    if len(several) > 1:
        return None
    return several.pop() if several else ()
