"""An embedding in front of a network: ids in, x⟨s⟩ = E[id⟨s⟩], and the embedding's own gradient by lag.

    contribution(t, k) to E: ∂L_t/∂x⟨s⟩ in row id⟨s⟩, s = t − k, summed over the batch

As the lowest layer of a network (`Embedding.before`) E is one of its parameters, with all that these have. `gradient`
and `log2_norm` have the same of a batch that was looked up before. One step uses one row for each example, so that for
one example ‖contribution(t, k)‖ = ‖∂L_t/∂x⟨s⟩‖; examples that have the same id at a step add up in its row. Summed over
t and k this is ∂L/∂E, row by row what its uses gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.bptt.backward import Gradients
from core.bptt.forward import Tape
from core.bptt.input_gradients import swept
from core.network.batch import Batch
from core.network.composed import on_embedding
from core.network.network import Network
from core.numerics.frozen import FrozenRecord
from core.numerics.given import array_of
from core.numerics.scaled import Floats, Scaled, freeze


@dataclass(frozen=True, eq=False)
class Embedding(FrozenRecord):
    """A matrix E (V, n_x), of which row i is what the network reads for the id i.

    Raises:
        ValueError: if it is no matrix of finite numbers.

    Runnable example:

        >>> import numpy as np
        >>> import core
        >>> network = core.make_network(core.Experiment(task="adding", hidden_size=3))  # reads n_x = 2 numbers
        >>> embedding = core.Embedding([[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6]])
        >>> ids = np.array([[0], [2], [2], [1]])  # (T, B)
        >>> batch = embedding.batch(ids, np.zeros((4, 1, 1)))
        >>> trace = core.run(network=network, batch=batch)
        >>> embedding.gradient(ids, trace.gradients).shape, embedding.log2_norm(ids, trace.tape).shape
        ((3, 2), (4, 4))
    """

    weights: Floats
    """E, of shape (V, n_x): a row of n_x numbers for each of the V ids"""

    def __post_init__(self) -> None:
        weights = array_of(self.weights, "the embedding", np.float64)
        if weights.ndim != 2 or not np.all(np.isfinite(weights)):
            raise ValueError(f"an embedding is a matrix (V, n_x) of finite numbers, got shape {weights.shape}")
        freeze(weights)
        object.__setattr__(self, "weights", weights)

    def inputs(self, ids: ArrayLike) -> Floats:
        """x⟨t⟩ = E[id⟨t⟩], (T, B, n_x).

        Raises:
            ValueError: if the ids are no integers (T, B) in 0 … V − 1.
        """
        return np.asarray(self.weights[self._checked(ids)])

    def batch(self, ids: ArrayLike, targets: ArrayLike, **loss: Any) -> Batch:
        """A batch of the rows of some ids.

        Args:
            ids: (T, B) integers in 0 … V − 1.
            targets: As in `Batch.of`.
            loss: What else `Batch.of` takes: masks, lengths, class weights.
        """
        return Batch.of(self.inputs(ids), targets, **loss)

    def before(self, network: Network) -> Network:
        """The network with this embedding as its lowest layer: it reads ids, and E is a parameter with lags of its own.

        E_1 is (n_x, V), this table transposed; the layers of the network have the next numbers behind their names.

        Args:
            network: Reads n_x numbers, in 7 layers at most.

        Raises:
            ValueError: if it reads another number, or has too many layers.

        Runnable example:

            >>> import numpy as np
            >>> import core
            >>> network = core.make_network(core.Experiment(task="adding", hidden_size=3))
            >>> embedding = core.Embedding([[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6]])
            >>> ids = np.array([[0], [2], [2], [1]])
            >>> batch = embedding.batch_of_ids(ids, np.zeros((4, 1, 1)), names=["the", "cat", "sat"])
            >>> trace = core.run(network=embedding.before(network), batch=batch)
            >>> trace.network.cell.title, trace.gradients["E_1"].shape, trace.lags.log2_norm["E_1"].shape
            ('vanilla RNN with an embedding', (2, 3), (4, 4))
        """
        return on_embedding(self.weights, network)

    def one_hot(self, ids: ArrayLike) -> Floats:
        """x⟨t⟩ that is 1 at the id of step t and 0 elsewhere, (T, B, V): what a network on this embedding reads."""
        rows = self._checked(ids)
        found = np.zeros((*rows.shape, len(self.weights)))
        np.put_along_axis(found, rows[..., np.newaxis], 1.0, axis=2)
        return found

    def batch_of_ids(self, ids: ArrayLike, targets: ArrayLike, *, names: Sequence[str] = (), **loss: Any) -> Batch:
        """A batch of ids for a network on this embedding, see `before`.

        Args:
            ids: (T, B) integers in 0 … V − 1.
            targets: As in `Batch.of`.
            names: What each of the V ids is called: its character or token, which the strip of the explorer shows.
            loss: What else `Batch.of` takes: masks, lengths, class weights.
        """
        return Batch.of(self.one_hot(ids), targets, input_names=names, **loss)

    def gradient(self, ids: ArrayLike, gradients: Gradients) -> Floats:
        """∂L/∂E, (V, n_x): in each row the sum of ∂L/∂x⟨s⟩ over the steps and examples that use it.

        Args:
            ids: Those that the batch was made of.
            gradients: Of a whole backward pass.

        Raises:
            ValueError: if the ids are not those of these gradients' batch.
            OverflowError: if a number is beyond float64.
        """
        rows, at_inputs = self._checked(ids), gradients.scaled_inputs
        self._fits(rows, at_inputs.mantissa.shape)
        level = at_inputs.shared((0, 1, 2))
        found = np.zeros(self.weights.shape)
        np.add.at(found, rows, level.mantissa)
        return Scaled(found, level.exponent.reshape(1, 1)).to_float64("the gradient of the embedding")

    def log2_norm(self, ids: ArrayLike, tape: Tape) -> Floats:
        """log₂ of the norm of the contribution (t, k), (T, T) at [t−1, k], −inf where it is exactly zero.

        Args:
            ids: Those that the batch was made of, (T, B).
            tape: The forward pass of the network on that batch.

        Raises:
            ValueError: if the ids are not those of the tape's batch.
        """
        rows = self._checked(ids)[: len(tape.losses)]
        self._fits(rows, tape.batch.inputs.shape)
        (found,) = swept(tape, slice(None), apart=False, same=same_row(rows))
        return found

    def _checked(self, ids: ArrayLike) -> NDArray[np.intp]:
        rows = array_of(ids, "ids")
        if rows.ndim != 2 or not np.issubdtype(rows.dtype, np.integer):
            raise ValueError(f"ids must be integers (T, B), got {rows.shape} {rows.dtype}")
        if rows.size and (rows.min() < 0 or rows.max() >= len(self.weights)):
            wrong = rows.min() if rows.min() < 0 else rows.max()
            raise ValueError(f"ids must lie in 0 … {len(self.weights) - 1}, got {wrong}")
        return rows.astype(np.intp)

    def _fits(self, rows: NDArray[np.intp], shape: tuple[int, ...]) -> None:
        if (*rows.shape, self.weights.shape[1]) != shape:
            raise ValueError(f"the batch has inputs {shape}, the ids and the embedding would make {rows.shape} rows")


def same_row(ids: NDArray[np.intp]) -> Floats | None:
    """(T, B, B): 1 at [s, i, b] where example b has the same id at step s as example i, the first that has it.

    None where no two examples ever have the same.
    """
    first = np.argmax(ids[:, :, np.newaxis] == ids[:, np.newaxis, :], axis=2)
    if np.array_equal(first, np.broadcast_to(np.arange(ids.shape[1]), ids.shape)):
        return None
    return np.asarray(first[:, np.newaxis, :] == np.arange(ids.shape[1])[:, np.newaxis], dtype=np.float64)
