"""Sums of outer products δ uᵀ at any scale: their norms one by one, and their sum.

A parameter's gradient is a sum of δ⟨s⟩ u⟨s⟩ᵀ, u being what the parameter reads. The norm of one needs no
matrix: ‖δ uᵀ‖ = ‖δ‖ ‖u‖ for one example, and for a batch of B

    ‖Dᵀ U‖_F = ‖R D‖_F        D (B, n), U (B, n_u), Uᵀ = Q R with QᵀQ = I

where R (min(B, n_u), B) is computed once for each step: B² n flops instead of B n n_u, and unlike the two
Gram matrices of Σ (D Dᵀ) ∘ (U Uᵀ) it loses nothing where the examples cancel. All sources of one delta are
laid side by side, so that one product serves all the parameters that share the delta.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import as_strided

from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import (
    COMFORT,
    FAR_BELOW,
    SAFE,
    Floats,
    Integers,
    Scaled,
    log2,
    log2_norms,
    power_of_two,
    sums_of_squares,
)

MOST_LAGS = 32
"""Lags that one block of rows may reach back over."""


@dataclass(frozen=True, eq=False)
class SummedProduct(FrozenRecord):
    """Σ δ uᵀ of one parameter, mantissas (n, n_u) and one power of two."""

    name: str
    mantissa: Floats
    power: int


class Sources:
    """What the parameters that share a delta read, at every step and example: T·B rows in that order."""

    def __init__(self, sources: Mapping[str, Floats], examples: int) -> None:
        """Lay the sources side by side.

        Args:
            sources: Parameter → what it reads at every step, (T, B, n_u).
            examples: B.
        """
        self.examples = examples
        columns = {name: _Column(values) for name, values in sources.items()}
        self._columns = columns
        self.names = tuple(columns)
        easy = {name: column for name, column in columns.items() if column.easy}
        hard = {name: column for name, column in columns.items() if not column.easy}
        self._apart = [
            *([StackedSources.of(easy, examples)] if easy else []),
            *(StackedSources.of({n: c}, examples) for n, c in hard.items()),
        ]
        plain = all(column.exponent is None for column in columns.values())
        self._together = [StackedSources.of(columns, examples)] if plain and hard else self._apart

    def named(self, names: Sequence[str]) -> Self:
        """These sources, read by parameters of other names: nothing of them is made or held a second time.

        Args:
            names: A new name for each parameter, in the order of the sources.
        """
        found, to = copy(self), dict(zip(self.names, names, strict=True))
        found.names = tuple(names)
        found._columns = {to[name]: column for name, column in self._columns.items()}
        found._apart = [stack.named(to) for stack in self._apart]
        found._together = found._apart if self._together is self._apart else [s.named(to) for s in self._together]
        return found

    def log2_rows(self, name: str) -> Floats:
        """log₂ ‖u‖ of what a parameter reads, (T·B,)."""
        return self._columns[name].log2_rows

    def width(self, name: str) -> int:
        """n_u, how many numbers a parameter reads."""
        return int(self._columns[name].values.shape[1])

    def norms(self, delta: Floats, exponent: Integers | None, rows: slice) -> dict[str, Floats]:
        """log₂ ‖Σ_b δ_b u_bᵀ‖_F for each group of B rows, by parameter, (m,).

        Args:
            delta: (m·B, n), each row 0 or within 2^±400.
            exponent: Its powers of two, (m·B,); None if they are all 0.
            rows: Which T·B rows the groups stand at.
        """
        if self.examples == 1:
            own = log2(np.vecdot(delta, delta)) / 2
            if exponent is not None:
                own += exponent
            return {name: own + self.log2_rows(name)[rows] for name in self.names}
        found: dict[str, Floats] = {}
        for stack in self._together if exponent is None else self._apart:
            found.update(stack.norms(delta, exponent, rows))
        return found

    def sums(self, delta: Floats, exponent: Integers | None, rows: slice) -> Iterator[SummedProduct]:
        """Σ over rows of δ uᵀ, parameter by parameter; the arguments of `norms`."""
        for stack in self._together if exponent is None else self._apart:
            yield from stack.sums(delta, exponent, rows)

    def each(self, delta: Floats, exponent: Integers | None, rows: slice) -> Iterator[tuple[str, Scaled]]:
        """Σ_b δ_b u_bᵀ of each group of B rows by itself, (m, n, n_u) with exponents (m, 1, 1), parameter by parameter.

        The arguments are those of `norms`.
        """
        for name, column in self._columns.items():
            part, high = delta, np.zeros(len(delta) // self.examples, dtype=np.int64)
            if exponent is not None or column.exponent is not None:
                powers = column.powers(delta, exponent, rows).reshape(-1, self.examples)
                high = powers.max(axis=1)
                high[high == FAR_BELOW] = 0
                part = delta * power_of_two(powers - high[:, np.newaxis]).reshape(-1, 1)
            blocks = part.reshape(-1, self.examples, part.shape[1]).transpose(0, 2, 1)
            product = blocks @ column.values[rows].reshape(-1, self.examples, column.values.shape[1])
            yield name, Scaled.canonical(product, high[:, np.newaxis, np.newaxis], axis=(1, 2))

    def running_log2_norms(self, delta: Floats, exponent: Integers | None) -> dict[str, Floats]:
        """log₂ ‖Σ_{r ≥ s} δ⟨r⟩ u⟨r⟩ᵀ‖_F for every step s, by parameter, (T,).

        Args:
            delta: (T·B, n), each row 0 or within 2^±400.
            exponent: Its powers of two, (T·B,); None if they are all 0.
        """
        columns = self._columns.items()
        return {name: _running(column, self.examples, delta, exponent, self.pulled_back) for name, column in columns}

    @property
    def separable(self) -> bool:
        """Whether a contribution is δ uᵀ itself, so that of one example its norm is ‖δ‖ ‖u‖."""
        return True

    def pulled_back(self, matrices: Floats) -> Floats:
        """What a parameter gets of gradients Σ δ uᵀ, (…, n, n_u)."""
        return matrices

    def stacks(self, plain: bool) -> Sequence[StackedSources]:
        """The sources side by side; those that need care by themselves, unless the deltas are plain float64."""
        return self._together if plain else self._apart


class _Column:
    """One source: mantissas (T·B, n_u), an exponent for each row."""

    def __init__(self, values: Floats) -> None:
        self.values = values.reshape(-1, values.shape[-1])
        self.exponent: Integers | None = None
        """(T·B,); None if all are 0"""
        self._squares = sums_of_squares(self.values)[:, 0]
        out = ~((self._squares <= 4.0**COMFORT) & (self._squares >= 4.0**-COMFORT))
        self.easy = not out.any()
        """Whether no row is zero or needs a power of two: then only the deltas decide what is large."""
        if not self.easy and self.values[out].any():
            rows = Scaled.canonical(self.values, axis=1)
            self.values, self.exponent = rows.mantissa, rows.exponent[:, 0] if rows.exponent.any() else None
            self._squares = np.vecdot(self.values, self.values)

    @cached_property
    def log2_rows(self) -> Floats:
        """log₂ ‖u‖ of every row, (T·B,)."""
        logs = log2(self._squares) / 2
        return logs if self.exponent is None else logs + self.exponent

    def powers(self, delta: Floats, exponent: Integers | None, rows: slice) -> Integers:
        """The power of two of each row's product with delta, (m·B,); FAR_BELOW where either factor is zero."""
        powers = np.zeros(len(delta), dtype=np.int64) if exponent is None else exponent
        return self.with_reads(np.where(delta.any(axis=1), powers, FAR_BELOW), rows)

    def with_reads(self, powers: Integers, rows: slice) -> Integers:
        """Powers of two of deltas made those of products; FAR_BELOW stays, or where what is read is zero."""
        if self.exponent is not None:
            powers = np.where(powers == FAR_BELOW, FAR_BELOW, powers + self.exponent[rows])
        return powers if self.easy else np.where(self._squares[rows] == 0, FAR_BELOW, powers)


class _Stack:
    """Several sources side by side, whoever reads them: what is made of them, once."""

    def __init__(self, parts: Sequence[_Column], examples: int) -> None:
        self._parts, self._examples = parts, examples

    @cached_property
    def values(self) -> Floats:
        """The sources side by side, (T·B, w)."""
        parts = [part.values for part in self._parts]
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    @cached_property
    def padded(self) -> Floats:
        """The sources after as many rows of zeros as the lags of a block reach back before the first step."""
        return np.concatenate([np.zeros((MOST_LAGS * self._examples, self.values.shape[1])), self.values])

    @cached_property
    def reduced(self) -> tuple[Floats, list[int]]:
        """R of every step, one source below the other (T, r, B), and where each source starts."""
        parts = [_reduce(c.values.reshape(-1, self._examples, c.values.shape[1])) for c in self._parts]
        starts = [0, *accumulate(part.shape[1] for part in parts)][:-1]
        return np.ascontiguousarray(np.concatenate(parts, axis=1)), starts


class StackedSources:
    """Several sources side by side, so that one product serves all of them."""

    def __init__(self, columns: Mapping[str, _Column], examples: int, stack: _Stack) -> None:
        self._sources, self._examples, self._stack = columns, examples, stack
        parts = list(columns.values())
        # Sources that need care are in a stack of their own, so the first speaks for all.
        self.lead = parts[0]
        self.exponent, self.easy = parts[0].exponent, all(part.easy for part in parts)
        widths = [0, *accumulate(part.values.shape[1] for part in parts)]
        self.columns = [(name, slice(*widths[i : i + 2])) for i, name in enumerate(columns)]

    @classmethod
    def of(cls, columns: Mapping[str, _Column], examples: int) -> StackedSources:
        """Lay sources side by side."""
        return cls(columns, examples, _Stack(tuple(columns.values()), examples))

    def named(self, to: Mapping[str, str]) -> StackedSources:
        """These sources side by side, read by parameters of other names."""
        return StackedSources({to[name]: c for name, c in self._sources.items()}, self._examples, self._stack)

    def windows(self, start: int, lags: int, rows: int) -> Floats:
        """What is read at `rows` rows from `start` on, and a step further back with each lag, (lags, rows, w).

        Zero before the first step, where there are no deltas either.
        """
        if lags == 1:
            return self._stack.values[np.newaxis, start : start + rows]
        padded = self._stack.padded
        row, number = padded.strides
        return as_strided(
            padded[MOST_LAGS * self._examples + start :],
            (lags, rows, padded.shape[1]),
            (-row * self._examples, row, number),
            writeable=False,
        )

    def norms(self, delta: Floats, exponent: Integers | None, rows: slice) -> dict[str, Floats]:
        """log₂ ‖Σ_b δ_b u_bᵀ‖_F for each group of B rows, by parameter, (m,); the arguments of `Sources.norms`."""
        b = self._examples
        reduced, starts = self._stack.reduced
        high: Integers | None = None
        if exponent is not None or self.exponent is not None:
            powers = self.lead.powers(delta, exponent, rows).reshape(-1, b)
            high = powers.max(axis=1)
            high[high == FAR_BELOW] = 0
            delta = delta * power_of_two(powers - high[:, np.newaxis]).reshape(-1, 1)
        product = reduced[rows.start // b : rows.stop // b] @ delta.reshape(-1, b, delta.shape[1])
        logs = log2(np.add.reduceat(np.vecdot(product, product), starts, axis=1).T)
        logs /= 2
        if high is not None:
            logs += high
        return dict(zip(self._sources, logs, strict=True))

    def sums(self, delta: Floats, exponent: Integers | None, rows: slice) -> Iterator[SummedProduct]:
        """Σ over rows of δ uᵀ, parameter by parameter; the arguments of `Sources.norms`."""
        high = 0
        if exponent is not None or self.exponent is not None:
            powers = self.lead.powers(delta, exponent, rows)
            high = int(powers.max(initial=FAR_BELOW))
            high = 0 if high == FAR_BELOW else high
            delta = delta * power_of_two(powers - high)[:, np.newaxis]
        for name, part in self._sources.items():
            yield SummedProduct(name, delta.T @ part.values[rows], high)


def _reduce(sources: Floats) -> Floats:
    """R (T, min(B, n_u), B) with ‖DᵀU‖ = ‖R D‖, from U (T, B, n_u)."""
    transposed = sources.transpose(0, 2, 1)
    if sources.shape[2] <= sources.shape[1]:
        return transposed
    return np.asarray(np.linalg.qr(transposed, mode="r"))


_RUNNING = 1 << 16
"""Numbers of running sums that are held at once, about."""


def _running(
    column: _Column,
    examples: int,
    delta: Floats,
    exponent: Integers | None,
    pulled_back: Callable[[Floats], Floats],
) -> Floats:
    steps, n, n_u = len(delta) // examples, delta.shape[1], column.values.shape[1]
    powers = None
    if exponent is not None or column.exponent is not None:
        powers = column.powers(delta, exponent, slice(0, len(delta)))
    most = max(1, _RUNNING // (n * n_u))
    logs = np.full(steps, -np.inf)
    total, power, stop = np.zeros((n, n_u)), FAR_BELOW, steps
    while stop:
        start = max(0, stop - most)
        common = 0
        if powers is not None:
            # No further back than the sum stays within 2^SAFE of what it is at the first of these steps.
            of_steps = powers[start * examples : stop * examples].reshape(-1, examples).max(axis=1)
            highest = np.maximum(np.maximum.accumulate(of_steps[::-1]), power)
            start = stop - int(np.searchsorted(highest, highest[0] + SAFE, side="right"))
            common = int(highest[stop - start - 1])
            if common == FAR_BELOW:
                stop = start
                continue
        rows = slice(start * examples, stop * examples)
        part = delta[rows]
        if powers is not None:
            part = part * power_of_two(powers[rows] - common)[:, np.newaxis]
            total = total * float(np.ldexp(1.0, max(power - common, -1100)))
        blocks, reads = part.reshape(-1, examples, n), column.values[rows].reshape(-1, examples, n_u)
        sums = np.cumsum((blocks.transpose(0, 2, 1) @ reads)[::-1], axis=0)
        sums += total
        total, power = sums[-1], common
        logs[start:stop] = log2_norms(pulled_back(sums).reshape(stop - start, -1))[::-1] + common
        stop = start
    return logs
