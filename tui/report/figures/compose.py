"""A figure laid out: what is shown, how wide, in which colors and letters → `LaidOut`.

svg(chart, width=241, theme="print", font_size=8, ids="lags")      the `<svg>` element, for a page or a file
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tui.report.figures.heat import Heat, draw_heat
from tui.report.figures.network import Unrolling, draw_network
from tui.report.figures.options import COLUMN, FONT
from tui.report.figures.plot import Drawn, draw_plot
from tui.report.figures.shapes import LaidOut, Sheet
from tui.report.figures.svg import svg_text
from tui.report.figures.themes import Look, Theme, look

Part: TypeAlias = Drawn | Heat | Unrolling
"""What a figure may show: a chart or what makes one for a size, a heat map, the network drawn"""


@dataclass(frozen=True, eq=False)
class Figure:
    """One part or several, one below the other, with the words that go with them."""

    parts: tuple[Part, ...]
    title: str = ""
    """What it is, in a few words; it is not drawn"""
    description: str = ""
    """What it shows, for those who cannot see it"""
    headings: tuple[str, ...] = ()
    """What stands above each part, where there are several"""
    height: float = 0.58
    """How high the data is, in widths of the figure"""


def laid_out(shown: Figure | Part, width: float, look: Look) -> LaidOut:
    """What is shown, laid out.

    Args:
        shown: A figure, or one part of it.
        width: In points.
        look: Colors and sizes.
    """
    figure = shown if isinstance(shown, Figure) else Figure((shown,))
    sheet, edge = Sheet(), look.font * 0.5
    top, across = edge, width - 2 * edge
    for at, part in enumerate(figure.parts):
        heading = figure.headings[at] if at < len(figure.headings) else ""
        top += look.font * 1.2 if at else 0.0
        height = figure.height * width
        if isinstance(part, Heat):
            top = draw_heat(sheet, part, edge, top, across, look, heading)
        elif isinstance(part, Unrolling):
            top = draw_network(sheet, part, edge, top, across, look)
        else:
            top = draw_plot(sheet, part, edge, top, across, height, look, heading)
    return LaidOut(width, top + edge, tuple(sheet.shapes), look.background, figure.title, figure.description)


def svg(
    shown: Figure | Part,
    *,
    width: float = COLUMN,
    theme: Theme | Literal["auto"] = "light",
    font_size: float = FONT,
    ids: str = "figure",
    title: str = "",
    description: str = "",
    metadata: str = "",
) -> str:
    r"""A figure as an `<svg>` element, which stands by itself or within a page; it needs no library.

    Args:
        shown: A figure, or a part: a `Chart`, what makes one for so many cells (as a document's `Figure.chart` does), a
            heat map.
        width: In points, 1/72 inch; a page may scale it by CSS.
        theme: `light`, `dark`, `print`; or `auto`: light, and dark where the reader of the page prefers that.
        font_size: The size of letters, in points.
        ids: What its ids and classes begin with, so that several can stand in one page.
        title: What it is, in a few words; that of the figure if empty.
        description: What it shows, for those who cannot see it; that of the figure if empty.
        metadata: A text for programs.

    Raises:
        ValueError: there is no such theme.

    Runnable example:

        >>> import core
        >>> from tui.report.charts.lags import lags_chart
        >>> chart = lags_chart(core.run(core.Experiment(hidden_size=2, timesteps=5)))
        >>> text = svg(chart, theme="print", ids="a", title="Gradient by lag")
        >>> "<title id="a-title">Gradient by lag</title>" in text, ">lag k</text>" in text
        (True, True)
    """
    laid = laid_out(shown, width, look("light" if theme == "auto" else theme, font_size))
    dark = laid_out(shown, width, look("dark", font_size)) if theme == "auto" else None
    laid = LaidOut(
        laid.width, laid.height, laid.shapes, laid.background, title or laid.title, description or laid.description
    )
    return svg_text(laid, ids=ids, metadata=metadata, dark=dark)
