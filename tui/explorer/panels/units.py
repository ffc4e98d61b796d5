"""The Units tab: one quantity of every unit over time, as a heat map with the saturated units marked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Final

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from core import BackwardPass, Trace
from tui.explorer.painting.view import seen
from tui.explorer.widgets.map_choices import MapChoice, UnitChoices
from tui.explorer.widgets.session_panel import SessionPanel
from tui.explorer.widgets.stable_static import StableStatic
from tui.explorer.widgets.units_chart import UnitsChart
from tui.report.charts.prediction import Prediction, is_made, prediction
from tui.report.charts.unit_grid import Covered, UnitGrid, unit_grid
from tui.report.words import prediction as words
from tui.report.words.forms import fitting
from tui.report.words.prediction import SYMBOL as PREDICTION
from tui.report.words.units import Quantity, caption, cell_reading, chosen, counts, quantities, reading

FAR: Final = 10
"""Units that page up and page down go"""


class UnitsPanel(Vertical, SessionPanel):
    """The choice of quantity, the heat map, how many units are saturated, and the value at the unit and step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "unit(-1)", "unit", key_display="↑/↓", tooltip="Mark the unit above, or the one below."),
        Binding("down", "unit(1)", "", show=False, tooltip="Mark the unit below."),
        Binding("pageup", f"unit({-FAR})", "", show=False, tooltip="Mark the unit ten above."),
        Binding("pagedown", f"unit({FAR})", "", show=False, tooltip="Mark the unit ten below."),
        Binding("right_square_bracket", "choose(1)", "quantity", key_display="[/]", tooltip="Show another quantity."),
        Binding("left_square_bracket", "choose(-1)", "", show=False, tooltip="Show the quantity before."),
    ]
    DEFAULT_CSS = """
    UnitsPanel { height: 1fr; padding: 0 1; }
    UnitsPanel .line { height: 1; }
    UnitsPanel .muted { color: $foreground-muted; }
    """

    class QuantityChosen(Message):
        """The quantity to be shown is another one.

        Which one is asked when the message is read: of two keys in a row, the second goes on from the first.
        """

        def __init__(self, quantity: Callable[[], str]) -> None:
            self._quantity = quantity
            super().__init__()

        @property
        def quantity(self) -> str:
            """The symbol of the quantity that was chosen."""
            return self._quantity()

    class UnitChosen(Message):
        """The unit to be marked is another one, counted from 1; which one is asked when the message is read."""

        def __init__(self, unit: Callable[[], int]) -> None:
            self._unit = unit
            super().__init__()

        @property
        def unit(self) -> int:
            """The unit that was chosen."""
            return self._unit()

    class Picked(Message):
        """A unit and a step were clicked, both from 1."""

        def __init__(self, unit: int, step: int) -> None:
            self.unit, self.step = unit, step
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._made: tuple[tuple[Trace, BackwardPass | None, Quantity], UnitGrid | None] | None = None
        self._under: Covered | None = None

    def compose(self) -> ComposeResult:
        """The choices, the caption, the heat map, what is saturated, and what is read off."""
        yield UnitChoices()
        yield StableStatic(classes="line muted", id="units-caption")
        yield UnitsChart(id="units-chart")
        yield StableStatic(classes="line", id="units-counts")
        yield StableStatic(classes="line muted", id="units-reading")

    def on_mount(self) -> None:
        """Show what there is, and again whenever it changes."""
        self.show_when_changed(
            *("shown.trace", "shown.backward_pass", "cursor", "view.quantity", "view.unit", "view.as_table")
        )

    def on_resize(self, event: events.Resize) -> None:
        """Show everything again: longer or shorter words fit around the heat map."""
        self.show()

    def on_show(self) -> None:
        """Show what has changed while the tab was out of sight."""
        self.show()

    def show(self) -> None:
        """Show everything, if the tab is open: nothing is worked out for one that is not."""
        if seen(self):
            self._show()
            return
        if self._made is not None and self._made[0][0] is not self.trace:
            self._made = self.query_one(UnitsChart).grid = None  # not kept for a tab that nobody looks at
        # Back in sight before the next layout, it would not be told that it is shown.
        self.call_after_refresh(lambda: self._show() if seen(self) else None)

    @property
    def quantity(self) -> Quantity | None:
        """What is shown: what is asked for where this network has it, or else the state; None without a trace."""
        return None if self.trace is None else chosen(self.trace.network, self.view.quantity)

    @property
    def unit(self) -> int:
        """The unit that is marked, of those that there are."""
        return min(self.view.unit, self._rows) if self._rows else self.view.unit

    def _show(self) -> None:
        trace, quantity, cursor = self.trace, self.quantity, self.cursor
        chart = self.query_one(UnitsChart)
        chart.trace, chart.prediction = trace, self._prediction()
        chart.grid = grid = None if chart.prediction is not None else self._grid()
        self._offer()
        if trace is not None and chart.prediction is not None and cursor is not None:
            self._show_prediction(trace, chart.prediction, cursor.step)
            return
        if trace is None or quantity is None or cursor is None or grid is None:
            return
        chart.unit, chart.step, chart.as_table = self.unit, cursor.step, self.view.as_table
        under = self._under
        if under is not None and (under.units[-1] > grid.units or under.steps[-1] > grid.steps):
            self._under = under = None
        by_decades, as_table = grid.sign is not None, self.view.as_table
        told = caption(trace, quantity, self.shown.loss, by_decades=by_decades, as_table=as_table)
        self._say("units-caption", told)
        self._say("units-counts", counts(grid, cursor.step))
        if under is None:
            self._say("units-reading", reading(grid, self.unit, cursor.step))
        else:
            self._say("units-reading", tuple(f"mouse: {text}" for text in cell_reading(grid, under)))

    @property
    def predicts(self) -> bool:
        """Whether the prediction is shown in place of the units."""
        return self.view.quantity == PREDICTION and self.trace is not None and is_made(self.trace)

    def _prediction(self) -> Prediction | None:
        return prediction(self.trace, self.view.unit) if self.trace is not None and self.predicts else None

    def _show_prediction(self, trace: Trace, found: Prediction, step: int) -> None:
        chart, under = self.query_one(UnitsChart), self._under
        chart.step, chart.as_table = step, self.view.as_table
        self._say("units-caption", words.caption(found))
        self._say("units-counts", words.reading(trace, found, step))
        if under is None or under.steps[0] > found.steps or under.steps[0] == step:
            self._say("units-reading", ("",))
        else:
            at = words.reading(trace, found, under.steps[0])
            self._say("units-reading", tuple(f"mouse: {text}" for text in at))

    def _grid(self) -> UnitGrid | None:
        """What is shown, made once for a trace, a backward pass and a quantity."""
        trace, quantity = self.trace, self.quantity
        if trace is None or quantity is None:
            return None
        backward_pass = self.backward_pass if quantity.kind == "gradient" else None
        of = (trace, backward_pass, quantity)
        if self._made is None or self._made[0] != of:
            self._made = of, unit_grid(trace, quantity, backward_pass)
        return self._made[1]

    def _offer(self) -> None:
        row, trace, quantity = self.query_one(UnitChoices), self.trace, self.quantity
        if quantity is not None and trace is not None:
            row.chosen = self._names(trace)[self._place(trace, quantity)]
            row.offer(self._names(trace), self.content_size.width)

    def _names(self, trace: Trace) -> list[str]:
        """What can be chosen: the quantities of the units, and the prediction where there is one."""
        return [*quantities(trace.network), *([PREDICTION] if is_made(trace) else [])]

    def _place(self, trace: Trace, quantity: Quantity) -> int:
        return self._names(trace).index(PREDICTION if self.predicts else quantity.symbol)

    def _say(self, where: str, forms: tuple[str, ...]) -> None:
        text = fitting(forms, self.content_size.width)
        self.query_one(f"#{where}", Static).update(Text(text, no_wrap=True, overflow="ellipsis"))

    # Choosing

    @on(MapChoice.Chosen)
    def _chosen(self, message: MapChoice.Chosen) -> None:
        message.stop()
        self.post_message(self.QuantityChosen(lambda: message.parameter))

    def action_choose(self, by: int) -> None:
        """Show the next quantity, or the one before, round and round."""
        if self.trace is not None:
            self.post_message(self.QuantityChosen(partial(self._next_quantity, by)))

    def _next_quantity(self, by: int) -> str:
        trace, quantity = self.trace, self.quantity
        if trace is None or quantity is None:
            return self.view.quantity or ""
        names = self._names(trace)
        return names[(self._place(trace, quantity) + by) % len(names)]

    def action_unit(self, by: int) -> None:
        """Mark the unit so many further down."""
        if self._rows:
            self.post_message(self.UnitChosen(partial(self._next_unit, by)))

    def _next_unit(self, by: int) -> int:
        return min(max(self.unit + by, 1), max(1, self._rows))

    @property
    def _rows(self) -> int:
        """How many units, or outputs, there are to mark."""
        chart = self.query_one(UnitsChart)
        if chart.prediction is not None:
            return chart.prediction.rows
        return 0 if chart.grid is None else chart.grid.units

    @on(UnitsChart.Pointed)
    def _pointed(self, message: UnitsChart.Pointed) -> None:
        message.stop()
        self._under, grid = message.covered, self.query_one(UnitsChart).grid
        if message.clicked and message.covered is not None and self.predicts:
            self.post_message(self.Picked(message.covered.units[0], message.covered.steps[0]))
        elif message.clicked and message.covered is not None and grid is not None:
            self.post_message(self.Picked(*grid.furthest(message.covered)))
        self.show()
