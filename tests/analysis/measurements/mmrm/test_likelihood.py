"""The restricted likelihood against dense matrices, its derivatives against differences."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from wholetrial.analysis.measurements.mmrm.design import as_design, orthonormal
from wholetrial.analysis.measurements.mmrm.fit import fit_mmrm
from wholetrial.analysis.measurements.mmrm.likelihood import likelihood
from wholetrial.analysis.measurements.mmrm.patterns import Moments, moments_of, patterns_of
from wholetrial.analysis.measurements.mmrm.structures import (
    STRUCTURES,
    curvature_of,
    structure_named,
    unstructured_curvature,
)

PEOPLE, VISITS, EFFECTS = 23, 3, 5


def sample(seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(PEOPLE, VISITS)) + draw.normal(size=(PEOPLE, 1))
    values[draw.random(values.shape) < 0.25] = np.nan
    design = draw.normal(size=(PEOPLE, VISITS, EFFECTS))
    design[..., 0] = 1.0
    return values, design


def moments(values: np.ndarray, design: np.ndarray) -> Moments:
    known = ~np.isnan(values[None])
    basis = orthonormal(as_design(design, known[0])._replace(), known.astype(float))
    return moments_of(patterns_of(known.astype(float)), basis, np.where(known, values, 0.0))


def dense(values: np.ndarray, design: np.ndarray, sigma: np.ndarray, restricted: bool) -> float:
    """The log-likelihood from one large covariance matrix of all that was measured."""
    known = ~np.isnan(values)
    covariance = np.kron(np.eye(PEOPLE), sigma)[np.ix_(known.ravel(), known.ravel())]
    rows, response = design[known], values[known]
    inverse = np.linalg.inv(covariance)
    information = rows.T @ inverse @ rows
    fitted = rows @ np.linalg.solve(information, rows.T @ inverse @ response)
    density = multivariate_normal(mean=fitted, cov=covariance).logpdf(response)
    if not restricted:
        return float(density)
    added = EFFECTS * np.log(2 * np.pi) - np.linalg.slogdet(information).logabsdet
    return float(density + added / 2)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("estimation", ["reml", "ml"])
def test_log_likelihood_matches_dense_matrices(structure: str, estimation: str) -> None:
    values, design = sample(7)
    model = fit_mmrm(values, design, structure=structure, estimation=estimation)
    expected = dense(values, design, model.sigma, estimation == "reml")
    assert model.log_likelihood == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("restricted", [True, False])
def test_derivatives_match_differences(structure: str, restricted: bool) -> None:
    sums, chosen = moments(*sample(11)), structure_named(structure)
    start = np.array([[2.0, 0.6, 0.5], [0.6, 1.5, 0.4], [0.5, 0.4, 1.8]])[None]
    place = chosen.start(start)
    place = place + np.linspace(0.02, 0.05, place.shape[1])

    def at(parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        found = likelihood(sums, chosen.at(parameters, VISITS), restricted=restricted)
        bent = found.curvature + chosen.bending(parameters, found.weights)
        return float(found.deviance[0]), found.gradient[0], bent[0]

    step, (_, gradient, curvature) = 1e-5, at(place)
    for number, unit in enumerate(np.eye(place.shape[1])):
        high, low = at(place + step * unit), at(place - step * unit)
        assert (high[0] - low[0]) / (2 * step) == pytest.approx(gradient[number], abs=2e-7)
        np.testing.assert_allclose((high[1] - low[1]) / (2 * step), curvature[number], atol=2e-6)


@pytest.mark.parametrize("structure", [name for name in STRUCTURES if name != "unstructured"])
def test_second_derivatives_of_a_covariance_match_differences(structure: str) -> None:
    chosen = structure_named(structure)
    start = np.eye(4)[None] * np.array([1.0, 2.0, 1.5, 3.0]) + 0.7
    place = chosen.start(start)
    found, step = curvature_of(structure, place, 4), 1e-6
    for number, unit in enumerate(np.eye(place.shape[1])):
        high, low = (chosen.at(place + sign * step * unit, 4).slopes for sign in (1, -1))
        np.testing.assert_allclose((high - low)[0] / (2 * step), found[0, number], atol=1e-8)


def test_derivatives_of_the_cholesky_parameters_match_differences() -> None:
    sigma = (np.eye(3) * np.array([1.0, 2.0, 1.5]) + 0.7)[None]
    factor = np.linalg.cholesky(sigma)[0]
    scale = np.diag(factor)
    rows, columns = np.tril_indices(3, -1)
    place = np.concatenate([np.log(scale), (factor / scale[:, None])[rows, columns]])

    def covariance(parameters: np.ndarray) -> np.ndarray:
        unit = np.eye(3)
        unit[rows, columns] = parameters[3:]
        root = np.exp(parameters[:3])[:, None] * unit
        return np.asarray(root @ root.T)

    bent, step = unstructured_curvature(sigma), 1e-4
    units = np.eye(6) * step
    for a, b in np.ndindex(6, 6):
        slope = (covariance(place + units[a]) - covariance(place - units[a])) / (2 * step)
        np.testing.assert_allclose(slope, bent.slopes[0, a], atol=1e-7)
        crossed = [
            covariance(place + s * units[a] + t * units[b]) * s * t
            for s in (1, -1)
            for t in (1, -1)
        ]
        second = np.sum(crossed, axis=0) / (4 * step**2)
        np.testing.assert_allclose(second, bent.curvature[0, a, b], atol=1e-6)
