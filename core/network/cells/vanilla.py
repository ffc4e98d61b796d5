"""The vanilla (Elman) cell, and its leaky form.

    z⟨t⟩ = W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a        a⟨t⟩ = (1 − α) a⟨t−1⟩ + α φ(z⟨t⟩)

α = 1 is the vanilla cell; below it the state is a leaky integrator of time constant 1/α steps (Jaeger, Lukoševičius,
Popovici & Siewert 2007). One step back:

    δ⟨s⟩ = α φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩        ∂L/∂a⟨s−1⟩ = W_aaᵀ δ⟨s⟩ + (1 − α) ∂L/∂a⟨s⟩

so the Jacobian ∂a⟨s⟩/∂a⟨s−1⟩ = α diag φ'(z⟨s⟩) W_aa + (1 − α) I is what every parameter's gradient shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.network.activations import Activation
from core.network.cells.gate_products import ExactFactor, numbers, slopes
from core.network.cells.one_part import Term, linear
from core.network.cells.protocol import Cell, DirectFactor, Equations, Linearization, Use
from core.numerics.rows import plus, times, transposed
from core.numerics.scaled import Floats

LEAK = DirectFactor(
    "(1 − α)",
    "(1 − α)^k",
    "What the leak lets by: of a gradient at the state a⟨r⟩, 1 − α goes to a⟨r−1⟩ without passing through a matrix",
)
"""The factor of a leaky cell's direct path."""


USES: Mapping[str, Use] = MappingProxyType(
    {
        "W_aa": Use("z", "a", role="recurrent", gate="a"),
        "W_ax": Use("z", "x", role="input", gate="a"),
        "b_a": Use("z", "1", role="bias", gate="a"),
    }
)
"""Parameter → its use; one value, as it is asked for at every step of training"""


@dataclass(frozen=True)
class Leaky(Cell):
    """A cell that keeps 1 − α of the state before."""

    leak: float = 1.0
    """α in [0, 1]: how much of the new value the state takes on; 1 keeps nothing of the state before"""

    settings = ("leak",)

    @property
    def constants(self) -> Mapping[str, float]:
        """The leak α, by the name of its setting."""
        return {"leak": self.leak}

    @property
    def direct(self) -> DirectFactor | None:
        """1 − α of every unit at every step, where the cell leaks."""
        return None if self.leak == 1.0 else LEAK

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂(1 − α) at every step and unit; None for α = 1, where nothing leaks through."""
        return None if self.leak == 1.0 else np.full(preactivations.shape, np.log2(1.0 - self.leak))


@dataclass(frozen=True)
class Vanilla(Leaky):
    """a⟨t⟩ = (1 − α) a⟨t−1⟩ + α φ(W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a)."""

    name = "rnn"
    in_rows = True
    summary = "a⟨t⟩ = φ(W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a)"

    @property
    def title(self) -> str:
        """`vanilla RNN`, or `leaky RNN` where α < 1."""
        return "vanilla RNN" if self.leak == 1.0 else "leaky RNN"

    @property
    def elman(self) -> bool:
        """Whether J⟨s⟩ is diag φ'(z⟨s⟩) W_aa and nothing else: without a leak, α = 1."""
        return self.leak == 1.0

    def equations(self) -> Equations:
        """One pre-activation, z, and the state a."""
        return leaky_equations("W_aa", "b_a", self.leak)

    def uses(self) -> Mapping[str, Use]:
        """All three parameters make z; they differ by what they read."""
        return USES

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """Pre-activation → its function: z goes through φ."""
        return {"z": activation}

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_a) and pre-activations z (T, B, n_a)."""
        recurrent = np.ascontiguousarray(transposed(parameters["W_aa"]))
        steps, examples, n_x = inputs.shape
        driven = plus(times(inputs.reshape(-1, n_x), transposed(parameters["W_ax"])), parameters["b_a"])
        z = driven.reshape(steps, examples, -1)
        states = np.empty((steps + 1, *initial_state.shape))
        states[0] = initial_state
        fed, product = np.empty(initial_state.shape), np.dot if recurrent.ndim == 2 else times
        for z_t, state, after in zip(z, states[:-1], states[1:], strict=True):
            z_t += product(state, recurrent, out=fed)
            activation.value(z_t, after)
            if self.leak != 1.0:
                after[:] = leaky(self.leak, state, after)
        return states, z

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """α φ'(z⟨s⟩) of every step, W_aa, and the leak."""
        return leaky_linear(self.leak, activation, states, preactivations, parameters["W_aa"])


def leaky(leak: float, before: Floats, made: Floats) -> Floats:
    """(1 − α) a⟨t−1⟩ + α φ(z⟨t⟩)."""
    return made if leak == 1.0 else (1.0 - leak) * before + leak * made


def leaky_linear(
    leak: float,
    activation: Activation,
    states: Floats,
    preactivations: Floats,
    recurrent: Floats,
    by_step: bool = False,
) -> Linearization:
    """The step back of a⟨t⟩ = (1 − α) a⟨t−1⟩ + α φ(z⟨t⟩), z reading a⟨t−1⟩ through `recurrent`, or one a step."""
    z = preactivations.reshape(-1, preactivations.shape[-1])
    if leak == 1.0:
        return linear({"z": Term([slopes(activation, z, states[1:].reshape(z.shape))], recurrent, by_step)})

    def everywhere(number: float) -> ExactFactor:
        return numbers(np.full_like(z, number))

    factors = [everywhere(leak), slopes(activation, z)]
    return linear({"z": Term(factors, recurrent, by_step)}, [everywhere(1.0 - leak)])


def leaky_equations(recurrent: str, bias: str, leak: float) -> Equations:
    """The equations, one line each, with the recurrent matrix and bias as they are written."""
    z = f"z⟨t⟩ = {recurrent} a⟨t−1⟩ + W_ax x⟨t⟩ + {bias}"
    carried = f"carried: {recurrent.replace('⟨t⟩', '⟨s+1⟩')}ᵀ δ⟨s+1⟩"
    if leak == 1.0:
        return Equations(
            {"z": z, "a": "a⟨t⟩ = φ(z⟨t⟩)"},
            {"z": "δ⟨s⟩ = φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩", "a": carried},
        )
    return Equations(
        {"z": z, "a": "a⟨t⟩ = (1 − α) a⟨t−1⟩ + α φ(z⟨t⟩)"},
        {"z": "δ⟨s⟩ = α φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩", "a": f"{carried} + (1 − α) ∂L/∂a⟨s+1⟩"},
    )
