"""The main chart: how much of the gradient comes through each parameter, by lag."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ClassVar, TypeAlias

import numpy as np
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from core import EnsembleLines, Grouping, Trace
from core.bptt.parameter_groups import grouped
from core.bptt.truncation import ALL
from core.dynamics.theory import TheoryLine
from core.numerics.scaled import Floats
from tui.explorer.help import help_text
from tui.explorer.widgets.fitting_label import Fitting
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.layers_strip import LayersStrip
from tui.explorer.widgets.legend import Legend
from tui.explorer.widgets.long_table import LongTable
from tui.explorer.widgets.pin_legend import PinLegend
from tui.explorer.widgets.session_panel import SessionPanel
from tui.explorer.widgets.stable_static import StableStatic
from tui.explorer.widgets.text_columns import in_rows
from tui.explorer.widgets.theory_lines import Style, TheoryLegend
from tui.explorer.widgets.whole_columns import WholeColumns
from tui.report.charts.lags import at_end, theory_anchor
from tui.report.charts.pins import leading
from tui.report.charts.seeds import band_of
from tui.report.charts.theory import STYLES
from tui.report.curves import (
    ALL_LOSSES,
    INPUT,
    Curve,
    OverLosses,
    below_0,
    log2_curve,
    losses_averaged,
    losses_explained,
    losses_named,
    losses_told,
)
from tui.report.numbers import magnitude, share
from tui.report.styles import line_styles
from tui.report.words.seeds import SHARES, apart_from, band_told, count_told, none_told
from tui.report.words.truncation import fitting, kept, one_line

CURVES: Mapping[OverLosses, str] = {
    "typical": "all losses, typical: the mean over the losses t of log ‖∂L_t/∂θ through step t−k‖.",
    "summed": "all losses, summed: ‖Σ_t ∂L_t/∂θ through step t−k‖, what an optimizer sees of the past.",
}

SEES: Mapping[OverLosses, str] = {"typical": "the mean of them", "summed": "what an optimizer sees"}
SEES_BRIEFLY: Mapping[OverLosses, str] = {"typical": "their mean", "summed": "their sum"}

LOW = 18
"""Rows below which theory's lines share one row, the words on truncation have one row instead of two, and of many lines
a few are read off"""

ROOMY = 22
"""Rows from which each of theory's lines may take two rows"""

HIGH = 29
"""Rows from which a table leaves room for the whole conditions of theory's lines"""

LAYERS_EXPLAINED = (
    "Lag by layer: the gradient at the whole state of each layer, k steps back, in parts of the largest at lag 0. The "
    "loss comes in at the last layer; down a column it goes to the layers below, to the right back in time, and to the "
    "left of 0, where layers go both ways, ahead to the steps after the loss."
)
"""What the rows below the chart are, in a stack"""

AHEAD = ", −k"
"""What stands behind the name of a column whose k are steps after the loss, the lag −k"""

LOSSES = "losses"
"""The column of how many losses the numbers of a row are taken over"""

LARGEST = 4
"""How many lines at most are read off at the cursor's lag"""


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

    def show(
        self,
        trace: Trace,
        curve: Curve,
        by: Grouping,
        lag: int | None,
        theory: Sequence[TheoryLine],
        ensemble: EnsembleLines | None = None,
        hidden: Collection[str] = (),
    ) -> None:
        """Every lag in a row; the cursor's row is the cursor's lag. Theory's lines hang where the chart has them.

        Of one loss, the lags that it does not have are empty.
        """
        line = leading(trace, by, hidden)
        now = (trace, curve, by, theory, ensemble, None if ensemble is None else line)
        if self._shown != now:
            self._shown = now
            seeds = _over_seeds(ensemble, line)
            columns: Cells = {**_truncated(trace, curve), **_sizes(trace, curve, by, theory), **seeds}
            widest = dict[str, int]()
            if not isinstance(curve, int):
                columns, widest[LOSSES] = _with_losses(columns, trace, curve, by)
            written = list(columns.values())
            self.fill(
                ("lag k", *columns),
                len(trace.lags.scored),
                lambda k: [str(k), *(cell(k) for cell in written)],
                widest=widest,
            )
        if lag is not None:
            self.move_cursor(abs(lag))


Cells: TypeAlias = Mapping[str, Callable[[int], str]]
"""Column → what stands in it at a lag"""


def _column(text: Callable[[float], str], of: Floats) -> Callable[[int], str]:
    """What stands at a lag, empty at those that there are not."""
    return lambda k: text(float(of[k])) if k < len(of) else ""


def _sizes(trace: Trace, curve: Curve, by: Grouping, theory: Sequence[TheoryLine]) -> Cells:
    """The lines of the chart, and theory's where they hang."""
    looks, profile = line_styles(trace.network, by), trace.profile(by)
    curves = {name: log2_curve(profile, name, curve) for name in looks}
    found = {
        f"{look.marker} {name}{AHEAD if profile.ahead(name) else ''}": _column(magnitude, curves[name])
        for name, look in looks.items()
    }
    if profile.below is not None:
        found |= {
            f"{looks[name].marker} {name}{AHEAD}": _column(magnitude, below_0(profile.below, name, curve))
            for name in profile.below_names
        }
    anchor = theory_anchor(trace, curve, by)
    if anchor is None:
        return found
    hung = curves[anchor[0]]
    return found | {
        f"{STYLES[line.kind].glyph * 2} {line.formula}": _column(magnitude, hung[0] + line.log2[: len(hung)])
        for line in theory
    }


def _over_seeds(ensemble: EnsembleLines | None, line: str | None) -> Cells:
    """The edges of the band and the median over seeds, of the line that they stand behind."""
    band = band_of(ensemble, line)
    if band is None:
        return {}
    heads = [f"≈ median of {line}" if share == 0.5 else f"≈ {100 * share:g} % of {line}" for share in SHARES]
    return {head: _column(magnitude, of) for head, of in zip(heads, band, strict=True)}


def _with_losses(columns: Cells, trace: Trace, curve: OverLosses, by: Grouping) -> tuple[Cells, int]:
    """The columns, with the one of losses behind those whose numbers it is about, and how wide that may be."""
    profile = trace.profile(by)
    names = [name for name, group in trace.parameter_groups(by).items() if group.recurrent]
    last = max(place for place, head in enumerate(columns) if head.partition(" ")[2].removesuffix(AHEAD) in names) + 1
    heads = list(columns)
    shown = {LOSSES: lambda k: losses_averaged(profile, names, curve, k)}
    found = {head: columns[head] for head in heads[:last]} | shown | {head: columns[head] for head in heads[last:]}
    return found, (len(str(len(profile.losses))) + 3) * (len(names) + 1)


def _truncated(trace: Trace, curve: Curve) -> Cells:
    """By lag: the share of the losses that lose it, and the size of what is thrown away; nothing if nothing can be.

    Of one loss: the lags that it loses.
    """
    found = trace.truncation
    if found is None:
        return {}
    if isinstance(curve, int):
        first = found.cut_from(curve)
        lost = np.arange(curve) >= (curve if first is None else first)
        return {f"lost by L_{curve}": _column(lambda of: "lost" if of else "", lost.astype(np.float64))}
    with np.errstate(divide="ignore"):
        losing = np.log2(found.share_cut)
    return {"lost by": _column(share, losing), "thrown away": _column(magnitude, found.log2_lost[ALL])}


class LagsPanel(Vertical, SessionPanel):
    """Legend, chart or table, and the values at the cursor's lag."""

    HELP = help_text("lags")

    _mouse: int | None = None
    """The lag that the mouse is on"""

    def compose(self) -> ComposeResult:
        """The legend, the lines on truncation and theory, the chart or its table, and the line at the cursor."""
        with Horizontal(classes="legend"):
            yield Legend()
            yield Fitting(id="curve-name")
        yield PinLegend()
        yield StableStatic(id="truncation")
        yield StableStatic(id="seeds")
        yield TheoryLegend(id="theory")
        yield LagsChart(id="lags-chart")
        yield LagsTable(id="lags-table")
        yield LayersStrip(id="lags-layers")
        yield StableStatic(id="lags-readout")

    def on_resize(self) -> None:
        """Show everything again: longer or shorter words fit beside the chart."""
        self.show()

    def on_mount(self) -> None:
        """Show what there is, and again whenever it changes."""
        self.show_when_changed(
            *("shown.trace", "shown.asked", "shown.pins", "shown.measured", "shown.seeds", "cursor"),
            *("view.curve", "view.grouping", "view.hidden", "view.as_table", "view.theory", "view.seeds", "view.lags"),
        )

    def show(self) -> None:
        """Chart or table, the cursor's lag marked, and the values there."""
        lag, view = self.signed_lag, self.view
        chart, table = self.query_one(LagsChart), self.query_one(LagsTable)
        # Of several traces one line each; more would hide each other.
        pins = () if view.as_table else self.shown.named_pins(view.curve)
        chart.trace, chart.pinned, chart.pins = self.trace, self.pinned if len(pins) == 1 else None, pins
        chart.curve, chart.pinned_curve = self.curve, self.pinned_curve
        chart.grouping, chart.hidden = view.grouping, self._hidden
        chart.lags, chart.last = view.lags, self.shown.last_lag
        chart.display, table.display = not self.view.as_table, self.view.as_table
        chart.lag, chart.ensemble = lag, self._ensemble
        found = self.measured.of(self.trace) if self.view.theory else None
        lines = () if found is None else found.lines
        chart.theory = lines
        theory = self.query_one(TheoryLegend)
        theory.set_class(False, "-shown")
        if self.view.theory:
            theory.show(lines, self._state_of_theory(lines), self._style_of_theory())
        if self.view.as_table and self.trace is not None:
            table.show(self.trace, self.curve, self.view.grouping, lag, lines, self._own, view.hidden)
        if self.trace is not None:
            legend = self.query_one(Legend)
            legend.hidden = self._hidden
            legend.looks = line_styles(self.trace.network, self.view.grouping)
            legend.styles.max_height = max(2, self.size.height // 4)  # the ends of the lines have their names, too
            many, low = not legend.fit(self.content_size.width), self.size.height < LOW
            self.query_one(".legend").set_class(many, "-many")
            # The name of the axis says which losses, too, and the chart needs the row.
            self.query_one("#curve-name").display = not (many and low)
        self._show_layers()
        self.query_one(PinLegend).show(pins, self.curve, view.grouping, self._hidden)
        name = self.query_one("#curve-name", Fitting)
        name.forms = self._shown_as()
        name.tooltip = self._curve_explained()
        self._show_truncation()
        self._show_seeds()
        self._read_off()

    @on(LagsChart.Hovered)
    def _hovered(self, message: LagsChart.Hovered) -> None:
        message.stop()
        self._mouse = message.lag
        self._read_off()

    def _read_off(self) -> None:
        """The values at the mouse's lag, or else at the cursor's."""
        lag, loss = self._mouse, self.shown.loss
        if lag is None or self.trace is None or self.view.as_table:
            self.query_one("#lags-readout", Static).update(self._readout(self.signed_lag))
        else:
            last = len(self.trace.lags.scored)
            lag = min(lag, (last if loss is None else loss) - 1)
            lag = max(lag, -(last - (1 if loss is None else loss)))
            self.query_one("#lags-readout", Static).update(self._readout(lag, "mouse"))

    @property
    def _hidden(self) -> frozenset[str]:
        """The lines of this network that are not drawn."""
        trace, view = self.trace, self.view
        return frozenset() if trace is None else view.hidden_of((*trace.parameter_groups(view.grouping), INPUT))

    def _show_layers(self) -> None:
        """The gradient by lag and layer, where there are layers and room for them."""
        strip, layers = self.query_one(LayersStrip), 0 if self.trace is None else len(self.trace.lags.log2_layer_norm)
        strip.display = bool(layers) and self.size.height >= LOW + layers
        strip.styles.height = layers + 1
        strip.trace, strip.loss, strip.lag = self.trace, self.shown.loss, self.signed_lag
        strip.tooltip = LAYERS_EXPLAINED

    def _show_truncation(self) -> None:
        """What truncation throws away, where it does."""
        line, trace = self.query_one("#truncation", Static), self.trace
        found = None if trace is None else trace.truncation
        line.display = found is not None
        if trace is not None and found is not None:
            forms, rows = one_line(trace, self.shown.loss), 2 if self.size.height >= LOW else 1
            line.update(Text(fitting(forms, self.content_size.width, rows)))
            line.tooltip = Text(f"{forms[0]}. {kept(found)}")

    @property
    def _ensemble(self) -> EnsembleLines | None:
        """The networks of other seeds, where their lines are those that are shown; also of settings near these."""
        return self.shown.seeds.lines_near(self.trace, self.curve, self.view.grouping) if self.view.seeds else None

    @property
    def _own(self) -> EnsembleLines | None:
        """The networks of other seeds, where the settings of the network on the screen make them."""
        found = self._ensemble
        return found if found is not None and found is self.shown.seeds.of(self.trace) else None

    @property
    def _leading(self) -> str | None:
        """The line that theirs stands behind."""
        return None if self.trace is None else leading(self.trace, self.view.grouping, self.view.hidden)

    def _show_seeds(self) -> None:
        """What stands behind the network, or how far it is, or why there is nothing."""
        line, state, count = self.query_one("#seeds", Static), self.shown.seeds, self.view.seeds
        line.display = bool(count) and self.trace is not None
        if self.trace is None or not count:
            return
        none = none_told(self.trace)
        # In a table every column would be another one with each value.
        found = self._own if self.view.as_table else self._ensemble
        busy = "computing" if state.share is None else f"computing, {state.share:.0%} · esc stops"
        if none or (found is not None and not state.problem):
            other = "" if found is None else apart_from(self.trace, found)
            forms = none if none or found is None else band_told(found, self._leading, other, busy)
            if not other:  # else the value that is being changed is what matters
                forms = (*(f"{form} · {key}" for key in self._next_seeds for form in forms), *forms)
            line.update(Text(fitting(forms, self.content_size.width, 1) or forms[-1], "italic" if other else ""))
            line.tooltip = Text(forms[0])
        else:
            line.update(Text(f"≈ {count_told(count)}: {state.problem or busy}", "italic"))
            line.tooltip = None

    @property
    def _next_seeds(self) -> tuple[str, ...]:
        """What the key does next, and how the seeds are put away again, which stay with another network, too."""
        more = self.view.with_next_seeds().seeds
        return (f"M: {more}, then none", f"M: {more}, none") if more else ("M: none",)

    def _state_of_theory(self, lines: Sequence[TheoryLine]) -> str:
        """Why there are no lines of theory on the chart, if there are none."""
        if not lines:
            share = self.measured.share
            busy = "computing" if share is None else f"computing, {share:.0%} · esc stops"
            return f"theory: {self.measured.problem or busy}"
        hidden = frozenset[str]() if self.view.as_table else self._hidden
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
            behind = "" if other in (None, curve) or len(self.shown.pins) > 1 else f", pinned {losses_named(other)}"
            return (f"{name} on its way back{behind}{by}", f"{name}{behind}{by}", f"{name}{by}", name)
        whole, brief = f"{ALL_LOSSES}, {curve}", f"all, {curve}"
        told, least = f"{whole}: {SEES[curve]}", f"{ALL_LOSSES}, {SEES_BRIEFLY[curve]}"
        return (f"{told}{by}", told, *((f"{whole}{by}",) if by else ()), least, f"{brief}{by}", brief, curve)

    def _curve_explained(self) -> str:
        curve = self.curve
        if not isinstance(curve, int):
            return CURVES[curve]
        name = losses_named(curve)
        return f"{name}: ‖∂{name}/∂θ through step {curve}−k‖, what this one loss sees of the past. f: all losses."

    def _readout(self, lag: int | None, where: str = "") -> Text:
        """The values at a lag: where it is, instead of which losses these are of."""
        if self.trace is None:
            return Text("")
        leaves = self.query_one(LagsChart).leaves_the_scale and not self.view.as_table
        off = "   ▲ ▼ after a name: goes on off the scale" if leaves else ""
        curve, loss = self.curve, self.shown.loss
        if self.view.as_table:
            off = f"   {losses_explained(curve)}"
        if lag is None and loss is not None and self.cursor is not None and self.cursor.backward:
            return Text(f"L_{loss} comes in at s = {loss}: → steps on to it" + off, "dim")
        if lag is None:
            return Text("→ steps on to t = T, then back through time, lag by lag" + off, "dim")
        looks = line_styles(self.trace.network, self.view.grouping)
        groups = self.trace.parameter_groups(self.view.grouping)
        profile = self.trace.profile(self.view.grouping)
        curves = {name: log2_curve(profile, name, curve) for name in looks}
        # Of all losses the cursor is at a distance, back and ahead; of one, or under the mouse, it is at a step.
        either = bool(profile.directions) and loss is None and not where
        told_at = f"lag {'±' if either and lag else ''}{lag}".replace("-", "−")
        k, ahead = abs(lag), lag < 0
        if profile.below is not None and ahead:
            curves = {name: below_0(profile.below, name, curve) for name in profile.below_names}
        sizes = {
            name: float(values[k])
            for name, values in curves.items()
            if k < len(values)
            and (not k or name == INPUT or groups[name].recurrent)
            and (not k or either or profile.below is not None or profile.ahead(name) == ahead)
        }
        low, rows = self.size.height < LOW, self._readout_rows
        many = len(sizes) > (LARGEST if low else 2 * LARGEST)
        band = band_of(self._own, self._leading)
        between = []
        if band is not None and not ahead and k < len(band[0]):
            between = [f"≈ {magnitude(float(band[0][k]))} … {magnitude(float(band[2][k]))}"]
        losses = losses_told(profile, tuple(sizes), curve, k)
        head = f"{where or losses}, {told_at}" if isinstance(curve, int) else f"{where or curve}, {told_at}, {losses}"

        def told(head: str, count: int) -> str:
            """So many of the values, the largest of them where there are more, in rows."""
            named = list(sizes) if count == len(sizes) else sorted(sizes, key=lambda name: -sizes[name])[:count]
            items = [f"{looks[one].marker} {at_end(one) if many else one} {magnitude(sizes[one])}" for one in named]
            if fewer := len(sizes) - count:
                in_words = f"{fewer} smaller: v, the table" if low else f"{fewer} are smaller, v has them all"
                items.append("…" if rows == 1 else in_words)
            return in_rows([f"{head}:", *items, *between], self.content_size.width)

        most = LARGEST if many else len(sizes)
        whole, brief = told(head, most), told(told_at, most)
        if low and len(f"{whole}{off}") > self.content_size.width and "\n" not in brief:
            return Text(brief)  # the chart needs the row more than these words
        forms = (whole, brief, *(told(told_at, count) for count in range(most - 1, 0, -1)))
        return Text.assemble(next((form for form in forms if form.count("\n") < rows), forms[-1]), (off, "dim"))

    @property
    def _readout_rows(self) -> int:
        """How many rows the values at a lag may have."""
        most = self.query_one("#lags-readout").styles.max_height
        return LARGEST if most is None else int(most.value)
