"""Which setting lets more of a gradient through on a cell's direct path, found from what the cell says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from core.network.activations import ACTIVATIONS
from core.network.cells import Cell


@dataclass(frozen=True)
class _Biases:
    """The settings that biases start from."""

    bias: float = 0.0
    forget_bias: float = 0.0


def opening(cell: Cell) -> str:
    """What to set so that the direct path keeps more: `a higher forget bias, from which b_f starts`.

    A setting of the cell's own comes before the bias of every cell; of a stack each layer with such a path is asked.

    Args:
        cell: Any cell.

    Returns:
        The settings in words, joined by `or`; empty where none changes what the direct path keeps.

    Runnable example:

        >>> import core
        >>> opening(core.run(core.Experiment(cell="gru", hidden_size=2, timesteps=3)).network.cell)
        'a higher bias, from which b_z starts'
    """
    layers = [one for one in cell.stack if one.direct is not None]
    return " or ".join(dict.fromkeys(told for one in layers for told in list(_openings(one))[:1]))


def _openings(cell: Cell) -> Iterator[str]:
    for name in (*cell.settings, "bias"):
        if name in cell.constants:
            # A step down, since a share such as the leak may have no room above.
            more = _kept(cell.having({name: 0.9 * cell.constants[name]})) - _kept(cell)
            if more:
                yield f"a {'lower' if more > 0 else 'higher'} {_called(name)}"
        elif hasattr(_Biases(), name):
            yield from _by_bias(cell, name)


def _by_bias(cell: Cell, name: str) -> Iterator[str]:
    """What raising a setting does through the biases that start from it, each by itself."""
    none = _Biases()
    raised = replace(none, **{name: 1.0})
    for parameter, use in cell.uses().items():
        moved = cell.bias_of(parameter, raised) - cell.bias_of(parameter, none) if use.role == "bias" else 0.0
        more = _kept(cell, {use.delta: moved}) - _kept(cell) if moved else 0.0
        if more:
            yield f"a {'higher' if more > 0 else 'lower'} {_called(name)}, from which {parameter} starts"


def _called(setting: str) -> str:
    return setting.replace("_", " ")


def _kept(cell: Cell, at: dict[str, float] | None = None) -> float:
    """log₂ of what the direct path keeps where every pre-activation is 0, but for those given."""
    function = ACTIVATIONS["tanh"]
    widths = cell.widths(1)
    made = [np.full(widths[name], (at or {}).get(name, 0.0)) for name in cell.functions(function)]
    found = cell.log2_direct(function, np.concatenate(made)[np.newaxis, np.newaxis])
    return 0.0 if found is None else float(np.mean(found))
