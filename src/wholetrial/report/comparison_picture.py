"""Published beside simulated at a glance: shares on one line from 0 to 100 %, an arm a row."""

from collections.abc import Iterator
from typing import NamedTuple

from wholetrial.analysis.statistic import Statistic
from wholetrial.report.colors import INK, arm_colors
from wholetrial.report.comparison_table import EndpointTable, forecast_of
from wholetrial.report.contents import Contents
from wholetrial.report.numbers import percent, percent_interval


class ShareRow(NamedTuple):
    """One arm's shares in percent; None where there is none."""

    label: str
    color: str
    low: float | None
    mean: float | None
    high: float | None
    published: float | None
    recorded: float | None
    described: str


class SharePicture(NamedTuple):
    """One endpoint's picture."""

    text: str
    rows: tuple[ShareRow, ...]


def share_picture(contents: Contents, table: EndpointTable) -> SharePicture | None:
    """The picture of a table whose numbers are shares from at least two sources."""
    rows = tuple(_rows(contents, table))
    beside = [row for row in rows if row.mean is not None and row.published is not None]
    return SharePicture(table.text, rows) if beside else None


def _rows(contents: Contents, table: EndpointTable) -> Iterator[ShareRow]:
    colors = arm_colors(contents.protocol)
    made, told, kept = contents.simulated, contents.published, contents.recorded
    for row in table.rows:
        forecasts = [one for one in (made.forecasts if made else ()) if _is(one.statistic, table)]
        many = forecast_of(contents, forecasts, row.group, compared=False)
        if many is not None and many.statistic.name != "proportion":
            continue
        published = _share(told.statistics if told else (), table, row.group)
        recorded = _share(kept.statistics if kept else (), table, row.group)
        words = [f"published {percent(published)}"] if published is not None else []
        words += [f"recorded {percent(recorded)}"] if recorded is not None else []
        if many is not None:
            ends = percent_interval(many.low, many.high)
            words.append(f"simulated mean {percent(many.mean)}, middle 90% {ends}")
        yield ShareRow(
            label=row.label,
            color=colors.get(row.group, INK),
            low=_hundredfold(many.low if many else None),
            mean=_hundredfold(many.mean if many else None),
            high=_hundredfold(many.high if many else None),
            published=_hundredfold(published),
            recorded=_hundredfold(recorded),
            described=f"{row.label}: {'; '.join(words) or 'no number'}.",
        )


def _is(one: Statistic, table: EndpointTable) -> bool:
    return (one.endpoint, one.at, one.reading) == (table.endpoint, table.at, table.reading)


def _share(statistics: tuple[Statistic, ...], table: EndpointTable, group: str) -> float | None:
    for one in statistics:
        if _is(one, table) and (one.name, one.arm, one.control) == ("proportion", group, ""):
            return float(one.value)
    return None


def _hundredfold(share: float | None) -> float | None:
    return None if share is None or share != share else round(100 * share, 2)
