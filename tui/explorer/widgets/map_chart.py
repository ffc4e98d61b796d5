"""The map as a widget: a heat map or a table of numbers, and the pinned trace's beside it where there is room."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from core import Trace
from tui.explorer.help import help_text
from tui.explorer.painting.strips import strips_of
from tui.explorer.widgets.pointed_view import PointedView
from tui.report.charts.heatmap import Heatmap, on_one_scale, reduce_map
from tui.report.charts.map import draw_map
from tui.report.charts.map_frame import CrossHair, Layout
from tui.report.charts.map_table import Window, draw_table
from tui.report.charts.terminal import SMALLEST
from tui.report.words.map import Point, choices, first_lag, lag_0_only, log2_map

ROOM_FOR_TWO = 60
"""Columns from which the pinned trace's map stands beside the other"""

GAP = 1
"""Cells between them"""


@dataclass(frozen=True, eq=False)
class Part:
    """A trace and the cells that show it."""

    trace: Trace
    left: int
    width: int
    title: str


class MapChart(PointedView[tuple[Trace, Point]], can_focus=True):
    """The heat map, its axes and color bar, and the cross-hair; or the numbers around it."""

    HELP = help_text("map")
    DEFAULT_CSS = """
    MapChart { height: 1fr; min-height: 5; }
    MapChart:focus { background: $surface; }
    """

    trace: var[Trace | None] = var(None)
    pinned: var[Trace | None] = var(None)
    parameter: var[str] = var("")
    cross: var[CrossHair | None] = var(None)
    as_table: var[bool] = var(False)

    class Pointed(Message):
        """The mouse is on another point of the map, or on none."""

        def __init__(self, trace: Trace | None, point: Point | None, *, clicked: bool) -> None:
            self.trace, self.point, self.clicked = trace, point, clicked
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._heatmaps: list[Heatmap] = []
        self._reduced: tuple[object, ...] = ()
        """What the heat maps were made of"""

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes."""
        for name in ("trace", "pinned", "parameter", "cross", "as_table"):
            self.watch(self, name, self.stale, init=False)

    def parts(self) -> list[Part]:
        """The trace, and beside it the pinned one if it has the parameter and there is room for both."""
        width, trace, pinned = self.size.width, self.trace, self.pinned
        if trace is None:
            return []
        if pinned is None or self.parameter not in choices(pinned) or width < ROOM_FOR_TWO:
            return [Part(trace, 0, width, "")]
        half = (width - GAP) // 2
        return [Part(trace, 0, width - GAP - half, "now"), Part(pinned, width - half, half, "pinned")]

    def paint(self, width: int, height: int) -> list[Strip]:
        """The map, or the pinned trace's too, as heat maps or tables of this size."""
        parts = self.parts()
        if not parts or not height:
            return []
        if Layout.of(1, width, height) is None:
            return [Strip([Segment(f"needs {SMALLEST[0]}×{SMALLEST[1]}"[:width])])]
        drawn = self._tables(parts, height) if self.as_table else self._maps(parts, height)
        if len(drawn) == 1:
            return drawn[0]
        between = Strip([Segment(" " * GAP)], GAP)
        return [Strip.join([now, between, then]) for now, then in zip(*drawn, strict=True)]

    def _tables(self, parts: list[Part], height: int) -> list[list[Strip]]:
        palette = None if self.app.no_color else self.palette
        drawn = []
        for part in parts:
            window = self._window(part, height)
            if window is None:
                drawn.append([Strip.blank(part.width)] * height)
                continue
            scored, values = part.trace.lags.scored, log2_map(part.trace, self.parameter)
            first = first_lag(part.trace, self.parameter)
            cross = None if self.cross is None else self.cross.within(len(scored), first)
            size, ahead = (part.width, height), part.trace.lags.ahead(self.parameter)
            grid = draw_table(values, scored, window, size, palette, cross, part.title, ahead=ahead, first_lag=first)
            drawn.append(strips_of(grid))
        return drawn

    def _window(self, part: Part, height: int) -> Window | None:
        steps = len(part.trace.lags.scored)
        first = first_lag(part.trace, self.parameter)
        cross = None if self.cross is None else self.cross.within(steps, first)
        alone, cross = lag_0_only(part.trace, self.parameter), cross or CrossHair(steps, None)
        return Window.around(cross, steps, part.width, height, lag_0_only=alone, first_lag=first)

    def _maps(self, parts: list[Part], height: int) -> list[list[Strip]]:
        palette = None if self.app.no_color else self.palette
        drawn = []
        for part, heatmap in zip(parts, self._reduce(parts, height), strict=True):
            cross = None if self.cross is None else self.cross.within(heatmap.losses.count, heatmap.first_lag)
            drawn.append(strips_of(draw_map(heatmap, _layout(part, height), palette, cross, part.title)))
        return drawn

    def _reduce(self, parts: list[Part], height: int) -> list[Heatmap]:
        """The heat maps without the cross-hair, which a step of the cursor does not change."""
        plain = self.app.no_color
        made_of = (*((part.trace, part.width) for part in parts), self.parameter, height, plain)
        if self._reduced != made_of:
            self._heatmaps = on_one_scale([self._heatmap(part, height, plain=plain) for part in parts])
            self._reduced = made_of
        return self._heatmaps

    def _heatmap(self, part: Part, height: int, *, plain: bool) -> Heatmap:
        layout, scored = _layout(part, height), part.trace.lags.scored
        return reduce_map(
            log2_map(part.trace, self.parameter),
            scored,
            layout.pixel_rows(len(scored), plain=plain),
            layout.columns,
            lag_0_only=lag_0_only(part.trace, self.parameter),
            ahead=part.trace.lags.ahead(self.parameter),
            first_lag=first_lag(part.trace, self.parameter),
        )

    def point_at(self, x: int, y: int) -> tuple[Trace, Point] | None:
        """The point that a cell of the widget shows, and of which trace."""
        height = self.size.height
        if Layout.of(1, self.size.width, height) is None:
            return None
        parts = self.parts()
        for at, part in enumerate(parts):
            if not part.left <= x < part.left + part.width:
                continue
            if self.as_table:
                covered = self._listed(part, x - part.left, y)
            else:
                covered = _covered(self._reduce(parts, height)[at], _layout(part, height), x - part.left, y)
            point = None if covered is None else Point.largest(part.trace, self.parameter, *covered)
            return None if point is None else (part.trace, point)
        return None

    def _listed(self, part: Part, x: int, y: int) -> tuple[range, range] | None:
        window = self._window(part, self.size.height)
        at = None if window is None else window.place(x, y)
        return None if at is None else (range(at[0], at[0] + 1), range(at[1], at[1] + 1))

    def tell(self, place: tuple[Trace, Point] | None, *, clicked: bool) -> None:
        """Post which cell of which map the mouse is on."""
        trace, point = (None, None) if place is None else place
        self.post_message(self.Pointed(trace, point, clicked=clicked))


def _layout(part: Part, height: int) -> Layout:
    layout = Layout.of(len(part.trace.lags.scored), part.width, height)
    assert layout is not None
    return layout


def _covered(heatmap: Heatmap, layout: Layout, x: int, y: int) -> tuple[range, range] | None:
    """The t and the k that a cell of the heat map covers."""
    at = layout.place(x, y)
    if at is None:
        return None
    row, column = at
    per_cell = len(heatmap.kinds) // layout.rows
    first, last = (heatmap.losses.items(pixel) for pixel in (row * per_cell, (row + 1) * per_cell - 1))
    lags = heatmap.lags.items(column)
    return range(first.start + 1, last.stop + 1), range(lags.start + heatmap.first_lag, lags.stop + heatmap.first_lag)
