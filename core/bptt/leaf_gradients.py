"""The gradient of a loss with respect to the inputs, and to the state that the sequence starts from.

    ∂L_t/∂x⟨s⟩ = Σ_j W_jᵀ δ_{j,t,s}        over the parameters j that read x⟨s⟩: W_ax in the vanilla cell
    ∂L_t/∂a⟨0⟩ = what the step s = 1 passes back to the state before it

x⟨s⟩ is a leaf, which no Jacobian passes through, but it acts on L_t through a⟨s⟩ and so through all t − s of them: the
gradient at x⟨s⟩ fades or grows with the lag as that of every recurrent parameter does, whatever x⟨s⟩ itself is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.bptt.forward import Tape
from core.network.cells import Linearization
from core.network.cells.protocol import ways_of
from core.network.network import Network
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats, Integers, Scaled

if TYPE_CHECKING:
    from core.bptt.backward import StateGradients


@dataclass(frozen=True, eq=False)
class InputWeights(FrozenRecord):
    """The matrices that read x, (n, n_x), by the pre-activation that they make."""

    matrices: Mapping[str, Scaled]
    """Pre-activation → (n, n_x), or (T, n, n_x) where each step has its own; one power of two for each column"""

    @staticmethod
    def of(network: Network, columns: slice = slice(None)) -> InputWeights:
        """Take those of a network, of all its inputs or of some columns of x.

        Matrices that make the same pre-activation are added.
        """
        found: dict[str, Floats] = {}
        for name, use in network.cell.uses().items():
            if use.source == "x":
                matrix = network.matrix(name)[..., columns]
                found[use.delta] = found[use.delta] + matrix if use.delta in found else matrix
        return InputWeights({delta: Scaled.canonical(matrix, axis=-2) for delta, matrix in found.items()})

    def gradient(self, deltas: Mapping[str, tuple[Floats, Integers | None]], steps: Integers) -> Scaled:
        """Σ_j W_jᵀ δ_j of rows: (R, n_x), an exponent for each row, and for each column where columns differ by far.

        Args:
            deltas: Pre-activation → mantissas (R, n) and powers of two (R,), None if all are 0.
            steps: (R,): at which step each row stands, from 0.
        """
        total: Scaled | None = None
        for name, matrix in self.matrices.items():
            values, exponent = deltas[name]
            if matrix.mantissa.ndim == 2:
                made, powers = values @ matrix.mantissa, matrix.exponent
            else:
                made = np.einsum("ri,rij->rj", values, matrix.mantissa[steps])
                powers = matrix.exponent[steps][:, 0]
            if exponent is not None:
                powers = powers + exponent[:, np.newaxis]
            part = Scaled(made, np.broadcast_to(powers, made.shape))
            total = part if total is None else total + part
        assert total is not None
        return total


def input_gradient(tape: Tape, returned: StateGradients) -> Scaled:
    """∂L/∂x⟨s⟩ at every step and example of the losses that a backward pass followed.

    Args:
        tape: A forward pass.
        returned: What its backward pass left.

    Returns:
        (T, B, n_x), an exponent for each number; the 1/B of the batch mean is in it.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> input_gradient(trace.tape, trace.backward_pass.returned).mantissa.shape
        (5, 1, 1)
    """
    steps, examples, n_x = tape.batch.inputs.shape
    weights = InputWeights.of(tape.network)
    rows = {name: _rows(returned.deltas[name]) for name in weights.matrices}
    found = weights.gradient(rows, np.repeat(np.arange(steps), examples))
    shape = (steps, examples, n_x)
    return Scaled(found.mantissa.reshape(shape), np.array(found.exponent).reshape(shape)).normalized(()).frozen()


def initial_state_gradient(tape: Tape, returned: StateGradients) -> Scaled:
    """∂L/∂a⟨0⟩ of the losses that a backward pass followed.

    Args:
        tape: A forward pass.
        returned: What its backward pass left.

    Returns:
        (B, n_state), all parts of the state side by side, an exponent for each example (or each unit, where no matrix
        mixes them).

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> initial_state_gradient(trace.tape, trace.backward_pass.returned).mantissa.shape
        (1, 2)
    """
    gradient = returned.state_gradient
    parts, columns = [], []
    size = tape.network.state_size
    for direction in (way for layer in tape.linearization.layers for way in ways_of(layer, size)):
        first = -1 if direction.ahead else 0  # where this direction begins
        mantissa = gradient.mantissa[first]
        exponent = np.broadcast_to(gradient.exponent[first], mantissa.shape)
        for layer in direction.layers:
            # The gradient at a layer's state has in it what the layer above passes down: each goes back by itself.
            parts.append(_pulled(layer.step, Scaled(mantissa[:, layer.columns], exponent[:, layer.columns])))
            columns.append(layer.columns)
    return side_by_side(parts, columns).frozen()


def _pulled(linear: Linearization, gradient: Scaled) -> Scaled:
    """∂L/∂a⟨0⟩ of one layer, (B, n), from ∂L/∂a⟨1⟩, (B, n) with an exponent for each number."""
    mantissa, examples = np.ascontiguousarray(gradient.mantissa), len(gradient.mantissa)
    if linear.width == linear.size:
        pulled = linear.pull(mantissa, slice(0, examples))
        return Scaled.canonical(pulled.previous, gradient.exponent[:, :1] + pulled.previous_exponent, axis=1)
    # Units that never mix each have a power of two.
    per = linear.size // linear.width
    values = mantissa.reshape(-1, linear.width)
    deltas = {name: np.empty((len(values), linear.delta_widths[name])) for name in linear.deltas}
    previous = np.empty_like(values)
    linear.pull_into(values, slice(0, examples * per), deltas, previous)
    more = 0 if linear.previous_exponent is None else linear.previous_exponent[: examples * per, np.newaxis]
    powers = np.broadcast_to(gradient.exponent.reshape(-1, linear.width)[:, :1] + more, previous.shape)
    return Scaled(previous.reshape(mantissa.shape), powers.reshape(mantissa.shape)).normalized(())


def side_by_side(parts: Sequence[Scaled], columns: Sequence[slice | NDArray[np.intp]]) -> Scaled:
    """Numbers (T, B, n) of several layers as one array: one exponent for each example, or for each unit."""
    if len(parts) == 1:
        return parts[0]
    size = sum(part.mantissa.shape[-1] for part in parts)
    mantissa = np.empty((*parts[0].mantissa.shape[:-1], size))
    for part, places in zip(parts, columns, strict=True):
        mantissa[..., places] = part.mantissa
    if not any(part.exponent.any() for part in parts):
        return Scaled(mantissa, np.zeros((*mantissa.shape[:-1], 1), dtype=np.int64))
    exponent = np.empty(mantissa.shape, dtype=np.int64)
    for part, places in zip(parts, columns, strict=True):
        exponent[..., places] = part.exponent
    return Scaled(mantissa, exponent)


def _rows(values: Scaled) -> tuple[Floats, Integers | None]:
    """(T, B, n) as T·B rows of one exponent each."""
    mantissa = values.mantissa.reshape(-1, values.mantissa.shape[-1])
    if not values.exponent.any():
        return mantissa, None
    if values.exponent.shape[-1] > 1:
        values = values.shared(axis=-1)
        mantissa = values.mantissa.reshape(mantissa.shape)
    return mantissa, values.exponent.reshape(-1)
