"""A step of a small network with its numbers put in, line by line, so that each can be redone on paper.

    z₁ = [−0.5 −0.5]·[2 0] + 0.5·3 + 0.5 = 1

How numbers, vectors and lines are written says `arithmetic`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from core import BackwardPass, Network, Tape
from core.network.readout import BIAS, WEIGHTS
from core.numerics.scaled import Floats, Scaled
from tui.report.numbers import MINUS
from tui.report.words.arithmetic import (
    SUBSCRIPTS,
    Line,
    alone,
    bracketed,
    entries,
    in_digits,
    pairs,
    plus,
    result,
    row_cut,
    row_of,
    row_result,
    summed,
    times,
    wrapped,
)

MOST: Final = 4
"""Units, inputs or outputs up to which there is room for all of their numbers"""


def in_full(tape: Tape) -> bool:
    """Whether a step of this forward pass, and of its backward pass, is shown with all its numbers.

    It is for the vanilla cell, of `MOST` units at most, on one example: the numbers of more have no room.
    """
    return tape.network.cell.elman and has_vectors(tape)


def has_vectors(tape: Tape, *, cut: int = 0) -> bool:
    """Whether the vectors of a step are shown: those of one example, of `MOST` units at most, or cut off."""
    return (cut > 0 or tape.network.hidden_size <= MOST) and tape.batch.inputs.shape[1] == 1


def takes_loss(backward_pass: BackwardPass, s: int) -> bool:
    """Whether the loss of step s is one of those that are followed back."""
    here, of_all = backward_pass.returned.errors[s - 1], backward_pass.tape.errors[s - 1]
    return bool(backward_pass.tape.entering_steps[s - 1]) and bool(np.any(here) or not np.any(of_all))


def forward_lines(tape: Tape, t: int, width: int) -> Mapping[str, list[str]]:
    """Step t of the forward pass with its numbers.

    Args:
        tape: A forward pass for which `in_full` holds.
        t: The step.
        width: Characters that a line may have.

    Returns:
        `z`, `a`, `y`, `e` and `L` → the lines below their equations. No `y`, `e` and `L` where there are too many
        outputs or is no read-out, no `e` and `L` where the step is not scored.
    """
    network, at = tape.network, t - 1
    z, states = tape.preactivations[at, 0], tape.states[:, 0]
    slope = network.activation.unit_derivative(z)
    of_units: list[Line] = [
        (
            f"a{SUBSCRIPTS[i]}",
            [f"= {network.activation_name}({in_digits(z[i])})", result(states[t, i]), f"with φ' {result(*of)}"],
        )
        for i, of in enumerate(pairs(slope))
    ]
    found: dict[str, list[Line]] = {"z": _made(network, tape, at, z), "a": of_units, **_read_out(tape, at)}
    return {name: wrapped(lines, width) for name, lines in found.items()}


def backward_lines(backward_pass: BackwardPass, s: int, width: int) -> Mapping[str, list[str]]:
    """Step s of the backward pass with its numbers.

    Args:
        backward_pass: Over a tape for which `in_full` holds.
        s: The step.
        width: Characters that a line may have.

    Returns:
        `e`, `injected`, `carried`, `delta` and every parameter → the lines below their equations. No `e` and
        `injected` where no loss is taken at s, no `carried` at the last step, and no parameter that reads or makes more
        than `MOST` numbers.
    """
    found = {**_put_in(backward_pass, s), **_come_back(backward_pass, s), **_gathered(backward_pass, s)}
    return {name: wrapped(lines, width) for name, lines in found.items()}


def vector_lines(named: Mapping[str, Floats | Scaled], width: int, *, cut: int = 0) -> list[str]:
    """Vectors by name, a line each: `f⟨2⟩ = [0.5 1]`, or `≈` where any number is rounded.

    Args:
        named: Name → the vector.
        width: Characters that a line may have.
        cut: How many lines a vector of more than `MOST` numbers may have, which shows as many as fit; 0 leaves it out.
    """
    found = []
    for name, values in named.items():
        if len(pairs(values)) <= MOST:
            found += wrapped([(name, [row_result(values)])], width)
        elif cut:
            found += row_cut(name, values, width, cut)
    return found


def _made(network: Network, tape: Tape, at: int, z: Floats) -> list[Line]:
    """z entry by entry: a row of each matrix times what it reads, and the bias."""
    lines: list[Line] = []
    for i, made in enumerate(z.tolist()):
        pieces: list[str] = []
        for name, weight in network.parameters.items():
            if name in network.cell.uses():
                pieces += _term(weight[i], tape.reads[name][at, 0], constant=network.symbol(name) == "1")
        lines.append((f"z{SUBSCRIPTS[i]}", [*summed(pieces), result(made)]))
    return lines


def _term(weights: Floats, read: Floats, *, constant: bool) -> list[str]:
    if constant:
        return [plus(in_digits(float(weights)))]
    if len(read) > MOST:
        return [plus(in_digits(float(weights @ read)))]
    return [plus(row_of(weights)), times(read)]


def _read_out(tape: Tape, at: int) -> dict[str, list[Line]]:
    """y, the error e and the loss."""
    network, g = tape.network, tape.network.readout
    y, e = tape.outputs[at, 0], tape.errors[at, 0]
    if not g.linear or len(y) > MOST:
        return {}
    state, p, names = tape.states[at + 1], network.parameters, entries("y", len(y))
    o = g.made(p, network.by_part(state)[network.read_out.name])[0]
    sums = [
        [f"= {row_of(p[WEIGHTS][j])}", times(state[0]), plus(in_digits(p[BIAS][j])), result(made)]
        for j, made in enumerate(o)
    ]
    if g.name == "identity":
        lines: list[Line] = list(zip(names, sums, strict=True))
    else:
        lines = [*zip(entries("o", len(y)), sums, strict=True), ("y", [f"= {g.name}(o)", row_result(y)])]
    if not tape.batch.scored_steps[at]:
        return {"y": lines}
    loss: list[str] = []
    if g.name == "identity":
        squares = [f"{bracketed(in_digits(error))}²" for error in e]
        loss = [f"= ½·{squares[0]}"] if len(squares) == 1 else ["= ½·(" + " + ".join(squares) + ")"]
    elif g.classes:
        loss = [f"= −ln {in_digits(y[int(tape.batch.targets[at, 0])])}"]
    if loss and tape.batch.weights is not None:
        loss = [f"= {_weight(tape, at)}·({loss[0].removeprefix('= ')})"]
    return {
        "y": lines,
        "e": _errors(tape, at, e),
        "L": [(f"L_{at + 1}", [*loss, result(float(tape.losses[at]))])],
    }


def _errors(tape: Tape, at: int, e: Floats) -> list[Line]:
    y, target = tape.outputs[at, 0], tape.batch.targets[at, 0]
    expected = np.eye(len(y))[int(target)] if tape.network.readout.classes else target
    return [
        (name, [_weighted(tape, at, f"{in_digits(y[j])} {MINUS} {bracketed(in_digits(expected[j]))}"), result(e[j])])
        for j, name in enumerate(entries("e", len(y)))
    ]


def _weighted(tape: Tape, at: int, what: str) -> str:
    """`= what`, times the target's weight where it has one."""
    return f"= {what}" if tape.batch.weights is None else f"= {_weight(tape, at)}·({what})"


def _weight(tape: Tape, at: int) -> str:
    """How much the target of the first example counts at a step that has weights."""
    assert tape.batch.weights is not None
    return in_digits(tape.batch.weights[at, 0])


def _put_in(backward_pass: BackwardPass, s: int) -> dict[str, list[Line]]:
    """What the loss of this very step puts in; nothing where it has none, or another loss is followed."""
    tape, e = backward_pass.tape, backward_pass.returned.errors[s - 1, 0]
    network, injected = tape.network, pairs(backward_pass.step(s).injected)
    if not takes_loss(backward_pass, s):
        return {}
    if not network.readout.linear or len(e) > MOST:
        return {"injected": [(f"unit {i + 1}:", [alone(result(*made))]) for i, made in enumerate(injected)]}
    columns = network.parameters[WEIGHTS].T
    rows: list[Line] = [
        (f"unit {i + 1}:", [row_of(column), times(e), result(*made)])
        for i, (column, made) in enumerate(zip(columns, injected, strict=True))
    ]
    return {"e": _errors(tape, s - 1, e), "injected": rows}


def _come_back(backward_pass: BackwardPass, s: int) -> dict[str, list[Line]]:
    """What comes back through the recurrent matrix, and δ."""
    network, step = backward_pass.tape.network, backward_pass.step(s)
    ((z, recurrent),) = ((use.delta, name) for name, use in network.cell.uses().items() if use.role == "recurrent")
    slopes = pairs(network.activation.unit_derivative(backward_pass.tape.preactivations[s - 1, 0]))
    parts = zip(slopes, pairs(step.injected), pairs(step.carried), pairs(step.deltas[z]), strict=True)
    last = s == len(backward_pass)
    delta: list[Line] = []
    for i, (slope, put_in, come_back, made) in enumerate(parts):
        sum_ = f"({in_digits(*put_in)} {plus(in_digits(*come_back))})"
        pieces = [f"= {in_digits(*slope)}", f"·{bracketed(in_digits(*put_in)) if last else sum_}", result(*made)]
        delta.append((f"δ{SUBSCRIPTS[i]}", pieces))
    if last:
        return {"delta": delta}
    columns, after = network.parameters[recurrent].T, backward_pass.step(s + 1).deltas[z]
    carried: list[Line] = [
        (f"unit {i + 1}:", [row_of(column), times(after), result(*made)])
        for i, (column, made) in enumerate(zip(columns, pairs(step.carried), strict=True))
    ]
    return {"carried": carried, "delta": delta}


def _gathered(backward_pass: BackwardPass, s: int) -> dict[str, list[Line]]:
    """Every parameter: what its use at this step adds, δ uᵀ, and what there is so far."""
    tape, step = backward_pass.tape, backward_pass.step(s)
    network, deltas = tape.network, step.deltas
    later = backward_pass.step(s + 1).so_far if s < len(backward_pass) else None
    found = {}
    for name, use in network.uses.items():
        delta = _in_the_readout(backward_pass, use.delta, s) if use.role == "readout" else deltas[use.delta]
        read, here, so_far = tape.reads[name][s - 1, 0], step.contributions[name], step.so_far[name]
        if max(here.mantissa.shape) > MOST:
            continue
        rows: list[Line] = []
        if here.mantissa.ndim == 1 or here.mantissa.shape[1] == 1:
            factors = [row_of(delta), times(read), row_result(here)]
            is_bias = network.symbol(name) == "1"
            rows.append(("here:", [alone(row_result(here))] if is_bias else factors))
            rows.append(("so far:", _running(None if later is None else later[name], here, so_far)))
        else:
            several = len(here.mantissa) > 1
            for i, of in enumerate(pairs(delta)):
                mark, this = SUBSCRIPTS[i] if several else "", _part(here, i)
                before = None if later is None else _part(later[name], i)
                rows.append((f"here{mark}:", [in_digits(*of), times(read), row_result(this)]))
                rows.append((f"so far{mark}:", _running(before, this, _part(so_far, i))))
        found[name] = rows
    return found


def _in_the_readout(backward_pass: BackwardPass, made: str, s: int) -> Scaled:
    """The gradient at what is made in the read-out, e⟨s⟩ at the output, of the losses that are followed."""
    followed, (delta, _) = backward_pass.returned.followed, backward_pass.tape.readout_deltas[made]
    here = delta[s - 1, 0] if followed is None or followed[s - 1] else np.zeros(delta.shape[2])
    return Scaled(here, np.zeros(1, dtype=np.int64))


def _running(before: Scaled | None, here: Scaled, so_far: Scaled) -> list[str]:
    return [alone(row_result(so_far))] if before is None else [row_of(before), plus(row_of(here)), row_result(so_far)]


def _part(values: Scaled, i: int) -> Scaled:
    """Row i of a matrix, with the exponents of that row."""
    return Scaled(values.mantissa[i], np.broadcast_to(values.exponent, values.mantissa.shape)[i])
