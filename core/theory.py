"""What theory says of the rate, as lines against the lag: a bound, a limit and a measurement.

With γ = sup φ' and J⟨s⟩ = diag φ'(z⟨s⟩) W_aa,

    (γ σ_max)^k    ‖∂a⟨t⟩/∂a⟨t−k⟩‖ ≤ (γ σ_max)^k, always       (Pascanu, Mikolov & Bengio 2013)
    ρ^k            the rate of W_aa^k, the product of a linear network
    e^(λ₁ k)       the rate measured along this trajectory

Each is a line through 1 at lag 0; a chart hangs it on the contribution at lag 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.jacobians import RecurrentSpectrum, recurrent_spectrum
from core.lyapunov import ROUNDING, Lyapunov
from core.network import Network
from core.rates import SIGNIFICANT
from core.scaled import Floats, freeze

Kind = Literal["bound", "radius", "lyapunov"]

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
    """log₂ of the factor per lag; −inf for a factor of exactly 0"""
    standard_error: float
    """Of log2_per_step; 0 for the lines that are computed from W_aa alone, nan where there are too few steps"""
    log2: Floats
    """(K,) at [k]: log₂ of the line, 0 at lag 0"""


def theory_lines(
    network: Network, lags: int, lyapunov: Lyapunov | None = None, spectrum: RecurrentSpectrum | None = None
) -> tuple[TheoryLine, ...]:
    """The lines for the lags 0 … lags − 1.

    The bound and the radius are those of the vanilla cell without a leak; another network has the measured line only.

    Args:
        network: The network.
        lags: How many lags, from 0.
        lyapunov: Its exponents along the trajectory; None leaves their line out.
        spectrum: `recurrent_spectrum(network)`, where it is known already.

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
    return tuple(lines)


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
