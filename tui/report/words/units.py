"""What can be shown of single units over time, from what a cell says of itself, and what is said of it in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from core.bptt.forward_step import SATURATED_SHARE
from core.network.activations import ACTIVATIONS
from tui.report.curves import losses_named
from tui.report.numbers import MINUS, magnitude, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core import Network, Trace
    from core.network.activations import Activation
    from tui.report.charts.unit_grid import Covered, UnitGrid

Kind: TypeAlias = Literal["state", "value", "preactivation", "slope", "gradient"]

ABOVE: Final = "⊞"
"""A saturated unit whose pre-activation is above 0"""

BELOW: Final = "⊟"
"""A saturated unit whose pre-activation is 0 or below"""

DEAD: Final = "∅"
"""Beside a row of dead units"""

FAR: Final = 1e3
"""A pre-activation this far from 0 is where a function ends"""


@dataclass(frozen=True)
class Quantity:
    """Something that every unit has at every step."""

    symbol: str
    """As it is written: `a`, `z`, `f`, `φ'`, `δ_f`"""
    kind: Kind
    name: str
    """The part of the state, or the pre-activation"""
    made_by: str | None
    """The pre-activation whose units these are, and which says what is saturated; None where several make it"""
    is_share: bool
    """Whether it lies between 0 and 1, as gates and slopes do"""
    is_gate: bool = False
    """Whether it is of a gate, which has the same function whatever φ is: σ"""


def quantities(network: Network) -> dict[str, Quantity]:
    """Symbol → what can be shown of a network's units, in the order of display.

    The parts of the state; what the pre-activations are made into, unless that is a part of the state; the
    pre-activations; their slopes, where those change; and the gradients at them.
    """
    functions, forward = network.cell.functions(network.activation), network.cell.equations().forward
    fixed = network.cell.functions(ACTIVATIONS["identity"])
    gates = {name for name, function in fixed.items() if _changes(function)}
    only = len(functions) == 1
    found, made = [], set()
    for part in network.parts:
        source, alone = _made_by(forward[part.name], functions)
        made |= {source} if alone else set()
        share = alone and source is not None and _is_share(functions[source])
        found.append(Quantity(part.name, "state", part.name, source, share))
    for name, function in functions.items():
        if name not in made and _changes(function):
            symbol = name if _is_value(forward[name]) else f"φ({name})"
            found.append(Quantity(symbol, "value", name, name, _is_share(function), name in gates))
    for name in functions:
        symbol = f"z_{name}" if _is_value(forward[name]) else name
        found.append(Quantity(symbol, "preactivation", name, name, is_share=False))
    for name, function in functions.items():
        if _changes(function):
            symbol = "σ'" if name in gates else "φ'"
            found.append(Quantity(symbol if only else f"{symbol}_{name}", "slope", name, name, is_share=True))
    found += [Quantity("δ" if only else f"δ_{name}", "gradient", name, name, is_share=False) for name in functions]
    by_symbol: dict[str, Quantity] = {}
    for one in found:
        by_symbol.setdefault(one.symbol, one)
    return by_symbol


def chosen(network: Network, asked: str | None) -> Quantity:
    """What is shown: what is asked for, where this network has it; or else the part of the state that is read out."""
    found = quantities(network)
    return found[asked if asked is not None and asked in found else network.read_out.name]


def _made_by(equation: str, functions: Mapping[str, Activation]) -> tuple[str | None, bool]:
    """The one pre-activation that φ is applied to in a part's equation, and whether that is all that the part is."""
    right = equation.partition(" = ")[2]
    applied = [name for name in re.findall(r"φ\((\w+)⟨t⟩\)", right) if name in functions]
    return (applied[0], right == f"φ({applied[0]}⟨t⟩)") if len(applied) == 1 else (None, False)


def _is_value(equation: str) -> bool:
    """Whether the name stands for what the function has made, `f⟨t⟩ = σ(…)`, and not for the pre-activation."""
    return re.match(r"\w+⟨t⟩ = [σφ]\(", equation) is not None


def _is_share(function: Activation) -> bool:
    ends = function.value(np.array([-FAR, FAR]))
    return bool(np.all((ends >= 0.0) & (ends <= 1.0)))


def _changes(function: Activation) -> bool:
    """Whether the function's slope is not the same everywhere: that of the identity is."""
    return function.tail is not None or bool(function.kinks)


def caption(
    trace: Trace, quantity: Quantity, loss: int | None, *, by_decades: bool, as_table: bool = False
) -> tuple[str, ...]:
    """What the colors, or the numbers, stand for, the fullest wording first.

    Args:
        trace: What is shown.
        quantity: What of its units.
        loss: The t of the loss that gradients go back from; None for all losses.
        by_decades: Whether the scale is one of decades.
        as_table: Whether there are numbers in place of colors.
    """
    examples = trace.batch.inputs.shape[1]
    of = f", example 1 of {examples}" if examples > 1 else ""
    sign, decades = (
        "number" if as_table else "color",
        ": sign, and size by decades" if by_decades and not as_table else "",
    )
    symbol = quantity.symbol
    long, short = {
        "state": (f"{symbol}⟨t⟩, the state of each unit", f"{symbol}⟨t⟩ of each unit"),
        "value": (
            f"{symbol}⟨t⟩ of each unit" + (", 0 shut and 1 open" if quantity.is_gate else ""),
            f"{symbol}⟨t⟩ of each unit",
        ),
        "preactivation": (f"{symbol}⟨t⟩, what goes into each unit's function", f"{symbol}⟨t⟩ of each unit"),
        "slope": (f"{symbol} of each unit, as a share of its largest value", f"{symbol}, as a share of its largest"),
        "gradient": (
            f"{symbol}⟨s⟩, the gradient of {losses_named(loss)} at each unit",
            f"{symbol}⟨s⟩ of {losses_named(loss)}",
        ),
    }[quantity.kind]
    forms = (f"{sign}: {long}{decades}{of}", f"{sign}: {short}{decades}{of}", f"{short}{decades}{of}", f"{short}{of}")
    return tuple(dict.fromkeys(forms))


def counts(grid: UnitGrid, step: int) -> tuple[str, ...]:
    """How many units are saturated at a step, and how many are dead, the fullest wording first."""
    if grid.made_by is None:
        return (
            f"several gates make {grid.symbol}⟨t⟩: which units are saturated is shown of each gate",
            "saturated: see each gate",
        )
    saturated, dead = int(grid.saturated[:, step - 1].sum()), int(grid.dead.sum()) or "none"
    share = f"{SATURATED_SHARE:.0%}".replace("%", " %")
    head = f"t = {step}: {ABOVE}{BELOW} {saturated} of {grid.units}"
    return (
        f"{head} units saturated (slope under {share} of its largest) · {DEAD} {dead} dead (slope 0 at every step)",
        f"{head} saturated (slope under {share} of its largest) · {DEAD} {dead} dead",
        f"{head} saturated · {DEAD} {dead} dead",
    )


def value_at(grid: UnitGrid, unit: int, step: int) -> str:
    """The number of a unit at a step: `−0.42`; of a gradient of any size too."""
    value = float(grid.values[unit - 1, step - 1])
    if grid.sign is None:
        return number(value)
    return (MINUS if grid.sign[unit - 1, step - 1] < 0 else "") + magnitude(value)


def cell_reading(grid: UnitGrid, covered: Covered) -> tuple[str, ...]:
    """What a cell shows: a number, or what stands for the numbers of several units or steps, the fullest first."""
    unit, step = grid.furthest(covered)
    words = reading(grid, unit, step)
    if not covered.several:
        return words
    which = f"units {_span(covered.units)}, t {_span(covered.steps)}"
    if grid.is_share:
        mean = f"{grid.symbol} = {number(grid.mean(covered))}"
        return (f"{which}: {mean} in the mean", f"{which}: mean {mean}", f"mean {mean}")
    return (f"{words[0]}, the furthest from 0 of {which}", f"{words[1]}, furthest of {which}", *words)


def _span(numbers: range) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"


def reading(grid: UnitGrid, unit: int, step: int) -> tuple[str, ...]:
    """What stands at a unit and a step, the fullest wording first."""
    what = f"{grid.symbol}⟨{step}⟩"
    if step > grid.last:
        return (
            f"unit {unit}: {what}: nothing, as the loss comes in at step {grid.last}",
            f"unit {unit}: {what}: nothing",
        )
    value = value_at(grid, unit, step)
    more = ", saturated" if grid.saturated[unit - 1, step - 1] else ""
    more += ", dead" if grid.dead[unit - 1] else ""
    return (f"unit {unit}: {what} = {value}{more}", f"{unit}: {what} = {value}{more}")
