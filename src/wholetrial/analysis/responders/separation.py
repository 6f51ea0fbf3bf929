"""Whether a design separates those with the outcome from those without, so that no fit exists.

A logistic regression has its maximum at finite coefficients unless some combination of the columns
is at least 0 for all with the outcome, at most 0 for all without, and not 0 for everybody. Albert
A, Anderson JA. Biometrika 1984;71:1-10.
"""

from __future__ import annotations

import numpy as np

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats

LEAST_GAIN = 0.5
"""Log odds that a Newton step adds where they grow without end: about 1 for those that decide."""
LARGEST_LOSS = 1e-9
"""Log odds that such a step may take off anybody by rounding."""
SOLVER_ERROR = 1e-5
"""Sums of columns that the linear program does not tell from 0."""


def runs_away(outcome: Floats, design: Floats, step: Floats) -> Booleans:
    """Where a step of the coefficients `(..., K)` separates: it makes nobody's outcome less likely.

    Outcomes `(..., P)` are 1 or 0; rows of the design of those left out are zero.

    >>> design = np.array([[1.0, -2], [1, -1], [1, 1], [1, 2]])
    >>> bool(runs_away(np.array([0.0, 0, 1, 1]), design, np.array([0.0, 1])))
    True
    """
    gain = (2 * outcome - 1) * (design @ step[..., None])[..., 0]
    return np.asarray(
        (gain.min(axis=-1) >= -LARGEST_LOSS) & (gain.max(axis=-1, initial=0.0) >= LEAST_GAIN)
    )


def separates(outcome: Floats, design: Floats) -> bool:
    """Decide by a linear program whether a combination of the columns separates one data set.

    Among the combinations that are on the right side, or 0, for everybody, it looks for the one
    that is furthest on the right side in sum; each person's row is brought to length 1.

    >>> separates(np.array([0.0, 1, 0, 1]), np.array([[1.0, 1], [1, 2], [1, 3], [1, 4]]))
    False
    >>> separates(np.array([0.0, 0, 1, 1]), np.array([[1.0, 1], [1, 2], [1, 2], [1, 4]]))
    True
    """
    from scipy.optimize import linprog

    length = np.sqrt((design**2).sum(axis=-1))
    there = length > 0
    side = (2 * outcome - 1)[there, None] * design[there] / length[there, None]
    found = linprog(-side.sum(axis=0), A_ub=-side, b_ub=np.zeros(len(side)), bounds=(-1, 1))
    if found.x is None:
        return False
    reached = side @ found.x
    return bool(reached.max() > SOLVER_ERROR and reached.min() > -SOLVER_ERROR)
