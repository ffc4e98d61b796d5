"""Two slow and simple routes to the gradient, written from the equations and sharing no code with core.

`loss` is the forward pass in autograd's NumPy, so that `autograd_gradient` knows nothing of backpropagation
through time. `take_apart` forms every contribution matrix (t, k), one example and one lag at a time, in plain
float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import autograd
import autograd.numpy as anp
import numpy as np
from numpy.typing import NDArray

import core

Floats = NDArray[np.float64]

PHI = {
    "tanh": anp.tanh,
    "relu": lambda z: anp.where(z > 0, z, 0.0),
    "sigmoid": lambda z: 1.0 / (1.0 + anp.exp(-z)),
    "identity": lambda z: z,
}
SLOPE = {
    "tanh": lambda z: 1.0 / np.cosh(z) ** 2,
    "relu": lambda z: np.where(z > 0, 1.0, 0.0),
    "sigmoid": lambda z: np.exp(-z) / (1.0 + np.exp(-z)) ** 2,
    "identity": lambda z: np.ones_like(z),
}


def _loss_of_one(readout: str, o: Floats, target: Floats) -> float:
    if readout == "identity":
        return anp.sum((o - target) ** 2) / 2
    # −target log y − (1 − target) log(1 − y) and −log y_class, with y written out: a log of 1 − y has no
    # digits left where y is close to 1.
    if readout == "sigmoid":
        return anp.sum(anp.logaddexp(0.0, o) - target * o)
    chosen = o[int(target)]
    return anp.log(anp.sum(anp.exp(o - anp.max(o)))) + anp.max(o) - chosen


def loss(parameters: Mapping[str, Floats], network: core.Network, batch: core.Batch) -> float:
    """L = Σ over scored t of the batch mean of the loss, for one example at a time."""
    phi = PHI[network.activation_name]
    total = 0.0
    examples = batch.inputs.shape[1]
    for b in range(examples):
        a = np.zeros(network.hidden_size) if batch.initial_state is None else batch.initial_state[b]
        for t in range(len(batch.inputs)):
            a = phi(parameters["W_aa"] @ a + parameters["W_ax"] @ batch.inputs[t, b] + parameters["b_a"])
            if batch.scored[t]:
                o = parameters["W_y"] @ a + parameters["b_y"]
                total = total + _loss_of_one(network.readout_name, o, batch.targets[t, b]) / examples
    return total


def autograd_gradient(network: core.Network, batch: core.Batch) -> dict[str, Floats]:
    """∂L/∂θ for every parameter by automatic differentiation."""
    parameters = dict(network.parameters)
    if not np.any(batch.scored):
        return {name: np.zeros_like(value) for name, value in parameters.items()}
    return autograd.grad(loss)(parameters, network, batch)


def central_difference(network: core.Network, batch: core.Batch, name: str, direction: Floats, h: float) -> float:
    """The slope of L along a direction of one parameter: five points, error O(h⁴)."""

    def at(by: float) -> float:
        moved = {**network.parameters, name: network.parameters[name] + by * direction}
        return loss(moved, network, batch)

    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


@dataclass(frozen=True)
class TakenApart:
    """Every contribution matrix, and what rounding is to be measured against."""

    parts: dict[str, Floats]
    """Parameter → (T, T, *shape) at [t−1, k]"""
    bounds: dict[str, Floats]
    """Parameter → (T, T): Σ_b ‖δ_b‖ ‖u_b‖, what the norm would be if no two examples cancelled"""
    state_norms: Floats
    """(T, T) at [t−1, k]: ‖∂L_t/∂a⟨t−k⟩‖_F over the batch"""

    def norms(self, name: str) -> Floats:
        parts = self.parts[name]
        return np.sqrt(np.sum(parts.reshape(*parts.shape[:2], -1) ** 2, axis=2))

    def gradient(self, name: str) -> Floats:
        return self.parts[name].sum(axis=(0, 1))

    def scale(self, name: str) -> float:
        """The size that rounding of a sum over t, k and examples is relative to."""
        return float(self.bounds[name].sum())


def _output_error(readout: str, o: Floats, target: Floats) -> Floats:
    """∂(loss of one example)/∂o, by automatic differentiation of the loss."""
    return autograd.grad(lambda at: _loss_of_one(readout, at, target))(o)


def take_apart(network: core.Network, batch: core.Batch) -> TakenApart:
    """δ_{t,t} = φ'(z⟨t⟩) ⊙ (W_yᵀ e⟨t⟩), δ_{t,s} = φ'(z⟨s⟩) ⊙ (W_aaᵀ δ_{t,s+1}), by explicit loops."""
    p, slope = network.parameters, SLOPE[network.activation_name]
    steps, examples = batch.inputs.shape[:2]
    parts = {name: np.zeros((steps, steps, *value.shape)) for name, value in p.items()}
    bounds = {name: np.zeros((steps, steps)) for name in p}
    squares = np.zeros((steps, steps))

    def add(name: str, t: int, k: int, delta: Floats, reads: Floats) -> None:
        product = np.outer(delta, reads)
        parts[name][t, k] += product if p[name].ndim == 2 else product[:, 0]
        bounds[name][t, k] += np.linalg.norm(delta) * np.linalg.norm(reads)

    one = np.ones(1)
    for b in range(examples):
        a = [np.zeros(network.hidden_size) if batch.initial_state is None else batch.initial_state[b]]
        z = []
        for x in batch.inputs[:, b]:
            z.append(p["W_aa"] @ a[-1] + p["W_ax"] @ x + p["b_a"])
            a.append(PHI[network.activation_name](z[-1]))
        for t in np.flatnonzero(batch.scored):
            o = p["W_y"] @ a[t + 1] + p["b_y"]
            e = _output_error(network.readout_name, o, batch.targets[t, b]) / examples
            add("W_y", t, 0, e, a[t + 1])
            add("b_y", t, 0, e, one)
            into_state = p["W_y"].T @ e
            for k in range(t + 1):
                s = t - k
                squares[t, k] += into_state @ into_state
                delta = slope(z[s]) * into_state
                add("W_aa", t, k, delta, a[s])
                add("W_ax", t, k, delta, batch.inputs[s, b])
                add("b_a", t, k, delta, one)
                into_state = p["W_aa"].T @ delta
    return TakenApart(parts, bounds, np.sqrt(squares))
