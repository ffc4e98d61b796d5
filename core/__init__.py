"""Backpropagation through time taken apart: the gradient of every parameter, at every time and lag, exactly.

>>> import core
>>> trace = core.run(core.Experiment(gain=0.9))
>>> round(trace.lags.rate("W_aa").factor, 2)  # what is left after one more step back in time
0.67
>>> float(round(trace.lags.log2_norm["W_ax"][49, 10], 1))  # log₂ ‖gradient of L_50 through W_ax ten steps earlier‖
-6.6
"""

import warnings

from core.bptt.backward import Gradients, backward
from core.bptt.backward_pass import BackwardPass, BackwardStep, backward_pass, backward_steps
from core.bptt.direct_path import DirectPath, direct_path
from core.bptt.embedding import Embedding
from core.bptt.forward import Tape, forward
from core.bptt.forward_step import ForwardStep, forward_step
from core.bptt.gradient_check import GradientCheck, check_gradients, gradient_check_of
from core.bptt.lag_profile import LagProfile, lag_profile
from core.bptt.parameter_groups import Grouping, ParameterGroup, parameter_groups
from core.bptt.rate import Rate
from core.bptt.truncation import Truncation, truncated_gradients, truncation
from core.claims import QUESTION, Answer, Claim, Evidence, answer, claims
from core.claims.diagnosis import Diagnosis, Finding, diagnose
from core.dynamics.jacobians import JacobianProfile, RecurrentSpectrum, jacobian_profile, recurrent_spectrum
from core.dynamics.lyapunov import Lyapunov, lyapunov_along, lyapunov_of, lyapunov_spectrum
from core.dynamics.summary import Dynamics, dynamics_of
from core.dynamics.theory import TheoryLine, theory_lines
from core.network.batch import Batch
from core.network.heads import Head, HeadLayer
from core.network.network import Network
from core.numerics.memory import keep_freed_memory
from core.numerics.scaled import Scaled
from core.settings.experiment import Experiment, InvalidSettingsError, Setting, settings
from core.settings.identity import fingerprint
from core.settings.presets import Preset, preset, presets
from core.sources import pytorch
from core.sources.any_file import SettingsFile, open_file
from core.sources.candidate import Candidate
from core.sources.checkpoint import Checkpoint, open_checkpoint
from core.sources.facts import Fact
from core.sources.given import Given
from core.sources.recording import Recording
from core.sources.recording_file import load_recording
from core.sources.saved_trace import load_trace, save_trace
from core.sources.saving import save_network
from core.study.critical import Critical, critical
from core.study.grid import Grid, grid
from core.study.lines import EnsembleLines, ensemble_lines
from core.study.outcome import Failure, Result
from core.study.over_seeds import OverSeeds
from core.study.store import Store
from core.study.study import Study
from core.study.summary import LineSummary, MatrixSummary, Summary, summary
from core.study.sweep import ensemble, sweep
from core.tasks import (
    Baseline,
    Source,
    TaskBatches,
    baselines,
    input_size,
    make_batch,
    output_size,
    readout_name,
    source_of,
)
from core.tasks.drawn import make_network
from core.tasks.table.columns import Column
from core.tasks.table.opening import open_table
from core.tasks.table.table import Table
from core.trace import Origin, Trace, run
from core.training.history import TrainingHistory
from core.training.metrics import Metrics, metrics
from core.training.profile import (
    ProbeProfile,
    ProfileMap,
    probe_profile,
    probe_profiles,
    profile_map,
    state_rate,
)
from core.training.remedies import Compared, Remedy, compare, recent_score, remedies
from core.training.steps import (
    TrainingState,
    TrainingStep,
    advance,
    begin,
    held_back_score,
    spectral_radii,
    train,
)

__all__ = [
    "QUESTION",
    "Answer",
    "BackwardPass",
    "BackwardStep",
    "Baseline",
    "Batch",
    "Candidate",
    "Checkpoint",
    "Claim",
    "Column",
    "Compared",
    "Critical",
    "Diagnosis",
    "DirectPath",
    "Dynamics",
    "Embedding",
    "EnsembleLines",
    "Evidence",
    "Experiment",
    "Fact",
    "Failure",
    "Finding",
    "ForwardStep",
    "Given",
    "GradientCheck",
    "Gradients",
    "Grid",
    "Grouping",
    "Head",
    "HeadLayer",
    "InvalidSettingsError",
    "JacobianProfile",
    "LagProfile",
    "LineSummary",
    "Lyapunov",
    "MatrixSummary",
    "Metrics",
    "Network",
    "Origin",
    "OverSeeds",
    "ParameterGroup",
    "Preset",
    "ProbeProfile",
    "ProfileMap",
    "Rate",
    "Recording",
    "RecurrentSpectrum",
    "Remedy",
    "Result",
    "Scaled",
    "Setting",
    "SettingsFile",
    "Source",
    "Store",
    "Study",
    "Summary",
    "Table",
    "Tape",
    "TaskBatches",
    "TheoryLine",
    "Trace",
    "TrainingHistory",
    "TrainingState",
    "TrainingStep",
    "Truncation",
    "advance",
    "answer",
    "backward",
    "backward_pass",
    "backward_steps",
    "baselines",
    "begin",
    "check_gradients",
    "claims",
    "compare",
    "critical",
    "diagnose",
    "direct_path",
    "dynamics_of",
    "ensemble",
    "ensemble_lines",
    "fingerprint",
    "forward",
    "forward_step",
    "gradient_check_of",
    "grid",
    "held_back_score",
    "input_size",
    "jacobian_profile",
    "lag_profile",
    "load_recording",
    "load_trace",
    "lyapunov_along",
    "lyapunov_of",
    "lyapunov_spectrum",
    "make_batch",
    "make_network",
    "metrics",
    "open_checkpoint",
    "open_file",
    "open_table",
    "output_size",
    "parameter_groups",
    "preset",
    "presets",
    "probe_profile",
    "probe_profiles",
    "profile_map",
    "pytorch",
    "readout_name",
    "recent_score",
    "recurrent_spectrum",
    "remedies",
    "run",
    "save_network",
    "save_trace",
    "settings",
    "source_of",
    "spectral_radii",
    "state_rate",
    "summary",
    "sweep",
    "theory_lines",
    "train",
    "truncated_gradients",
    "truncation",
]

keep_freed_memory()

_RENAMED = {
    "BackwardWalk": "BackwardPass",
    "Family": "ParameterGroup",
    "GatePath": "DirectPath",
    "LearnedProfile": "ProbeProfile",
    "backward_walk": "backward_pass",
    "families": "parameter_groups",
    "gate_path": "direct_path",
    "learned_profile": "probe_profile",
    "learned_profiles": "probe_profiles",
}
"""Public names as they were called before → as they are called now."""


def __getattr__(name: str) -> object:
    """Find what has been renamed, with a warning that says how it is called now."""
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"core.{name} is now called core.{_RENAMED[name]}", DeprecationWarning, stacklevel=2)
    return globals()[_RENAMED[name]]
