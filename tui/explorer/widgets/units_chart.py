"""The units, or the prediction, as a widget: drawn or as a table, which tells where the mouse is on it."""

from __future__ import annotations

from rich.segment import Segment
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from core import Trace
from tui.explorer.help import help_text
from tui.explorer.painting.strips import strips_of
from tui.explorer.widgets.pointed_view import PointedView
from tui.report.charts.area import Area
from tui.report.charts.heatmap import Blocks
from tui.report.charts.prediction import Prediction, prediction_chart
from tui.report.charts.terminal import SMALLEST, draw, draw_plain
from tui.report.charts.unit_grid import Covered, UnitGrid
from tui.report.charts.unit_table import draw_unit_table, unit_window
from tui.report.charts.units import draw_units, unit_layout
from tui.report.words.prediction import table


class UnitsChart(PointedView[Covered], can_focus=True):
    """The heat map with its axes and color bar, the unit and the step marked; or the numbers around these."""

    HELP = help_text("units")
    DEFAULT_CSS = """
    UnitsChart { height: 1fr; min-height: 5; }
    UnitsChart:focus { background: $surface; }
    """

    _area: Area | None = None
    """Where the lines of the prediction are"""

    grid: var[UnitGrid | None] = var(None)
    unit: var[int] = var(1)
    step: var[int] = var(1)
    as_table: var[bool] = var(False)
    prediction: var[Prediction | None] = var(None)
    """What the network predicts, where that is shown in place of its units"""
    trace: var[Trace | None] = var(None)
    """The trace whose prediction it is"""

    class Pointed(Message):
        """The mouse is on some units and steps, or on none."""

        def __init__(self, covered: Covered | None, *, clicked: bool) -> None:
            self.covered, self.clicked = covered, clicked
            super().__init__()

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes."""
        for name in ("grid", "unit", "step", "as_table", "prediction"):
            self.watch(self, name, self.stale, init=False)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The heat map or the table at this size."""
        grid, self._area = self.grid, None
        if not height:
            return []
        if self.prediction is not None:
            return self._predicted(self.prediction, width, height)
        if grid is None:
            return []
        palette = None if self.app.no_color else self.palette
        if self.as_table:
            window = unit_window(grid, self.unit, self.step, width, height)
            if window is not None:
                return strips_of(draw_unit_table(grid, window, width, height, palette, unit=self.unit, step=self.step))
        elif (drawn := draw_units(grid, width, height, palette, unit=self.unit, step=self.step)) is not None:
            return strips_of(drawn)
        return [Strip([Segment(f"needs {SMALLEST[0]}×{SMALLEST[1]}"[:width])])]

    def _predicted(self, found: Prediction, width: int, height: int) -> list[Strip]:
        """The prediction over the target, as lines or as a table of numbers."""
        if self.as_table and self.trace is not None:
            rows = table(self.trace, found, self.step, height)
            return [Strip([Segment(row[:width])]) for row in rows]
        chart = prediction_chart(found, width=width, height=height, step=self.step)
        plain = self.app.no_color
        drawing = draw_plain(chart, width, height) if plain else draw(chart, width, height, self.palette)
        self._area = drawing.area
        return strips_of(drawing.grid)

    def point_at(self, x: int, y: int) -> Covered | None:
        """The units and the steps that a cell of the widget shows; None beside them."""
        grid, (width, height) = self.grid, self.size
        if self.prediction is not None:
            if self._area is None or not self._area.left <= x:
                return None
            step = min(max(round(self._area.x_at(x)), 1), self.prediction.steps)
            return Covered.one(self.prediction.output, step)
        if grid is None:
            return None
        if self.as_table:
            window = unit_window(grid, self.unit, self.step, width, height)
            place = None if window is None else window.place(x, y)
            return None if place is None else Covered.one(*place)
        layout = unit_layout(grid, width, height)
        at = None if layout is None else layout.place(x, y)
        if layout is None or at is None:
            return None
        units, steps = Blocks(grid.units, layout.rows).items(at[0]), Blocks(grid.steps, layout.columns).items(at[1])
        return Covered(range(units.start + 1, units.stop + 1), range(steps.start + 1, steps.stop + 1))

    def tell(self, place: Covered | None, *, clicked: bool) -> None:
        """Post which units and steps the mouse is on."""
        self.post_message(self.Pointed(place, clicked=clicked))
