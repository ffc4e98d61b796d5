"""What theory says of the rate, as lines against the lag: a bound, a limit, a measurement, and a part of the way.

With γ = sup φ' and J⟨s⟩ = diag φ'(z⟨s⟩) W_aa,

    (γ σ_max)^k    ‖∂a⟨t⟩/∂a⟨t−k⟩‖ ≤ (γ σ_max)^k, always       (Pascanu, Mikolov & Bengio 2013)
    ρ^k            the rate of W_aa^k, the product of a linear network
    e^(λ₁ k)       the rate measured along this trajectory
    rms ∏ f⟨r⟩     what an LSTM's forget gates let by, whatever its matrices do, a product for each unit: their root
    max ∏ f⟨r⟩     mean square and the largest; of ∏ z⟨r⟩ in a GRU; (1 − α)^k with a leak, the same for every unit

Each goes through 1 at lag 0, and all but the last two are straight on a scale of logarithms; a chart hangs them on the
contribution at lag 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.bptt.direct_path import DirectPath
from core.bptt.rate import HORIZON_SHARE, MATTERS, SIGNIFICANT
from core.dynamics.jacobians import RecurrentSpectrum, recurrent_spectrum
from core.dynamics.lyapunov import ROUNDING, Lyapunov
from core.network.cells import DirectFactor
from core.network.network import Network
from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats, freeze

LineKind = Literal["bound", "radius", "lyapunov", "path", "path_largest"]

PATHS: tuple[LineKind, ...] = ("path", "path_largest")
"""The lines of the direct path, which bend and end with the lags that they were made for."""

EQUAL = 1e-12
"""Factors per step nearer to 1 than this are 1 but for rounding."""


@dataclass(frozen=True, eq=False)
class TheoryLine(FrozenRecord):
    """One of theory's lines: a factor per lag, (K,) at [k], as log₂."""

    kind: LineKind
    name: str
    """A few words for a legend"""
    formula: str
    """The line as a formula, in the notation of docs/equations.md"""
    condition: str
    """What the line is sufficient for, what it is necessary for, and what holds here"""
    verdict: str
    """What holds here, in a few words"""
    log2_per_step: float
    """log₂ of the factor per lag; −inf for a factor of exactly 0. Of the path its mean from lag 0 to the lag from which
    on under 1 % is left, or to the last where there is none, so that the factor and that lag say the same"""
    standard_error: float
    """The standard error of log2_per_step; 0 for the lines that are computed and not measured, nan where there are too
    few steps"""
    log2: Floats
    """(K,) at [k]: log₂ of the line, 0 at lag 0; of the path nan beyond the last lag that a loss has"""


def theory_lines(
    network: Network,
    lags: int,
    lyapunov: Lyapunov | None = None,
    spectrum: RecurrentSpectrum | None = None,
    path: DirectPath | None = None,
) -> tuple[TheoryLine, ...]:
    """The lines for the lags 0 … lags − 1.

    The bound and the radius are those of a cell whose Jacobian is diag φ' W, see `Cell.elman`; another network has the
    measured line, and if it has a direct path those of the path: what it lets by in root mean square over the units,
    and the most that it lets by, which is left out where it is the same at every lag.

    Args:
        network: The network.
        lags: How many lags, from 0.
        lyapunov: Its exponents along the trajectory; None, or a λ₁ that is not known, leaves their line out.
        spectrum: `recurrent_spectrum(network)`, where it is known already.
        path: Its direct path, for those lags; None, or one that no loss has a lag k ≥ 1 of, leaves its lines out.

    Raises:
        ValueError: if lags is below 1.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> [line.name for line in core.theory_lines(trace.network, lags=5)]
        ["Pascanu's bound", 'spectral radius']
    """
    if lags < 1:
        raise ValueError(f"lags must be at least 1, got {lags}")
    lines: list[TheoryLine] = []
    if network.cell.elman:
        lines += _of_the_matrix(network, lags, recurrent_spectrum(network) if spectrum is None else spectrum)
    if lyapunov is not None and not np.isnan(lyapunov.exponents[0]):
        lines.append(_measured(lyapunov, lags))
    direct = network.cell.direct
    if path is not None and direct is not None and not np.isnan(path.log2_rms[1:]).all():
        lines += _of_the_path(path, direct, matrices=network.reads_state)
    return tuple(lines)


def _of_the_path(path: DirectPath, factor: DirectFactor, *, matrices: bool) -> tuple[TheoryLine, ...]:
    adds = (
        "Neither sufficient nor necessary to vanish or to explode: what comes through the matrices adds to it, or "
        "takes from it. While it stays near ×1 there is a way back around the matrices."
        if matrices
        else "No matrix reads the state, so that from step to step a layer has no other way back."
    )
    if np.array_equal(path.log2_rms, path.log2_largest, equal_nan=True):
        return (_path("path", "direct path", factor.product, f"{factor.meaning}. {adds}", path.log2_rms),)
    return (
        _path(
            "path",
            "direct path",
            f"rms {factor.product}",
            f"{factor.meaning}; a product for each unit, and the line is their root mean square over losses, examples "
            "and units: what is left of a gradient that is equally large at all of them. The units that keep decide "
            f"it. {adds}",
            path.log2_rms,
        ),
        _path(
            "path_largest",
            "direct path at its best",
            f"max {factor.product}",
            "The largest of those products, over losses, examples and units: a gradient keeps so much where it lies "
            "in the one unit that keeps most, and no gradient keeps more on this path.",
            path.log2_largest,
        ),
    )


def _path(kind: LineKind, name: str, formula: str, condition: str, log2: Floats) -> TheoryLine:
    """A line of the direct path, with what would be left if there were no other."""
    last = int(np.flatnonzero(~np.isnan(log2))[-1])
    share, large = f"{100 * HORIZON_SHARE:g} %", np.flatnonzero(log2 >= np.log2(HORIZON_SHARE))
    until = last
    if large[-1] < last:
        until = int(large[-1]) + 1
        verdict = f"under {share} from lag {until} on"
    else:
        verdict = f"{share} or more at " + ("every lag" if len(large) > last else f"lag {last}, the last")
    what = f"{condition} By itself it would leave {verdict} here."
    return TheoryLine(kind, name, formula, what, verdict, float(log2[until] / until), 0.0, log2)


def _measured(lyapunov: Lyapunov, lags: int) -> TheoryLine:
    exponent, error = float(lyapunov.exponents[0]), float(lyapunov.standard_errors[0])
    value, more = f"λ₁ = {_number(exponent, 3)}", ""
    if np.isneginf(exponent):
        value, verdict = "every direction is cut off: exactly zero", "passes nothing back"
    elif np.isnan(error):
        value, verdict = f"{value}, too few steps for a standard error", "too few steps to say"
    else:
        value = f"{value} ± {_number(error, 2)}"
        if abs(exponent) <= max(SIGNIFICANT * error, ROUNDING):
            verdict = "not distinguishable from 0"
        else:
            word = "vanishes" if exponent < 0 else "explodes"
            verdict, more = f"{word} in the long run", slowness(exponent / np.log(2.0), lags - 1)
    return _line(
        "lyapunov",
        "Lyapunov slope",
        "e^(λ₁ k)",
        "Measured, not assumed: the mean rate of a generic direction along this trajectory, φ' and all. "
        f"λ₁ < 0 vanishes, λ₁ > 0 explodes. Here {value}, in nats per step over "
        f"{lyapunov.steps} {'step' if lyapunov.steps == 1 else 'steps'}: {verdict}{more}. The title's rate can be "
        "another: it is that of a parameter's shares over the lags at hand, in which what the parameter read counts, "
        "and the start of the sequence.",
        verdict.replace(" in", " slowly in") if more else verdict,
        float(exponent / np.log(2.0)),
        lags,
        float(error / np.log(2.0)),
    )


def slowness(log2_per_step: float, count: int, noun: str = "lags", where: str = "at hand") -> str:
    """What is to be added to "vanishes" or "explodes" where a rate changes a gradient by less than a factor of 2.

    Args:
        log2_per_step: log₂ of the factor per step.
        count: How many steps there are.
        noun: What a step is called, in the plural.
        where: What the steps have in common.

    Returns:
        A clause with the steps that a factor of 2 takes, such as `, but slowly: it halves every 120 lags, more than
        the 49 at hand`; empty where the steps that there are suffice for it, and where
        no number of steps does or not one is needed.
    """
    if log2_per_step == 0 or np.isinf(log2_per_step) or abs(log2_per_step) * count >= np.log2(MATTERS):
        return ""
    takes = 1 / abs(log2_per_step)
    told = _number(takes, 3) if takes < 1000 else f"{float(f'{takes:.3g}'):,.0f}"
    than = {0: "of which there are none", 1: "more than the one"}.get(count, f"more than the {count:,}")
    return f", but slowly: it {'halves' if log2_per_step < 0 else 'doubles'} every {told} {noun}, {than} {where}"


def _of_the_matrix(network: Network, lags: int, found: RecurrentSpectrum) -> tuple[TheoryLine, TheoryLine]:
    gamma = network.activation.slope_bound
    sigma, rho = found.largest_singular_value, found.spectral_radius
    verdict = "must vanish" if _below_one(gamma * sigma) else "decides nothing"
    slow = slowness(_log2(gamma * sigma), lags - 1)
    bound = _line(
        "bound",
        "Pascanu's bound",
        "(γ σ_max)^k",
        "An upper bound on ‖∂a⟨t⟩/∂a⟨t−k⟩‖. σ_max < 1/γ is sufficient to vanish; σ_max > 1/γ is necessary to explode, "
        f"not sufficient. Here σ_max = {_beside(sigma, 1 / gamma)} and 1/γ = {_number(1 / gamma, 4)}: "
        + (f"it must vanish{slow}." if verdict == "must vanish" else "the bound decides nothing."),
        verdict,
        _log2(gamma * sigma),
        lags,
    )
    if network.activation_name != "identity":
        verdict = "not linear: decides nothing"
        here = f"φ = {network.activation_name} is not linear, so ρ decides nothing here; compare it with σ_max"
    elif _below_one(rho):
        verdict, here = "must vanish", f"it must vanish{slowness(_log2(rho), lags - 1)}"
    elif _below_one(1 / rho):
        verdict = "may explode"
        here = f"it explodes if the gradient has a part along the leading eigenvector{slowness(_log2(rho), lags - 1)}"
    else:
        verdict = here = "neither"
    radius = _line(
        "radius",
        "spectral radius",
        "ρ^k",
        "The rate of W_aa^k for large k. In a linear network ρ < 1 is sufficient to vanish and ρ > 1 is necessary to "
        f"explode. Here ρ = {_beside(rho, 1.0)} and σ_max = {_beside(sigma, 1.0)}: {here}.",
        verdict,
        _log2(rho),
        lags,
    )
    return bound, radius


def _below_one(value: float) -> bool:
    """By more than rounding: a rotation has σ_max = 1, whatever the last digit says."""
    return value < 1 - EQUAL


def _number(value: float, digits: int) -> str:
    return f"{0.0 if abs(value) < ROUNDING else value:.{digits}g}".replace("-", "−")


def _beside(value: float, limit: float) -> str:
    """Four digits, or as many as show on which side of a limit the value lies, unless only rounding separates them."""
    if abs(value - limit) <= EQUAL:
        return _number(value, 4)
    return next(text for digits in range(4, 18) if (text := _number(value, digits)) != _number(limit, digits))


def _line(
    kind: LineKind,
    name: str,
    formula: str,
    condition: str,
    verdict: str,
    rate: float,
    lags: int,
    standard_error: float = 0.0,
) -> TheoryLine:
    log2 = np.zeros(lags)
    log2[1:] = rate * np.arange(1, lags)
    freeze(log2)
    return TheoryLine(kind, name, formula, condition, verdict, rate, standard_error, log2)


def _log2(value: float) -> float:
    return float(np.log2(value)) if value > 0 else float("-inf")
