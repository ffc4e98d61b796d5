"""The main chart: how much of the gradient comes through each parameter, by lag."""

from __future__ import annotations

from collections.abc import Mapping, Set

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.theme import Theme
from textual.widgets import Static

from core import Trace
from tui.charts.canvas import draw, draw_plain
from tui.charts.lags import Curve, lags_chart, log2_curve
from tui.charts.strips import to_strips
from tui.charts.view import PaintedView
from tui.cursor import Cursor
from tui.numbers import magnitude
from tui.palette import SERIES, theme_palette
from tui.words import READOUT

CURVES: Mapping[Curve, str] = {
    "typical": "typical: the mean over the losses t of log ‖∂L_t/∂θ through step t−k‖, what one loss sees of the past.",
    "summed": "summed: ‖Σ_t ∂L_t/∂θ through step t−k‖, what an optimiser sees of the past.",
}


class LagsChart(PaintedView, can_focus=True):
    """Gradient against lag, drawn by plotext."""

    HELP = "lags"

    trace: reactive[Trace | None] = reactive(None)
    curve: reactive[Curve] = reactive[Curve]("typical")
    lag: reactive[int | None] = reactive(None)
    hidden: reactive[Set[str]] = reactive[Set[str]](frozenset())

    def watch_trace(self) -> None:
        """Another network."""
        self.stale()

    def watch_curve(self) -> None:
        """The mean over losses, or their sum."""
        self.stale()

    def watch_lag(self) -> None:
        """Another lag to mark."""
        self.stale()

    def watch_hidden(self) -> None:
        """Other series."""
        self.stale()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The chart at this size."""
        if self.trace is None or not width or not height:
            return []
        chart = lags_chart(self.trace, width=width, height=height, curve=self.curve, lag=self.lag, hidden=self.hidden)
        plain = self.app.no_color
        drawing = draw_plain(chart, width, height) if plain else draw(chart, width, height, self.palette)
        return to_strips(drawing.lines)


class LegendEntry(Static):
    """A series' marker and name; click to show or hide it."""

    class Toggled(Message):
        """A series is to be shown or hidden."""

        def __init__(self, series: str) -> None:
            self.series = series
            super().__init__()

    def __init__(self, series: str) -> None:
        super().__init__(classes="legend-entry")
        self.series = series
        self.tooltip = "Click to show or hide this line."

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, self._color)
        self._color(self.app.current_theme)

    def _color(self, theme: Theme) -> None:
        style = SERIES[self.series]
        color = "#{:02x}{:02x}{:02x}".format(*theme_palette(theme).readable(style.color))
        self.update(Text(f"{style.marker} {self.series}", style=color))

    def on_click(self) -> None:
        """Ask for the toggle."""
        self.post_message(self.Toggled(self.series))


class LagsPanel(Vertical):
    """Legend, chart, and the values under the cursor's lag."""

    trace: reactive[Trace | None] = reactive(None)
    cursor: reactive[Cursor | None] = reactive(None)
    curve: reactive[Curve] = reactive[Curve]("typical")
    hidden: reactive[Set[str]] = reactive[Set[str]](frozenset())

    def compose(self) -> ComposeResult:
        """Legend, chart, read-out."""
        with Horizontal(classes="legend"):
            for name in ("W_aa", "W_ax", "b_a", "W_y", "b_y"):
                yield LegendEntry(name)
            yield Static(id="curve-name")
        yield LagsChart(id="lags-chart").data_bind(LagsPanel.trace, LagsPanel.curve, LagsPanel.hidden)
        yield Static(id="lags-readout")

    def on_mount(self) -> None:
        """Show what there is."""
        self._show()

    def watch_trace(self) -> None:
        """Another network."""
        self._show()

    def watch_cursor(self) -> None:
        """Another step."""
        self._show()

    def watch_curve(self) -> None:
        """The mean over losses, or their sum."""
        self._show()

    def watch_hidden(self) -> None:
        """Other series."""
        for entry in self.query(LegendEntry):
            entry.set_class(entry.series in self.hidden, "-hidden")

    def _show(self) -> None:
        if not self.is_mounted:
            return
        lag = None if self.cursor is None else self.cursor.lag
        self.query_one(LagsChart).lag = lag
        name = self.query_one("#curve-name", Static)
        name.update(Text(self.curve, style="dim"))
        name.tooltip = CURVES[self.curve]
        self.query_one("#lags-readout", Static).update(self._readout(lag))

    def _readout(self, lag: int | None) -> Text:
        if self.trace is None:
            return Text("")
        if lag is None:
            return Text("→ steps on to t = T, and from there back through time, lag by lag", "dim")
        text = Text(f"lag {lag}:")
        for name in self.trace.network.parameters:
            value = float(log2_curve(self.trace.lags, name, self.curve)[lag])
            text.append(f"  {SERIES[name].marker} {name} " + ("–" if lag and name in READOUT else magnitude(value)))
        return text
