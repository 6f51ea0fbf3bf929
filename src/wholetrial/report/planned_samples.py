"""What a trial plans and this program does not analyze: samples, their visits, their comparison."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wholetrial.protocol.condition_in_words import participants_in_words
from wholetrial.protocol.english import listed
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import measured_at
from wholetrial.report.labels import sentence, short_measure


class SampleVisits(NamedTuple):
    """Samples that are taken together, and when, in words."""

    samples: str
    visits: str


class PlannedSamples(NamedTuple):
    """One endpoint of samples: planned, not analyzed."""

    text: str
    level: str
    item: str
    taken: tuple[SampleVisits, ...]
    compared: str

    def __str__(self) -> str:
        taken = "; ".join(f"{one.samples} {one.visits}" for one in self.taken)
        compared = f"; {self.compared}" if self.compared else ""
        return f"{self.text} ({self.level}): planned, not analyzed. {taken}{compared}."


def planned_samples(protocol: Protocol) -> tuple[PlannedSamples, ...]:
    """The endpoints of samples, with the visits at which each sample is taken."""
    return tuple(
        PlannedSamples(
            text=endpoint.text,
            level=level,
            item=endpoint.item or "",
            taken=tuple(_taken(protocol, endpoint.samples)),
            compared=(
                f"compared between {participants_in_words(endpoint.split_by, protocol)} "
                "and the others"
                if endpoint.split_by is not None
                else ""
            ),
        )
        for level, endpoint in protocol.endpoints.named().values()
        if endpoint.kind == "samples"
    )


def _taken(protocol: Protocol, samples: Iterable[str]) -> Iterator[SampleVisits]:
    together = defaultdict(list)
    for name in samples:
        labels = tuple(visit.label for visit in measured_at(protocol, name))
        together[labels].append(short_measure(protocol, name).lower())
    for labels, names in together.items():
        visits = f"at {listed(labels)}" if labels else "at no visit"
        yield SampleVisits(sentence(listed(names)), visits)
