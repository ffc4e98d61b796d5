"""What is said of a sweep: which networks it is of, and where their gradient neither vanishes nor explodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.network.network import cell_named
from core.settings.experiment import settings
from tui.report.numbers import number, with_error
from tui.report.words.subject import data_label

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.numerics.scaled import Floats
    from core.settings.hints import Value
    from core.study.grid import Axis, Grid

FEW: Final = 6
"""So many values are listed; of more, the first and the last are named"""

_VARIED: Final = {
    "both": "of weights and data",
    "weights": "of weights, the data held",
    "data": "of data, the weights held",
}


def value_text(value: Value) -> str:
    """A setting's value as people read it."""
    return number(value) if isinstance(value, float) else str(value)


def by_label(name: str) -> str:
    """What a setting is called on the screen, as in its form: `units n_a` for hidden_size."""
    return settings()[name].label


def axis_text(axis: Axis, named: Callable[[str], str] = str) -> str:
    """`gain 0.5 … 2 (31)`, `cell rnn, gru`, `gain, leak drawn 100 times`."""
    if not axis.ordered:
        times = "once" if len(axis.values) == 1 else f"{len(axis.values)} times"
        return f"{', '.join(map(named, axis.names))} drawn {times}"
    values = [value_text(value) for (value,) in axis.values]
    if len(values) <= FEW:
        return f"{named(axis.name)} {', '.join(values)}"
    return f"{named(axis.name)} {values[0]} … {values[-1]} ({len(values)})"


def subject(found: Grid, named: Callable[[str], str] = str) -> str:
    """Which networks a sweep is of: `930 networks: gain 0.5 … 2 (31) × 10 seeds of weights and data`.

    Args:
        found: The grid.
        named: What a setting is called; by itself as on the command line.
    """
    seeds = len(found.seeds)
    said = [axis_text(axis, named) for axis in found.axes]
    said.append(f"{seeds} seeds {_VARIED[found.vary]}" if seeds > 1 else "1 seed")
    networks = "1 network" if len(found) == 1 else f"{len(found):,} networks"
    trained = f", each trained for {found.experiment.training_steps} updates" if found.trained else ""
    return f"{networks}: {' × '.join(said)}{trained}"


def others(found: Grid) -> str:
    """What all networks of a sweep have in common."""
    experiment, varied = found.experiment, {name for axis in found.axes for name in axis.names}
    parts = []
    if not varied & {"cell", "layers", *experiment.constants}:
        parts.append(cell_named(experiment.cell_name, experiment.constants).title)
    if "activation" not in varied:
        parts.append(experiment.activation)
    if "hidden_size" not in varied:
        parts.append("1 unit" if experiment.hidden_size == 1 else f"{experiment.hidden_size} units")
    if "gain" not in varied:
        parts.append(f"gain {number(experiment.gain)}")
    if not varied & {"task", "data", "text_file"}:
        parts.append(data_label(experiment))
    if "timesteps" not in varied:
        parts.append("1 step" if experiment.timesteps == 1 else f"{experiment.timesteps} steps")
    return " · ".join(parts)


@dataclass(frozen=True)
class Crossing:
    """A value of a setting at which the rate is ×1."""

    value: float
    error: float
    """How far it may be from that of all seeds, by one standard error of the mean; NaN where that is not known"""
    upward: bool
    """Whether gradients explode above it"""


def crossings_of(x: Floats, mean: Floats, error: Floats, *, logarithmic: bool) -> tuple[Crossing, ...]:
    """Where the mean rate over seeds is ×1, straight between the values (N,) of a setting that were computed.

    Args:
        x: (N,), the values, ascending.
        mean: (N,), bits per step; NaN where there is none.
        error: (N,), the standard errors of the means.
        logarithmic: Whether it is straight in the logarithm of the value.

    Runnable example:

        >>> crossings_of(np.array([1.0, 3.0]), np.array([-1.0, 1.0]), np.array([0.1, 0.1]), logarithmic=False)
        (Crossing(value=2.0, error=0.1, upward=True),)
    """
    found = []
    at = np.log(x) if logarithmic else x
    for i in range(len(x) - 1):
        before, after = mean[i], mean[i + 1]
        if not (before < 0 <= after or after < 0 <= before):
            continue
        share = before / (before - after)
        place = at[i] + share * (at[i + 1] - at[i])
        slope = (after - before) / (at[i + 1] - at[i])
        off = (error[i] * (1 - share) + error[i + 1] * share) / abs(slope)
        value = math.exp(place) if logarithmic else float(place)
        found.append(Crossing(value, float(value * off if logarithmic else off), bool(after > before)))
    return tuple(found)


def crossing_text(name: str, found: Crossing) -> str:
    """`gain 1.31 ± 0.05`."""
    return f"{name} {with_error(found.value, found.error)}"
