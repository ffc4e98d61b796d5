"""The picture of the unrolled network: the cells around the cursor drawn, and below them all steps in rows.

What there is room for is decided by a list of wishes, the most needed first: at four rows the picture is a line of cells,
the gradient below it, and the cursor; at twelve nothing is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.bptt.forward_step import gate_means
from tui.report.charts.cell_places import Places, place_cells
from tui.report.charts.glyph_grid import GlyphGrid
from tui.report.charts.gradient_flow import Flow, flow_of
from tui.report.charts.network_drawing import NetworkDrawing, Row, Scene
from tui.report.charts.step_rows import StepRows, Window, log2_state_gradient, on_one_scale
from tui.report.input_rows import input_rows
from tui.report.numbers import magnitude, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.bptt.backward_pass import BackwardPass
    from core.numerics.scaled import Floats
    from core.trace import Trace
    from tui.report.palette import Palette

LABEL: Final = 11
"""Columns at the left for the rows' names"""

GAP: Final = 5
"""Columns between two cells, at least"""

LEAST: Final = 10
"""Columns beside the names without which nothing is drawn"""


@dataclass(frozen=True, eq=False)
class Unrolled:
    """What is known of the unrolled network wherever the cursor is; worked out once, as far as it is asked for."""

    trace: Trace
    walk: BackwardPass
    loss: int | None
    """t of the one loss that `walk` goes back from; None for all of them"""
    pinned: Trace | None = None
    pinned_loss: int | None = None

    @cached_property
    def structure(self) -> Flow:
        """The layers and ways, without sizes."""
        return flow_of(self.trace.network)

    @cached_property
    def flow(self) -> Flow:
        """The layers and ways, with what goes back on each."""
        return flow_of(self.trace.network, self.walk, self.last)

    @cached_property
    def last(self) -> int:
        """The last step whose loss is followed; 0 where there is none."""
        scored = np.flatnonzero(self.trace.lags.scored) + 1
        if self.loss is not None:
            return self.loss if self.loss in scored else 0
        return int(scored[-1]) if scored.size else 0

    @cached_property
    def gates(self) -> tuple[str, ...]:
        """The names of the cell's gates."""
        return tuple(gate_means(self.trace.tape, [1]))

    @cached_property
    def norms(self) -> Floats:
        """‖(a⟨t⟩ and all other parts)‖ of every step, relative to the largest number: its square may be past float64."""
        states = self.trace.tape.states[1:].reshape(self.steps, -1)
        found: Floats = np.linalg.norm(states / max(float(np.abs(states).max()), np.finfo(float).tiny), axis=1)
        return found

    @cached_property
    def outputs(self) -> Floats:
        """y⟨t⟩ of the first example: the value, or the likeliest class."""
        return _first(self.trace.tape.outputs)

    @cached_property
    def targets(self) -> Floats:
        """The targets in the same way."""
        return _first(self.trace.batch.targets)

    @cached_property
    def inputs_in_brief(self) -> tuple[str, ...]:
        """x⟨t⟩ of the first example for each step, as short as it goes."""
        rows = input_rows(self.trace)
        return tuple(
            " ".join(row.glyphs[t] if row.values is None else number(float(row.values[t]), digits=2) for row in rows)
            for t in range(self.steps)
        )

    @cached_property
    def then(self) -> Floats:
        """The sizes of the pinned trace's gradient; of no steps without one."""
        return np.empty(0) if self.pinned is None else log2_state_gradient(self.pinned, self.pinned_loss)

    @property
    def steps(self) -> int:
        """T."""
        return len(self.trace.tape.losses)


@dataclass(frozen=True, eq=False)
class Picture:
    """The cells of the terminal, and what is where."""

    grid: GlyphGrid
    rows: tuple[str, ...]
    """What each row of the grid is"""
    window: Window
    places: Places | None

    def step_at(self, x: int, y: int, steps: int) -> int:
        """The step that is meant by a cell of the grid."""
        kind, column = self.rows[min(max(y, 0), len(self.rows) - 1)], x - LABEL
        if kind == "all steps":
            return min(max(column * steps // self.window.width + 1, 1), steps)
        if kind.startswith("drawn") and self.places is not None:
            return self.places.step_at(column)
        return self.window.step_at(column)

    def is_loss(self, y: int) -> bool:
        """Whether a row is one on which a loss is chosen: that of the outputs or of the targets."""
        return 0 <= y < len(self.rows) and self.rows[y] in {"output y", "target", "drawn y"}


def draw_unrolled(
    of: Unrolled, *, step: int, backward: bool, losses: str, width: int, height: int, palette: Palette
) -> Picture | None:
    """The picture; None where there is no room for any.

    Args:
        of: What is known of the network.
        step: Where the cursor is, 1 … T.
        backward: On its way forward or back.
        losses: Which losses are shown, in words.
        width: Columns.
        height: Rows.
        palette: The colors.
    """
    if width < LABEL + LEAST or height < 1:
        return None
    flow = of.flow if backward else of.structure
    window = Window.around(step, of.steps, width - LABEL)
    places = place_cells(of.steps, step, width - LABEL, _gap(flow), of.last if backward and of.last else None)
    drawn, rows = _plan(of, flow, height, backward=backward, windowed=window.count < of.steps, drawable=places is not None)
    grid = GlyphGrid(width, height)
    kinds = [f"drawn {row.kind}" for row in drawn] + rows
    top = height - len(kinds) if len(kinds) < height and not drawn else 0
    if places is not None and drawn:
        scene = Scene(of.trace, flow, step, backward, of.loss, of.inputs_in_brief, _in_brief(of.outputs))
        NetworkDrawing(grid, LABEL, scene, places, palette).draw(0, drawn)
    painter = StepRows(grid, LABEL, window, palette, step=step, backward=backward)
    _write_rows(of, painter, rows, top + len(drawn), position_forms(of, step, backward=backward, losses=losses))
    return Picture(grid, ("",) * top + tuple(kinds), window, places)


def _gap(flow: Flow) -> int:
    """Columns between two cells: room for the name of a matrix that only one step has."""
    layer = flow.layers[0]
    if layer.tied or len(layer.matrices) != 1:
        return GAP
    return max(GAP, len(f"{layer.matrices[0]}⟨99⟩"))


def _plan(
    of: Unrolled, flow: Flow, height: int, *, backward: bool, windowed: bool, drawable: bool
) -> tuple[list[Row], list[str]]:
    """Which rows there are: those of the drawing, from top to bottom, and the names of those below it."""
    inputs = [row.label for row in input_rows(of.trace)]
    top, lower = flow.layers[0], flow.layers[1:]
    two_ways = len(top.ways) > 1
    wishes: list[tuple[str, int]] = [("position", 1)]
    wishes += [("all steps", 1)] if windowed else []
    drawing = {
        "core": [("core", 2)],
        "ways": [("ways", 1)] if two_ways else [],
        "layers": [(f"layer {i}", 2) for i in range(1, len(lower) + 1)],
        "borders": [("borders", 2)],
        "gates": [("gates", 1)] if of.gates else [],
        "between": [("between", len(lower))] if lower else [],
        "y": [("y", 1)],
        "x": [("x", 1)],
    }
    if not drawable:
        drawing = dict.fromkeys(drawing, [])
    size = "gradient" if backward else "state a"
    wishes += [*drawing["core"], (size, 1), *([("pinned", 1)] if backward and len(of.then) else [])]
    wishes += [*drawing["ways"], *drawing["layers"], *drawing["borders"], *drawing["gates"], ("output y", 1)]
    wishes += [*drawing["between"], ("target", 1), *((label, 1) for label in inputs), *drawing["y"], *drawing["x"]]
    granted, left = set(), height
    for name, rows in wishes:
        if rows <= left:
            granted.add(name)
            left -= rows
    below = [*inputs, size, "pinned", "output y", "target", "all steps", "position"]
    return _drawn(flow, granted, backward=backward), [name for name in below if name in granted]


def _drawn(flow: Flow, granted: set[str], *, backward: bool) -> list[Row]:
    """The rows of the drawing that were granted, from top to bottom."""
    if "core" not in granted:
        return []
    layers = [at for at in range(len(flow.layers)) if at == 0 or f"layer {at}" in granted]
    found = [Row("y")] if "y" in granted else []
    found += [Row("top")] if "borders" in granted else []
    for at in layers:
        ways = [Row("way", at, i) for i in range(len(flow.layers[at].ways))]
        if len(ways) == 1 or "ways" in granted:
            found += [Row("forward", at), *ways]
        else:
            found += ways if backward else [Row("forward", at), ways[0]]
        if at == 0 and "gates" in granted:
            found.append(Row("inside"))
        if "between" in granted and at < len(flow.layers) - 1:
            found.append(Row("between", at))
    found += [Row("bottom", layers[-1])] if "borders" in granted else []
    return [*found, Row("x")] if "x" in granted else found


def _write_rows(of: Unrolled, painter: StepRows, rows: Sequence[str], y: int, forms: Sequence[str]) -> None:
    values = np.concatenate([of.outputs, of.targets])
    scale = (float(values.min()), float(values.max()))
    inputs = {row.label: row for row in input_rows(of.trace)}
    for at, name in enumerate(rows, y):
        if name in inputs:
            read = inputs[name]
            if read.values is None:
                painter.characters(at, read)
            else:
                painter.bars(at, name, read.values)
        elif name in {"gradient", "pinned"}:
            now, then = on_one_scale(of.walk.log2_state_gradient, of.then)
            painter.gradient(at, name, now if name == "gradient" else then, of.flow.start)
        elif name == "state a":
            painter.bars(at, name, of.norms)
        elif name == "output y":
            painter.bars(at, name, of.outputs, scale, of.loss)
        elif name == "target":
            painter.bars(at, name, of.targets, scale, of.loss)
        elif name == "all steps":
            painter.overview(at, of.steps)
        else:
            painter.position(at, forms)


def position_forms(of: Unrolled, step: int, *, backward: bool, losses: str) -> tuple[str, ...]:
    """What the last row says of the cursor, the fullest wording first."""
    if not backward:
        return (f"▶ forward, t = {step} of {of.steps}", f"▶ t = {step}", "▶")
    loss, other = of.loss, of.pinned_loss
    named = "L" if loss is None else f"L_{loss}"
    state = of.trace.network.state_name
    norm = f"‖∂{named}/∂{state}⟨{step}⟩‖ = {magnitude(float(of.walk.log2_state_gradient[step - 1]))}"
    if loss is not None and step > loss:
        norm = f"L_{loss} comes in at s = {loss}"
    there = f"backward, s = {step} of {of.steps}"
    there += f", {losses}" if losses and loss is None else ""
    brief = f"◀ s = {step}"
    forms: tuple[str, ...] = (f"◀ {there}: {norm}", f"{brief}: {norm}", f"◀ {norm}", brief, "◀")
    if step <= (len(of.then) if other is None else min(other, len(of.then))):
        theirs = "" if of.pinned is None else of.pinned.network.state_name
        whose = "pinned" if theirs == state else f"pinned, of {theirs},"
        whose += "" if other == loss else f" L_{other}"
        pinned = f"{norm}, {whose} {magnitude(float(of.then[step - 1]))}"
        forms = (f"◀ {there}: {pinned}", f"◀ s = {step}: {pinned}", *forms[1:])
    return forms


def _first(values: NDArray[Any]) -> Floats:
    """One number per step, of the first example: the value itself, or the class (the likeliest, for outputs)."""
    first = values[:, 0]
    if first.ndim == 1:
        return first.astype(np.float64)
    return first[:, 0] if first.shape[1] == 1 else np.argmax(first, axis=1).astype(np.float64)


def _in_brief(values: Floats) -> tuple[str, ...]:
    return tuple(number(float(value), digits=2) for value in values)
