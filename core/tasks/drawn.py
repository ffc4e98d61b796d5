"""The network that an Experiment starts from, and the deep chain that it is compared with, drawn from its seed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.network.cells import Use
from core.network.framework_draws import redrawn
from core.network.initializers import reading_matrix, recurrent_matrix
from core.network.network import Network, cell_named
from core.network.readout import READOUTS
from core.numerics.scaled import Floats
from core.settings.experiment import Experiment
from core.tasks import input_size, output_size, readout_name, stream


def make_network(experiment: Experiment) -> Network:
    """The network an experiment starts from.

    Every recurrent matrix by the initializer, every one that reads n numbers from below, n_x of the input,
    ~ N(0, input_gain²/n), W_y ~ N(0, 1/n_a), or of few digits where the initializer is `round`, every
    bias of the cell as `Cell.bias_of` says (the setting bias; b_f of an LSTM forget_bias more), b_y = 0. The same seed
    draws the same numbers, parameter by parameter, so that a gain rescales a network and does not replace it.

    Raises:
        ValueError: if the task's text is not there.

    Runnable example:

        >>> import core
        >>> network = core.make_network(core.Experiment(hidden_size=2))
        >>> {name: array.shape for name, array in network.parameters.items()}
        {'W_aa': (2, 2), 'W_ax': (2, 1), 'b_a': (2,), 'W_y': (1, 2), 'b_y': (1,)}
    """
    cell, parameters = cell_named(experiment.cell_name), {}
    for name, shape in cell.shapes(input_size(experiment), experiment.hidden_size, experiment.timesteps).items():
        # The lowest layer of a stack is drawn as a single one is.
        drawn_as = name.removesuffix("_1") if len(cell.stack) > 1 else name
        role, n = cell.uses()[name].role, shape[-1]
        if role == "recurrent":
            rng = stream(experiment.seed, drawn_as)
            drawn = [recurrent_matrix(experiment.initializer, n, experiment.gain, rng) for _ in range(_count(shape))]
            parameters[name] = drawn[0] if len(shape) == 2 else np.stack(drawn)
        elif role == "input":
            rng = stream(experiment.seed, drawn_as)
            parameters[name] = reading_matrix(experiment.initializer, shape, experiment.input_gain, rng)
        else:
            parameters[name] = np.full(shape, cell.bias_of(name, experiment))
    parameters |= _redrawn(experiment, cell.uses(), parameters)
    n_out = next(part.width for part in cell.parts(experiment.hidden_size) if part.read_out)
    parameters |= drawn_readout(experiment, n_out)
    constants = dict(cell_named(experiment.cell_name, experiment.constants).constants)
    leak = constants.pop("leak", 1.0)
    activation = experiment.activation if cell.activated else "identity"
    return Network(experiment.cell_name, parameters, activation, readout_name(experiment), leak, constants)


def drawn_readout(experiment: Experiment, n: int) -> dict[str, Floats]:
    """The read-out that an experiment's network starts with, W_y (n_y, n) and b_y (n_y,), behind n numbers of a state.

    Args:
        experiment: The settings: what is asked for, the initializers and the seed.
        n: How many numbers it reads.

    Raises:
        ValueError: if the task's text is not there.
    """
    readout, found = READOUTS[readout_name(experiment)], {}
    for name, shape in readout.shapes(output_size(experiment), n).items():
        if readout.uses[name].source == "1":
            found[name] = np.zeros(shape)
        else:
            found[name] = reading_matrix(experiment.initializer, shape, 1.0, stream(experiment.seed, name))
    return found | _redrawn(experiment, readout.uses, found)


def _redrawn(experiment: Experiment, uses: Mapping[str, Use], parameters: Mapping[str, Floats]) -> dict[str, Floats]:
    return redrawn(
        experiment.initializer,
        {"input": experiment.input_initializer, "readout": experiment.output_initializer},
        uses,
        parameters,
        (experiment.gain, experiment.input_gain),
        lambda name: stream(experiment.seed, name),
    )


def _count(shape: tuple[int, ...]) -> int:
    """How many matrices: one, or one a layer, the first of which is that of the tied network."""
    return 1 if len(shape) == 2 else shape[0]


def drawn_untied(experiment: Experiment, network: Network, steps: int) -> Network:
    """The deep chain of T layers that the network an experiment starts from is compared with.

    W_aa⟨1⟩ … W_aa⟨T⟩ are drawn by the initializer and the gain from W_aa's stream, so that the first is W_aa itself;
    W_ax, b_a, W_y and b_y are the network's where it has them, and drawn as the settings say in the place of a gated
    cell's.

    Args:
        experiment: The settings.
        network: The network that they make.
        steps: T.
    """
    n, n_x, own, uses = network.hidden_size, network.input_size, network.parameters, network.cell.uses()
    alone = len({use.delta for use in uses.values()}) == 1
    of_role = {use.role: own[name] for name, use in uses.items() if alone}
    rng, into = stream(experiment.seed, "W_aa"), stream(experiment.seed, "W_ax")
    layers = [recurrent_matrix(experiment.initializer, n, experiment.gain, rng) for _ in range(steps)]
    drawn = reading_matrix(experiment.initializer, (n, n_x), experiment.input_gain, into)
    parameters = {
        "W_aa": np.stack(layers),
        "W_ax": of_role.get("input", drawn),
        "b_a": np.tile(of_role.get("bias", np.full(n, experiment.bias)), (steps, 1)),
        **{name: own[name] for name in network.readout.uses},
    }
    return Network("deep", parameters, network.activation_name, network.readout_name, network.leak)
