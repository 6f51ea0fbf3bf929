"""Badges of the public page: each only where the trial file holds what it says, with the reason."""

from collections.abc import Iterator
from typing import NamedTuple

from wholetrial.protocol.english import listed
from wholetrial.protocol.placebo import placebo_arms
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published


class Badge(NamedTuple):
    """A badge, and why it is there."""

    label: str
    because: str


def badges(protocol: Protocol, published: Published | None) -> tuple[Badge, ...]:
    """The badges that the file supports."""
    return tuple(_badges(protocol, published))


def _badges(protocol: Protocol, published: Published | None) -> Iterator[Badge]:
    if not placebo_arms(protocol):
        yield Badge("No placebo group", "No arm of this trial gets only placebo.")
    public = protocol.public
    research = public.research if public else ()
    if research:
        said = "1 study" if len(research) == 1 else f"{len(research)} studies"
        yield Badge("Prior human data", f"{said} in people listed on this page.")
    elif published is not None and published.results:
        yield Badge("Prior human data", "This trial has results. They are on this page.")
    elif public and public.approvals:
        yield Badge("Prior human data", "It could not be approved without studies in people.")
    if public and public.approvals:
        places = listed(public.approvals)
        yield Badge(f"Approved in {places}", "For some use, which may not be the one tested here.")
