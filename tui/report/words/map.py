"""What the map can show of a trace, and what it says at a loss time t and a lag k, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.parameter_groups import standing_for
from tui.report.numbers import magnitude
from tui.report.words.formulas import read_at

if TYPE_CHECKING:
    from core import Trace
    from core.bptt.lag_profile import LagProfile
    from core.numerics.scaled import Floats

STATE: Final = "state"
"""The choice that is no parameter: the gradient with respect to the state itself"""


def choices(trace: Trace | None) -> tuple[str, ...]:
    """What the map can show of a trace: each parameter, and the state, of which two directions have one each."""
    if trace is None:
        return ()
    return tuple(trace.lags.log2_norm) if trace.lags.directions else (*trace.lags.log2_norm, STATE)


def chosen(trace: Trace | None, asked: str | None) -> str:
    """What the map shows: what is asked for, where this network has it; or else what stands for the whole.

    That is W_aa, or what reads the state in its place; W_ax where nothing reads the state.

    Args:
        trace: What the map is of; without one it shows nothing, ``.
        asked: A parameter, or `state`; None where nothing has been asked for.
    """
    if trace is None:
        return ""
    standing = standing_for(trace.network)
    return asked if asked is not None and asked in choices(trace) else standing.get("a", standing["x"])


def log2_map(trace: Trace, parameter: str) -> Floats:
    """(T, T) at [t−1, k]: log₂ of one parameter's contributions, or of the state's gradient.

    With lags on both sides of 0 it is (T, 2T − 1), at [t−1, k + T − 1].
    """
    back = _table(trace.lags, parameter)
    below = trace.lags.below
    return back if not first_lag(trace, parameter) else np.hstack([_table(below, parameter)[:, :0:-1], back])


def log2_at(trace: Trace, parameter: str, t: int, k: int) -> float:
    """The number of the map at a loss time and a lag."""
    below = trace.lags.below
    return float(_table(trace.lags if k >= 0 or below is None else below, parameter)[t - 1, abs(k)])


def _table(lags: LagProfile | None, parameter: str) -> Floats:
    assert lags is not None
    return lags.log2_state_norm if parameter == STATE else lags.log2_norm[parameter]


def first_lag(trace: Trace, parameter: str) -> int:
    """The first lag of the map: 0, or 1 − T where a parameter has lags on both sides of it."""
    below = trace.lags.below
    both = below is not None and (parameter == STATE or parameter in below.log2_norm)
    return 1 - len(trace.lags.scored) if both else 0


def lag_0_only(trace: Trace, parameter: str) -> bool:
    """Whether a parameter acts only on the loss of its own step, as those of the read-out do."""
    return parameter != STATE and not trace.parameter_groups("parameter")[parameter].recurrent


@dataclass(frozen=True)
class Point:
    """A loss time and a lag on the map, the largest of what the cell under the mouse covers."""

    t: int
    k: int
    scored: bool
    """Whether there is a loss at t"""
    losses: range
    """The t that the cell covers"""
    lags: range
    """The k that the cell covers"""

    @classmethod
    def largest(cls, trace: Trace, parameter: str, losses: range, lags: range) -> Point | None:
        """The largest contribution among these t and k; None where no step, or no path, is so far back."""
        if lag_0_only(trace, parameter):
            lags = range(lags.start, min(lags.stop, 1))
        t, k = np.array(losses)[:, np.newaxis], np.array(lags)[np.newaxis, :]
        steps, first = len(trace.lags.scored), first_lag(trace, parameter)
        possible = k <= steps - t if trace.lags.ahead(parameter) else (k <= t - 1) & (k >= t - steps)
        if not np.any(possible):
            return None
        scored = possible & trace.lags.scored[losses.start - 1 : losses.stop - 1, np.newaxis]
        values = log2_map(trace, parameter)[losses.start - 1 : losses.stop - 1, lags.start - first : lags.stop - first]
        order = np.where(scored, np.where(np.isfinite(values), values, -1e300), np.where(possible, -np.inf, np.nan))
        row, column = np.unravel_index(np.nanargmax(order), order.shape)
        return cls(losses[row], lags[column], bool(scored[row, column]), losses, lags)


def reading(trace: Trace, parameter: str, t: int, k: int) -> tuple[str, ...]:
    """What the map says at (t, k), the fullest wording first."""
    ahead = trace.lags.ahead(parameter)
    s = t + k if ahead else t - k
    lag = f"lag {-k if ahead else k}".replace("-", "−")
    place, brief = f"L_{t}, {lag} (s = {s})", f"L_{t}, {lag}"
    if s < 1:
        return (f"{brief}: nothing, as no step comes before the first", f"{brief}: before step 1")
    if s > len(trace.lags.scored):
        return (f"{brief}: nothing, as no step comes after the last", f"{brief}: after the last step")
    if lag_0_only(trace, parameter) and k:
        return (f"{place}: nothing, as {parameter} acts on L_{t} at lag 0 only", f"{brief}: nothing, lag 0 only")
    if not trace.lags.scored[t - 1]:
        return (f"{place}: nothing, as there is no loss at t = {t}", f"{brief}: no loss at t")
    log2 = log2_at(trace, parameter, t, k)
    size = magnitude(log2)
    path = f"∂{trace.network.state_name}⟨{s}⟩‖" if parameter == STATE else f"∂{parameter} through step {s}‖"
    why = _why_zero(trace, parameter, t, s) if log2 == -np.inf else ""
    return (
        f"{place}: ‖∂L_{t}/{path} = {size}{' exactly' if why else ''}{why}",
        f"{lag}: ‖∂L_{t}/{path} = {size}{why}",
        f"{place}: {size}{why}",
        f"{brief}: {size}",
    )


def _why_zero(trace: Trace, parameter: str, t: int, s: int) -> str:
    """The factor that is zero, where it is one that can be named."""
    if not np.any(trace.tape.errors[t - 1]):
        return f", no error at t = {t}"
    if parameter == STATE:
        return ": nothing gets through"
    if not np.any(trace.tape.reads[parameter][s - 1]):
        return f", as {read_at(trace.network, parameter, s)} = 0"
    return ": nothing gets through"


def caption(trace: Trace, parameter: str, *, as_table: bool = False) -> tuple[str, ...]:
    """What the colors, or the numbers, stand for, the fullest wording first."""
    sign = "number" if as_table else "color"
    if parameter == STATE:
        state = trace.network.state_name
        if trace.lags.below is not None:
            return (
                f"{sign}: how much of ∂L_t reaches the state {state}⟨t−k⟩, k steps before, or after where k < 0",
                f"{sign}: ‖∂L_t/∂{state}⟨t−k⟩‖",
            )
        return (
            f"{sign}: how much of ∂L_t reaches the state {state}⟨t−k⟩, k steps before",
            f"{sign}: ‖∂L_t/∂{state}⟨t−k⟩‖",
        )
    if lag_0_only(trace, parameter):
        return (
            f"{parameter} acts at lag 0 only: no Jacobian, no way back in time, one column",
            f"{parameter}: one column, lag 0 only",
        )
    if trace.lags.ahead(parameter):
        return (
            f"{sign}: how much of ∂L_t/∂{parameter} comes through its use k steps after, at step s = t + k, lag −k",
            f"{sign}: ‖∂L_t/∂{parameter} through step t + k‖",
            f"{sign}: ‖∂L_t/∂{parameter}‖ by lag",
        )
    if trace.lags.below is not None:
        return (
            f"{sign}: how much of ∂L_t/∂{parameter} comes through its use at s = t − k; after the loss k < 0",
            f"{sign}: ‖∂L_t/∂{parameter} through step t − k‖, k < 0 after the loss",
            f"{sign}: ‖∂L_t/∂{parameter}‖ by lag",
        )
    return (
        f"{sign}: how much of ∂L_t/∂{parameter} comes through its use k steps before, at step s = t − k",
        f"{sign}: ‖∂L_t/∂{parameter} through step t − k‖",
        f"{sign}: ‖∂L_t/∂{parameter}‖ by lag",
    )
