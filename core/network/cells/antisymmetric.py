"""The antisymmetric cell (Chang, Chen, Haber & Chi 2019): an equation of motion that neither fades nor grows.

    M = W_aa − W_aaᵀ − κ1
    z⟨t⟩ = M a⟨t−1⟩ + W_ax x⟨t⟩ + b_a        a⟨t⟩ = a⟨t−1⟩ + ε φ(z⟨t⟩)

ε is the size of a step and κ the diffusion, which its authors call γ. The eigenvalues of W_aa − W_aaᵀ are imaginary, so
that a small change of the state turns and does not grow or fade as ε goes to 0; a finite ε adds growth, of second
order in ε, and κ takes some away. One step back:

    δ⟨s⟩ = ε φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩        ∂L/∂a⟨s−1⟩ = ∂L/∂a⟨s⟩ + Mᵀ δ⟨s⟩
    ∂L/∂M = Σ_s δ⟨s⟩ a⟨s−1⟩ᵀ             ∂L/∂W_aa = ∂L/∂M − (∂L/∂M)ᵀ = Σ_s (δ⟨s⟩ a⟨s−1⟩ᵀ − a⟨s−1⟩ δ⟨s⟩ᵀ)

The first term of ∂L/∂a⟨s−1⟩ is the direct path: all of a gradient goes by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.network.activations import Activation
from core.network.cells.gate_products import numbers, slopes
from core.network.cells.one_part import Term, linear
from core.network.cells.protocol import Cell, DirectFactor, Equations, Linearization, Parametrization, Use
from core.numerics.scaled import Floats


@dataclass(frozen=True)
class DampedAntisymmetric(Parametrization):
    """The matrix W − Wᵀ − κ1 of a parameter W."""

    diffusion: float
    """κ"""

    def matrix(self, parameter: Floats) -> Floats:
        """W − Wᵀ − κ1, (n, n)."""
        return parameter - parameter.T - self.diffusion * np.eye(len(parameter))

    def pulled_back(self, gradients: Floats) -> Floats:
        """G − Gᵀ of each matrix G, (…, n, n)."""
        return gradients - np.swapaxes(gradients, -1, -2)

    def written(self, name: str) -> str:
        """The matrix in symbols, such as `W_aa − W_aaᵀ − κ1`."""
        return f"{name} − {name}ᵀ − κ1"

    def gradient_written(self, delta: str, source: str) -> str:
        """The contribution in symbols: `δ⟨s⟩ a⟨s−1⟩ᵀ − a⟨s−1⟩ δ⟨s⟩ᵀ`."""
        return f"{delta} {source}ᵀ − {source} {delta}ᵀ"


@dataclass(frozen=True)
class Antisymmetric(Cell):
    """a⟨t⟩ = a⟨t−1⟩ + ε φ((W_aa − W_aaᵀ − κ1) a⟨t−1⟩ + W_ax x⟨t⟩ + b_a)."""

    step_size: float = 0.1
    """ε"""
    diffusion: float = 0.1
    """κ"""

    name = "antisymmetric"
    title = "antisymmetric RNN"
    summary = "a⟨t⟩ = a⟨t−1⟩ + ε φ((W_aa − W_aaᵀ − κ1) a⟨t−1⟩ + W_ax x⟨t⟩ + b_a), whose Jacobian is near 1"
    settings = ("step_size", "diffusion")
    direct = DirectFactor(
        "1", "1", "The whole gradient at the state a⟨r⟩ goes to a⟨r−1⟩ without passing through a matrix, at every step"
    )

    @property
    def constants(self) -> Mapping[str, float]:
        """ε and κ by the names of their settings."""
        return {"step_size": self.step_size, "diffusion": self.diffusion}

    def equations(self) -> Equations:
        """One pre-activation, z, and the state a."""
        return Equations(
            {
                "z": "z⟨t⟩ = (W_aa − W_aaᵀ − κ1) a⟨t−1⟩ + W_ax x⟨t⟩ + b_a",
                "a": "a⟨t⟩ = a⟨t−1⟩ + ε φ(z⟨t⟩)",
            },
            {
                "z": "δ⟨s⟩ = ε φ'(z⟨s⟩) ⊙ ∂L/∂a⟨s⟩",
                "a": "carried: ∂L/∂a⟨s+1⟩ + (W_aaᵀ − W_aa − κ1) δ⟨s+1⟩",
            },
        )

    def uses(self) -> Mapping[str, Use]:
        """All three parameters make z; W_aa makes the matrix that reads the state."""
        made = DampedAntisymmetric(self.diffusion)
        return {
            "W_aa": Use("z", "a", role="recurrent", gate="a", parametrization=made),
            "W_ax": Use("z", "x", role="input", gate="a"),
            "b_a": Use("z", "1", role="bias", gate="a"),
        }

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """Pre-activation → its function: z goes through φ."""
        return {"z": activation}

    def forward(
        self, parameters: Mapping[str, Floats], activation: Activation, inputs: Floats, initial_state: Floats
    ) -> tuple[Floats, Floats]:
        """States (T+1, B, n_a) and pre-activations z (T, B, n_a)."""
        recurrent = self._matrix(parameters).T
        z = inputs @ parameters["W_ax"].T + parameters["b_a"]
        states = np.empty((len(inputs) + 1, *initial_state.shape))
        states[0] = state = initial_state
        for t, z_t in enumerate(z):
            z_t += state @ recurrent
            states[t + 1] = state = state + self.step_size * activation.value(z_t)
        return states, z

    def linearize(
        self, parameters: Mapping[str, Floats], activation: Activation, states: Floats, preactivations: Floats
    ) -> Linearization:
        """ε φ'(z⟨s⟩) of every step, M, and the state before as it is."""
        z = preactivations.reshape(-1, preactivations.shape[-1])
        step, whole = numbers(np.full_like(z, self.step_size)), numbers(np.ones_like(z))
        return linear({"z": Term([step, slopes(activation, z)], self._matrix(parameters))}, [whole])

    def log2_direct(self, activation: Activation, preactivations: Floats) -> Floats | None:
        """log₂ 1 at every step and unit."""
        return np.zeros(preactivations.shape)

    def _matrix(self, parameters: Mapping[str, Floats]) -> Floats:
        return self.uses()["W_aa"].matrix(parameters["W_aa"])
