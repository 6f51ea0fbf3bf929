"""What the trial is judged by, with the times at which it is looked at."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from wholetrial.protocol.endpoint import LEVELS, Endpoint
from wholetrial.protocol.english import point_in_words, points_in_words, sentence
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Points, When


class Outcome(NamedTuple):
    """One endpoint: its level, its words, when it is looked at."""

    level: str
    text: str
    time_frame: str


def outcomes(protocol: Protocol) -> tuple[Outcome, ...]:
    """Every endpoint, primary ones first."""
    return tuple(
        Outcome(level, sentence(endpoint.text)[:-1], time_frame(endpoint, protocol))
        for level in LEVELS
        for stood, endpoint in protocol.endpoints.named().values()
        if stood == level
    )


def time_frame(endpoint: Endpoint, protocol: Protocol) -> str:
    """The times of an endpoint: "week 12", "weeks 15, 18 and 24", "week 0 to week 20"."""
    if endpoint.events is not None:
        return f"{point_in_words(endpoint.events.start)} to {point_in_words(endpoint.events.end)}"
    if endpoint.used is not None:
        return f"{point_in_words(endpoint.used.start)} to {point_in_words(endpoint.used.end)}"
    if endpoint.since is not None and endpoint.until is not None:
        return f"{point_in_words(endpoint.since)} to {point_in_words(endpoint.until)}"
    looked = tuple(_spans((*endpoint.response, *endpoint.change), protocol))
    return "; ".join(dict.fromkeys(looked)) or _sampled(endpoint, protocol) or "at the visits"


def _sampled(endpoint: Endpoint, protocol: Protocol) -> str:
    plans = (protocol.schedule.measure.get(name) for name in endpoint.samples)
    return "; ".join(dict.fromkeys(str(plan) for plan in plans if plan is not None))


def _spans(value: Any, protocol: Protocol) -> Iterator[str]:
    """The times that a value names, however deep, terms opened."""
    if isinstance(value, When) and value.how in ("every", "any"):
        yield f"{point_in_words(value.points[0])} to {point_in_words(value.points[-1])}"
        return
    if isinstance(value, When):
        yield points_in_words(value.points)
        return
    if isinstance(value, Points):
        yield points_in_words(value.points)
        return
    if isinstance(value, BaseModel):
        term = getattr(value, "term", None)
        if term in protocol.terms and getattr(value, "when", None) is None:
            yield from _spans(protocol.terms[term], protocol)
        value = tuple(getattr(value, name) for name in type(value).model_fields)
    if isinstance(value, tuple):
        for part in value:
            yield from _spans(part, protocol)
