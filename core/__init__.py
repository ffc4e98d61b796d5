"""Backpropagation through time taken apart: the gradient of every parameter, at every time and lag, exactly.

import core
trace = core.run(core.Experiment(gain=0.9))
trace.lags.rate("W_aa").factor          # what is left after one more step back in time
trace.lags.log2_norm["W_ax"][49, 10]    # log₂ ‖gradient of L_50 through W_ax ten steps earlier‖
"""

from core.bptt.backward import Gradients, backward
from core.bptt.backward_pass import BackwardStep, BackwardWalk, backward_steps, backward_walk
from core.bptt.direct_path import GatePath, gate_path
from core.bptt.forward import Tape, forward
from core.bptt.forward_step import ForwardStep, forward_step
from core.bptt.lag_profile import LagProfile, lag_profile
from core.bptt.parameter_groups import Family, Grouping, families
from core.bptt.rate import Rate
from core.bptt.truncation import Truncation, truncated_gradients, truncation
from core.claims import QUESTION, Answer, Claim, Evidence, answer
from core.dynamics.jacobians import JacobianProfile, RecurrentSpectrum, jacobian_profile, recurrent_spectrum
from core.dynamics.lyapunov import Lyapunov, lyapunov_along, lyapunov_of, lyapunov_spectrum
from core.dynamics.summary import Dynamics, dynamics_of
from core.dynamics.theory import TheoryLine, theory_lines
from core.gradient_check import check_gradients
from core.network.batch import Batch
from core.network.network import Network
from core.numerics.scaled import Scaled
from core.settings.experiment import Experiment, InvalidSettingsError, Setting, settings
from core.settings.presets import Preset, preset, presets
from core.tasks import Baseline, baselines, input_size, make_batch, output_size, readout_name
from core.trace import Trace, make_network, run
from core.training.history import TrainingHistory
from core.training.metrics import Metrics, metrics
from core.training.profile import (
    LearnedProfile,
    ProfileMap,
    learned_profile,
    learned_profiles,
    profile_map,
    state_rate,
)
from core.training.remedies import Compared, Remedy, compare, recent_score, remedies
from core.training.steps import TrainingState, TrainingStep, advance, begin, spectral_radii, train

__all__ = [
    "QUESTION",
    "Answer",
    "BackwardStep",
    "BackwardWalk",
    "Baseline",
    "Batch",
    "Claim",
    "Compared",
    "Dynamics",
    "Evidence",
    "Experiment",
    "Family",
    "ForwardStep",
    "GatePath",
    "Gradients",
    "Grouping",
    "InvalidSettingsError",
    "JacobianProfile",
    "LagProfile",
    "LearnedProfile",
    "Lyapunov",
    "Metrics",
    "Network",
    "Preset",
    "ProfileMap",
    "Rate",
    "RecurrentSpectrum",
    "Remedy",
    "Scaled",
    "Setting",
    "Tape",
    "TheoryLine",
    "Trace",
    "TrainingHistory",
    "TrainingState",
    "TrainingStep",
    "Truncation",
    "advance",
    "answer",
    "backward",
    "backward_steps",
    "backward_walk",
    "baselines",
    "begin",
    "check_gradients",
    "compare",
    "dynamics_of",
    "families",
    "forward",
    "forward_step",
    "gate_path",
    "input_size",
    "jacobian_profile",
    "lag_profile",
    "learned_profile",
    "learned_profiles",
    "lyapunov_along",
    "lyapunov_of",
    "lyapunov_spectrum",
    "make_batch",
    "make_network",
    "metrics",
    "output_size",
    "preset",
    "presets",
    "profile_map",
    "readout_name",
    "recent_score",
    "recurrent_spectrum",
    "remedies",
    "run",
    "settings",
    "spectral_radii",
    "state_rate",
    "theory_lines",
    "train",
    "truncated_gradients",
    "truncation",
]
