"""What somebody imports who adds a cell: one class, and one call of `register`.

Runnable example, a cell that forgets a fixed half of its state:

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> import core
    >>> from core.extend import Cell, Equations, Term, Use, linear, numbers, register, slopes, unregister
    >>> @dataclass(frozen=True)
    ... class Half(Cell):
    ...     name = "half"
    ...     title = "half-forgetting RNN"
    ...     summary = "half of the state stays, half is computed from the input"
    ...     def equations(self):
    ...         forward = {"z": "z⟨t⟩ = W a⟨t−1⟩ + V x⟨t⟩ + b", "a": "a⟨t⟩ = ½ a⟨t−1⟩ + ½ φ(z⟨t⟩)"}
    ...         back = {"z": "δ⟨s⟩ = ½ φ' ⊙ ∂L/∂a⟨s⟩", "a": "carried: ½ ∂L/∂a⟨s+1⟩ + Wᵀ δ⟨s+1⟩"}
    ...         return Equations(forward, back)
    ...     def uses(self):
    ...         return {
    ...             "W": Use("z", "a", role="recurrent", gate="a"),
    ...             "V": Use("z", "x", role="input", gate="a"),
    ...             "b": Use("z", "1", role="bias", gate="a"),
    ...         }
    ...     def functions(self, activation):
    ...         return {"z": activation}
    ...     def forward(self, p, activation, inputs, initial_state):
    ...         states, z = [initial_state], []
    ...         for x in inputs:
    ...             z.append(states[-1] @ p["W"].T + x @ p["V"].T + p["b"])
    ...             states.append(states[-1] / 2 + activation.value(z[-1]) / 2)
    ...         return np.array(states), np.array(z)
    ...     def linearize(self, p, activation, states, z):
    ...         rows = z.reshape(-1, z.shape[-1])  # one for each step and example
    ...         half = numbers(np.full_like(rows, 0.5))
    ...         return linear({"z": Term([half, slopes(activation, rows)], p["W"])}, [half])
    >>> cell = register(Half())
    >>> trace = core.run(core.Experiment(cell="half", timesteps=30))
    >>> trace.lags.residual < 1e-12
    True
    >>> trace.lags.rate("W").regime
    'vanishing'
    >>> unregister("half")

Whatever does not fit together, `register` says in a sentence. A cell whose state has several parts, whose parameters
read something other than a⟨s−1⟩, x⟨s⟩ and 1, or whose step back is not `linear`, overrides `parts`, `widths`,
`shapes`, `sources` and `symbols`, and makes a `Linearization` of its own; `core.network.cells.lstm` is an example. A
parameter that makes the matrix which multiplies the state, as W − Wᵀ, has a `Parametrization`:
`core.network.cells.antisymmetric`. A cell without any recurrent matrix has a direct path: `core.network.cells.mingru`.
"""

from core.network.activations import ACTIVATIONS, Activation
from core.network.cells.gate_products import LOGISTIC, ExactFactor, difference, gates, numbers, slopes
from core.network.cells.one_part import Term, linear
from core.network.cells.protocol import (
    Biases,
    Cell,
    DirectFactor,
    Equations,
    Jacobian,
    Linearization,
    Parametrization,
    Part,
    Role,
    Use,
)
from core.network.cells.registry import register, unregister
from core.numerics.scaled import Floats, Integers, Scaled
from core.numerics.shaking import Noise

__all__ = [
    "ACTIVATIONS",
    "LOGISTIC",
    "Activation",
    "Biases",
    "Cell",
    "DirectFactor",
    "Equations",
    "ExactFactor",
    "Floats",
    "Integers",
    "Jacobian",
    "Linearization",
    "Noise",
    "Parametrization",
    "Part",
    "Role",
    "Scaled",
    "Term",
    "Use",
    "difference",
    "gates",
    "linear",
    "numbers",
    "register",
    "slopes",
    "unregister",
]
