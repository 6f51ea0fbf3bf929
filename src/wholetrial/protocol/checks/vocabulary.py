"""The names that a file may use: those of the language, and those it defines itself."""

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.schedule import BUILT_IN_EVENTS

PERSONAL_VALUES = ("age", "weight")
STATES = ("pregnant", "breastfeeding", "male", "female")
PLANS = ("pregnancy",)
JUDGES = (
    "investigator",
    "physician",
    "dermatologist",
    "psychiatrist",
    "assessor",
    "pharmacist",
    "caregiver",
    "participant",
    "sponsor",
)
ROLES = ("experimental", "control")
INTERCURRENT_EVENTS = (
    "stops_treatment",
    "starts_other_treatment",
    "changes_other_treatment",
    "withdraws",
    "relapse",
    "pregnancy",
    "death",
)
MODELS = ("ixekizumab", "ustekinumab", "placebo")
ADJUSTMENTS = ("inverse_probability_weighting", "standardization")
_GRAMMAR = """
    all and any as at before best by change consents agrees control day days every except
    experimental for had half_lives has if improvement in is kinds latest loss mean month months
    never not of or plans since takes then to unless week weeks within worst year years
"""
RESERVED = frozenset(_GRAMMAR.split())


def values(protocol: Protocol) -> tuple[str, ...]:
    """What a comparison can speak of: measures that have a value, age and weight."""
    measured = (name for name, used in protocol.instruments.items() if used.sample is None)
    return (*measured, *PERSONAL_VALUES)


def measures(protocol: Protocol) -> tuple[str, ...]:
    """What the schedule can take at a visit."""
    return (*protocol.instruments, "weight", "adverse_events")


def baseline_names(protocol: Protocol) -> tuple[str, ...]:
    """What the simulator draws for a person: values, sex, time since a concept began."""
    return (*values(protocol), "male", *protocol.eligibility.concepts)


def events(protocol: Protocol) -> tuple[str, ...]:
    """The events and epochs that a time can be counted from."""
    schedule = protocol.schedule
    return (*dict.fromkeys([*schedule.events, *schedule.epochs, *BUILT_IN_EVENTS]),)


def arms(protocol: Protocol) -> tuple[str, ...]:
    """What names arms: an arm, or the role of several."""
    return (*protocol.arms, *ROLES)


def courses(protocol: Protocol) -> tuple[str, ...]:
    """The effects assumed in this file."""
    return tuple(protocol.assumptions.courses) if protocol.assumptions else ()
