"""Which losses are looked at, everywhere on the screen: one, or all of them."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core import Given, Trace

Loss: TypeAlias = int | Literal["last", "all"]
"""The one loss L_t; the last, whichever step that is; or all of them together"""

OneLoss: TypeAlias = int | Literal["last"]


def shown_first(given: Trace | Given | None) -> Loss:
    """The last loss; of a network that looks ahead the one nearest the middle, which has lags on both sides.

    Args:
        given: What is given to be looked at; None where settings make it.
    """
    if given is None or not given.network.looks_ahead or not given.whole_batch.scored_steps.any():
        return "last"
    scored = given.whole_batch.scored_steps
    return int(min(np.flatnonzero(scored) + 1, key=lambda t: abs(2 * t - 1 - len(scored))))


def has(scored: NDArray[np.bool_], asked: Loss) -> bool:
    """Whether a trace can show what is asked for.

    Args:
        scored: (T,), which steps have a loss.
        asked: What to show.
    """
    return not isinstance(asked, int) or bool(scored[asked - 1 : asked].any())


def shown_loss(scored: NDArray[np.bool_], asked: Loss) -> int | None:
    """The t of the loss that is meant; None for all of them, and where no step has a loss.

    Args:
        scored: (T,), which steps have a loss.
        asked: What is asked for; a t is taken as it is.
    """
    if isinstance(asked, int):
        return asked
    found = np.flatnonzero(scored)
    return int(found[-1]) + 1 if asked == "last" and found.size else None


def meaning(scored: NDArray[np.bool_], t: int) -> OneLoss:
    """The loss at t, as what it is in any trace: the last, if it is this one's last."""
    return "last" if shown_loss(scored, "last") == t else t


def other_loss(scored: NDArray[np.bool_], asked: OneLoss, by: int) -> OneLoss:
    """The loss so many on, of those that there are, up to the first and the last."""
    steps = np.flatnonzero(scored) + 1
    now = shown_loss(scored, asked)
    if now is None or not steps.size:
        return asked
    at = int(np.searchsorted(steps, now)) + by
    return meaning(scored, int(steps[min(max(at, 0), len(steps) - 1)]))
