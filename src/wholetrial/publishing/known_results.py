"""Results where they are published: shares by group, adverse events in plain words, research."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from wholetrial.protocol.english import arm_in_words, sentence
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published
from wholetrial.protocol.quantity import Share


class ResultRow(NamedTuple):
    """One group's result: the share in percent, and the counts where they are known."""

    group: str
    share: str
    people: str


class ResultTable(NamedTuple):
    """One endpoint's published results, and where they are from."""

    text: str
    rows: tuple[ResultRow, ...]
    source: str


def result_tables(protocol: Protocol, published: Published | None) -> tuple[ResultTable, ...]:
    """The trial's own published results; none where there are none."""
    if published is None:
        return ()
    named = protocol.endpoints.named()
    return tuple(
        ResultTable(
            sentence(named[name][1].text)[:-1],
            tuple(_rows(protocol, result.printed, result.counts)),
            _source(published, name),
        )
        for name, result in published.results.items()
        if name in named
    )


def _rows(
    protocol: Protocol, printed: Mapping[str, Share], counts: Mapping[str, Share]
) -> Iterator[ResultRow]:
    for group in dict.fromkeys((*printed, *counts)):
        count = counts.get(group)
        share = printed.get(group) or count
        words = arm_in_words(group, protocol)
        yield ResultRow(
            f"{words[:1].upper()}{words[1:]}",
            _percent(share) if share else "",
            f"{count.count} of {count.of}" if count and count.of else "",
        )


def _percent(share: Share) -> str:
    if share.percent is not None:
        return f"{share.percent:g}%"
    return f"{100 * (share.count or 0) / (share.of or 1):.0f}%"


def _source(published: Published, name: str) -> str:
    mark = published.provenance.source(f"results.{name}.printed") or ""
    return published.sources.get(mark, "")


class Known(NamedTuple):
    """Something that is known, in words, and where it is from."""

    says: str
    source: str = ""


def known_safety(protocol: Protocol, published: Published | None) -> tuple[Known, ...]:
    """What is known about safety: the file's own words, then counts of this trial."""
    public = protocol.public
    mark = protocol.provenance.source("public.safety") or ""
    own = (
        [Known(sentence(public.safety), protocol.sources.get(mark, ""))]
        if (public and public.safety)
        else []
    )
    counted = list(_counted(protocol, published)) if published else []
    nothing = Known("This page's sources do not say how safe it is. Ask the team.")
    return tuple([*own, *counted] or [nothing])


def _counted(protocol: Protocol, published: Published) -> Iterator[Known]:
    for name, result in published.results.items():
        endpoint = protocol.endpoints.safety.get(name)
        if endpoint is None:
            continue
        told = [
            f"{count.count} of {count.of} in {arm_in_words(group, protocol)}"
            for group, count in result.counts.items()
            if count.of
        ]
        serious = "serious " if endpoint.events and endpoint.events.serious else ""
        if told:
            says = f"People with a {serious}health problem in this trial: {'; '.join(told)}."
            yield Known(says, _source(published, name))
