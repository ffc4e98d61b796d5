"""The step inspector's lines for any cell: its own equations with the step put in, and the numbers of every gate."""

from __future__ import annotations

import re

import numpy as np
from rich.text import Text

from core import BackwardPass, ForwardStep, Network, Tape
from core.bptt.forward_step import Gate
from core.network.cells import DirectFactor
from core.numerics.scaled import Floats, Scaled
from tui.explorer.widgets.text_columns import aligned
from tui.report.numbers import magnitude, number
from tui.report.words.by_hand import has_vectors, vector_lines
from tui.report.words.formulas import at_step


def gates_text(tape: Tape, step: ForwardStep, width: int, *, cut: int = 0) -> list[Text]:
    """Going forward: each pre-activation's equation, its size, and what the gate does, then the parts of the state.

    Args:
        tape: The forward pass.
        step: A step of it.
        width: Characters that a line may have.
        cut: How many lines a vector of many units may have, which shows as many as fit; 0 leaves it out.
    """
    network, small = tape.network, has_vectors(tape, cut=cut)
    forward, phi = network.cell.equations().forward, network.activation_name
    lines: list[Text] = []

    def in_full(name: str, values: Floats) -> list[Text]:
        shown = vector_lines({f"{name}⟨{step.step}⟩": values[0]}, width, cut=cut) if small else []
        return [Text(line) for line in shown]

    for name, gate in step.gates.items():
        lines.append(Text(f"\n{at_step(forward[name], step.step, phi)}", style="italic"))
        lines += in_full(name, gate.values)
        rows = [("mean", number(gate.mean)), *saturated_rows(gate, "slope")]
        rows += [(f"from {parameter}", magnitude(size)) for parameter, size in gate.log2_drives.items()]
        lines.append(aligned([(f"  {label}", value) for label, value in rows], first=18, room=width))
    for part, size in step.log2_parts.items():
        lines.append(Text(f"\n{at_step(forward[part], step.step, phi)}", style="italic"))
        lines += in_full(part, network.by_part(tape.states[step.step])[part])
        lines.append(Text(f"  ‖{part}⟨{step.step}⟩‖  {magnitude(size)}"))
    return lines


def saturated_rows(gate: Gate, slope: str) -> list[tuple[str, str]]:
    """How many units are saturated, and below what a slope counts as that."""
    return [
        ("saturated units", f"{gate.saturated} of {gate.units}"),
        (f"  {slope} below", number(gate.saturated_below)),
    ]


def vectors_back(backward_pass: BackwardPass, s: int, width: int, *, cut: int = 0) -> list[str]:
    """Going back: the gradient at each part of the state and every δ in full, or cut where there is room for that."""
    network, step = backward_pass.tape.network, backward_pass.step(s)
    if not has_vectors(backward_pass.tape, cut=cut):
        return []
    whole = step.state_gradient
    values = network.by_part(whole.mantissa[0])
    powers = network.by_part(np.broadcast_to(whole.exponent, whole.mantissa.shape)[0].astype(np.float64))
    parts = {f"∂L/∂{name}⟨{s}⟩": Scaled(part, powers[name].astype(np.int64)) for name, part in values.items()}
    many = len(step.deltas) > 1
    deltas = {f"δ_{name}⟨{s}⟩" if many else f"δ⟨{s}⟩": delta for name, delta in step.deltas.items()}
    return vector_lines({**parts, **deltas}, width, cut=cut)


def paths_rows(backward_pass: BackwardPass, s: int) -> list[tuple[str, str, str | None]]:
    """Going back: what came to step s through the matrices and what directly, where the cell has such a way."""
    layers, paths = backward_pass.tape.network.cell.stack, backward_pass.log2_paths
    factors = dict.fromkeys(_factor_at(layer.direct, s + 1) for layer in layers if layer.direct is not None)
    if not factors or s == len(backward_pass):
        return []
    titles = {"matrices": "  through matrices", "direct": f"  directly, × {', '.join(factors)}"}
    return [(titles[name], magnitude(float(logs[s - 1])), None) for name, logs in paths.items()]


def parts_rows(backward_pass: BackwardPass, s: int) -> list[tuple[str, str, str | None]]:
    """The gradient at each part of a state that has several, and at all of it."""
    parts, of = backward_pass.log2_parts, "∂L/∂"
    if len(parts) == 1:
        return []
    norms = {**parts, backward_pass.tape.network.state_name: backward_pass.log2_state_gradient}
    return [(f"‖{of}{name}⟨{s}⟩‖", magnitude(float(logs[s - 1])), None) for name, logs in norms.items()]


def deltas_rows(backward_pass: BackwardPass, s: int) -> list[tuple[str, str, str | None]]:
    """The norm of the δ of each pre-activation, for a cell that has several."""
    return [
        (f"‖δ_{name}⟨{s}⟩‖", magnitude(float(logs[s - 1])), None) for name, logs in backward_pass.log2_deltas.items()
    ]


def back_equations(network: Network, s: int, steps: int) -> Text:
    """The cell's step back, one equation per line; nothing is carried from a step that the sequence does not have."""
    lines = (at_step(line, s) for line in network.cell.equations().back.values())
    return Text("\n" + "\n".join(_without_carried(line, steps) for line in lines), style="italic")


def _without_carried(line: str, steps: int) -> str:
    """An equation whose carried part says that there is none, where it names step 0 or T + 1."""
    before, carried, what = line.partition("carried: ")
    outside = re.search(rf"⟨(0|{steps + 1})⟩", what) is not None
    return f"{before}{carried}none yet" if outside else line


def _factor_at(direct: DirectFactor, step: int) -> str:
    """The factor of a direct path at a step: `z⟨49⟩`; without the step where it is the same at all."""
    if "⟨r⟩" not in direct.product:
        return direct.symbol
    return direct.product.removeprefix("∏ ").replace("⟨r⟩", f"⟨{step}⟩")
