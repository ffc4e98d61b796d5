"""Two cells that the program has never seen, as a stranger would add them: a gated one, and two layers in one cell.

Neither has a name, a part, a source or a width in common with the cells of `core` where that can be helped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from core.extend import (
    ACTIVATIONS,
    LOGISTIC,
    Activation,
    Biases,
    Cell,
    DirectFactor,
    Equations,
    Floats,
    Jacobian,
    Linearization,
    Noise,
    Part,
    Scaled,
    Term,
    Use,
    difference,
    gates,
    linear,
    register,
    slopes,
    unregister,
)


@dataclass(frozen=True)
class MinimalGated(Cell):
    """A minimal gated unit (Zhou, Wu, Zhang & Zhou 2016) with its one gate u behind the matrix.

    u = σ(P h⟨t−1⟩ + Q x + d)    n = φ(R x + e + u ⊙ m)    m = S h⟨t−1⟩    h = (1 − u) ⊙ h⟨t−1⟩ + u ⊙ n
    """

    name = "mgu"
    title = "minimal gated unit"
    summary = "one gate that forgets and lets in"
    settings = ("forget_bias",)
    direct = DirectFactor(
        "(1 − u)", "∏ (1 − u⟨r⟩)", "What the gate lets by: of a gradient at h⟨r⟩, 1 − u⟨r⟩ goes to h⟨r−1⟩"
    )

    def equations(self) -> Equations:
        """One gate, a candidate, and the state between the two."""
        return Equations(
            {
                "u": "u⟨t⟩ = σ(P h⟨t−1⟩ + Q x⟨t⟩ + d)",
                "m": "m⟨t⟩ = S h⟨t−1⟩",
                "n": "n⟨t⟩ = φ(R x⟨t⟩ + e + u⟨t⟩ ⊙ m⟨t⟩)",
                "h": "h⟨t⟩ = (1 − u⟨t⟩) ⊙ h⟨t−1⟩ + u⟨t⟩ ⊙ n⟨t⟩",
            },
            {
                "n": "δ_n⟨s⟩ = u⟨s⟩ ⊙ φ' ⊙ ∂L/∂h⟨s⟩",
                "m": "δ_m⟨s⟩ = u⟨s⟩ ⊙ δ_n⟨s⟩",
                "u": "δ_u⟨s⟩ = (n⟨s⟩ − h⟨s−1⟩ + u⟨s⟩ ⊙ φ' ⊙ m⟨s⟩) ⊙ σ' ⊙ ∂L/∂h⟨s⟩",
                "h": "carried: (1 − u⟨s+1⟩) ⊙ ∂L/∂h⟨s+1⟩ + Pᵀ δ_u⟨s+1⟩ + Sᵀ δ_m⟨s+1⟩",
            },
        )

    def parts(self, n_a: int) -> tuple[Part, ...]:
        """The state is called h."""
        return (Part("h", n_a, read_out=True),)

    def uses(self) -> Mapping[str, Use]:
        """The candidate's two matrices make different deltas, and no name says what it is for."""
        return {
            "S": Use("m", "h", role="recurrent", gate="n"),
            "R": Use("n", "x", role="input"),
            "e": Use("n", "1", role="bias"),
            "P": Use("u", "h", role="recurrent"),
            "Q": Use("u", "x", role="input"),
            "d": Use("u", "1", role="bias"),
        }

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """The gate through σ, the candidate through φ."""
        return {"u": LOGISTIC, "n": activation, "m": ACTIVATIONS["identity"]}

    def bias_of(self, parameter: str, settings: Biases) -> float:
        """The gate's bias is the setting's, with its sign: a gate that is closed forgets nothing."""
        return settings.bias - (settings.forget_bias if parameter == "d" else 0.0)

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n) and pre-activations u, n, m (T, B, 3 n)."""
        p, n = parameters, initial_state.shape[1]
        states, record = np.empty((len(inputs) + 1, *initial_state.shape)), np.empty((*inputs.shape[:2], 3 * n))
        states[0] = state = initial_state
        for t, x in enumerate(inputs):
            m = state @ p["S"].T
            u = state @ p["P"].T + x @ p["Q"].T + p["d"]
            candidate = x @ p["R"].T + p["e"] + LOGISTIC.value(u) * m
            record[t] = np.concatenate([u, candidate, m], axis=1)
            states[t + 1] = state = LOGISTIC.value(-u) * state + LOGISTIC.value(u) * activation.value(candidate)
        return states, record

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """Three pre-activations, and 1 − u as the direct path."""
        width = states.shape[-1]
        before = states[:-1].reshape(-1, width)
        u, n, m = np.split(preactivations.reshape(-1, 3 * width), 3, axis=1)
        gate, candidate = gates(u), activation.value(n)
        slope = slopes(activation, n, candidate)
        moved = difference(candidate + gate.plain * slope.plain * m, before)
        return linear(
            {
                "u": Term((moved, slopes(LOGISTIC, u, gate.plain)), parameters["P"]),
                "n": Term((gate, slope), None),
                "m": Term((gate, gate, slope), parameters["S"]),
            },
            [gates(-u)],
        )

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂ (1 − u⟨t⟩)."""
        u = np.split(preactivations, 3, axis=-1)[0]
        return -np.logaddexp(0.0, u) / np.log(2.0)


@dataclass(frozen=True)
class TwoLayers(Cell):
    """Two vanilla layers as one cell, the upper of another width than the lower.

    p⟨t⟩ = φ(v⟨t⟩)    v⟨t⟩ = W_pp p⟨t−1⟩ + W_px x⟨t⟩ + b_p
    q⟨t⟩ = φ(w⟨t⟩)    w⟨t⟩ = W_qq q⟨t−1⟩ + W_qp p⟨t⟩ + b_q        y⟨t⟩ reads q⟨t⟩
    """

    name = "two-layers"
    title = "stack of two"
    summary = "two vanilla layers, the upper with half as many units"

    def equations(self) -> Equations:
        """One layer, and the layer above it."""
        return Equations(
            {
                "v": "v⟨t⟩ = W_pp p⟨t−1⟩ + W_px x⟨t⟩ + b_p",
                "p": "p⟨t⟩ = φ(v⟨t⟩)",
                "w": "w⟨t⟩ = W_qq q⟨t−1⟩ + W_qp p⟨t⟩ + b_q",
                "q": "q⟨t⟩ = φ(w⟨t⟩)",
            },
            {
                "w": "δ_w⟨s⟩ = φ'(w⟨s⟩) ⊙ ∂L/∂q⟨s⟩",
                "v": "δ_v⟨s⟩ = φ'(v⟨s⟩) ⊙ (∂L/∂p⟨s⟩ + W_qpᵀ δ_w⟨s⟩)",
                "q": "carried: W_qqᵀ δ_w⟨s+1⟩",
                "p": "carried: W_ppᵀ δ_v⟨s+1⟩",
            },
        )

    def uses(self) -> Mapping[str, Use]:
        """Layer by layer; the upper reads the lower at the same step."""
        return {
            "W_pp": Use("v", "p", role="recurrent", gate="p", layer=1),
            "W_px": Use("v", "x", role="input", gate="p", layer=1),
            "b_p": Use("v", "1", role="bias", gate="p", layer=1),
            "W_qq": Use("w", "q", role="recurrent", gate="q", layer=2),
            "W_qp": Use("w", "below", role="input", gate="q", layer=2),
            "b_q": Use("w", "1", role="bias", gate="q", layer=2),
        }

    def parts(self, n_a: int) -> tuple[Part, ...]:
        """The upper layer is the one that is read out."""
        return Part("p", n_a), Part("q", n_a // 2 + 1, read_out=True)

    def widths(self, n_a: int) -> Mapping[str, int]:
        """A pre-activation is as wide as its layer."""
        return {"v": n_a, "w": n_a // 2 + 1}

    def shapes(self, n_x: int, n_a: int, steps: int) -> Mapping[str, tuple[int, ...]]:
        """Square where a layer reads itself."""
        m = n_a // 2 + 1
        return {"W_pp": (n_a, n_a), "W_px": (n_a, n_x), "b_p": (n_a,), "W_qq": (m, m), "W_qp": (m, n_a), "b_q": (m,)}

    def sources(self, states: Mapping[str, Floats], inputs: Floats) -> Mapping[str, Floats]:
        """What comes from below is the lower layer's state at the same step."""
        return {**super().sources(states, inputs), "below": states["p"][1:]}

    def symbols(self) -> Mapping[str, str]:
        """The state of the lower layer at this step."""
        return {**super().symbols(), "below": "p⟨s⟩"}

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """Both through φ."""
        return {"v": activation, "w": activation}

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States p, q side by side and pre-activations v, w."""
        k, n = parameters, len(parameters["b_p"])
        states = np.empty((len(inputs) + 1, *initial_state.shape))
        record = np.empty((*inputs.shape[:2], initial_state.shape[1]))
        states[0] = initial_state
        for t, x in enumerate(inputs):
            record[t, :, :n] = states[t, :, :n] @ k["W_pp"].T + x @ k["W_px"].T + k["b_p"]
            states[t + 1, :, :n] = lower = activation.value(record[t, :, :n])
            record[t, :, n:] = states[t, :, n:] @ k["W_qq"].T + lower @ k["W_qp"].T + k["b_q"]
            states[t + 1, :, n:] = activation.value(record[t, :, n:])
        return states, record

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """φ' of both layers, and the three matrices that a gradient passes through."""
        return _Stacked(parameters, activation.derivative(preactivations.reshape(-1, preactivations.shape[-1])))


class _Stacked(Linearization):
    """Rows (p, q) that share a power of two."""

    deltas = ("v", "w")
    previous_exponent = None

    def __init__(self, parameters: Mapping[str, Floats], slope: Floats) -> None:
        self._p, self._n, self._slope = parameters, len(parameters["b_p"]), slope
        self.size = self.width = slope.shape[1]
        self.delta_widths = {"v": self._n, "w": self.size - self._n}
        self.delta_exponents = {"v": None, "w": None}

    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        n, p = self._n, self._p
        np.multiply(self._slope[rows, n:], gradient[:, n:], out=deltas["w"])
        np.multiply(self._slope[rows, :n], gradient[:, :n] + deltas["w"] @ p["W_qp"], out=deltas["v"])
        previous[:, :n] = deltas["v"] @ p["W_pp"]
        previous[:, n:] = deltas["w"] @ p["W_qq"]

    def jacobian(self, row: int, noise: Noise | None = None) -> Jacobian:
        n, p, slope = self._n, self._p, self._slope[row]
        lower = slope[:n, np.newaxis] * p["W_pp"]
        rows = np.block([[p["W_pp"], np.zeros((n, self.size - n))], [p["W_qp"] @ lower, p["W_qq"]]])
        if noise is not None:
            rows = rows * (1.0 + noise(rows.shape))
        return Jacobian(Scaled(slope, np.zeros(self.size, dtype=np.int64)), rows)


TOYS: tuple[Cell, ...] = (MinimalGated(), TwoLayers())


@contextmanager
def registered(cell: Cell) -> Iterator[Cell]:
    """The cell is known within."""
    register(cell)
    try:
        yield cell
    finally:
        unregister(cell.name)
