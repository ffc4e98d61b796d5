"""The step back of cells whose state is a⟨s⟩ and nothing else.

Every delta is the gradient at the state times a coefficient, and the state before is reached through the matrices
and, where the cell has one, by a direct path that no matrix is on:

    δ_j⟨s⟩ = K_j⟨s⟩ ⊙ ∂L/∂a⟨s⟩        ∂L/∂a⟨s−1⟩ = C⟨s⟩ ⊙ ∂L/∂a⟨s⟩ + Σ_j W_jᵀ δ_j⟨s⟩
    ∂a⟨s⟩/∂a⟨s−1⟩ = diag C⟨s⟩ + Σ_j diag K_j⟨s⟩ W_j

Dense matrices mix the units at every step, so that none can fall 2^1000 behind the others and matter again: they
share a power of two. Diagonal ones (the identity initializer, a gain of 0) never mix them, and each unit has its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.network.cells.gate_products import ExactFactor, product, row_product
from core.network.cells.protocol import Jacobian, JointLinearization, Linearization
from core.numerics.frozen import FrozenRecord
from core.numerics.rows import Number, in_turn, times
from core.numerics.scaled import FAR_BELOW, Floats, Integers, Scaled, magnitude, power_of_two, shift
from core.numerics.shaking import Noise
from core.numerics.side_by_side import joined

FAR_FROM_SINGULAR = 2.0**20
"""A matrix of a larger condition loses more than rounding where it is multiplied many times."""

_NO_POWER = np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Term(FrozenRecord):
    """One pre-activation: the factors of K_j (T·B, n each), and the matrix W_j through which it reads the state."""

    factors: Sequence[ExactFactor]
    matrix: Floats | None
    """(n, n), one per step (T, n, n), or one for each of N networks in turn (N, n, n); None if it does not read the
    state"""
    by_step: bool = False
    """Whether the matrices are one per step"""


def linear(terms: Mapping[str, Term], direct: Sequence[ExactFactor] = ()) -> Linearization:
    """The step back of these pre-activations, and of a direct path with the factors of C."""
    matrices = [term.matrix for term in terms.values() if term.matrix is not None]
    if all(np.count_nonzero(w) == np.count_nonzero(np.diagonal(w, axis1=-2, axis2=-1)) for w in matrices):
        return DiagonalStep(terms, direct)
    return DenseStep(terms, direct)


class DenseStep(JointLinearization):
    """Matrices of any kind: the units share a power of two."""

    def __init__(self, terms: Mapping[str, Term], direct: Sequence[ExactFactor]) -> None:
        self._terms, self._direct = terms, direct
        self.deltas = tuple(terms)
        found = {name: product(term.factors) for name, term in terms.items()}
        count, self.size = next(iter(found.values())).mantissa.shape
        self.width, self.delta_widths = self.size, dict.fromkeys(terms, self.size)
        self.delta_exponents = {name: exponents(coefficient) for name, coefficient in found.items()}
        self._coefficients = {name: coefficient.mantissa for name, coefficient in found.items()}
        self._weights = {
            name: Scaled.canonical(term.matrix, axis=(-2, -1))
            for name, term in terms.items()
            if term.matrix is not None
        }
        self._readers = tuple(self._weights)
        matrices = [w.mantissa for w in self._weights.values()]
        self._matrix = matrices[0] if len(matrices) == 1 else np.concatenate(matrices, axis=-2)
        by_step = any(term.by_step for term in terms.values())
        self._examples = count // len(self._matrix) if by_step else 0
        ways = {
            name: Scaled(found[name].mantissa, found[name].exponent + self._of_rows(w.exponent, count))
            for name, w in self._weights.items()
        }
        carry = product(direct) if direct else None
        if carry is not None:
            ways[""] = carry
        self.previous_exponent, self._scales = leveled(ways)
        self._carry = None if carry is None else carry.mantissa * self._scales.pop("", 1.0)
        alone = len(found) == 1 and self._readers and carry is None and not self._scales and not self._examples
        self._only = next(iter(terms)) if alone else None
        self._product = np.dot if self._matrix.ndim == 2 else times

    def _of_rows(self, exponent: Integers, count: int) -> Integers:
        """A matrix's power of two, (1, 1), or that of each step or network for every row, (count, 1)."""
        powers = exponent.reshape(-1)
        if len(powers) == 1:
            return powers[:, np.newaxis]
        return _for_rows(powers, count, self._examples > 0)[:, np.newaxis]

    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        """Vector–Jacobian product of one or several steps: every delta, and the gradient one step before."""
        if self._only is not None:
            # The vanilla cell, at every lag: nothing but its two products.
            delta = deltas[self._only]
            np.multiply(self._coefficients[self._only][rows], gradient, out=delta)
            self._product(delta, self._matrix, out=previous)
            return
        for name, coefficient in self._coefficients.items():
            np.multiply(coefficient[rows], gradient, out=deltas[name])
        made = {name: deltas[name] * self._scales[name][rows] for name in self._readers} if self._scales else deltas
        if self._examples:
            shape = (-1, min(self._examples, len(gradient)), self.size)
            steps = slice(rows.start // self._examples, (rows.stop - 1) // self._examples + 1)
            np.matmul(made[self._readers[0]].reshape(shape), self._matrix[steps], out=previous.reshape(shape))
        else:
            times(joined(made, self._readers), self._matrix, out=previous)
        if self._carry is not None:
            previous += self._carry[rows] * gradient

    def pull_all(
        self, injected: Floats, rows: slice, gradient: Floats, deltas: Mapping[str, Floats], passed: Floats
    ) -> None:
        """Vector–Jacobian products of a stretch of steps in one loop, each fed by the one after it."""
        if self._only is None:
            super().pull_all(injected, rows, gradient, deltas, passed)
            return
        coefficients = self._coefficients[self._only][rows].reshape(gradient.shape)
        by_step = (injected, passed[1:], gradient, coefficients, deltas[self._only], passed[:-1])
        for put_in, carried, here, coefficient, delta, previous in zip(*(x[::-1] for x in by_step), strict=True):
            np.add(put_in, carried, here)
            np.multiply(coefficient, here, delta)
            self._product(delta, self._matrix, previous)

    @cached_property
    def robust(self) -> bool:
        """Whether there is one way back, no slope of exactly 0, and a W of condition `FAR_FROM_SINGULAR` at most."""
        return bool(self.robust_of(1)[0])

    def robust_of(self, count: int) -> NDArray[np.bool_]:
        """Whether each of so many networks is `robust`, (count,)."""
        if self._direct or len(self._weights) != 1:
            return np.zeros(count, dtype=bool)
        ((name, w),) = self._weights.items()
        condition = np.linalg.cond(w.mantissa).reshape(-1, count).max(axis=0)
        steep = np.all(self._coefficients[name].reshape(-1, count, self.size) != 0.0, axis=(0, 2))
        return np.asarray((condition <= FAR_FROM_SINGULAR) & steep)

    def jacobian(self, row: int, noise: Noise | None = None) -> Jacobian:
        """∂a⟨s⟩/∂a⟨s−1⟩ of one row, (n, n), its rows on levels of their own."""
        return self._jacobian(row, noise)

    def jacobians(self, rows: slice, noise: Noise | None = None) -> Jacobian:
        """The Jacobians of one row of each of several networks, side by side."""
        return self._jacobian(rows, noise)

    def _jacobian(self, row: int | slice, noise: Noise | None) -> Jacobian:
        parts = []
        for name, w in self._weights.items():
            coefficient = row_product(self._terms[name].factors, row, noise)
            matrix, power = w.mantissa, w.exponent.reshape(-1, 1)
            if not isinstance(row, slice):
                one = row // self._examples if self._examples else row % len(power)
                matrix, power = matrix.reshape(-1, *matrix.shape[-2:])[one], power[one]
            parts.append((Scaled(coefficient.mantissa, coefficient.exponent + power), matrix))
        if self._direct:
            parts.append((row_product(self._direct, row, noise), np.eye(self.size)))
        return graded_sum(parts, noise)

    def reading(self, row: int, matrices: Mapping[str, Floats], noise: Noise | None = None) -> Jacobian:
        """Σ_j diag K_j M_j of one row, (n, m), its rows on levels of their own."""
        return read_by(self._terms, row, matrices, noise)


class DiagonalStep(Linearization):
    """Diagonal matrices: every unit has its own power of two, and ∂a⟨s⟩/∂a⟨s−1⟩ is one number for each."""

    width = 1

    def __init__(self, terms: Mapping[str, Term], direct: Sequence[ExactFactor]) -> None:
        self._terms, self._direct = terms, direct
        self.deltas, self.delta_widths = tuple(terms), dict.fromkeys(terms, 1)
        found = {name: _by_unit(term.factors) for name, term in terms.items()}
        count, self.size = next(iter(terms.values())).factors[0].plain.shape
        self.delta_exponents = {name: exponents(coefficient) for name, coefficient in found.items()}
        self._coefficients = {name: coefficient.mantissa for name, coefficient in found.items()}
        diagonals = {
            name: Scaled.canonical(_diagonal(term.matrix, count, term.by_step).reshape(-1, 1), axis=1)
            for name, term in terms.items()
            if term.matrix is not None
        }
        self._diagonals = diagonals
        parts = [_by_unit(direct)] if direct else []
        parts += [_times(found[name], diagonal) for name, diagonal in diagonals.items()]
        whole = parts[0]
        for part in parts[1:]:
            whole = (whole + part).normalized(axis=1)
        self._only, self._after = None, whole.mantissa
        if len(parts) == 1 and diagonals:
            # With a single way back it goes through the delta, as it would through a matrix.
            ((self._only, diagonal),) = diagonals.items()
            self._after = diagonal.mantissa
            whole = Scaled(whole.mantissa, found[self._only].exponent + diagonal.exponent)
        self.previous_exponent = exponents(whole)
        self._whole, self._unit = whole, np.eye(self.size)

    @property
    def robust(self) -> bool:
        """Where there is one way back and no sum: then nothing is rounded but the numbers themselves."""
        return len(self._diagonals) + bool(self._direct) == 1

    def pull_into(self, gradient: Floats, rows: slice, deltas: Mapping[str, Floats], previous: Floats) -> None:
        """Vector–Jacobian product of one or several steps: a product per unit."""
        for name, coefficient in self._coefficients.items():
            np.multiply(coefficient[rows], gradient, out=deltas[name])
        np.multiply(self._after[rows], gradient if self._only is None else deltas[self._only], out=previous)

    def jacobian(self, row: int, noise: Noise | None = None) -> Jacobian:
        """∂a⟨s⟩/∂a⟨s−1⟩ of one row: diagonal."""
        units = slice(row * self.size, (row + 1) * self.size)
        if self.robust:
            return Jacobian(Scaled(self._whole.mantissa[units, 0], self._whole.exponent[units, 0]), self._unit)
        parts = []
        for name, diagonal in self._diagonals.items():
            coefficient = row_product(self._terms[name].factors, row, noise)
            own = Scaled(diagonal.mantissa[units, 0], diagonal.exponent[units, 0])
            parts.append((_times(coefficient, own), self._unit))
        if self._direct:
            parts.append((row_product(self._direct, row, noise), self._unit))
        return graded_sum(parts, noise)

    def reading(self, row: int, matrices: Mapping[str, Floats], noise: Noise | None = None) -> Jacobian:
        """Σ_j diag K_j M_j of one row, (n, m), its rows on levels of their own."""
        return read_by(self._terms, row, matrices, noise)


def read_by(terms: Mapping[str, Term], row: int, matrices: Mapping[str, Floats], noise: Noise | None) -> Jacobian:
    """Σ_j diag K_j M_j of one row of the trajectory, (n, m)."""
    parts = []
    for name, matrix in matrices.items():
        w = Scaled.canonical(matrix)
        coefficient = row_product(terms[name].factors, row, noise)
        parts.append((Scaled(coefficient.mantissa, coefficient.exponent + int(w.exponent.item())), w.mantissa))
    return graded_sum(parts, noise)


def graded_sum(parts: Sequence[tuple[Scaled, Floats]], noise: Noise | None = None) -> Jacobian:
    """Σ diag(scale) · rows, each row of the sum on a level of its own, that of its largest number.

    Args:
        parts: Scales (…, m) and rows (…, m, n) of each term.
        noise: Errors to put into the scales.
    """
    if noise is not None:
        parts = [(_times(scale, Scaled(1.0 + noise(scale.mantissa.shape), _NO_POWER)), rows) for scale, rows in parts]
    if len(parts) == 1:
        return Jacobian(*parts[0])
    levels = np.stack([np.where(scale.mantissa != 0, scale.exponent, FAR_BELOW) for scale, _ in parts])
    level = levels.max(axis=0)
    level = np.where(level == FAR_BELOW, 0, level)
    total = np.sum(
        [shift(scale.mantissa, scale.exponent - level)[..., np.newaxis] * rows for scale, rows in parts], axis=0
    )
    size = magnitude(total, axis=-1)
    scale = Scaled(total.any(axis=-1).astype(np.float64), level + size[..., 0])
    pattern = np.any([(scale.mantissa != 0)[..., np.newaxis] & (rows != 0) for scale, rows in parts], axis=0)
    return Jacobian(scale, shift(total, -size), pattern)


def exponents(values: Scaled) -> Integers | None:
    """The exponents of rows, (R,); None if all are 0."""
    return values.exponent[:, 0] if np.any(values.exponent) else None


def leveled(ways: Mapping[str, Scaled]) -> tuple[Integers | None, dict[str, Floats]]:
    """The largest power of two of each row among several, and what brings each to it, (R, 1).

    None and {} where all are 0 already.
    """
    if not any(np.any(way.exponent) for way in ways.values()):
        return None, {}
    if len(ways) == 1:
        return next(iter(ways.values())).exponent[:, 0], {}
    levels = {
        name: np.where(way.mantissa.any(axis=1, keepdims=True), way.exponent, FAR_BELOW) for name, way in ways.items()
    }
    highest = np.max(np.stack(list(levels.values())), axis=0)
    highest = np.where(highest == FAR_BELOW, 0, highest)
    return highest[:, 0], {name: power_of_two(level - highest) for name, level in levels.items()}


def _by_unit(factors: Sequence[ExactFactor]) -> Scaled:
    """A product with one canonical exponent per unit, as rows of one number."""
    return product([factor.by_unit() for factor in factors])


def _diagonal(matrix: Floats, rows: int, by_step: bool) -> Floats:
    """The diagonal of a matrix, or of one per step or network, for every row (rows, n)."""
    diagonal = np.diagonal(matrix, axis1=-2, axis2=-1)
    return _for_rows(diagonal.reshape(-1, diagonal.shape[-1]), rows, by_step)


def _for_rows(values: NDArray[Number], rows: int, by_step: bool) -> NDArray[Number]:
    """What each step has for all of its rows, or each network for the rows that are its own in turn."""
    return np.repeat(values, rows // len(values), axis=0) if by_step else in_turn(values, rows)


def _times(one: Scaled, other: Scaled) -> Scaled:
    return Scaled(one.mantissa * other.mantissa, one.exponent + other.exponent)
