"""Which network on which data, in a line: of a trace, or of settings before anything is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from core.network.network import cell_named
from core.tasks import source_of
from tui.report.printable import printable
from tui.report.words.counted import counted
from tui.report.words.heads import head_brief

if TYPE_CHECKING:
    from core.network.batch import Batch
    from core.network.cells.protocol import Cell
    from core.settings.experiment import Experiment
    from core.sources.given import Given
    from core.trace import Trace

OWN_DATA: Final = "own data"
"""What data are called that nobody has named"""


def describe_setup(trace: Trace | Given, training_step: int | None = None) -> str:
    """Which network on which data: `vanilla RNN · tanh · 16 units · sunspots, 50 steps · trained 20 updates`.

    It is told of the network and the batch themselves, whether settings made them or not. Which steps have a loss is
    said unless it is as the task of that name has it.

    Args:
        trace: Of the network and the batch, or what it is to be made of.
        training_step: After how many steps of training the network is, instead of as many as the trace says.
    """
    network, batch, settings = trace.network, trace.whole_batch, trace.origin.experiment
    made = settings is not None and trace.origin.makes_batch
    scored = _scored_of(settings) if made and settings is not None else _which_scored(batch)
    steps, examples, _ = batch.inputs.shape
    step = trace.training_step if training_step is None else training_step
    data = _data(printable(trace.origin.label) or OWN_DATA, steps, examples, scored)
    return _what(network.cell, network.activation_name, network.hidden_size, data, step, head_brief(network))


def what_settings_make(experiment: Experiment, training_step: int = 0) -> str:
    """What `what` says of the network and batch that an experiment makes, before they are made."""
    cell = cell_named(experiment.cell_name, experiment.constants)
    data = _data(data_label(experiment), experiment.timesteps, experiment.batch_size, _scored_of(experiment))
    return _what(cell, experiment.activation, experiment.hidden_size, data, training_step)


def data_label(experiment: Experiment) -> str:
    """What the data that an experiment makes are called: the task, or the file and the columns asked for."""
    try:
        return printable(source_of(experiment).label)
    except ValueError:  # the file is not there, or does not have what is asked of it
        return experiment.task


def _what(cell: Cell, activation: str, units: int, data: str, training_step: int, head: str = "") -> str:
    parts = [
        cell.title,
        *([activation] if cell.activated else []),
        counted(units, "unit"),
        *([head] * bool(head)),
        data,
    ]
    if training_step:
        parts.append(f"trained {counted(training_step, 'update')}")
    return " · ".join(parts)


def _data(label: str, steps: int, examples: int, scored: str) -> str:
    data = f"{label}, {counted(steps, 'step')}"
    if examples > 1:
        data += f" × {examples}"
    return f"{data}, {scored}" if scored else data


def _scored_of(experiment: Experiment) -> str:
    return "last scored" if experiment.scored == "last" else ""


def _which_scored(batch: Batch) -> str:
    """`last scored`, `12 scored`, or nothing where all steps are; `31 of 36 targets scored` where examples differ."""
    found = np.flatnonzero(batch.scored_steps)
    if batch.probe_of:
        between = batch.scored.ndim == 1 and len(found) == 1 and found[0] < len(batch.scored) - 1
        where = f"state {found[0] + 1}" if between else "the last state"
        return f"no loss but a probe, {batch.probe_of} at {where}"
    if batch.scored.ndim == 2:
        return f"{int(batch.scored.sum())} of {batch.scored.size} targets scored"
    if len(found) == 1 and found[0] == len(batch.scored) - 1 > 0:
        return "last scored"
    return "" if len(found) == len(batch.scored) else f"{len(found) or 'none'} scored"
