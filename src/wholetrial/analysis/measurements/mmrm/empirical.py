"""Variances of contrasts from the participants' own residuals, whatever their covariance is.

References: Liang KY, Zeger SL. Biometrika 1986;73:13-22; Mancl LA, DeRouen TA. Biometrics
2001;57:126-34; Bell RM, McCaffrey DF. Surv Methodol 2002;28:169-81 (bias reduction, degrees of
freedom); Pustejovsky JE, Tipton E. J Bus Econ Stat 2018;36:672-83.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.measurements.mmrm.fit import MixedModel
from wholetrial.analysis.measurements.mmrm.likelihood import weights_of

LEAST_LEFT = 1e-10
"""A direction of which a participant's own fit leaves less than this share tells nothing."""


class Uncertainty(NamedTuple):
    """Variance and degrees of freedom `(B, C)` of contrasts, on the scale of the fit."""

    variance: Floats
    freedom: Floats


class _Rows(NamedTuple):
    """Effects `(B, P, V, F)` and residuals `(B, P, V)`, both times a root of the weights."""

    design: Floats
    residuals: Floats


def empirical(model: MixedModel, weights: Floats) -> Uncertainty:
    """Take the residuals as they are, which is too little in small samples."""
    return _variance(model, weights, 0.0)


def bias_reduced(model: MixedModel, weights: Floats) -> Uncertainty:
    """Undo what the fit took from the residuals, exactly where the covariance is the model's."""
    return _variance(model, weights, 0.5)


def jackknife(model: MixedModel, weights: Floats) -> Uncertainty:
    """Take the residual that each participant has from a fit without them, nearly."""
    return _variance(model, weights, 1.0)


def _variance(model: MixedModel, weights: Floats, power: float) -> Uncertainty:
    rows = _rows(model)
    covariance = model.fitted.peak.likelihood.covariance
    own = rows.design @ covariance[:, None] @ np.swapaxes(rows.design, -1, -2)
    values, vectors = np.linalg.eigh(np.eye(own.shape[-1]) - own)
    raised = np.where(values > LEAST_LEFT, np.maximum(values, LEAST_LEFT) ** -power, 0.0)
    along = covariance @ np.swapaxes(weights, -1, -2)
    pulled = np.swapaxes(vectors, -1, -2) @ (rows.design @ along[:, None])
    leverage = vectors @ (raised[..., None] * pulled)
    influence = np.sum(leverage * rows.residuals[..., None], axis=-2)
    back = np.swapaxes(rows.design, -1, -2) @ leverage
    fitted = np.sum((covariance[:, None] @ back) * back, axis=-2)
    squares = np.sum(leverage**2, axis=-2)
    gram = np.einsum("bpfc,bpgc->bcfg", back, back) @ covariance[:, None]
    mean = np.sum(squares - fitted, axis=1)
    square = np.sum(squares**2 - 2 * squares * fitted, axis=1)
    square = square + np.sum(gram * np.swapaxes(gram, -1, -2), axis=(-2, -1))
    known = square > 0
    freedom = np.where(known, mean**2 / np.where(known, square, 1.0), np.inf)
    return Uncertainty(np.sum(influence**2, axis=1), freedom)


def _rows(model: MixedModel) -> _Rows:
    fitted = model.fitted
    moments, peak = fitted.moments, fitted.peak
    inverse = weights_of(moments, peak.covariance.sigma).inverse
    values, vectors = np.linalg.eigh(inverse)
    root = np.sqrt(np.maximum(values, 0.0))[..., None] * np.swapaxes(vectors, -1, -2)
    place = np.maximum(fitted.place, 0)
    taken = (fitted.place >= 0)[..., None, None]
    of_person = np.where(taken, np.take_along_axis(root, place[..., None, None], axis=1), 0.0)
    design = np.einsum("bpk,bkvf->bpvf", fitted.basis.columns, fitted.basis.layout)
    expected = np.einsum("bpvf,bf->bpv", design, peak.likelihood.coefficients)
    left = (of_person @ (fitted.residuals - expected)[..., None])[..., 0]
    return _Rows(of_person @ design, left)
