"""The main chart: how much of the gradient comes through each parameter, by lag."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import ClassVar

import numpy as np
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import var
from textual.strip import Strip
from textual.widgets import Static

from core import Grouping, Trace
from core.bptt.parameter_groups import grouped
from core.bptt.truncation import ALL
from core.dynamics.theory import TheoryLine
from core.numerics.scaled import Floats
from tui.explorer.help import help_text
from tui.explorer.painting.strips import strips_of
from tui.explorer.painting.view import PaintedView
from tui.explorer.widgets.fitting_label import Fitting
from tui.explorer.widgets.legend import Legend
from tui.explorer.widgets.long_table import LongTable
from tui.explorer.widgets.session_panel import SessionPanel
from tui.explorer.widgets.stable_static import StableStatic
from tui.explorer.widgets.theory_lines import Style, TheoryLegend
from tui.explorer.widgets.whole_columns import WholeColumns
from tui.report.charts.lags import lags_chart, theory_anchor
from tui.report.charts.model import Chart
from tui.report.charts.terminal import draw, draw_plain
from tui.report.charts.theory import STYLES
from tui.report.curves import ALL_LOSSES, Curve, OverLosses, log2_curve, losses_named, losses_told
from tui.report.numbers import magnitude, share
from tui.report.styles import styles
from tui.report.words.truncation import fitting, kept, one_line

CURVES: Mapping[OverLosses, str] = {
    "typical": "all losses, typical: the mean over the losses t of log ‖∂L_t/∂θ through step t−k‖.",
    "summed": "all losses, summed: ‖Σ_t ∂L_t/∂θ through step t−k‖, what an optimizer sees of the past.",
}

SEES: Mapping[OverLosses, str] = {"typical": "the mean of them", "summed": "what an optimizer sees"}

LOW = 18
"""Rows below which theory's lines share one row, and the words on truncation have one row instead of two"""

ROOMY = 22
"""Rows from which each of theory's lines may take two rows"""

HIGH = 30
"""Rows from which a table leaves room for the whole conditions of theory's lines"""

LARGEST = 4
"""How many lines at most are read off at the cursor's lag"""


class LagsChart(PaintedView, can_focus=True):
    """The norm of the gradient against the lag, a line for each group of parameters."""

    trace: var[Trace | None] = var(None)
    pinned: var[Trace | None] = var(None)
    curve: var[Curve] = var[Curve]("typical")
    pinned_curve: var[Curve] = var[Curve]("typical")
    grouping: var[Grouping] = var[Grouping]("source")
    lag: var[int | None] = var(None)
    hidden: var[Set[str]] = var[Set[str]](frozenset())
    theory: var[tuple[TheoryLine, ...]] = var[tuple[TheoryLine, ...]](())

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes."""
        for name in ("trace", "pinned", "curve", "pinned_curve", "grouping", "lag", "hidden", "theory"):
            self.watch(self, name, self.stale, init=False)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The chart at this size, at most `height` strips of `width` cells; empty without a trace."""
        if self.trace is None or not width or not height:
            return []
        chart = self._chart(self.trace, width, height)
        plain = self.app.no_color
        drawing = draw_plain(chart, width, height) if plain else draw(chart, width, height, self.palette)
        return strips_of(drawing.grid)

    def _chart(self, trace: Trace, width: int, height: int) -> Chart:
        return lags_chart(
            trace,
            width=width,
            height=height,
            curve=self.curve,
            by=self.grouping,
            lag=self.lag,
            hidden=self.hidden,
            pinned=self.pinned,
            pinned_curve=self.pinned_curve,
            theory=self.theory,
        )

    @property
    def leaves_the_scale(self) -> bool:
        """Whether one of theory's lines goes on beyond what is shown."""
        if self.trace is None or not self.theory:
            return False
        chart = self._chart(self.trace, self.size.width, self.size.height)
        return any(series.label.endswith(("▲", "▼")) for series in chart.series)


class LagsTable(LongTable, inherit_bindings=False):
    """The chart as numbers, for those who cannot see it, and to read off.

    Of a table's keys it takes only those that step through time nowhere else.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "row", key_display="↑/↓", tooltip="The row above or below."),
        Binding("down", "cursor_down", "", show=False, tooltip="The row below."),
        Binding("pageup", "page_up", "", show=False, tooltip="A screen of rows up."),
        Binding("pagedown", "page_down", "", show=False, tooltip="A screen of rows down."),
        *WholeColumns.BINDINGS,
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[object, ...] = ()

    def show(self, trace: Trace, curve: Curve, by: Grouping, lag: int | None, theory: Sequence[TheoryLine]) -> None:
        """Every lag in a row; the cursor's row is the cursor's lag. Theory's lines hang where the chart has them.

        Of one loss, the lags that it does not have are empty.
        """
        if self._shown != (trace, curve, by, theory):
            self._shown = (trace, curve, by, theory)
            looks = styles(trace.network, by)
            curves = [log2_curve(trace.profile(by), name, curve) for name in looks]
            names = [f"{style.marker} {name}" for name, style in looks.items()]
            anchor = theory_anchor(trace, curve, by)
            if anchor is not None:
                names += [f"{STYLES[line.kind].glyph * 2} {line.formula}" for line in theory]
                hung = curves[list(looks).index(anchor[0])]
                curves += [hung[0] + line.log2[: len(hung)] for line in theory]
            columns = _truncated(trace, curve) | {name: (magnitude, of) for name, of in zip(names, curves, strict=True)}

            def row(k: int) -> list[str]:
                return [str(k), *(text(float(of[k])) if k < len(of) else "" for text, of in columns.values())]

            self.fill(("lag k", *columns), len(trace.lags.scored), row)
        if lag is not None:
            self.move_cursor(lag)


def _truncated(trace: Trace, curve: Curve) -> dict[str, tuple[Callable[[float], str], Floats]]:
    """By lag: the share of the losses that lose it, and the size of what is thrown away; nothing if nothing can be.

    Of one loss: the lags that it loses.
    """
    found = trace.truncation
    if found is None:
        return {}
    if isinstance(curve, int):
        first = found.cut_from(curve)
        lost = np.arange(curve) >= (curve if first is None else first)
        return {f"lost by L_{curve}": (lambda of: "lost" if of else "", lost.astype(np.float64))}
    with np.errstate(divide="ignore"):
        losing = np.log2(found.share_cut)
    return {"lost by": (share, losing), "thrown away": (magnitude, found.log2_lost[ALL])}


class LagsPanel(Vertical, SessionPanel):
    """Legend, chart or table, and the values at the cursor's lag."""

    HELP = help_text("lags")

    def compose(self) -> ComposeResult:
        """The legend, the lines on truncation and theory, the chart or its table, and the line at the cursor."""
        with Horizontal(classes="legend"):
            yield Legend()
            yield Fitting(id="curve-name")
        yield StableStatic(id="truncation")
        yield TheoryLegend(id="theory")
        yield LagsChart(id="lags-chart")
        yield LagsTable(id="lags-table")
        yield StableStatic(id="lags-readout")

    def on_resize(self) -> None:
        """Show everything again: longer or shorter words fit beside the chart."""
        self.show()

    def on_mount(self) -> None:
        """Show what there is, and again whenever it changes."""
        self.show_when_changed(
            *("shown.trace", "shown.asked", "shown.pinned", "shown.measured", "cursor"),
            *("view.curve", "view.grouping", "view.hidden", "view.as_table", "view.theory"),
        )

    def show(self) -> None:
        """Chart or table, the cursor's lag marked, and the values there."""
        lag, view = self.lag, self.view
        chart, table = self.query_one(LagsChart), self.query_one(LagsTable)
        chart.trace, chart.pinned = self.trace, self.pinned
        chart.curve, chart.pinned_curve = self.curve, self.pinned_curve
        chart.grouping, chart.hidden = view.grouping, view.hidden
        chart.display, table.display = not self.view.as_table, self.view.as_table
        chart.lag = lag
        found = self.measured.of(self.trace) if self.view.theory else None
        lines = () if found is None else found.lines
        chart.theory = lines
        theory = self.query_one(TheoryLegend)
        theory.set_class(False, "-shown")
        if self.view.theory:
            theory.show(lines, self._state_of_theory(lines), self._style_of_theory())
        if self.view.as_table and self.trace is not None:
            table.show(self.trace, self.curve, self.view.grouping, lag, lines)
        if self.trace is not None:
            legend = self.query_one(Legend)
            legend.hidden = view.hidden
            legend.looks = styles(self.trace.network, self.view.grouping)
            self.query_one(".legend").set_class(not legend.fit(self.content_size.width), "-many")
        name = self.query_one("#curve-name", Fitting)
        name.forms = self._shown_as()
        name.tooltip = self._curve_explained()
        self._show_truncation()
        self.query_one("#lags-readout", Static).update(self._readout(lag))

    def _show_truncation(self) -> None:
        """What truncation throws away, where it does."""
        line, trace = self.query_one("#truncation", Static), self.trace
        found = None if trace is None else trace.truncation
        line.display = found is not None
        if trace is not None and found is not None:
            forms, rows = one_line(trace, self.shown.loss), 2 if self.size.height >= LOW else 1
            line.update(Text(fitting(forms, self.content_size.width, rows)))
            line.tooltip = Text(f"{forms[0]}. {kept(found)}")

    def _state_of_theory(self, lines: Sequence[TheoryLine]) -> str:
        """Why there are no lines of theory on the chart, if there are none."""
        if not lines:
            share = self.measured.share
            busy = "computing" if share is None else f"computing, {share:.0%} · esc stops"
            return f"theory: {self.measured.problem or busy}"
        hidden = frozenset[str]() if self.view.as_table else self.view.hidden
        if self.trace is not None and theory_anchor(self.trace, self.curve, self.view.grouping, hidden) is None:
            return "theory: no line is shown to hang on"
        return ""

    def _style_of_theory(self) -> Style:
        """How much of theory's lines there is room for."""
        if self.size.height < LOW:
            return "tight"
        if self.view.as_table and self.size.height >= HIGH:
            return "whole"
        return "folded" if self.size.height >= ROOMY else "lines"

    def _shown_as(self) -> tuple[str, ...]:
        """Which losses, and what is taken together, the fullest wording first: `L_50, by gate`."""
        curve = self.curve
        by = "" if self.trace is None or not grouped(self.trace.network) else f", by {self.view.grouping}"
        if isinstance(curve, int):
            name, other = losses_named(curve), self.shown.pinned_loss
            behind = "" if other in (None, curve) else f", pinned {losses_named(other)}"
            return (f"{name} on its way back{behind}{by}", f"{name}{behind}{by}", f"{name}{by}", name)
        whole, brief = f"{ALL_LOSSES}, {curve}", f"all, {curve}"
        return (f"{whole}{by or f': {SEES[curve]}'}", f"{whole}{by}", f"{brief}{by}", brief, curve)

    def _curve_explained(self) -> str:
        curve = self.curve
        if not isinstance(curve, int):
            return CURVES[curve]
        name = losses_named(curve)
        return f"{name}: ‖∂{name}/∂θ through step {curve}−k‖, what this one loss sees of the past. f: all losses."

    def _zeros(self) -> bool:
        """Whether a line that is shown has exact zeros, which no logarithm has a place for."""
        if self.trace is None:
            return False
        lines = self.trace.parameter_groups(self.view.grouping).items()
        names = [name for name, line in lines if line.recurrent and name not in self.view.hidden]
        profile = self.trace.profile(self.view.grouping)
        return any(bool(np.isneginf(log2_curve(profile, name, self.curve)).any()) for name in names)

    def _readout(self, lag: int | None) -> Text:
        if self.trace is None:
            return Text("")
        zeros = "   ▼ exactly zero" if self._zeros() else ""
        if self.query_one(LagsChart).leaves_the_scale and not self.view.as_table:
            zeros += "   ▲ ▼ after a name: goes on off the scale"
        curve, loss = self.curve, self.shown.loss
        if lag is None and loss is not None and self.cursor is not None and self.cursor.backward:
            return Text(f"L_{loss} comes in at s = {loss}: → steps on to it" + zeros, "dim")
        if lag is None:
            return Text("→ steps on to t = T, then back through time, lag by lag" + zeros, "dim")
        sizes, alone = {}, ""
        looks = styles(self.trace.network, self.view.grouping)
        for name, style in looks.items():
            if lag and not self.trace.parameter_groups(self.view.grouping)[name].recurrent:
                alone += f"{style.marker} "
            else:
                sizes[name] = float(log2_curve(self.trace.profile(self.view.grouping), name, curve)[lag])
        named = sorted(sizes, key=lambda name: -sizes[name])[:LARGEST] if len(sizes) > 2 * LARGEST else list(sizes)
        items = [f"{looks[name].marker} {name} {magnitude(sizes[name])}" for name in named]
        if len(named) < len(sizes):
            items.append(f"{len(sizes) - len(named)} are smaller, v has them all")
        elif alone:
            items.append(f"{alone}lag 0 only")
        losses = losses_told(self.trace.profile(self.view.grouping), tuple(sizes), curve, lag)
        return Text.assemble(
            f"{losses}, lag {lag}:  " if isinstance(curve, int) else f"{curve}, lag {lag}, {losses}:  ",
            "  ".join(items),
            (zeros, "dim"),
        )
