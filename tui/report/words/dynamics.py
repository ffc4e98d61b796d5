"""What a network's Jacobians do to a gradient, in words with their numbers: the app's and the report's one source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.rate import SIGNIFICANT
from core.dynamics.lyapunov import ROUNDING
from core.dynamics.theory import slowness
from core.network.activations import ACTIVATIONS
from core.network.cells.gate_products import GATE_FUNCTIONS
from tui.report.numbers import factor, factor_with_error, magnitude, number
from tui.report.words.verdict import ERROR_REACHES_1

if TYPE_CHECKING:
    from core.dynamics.jacobians import JacobianProfile, RecurrentSpectrum
    from core.dynamics.lyapunov import Lyapunov
    from core.dynamics.summary import Dynamics
    from core.dynamics.theory import TheoryLine
    from core.network.network import Network

NO_JACOBIAN: Final = (
    "There is no Jacobian from one step to the next here: in a stack of bidirectional layers what comes to a step has "
    "been at steps before and after it. Each layer by itself has them: give that one layer."
)
"""What is said where a network has no Jacobians"""

CUT_OFF: Final = "cut off"
NOT_KNOWN: Final = "not known"
"""What is written for a number that float64's rounding has lost"""

_NATS: Final = math.log(2.0)
_SHOWN: Final = 5
"""How many of the exponents are written out"""


@dataclass(frozen=True)
class Fact:
    """One number and what it means."""

    name: str
    value: str
    meaning: str


def facts(found: Dynamics) -> tuple[Fact, ...]:
    """ρ and σ_max, the exponents, the dimension and the entropy rate, each with what it means."""
    return (*_of_the_matrix(found), *_exponents(found.lyapunov))


def _of_the_matrix(found: Dynamics) -> tuple[Fact, ...]:
    """ρ and σ_max of the recurrent matrix, or of each that a cell with gates has."""
    network, spectra = found.tape.network, found.spectra
    steepest = f"the steepest slope of φ = {network.activation_name}"
    slope = number(network.activation.slope_bound)
    if not spectra:
        title, layers = network.cell.title, network.layers
        if not network.reads_state:
            return (Fact("ρ", "none", f"the {title} has no recurrent matrix{_only_way(network)}."),)
        if layers is None:
            return (Fact("ρ", "none", f"no recurrent matrix of the {title} is square, and so none has eigenvalues."),)
        return (
            Fact("matrices", str(layers), f"the {title} has one for each step, and so no ρ and no σ_max of its own."),
        )
    if len(spectra) > 1:
        return (
            *(_of_a_gate(name, network.uses[name].gate, spectrum) for name, spectrum in spectra.items()),
            Fact("γ", slope, f"{steepest}{_of_the_gates(network)}."),
        )
    ((parameter, spectrum),) = spectra.items()
    name = matrix_written(network, parameter)
    bounded = network.cell.elman or "leak" in network.cell.settings
    rho, sigma = spectrum.spectral_radius, spectrum.largest_singular_value
    stretch = f"largest singular value: the most that {name} stretches in a single step"
    if sigma - rho <= 1e-9 * sigma:
        stretch += "; no more than ρ here, as in a rotation or a symmetric matrix."
    else:
        stretch += f", {number(sigma / rho)} times ρ here." if rho > 1e-300 else ", while its powers come to rest at 0."
    many = f"what many steps do, {name}^k" if bounded else "of what reads the state, not of the Jacobian"
    return (
        Fact(f"ρ({name})", number(rho), f"spectral radius, the largest |eigenvalue|: {many}."),
        Fact(f"σ_max({name})", number(sigma), stretch),
        Fact("γ", slope, f"{steepest}; where σ_max is below 1/γ, nothing can grow." if bounded else f"{steepest}."),
    )


def _only_way(network: Network) -> str:
    """What a gradient is multiplied by from step to step where no matrix reads the state: `: each Jacobian is …`."""
    direct, stacked = network.cell.direct, len(network.cell.stack) > 1
    where = ", within a layer" if stacked else ""
    return f": each Jacobian is {direct.symbol}, unit by unit{where}" if direct is not None else ""


def matrix_written(network: Network, parameter: str) -> str:
    """The matrix that multiplies what a parameter reads, in symbols: `W_aa`, `W_aa − W_aaᵀ − κ1`."""
    return network.uses[parameter].written(parameter).strip("()")


def _of_the_gates(network: Network) -> str:
    """`; that of every gate's σ is 0.25`; nothing of a network without gates."""
    functions = network.cell.functions(ACTIVATIONS["relu"]).values()
    slopes = sorted({one.slope_bound for one in functions if one.name in GATE_FUNCTIONS})
    if len(slopes) == 1:
        return f"; that of every gate's σ is {number(slopes[0])}"
    return f"; those of the gates' σ are {' and '.join(map(number, slopes))}" if slopes else ""


def _of_a_gate(name: str, made: str, spectrum: RecurrentSpectrum) -> Fact:
    values = f"ρ {number(spectrum.spectral_radius)}, σ_max {number(spectrum.largest_singular_value)}"
    return Fact(name, values, f"spectral radius and largest singular value of what {made} reads the state through.")


def _exponents(found: Lyapunov) -> tuple[Fact, ...]:
    return (
        Fact("λ₁", exponent(found, 0), _direction(found)),
        Fact("λ₁, λ₂, …", _several(found), _which(found)),
        Fact("dimension", _dimension(found), _meaning_of_dimension(found)),
        Fact("entropy rate", _entropy(found), _meaning_of_entropy(found)),
    )


def exponent(found: Lyapunov, i: int) -> str:
    """One exponent with its standard error, in nats per step: `−0.132 ± 0.036`; `cut off` for no gradient at all."""
    value, error = float(found.exponents[i]), float(found.standard_errors[i])
    if not math.isfinite(value):
        return growth(value)
    value, error = (0.0 if abs(x) < ROUNDING else x for x in (value, error))
    if math.isnan(error) or error == 0:
        return number(value)
    decimals = max(0, 1 - math.floor(math.log10(error)))
    if decimals > 6:
        return f"{number(value)} ± {number(error, digits=2)}"
    return f"{value:.{decimals}f} ± {error:.{decimals}f}".replace("-", "−")


def growth(exponent: float, digits: int = 3) -> str:
    """An exponent as a number; `cut off` for −∞, which some step's Jacobian takes to 0; `not known` for NaN."""
    if math.isnan(exponent):
        return NOT_KNOWN
    return CUT_OFF if exponent == -math.inf else number(exponent, digits=digits)


def singular_value(log2: float) -> str:
    """A singular value given as its log₂; `not known` for NaN."""
    return NOT_KNOWN if math.isnan(log2) else magnitude(log2)


def _told(found: Lyapunov) -> str:
    """What λ₁ says: `−`, `+`, `0` where it is not distinguishable from 0, `?` where there are too few steps to tell."""
    value, error = float(found.exponents[0]), float(found.standard_errors[0])
    if np.isneginf(value):
        return "−"
    if math.isnan(error):
        return "?"
    if abs(value) <= max(SIGNIFICANT * error, ROUNDING):
        return "0"
    return "+" if value > 0 else "−"


def _direction(found: Lyapunov) -> str:
    value, error = (float(x[0]) / _NATS for x in (found.exponents, found.standard_errors))
    if np.isneginf(value):
        return "nats per step: at some step every unit is cut off, and nothing at all passes back through it."
    if np.isnan(value):
        return "float64's rounding has lost it."
    per_step = f"nats per step, {factor_with_error(value, error)}: "
    pace = slowness(value, found.steps, "steps", "measured")
    return (
        per_step
        + {
            "?": "but with so few steps there is no telling an error, and so no telling a sign.",
            "0": "not distinguishable from 0: whether nearby trajectories meet or part, and a gradient fades or "
            "grows, is open.",
            "−": f"nearby trajectories meet, and a generic gradient vanishes in the long run{pace}.",
            "+": "nearby trajectories part (chaos, where the state stays bounded), and a generic gradient explodes in "
            f"the long run{pace}.",
        }[_told(found)]
    )


def _several(found: Lyapunov) -> str:
    some = [growth(0.0 if abs(x) < ROUNDING else float(x), digits=2) for x in found.exponents[:_SHOWN]]
    if len(found.exponents) > _SHOWN:
        some += ["…", growth(float(found.exponents[-1]), digits=2)]
    return "  ".join(some)


def _which(found: Lyapunov) -> str:
    count = len(found.exponents)
    which = f"all {count}" if count == found.size else f"the largest {count} of {found.size}, to keep the time short"
    which = "the only one" if found.size == 1 else which
    over = f"over {_steps(found.steps)}" + (f", after {found.discarded} to settle" if found.discarded else "")
    cut = int(np.isneginf(found.exponents).sum())
    gone = f"; {cut} cut off for good by some step" if cut else ""
    lost = int(np.isnan(found.exponents).sum())
    gone += f"; {lost} not known, lost in float64's rounding" if lost else ""
    return f"the Lyapunov spectrum, one exponent for each direction: {which}; means {over}{gone}."


def _dimension(found: Lyapunov) -> str:
    value = found.kaplan_yorke_dimension
    return "–" if value is None else f"{number(value)} of {found.size}"


def _meaning_of_dimension(found: Lyapunov) -> str:
    value = found.kaplan_yorke_dimension
    name = "Kaplan–Yorke: "
    if _told(found) == "?":
        return name + "of little weight, as long as λ₁ has no standard error."
    if value is None:
        return name + "more than the known exponents can tell."
    if value == 0 and _told(found) == "0":
        return name + "but λ₁ may as well be above 0, and the dimension more."
    if value == 0:
        return name + "all trajectories end in one, the one that the inputs lead; where the state began is forgotten."
    if value >= found.size:
        return name + "no volume of states shrinks; nothing of the state is forgotten."
    if _told(found) == "0":
        return name + "but λ₁ may as well be below 0, and the dimension 0."
    return name + "so many numbers tell where the state is, in the long run; the other directions are forgotten."


def _entropy(found: Lyapunov) -> str:
    value = found.entropy_rate
    return "–" if value is None else number(value)


def _meaning_of_entropy(found: Lyapunov) -> str:
    value = found.entropy_rate
    if value is None:
        return "more than the known exponents can tell: all of them are above 0."
    if value == 0 and _told(found) == "0":
        return "nats per step, the sum of the exponents above 0, of which none was found; λ₁ may as well be."
    if value == 0:
        return (
            "nats per step, the sum of the exponents above 0, of which there are none: nothing is made unpredictable."
        )
    bits = f"nats per step ({number(value / _NATS)} bits), the sum of the exponents above 0"
    if _told(found) != "+":
        return bits + ", which may as well be 0."
    return bits + ": as fast as that, at most, does a small uncertainty of the state grow."


def line_factor(line: TheoryLine) -> str:
    """What a line says that one more lag multiplies by: `×1.8`, `×0.876 ± 0.032`, `×0`."""
    if line.log2_per_step == -math.inf:
        return "×0"
    if line.standard_error:
        return factor_with_error(line.log2_per_step, line.standard_error)
    return factor(line.log2_per_step)


def verdict_forms(line: TheoryLine) -> tuple[str, ...]:
    """What holds of a line, with the reason, without it, and as briefly as it goes.

    A measured exponent is judged as the title's rate is: undetermined where twice its error reaches ×1. They may differ
    all the same, the one over the lags at hand and the other in the long run, and each says which it is.
    """
    told = line.verdict
    if line.kind == "lyapunov" and told == "not distinguishable from 0":
        return (f"undetermined: {ERROR_REACHES_1}", "undetermined", "open")
    if line.kind == "lyapunov" and told.endswith("in the long run"):
        end = "0" if line.log2_per_step < 0 else "∞"
        return (f"{told}: twice its error does not reach ×1", told, f"long run → {end}")
    brief = told.replace("1 % or more", "≥ 1 %").replace("under 1 %", "< 1 %")
    return (told, told, brief.removesuffix(", the last"))


def looked_at(profile: JacobianProfile, examples: int, state: str = "a") -> str:
    """Which product this is, and at which lags it was looked at."""
    lags, t = profile.lags, profile.step
    text = f"∂{state}⟨t⟩/∂{state}⟨t−k⟩ for t = {t}" + (f", example 1 of {examples}" if examples > 1 else "")
    stride = int(lags[1] - lags[0]) if len(lags) > 1 else 1
    if stride > 1:
        text += f"; every {_ordinal(stride)} lag"
    if int(lags[-1]) + stride < t:
        text += f"; up to lag {lags[-1]} of {t - 1}, to keep the time short"
    lost = np.flatnonzero(profile.unknown)
    if lost.size:
        most, n = int(profile.unknown.max()), profile.log2_singular_values.shape[1]
        text += f"; from lag {lags[lost[0]]} on up to {most} of the {n} are not known, lost in float64's rounding"
    return text


def _ordinal(n: int) -> str:
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def _steps(count: int) -> str:
    return f"{count} step" if count == 1 else f"{count} steps"
