"""The curves of a lag profile: over all losses, or of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.bptt.lag_profile import LagProfile
    from core.numerics.scaled import Floats

OverLosses: TypeAlias = Literal["typical", "summed"]
"""typical: the mean over losses of the log norm, a typical loss's share. summed: the norm of the sum over losses,
what an optimizer sees."""

Curve: TypeAlias = OverLosses | int
"""Over all losses, typical or summed; or an int t, the one loss L_t"""

ALL_LOSSES = "all losses"

INPUT = "x"
"""The line of the gradient at the input, ‖∂L_t/∂x⟨t−k⟩‖, among those of the parameters"""

FEW_NAMES = 4
"""Up to so many columns each of their numbers of losses is told"""


def losses_named(loss: int | None) -> str:
    """Which losses, the same words everywhere: `L_50`, or `all losses` for None."""
    return ALL_LOSSES if loss is None else f"L_{loss}"


def losses_told(lags: LagProfile, names: Sequence[str], curve: Curve, lag: int) -> str:
    """Over how many losses a curve is taken at a lag: `50 losses`, or `49 of 50 losses` where zeros are left out.

    Args:
        lags: The profile.
        names: Which parameters, or groups of them, are told; `49–50 losses` where they differ.
        curve: A mean leaves exact zeros out, a sum leaves out none; that of one loss is `L_50`.
        lag: k.
    """
    if isinstance(curve, int):
        return losses_named(curve)
    there = max((int(lags.losses_of(name)[lag]) for name in names), default=int(lags.losses[lag]))
    counts = {there} if curve == "summed" else {averaged_over(lags, name, lag) for name in names}
    if len(counts) > 1:
        return f"{min(counts)}–{max(counts)} losses"
    few = f"{min(counts)} of " if counts and counts != {there} else ""
    return f"{few}{there} loss{'es' if few or there != 1 else ''}"


def losses_explained(curve: Curve) -> str:
    """What the column of `losses_averaged` is, for those who read it; nothing of one loss, which has none."""
    if isinstance(curve, int):
        return ""
    if curve == "summed":
        return "losses: how many reach back so far"
    return "losses: how many a mean is over, exact zeros left out; a · b · c of n: column by column"


def losses_averaged(lags: LagProfile, names: Sequence[str], curve: OverLosses, lag: int) -> str:
    """Over how many losses each entry of a table is taken at a lag, of how many there are.

    `50` where it is all of them, `49 of 50` where exact zeros are left out of a mean, and `10 · 11 · 11 of 11` where
    that is so of some names only; `10–11 of 11` for more than `FEW_NAMES` of them.

    Args:
        lags: The profile.
        names: The columns, in their order.
        curve: A sum leaves out none.
        lag: k.
    """
    there = max((int(lags.losses_of(name)[lag]) for name in names), default=int(lags.losses[lag]))
    counts = [there] if curve == "summed" else [averaged_over(lags, name, lag) for name in names]
    if set(counts) <= {there}:
        return str(there)
    if len(set(counts)) == 1:
        return f"{counts[0]} of {there}"
    several = f"{min(counts)}–{max(counts)}" if len(counts) > FEW_NAMES else " · ".join(map(str, counts))
    return f"{several} of {there}"


def averaged_over(lags: LagProfile, name: str, lag: int) -> int:
    """Over how many losses the mean of a line is at a lag: those whose contribution is not exactly zero."""
    counts = lags.input_averaged if name == INPUT else lags.averaged(name)
    return int(counts[lag])


def below_0(below: LagProfile, name: str, curve: Curve) -> Floats:
    """The curve of the lags below 0 at [k], the lag −k, of a line that has lags on both sides: as `log2_curve`.

    Args:
        below: `LagProfile.below` of a stack of bidirectional layers.
        name: The line.
        curve: Which curve; that of a loss L_t has T − t + 1 numbers.
    """
    if isinstance(curve, int):
        there = 1 <= curve <= len(below.scored) and below.scored[curve - 1]
        return below.log2_norm[name][curve - 1, : len(below.scored) - curve + 1 if there else 0]
    return below.typical(name) if curve == "typical" else below.log2_summed[name]


def log2_curve(lags: LagProfile, name: str, curve: Curve) -> Floats:
    """One line's curve at [k]: log₂ of its typical or summed size, or that of one loss, −inf where it is zero.

    (T,); of a loss L_t (t,), as no lag k ≥ t exists, or (T − t + 1,) where the line looks ahead, k standing for step
    t + k; and (0,) where there is no such loss. A group's size is that of its contribution, the input's that of the
    gradient at x.
    """
    if name != INPUT:
        return lags.curve(name, curve)
    if isinstance(curve, int):
        there = 1 <= curve <= len(lags.scored) and lags.scored[curve - 1]
        return (
            lags.log2_input_norm[curve - 1, : lags.last_lag(name, curve) + 1] if there else lags.log2_input_norm[0, :0]
        )
    return lags.input_curve(curve)
