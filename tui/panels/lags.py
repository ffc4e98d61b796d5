"""The main chart: how much of the gradient comes through each parameter, by lag."""

from __future__ import annotations

from collections.abc import Mapping, Set

import numpy as np
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.strip import Strip
from textual.widgets import DataTable, Static

from core import Trace
from tui.charts.canvas import draw, draw_plain
from tui.charts.lags import Curve, lags_chart, log2_curve
from tui.charts.strips import to_strips
from tui.charts.view import PaintedView
from tui.cursor import Cursor
from tui.help import help_text
from tui.numbers import magnitude
from tui.palette import SERIES
from tui.panels.legend import Legend
from tui.panels.together import ShownTogether
from tui.words import READOUT, RECURRENT

CURVES: Mapping[Curve, str] = {
    "typical": "typical: the mean over the losses t of log ‖∂L_t/∂θ through step t−k‖, what one loss sees of the past.",
    "summed": "summed: ‖Σ_t ∂L_t/∂θ through step t−k‖, what an optimiser sees of the past.",
}


class LagsChart(PaintedView, can_focus=True):
    """Gradient against lag, drawn by plotext."""

    trace: reactive[Trace | None] = reactive(None)
    pinned: reactive[Trace | None] = reactive(None)
    curve: reactive[Curve] = reactive[Curve]("typical")
    lag: reactive[int | None] = reactive(None)
    hidden: reactive[Set[str]] = reactive[Set[str]](frozenset())

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes."""
        for name in ("trace", "pinned", "curve", "lag", "hidden"):
            self.watch(self, name, self.stale, init=False)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The chart at this size."""
        if self.trace is None or not width or not height:
            return []
        chart = lags_chart(
            self.trace,
            width=width,
            height=height,
            curve=self.curve,
            lag=self.lag,
            hidden=self.hidden,
            pinned=self.pinned,
        )
        plain = self.app.no_color
        drawing = draw_plain(chart, width, height) if plain else draw(chart, width, height, self.palette)
        return to_strips(drawing.lines)


class LagsTable(DataTable[str]):
    """The chart as numbers, for those who cannot see it, and to read off."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=True)
        self._shown: tuple[Trace, Curve] | None = None

    def show(self, trace: Trace, curve: Curve, lag: int | None) -> None:
        """Every lag in a row; the cursor's row is the cursor's lag."""
        if self._shown != (trace, curve):
            self._shown = (trace, curve)
            names = list(trace.network.parameters)
            self.clear(columns=True)
            self.add_columns("lag k", *(f"{SERIES[name].marker} {name}" for name in names))
            curves = [log2_curve(trace.lags, name, curve) for name in names]
            self.add_rows(
                [str(k), *(magnitude(float(values[k])) for values in curves)] for k in range(len(trace.lags.scored))
            )
        if lag is not None:
            self.move_cursor(row=lag)


class LagsPanel(Vertical, ShownTogether):
    """Legend, chart or table, and the values at the cursor's lag."""

    HELP = help_text("lags")

    trace: reactive[Trace | None] = reactive(None)
    pinned: reactive[Trace | None] = reactive(None)
    cursor: reactive[Cursor | None] = reactive(None)
    curve: reactive[Curve] = reactive[Curve]("typical")
    hidden: reactive[Set[str]] = reactive[Set[str]](frozenset())
    as_table: reactive[bool] = reactive(False)

    def compose(self) -> ComposeResult:
        """Legend, chart, read-out."""
        with Horizontal(classes="legend"):
            yield Legend().data_bind(LagsPanel.hidden)
            yield Static(id="curve-name")
        yield LagsChart(id="lags-chart").data_bind(LagsPanel.trace, LagsPanel.pinned, LagsPanel.curve, LagsPanel.hidden)
        yield LagsTable(id="lags-table")
        yield Static(id="lags-readout")

    def on_mount(self) -> None:
        """Show what there is, and again whenever it changes."""
        self.show_on("trace", "cursor", "curve", "hidden", "as_table")

    def show(self) -> None:
        """Chart or table, the cursor's lag marked, and the values there."""
        lag = None if self.cursor is None else self.cursor.lag
        chart, table = self.query_one(LagsChart), self.query_one(LagsTable)
        chart.display, table.display = not self.as_table, self.as_table
        chart.lag = lag
        if self.as_table and self.trace is not None:
            table.show(self.trace, self.curve, lag)
        name = self.query_one("#curve-name", Static)
        name.update(Text(self.curve, style="dim"))
        name.tooltip = CURVES[self.curve]
        self.query_one("#lags-readout", Static).update(self._readout(lag))

    def _zeros(self) -> bool:
        """Whether a line that is shown has exact zeros, which no logarithm has a place for."""
        if self.trace is None:
            return False
        curves = [log2_curve(self.trace.lags, name, self.curve) for name in RECURRENT if name not in self.hidden]
        return any(bool(np.isneginf(curve).any()) for curve in curves)

    def _readout(self, lag: int | None) -> Text:
        if self.trace is None:
            return Text("")
        zeros = "   ▼ exactly zero" if self._zeros() else ""
        if lag is None:
            return Text("→ steps on to t = T, then back through time, lag by lag" + zeros, "dim")
        names = [name for name in self.trace.network.parameters if not (lag and name in READOUT)]
        sizes = [float(log2_curve(self.trace.lags, name, self.curve)[lag]) for name in names]
        items = [f"{SERIES[name].marker} {name} {magnitude(size)}" for name, size in zip(names, sizes, strict=True)]
        if lag:
            items.append(f"{' '.join(SERIES[name].marker for name in READOUT)} lag 0 only")
        return Text.assemble(f"{self.curve}, lag {lag}:  ", "  ".join(items), (zeros, "dim"))
