"""Backpropagation through time taken apart: the gradient of every parameter, at every time and lag, exactly.

import core
trace = core.run(core.Experiment(gain=0.9))
trace.lags.rate("W_aa").factor          # what is left after one more step back in time
trace.lags.log2_norm["W_ax"][49, 10]    # log₂ ‖gradient of L_50 through W_ax ten steps earlier‖
"""

from core.batch import Batch
from core.bptt import Gradients, backward
from core.checks import check_gradients
from core.claims import QUESTION, Answer, Claim, Evidence, answer
from core.dynamics import Dynamics, dynamics_of
from core.experiment import Experiment, InvalidSettingsError, Setting, settings
from core.families import Family, Grouping, families
from core.jacobians import JacobianProfile, RecurrentSpectrum, jacobian_profile, recurrent_spectrum
from core.lags import LagProfile, lag_profile
from core.lyapunov import Lyapunov, lyapunov_along, lyapunov_of, lyapunov_spectrum
from core.metrics import Metrics, metrics
from core.network import Network
from core.paths import GatePath, gate_path
from core.presets import Preset, preset, presets
from core.rates import Rate
from core.remedies import Compared, Remedy, compare, recent_score, remedies
from core.scaled import Scaled
from core.stepping import ForwardStep, forward_step
from core.tape import Tape, forward
from core.tasks import Baseline, baselines, input_size, make_batch, output_size, readout_name
from core.theory import TheoryLine, theory_lines
from core.trace import Trace, make_network, run
from core.training import TrainingState, TrainingStep, advance, begin, spectral_radii, train
from core.training_history import TrainingHistory
from core.training_profile import (
    LearnedProfile,
    ProfileMap,
    learned_profile,
    learned_profiles,
    profile_map,
    state_rate,
)
from core.truncation import Truncation, truncated_gradients, truncation
from core.walk import BackwardStep, BackwardWalk, backward_steps, backward_walk

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
