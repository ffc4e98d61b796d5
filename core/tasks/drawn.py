"""The network that an Experiment starts from, drawn from its seed."""

from __future__ import annotations

import numpy as np

from core.network.cells import CELLS, Leaky
from core.network.initializers import recurrent_matrix
from core.network.network import Network
from core.settings.experiment import Experiment
from core.tasks import input_size, output_size, readout_name, stream


def make_network(experiment: Experiment) -> Network:
    """The network an experiment starts from.

    Every matrix that reads a by the initializer, every one that reads x ~ N(0, input_gain²/n_x), W_y ~ N(0, 1/n_a),
    every bias of the cell = bias, b_f of an LSTM forget_bias
    more, b_y = 0. The same seed draws the same numbers, parameter by parameter, so that a
    gain rescales a network and does not replace it.
    """
    n, n_x, n_y = experiment.hidden_size, input_size(experiment), output_size(experiment)
    cell, parameters = CELLS[experiment.cell], {}
    for name, shape in cell.shapes(n_x, n, experiment.timesteps).items():
        reads, rng = cell.uses()[name].source, stream(experiment, name)
        if reads == "a":
            drawn = [recurrent_matrix(experiment.initializer, n, experiment.gain, rng) for _ in range(_count(shape))]
            parameters[name] = drawn[0] if len(shape) == 2 else np.stack(drawn)
        elif reads == "x":
            parameters[name] = experiment.input_gain * rng.standard_normal(shape) / n_x**0.5
        else:
            parameters[name] = np.full(shape, experiment.bias)
    parameters["W_y"] = stream(experiment, "W_y").standard_normal((n_y, n)) / n**0.5
    parameters["b_y"] = np.zeros(n_y)
    if experiment.cell == "lstm":
        parameters["b_f"] += experiment.forget_bias
    leak = experiment.leak if isinstance(cell, Leaky) else 1.0
    return Network(experiment.cell, parameters, experiment.activation, readout_name(experiment), leak)


def _count(shape: tuple[int, ...]) -> int:
    """How many matrices: one, or one a layer, the first of which is that of the tied network."""
    return 1 if len(shape) == 2 else shape[0]
