"""Rows that belong to several networks in turn, and what each of them multiplies or adds.

N networks of one shape can be computed as one, whose examples are those of all: row r belongs to network r mod N. Then
a matrix is one for each network, (N, n, m), a bias (N, m), and everything that goes row by row stays as it is. Every
network's rows are multiplied by themselves, so that the numbers do not depend on which others are beside them.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.numerics.scaled import Floats

Number = TypeVar("Number", bound=np.generic)


def times(rows: Floats, matrix: Floats, out: Floats | None = None) -> Floats:
    """Multiply rows (…, R, n) by a matrix (n, m), or each by that of its network among (N, n, m): (…, R, m).

    Runnable example:

        >>> times(np.ones((4, 1)), np.array([[[1.0]], [[2.0]]])).tolist()  # of two networks in turn
        [[1.0], [2.0], [1.0], [2.0]]
    """
    if matrix.ndim == 2:
        if rows.ndim == 2:
            return np.matmul(rows, matrix, out=out)
        # As one matrix, as those of each of several networks are: else rows of few examples would be rounded otherwise.
        made = np.matmul(rows.reshape(-1, rows.shape[-1]), matrix)
        return made.reshape(*rows.shape[:-1], made.shape[1])
    count, _, m = matrix.shape
    found = np.empty((*rows.shape[:-1], m)) if out is None else out
    np.matmul(apart(rows, count), matrix, out=apart(found, count))
    return found


def plus(rows: Floats, bias: Floats) -> Floats:
    """Add a bias (m,) to rows (…, R, m), or to each that of its network among (N, m)."""
    if bias.ndim == 1:
        return rows + bias
    return (rows.reshape(-1, *bias.shape) + bias).reshape(rows.shape)


def apart(rows: Floats, count: int) -> Floats:
    """The rows (…, R, n) of each of so many networks by themselves: a view (N, rows of one, n)."""
    return rows.reshape(-1, count, rows.shape[-1]).swapaxes(0, 1)


def in_turn(values: NDArray[Number], rows: int) -> NDArray[Number]:
    """What each network has, (N, …), at every one of so many rows: (rows, …)."""
    return np.concatenate([values] * (rows // len(values)))


def transposed(matrix: Floats) -> Floats:
    """Wᵀ of a matrix, or of each network's."""
    return matrix.swapaxes(-1, -2)
