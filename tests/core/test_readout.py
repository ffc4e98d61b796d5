"""y = g(o), its loss L_t, and the error ∂L_t/∂o⟨t⟩ from which every backward path starts.

Errors against automatic differentiation of the loss, and against 200-bit arithmetic where y is close to 0 or 1
and y − target would cancel: relative 4e−15, a handful of roundings. Automatic differentiation itself cancels, so
it is held to 1e−14 of 1.
"""

from __future__ import annotations

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import precise
import pytest

from core.network.readout import READOUTS

RNG = np.random.default_rng(0)
O = RNG.standard_normal((7, 4, 3)) * 2  # noqa: E741
TARGETS = {
    "identity": RNG.standard_normal((7, 4, 3)),
    "sigmoid": RNG.random((7, 4, 3)),
    "softmax": RNG.integers(3, size=(7, 4)),
    "none": RNG.standard_normal((7, 4, 3)),
}


def written_out(name: str, o: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """L_t of every t, the batch mean, as the equations say it; without a read-out the sum."""
    if name == "none":
        return anp.sum(o * targets, axis=(1, 2))
    if name == "identity":
        each = anp.sum((o - targets) ** 2, axis=2) / 2
    elif name == "sigmoid":
        y = 1 / (1 + anp.exp(-o))
        each = -anp.sum(targets * anp.log(y) + (1 - targets) * anp.log(1 - y), axis=2)
    else:
        y = anp.exp(o) / anp.sum(anp.exp(o), axis=2, keepdims=True)
        each = -anp.log(anp.sum(y * np.eye(3)[targets], axis=2))
    return anp.mean(each, axis=1)


@pytest.mark.parametrize("name", sorted(READOUTS))
def test_the_loss_is_the_batch_mean_of_its_definition(name: str) -> None:
    found = READOUTS[name].mean_loss(O, TARGETS[name])
    np.testing.assert_allclose(found, written_out(name, O, TARGETS[name]), rtol=1e-13)


@pytest.mark.parametrize("name", sorted(READOUTS))
def test_the_error_is_the_derivative_of_the_batch_mean(name: str) -> None:
    expected = autograd.grad(lambda o: anp.sum(written_out(name, o, TARGETS[name])))(O)
    np.testing.assert_allclose(READOUTS[name].error(O, TARGETS[name]), expected, rtol=0, atol=1e-14)


def test_the_outputs_are_probabilities_where_they_should_be() -> None:
    np.testing.assert_allclose(READOUTS["softmax"].value(O).sum(axis=2), 1.0, rtol=1e-15)
    assert np.all((READOUTS["sigmoid"].value(O) > 0) & (READOUTS["sigmoid"].value(O) < 1))
    assert np.array_equal(READOUTS["identity"].value(O), O)


def test_softmax_sees_differences_of_its_inputs_alone() -> None:
    shifted = READOUTS["softmax"].value(O + 512.0)
    np.testing.assert_allclose(shifted, READOUTS["softmax"].value(O), rtol=1e-12)


@pytest.mark.parametrize("name", ["sigmoid", "softmax"])
@pytest.mark.parametrize("size", [1e2, 1e5, 1e150])
def test_the_loss_of_a_certain_and_wrong_answer_is_finite(name: str, size: float) -> None:
    o = np.array([[[-size, size]]])
    targets = np.array([[[1.0, 0.0]]]) if name == "sigmoid" else np.array([[0]])
    assert READOUTS[name].loss(o, targets)[0, 0] == pytest.approx(2 * size, rel=1e-12)


@pytest.mark.parametrize("o", [-700.0, -40.0, -37.0, -3.0, 0.5, 20.0, 36.0, 40.0, 700.0])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_a_sigmoid_error_keeps_its_digits_when_the_answer_is_certain_and_right(o: float, target: float) -> None:
    with mpmath.workprec(4000):
        expected = float(1 / (1 + mpmath.exp(-mpmath.mpf(o))) - target)
    found = READOUTS["sigmoid"].error(np.array([[[o]]]), np.array([[[target]]]))[0, 0, 0]
    assert found == pytest.approx(expected, rel=4e-15, abs=0)


@pytest.mark.parametrize("lead", [-40.0, 3.0, 20.0, 40.0, 700.0])
def test_a_softmax_error_keeps_its_digits_when_the_answer_is_certain_and_right(lead: float) -> None:
    o = np.array([lead, 0.0, 1.0])
    with mpmath.workprec(4000):
        powers = [mpmath.exp(value) for value in precise.precise(o)]
        expected = [float(p / sum(powers) - (j == 0)) for j, p in enumerate(powers)]
    found = READOUTS["softmax"].error(o.reshape(1, 1, 3), np.array([[0]]))[0, 0]
    np.testing.assert_allclose(found, expected, rtol=4e-15, atol=0)
