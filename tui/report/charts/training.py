"""A training run as charts over its steps: the metric with its baselines, the gradient's norms, ρ and the rate.

Curves of every step are noisy, each step being another batch: they are drawn dimmed, with their running mean in front.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, Protocol

import numpy as np

from tui.report.charts.model import Chart, Mark, Series
from tui.report.charts.path import Limits
from tui.report.charts.ticks import Ticks, decade_ticks, nice_ticks
from tui.report.numbers import LOG10_2, number
from tui.report.palette import SERIES

if TYPE_CHECKING:
    from core.numerics.scaled import Floats
    from core.tasks import Baseline
    from core.training.history import TrainingHistory
    from core.training.profile import ProbeProfile
    from core.training.recorded import RecordedHistory

FEWEST_STEPS: Final = 10
"""A chart shows at least so many steps"""

FEWEST_TICKS: Final = 3
"""Up so many ticks there may be on any axis: of two at most, only the 0 may be left"""

WINDOWS: Final = 16
"""The running mean is over this fraction of the run"""

WIDE: Final = 30.0
"""From this ratio of the largest to the smallest value on, an axis is one of logarithms"""


METRIC, BEFORE, AFTER, RADIUS, RATE = (SERIES[name] for name in ("W_ax", "W_aa", "b_a", "state", "W_y"))
HELD_BACK = RATE
"""The score on what is held back, which is on another chart than the rate"""


class TrainingRun(Protocol):
    """What these charts show of a training run."""

    @property
    def history(self) -> TrainingHistory | RecordedHistory:
        """The run's networks and their scores."""

    @property
    def length(self) -> int:
        """How many steps of the run are shown."""

    @property
    def last_step(self) -> int:
        """The step after which the latest network stands."""

    @property
    def clips(self) -> bool:
        """Whether its gradient is clipped, as far as that is known."""

    @property
    def clip_at(self) -> float | None:
        """The norm, or the value, at which it is clipped; None where nobody said."""

    @property
    def profiles(self) -> Sequence[ProbeProfile]:
        """The gradient by lag at some of the steps."""

    @property
    def baselines(self) -> Sequence[Baseline]:
        """The scores of predictors without a memory, which training has to beat."""


def running_mean(values: Floats, window: int) -> Floats:
    """The mean of each value and the `window` − 1 before it, those that are not finite left out; nan where none is."""
    finite = np.isfinite(values)
    sums, counts = (np.concatenate([[0.0], np.cumsum(part)]) for part in (np.where(finite, values, 0.0), finite))
    end = np.arange(1, len(values) + 1)
    start = np.maximum(end - window, 0)
    count = counts[end] - counts[start]
    return np.where(count > 0, (sums[end] - sums[start]) / np.maximum(count, 1), np.nan)


def metric_chart(run: TrainingRun, *, step: int, width: int, height: int, behind: TrainingRun | None = None) -> Chart:
    """The task's metric on each training batch and on what is held back, and what needs no memory to reach.

    Args:
        run: The run.
        step: The training step whose network is shown; it is marked.
        width: Cells across.
        height: Cells down.
        behind: The pinned run, dimmed, behind.
    """
    alike = behind is not None and behind.history.network.readout_name == run.history.network.readout_name
    values = {one: one.history.scalars("metric")[: one.length] for one in (together(run, behind) if alike else (run,))}
    marks = [(one.value, one.name) for one in run.baselines if math.isfinite(one.value)]
    aside = {one: one.history.scalars("held_back")[: one.length] for one in values}
    every = [of[np.isfinite(of)].tolist() for of in (*values.values(), *aside.values())]
    known = [*(value for of in every for value in of), *(value for value, _ in marks)]
    positive = [value for value in known if value > 0]
    logarithmic = bool(positive) and len(positive) == len(known) and max(known) > WIDE * min(known)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.log10 if logarithmic else np.asarray
        levels = [Mark("y", float(scale(value)), beside(name, value)) for value, name in marks]
        lines = [
            line
            for one, of in values.items()
            for line in receding(_noisy("metric", scale(of), METRIC.color, METRIC.marker, one), one is behind)
        ]
        for one, of in aside.items():
            lines += receding(_measured_now_and_then("held back", scale(of), one), one is behind)
        bounds = [float(scale(value)) for value in known]
    limits = around(bounds, zero=not logarithmic)
    return over_steps(run, lines, limits, levels, step, width, height, behind, logarithmic=logarithmic)


def beside(name: str, value: float) -> str:
    """What is written on a line across the chart: on a row of cells its height alone does not tell its value.

    Args:
        name: What has this value: `x⟨t⟩ again`.
        value: The value, also where the axis is one of logarithms.
    """
    return f"{name} {number(value)}"


def awaited_chart(baselines: Sequence[Baseline], updates: int, *, width: int, height: int) -> Chart:
    """What training has to beat, on the axes that its metric will have: there is no line yet.

    Args:
        baselines: The scores of predictors without a memory.
        updates: How many the training will have.
        width: Cells across.
        height: Cells down.
    """
    marks = [Mark("y", one.value, beside(one.name, one.value)) for one in baselines if math.isfinite(one.value)]
    limits = around([2 * max((mark.at for mark in marks), default=1.0), *(mark.at for mark in marks)], zero=True)
    return _on_axes([], limits, marks, float(max(1, updates)), width, height, logarithmic=False)


def _measured_now_and_then(name: str, values: Floats, run: TrainingRun) -> list[Series]:
    """A line through the steps that have a value; none where no step has one."""
    there = np.flatnonzero(np.isfinite(values))
    if not there.size:
        return []
    steps = run.history.steps[there].astype(np.float64)
    style: Literal["line", "points"] = "line" if there.size > 1 else "points"
    return [Series(name, steps, values[there], HELD_BACK.color, HELD_BACK.marker, style=style)]


def norms_chart(run: TrainingRun, *, step: int, width: int, height: int, behind: TrainingRun | None = None) -> Chart:
    """‖∂L/∂θ‖ over all parameters before clipping and after it, log₁₀; arguments as `metric_chart` has them."""
    lines = [line for one in together(run, behind) for line in receding(_norms(one), one is behind)]
    marks = [
        Mark("y", math.log10(one.clip_at), f"clip at {one.clip_at:g}")
        for one in together(run, behind)
        if one.clips and one.clip_at is not None
    ]
    known = [*_finite(lines), *(mark.at for mark in marks)]
    return over_steps(run, lines, around(known, least=1.0), marks, step, width, height, behind, logarithmic=True)


def _norms(run: TrainingRun) -> list[Series]:
    before, after = (run.history.scalars(name)[: run.length] * LOG10_2 for name in ("log2_gradient", "log2_clipped"))
    lines = [_line("before clipping", before, BEFORE.color, BEFORE.marker, run)]
    if run.clips:
        lines.append(_line("after clipping", after, AFTER.color, AFTER.marker, run))
    return lines


def dynamics_chart(run: TrainingRun, *, step: int, width: int, height: int, behind: TrainingRun | None = None) -> Chart:
    """ρ of the recurrent matrices and the gradient's factor per step; the arguments are those of `metric_chart`."""
    lines = [line for one in together(run, behind) for line in receding(_dynamics(one), one is behind)]
    known = [1.0, *_finite(lines)]
    marks = [Mark("y", 1.0, "×1")]
    return over_steps(run, lines, around(known), marks, step, width, height, behind, logarithmic=False)


def _dynamics(run: TrainingRun) -> list[Series]:
    x = np.array([profile.step for profile in run.profiles], dtype=np.float64)
    names = list(run.profiles[0].spectral_radius) if run.profiles else []
    lines = [
        Series(
            name,
            x,
            [one.spectral_radius[name] for one in run.profiles],
            RADIUS.color,
            RADIUS.marker,
            dim=i > 0,
            label=name if len(names) > 1 else "",
        )
        for i, name in enumerate(names)
    ]
    factors = np.array([profile.rate.factor for profile in run.profiles])
    return [*lines, Series("factor per step", x, factors, RATE.color, RATE.marker)]


def together(run: TrainingRun, behind: TrainingRun | None) -> tuple[TrainingRun, ...]:
    """The runs on one chart, the one behind first."""
    return (run,) if behind is None else (behind, run)


def receding(lines: Sequence[Series], behind: bool) -> list[Series]:
    """Lines of the pinned run are dimmed and named so."""
    return [replace(line, name=f"{line.name}, pinned", dim=True) if behind else line for line in lines]


def _finite(lines: Sequence[Series]) -> list[float]:
    return [float(v) for line in lines for v in np.asarray(line.y) if math.isfinite(v)]


def last_x(run: TrainingRun) -> int:
    """The step at the right end of the charts."""
    return max(FEWEST_STEPS, int(run.history.steps[run.length - 1]) if run.length else 0)


def first_x(run: TrainingRun) -> int:
    """The step at their left end: 0, but of a training of which only late steps were recorded."""
    first = run.profiles[0].step if run.profiles else 0
    return first if 2 * first > last_x(run) else 0


def _noisy(name: str, values: Floats, color: tuple[int, int, int], marker: str, run: TrainingRun) -> list[Series]:
    window = max(1, run.length // WINDOWS)
    raw = _line(name, values, color, marker, run)
    if window == 1:
        return [raw]
    mean = _line(f"{name}, mean of {window}", running_mean(values, window), color, marker, run)
    return [Series(raw.name, raw.x, raw.y, color, marker, dim=True), mean]


def _line(name: str, values: Floats, color: tuple[int, int, int], marker: str, run: TrainingRun) -> Series:
    steps = run.history.steps[: len(values)].astype(np.float64)
    return Series(name, steps, values, color, marker, style="line" if len(values) > 1 else "points")


def around(values: Sequence[float], *, least: float = 0.0, zero: bool = False) -> Limits:
    """Limits with a little room around the finite values, `least` apart at least; from 0 up where that is asked."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if zero and low >= 0:
        low = 0.0
    missing = max(0.0, least - (high - low)) / 2
    room = 0.04 * (high - low) or 0.5
    return (low - missing - (0.0 if zero and low == 0 else room), high + missing + room)


def over_steps(
    run: TrainingRun,
    lines: Sequence[Series],
    limits: Limits,
    marks: Sequence[Mark],
    step: int,
    width: int,
    height: int,
    behind: TrainingRun | None = None,
    *,
    logarithmic: bool,
) -> Chart:
    """Lines over the steps of a training, with the step that is shown marked.

    Args:
        run: The training.
        lines: What is drawn.
        limits: Of the axis upward.
        marks: What is marked besides.
        step: The training step whose network is shown.
        width: Cells across.
        height: Cells down.
        behind: The pinned training.
        logarithmic: Whether the values are powers of ten.
    """
    last = float(max(last_x(one) for one in together(run, behind)))
    here = [Mark("x", float(step), f"update {step}")] if step and step != run.last_step else []
    first = float(min(first_x(one) for one in together(run, behind)))
    return _on_axes(lines, limits, (*marks, *here), last, width, height, first=first, logarithmic=logarithmic)


def _on_axes(
    lines: Sequence[Series],
    limits: Limits,
    marks: Sequence[Mark],
    last: float,
    width: int,
    height: int,
    *,
    logarithmic: bool,
    first: float = 0.0,
) -> Chart:
    y_ticks: Ticks = (
        decade_ticks(*limits, height)
        if logarithmic
        else nice_ticks(*limits, max(FEWEST_TICKS, height // 4), integer=False)
    )
    return Chart(
        series=lines,
        x_limits=(first, last),
        y_limits=limits,
        x_ticks=nice_ticks(first, last, max(2, width // 12)),
        y_ticks=y_ticks,
        x_label="update",
        marks=tuple(marks),
        y_log10=logarithmic,
    )
