"""What k Jacobians do to a gradient: their product's singular values, W_aa's eigenvalues, the exponents."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.events import Resize
from textual.message import Message
from textual.reactive import reactive, var
from textual.strip import Strip
from textual.widgets import Static

from core import Dynamics
from core.dynamics.jacobians import JacobianProfile
from tui.explorer.background.dynamics_worker import DynamicsWorker
from tui.explorer.help import help_text
from tui.explorer.painting.strips import strips_of
from tui.explorer.painting.theme import theme_palette
from tui.explorer.painting.view import PaintedView
from tui.explorer.widgets.session_panel import SessionPanel
from tui.explorer.widgets.stable_static import StableStatic
from tui.explorer.widgets.text_columns import in_rows, texts_in_rows
from tui.explorer.widgets.theory_lines import condition
from tui.explorer.widgets.whole_columns import NumbersTable
from tui.report.charts.jacobians import (
    EIGENVALUE,
    LARGEST,
    SMALLEST,
    eigenvalues_chart,
    ranks,
    singular_values_chart,
    spectra_chart,
)
from tui.report.charts.model import Chart
from tui.report.charts.terminal import draw, draw_plain
from tui.report.charts.theory import STYLES
from tui.report.curves import ALL_LOSSES
from tui.report.numbers import number
from tui.report.palette import Palette
from tui.report.styles import ink, styles
from tui.report.words.dynamics import facts, growth, looked_at, matrix_written, singular_value

BESIDE = 64
"""Columns from which the two charts stand side by side"""

LOW = 18
"""Rows below which nothing is spared for legends that take a third line"""

COLUMNS_OF_TABLE = 10
"""Ranks that the table has room for"""


class DynamicsChart(PaintedView):
    """A chart of what was measured; nothing before there is any."""

    shown: var[Dynamics | None] = var(None)
    pinned: var[Dynamics | None] = var(None)

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes."""
        for name in ("shown", "pinned"):
            self.watch(self, name, self.stale, init=False)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The chart at this size, at most `height` strips of `width` cells; empty where nothing is measured."""
        chart = self.chart(self.shown, width, height) if self.shown is not None and width and height else None
        if chart is None:
            return []
        plain = self.app.no_color
        drawing = draw_plain(chart, width, height) if plain else draw(chart, width, height, self.palette)
        return strips_of(drawing.grid)

    @abstractmethod
    def chart(self, shown: Dynamics, width: int, height: int) -> Chart | None:
        """The chart of these values, None where there is none."""


class SingularValues(DynamicsChart):
    """A chart of the singular values of products of Jacobians against the lag."""

    lag: reactive[int | None] = reactive(None)
    theory: reactive[bool] = reactive(False)
    whole: reactive[bool] = reactive(False)
    """Whether the scale is that of the whole spectrum"""

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes."""
        super().on_mount()
        for name in ("lag", "theory", "whole"):
            self.watch(self, name, self.stale, init=False)

    def chart(self, shown: Dynamics, width: int, height: int) -> Chart | None:
        """The largest singular value, the smallest and some between, with theory's lines if they are shown."""
        if shown.profile is None:
            return None
        pinned = None if self.pinned is None else self.pinned.profile
        return singular_values_chart(
            shown.profile,
            width=width,
            height=height,
            lag=self.lag,
            pinned=pinned,
            theory=shown.lines if self.theory else (),
            whole=self.whole,
        )


class Eigenvalues(DynamicsChart):
    """Eigenvalues of W_aa, with circles of radius 1, ρ and σ_max; or of each matrix of a cell with gates."""

    def chart(self, shown: Dynamics, width: int, height: int) -> Chart | None:
        """The eigenvalues of the recurrent matrices in the complex plane, both axes of one scale: circles are round."""
        if not shown.spectra:
            return None
        if shown.spectrum is None:
            looks = styles(shown.tape.network, "parameter")
            return spectra_chart(shown.spectra, looks, width=width, height=height)
        pinned = None if self.pinned is None else self.pinned.spectrum
        return eigenvalues_chart(shown.spectrum, width=width, height=height, pinned=pinned)


class DynamicsTable(NumbersTable):
    """Numbers in rows, written again only where they have changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=True)
        self._shown: tuple[object, ...] | None = None

    def show(self, of: tuple[object, ...], columns: list[str], rows: list[list[str]]) -> None:
        """Show these rows, unless they are those of this value already."""
        if self._shown is None or any(one is not other for one, other in zip(self._shown, of, strict=True)):
            self._shown = of
            self.fill(columns, rows)


class _Content(VerticalScroll, inherit_bindings=False):
    """Scrolls up and down only: home and end are the explorer's, to step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_up", "scroll", show=False),
        Binding("down", "scroll_down", "scroll", show=False),
        Binding("pageup", "page_up", "scroll", show=False),
        Binding("pagedown", "page_down", "scroll", show=False),
    ]


class _Legend(StableStatic):
    """What the lines of a chart are, in as many rows as that takes; it says when that has become another number."""

    class Resized(Message):
        """The legend has another size."""

    def on_resize(self) -> None:
        """Say so: the chart below has to make room."""
        self.post_message(self.Resized())


class JacobiansPanel(Vertical, SessionPanel):
    """Two charts, or tables, what the numbers mean, and the values at the cursor's lag."""

    HELP = help_text("jacobians")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "again", "Work it out again, after a stop.", show=False)]
    DEFAULT_CSS = """
    JacobiansPanel { height: 1fr; padding: 0 1; }
    JacobiansPanel _Content { height: 1fr; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    JacobiansPanel _Content:focus { background: $surface; }
    JacobiansPanel #jacobians-charts { layout: vertical; height: auto; }
    JacobiansPanel .chart { height: auto; width: 1fr; }
    JacobiansPanel .legend-line { height: auto; min-height: 2; max-height: 5; }
    JacobiansPanel SingularValues, JacobiansPanel Eigenvalues { height: 14; width: 1fr; }
    JacobiansPanel.-beside #jacobians-charts { layout: horizontal; }
    JacobiansPanel.-beside .legend-line { min-height: 3; }
    JacobiansPanel.-beside.-low .legend-line { min-height: 2; }
    JacobiansPanel.-beside.-low #jacobians-readout { height: 1; }
    JacobiansPanel.-beside #jacobians-readout { height: 2; }
    JacobiansPanel.-beside #jacobians-values { width: 3fr; margin-right: 1; }
    JacobiansPanel.-beside #jacobians-plane { width: 2fr; }
    JacobiansPanel .caption { height: auto; }
    JacobiansPanel DynamicsTable { height: auto; max-height: 16; margin-bottom: 1; }
    JacobiansPanel #jacobians-words { height: auto; margin-top: 1; }
    JacobiansPanel #jacobians-readout { height: auto; max-height: 2; }
    """

    def compose(self) -> ComposeResult:
        """The charts, the tables that take their place, theory's words, and the line read off at the cursor's lag."""
        with _Content(id="jacobians-content"):
            with Container(id="jacobians-charts"):
                with Vertical(id="jacobians-values", classes="chart"):
                    yield _Legend(classes="legend-line", id="values-legend")
                    yield SingularValues()
                with Vertical(id="jacobians-plane", classes="chart"):
                    yield _Legend(classes="legend-line", id="plane-legend")
                    yield Eigenvalues()
            yield StableStatic(classes="caption", id="values-caption")
            yield DynamicsTable(id="values-table")
            yield StableStatic("Lyapunov exponents and eigenvalues", classes="caption")
            yield DynamicsTable(id="spectrum-table")
            yield StableStatic(id="jacobians-words")
        yield StableStatic(id="jacobians-readout")

    def on_mount(self) -> None:
        """Show what there is, and again whenever it changes; follow the theme, whose colors the legend has."""
        self.show_when_changed(
            *("shown.trace", "shown.asked", "shown.pinned", "shown.measured", "cursor"),
            *("view.theory", "view.as_table", "view.spectrum"),
        )
        self.app.theme_changed_signal.subscribe(self, lambda _: self.show())
        for content in self.query(_Content):  # none where the program is left before the panel has its parts
            self.watch(content, "scroll_y", self._say_readout, init=False)

    def on_resize(self, event: Resize) -> None:
        """Side by side where there is room; as high as leaves some for the words."""
        self.set_class(event.size.width >= BESIDE, "-beside")
        self.set_class(event.size.height < LOW, "-low")
        height = event.size.height - 3
        tall = height - 1 if height < 18 else max(16, min(int(0.6 * height), event.size.width // 3))
        for chart in self.query("DynamicsChart"):
            chart.styles.height = max(6, tall if event.size.width >= BESIDE else min(tall, 14))
        self.call_after_refresh(self._fit)

    @on(_Legend.Resized)
    def _fit(self) -> None:
        """Fit the words of the legends, and keep the lags' axis in sight where they take more rows than as a rule."""
        found = self._found()
        if found is not None and found.profile is not None:
            self._say_legends(found)
        if self.has_class("-beside") and self.has_class("-low"):
            legends = max((legend.size.height for legend in self.query(".legend-line")), default=0)
            for chart in self.query("DynamicsChart"):
                chart.styles.height = max(6, min(self.size.height - 4, self.size.height - 1 - legends))
        self._say_readout()

    def action_again(self) -> None:
        """Ask for what was stopped to be measured again."""
        self.post_message(DynamicsWorker.Retry())

    def show(self) -> None:
        """Charts or tables, the cursor's lag marked, and the values there."""
        found = self._found()
        pinned = self.measured.of(self.pinned)
        if found is not None and found.ahead is not None and self._looks_ahead:
            found, pinned = replace(found.ahead, tape=found.tape, spectra=found.spectra), None
        values, plane = self.query_one(SingularValues), self.query_one(Eigenvalues)
        values.shown = plane.shown = found
        values.pinned = plane.pinned = None if pinned is found else pinned
        values.theory, values.lag, values.whole = self.view.theory, self._lag(found), self.view.spectrum
        self.query_one("#jacobians-charts").display = found is not None and not self.view.as_table
        self.query_one("#jacobians-plane").display = found is not None and bool(found.spectra)
        for table in self.query("DynamicsTable, .caption"):
            table.display = found is not None and self.view.as_table
        self.query_one("#jacobians-readout", Static).update(self._readout(found))
        if found is None or found.profile is None:
            self.query_one("#jacobians-words", Static).update("")
            return
        self._say_legends(found)
        self.query_one("#jacobians-words", Static).update(_words(found))
        if self.view.as_table:
            table = self.query_one("#values-table", DynamicsTable)
            whole = self.view.spectrum
            table.show((found.profile, whole), *_table_of_values(found.profile, whole=whole))
            self.query_one("#values-caption", Static).update(
                _values_caption(found.profile, found.state_name, whole=whole)
            )
            self.query_one("#spectrum-table", DynamicsTable).show((found,), *_table_of_spectrum(found))
            if (lag := self._lag(found)) is not None:
                table.move_cursor(row=_place(found.profile, lag))

    def _say_legends(self, found: Dynamics) -> None:
        """Above each chart what its lines are, in words that fit there."""
        palette, values = theme_palette(self.app.current_theme), self.query_one("#values-legend", Static)
        ahead, whole, room = self._looks_ahead, self.view.spectrum, values.content_size.width
        values.update(_values_legend(found, palette, self.shown.loss, ahead=ahead, whole=whole, room=room))
        if found.spectra:
            plane = self.query_one("#plane-legend", Static)
            plane.update(_plane_legend(found, palette, plane.content_size.width))

    def _found(self) -> Dynamics | None:
        """What was measured, of the trace that is shown or the one before."""
        now = self.measured.of(self.trace) or self.measured.now
        return now if now is not None and now.profile is not None else None

    def _lag(self, found: Dynamics | None) -> int | None:
        """The cursor's lag, where this product has it."""
        if found is None or found.profile is None or self.cursor is None or self.signed_lag is None:
            return None
        step = self.cursor.steps + 1 - self.cursor.step if self._looks_ahead else self.cursor.step
        lag = found.profile.step - step
        return lag if lag >= 0 else None

    @property
    def _looks_ahead(self) -> bool:
        """Whether the cursor is on the steps after the loss, where the backward direction's Jacobians are shown."""
        return self.signed_lag is not None and self.signed_lag < 0

    @property
    def _plane_in_sight(self) -> bool:
        """Whether nothing of the eigenvalues' chart is below the fold."""
        if self.has_class("-beside") or self.view.as_table:
            return True
        return self.query_one(_Content).region.bottom >= self.query_one("#jacobians-plane").region.bottom

    def _say_readout(self) -> None:
        for readout in self.query("#jacobians-readout").results(Static):
            readout.update(self._readout(self._found()))

    def _readout(self, found: Dynamics | None) -> Text:
        busy = "" if self.measured.share is None else f"computing, {self.measured.share:.0%} · esc stops"
        if self.trace is not None and found is not None and found.tape is not self.trace.tape:
            busy = f"this is the network before; {busy or self.measured.problem or 'computing'}"
        state = busy or self.measured.problem
        if found is None or found.profile is None:
            return Text(state or "computing …", "italic")
        lag = self._lag(found)
        below = "eigenvalues" if found.spectra and not self._plane_in_sight else ""
        if lag is None:
            below = f"{below}, what the numbers mean".removeprefix(", ")
            text = Text(f"→ steps on, and back through time from t = {found.profile.step}   ↓ {below}", "dim")
        else:
            sign = "−" if self._looks_ahead and lag else ""
            text = _values_at(found.profile, lag, self.content_size.width, sign)
            text.append(f"   ↓ {below}" if below else "", "dim")
        if self.shown.both_ways:
            one = "" if self.shown.loss is not None else "f, "
            way = ("backward", "before it: the forward") if self._looks_ahead else ("forward", "after it: the backward")
            text.append(f"   {way[0]} direction; {one}steps {way[1]} one", "dim")
        return Text.assemble((f"{state}   ", "italic"), text) if state else text


def _place(profile: JacobianProfile, lag: int) -> int:
    """The nearest of the lags that were looked at."""
    return int(np.argmin(np.abs(profile.lags - lag)))


def _values_at(profile: JacobianProfile, lag: int, room: int = 0, sign: str = "") -> Text:
    """The largest, middle and smallest at a lag, or at the nearest one that was looked at, each whole in its row."""
    place = _place(profile, lag)
    values, at = profile.log2_singular_values[place], int(profile.lags[place])
    name = f"lag {sign}{lag}:" if at == lag else f"lag {sign}{lag}, of which the nearest looked at is {at}:"
    items = [f"{LARGEST.marker} largest {singular_value(float(values[0]))}"]
    if len(values) > 2:
        items.append(f"middle {singular_value(float(values[len(values) // 2]))}")
    if len(values) > 1:
        items.append(f"{SMALLEST.marker} smallest {singular_value(float(values[-1]))}")
    if np.any(np.isneginf(values)):
        items.append(f"{int(np.isneginf(values).sum())} of {len(values)} exactly zero")
    if lost := int(np.isnan(values).sum()):
        items.append(f"{lost} of {len(values)} not known: lost in rounding")
    return Text(in_rows([name, *items], room))


def _fitting(forms: Sequence[str], before: str, room: int) -> str:
    """The first of these that has room in the row, after what is there before it; with no room known, the first."""
    taken = cell_len(before.split("\n")[-1])
    return next((form for form in forms if room < 1 or taken + cell_len(form) <= room), forms[-1])


def _values_legend(found: Dynamics, palette: Palette, loss: int | None, *, ahead: bool, whole: bool, room: int) -> Text:
    profile, state, sign = found.profile, found.state_name, "+" if ahead else "−"
    assert profile is not None
    n, t = profile.log2_singular_values.shape[1], profile.step
    of = f"∂{state}⟨t⟩/∂{state}⟨t{sign}k⟩"
    name = _fitting((f"singular values of {of}", f"singular values of\n{of}"), "", room)
    of_one, of_all = (f", of L_{t}", f", L_{t}", ""), (f", t = {t} of {ALL_LOSSES}", f",\nt = {t} of {ALL_LOSSES}")
    text = Text.assemble(
        (name, "bold"),
        f"{_fitting(of_all if loss is None else of_one, name, room)}\n",
        (f"{LARGEST.marker} largest", ink(LARGEST, palette)),
    )
    if n > 1:
        text.append(f"  {SMALLEST.marker} smallest", ink(SMALLEST, palette))
    if n > 2:
        forms = (
            (f"  · between, {n} in all",) if whole else (f"  · next of {n} (i: all)", "  · next (i: all)", "  · next")
        )
        text.append(_fitting(forms, text.plain, room), "dim")
    return text


def _plane_legend(found: Dynamics, palette: Palette, room: int) -> Text:
    spectrum = found.spectrum
    if spectrum is None:
        looks = styles(found.tape.network, "parameter")
        radii = (
            Text.assemble(
                (f"{looks[name].marker} {name}", ink(looks[name], palette)), f" ρ {number(one.spectral_radius)}"
            )
            for name, one in found.spectra.items()
        )
        name = _fitting(("eigenvalues of each matrix", "eigenvalues of each"), "", room)
        return Text.assemble((f"{name}\n", "bold"), texts_in_rows(radii, room))
    radius = f"{STYLES['radius'].glyph} ρ {number(spectrum.spectral_radius)}"
    bound = f"{STYLES['bound'].glyph} σ_max {number(spectrum.largest_singular_value)}"
    # The circle has its radius on it, 1, where there is no room for its name.
    unit = _fitting(("  · unit circle", ""), f"{radius}  {bound}", room)
    return Text.assemble(
        (f"{EIGENVALUE.marker} eigenvalues of {_matrix(found)}\n", f"bold {ink(EIGENVALUE, palette)}"),
        in_rows([radius, bound], room),
        (unit, "dim"),
    )


def _matrix(found: Dynamics) -> str:
    """The only recurrent matrix in symbols."""
    return matrix_written(found.tape.network, next(iter(found.spectra)))


def _words(found: Dynamics) -> Table:
    """Every number with what it means, then theory's lines with their conditions."""
    assert found.profile is not None
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for fact in facts(found):
        table.add_row(Text(fact.name, "bold"), Text.assemble((fact.value, "bold"), f"  {fact.meaning}"))
    for line in found.lines:
        table.add_row(Text(line.formula, "bold"), condition(line))
    said = looked_at(found.profile, found.tape.batch.inputs.shape[1], found.state_name)
    table.add_row(Text("looked at", "bold"), Text(said + "."))
    return table


def _columns_of_table(n: int, *, whole: bool) -> list[int]:
    """Which of the n singular values have a column: the largest and the last, or some of all of them."""
    return ranks(n, COLUMNS_OF_TABLE) if whole else sorted({*range(min(n, COLUMNS_OF_TABLE - 1)), n - 1})


def _values_caption(profile: JacobianProfile, state: str, *, whole: bool) -> str:
    """Which singular values the table has, and why not the others."""
    n = profile.log2_singular_values.shape[1]
    of = f"singular values of ∂{state}⟨t⟩/∂{state}⟨t−k⟩"
    if n <= COLUMNS_OF_TABLE:
        return f"All {n} {of}"
    if whole:
        return f"{COLUMNS_OF_TABLE} of the {n} {of}, evenly chosen; i: the largest"
    return f"The {COLUMNS_OF_TABLE - 1} largest and the smallest of the {n} {of}; i: evenly chosen"


def _table_of_values(profile: JacobianProfile, *, whole: bool = False) -> tuple[list[str], list[list[str]]]:
    shown = _columns_of_table(profile.log2_singular_values.shape[1], whole=whole)
    rows = [
        [str(lag), *(singular_value(float(values[j])) for j in shown)]
        for lag, values in zip(profile.lags.tolist(), profile.log2_singular_values, strict=True)
    ]
    return ["lag k", *(f"σ_{j + 1}" for j in shown)], rows


def _table_of_spectrum(found: Dynamics) -> tuple[list[str], list[list[str]]]:
    """Exponents, and the eigenvalues of W_aa, or of each recurrent matrix, by their size."""
    lyapunov = found.lyapunov
    columns = ["i", "λ_i, nats per step", "std. error"]
    rows = [
        [str(i + 1), growth(float(value)), number(float(error), digits=2)]
        for i, (value, error) in enumerate(zip(lyapunov.exponents, lyapunov.standard_errors, strict=True))
    ]
    for name, spectrum in found.spectra.items():
        columns += ["|eigenvalue_i|", f"eigenvalue_i of {matrix_written(found.tape.network, name)}"]
        rows += [[str(i + 1)] for i in range(len(rows), len(spectrum.eigenvalues))]
        for row, value in zip(rows, spectrum.eigenvalues.tolist(), strict=False):
            row += [""] * (len(columns) - 2 - len(row)) + [number(abs(value)), _complex(value)]
    return columns, [row + [""] * (len(columns) - len(row)) for row in rows]


def _complex(value: complex) -> str:
    if abs(value.imag) <= 1e-12 * abs(value):
        return number(value.real)
    return f"{number(value.real)} {'−' if value.imag < 0 else '+'} {number(abs(value.imag))} i"
