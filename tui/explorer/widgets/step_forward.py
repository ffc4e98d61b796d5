"""A step of the forward pass as the step inspector shows it: its equations, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.text import Text

from core import ForwardStep, Network, Tape, Trace, forward_step
from core.numerics.scaled import Floats
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.step_equations import gates_text, saturated_rows
from tui.explorer.widgets.step_text import ROOM, Row, as_text, equation, note, numbers, title
from tui.report.numbers import magnitude, number
from tui.report.palette import Palette
from tui.report.styles import ink, styles
from tui.report.words.by_hand import MOST, forward_lines, has_vectors, in_full, vector_lines
from tui.report.words.formulas import at_step, error_at, loss_at, read_at

BESIDE = 20
"""Characters of a row of numbers before them"""


def forward_text(trace: Trace, cursor: Cursor, palette: Palette, *, width: int = ROOM, cut: int = 0) -> Text:
    """Step t of the forward pass: z, a, y and the loss, of a small network with all its numbers.

    Args:
        trace: What is shown.
        cursor: Where in the forward pass.
        palette: The colors to write in.
        width: Characters that a line may have.
        cut: How many lines a vector of many units may have, which shows as many as fit; 0 leaves it out.
    """
    t, tape = cursor.step, trace.tape
    step = forward_step(tape, t)
    worked = forward_lines(tape, t, width) if in_full(tape) else {}
    lines: list[Text] = [title(f"forward, t = {t} of {cursor.steps}")]
    if worked:
        lines += _worked_state(step, tape.network, worked, width)
    elif len(step.gates) == 1:
        lines += _one_gate(step, tape, palette, width, cut)
    else:
        lines += gates_text(tape, step, width, cut=cut)
    lines += _loss(step, tape, worked, width)
    if step.inputs.shape[0] > 1:
        lines.append(note(f"x, y and target: example 1 of {step.inputs.shape[0]}; norms: all of them."))
    if t == cursor.steps:
        lines.append(note("The end of the forward pass: one step on, the gradient starts back."))
    elif t == 1 and not np.any(tape.states[0]):
        names = [name for name, use in tape.network.cell.uses().items() if use.role == "recurrent"]
        what = (
            f"{', '.join(names[:-1])} and {names[-1]} have" if names[1:] else "".join(f"{name} has" for name in names)
        )
        if names:
            lines.append(note(f"a⟨0⟩ is zero here, so {what} nothing to act on at the first step."))
    return Text("\n").join(lines)


def _worked_state(step: ForwardStep, network: Network, worked: Mapping[str, list[str]], width: int) -> list[Text]:
    """The vanilla cell, small: z and a with the numbers that they are made of."""
    forward, t = network.cell.equations().forward, step.step
    (z,), a = step.gates, network.read_out.name
    return [
        equation(at_step(forward[z], t)),
        as_text(worked["z"]),
        equation(at_step(forward[a], t, network.activation_name)),
        as_text(worked["a"]),
        numbers(_slopes(step), width),
    ]


def _slopes(step: ForwardStep) -> list[Row]:
    (gate,) = step.gates.values()
    rows = [("mean slope φ'", number(step.mean_slope)), *saturated_rows(gate, "φ'")]
    return [(label, value, None) for label, value in rows]


def _loss(step: ForwardStep, tape: Tape, worked: Mapping[str, list[str]], width: int) -> list[Text]:
    """The output, its error and its loss: with the numbers that they are made of, or as many as have room."""
    t, network = step.step, tape.network
    has_loss = step.scored and bool(network.readout.uses)
    if "y" in worked:
        lines = [equation(_output(network, t)), as_text(worked["y"])]
        if not has_loss:
            return [*lines, numbers([(f"L_{t}", "not scored", None)], width)]
        lines += [equation(error_at(tape, t)), as_text(worked["e"])]
        return [*lines, equation(loss_at(tape, t)), as_text(worked["L"])]
    rows = [
        (f"x⟨{t}⟩", _values(step.inputs[0], width), None),
        (f"y⟨{t}⟩", _values(step.outputs[0], width), None),
        ("target", _target(step, width), None),
        (f"L_{t}", number(step.loss) if step.scored else "not scored", None),
    ]
    made = [Text(loss_at(tape, t), style="italic")] if has_loss else []
    return [equation(_output(network, t)), *made, numbers(rows, width)]


def _target(step: ForwardStep, width: int) -> str:
    """The target of the first example, and how many of them are scored where not all are."""
    scored, every = int(step.examples_scored.sum()), len(step.examples_scored)
    value = _values(np.atleast_1d(step.targets[0]), width) if step.examples_scored[0] or not scored else "not scored"
    return value if scored in (0, every) else f"{value} ({scored} of {every} examples scored)"


def _one_gate(step: ForwardStep, tape: Tape, palette: Palette, width: int, cut: int) -> list[Text]:
    """A cell with one pre-activation: z, what adds to it, and the state it makes."""
    network = tape.network
    looks, forward, t = styles(network, "parameter"), network.cell.equations().forward, step.step

    def added(name: str) -> str:
        """What a parameter adds to z: `‖W_ax x⟨3⟩‖`; only whose it is where it makes the matrix."""
        made = network.uses[name].parametrization is not None
        return f"from {name}" if made else f"‖{' '.join([name, read_at(network, name, t)]).strip()}‖"

    drives = [(added(name), magnitude(size), ink(looks[name], palette)) for name, size in step.log2_drives.items()]
    (z,), a = step.gates, network.read_out.name
    state = network.by_part(tape.states[t, 0])[a]
    made = {f"{z}⟨{t}⟩": tape.preactivations[t - 1, 0]} if cut else {}

    def vectors(named: Mapping[str, Floats]) -> list[Text]:
        return [Text(line) for line in vector_lines(named, width, cut=cut)] if has_vectors(tape, cut=cut) else []

    return [
        equation(at_step(forward[z], t)),
        numbers([*drives, (f"‖{z}⟨{t}⟩‖", magnitude(step.log2_preactivation), None)], width),
        *vectors(made),
        equation(at_step(forward[a], t, network.activation_name)),
        *vectors({f"{a}⟨{t}⟩": state}),
        numbers(
            [
                (f"‖{a}⟨{t}⟩‖", magnitude(step.log2_state), None),
                *_slopes(step),
            ],
            width,
        ),
    ]


def _output(network: Network, t: int) -> str:
    g, a = network.readout, f"{network.read_out.name}⟨{t}⟩"
    if not g.uses:
        return f"L_{t} = ⟨g⟨{t}⟩, {a}⟩, with the gradient g that is given"
    return ";  ".join(at_step(one, t) for one in g.equations(network.read_out.name))


def _values(values: np.ndarray, width: int) -> str:
    """Numbers in a row of so many characters, as many as fit, four at most."""
    shown = [number(float(value)) for value in values[:MOST]]
    while shown[1:] and len(" ".join(shown)) + (2 if len(shown) < len(values) else 0) > width - BESIDE:
        shown.pop()
    return " ".join(shown) + (" …" if len(values) > len(shown) else "")
