"""The Map tab: one parameter's contributions by loss time t and lag k, as a heat map with a cross-hair."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from core import Trace
from tui.explorer.painting.view import seen
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.map_chart import MapChart
from tui.explorer.widgets.map_choices import MapChoice, MapChoices
from tui.explorer.widgets.session_panel import SessionPanel
from tui.explorer.widgets.stable_static import StableStatic
from tui.report.charts.map_frame import CrossHair
from tui.report.numbers import magnitude
from tui.report.palette import SERIES
from tui.report.styles import styles
from tui.report.words.forms import fitting
from tui.report.words.map import STATE, Point, caption, choices, chosen, first_lag, log2_at, reading

ROOMY = 70
"""Columns from which there is room for the hint in the row of the choices"""

TIGHT = 42
"""Columns below which the choices have no room for their markers"""

FAR = 10
"""Losses that page up and page down go"""


class MapPanel(Vertical, SessionPanel):
    """The choice of parameter, the map, the value at the cross-hair and the value under the mouse."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "loss(-1)", "loss", key_display="↑/↓", tooltip="Show the loss before, everywhere, or the next."),
        Binding("down", "loss(1)", "", show=False, tooltip="Show the next loss, everywhere."),
        Binding("pageup", f"loss({-FAR})", "", show=False, tooltip="Show the loss ten before."),
        Binding("pagedown", f"loss({FAR})", "", show=False, tooltip="Show the loss ten on."),
        Binding("right_square_bracket", "choose(1)", "parameter", key_display="[/]", tooltip="Map another parameter."),
        Binding("left_square_bracket", "choose(-1)", "", show=False, tooltip="Map the parameter before."),
    ]
    DEFAULT_CSS = """
    MapPanel { height: 1fr; padding: 0 1; }
    MapPanel .line { height: 1; }
    MapPanel .muted { color: $foreground-muted; }
    """

    class LossMoved(Message):
        """The loss so many on is to be shown, of those that there are."""

        def __init__(self, by: int) -> None:
            self.by = by
            super().__init__()

    class Picked(Message):
        """The mouse is on (t, k), or clicked it: a loss time and a lag that has a step, below 0 where it is ahead."""

        def __init__(self, t: int, k: int, *, clicked: bool) -> None:
            self.t, self.k, self.clicked = t, k, clicked
            super().__init__()

    class ParameterChosen(Message):
        """Another parameter is to be shown: a key of `log2_norm`, or "state".

        Which one is asked when the message is read: of two keys in a row, the second goes on from the first.
        """

        def __init__(self, parameter: Callable[[], str]) -> None:
            self._parameter = parameter
            super().__init__()

        @property
        def parameter(self) -> str:
            """The name of the parameter that was chosen, or `state`."""
            return self._parameter()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._under: tuple[Trace, Point] | None = None
        self._under_of: tuple[Trace | None, Trace | None, str] | None = None

    def compose(self) -> ComposeResult:
        """The choices, the caption, the heat map, and what is read off at the cursor and under the mouse."""
        yield MapChoices()
        yield StableStatic(classes="line muted", id="map-caption")
        yield MapChart(id="map-chart")
        yield StableStatic(classes="line", id="map-here")
        yield StableStatic(classes="line muted", id="map-under")

    def on_mount(self) -> None:
        """Show what there is, and again whenever it changes."""
        self.show_when_changed(
            *("shown.trace", "shown.asked", "shown.pinned", "cursor", "view.parameter", "view.as_table")
        )

    def on_resize(self, event: events.Resize) -> None:
        """Show everything again: longer or shorter words fit around the map."""
        row = self.query_one(MapChoices)
        row.set_class(event.size.width < ROOMY, "-narrow")
        row.tight = event.size.width < TIGHT
        self.show()

    @property
    def mapped(self) -> str:
        """The parameter on the map: the one asked for, or what stands for the recurrent ones of this network."""
        return chosen(self.trace, self.view.parameter)

    @property
    def _ahead(self) -> bool:
        """Whether the parameter on the map looks ahead."""
        return self.trace is not None and self.trace.lags.ahead(self.mapped)

    def _distance(self) -> int | None:
        """How many steps the cursor is from the loss, on the side that the parameter looks to; None on the other."""
        lag = self.signed_lag
        if lag is None or self.shown.loss is None:
            return lag
        lag = -lag if self._ahead else lag
        return lag if lag >= 0 or (self.trace is not None and first_lag(self.trace, self.mapped)) else None

    def show(self) -> None:
        """The choices, the map with its cross-hair, and what stands there in words."""
        trace, t, k = self.trace, self.shown.loss, self._distance()
        if self._under_of != (trace, self.pinned, self.mapped):
            self._under, self._under_of = None, (trace, self.pinned, self.mapped)  # what the mouse was on is no more
        self._offer()
        if not seen(self):  # back in sight before the next layout, it gets no size
            self.call_after_refresh(self._offer)
        chart = self.query_one(MapChart)
        # All at once: another cell's trace has no parameter of the one before.
        chart.trace, chart.pinned, chart.parameter, chart.as_table = trace, self.pinned, self.mapped, self.view.as_table
        if trace is None or self.cursor is None:
            chart.cross = None
            return
        chart.cross = CrossHair(t, k) if t is not None or k is not None else None
        width = self.content_size.width
        self._say("map-caption", fitting(caption(trace, self.mapped, as_table=self.view.as_table), width))
        self._say("map-here", fitting(self._here(trace, self.cursor, t, k), width))
        self._say("map-under", fitting(self._under_mouse(), width))

    def _offer(self) -> None:
        """The choices; out of sight, the size that the panel gets when it comes to be seen brings it here again."""
        row = self.query_one(MapChoices)
        if seen(row):
            row.chosen = self.mapped
            row.state = "a" if self.trace is None else self.trace.network.state_name
            parameters = {} if self.trace is None else styles(self.trace.network, "parameter")
            looks = {**parameters, STATE: SERIES[STATE]}
            row.looks = {name: looks[name] for name in choices(self.trace)}

    def _say(self, where: str, text: str) -> None:
        self.query_one(f"#{where}", Static).update(Text(text, no_wrap=True, overflow="ellipsis"))

    def _here(self, trace: Trace, cursor: Cursor, t: int | None, k: int | None) -> tuple[str, ...]:
        """Which losses are shown, and what stands at the cross-hair, if it is there."""
        if not self.losses:
            return ("no step has a loss",)
        if t is not None and k is not None:
            return self._at(trace, t, k)
        if t is not None and cursor.backward and self._ahead:
            return (f"L_{t} goes ahead from s = {t}: ← steps to after it", f"L_{t} goes ahead from s = {t}")
        if t is not None and cursor.backward:
            return (f"L_{t} comes in at s = {t}: → steps on to it", f"L_{t} comes in at s = {t}")
        if k is not None:
            return (
                f"{self.losses}, lag {k}: that far back for each of them · ↑ ↓ or a click shows one",
                f"{self.losses}, lag {k} · ↑ ↓ show one",
                f"{self.losses}, lag {k}",
            )
        return (
            f"{self.losses}, going forward: → steps on, and past t = {cursor.steps} the gradient starts back",
            f"{self.losses}, going forward: → to the way back",
        )

    def _at(self, trace: Trace, t: int, k: int) -> tuple[str, ...]:
        """What stands at the cross-hair, and how much it is in the pinned trace."""
        words, pinned = reading(trace, self.mapped, t, k), self.pinned
        if (
            pinned is None
            or self.mapped not in choices(pinned)
            or t > len(pinned.lags.scored)
            or k > pinned.lags.last_lag(self.mapped, t)
            or k < max(first_lag(pinned, self.mapped), t - len(pinned.lags.scored))
        ):
            return words
        then = f" · pinned {magnitude(log2_at(pinned, self.mapped, t, k))}"
        return (*(text + then for text in words), words[-1])

    def _under_mouse(self) -> tuple[str, ...]:
        if self._under is None:
            on = "" if self.cursor is None or self.cursor.position == self.cursor.last else " · → further back"
            return (
                f"↑ ↓ another loss · f all of them{on} · point at a cell for its value, click to go there",
                f"↑ ↓ loss · f all of them{on} · click to go there",
                f"↑ ↓ loss{on}",
            )
        trace, point = self._under
        whose = "mouse" if trace is self.trace else "mouse, pinned"
        words = tuple(f"{whose}: {text}" for text in reading(trace, self.mapped, point.t, point.k))
        if len(point.losses) > 1 or len(point.lags) > 1:
            covers = f", the largest of t {_span(point.losses)}, lag {_span(point.lags)}"
            words = (words[0] + covers, words[1] + covers, *words)
        return words

    # Choosing

    @on(MapChoice.Chosen)
    def _chosen(self, message: MapChoice.Chosen) -> None:
        message.stop()
        self.post_message(self.ParameterChosen(lambda: message.parameter))

    def action_choose(self, by: int) -> None:
        """Show the map of the next parameter, or of the one before, round and round."""
        if choices(self.trace):
            self.post_message(self.ParameterChosen(partial(self._next_parameter, by)))

    def _next_parameter(self, by: int) -> str:
        names = choices(self.trace)
        return names[(names.index(self.mapped) + by) % len(names)] if names else self.mapped

    def action_loss(self, by: int) -> None:
        """Show the loss after this one, or the one before, of those that there are."""
        self.post_message(self.LossMoved(by))

    @on(MapChart.Pointed)
    def _pointed(self, message: MapChart.Pointed) -> None:
        message.stop()
        trace, point = message.trace, message.point
        self._under = None if trace is None or point is None else (trace, point)
        self.show()
        if self.trace is None or point is None or not self.trace.lags.scored[point.t - 1 : point.t].any():
            return
        lag = -point.k if self._ahead else point.k
        self.post_message(self.Picked(point.t, lag, clicked=message.clicked))


def _span(values: range) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]}–{values[-1]}"
