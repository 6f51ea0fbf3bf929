"""Operating characteristics: how often each comparison succeeds among simulated trials."""

from typing import NamedTuple

from wholetrial.analysis.operating import Power
from wholetrial.analysis.responders.proportions import clopper_pearson
from wholetrial.protocol.analysis_methods import TESTS
from wholetrial.report.contents import Contents
from wholetrial.report.labels import endpoint_text, group_label, plain, sentence
from wholetrial.report.numbers import count_of, percent, percent_interval


class PowerRow(NamedTuple):
    """One comparison: its successes, their share with its Monte Carlo error, and an interval."""

    compared: str
    successes: str
    power: str
    interval: str
    failed: str


class PowerBlock(NamedTuple):
    """The comparisons of one endpoint by one test."""

    title: str
    rows: tuple[PowerRow, ...]


def power_blocks(contents: Contents) -> tuple[PowerBlock, ...]:
    """The power of each comparison; none of a single trial."""
    made = contents.simulated
    if made is None or made.replicates < 2:
        return ()
    blocks: dict[str, list[PowerRow]] = {}
    for one in made.powers:
        known = TESTS.get(one.test)
        test = sentence(known.words if known else plain(one.test))
        alpha = f", alpha {one.alpha}" if one.alpha else ""
        text = endpoint_text(contents.protocol, one.endpoint)
        at = "" if one.at in text else f", {plain(one.at)}"
        title = f"{text}{at}: {test}{alpha}"
        blocks.setdefault(title, []).append(_row(contents, one))
    return tuple(PowerBlock(title, tuple(rows)) for title, rows in blocks.items())


def enumerated_lines(contents: Contents) -> tuple[str, ...]:
    """Which comparisons need no simulated trial, and their power; why the others do."""
    made = contents.simulated
    exact: dict[str, list[str]] = {}
    others: dict[str, list[str]] = {}
    for one in made.enumerated if made else ():
        text = endpoint_text(contents.protocol, one.endpoint)
        if one.power is None:
            others.setdefault(sentence(one.method), []).append(text)
            continue
        where = text if one.at in text else f"{text}, {plain(one.at)}"
        power = f"{percent(one.power, 1)} ± {percent(one.error, 1)}"
        title = f"{where}, by {one.method}"
        exact.setdefault(title, []).append(f"{group_label(contents, one.arm)} {power}")
    return (
        *(f"{title}: {'; '.join(found)}." for title, found in exact.items()),
        *(f"{why}: {'; '.join(dict.fromkeys(texts))}." for why, texts in others.items()),
    )


def _row(contents: Contents, one: Power) -> PowerRow:
    label = group_label(contents, one.arm)
    successes = round(one.share * one.replicates)
    found = clopper_pearson(successes, one.replicates)
    return PowerRow(
        compared=f"{label} with {group_label(contents, one.control)}" if one.control else label,
        successes=count_of(successes, one.replicates),
        power=f"{percent(one.share, 1)} ± {percent(one.error, 1)}",
        interval=percent_interval(found.low, found.high, 1),
        failed=f"{one.failed:,}" if one.failed else "none",
    )
