"""The whole trial as one frozen value (USDM Study, StudyVersion, InterventionalStudyDesign)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wholetrial.protocol.analysis_plan import Analysis, AnalysisSetPhrase
from wholetrial.protocol.assumptions import Assumptions
from wholetrial.protocol.claims import Claim
from wholetrial.protocol.design import Arm, Design, InstrumentPhrase, Intervention, Rule
from wholetrial.protocol.eligibility import Eligibility
from wholetrial.protocol.endpoint import Endpoints, Strategy
from wholetrial.protocol.missing import Missing
from wholetrial.protocol.provenance import Provenance
from wholetrial.protocol.public import Public
from wholetrial.protocol.read_condition import ConditionPhrase
from wholetrial.protocol.schedule import Schedule
from wholetrial.protocol.value import Name, Tree, Value, Words

TrialId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)]


class Version(Value):
    """Another version of the protocol (USDM StudyAmendment): what it replaces, null to remove."""

    dated: Words
    """When it was in force."""
    replace: Tree
    """The fields it changes, merged over the file (RFC 7396)."""


class Unsettled(Value):
    """A contradiction or gap of the sources, and the reading taken."""

    about: Words
    """What it concerns."""
    says: Words
    """What the sources say."""
    taken: Words
    """What this file does."""


class Protocol(Value):
    """A plan for a clinical trial; everything else is derived from it."""

    wholetrial: Literal[1]
    """The version of this language."""
    trial: TrialId
    """The trial's identifier."""
    title: Words
    """The title."""
    sources: dict[Name, Words]
    """The documents that facts come from."""
    design: Design
    """The question and the shape of the study."""
    instruments: dict[Name, InstrumentPhrase]
    """What is measured, by the name this file uses."""
    interventions: dict[Name, Intervention]
    """What is given."""
    arms: Annotated[dict[Name, Arm], Field(min_length=1)]
    """Who receives what."""
    terms: dict[Name, ConditionPhrase] = {}
    """Conditions named once, used by rules, visits and endpoints alike."""
    rules: dict[Name, Rule] = {}
    """What a result changes."""
    schedule: Schedule
    """When people are seen, and what is measured."""
    eligibility: Eligibility
    """Who may take part."""
    endpoints: Endpoints
    """What the trial is judged by."""
    intercurrent: dict[Name, Strategy] = {}
    """What happens with events that come between (ICH E9(R1))."""
    missing: Missing = Missing()
    """What stands for a missing value."""
    analysis_sets: dict[Name, AnalysisSetPhrase]
    """The people analyzed."""
    analyses: dict[Name, Analysis]
    """The planned analyses."""
    assumptions: Assumptions | None = None
    """For the simulator only."""
    versions: dict[Name, Version] = {}
    """Other versions of the protocol."""
    unsettled: tuple[Unsettled, ...] = ()
    """Contradictions and gaps of the sources."""
    claims: tuple[Claim, ...] = ()
    """What the sources claim, held against this file by the check."""
    public: Public | None = None
    """The volunteer's page."""
    provenance: Provenance = Provenance()
    """Where each statement is from; written in the file as `from`, `because` and `readings`."""

    @property
    def n(self) -> int:
        """How many participants are planned."""
        return sum(arm.n for arm in self.arms.values())

    def arms_named(self, *words: str) -> tuple[str, ...]:
        """The arms that these words name: arms, a role (experimental, control), or all."""
        return tuple(
            name
            for name, arm in self.arms.items()
            if any(word in ("all", name) or word == arm.role for word in words)
        )
