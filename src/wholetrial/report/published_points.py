"""Published shares as points of a figure: this trial's own, and those of the nearest studies."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wholetrial.analysis.statistic import Statistic
from wholetrial.protocol.published import Nearby, NearbyFigure
from wholetrial.protocol.quantity import Share
from wholetrial.report.contents import Contents
from wholetrial.report.labels import group_label, plain, sentence
from wholetrial.report.nearby_table import figure_text
from wholetrial.report.numbers import count_of, percent, week_of

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


class PublishedPoint(NamedTuple):
    """A published share on a day of a figure, and what it is.

    `term` is what it is a share of; `own` says that it is of this very trial; `told` is the number
    as published, `where` who counted what and when, `differs` in what that study differs; `fitted`
    says that the simulator was fitted to it. `letter` marks those of other studies.
    """

    term: str
    arm: str
    label: str
    day: float
    share: float
    told: str
    where: str
    own: bool
    differs: str = ""
    fitted: bool = False
    letter: str = ""


def own_points(
    contents: Contents, term: str, times: Iterable[tuple[str, str, int]]
) -> Iterator[PublishedPoint]:
    """This trial's published shares of a term; `times` are endpoint, time and day of each."""
    days = {endpoint: day for endpoint, _, day in times}
    for one in contents.published.statistics if contents.published else ():
        if one.name == "proportion" and one.endpoint in days:
            yield PublishedPoint(
                term=plain(term),
                arm=one.arm,
                label=group_label(contents, one.arm),
                day=days[one.endpoint],
                share=float(one.value),
                told=_counted(one),
                where=f"this trial, week {week_of(days[one.endpoint])}",
                own=True,
            )


def nearby_figures(contents: Contents) -> Iterator[tuple[Nearby, NearbyFigure]]:
    """The figures of other studies that are held against an endpoint of this trial."""
    for study in contents.published.published.nearby if contents.published else ():
        for figure in study.figures:
            if figure.endpoint is not None and figure.arm is not None:
                yield study, figure


def nearby_points(
    contents: Contents, term: str, times: Iterable[tuple[str, str, int]]
) -> Iterator[PublishedPoint]:
    """Other studies' shares of a term, on the day of this trial that they are held against."""
    known = list(times)
    for study, figure in nearby_figures(contents):
        asked = figure.beside or str(figure.at or "")
        days = [day for endpoint, at, day in known if (endpoint, at) == (figure.endpoint, asked)]
        if days and isinstance(figure.value, Share):
            yield from point_of(contents, (study, figure), plain(term), days[0])


def point_of(
    contents: Contents, found: tuple[Nearby, NearbyFigure], term: str, day: float
) -> Iterator[PublishedPoint]:
    """A figure of another study as a point, in each arm it is held against."""
    study, figure = found
    value = figure.value
    share = value.fraction if isinstance(value, Share) else 0.5
    what = figure.what if figure.what[1:2].isupper() else sentence(figure.what)
    where = [study.study, f"{what}, {figure.group}" if figure.group else what]
    where += [str(figure.at)] if figure.at else []
    for arm in contents.protocol.arms_named(str(figure.arm)):
        yield PublishedPoint(
            term=term,
            arm=arm,
            label=group_label(contents, arm),
            day=day,
            share=float(share),
            told=figure_text(figure),
            where="; ".join(where),
            own=False,
            differs=study.differs or "",
            fitted=figure.fitted,
        )


def lettered(points: Iterable[PublishedPoint]) -> tuple[PublishedPoint, ...]:
    """The points with a letter for each that is not of this trial: a, b, ..., z, aa.

    >>> from itertools import repeat
    >>> one = PublishedPoint("PASI 75", "a", "A", 84, 0.5, "50%", "a study", own=False)
    >>> [point.letter for point in lettered(repeat(one, 28))][-3:]
    ['z', 'aa', 'ab']
    """
    found, number = [], 0
    for point in points:
        if point.own:
            found.append(point)
            continue
        more, last = divmod(number, len(_ALPHABET))
        letter = (_ALPHABET[more - 1] if more else "") + _ALPHABET[last]
        found.append(point._replace(letter=letter))
        number += 1
    return tuple(found)


def _counted(one: Statistic) -> str:
    share = percent(float(one.value))
    known = one.count is not None and one.n is not None
    return f"{count_of(one.count, one.n)} ({share})" if known else share
