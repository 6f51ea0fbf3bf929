"""The model that missing measurements are imputed from, of a trial and of samples of its people.

At every visit the mean has its own intercept, its own coefficient of each covariate and its own
effect of each arm; the covariance over visits is unstructured and the same in all arms; fitted by
residual maximum likelihood. Where nobody returns after a missed visit that is a closed form
(`monotone.py`), otherwise a mixed model for repeated measures (`measurements/mmrm`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason
from wholetrial.analysis.imputation.measured import Assumption, Indices, Measured, affected
from wholetrial.analysis.imputation.monotone import Fitted, fit_monotone, is_monotone
from wholetrial.analysis.measurements.mmrm.design import Design
from wholetrial.analysis.measurements.mmrm.fit import fit_columns

CELLS_AT_ONCE = 2**21
"""Largest number of values and covariates that mixed models are fitted to at once."""


@dataclass(frozen=True, slots=True)
class ImputationModel:
    """Means and covariance of M samples, NaN where the reason is not OK.

    `coefficients` `(M, ..., V, F)` are, at each visit, the intercept, those of the covariates and
    the effects of the arms after the first; `covariance` is `(M, ..., V, V)`, `reason` `(M, ...)`.
    At a visit where nobody of the first arm was measured the intercept is that of the next arm that
    was, whose own effect is 0; the effect of an arm of which nobody was is NaN there. A covariate
    that is 0 for everybody has the coefficient 0.
    """

    coefficients: Floats
    covariance: Floats
    reason: Reasons


class Samples(NamedTuple):
    """Whom each of M samples holds: places of participants, and which count, `(M, ..., P)`."""

    chosen: Indices
    counted: Booleans


class _Scale(NamedTuple):
    """Centers and spreads of the values `(R, 1, V)` and of the design `(R, 1, F)`."""

    value_center: Floats
    value_spread: Floats
    design_center: Floats
    design_spread: Floats


def everybody(who: Measured) -> Samples:
    """Give one sample, that holds everybody included once."""
    return Samples(_places(who)[None], who.included[None])


def leaving_one_out(who: Measured) -> Samples:
    """Give the P samples that each leave one participant out, `(P, ..., P)`."""
    people = who.included.shape[-1]
    axes = (people, *[1] * (who.included.ndim - 1), people)
    staying = ~np.eye(people, dtype=bool).reshape(axes) & who.included
    return Samples(np.broadcast_to(_places(who), staying.shape), staying)


def fit_imputation_model(
    who: Measured, assumption: Assumption | None = None, samples: Samples | None = None
) -> ImputationModel:
    """Fit the model to each of the samples, by default to everybody.

    Values measured from the first affected visit on are left out, unless missing at random is
    assumed. An arm is left out of the model of a visit at which nobody of it was measured; where
    no arm was, or a sample has nobody measured of an arm that others are, there is a reason. Two
    visits of four participants without covariates:

    >>> from wholetrial.analysis.imputation.measured import as_measured
    >>> values = [[8, 5], [6, 3], [7, 1], [9, float("nan")]]
    >>> fit = fit_imputation_model(as_measured(values, [0] * 4, arms=[0]))
    >>> fit.coefficients[0, :, 0]  # the one who left began higher, and is thought to be so later
    array([7.5, 3.5])
    """
    chosen = everybody(who) if samples is None else samples
    leading, people = who.included.shape[:-1], who.included.shape[-1]
    values = _informing(who, assumption or Assumption()).reshape(-1, people, who.values.shape[-1])
    drawn = Samples(_flat(chosen.chosen, people), _flat(chosen.counted, people))
    inside, rows = who.included.reshape(-1, people), design(who).reshape(len(values), people, -1)
    scale = _scale(values, rows, inside)
    centered = (values - scale.value_center) / scale.value_spread
    columns = (rows - scale.design_center) / scale.design_spread
    member = _members(who)
    unmeasured = ~np.any(_cells(member, values), axis=1)
    dropped = _dropped(unmeasured, rows * inside[..., None])
    fitted = _fitted(centered, columns * inside[..., None], inside, drawn, dropped)
    empty = _nobody(member, values, counts_of(drawn))
    reason = np.where(empty != Reason.OK, empty, fitted.reason)
    model = _in_units(fitted, scale, reason)
    _from_first_measured(model.coefficients, unmeasured)
    shape = (len(chosen.chosen), *leading)
    return ImputationModel(
        np.moveaxis(model.coefficients, 1, 0).reshape(*shape, *model.coefficients.shape[2:]),
        np.moveaxis(model.covariance, 1, 0).reshape(*shape, *model.covariance.shape[2:]),
        np.moveaxis(reason, 1, 0).reshape(shape),
    )


def design(who: Measured, arm: Indices | None = None) -> Floats:
    """Give each participant's row `(..., P, F)`, in the own arm or in another one `(..., P)`."""
    places = who.arm if arm is None else arm
    arms = places[..., None] == np.arange(1, len(who.arms))
    ones = np.ones((*who.included.shape, 1))
    return np.concatenate([ones, who.covariates, arms.astype(np.float64)], axis=-1)


def counts_of(samples: Samples) -> Floats:
    """Give how often each participant is in each sample, of samples of shape `(R, M, P)`."""
    shape = samples.chosen.shape
    people = shape[-1]
    place = np.arange(int(np.prod(shape[:-1])))[:, None] * people
    place = place + samples.chosen.reshape(-1, people)
    weight = samples.counted.reshape(-1, people).ravel().astype(np.float64)
    counts = np.bincount(place.ravel(), weight, int(np.prod(shape)))
    return counts.reshape(shape).astype(np.float64)


def unmeasured_arms(who: Measured, assumption: Assumption) -> Booleans:
    """Say of which arms no value informs the model at a visit, `(..., A, V)`."""
    people, visits = who.values.shape[-2:]
    values = _informing(who, assumption).reshape(-1, people, visits)
    measured = np.any(_cells(_members(who), values), axis=1)
    return np.asarray(~measured.reshape(*who.included.shape[:-1], -1, visits))


def _fitted(
    values: Floats, columns: Floats, inside: Booleans, samples: Samples, dropped: Booleans
) -> Fitted:
    """Fit in closed form the analyses where nobody returned, the others as mixed models."""
    monotone = is_monotone(values, inside)
    shape = samples.chosen.shape[:2]
    visits, width = values.shape[-1], columns.shape[-1]
    fitted = Fitted(
        np.zeros((*shape, visits, width)),
        np.zeros((*shape, visits, visits)),
        np.zeros(shape, np.int8),
    )
    for fit, which in ((_closed_form, monotone), (_mixed_model, ~monotone)):
        if np.any(which):
            drawn = Samples(samples.chosen[which], samples.counted[which])
            part = fit(values[which], columns[which], drawn, dropped[which])
            fitted.coefficients[which] = part.coefficients
            fitted.covariance[which] = part.covariance
            fitted.reason[which] = part.reason
    return fitted


def _closed_form(values: Floats, columns: Floats, samples: Samples, dropped: Booleans) -> Fitted:
    return fit_monotone(values, columns, counts_of(samples), dropped)


def _mixed_model(values: Floats, columns: Floats, samples: Samples, dropped: Booleans) -> Fitted:
    """Fit the samples, of people some of whom returned after a missed visit, block by block."""
    people, visits = values.shape[-2:]
    width = columns.shape[-1]
    layout = np.eye(visits)[None, :, :, None] * np.eye(width)[:, None, None, :]
    layout = layout.reshape(width, visits, visits * width)
    chosen, counted = (part.reshape(-1, people) for part in samples)
    analysis = np.repeat(np.arange(len(values)), samples.chosen.shape[1])
    at_once = max(1, CELLS_AT_ONCE // (people * (visits + width)))
    parts = []
    for start in range(0, len(chosen), at_once):
        block = slice(start, start + at_once)
        place = analysis[block, None], chosen[block]
        fit = fit_columns(values[place], Design(columns[place], layout), included=counted[block])
        aliased = np.sum(fit.aliased.reshape(-1, visits, width), axis=-1)
        more = np.any(aliased > np.sum(dropped[analysis[block]], axis=-1), axis=-1)
        collinear = (fit.reason == Reason.OK) & more
        reason = np.where(collinear, np.int8(Reason.COLLINEAR), fit.reason)
        parts.append(Fitted(fit.coefficients, fit.sigma, reason))
    coefficients, covariance, reason = (np.concatenate(one) for one in zip(*parts, strict=True))
    shape = samples.chosen.shape[:2]
    return Fitted(
        coefficients.reshape(*shape, visits, width),
        covariance.reshape(*shape, visits, visits),
        reason.reshape(shape),
    )


def _informing(who: Measured, assumption: Assumption) -> Floats:
    """The values that inform the model: those before the event, or all if missing at random."""
    event = affected(who, assumption)
    after = np.arange(who.values.shape[-1]) >= event.first[..., None]
    other = (event.strategy != "missing_at_random")[..., None]
    return np.where(after & other, np.nan, who.values)


def _scale(values: Floats, rows: Floats, inside: Booleans) -> _Scale:
    """Center and spread of everything, so that sums of products keep their digits."""
    seen = ~np.isnan(values)
    value_center, value_spread = _center_and_spread(np.nan_to_num(values), seen)
    center, spread = _center_and_spread(rows, np.broadcast_to(inside[..., None], rows.shape))
    center[..., 0], spread[..., 0] = 0.0, 1.0
    return _Scale(value_center, value_spread, center, spread)


def _center_and_spread(values: Floats, counted: Booleans) -> tuple[Floats, Floats]:
    count = np.maximum(np.sum(counted, axis=-2, keepdims=True), 1)
    center = np.sum(np.where(counted, values, 0.0), axis=-2, keepdims=True) / count
    away = np.where(counted, values - center, 0.0)
    spread = np.sqrt(np.sum(away**2, axis=-2, keepdims=True) / count)
    flat = spread <= 10 * np.finfo(np.float64).eps * np.abs(center)
    return center, np.where(flat, 1.0, spread)


def _members(who: Measured) -> Booleans:
    """Who is of which arm and included, `(R, P, A)`."""
    people = who.included.shape[-1]
    member = who.arm[..., None] == np.arange(len(who.arms))
    return np.asarray((member & who.included[..., None]).reshape(-1, people, len(who.arms)))


def _cells(member: Booleans, values: Floats) -> Booleans:
    """Who of each arm was measured at each visit, `(R, P, A, V)`."""
    return member[..., :, None] & ~np.isnan(values)[..., None, :]


def _dropped(unmeasured: Booleans, rows: Floats) -> Booleans:
    """Columns `(R, V, F)` that a visit's model is without: one arm, which is its intercept.

    And arms unmeasured, and covariates that are 0 for everybody, such as a stratum without people.
    """
    by_visit = np.swapaxes(unmeasured, -1, -2)
    first = np.cumsum(~by_visit, axis=-1) == 1
    arms, width = by_visit.shape[-1], rows.shape[-1]
    dropped = np.zeros((*by_visit.shape[:-1], width), bool)
    dropped[..., 1:] = ~np.any(rows[..., 1:], axis=1)[:, None]
    dropped[..., width - arms + 1 :] = (by_visit | first)[..., 1:]
    return dropped


def _nobody(member: Booleans, values: Floats, counts: Floats) -> Reasons:
    """Where a sample `(R, M)` has nobody, or nobody measured, of an arm that others are of."""
    cells = _cells(member, values).reshape(*member.shape[:2], -1)
    people, measured = counts @ member.astype(np.float64), counts @ cells.astype(np.float64)
    lost = (people == 0) & np.any(member, axis=1)[:, None]
    unseen = (measured == 0) & np.any(cells, axis=1)[:, None]
    never = ~np.any(~np.isnan(values), axis=1)
    return first_reason(
        (np.any(lost, axis=-1) | np.all(people == 0, axis=-1), Reason.NO_PARTICIPANTS),
        (np.any(unseen, axis=-1) | np.any(never, axis=-1)[:, None], Reason.NOT_MEASURED),
    )


def _from_first_measured(coefficients: Floats, unmeasured: Booleans) -> None:
    """Let the intercept be that of a visit's first arm measured, and unknown effects be NaN."""
    arms = unmeasured.shape[1]
    by_visit = np.swapaxes(unmeasured, -1, -2)[:, None]
    effects = np.concatenate(
        [
            np.zeros_like(coefficients[..., :1]),
            coefficients[..., coefficients.shape[-1] - arms + 1 :],
        ],
        axis=-1,
    )
    first = np.argmin(by_visit, axis=-1)[..., None]
    own = np.take_along_axis(effects, np.broadcast_to(first, (*effects.shape[:-1], 1)), axis=-1)
    coefficients[..., :1] += own
    effects = np.where(by_visit, np.nan, effects - own)
    coefficients[..., coefficients.shape[-1] - arms + 1 :] = effects[..., 1:]


def _in_units(fitted: Fitted, scale: _Scale, reason: Reasons) -> Fitted:
    """The model in the units of the values and covariates, NaN where there is none."""
    spread = np.swapaxes(scale.value_spread, -1, -2)[:, None]
    slopes = fitted.coefficients * spread / scale.design_spread[:, None]
    shift = np.sum(slopes * scale.design_center[:, None], axis=-1)
    slopes[..., 0] += np.swapaxes(scale.value_center, -1, -2)[:, None, :, 0] - shift
    covariance = fitted.covariance * spread * np.swapaxes(spread, -1, -2)
    given = (reason == Reason.OK)[..., None, None]
    return Fitted(np.where(given, slopes, np.nan), np.where(given, covariance, np.nan), reason)


def _places(who: Measured) -> Indices:
    return np.broadcast_to(np.arange(who.included.shape[-1]), who.included.shape)


def _flat(part: npt.NDArray[Any], people: int) -> npt.NDArray[Any]:
    """Samples `(M, ..., P)` as `(R, M, P)`."""
    return np.moveaxis(part.reshape(len(part), -1, people), 0, 1)
