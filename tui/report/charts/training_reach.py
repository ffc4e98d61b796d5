"""How far back a training's gradient reaches, over its steps: the horizon in lags, and the share of the past."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np

from tui.report.charts.model import Chart, Series
from tui.report.charts.training import METRIC, RADIUS, RATE, around, over_steps, receding, together

if TYPE_CHECKING:
    from tui.report.charts.training import TrainingRun

HORIZON, LAGS, PAST = RATE, RADIUS, METRIC


def horizon_chart(run: TrainingRun, *, step: int, width: int, height: int, behind: TrainingRun | None = None) -> Chart:
    """The lag from which on less than 1 % of the gradient at the state is left, below the last lag that there is.

    Where the last lag keeps more, there is no horizon, and a gap in the line. The arguments are those of
    `metric_chart`.
    """
    lines = [line for one in together(run, behind) for line in receding(_horizons(one), one is behind)]
    known = [float(value) for line in lines for value in np.asarray(line.y) if np.isfinite(value)]
    return over_steps(run, lines, around(known, zero=True), [], step, width, height, behind, logarithmic=False)


def _horizons(run: TrainingRun) -> list[Series]:
    last = [float(one.last_lag) for one in run.profiles]
    lines = [Series("last lag", _steps(run), last, LAGS.color, LAGS.marker, dim=True)]
    for there, group in groupby(run.profiles, key=lambda one: one.horizon is not None):
        if there:
            part = list(group)
            values = [float(one.horizon or 0) for one in part]
            x = [float(one.step) for one in part]
            style: Literal["line", "points"] = "line" if len(part) > 1 else "points"
            lines.append(Series("horizon", x, values, HORIZON.color, HORIZON.marker, style=style))
    return lines


def past_chart(run: TrainingRun, *, step: int, width: int, height: int, behind: TrainingRun | None = None) -> Chart:
    """How much of what one loss is given comes from lags k ≥ 1, in %; the arguments are those of `metric_chart`."""
    lines = [line for one in together(run, behind) for line in receding(_past(one), one is behind)]
    return over_steps(run, lines, (0.0, 100.0), [], step, width, height, behind, logarithmic=False)


def _past(run: TrainingRun) -> list[Series]:
    shares = [100.0 * one.past_share for one in run.profiles]
    return [Series("share of the past", _steps(run), shares, PAST.color, PAST.marker)]


def _steps(run: TrainingRun) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([profile.step for profile in run.profiles], dtype=np.float64)
