"""Gradient against lag: how much of ∂L_t/∂θ comes through the use of θ k steps before t, for each parameter."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.rate import FEW_LAGS
from tui.report.charts.dashes import RECEDING
from tui.report.charts.model import Bracket, Chart, Mark, Series
from tui.report.charts.path import Limits
from tui.report.charts.pins import leading, pin_series
from tui.report.charts.seeds import seeds_series
from tui.report.charts.theory import theory_series, widened
from tui.report.charts.ticks import decade_ticks, nice_ticks
from tui.report.curves import INPUT, below_0, log2_curve
from tui.report.numbers import LOG10_2
from tui.report.styles import line_styles
from tui.report.words.reference import agree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from core.bptt.lag_profile import LagProfile
    from core.bptt.parameter_groups import Grouping
    from core.bptt.truncation import Truncation
    from core.dynamics.theory import TheoryLine
    from core.numerics.scaled import Floats
    from core.study.lines import EnsembleLines
    from core.trace import Trace
    from tui.report.charts.pins import NamedPin
    from tui.report.curves import Curve
    from tui.report.palette import SeriesStyle

FEWEST_DECADES: Final = 1.0
"""No axis shows less than this, or rounding would look like a slope."""

TAIL_ROOM: Final = 0.15
"""By this share of the scale at most what few losses reach widens it, at either end"""

TOGETHER: Final = "together"
"""What is said of lines whose slopes are equal within their errors"""

NOTHING: Final = "every contribution is exactly zero"

FRAME_ROWS: Final = 3
"""Rows around the data: the name of the axis above, the other axis and its numbers below"""

FEW: Final = 10
"""Where fewer losses than this reach back so far, a few of them decide the course of the lines"""

WIDE_ENOUGH: Final = 60
"""Cells from which the axis says which way each half looks"""

GRAY: Final = (128, 128, 128)
CUT: Final = (170, 90, 90)
"""The color of the marks of what truncation throws away: a gray that is red"""


def lags_chart(
    trace: Trace,
    *,
    width: int = 80,
    height: int = 20,
    curve: Curve = "typical",
    by: Grouping = "source",
    lag: int | None = None,
    hidden: Collection[str] = (INPUT,),
    pinned: Trace | None = None,
    pinned_curve: Curve | None = None,
    pins: Sequence[NamedPin] = (),
    theory: Sequence[TheoryLine] = (),
    ensemble: EnsembleLines | None = None,
    lags: tuple[int, int] | None = None,
) -> Chart:
    """The recurrent parameters as lines over the lag k, W_y and b_y as the one point each has, at lag 0; and the input.

    The line x is the size of the gradient at the input, ‖∂L_t/∂x⟨t−k⟩‖.

    The scale is log₁₀ and fits what is shown where enough losses reach; what fewer than `FEW` do is faint and hardly
    widens it. A contribution of exactly zero is a `0` at the bottom. The lines have their names at their ends, in a
    bracket where their slopes are told to be equal.

    Args:
        trace: What to show.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
        curve: Which summary over the losses, or the t of the one loss L_t, whose lines end before the first step.
        by: What the parameters have in common that are shown as one line.
        lag: The lag to mark; of all losses, where some lines look ahead, the one as far on the other side too.
        hidden: Lines to leave out, of both traces; that of the input unless it is asked for.
        pinned: Another trace, dimmed, behind.
        pinned_curve: Its curve, where that is another; a loss that it does not have shows nothing of it.
        pins: Traces that have names, each with its leading line in dashes and with its name at the end.
        theory: Theory's lines, hung on the first line that is shown; they hardly widen the scale.
        ensemble: The networks of other seeds, whose median and band stand behind the first line that is shown.
        lags: The first and the last lag to show, which the scale then fits; None for all.
    """
    behind = curve if pinned_curve is None else pinned_curve
    loss = curve if isinstance(curve, int) else None
    led = [*hidden, *(leading(one.trace, by, hidden) or "" for one in pins if one.trace is pinned)]
    series = [] if pinned is None else _all(pinned, behind, by, led, dim=True)
    series += [line for one in pins if (line := _of_pin(one, by, hidden)) is not None]
    few = few_from(trace.lags) if loss is None and not _both_ways(trace, pinned) else None
    behind_it, bands = seeds_series(trace, ensemble, by, hidden, math.inf if few is None else float(few))
    series += [*behind_it, *_all(trace, curve, by, hidden)]
    every = (trace, pinned, *(one.trace for one in pins))
    last = max(len(one.lags.scored) - 1 for one in every if one is not None)
    x_limits = (0.0, float(max(last, 1))) if lags is None else (float(lags[0]), float(max(lags[1], lags[0] + 1)))
    both_ways = _both_ways(trace, pinned)
    if both_ways:
        x_limits = (-x_limits[1], x_limits[1])
    seen = [_seen(one, x_limits) for one in series]
    zeros = any(bool(np.isneginf(np.asarray(one.y)).any()) for one in seen)
    y_limits = _scale(seen)
    if zeros:
        y_limits = (y_limits[0] - (y_limits[1] - y_limits[0]) / max(1, height - FRAME_ROWS - 1), y_limits[1])
    marks = [] if few is None else [Mark("x", float(few), f"< {FEW} losses →", GRAY)]
    marks += truncation_marks(trace.truncation, loss)
    if lag is not None:
        marks.append(Mark("x", float(lag), f"k = {lag}".replace("-", "−")))
        if both_ways and lag and loss is None:
            marks.append(Mark("x", -float(lag), f"k = −{lag}"))
    anchor = theory_anchor(trace, curve, by, hidden)
    if theory and anchor is not None:
        y_limits = widened(y_limits, theory, anchor[1], x_limits[1])
        series = [*theory_series(theory, anchor[1], y_limits, x_limits[1], width), *series]
    return Chart(
        series=series,
        x_limits=x_limits,
        y_limits=y_limits,
        x_ticks=nice_ticks(*x_limits, max(2, width // 12)),
        y_ticks=decade_ticks(*y_limits, height),
        x_label=_lags_named(lags, last, width, both_ways),
        y_label=_size_named(curve, width),
        title="" if not zeros or any(np.isfinite(np.asarray(one.y)).any() for one in seen) else NOTHING,
        marks=marks,
        bands=bands,
        brackets=brackets(trace, by),
        zero="0",
        note="0: exactly zero" if zeros else "",
        y_log10=True,
    )


def _both_ways(*traces: Trace | None) -> bool:
    return any(one.network.looks_ahead for one in traces if one is not None)


def _lags_named(lags: tuple[int, int] | None, last: int, width: int, both_ways: bool) -> str:
    """What the axis is called: where some lines look ahead, its left half are the steps after t."""
    if both_ways:
        return "← ahead · lag k · back →" if width >= WIDE_ENOUGH else "lag k"
    return "lag k" if lags is None else _zoomed(lags, last, width)


def _of_pin(pin: NamedPin, by: Grouping, hidden: Collection[str]) -> Series | None:
    few = None if isinstance(pin.curve, int) else few_from(pin.trace.lags)
    return pin_series(pin, by, hidden, math.inf if few is None else float(few))


def _zoomed(lags: tuple[int, int], last: int, width: int) -> str:
    """Which of the lags are shown."""
    whole = f"lag k, {lags[0]}–{lags[1]} of 0–{last}"
    return whole if 3 * len(whole) <= width else f"lag {lags[0]}–{lags[1]}"


def _seen(series: Series, x_limits: Limits) -> Series:
    """What of a series is within the limits."""
    x = np.asarray(series.x)
    inside = (x >= x_limits[0]) & (x <= x_limits[1])
    return series if inside.all() else replace(series, x=x[inside], y=np.asarray(series.y)[inside])


def _size_named(curve: Curve, width: int) -> str:
    """What the lines are the sizes of, the fullest wording that has room."""
    if isinstance(curve, int):
        forms = (f"‖∂L_{curve}/∂θ through step {curve}−k‖", f"‖∂L_{curve}/∂θ‖ by lag")
    elif curve == "summed":
        forms = ("‖Σ_t ∂L_t/∂θ through step t−k‖", "‖Σ_t ∂L_t/∂θ‖ by lag")
    else:
        forms = ("typical ‖∂L_t/∂θ through step t−k‖", "typical ‖∂L_t/∂θ‖ by lag")
    return next((form for form in forms if len(form) <= width), forms[-1])


def at_end(name: str) -> str:
    """A line's name at its end, where every column counts."""
    return name.removeprefix("all ")


def brackets(trace: Trace, by: Grouping = "source") -> list[Bracket]:
    """Around the lines of a layer that share their Jacobians and whose slopes are equal within two standard errors."""
    if by != "source":
        return []
    profile, layers = trace.profile(by), dict[tuple[tuple[int, ...], bool], list[str]]()
    for name, group in trace.parameter_groups(by).items():
        if group.recurrent and profile.rate(name).lags >= FEW_LAGS:
            layers.setdefault(group.path, []).append(name)
    return [
        Bracket(tuple(map(at_end, names)), TOGETHER)
        for names in layers.values()
        if len(names) > 1
        and all(agree(profile.rate(one), profile.rate(other)) for one, other in combinations(names, 2))
    ]


def _scale(series: Sequence[Series]) -> Limits:
    """The limits that fit what is not faint, with some room for what is; all of it where everything is faint."""
    clear: list[Floats] = []
    faint: list[Floats] = []
    for one in series:
        x, y = np.asarray(one.x), np.asarray(one.y)
        known = np.isfinite(y)
        clear.append(y[known & (x < one.faint_from)])
        faint.append(y[known & (x >= one.faint_from)])
    if not any(one.size for one in clear):
        return y_limits_of(faint)
    low, high = y_limits_of(clear)
    room = TAIL_ROOM * (high - low)
    ends = np.concatenate(faint) if faint else np.empty(0)
    return (
        max(float(np.min(ends, initial=low)), low - room),
        min(float(np.max(ends, initial=high)), high + room),
    )


def few_from(lags: LagProfile) -> int | None:
    """The first lag that fewer than `FEW` losses reach; None if so few is all there are, or none does."""
    found = np.flatnonzero(lags.losses < FEW)
    return int(found[0]) if found.size and found[0] > 0 else None


def truncation_marks(found: Truncation | None, loss: int | None = None) -> list[Mark]:
    """From which lag on some losses, and from which on all of them, lose theirs; or from which on the one at t does."""
    if found is None or found.first_cut is None:
        return []
    if loss is not None:
        first = found.cut_from(loss)
        return [] if first is None else [Mark("x", float(first), "thrown away →", CUT)]
    first, every = found.first_cut, found.all_cut
    if first == every:
        return [Mark("x", float(first), "thrown away →", CUT)]
    marks = [Mark("x", float(first), "some thrown away →", CUT)]
    return marks if every is None else [*marks, Mark("x", float(every), "all thrown away →", CUT)]


def theory_anchor(
    trace: Trace, curve: Curve, by: Grouping = "source", hidden: Collection[str] = ()
) -> tuple[str, float] | None:
    """The line that theory's lines hang on, and log₁₀ of its size at lag 0; None where no line has any."""
    for name, group in trace.parameter_groups(by).items():
        values = log2_curve(trace.profile(by), name, curve)
        if group.recurrent and name not in hidden and values.size and math.isfinite(values[0]):
            return name, float(values[0]) * LOG10_2
    return None


def _all(trace: Trace, curve: Curve, by: Grouping, hidden: Collection[str], *, dim: bool = False) -> list[Series]:
    looks = line_styles(trace.network, by)
    lines = [_series(trace, name, curve, by, looks[name], dim=dim) for name in looks if name not in hidden]
    return [line for line in lines if np.size(line.x)]


def _series(trace: Trace, name: str, curve: Curve, by: Grouping, style: SeriesStyle, *, dim: bool) -> Series:
    values = log2_curve(trace.profile(by), name, curve) * LOG10_2
    recurrent = name == INPUT or trace.parameter_groups(by)[name].recurrent
    if not recurrent:
        values = values[:1]
    few = None if isinstance(curve, int) or trace.network.looks_ahead else few_from(trace.lags)
    x, values = _with_signs(trace.profile(by), name, curve, values)
    alone = len(values) == 1
    return Series(
        name=f"{name}, pinned" if dim else name,
        x=x,
        y=values,
        color=style.color,
        marker=style.marker,
        style="points" if alone else "line",
        dim=dim,
        remark="" if recurrent else "lag 0 only",
        end="" if dim else at_end(name),
        apart=not dim and not alone,
        dash=RECEDING if dim and not alone else None,
        faint_from=math.inf if few is None or alone else float(few),
    )


def _with_signs(lags: LagProfile, name: str, curve: Curve, log10: Floats) -> tuple[Floats, Floats]:
    """The lags of a line, and its sizes there: below 0 where it looks ahead, on both sides where it does both.

    Of a line with two sides one on which all is exactly zero, as no path goes there, is left out.
    """
    x = np.arange(len(log10), dtype=np.float64)
    if lags.ahead(name):  # the step t + k has the lag −k
        return -x[::-1], log10[::-1]
    if lags.below is None or name not in lags.below_names or not len(log10):
        return x, log10
    ahead = below_0(lags.below, name, curve) * LOG10_2
    if np.isneginf(log10[1:]).all():
        x, log10 = x[:1], log10[:1]
    if np.isneginf(ahead[1:]).all():
        return x, log10
    return np.concatenate([-np.arange(len(ahead), dtype=np.float64)[:0:-1], x]), np.concatenate([ahead[:0:-1], log10])


def y_limits_of(curves: Iterable[Floats]) -> Limits:
    """From the lowest to the highest finite value, and at least `FEWEST_DECADES`; one decade up to 1 if none is."""
    finite = [values[np.isfinite(values)] for values in curves]
    every = np.concatenate(finite) if finite else np.empty(0)
    if not every.size:
        return (-1.0, 0.0)
    low, high = float(every.min()), float(every.max())
    missing = max(0.0, FEWEST_DECADES - (high - low)) / 2
    return (low - missing, high + missing)
