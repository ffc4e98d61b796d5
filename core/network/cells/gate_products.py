"""Products of gates and slopes, exact however far a gate saturates.

What a step back multiplies a gradient by is a product such as (1 − z) ⊙ φ'(n) or g ⊙ σ'(i), each factor of which may
be far below float64. In float64 the product is right for a row whose largest number is comfortable. The other rows
are multiplied again with an exponent for every number:

    σ(z) = e^(−|z|) / (1 + e^(−|z|)) for z < 0,  1 / (1 + e^(−z)) else        1 − σ(z) = σ(−z)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.network.activations import ACTIVATIONS, Activation, decaying
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import COMFORT, Floats, Integers, Scaled, comfortable, log2, sums_of_squares
from core.numerics.shaking import Noise

Picked: TypeAlias = NDArray[np.bool_] | slice
"""A choice of rows: a mask or a slice."""

LOGISTIC = ACTIVATIONS["sigmoid"]
"""σ, what a gate is made with."""

GATE_FUNCTIONS = ("sigmoid", "hard-sigmoid", "hard-sigmoid-keras2")
"""What σ may be: names of activations with σ(z) + σ(−z) = 1"""

SIGMA = {"sigmoid": "σ", "hard-sigmoid": "hσ", "hard-sigmoid-keras2": "hσ"}
"""How they are written in equations"""

GATES_TOLD = {"sigmoid": "", "hard-sigmoid": ", hard gates", "hard-sigmoid-keras2": ", hard gates of Keras 2"}
"""What a cell's title says of them"""


@dataclass(frozen=True, eq=False)
class ExactFactor(FrozenRecord):
    """Numbers (R, n) in float64, and a function that gives the same with a power of two each."""

    plain: Floats
    """(R, n); 0 where they are too small for float64"""
    argument: Floats
    """(R, n): what they are made from"""
    function: Callable[[Floats], Scaled]
    """Argument → mantissas near 1, or 0, and exponents, both of its shape"""
    terms: Floats | None = None
    """(R, n), where a number is a difference: the size of its terms, which its rounding is relative to"""

    def shaken(self, noise: Noise) -> ExactFactor:
        """This factor with errors, relative to the terms of its differences; one without differences stays as it is."""
        return self if self.terms is None else numbers(self.plain + noise(self.plain.shape) * self.terms)

    def exact(self, rows: Picked) -> Scaled:
        """Some rows, an exponent a number."""
        return self.function(self.argument[rows])

    def at(self, rows: slice) -> ExactFactor:
        """The numbers of some rows, as a factor of its own."""
        terms = None if self.terms is None else self.terms[rows]
        return ExactFactor(self.plain[rows], self.argument[rows], self.function, terms)

    def by_unit(self) -> ExactFactor:
        """Every number as a row of its own, (R·n, 1)."""
        return ExactFactor(self.plain.reshape(-1, 1), self.argument.reshape(-1, 1), self.function)


def numbers(values: Floats) -> ExactFactor:
    """A factor of plain numbers (R, n) within float64."""
    return ExactFactor(values, values, _parted)


def difference(of: Floats, less: Floats) -> ExactFactor:
    """`of` − `less`, two arrays of plain numbers (R, n)."""
    values = of - less
    return ExactFactor(values, values, _parted, np.maximum(np.abs(of), np.abs(less)))


def slopes(activation: Activation, z: Floats, value: Floats | None = None) -> ExactFactor:
    """φ'(z); quicker where φ(z) is known and given as `value`."""
    return ExactFactor(activation.derivative(z, value), z, activation.unit_derivative)


def gates(z: Floats, function: Activation = LOGISTIC) -> ExactFactor:
    """σ(z); 1 − σ(z) is `gates(-z)`. The function is the logistic one, or another with σ(z) + σ(−z) = 1."""
    if function is LOGISTIC:
        return ExactFactor(LOGISTIC.value(z), z, _exact_gate)
    return numbers(function.value(z))


def log2_gate(z: Floats, function: Activation = LOGISTIC) -> Floats:
    """log₂ σ(z), −inf where a gate is shut to exactly 0."""
    return -np.logaddexp(0.0, -z) / np.log(2.0) if function is LOGISTIC else log2(function.value(z))


def _parted(values: Floats) -> Scaled:
    mantissa, exponent = np.frexp(values)
    return Scaled(mantissa, exponent.astype(np.int64))


def _exact_gate(z: Floats) -> Scaled:
    mantissa, exponent = decaying(np.maximum(-z, 0.0))
    return Scaled(mantissa / (1.0 + np.exp(-np.abs(z))), exponent)


def product(factors: Sequence[ExactFactor]) -> Scaled:
    """The product (R, n), one canonical exponent per row, (R, 1)."""
    with np.errstate(over="ignore", under="ignore"):
        plain = reduce(np.multiply, (factor.plain for factor in factors))
    exponent = np.zeros((len(plain), 1), dtype=np.int64)
    if comfortable(sums_of_squares(plain), plain.size):
        return Scaled(plain, exponent)
    largest = np.max(np.abs(plain), axis=-1)
    out = ~((largest >= 2.0**-COMFORT) & (largest <= 2.0**COMFORT))
    if out.any():
        rows = _unit_product(factors, out).shared(axis=-1).normalized(axis=-1)
        plain = plain.copy() if len(factors) == 1 else plain
        plain[out], exponent[out] = rows.mantissa, rows.exponent
    return Scaled(plain, exponent)


def row_product(factors: Sequence[ExactFactor], row: int | slice, noise: Noise | None = None) -> Scaled:
    """The product of one row, (n,), or of several (R, n), a canonical exponent per unit.

    With errors in its differences if noise is given.
    """
    parts = [factor.at(row if isinstance(row, slice) else slice(row, row + 1)) for factor in factors]
    if noise is not None:
        parts = [part.shaken(noise) for part in parts]
    units = product([part.by_unit() for part in parts])
    shape = parts[0].plain.shape if isinstance(row, slice) else (-1,)
    return Scaled(units.mantissa.reshape(shape), units.exponent.reshape(shape))


def _unit_product(factors: Sequence[ExactFactor], rows: Picked) -> Scaled:
    """The product of some rows, an exponent a number."""
    parts = [factor.exact(rows) for factor in factors]
    mantissa = reduce(np.multiply, (part.mantissa for part in parts))
    exponent: Integers = reduce(np.add, (part.exponent for part in parts))
    return Scaled(mantissa, exponent)
