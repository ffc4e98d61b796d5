"""Matrices whose rows are of very different size: one power of two for each row.

    matrix = diag(2^exponent) · mantissa,  rows of the mantissa of length about 1

A product of k Jacobians has singular values that differ by a factor to the k-th power. In this form they all
keep their digits, through multiplication, QR and down to the singular values themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import FAR_BELOW, Floats, Integers, Scaled, magnitude, power_of_two


@dataclass(frozen=True, eq=False)
class Graded(FrozenRecord):
    """A matrix diag(2^exponent) · mantissa, (m, n): rows with powers of two of their own do not over- or underflow."""

    mantissa: Floats
    """(m, n): the numbers of the rows, without their powers of two"""
    exponent: Integers
    """(m,): the power of two of each row"""

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Which rows are not exactly zero, (m,)."""
        return self.exponent > FAR_BELOW

    @staticmethod
    def scaled_rows(scale: Scaled, rows: Floats) -> Graded:
        """diag(scale) · rows, scale (m,) with an exponent each."""
        return Graded._normalized(scale.mantissa[:, np.newaxis] * rows, scale.exponent)

    @staticmethod
    def plain(matrix: Floats, power: int = 0) -> Graded:
        """A plain matrix times 2^power."""
        return Graded._normalized(matrix, np.full(len(matrix), power, dtype=np.int64))

    @staticmethod
    def identity(n: int) -> Graded:
        """The identity matrix, (n, n), as a graded one."""
        return Graded(np.eye(n), np.zeros(n, dtype=np.int64))

    @staticmethod
    def _normalized(mantissa: Floats, exponent: Integers) -> Graded:
        size = magnitude(mantissa, axis=1)
        alive = mantissa.any(axis=1)
        return Graded(np.ldexp(mantissa, -size), np.where(alive, exponent + size[:, 0], FAR_BELOW))

    def __matmul__(self, right: Graded) -> Graded:
        """The product, each row on the level of its largest term: Σ_j self_ij 2^(e_j) right_j."""
        terms = (self.mantissa != 0) & right.alive
        sizes = np.where(terms, np.frexp(self.mantissa)[1] + right.exponent, FAR_BELOW)
        level = sizes.max(axis=1, initial=FAR_BELOW)
        level = np.where(level == FAR_BELOW, 0, level)
        shift = np.minimum(np.maximum(right.exponent - level[:, np.newaxis], -4200), 4200).astype(np.int32)
        product = np.ldexp(self.mantissa, shift) @ right.mantissa
        return Graded._normalized(product, self.exponent + level)


def sorted_qr(matrix: Graded) -> tuple[Floats, Graded]:
    """Factor a matrix (m, n) = Q R with Q (m, p) orthonormal, R (p, n) graded, p = min(m, n).

    Householder's QR keeps the small rows of the matrix to their own precision if the rows are sorted from
    large to small (Powell & Reid 1969; Cox & Higham 1998).
    """
    order = np.argsort(-matrix.exponent, kind="stable")
    top = int(matrix.exponent[order[0]]) if len(order) else 0
    level = matrix.mantissa[order] * power_of_two(matrix.exponent[order] - top)[:, np.newaxis]
    sorted_q, r = np.linalg.qr(level)
    q = np.empty_like(sorted_q)
    q[order] = sorted_q
    return q, Graded.plain(r, top)


ITERATIONS = 6
"""QR iterations before the singular values are read off."""

REACH = 12
"""Singular values are kept from the middle of a block, which spans 2^REACH."""

MARGIN = 6
"""A block spans 2^MARGIN more at either end, where its values are not kept."""


def singular_values(matrix: Graded) -> Floats:
    """log₂ of the singular values (p,) of a matrix (m, n) of full rank p = min(m, n), the largest first.

    With rows sorted, Mᵀ = R D, R triangular with columns of length about 1 and D = diag(2^e). A QR iteration
    (Rutishauser's LR for MᵀM) replaces R by the triangular factor of D Rᵀ D⁻¹, whose entries are those of Rᵀ made
    smaller: what couples two singular values loses a factor (σ_j/σ_i)² each time. After a few, values that are
    2^MARGIN apart no longer see each other, and ordinary SVDs of overlapping blocks give them to rounding.
    """
    if not len(matrix.exponent):
        return np.empty(0)
    order = np.argsort(-matrix.exponent, kind="stable")
    e = matrix.exponent[order]
    r = _triangle(matrix.mantissa[order].T)
    damping = power_of_two(np.minimum(e[:, np.newaxis] - e, 0))
    sizes = _sizes(r, e)
    for _ in range(ITERATIONS if sizes.min() < sizes.max() - REACH else 0):
        r = _triangle(np.tril(r.T * damping))
    return _by_blocks(r, e)


def _triangle(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.qr(matrix, mode="r"))


def _sizes(r: Floats, e: Integers) -> Floats:
    """log₂ of the diagonal of R diag(2^e), (p,)."""
    with np.errstate(divide="ignore"):
        return np.log2(np.abs(np.diagonal(r))) + e[: len(r)]


def _by_blocks(r: Floats, e: Integers) -> Floats:
    """log₂ of the singular values of a triangular matrix R diag(2^e) in which distant columns are uncoupled."""
    p, sizes = len(r), _sizes(r, e)
    highest, lowest = np.maximum.accumulate(sizes[::-1])[::-1], np.minimum.accumulate(sizes)
    found = np.empty(p)
    done = 0
    while done < p:
        level = highest[done]
        if level == -np.inf:
            found[done:] = level
            break
        start = int(np.argmax(lowest <= level + MARGIN))
        stop = p - int(np.argmax(highest[::-1] >= level - REACH - MARGIN))
        power = int(level)
        block = r[start:stop, start:stop] * np.ldexp(1.0, np.clip(e[start:stop] - power, -1000, 1000))
        with np.errstate(divide="ignore"):
            logs = np.log2(np.linalg.svd(block, compute_uv=False))[done - start :]
        kept = len(logs) if stop == p else max(1, int(np.sum(logs >= level - power - REACH)))
        found[done : done + kept] = logs[:kept] + power
        done += kept
    return found
