"""The trial in plain language: short sentences, each derived from the protocol."""

from collections.abc import Iterator

from wholetrial.protocol.english import intervention_in_words, listed, sentence, short_name
from wholetrial.protocol.placebo import (
    given,
    given_in,
    is_placebo,
    may_be_given,
    placebo_arms,
)
from wholetrial.protocol.protocol import Protocol

_ROUTES = {
    "subcutaneous": "as a shot under the skin",
    "intravenous": "through a vein",
    "oral": "by mouth",
    "topical": "on the skin",
    "intramuscular": "as a shot into a muscle",
}

_OVER = (
    "completed",
    "terminated",
    "withdrawn",
    "suspended",
    "active, not recruiting",
    "no longer recruiting",
)
"""Statuses of registries in which nobody new can join."""


def condition_of(protocol: Protocol) -> str:
    """The condition in lay words."""
    public = protocol.public
    return (public.lay_condition if public else None) or protocol.design.condition


def what_is_tested(protocol: Protocol) -> tuple[str, ...]:
    """What is tested, with what it is compared, how groups are made, how it is given."""
    return tuple(_tested(protocol))


def _tested(protocol: Protocol) -> Iterator[str]:
    tested = _given_to("experimental", protocol) or sorted(given(protocol))
    if tested:
        what = _named(tested, protocol)
        yield f"This trial tests {what} in people with {condition_of(protocol)}."
    compared = [name for name in _given_to("control", protocol) if name not in tested]
    if compared:
        yield f"It compares this with {_named(compared, protocol, 'or')}."
    yield from _groups(protocol)
    yield from _routes(tested, protocol)


def _given_to(role: str, protocol: Protocol) -> list[str]:
    """What arms of a role receive, each once, placebo last."""
    found = dict.fromkeys(
        name
        for arm in protocol.arms_named(role)
        for name in protocol.interventions
        if name in given_in(protocol, arm)
    )
    return sorted(found, key=lambda name: is_placebo(name, protocol))


def _named(names: list[str], protocol: Protocol, joint: str = "and") -> str:
    return listed(dict.fromkeys(_plain_name(name, protocol) for name in names), joint)


def _plain_name(name: str, protocol: Protocol) -> str:
    if is_placebo(name, protocol):
        return "a placebo"
    return intervention_in_words(name, protocol)


def _groups(protocol: Protocol) -> Iterator[str]:
    count, allocation = len(protocol.arms), protocol.design.allocation
    if count == 1:
        yield "There is one group. All who join get the same."
        return
    yield f"There are {count} groups."
    if allocation is not None and allocation.randomized:
        yield "A computer picks your group by chance."
    elif allocation is not None:
        yield f"Your group is not picked by chance. {sentence(allocation.not_randomized or '')}"
    blind = protocol.design.masking != "none" and "participant" in protocol.design.masking
    yield "You will not know which group you are in." if blind else "You will know what you get."


def _routes(names: list[str], protocol: Protocol) -> Iterator[str]:
    for name in names:
        used = protocol.interventions[name]
        if used.route in _ROUTES and not is_placebo(name, protocol):
            yield f"{sentence(short_name(used.name))[:-1]} is given {_ROUTES[used.route]}."


def placebo_sentences(protocol: Protocol) -> tuple[str, ...]:
    """Whether somebody gets a placebo, as the arms say."""
    arms = placebo_arms(protocol)
    if arms:
        n = sum(protocol.arms[arm].n for arm in arms)
        return (
            f"Yes. {n:,} of {protocol.n:,} people get a placebo.",
            "A placebo looks like the real thing. It has no drug in it.",
            *(["Later, some of them may get the drug."] if _switched(arms, protocol) else []),
        )
    if any(is_placebo(name, protocol) for name in may_be_given(protocol)):
        return (
            "No group gets only a placebo.",
            "Some doses may be a placebo, so that no one can tell the groups apart.",
        )
    return ("No. No group gets a placebo.",)


def _switched(arms: tuple[str, ...], protocol: Protocol) -> bool:
    """Whether a rule gives those on placebo something else."""
    return any(
        rule.give is not None
        and (rule.give.as_in or not is_placebo(rule.give.intervention or "", protocol))
        and set(arms) & set(protocol.arms_named(*rule.arms))
        for rule in protocol.rules.values()
    )


def is_over(protocol: Protocol) -> bool:
    """Whether the status says that nobody new can join."""
    return protocol.public is not None and protocol.public.status.casefold() in _OVER


def status_sentence(protocol: Protocol) -> str:
    """Whether people can join now, as the status says; nothing where it is recruiting."""
    status = protocol.public.status.casefold() if protocol.public else ""
    if status in _OVER:
        return "This trial takes no new people."
    if status == "not yet recruiting":
        return "This trial does not take people yet."
    if status in ("recruiting", "enrolling by invitation"):
        return ""
    return "No one has said if this trial takes people now. Ask the team."


def participants_sentence(protocol: Protocol) -> str:
    """How many people the trial needs, or needed, and in which group."""
    counts = {arm.n for arm in protocol.arms.values()}
    each = f", {counts.pop():,} in each group" if len(counts) == 1 < len(protocol.arms) else ""
    begins = "The plan was for" if is_over(protocol) else "The trial needs"
    return f"{begins} {protocol.n:,} people{each}."


def leaving_sentence() -> str:
    """That taking part is free to end (ICH E6: participation is voluntary)."""
    return "You can stop at any time. You do not have to say why."
