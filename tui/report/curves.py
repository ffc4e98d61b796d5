"""The two curves of a lag profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.bptt.lag_profile import LagProfile
    from core.numerics.scaled import Floats

Curve: TypeAlias = Literal["typical", "summed"]
"""typical: the mean over losses of the log norm, a typical loss's share. summed: the norm of the sum over losses,
what an optimizer sees."""


def losses_told(lags: LagProfile, names: Sequence[str], curve: Curve, lag: int) -> str:
    """Over how many losses a curve is taken at a lag: `50 losses`, or `49 of 50 losses` where zeros are left out.

    Args:
        lags: The profile.
        names: Which parameters, or groups of them, are told; `49–50 losses` where they differ.
        curve: A mean leaves exact zeros out, a sum leaves out none.
        lag: k.
    """
    there = int(lags.losses[lag])
    counts = {there} if curve == "summed" else {int(lags.averaged(name)[lag]) for name in names}
    if len(counts) > 1:
        return f"{min(counts)}–{max(counts)} losses"
    few = f"{min(counts)} of " if counts and counts != {there} else ""
    return f"{few}{there} loss{'es' if few or there != 1 else ''}"


def log2_curve(lags: LagProfile, name: str, curve: Curve) -> Floats:
    """One group's curve, (T,) at [k]: log₂ of its typical or summed contribution, −inf where there is none."""
    return lags.typical(name) if curve == "typical" else lags.log2_summed[name]
