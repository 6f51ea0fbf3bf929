"""The trial at a glance: what a reader wants to know before anything else."""

from collections.abc import Iterator
from typing import NamedTuple

from wholetrial.report.contents import Contents
from wholetrial.report.labels import plain, sentence


class Fact(NamedTuple):
    """A word and what it is in this trial."""

    word: str
    says: str


def facts(contents: Contents) -> tuple[Fact, ...]:
    """The trial at a glance, then which results this report has and which it has not."""
    return (*_design(contents), *_results(contents))


def _design(contents: Contents) -> Iterator[Fact]:
    protocol, design = contents.protocol, contents.protocol.design
    yield Fact("Condition", sentence(design.condition))
    yield Fact("Phase", sentence(str(design.phase)))
    arms = len(protocol.arms)
    yield Fact("Arms", f"{arms}, {plain(design.structure)}" if arms > 1 else "1")
    yield Fact("Participants", f"{protocol.n:,} planned")
    if design.masking != "none":
        yield Fact("Masking", sentence(", ".join(design.masking)))
    else:
        yield Fact("Masking", "None (open label)")
    if design.allocation is not None:
        yield Fact(
            "Allocation",
            f"Randomized, {design.allocation.randomized}"
            if design.allocation.randomized
            else "Not randomized",
        )
    if design.centers is not None:
        yield Fact("Centers", f"{design.centers:,}")
    if contents.checked:
        yield Fact("Trial file", sentence(contents.checked))


def _results(contents: Contents) -> Iterator[Fact]:
    if contents.published is None or not contents.published.published.results:
        yield Fact("Published results", "None known")
    else:
        count = len(contents.published.published.results)
        yield Fact("Published results", f"{count} endpoint{'' if count == 1 else 's'}")
    if contents.recorded is not None:
        people = len(contents.recorded.records.participants)
        yield Fact("Recorded data", f"{people:,} participants, {contents.recorded.source}")
    if contents.simulated is not None:
        made = contents.simulated
        yield Fact(
            "Simulated",
            f"{made.replicates:,} trial{'' if made.replicates == 1 else 's'}, "
            f"scenario {plain(made.scenario)}, seed {made.seed}",
        )
