"""A record of a trial as a registry or a page states it, before it becomes a draft."""

from dataclasses import dataclass, field


class RecordError(ValueError):
    """A record that cannot be read: what was expected and what is there."""


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm as it is registered."""

    label: str
    kind: str = ""
    description: str = ""
    interventions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """An intervention as it is registered."""

    name: str
    kind: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome as it is registered: primary, secondary or other."""

    level: str
    measure: str
    frame: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What a record states; empty where it states nothing."""

    source: str
    title: str = ""
    official_title: str = ""
    ids: tuple[str, ...] = ()
    sponsor: str = ""
    status: str = ""
    phase: str = ""
    study_type: str = ""
    allocation: str = ""
    model: str = ""
    masking: str = ""
    conditions: tuple[str, ...] = ()
    enrollment: int | None = None
    dates: dict[str, str] = field(default_factory=dict)
    arms: tuple[Arm, ...] = ()
    interventions: tuple[Given, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    criteria: str = ""
    sex: str = ""
    minimum_age: str = ""
    maximum_age: str = ""
    locations: tuple[str, ...] = ()
    hidden: tuple[int, int] | None = None
