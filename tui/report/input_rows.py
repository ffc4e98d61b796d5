"""What a network reads, in rows of one cell per step: all inputs of the first example, however many there are.

One input is a row of bars, a few are a row each. Where just one input is 1 at every step and the others are 0, as for
characters, a single row says which: by the character that it stands for, or by its number. Of more inputs the row shows
‖x⟨t⟩‖; where these have names, each has a row besides for where there is room, those first that act most on the losses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.numerics.scaled import Floats
    from core.trace import Trace

MOST: Final = 3
"""How many inputs at most have a row of their own"""

LEAST: Final = 12
"""How many of more inputs have one for where there is room"""

TAKEN: Final = frozenset(
    ("position", "all steps", "gradient", "at input x", "pinned", "state a", "output y", "target", "‖input x‖")
)
"""Names of other rows of the strip, which no column of data takes"""

_NUMBERS: Final = "123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHOWN_AS: Final = {" ": "␣", "\n": "⏎", "\t": "→"}
_OTHER: Final = "□"
_SUBSCRIPTS: Final = "₁₂₃"


@dataclass(frozen=True, eq=False)
class InputRow:
    """One row: bars, or one character per step."""

    label: str
    values: Floats | None
    """(T,): what the bars show"""
    glyphs: str = ""
    """A character for each step, where there are no bars"""
    column: int | None = None
    """Which column of x the row shows, from 0; None where it shows all of them"""
    spare: bool = False
    """Whether it stands only where there is room when every other row does"""


def input_rows(trace: Trace) -> tuple[InputRow, ...]:
    """The rows of a trace's inputs, of the first example."""
    x, names = trace.batch.inputs[:, 0], trace.batch.input_names
    if x.shape[1] == 1:
        return (InputRow("input x", x[:, 0]),)
    if np.all(np.isin(x, (0.0, 1.0))) and np.all(x.sum(axis=1) == 1.0):
        return (InputRow("input x", None, "".join(glyph(names, place) for place in x.argmax(axis=1))),)
    labels = [_label(name) for name in names] or [f"input x{_SUBSCRIPTS[i % 3]}" for i in range(x.shape[1])]
    if x.shape[1] <= MOST:
        return tuple(InputRow(label, x[:, i], column=i) for i, label in enumerate(labels))
    # Relative to the largest, whose square may be past float64.
    whole = np.linalg.norm(x / max(float(np.abs(x).max()), np.finfo(float).tiny), axis=1)
    order = np.argsort(-trace.gradients.log2_input_columns, kind="stable")[:LEAST] if names else ()
    return (InputRow("‖input x‖", whole), *(InputRow(labels[j], x[:, j], column=int(j), spare=True) for j in order))


def _label(name: str) -> str:
    """A name of a column as that of a row, which no other row has."""
    return f"x {name}" if name in TAKEN else name


def output_glyphs(trace: Trace) -> str:
    """The likeliest class of the first example, a character for each step; empty where classes have no names."""
    network, names = trace.network, trace.batch.target_names
    if not network.readout.classes or len(names) != network.output_size:
        return ""
    return "".join(glyph(names, int(place)) for place in trace.tape.outputs[:, 0].argmax(axis=1))


def class_name(trace: Trace, place: int) -> str:
    """A class by the name that the batch has for it, or by its number from 0 on, as targets have it."""
    names = trace.batch.target_names
    if not trace.network.readout.classes or len(names) != trace.network.output_size:
        return str(place)
    return names[place] if len(names[place]) > 1 else glyph(names, place)


def glyph(names: Sequence[str], place: int) -> str:
    """One character for an input: its name, or its number from 1 on."""
    if not names:
        return _NUMBERS[place] if place < len(_NUMBERS) else _OTHER
    name = _SHOWN_AS.get(names[place], names[place])
    if len(name) > 1:  # a word: its first letter, where no other word begins with it
        initial = name[0]
        alone = sum(one[:1] == initial for one in names) == 1
        name = initial if alone else glyph((), place)
    return name if name.isprintable() and cell_len(name) == 1 else _OTHER
