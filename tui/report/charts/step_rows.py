"""Rows with a column or more for every step: bars, characters, the gradient, and where the cursor is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tui.report.charts.glyph_grid import NONE, pack, unpack
from tui.report.charts.gradient_scale import color, decades
from tui.report.palette import blend, readable_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.numerics.scaled import Floats
    from core.trace import Trace
    from tui.report.charts.glyph_grid import GlyphGrid
    from tui.report.input_rows import InputRow
    from tui.report.palette import Palette

BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Window:
    """The steps that fit on a row, and which columns show which."""

    first: int
    count: int
    width: int

    @classmethod
    def around(cls, step: int, steps: int, width: int, *, even: bool = False) -> Window:
        """All steps if they fit, as wide as they can be; else a window with this step in the middle.

        Args:
            step: Where the cursor is, 1 … T.
            steps: T.
            width: Columns there are.
            even: Whether every step has as many columns as any other, as characters need to be read as words.
        """
        count = min(steps, width)
        width -= width % count if even else 0
        first = min(max(1, step - count // 2), steps - count + 1)
        return cls(first, count, width)

    @property
    def steps(self) -> range:
        """The steps that have columns on the row."""
        return range(self.first, self.first + self.count)

    def columns(self, step: int) -> tuple[int, int]:
        """The columns of a step, from the first up to but without the last."""
        at = step - self.first
        return at * self.width // self.count, (at + 1) * self.width // self.count

    def step_at(self, column: int) -> int:
        """The step that a column shows, the nearest one outside."""
        at = ((min(max(column, 0), self.width - 1) + 1) * self.count - 1) // self.width
        return self.first + at


@dataclass(frozen=True, eq=False)
class Sizes:
    """How much of the gradient comes to each state."""

    log2: Floats
    """log₂ ‖∂L/∂a⟨s⟩‖, or ‖∂L/∂(a, c)⟨s⟩‖, (T,)"""
    shares: Floats
    """Where each lies between the smallest and the largest, 0 … 1"""


class StepRows:
    """Writes rows of steps on a grid, each behind its name."""

    def __init__(
        self, grid: GlyphGrid, left: int, window: Window, palette: Palette, *, step: int, backward: bool
    ) -> None:
        self._grid, self._left, self._window, self._palette = grid, left, window, palette
        self._step, self._backward = step, backward
        self._lit, self._muted = pack(palette.foreground), pack(palette.muted)
        self._dark = pack(readable_on(blend(palette.foreground, palette.backdrop, 0.6), palette.backdrop))
        self._accent = pack(palette.accent)
        self._at = np.array([window.step_at(column) - window.first for column in range(window.width)])
        """Which of the window's steps each column shows, from 0"""
        self._marked = blend(palette.accent, palette.backdrop, 0.55)

    def bars(
        self,
        y: int,
        label: str,
        values: Floats,
        scale: tuple[float, float] | None = None,
        loss: int | None = None,
        sizes: tuple[Floats, float] | None = None,
    ) -> None:
        """A bar a step; in the accent's color where the one loss is that is shown.

        Args:
            y: The row.
            label: Its name.
            values: What the heights tell, (T,).
            scale: The lowest and the highest; None for those of the values.
            loss: t of the one loss that is shown; None where there is none to mark.
            sizes: log₂ of how much each acts on the losses (T,), and log₂ of what the colors are relative to.
        """
        low, high = (float(np.min(values)), float(np.max(values))) if scale is None else scale
        shown = values[self._window.first - 1 : self._window.first - 1 + self._window.count]
        shares = (shown - low) / (high - low) if high > low else np.full(len(shown), 0.5)
        glyphs = [BARS[at] for at in np.rint(shares * 7).astype(int).tolist()]
        inks = [self._acting(step, sizes) if step != loss else self._accent for step in self._window.steps]
        self._row(y, label, glyphs, inks)

    def characters(self, y: int, row: InputRow, sizes: tuple[Floats, float] | None = None) -> None:
        """A character at the first column of every step; `sizes` as for bars."""
        glyphs = [row.glyphs[step - 1] for step in self._window.steps]
        inks = [self._acting(step, sizes, text=True) for step in self._window.steps]
        self._row(y, row.label, glyphs, inks, repeated=False)

    def _acting(self, step: int, sizes: tuple[Floats, float] | None, *, text: bool = False) -> int:
        """The color of an input: of how much it acts on the losses, as far as the way back has come."""
        if sizes is None or not self._reached(step):
            return self._muted if sizes is not None else self._ink(step)
        log2, start = sizes
        return color(decades(float(log2[step - 1]), start), self._palette, text=text)

    def gradient(self, y: int, label: str, sizes: Sizes, start: float) -> None:
        """The gradient's norm at one whole state after another: the height tells its log, and so does the color.

        Args:
            y: The row.
            label: Its name.
            sizes: What to show.
            start: log₂ of what the color is relative to.
        """
        glyphs, inks = [], []
        for step in self._window.steps:
            log2 = float(sizes.log2[step - 1]) if step <= len(sizes.log2) else np.nan
            if self._reached(step) and np.isfinite(log2):
                glyphs.append(BARS[round(float(sizes.shares[step - 1]) * 7)])
                inks.append(color(decades(log2, start), self._palette))
            else:
                glyphs.append("·" if step <= len(sizes.log2) else " ")
                inks.append(self._muted)
        self._row(y, label, glyphs, inks)

    def overview(self, y: int, steps: int) -> None:
        """All the steps on one row: those in the window heavy, the cursor's a dot."""
        width = self._window.width
        last = self._window.first + self._window.count - 1
        first, end, here = ((step - 1) * width // steps for step in (self._window.first, last, self._step))
        self._label(y, "all steps")
        line = "─" * first + "━" * (end + 1 - first) + "─" * (width - 1 - end)
        self._grid.write(self._left, y, line, self._muted)
        self._grid.write(self._left + here, y, "●", self._accent)

    def position(self, y: int, forms: Sequence[str]) -> None:
        """Where the cursor is: ▲ below its column, and beside it the fullest of these texts that has room.

        The row has no name, and a text at the left may begin where other rows have theirs.
        """
        column, width = self._left + sum(self._window.columns(self._step)) // 2, self._left + self._window.width
        before, after = column - 1, width - column - 2
        text = next(form for form in forms if len(form) <= max(before, after) or form == forms[-1])
        line = f"{text:>{before}} ▲" if len(text) > after else f"{'':{column}}▲ {text}"
        self._grid.write(0, y, line, self._accent)

    def _reached(self, step: int) -> bool:
        return step >= self._step if self._backward else step <= self._step

    def _ink(self, step: int) -> int:
        return self._lit if self._backward or self._reached(step) else self._dark

    def _label(self, y: int, text: str) -> None:
        self._grid.write(0, y, text[: self._left], self._muted)

    def _row(self, y: int, label: str, glyphs: Sequence[str], inks: Sequence[int], *, repeated: bool = True) -> None:
        """One glyph and one color for each step of the window, in all its columns."""
        self._label(y, label)
        window = self._window
        at = self._at
        cells = slice(self._left, self._left + window.width)
        shown = np.array(glyphs)[at]
        if not repeated:
            shown[1:][at[1:] == at[:-1]] = " "
        self._grid.glyphs[y, cells] = shown
        here = at == self._step - window.first
        # What can be read on the background need not be so on the color of the cursor.
        ink = inks[self._step - window.first] if here.any() else NONE
        read = NONE if ink == NONE else pack(readable_on(unpack(ink), self._marked))
        self._grid.ink[y, cells] = np.where(here, read, np.array(inks)[at])
        self._grid.behind[y, cells] = np.where(here, pack(self._marked), NONE)


def on_one_scale(now: Floats, then: Floats) -> tuple[Sizes, Sizes]:
    """Two traces' sizes, with the same height for the same size."""
    shares = _shares(np.concatenate([now, then]))
    return Sizes(now, shares[: len(now)]), Sizes(then, shares[len(now) :])


def sizes_of(log2: Floats) -> Sizes:
    """Sizes (T,) given as their log₂, with their heights on a scale of their own."""
    return Sizes(log2, _shares(log2))


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
    steps = len(trace.lags.scored)
    found = np.full(steps, -np.inf)
    if not trace.lags.directions:
        found[:loss] = trace.lags.log2_state_norm[loss - 1, :loss][::-1]
        if trace.lags.below is not None:
            found[loss:] = trace.lags.below.log2_state_norm[loss - 1, 1 : steps - loss + 1]
        return found
    back, ahead = (one.log2_state_norm for one in trace.lags.directions)
    found[:loss] = back[loss - 1, :loss][::-1]
    found[loss - 1 :] = np.logaddexp2(2.0 * found[loss - 1 :], 2.0 * ahead[steps - loss, : steps - loss + 1]) / 2.0
    return found


def _shares(logs: Floats) -> Floats:
    """Where each log norm lies between the smallest and the largest finite one, at least two decades apart."""
    finite = logs[np.isfinite(logs)]
    if not finite.size:
        return np.zeros_like(logs)
    high = float(finite.max())
    low = min(float(finite.min()), high - 2 * np.log2(10))
    return np.where(np.isfinite(logs), (logs - low) / (high - low), 0.0)
