"""Missing measurements imputed: by their conditional mean, or many times with random draws.

The mean of each participant follows a strategy after the event (`strategies.py`); missing values
are those of the normal distribution with this mean, given the values measured. Multiple imputation
is approximate Bayes: each imputation has the model of a bootstrap sample, drawn within arms, and
draws of the values. References: Carpenter JR, Roger JH, Kenward MG. J Biopharm Stat
2013;23:1352-71; Wolbers M, Noci A, Delmar P, et al. Pharm Stat 2022;21:1246-57 (conditional mean);
Efron B. J Am Stat Assoc 1994;89:463-75 (bootstrap in place of a posterior).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason
from wholetrial.analysis.imputation.bootstrap import (
    Draws,
    bootstrapped_models,
    replicate_numbers,
    stream_of,
)
from wholetrial.analysis.imputation.conditional import (
    Covariance,
    Incomplete,
    as_covariance,
    filled,
)
from wholetrial.analysis.imputation.measured import (
    Affected,
    Assumption,
    Indices,
    Measured,
    affected,
)
from wholetrial.analysis.imputation.model import (
    ImputationModel,
    Samples,
    design,
    everybody,
    fit_imputation_model,
    leaving_one_out,
    unmeasured_arms,
)
from wholetrial.analysis.imputation.strategies import Names, mean_under
from wholetrial.numerics.philox import Purpose, normals

CELLS_AT_ONCE = 2**22
"""Largest number of values imputed at once."""


@dataclass(frozen=True, slots=True)
class Imputed:
    """Values `(M, ..., P, V)` of M data sets with those missing filled in.

    `imputed` `(..., P, V)` says which were missing, `first_affected` `(..., P)` from which visit on
    the event affects them, `included` `(M, ..., P)` who is in each data set. Where `reasons`
    `(M, ..., P)` is not OK missing values of this participant are NaN still.
    """

    values: Floats
    imputed: Booleans
    first_affected: Indices
    included: Booleans
    reasons: Reasons

    @property
    def reason(self) -> Reasons:
        """Why a data set `(M, ...)` has missing values still."""
        return np.asarray(np.max(self.reasons, axis=-1))


class _Rows(NamedTuple):
    """Participants with something missing, of all analyses, one after the other, `(N, ...)`.

    At which visits the mean of the own or the reference arm is unknown, `(N, V)`, comes last.
    """

    analysis: Indices
    person: Indices
    values: Floats
    own: Floats
    reference: Floats
    strategy: Names
    first: Indices
    own_unknown: Booleans
    reference_unknown: Booleans


def impute_conditional_mean(who: Measured, assumption: Assumption) -> Imputed:
    """Impute once, each missing value by its mean given what was measured; M is 1.

    >>> from wholetrial.analysis.imputation.measured import as_measured
    >>> values = [[8, 5], [6, 3], [7, 1], [9, float("nan")]]
    >>> once = impute_conditional_mean(as_measured(values, [0] * 4, arms=[0]), Assumption())
    >>> once.values[0, 3]
    array([9., 5.])
    """
    return _of_samples(who, assumption, everybody(who))


def impute_leaving_one_out(who: Measured, assumption: Assumption) -> Imputed:
    """Impute by the conditional mean of the model without each participant in turn; M is P.

    With `jackknifed` (`pooling.py`) they give the standard error of an analysis of
    `impute_conditional_mean`.
    """
    return _of_samples(who, assumption, leaving_one_out(who))


def impute(who: Measured, assumption: Assumption, draws: Draws) -> Imputed:
    """Impute many times, with the uncertainty of the model and of the values; M are the draws.

    Results of the M data sets are to be `pooled` (`pooling.py`).

    >>> from wholetrial.analysis.imputation.measured import as_measured
    >>> values = [[8, 4], [6, 4], [7, 1], [5, 2], [9, float("nan")]]
    >>> many = impute(as_measured(values, [0] * 5, arms=[0]), Assumption(), Draws(2007, 3))
    >>> many.values[:, 4, 1].round(2)
    array([3.82, 1.12, 3.36])
    """
    model = bootstrapped_models(who, assumption, draws)
    included = np.broadcast_to(who.included, (draws.imputations, *who.included.shape))
    return _with_model(who, assumption, model, included, draws)


def _of_samples(who: Measured, assumption: Assumption, samples: Samples) -> Imputed:
    model = fit_imputation_model(who, assumption, samples)
    return _with_model(who, assumption, model, samples.counted, None)


def _with_model(
    who: Measured,
    assumption: Assumption,
    model: ImputationModel,
    included: Booleans,
    draws: Draws | None,
) -> Imputed:
    """The values with those missing filled in, by the model of each sample."""
    event = affected(who, assumption)
    people, visits = who.values.shape[-2:]
    many = len(included)
    rows = _incomplete(who, event, unmeasured_arms(who, assumption))
    given = model.reason.reshape(many, -1) == Reason.OK
    coefficients = model.coefficients.reshape(*given.shape, visits, -1)
    coefficients = np.where(np.isnan(coefficients), 0.0, coefficients)
    matrix = model.covariance.reshape(*given.shape, visits, visits)
    covariance = as_covariance(np.where(given[..., None, None], matrix, np.eye(visits)))
    values = np.repeat(who.values.reshape(1, -1, people, visits), many, axis=0)
    at_once = max(1, CELLS_AT_ONCE // (many * visits))
    for start in range(0, len(rows.person), at_once):
        block = _some(rows, slice(start, start + at_once))
        noise = None if draws is None else _noise(who, block, draws, visits)
        whole = _filled(block, coefficients, covariance, noise)
        known = given[:, block.analysis, None] | ~np.isnan(block.values)
        values[:, block.analysis, block.person] = np.where(known, whole, np.nan)
    whole = values.reshape(many, *who.values.shape)
    return Imputed(
        values=whole,
        imputed=who.missing,
        first_affected=event.first,
        included=included,
        reasons=_reasons(who, whole, event, model),
    )


def _reasons(who: Measured, values: Floats, event: Affected, model: ImputationModel) -> Reasons:
    """Why values of a participant `(M, ..., P)` are missing still."""
    members = (who.arm[..., None] == np.arange(len(who.arms))) & who.included[..., None]
    nobody = np.take_along_axis(~np.any(members, axis=-2), event.reference, axis=-1)
    unfilled = np.any(np.isnan(values) & who.missing, axis=-1)
    without = model.reason[..., None]
    unknown = first_reason(
        (unfilled & nobody, Reason.NO_PARTICIPANTS), (unfilled, Reason.NOT_MEASURED)
    )
    return np.where(unfilled & (without != Reason.OK), without, unknown)


def _incomplete(who: Measured, event: Affected, unmeasured: Booleans) -> _Rows:
    people, visits = who.values.shape[-2:]
    analysis, person = np.nonzero(np.any(who.missing, axis=-1).reshape(-1, people))
    arms = unmeasured.reshape(-1, *unmeasured.shape[-2:])
    own, reference = (part.reshape(-1, people) for part in (who.arm, event.reference))
    return _Rows(
        analysis,
        person,
        who.values.reshape(-1, people, visits)[analysis, person],
        design(who).reshape(*_flat(who), -1)[analysis, person],
        design(who, event.reference).reshape(*_flat(who), -1)[analysis, person],
        event.strategy.reshape(-1, people)[analysis, person],
        event.first.reshape(-1, people)[analysis, person],
        arms[analysis, own[analysis, person]],
        arms[analysis, reference[analysis, person]],
    )


def _some(rows: _Rows, which: slice) -> _Rows:
    parts: list[Any] = [part[which] for part in rows]
    return _Rows(*parts)


def _filled(
    rows: _Rows, coefficients: Floats, covariance: Covariance, noise: Floats | None
) -> Floats:
    """The rows' values `(M, N, V)`, by coefficients `(M, R, V, F)`."""
    own = np.zeros((len(coefficients), *rows.values.shape))
    reference = own.copy()
    for column in range(rows.own.shape[-1]):
        slope = coefficients[..., column][:, rows.analysis]
        own += slope * rows.own[:, column, None]
        reference += slope * rows.reference[:, column, None]
    own = np.where(rows.own_unknown, np.nan, own)
    reference = np.where(rows.reference_unknown, np.nan, reference)
    mean = mean_under(rows.strategy, own, reference, rows.first)
    return filled(Incomplete(rows.values, mean, covariance, rows.analysis, noise))


def _noise(who: Measured, rows: _Rows, draws: Draws, visits: int) -> Floats:
    """Standard normal draws `(M, N, V)`, by replicate, participant, measure, imputation."""
    replicate = replicate_numbers(who, draws).reshape(-1)[rows.analysis]
    stream = stream_of(draws, replicate, rows.person)
    occasion = np.arange(draws.imputations)[:, None]
    return normals(stream, Purpose.IMPUTATION, visits, occasion=occasion)


def _flat(who: Measured) -> tuple[int, int]:
    people = who.included.shape[-1]
    return int(np.prod(who.included.shape[:-1])), people
