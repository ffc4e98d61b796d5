"""A figure as PDF or PNG, written by matplotlib's backends: the same shapes as in the SVG, laid out already.

Letters are DejaVu Sans, which comes with matplotlib and has every sign of the equations: a figure is the same wherever
it is made. In a PDF they are letters (Type 42 fonts), which can be searched and copied.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, Literal

from tui.report.figures.shapes import Area, Cells, Dot, LaidOut, Line, Text, rectangle
from tui.report.figures.svg import CROSSED, DOT, DOTTED, HOLLOW, OUTLINE, ROUND, outline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.transforms import Transform

    from tui.report.figures.shapes import XY

Kind = Literal["pdf", "png"]

DPI: Final = 300
"""Dots per inch of a PNG"""

MISSING: Final = "PDF and PNG need matplotlib: pip install 'rnn-tui[figures]'; SVG needs nothing"
"""What is said where it is not installed"""


class NoLibraryError(ValueError):
    """The library that writes this format is not installed."""


def paper_bytes(laid: LaidOut, kind: Kind, *, about: Mapping[str, str], dpi: int = DPI) -> bytes:
    """The file of a figure.

    Args:
        laid: What to write.
        kind: `pdf` or `png`.
        about: What the file says of itself: `Title`, `Subject`, `Keywords`, `Creator`, in ASCII.
        dpi: Dots per inch of a PNG.

    Raises:
        NoLibraryError: matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.backends.backend_pdf import FigureCanvasPdf
        from matplotlib.figure import Figure as Canvas
        from matplotlib.transforms import Affine2D
    except ImportError:
        raise NoLibraryError(MISSING) from None
    with matplotlib.rc_context({"pdf.fonttype": 42, "font.family": ["DejaVu Sans"], "path.simplify": False}):
        canvas = Canvas(figsize=(laid.width / 72, laid.height / 72), dpi=dpi)
        down = Affine2D().scale(1 / 72, -1 / 72).translate(0, laid.height / 72) + canvas.dpi_scale_trans
        if laid.background:
            canvas.patch.set_facecolor(laid.background)
        for order, shape in enumerate(laid.shapes):
            for artist in _artists(shape, down):
                artist.set_zorder(order)
                artist.set_clip_on(False)
                canvas.add_artist(artist)
        file = io.BytesIO()
        if kind == "pdf":
            FigureCanvasPdf(canvas).print_pdf(file, metadata={**about, "CreationDate": None, "Producer": None})
        else:
            canvas.patch.set_alpha(1.0)
            FigureCanvasAgg(canvas).print_png(file, metadata=dict(about))
    return file.getvalue()


def _artists(shape: Any, down: Transform) -> list[Any]:
    """What matplotlib draws for a shape."""
    from matplotlib.text import Text as Letters

    match shape:
        case Line():
            dash: Any = (0, [one / max(shape.width, 1e-6) for one in shape.dash]) if shape.dash else "solid"
            drawn = _path([(run, False) for run in shape.runs])
            return [_patch(drawn, down, edge=shape.color, width=shape.width, dash=dash, opacity=shape.opacity)]
        case Area():
            drawn = _path([(shape.points, True)])
            width = shape.edge_width if shape.edge else 0.0
            return [_patch(drawn, down, shape.fill, shape.edge, width, opacity=shape.opacity)]
        case Dot() if shape.marker is not None:
            return _dots(shape, down)
        case Text():
            place = {"start": "left", "middle": "center", "end": "right"}[shape.anchor]
            text = Letters(
                *shape.at,
                shape.text,
                fontsize=shape.size,
                color=shape.color,
                ha=place,
                va="baseline",
                rotation=90 if shape.upright else 0,
                rotation_mode="anchor",
                weight="bold" if shape.bold else "normal",
                transform=down,
                parse_math=False,
            )
            return [text]
        case Cells():
            return _cells(shape, down)
        case _:
            return []


def _path(runs: Sequence[tuple[Sequence[XY], bool]]) -> Any:
    """A path of several runs, each open or closed."""
    from matplotlib.path import Path

    points: list[XY] = []
    codes: list[int] = []
    for run, closed in runs:
        points += run
        codes += [int(Path.MOVETO), *[int(Path.LINETO)] * (len(run) - 1)]
        if closed:
            points.append(run[0])
            codes.append(int(Path.CLOSEPOLY))
    return Path(points, codes)


def _patch(
    path: Any,
    down: Transform,
    fill: str = "",
    edge: str = "",
    width: float = 0.0,
    dash: Any = "solid",
    opacity: float = 1.0,
) -> Any:
    from matplotlib.patches import PathPatch

    return PathPatch(
        path,
        facecolor=fill or "none",
        edgecolor=edge or "none",
        linewidth=width,
        linestyle=dash,
        alpha=opacity if opacity < 1.0 else None,
        capstyle="butt",
        joinstyle="round",
        transform=down,
    )


def _dots(shape: Dot, down: Transform) -> list[Any]:
    """A marker, and the dot in it if it has one."""
    from matplotlib.path import Path

    assert shape.marker is not None
    (x, y), r = shape.at, shape.radius
    if shape.marker in ROUND:
        path = Path.circle(shape.at, r * ROUND[shape.marker])
    else:
        path = _path([(run, bool(end)) for run, end in outline(shape.marker, x, y, r)])
    hollow = shape.marker in HOLLOW
    fill = shape.paper if hollow else "" if shape.marker in CROSSED else shape.color
    edge = shape.color if hollow or shape.marker in CROSSED else ""
    drawn = [_patch(path, down, fill, edge, r * OUTLINE if edge else 0.0, opacity=shape.opacity)]
    if shape.marker in DOTTED:
        drawn.append(_patch(Path.circle(shape.at, r * DOT), down, shape.color, opacity=shape.opacity))
    return drawn


def _cells(shape: Cells, down: Transform) -> list[Any]:
    """A heat map: one path for each color, with an edge of it, which closes the gaps that shine through."""
    return [
        _patch(_path([(rectangle(*box), True) for box in boxes]), down, color, color, 0.2)
        for color, boxes in shape.runs().items()
    ]
