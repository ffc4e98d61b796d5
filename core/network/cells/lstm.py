"""The long short-term memory (Hochreiter & Schmidhuber 1997) with a forget gate (Gers, Schmidhuber & Cummins 2000).

    i⟨t⟩ = σ(W_ia a⟨t−1⟩ + W_ix x⟨t⟩ + b_i)               the input gate
    f⟨t⟩ = σ(W_fa a⟨t−1⟩ + W_fx x⟨t⟩ + b_f)               the forget gate
    g⟨t⟩ = φ(W_ga a⟨t−1⟩ + W_gx x⟨t⟩ + b_g)               the candidate; φ = tanh in PyTorch
    o⟨t⟩ = σ(W_oa a⟨t−1⟩ + W_ox x⟨t⟩ + b_o)               the output gate
    c⟨t⟩ = f⟨t⟩ ⊙ c⟨t−1⟩ + i⟨t⟩ ⊙ g⟨t⟩                    the cell state
    a⟨t⟩ = o⟨t⟩ ⊙ φ(c⟨t⟩)                                 what the read-out and the next step's gates see

The state is (a, c). One step back, from the gradients at both, with γ the whole gradient at c⟨s⟩ and φ', σ' taken at
what stands in the brackets:

    γ = ∂L/∂c⟨s⟩ + o ⊙ φ'(c) ⊙ ∂L/∂a⟨s⟩
    δ_i = g ⊙ σ' ⊙ γ      δ_f = c⟨s−1⟩ ⊙ σ' ⊙ γ      δ_g = i ⊙ φ' ⊙ γ      δ_o = φ(c) ⊙ σ' ⊙ ∂L/∂a⟨s⟩
    ∂L/∂c⟨s−1⟩ = f ⊙ γ        ∂L/∂a⟨s−1⟩ = W_iaᵀ δ_i + W_faᵀ δ_f + W_gaᵀ δ_g + W_oaᵀ δ_o

The cell state's path has no matrix and, from step to step, no slope either, only f. The two parts of a state share a
power of two, so that of one which has fallen 2^1000 behind the other nothing is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.network.activations import Activation
from core.network.cells.gate_products import (
    ExactFactor,
    gates,
    log2_gate,
    numbers,
    product,
    row_product,
    slopes,
)
from core.network.cells.gated import Gated
from core.network.cells.one_part import exponents, graded_sum, leveled
from core.network.cells.protocol import (
    Biases,
    DirectFactor,
    Equations,
    Jacobian,
    JointLinearization,
    Linearization,
    Part,
    Use,
)
from core.numerics.rows import in_turn, plus, times, transposed
from core.numerics.scaled import Floats, Integers, Scaled, shift
from core.numerics.shaking import Noise
from core.numerics.side_by_side import joined

GATES = ("i", "f", "g", "o")


USES: Mapping[str, Use] = MappingProxyType(
    {
        name: use
        for gate in GATES
        for name, use in {
            f"W_{gate}a": Use(gate, "a", role="recurrent"),
            f"W_{gate}x": Use(gate, "x", role="input"),
            f"b_{gate}": Use(gate, "1", role="bias"),
        }.items()
    }
)
"""Parameter → its use; one value, as it is asked for at every step of training"""


@dataclass(frozen=True)
class LSTM(Gated):
    """c⟨t⟩ = f⟨t⟩ ⊙ c⟨t−1⟩ + i⟨t⟩ ⊙ g⟨t⟩, a⟨t⟩ = o⟨t⟩ ⊙ φ(c⟨t⟩)."""

    name: str = "lstm"
    called = "LSTM"
    in_rows = True
    direct = DirectFactor(
        "f",
        "∏ f⟨r⟩",
        "What the forget gates let by: of a gradient at the cell state c⟨r⟩, f⟨r⟩ goes to c⟨r−1⟩ without passing "
        "through a matrix",
    )
    summary = "long short-term memory, whose forget gate lets a gradient pass, from cell state to cell state"
    settings = ("forget_bias",)

    def parts(self, n_a: int) -> tuple[Part, ...]:
        """What is shown, a, and the cell state, c."""
        return Part("a", n_a, read_out=True), Part("c", n_a)

    def bias_of(self, parameter: str, settings: Biases) -> float:
        """A forget gate that is open at the start lets gradients through (Jozefowicz, Zaremba & Sutskever 2015)."""
        return settings.bias + (settings.forget_bias if parameter == "b_f" else 0.0)

    def equations(self) -> Equations:
        """Four gates, the cell state, and what is shown of it."""
        made = {gate: f"W_{gate}a a⟨t−1⟩ + W_{gate}x x⟨t⟩ + b_{gate}" for gate in GATES}
        return Equations(
            {
                **{
                    gate: f"{gate}⟨t⟩ = {'φ' if gate == 'g' else self.written_sigma}({what})"
                    for gate, what in made.items()
                },
                "c": "c⟨t⟩ = f⟨t⟩ ⊙ c⟨t−1⟩ + i⟨t⟩ ⊙ g⟨t⟩",
                "a": "a⟨t⟩ = o⟨t⟩ ⊙ φ(c⟨t⟩)",
            },
            {
                "o": "δ_o⟨s⟩ = φ(c⟨s⟩) ⊙ σ' ⊙ ∂L/∂a⟨s⟩",
                "c": "γ⟨s⟩ = ∂L/∂c⟨s⟩ + o⟨s⟩ ⊙ φ'(c⟨s⟩) ⊙ ∂L/∂a⟨s⟩; carried: f⟨s+1⟩ ⊙ γ⟨s+1⟩",
                "i": "δ_i⟨s⟩ = g⟨s⟩ ⊙ σ' ⊙ γ⟨s⟩",
                "f": "δ_f⟨s⟩ = c⟨s−1⟩ ⊙ σ' ⊙ γ⟨s⟩",
                "g": "δ_g⟨s⟩ = i⟨s⟩ ⊙ φ' ⊙ γ⟨s⟩",
                "a": "carried: " + " + ".join(f"W_{gate}aᵀ δ_{gate}⟨s+1⟩" for gate in GATES),
            },
        )

    def uses(self) -> Mapping[str, Use]:
        """Parameter → its use, gate by gate: each gate has W_·a, W_·x and b_·."""
        return USES

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """Three gates through σ, the candidate through φ."""
        return {"i": self.sigma, "f": self.sigma, "g": activation, "o": self.sigma}

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States a, c side by side (T+1, B, 2 n_a) and pre-activations i, f, g, o (T, B, 4 n_a)."""
        p, n, sigma = parameters, initial_state.shape[1] // 2, self.sigma.value
        recurrent = np.ascontiguousarray(transposed(np.concatenate([p[f"W_{gate}a"] for gate in GATES], axis=-2)))
        into = transposed(np.concatenate([p[f"W_{gate}x"] for gate in GATES], axis=-2))
        record = plus(times(inputs, into), np.concatenate([p[f"b_{gate}"] for gate in GATES], axis=-1))
        states = np.empty((len(inputs) + 1, *initial_state.shape))
        states[0] = initial_state
        read, gate = np.empty(record.shape[1:]), np.empty((inputs.shape[1], 3 * n))  # i, f and o
        for now, before, after in zip(record, states[:-1], states[1:], strict=True):
            now += times(before[:, :n], recurrent, out=read)
            gate[:, : 2 * n], gate[:, 2 * n :] = now[:, : 2 * n], now[:, 3 * n :]
            sigma(gate, gate)
            a, c = after[:, :n], after[:, n:]
            np.multiply(gate[:, n : 2 * n], before[:, n:], out=c)
            c += gate[:, :n] * activation.value(now[:, 2 * n : 3 * n])
            activation.value(c, a)
            a *= gate[:, 2 * n :]
        return states, record

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """Four pre-activations, the forget gate as the direct path, and the way from a into c."""
        matrices = {gate: parameters[f"W_{gate}a"] for gate in GATES}
        factors, forget, into_cell = lstm_factors(
            activation, self.sigma, states[..., states.shape[-1] // 2 :], preactivations
        )
        return LSTMStep(factors, matrices, forget, into_cell)

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂ f⟨t⟩, the forget gate, (T, B, n_a)."""
        f = np.split(preactivations, 4, axis=-1)[1]
        return log2_gate(f, self.sigma)


def lstm_factors(
    activation: Activation, sigma: Activation, cell_states: Floats, preactivations: Floats
) -> tuple[Mapping[str, Sequence[ExactFactor]], Sequence[ExactFactor], Sequence[ExactFactor]]:
    """What γ, or the gradient at what is shown, is multiplied by for each δ; the factors of f, and those of o ⊙ φ'(c).

    Args:
        activation: φ.
        sigma: The function of the gates.
        cell_states: c⟨0⟩ … c⟨T⟩, (T+1, B, n_a).
        preactivations: i, f, g, o side by side, (T, B, 4 n_a).
    """
    n = cell_states.shape[-1]
    c, c_before = cell_states[1:].reshape(-1, n), cell_states[:-1].reshape(-1, n)
    i, f, g, o = np.split(preactivations.reshape(-1, 4 * n), 4, axis=1)
    g_value, c_value = activation.value(g), activation.value(c)
    input_gate, forget_gate, output_gate = (gates(z, sigma) for z in (i, f, o))
    factors = {
        "i": (numbers(g_value), slopes(sigma, i, input_gate.plain)),
        "f": (numbers(c_before), slopes(sigma, f, forget_gate.plain)),
        "g": (input_gate, slopes(activation, g, g_value)),
        "o": (numbers(c_value), slopes(sigma, o, output_gate.plain)),
    }
    return factors, (forget_gate,), (output_gate, slopes(activation, c, c_value))


class FourGates(Linearization):
    """The step back through the four gates of an LSTM: rows (a, c) that share a power of two.

    a has as many numbers as the matrices read: n_a, or those of a projection.
    """

    deltas: tuple[str, ...] = GATES

    def __init__(
        self,
        factors: Mapping[str, Sequence[ExactFactor]],
        matrices: Mapping[str, Floats],
        forget: Sequence[ExactFactor],
        shown: Sequence[ExactFactor],
    ) -> None:
        """What γ or ∂L/∂a is multiplied by for each δ, the matrices that read a, factors of f, and those of ∂a/∂c."""
        self._factors, self._forget, self._shown = factors, forget, shown
        found = {name: product(parts) for name, parts in factors.items()}
        self._weights = {name: Scaled.canonical(matrix, axis=(-2, -1)) for name, matrix in matrices.items()}
        shape: tuple[int, ...] = next(iter(matrices.values())).shape
        n, reads = self._n, self._reads = shape[-2], shape[-1]
        self.delta_widths: Mapping[str, int] = dict.fromkeys(GATES, n)
        self.size = self.width = reads + n
        self.delta_exponents: Mapping[str, Integers | None] = {
            name: exponents(coefficient) for name, coefficient in found.items()
        }
        self._coefficients = {name: coefficient.mantissa for name, coefficient in found.items()}
        self._matrix = np.concatenate([w.mantissa for w in self._weights.values()], axis=-2)
        kept, into_cell = product(forget), product(shown)
        ways = {
            name: Scaled(
                found[name].mantissa, found[name].exponent + in_turn(w.exponent.reshape(-1, 1), len(kept.mantissa))
            )
            for name, w in self._weights.items()
        }
        self.previous_exponent, self._scales = leveled({**ways, "": kept})
        self._kept = kept.mantissa * self._scales.pop("", 1.0)
        self._into_cell = shift(into_cell.mantissa, into_cell.exponent)

    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        """Vector–Jacobian product of one or several steps: the four deltas, and the gradient at (a, c)⟨s−1⟩."""
        self._pull(gradient[:, : self._n], gradient[:, self._n :], rows, deltas, previous)

    def _pull(
        self, at_shown: Floats, at_cell: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats
    ) -> None:
        """From the gradients at o ⊙ φ(c) and at c."""
        at_c = self._into_cell[rows] * at_shown
        at_c += at_cell
        for name in ("i", "f", "g"):
            np.multiply(self._coefficients[name][rows], at_c, out=deltas[name])
        np.multiply(self._coefficients["o"][rows], at_shown, out=deltas["o"])
        made = {name: deltas[name] * self._scales[name][rows] for name in GATES} if self._scales else deltas
        times(joined(made, GATES), self._matrix, out=previous[:, : self._reads])
        np.multiply(self._kept[rows], at_c, out=previous[:, self._reads :])

    def jacobian(self, row: int, noise: Noise | None = None) -> Jacobian:
        """∂(a, c)⟨s⟩/∂(a, c)⟨s−1⟩ of one row, (2 n_a, 2 n_a)."""
        return self._jacobian(row, noise)

    def _jacobian(self, row: int | slice, noise: Noise | None) -> Jacobian:
        no_a, left = np.zeros((self._n, self._reads)), ((0, 0), (0, self._n))
        both = self._shown_too(row, noise)
        kept = (both(row_product(self._forget, row, noise)), np.tile(np.hstack([no_a, np.eye(self._n)]), (2, 1)))
        reading = {
            name: Scaled(np.pad(w.mantissa, ((0, 0),) * (w.mantissa.ndim - 2) + left), w.exponent)
            for name, w in self._weights.items()
        }
        return graded_sum([kept, *self._read(row, reading, both, noise)], noise)

    def reading(self, row: int, matrices: Mapping[str, Floats], noise: Noise | None = None) -> Jacobian:
        """Σ_j ∂(a, c)⟨s⟩/∂z_j M_j of one row, (2 n_a, m)."""
        weights = {name: Scaled.canonical(matrix) for name, matrix in matrices.items()}
        return graded_sum(self._read(row, weights, self._shown_too(row, noise), noise), noise)

    def _shown_too(self, row: int | slice, noise: Noise | None) -> Callable[[Scaled], Scaled]:
        shown = row_product(self._shown, row, noise)

        def both(cell: Scaled) -> Scaled:
            """What moves c moves a too, by ∂a/∂c."""
            return Scaled(
                np.concatenate([shown.mantissa * cell.mantissa, cell.mantissa], axis=-1),
                np.concatenate([shown.exponent + cell.exponent, cell.exponent], axis=-1),
            )

        return both

    def _read(
        self, row: int | slice, matrices: Mapping[str, Scaled], both: Callable[[Scaled], Scaled], noise: Noise | None
    ) -> list[tuple[Scaled, Floats]]:
        """The terms of ∂(a, c)⟨s⟩ over the gates: the output gate moves a only, the others c, and so a too."""
        parts = []
        for name, w in matrices.items():
            of_gate = row_product(self._factors[name], row, noise)
            powers = w.exponent.reshape(-1, 1) if isinstance(row, slice) else int(w.exponent.item())
            scaled = Scaled(of_gate.mantissa, of_gate.exponent + powers)
            if name == "o":
                after = ((0, 0),) * (scaled.mantissa.ndim - 1) + ((0, self._n),)
                scale = Scaled(np.pad(scaled.mantissa, after), np.pad(scaled.exponent, after))
            else:
                scale = both(scaled)
            parts.append((scale, np.concatenate([w.mantissa, w.mantissa], axis=-2)))
        return parts


class LSTMStep(FourGates, JointLinearization):
    """Rows (a, c) of 2 n_a numbers that share a power of two, of one network or of several together."""

    def jacobians(self, rows: slice, noise: Noise | None = None) -> Jacobian:
        """The Jacobians of one row of each of several networks, side by side."""
        return self._jacobian(rows, noise)
