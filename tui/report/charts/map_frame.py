"""What stands around a map: where its parts go, its axes, the color bar, and what its other colors mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.heatmap import Heatmap, PixelKind
from tui.report.charts.map_colors import KEYS, LEVELS, NOTES, SHADES, Paints
from tui.report.charts.path import Limits
from tui.report.charts.terminal import SMALLEST
from tui.report.charts.ticks import Ticks, decade_ticks, nice_ticks
from tui.report.numbers import LOG10_2, magnitude

if TYPE_CHECKING:
    from tui.report.charts.glyph_grid import GlyphGrid

FEWEST_BAR: Final = 16
"""Cells that the color bar keeps for itself"""


@dataclass(frozen=True)
class Layout:
    """Where the parts of the map go on a widget of width × height cells."""

    width: int
    height: int
    gutter: int
    """Cells at the left, the axis among them"""
    rows: int
    """Cells down of the heat map itself"""
    columns: int
    keyed: bool
    """Whether there is a line for the color bar"""

    @classmethod
    def of(cls, steps: int, width: int, height: int) -> Layout | None:
        """The layout for T steps; None where there is no room to show anything."""
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return None
        gutter = len(str(steps)) + 2
        keyed = height > SMALLEST[1]
        return cls(width, height, gutter, height - 2 - keyed, width - gutter, keyed)

    def pixel_rows(self, steps: int, *, plain: bool) -> int:
        """Pixels down: two a cell in color, unless every t has cells enough to end where a cell ends."""
        return self.rows if plain or steps * 3 <= self.rows else self.rows * 2

    def place(self, x: int, y: int) -> tuple[int, int] | None:
        """The (row, column) of the heat map at a cell of the widget, None beside it."""
        row, column = y, x - self.gutter
        return (row, column) if 0 <= row < self.rows and 0 <= column < self.columns else None


@dataclass(frozen=True)
class CrossHair:
    """What is marked: a loss time t, or none where all losses are shown; and, on the way back, a lag k."""

    t: int | None
    k: int | None

    def within(self, steps: int, first_lag: int = 0) -> CrossHair | None:
        """The cross-hair on a map of so many steps whose lags begin at this one, as far as it is there."""
        if self.t is not None and self.t > steps:
            return None
        return self if self.k is None or first_lag <= self.k < steps else CrossHair(self.t, None)


def middle(cells: range) -> int:
    """The cell to mark of those that show one t or k."""
    return cells[(len(cells) - 1) // 2]


def axes(grid: GlyphGrid, heatmap: Heatmap, layout: Layout, colors: Paints | None, cross: CrossHair | None) -> None:
    """Labels for t down the left, for k along the bottom, and the cross-hair's own t and k among their labels."""
    down_axis(grid, heatmap, layout, colors, None if cross is None else cross.t, "t")
    across_axis(grid, heatmap, layout, colors, None if cross is None else cross.k, "lag k", first=heatmap.first_lag)


def down_axis(
    grid: GlyphGrid, heatmap: Heatmap, layout: Layout, colors: Paints | None, marked: int | None, name: str
) -> None:
    """What is down the rows, numbered from 1 at the left, one of it marked."""
    muted, strong, accent = inks(colors)
    left, bottom = layout.gutter, layout.rows
    per_cell = len(heatmap.kinds) // layout.rows
    for y in range(bottom):
        grid.write(left - 1, y, "│", muted)
    grid.write(0, bottom, f"{name:>{left - 2}}", strong)
    numbers = ticks(1, heatmap.losses.count, max(2, (bottom + 1) // 3))
    for y, number in {middle(heatmap.losses.span(number - 1)) // per_cell: number for number in numbers}.items():
        grid.write(0, y, f"{number:>{left - 2}} ┤", muted)
    if marked is not None:
        y = middle(heatmap.losses.span(marked - 1)) // per_cell
        grid.write(0, y, f"{marked:>{left - 2}} ▶", accent)


def across_axis(
    grid: GlyphGrid,
    heatmap: Heatmap,
    layout: Layout,
    colors: Paints | None,
    marked: int | None,
    name: str,
    *,
    first: int,
) -> None:
    """What is along the columns, numbered from `first` along the bottom, one of it marked."""
    muted, strong, accent = inks(colors)
    count, left, bottom = heatmap.lags.count, layout.gutter, layout.rows
    grid.write(left - 1, bottom, "└" + "─" * layout.columns, muted)
    others = [k for k in ticks(first, first + count - 1, max(2, layout.columns // 8)) if k != marked]
    used: list[range] = []
    for k in others if marked is None else [marked, *others]:
        x = middle(heatmap.lags.span(k - first))
        ink = accent if k == marked else muted
        label = f"{-k if heatmap.ahead else k}".replace("-", "−")
        start = min(max(0, x - (len(label) - 1) // 2), layout.columns - len(label))
        place = range(start - 1, start + len(label) + 1)
        if any(place.start < other.stop - 1 and other.start < place.stop - 1 for other in used):
            continue
        used.append(place)
        grid.write(left + x, bottom, "▲" if k == marked else "┬", ink)
        grid.write(left + start, bottom + 1, label, ink)
    end = layout.width
    if marked is not None and (at := left + middle(heatmap.lags.span(marked - first))) >= end - len(name) - 1:
        end = at  # the mark is not written over
    if end - len(name) - 1 >= left:
        grid.write(end - len(name) - 1, bottom, f" {name}", strong)


def inks(colors: Paints | None) -> tuple[int, int, int]:
    """What axes, names and marks are written in: muted, strong, accent."""
    return (-1, -1, -1) if colors is None else (colors.muted, colors.foreground, colors.accent)


def ticks(low: int, high: int, count: int) -> list[int]:
    """Round whole numbers from low to high, at most so many."""
    return [round(position) for position in nice_ticks(low, high, count).positions]


@dataclass(frozen=True)
class Scale:
    """How the numbers of a scale are written, and the characters that stand for its colors where there are none."""

    ticks: Callable[[Limits, int], Ticks]
    """(limits, cells across) → what is written on the bar, and where"""
    number: Callable[[float], str]
    """The number at a place of the scale"""
    shades: str = SHADES
    """From the least to the greatest"""


def _decades(limits: Limits, width: int) -> Ticks:
    return decade_ticks(*limits, 3 * (width // 9) - 2)


DECADES: Final = Scale(_decades, lambda log10: magnitude(log10 / LOG10_2))
"""The scale of the map: logarithms to base 10, at whole decades"""


def key(grid: GlyphGrid, heatmap: Heatmap, layout: Layout, colors: Paints | None, scale: Scale = DECADES) -> None:
    """The color bar with its numbers written on it, and what the other colors mean."""
    y = layout.height - 1
    end = notes(grid, heatmap, layout, colors)
    limits = heatmap.limits
    if limits is None:
        return
    if colors is None:
        _shades(grid, scale, limits, layout.gutter, y, end - layout.gutter)
    else:
        _bar(grid, scale, limits, layout.gutter, y, end - layout.gutter - (end < layout.width), colors)


def notes(grid: GlyphGrid, heatmap: Heatmap, layout: Layout, colors: Paints | None) -> int:
    """What the colors mean that are none of the scale, at the right of the last line; where the room for a bar ends."""
    y, end = layout.height - 1, layout.width
    room = layout.columns - FEWEST_BAR
    found = [(kind, *NOTES[kind]) for kind in KEYS if np.any(heatmap.kinds == kind)]
    short = sum(len(long) + 3 for _, long, _ in found) > room
    for kind, long, brief in reversed(found):
        text = brief if short else long
        end -= len(text) + 3
        if colors is None:
            grid.write(end, y, f" {KEYS[kind]} {text}")
            continue
        paint = {PixelKind.ZERO: colors.zero, PixelKind.UNSCORED: colors.unscored}.get(kind, colors.undefined)
        grid.write(end + 1, y, "■", paint)
        grid.write(end + 3, y, text, colors.muted)
    return end


def _bar(grid: GlyphGrid, scale: Scale, limits: Limits, left: int, y: int, width: int, colors: Paints) -> None:
    levels = (np.arange(width) * LEVELS) // width
    grid.behind[y, left : left + width] = colors.scale[levels]
    free, marks = 0, scale.ticks(limits, width)
    for position, label in zip(marks.positions, marks.labels, strict=True):
        middle = round((position - limits[0]) / (limits[1] - limits[0]) * (width - 1))
        start = min(max(0, middle - len(label) // 2), width - len(label))
        if start >= free:
            grid.write(left + start, y, label, int(colors.scale_ink[levels[middle]]))
            free = start + len(label) + 1


def _shades(grid: GlyphGrid, scale: Scale, limits: Limits, left: int, y: int, width: int) -> None:
    """Each shade between the numbers it lies between, as many of them as there is room for."""
    (low, high), shades = limits, scale.shades
    bounds = [scale.number(low + (high - low) * i / len(shades)) for i in range(len(shades) + 1)]
    full = bounds[0] + "".join(f" {shade} {bound}" for shade, bound in zip(shades, bounds[1:], strict=True))
    grid.write(left, y, full if len(full) <= width else f"{bounds[0]} {shades} {bounds[-1]}"[:width])
