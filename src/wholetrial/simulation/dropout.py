"""Who leaves the study, and on which day."""

import numpy as np

from wholetrial.data.records import Codes, Floats
from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.shares import by_arm


def leaving_day(protocol: Protocol, stream: Stream, arm: Codes) -> Floats:
    """The day on which each participant leaves, spread evenly; NaN for those who stay."""
    assumed = protocol.assumptions
    dropout = assumed.dropout if assumed else {}
    share, until = by_arm(protocol, arm, dropout)
    draws = uniforms(stream, Purpose.DROPOUT, 2)
    day = np.ceil(draws[..., 1] * until)
    return np.where(draws[..., 0] < share, np.maximum(day, 1.0), np.nan)
