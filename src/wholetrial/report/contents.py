"""What a report shows: one trial with its published, recorded and simulated results."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from wholetrial.analysis.decisions import Decision
from wholetrial.analysis.enumeration import Enumerated
from wholetrial.analysis.operating import Forecast, Power
from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.protocol.differences import Difference
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published


class Successful(NamedTuple):
    """How many trials succeed by their plan, and in how many any primary comparison succeeds."""

    whole: int
    any: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulated programme: one trial's records, and what many trials say.

    `records` and `statistics` are those of the first replicate, as a hospital would send it;
    `outcomes` its endpoints, by endpoint and time. `forecasts` and `powers` are over all
    replicates. `cautions` are lines that must be read first (the model's known misses, criteria
    taken as given, what the model is not validated for); `assumptions` say what and from where;
    `enumerated` which planned comparisons need no simulated trial, and what they come to.
    """

    seed: int
    replicates: int
    scenario: str
    records: Records
    outcomes: tuple[Outcomes, ...]
    statistics: tuple[Statistic, ...]
    forecasts: tuple[Forecast, ...]
    powers: tuple[Power, ...]
    screened: int
    cautions: tuple[str, ...]
    assumptions: tuple[tuple[str, str], ...]
    successful: Successful | None = None
    asked: int | None = None
    enumerated: tuple[Enumerated, ...] = ()


@dataclass(frozen=True, slots=True)
class Decisions:
    """How often the design decides rightly in the scenarios of its file.

    `rule` says when it does; `why_none` why there is nothing to decide, where that is so.
    """

    rule: str
    found: tuple[Decision, ...]
    why_none: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Real data: its records, the endpoints derived from them and the planned analyses.

    `tables` names what was recorded at all: without dispositions nobody knows who left.
    """

    source: str
    records: Records
    outcomes: tuple[Outcomes, ...]
    statistics: tuple[Statistic, ...]
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishedResults:
    """Published counts that passed through the planned analyses, beside what was printed."""

    published: Published
    statistics: tuple[Statistic, ...]


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """Another version of the protocol: when it was in force, its design, what it changes."""

    name: str
    dated: str
    design: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that a trial's report shows.

    `design` is the design in a few sentences, `labels` the arms' labels by name, and
    `not_simulated` why there is no simulation; `references` the papers of exactly the methods used,
    `checked` the check's verdict on the file, `version` that of the program, `versions` the other
    versions of the protocol, `decisions` how often
    the design is right in its scenarios.
    """

    protocol: Protocol
    design: str
    labels: Mapping[str, str]
    published: PublishedResults | None = None
    recorded: Recorded | None = None
    simulated: Simulated | None = None
    not_simulated: str = ""
    references: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    checked: str = ""
    version: str = ""
    versions: tuple[OtherVersion, ...] = ()
    decisions: Decisions | None = None
