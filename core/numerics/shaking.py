"""Which results of a long computation can be trusted: those that stay when its roundings are made larger.

A computation is repeated with random errors put in wherever it rounds, each some 2^11 times as large as the rounding
itself. A result that only rounding has moved by ε moves by some 2^11 ε then, and what is only rounding, a size that
ought to be smaller or exactly zero, goes up with the errors, by some eleven powers of two. So results that stay within
`STAYS` are right to some thousandth of that, and the others are lost. (Stochastic arithmetic: Vignes 1993; statistical
estimates of condition: Kenney & Laub 1994.) It is evidence and no proof: tests hold it to arithmetic of many digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.numerics.scaled import Floats

Noise: TypeAlias = Callable[[tuple[int, ...]], Floats]
"""Shape → relative errors of that shape, drawn again at every call"""

SIZE = 2.0**-42
"""Standard deviation of the errors: float64 rounds by 2^−53, and a sum or a factorization of n numbers by a few times
√n of that."""

STAYS = 0.01
"""Logarithms that move by no more than this stay."""

REPEATS = 1
"""How often a computation is repeated with errors. Once is enough: what is lost does not move by chance, it goes up."""


def noises() -> list[Noise]:
    """A source of errors for every repetition, the same ones at every call."""

    def source(seed: int) -> Noise:
        rng = np.random.default_rng(seed)
        return lambda shape: SIZE * rng.standard_normal(shape)

    return [source(seed) for seed in range(REPEATS)]


def staying(logs: Floats, shaken: Floats) -> NDArray[np.bool_]:
    """Which logarithms stay in every repetition; two that are −∞ are the same.

    Args:
        logs: Of the plain computation, of any shape.
        shaken: Of the repetitions, one more axis in front.
    """
    with np.errstate(invalid="ignore"):
        near = np.abs(shaken - logs) <= STAYS
    found: NDArray[np.bool_] = np.all(near | (np.isneginf(shaken) & np.isneginf(logs)), axis=0)
    return found
