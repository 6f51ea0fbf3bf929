"""How many people each criterion keeps out, and how many are left, in the order of the protocol."""

from collections.abc import Sequence
from typing import NamedTuple

from wholetrial.screening.answer import Answer, Overall

OVERALL: tuple[Overall, ...] = ("eligible", "undetermined", "not eligible")


class Step(NamedTuple):
    """One criterion: whom it keeps out of all, of whom it knows too little, and who is left.

    `surely` counts those whom this and all criteria before it allow, `perhaps` those whom none of
    them blocks. `price` is how many more none would block if this criterion were left out.
    """

    name: str
    kind: str
    text: str
    blocks: int
    unknown: int
    surely: int
    perhaps: int
    price: int


def funnel(answers: Sequence[Answer]) -> tuple[Step, ...]:
    """The steps of a funnel from answers to the same criteria."""
    if not answers:
        return ()
    steps = []
    blocked = [sum(found.verdict == "blocks" for found in one.criteria) for one in answers]
    surely, perhaps = set(range(len(answers))), set(range(len(answers)))
    for index, criterion in enumerate(answers[0].criteria):
        verdicts = [answer.criteria[index].verdict for answer in answers]
        out = {row for row, verdict in enumerate(verdicts) if verdict == "blocks"}
        unknown = {row for row, verdict in enumerate(verdicts) if verdict == "unknown"}
        surely -= out | unknown
        perhaps -= out
        alone = sum(blocked[row] == 1 for row in out)
        step = (criterion.name, criterion.kind, criterion.criterion.text)
        counts = (len(out), len(unknown), len(surely), len(perhaps), alone)
        steps.append(Step(*step, *counts))
    return tuple(steps)


def tally(answers: Sequence[Answer]) -> dict[Overall, int]:
    """How many people have each answer."""
    return {one: sum(found.overall == one for found in answers) for one in OVERALL}


def wanted(answers: Sequence[Answer]) -> dict[str, int]:
    """For how many undetermined people each missing fact would help, the most wanted first."""
    counts: dict[str, int] = {}
    for answer in answers:
        for fact in answer.missing:
            counts[fact] = counts.get(fact, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
