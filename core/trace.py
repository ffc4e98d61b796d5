"""run(experiment) → Trace: everything the program shows about one network on one batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.bptt.backward import Gradients
from core.bptt.backward_pass import BackwardPass, BackwardStep, backward_pass
from core.bptt.forward import Tape, forward
from core.bptt.lag_profile import LagProfile, lag_profile
from core.bptt.parameter_groups import Grouping, ParameterGroup, parameter_groups
from core.bptt.truncation import Truncation, truncates, truncation
from core.network.batch import Batch
from core.network.initializers import recurrent_matrix
from core.network.network import Network
from core.numerics.progress import Progress
from core.settings.experiment import Experiment
from core.tasks import make_batch, stream
from core.tasks.drawn import make_network


@dataclass(frozen=True, eq=False)
class Trace:
    """One experiment's forward pass, backward pass and lag profile."""

    experiment: Experiment
    tape: Tape
    walk: BackwardPass
    """The backward pass, step by step, with its norms as arrays over the steps"""
    gradients: Gradients
    """∂L/∂θ of L = Σ L_t, by parameter"""
    lags: LagProfile
    training_step: int = 0
    """After how many steps of training the network is as it is here"""
    truncation: Truncation | None = None
    """What truncation with the settings' k1 and k2 does to the gradient; None where k2 is 0, or each layer has weights
    of its own"""

    @cached_property
    def steps(self) -> tuple[BackwardStep, ...]:
        """The walk back, steps[0] at s = T, steps[−1] at s = 1."""
        return tuple(self.walk)

    @property
    def network(self) -> Network:
        """The network."""
        return self.tape.network

    @property
    def batch(self) -> Batch:
        """The batch, cut to the steps that stayed finite."""
        return self.tape.batch

    def parameter_groups(self, by: Grouping = "source") -> Mapping[str, ParameterGroup]:
        """The lines that the profile is shown as; see `core.bptt.parameter_groups`."""
        return parameter_groups(self.network, by)

    def profile(self, by: Grouping = "source") -> LagProfile:
        """The lag profile by groups of parameters; for the vanilla cell, by source, that is `lags` itself."""
        if by not in self._profiles:
            members = {name: group.parameters for name, group in self.parameter_groups(by).items()}
            self._profiles[by] = self.lags.grouped(members)
        return self._profiles[by]

    @cached_property
    def _profiles(self) -> dict[Grouping, LagProfile]:
        return {}

    def untied(self) -> Network:
        """The network of the same settings with a matrix of its own for every step: a deep chain.

        All matrices are drawn as W_aa is, from the same stream; W_ax, b_a, W_y and b_y are this network's where it has
        them, so that it is the chain without gates that stands beside a gated cell.
        """
        experiment, network, steps = self.experiment, self.network, len(self.tape.losses)
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


def run(
    experiment: Experiment,
    *,
    network: Network | None = None,
    batch: Batch | None = None,
    training_step: int = 0,
    progress: Progress | None = None,
) -> Trace:
    """Forward, backward, and the gradient taken apart by lag.

    Args:
        experiment: The settings.
        network: Use this network instead of the one the settings describe.
        batch: Use this batch instead of the one the settings describe.
        training_step: After how many steps of training the network is the one given.
        progress: Called with (done, total) as work goes on; raising from it ends the work.

    Raises:
        ValueError: if the network and the batch do not fit, or the first step already leaves float64.
    """
    network = make_network(experiment) if network is None else network
    batch = make_batch(experiment) if batch is None else batch
    tape = forward(network, batch)
    # A heartbeat: the walk is short beside the lags, but long enough in a large network to be ended on the way.
    heartbeat = None if progress is None else lambda done, total: progress(0, total)
    walk = backward_pass(tape, progress=heartbeat)
    if not truncates(network, experiment.k2):
        lags = lag_profile(tape, walk.gradients, progress)
        return Trace(experiment, tape, walk, walk.gradients, lags, training_step)
    first, second = (None if progress is None else _half(progress, half) for half in (0, 1))
    lags = lag_profile(tape, walk.gradients, first)
    found = truncation(tape, experiment.k1, experiment.k2, walk.gradients, second)
    return Trace(experiment, tape, walk, walk.gradients, lags, training_step, found)


def _half(progress: Progress, half: int) -> Progress:
    return lambda done, total: progress(done + half * total, 2 * total)
