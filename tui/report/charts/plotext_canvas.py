"""Dots and glyphs joined by lines in the cells of an area, by plotext.

The only module that knows plotext, and plotext is never shown data: it ends the process on NaN and infinity, and walks
to a point off the scale cell by cell. What comes here is measured in cells of the canvas and lies within it.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from tui.report.charts.glyph_grid import pack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tui.report.charts.area import Area
    from tui.report.charts.glyph_grid import GlyphGrid
    from tui.report.palette import RGB


@dataclass(frozen=True, eq=False)
class Layer:
    """Points of one look, some of them joined."""

    x: list[float]
    y: list[float]
    glyphs: str | None  # one for all the points, or one a point; None for braille dots
    color: RGB | None
    joined: Sequence[int] = ()  # the points that a line runs to


# plotext has one figure for the whole process, and two threads must not import it with `ctypes.CDLL` put aside twice.
_FIGURE_IN_USE: Final = threading.Lock()

_MANUAL: Final = "plotext._doc.doc"


@cache
def _plotext() -> Any:
    """Plotext, imported when the first chart is drawn, and without its manual.

    It puts the manual of all its methods together whenever it is imported, which takes twice as long as all the rest,
    some 75 ms; whoever asks for `plotext._doc.doc` afterwards gets it.

    It calls its kernel some forty times a point, and at each call a `ctypes.CDLL` hands the interpreter over to any
    thread that waits for it: while another one trains, a chart took three times as long. A `PyDLL` keeps it.
    """
    shared, ctypes.CDLL = ctypes.CDLL, ctypes.PyDLL  # type: ignore[misc]
    nothing = ModuleType(_MANUAL)
    nothing.docs = None  # type: ignore[attr-defined]
    sys.modules.setdefault(_MANUAL, nothing)
    try:
        import plotext
    finally:
        ctypes.CDLL = shared  # type: ignore[misc]
        if sys.modules.get(_MANUAL) is nothing:
            del sys.modules[_MANUAL]

    plotext.terminal.limit(False, False)
    return plotext


def rasterize(layers: Iterable[Layer], grid: GlyphGrid, area: Area, *, color: bool) -> None:
    """Put layers into an area; of two on one cell the later one wins its color."""
    with _FIGURE_IN_USE:
        plt = _plotext()
        figure = plt.figure
        # Not clear(), which would ask the terminal for its size.
        for aspect in ("subplots", "data", "settings", "pixels", "styles"):
            getattr(figure.clear, aspect)()
        figure.plot_size(area.width, area.height).canvas("default").axes(False)
        figure.ruler("both", "both").frequency(0).alignment(lim="edge")
        figure.ruler("x", "both").lim(0, area.width)
        figure.ruler("y", "both").lim(0, area.height)
        for layer in layers:
            if not layer.x:
                continue
            pixel = plt.pixel(layer.color)
            markers = [plt.marker(glyph, pixel=pixel) for glyph in layer.glyphs or ("braille",)]
            signal = figure.signal(layer.x, layer.y, marker=markers)
            for index in layer.joined:
                signal.line(index, True)
            figure.draw(signal)
        cells = figure.build()
        # The color of a cell costs two calls of plotext's kernel, and so only what can be seen is asked for.
        for row, line in enumerate(cells.string(colorless=True).split("\n")[: area.height]):
            grid.write(area.left, area.top + row, line)
            if color:
                for column, glyph in enumerate(line):
                    if glyph != " " and (ink := cells.get(row, column).foreground()) is not None:
                        grid.ink[area.top + row, area.left + column] = pack(ink)
