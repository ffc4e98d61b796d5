"""Two slow and simple routes to the gradient, written from the equations and sharing no code with core.

`loss` is the forward pass in autograd's NumPy, so that `autograd_gradient` knows nothing of backpropagation
through time. `take_apart` forms every contribution matrix (t, k), one example and one lag at a time, in plain
float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import autograd
import autograd.numpy as anp
import numpy as np
from cell_equations import EQUATIONS, GIVEN_ONLY, Functions, initial
from numpy.typing import NDArray

import core

Floats = NDArray[np.float64]

PHI = {
    "tanh": anp.tanh,
    "relu": lambda z: anp.where(z > 0, z, 0.0),
    # In a relu network a gate may read hundreds, where exp(−z) by itself would overflow.
    "sigmoid": lambda z: anp.exp(-anp.logaddexp(0.0, -z)),
    "identity": lambda z: z,
}
SLOPE = {
    "tanh": lambda z: 1.0 / np.cosh(z) ** 2,
    "relu": lambda z: np.where(z > 0, 1.0, 0.0),
    "sigmoid": lambda z: np.exp(-np.logaddexp(0.0, z) - np.logaddexp(0.0, -z)),
    "identity": lambda z: np.ones_like(z),
}


def functions(network: core.Network, kind: str = "") -> Functions:
    """φ and σ with their slopes, in float64; σ is that of the network's cell, or of another kind."""
    name = network.activation_name
    gate = {**EQUATIONS, **GIVEN_ONLY}[kind or network.cell_name].gate or (PHI["sigmoid"], SLOPE["sigmoid"])
    return Functions(PHI[name], SLOPE[name], *gate, network.leak, **network.constants)


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
    equations, made_of = EQUATIONS[network.cell_name], functions(network)
    total = 0.0
    examples = batch.inputs.shape[1]
    for b in range(examples):
        start = None if batch.initial_state is None else batch.initial_state[b]
        state = initial(equations, network.hidden_size, start)
        for t in range(len(batch.inputs)):
            state, _ = equations.forward(equations.at(parameters, t), made_of, state, batch.inputs[t, b])
            if batch.scored[t]:
                o = parameters["W_y"] @ state[: network.hidden_size] + parameters["b_y"]
                total = total + _loss_of_one(network.readout_name, o, batch.targets[t, b]) / examples
    return total


def autograd_gradient(network: core.Network, batch: core.Batch) -> dict[str, Floats]:
    """∂L/∂θ for every parameter by automatic differentiation."""
    parameters = dict(network.parameters)
    if not np.any(batch.scored):
        return {name: np.zeros_like(value) for name, value in parameters.items()}
    return autograd.grad(loss)(parameters, network, batch)


def central_difference(
    network: core.Network, batch: core.Batch, name: str, direction: Floats, h: float
) -> tuple[float, float]:
    """The slope of L along a direction of one parameter, from five points, and what their distance h leaves uncertain.

    The error is O(h⁴): at 2h it is 16 times as large, and the two slopes lie 15 errors apart. Three are allowed for.
    """

    def at(by: float) -> float:
        moved = {**network.parameters, name: network.parameters[name] + by * direction}
        return loss(moved, network, batch)

    one, two, four = (at(times * h) - at(-times * h) for times in (1, 2, 4))
    slope, wider = (8 * one - two) / (12 * h), (8 * two - four) / (24 * h)
    return slope, 3 * abs(wider - slope) / 15


@dataclass(frozen=True)
class TakenApart:
    """Every contribution matrix, and what rounding is to be measured against."""

    parts: dict[str, Floats]
    """Parameter → (T, T, *shape) at [t−1, k]"""
    bounds: dict[str, Floats]
    """Parameter → (T, T): Σ_b ‖δ_b‖ ‖u_b‖, what the norm would be if no two examples canceled"""
    state_norms: Floats
    """(T, T) at [t−1, k]: ‖∂L_t/∂a⟨t−k⟩‖_F over the batch"""
    layer_norms: dict[int, Floats] = field(default_factory=dict)
    """Layer of a stack → the same of its own state"""

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
    """Every loss carried back by itself, example by example and step by step, by the cell's equations."""
    p, n = network.parameters, network.hidden_size
    equations, made_of = EQUATIONS[network.cell_name], functions(network)
    steps, examples = batch.inputs.shape[:2]
    parts = {name: np.zeros((steps, steps, *value.shape)) for name, value in p.items()}
    bounds = {name: np.zeros((steps, steps)) for name in p}
    squares = np.zeros((steps, steps))

    def add(name: str, t: int, k: int, delta: Floats, reads: Floats) -> None:
        place = parts[name][t, k, t - k] if name in equations.untied else parts[name][t, k]
        made = np.outer(delta, reads) if name in ("W_y", "b_y") else equations.contribution(name, delta, reads)
        place += made.reshape(place.shape)
        bounds[name][t, k] += np.linalg.norm(delta) * np.linalg.norm(reads)

    one = np.ones(1)
    for b in range(examples):
        start = None if batch.initial_state is None else batch.initial_state[b]
        states, made = [initial(equations, n, start)], []
        for s, x in enumerate(batch.inputs[:, b]):
            state, preactivations = equations.forward(equations.at(p, s), made_of, states[-1], x)
            states.append(state)
            made.append(preactivations)
        for t in np.flatnonzero(batch.scored):
            a = states[t + 1][:n]
            o = p["W_y"] @ a + p["b_y"]
            e = _output_error(network.readout_name, o, batch.targets[t, b]) / examples
            add("W_y", t, 0, e, a)
            add("b_y", t, 0, e, one)
            into_state = np.zeros_like(states[0])
            into_state[:n] = p["W_y"].T @ e
            for k in range(t + 1):
                s = t - k
                squares[t, k] += into_state @ into_state
                reads = equations.reads(made_of, states[s], batch.inputs[s, b], made[s])
                deltas, before = equations.back(equations.at(p, s), made_of, states[s], made[s], into_state)
                for name, (delta, source) in equations.uses.items():
                    add(name, t, k, deltas[delta], reads[source])
                into_state = before
    return TakenApart(parts, bounds, np.sqrt(squares))
