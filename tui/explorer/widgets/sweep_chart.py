"""The chart of a sweep as a widget: a diagram over two settings or a curve along one, with a point that is marked."""

from __future__ import annotations

import math

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip

from core.study.over_seeds import OverSeeds
from core.study.study import Study
from tui.explorer.painting.strips import strips_of
from tui.explorer.widgets.pointed_view import PointedView
from tui.report.charts.area import Area
from tui.report.charts.drawn import RATE, Drawn
from tui.report.charts.glyph_grid import GlyphGrid
from tui.report.charts.phase_diagram import PhaseDiagram, draw_phases, phase_layout, point_under
from tui.report.charts.terminal import draw, draw_plain
from tui.report.study_charts import curve_chart, curve_places, phase_diagram, places
from tui.report.words.study import by_label


class SweepChart(PointedView[int], can_focus=True):
    """What there is of a sweep; arrows and the mouse move the mark, and the mouse reads off what it is on."""

    DEFAULT_CSS = """
    SweepChart { height: 1fr; min-height: 5; }
    SweepChart:focus { background: $surface; }
    """
    BINDINGS = [
        Binding("left", "screen.move(0, -1)", "move", key_display="←↑↓→"),
        Binding("right", "screen.move(0, 1)", show=False),
        Binding("up", "screen.move(-1, 0)", show=False),
        Binding("down", "screen.move(1, 0)", show=False),
        Binding("enter", "screen.open", "open"),
    ]

    study: Study | None = None
    over: tuple[OverSeeds, ...] = ()
    drawn: Drawn = RATE
    cursor: int = 0
    _diagram: PhaseDiagram | None = None
    _area: Area | None = None

    class Pointed(Message):
        """The mouse is on a combination, or on none; `clicked` where a button is down on one."""

        def __init__(self, point: int | None, *, clicked: bool) -> None:
            self.point, self.clicked = point, clicked
            super().__init__()

    class Opened(Message):
        """A combination was clicked twice: its network is to be opened."""

    def show(self, study: Study | None, over: tuple[OverSeeds, ...], drawn: Drawn, cursor: int) -> None:
        """Take other values, and paint again."""
        self.study, self.over, self.drawn, self.cursor = study, over, drawn, cursor
        self.stale()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The diagram or the curve at this size, at most `height` strips of `width` cells."""
        self._diagram = self._area = None
        if self.study is None or not width or not height:
            return []
        palette = None if self.app.no_color else self.palette
        if len(self.study.grid.axes) == 2:
            self._diagram = phase_diagram(self.study, self.over, self.drawn, fill=True, named=by_label)
            (row,), (column,) = (places(self.study.grid) == self.cursor).nonzero()
            drawn = draw_phases(self._diagram, width, height, palette, (int(row), int(column)))
            if drawn is None:
                drawn = GlyphGrid(width, height)
                drawn.write(0, 0, "no room for the diagram")
            return strips_of(drawn)
        chart = curve_chart(
            self.study, self.over, self.drawn, width=width, height=height, cursor=self.cursor, named=by_label
        )
        drawing = draw_plain(chart, width, height) if palette is None else draw(chart, width, height, palette)
        self._area = drawing.area
        return strips_of(drawing.grid)

    def point_at(self, x: int, y: int) -> int | None:
        """The combination that a cell shows; None beside them."""
        if self.study is None:
            return None
        at = places(self.study.grid)
        if self._diagram is not None:
            layout = phase_layout(self._diagram, *self.size)
            found = None if layout is None else point_under(self._diagram, layout, x, y)
            return None if found is None else int(at[found])
        if self._area is None or x < self._area.left:
            return None
        columns = [self._area.column_of(one) for one in self._scaled()]
        return int(at[0, min(range(len(columns)), key=lambda place: abs(columns[place] - x))])

    def _scaled(self) -> list[float]:
        assert self.study is not None
        (axis,) = self.study.grid.axes
        return [math.log10(one) if axis.logarithmic else one for one in curve_places(self.study.grid)]

    def tell(self, place: int | None, *, clicked: bool) -> None:
        """Post which combination the mouse is on."""
        self.post_message(self.Pointed(place, clicked=clicked and place is not None))

    def on_click(self, event: events.Click) -> None:
        """Open a combination at a double click; the first of the two has moved the mark there."""
        if event.chain == 2 and self.point_at(event.x, event.y) is not None:
            self.post_message(self.Opened())
