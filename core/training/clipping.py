"""Gradient clipping, of gradients of any size: also those that are past float64 keep their direction.

norm    g ← g · min(1, c / ‖g‖), ‖g‖ over all parameters together    (Pascanu, Mikolov & Bengio 2013)
value   g_i ← min(max(g_i, −c), c)                                    (Mikolov 2012)
"""

from __future__ import annotations

import numpy as np

from core.numerics.scaled import Floats, Scaled, shift

_NO_POWER = np.zeros(1, dtype=np.int64)


def clip_by_norm(gradient: Scaled, at: float) -> Scaled:
    """Shorten a gradient to a norm of at most `at`, its direction kept."""
    norm = gradient.log2_norm()
    if norm <= np.log2(at):
        return gradient
    size = float(np.linalg.norm(gradient.mantissa))
    return Scaled(gradient.mantissa * (at / size), _NO_POWER)


def clip_by_value(gradient: Scaled, at: float) -> Scaled:
    """The gradient with every entry brought within ±`at`."""
    with np.errstate(over="ignore"):  # what is past float64 is past `at`
        plain: Floats = shift(gradient.mantissa, gradient.exponent)
    return Scaled(np.clip(plain, -at, at), _NO_POWER)


def clip(gradient: Scaled, how: str, at: float) -> Scaled:
    """The gradient clipped by `norm` or by `value`, or with `none` as it is.

    Raises:
        ValueError: if `how` is none of these.
    """
    if how == "none":
        return gradient
    if how == "norm":
        return clip_by_norm(gradient, at)
    if how == "value":
        return clip_by_value(gradient, at)
    raise ValueError(f"clip: {how!r} was given, allowed is none, norm, value")
