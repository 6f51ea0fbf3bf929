"""Single imputation: an observed value of the participant is carried to the visits missed.

Values are `(..., P, V)`, visits in order of time, NaN where missing; with each participant's
`baseline` `(..., P)` where it may be carried too. What no value can be carried to stays missing.
Current limitations: an imputed value is taken for a measured one, so standard errors are too small,
and the assumption that nothing changes is seldom true; kept for analyses that name them.
Reference: Little RJ, D'Agostino R, Cohen ML, et al. N Engl J Med 2012;367:1355-60.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from wholetrial.data.records import Floats

Better = Literal["lower", "higher"]


def last_observation_carried_forward(
    values: npt.ArrayLike, baseline: npt.ArrayLike = np.nan
) -> Floats:
    """Fill each missed visit with the last value measured before it.

    Before the first value it is the baseline, if one is given.

    >>> last_observation_carried_forward([[float("nan"), 7, float("nan")]], [9])
    array([[9., 7., 7.]])
    """
    timeline = _timeline(values, baseline)
    place = np.where(np.isnan(timeline), 0, np.arange(timeline.shape[-1]))
    last = np.maximum.accumulate(place, axis=-1)
    return np.take_along_axis(timeline, last, axis=-1)[..., 1:]


def worst_observation_carried_forward(
    values: npt.ArrayLike, better: Better, baseline: npt.ArrayLike = np.nan
) -> Floats:
    """Fill each missed visit with the worst value measured before it, the baseline among them.

    `better` says which values are good, `"lower"` or `"higher"`.

    >>> worst_observation_carried_forward([[8, 5, float("nan")]], "lower")
    array([[8., 5., 8.]])
    """
    if better not in ("lower", "higher"):
        raise ValueError(f"better must be 'lower' or 'higher'; got {better!r}")
    timeline = _timeline(values, baseline)
    worst = np.fmax if better == "lower" else np.fmin
    carried = worst.accumulate(timeline, axis=-1)
    return np.where(np.isnan(timeline), carried, timeline)[..., 1:]


def baseline_observation_carried_forward(values: npt.ArrayLike, baseline: npt.ArrayLike) -> Floats:
    """Fill each missed visit with the value at baseline; with changes as values it is 0.

    >>> baseline_observation_carried_forward([[8, 5, float("nan")]], [9])
    array([[8., 5., 9.]])
    """
    timeline = _timeline(values, baseline)
    return np.where(np.isnan(timeline), timeline[..., :1], timeline)[..., 1:]


def _timeline(values: npt.ArrayLike, baseline: npt.ArrayLike) -> Floats:
    """The baseline and the values after it, `(..., P, 1 + V)`."""
    measured = np.asarray(values, np.float64)
    if measured.ndim == 0 or measured.shape[-1] == 0:
        raise ValueError(
            f"values must hold at least one visit on the last axis; got shape {measured.shape}"
        )
    before = np.asarray(baseline, np.float64)
    for name, given in (("values", measured), ("baseline", before)):
        if np.isinf(given).any():
            found = given[np.isinf(given)].flat[0]
            raise ValueError(f"{name} must be finite or missing (nan); got {found:g}")
    try:
        before = np.broadcast_to(before, measured.shape[:-1])
    except ValueError:
        raise ValueError(
            f"baseline must have one value for each participant, shape {measured.shape[:-1]}; "
            f"got shape {before.shape}"
        ) from None
    return np.concatenate([before[..., None], measured], axis=-1)
