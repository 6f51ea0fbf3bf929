"""Who is given a placebo: derived from the doses of the arms, so that no page can deny it."""

from wholetrial.protocol.dose import DoseChoice
from wholetrial.protocol.protocol import Protocol


def given_in(protocol: Protocol, arm: str) -> frozenset[str]:
    """The interventions that an arm receives by plan, every choice of the physician among them."""
    return frozenset(
        one.intervention
        for dose in protocol.arms[arm].doses
        for one in (dose.one_of if isinstance(dose, DoseChoice) else (dose,))
    )


def given(protocol: Protocol) -> frozenset[str]:
    """The interventions that some arm receives by plan."""
    return frozenset(name for arm in protocol.arms for name in given_in(protocol, arm))


def may_be_given(protocol: Protocol) -> frozenset[str]:
    """All that anybody may receive: by plan, by a rule, or so that nobody sees a difference."""
    gifts = (gift for rule in protocol.rules.values() for gift in (rule.give, rule.start) if gift)
    more = (protocol.design.masked_by, *(gift.intervention for gift in gifts))
    return given(protocol) | frozenset(name for name in more if name)


def is_placebo(intervention: str, protocol: Protocol) -> bool:
    """Whether an intervention is a placebo, by its name."""
    known = protocol.interventions.get(intervention)
    words = f"{intervention} {known.name if known else ''}".casefold()
    return "placebo" in words or "sham" in words


def placebo_arms(protocol: Protocol) -> tuple[str, ...]:
    """The arms that receive nothing but placebo by plan."""
    return tuple(
        arm
        for arm in protocol.arms
        if given_in(protocol, arm)
        and all(is_placebo(name, protocol) for name in given_in(protocol, arm))
    )
