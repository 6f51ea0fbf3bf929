"""Responders of imputed measurements: their difference in each data set, pooled.

The measurement is imputed, not the response: so a participant who nearly responded stays near. The
response is derived from imputed values as from measured ones. References: Floden L, Bell ML. BMC
Med Res Methodol 2019;19:161 (a measurement imputed before it is cut in two); Rubin DB. Multiple
Imputation for Nonresponse in Surveys. Wiley, 1987 (rules).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans, checked_booleans, refuse
from wholetrial.analysis.estimate import Effect, Floats, Reason, Reasons, first_reason
from wholetrial.analysis.imputation.impute import Imputed
from wholetrial.analysis.imputation.pooling import pooled


def on_instrument(
    imputed: Imputed, *, low: float = -np.inf, high: float = np.inf, step: float = 0.0
) -> Imputed:
    """Move imputed values to what an instrument can show.

    They are rounded to whole steps from 0 (from `low` if that is finite) and kept between `low` and
    `high`; what was measured stays as it is. Current limitations: values cut at the ends of the
    range are no longer normal, so that means of a measurement are better left as imputed; for a
    response, which asks only on which side of a line a value lies, little is lost.

    >>> from wholetrial.analysis.imputation.impute import impute_conditional_mean
    >>> from wholetrial.analysis.imputation.measured import Assumption, as_measured
    >>> who = as_measured([[8, 4], [6, 3], [7, 1], [9, float("nan")]], [0] * 4, arms=[0])
    >>> once = impute_conditional_mean(who, Assumption())
    >>> once.values[0, 3, 1].round(3), on_instrument(once, low=0, step=1).values[0, 3, 1]
    (np.float64(3.667), np.float64(4.0))
    """
    if not (step >= 0 and np.isfinite(step)):
        raise ValueError(f"step must be 0 (no rounding) or more; got {step!r}")
    if not low < high:
        raise ValueError(f"low must be below high; got low {low!r} and high {high!r}")
    start = low if np.isfinite(low) else 0.0
    values = imputed.values
    shown = start + _whole_steps(values - start, step) if step > 0 else values
    shown = np.where(imputed.imputed, np.clip(shown, low, high), values)
    return replace(imputed, values=shown)


def _whole_steps(values: Floats, step: float) -> Floats:
    """Round to multiples of the step; 3 steps of 0.1 are 0.3, as one would write it."""
    whole, in_one = np.rint(values / step), np.rint(1 / step)
    exact = in_one >= 1 and abs(in_one * step - 1) < 1e-12
    return np.asarray(whole / in_one if exact else whole * step)


def risk_difference_pooled(
    response: npt.ArrayLike,
    in_arm: npt.ArrayLike,
    in_control: npt.ArrayLike,
    level: float = 0.95,
    *,
    reason: npt.ArrayLike = Reason.OK,
) -> Effect:
    """Estimate a risk difference from responses `(M, ..., P)` of M imputed data sets.

    `in_arm` and `in_control` `(..., P)` say who is compared, `reason` `(M, ...)` why a data set has
    missing values still. Each data set has Wald's variance; they are pooled by Rubin's rules with
    a t distribution. Current limitations: Wald's variance is too small with few participants or
    shares near 0 or 1.

    >>> response = [[1, 1, 1, 0, 1, 0, 0, 0], [1, 1, 0, 0, 1, 0, 0, 0]]
    >>> arm = np.repeat([1, 0], 4)
    >>> effect = risk_difference_pooled(response, arm == 1, arm == 0)
    >>> f"{effect.value:.3f}, SE {effect.standard_error:.3f}"
    '0.375, SE 0.385'
    """
    given = np.asarray(response, np.float64)
    if given.ndim < 2 or 0 in given.shape:
        raise ValueError(
            "response must hold data sets on the first axis and participants on the last; "
            f"got shape {given.shape}"
        )
    why = np.broadcast_to(np.asarray(reason, np.int8), given.shape[:-1])
    active = checked_booleans("in_arm", np.asarray(in_arm))
    control = checked_booleans("in_control", np.asarray(in_control))
    refuse("nobody must be in both arms", active.astype(float), active & control)
    share, size = _share(given, active, why)
    control_share, control_size = _share(given, control, why)
    variance = share * (1 - share) / np.maximum(size, 1)
    variance = variance + control_share * (1 - control_share) / np.maximum(control_size, 1)
    empty = first_reason(((size == 0) | (control_size == 0), Reason.NO_PARTICIPANTS))
    why = np.where(why == Reason.OK, empty, why)
    effect = pooled(share - control_share, variance, np.inf, level, reason=why)
    flat = first_reason(
        (effect.reason != Reason.NO_VARIATION, Reason.OK),
        (np.all(share + control_share == 0, axis=0), Reason.NO_EVENTS),
        (np.all(share + control_share == 2, axis=0), Reason.ALL_EVENTS),
        (True, Reason.NO_VARIATION),
    )
    return replace(effect, reason=np.where(flat == Reason.OK, effect.reason, flat))


def _share(response: Floats, group: Booleans, reason: Reasons) -> tuple[Floats, Floats]:
    """Who responded of a group `(M, ...)`, and how many there are."""
    inside = np.broadcast_to(group, response.shape)
    asked = inside & (reason == Reason.OK)[..., None]
    events = np.sum(checked_booleans("response", np.where(asked, response, 0)), axis=-1)
    size = np.sum(inside, axis=-1).astype(np.float64)
    return events / np.maximum(size, 1), size
