"""The unrolled network, one column or more per step: input, state and output, and where the gradient is now.

Going forward, the steps reached so far are lit. Going back, each state that the gradient has reached takes the
color of log ‖∂L/∂a⟨s⟩‖; those it has not reached yet stay dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from core import Trace
from core.numerics.scaled import Floats
from tui.explorer.help import help_text
from tui.explorer.painting.view import PaintedView
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.session_panel import SessionPanel
from tui.report.colormap import colors
from tui.report.input_rows import InputRow, input_rows
from tui.report.numbers import magnitude
from tui.report.palette import RGB, blend

BARS = "▁▂▃▄▅▆▇█"
LABEL = 10
"""Cells at the left for the rows' names"""


class UnrolledNetwork(PaintedView, SessionPanel, can_focus=True):
    """Rows for x⟨t⟩, a⟨t⟩ and y⟨t⟩ against its target, and a row that says where the cursor is."""

    BORDER_TITLE = "Unrolled network"
    HELP = help_text("strip")

    _now: Sizes
    _then: Sizes
    """The sizes of the pinned trace, on the same scale; of no steps without one"""

    class Pointed(Message):
        """A step was pointed at, 1 … T."""

        def __init__(self, step: int) -> None:
            self.step = step
            super().__init__()

    class LossChosen(Message):
        """The output or the target of a step that has a loss was pointed at, 1 … T."""

        def __init__(self, t: int) -> None:
            self.t = t
            super().__init__()

    _loss_rows: range = range(0)
    """Where output and target are"""
    _choosing: bool = False
    """Whether the button went down on one of them"""

    def on_mount(self) -> None:
        """Paint again whenever anything that is shown changes."""
        self.show_when_changed("shown.trace", "shown.backward_pass", "shown.asked", "shown.pinned", "cursor")

    def show(self) -> None:
        """Paint again, with a row for the pinned trace where there is one, and one for each input that has its own."""
        more = 0 if self.trace is None else len(input_rows(self.trace)) - 1
        self.set_class(more == 1, "-two-inputs")
        self.set_class(more == 2, "-three-inputs")
        self.set_class(self.pinned is not None, "-pinned")
        self.border_title = f"{self.BORDER_TITLE} · {self.losses}" if self.losses else self.BORDER_TITLE
        self.stale()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The rows that fit, of which the last says where the cursor is."""
        if self.trace is None or self.backward_pass is None or self.cursor is None or width < LABEL + 10 or not height:
            return []
        tape, batch = self.trace.tape, self.trace.batch
        then = np.empty(0) if self.pinned is None else log2_state_gradient(self.pinned, self.shown.pinned_loss)
        self._now, self._then = on_one_scale(self.backward_pass.log2_state_gradient, then)
        view = Window.around(self.cursor, width - LABEL)
        outputs, targets = _first(tape.outputs), _first(batch.targets)
        scale = (float(min(outputs.min(), targets.min())), float(max(outputs.max(), targets.max())))
        states = tape.states[1:].reshape(len(tape.losses), -1)
        read = input_rows(self.trace)
        # Relative to the largest, whose square may be past float64.
        norms = np.linalg.norm(states / max(float(np.abs(states).max()), np.finfo(float).tiny), axis=1)
        rows = [
            *(
                self._bars(row.label, row.values, view) if row.values is not None else self._symbols(row, view)
                for row in read
            ),
            self._gradients("gradient", self._now, view)
            if self.cursor.backward
            else self._bars("state a", norms, view),
            *([self._gradients("pinned", self._then, view)] if self.cursor.backward and len(then) else []),
            self._bars("output y", outputs, view, scale, self.shown.loss),
            self._bars("target", targets, view, scale, self.shown.loss),
        ]
        below = [*([self._overview(view)] if view.count < self.cursor.steps else []), self._position(view)]
        fitting = rows[: max(0, height - len(below))]
        self._loss_rows = range(len(rows) - 2, len(fitting))
        return [*fitting, *below][-height:]

    def _label(self, text: str) -> Segment:
        return Segment(f"{text:<{LABEL}}", _ink(self.palette.muted))

    def _reached(self, step: int) -> bool:
        assert self.cursor is not None
        return step >= self.cursor.step if self.cursor.backward else step <= self.cursor.step

    def _row(self, label: str, cells: list[tuple[str, Style]], view: Window) -> Strip:
        segments = [self._label(label)]
        for step, (glyph, style) in zip(view.steps, cells, strict=True):
            start, end = view.columns(step)
            segments.append(Segment(glyph * (end - start), style))
        return Strip(segments)

    def _bars(
        self,
        label: str,
        values: Floats,
        view: Window,
        scale: tuple[float, float] | None = None,
        loss: int | None = None,
    ) -> Strip:
        """A bar a step; in the accent's color where the one loss is that is shown."""
        assert self.cursor is not None
        low, high = (float(np.min(values)), float(np.max(values))) if scale is None else scale
        lit, dark = self.palette.foreground, blend(self.palette.foreground, self.palette.backdrop, 0.6)
        cells = []
        for step in view.steps:
            share = (values[step - 1] - low) / (high - low) if high > low else 0.5
            color = lit if self.cursor.backward or self._reached(step) else dark
            color = self.palette.accent if step == loss else color
            cells.append((BARS[round(float(share) * 7)], self._mark(step, color)))
        return self._row(label, cells, view)

    def _symbols(self, row: InputRow, view: Window) -> Strip:
        """A character at the first column of every step."""
        lit, dark = self.palette.foreground, blend(self.palette.foreground, self.palette.backdrop, 0.6)
        segments = [self._label(row.label)]
        for step in view.steps:
            start, end = view.columns(step)
            color = lit if self.cursor is not None and (self.cursor.backward or self._reached(step)) else dark
            segments.append(Segment(row.glyphs[step - 1].ljust(end - start), self._mark(step, color)))
        return Strip(segments)

    def _mark(self, step: int, color: RGB) -> Style:
        assert self.cursor is not None
        if step == self.cursor.step:
            return _ink(color, blend(self.palette.accent, self.palette.backdrop, 0.55))
        return _ink(color)

    def _gradients(self, label: str, sizes: Sizes, view: Window) -> Strip:
        """The gradient's norm at one whole state after another: height and color both tell its log."""
        tint = colors(sizes.shares)
        cells = []
        for step in view.steps:
            if self._reached(step) and step <= len(sizes.log2) and np.isfinite(sizes.log2[step - 1]):
                color = self._mark(step, _rgb(tint[step - 1]))
                cells.append((BARS[round(float(sizes.shares[step - 1]) * 7)], color))
            else:
                cells.append(("·" if step <= len(sizes.log2) else " ", self._mark(step, self.palette.muted)))
        return self._row(label, cells, view)

    def _overview(self, view: Window) -> Strip:
        """All the steps on one row: those in the window heavy, the cursor's a dot."""
        assert self.cursor is not None
        steps = self.cursor.steps
        first, last, here = (
            (step - 1) * view.width // steps for step in (view.first, view.first + view.count - 1, self.cursor.step)
        )
        line = "─" * first + "━" * (last + 1 - first) + "─" * (view.width - 1 - last)
        muted = _ink(self.palette.muted)
        return Strip(
            [
                self._label("all steps"),
                Segment(line[:here], muted),
                Segment("●", _ink(self.palette.accent)),
                Segment(line[here + 1 :], muted),
            ]
        )

    def _position(self, view: Window) -> Strip:
        cursor = self.cursor
        assert cursor is not None and self.trace is not None
        column = sum(view.columns(cursor.step)) // 2
        if cursor.backward:
            loss, other = self.shown.loss, self.shown.pinned_loss
            of = "L" if loss is None else f"L_{loss}"
            state = self.trace.network.state_name
            norm = f"‖∂{of}/∂{state}⟨{cursor.step}⟩‖ = {magnitude(float(self._now.log2[cursor.step - 1]))}"
            if loss is not None and cursor.step > loss:
                norm = f"L_{loss} comes in at s = {loss}"
            there = f"backward, s = {cursor.step} of {cursor.steps}"
            there += f", {self.losses}" if self.losses and loss is None else ""
            brief = f"◀ s = {cursor.step}"
            forms: tuple[str, ...] = (f"◀ {there}: {norm}", f"{brief}: {norm}", f"◀ {norm}", brief, "◀")
            if cursor.step <= (len(self._then.log2) if other is None else min(other, len(self._then.log2))):
                theirs = "" if self.pinned is None else self.pinned.network.state_name
                whose = "pinned" if theirs == state else f"pinned, of {theirs},"
                whose += "" if other == loss else f" L_{other}"
                pinned = f"{norm}, {whose} {magnitude(float(self._then.log2[cursor.step - 1]))}"
                forms = (f"◀ {there}: {pinned}", f"◀ s = {cursor.step}: {pinned}", *forms[1:])
        else:
            forms = (f"▶ forward, t = {cursor.step} of {cursor.steps}", f"▶ t = {cursor.step}", "▶")
        before, after = column - 1, view.width - column - 2
        text = next(form for form in forms if len(form) <= max(before, after) or form == forms[-1])
        line = f"{text:>{before}} ▲" if len(text) > after else f"{'':{column}}▲ {text}"
        return Strip([self._label(""), Segment(line, _ink(self.palette.accent))])

    def _point(self, event: events.MouseEvent) -> None:
        offset = event.get_content_offset(self)
        if self.cursor is None or offset is None:
            return
        view = Window.around(self.cursor, self.size.width - LABEL)
        column = offset.x - LABEL
        if view.count < self.cursor.steps and offset.y == self.size.height - 2 and not self._choosing:
            step = column * self.cursor.steps // view.width + 1
            self.post_message(self.Pointed(min(max(step, 1), self.cursor.steps)))
        elif self._choosing and self.trace is not None and self.trace.lags.scored[view.step_at(column) - 1]:
            self.post_message(self.LossChosen(view.step_at(column)))
        elif not self._choosing:
            self.post_message(self.Pointed(view.step_at(column)))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go to the step under the mouse; on its output or target, take its loss, if it has one."""
        self.capture_mouse()
        self._choosing = self._is_on_a_loss(event)
        self._point(event)

    def _is_on_a_loss(self, event: events.MouseEvent) -> bool:
        offset = event.get_content_offset(self)
        if self.cursor is None or self.trace is None or offset is None or offset.y not in self._loss_rows:
            return False
        step = Window.around(self.cursor, self.size.width - LABEL).step_at(offset.x - LABEL)
        return bool(self.trace.lags.scored[step - 1])

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse while a button is held."""
        if event.button:
            self._point(event)

    def on_mouse_up(self) -> None:
        """End the dragging that chose a step."""
        self._choosing = False
        self.release_mouse()


@dataclass(frozen=True)
class Window:
    """The steps that fit on a row, and which columns show which."""

    first: int
    count: int
    width: int

    @classmethod
    def around(cls, cursor: Cursor, width: int) -> Window:
        """All steps if they fit, as wide as they can be; else a window with the cursor in the middle."""
        count = min(cursor.steps, width)
        first = min(max(1, cursor.step - count // 2), cursor.steps - count + 1)
        return cls(first, count, width)

    @property
    def steps(self) -> range:
        """The steps s that have a box of their own."""
        return range(self.first, self.first + self.count)

    def columns(self, step: int) -> tuple[int, int]:
        """The columns of a step, from the first up to but without the last."""
        at = step - self.first
        return at * self.width // self.count, (at + 1) * self.width // self.count

    def step_at(self, column: int) -> int:
        """The step that a column shows, the nearest one outside."""
        at = ((min(max(column, 0), self.width - 1) + 1) * self.count - 1) // self.width
        return self.first + at


def _first(values: NDArray[Any]) -> Floats:
    """One number per step, of the first example: the value itself, or the class (the likeliest, for outputs)."""
    first = values[:, 0]
    if first.ndim == 1:
        return first.astype(np.float64)
    return first[:, 0] if first.shape[1] == 1 else np.argmax(first, axis=1).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Sizes:
    """How much of the gradient comes to each state."""

    log2: Floats
    """log₂ ‖∂L/∂a⟨s⟩‖, or ‖∂L/∂(a, c)⟨s⟩‖, (T,)"""
    shares: Floats
    """Where each lies between the smallest and the largest, 0 … 1"""


def on_one_scale(now: Floats, then: Floats) -> tuple[Sizes, Sizes]:
    """Two traces' sizes, with the same height and color for the same size."""
    shares = _shares(np.concatenate([now, then]))
    return Sizes(now, shares[: len(now)]), Sizes(then, shares[len(now) :])


def log2_state_gradient(trace: Trace, loss: int | None) -> Floats:
    """log₂ of the gradient's norm at every whole state, ‖∂L/∂a⟨s⟩‖ or ‖∂L/∂(a, c)⟨s⟩‖, (T,) at [s−1].

    Args:
        trace: Whose gradient.
        loss: t of the one loss L_t that is shown; None for all of them together. No numbers if there is none.
    """
    if loss is None:
        return trace.backward_pass.log2_state_gradient
    if loss > len(trace.lags.scored) or not trace.lags.scored[loss - 1]:
        return np.empty(0)
    found = np.full(len(trace.lags.scored), -np.inf)
    found[:loss] = trace.lags.log2_state_norm[loss - 1, :loss][::-1]
    return found


def _shares(logs: Floats) -> Floats:
    """Where each log norm lies between the smallest and the largest finite one, at least two decades apart."""
    finite = logs[np.isfinite(logs)]
    if not finite.size:
        return np.zeros_like(logs)
    high = float(finite.max())
    low = min(float(finite.min()), high - 2 * np.log2(10))
    return np.where(np.isfinite(logs), (logs - low) / (high - low), 0.0)


def _rgb(values: NDArray[np.uint8]) -> RGB:
    red, green, blue = (int(value) for value in values)
    return red, green, blue


@lru_cache(maxsize=1024)
def _ink(color: RGB, behind: RGB | None = None) -> Style:
    return Style.from_color(Color.from_rgb(*color), None if behind is None else Color.from_rgb(*behind))
