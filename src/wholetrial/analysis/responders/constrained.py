"""The most likely proportions of two arms whose difference, ratio or odds ratio is given.

Miettinen and Nurminen, Stat Med 1985;4:213-26, give all three in closed form. Arrays of any common
shape `(...)`, no arm empty.
"""

from __future__ import annotations

import numpy as np

from wholetrial.analysis.arguments import TwoArms
from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.responders.distinct_tables import Proportions


def given_difference(arms: TwoArms, difference: Floats) -> Proportions:
    """Give the most likely proportions with this risk difference: the root of a cubic.

    A sign of exactly zero must count as positive: at symmetric tables the root would be lost.
    Without events, or with nothing else, two roots may lie so close that few digits of them remain:
    there the most likely proportions are the lowest possible, or the highest.

    >>> fitted = given_difference(TwoArms(*np.array([7.0, 10, 2, 10])), np.array(0.2))
    >>> f"{fitted.active:.4f}, {fitted.control:.4f}"
    '0.5427, 0.3427'
    """
    x, n, control_x, control_n = arms
    total, events = n + control_n, x + control_x
    b = (n + 2 * control_n) * difference - total - events
    c = (control_n * difference - total - 2 * control_x) * difference + events
    d = control_x * difference * (1 - difference)
    shift = b / (3 * total)
    half = shift * shift * shift - b * c / (6 * total**2) + d / (2 * total)
    spread = np.sqrt(np.maximum(shift**2 - c / (3 * total), 0.0))
    spread = np.where(half >= 0, spread, -spread)
    cube = np.where(spread == 0, 1.0, spread * spread * spread)
    angle = (np.pi + np.arccos(np.clip(half / cube, -1.0, 1.0))) / 3
    root = 2 * spread * np.cos(angle) - shift
    lowest, highest = np.maximum(0.0, -difference), np.minimum(1.0, 1 - difference)
    root = np.where(events == 0, lowest, np.where(events == total, highest, root))
    control = np.clip(root, lowest, highest)
    return Proportions(control + difference, control)


def given_ratio(arms: TwoArms, ratio: Floats) -> Proportions:
    """Give the most likely proportions with this risk ratio, above 0: the root of a quadratic.

    >>> fitted = given_ratio(TwoArms(*np.array([7.0, 10, 2, 10])), np.array(2.0))
    >>> f"{fitted.active:.4f}, {fitted.control:.4f}"
    '0.6369, 0.3184'
    """
    x, n, control_x, control_n = arms
    events = x + control_x
    of_active, of_control = ratio * (n + control_x), x + control_n
    inner = (of_active - of_control) ** 2 + 4 * ratio * (n - x) * (control_n - control_x)
    root = 2 * events / (of_active + of_control + np.sqrt(inner))
    control = np.minimum(root, np.minimum(1.0, 1 / ratio))
    return Proportions(np.minimum(ratio * control, 1.0), control)


def given_odds_ratio(arms: TwoArms, odds_ratio: Floats) -> Proportions:
    """Give the most likely proportions with this odds ratio, above 0: the root of a quadratic.

    >>> fitted = given_odds_ratio(TwoArms(*np.array([7.0, 10, 2, 10])), np.array(4.0))
    >>> f"{fitted.active:.4f}, {fitted.control:.4f}"
    '0.6148, 0.2852'
    """
    expected = expected_given_odds_ratio(arms, odds_ratio)
    return Proportions(expected[0] / arms.participants, expected[1] / arms.control_participants)


def expected_given_odds_ratio(arms: TwoArms, odds_ratio: Floats) -> Floats:
    """Give the expected events of the arm and of control, then those without, `(4, ...)`.

    Each is exact to its last digits, however small it is.
    """
    x, n, control_x, control_n = arms
    events, total = x + control_x, n + control_n
    control = _control_chance(n, control_n, events, odds_ratio)
    without = _control_chance(n, control_n, total - events, 1 / odds_ratio)
    odds = odds_ratio * control
    active, rest = odds / (odds + without), without / (odds + without)
    return np.stack([n * active, control_n * control, n * rest, control_n * without])


def _control_chance(n: Floats, control_n: Floats, events: Floats, odds_ratio: Floats) -> Floats:
    """The root of the quadratic in the form that does not cancel."""
    of_active, none = odds_ratio * (n - events), n + control_n - events
    inner = of_active**2 + (control_n - events) ** 2
    root = np.sqrt(inner + 2 * odds_ratio * (n * control_n + events * none))
    b = of_active + control_n + events
    steep = b < 0
    top = np.where(steep, root - b, 2 * events)
    bottom = np.where(steep, 2 * control_n * (odds_ratio - 1), root + b)
    return np.clip(top / np.where(bottom > 0, bottom, 1.0), 0.0, 1.0)
