"""The trials that a report shows participant by participant: recorded, simulated, or both."""

from typing import Literal, NamedTuple

from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.report.contents import Contents


class ShownTrial(NamedTuple):
    """One trial's records and results; `kind` and `title` say whether people or virtual ones.

    `followed` is whether it was recorded who left the study.
    """

    kind: Literal["recorded", "simulated"]
    title: str
    caution: str
    records: Records
    outcomes: tuple[Outcomes, ...]
    statistics: tuple[Statistic, ...]
    followed: bool


def shown_trials(contents: Contents) -> tuple[ShownTrial, ...]:
    """The recorded trial and one simulated trial, as far as there are any."""
    shown = []
    if contents.recorded is not None:
        found = contents.recorded
        shown.append(
            ShownTrial(
                "recorded",
                f"Recorded data: {found.source}",
                "",
                found.records,
                found.outcomes,
                found.statistics,
                "dispositions" in found.tables,
            )
        )
    if contents.simulated is not None:
        made = contents.simulated
        of = f", the first of {made.replicates:,}" if made.replicates > 1 else ""
        shown.append(
            ShownTrial(
                "simulated",
                f"One simulated trial{of}",
                made.cautions[0] if made.cautions else "",
                made.records,
                made.outcomes,
                made.statistics,
                True,
            )
        )
    return tuple(shown)
