"""The chart against the lag, and what the mouse does on it: it reads off, goes to a lag, and zooms."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from core import EnsembleLines, Grouping, Trace
from core.dynamics.theory import TheoryLine
from tui.explorer.painting.strips import strips_of
from tui.explorer.painting.view import PaintedView
from tui.explorer.session.lag_range import LagRange
from tui.report.charts.area import Area
from tui.report.charts.glyph_grid import NONE, GlyphGrid, pack
from tui.report.charts.lags import lags_chart
from tui.report.charts.model import Chart
from tui.report.charts.pins import NamedPin
from tui.report.charts.terminal import draw, draw_plain
from tui.report.curves import Curve
from tui.report.palette import blend

SHADE = 0.25
"""How much of the color of the cursor is behind the lags that are dragged over"""

SHOWN = (
    "trace",
    "pinned",
    "pins",
    "curve",
    "pinned_curve",
    "grouping",
    "lag",
    "hidden",
    "theory",
    "ensemble",
    "lags",
    "dragged",
    "last",
)


class LagsChart(PaintedView, can_focus=True):
    """The norm of the gradient against the lag, a line for each group of parameters."""

    trace: var[Trace | None] = var(None)
    pinned: var[Trace | None] = var(None)
    """The trace of which all lines stand behind, dimmed"""
    pins: var[tuple[NamedPin, ...]] = var[tuple[NamedPin, ...]](())
    """The traces of which one line each stands behind, with its name"""
    curve: var[Curve] = var[Curve]("typical")
    pinned_curve: var[Curve] = var[Curve]("typical")
    grouping: var[Grouping] = var[Grouping]("source")
    lag: var[int | None] = var(None)
    hidden: var[Set[str]] = var[Set[str]](frozenset())
    theory: var[tuple[TheoryLine, ...]] = var[tuple[TheoryLine, ...]](())
    ensemble: var[EnsembleLines | None] = var(None)
    """The networks of other seeds that stand behind"""
    lags: var[LagRange | None] = var(None)
    """The lags that the chart is zoomed in on; None for all of them"""
    last: var[int] = var(0)
    """The last lag there is"""
    dragged: var[tuple[int, int] | None] = var(None)
    """The lags between which a button is held"""

    class Hovered(Message):
        """The mouse is on a lag, or on none."""

        def __init__(self, lag: int | None) -> None:
            self.lag = lag
            super().__init__()

    class Pointed(Message):
        """A lag was clicked: the cursor is to go there."""

        def __init__(self, lag: int) -> None:
            self.lag = lag
            super().__init__()

    class Zoomed(Message):
        """The wheel was turned on a lag, forward (`by` 1) or backward (−1)."""

        def __init__(self, by: int, around: int) -> None:
            self.by, self.around = by, around
            super().__init__()

    class Chosen(Message):
        """The lags to zoom in on were dragged over; None for all of them, after a double click."""

        def __init__(self, lags: LagRange | None) -> None:
            self.lags = lags
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._area: Area | None = None
        self._hovered: int | None = None
        self._way_back = range(0)
        """The columns of the first row in which a click shows all lags again"""

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes."""
        for name in SHOWN:
            self.watch(self, name, self.stale, init=False)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The chart at this size, at most `height` strips of `width` cells; empty without a trace."""
        self._area = None
        if self.trace is None or not width or not height:
            return []
        chart = self._chart(self.trace, width, height)
        plain = self.app.no_color
        drawing = draw_plain(chart, width, height) if plain else draw(chart, width, height, self.palette)
        self._area, self._way_back = drawing.area, range(0)
        if self.lags is not None and drawing.area is not None and drawing.area.top:
            self._mark_zoom(drawing.grid, LagRange.within(self.lags, self.last), cell_len(chart.y_label))
        if drawing.area is not None and self.dragged is not None:
            columns = sorted(drawing.area.column_of(lag) for lag in self.dragged)
            shade = pack(blend(self.palette.backdrop, self.palette.accent, SHADE))
            rows = slice(drawing.area.top, drawing.area.top + drawing.area.height)
            drawing.grid.behind[rows, columns[0] : columns[1] + 1] = shade
        return strips_of(drawing.grid)

    def _mark_zoom(self, grid: GlyphGrid, lags: LagRange, taken: int) -> None:
        """Say at the upper right, in colors of its own, that only some lags are shown, and how to have all again.

        Args:
            grid: The cells of the chart, of which the first row names what the lines are.
            lags: What is shown.
            taken: Cells of that name.
        """
        width = grid.glyphs.shape[1]
        forms = (
            f" zoomed: lags {lags.first}–{lags.last} of 0–{self.last} · ⌫ or a click here: all ",
            f" zoomed: lags {lags.first}–{lags.last} · ⌫ all ",
            f" {lags.first}–{lags.last} · ⌫ all ",
            " ⌫ all lags ",
        )
        text = next((form for form in forms if cell_len(form) + taken < width), forms[-1])
        self._way_back = range(max(0, width - cell_len(text)), width)
        back = NONE if self.app.no_color else pack(self.palette.accent)
        ink = NONE if self.app.no_color else pack(self.palette.backdrop)
        if self.app.no_color:
            text = f"[{text.strip()}]"
        grid.write(self._way_back.start, 0, text, ink, back)

    def _chart(self, trace: Trace, width: int, height: int) -> Chart:
        return self._made(trace, width=width, height=height, lag=self.lag)

    def _made(self, trace: Trace, **more: Any) -> Chart:
        lags = None if self.lags is None else LagRange.within(self.lags, self.last)
        return lags_chart(
            trace,
            curve=self.curve,
            by=self.grouping,
            hidden=self.hidden,
            pinned=self.pinned,
            pinned_curve=self.pinned_curve,
            pins=self.pins,
            theory=self.theory,
            ensemble=self.ensemble,
            lags=None if lags is None else (lags.first, lags.last),
            **more,
        )

    def charted(self) -> Callable[[int, int], Chart] | None:
        """What is shown, without the cursor, as a chart for so many cells across and down; None where nothing is."""
        trace = self.trace
        return None if trace is None else lambda width, height: self._made(trace, width=width, height=height)

    @property
    def leaves_the_scale(self) -> bool:
        """Whether one of theory's lines goes on beyond what is shown."""
        if self.trace is None or not self.theory:
            return False
        chart = self._chart(self.trace, self.size.width, self.size.height)
        return any(series.label.endswith(("▲", "▼")) for series in chart.series)

    # The mouse

    def _lag_at(self, event: events.MouseEvent) -> int | None:
        """The lag under the mouse, the nearest one beside the data; None where there is no chart.

        Where some lines look ahead, it is below 0 on their side.
        """
        return None if self._area is None else round(self._area.x_at(event.x))

    def _distance_at(self, event: events.MouseEvent) -> int | None:
        """How many steps that is, on either side: what a zoom shows is the same of both."""
        lag = self._lag_at(event)
        return None if lag is None else abs(lag)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Read off the lag under the mouse; drag over lags while a button is held."""
        lag = self._lag_at(event)
        if self.dragged is not None and lag is not None:
            self.dragged = (self.dragged[0], lag)
        if lag != self._hovered:
            self._hovered = lag
            self.post_message(self.Hovered(lag))

    def on_leave(self) -> None:
        """Say that the mouse is on no lag any more."""
        self._hovered = None
        self.post_message(self.Hovered(None))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag, or a click; on what marks the zoom, show all lags again."""
        if event.y == 0 and event.x in self._way_back:
            self.post_message(self.Chosen(None))
            return
        lag = self._lag_at(event)
        if lag is not None:
            self.capture_mouse()
            self.dragged = (lag, lag)

    def on_mouse_up(self) -> None:
        """Zoom in on the lags that were dragged over, or go to the one that was clicked."""
        self.release_mouse()
        dragged, self.dragged = self.dragged, None
        if dragged is None:
            return
        if dragged[0] == dragged[1]:
            self.post_message(self.Pointed(dragged[0]))
        else:
            self.post_message(self.Chosen(LagRange.between(abs(dragged[0]), abs(dragged[1]), self.last)))

    def on_click(self, event: events.Click) -> None:
        """All lags again at a double click."""
        if event.chain == 2 and self.lags is not None:
            self.post_message(self.Chosen(None))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Show fewer lags around the one under the mouse."""
        self._zoom(1, event)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Show more lags around the one under the mouse."""
        self._zoom(-1, event)

    def _zoom(self, by: int, event: events.MouseEvent) -> None:
        lag = self._distance_at(event)
        event.stop()
        if lag is not None:
            self.post_message(self.Zoomed(by, lag))
