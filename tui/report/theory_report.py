"""The report's part on the Jacobians: ρ and σ_max, the exponents, and theory's lines with their conditions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tui.report.document import Definitions, Section
from tui.report.numbers import LOG10_2, factor_error, finite
from tui.report.words.dynamics import facts, line_factor

if TYPE_CHECKING:
    from core.dynamics.jacobians import RecurrentSpectrum
    from core.dynamics.lyapunov import Lyapunov
    from core.dynamics.summary import Dynamics
    from core.dynamics.theory import TheoryLine


def theory_section(found: Dynamics) -> Section:
    """What k Jacobians do to a gradient, measured and by theory."""
    return Section((_entries(found),), {"theory": _record(found)}, "The Jacobians")


def _entries(found: Dynamics) -> Definitions:
    """What k Jacobians do to a gradient, measured and by theory: a paragraph each."""
    state = found.state_name
    measured = tuple((fact.name, f"{fact.value}  {fact.meaning}") for fact in facts(found))
    lines = tuple((line.formula, f"{line.name}, {line_factor(line)} per lag. {line.condition}") for line in found.lines)
    if found.ahead is not None:
        lines += tuple(
            (f"{line.formula}, bwd", f"the same of the backward direction, {line_factor(line)} per lag.")
            for line in found.ahead.lines
        )
    return Definitions(
        f"The Jacobians ∂{state}⟨s⟩/∂{state}⟨s−1⟩: by how much a gradient is multiplied, measured and by theory",
        measured + lines,
    )


def _record(found: Dynamics) -> dict[str, Any]:
    return {
        "slope_bound": found.tape.network.activation.slope_bound,
        "recurrent_matrix": None if found.spectrum is None else _matrix(found.spectrum),
        "recurrent_matrices": {name: _matrix(spectrum) for name, spectrum in found.spectra.items()},
        "lyapunov": _lyapunov(found.lyapunov),
        "lines": {line.kind: _line(line) for line in found.lines},
        **({} if found.ahead is None else {"ahead": _of_backward_direction(found.ahead)}),
    }


def _of_backward_direction(found: Dynamics) -> dict[str, Any]:
    return {
        "lyapunov": _lyapunov(found.lyapunov),
        "lines": {line.kind: _line(line) for line in found.lines},
    }


def _matrix(spectrum: RecurrentSpectrum) -> dict[str, Any]:
    return {
        "spectral_radius": spectrum.spectral_radius,
        "largest_singular_value": spectrum.largest_singular_value,
        "eigenvalues": [[value.real, value.imag] for value in spectrum.eigenvalues.tolist()],
    }


def _lyapunov(found: Lyapunov) -> dict[str, Any]:
    return {
        "exponents": [finite(value) for value in found.exponents.tolist()],
        "standard_errors": [finite(value) for value in found.standard_errors.tolist()],
        "cut_off": [value == -math.inf for value in found.exponents.tolist()],
        "not_known": [math.isnan(value) for value in found.exponents.tolist()],
        "of": found.size,
        "steps": found.steps,
        "discarded": found.discarded,
        "kaplan_yorke_dimension": found.kaplan_yorke_dimension,
        "entropy_rate": found.entropy_rate,
    }


def _line(line: TheoryLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "formula": line.formula,
        "condition": line.condition,
        "verdict": line.verdict,
        "log2_per_step": finite(line.log2_per_step),
        "log10_per_step": finite(line.log2_per_step * LOG10_2),
        "exactly_zero": line.log2_per_step == -math.inf,
        "log2": [finite(value) for value in line.log2.tolist()],
        "log2_standard_error": finite(line.standard_error),
        "factor_standard_error": finite(factor_error(line.log2_per_step, line.standard_error)),
    }
