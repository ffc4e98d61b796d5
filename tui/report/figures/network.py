"""The unrolled network as a figure: its cells with x, a and y, and the gradient on its way back.

A thin arrow is the state on its way; a wide one the gradient. Its width and its color tell the size, relative to the
most that a loss puts in, on the scale of `gradient_scale`, which the legend shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.backward_pass import backward_pass
from tui.report.charts.gradient_flow import flow_of
from tui.report.charts.gradient_scale import color, decades, legend
from tui.report.figures.arrows import Arrows
from tui.report.figures.shapes import Area, Spot, Text, rectangle, text_width
from tui.report.numbers import LOG10_2, magnitude

if TYPE_CHECKING:
    from core.bptt.backward_pass import BackwardPass
    from core.trace import Trace
    from tui.report.charts.gradient_flow import Flow, Layer, Way
    from tui.report.figures.shapes import Sheet
    from tui.report.figures.themes import Look

BOX: Final = 4.2
"""How wide a cell is, in letters"""

GAP: Final = 1.7
"""How far from the next"""

ROOM: Final = 8
"""Characters of a number"""


MORE: Final = 0.75
"""How large it is said how many steps are left out, in letters"""


@dataclass(frozen=True, eq=False)
class Unrolling:
    """A network at the end of a way back."""

    trace: Trace
    loss: int | None = None
    """t of the one loss that is followed; None for all of them"""


@dataclass(frozen=True)
class _Cell:
    """A step as a column of the drawing."""

    step: int
    left: float
    width: float

    @property
    def middle(self) -> float:
        return self.left + self.width / 2

    @property
    def right(self) -> float:
        return self.left + self.width


def draw_network(sheet: Sheet, shown: Unrolling, left: float, top: float, width: float, look: Look) -> float:
    """Lay the network out, and return where it ends below.

    Args:
        sheet: Where to draw.
        shown: The network.
        left: Where it begins, in points.
        top: Where it begins.
        width: Across.
        look: Colors and sizes.
    """
    drawing = _Drawing(sheet, shown, left, width, look)
    return drawing.draw(top)


class _Drawing:
    """One drawing while it is laid out."""

    def __init__(self, sheet: Sheet, shown: Unrolling, left: float, width: float, look: Look) -> None:
        self.sheet, self.trace, self.loss, self.look, self.f = sheet, shown.trace, shown.loss, look, look.font
        scored = np.flatnonzero(self.trace.lags.scored) + 1
        self.last = (self.loss or 0) if self.loss in scored else int(scored[-1]) if scored.size else 0
        first = self.last if self.loss is not None or not scored.size else int(scored[0])
        self.flow: Flow = flow_of(self.trace.network, _backward(self.trace, self.loss), self.last, first)
        self.steps = len(self.trace.tape.losses)
        self.arrows = Arrows(sheet, look, self.flow.start)
        self.left, self.width = left, width
        self.labels = (
            max(text_width(text, self.f * 0.85) for layer in self.flow.layers for text in self._labels(layer))
            + self.f * 0.6
        )
        self.cells = self._placed()

    def _labels(self, layer: Layer) -> list[str]:
        number = f" {layer.number}" if len({one.number for one in self.flow.layers}) > 1 else ""
        forward = (
            f"{layer.direction or 'forward'}{number}" if layer.direction else f"layer{number}" if number else "forward"
        )
        if len(layer.ways) == 1:
            return [forward, "gradient"]
        return [
            forward,
            *(f"by {way.symbol or 'direct'}" if way.name == "direct" else "by matrices" for way in layer.ways),
        ]

    def _placed(self) -> list[_Cell]:
        """The steps that there is room for: the first one, and those that end with the last loss."""
        box, gap = BOX * self.f, GAP * self.f
        room = max(1, int((self.width - self.labels + gap - 0.8 * self.f) // (box + gap)))
        end = min(max(self.last, 1), self.steps)
        ahead = any(layer.ahead for layer in self.flow.layers)
        if ahead:
            end = min(self.steps, max(end, room) if self.last <= room else end)
        shown = list(range(max(1, end - room + 1), end + 1))
        skipped = shown[0] > 1 and room > 2
        if skipped:
            shown = [1, *shown[1:]]
        spare = self.width - self.labels - len(shown) * box
        wide = text_width("100 more", self.f * MORE) + self.f * 1.7 if skipped else 0.0
        if spare - wide < (len(shown) - 2) * 0.8 * gap:
            shown, spare = [shown[0], *shown[2:]], spare + box
        usual = min((spare - wide) / max(1, len(shown) - 1 - skipped), 2.5 * gap)
        cells, at = [], self.left + self.labels
        for place, step in enumerate(shown):
            cells.append(_Cell(step, at, box))
            at += box + (wide if skipped and not place else usual)
        return cells

    def draw(self, top: float) -> float:
        f = self.f
        top = self._legend(top)
        if self.trace.network.readout.uses or self.last:
            top += f * 1.1
            for cell in self.cells:
                self._above(cell, top)
            top += f * 1.6
        for at, layer in enumerate(self.flow.layers):
            top = self._layer(top, layer)
            below = self.flow.layers[at + 1 : at + 2]
            if below and below[0].number != layer.number:
                for cell in self.cells:
                    self._between(cell, top, layer)
                top += f * 2.0
            elif below:
                top += f * 0.6
        for cell in self.cells:
            self.arrows.thin([(cell.middle, top + f * 1.4), (cell.middle, top)])
            self.arrows.said(cell.middle, top + f * 2.3, f"x⟨{cell.step}⟩")
        return top + f * 2.7

    def _above(self, cell: _Cell, base: float) -> None:
        """The output of a step, and the loss that comes in there."""
        f, s = self.f, cell.step
        enters = 1 <= s <= self.last and (s == self.loss if self.loss is not None else self.trace.lags.scored[s - 1])
        output = bool(self.trace.network.readout.uses)
        shift = f * 1.0 if enters and output else 0.0
        if output:
            self.arrows.thin([(cell.middle - shift, base + f * 1.6), (cell.middle - shift, base + f * 0.3)])
        if enters:
            size = float(self.flow.injected[s - 1])
            self.arrows.wide((cell.middle + shift, base + f * 0.3), (cell.middle + shift, base + f * 1.6), size)
            self.arrows.said(cell.middle, base, f"L_{s}")
        elif output:
            self.arrows.said(cell.middle, base, f"y⟨{s}⟩")

    def _layer(self, top: float, layer: Layer) -> float:
        f, rows = self.f, len(layer.ways) + 1
        height = f * (0.6 + 1.3 * rows)
        lines = [top + f * (0.95 + 1.3 * row) for row in range(rows)]
        for y, label in zip(lines, self._labels(layer), strict=True):
            self.sheet.add(Text((self.left, y + f * 0.3), label, f * 0.85, self.look.muted))
        for cell in self.cells:
            self._box(cell, top, height, lines, layer)
        for before, after in pairwise(self.cells):
            self._arrows(before, after, lines, layer)
        return top + height

    def _box(self, cell: _Cell, top: float, height: float, lines: list[float], layer: Layer) -> None:
        f, s = self.f, cell.step
        corners = rectangle(cell.left, top, cell.width, height)
        self.sheet.add(Area(corners, self.look.paper, edge=self.look.ink, edge_width=self.look.line * 0.7))
        name = f"{','.join(layer.parts)}⟨{s}⟩"
        if text_width(name, f) > cell.width:
            name = f"{layer.parts[0]}⟨{s}⟩"
        self.sheet.add(
            Text(
                (cell.middle, lines[0] + f * 0.35),
                name,
                min(f, f * cell.width / max(1.0, text_width(name, f))),
                self.look.ink,
                "middle",
            )
        )
        sizes = [layer.gradient] if len(layer.ways) == 1 else [way.log2 for way in layer.ways]
        outside = not layer.below_top and (s < self.flow.first if layer.ahead else s > self.flow.last)
        whose = f"∂L_{self.loss}" if self.loss is not None else "∂L"
        for y, values, way in zip(lines[1:], sizes, layer.ways, strict=True):
            if values is None or outside or (len(layer.ways) > 1 and s == self.flow.last):
                continue
            size = float(values[s - 1])
            text = magnitude(size, room=ROOM)
            ink = f"#{color(decades(size, self.flow.start), self.look.palette, text=True):06x}"
            self.sheet.add(Text((cell.middle, y + f * 0.32), text, f * 0.88, ink, "middle"))
            said = f"‖{whose}/∂{','.join(layer.parts)}⟨{s}⟩‖ {_by(way)} = {text}".replace("  ", " ")
            self.sheet.add(Spot((cell.left, y - f * 0.65), (cell.width, f * 1.3), said))

    def _arrows(self, before: _Cell, after: _Cell, lines: list[float], layer: Layer) -> None:
        """The state to the next cell, and the gradient back from it; of a backward direction the other way round."""
        f, start, end = self.f, before.right, after.left
        skipped = after.step - before.step - 1
        run = [(end, lines[0]), (start, lines[0])] if layer.ahead else [(start, lines[0]), (end, lines[0])]
        self.arrows.thin(run)
        if skipped and layer is self.flow.layers[0]:
            middle, text, small = (start + end) / 2, f"{skipped} more", self.f * MORE
            half = text_width(text, small) / 2 + f * 0.25
            self.sheet.add(Area(rectangle(middle - half, lines[0] - f * 0.55, 2 * half, f * 1.1), self.look.paper))
            self.arrows.said(middle, lines[0] + small * 0.35, text, small)
        for y, way in zip(lines[1:], layer.ways, strict=True):
            if way.log2 is None:
                continue
            there = (
                max(after.step, 1) > self.flow.first > 0 or (layer.below_top and after.step > 1)
                if layer.ahead
                else before.step < (self.steps if layer.below_top else self.flow.last)
            )
            if not there:
                continue
            sizes = way.log2[before.step : after.step] if layer.ahead else way.log2[before.step - 1 : after.step - 1]
            if layer.ahead:
                self.arrows.wide((start, y), (end, y), float(sizes[-1]), sizes)
            else:
                self.arrows.wide((end, y), (start, y), float(sizes[0]), sizes[::-1])

    def _between(self, cell: _Cell, top: float, layer: Layer) -> None:
        """What a layer reads of the one below it, and the gradient that it passes down."""
        f, s, passed = self.f, cell.step, layer.passed_down
        comes = passed is not None and (layer.stacked or s <= self.flow.last)
        shift = f * 1.0 if comes else 0.0
        self.arrows.thin([(cell.middle - shift, top + f * 2.0), (cell.middle - shift, top)])
        if comes and passed is not None:
            self.arrows.wide((cell.middle + shift, top), (cell.middle + shift, top + f * 2.0), float(passed[s - 1]))

    def _legend(self, top: float) -> float:
        """The widths, and between two of them the factor at which they meet, relative to where the gradient starts."""
        f, small = self.f, self.f * 0.85
        text = "gradient, relative to what a loss puts in:"
        self.sheet.add(Text((self.left, top + f), text, small, self.look.ink))
        x, y = self.left, top + f
        x += text_width(text, small) + f * 0.4
        if x > self.left + self.width * 0.5:
            x, y = self.left, y + f * 1.4
        for part in legend(*self.flow.range):
            if x + f * 3.5 > self.left + self.width:
                x, y = self.left, y + f * 1.4
            if part.size is None:
                name = part.text.strip()
                self.arrows.said(x + text_width(name, small) / 2 + f * 0.35, y, name, small)
                x += text_width(name, small) + f * 0.8
            else:
                self.arrows.wide(
                    (x + f * 1.5, y - f * 0.3), (x, y - f * 0.3), part.size / LOG10_2 + self.flow.start, head=False
                )
                x += f * 1.6
        return y + f * 0.9


def _by(way: Way) -> str:
    """By what a gradient comes back, where there are two ways."""
    return {"direct": f"by {way.symbol}", "matrices": "by matrices"}.get(way.name, "")


def _backward(trace: Trace, loss: int | None) -> BackwardPass:
    return trace.backward_pass if loss is None else backward_pass(trace.tape, losses=[loss])
