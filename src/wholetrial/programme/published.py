"""Holds the published results beside a trial file against the names of the trial itself."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from wholetrial.protocol.document import read_document
from wholetrial.protocol.finding import Finding, InvalidTrialFileError, nearest
from wholetrial.protocol.lift import lift
from wholetrial.protocol.load import read_file
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published, PublishedResult, load_published
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
    source = Source(file, lift(read_document(read_file(path), file), file).tree)
    return (*_unknown(published, protocol, source), *_counts(published, protocol, source))


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


def _planned(protocol: Protocol, group: str) -> int:
    return sum(arm.n for name, arm in protocol.arms.items() if group in (name, arm.role))
