"""How much each input acts on each loss: the norm of the gradient at the input, for every loss and lag.

    ‖∂L_t/∂x⟨s⟩‖        ∂L_t/∂x⟨s⟩ = Σ_j W_jᵀ δ_{j,t,s} over the parameters j that read x⟨s⟩

All of it comes from the deltas of the lag sweep, each times its input matrix, with the powers of two that they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.bptt.directions import goes_both_ways, looks_ahead, one_direction
from core.bptt.every_step import every_step
from core.bptt.forward import Tape
from core.bptt.lag_sweep import LagSweep, Rows, Tile
from core.bptt.leaf_gradients import InputWeights
from core.network.cells.bidirectional import in_order
from core.numerics.scaled import Floats, Scaled, freeze, log2_norms

HELD = 1 << 22
"""Numbers that the tables of several columns have together, about, where a sweep makes more than one"""


class InputTables:
    """log₂ ‖∂L_t/∂x⟨t−k⟩‖ at [k, t] of a scored stretch of losses, entered tile by tile of a lag sweep."""

    def __init__(
        self,
        tape: Tape,
        first: int,
        last: int,
        columns: slice = slice(None),
        *,
        apart: bool = False,
        same: Floats | None = None,
    ) -> None:
        """Hold the losses of the steps `first` … `last` (from 0); each of the columns by itself if `apart`.

        With `same` (T, B, B) the gradients of examples are added before the norm is taken: row i is the sum of those b
        for which it has a 1 at [s, i, b].
        """
        self._same = same
        self._weights = InputWeights.of(tape.network, columns)
        self._examples, self._steps = tape.batch.inputs.shape[1], len(tape.losses)
        self._first, self._last, self._apart = first, last, apart
        count = len(range(tape.batch.inputs.shape[2])[columns]) if apart else 1
        self._tables = np.full((count, last + 1, last + 1 - first), -np.inf)
        self._plain = all(one.mantissa.ndim == 2 and not one.exponent.any() for one in self._weights.matrices.values())

    def add(self, tile: Tile) -> None:
        """Enter what a tile's deltas give, where it is of the layer that reads x."""
        if not tile.deltas.keys() >= self._weights.matrices.keys():
            return
        rows = {name: tile.deltas[name] for name in self._weights.matrices}
        if self._plain and all(one.exponent is None for one in rows.values()):
            logs = self._plainly(tile, rows)
        else:
            logs = np.stack([self._carefully(tile, rows, j) for j in range(len(tile.squares))], axis=1)
        times = slice(tile.first - self._first, tile.first - self._first + tile.times)
        self._tables[:, tile.lag : tile.lag + len(tile.squares), times] = logs

    def _plainly(self, tile: Tile, rows: Mapping[str, Rows]) -> Floats:
        """log₂ norms (columns or 1, K, m) where neither deltas nor matrices have powers of two."""
        made: Floats | None = None
        for name, one in rows.items():
            here = one.values.reshape(-1, one.values.shape[-1]) @ self._weights.matrices[name].mantissa
            made = here if made is None else np.add(made, here, out=made)
        assert made is not None
        lags, columns = len(tile.squares), made.shape[1]
        if self._same is not None:
            at = np.stack([self._steps_at(tile, j) for j in range(lags)])
            made = self._same[at] @ made.reshape(lags, tile.times, self._examples, columns)
        if not self._apart:
            return log2_norms(made.reshape(lags * tile.times, -1)).reshape(1, lags, tile.times)
        by_column = np.ascontiguousarray(made.T).reshape(-1, self._examples)
        return log2_norms(by_column).reshape(columns, lags, tile.times)

    def _carefully(self, tile: Tile, rows: Mapping[str, Rows], j: int) -> Floats:
        """log₂ norms (columns or 1, m) of a tile's j-th lag, with every power of two, and matrices of each step."""
        at = np.repeat(self._steps_at(tile, j), self._examples)
        deltas = {n: (one.values[j], None if one.exponent is None else one.exponent[j]) for n, one in rows.items()}
        found = self._weights.gradient(deltas, at)
        shape = (tile.times, self._examples, -1)
        axis: int | tuple[int, ...] = 1 if self._apart else (1, 2)
        values = Scaled(found.mantissa.reshape(shape), np.array(found.exponent).reshape(shape))
        if self._same is not None:
            level = values.shared((1, 2))
            values = Scaled(self._same[self._steps_at(tile, j)] @ level.mantissa, level.exponent)
        logs = values.shared(axis).log2_norm(axis)
        return logs.T if self._apart else logs[np.newaxis]

    def _steps_at(self, tile: Tile, j: int) -> NDArray[np.intp]:
        """(m,): at which step, from 0, each loss of a tile stands at its j-th lag; 0 for those that are not there.

        The rows of losses whose step would stand before the first are zero.
        """
        low = tile.first - tile.lag - j
        return np.maximum(np.arange(low, low + tile.times), 0)

    def tables(self) -> list[Floats]:
        """log₂ norms (T, T) at [t−1, k], one table, or one for each column."""
        found = []
        for table in self._tables:
            whole = np.full((self._steps, self._steps), -np.inf)
            whole[self._first : self._last + 1, : self._last + 1] = table.T
            freeze(whole)
            found.append(whole)
        return found


class InputNorms:
    """‖∂L_t/∂x⟨t−k⟩‖ of one tape for every loss and lag: of all inputs together, and of each column of x.

    What is not there yet is made by a lag sweep when it is read.
    """

    def __init__(self, tape: Tape, whole: Floats | None = None) -> None:
        """Know the tape; `whole` is the table of all inputs together, where a sweep has made it already."""
        self._tape, self._whole = tape, whole
        self._columns: dict[int, Floats] = {}

    def __getstate__(self) -> dict[str, object]:
        """The tape; what was made of columns stays behind."""
        return {"_tape": self._tape, "_whole": self._whole, "_columns": {}}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Read-only, as it was."""
        self.__dict__.update(state)
        if self._whole is not None:
            freeze(self._whole)

    @property
    def whole(self) -> Floats:
        """log₂ ‖∂L_t/∂x⟨t−k⟩‖, (T, T) at [t−1, k], −inf where it is exactly zero or there is none."""
        if self._whole is None:
            (self._whole,) = swept(self._tape, slice(None), apart=False)
        return self._whole

    def column(self, column: int) -> Floats:
        """log₂ of the norm over the examples of ∂L_t/∂x_j⟨t−k⟩, (T, T) at [t−1, k].

        Args:
            column: j, from 0: which number of x.

        Raises:
            ValueError: if x has no such column.
        """
        n_x = self._tape.batch.inputs.shape[2]
        if not 0 <= column < n_x:
            raise ValueError(f"x has the columns 0 … {n_x - 1}, got {column}")
        if column not in self._columns:
            stop = min(n_x, column + max(1, HELD // len(self._tape.losses) ** 2))
            found = swept(self._tape, slice(column, stop), apart=True)
            self._columns.update(zip(range(column, stop), found, strict=True))
        return self._columns[column]


def swept(tape: Tape, columns: slice, *, apart: bool, same: Floats | None = None) -> Sequence[Floats]:
    """The tables of a sweep of its own, (T, T) at [t−1, k]; the arguments are those of `InputTables`."""
    scored = np.flatnonzero(np.any(tape.errors != 0.0, axis=(1, 2)))
    if not scored.size:
        count = len(range(tape.batch.inputs.shape[2])[columns]) if apart else 1
        nothing = np.full((len(tape.losses),) * 2, -np.inf)
        freeze(nothing)
        return [nothing] * count
    if goes_both_ways(tape.network):
        found = [both.back for both in every_step(tape).inputs(columns, apart=apart, same=same)]
        freeze(*found)
        return found
    if looks_ahead(tape.network):
        return _of_both_directions(tape, columns, apart, same)
    first, last = int(scored[0]), int(scored[-1])
    tables = InputTables(tape, first, last, columns, apart=apart, same=same)
    for tile in LagSweep(tape, first, last):
        tables.add(tile)
    return tables.tables()


def _of_both_directions(tape: Tape, columns: slice, apart: bool, same: Floats | None) -> Sequence[Floats]:
    """The lags k ≥ 0 of a bidirectional network: back through the forward direction, and at lag 0 through both."""
    at_zero: Scaled | None = None
    for at in (0, 1):
        own = one_direction(tape, at)
        steps, examples, n = own.errors.shape
        pulled = own.linearization.pull(own.network.injected(own.errors.reshape(-1, n)), slice(0, steps * examples))
        deltas = {name: (delta, pulled.delta_exponents[name][:, 0]) for name, delta in pulled.deltas.items()}
        rows = np.repeat(np.arange(steps), examples)
        here = InputWeights.of(own.network, columns).gradient(deltas, rows)
        shape = (steps, examples, -1)
        whole = Scaled(in_order(here.mantissa.reshape(shape), at), in_order(np.array(here.exponent).reshape(shape), at))
        at_zero = whole if at_zero is None else at_zero + whole
    assert at_zero is not None
    if same is not None:
        level = at_zero.shared((1, 2))
        at_zero = Scaled(same @ level.mantissa, level.exponent)
    axis: int | tuple[int, ...] = 1 if apart else (1, 2)
    logs = at_zero.shared(axis).log2_norm(axis)
    found = [table.copy() for table in swept(one_direction(tape, 0), columns, apart=apart, same=same)]
    for table, norms in zip(found, logs.T if apart else logs[np.newaxis], strict=True):
        table[:, 0] = norms
        freeze(table)
    return found
