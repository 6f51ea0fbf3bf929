"""One number of an analysis with its evidence: method, analysis set, n, interval, reference."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.estimate import REASON_TEXT, Reason
from wholetrial.analysis.methods import METHODS
from wholetrial.protocol.endpoint import Level

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number of one planned analysis; arrays of shape `(...)`, scalars for one trial.

    `name` says what it is (proportion, risk_difference, p_value, event_free ...), `arm` the group
    it describes or, in a comparison, the group compared with `control`. Where `reason` is not OK
    there is no number, and the reason says why; `not_computed` names a method not built yet.
    `reading` names another reading of a definition than the one taken; empty for the one taken.
    `favors` says, of a test without an estimate beside it, whether the arm did better.
    """

    analysis: str
    endpoint: str
    level: Level
    at: str
    analysis_set: str
    name: str
    arm: str
    method: str
    value: Floats
    n: NDArray[np.int64]
    count: NDArray[np.int64] | None = None
    low: Floats | None = None
    high: Floats | None = None
    confidence: float | None = None
    reason: NDArray[np.int8] | None = None
    control: str = ""
    note: str = ""
    reading: str = ""
    not_computed: str = ""
    favors: NDArray[np.bool_] | None = None

    @property
    def comparison(self) -> str:
        """The comparison in words: "once_45 with placebo"; empty where one group is described."""
        return f"{self.arm} with {self.control}" if self.control else ""

    @property
    def why_none(self) -> str:
        """Why one trial's statistic has no number; empty where it has one."""
        if self.not_computed:
            return f"not yet computed: {self.not_computed}"
        if self.reason is None or int(self.reason) == Reason.OK:
            return ""
        return REASON_TEXT[Reason(int(self.reason))]

    def row(self, source: str) -> dict[str, Any]:
        """One trial's statistic as a row of `results.json`."""
        return {
            "analysis": self.analysis,
            "endpoint": self.endpoint,
            "level": self.level,
            "at": self.at,
            "reading": self.reading,
            "arm": self.arm,
            "comparison": self.comparison,
            "statistic": self.name,
            "value": _number(self.value),
            "low": _number(self.low),
            "high": _number(self.high),
            "confidence": self.confidence,
            "n": int(self.n),
            "count": None if self.count is None else int(self.count),
            "method": self.method,
            "reference": METHODS[self.method].reference if self.method in METHODS else "",
            "analysis_set": self.analysis_set,
            "source": source,
            "note": "; ".join(part for part in (self.why_none, self.note) if part),
        }


def _number(value: Floats | None) -> float | str | None:
    if value is None or np.isnan(value):
        return None
    return float(value) if np.isfinite(value) else ("Inf" if value > 0 else "-Inf")
