"""The table of comparisons: published beside recorded beside simulated, endpoint by endpoint."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.operating import Forecast, forecast
from wholetrial.analysis.planned.imputed import TIPPING_POINT
from wholetrial.analysis.planned.shares import ADJUSTED, WORST_GRADE
from wholetrial.analysis.statistic import Statistic
from wholetrial.protocol.published import PublishedResult
from wholetrial.report.contents import Contents
from wholetrial.report.labels import endpoint_text, group_label, plain, set_text
from wholetrial.report.numbers import NONE, count_of, interval, number, percent_interval
from wholetrial.report.statistic_text import PRINTED, SHARES, plain_value, value_text

_BESIDE_NOTHING = ("p_value", "adjusted_p_value", "not_computed", TIPPING_POINT, ADJUSTED)
_KINDS = {
    "value": "Estimate",
    "difference": "Difference",
    "ratio": "Ratio",
    "adjusted": "Adjusted difference",
}
"""The columns of estimates, each with an interval."""


class Column(NamedTuple):
    """A column of the table: where its numbers are from, its heading and what is in brackets."""

    source: str
    key: str
    heading: str
    brackets: str = ""


class Cell(NamedTuple):
    """What stands in a cell, and a second line in small print."""

    text: str = ""
    note: str = ""


class ComparisonRow(NamedTuple):
    """One arm or group: its cells by column, and its place among the rows."""

    group: str
    label: str
    within: bool
    cells: tuple[Cell, ...]


class EndpointTable(NamedTuple):
    """One endpoint at one time in one analysis; `number` says what its estimate is.

    `reading` names another reading of its definition than the one taken.
    """

    endpoint: str
    text: str
    level: str
    at: str
    analysis_set: str
    columns: tuple[Column, ...]
    sources: tuple[tuple[str, int], ...]
    rows: tuple[ComparisonRow, ...]
    words: tuple[str, ...]
    not_computed: tuple[str, ...]
    control: str
    number: str
    reading: str = ""


class _Found(NamedTuple):
    """Everything that is known of one endpoint at one time in one analysis."""

    contents: Contents
    analysis: str
    endpoint: str
    at: str
    reading: str
    published: Sequence[Statistic]
    recorded: Sequence[Statistic]
    one_trial: Sequence[Statistic]
    many_trials: Sequence[Forecast]


Key = tuple[str, str, str, str]


def comparison_tables(contents: Contents) -> Iterator[EndpointTable]:
    """A table for every endpoint, time, analysis and reading with at least one statistic.

    Grades are left to the table of adverse events.
    """
    made, told = contents.simulated, contents.published
    sources: tuple[Sequence[Statistic], ...] = (
        told.statistics if told else (),
        contents.recorded.statistics if contents.recorded else (),
        made.statistics if made else (),
    )
    forecasts = made.forecasts if made and made.replicates > 1 else ()
    every = (one for source in sources for one in source if one.name != WORST_GRADE)
    for key in dict.fromkeys(_key(one) for one in every):
        published, recorded, one_trial = (
            [one for one in source if _key(one) == key] for source in sources
        )
        many = [one for one in forecasts if _key(one.statistic) == key]
        yield _table(_Found(contents, *key, published, recorded, one_trial, many))


def _key(one: Statistic) -> Key:
    return one.analysis, one.endpoint, one.at, one.reading


def _table(found: _Found) -> EndpointTable:
    contents, protocol = found.contents, found.contents.protocol
    cells = {group: _cells(found, group) for group in _groups(found)}
    columns = [column for column in _columns(found) if any(column.key in c for c in cells.values())]
    every = (*found.published, *found.recorded, *found.one_trial)
    controls = dict.fromkeys(one.control for one in every if one.control)
    pooled = {word for word in cells if word not in protocol.arms}
    return EndpointTable(
        endpoint=found.endpoint,
        text=_text(found),
        level=every[0].level,
        at=found.at,
        analysis_set=set_text(protocol, every[0].analysis_set),
        columns=tuple(columns),
        sources=tuple(_spans(columns)),
        rows=tuple(
            ComparisonRow(
                group,
                group_label(contents, group),
                any(group in protocol.arms_named(word) for word in pooled),
                tuple(known.get(column.key, Cell(NONE)) for column in columns),
            )
            for group, known in cells.items()
        ),
        words=(*_words(found), *_also_fits(found), *_tipping_points(found)),
        not_computed=tuple(_not_computed(found)),
        control=", ".join(group_label(contents, name) for name in controls),
        number=_number(every),
        reading=found.reading,
    )


def _number(every: Iterable[Statistic]) -> str:
    """What the number of each group is."""
    known = (PRINTED[one.name].words for one in every if one.name in PRINTED)
    return next(filter(None, known), "")


def _text(found: _Found) -> str:
    """The endpoint in the file's words, with the reading where it is not the one taken."""
    text = endpoint_text(found.contents.protocol, found.endpoint)
    return f"{text} [{plain(found.reading)}]" if found.reading else text


def _groups(found: _Found) -> list[str]:
    """The groups that are described or compared: tested before control, roles before arms."""
    protocol = found.contents.protocol
    named = dict.fromkeys(
        one.arm for one in (*found.published, *found.recorded, *found.one_trial) if one.arm
    )
    arms = list(protocol.arms)

    def place(group: str) -> tuple[bool, int]:
        role = protocol.arms[group].role if group in protocol.arms else group
        return role == "control", arms.index(group) if group in arms else -1

    return sorted(named, key=place)


def _columns(found: _Found) -> Iterator[Column]:
    yield Column("Published", "printed", "Printed")
    for source, key in (("Published", "published"), ("Recorded", "recorded")):
        yield from _estimates(source, key)
        if source == "Published":
            yield Column(source, "printed p", "P printed")
        yield Column(source, f"{key} p", "P recomputed" if source == "Published" else "P")
        yield Column(source, f"{key} adjusted p", "P adjusted")
    made = found.contents.simulated
    if found.many_trials and made is not None:
        source = f"Simulated, {made.replicates:,} trials"
        for kind, heading in _KINDS.items():
            key = "mean" if kind == "value" else f"mean {kind}"
            told = "Mean" if kind == "value" else heading
            yield Column(source, key, told, "90% of trials")
        return
    yield from _estimates("Simulated, one trial", "simulated")
    yield Column("Simulated, one trial", "simulated p", "P")
    yield Column("Simulated, one trial", "simulated adjusted p", "P adjusted")


def _estimates(source: str, key: str) -> Iterator[Column]:
    yield Column(source, f"{key} count", "Count")
    for kind, heading in _KINDS.items():
        yield Column(source, f"{key} {kind}", heading, "95% CI")


def _spans(columns: Sequence[Column]) -> Iterator[tuple[str, int]]:
    for source in dict.fromkeys(column.source for column in columns):
        yield source, sum(column.source == source for column in columns)


def _cells(found: _Found, group: str) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    cells |= _printed_cells(found, group)
    for source, statistics in (
        ("published", found.published),
        ("recorded", found.recorded),
        ("simulated", found.one_trial),
    ):
        for one in statistics:
            if one.arm == group and one.name in PRINTED:
                cells |= _statistic_cells(source, one)
    for compared in (False, True):
        many = forecast_of(found.contents, found.many_trials, group, compared=compared)
        if many is not None:
            told = _published_value(found, group, compared=compared)
            cells[_mean_key(many)] = _forecast_cell(many, told)
    for many in found.many_trials:
        if (many.statistic.name, many.statistic.arm) == (ADJUSTED, group):
            cells[_mean_key(many)] = _forecast_cell(many, None)
    return cells


def _mean_key(many: Forecast) -> str:
    kind = PRINTED[many.statistic.name].kind
    return "mean" if kind == "value" else f"mean {kind}"


def _statistic_cells(source: str, one: Statistic) -> dict[str, Cell]:
    kind = PRINTED[one.name].kind
    cells = {f"{source} {kind}": Cell(value_text(one), one.why_none)}
    if one.count is not None:
        cells[f"{source} count"] = Cell(count_of(one.count, one.n))
    elif kind == "value":
        cells[f"{source} count"] = Cell(f"n = {int(one.n):,}")
    return cells


def _printed_cells(found: _Found, group: str) -> dict[str, Cell]:
    result = _published_result(found)
    if result is None:
        return {}
    cells = {}
    if group in result.printed:
        cells["printed"] = Cell(str(result.printed[group]).replace(" %", "%"))
    protocol = found.contents.protocol
    for printed in result.p_value:
        contrast = printed.contrast
        arms = (contrast.arms,) if contrast.how == "pooled" else protocol.arms_named(contrast.arms)
        if group in arms and group not in protocol.arms_named(contrast.control):
            cells["printed p"] = Cell(str(printed).removeprefix("="))
    return cells


def _published_result(found: _Found) -> PublishedResult | None:
    told = found.contents.published
    return told.published.results.get(found.endpoint) if told and found.published else None


def _forecast_cell(many: Forecast, published: float | None) -> Cell:
    one = many.statistic
    if np.isnan(many.mean):
        return Cell(NONE, f"no number in {many.failed} of {many.replicates} trials")
    shown = replace(
        one, value=np.asarray(many.mean), low=np.asarray(many.low), high=np.asarray(many.high)
    )
    trials = "trial" if many.failed == 1 else "trials"
    note = f"no number in {many.failed:,} {trials}" if many.failed else ""
    side = _side(many, published)
    outside = f"published lies {side}" if side in ("above", "below") else ""
    return Cell(value_text(shown), note or outside)


def forecast_of(
    contents: Contents, forecasts: Iterable[Forecast], group: str, *, compared: bool
) -> Forecast | None:
    """What many trials say of a group; a role's arms taken together where they are counted."""
    alike = [
        one
        for one in forecasts
        if bool(one.statistic.control) == compared and one.statistic.name not in _BESIDE_NOTHING
    ]
    for one in alike:
        if one.statistic.arm == group:
            return one
    if compared or group in contents.protocol.arms:
        return None
    arms = contents.protocol.arms_named(group)
    return _pooled(group, [one.statistic for one in alike if one.statistic.arm in arms])


def _pooled(group: str, parts: Sequence[Statistic]) -> Forecast | None:
    counts = [part.count for part in parts if part.count is not None]
    shares = all(part.name == "proportion" for part in parts)
    if not parts or len(counts) < len(parts) or not shares:
        return None
    count, n = np.sum(counts, axis=0), np.sum([part.n for part in parts], axis=0)
    share = np.where(n > 0, count / np.maximum(n, 1), np.nan)
    return forecast(replace(parts[0], arm=group, value=share, n=n, count=count))


def _published_value(found: _Found, group: str, *, compared: bool) -> float | None:
    for one in found.published:
        if (one.arm, bool(one.control)) == (group, compared) and one.name not in _BESIDE_NOTHING:
            return None if np.isnan(one.value) else float(one.value)
    return None


def _side(many: Forecast, published: float | None) -> str:
    """Where the published number lies: inside, above or below the middle 90 % of trials."""
    if published is None or np.isnan(many.low):
        return ""
    slack = 1e-9
    if published > many.high + slack:
        return "above"
    return "below" if published < many.low - slack else "inside"


def _also_fits(found: _Found) -> Iterator[str]:
    """Other counts that fit what is printed."""
    result = _published_result(found)
    for group, share in result.also_fits.items() if result else ():
        yield f"{group_label(found.contents, group)}: {share} fits what is printed as well."


def _words(found: _Found) -> Iterator[str]:
    """How the published numbers lie among the simulated trials, in sentences."""
    inside = outside = 0
    for group in _groups(found):
        for compared, what in ((False, "published"), (True, "published difference")):
            many = forecast_of(found.contents, found.many_trials, group, compared=compared)
            told = _published_value(found, group, compared=compared)
            side = _side(many, told) if many else ""
            inside += side == "inside"
            if many is not None and told is not None and side in ("above", "below"):
                outside += 1
                yield _outside(found, group, (what, told, side), many)
    if inside:
        all_of_them = "" if outside else "All " if inside > 1 else "The "
        plural = "numbers lie" if inside > 1 else "number lies"
        counted = "" if all_of_them == "The " else f"{inside} "
        yield (
            f"{all_of_them}{counted}published {plural} inside the middle 90% of simulated trials."
        )


def _outside(found: _Found, group: str, told: tuple[str, float, str], many: Forecast) -> str:
    what, value, side = told
    share = many.statistic.name in SHARES
    text, unit = plain_value(many.statistic, value)
    ends = percent_interval(many.low, many.high) if share else interval(many.low, many.high)
    return (
        f"{group_label(found.contents, group)}: the {what} {text} lies {side} the middle 90% of "
        f"simulated trials ({ends}{unit})."
    )


def _tipping_points(found: _Found) -> Iterator[str]:
    """By how much imputed values must be worse for a conclusion to change, in sentences."""
    for one in (*found.recorded, *found.one_trial):
        if one.name == TIPPING_POINT:
            label = group_label(found.contents, one.arm)
            if one.why_none:
                told = one.note.partition(";")[0]
                yield f"{label}: the conclusion stands with {told}."
            else:
                amount = number(one.value, 2)
                yield f"{label}: the conclusion changes where imputed values are {amount} worse."


def _not_computed(found: _Found) -> Iterator[str]:
    every = (*found.published, *found.recorded, *found.one_trial)
    told: Mapping[str, None] = dict.fromkeys(
        one.why_none + (f" ({group_label(found.contents, one.arm)})" if one.arm else "")
        for one in every
        if one.not_computed
    )
    yield from (plain(line) for line in told)


def alike(tables: Iterable[EndpointTable]) -> tuple[tuple[EndpointTable, ...], ...]:
    """Tables put together where their columns are the same."""
    together: dict[tuple[Column, ...], list[EndpointTable]] = {}
    for table in tables:
        together.setdefault(table.columns, []).append(table)
    return tuple(tuple(group) for group in together.values())
