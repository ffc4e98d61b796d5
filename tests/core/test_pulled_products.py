"""Outer products that a parameter gets through a matrix made of it, against the matrices themselves, written out.

Any linear map will do: that of W − Wᵀ, and one to a matrix of another shape, the diagonal as a column. Rounding of
sums of a few products and of logarithms: 1e−12.
"""

from __future__ import annotations

import numpy as np
import pytest

from core.numerics.outer_products import Sources
from core.numerics.pulled_products import PulledSources
from core.numerics.scaled import Floats

MAPS = {
    "antisymmetric": lambda g: g - np.swapaxes(g, -1, -2),
    "diagonal": lambda g: np.diagonal(g, axis1=-2, axis2=-1)[..., np.newaxis],
}


def parts(power: int, examples: int) -> tuple[Floats, Floats, np.ndarray | None]:
    rng = np.random.default_rng(3)
    reads, delta = rng.standard_normal((6, examples, 4)), rng.standard_normal((6 * examples, 4))
    return reads, delta, None if power == 0 else np.full(6 * examples, power)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("examples", [1, 3])
@pytest.mark.parametrize("power", [0, -3000])
def test_norms_and_sums_are_those_of_the_matrices_pulled_back(
    name: str, examples: int, power: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.numerics.pulled_products.HELD", 40)  # several pieces
    pulled, (reads, delta, exponent) = MAPS[name], parts(power, examples)
    sources, rows = PulledSources({"W": reads}, examples, pulled), slice(0, len(delta))
    matrices = pulled(delta.reshape(6, examples, 4).transpose(0, 2, 1) @ reads)
    norms = np.log2(np.linalg.norm(matrices, axis=(1, 2))) + power
    np.testing.assert_allclose(sources.norms(delta, exponent, rows)["W"], norms, atol=1e-12)
    (total,) = sources.sums(delta, exponent, rows)
    np.testing.assert_allclose(total.mantissa * 2.0 ** (total.power - power), matrices.sum(axis=0), atol=1e-12)
    running = np.log2(np.linalg.norm(np.cumsum(matrices[::-1], axis=0)[::-1], axis=(1, 2))) + power
    np.testing.assert_allclose(sources.running_log2_norms(delta, exponent)["W"], running, atol=1e-12)
    ((_, each),) = sources.each(delta, exponent, rows)
    np.testing.assert_allclose(each.log2_norm(axis=(1, 2)), norms, atol=1e-12)


def test_what_cancels_in_the_map_is_exactly_zero() -> None:
    """W − Wᵀ where δ and what is read are the same vector; and of one unit always."""
    values = np.random.default_rng(0).standard_normal((5, 1, 3))
    for reads in (values, values[..., :1]):
        delta = reads.reshape(5, -1)
        sources = PulledSources({"W": reads}, 1, MAPS["antisymmetric"])
        assert np.all(np.isneginf(sources.norms(delta, None, slice(0, 5))["W"]))
        assert np.all(np.isfinite(Sources({"W": reads}, 1).norms(delta, None, slice(0, 5))["W"]))
