"""The strip of the unrolled network: the cells around the cursor drawn, and below them all steps in rows.

On four rows it is a line of cells with the gradient on its way back, its size at all steps, and the cursor; on a dozen
nothing is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.bptt.forward_step import direct_gate, gate_means
from core.numerics.scaled import Scaled
from tui.report.charts.cell_places import BOX, Places, place_cells
from tui.report.charts.glyph_grid import GlyphGrid
from tui.report.charts.gradient_flow import Flow, flow_of
from tui.report.charts.network_drawing import NetworkDrawing
from tui.report.charts.network_scene import LABEL, Scene
from tui.report.charts.step_rows import Sizes, StepRows, Window, log2_state_gradient, on_one_scale, sizes_of
from tui.report.charts.unrolled_plan import (
    ALL_STEPS,
    AT_INPUT,
    GRADIENT,
    OUTPUT,
    PINNED,
    POSITION,
    STATE,
    TARGET,
    Contents,
    Plan,
)
from tui.report.input_rows import InputRow, input_rows, output_glyphs
from tui.report.numbers import magnitude, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.bptt.backward_pass import BackwardPass
    from core.numerics.scaled import Floats
    from core.trace import Trace
    from tui.report.palette import Palette

GAP: Final = 5
"""Columns between two cells, at least"""


@dataclass(frozen=True, eq=False)
class Unrolled:
    """What is known of the unrolled network wherever the cursor is; worked out once, as far as it is asked for."""

    trace: Trace
    backward_pass: BackwardPass
    loss: int | None
    """t of the one loss that `backward_pass` goes back from; None for all of them"""
    pinned: Trace | None = None
    pinned_loss: int | None = None

    @cached_property
    def structure(self) -> Flow:
        """The layers and ways, without sizes."""
        return flow_of(self.trace.network)

    @cached_property
    def flow(self) -> Flow:
        """The layers and ways, with what goes back on each."""
        scored = np.flatnonzero(self.trace.lags.scored) + 1
        first = self.last if self.loss is not None or not scored.size else int(scored[0])
        return flow_of(self.trace.network, self.backward_pass, self.last, first)

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
        """Norms of the whole states, relative to the largest number, whose square may be past float64."""
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
    def output_scale(self) -> tuple[float, float]:
        """From the smallest of the outputs and targets to the largest."""
        values = np.concatenate([self.outputs, self.targets])
        return float(values.min()), float(values.max())

    @cached_property
    def inputs(self) -> tuple[InputRow, ...]:
        """The rows of the inputs."""
        return input_rows(self.trace)

    @cached_property
    def inputs_in_brief(self) -> tuple[str, ...]:
        """x⟨t⟩ of the first example for each step, as short as it goes."""
        rows = [row for row in self.inputs if not row.spare]
        written = [row.glyphs if row.values is None else _in_brief(row.values) for row in rows]
        return tuple(" ".join(row[t] for row in written) for t in range(self.steps))

    @cached_property
    def outputs_in_brief(self) -> Sequence[str]:
        """y⟨t⟩ in the same way; the character, where the classes are those that are read."""
        return output_glyphs(self.trace) or _in_brief(self.outputs)

    @cached_property
    def sizes(self) -> tuple[Sizes, Sizes]:
        """The gradient's sizes and those of the pinned trace's, on one scale of heights."""
        return on_one_scale(self.backward_pass.log2_state_gradient, self.then)

    @cached_property
    def at_input(self) -> Sizes:
        """How much the input of each step acts on the losses, ‖∂L/∂x⟨s⟩‖ over the whole batch."""
        return sizes_of(self.backward_pass.log2_inputs)

    @cached_property
    def acting(self) -> tuple[Floats, float]:
        """log₂ |∂L/∂x_j⟨s⟩| of the first example, (n_x + 1, T), all columns together last; and the largest of it."""
        found = self.backward_pass.gradients.scaled_inputs
        first = Scaled(found.mantissa[:, 0], found.exponent[:, 0])
        of_columns = [Scaled(first.mantissa[:, j : j + 1], first.exponent[:, j : j + 1]) for j in range(self._columns)]
        each = [values.log2_norm(axis=1) for values in of_columns]
        sizes = np.stack([*each, first.shared(1).log2_norm(axis=1)])
        return sizes, float(sizes[-1].max())

    @property
    def _columns(self) -> int:
        """How many columns of x have a row of their own."""
        return 1 + max((row.column for row in self.inputs if row.column is not None), default=-1)

    @cached_property
    def then(self) -> Floats:
        """The sizes of the pinned trace's gradient; of no steps without one."""
        return np.empty(0) if self.pinned is None else log2_state_gradient(self.pinned, self.pinned_loss)

    @property
    def steps(self) -> int:
        """T, the number of steps that stayed finite."""
        return len(self.trace.tape.losses)


@dataclass(frozen=True, eq=False)
class DrawnStrip:
    """The cells of the terminal, and what is where."""

    grid: GlyphGrid
    plan: Plan
    window: Window
    places: Places
    steps: int
    """T"""

    def step_at(self, x: int, y: int) -> int:
        """The step that is meant by a cell of the grid."""
        kind, column = self._kind(y), x - LABEL
        if kind == ALL_STEPS:
            return min(max(column * self.steps // self.window.width + 1, 1), self.steps)
        if self.is_cell(y):
            return self.places.step_at(column)
        return self.window.step_at(column)

    def is_cell(self, y: int) -> bool:
        """Whether a row is one of the drawing, whose cells go on as soon as one of them is pointed at."""
        return y < len(self.plan.drawn)

    def is_loss(self, y: int) -> bool:
        """Whether a row is one on which a loss is chosen: that of the outputs or of the targets."""
        return self._kind(y) in {"y", OUTPUT, TARGET}

    def _kind(self, y: int) -> str:
        kinds = [*(row.kind for row in self.plan.drawn), *self.plan.below]
        return kinds[y] if 0 <= y < len(kinds) else ""


def contents(of: Unrolled, width: int) -> Contents:
    """What there is to show on so many columns."""
    labels = [row.label for row in of.inputs if not row.spare]
    spare = [row.label for row in of.inputs if row.spare]
    telling = len(labels) > 1 or of.inputs[0].values is None
    return Contents(
        of.structure,
        labels,
        telling,
        bool(of.gates),
        of.pinned is not None,
        of.steps > width - LABEL > 0,
        bool(of.trace.network.readout.uses),
        spare,
    )


def draw_unrolled(
    of: Unrolled, *, step: int, backward: bool, losses: str, width: int, height: int, palette: Palette
) -> DrawnStrip | None:
    """The strip; None where there is no room for any.

    Args:
        of: What is known of the network.
        step: Where the cursor is, 1 … T.
        backward: On its way back or forward.
        losses: Which losses are shown, in words.
        width: Columns.
        height: Rows.
        palette: The colors.
    """
    if width < LABEL + BOX or height < 1:
        return None
    flow = of.flow if backward else of.structure
    in_words = any(row.values is None for row in of.inputs)
    window = Window.around(step, of.steps, width - LABEL, even=in_words)
    places = place_cells(of.steps, step, width - LABEL, _gap(flow), of.last if backward and of.last else None)
    plan = contents(of, width).plan(height, backward=backward, lags=backward and of.loss is not None)
    grid = GlyphGrid(width, height)
    if plan.drawn:
        scene = Scene(of.trace, flow, step, backward, of.loss, of.inputs_in_brief, of.outputs_in_brief)
        NetworkDrawing(grid, LABEL, scene, places, palette).draw(plan.drawn)
    rows = StepRows(grid, LABEL, window, palette, step=step, backward=backward)
    forms = position_forms(of, step, backward=backward, losses=losses)
    for y, name in enumerate(plan.below, len(plan.drawn)):
        _write(of, rows, y, name, forms, backward=backward)
    return DrawnStrip(grid, plan, window, places, of.steps)


def _gap(flow: Flow) -> int:
    """Columns between two cells: room for the name of a matrix that only one step has."""
    layer = flow.layers[0]
    if layer.tied or len(layer.matrices) != 1:
        return GAP
    return max(GAP, len(f"{layer.matrices[0]}⟨99⟩"))


def _write(of: Unrolled, rows: StepRows, y: int, name: str, forms: Sequence[str], *, backward: bool) -> None:
    """One of the rows with all steps; on the way back the inputs have the color of how much they act on the losses."""
    if name == POSITION:
        rows.position(y, forms)
    elif name == ALL_STEPS:
        rows.overview(y, of.steps)
    elif name == AT_INPUT:
        # Nothing is known of it before the way back, as of the gradient at a state that is not reached.
        sizes = of.at_input if backward else sizes_of(np.full(of.steps, np.nan))
        rows.gradient(y, name, sizes, float(np.max(sizes.log2, initial=-np.inf)))
    elif name in {GRADIENT, PINNED}:
        now, then = of.sizes
        rows.gradient(y, name, now if name == GRADIENT else then, of.flow.start)
    elif name == STATE:
        rows.bars(y, name, of.norms)
    elif name in {OUTPUT, TARGET}:
        rows.bars(y, name, of.outputs if name == OUTPUT else of.targets, of.output_scale, of.loss)
    else:
        read = next(row for row in of.inputs if row.label == name)
        acting = None
        if backward and of.last:
            of_columns, start = of.acting
            acting = of_columns[-1 if read.column is None else read.column], start
        if read.values is None:
            rows.characters(y, read, acting)
        else:
            rows.bars(y, name, read.values, sizes=acting)


def position_forms(of: Unrolled, step: int, *, backward: bool, losses: str) -> tuple[str, ...]:
    """What the last row says of the cursor, the fullest wording first; how far gates are open before all else."""
    gates, kept = gates_told(of, step), kept_told(of, step)
    if not backward:
        there, brief = f"▶ forward, t = {step} of {of.steps}", f"▶ t = {step}"
        return (*_with(gates, there), *_with(kept, there, brief), there, brief, "▶")
    loss, other = of.loss, of.pinned_loss
    named = "L" if loss is None else f"L_{loss}"
    state = of.trace.network.state_name
    size = magnitude(float(of.backward_pass.log2_state_gradient[step - 1]))
    norm = f"‖∂{named}/∂{state}⟨{step}⟩‖ = {size}"
    if loss is not None and step > loss and not of.trace.network.looks_ahead:
        norm = f"L_{loss} comes in at s = {loss}"
        size = "none yet"
    there = f"backward, s = {step} of {of.steps}"
    there += f", {losses}" if losses and loss is None else ""
    brief = f"◀ s = {step}"
    told: tuple[str, ...] = (f"◀ {there}: {norm}",)
    if step <= (len(of.then) if other is None else min(other, len(of.then))):
        theirs = "" if of.pinned is None else of.pinned.network.state_name
        whose = "pinned" if theirs == state else f"pinned, of {theirs},"
        whose += "" if other == loss else f" L_{other}"
        pinned = f"{norm}, {whose} {magnitude(float(of.then[step - 1]))}"
        told = (f"◀ {there}: {pinned}", f"{brief}: {pinned}")
    shorter = (f"{brief}: {norm}", f"◀ {norm}")
    little = (f"{brief}: gradient {size}", f"◀ gradient {size}")
    return (
        *(*_with(gates, told[0]), *_with(kept, *told, *shorter), *told, *shorter),
        *(*_with(kept, *little, f"◀ {size}", brief), *little, brief, "◀"),
    )


def _with(more: str, *forms: str) -> list[str]:
    """Each with something more, if there is something."""
    return [f"{form}, {more}" for form in forms] if more else []


def gates_told(of: Unrolled, step: int) -> str:
    """How far the gates are open at a step: `gates open i 0.47 f 0.73`; nothing for a cell without."""
    means = gate_means(of.trace.tape, [step]) if of.gates else {}
    return (
        " ".join(["gates open", *(f"{name} {openness(values[0])}" for name, values in means.items())]) if means else ""
    )


def kept_told(of: Unrolled, step: int) -> str:
    """How far that gate is open which says how much goes back directly: `f open 0.73`; nothing without one."""
    name = direct_gate(of.trace.network)
    return "" if name is None else f"{name} open {openness(gate_means(of.trace.tape, [step])[name][0])}"


def openness(share: float) -> str:
    """How far a gate is open, from 0 to 1: `0.73`."""
    return f"{share:.2f}"


def _first(values: NDArray[Any]) -> Floats:
    """One number per step, of the first example: the value itself, or the class (the likeliest, for outputs)."""
    first = values[:, 0]
    if first.ndim == 1:
        return first.astype(np.float64)
    return first[:, 0] if first.shape[1] == 1 else np.argmax(first, axis=1).astype(np.float64)


def _in_brief(values: Floats) -> tuple[str, ...]:
    return tuple(number(float(value), digits=2) for value in values)
