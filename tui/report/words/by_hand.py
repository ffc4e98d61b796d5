"""A step of a small network with its numbers put in, line by line, so that each can be redone on paper.

    z₁ = [−0.5 −0.5]·[2 0] + 0.5·3 + 0.5 = 1

Every vector is written as a row, whichever way it stands in the equation, and a product of two is their scalar product.
One of a single number is that number.
A number of up to six digits is written in full; one that has more is rounded to three, and follows ≈.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np

from core import BackwardPass, Network, Tape
from core.network.readout import BIAS, WEIGHTS
from core.numerics.scaled import Floats, Scaled
from tui.report.numbers import MINUS, magnitude, number

MOST: Final = 4
"""Units, inputs or outputs up to which there is room for all of their numbers"""

_SUBSCRIPTS: Final = "₁₂₃₄"
_DIGITS: Final = 6
_INDENT: Final = "    "
"""What a line that goes on begins with"""
_NOISE: Final = 1e-12
"""A number this close to one of few digits is that number, and rounding"""


def in_full(tape: Tape) -> bool:
    """Whether a step of this forward pass, and of its way back, is shown with all its numbers.

    It is for the vanilla cell, of `MOST` units at most, on one example: the numbers of more have no room.
    """
    return tape.network.cell.elman and has_vectors(tape)


def has_vectors(tape: Tape) -> bool:
    """Whether the vectors of a step are short enough to be shown: at most `MOST` units, and one example."""
    return tape.network.hidden_size <= MOST and tape.batch.inputs.shape[1] == 1


def takes_loss(walk: BackwardPass, s: int) -> bool:
    """Whether the loss of step s is one of those that are followed back."""
    here, of_all = walk.returned.errors[s - 1], walk.tape.errors[s - 1]
    return bool(walk.tape.batch.scored[s - 1]) and bool(np.any(here) or not np.any(of_all))


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
    of_units: list[_Line] = [
        (
            f"a{_SUBSCRIPTS[i]}",
            [f"= {network.activation_name}({_text(z[i])})", _is(states[t, i]), f"with φ' {_is(*of)}"],
        )
        for i, of in enumerate(_pairs(slope))
    ]
    found: dict[str, list[_Line]] = {"z": _made(network, tape, at, z), "a": of_units, **_read_out(tape, at)}
    return {name: _wrapped(lines, width) for name, lines in found.items()}


def backward_lines(walk: BackwardPass, s: int, width: int) -> Mapping[str, list[str]]:
    """Step s of the way back with its numbers.

    Args:
        walk: The way back over a tape for which `in_full` holds.
        s: The step.
        width: Characters that a line may have.

    Returns:
        `e`, `injected`, `carried`, `delta` and every parameter → the lines below their equations. No `e` and
        `injected` where no loss is taken at s, no `carried` at the last step, and no parameter that reads or makes more
        than `MOST` numbers.
    """
    found = {**_put_in(walk, s), **_come_back(walk, s), **_gathered(walk, s)}
    return {name: _wrapped(lines, width) for name, lines in found.items()}


def vector_lines(named: Mapping[str, Floats | Scaled], width: int) -> list[str]:
    """Vectors by name, a line each: `f⟨2⟩ = [0.5 1]`, or `≈` where any number is rounded; not those without room."""
    short = {name: values for name, values in named.items() if len(_pairs(values)) <= MOST}
    return _wrapped([(name, [_is_row(values)]) for name, values in short.items()], width)


_Line: TypeAlias = tuple[str, list[str]]
"""What is made, and the pieces of what it is made of, between which the line may be broken"""


def _made(network: Network, tape: Tape, at: int, z: Floats) -> list[_Line]:
    """z entry by entry: a row of each matrix times what it reads, and the bias."""
    lines: list[_Line] = []
    for i, made in enumerate(z.tolist()):
        pieces: list[str] = []
        for name, weight in network.parameters.items():
            if name in network.cell.uses():
                pieces += _term(weight[i], tape.reads[name][at, 0], constant=network.symbol(name) == "1")
        lines.append((f"z{_SUBSCRIPTS[i]}", [*_summed(pieces), _is(made)]))
    return lines


def _term(weights: Floats, read: Floats, *, constant: bool) -> list[str]:
    if constant:
        return [_plus(_text(float(weights)))]
    if len(read) > MOST:
        return [_plus(_text(float(weights @ read)))]
    return [_plus(_row(weights)), _by(read)]


def _read_out(tape: Tape, at: int) -> dict[str, list[_Line]]:
    """y, the error e and the loss."""
    network, g = tape.network, tape.network.readout
    y, e = tape.outputs[at, 0], tape.errors[at, 0]
    if not g.uses or len(y) > MOST:
        return {}
    state, p, names = tape.states[at + 1], network.parameters, _names("y", len(y))
    o = g.made(p, network.by_part(state)[network.read_out.name])[0]
    sums = [
        [f"= {_row(p[WEIGHTS][j])}", _by(state[0]), _plus(_text(p[BIAS][j])), _is(made)] for j, made in enumerate(o)
    ]
    if g.name == "identity":
        lines: list[_Line] = list(zip(names, sums, strict=True))
    else:
        lines = [*zip(_names("o", len(y)), sums, strict=True), ("y", [f"= {g.name}(o)", _is_row(y)])]
    if not tape.batch.scored[at]:
        return {"y": lines}
    loss: list[str] = []
    if g.name == "identity":
        squares = [f"{_bracketed(_text(error))}²" for error in e]
        loss = [f"= ½·{squares[0]}"] if len(squares) == 1 else ["= ½·(" + " + ".join(squares) + ")"]
    elif g.classes:
        loss = [f"= −ln {_text(y[int(tape.batch.targets[at, 0])])}"]
    return {
        "y": lines,
        "e": _errors(tape, at, e),
        "L": [(f"L_{at + 1}", [*loss, _is(float(tape.losses[at]))])],
    }


def _errors(tape: Tape, at: int, e: Floats) -> list[_Line]:
    y, target = tape.outputs[at, 0], tape.batch.targets[at, 0]
    wanted = np.eye(len(y))[int(target)] if tape.network.readout.classes else target
    return [
        (name, [f"= {_text(y[j])} {MINUS} {_bracketed(_text(wanted[j]))}", _is(e[j])])
        for j, name in enumerate(_names("e", len(y)))
    ]


def _put_in(walk: BackwardPass, s: int) -> dict[str, list[_Line]]:
    """What the loss of this very step puts in; nothing where it has none, or another loss is followed."""
    tape, e = walk.tape, walk.returned.errors[s - 1, 0]
    network, injected = tape.network, _pairs(walk.step(s).injected)
    if not takes_loss(walk, s):
        return {}
    if not network.readout.uses or len(e) > MOST:
        return {"injected": [(f"unit {i + 1}:", [_first(_is(*made))]) for i, made in enumerate(injected)]}
    columns = network.parameters[WEIGHTS].T
    rows: list[_Line] = [
        (f"unit {i + 1}:", [_row(column), _by(e), _is(*made)])
        for i, (column, made) in enumerate(zip(columns, injected, strict=True))
    ]
    return {"e": _errors(tape, s - 1, e), "injected": rows}


def _come_back(walk: BackwardPass, s: int) -> dict[str, list[_Line]]:
    """What comes back through the recurrent matrix, and δ."""
    network, step = walk.tape.network, walk.step(s)
    ((z, recurrent),) = ((use.delta, name) for name, use in network.cell.uses().items() if use.role == "recurrent")
    slopes = _pairs(network.activation.unit_derivative(walk.tape.preactivations[s - 1, 0]))
    parts = zip(slopes, _pairs(step.injected), _pairs(step.carried), _pairs(step.deltas[z]), strict=True)
    last = s == len(walk)
    delta: list[_Line] = []
    for i, (slope, put_in, come_back, made) in enumerate(parts):
        sum_ = f"({_text(*put_in)} {_plus(_text(*come_back))})"
        pieces = [f"= {_text(*slope)}", f"·{_bracketed(_text(*put_in)) if last else sum_}", _is(*made)]
        delta.append((f"δ{_SUBSCRIPTS[i]}", pieces))
    if last:
        return {"delta": delta}
    columns, after = network.parameters[recurrent].T, walk.step(s + 1).deltas[z]
    carried: list[_Line] = [
        (f"unit {i + 1}:", [_row(column), _by(after), _is(*made)])
        for i, (column, made) in enumerate(zip(columns, _pairs(step.carried), strict=True))
    ]
    return {"carried": carried, "delta": delta}


def _gathered(walk: BackwardPass, s: int) -> dict[str, list[_Line]]:
    """Every parameter: what its use at this step adds, δ uᵀ, and what there is so far."""
    tape, step = walk.tape, walk.step(s)
    network, deltas = tape.network, step.deltas
    later = walk.step(s + 1).so_far if s < len(walk) else None
    found = {}
    for name, use in network.uses.items():
        error = walk.returned.errors[s - 1, 0]
        delta = Scaled(error, np.zeros(1, dtype=np.int64)) if use.role == "readout" else deltas[use.delta]
        read, here, so_far = tape.reads[name][s - 1, 0], step.contributions[name], step.so_far[name]
        if max(here.mantissa.shape) > MOST:
            continue
        rows: list[_Line] = []
        if here.mantissa.ndim == 1 or here.mantissa.shape[1] == 1:
            factors = [_row(delta), _by(read), _is_row(here)]
            alone = network.symbol(name) == "1"
            rows.append(("here:", [_first(_is_row(here))] if alone else factors))
            rows.append(("so far:", _running(None if later is None else later[name], here, so_far)))
        else:
            several = len(here.mantissa) > 1
            for i, of in enumerate(_pairs(delta)):
                mark, this = _SUBSCRIPTS[i] if several else "", _part(here, i)
                before = None if later is None else _part(later[name], i)
                rows.append((f"here{mark}:", [_text(*of), _by(read), _is_row(this)]))
                rows.append((f"so far{mark}:", _running(before, this, _part(so_far, i))))
        found[name] = rows
    return found


def _running(before: Scaled | None, here: Scaled, so_far: Scaled) -> list[str]:
    return [_first(_is_row(so_far))] if before is None else [_row(before), _plus(_row(here)), _is_row(so_far)]


def _part(values: Scaled, i: int) -> Scaled:
    """A row of a matrix."""
    return Scaled(values.mantissa[i], np.broadcast_to(values.exponent, values.mantissa.shape)[i])


# Numbers and lines


def _pairs(values: Floats | Scaled) -> list[tuple[float, int]]:
    """A vector's mantissas, each with its power of two."""
    if not isinstance(values, Scaled):
        return [(value, 0) for value in values.ravel().tolist()]
    if not values.exponent.any():
        return [(value, 0) for value in values.mantissa.ravel().tolist()]
    powers = np.broadcast_to(values.exponent, values.mantissa.shape)
    return list(zip(values.mantissa.ravel().tolist(), powers.ravel().tolist(), strict=True))


@lru_cache(maxsize=4096)
def _text(value: float, power: int = 0) -> str:
    """A number: with all of its digits where they are few."""
    if (short := _short(value, power)) is not None:
        return short.replace("-", MINUS)
    if power == 0:
        return number(value)
    return (MINUS if value < 0 else "") + magnitude(float(np.log2(abs(value))) + power)


@lru_cache(maxsize=4096)
def _short(value: float, power: int) -> str | None:
    """All of a number's digits; None where they are many."""
    plain = float(np.ldexp(value, power)) if abs(power) < 1000 else np.inf
    if value == 0:
        return "0"
    if not 1e-6 < abs(plain) < 1e6:
        return None
    text = f"{plain:.{_DIGITS}g}"
    return text if "e" not in text and abs(float(text) - plain) <= _NOISE * abs(plain) else None


def _is(value: float, power: int = 0) -> str:
    """`= 0.25`, or `≈ 0.333` where it is rounded."""
    return f"{'≈' if _short(value, power) is None else '='} {_text(value, power)}"


def _row(values: Floats | Scaled) -> str:
    texts = [_text(*pair) for pair in _pairs(values)]
    return texts[0] if len(texts) == 1 else f"[{' '.join(texts)}]"


def _by(values: Floats | Scaled) -> str:
    """The second factor of a product."""
    return f"·{_bracketed(_row(values))}"


def _is_row(values: Floats | Scaled) -> str:
    rounded = any(_short(*pair) is None for pair in _pairs(values))
    return f"{'≈' if rounded else '='} {_row(values)}"


def _plus(text: str) -> str:
    """A number added to what stands before it."""
    return f"{MINUS} {text[1:]}" if text.startswith(MINUS) else f"+ {text}"


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith(MINUS) else text


def _first(result: str) -> str:
    """A result that nothing stands before: without its `=`."""
    return result.removeprefix("= ")


def _summed(pieces: Sequence[str]) -> list[str]:
    """A sum from its first term on."""
    sign, _, first = pieces[0].partition(" ")
    return [f"= {first if sign == '+' else sign + first}", *pieces[1:]]


def _names(symbol: str, count: int) -> list[str]:
    return [symbol] if count == 1 else [f"{symbol}{_SUBSCRIPTS[i]}" for i in range(count)]


def _wrapped(lines: Iterable[_Line], width: int) -> list[str]:
    """Each line as one, or broken where it is longer than the width: between its terms, and factors if it has to be."""
    found = []
    for name, pieces in lines:
        text = f"  {name}"
        for term in _terms(pieces, width - len(_INDENT)):
            if len(text) + 1 + len(term) > width:
                found.append(text)
                text = _INDENT.removesuffix(" ")
            text += f" {term}" if not term.startswith("·") or text.isspace() else term
        found.append(text)
    return found


def _terms(pieces: Sequence[str], room: int) -> list[str]:
    """The pieces, each product as one of them where there is room for it."""
    terms: list[str] = []
    for piece in pieces:
        if piece.startswith("·") and len(terms[-1]) + len(piece) <= room:
            terms[-1] += piece
        else:
            terms.append(piece)
    return terms
