"""The network that an Experiment starts from, and the deep chain beside it, drawn from its seed."""

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


def drawn_untied(experiment: Experiment, network: Network, steps: int) -> Network:
    """The deep chain of T layers beside the network that an experiment starts from.

    W_aa⟨1⟩ … W_aa⟨T⟩ are drawn by the initializer and the gain from W_aa's stream, so that the first is W_aa itself;
    W_ax, b_a, W_y and b_y are the network's where it has them, and drawn as the settings say in the place of a gated
    cell's.

    Args:
        experiment: The settings.
        network: The network that they make.
        steps: T.
    """
    n, n_x, own = network.hidden_size, network.input_size, network.parameters
    rng, into = stream(experiment, "W_aa"), stream(experiment, "W_ax")
    layers = [recurrent_matrix(experiment.initializer, n, experiment.gain, rng) for _ in range(steps)]
    drawn = experiment.input_gain * into.standard_normal((n, n_x)) / n_x**0.5
    parameters = {
        "W_aa": np.stack(layers),
        "W_ax": own.get("W_ax", drawn),
        "b_a": np.tile(own.get("b_a", np.full(n, experiment.bias)), (steps, 1)),
        "W_y": own["W_y"],
        "b_y": own["b_y"],
    }
    return Network("deep", parameters, network.activation_name, network.readout_name, network.leak)
