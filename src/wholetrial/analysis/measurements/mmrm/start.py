"""Where the fit of repeated measures starts: least squares, and the covariance of what remains."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason
from wholetrial.analysis.measurements.mmrm.design import Basis
from wholetrial.analysis.measurements.mmrm.patterns import Moments

NO_SPREAD = 1e-10
"""Residuals below this share of the largest value are rounding errors."""


class Observed(NamedTuple):
    """Values `(B, P, V)`, 0 where they are not `known` (1 or 0)."""

    values: Floats
    known: Floats


class Started(NamedTuple):
    """Least squares: coefficients of the basis `(B, F)`, residuals over their `scale` `(B)`."""

    coefficients: Floats
    residuals: Floats
    scale: Floats
    freedom: Floats


def started(observed: Observed, basis: Basis) -> Started:
    """Fit by ordinary least squares, so that what follows is of ordinary size."""
    residuals = observed.values
    coefficients = np.zeros(basis.aliased.shape)
    for _ in range(2):
        along = np.swapaxes(basis.columns, -1, -2) @ residuals
        found = np.einsum("bkvf,bkv->bf", basis.layout, along)
        fitted = basis.columns @ np.einsum("bkvf,bf->bkv", basis.layout, found)
        residuals = (residuals - fitted) * observed.known
        coefficients = coefficients + found
    freedom = observed.known.sum(axis=(1, 2)) - np.sum(~basis.aliased, axis=-1)
    mean = np.sum(residuals**2, axis=(1, 2)) / np.maximum(freedom, 1)
    scale = np.where(mean > 0, np.sqrt(mean), 1.0)
    return Started(coefficients, residuals / scale[:, None, None], scale, freedom)


def no_fit(observed: Observed, start: Started, *, one_variance: bool) -> Reasons:
    """Why a replicate cannot be fitted; OK where it may be.

    Where each visit has a variance of its own, the values of each must differ from their fit.
    """
    size = np.abs(observed.values).max(axis=(1, 2), initial=0.0)
    spread = np.abs(start.residuals).max(axis=(1, 2), initial=0.0) * start.scale
    own = np.abs(start.residuals).max(axis=1, initial=0.0)
    constant = np.any((own <= NO_SPREAD) & observed.known.any(axis=1), axis=-1)
    return first_reason(
        (~observed.known.any(axis=(1, 2)), Reason.NO_PARTICIPANTS),
        (start.freedom <= 0, Reason.TOO_FEW),
        (spread <= NO_SPREAD * size, Reason.NO_VARIATION),
        (constant & (not one_variance), Reason.COVARIANCE_SINGULAR),
    )


def pairwise_covariance(observed: Observed, start: Started) -> Floats:
    """The residuals' covariance from the participants measured at both visits; 1 if nobody was."""
    known = observed.known
    count = np.swapaxes(known, -1, -2) @ known
    products = np.swapaxes(start.residuals, -1, -2) @ start.residuals
    observations = known.sum(axis=(1, 2))
    share = observations / np.maximum(start.freedom, 1)
    covariance = products / np.maximum(count, 1) * share[:, None, None]
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    lacking = variance <= NO_SPREAD
    return np.asarray(covariance + lacking[:, :, None] * np.eye(known.shape[-1]))


def silenced(moments: Moments, silent: np.ndarray) -> Moments:
    """The sums with nothing in the replicates that are not to be fitted."""
    parts = {
        name: np.where(silent.reshape(-1, *(1,) * (part.ndim - 1)), 0.0, part)
        for name, part in moments._asdict().items()
    }
    parts["aliased"] = np.where(silent[:, None], 1.0, moments.aliased)
    return Moments(**parts)
