"""The network drawn: cells in a row with x, a and y, the arrows of the recurrence, and the gradient on its way back.

    ──────▶┏━━━━━━━━┓──────▶╭────────╮        the state goes on to the right
    ◀━━━━━━┃ 0.0106 ┃◀▃▃▃▃▃▃│ 0.0414 │        the gradient comes back to the left
           ┗━━━┯━━━━┛       ╰───┬────╯
             x⟨11⟩            x⟨12⟩

The width and the color of an arrow tell its size, on the scale of `gradient_scale`; the number in a box is that of the
gradient at its state, or, where it comes two ways, of what comes by each.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.forward_step import gate_means
from core.numerics.scaled import log2_norms
from tui.report.charts.glyph_grid import pack
from tui.report.charts.gradient_scale import ZERO, color, decades, glyph
from tui.report.charts.network_scene import INSIDE, Row, Scene, state_label, way_label
from tui.report.numbers import magnitude
from tui.report.palette import blend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tui.report.charts.cell_places import Gap, Place, Places
    from tui.report.charts.glyph_grid import GlyphGrid
    from tui.report.charts.gradient_flow import Layer, Way
    from tui.report.palette import Palette

BARS: Final = "▁▂▃▄▅▆▇█"

SKIPS: Final = "┄"
"""On an arrow for several steps, where there is no room to say how many"""

NOT_YET: Final = "none yet"
"""In the box of the last step: nothing has come back by either way"""

ROUND: Final = "╭─╮│╰╯├┤┴┬"
HEAVY: Final = "┏━┓┃┗┛┣┫┷┯"
"""The sides of a box, and of the cursor's"""


class NetworkDrawing:
    """Writes the rows of a scene on a grid."""

    def __init__(self, grid: GlyphGrid, left: int, scene: Scene, places: Places, palette: Palette) -> None:
        self._grid, self._left, self._scene, self._places, self._palette = grid, left, scene, places, palette
        self._lit = pack(palette.foreground)
        self._dim = pack(palette.legible(blend(palette.foreground, palette.backdrop, 0.6)))
        self._accent, self._muted = pack(palette.accent), pack(palette.muted)
        self._steps = len(scene.trace.tape.losses)

    def draw(self, rows: Sequence[Row]) -> None:
        """Write these rows, one below the other, from the top of the grid on."""
        kinds = {row.kind for row in rows}
        write: Mapping[str, Callable[[int, Row], None]] = {
            "y": lambda y, _: self._above(y, self._output),
            "lag": lambda y, _: self._above(y, lambda cell: (self._scene.lag(cell.step), self._ink(cell))),
            "top": lambda y, row: self._border(y, row, partial(self._on_top, above=kinds & {"y", "lag"})),
            "forward": self._forward,
            "way": lambda y, row: self._way(y, row, rows),
            "gates": lambda y, _: self._gates(y),
            "between": lambda y, row: self._border(y, row, partial(self._on_between, layer=row.layer)),
            "bottom": lambda y, row: self._border(y, row, partial(self._on_bottom, inputs="x" in kinds)),
            "x": lambda y, _: self._inputs(y),
        }
        for y, row in enumerate(rows):
            self._label(y, row)
            write[row.kind](y, row)

    # Rows

    def _label(self, y: int, row: Row) -> None:
        layer, backward = self._scene.flow.layers[row.layer], self._scene.backward
        stack = len(self._scene.flow.layers) > 1
        text = ""
        if row.kind == "forward" and not layer.remembers:
            text = f"layer {layer.number} ▲"
        elif row.kind == "forward" and layer.ahead:
            text = f"◀ layer {layer.number}" if layer.stacked else "◀ backward"
        elif row.kind == "forward":
            text = f"layer {layer.number} ▶" if layer.stacked or (stack and not layer.direction) else "forward ▶"
        elif row.kind == "way":
            way = layer.ways[row.way]
            text = way_label(way, layer, stack=stack, backward=backward)
        elif row.kind == "gates":
            text = "gates fwd" if layer.direction else "gates open"
        self._grid.write(0, y, text, self._muted)

    def _above(self, y: int, told: Callable[[Place], tuple[str, int]]) -> None:
        """Above every cell the loss that comes in there, or else what is told of it."""
        for cell in self._places.cells:
            s = cell.step
            if self._scene.enters(s):
                size = float(self._scene.flow.injected[s - 1])
                self._centered(cell, y, f"L_{s} ▼ {magnitude(size, room=8)}", self._color(size, text=True))
            else:
                self._centered(cell, y, *told(cell))

    def _output(self, cell: Place) -> tuple[str, int]:
        scene, s = self._scene, cell.step
        ink = self._lit if not scene.backward and scene.reached(s) else self._dim
        if not scene.answers:
            return "", ink
        return f"y⟨{s}⟩ {scene.outputs[s - 1]}", self._accent if s == scene.loss else ink

    def _inputs(self, y: int) -> None:
        for cell in self._places.cells:
            ink = self._lit if self._scene.reached(cell.step) else self._dim
            self._centered(cell, y, f"x⟨{cell.step}⟩ {self._scene.inputs[cell.step - 1]}", ink)

    def _border(self, y: int, row: Row, on: Callable[[int, Place], None]) -> None:
        """A line of all boxes, with what stands on it."""
        left, right = {"top": (0, 2), "between": (6, 7), "bottom": (4, 5)}[row.kind]
        for cell in self._places.cells:
            sides = self._sides(cell)
            line = sides[left] + sides[1] * INSIDE + sides[right]
            self._grid.write(self._left + cell.left, y, line, self._ink(cell))
            on(y, cell)
        if row.kind == "top":
            self._names_of_matrices(y)

    def _on_top(self, y: int, cell: Place, *, above: set[str]) -> None:
        """The output that the state makes, or the loss that comes in."""
        s, enters = cell.step, self._scene.enters(cell.step)
        if not above:
            text = f"L_{s}" if enters else self._scene.lag(s) or (f"y⟨{s}⟩" if self._scene.answers else "")
            self._centered(cell, y, text, self._ink(cell))
        elif enters:
            size = float(self._scene.flow.injected[s - 1])
            self._at_middle(cell, y, "▼" if size > -np.inf else ZERO, self._color(size))
        elif "y" in above and self._scene.answers:
            self._at_middle(cell, y, self._sides(cell)[8], self._ink(cell))

    def _on_between(self, y: int, cell: Place, *, layer: int) -> None:
        """What a layer passes to the layer below it; going forward, what it reads of that."""
        passed, everywhere = self._scene.flow.layers[layer].passed_down, self._scene.flow.layers[layer].stacked
        if passed is None or not self._scene.backward:
            self._at_middle(cell, y, "▲", self._ink(cell))
        elif self._scene.reached(cell.step) and (everywhere or cell.step <= self._scene.flow.last):
            size = float(passed[cell.step - 1])
            text = f"▼ {magnitude(size, room=8)}" if cell.step == self._scene.step else "▼"
            self._at_middle(cell, y, text if size > -np.inf else ZERO, self._color(size, text=True))

    def _on_bottom(self, y: int, cell: Place, *, inputs: bool) -> None:
        if inputs:
            self._at_middle(cell, y, self._sides(cell)[9], self._ink(cell))
        else:
            self._centered(cell, y, f"x⟨{cell.step}⟩", self._ink(cell))

    def _names_of_matrices(self, y: int) -> None:
        """The recurrent matrix above its arrow: the same at every step, or one of its own."""
        layer = self._scene.flow.layers[0]
        if len(layer.matrices) != 1:
            return
        for gap in self._places.gaps:
            if gap.before + 1 == gap.after <= self._steps:
                text = layer.matrices[0] if layer.tied else f"{layer.matrices[0]}⟨{gap.after}⟩"
                if len(text) <= gap.width:
                    ink = self._lit if self._forward_lit(gap) else self._dim
                    self._grid.write(self._left + gap.left + (gap.width - len(text)) // 2, y, text, ink)

    def _forward(self, y: int, row: Row) -> None:
        layer = self._scene.flow.layers[row.layer]
        for gap in self._places.gaps:
            self._forward_arrow(y, gap, row)
        for cell in self._places.cells:
            self._box(y, cell, state_label(layer, cell.step), self._ink(cell))

    def _forward_lit(self, gap: Gap, layer: Layer | None = None) -> bool:
        made = gap.before if layer is not None and layer.ahead else gap.after
        return not self._scene.backward and self._scene.reached(made, layer)

    def _forward_arrow(self, y: int, gap: Gap, row: Row, name: str = "") -> None:
        if gap.width < 1:
            return
        layer = self._scene.flow.layers[row.layer]
        ink = self._lit if self._forward_lit(gap, layer) else self._dim
        x = self._left + gap.left
        if layer.ahead and (gap.before == 0 or gap.after > self._steps):
            return
        if not layer.remembers and gap.after <= self._steps:
            return
        if gap.after > self._steps:
            overflow = self._scene.trace.tape.overflow_step
            if overflow is not None:
                both_ways = self._scene.trace.network.looks_ahead
                text = f"✗ {overflow} steps are too many" if both_ways else f"─▶ ✗ t = {overflow} is past float64"
                self._grid.write(x, y, text[: gap.width], ink)
            return
        line = "─" * (gap.width - 1)
        self._grid.write(x, y, f"◀{line}" if layer.ahead else f"{line}▶", ink)
        between = gap.after - gap.before - 1
        text = f" {name} " if name else ""
        if gap.before == 0:
            text = f"{layer.parts[0]}⟨0⟩"
        elif between > 0:
            counted = f"{between} step{'s' if between > 1 else ''}"
            forms = (f" {counted} ", f" {between} ", f"{between}", SKIPS)
            text = next((form for form in forms if len(form) <= gap.width - 2), "")
        if 0 < len(text) < gap.width:
            at = x if gap.before == 0 else x + (gap.width - len(text)) // 2
            self._grid.write(at, y, text, ink)

    def _way(self, y: int, row: Row, rows: Sequence[Row]) -> None:
        layer = self._scene.flow.layers[row.layer]
        way = layer.ways[row.way]
        entry = row.way == row.layer == 0 and all(other.kind not in {"y", "lag"} for other in rows)
        for gap in self._places.gaps:
            if self._scene.backward and layer.ahead:
                self._ahead_arrow(y, gap, layer)
            elif self._scene.backward:
                self._back_arrow(y, gap, layer, way, entry=entry)
            elif way.name == "direct":
                self._forward_arrow(y, gap, row, way.symbol)
        named = any(r.kind == "forward" and r.layer == row.layer for r in rows)
        for cell in self._places.cells:
            self._box(y, cell, *self._written(cell, layer, row, named=named))

    def _written(self, cell: Place, layer: Layer, row: Row, *, named: bool) -> tuple[str, int]:
        """What stands in a box on the row of a way, and its color."""
        scene, s, way = self._scene, cell.step, layer.ways[row.way]
        last_way = row.way == len(layer.ways) - 1
        if not named and row.way == 0 and not last_way:
            return state_label(layer, s), self._ink(cell)
        if not scene.reached(s, layer):
            return "", self._dim
        if not scene.backward:
            if not last_way:
                return "", self._dim
            size = float(log2_norms(scene.trace.tape.states[s][..., layer.columns].reshape(1, -1))[0])
            return magnitude(size, room=INSIDE), self._lit
        whole = len(layer.ways) == 1  # else what comes by this way, which the row is named for
        sizes = layer.gradient if whole else way.log2
        carried_only = not whole or (row.layer > 0 and not layer.direction and layer.remembers)
        outside = not layer.below_top and (s < scene.flow.first if layer.ahead else s > scene.flow.last)
        if sizes is None or outside:
            return "", self._dim
        if carried_only and s == scene.flow.last:
            return NOT_YET if s == scene.step and row.layer == 0 else "", self._dim
        size = float(sizes[s - 1])
        return magnitude(size, room=INSIDE), self._color(size, text=True)

    def _back_arrow(self, y: int, gap: Gap, layer: Layer, way: Way, *, entry: bool) -> None:
        """The gradient that comes to the cell at the left of a gap; a column each step where it stands for several."""
        scene, x, width = self._scene, self._left + gap.left, gap.width
        if way.log2 is None or width < 1 or gap.before < 1 or not layer.remembers:
            return
        if entry and scene.enters(gap.before) and not scene.comes(gap.before, layer):
            size = float(scene.flow.injected[gap.before - 1])
            shown = glyph(decades(size, scene.flow.start))
            name = f"L_{gap.before}"
            shaft = next((n for n in (3, 2, 1) if n + 2 + len(name) <= width), 0)
            arrow = ("◀" if size > -np.inf else "◁") + shown * shaft
            if shaft or len(name) < width:
                self._grid.write(x, y, arrow, self._color(size))
                self._grid.write(x + len(arrow) + bool(shaft), y, name, self._accent)
            else:
                self._grid.write(x, y, name[:width], self._color(size, text=True))
            return
        if not scene.comes(gap.before, layer):
            return
        sizes = way.log2[gap.before - 1 : gap.after - 1]
        if len(sizes) == 1:
            self._arrow(x, y, width, float(sizes[0]))
            return
        self._arrow(x, y, 1, float(sizes[0]))
        for column in range(1, width):
            size = float(sizes[column * len(sizes) // width])
            if size > -np.inf or column == width // 2:
                self._grid.write(x + column, y, glyph(decades(size, scene.flow.start)), self._color(size))

    def _ahead_arrow(self, y: int, gap: Gap, layer: Layer) -> None:
        """The gradient that goes on to the cell at the right of a gap, from that at its left."""
        (way,) = layer.ways
        if way.log2 is None or gap.width < 1 or gap.before < 1 or gap.after > self._steps:
            return
        if not self._scene.goes_ahead(gap.after, layer):
            return
        x, width, start = self._left + gap.left, gap.width, self._scene.flow.start
        sizes = way.log2[gap.before : gap.after]
        for column in range(width - 1):
            size = float(sizes[column * len(sizes) // width])
            if size > -np.inf:
                self._grid.write(x + column, y, glyph(decades(size, start)), self._color(size))
            elif column == width // 2:
                self._grid.write(x + column, y, ZERO, self._color(size))
        last = float(sizes[-1])
        self._grid.write(x + width - 1, y, "▷" if last == -np.inf else "▶", self._color(last))

    def _arrow(self, x: int, y: int, width: int, size: float) -> None:
        """An arrow that points to the left, hollow with a 0 in its middle where nothing comes."""
        shaft = (
            f"{ZERO:^{width - 1}}" if size == -np.inf else glyph(decades(size, self._scene.flow.start)) * (width - 1)
        )
        self._grid.write(x, y, (("◁" if size == -np.inf else "◀") + shaft)[:width], self._color(size))

    def _gates(self, y: int) -> None:
        """How far every gate of the last layer is open, in numbers as far as they fit, else as bars."""
        cells, layers = self._places.cells, self._scene.flow.layers
        uses, number = self._scene.trace.network.cell.uses().values(), layers[0].number
        own = {use.delta for use in uses if use.layer == number and use.ahead == layers[0].ahead}
        suffix = f"_{number}" if layers[0].stacked or (len(layers) > 1 and not layers[0].direction) else ""
        suffix = f"_fwd{suffix}" if layers[0].direction else suffix
        open_ = gate_means(self._scene.trace.tape, [cell.step for cell in cells])
        means = {name.removesuffix(suffix): values for name, values in open_.items() if name in own}
        for at, cell in enumerate(cells):
            shares = {name: float(values[at]) for name, values in means.items()}
            numbers = " ".join(f"{name} {share:.2f}" for name, share in shares.items())
            bars = "".join(f"{name}{BARS[min(7, int(share * 8))]}" for name, share in shares.items())
            self._box(y, cell, numbers if len(numbers) <= INSIDE else bars[:INSIDE], self._ink(cell))

    # Pieces

    def _sides(self, cell: Place) -> str:
        return HEAVY if cell.step == self._scene.step else ROUND

    def _at_middle(self, cell: Place, y: int, text: str, ink: int) -> None:
        self._grid.write(self._left + cell.middle - len(text) // 2, y, text, ink)

    def _box(self, y: int, cell: Place, text: str, ink: int) -> None:
        side = self._sides(cell)[3]
        self._grid.write(self._left + cell.left, y, side, self._ink(cell))
        self._grid.write(self._left + cell.right - 1, y, side, self._ink(cell))
        self._grid.write(self._left + cell.left + 1 + (INSIDE - len(text)) // 2, y, text, ink)

    def _centered(self, cell: Place, y: int, text: str, ink: int) -> None:
        """A text around the middle of a cell, kept within the drawing."""
        start = min(max(0, cell.middle - (len(text) - 1) // 2), max(0, self._places.width - len(text)))
        self._grid.write(self._left + start, y, text, ink)

    def _ink(self, cell: Place) -> int:
        if cell.step == self._scene.step:
            return self._accent
        return self._lit if self._scene.reached(cell.step) else self._dim

    def _color(self, log2: float, *, text: bool = False) -> int:
        return color(decades(log2, self._scene.flow.start), self._palette, text=text)
