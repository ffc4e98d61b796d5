"""The Map tab: one parameter's contributions by loss time t and lag k, as a picture with a cross-hair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.theme import Theme
from textual.widgets import Static

from core import Trace
from core.scaled import Floats
from tui.charts.canvas import SMALLEST
from tui.charts.map import CrossHair, Layout, Picture, draw_map, reduce_map
from tui.charts.view import PaintedView
from tui.cursor import Cursor
from tui.help import help_text
from tui.numbers import magnitude
from tui.palette import SERIES, theme_palette
from tui.words import READOUT

STATE = "state"
"""The choice that is no parameter: the gradient with respect to the state itself"""

ROOMY, TIGHT = 70, 42
"""Columns from which there is room for the hint beside the choices, and below which there is none for their markers"""

FAR = 10
"""Losses that page up and page down go"""


def choices(trace: Trace | None) -> tuple[str, ...]:
    """What the map can show of a trace: each parameter, and the state."""
    return () if trace is None else (*trace.lags.log2_norm, STATE)


def log2_map(trace: Trace, parameter: str) -> Floats:
    """(T, T) at [t−1, k]: log₂ of one parameter's contributions, or of the state's gradient."""
    return trace.lags.log2_state_norm if parameter == STATE else trace.lags.log2_norm[parameter]


@dataclass(frozen=True)
class Point:
    """A loss time and a lag on the map, the largest of what the cell under the mouse covers."""

    t: int
    k: int
    scored: bool
    """Whether there is a loss at t"""
    losses: range
    """The t that the cell covers"""
    lags: range
    """The k that the cell covers"""

    @classmethod
    def largest(cls, trace: Trace, parameter: str, losses: range, lags: range) -> Point | None:
        """The largest contribution among these t and k; None where no step, or no path, is so far back."""
        if parameter in READOUT:
            lags = range(lags.start, min(lags.stop, 1))
        t, k = np.array(losses)[:, np.newaxis], np.array(lags)[np.newaxis, :]
        possible = k < t
        if not np.any(possible):
            return None
        scored = possible & trace.lags.scored[losses.start - 1 : losses.stop - 1, np.newaxis]
        values = log2_map(trace, parameter)[losses.start - 1 : losses.stop - 1, lags.start : lags.stop]
        order = np.where(scored, np.where(np.isfinite(values), values, -1e300), np.where(possible, -np.inf, np.nan))
        row, column = np.unravel_index(np.nanargmax(order), order.shape)
        return cls(losses[row], lags[column], bool(scored[row, column]), losses, lags)


def reading(trace: Trace, parameter: str, t: int, k: int) -> tuple[str, ...]:
    """What the map says at (t, k), the fullest wording first."""
    s = t - k
    place, brief = f"t = {t}, lag {k} (s = {s})", f"t {t}, lag {k}"
    if s < 1:
        return (f"t = {t}, lag {k}: nothing, as no step comes before the first", f"{brief}: before step 1")
    if parameter in READOUT and k:
        return (f"{place}: nothing, as {parameter} acts on L_{t} at lag 0 only", f"{brief}: nothing, lag 0 only")
    if not trace.lags.scored[t - 1]:
        return (f"{place}: nothing, as there is no loss at t = {t}", f"{brief}: no loss at t")
    log2 = float(log2_map(trace, parameter)[t - 1, k])
    size = magnitude(log2)
    path = f"∂a⟨{s}⟩‖" if parameter == STATE else f"∂{parameter} through step {s}‖"
    why = _why_zero(trace, parameter, t, s) if log2 == -np.inf else ""
    return (
        f"{place}: ‖∂L_{t}/{path} = {size}{' exactly' if why else ''}{why}",
        f"lag {k}: ‖∂L_{t}/{path} = {size}{why}",
        f"{place}: {size}{why}",
        f"{brief}: {size}",
    )


def _why_zero(trace: Trace, parameter: str, t: int, s: int) -> str:
    """The factor that is zero, where it is one that can be named."""
    if not np.any(trace.tape.errors[t - 1]):
        return f", no error at t = {t}"
    if parameter == "W_aa" and not np.any(trace.tape.states[s - 1]):
        return f", as a⟨{s - 1}⟩ = 0"
    if parameter == "W_ax" and not np.any(trace.batch.inputs[s - 1]):
        return f", as x⟨{s}⟩ = 0"
    if parameter == "W_y" and not np.any(trace.tape.states[t]):
        return f", as a⟨{t}⟩ = 0"
    return ": nothing gets through"


def _caption(parameter: str) -> tuple[str, ...]:
    """What the colour stands for, the fullest wording first."""
    if parameter == STATE:
        return (
            "colour: how much of ∂L_t reaches the state a⟨t−k⟩, k steps before",
            "colour: ‖∂L_t/∂a⟨t−k⟩‖",
        )
    if parameter in READOUT:
        return (
            f"{parameter} acts at lag 0 only: no Jacobian, no way back in time, one column",
            f"{parameter}: one column, lag 0 only",
        )
    return (
        f"colour: how much of ∂L_t/∂{parameter} comes through its use k steps before, at step s = t − k",
        f"colour: ‖∂L_t/∂{parameter} through step t − k‖",
        f"colour: ‖∂L_t/∂{parameter}‖ by lag",
    )


def _fitting(forms: Iterable[str], width: int) -> str:
    """The first form that fits, or else the last."""
    text = ""
    for text in forms:
        if len(text) <= width:
            break
    return text


class MapChart(PaintedView, can_focus=True):
    """The picture, its axes and colour bar, and the cross-hair."""

    HELP = help_text("map")
    DEFAULT_CSS = """
    MapChart { height: 1fr; min-height: 5; }
    MapChart:focus { background: $surface; }
    """

    trace: reactive[Trace | None] = reactive(None)
    parameter: reactive[str] = reactive("W_aa")
    cross: reactive[CrossHair | None] = reactive(None)

    class Pointed(Message):
        """The mouse is on another point of the map, or on none."""

        def __init__(self, point: Point | None, *, clicked: bool) -> None:
            self.point, self.clicked = point, clicked
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._picture: Picture | None = None
        self._reduced: tuple[Trace, str, Layout, bool] | None = None
        self._under: Point | None = None

    def watch_trace(self) -> None:
        """Another network."""
        self.stale()

    def watch_parameter(self) -> None:
        """Another parameter."""
        self.stale()

    def watch_cross(self) -> None:
        """Another point to mark."""
        self.stale()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The map at this size."""
        plain = self.app.no_color
        if self.trace is None:
            return []
        layout = Layout.of(len(self.trace.lags.scored), width, height)
        if layout is None:
            self._picture = self._reduced = None
            return [Strip([Segment(f"needs {SMALLEST[0]}×{SMALLEST[1]}"[:width])])] if height else []
        picture = self._reduce(self.trace, layout, plain)
        return draw_map(picture, layout, None if plain else self.palette, self.cross)

    def _reduce(self, trace: Trace, layout: Layout, plain: bool) -> Picture:
        """The picture without the cross-hair, which a step of the cursor does not change."""
        kept = self._reduced
        if self._picture is None or kept is None or kept[0] is not trace or kept[1:] != (self.parameter, layout, plain):
            self._picture = reduce_map(
                log2_map(trace, self.parameter),
                trace.lags.scored,
                layout.pixel_rows(len(trace.lags.scored), plain=plain),
                layout.columns,
                lag_0_only=self.parameter in READOUT,
            )
            self._reduced = (trace, self.parameter, layout, plain)
        return self._picture

    def point_at(self, x: int, y: int) -> Point | None:
        """The point that a cell of the widget shows."""
        if self._picture is None or self._reduced is None:
            return None
        trace, parameter, layout, _ = self._reduced
        at = layout.place(x, y)
        if at is None:
            return None
        row, column = at
        per_cell = len(self._picture.kinds) // layout.rows
        pixels = (row * per_cell, (row + 1) * per_cell - 1)
        first, last = (self._picture.losses.items(pixel) for pixel in pixels)
        return Point.largest(trace, parameter, range(first.start + 1, last.stop + 1), self._picture.lags.items(column))

    def _point(self, event: events.MouseEvent, *, clicked: bool) -> None:
        offset = event.get_content_offset(self)
        point = None if offset is None else self.point_at(offset.x, offset.y)
        if clicked or point != self._under:
            self._under = point
            self.post_message(self.Pointed(point, clicked=clicked))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Pick the point under the mouse."""
        self._point(event, clicked=True)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show the value under the mouse; with a button held, pick it."""
        self._point(event, clicked=bool(event.button))

    def on_leave(self) -> None:
        """The mouse is elsewhere."""
        if self._under is not None:
            self._under = None
            self.post_message(self.Pointed(None, clicked=False))


class MapChoice(Static):
    """A parameter's marker and name; click to show its map."""

    class Chosen(Message):
        """This parameter is to be shown."""

        def __init__(self, parameter: str) -> None:
            self.parameter = parameter
            super().__init__()

    def __init__(self, parameter: str, *, tight: bool) -> None:
        super().__init__(_label(parameter, tight))
        self.parameter, self.tight = parameter, tight
        self.tooltip = (
            "Click to show the gradient with respect to the state a⟨s⟩ itself."
            if parameter == STATE
            else f"Click to show the map of {parameter}."
        )

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, self._color)
        self._color(self.app.current_theme)

    def _color(self, theme: Theme) -> None:
        label = _label(self.parameter, self.tight)
        if self.parameter in SERIES:
            label.stylize("#{:02x}{:02x}{:02x}".format(*theme_palette(theme).readable(SERIES[self.parameter].color)))
        self.update(label)

    def on_click(self) -> None:
        """Ask for it."""
        self.post_message(self.Chosen(self.parameter))


def _label(parameter: str, tight: bool) -> Text:
    name = "a⟨s⟩" if parameter == STATE else parameter
    return Text(name if tight or parameter not in SERIES else f"{SERIES[parameter].marker} {name}")


class MapChoices(Horizontal):
    """What the map can show, what it shows marked."""

    names: reactive[tuple[str, ...]] = reactive[tuple[str, ...]]((), recompose=True)
    tight: reactive[bool] = reactive(False, recompose=True)
    """Whether there is no room for the markers"""
    chosen: reactive[str] = reactive("")

    def compose(self) -> ComposeResult:
        """One entry each."""
        for name in self.names:
            choice = MapChoice(name, tight=self.tight)
            choice.set_class(name == self.chosen, "-chosen")
            yield choice
        if self.names:
            yield Static("[ ] to choose", markup=False, classes="hint")

    def watch_chosen(self) -> None:
        """Another one is shown."""
        for choice in self.query(MapChoice):
            choice.set_class(choice.parameter == self.chosen, "-chosen")
            if choice.parameter == self.chosen:
                choice.scroll_visible(animate=False)


class MapPanel(Vertical):
    """The choice of parameter, the map, the value at the cross-hair and the value under the mouse."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "loss(-1)", "earlier loss", key_display="↑", tooltip="Mark the loss before, L_t−1."),
        Binding("down", "loss(1)", "later loss", key_display="↓", tooltip="Mark the next loss, L_t+1."),
        Binding("pageup", f"loss({-FAR})", "", show=False, tooltip="Mark the loss ten before."),
        Binding("pagedown", f"loss({FAR})", "", show=False, tooltip="Mark the loss ten on."),
        Binding("left_square_bracket", "choose(-1)", "parameter", key_display="[", tooltip="Map the parameter before."),
        Binding("right_square_bracket", "choose(1)", "parameter", key_display="]", tooltip="Map the next parameter."),
    ]
    DEFAULT_CSS = """
    MapPanel { height: 1fr; padding: 0 1; }
    MapPanel MapChoices { height: 1; overflow-x: auto; scrollbar-size-horizontal: 0; }
    MapPanel MapChoice { width: auto; margin-right: 2; }
    MapPanel MapChoice:hover { text-style: underline; }
    MapPanel MapChoice.-chosen { text-style: bold reverse; }
    MapPanel .hint { width: 1fr; text-align: right; color: $foreground-muted; }
    MapPanel.-narrow MapChoice { margin-right: 1; }
    MapPanel.-narrow .hint { display: none; }
    MapPanel .line { height: 1; }
    MapPanel .muted { color: $foreground-muted; }
    """

    trace: reactive[Trace | None] = reactive(None)
    cursor: reactive[Cursor | None] = reactive(None)
    parameter: reactive[str] = reactive("W_aa")
    loss_time: reactive[int | None] = reactive(None)
    """The t that was picked; None follows the last loss"""

    class Picked(Message):
        """The mouse is on (t, k), or clicked it: a loss time and a lag that has a step."""

        def __init__(self, t: int, k: int, *, clicked: bool) -> None:
            self.t, self.k, self.clicked = t, k, clicked
            super().__init__()

    class ParameterChosen(Message):
        """Another parameter is to be shown: a key of `log2_norm`, or "state"."""

        def __init__(self, parameter: str) -> None:
            self.parameter = parameter
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._under: Point | None = None

    def compose(self) -> ComposeResult:
        """Choices, caption, picture, read-outs."""
        yield MapChoices()
        yield Static(classes="line muted", id="map-caption")
        yield MapChart(id="map-chart").data_bind(MapPanel.trace)
        yield Static(classes="line", id="map-here")
        yield Static(classes="line muted", id="map-under")

    def on_mount(self) -> None:
        """Show what there is."""
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """Other words fit."""
        self.set_class(event.size.width < ROOMY, "-narrow")
        self.query_one(MapChoices).tight = event.size.width < TIGHT
        self._show()

    def watch_trace(self) -> None:
        """Another network, perhaps with fewer steps."""
        self._under = None
        if self.trace is not None and self.loss_time is not None and self.loss_time > len(self.trace.lags.scored):
            self.loss_time = None
        self._show()

    def watch_cursor(self) -> None:
        """Another step."""
        self._show()

    def watch_parameter(self) -> None:
        """Another parameter."""
        self._under = None
        self._show()

    def watch_loss_time(self) -> None:
        """Another loss."""
        self._show()

    @property
    def shown(self) -> str:
        """The parameter on the map: the one asked for, or the first if this network has none of that name."""
        names = choices(self.trace)
        return self.parameter if self.parameter in names or not names else names[0]

    @property
    def t(self) -> int | None:
        """The loss time that is marked: the one picked, or the last that has a loss."""
        if self.trace is None:
            return None
        if self.loss_time is not None:
            return self.loss_time
        scored = np.flatnonzero(self.trace.lags.scored)
        return int(scored[-1]) + 1 if scored.size else len(self.trace.lags.scored)

    def _show(self) -> None:
        if not self.is_mounted:
            return
        trace, t = self.trace, self.t
        k = None if self.cursor is None else self.cursor.lag
        row = self.query_one(MapChoices)
        row.chosen, row.names = self.shown, choices(trace)
        chart = self.query_one(MapChart)
        chart.parameter = self.shown
        if trace is None or t is None:
            chart.cross = None
            return
        marked = k is not None or self.loss_time is not None
        chart.cross = CrossHair(t, k) if marked and (k is None or k < len(trace.lags.scored)) else None
        width = self.content_size.width
        self._say("map-caption", _fitting(_caption(self.shown), width))
        going = (
            f"L_{t}, going forward: → steps on, and past t = {len(trace.lags.scored)} the gradient starts back",
            f"L_{t}, going forward: → to the way back",
        )
        here = going if chart.cross is None or k is None else reading(trace, self.shown, t, k)
        self._say("map-here", _fitting(here, width))
        self._say("map-under", _fitting(self._under_mouse(trace), width))

    def _say(self, where: str, text: str) -> None:
        self.query_one(f"#{where}", Static).update(Text(text, no_wrap=True, overflow="ellipsis"))

    def _under_mouse(self, trace: Trace) -> tuple[str, ...]:
        point = self._under
        if point is None:
            return (
                "↑ ↓ another loss t · → further back · point at a cell for its value, click to go there",
                "↑ ↓ loss t · → further back · click to go there",
                "↑ ↓ loss t · → further back",
            )
        words = tuple(f"mouse: {text}" for text in reading(trace, self.shown, point.t, point.k))
        if len(point.losses) > 1 or len(point.lags) > 1:
            covers = f", the largest of t {_span(point.losses)}, lag {_span(point.lags)}"
            words = (words[0] + covers, words[1] + covers, *words)
        return words

    # Choosing

    @on(MapChoice.Chosen)
    def _chosen(self, message: MapChoice.Chosen) -> None:
        message.stop()
        self.post_message(self.ParameterChosen(message.parameter))

    def action_choose(self, by: int) -> None:
        """The next thing to show, round and round."""
        names = choices(self.trace)
        if names:
            self.post_message(self.ParameterChosen(names[(names.index(self.shown) + by) % len(names)]))

    def action_loss(self, by: int) -> None:
        """Another loss, of those that there are."""
        if self.trace is None or self.t is None:
            return
        scored = np.flatnonzero(self.trace.lags.scored) + 1
        if scored.size:
            at = int(np.searchsorted(scored, self.t)) + by
            self._pick(int(scored[min(max(at, 0), len(scored) - 1)]))

    def _pick(self, t: int) -> None:
        assert self.trace is not None
        scored = np.flatnonzero(self.trace.lags.scored) + 1
        self.loss_time = None if t == scored[-1] else t

    @on(MapChart.Pointed)
    def _pointed(self, message: MapChart.Pointed) -> None:
        message.stop()
        point = self._under = message.point
        self._show()
        if point is None or not point.scored:
            return
        if message.clicked:
            self._pick(point.t)
        self.post_message(self.Picked(point.t, point.k, clicked=message.clicked))


def _span(values: range) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]}–{values[-1]}"
