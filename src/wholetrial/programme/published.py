"""Holds the published results beside a trial file against the names of the trial itself."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from wholetrial.endpoints.derive import one_time_each
from wholetrial.protocol.document import read_document
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.finding import Finding, InvalidTrialFileError, nearest
from wholetrial.protocol.lift import lift
from wholetrial.protocol.load import read_file
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.provenance import UNDECLARED
from wholetrial.protocol.published import (
    NearbyFigure,
    Published,
    PublishedResult,
    load_published,
)
from wholetrial.protocol.quantity import Share
from wholetrial.protocol.source import Source


class _Use(NamedTuple):
    path: str
    name: str
    what: str
    known: Iterable[str]


def check_published(path: Path, protocol: Protocol) -> tuple[Finding, ...]:
    """What is wrong with `published.yaml`: names that the trial does not have, impossible counts.

    Raises OSError where the file cannot be read.
    """
    try:
        published = load_published(path)
    except InvalidTrialFileError as error:
        return error.findings
    file = str(path)
    lifted = lift(read_document(read_file(path), file), file)
    source = Source(file, lifted.tree, lifted.places)
    return (
        *_unknown(published, protocol, source),
        *_counts(published, protocol, source),
        *_kinds(published, protocol, source),
        *_sources(published, source),
    )


def _unknown(published: Published, protocol: Protocol, source: Source) -> Iterator[Finding]:
    for use in _names(published, protocol):
        known = list(dict.fromkeys(use.known))
        if use.name not in known:
            advice = nearest(use.name, known) or f"known: {', '.join(known)}"
            yield source.finding(use.path, use.what, f"'{use.name}'", advice)


def _names(published: Published, protocol: Protocol) -> Iterator[_Use]:
    yield _Use("published", published.published, "the trial beside it", [protocol.trial])
    endpoints = protocol.endpoints.named()
    for endpoint, result in published.results.items():
        path = f"results.{endpoint}"
        yield _Use(path, endpoint, "the name of an endpoint", endpoints)
        yield _Use(f"{path}.set", result.set, "the name of an analysis set", protocol.analysis_sets)
        yield from _groups(path, result, protocol)
    for path, figure in _figures(published):
        yield from _held_against(path, figure, protocol)


def _figures(published: Published) -> Iterator[tuple[str, NearbyFigure]]:
    for study, nearby in enumerate(published.nearby):
        for index, figure in enumerate(nearby.figures):
            yield f"nearby.{study}.figures.{index}", figure


def _held_against(path: str, figure: NearbyFigure, protocol: Protocol) -> Iterator[_Use]:
    if figure.endpoint is None or figure.arm is None:
        return
    endpoints = protocol.endpoints.named()
    arms = [*protocol.arms, *_arms_of_versions(protocol)]
    groups = [*arms, *(arm.role for arm in protocol.arms.values())]
    yield _Use(f"{path}.endpoint", figure.endpoint, "the name of an endpoint", endpoints)
    yield _Use(f"{path}.arm", figure.arm, "the name of an arm or a role", groups)
    if figure.beside is not None and figure.endpoint in endpoints:
        times = times_of(endpoints[figure.endpoint][1])
        yield _Use(f"{path}.beside", figure.beside, "a time of this endpoint", times)


def _arms_of_versions(protocol: Protocol) -> Iterator[str]:
    """The arms that other versions of the protocol have."""
    for version in protocol.versions.values():
        arms = version.replace.get("arms") if isinstance(version.replace, dict) else None
        yield from (arms if isinstance(arms, dict) else ())


def times_of(endpoint: Endpoint) -> tuple[str, ...]:
    """The times at which an endpoint is analyzed, as its results name them."""
    if endpoint.time_to is not None:
        return (f"until {endpoint.until}",)
    if endpoint.events is not None:
        return (f"{endpoint.events.start} to {endpoint.events.end}",)
    if endpoint.used is not None:
        return endpoint.used.labels
    if endpoint.change:
        several = len(endpoint.change) > 1
        return tuple(
            f"{one.measure} at {point}" if several else str(point)
            for one in endpoint.change
            for point in one.at.points
        )
    several = len(endpoint.response) > 1
    return tuple(
        str(point) if point is not None and not several else str(part)
        for condition in endpoint.response
        for part, point in one_time_each(condition)
    )


def _groups(path: str, result: PublishedResult, protocol: Protocol) -> Iterator[_Use]:
    groups = [*protocol.arms, *(arm.role for arm in protocol.arms.values())]
    for field in ("counts", "printed", "also_fits"):
        for name in getattr(result, field):
            yield _Use(f"{path}.{field}.{name}", name, "the name of an arm or a role", groups)
    for printed in result.p_value:
        compared = printed.contrast
        yield _Use(f"{path}.p_value", compared.arms, "the name of an arm or a role", groups)
        yield _Use(f"{path}.p_value", compared.control, "the name of an arm", protocol.arms)


def _counts(published: Published, protocol: Protocol, source: Source) -> Iterator[Finding]:
    for endpoint, result in published.results.items():
        assigned = protocol.analysis_sets.get(result.set)
        for name, share in result.counts.items():
            path = f"results.{endpoint}.counts.{name}"
            planned = _planned(protocol, name)
            if share.of is None:
                advice = f"for instance {round(share.fraction * planned)} of {planned}"
                yield source.finding(path, "a count with its total", f"'{share}'", advice)
            elif assigned and assigned.grouped == "as assigned" and 0 < planned < share.of:
                said = f"'{share}' counts more people than the {planned} that are planned"
                yield replace(source.finding(path, said, ""), severity="warning")


def _kinds(published: Published, protocol: Protocol, source: Source) -> Iterator[Finding]:
    """Figures that are shares where the endpoint is a change, and amounts where it is a share."""
    endpoints = protocol.endpoints.named()
    for path, figure in _figures(published):
        if figure.endpoint not in endpoints:
            continue
        kind = endpoints[figure.endpoint][1].kind
        share = isinstance(figure.value, Share)
        if kind == "samples":
            expected = "an endpoint that is analyzed"
            yield source.finding(f"{path}.endpoint", expected, f"'{figure.endpoint}', of samples")
        elif kind == "change" and share:
            expected = "an amount, since the endpoint is a change"
            yield source.finding(
                f"{path}.value", expected, f"'{figure.value}'", "such as -7.1 points"
            )
        elif kind in ("response", "events") and not share:
            expected = "a share of participants"
            yield source.finding(f"{path}.value", expected, f"'{figure.value}'", "such as 37 of 91")


def _sources(published: Published, source: Source) -> Iterator[Finding]:
    """Marks that name no source of the file."""
    known = [*published.sources, *UNDECLARED]
    for path, named in published.provenance.marks.items():
        if named not in known:
            place = source.marks.get(path, source.place(path))
            advice = nearest(named, known) or f"known: {', '.join(known)}"
            said = source.finding(path, "the name of a source", f"'{named}'", advice)
            yield replace(said, place=place)


def _planned(protocol: Protocol, group: str) -> int:
    return sum(arm.n for name, arm in protocol.arms.items() if group in (name, arm.role))
