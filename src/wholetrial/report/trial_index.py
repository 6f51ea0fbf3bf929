"""An index of several trials: what each asks, whom it compares, what is known of it."""

from collections.abc import Iterator
from typing import NamedTuple

from wholetrial.report.colors import arm_colors
from wholetrial.report.contents import Contents
from wholetrial.report.facts import facts
from wholetrial.report.labels import plain


class IndexArm(NamedTuple):
    """An arm: its label, how many participants it plans, its color in the report."""

    label: str
    n: int
    color: str


class IndexRow(NamedTuple):
    """One trial of an index page; `link` is relative to the page, empty where no report was made.

    `results` says what the report holds, `caution` what must be read first, `failure` why there is
    no report.
    """

    trial: str
    title: str
    status: str
    link: str
    question: str = ""
    arms: tuple[IndexArm, ...] = ()
    n: int = 0
    results: tuple[tuple[str, str], ...] = ()
    caution: str = ""
    failure: str = ""


def index_row(contents: Contents, link: str) -> IndexRow:
    """The row of a trial whose report was made."""
    protocol = contents.protocol
    colors = arm_colors(protocol)
    cautions = contents.simulated.cautions if contents.simulated else ()
    return IndexRow(
        trial=protocol.trial,
        title=protocol.title,
        status=_status(contents),
        link=link,
        question=protocol.design.question,
        arms=tuple(
            IndexArm(contents.labels.get(name, arm.label), arm.n, colors[name])
            for name, arm in protocol.arms.items()
        ),
        n=protocol.n,
        results=tuple(_results(contents)),
        caution=next(iter((*cautions, *contents.notes)), ""),
    )


def _status(contents: Contents) -> str:
    known = {fact.word: fact.says for fact in facts(contents)}
    public = contents.protocol.public
    said = [f"Phase {known['Phase']}" if known["Phase"][0].isdigit() else "", known["Condition"]]
    recruitment = public.status if public and public.status else ""
    return " · ".join([*(part for part in said if part), *([recruitment] if recruitment else [])])


def _results(contents: Contents) -> Iterator[tuple[str, str]]:
    """What there is to read: published, nearby, simulated; and what is missing."""
    published = contents.published.published if contents.published else None
    own, nearby = (published.results, published.nearby) if published else ({}, ())
    if own:
        yield "published", f"{len(own)} endpoint{'' if len(own) == 1 else 's'} published"
    else:
        yield "missing", "no result published"
    if nearby:
        yield "nearby", f"{len(nearby)} stud{'y' if len(nearby) == 1 else 'ies'} nearby"
    if contents.simulated is not None:
        made = contents.simulated
        trials = f"{made.replicates:,} trial{'' if made.replicates == 1 else 's'}"
        yield "simulated", f"{trials} simulated, {plain(made.scenario)}"
    else:
        yield "missing", contents.not_simulated or "not simulated"
