"""Adverse events of virtual participants."""

import numpy as np

from wholetrial.data.records import AdverseEvents, Codes, Floats
from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.quantity import Distribution
from wholetrial.simulation.shares import by_arm


def adverse_events(protocol: Protocol, stream: Stream, arm: Codes, leaves: Floats) -> AdverseEvents:
    """At most one adverse event each, on an evenly spread day before they leave; some serious."""
    assumed = protocol.assumptions
    rates = assumed.adverse_events if assumed else {}
    share, until = by_arm(protocol, arm, {name: r.any for name, r in rates.items()})
    serious, _ = by_arm(protocol, arm, {name: r.serious for name, r in rates.items()})
    draws = uniforms(stream, Purpose.ADVERSE_EVENTS, 3)
    day = np.maximum(np.ceil(draws[..., 1] * np.fmin(until, leaves)), 1.0)
    happens = draws[..., 0] < share
    is_serious = happens & (draws[..., 0] < serious)
    grade = np.where(happens, _grades(protocol, arm, draws[..., 2]), 0)
    graded = np.where(grade > 0, np.where(is_serious, np.maximum(grade, 3), grade), 0)
    return AdverseEvents(
        day=np.where(happens, day, np.nan)[..., None],
        grade=graded.astype(np.int8)[..., None],
        serious=is_serious[..., None],
    )


def _grades(protocol: Protocol, arm: Codes, draws: Floats) -> Codes:
    """The grade of each participant's event, as their arm's are spread; 0 if none is stated."""
    rates = protocol.assumptions.adverse_events if protocol.assumptions else {}
    grade = np.zeros(arm.shape, np.int8)
    for index, (name, planned) in enumerate(protocol.arms.items()):
        stated = rates.get(name, rates.get(planned.role))
        if stated is None or not isinstance(stated.grades, Distribution):
            continue
        values = np.asarray([value for value, _ in stated.grades.choices], np.int8)
        edges = np.cumsum([share for _, share in stated.grades.choices])[:-1]
        mine = arm == index
        grade[mine] = values[np.searchsorted(edges, draws[mine], side="right")]
    return grade
