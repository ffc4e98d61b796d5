"""The charts of a training run: each a view of one `Run`, with the step that is shown marked; click to go there."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from textual import events
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from core.training.profile import STATE, profile_map
from tui.explorer.painting.strips import strips_of
from tui.explorer.painting.view import PaintedView
from tui.explorer.session.run import Run
from tui.report.charts.area import Area
from tui.report.charts.glyph_grid import NONE, GlyphGrid, pack
from tui.report.charts.model import Chart
from tui.report.charts.terminal import draw, draw_plain
from tui.report.charts.training import (
    AFTER,
    BEFORE,
    HELD_BACK,
    METRIC,
    RADIUS,
    RATE,
    awaited_chart,
    dynamics_chart,
    metric_chart,
    norms_chart,
)
from tui.report.charts.training_heatmap import learning_map
from tui.report.charts.training_reach import HORIZON, LAGS, PAST, horizon_chart, past_chart

if TYPE_CHECKING:
    from core.tasks import Baseline
    from tui.report.palette import SeriesStyle


LONGEST = 76
"""Columns of the words on what will be here"""

ROOM_BELOW = 5
"""Rows from which there is a chart below these words"""

BETWEEN = 0.03
"""Seconds between two charts that are painted again: about two ticks of the screen"""


@dataclass(frozen=True)
class TrainingChartSpec:
    """One of the charts of a training: its title, its legend, and the function that makes it."""

    title: str
    legend: tuple[tuple[SeriesStyle, str], ...]
    chart: Callable[..., Chart] | None
    """None: the map, which is painted and not drawn"""
    before: str
    """What will be here, as long as there is nothing"""

    def legend_of(self, run: Run | None) -> tuple[tuple[SeriesStyle, str], ...]:
        """What is on the chart of a run: without clipping there is one norm, which the title names.

        The score on what is held back is there where something is.
        """
        clipped = run is not None and run.clips
        scored = run is not None and bool(np.isfinite(run.history.scalars("held_back")[: run.length]).any())
        there = tuple((style, name) for style, name in self.legend if scored or name != HELD_BACK_SAID)
        if scored and len(there) > 1 and self.chart is metric_chart:
            there = tuple((style, name.removesuffix(", mean")) for style, name in there)  # or there is no room for it
        return there if clipped or AFTER not in dict(self.legend) else ()


METRIC_BEFORE: Final = (
    "The error on each training batch will be drawn here, update by update, with its running mean and the error that a "
    "predictor without a memory makes."
)
NORMS_BEFORE: Final = (
    "The size of the whole gradient will be drawn here at each update: where it explodes, the line leaps; where "
    "it is clipped, there are two."
)
DYNAMICS_BEFORE: Final = (
    "Two numbers will be drawn here as training changes them: the spectral radius ρ of the recurrent matrix, and what "
    "one more step back multiplies the gradient by."
)
LAGS_BEFORE: Final = (
    "The gradient by lag will be painted here, a row for each network of the training: how far back it reaches, and "
    "how training changes that."
)
HORIZON_BEFORE: Final = (
    "The lag from which on less than 1 % of the gradient is left will be drawn here, below the last lag that there is."
)
PAST_BEFORE: Final = (
    "How much of the gradient of one loss comes from steps before it will be drawn here, in %: the share of the past."
)
HELD_BACK_SAID: Final = "held back"
NO_LOSS: Final = "No loss was recorded with these steps: set step.loss in the loop, as docs/your-training.md has it."
STARTS: Final = "w trains, W is one update."

TRAINING_CHARTS: Final[Mapping[str, TrainingChartSpec]] = {
    "metric": TrainingChartSpec(
        "metric", ((METRIC, "batch, running mean"), (HELD_BACK, HELD_BACK_SAID)), metric_chart, METRIC_BEFORE
    ),
    "norms": TrainingChartSpec("gradient norm", ((BEFORE, "unclipped"), (AFTER, "clipped")), norms_chart, NORMS_BEFORE),
    "dynamics": TrainingChartSpec(
        "back in time", ((RADIUS, "ρ(W)"), (RATE, "× per step")), dynamics_chart, DYNAMICS_BEFORE
    ),
    "lags": TrainingChartSpec("gradient by lag", (), None, LAGS_BEFORE),
    "horizon": TrainingChartSpec(
        "horizon", ((HORIZON, "under 1 % left"), (LAGS, "last lag")), horizon_chart, HORIZON_BEFORE
    ),
    "past": TrainingChartSpec("share of the past", ((PAST, "% from k ≥ 1"),), past_chart, PAST_BEFORE),
}


class TrainingChart(PaintedView, can_focus=False):
    """A chart of a training run; a click goes to the step under the mouse."""

    run: var[Run | None] = var(None)
    behind: var[Run | None] = var(None)
    """The pinned trace's, dimmed"""
    step: var[int] = var(0)
    awaited: var[tuple[tuple[Baseline, ...], int]] = var(((), 1))
    """What training will have to beat, and in how many updates"""

    class Pointed(Message):
        """A training step was pointed at."""

        def __init__(self, step: int) -> None:
            self.step = step
            super().__init__()

    def __init__(self, spec: TrainingChartSpec) -> None:
        super().__init__()
        self._spec = spec
        self._area: Area | None = None

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes: one after the other, so that keys come between."""
        for name in ("run", "behind", "step", "awaited"):
            self.watch(self, name, self._in_turn, init=False)

    def _in_turn(self) -> None:
        place = list(TRAINING_CHARTS.values()).index(self._spec)
        if place:
            self.set_timer(place * BETWEEN, self.stale)
        else:
            self.stale()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The chart at this size, at most `height` strips of `width` cells; before a run, what will be here."""
        if not width or not height:
            return []
        if self.run is None or not self.run.length:
            return strips_of(self._announced(f"{self._spec.before} {STARTS}", width, height))
        if self._spec.chart is metric_chart and self.run.goes_on_elsewhere and not self.run.has_scores:
            return strips_of(self._announced(NO_LOSS, width, height))
        palette = None if self.app.no_color else self.palette
        if self._spec.chart is None:
            return strips_of(learning_map(profile_map(self.run.profiles), STATE, width, height, palette, self.step))
        chart = self._spec.chart(self.run, step=self.step, width=width, height=height, behind=self.behind)
        drawing = draw_plain(chart, width, height) if palette is None else draw(chart, width, height, palette)
        self._area = drawing.area
        return strips_of(drawing.grid)

    def _announced(self, said: str, width: int, height: int) -> GlyphGrid:
        """The words on what will be here, and where there is room for it below, what training will have to beat."""
        grid = GlyphGrid(width, height)
        palette = None if self.app.no_color else self.palette
        words = textwrap.wrap(said, min(width, LONGEST))
        for row, line in enumerate(words):
            grid.write(0, row, line, NONE if palette is None else pack(palette.muted))
        below, (baselines, updates) = height - len(words) - 1, self.awaited
        if self._spec.chart is metric_chart and baselines and below >= ROOM_BELOW:
            chart = awaited_chart(baselines, updates, width=width, height=below)
            drawing = draw_plain(chart, width, below) if palette is None else draw(chart, width, below, palette)
            for whole, part in ((grid.glyphs, drawing.grid.glyphs), (grid.ink, drawing.grid.ink)):
                whole[-below:] = part
        return grid

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go to the step under the mouse."""
        self.capture_mouse()
        self._point(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse while a button is held."""
        if event.button:
            self._point(event)

    def on_mouse_up(self) -> None:
        """Stop following the mouse: the step stays as it is."""
        self.release_mouse()

    def _point(self, event: events.MouseEvent) -> None:
        offset = event.get_content_offset(self)
        if self.run is not None and self._area is not None and offset is not None:
            step = round(self._area.x_at(offset.x))
            self.post_message(self.Pointed(self.run.nearest(step)))
