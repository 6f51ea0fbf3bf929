"""Numbers as journals print them: percentages, P values, intervals, counts, means.

P values carry two digits, three below 0.01, and "P<0.001" and "P>0.99" at the ends; an interval
reads "39 to 64", so that a minus sign stays one.
"""

import math
from typing import SupportsFloat

NONE = "–"
MINUS = "−"
_LARGEST_P = 0.99
_SMALLEST_P = 0.001
_SIGNIFICANT = 0.05


def number(value: SupportsFloat | None, digits: int = 1) -> str:
    """A number with so many digits after the point; a dash where there is none.

    >>> number(-0.04), number(-7.25, 1), number(float("inf")), number(float("nan"))
    ('0.0', '−7.2', '∞', '–')
    """
    if value is None or math.isnan(float(value)):
        return NONE
    if math.isinf(float(value)):
        return "∞" if float(value) > 0 else f"{MINUS}∞"
    text = f"{float(value):,.{digits}f}"
    if not float(text.replace(",", "")):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def signed(value: SupportsFloat | None, digits: int = 1) -> str:
    """A difference, with its sign.

    >>> signed(0.5), signed(-0.5), signed(0)
    ('+0.5', '−0.5', '0.0')
    """
    text = number(value, digits)
    return f"+{text}" if text != NONE and value is not None and float(value) > 0 else text


def percent(share: SupportsFloat | None, digits: int = 0) -> str:
    """A share as a percentage.

    >>> percent(33 / 64), percent(33 / 64, 1), percent(None)
    ('52%', '51.6%', '–')
    """
    text = number(_hundredfold(share), digits)
    return text if text == NONE else f"{text}%"


def percentage_points(difference: SupportsFloat | None, digits: int = 0) -> str:
    """A difference of two shares, in percentage points.

    >>> percentage_points(32 / 64), percentage_points(-0.031, 1)
    ('+50', '−3.1')
    """
    return signed(_hundredfold(difference), digits)


def p_number(p: SupportsFloat | None) -> str:
    """A P value without the letter; more digits where two would hide the side of 0.05.

    >>> [p_number(p) for p in (0.1881, 0.0062, 0.0496, 0.00004, 0.999)]
    ['0.19', '0.006', '0.0496', '<0.001', '>0.99']
    """
    if p is None or math.isnan(float(p)):
        return NONE
    value = float(p)
    if value < _SMALLEST_P:
        return f"<{_SMALLEST_P}"
    if value > _LARGEST_P:
        return f">{_LARGEST_P}"
    for digits in (2, 3, 4, 5) if value >= 0.01 else (3, 4, 5):
        text = f"{value:.{digits}f}"
        if (float(text) < _SIGNIFICANT) == (value < _SIGNIFICANT):
            return text
    return text


def interval(low: SupportsFloat | None, high: SupportsFloat | None, digits: int = 1) -> str:
    """The two ends of an interval; empty where there is none.

    >>> interval(-1.25, 3), interval(None, None)
    ('−1.2 to 3.0', '')
    """
    ends = number(low, digits), number(high, digits)
    return "" if ends == (NONE, NONE) else f"{ends[0]} to {ends[1]}"


def percent_interval(low: SupportsFloat | None, high: SupportsFloat | None, digits: int = 0) -> str:
    """The two ends of an interval of shares, in percent, without the sign.

    >>> percent_interval(0.387, 0.642)
    '39 to 64'
    """
    return interval(_hundredfold(low), _hundredfold(high), digits)


def with_interval(value: str, ends: str) -> str:
    """A value with its interval in brackets.

    >>> with_interval(percent(0.5), percent_interval(0.4, 0.6)), with_interval("50%", "")
    ('50% (40 to 60)', '50%')
    """
    return f"{value} ({ends})" if ends and value != NONE else value


def count_of(count: SupportsFloat | None, n: SupportsFloat | None) -> str:
    """So many of so many.

    >>> count_of(33, 64), count_of(None, 64)
    ('33/64', '–')
    """
    if count is None or n is None:
        return NONE
    return f"{int(float(count)):,}/{int(float(n)):,}"


def count_percent(count: int, n: int, digits: int = 0) -> str:
    """A count and its percentage; the count alone where nobody could be counted.

    >>> count_percent(33, 64), count_percent(0, 0)
    ('33 (52%)', '0')
    """
    return f"{count:,} ({percent(count / n, digits)})" if n else f"{count:,}"


def week_of(day: SupportsFloat) -> str:
    """A day in weeks, whole where it is.

    >>> week_of(84), week_of(-14), week_of(10)
    ('12', '−2', '1.4')
    """
    weeks = float(day) / 7
    return number(weeks, 0 if weeks == int(weeks) else 1)


def _hundredfold(share: SupportsFloat | None) -> float | None:
    return None if share is None else 100 * float(share)
