"""The LSTM with a projection (Sak, Senior & Beaufays 2014), as PyTorch's `proj_size` has it.

    i, f, g, o, c as in an LSTM of n_a = H units, whose gates read a⟨t−1⟩ of P numbers
    m⟨t⟩ = o⟨t⟩ ⊙ φ(c⟨t⟩)                    what an LSTM would show, H numbers
    a⟨t⟩ = W_am m⟨t⟩                          what is shown: P numbers, P < H in practice

The state is (a, c), of P + H numbers. One step back, γ the whole gradient at c⟨s⟩ as in an LSTM:

    ∂L/∂m⟨s⟩ = W_amᵀ ∂L/∂a⟨s⟩        γ = ∂L/∂c⟨s⟩ + o ⊙ φ'(c) ⊙ ∂L/∂m⟨s⟩        δ_o = φ(c) ⊙ σ' ⊙ ∂L/∂m⟨s⟩

and the contribution of W_am at step s is ∂L/∂a⟨s⟩ m⟨s⟩ᵀ. Networks are given with it; settings do not draw it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from core.network.activations import ACTIVATIONS, Activation
from core.network.cells.gate_products import ExactFactor
from core.network.cells.lstm import GATES, LSTM, USES, FourGates, lstm_factors
from core.network.cells.protocol import Equations, Jacobian, Linearization, Part, Use, pattern_of
from core.numerics.graded import Graded
from core.numerics.scaled import FAR_BELOW, Floats, Scaled
from core.numerics.shaking import Noise

PROJECTION = "W_am"

_USES: Mapping[str, Use] = MappingProxyType({**USES, PROJECTION: Use("p", "m", role="input", gate="a")})


@dataclass(frozen=True)
class ProjectedLSTM(LSTM):
    """a⟨t⟩ = W_am (o⟨t⟩ ⊙ φ(c⟨t⟩))."""

    projection: int | None = None
    """P, how many numbers are shown; None for as many as there are units"""

    name = "lstm-projected"
    called = "LSTM with projection"
    summary = "an LSTM whose gates and read-out see fewer numbers than it has units"

    def fitted(self, parameters: Mapping[str, Floats]) -> ProjectedLSTM:
        """The cell with the P of its matrix."""
        return replace(self, projection=parameters[PROJECTION].shape[0])

    def parts(self, n_a: int) -> tuple[Part, ...]:
        """What is shown, a, of P numbers, and the cell state, c."""
        return Part("a", self._shown(n_a), read_out=True), Part("c", n_a)

    def widths(self, n_a: int) -> Mapping[str, int]:
        """Four gates of n_a, and the projection of P."""
        return {**dict.fromkeys(GATES, n_a), "p": self._shown(n_a)}

    def shapes(self, n_x: int, n_a: int, steps: int) -> Mapping[str, tuple[int, ...]]:
        """Recurrent matrices (n_a, P), the projection (P, n_a)."""
        p = self._shown(n_a)
        by_role: Mapping[str, tuple[int, ...]] = {"recurrent": (n_a, p), "input": (n_a, n_x), "bias": (n_a,)}
        return {**{name: by_role[use.role] for name, use in USES.items()}, PROJECTION: (p, n_a)}

    def _shown(self, n_a: int) -> int:
        return n_a if self.projection is None else self.projection

    def equations(self) -> Equations:
        """The lines of an LSTM, and what is shown of it."""
        lstm = super().equations()
        forward = {name: line for name, line in lstm.forward.items() if name != "a"}
        back = {
            "p": "δ_p⟨s⟩ = ∂L/∂a⟨s⟩; ∂L/∂m⟨s⟩ = W_amᵀ δ_p⟨s⟩",
            **lstm.back,
            "o": "δ_o⟨s⟩ = φ(c⟨s⟩) ⊙ σ' ⊙ ∂L/∂m⟨s⟩",
            "c": "γ⟨s⟩ = ∂L/∂c⟨s⟩ + o⟨s⟩ ⊙ φ'(c⟨s⟩) ⊙ ∂L/∂m⟨s⟩; carried: f⟨s+1⟩ ⊙ γ⟨s+1⟩",
        }
        return Equations({**forward, "m": "m⟨t⟩ = o⟨t⟩ ⊙ φ(c⟨t⟩)", "p": "p⟨t⟩ = W_am m⟨t⟩", "a": "a⟨t⟩ = p⟨t⟩"}, back)

    def uses(self) -> Mapping[str, Use]:
        """The uses of an LSTM, and that of W_am, which reads m⟨s⟩ and makes a⟨s⟩."""
        return _USES

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """The projection is what it is."""
        return {**super().functions(activation), "p": ACTIVATIONS["identity"]}

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States a, c side by side (T+1, B, P + n_a) and pre-activations i, f, g, o, p (T, B, 4 n_a + P)."""
        p, (shown, n) = parameters, parameters[PROJECTION].shape
        recurrent = np.concatenate([p[f"W_{gate}a"] for gate in GATES]).T
        into = np.concatenate([p[f"W_{gate}x"] for gate in GATES]).T
        record = np.empty((*inputs.shape[:2], 4 * n + shown))
        record[..., : 4 * n] = inputs @ into + np.concatenate([p[f"b_{gate}"] for gate in GATES])
        states = np.empty((len(inputs) + 1, *initial_state.shape))
        states[0] = initial_state
        for t, now in enumerate(record):
            before, after = states[t], states[t + 1]
            now[:, : 4 * n] += before[:, :shown] @ recurrent
            into_cell = self.sigma.value(now[:, : 2 * n])
            c = into_cell[:, n:] * before[:, shown:] + into_cell[:, :n] * activation.value(now[:, 2 * n : 3 * n])
            made = self.sigma.value(now[:, 3 * n : 4 * n]) * activation.value(c)
            now[:, 4 * n :] = after[:, :shown] = made @ p[PROJECTION].T
            after[:, shown:] = c
        return states, record

    def symbols(self) -> Mapping[str, str]:
        """The sources of an LSTM, and m⟨s⟩, what it would show."""
        return {**super().symbols(), "m": "m⟨s⟩"}

    def reads(
        self,
        activation: Activation,
        states: Mapping[str, Floats],
        inputs: Floats,
        preactivations: Mapping[str, Floats],
    ) -> Mapping[str, Floats]:
        """What an LSTM's parameters read, and m⟨s⟩ = o⟨s⟩ ⊙ φ(c⟨s⟩)."""
        made = self.sigma.value(preactivations["o"]) * activation.value(states["c"][1:])
        return {**super().reads(activation, states, inputs, preactivations), "m": made}

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """The step of an LSTM of n_a units, from the gradient at what it would show."""
        shown, n = parameters[PROJECTION].shape
        factors, forget, into = lstm_factors(activation, self.sigma, states[..., shown:], preactivations[..., : 4 * n])
        matrices = {gate: parameters[f"W_{gate}a"] for gate in GATES}
        return ProjectedStep(factors, matrices, forget, into, parameters[PROJECTION])

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂ f⟨t⟩, the forget gate, (T, B, n_a)."""
        n = (preactivations.shape[-1] - (self.projection or preactivations.shape[-1] // 5)) // 4
        return super().log2_direct(activation, preactivations[..., : 4 * n])


class ProjectedStep(FourGates):
    """Rows (a, c) of P + n_a numbers that share a power of two."""

    deltas = (*GATES, "p")

    def __init__(
        self,
        factors: Mapping[str, Sequence[ExactFactor]],
        matrices: Mapping[str, Floats],
        forget: Sequence[ExactFactor],
        shown: Sequence[ExactFactor],
        projection: Floats,
    ) -> None:
        """What an LSTM's step is made of, with matrices (n_a, P), and W_am (P, n_a)."""
        super().__init__(factors, matrices, forget, shown)
        self._projection = projection
        self.delta_widths = {**self.delta_widths, "p": len(projection)}
        self.delta_exponents = {**self.delta_exponents, "p": None}

    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        """Vector–Jacobian product of one or several steps: W_am first, then as in an LSTM."""
        shown = len(self._projection)
        deltas["p"][...] = gradient[:, :shown]
        self._pull(gradient[:, :shown] @ self._projection, gradient[:, shown:], rows, deltas, previous)

    def jacobian(self, row: int, noise: Noise | None = None) -> Jacobian:
        """∂(a, c)⟨s⟩/∂(a, c)⟨s−1⟩ of one row: that of (m, c), and a = W_am m."""
        return self._projected(super().jacobian(row, noise), noise)

    def reading(self, row: int, matrices: Mapping[str, Floats], noise: Noise | None = None) -> Jacobian:
        """Σ_j ∂(a, c)⟨s⟩/∂z_j M_j of one row."""
        return self._projected(super().reading(row, matrices, noise), noise)

    def _projected(self, of_lstm: Jacobian, noise: Noise | None) -> Jacobian:
        n = self._n
        matrix = self._projection if noise is None else self._projection * (1.0 + noise(self._projection.shape))
        made = Graded.scaled_rows(of_lstm.scale, of_lstm.rows)
        a = Graded.plain(matrix) @ Graded(made.mantissa[:n], made.exponent[:n])
        rows = np.concatenate([a.mantissa, made.mantissa[n:]])
        exponent = np.concatenate([a.exponent, made.exponent[n:]])
        alive = exponent > FAR_BELOW
        pattern = pattern_of(of_lstm)
        a_pattern = (self._projection != 0).astype(np.float64) @ pattern[:n].astype(np.float64) > 0
        scale = Scaled(alive.astype(np.float64), np.where(alive, exponent, 0))
        return Jacobian(scale, rows, np.concatenate([a_pattern, pattern[n:]]))
