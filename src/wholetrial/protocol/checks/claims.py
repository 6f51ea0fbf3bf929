"""What the sources claim against what the file says: arms, structure, ages, times, citations."""

import re
from collections.abc import Iterator, Mapping

from wholetrial.protocol.checks.examined import Examined, error, note
from wholetrial.protocol.checks.walk import terms_within
from wholetrial.protocol.checks.wording import check_wording
from wholetrial.protocol.claims import Claim
from wholetrial.protocol.condition import Compare, Condition, History, State
from wholetrial.protocol.finding import Finding, nearest
from wholetrial.protocol.placebo import given, is_placebo
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.provenance import ASSUMED


def check_claims(trial: Examined) -> Iterator[Finding]:
    """Every claim of a source, and what no source defines."""
    for index, claim in enumerate(trial.protocol.claims):
        path = f"claims.{index}"
        yield from _place(trial, path, claim)
        for says in (*_design(trial.protocol, claim), *_values(trial.protocol, claim)):
            yield note(trial, path, f"{claim.at}: {says}")
    yield from check_wording(trial)
    yield from _two_scopes(trial)
    yield from _undefined(trial)


def _place(trial: Examined, path: str, claim: Claim) -> Iterator[Finding]:
    """A claim about nothing that the file holds."""
    protocol = trial.protocol
    block, _, name = claim.at.rpartition(".")
    blocks: dict[str, Mapping[str, object]] = {
        "eligibility.include": protocol.eligibility.include,
        "eligibility.exclude": protocol.eligibility.exclude,
        "eligibility.permit": protocol.eligibility.permit,
        "terms": protocol.terms,
    }
    known = blocks.get(block)
    if known is not None and name not in known:
        near = nearest(name, known)
        yield error(trial, f"{path}.at", f"a name of {block}", f"'{name}'", near)


def _design(protocol: Protocol, claim: Claim) -> Iterator[str]:
    """What a claim says of the design."""
    received = given(protocol)
    names = {name for name in received if is_placebo(name, protocol)}
    if claim.structure and claim.structure != protocol.design.structure:
        yield f"the source says {claim.structure}, the file {protocol.design.structure}"
    if claim.arms is not None and claim.arms != len(protocol.arms):
        yield f"the source counts {claim.arms} groups, the file has {len(protocol.arms)}"
    if claim.placebo is not None and claim.placebo != bool(names):
        said = "speaks of placebo" if claim.placebo else "promises that nobody gets placebo"
        yield f"the source {said}, and {'an' if names else 'no'} arm of the file gives placebo"
    left_out = sorted(received - set(claim.interventions)) if claim.interventions else []
    if left_out:
        yield f"the source's list leaves out {', '.join(left_out)}, which an arm receives"
    if claim.missing:
        yield f"the source leaves open: {claim.missing}"


def _values(protocol: Protocol, claim: Claim) -> Iterator[str]:
    """Thresholds, ages, times and citations of a claim."""
    if claim.condition is not None:
        own = list(_comparisons(protocol, claim))
        if own and claim.condition not in own:
            yield f"the source says '{claim.condition}', the file '{own[0]}'"
    if claim.time is not None:
        yield from _time(protocol, claim)
    seen: dict[str, int] = {}
    for place, cited in enumerate(claim.cites, start=1):
        first = seen.setdefault(cited.casefold(), place)
        if first != place:
            yield f"citations {first} and {place} are the same"
        if protocol.trial.casefold() in cited.casefold():
            yield f"citation {place} is the trial's own page"
    if claim.city and claim.writes and claim.city.casefold() not in claim.writes.casefold():
        yield f"the source puts '{claim.writes}' in {claim.city}"


def _comparisons(protocol: Protocol, claim: Claim) -> Iterator[Condition]:
    """What the file says of the same: in the term or criterion named, or of age anywhere."""
    block, _, name = claim.at.rpartition(".")
    if block == "terms" and name in protocol.terms:
        yield protocol.terms[name]
        return
    spoken = claim.condition.value if isinstance(claim.condition, Compare) else ""
    for criterion in protocol.eligibility.include.values():
        for part in terms_within(criterion.rule, protocol) if criterion.rule else ():
            if isinstance(part, Compare) and part.value == spoken:
                yield part


def _time(protocol: Protocol, claim: Claim) -> Iterator[str]:
    """A time that an endpoint has otherwise, or that is counted from another event."""
    name, point = claim.at.rpartition(".")[2], claim.time
    found = protocol.endpoints.named().get(name)
    if found is None or point is None:
        return
    endpoint = found[1]
    said = str(endpoint.until or ", ".join(map(str, endpoint.response)))
    if str(point) not in said:
        yield f"the source says {point}, the file '{said}'"
    doses = [str(dose) for arm in protocol.arms.values() for dose in arm.doses]
    dosed = rf"\bweeks? [\d, towek]*\b{point.number}\b"
    if point.after is None and any(re.search(dosed, dose) for dose in doses):
        yield f"a dose is given at {point}, so treatment does not end there"


def _two_scopes(trial: Examined) -> Iterator[Finding]:
    """A concept of which two exclusions speak in different ways."""
    first: dict[str, tuple[str, str]] = {}
    for name, criterion in trial.protocol.eligibility.exclude.items():
        for part in terms_within(criterion.rule, trial.protocol) if criterion.rule else ():
            if not isinstance(part, History | State):
                continue
            about = part.had if isinstance(part, History) else part.of
            earlier, phrase = first.setdefault(about, (name, str(part)))
            if earlier != name and phrase != str(part):
                says = f"speaks of {about} as {earlier} does, with another scope"
                path = f"eligibility.exclude.{name}.rule"
                yield note(trial, path, f"{says}: '{phrase}' there, '{part}' here")


def _undefined(trial: Examined) -> Iterator[Finding]:
    """Terms of endpoints that no source defines."""
    protocol = trial.protocol
    for name in protocol.terms:
        used = any(name in str(one[1].time_to or "") for one in protocol.endpoints.named().values())
        if used and protocol.provenance.source(f"terms.{name}") == ASSUMED:
            yield note(
                trial, f"terms.{name}", f"no source defines '{name}'; the definition is ours"
            )
