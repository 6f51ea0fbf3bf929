"""What a trial measures, and which values each measure can have."""

from dataclasses import dataclass

import numpy as np

from wholetrial.data.records import Flags, Floats
from wholetrial.instruments.instrument import Instrument, validate_values
from wholetrial.instruments.library import instrument
from wholetrial.protocol.protocol import Protocol

LIGHTEST, HEAVIEST = 1.0, 700.0


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure with the values that it can have; `instrument` where it is one of the library."""

    name: str
    low: float
    high: float
    unit: str = ""
    instrument: Instrument | None = None

    @property
    def words(self) -> str:
        """Its values in words: "PASI from 0 to 72 in steps of 0.1"."""
        unit = f" {self.unit}" if self.unit else ""
        steps = f" in steps of {self.instrument.step:g}" if self.instrument else ""
        return f"{self.name} from {self.low:g} to {self.high:g}{unit}{steps}"

    def impossible(self, values: Floats) -> Flags:
        """Which of some values it cannot have; NaN is missing."""
        if self.instrument is None:
            outside: Flags = (values < self.low) | (values > self.high)
            return outside
        wrong = np.zeros(values.shape, np.bool_)
        for finding in validate_values(self.instrument, values):
            wrong[finding.position] = True
        return wrong


def names_recorded(protocol: Protocol) -> tuple[str, ...]:
    """Every measure that records have an array for, in the order of the schedule."""
    return tuple(name for name in protocol.schedule.measure if name != "adverse_events")


def measures_of(protocol: Protocol) -> dict[str, Measure]:
    """The measures of the schedule that have a value, which samples do not."""
    found = (_measure(name, protocol) for name in names_recorded(protocol))
    return {measure.name: measure for measure in found if measure is not None}


def _measure(name: str, protocol: Protocol) -> Measure | None:
    used = protocol.instruments.get(name)
    if used is None:
        return Measure(name, LIGHTEST, HEAVIEST, "kg")
    if used.library is not None:
        known = instrument(used.library)
        return Measure(name, known.low, known.high, known.unit, known)
    if used.range is None:
        return None
    return Measure(name, used.range.low, used.range.high, used.unit or "")
