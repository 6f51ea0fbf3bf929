"""What a registry page shows of a trial: status, dates, sponsor, phase, design, identifiers."""

from collections.abc import Iterator
from typing import NamedTuple

from wholetrial.protocol.design_in_words import design_in_words
from wholetrial.protocol.english import intervention_in_words, listed, sentence
from wholetrial.protocol.placebo import given
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.public import Contact, Public
from wholetrial.publishing.certain import ages, sex


class RegistryFact(NamedTuple):
    """A word and what it is in this trial."""

    word: str
    says: str


def registry_facts(protocol: Protocol) -> tuple[RegistryFact, ...]:
    """Every registered fact that the file holds, in the order of a registry."""
    public = protocol.public
    told = [*_status(protocol), *_design(protocol), *(_public(public) if public else ())]
    told.append(("In full", design_in_words(protocol)))
    return tuple(RegistryFact(word, says) for word, says in told if says)


def status_of(protocol: Protocol) -> str:
    """The recruitment status, as a sentence without its full stop."""
    status = protocol.public.status if protocol.public else "not stated"
    alone = status.casefold() in ("unknown", "not stated")
    return sentence(f"status {status.casefold()}" if alone else status)[:-1]


def _status(protocol: Protocol) -> Iterator[tuple[str, str]]:
    yield "Status", status_of(protocol)
    yield "Identifier", protocol.trial
    yield "Official title", protocol.title
    yield "Condition", sentence(protocol.design.condition)[:-1]
    names = [name for name in protocol.interventions if name in given(protocol)]
    yield "Interventions", listed(dict.fromkeys(intervention_in_words(n, protocol) for n in names))


def _design(protocol: Protocol) -> Iterator[tuple[str, str]]:
    design = protocol.design
    yield "Type", sentence(design.type)[:-1]
    yield "Phase", sentence(str(design.phase))[:-1]
    yield "Participants", f"{protocol.n:,} planned"
    yield "Ages", ages(protocol)
    yield "Sex", sex(protocol)
    yield "Design", sentence(design.structure.replace("_", " "))[:-1]
    if design.allocation is not None:
        how = design.allocation.randomized
        yield "Allocation", f"Randomized, {how}" if how else "Not randomized"
    masked = "none (open label)" if design.masking == "none" else ", ".join(design.masking)
    yield "Masking", sentence(masked)[:-1]
    yield "Centers", f"{design.centers:,}" if design.centers else ""


def _public(public: Public) -> Iterator[tuple[str, str]]:
    dates = public.dates
    if dates is not None:
        yield "Start", dates.start or ""
        yield "End", dates.end or ""
        yield "Last update", dates.updated or ""
    yield "Sponsor", public.sponsor or ""
    if public.sponsor_record is not None:
        record = public.sponsor_record
        yield "Sponsor's trials", f"{record.trials:,}, with {record.recruited:,} people"
    yield "Funding", public.funding or ""
    yield "Keywords", ", ".join(public.keywords)


def locations(protocol: Protocol) -> tuple[str, ...]:
    """The places of the trial; how many there are, where only that is known."""
    sites = protocol.public.sites if protocol.public else None
    if isinstance(sites, int):
        return (f"{sites} place{'' if sites == 1 else 's'}; the source does not name them",)
    return sites or ()


def contact_of(protocol: Protocol) -> Contact | None:
    """Whom to ask."""
    return protocol.public.contact if protocol.public else None
