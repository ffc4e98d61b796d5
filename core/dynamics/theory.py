"""What theory says of the rate, as lines against the lag: a bound, a limit, a measurement, and a part of the way.

With γ = sup φ' and J⟨s⟩ = diag φ'(z⟨s⟩) W_aa,

    (γ σ_max)^k    ‖∂a⟨t⟩/∂a⟨t−k⟩‖ ≤ (γ σ_max)^k, always       (Pascanu, Mikolov & Bengio 2013)
    ρ^k            the rate of W_aa^k, the product of a linear network
    e^(λ₁ k)       the rate measured along this trajectory
    ∏ f⟨r⟩         what an LSTM's forget gates let by, whatever its matrices do; ∏ z⟨r⟩ in a GRU, (1 − α)^k with a leak

Each goes through 1 at lag 0, and all but the last are straight on a scale of logarithms; a chart hangs them on the
contribution at lag 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.bptt.direct_path import DirectPath
from core.bptt.rate import HORIZON_SHARE, SIGNIFICANT
from core.dynamics.jacobians import RecurrentSpectrum, recurrent_spectrum
from core.dynamics.lyapunov import ROUNDING, Lyapunov
from core.network.network import Network
from core.numerics.scaled import Floats, freeze

Kind = Literal["bound", "radius", "lyapunov", "path"]

EQUAL = 1e-12
"""Factors per step nearer to 1 than this are 1 but for rounding."""


@dataclass(frozen=True, eq=False)
class TheoryLine:
    """One of theory's lines, as a factor per lag."""

    kind: Kind
    name: str
    """A few words for a legend"""
    formula: str
    """In the question's symbols"""
    condition: str
    """What it is sufficient for, what it is necessary for, and what holds here"""
    verdict: str
    """What holds here, in a few words"""
    log2_per_step: float
    """log₂ of the factor per lag, of the path its mean; −inf for a factor of exactly 0"""
    standard_error: float
    """Of log2_per_step; 0 for the lines that are computed and not measured, nan where there are too few steps"""
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

    The bound and the radius are those of the vanilla cell without a leak; another network has the measured line, and
    the path if it has one.

    Args:
        network: The network.
        lags: How many lags, from 0.
        lyapunov: Its exponents along the trajectory; None leaves their line out.
        spectrum: `recurrent_spectrum(network)`, where it is known already.
        path: Its direct path, for those lags; None, or one that no loss has a lag k ≥ 1 of, leaves its line out.

    Raises:
        ValueError: if lags is below 1.
    """
    if lags < 1:
        raise ValueError(f"lags must be at least 1, got {lags}")
    lines: list[TheoryLine] = []
    if network.cell_name == "rnn" and network.leak == 1.0:
        lines += _of_the_matrix(network, lags, recurrent_spectrum(network) if spectrum is None else spectrum)
    if lyapunov is not None:
        lines.append(_measured(lyapunov, lags))
    if path is not None and np.isfinite(path.log2[1:]).any():
        lines.append(_direct(path))
    return tuple(lines)


def _direct(path: DirectPath) -> TheoryLine:
    log2 = np.where(np.isfinite(path.log2), path.log2, np.nan)
    freeze(log2)
    last = int(np.flatnonzero(np.isfinite(log2))[-1])
    under = np.flatnonzero(log2 < np.log2(HORIZON_SHARE))
    share = f"{100 * HORIZON_SHARE:g} %"
    verdict = f"under {share} at lag {under[0]}" if under.size else f"{share} or more at every lag"
    return TheoryLine(
        "path",
        "direct path",
        path.formula,
        f"{_DIRECTLY[path.formula]} Neither sufficient nor necessary to vanish or to explode: what comes through the "
        "matrices adds to it, or takes from it. While it stays near ×1 there is a way back around the matrices. Here "
        f"it alone would leave {verdict}.",
        verdict,
        float(log2[last] / last),
        0.0,
        log2,
    )


_AVERAGED = "the line is the typical product of these gates (geometric mean over losses, units and examples)."

_DIRECTLY = {
    "∏ f⟨r⟩": "What the forget gates let by: of a gradient at the cell state c⟨r⟩, f⟨r⟩ goes to c⟨r−1⟩ without passing "
    f"through a matrix; {_AVERAGED}",
    "∏ z⟨r⟩": "What the update gates let by: of a gradient at the state a⟨r⟩, z⟨r⟩ goes to a⟨r−1⟩ without passing "
    f"through a matrix; {_AVERAGED}",
    "(1 − α)^k": "What the leak lets by: of a gradient at the state a⟨r⟩, 1 − α goes to a⟨r−1⟩ without passing through "
    "a matrix.",
}
"""The direct path's formula → what it is made of, in words"""


def _measured(lyapunov: Lyapunov, lags: int) -> TheoryLine:
    exponent, error = float(lyapunov.exponents[0]), float(lyapunov.standard_errors[0])
    value = f"λ₁ = {_number(exponent, 3)}"
    if np.isneginf(exponent):
        value, verdict = "every direction is cut off: exactly zero", "passes nothing back"
    elif np.isnan(error):
        value, verdict = f"{value}, too few steps for a standard error", "too few steps to say"
    else:
        value = f"{value} ± {_number(error, 2)}"
        if abs(exponent) <= max(SIGNIFICANT * error, ROUNDING):
            verdict = "not told from 0"
        else:
            verdict = "vanishes" if exponent < 0 else "explodes"
    return _line(
        "lyapunov",
        "Lyapunov slope",
        "e^(λ₁ k)",
        "Measured, not assumed: the mean rate of a generic direction along this trajectory, φ' and all. "
        f"λ₁ < 0 vanishes, λ₁ > 0 explodes, in the long run. Here {value}, in nats per step over "
        f"{lyapunov.steps} {'step' if lyapunov.steps == 1 else 'steps'}: {verdict}.",
        verdict,
        float(exponent / np.log(2.0)),
        lags,
        float(error / np.log(2.0)),
    )


def _of_the_matrix(network: Network, lags: int, found: RecurrentSpectrum) -> tuple[TheoryLine, TheoryLine]:
    gamma = network.activation.slope_bound
    sigma, rho = found.largest_singular_value, found.spectral_radius
    verdict = "must vanish" if _below_one(gamma * sigma) else "decides nothing"
    bound = _line(
        "bound",
        "Pascanu's bound",
        "(γ σ_max)^k",
        "An upper bound on ‖∂a⟨t⟩/∂a⟨t−k⟩‖. σ_max < 1/γ is sufficient to vanish; σ_max > 1/γ is necessary to explode, "
        f"not sufficient. Here σ_max = {_number(sigma, 4)} and 1/γ = {_number(1 / gamma, 4)}: "
        + ("it must vanish." if verdict == "must vanish" else "the bound decides nothing."),
        verdict,
        _log2(gamma * sigma),
        lags,
    )
    if network.activation_name != "identity":
        verdict = "not linear: decides nothing"
        here = f"φ = {network.activation_name} is not linear, so ρ decides nothing here; compare it with σ_max"
    elif _below_one(rho):
        verdict, here = "must vanish", "it must vanish"
    elif _below_one(1 / rho):
        verdict = "may explode"
        here = "it explodes if the gradient has a part along the leading eigenvector"
    else:
        verdict = here = "neither"
    radius = _line(
        "radius",
        "spectral radius",
        "ρ^k",
        "The rate of W_aa^k for large k. In a linear network ρ < 1 is sufficient to vanish and ρ > 1 is necessary to "
        f"explode. Here ρ = {_number(rho, 4)} beside σ_max = {_number(sigma, 4)}: {here}.",
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


def _line(
    kind: Kind,
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
