"""Bootstrap samples of a trial's participants, drawn within arms, each with its imputation model.

Reference: Efron B. J Am Stat Assoc 1994;89:463-75 (the model of a bootstrap sample in place of a
draw from its posterior distribution).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.imputation.measured import Assumption, Indices, Measured
from wholetrial.analysis.imputation.model import ImputationModel, Samples, fit_imputation_model
from wholetrial.numerics.philox import Purpose, Stream, uniforms

MOST_ATTEMPTS = 20
"""How often a sample is drawn anew where the model cannot be fitted to it."""


MOST_MEASURES = 256
PARTICIPANTS_OF_A_MEASURE = 2**24
"""Addresses of participants that each measure has for itself."""


@dataclass(frozen=True, slots=True)
class Draws:
    """The random numbers of a multiple imputation: a seed, and the number of each replicate.

    `replicates` has the shape `(...)` of the leading axes of the values. The same seed, replicate,
    measure and place of a participant give the same imputed values, whatever is imputed beside
    them. `measure` numbers what is imputed of the same people, from 0: each measure has draws of
    its own, so that measures are imputed independently of each other given their own values.
    """

    seed: int
    imputations: int
    replicates: npt.ArrayLike = 0
    measure: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError for a measure without an address."""
        if isinstance(self.measure, bool) or not 0 <= self.measure < MOST_MEASURES:
            raise ValueError(
                f"measure must be a whole number from 0 to {MOST_MEASURES - 1}; "
                f"got {self.measure!r}"
            )


def bootstrapped_models(who: Measured, assumption: Assumption, draws: Draws) -> ImputationModel:
    """Fit the model to as many samples as there are imputations `(M, ...)`.

    A sample that leaves an arm without measurements at a visit, or too few, is drawn anew, unless
    the model cannot be fitted to the participants themselves.

    >>> from wholetrial.analysis.imputation.measured import as_measured
    >>> who = as_measured([[8, 4], [6, 4], [7, 1], [9, 5]], [0] * 4, arms=[0])
    >>> bootstrapped_models(who, Assumption(), Draws(2007, 3)).coefficients[:, 0, 0]
    array([7.  , 7.5 , 6.75])
    """
    if draws.imputations < 1:
        raise ValueError(f"imputations must be at least 1, such as 100; got {draws.imputations}")
    numbers = np.arange(draws.imputations)
    model = fit_imputation_model(who, assumption, _samples(who, draws, numbers, 0))
    possible = fit_imputation_model(who, assumption).reason == Reason.OK
    for attempt in range(1, MOST_ATTEMPTS):
        failed = (model.reason != Reason.OK) & possible
        some = numbers[np.any(failed.reshape(len(numbers), -1), axis=-1)]
        if len(some) == 0:
            break
        tried = fit_imputation_model(who, assumption, _samples(who, draws, some, attempt))
        for whole, part in (
            (model.coefficients, tried.coefficients),
            (model.covariance, tried.covariance),
            (model.reason, tried.reason),
        ):
            axes = (1,) * (whole.ndim - failed.ndim)
            anew = failed[some].reshape(*failed[some].shape, *axes)
            whole[some] = np.where(anew, part, whole[some])
    return model


def stream_of(draws: Draws, replicate: npt.ArrayLike, participant: npt.NDArray[Any]) -> Stream:
    """Give the address of participants, who are others for each measure."""
    people = participant + int(draws.measure) * PARTICIPANTS_OF_A_MEASURE
    return Stream(draws.seed, replicate, people)


def replicate_numbers(who: Measured, draws: Draws) -> Indices:
    """Give the number of each replicate, of the shape `(...)` of the leading axes."""
    leading = who.included.shape[:-1]
    numbers = np.asarray(draws.replicates)
    try:
        return np.broadcast_to(numbers, leading)
    except ValueError:
        raise ValueError(
            f"replicates must have one number for each replicate, shape {leading}; "
            f"got shape {numbers.shape}"
        ) from None


def _samples(who: Measured, draws: Draws, numbers: Indices, attempt: int) -> Samples:
    """The samples of these numbers: of each arm as many participants as it has, put back."""
    people, arms = who.included.shape[-1], len(who.arms)
    arm = np.where(who.included, who.arm, arms)
    order = np.argsort(arm, axis=-1, kind="stable")
    sizes = np.sum(arm[..., None] == np.arange(arms + 1), axis=-2)
    starts = np.cumsum(sizes, axis=-1) - sizes
    size, start = (np.take_along_axis(each, arm, axis=-1) for each in (sizes, starts))
    occasion = (numbers * MOST_ATTEMPTS + attempt).reshape(-1, *[1] * who.included.ndim)
    stream = stream_of(draws, replicate_numbers(who, draws)[..., None], np.arange(people))
    number = uniforms(stream, Purpose.IMPUTATION_MODEL, 1, occasion=occasion)[..., 0]
    place = start + np.floor(number * size).astype(np.intp)
    chosen = np.take_along_axis(np.broadcast_to(order, place.shape), place, axis=-1)
    return Samples(chosen, np.broadcast_to(who.included, chosen.shape))
