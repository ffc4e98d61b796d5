"""Lag × layer: where in a stack a gradient fades and where it grows, through depth and through time.

Of one loss, or typically of all, the norm of the gradient at the whole state of layer l, k steps back. The loss comes
in at the last layer at lag 0; from there a gradient goes down the layers within a step, and back from step to step.
Where layers go both ways, it goes ahead as well, to the steps after the loss: those are the lags below 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.glyph_grid import NONE, GlyphGrid, pack
from tui.report.charts.gradient_scale import color, decades, glyph
from tui.report.charts.lags import y_limits_of
from tui.report.charts.model import Chart, Series
from tui.report.charts.ticks import decade_ticks, nice_ticks
from tui.report.numbers import LOG10_2
from tui.report.styles import style_of_layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.numerics.scaled import Floats
    from core.trace import Trace
    from tui.report.palette import Palette

LEAST_CELLS: Final = 8
"""With fewer cells for the lags there is no strip"""


def by_layer(trace: Trace, loss: int | None = None) -> tuple[range, dict[int, Floats]]:
    """The lags, and layer, the last first → (K,) at each of them: log₂ of the gradient at its state; {} for one layer.

    Args:
        trace: What to look at.
        loss: The t of the one loss to look at; None for the typical one of all.
    """
    steps, below = len(trace.lags.scored), trace.lags.below
    end = steps if loss is None else loss
    first = 0 if below is None else 1 - steps if loss is None else loss - steps
    found = {}
    for layer in reversed(tuple(trace.lags.log2_layer_norm)):
        back, ahead = (
            np.empty(0)
            if one is None
            else one.typical_of_layer(layer)
            if loss is None
            else one.log2_layer_norm[layer][loss - 1]
            for one in (trace.lags, below)
        )
        found[layer] = np.concatenate([ahead[1 : 1 - first][::-1], back[:end]])
    return range(first, end), found


def layers_chart(trace: Trace, width: int, height: int) -> Chart:
    """A line for each layer over the lag k: the typical size of the gradient at its state.

    Args:
        trace: Of a stack.
        width: Cells across, for the number of ticks.
        height: Cells down, for the number of ticks.
    """
    lags, found = by_layer(trace)
    curves = {layer: log2 * LOG10_2 for layer, log2 in found.items()}
    first, last = float(lags[0]), float(max(lags[-1], 1))
    limits = y_limits_of(curves.values())
    return Chart(
        series=[
            Series(
                name=f"layer {layer}",
                x=np.array(lags, dtype=np.float64),
                y=values,
                color=style_of_layer(layer).color,
                marker=style_of_layer(layer).marker,
                end=f"layer {layer}",
                apart=True,
            )
            for layer, values in curves.items()
        ],
        x_limits=(first, last),
        y_limits=limits,
        x_ticks=nice_ticks(first, last, max(2, width // 12)),
        y_ticks=decade_ticks(*limits, height),
        x_label="lag k",
        y_label="typical ‖∂L_t/∂a_l⟨t−k⟩‖ at layer l",
        zero="0",
        y_log10=True,
    )


def layers_strip(
    trace: Trace, loss: int | None, width: int, palette: Palette | None, lag: int | None
) -> GlyphGrid | None:
    """A row for each layer, the last on top, and along it the lags: the wider and brighter, the larger the gradient.

    Sizes are in parts of the largest at lag 0, as in the drawing of the network. The cursor's lag is marked below.

    Args:
        trace: Of a stack.
        loss: The t of the one loss; None for the typical one of all.
        width: Cells across.
        palette: The theme's colors; None for a terminal without any.
        lag: The lag to mark.
    """
    lags, rows = by_layer(trace, loss)
    names = [f"layer {layer} " for layer in rows]
    gutter = max(map(len, names), default=0)
    if not rows or width < gutter + LEAST_CELLS:
        return None
    count = len(lags)
    cells = min(width - gutter, count)
    edges = np.arange(cells) * count // cells
    grid = GlyphGrid(width, len(rows) + 1)
    start = max(float(log2[-lags[0]]) for log2 in rows.values())
    muted = NONE if palette is None else pack(palette.legible(palette.muted))
    for y, (name, log2) in enumerate(zip(names, rows.values(), strict=True)):
        grid.write(0, y, name, muted)
        for x, log2_size in enumerate(np.maximum.reduceat(log2, edges)):
            size = decades(float(log2_size), start)
            grid.write(gutter + x, y, glyph(size), NONE if palette is None else color(size, palette))
    grid.write(0, len(rows), "lag", muted)
    first, last = (f"{end}".replace("-", "−") for end in (lags[0], lags[-1]))
    grid.write(gutter, len(rows), first, muted)
    grid.write(max(gutter + len(first) + 1, gutter + cells - len(last)), len(rows), last, muted)
    if lags[0]:
        grid.write(gutter + _cell(edges, -lags[0]), len(rows), "0", muted)
    if lag is not None and lag in lags:
        place = _cell(edges, lag - lags[0])
        accent = NONE if palette is None else pack(palette.legible(palette.accent))
        grid.write(gutter + place, len(rows), "▲", accent)
    return grid


def _cell(edges: NDArray[np.intp], place: int) -> int:
    """The cell that shows the lag at a place."""
    return int(np.searchsorted(edges, place, side="right")) - 1
