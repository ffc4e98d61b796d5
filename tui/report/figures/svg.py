"""A figure as SVG: text as text, what a marker stands for told when one points at it, nothing fetched, no script."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from tui.report.figures.shapes import Area, Cells, Dot, LaidOut, Line, Shape, Spot, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tui.report.figures.shapes import XY, Marker

FONTS: Final = "Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif"


def svg_text(laid: LaidOut, *, ids: str = "figure", metadata: str = "", dark: LaidOut | None = None) -> str:
    """The `<svg>` element of a figure, which stands by itself or within a page.

    Args:
        laid: What to write.
        ids: What its ids and classes begin with, so that several can stand in one page; letters, digits and hyphens.
        metadata: A text for programs; left out where it is empty.
        dark: The same figure in the colors for a dark screen: what the reader prefers then decides.
    """
    colors = _Colors(ids, {} if dark is None else _pairs(laid, dark))
    width, height = _n(laid.width), _n(laid.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}" id="{ids}" role="img" aria-labelledby="{ids}-title {ids}-desc" '
        f'font-family="{FONTS}">',
        f'<title id="{ids}-title">{_safe(laid.title)}</title>',
        f'<desc id="{ids}-desc">{_safe(laid.description)}</desc>',
    ]
    if metadata:
        lines.append(f"<metadata>{_safe(metadata)}</metadata>")
    lines += colors.style
    if laid.background:
        lines.append(f'<rect width="{width}" height="{height}" {colors.fill(laid.background)}/>')
    return "\n".join([*lines, *(_written(shape, colors) for shape in laid.shapes), "</svg>"]) + "\n"


class _Colors:
    """How a color is written: as it is, or as a class that is another color on a dark screen."""

    def __init__(self, ids: str, pairs: dict[str, str]) -> None:
        self._ids, self._pairs = ids, pairs
        self._classes = {color: f"{ids}-{at}" for at, color in enumerate(pairs)}

    @property
    def style(self) -> list[str]:
        """The style sheet that says what the classes mean."""
        if not self._pairs:
            return []
        own = f"#{self._ids}"
        named = "".join(f"{own} .{name}{{color:var(--{name})}}" for name in self._classes.values())
        by_day = "".join(f"--{name}:{color};" for color, name in self._classes.items())
        by_night = "".join(f"--{self._classes[color]}:{dark};" for color, dark in self._pairs.items())
        dark = f"@media screen and (prefers-color-scheme:dark){{{own}{{{by_night}}}}}"
        return [f"<style>{own}{{{by_day}}}{named}{dark}</style>"]

    def fill(self, color: str) -> str:
        """The attributes of what is filled with a color."""
        return self._as("fill", color)

    def stroke(self, color: str) -> str:
        """The attributes of a line of a color."""
        return self._as("stroke", color)

    def both(self, fill: str, stroke: str) -> str:
        """The attributes of what has one color inside and another around it."""
        inside = self._classes.get(fill)
        within = f'fill="{fill}"' if inside is None else f'style="fill:var(--{inside})"'
        return f"{within} {self.stroke(stroke)}"

    def _as(self, what: str, color: str) -> str:
        name = self._classes.get(color)
        return f'{what}="{color}"' if name is None else f'class="{name}" {what}="currentColor"'


def _pairs(light: LaidOut, dark: LaidOut) -> dict[str, str]:
    """Each color of a figure, and the one that it has in the dark."""
    found: dict[str, str] = {}
    for one, other in zip(_every(light), _every(dark), strict=True):
        found.setdefault(one, other)
    return found


def _every(laid: LaidOut) -> Iterator[str]:
    yield laid.background
    for shape in laid.shapes:
        match shape:
            case Line() | Text():
                yield shape.color
            case Area():
                yield from (shape.fill, shape.edge)
            case Dot():
                yield from (shape.color, shape.paper)
            case Cells():
                yield from (_color(one) for one in shape.colors.ravel().tolist())


def _written(shape: Shape, colors: _Colors) -> str:
    match shape:
        case Line():
            return _line(shape, colors)
        case Area():
            edge = (
                ' stroke="none"' if not shape.edge else f' stroke="{shape.edge}" stroke-width="{_n(shape.edge_width)}"'
            )
            return _titled(
                "path",
                f'd="{_path(shape.points)}z" {colors.fill(shape.fill)}{_faint(shape.opacity)}{edge}',
                shape.title,
            )
        case Dot():
            return _dot(shape, colors)
        case Text():
            return _text(shape, colors)
        case Cells():
            return _cells(shape, colors)
        case Spot():
            (x, y), (width, height) = shape.at, shape.size
            place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
            return _titled("rect", f'{place} fill="none" pointer-events="all"', shape.title)


def _line(shape: Line, colors: _Colors) -> str:
    dash = f' stroke-dasharray="{",".join(map(_n, shape.dash))}"' if shape.dash else ""
    return (
        f'<path d="{"".join(_path(run) for run in shape.runs)}" fill="none" {colors.stroke(shape.color)} '
        f'stroke-width="{_n(shape.width)}" stroke-linejoin="round"{dash}{_faint(shape.opacity)}/>'
    )


def _text(shape: Text, colors: _Colors) -> str:
    x, y = map(_n, shape.at)
    anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
    turned = f' transform="rotate(-90 {x} {y})"' if shape.upright else ""
    bold = ' font-weight="bold"' if shape.bold else ""
    place = f'x="{x}" y="{y}" font-size="{_n(shape.size)}"'
    return f"<text {place} {colors.fill(shape.color)}{anchor}{bold}{turned}>{_safe(shape.text)}</text>"


def _dot(shape: Dot, colors: _Colors) -> str:
    (x, y), r = shape.at, shape.radius
    if shape.marker is None:
        return _titled("circle", f'cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}" fill="none" pointer-events="all"', shape.title)
    pen = f'stroke-width="{_n(r * OUTLINE)}"{_faint(shape.opacity)}'
    inside = ""
    if shape.marker in ROUND:
        what, place = "circle", f'cx="{_n(x)}" cy="{_n(y)}" r="{_n(r * ROUND[shape.marker])}"'
    else:
        what, place = "path", f'd="{"".join(_path(run) + end for run, end in outline(shape.marker, x, y, r))}"'
    if shape.marker in DOTTED:
        inside = (
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(r * DOT)}" {colors.fill(shape.color)}{_faint(shape.opacity)}/>'
        )
    if shape.marker in HOLLOW:
        return _titled(what, f"{place} {colors.both(shape.paper, shape.color)} {pen}", shape.title) + inside
    if shape.marker in CROSSED:
        return _titled(what, f'{place} fill="none" {colors.stroke(shape.color)} {pen}', shape.title)
    return _titled(what, f"{place} {colors.fill(shape.color)}{_faint(shape.opacity)}", shape.title)


OUTLINE: Final = 0.45
"""How wide the pen of an open marker is, in its radius"""

DOT: Final = 0.4
"""The radius of the dot in one, in its own"""

ROUND: Final = {"disc": 1.0, "circle": 1.0, "disc-dot": 1.0, "dot": 0.5}
"""Markers that are circles, and their radius in that of markers"""

DOTTED: Final = ("disc-dot", "square-dot", "diamond-dot")
HOLLOW: Final = ("circle", "box", "rhomb", *DOTTED)
CROSSED: Final = ("plus", "cross", "star")


def outline(marker: Marker, x: float, y: float, r: float) -> list[tuple[list[XY], str]]:
    """The lines of a marker that is no circle, each with `z` where it closes."""
    side = 0.88 * r
    if marker in ("square", "box", "square-dot"):
        return [([(x - side, y - side), (x + side, y - side), (x + side, y + side), (x - side, y + side)], "z")]
    if marker in ("diamond", "rhomb", "diamond-dot"):
        return [([(x, y - 1.25 * r), (x + 1.25 * r, y), (x, y + 1.25 * r), (x - 1.25 * r, y)], "z")]
    if marker in ("up", "down"):
        up = -1.0 if marker == "up" else 1.0
        return [([(x - r, y - up * 0.7 * r), (x + r, y - up * 0.7 * r), (x, y + up * r)], "z")]
    level = [([(x - r, y), (x + r, y)], ""), ([(x, y - r), (x, y + r)], "")]
    slanted = [([(x - side, y - side), (x + side, y + side)], ""), ([(x - side, y + side), (x + side, y - side)], "")]
    return level if marker == "plus" else slanted if marker == "cross" else [*level, *slanted]


def _cells(shape: Cells, colors: _Colors) -> str:
    """One path for each color, its edges on whole dots, so that nothing shines through between areas."""
    drawn = []
    for color, boxes in shape.runs().items():
        path = "".join(f"M{_n(x)} {_n(y)}h{_n(w)}v{_n(h)}H{_n(x)}z" for x, y, w, h in boxes)
        drawn.append(f'<path d="{path}" {colors.fill(color)} shape-rendering="crispEdges"/>')
    return "\n".join(drawn)


def _color(packed: int) -> str:
    return f"#{packed:06x}" if packed >= 0 else ""


def _titled(what: str, attributes: str, title: str) -> str:
    return f"<{what} {attributes}><title>{_safe(title)}</title></{what}>" if title else f"<{what} {attributes}/>"


def _path(points: Sequence[XY]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _faint(opacity: float) -> str:
    return "" if opacity >= 1.0 else f' opacity="{_n(opacity)}"'


def _n(value: float) -> str:
    """A number with two decimals at most, as short as it can be written."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _safe(text: str) -> str:
    """The text as it may stand in XML: markup escaped, and without what XML does not have."""
    return escape("".join(one if one.isprintable() else " " for one in text), quote=False)
