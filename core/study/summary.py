"""The numbers that are kept of a trace where there are thousands of them.

A trace keeps tables of T² numbers for each parameter, some megabytes; a summary is some dozen plain values. It is
immutable, can be pickled and compared, and `Summary.record()` is plain JSON: what is not known or not finite is None.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.bptt.rate import Rate, Regime
from core.dynamics.lyapunov import Lyapunov
from core.settings.identity import program_version
from core.trace import Trace
from core.training.steps import spectral_radii


@dataclass(frozen=True)
class LineSummary:
    """One line of the lag profile: a group of parameters, or the gradient at the state."""

    name: str
    """`W_aa`, or what a group of several is called; `state` for ‖∂L_t/∂a⟨t−k⟩‖"""
    regime: Regime
    log2_per_step: float | None
    """The rate, in bits per step"""
    log2_standard_error: float | None
    """The standard error of the rate, in bits per step"""
    horizon: int | None
    """The lag from which on less than 1 % of the lag-0 contribution is left; None if the last lag keeps more"""
    share_of_past: float | None
    """How much of the contributions to one loss comes from lags k ≥ 1, in 0 … 1; None for `state`, whose gradients
    do not add up"""


@dataclass(frozen=True)
class MatrixSummary:
    """A matrix that reads the state before, the same at every step."""

    name: str
    spectral_radius: float
    """ρ, its largest |eigenvalue|"""
    largest_singular_value: float
    """σ_max, its largest singular value"""


@dataclass(frozen=True)
class Summary:
    """The dozen numbers that are kept of a trace where there are thousands, as plain values."""

    lines: tuple[LineSummary, ...]
    """The gradient at the state, then every group of recurrent parameters, by what they read"""
    matrices: tuple[MatrixSummary, ...]
    """The recurrent matrices; none where every step has its own"""
    lyapunov: float | None
    """λ₁, the largest Lyapunov exponent, in nats per step; None if it was not measured or is −∞"""
    lyapunov_standard_error: float | None
    """The standard error of λ₁, in nats per step"""
    loss: float | None
    """L = Σ L_t over the scored steps"""
    residual: float | None
    """How far the contributions are from the backpropagated gradient: see `LagProfile.residual`"""
    steps: int
    """T, the steps that stayed within float64"""
    overflow_step: int | None
    """The step that left float64; None if none did"""
    training_step: int
    """After how many steps of training the network is as it is"""
    version: str
    """The version of the program that made it"""
    fingerprint: str
    """SHA-256 of the settings, and of the numbers that were given in their place: see `Origin.fingerprint`"""

    def record(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers, as `json.dumps(…, allow_nan=False)` takes them."""
        lists = {"lines": [asdict(line) for line in self.lines], "matrices": [asdict(one) for one in self.matrices]}
        return {**asdict(self), **lists}


def summary(trace: Trace, lyapunov: Lyapunov | None = None) -> Summary:
    """What is kept of a trace.

    Args:
        trace: The trace.
        lyapunov: Its exponents, if they were measured: `core.lyapunov_along(trace.tape)`, or those of
            `core.dynamics_of`. They cost more than the rest together, and are left out by default.

    Runnable example:

        >>> import core
        >>> found = core.summary(core.run(core.Experiment(gain=0.5)))
        >>> [line.name for line in found.lines], found.lines[0].regime
        (['state', 'W_aa', 'W_ax', 'b_a'], 'vanishing')
    """
    profile = trace.profile()
    groups = [name for name, group in trace.parameter_groups().items() if group.recurrent]
    exponent = error = math.nan
    if lyapunov is not None:
        exponent, error = float(lyapunov.exponents[0]), float(lyapunov.standard_errors[0])
    return Summary(
        lines=(
            line_summary("state", trace.lags.state_rate, None),
            *(line_summary(name, profile.rate(name), profile.share_of_past(name)) for name in groups),
        ),
        matrices=tuple(
            MatrixSummary(name, radius, float(np.linalg.norm(trace.network.parameters[name], 2)))
            for name, radius in spectral_radii(trace.network).items()
        ),
        lyapunov=finite_or_none(exponent),
        lyapunov_standard_error=finite_or_none(error),
        loss=finite_or_none(trace.tape.loss),
        residual=finite_or_none(trace.lags.residual),
        steps=len(trace.tape.losses),
        overflow_step=trace.tape.overflow_step,
        training_step=trace.training_step,
        version=program_version(),
        fingerprint=trace.origin.fingerprint,
    )


def line_summary(name: str, rate: Rate, share_of_past: float | None) -> LineSummary:
    """What is kept of a line, from its rate."""
    slope, error = finite_or_none(rate.log2_per_step), finite_or_none(rate.standard_error)
    return LineSummary(name, rate.regime, slope, error, rate.horizon, share_of_past)


def finite_or_none(value: float) -> float | None:
    """The value, or None for what is not finite."""
    return value if math.isfinite(value) else None
