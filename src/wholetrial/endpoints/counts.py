"""Published counts as the outcomes of participants: 33 of 64 become 33 ones and 31 zeros."""

import numpy as np

from wholetrial.endpoints.outcomes import OutcomeKind, Outcomes, Variable
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import PublishedResult
from wholetrial.protocol.timeline import day_of


def outcomes_of_counts(protocol: Protocol, endpoint: str, result: PublishedResult) -> Outcomes:
    """The outcomes that a published result states, in its own analysis set.

    Groups are the arms or roles that the publication counts. Raises ValueError for a count that
    is not written "33 of 64".
    """
    level, found = protocol.endpoints.named()[endpoint]
    group, value = [], []
    for position, (name, share) in enumerate(result.counts.items()):
        if share.count is None or share.of is None:
            raise ValueError(f"the counts of '{name}' need a total, such as 33 of 64; got {share}")
        group += [position] * share.of
        value += [1.0] * share.count + [0.0] * (share.of - share.count)
    kind: OutcomeKind = "events" if found.kind == "events" else "response"
    at, day = _time(protocol, endpoint)
    return Outcomes(
        endpoint=endpoint,
        level=level,
        analysis_set=result.set,
        groups=tuple(result.counts),
        group=np.asarray(group, np.int8),
        member=np.ones(len(group), np.bool_),
        variable=Variable(kind=kind, at=at, day=day, value=np.asarray(value)),
    )


def _time(protocol: Protocol, endpoint: str) -> tuple[str, float]:
    from wholetrial.endpoints.derive import latest_time, one_time_each

    _, found = protocol.endpoints.named()[endpoint]
    if found.events is not None:
        end = float(day_of(protocol, found.events.end))
        return f"{found.events.start} to {found.events.end}", end
    for condition in found.response:
        for part, named in one_time_each(condition):
            point = named or latest_time(protocol, part)
            if point is not None:
                return str(point), float(day_of(protocol, point))
    return "", 0.0
