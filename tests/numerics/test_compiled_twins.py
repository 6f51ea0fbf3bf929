"""Compiled loops give the bits of the NumPy functions that they stand for."""

import numpy as np
import pytest

from wholetrial.numerics import elementary, loops, philox
from wholetrial.numerics.philox import Purpose, Stream, normals, uniforms
from wholetrial.simulation.regions import read_regions, read_totals, regions_at, scored

RANDOM = np.random.default_rng(20261126)
EXPONENTS = np.concatenate(
    [
        RANDOM.uniform(-760, 720, 20_000),
        RANDOM.normal(size=20_000),
        [0.0, -745.2, -745.0, -708.5, 709.7, 1e-300, -1e-9, np.inf, -np.inf],
    ]
)
POSITIVE = np.concatenate(
    [
        np.exp(RANDOM.uniform(-744, 709, 20_000)),
        RANDOM.uniform(0, 1, 20_000),
        [5e-324, 1e-310, 1, 2],
    ]
)
SHARES = np.concatenate([RANDOM.uniform(0, 1, 30_000), np.exp(-RANDOM.uniform(1, 36, 1000))])


@pytest.mark.parametrize(
    ("loop", "twin", "values"),
    [
        (loops.exponentials, elementary.exp, EXPONENTS),
        (loops.logarithms, elementary.log, POSITIVE),
        (loops.quantiles, elementary.normal_quantile, SHARES),
    ],
    ids=["exp", "log", "normal quantile"],
)
def test_a_loop_gives_the_bits_of_its_twin(loop, twin, values, monkeypatch):
    monkeypatch.setattr(elementary, "COMPILED_FROM", values.size + 1)
    by_loop = np.empty_like(values)
    loop(values, by_loop)
    with np.errstate(over="ignore"):
        assert np.array_equal(by_loop, twin(values))


@pytest.mark.parametrize("draw", [uniforms, normals])
@pytest.mark.parametrize("count", [1, 2, 9])
def test_many_draws_at_once_are_those_of_few(draw, count, monkeypatch):
    stream = Stream(2**63 + 5, np.arange(70)[:, None], np.arange(90))
    at_once = draw(stream, Purpose.BIOLOGY, count, occasion=3)
    for module in (philox, elementary):
        monkeypatch.setattr(module, "COMPILED_FROM", 10**9)
    assert np.array_equal(at_once, draw(stream, Purpose.BIOLOGY, count, occasion=3))


@pytest.mark.parametrize("surface", [None, 25.0], ids=["skin unknown", "BSA 25 %"])
def test_regions_read_by_the_loop_are_those_read_by_numpy(surface):
    stream = Stream(1, np.arange(40)[:, None], np.arange(200))
    severity = 72.0 * uniforms(stream, Purpose.BASELINE, 1)[..., 0]
    body_surface = None if surface is None else np.full(severity.shape, surface)
    regions = regions_at(stream, severity, body_surface)
    seen = severity * 1.3 * uniforms(stream, Purpose.VISIT_NOISE, 1)[..., 0]
    clear = np.linspace(0.0, 2.0, 40)[:, None]
    tenths, area = read_totals(regions, seen, clear)
    found = read_regions(regions, seen, clear)
    assert np.array_equal(tenths, scored(found))
    weights = (1, 2, 3, 4)
    total = sum(weight * one.percent for weight, one in zip(weights, found, strict=True))
    np.testing.assert_array_equal(area, np.rint(total))
