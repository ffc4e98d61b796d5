"""The two curves of a lag profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from core.bptt.lag_profile import LagProfile
    from core.numerics.scaled import Floats

Curve: TypeAlias = Literal["typical", "summed"]
"""typical: the mean over losses of the log norm, a typical loss's share. summed: the norm of the sum over losses,
what an optimiser sees."""


def log2_curve(lags: LagProfile, name: str, curve: Curve) -> Floats:
    """One group's curve, (T,) at [k]: log₂ of its typical or summed contribution, −inf where there is none."""
    return lags.typical(name) if curve == "typical" else lags.log2_summed[name]
