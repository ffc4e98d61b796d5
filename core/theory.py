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

from core.jacobians import recurrent_spectrum
from core.lyapunov import Lyapunov
from core.network import Network
from core.scaled import Floats, freeze

Kind = Literal["bound", "radius", "lyapunov"]


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
    log2_per_step: float
    """log₂ of the factor per lag; −inf for a factor of exactly 0"""
    standard_error: float
    """Of log2_per_step; 0 for the lines that are computed from W_aa alone"""
    log2: Floats
    """(K,) at [k]: log₂ of the line, 0 at lag 0"""


def theory_lines(network: Network, lags: int, lyapunov: Lyapunov | None = None) -> tuple[TheoryLine, ...]:
    """The lines for the lags 0 … lags − 1.

    The bound and the radius are those of the vanilla cell; a network of another cell has the measured line only.

    Args:
        network: The network.
        lags: How many lags, from 0.
        lyapunov: Its exponents along the trajectory; None leaves their line out.

    Raises:
        ValueError: if lags is below 1.
    """
    if lags < 1:
        raise ValueError(f"lags must be at least 1, got {lags}")
    lines = list(_of_the_matrix(network, lags)) if network.cell_name == "rnn" else []
    if lyapunov is not None:
        rate = float(lyapunov.exponents[0]) / np.log(2.0)
        error = float(lyapunov.standard_errors[0]) / np.log(2.0)
        lines.append(
            _line(
                "lyapunov",
                "Lyapunov slope",
                "e^(λ₁ k)",
                "Measured, not assumed: the mean rate of a generic direction along this trajectory, φ' and all. "
                f"λ₁ < 0 vanishes, λ₁ > 0 explodes, in the long run; here λ₁ = {lyapunov.exponents[0]:.3g} "
                f"± {lyapunov.standard_errors[0]:.1g} nats per step over {lyapunov.steps} steps.",
                rate,
                lags,
                error,
            )
        )
    return tuple(lines)


def _of_the_matrix(network: Network, lags: int) -> tuple[TheoryLine, TheoryLine]:
    found, gamma = recurrent_spectrum(network), network.activation.slope_bound
    sigma, rho = found.largest_singular_value, found.spectral_radius
    small = sigma < 1 / gamma
    bound = _line(
        "bound",
        "Pascanu's bound",
        "(γ σ_max)^k",
        "An upper bound on ‖∂a⟨t⟩/∂a⟨t−k⟩‖. σ_max < 1/γ is sufficient to vanish; σ_max > 1/γ is necessary to explode, "
        f"not sufficient. Here σ_max = {sigma:.4g} and 1/γ = {1 / gamma:.4g}: "
        + ("it must vanish." if small else "the bound decides nothing."),
        _log2(gamma * sigma),
        lags,
    )
    linear = network.activation_name == "identity"
    if not linear:
        verdict = f"φ = {network.activation_name} is not linear, so ρ decides nothing here; compare it with σ_max"
    elif rho < 1:
        verdict = "it must vanish"
    else:
        verdict = "it explodes if the gradient has a part along the leading eigenvector" if rho > 1 else "neither"
    radius = _line(
        "radius",
        "spectral radius",
        "ρ^k",
        "The rate of W_aa^k for large k. In a linear network ρ < 1 is sufficient to vanish and ρ > 1 is necessary to "
        f"explode. Here ρ = {rho:.4g} beside σ_max = {sigma:.4g}: {verdict}.",
        _log2(rho),
        lags,
    )
    return bound, radius


def _line(
    kind: Kind, name: str, formula: str, condition: str, rate: float, lags: int, standard_error: float = 0.0
) -> TheoryLine:
    log2 = np.zeros(lags)
    log2[1:] = rate * np.arange(1, lags)
    freeze(log2)
    return TheoryLine(kind, name, formula, condition, rate, standard_error, log2)


def _log2(value: float) -> float:
    return float(np.log2(value)) if value > 0 else float("-inf")
