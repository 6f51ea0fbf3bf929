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


def steps_shown(counts: Sequence[int], least: int, start: int, end: int) -> tuple[str, ...]:
    """The counts of a funnel from a start to an end, both known, each beneath the one before.

    One that tells of a small group by the next that is shown, or by the start, is hidden.

    >>> steps_shown((995, 905, 900), 10, 1000, 900)
    ('hidden', 'hidden', '900')
    """
    told, after = [], end
    for count in reversed(counts):
        if 0 < count - after < least or 0 < start - count < least:
            told.append("hidden")
            continue
        told.append(shown(count, least))
        after = count
    return tuple(reversed(told))


def beside(text: str, count: int, other: int, least: int) -> str:
    """What is shown of a count beside another, where one is part of the other.

    >>> beside("478", 478, 479, 10), beside("478", 478, 900, 10)
    ('hidden', '478')
    """
    return "hidden" if 0 < abs(other - count) < least <= count else text
