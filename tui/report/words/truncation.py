"""What truncated backpropagation throws away, in words with their numbers: the app's and the report's one source."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING

from core.bptt.truncation import ALL, together
from tui.report.curves import ALL_LOSSES, losses_named
from tui.report.numbers import cosine, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.bptt.truncation import Truncation
    from core.trace import Trace


def one_line(trace: Trace, loss: int | None = None) -> tuple[str, ...]:
    """What is lost and the bias, in wordings for less and less room; none where the gradient is not truncated.

    Args:
        trace: Of which the gradient is truncated.
        loss: The t of the one loss that is shown, of which the lags that it loses are told before the rest.
    """
    found = trace.truncation
    if found is None:
        return ()
    whole = _of_all_losses(trace, found)
    if loss is None or found.first_cut is None:
        return whole
    first = found.cut_from(loss)
    own = losses_named(loss) + (" keeps all of its lags" if first is None else f" loses its lags from {first} on")
    return (*(f"{own}; {ALL_LOSSES}: {text}" for text in whole), own)


def _of_all_losses(trace: Trace, found: Truncation) -> tuple[str, ...]:
    if found.first_cut is None:
        return (f"{settings(found)} reach over every lag there is: nothing is thrown away", "nothing is thrown away")
    if math.isnan(found.log2_lost_share[ALL]):
        return ("the gradient is exactly zero: nothing is there to throw away", "no gradient to throw away")
    lost, same = share(found.log2_lost_share[ALL]), cosine(found.cosine[ALL])
    each = ", ".join(f"{name} {share(of)}" for name, of in lost_by_group(trace).items())
    return (
        f"{settings(found)} throw away {lost} of the gradient ({each}); cosine of the rest with the whole {same}",
        f"thrown away: {lost} of the gradient ({each}); cosine of the rest with the whole {same}",
        f"thrown away: {lost} ({each}); cosine of the rest {same}",
        f"{lost} of the gradient thrown away; cosine of the rest {same}",
        f"{lost} of ∂L/∂θ thrown away; cosine of the rest {same}",
        f"{lost} of ∂L/∂θ lost, the rest's cosine {same}",
        f"{lost} of ∂L/∂θ lost, cosine {same}",
        f"{lost} of ∂L/∂θ lost",
    )


def fitting(forms: Sequence[str], width: int, rows: int) -> str:
    """The first of several wordings that fits on so many rows; nothing if none does."""
    return next((form for form in forms if len(wrap(form, max(1, width))) <= rows), "")


def lost_by_group(trace: Trace) -> dict[str, float]:
    """ParameterGroup of parameters, by what they read → log₂ of the share of its gradient that is thrown away."""
    found = trace.truncation
    if found is None:
        return {}
    recurrent = {name: group for name, group in trace.parameter_groups().items() if group.recurrent}
    return {name: together(found, trace.gradients, group.parameters) for name, group in recurrent.items()}


def settings(found: Truncation) -> str:
    """`k1 = 10, k2 = 20`; T where k1 is 0."""
    return f"k1 = {found.k1 or 'T'}, k2 = {found.k2}"


def kept(found: Truncation) -> str:
    """Which lags are kept by all losses, by some, and by none, as a sentence."""
    first, none = found.first_cut, found.all_cut
    if first is None:
        return "Every loss keeps all of its lags."
    whole = {0: "No lag is kept by all losses", 1: "Lag 0 is kept by all losses"}.get(
        first, f"Lags 0 … {first - 1} are kept by all losses"
    )
    if none is None:
        return f"{whole}, from lag {first} on some lose theirs."
    if none == first:
        return f"{whole}, from lag {none} on by none." if first else "No loss keeps any lag."
    between = f"lag {first} by some" if none == first + 1 else f"lags {first} … {none - 1} by some"
    return f"{whole}, {between}, from lag {none} on by none."
