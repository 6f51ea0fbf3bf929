"""Small counts that are not shown, nor left to be worked out from those beside them."""

from collections.abc import Sequence


def shown(count: int, least: int) -> str:
    """A count; "<10" for one of 1 to 9 where the least to be shown is 10.

    >>> shown(7, 10), shown(0, 10), shown(1234, 10)
    ('<10', '0', '1,234')
    """
    return f"<{least}" if 0 < count < least else f"{count:,}"


def parts_shown(parts: Sequence[int], least: int) -> tuple[str, ...]:
    """The parts of a known total; where one alone is small, the next larger is hidden too.

    >>> parts_shown((3, 500, 497), 10), parts_shown((3, 4, 993), 10)
    (('<10', '500', 'hidden'), ('<10', '<10', '993'))
    """
    told = [shown(count, least) for count in parts]
    small = [place for place, count in enumerate(parts) if 0 < count < least]
    if len(small) == 1:
        others = [place for place, count in enumerate(parts) if count >= least]
        if others:
            told[min(others, key=lambda place: parts[place])] = "hidden"
    return tuple(told)


def steps_shown(counts: Sequence[int], least: int, start: int) -> tuple[str, ...]:
    """The counts of a funnel; one that tells of a small group by the step before is hidden.

    >>> steps_shown((995, 900, 4), 10, 1000)
    ('hidden', '900', '<10')
    """
    told, before = [], start
    for count in counts:
        if 0 < before - count < least:
            told.append("hidden")
            continue
        told.append(shown(count, least))
        before = count
    return tuple(told)
