"""How the gradient at each lag changes as the network learns: training step × lag.

Every recorded network is looked at on the same batch, the probe batch, so that only the network changes.
The rate is that of ‖∂L_t/∂a⟨t−k⟩‖, the gradient at the whole state, which every cell has and every parameter shares; of
an LSTM's state, ‖∂L_t/∂(a, c)⟨t−k⟩‖.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.bptt.backward import backward
from core.bptt.forward import forward
from core.bptt.lag_profile import LagProfile, lag_profile
from core.bptt.rate import Rate, typical_curve
from core.bptt.truncation import truncated_cosine, truncates
from core.network.batch import Batch
from core.network.network import Network
from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.numerics.progress import Progress
from core.numerics.scaled import Floats, Integers, freeze
from core.settings.experiment import Experiment
from core.tasks import make_batch
from core.training.history import TrainingHistory
from core.training.metrics import Metrics, metrics
from core.training.steps import spectral_radii

STATE = "state"
"""The name of the curve of ‖∂L_t/∂a⟨t−k⟩‖, which stands with those of the parameters."""


@dataclass(frozen=True, eq=False)
class ProbeProfile(FrozenRecord):
    """What is measured of one network of a run on the probe batch: its score, its rate, and curves (T,) at [k].

    Curves are log₂ of norms, the rate is in bits per step.
    """

    step: int
    typical: Mapping[str, Floats]
    """`state` and each parameter → (T,) at [k]: the mean over t of log₂ norms, −inf where all are exactly zero and
    nan past an overflow"""
    rate: Rate
    """How fast the curve `state`, ‖∂L_t/∂a⟨t−k⟩‖, changes from lag to lag"""
    metrics: Metrics
    spectral_radius: Mapping[str, float]
    """Recurrent matrix → its spectral radius ρ"""
    truncated_cosine: float | None = None
    """The cosine between the truncated gradient and the whole, nan where either is 0; None where the settings do not
    truncate"""
    log2_gradient: float = float("nan")
    """log₂ ‖∂L/∂θ‖ over all parameters, on the probe batch"""
    past_share: float = float("nan")
    """How much of the contributions to one loss comes from lags k ≥ 1, 0 … 1, of all recurrent parameters, as in
    `LagProfile.share_of_past`; where a network goes both ways, in its forward direction"""
    last_lag: int = 0
    """The last lag that there is"""

    @property
    def horizon(self) -> int | None:
        """The lag from which on less than 1 % of the gradient at the state is left; None if the last lag keeps more."""
        return self.rate.horizon


def state_rate(lags: LagProfile) -> Rate:
    """How fast ‖∂L_t/∂a⟨t−k⟩‖ changes from lag to lag, in bits per step: every cell has it, whatever its parameters.

    Args:
        lags: A lag profile.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> core.state_rate(trace.lags).regime  # four lags are too few to say
        'undetermined'
    """
    return lags.state_rate


def probe_profile(
    experiment: Experiment,
    network: Network,
    step: int = 0,
    *,
    batch: Batch | None = None,
    progress: Progress | None = None,
) -> ProbeProfile:
    """The typical curves, the rate and the score of a network on the probe batch.

    Args:
        experiment: The settings, which make the probe batch.
        network: The network after some step of its training.
        step: Which step that is.
        batch: The probe batch, if at hand.
        progress: Called with (lags done, lags in all); raising from it ends the work.

    Raises:
        ValueError: if the first step of the forward pass already leaves float64.

    Runnable example:

        >>> import core
        >>> experiment = core.Experiment(hidden_size=2, timesteps=5)
        >>> profile = core.probe_profile(experiment, core.make_network(experiment))
        >>> profile.typical["W_aa"].shape
        (5,)
    """
    probe = make_batch(experiment, units=network.parts[0].width) if batch is None else batch
    tape = forward(network, probe)
    gradients = backward(tape)
    lags = lag_profile(tape, gradients, progress)
    missing = np.full(len(probe.scored) - len(tape.losses), np.nan)

    def whole(curve: Floats) -> Floats:
        curve = np.concatenate([curve, missing])
        freeze(curve)
        return curve

    typical = {STATE: whole(typical_curve(lags.log2_state_norm))}
    typical |= {name: whole(lags.typical(name)) for name in lags.log2_norm}
    cosine = None
    if truncates(network, experiment.k2):
        cosine = truncated_cosine(tape, experiment.k1, experiment.k2, gradients)
    rate, score, radii = state_rate(lags), metrics(tape), spectral_radii(network)
    return ProbeProfile(
        step,
        FrozenMapping(typical),
        rate,
        score,
        radii,
        cosine,
        log2_gradient=float(gradients.flat().log2_norm()),
        past_share=past_share(network, lags),
        last_lag=len(lags.scored) - 1,
    )


def past_share(network: Network, lags: LagProfile) -> float:
    """How much of the recurrent parameters' contributions to one loss comes from lags k ≥ 1, all taken together.

    Args:
        network: The network.
        lags: Its lag profile; where it goes both ways, its forward direction is looked at.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5, gain=0.0))
        >>> past_share(trace.network, trace.lags)
        0.0
    """
    one = lags.directions[0] if lags.directions else lags
    recurrent = [name for name in one.log2_norm if name in network.cell.uses()]
    return one.grouped({STATE: recurrent}).share_of_past(STATE)


@dataclass(frozen=True, eq=False)
class ProfileMap(FrozenRecord):
    """The typical curves and the rate of every network of a run, as arrays of training step × lag, (S, T).

    Curves are log₂ of norms, rates in bits per step.
    """

    steps: Integers
    """(S,): the training steps, ascending"""
    log2_typical: Mapping[str, Floats]
    """`state` and each parameter → (S, T) at [i, k]: the typical curve after step `steps[i]`, log₂; nan at lags
    that only longer batches of other steps have"""
    rates: tuple[Rate, ...]
    """How fast the curve `state` changes from lag to lag, one rate per training step"""


def profile_map(profiles: Sequence[ProbeProfile]) -> ProfileMap:
    """Profiles of one run laid on each other, as arrays of training step × lag.

    Args:
        profiles: What `probe_profiles` gives, in order of the training steps.

    Raises:
        ValueError: if there are none.

    Runnable example:

        >>> import core
        >>> experiment = core.Experiment(hidden_size=2, timesteps=5)
        >>> history = core.TrainingHistory(experiment)
        >>> for _ in range(3):
        ...     history.add(core.advance(experiment, history.latest))
        >>> found = core.profile_map(list(core.probe_profiles(history)))
        >>> found.log2_typical["W_aa"].shape  # training step × lag
        (4, 5)
    """
    if not profiles:
        raise ValueError("no profiles were given; give at least one")
    longest = max(len(profile.typical[STATE]) for profile in profiles)
    names = [name for name in profiles[0].typical if all(name in profile.typical for profile in profiles)]
    stacked = {name: np.stack([_padded(profile.typical[name], longest) for profile in profiles]) for name in names}
    freeze(*stacked.values())
    steps = np.array([profile.step for profile in profiles])
    freeze(steps)
    return ProfileMap(steps, FrozenMapping(stacked), tuple(profile.rate for profile in profiles))


def _padded(curve: Floats, length: int) -> Floats:
    """A curve with nan at the lags that only longer sequences have."""
    return np.concatenate([curve, np.full(length - len(curve), np.nan)])


def probe_profiles(
    history: TrainingHistory, *, most: int = 32, progress: Progress | None = None
) -> Iterator[ProbeProfile]:
    """The profiles of at most `most` steps of a run, evenly spaced, the first and the latest with them.

    Args:
        history: A run.
        most: How many steps at most; they are chosen among those whose networks are kept.
        progress: Called with (profiles done, profiles in all); raising from it ends the work.

    Runnable example:

        >>> import core
        >>> experiment = core.Experiment(hidden_size=2, timesteps=5)
        >>> history = core.TrainingHistory(experiment)
        >>> for _ in range(3):
        ...     history.add(core.advance(experiment, history.latest))
        >>> [profile.step for profile in core.probe_profiles(history)]
        [0, 1, 2, 3]
    """
    batch, steps = make_batch(history.experiment), history.thinned(most)
    for done, step in enumerate(steps):
        if progress is not None:
            progress(done, len(steps))
        yield probe_profile(history.experiment, history.network_at(step), step, batch=batch)
