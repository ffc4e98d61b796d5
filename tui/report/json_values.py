"""How numbers stand in JSON, which has neither infinity nor NaN: by their logarithms, exact zeros marked."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tui.report.numbers import LOG10_2, factor_error, finite

if TYPE_CHECKING:
    from core.bptt.rate import Rate
    from core.claims import Evidence
    from core.numerics.scaled import Floats
    from core.trace import Trace
    from core.training.profile import ProbeProfile


def size(log2: float) -> dict[str, Any]:
    """A size given as its log₂; −inf is an exact zero."""
    return {"log2": finite(log2), "log10": finite(log2 * LOG10_2), "exactly_zero": log2 == -math.inf}


def curve(log2: Floats) -> dict[str, Any]:
    """Sizes (N,) given as their log₂."""
    values = log2.tolist()
    return {
        "log2": [finite(value) for value in values],
        "log10": [finite(value * LOG10_2) for value in values],
        "exactly_zero": [value == -math.inf for value in values],
    }


def rate(found: Rate) -> dict[str, Any]:
    """A rate as values for JSON; None where a number is not finite or not known."""
    half_life = found.half_life
    beyond = math.isfinite(found.log2_per_step) and not 0.0 < found.factor < math.inf
    return {
        "regime": found.regime,
        "log2_per_step": finite(found.log2_per_step),
        "log2_standard_error": finite(found.standard_error),
        "log10_per_step": finite(found.log2_per_step * LOG10_2),
        "factor_per_step": None if beyond else finite(found.factor),
        "factor_standard_error": None if beyond else finite(factor_error(found.log2_per_step, found.standard_error)),
        "factor_beyond_double": beyond,
        "half_life": half_life if half_life is not None and half_life > 0 else None,
        "doubling_time": -half_life if half_life is not None and half_life < 0 else None,
        "horizon": found.horizon,
        "lags": found.lags,
    }


def profile(found: ProbeProfile | None) -> dict[str, Any] | None:
    """One network on the probe batch, as values for JSON; None where it overflowed at once."""
    if found is None:
        return None
    score = found.metrics
    return {
        "step": found.step,
        "rate": rate(found.rate),
        "loss": finite(score.loss),
        "metric": finite(score.value),
        "accuracy": None if score.accuracy is None else finite(score.accuracy),
        "spectral_radius": dict(found.spectral_radius),
        "truncated_cosine": None if found.truncated_cosine is None else finite(found.truncated_cosine),
    }


def evidence(numbers: Iterable[Evidence]) -> list[dict[str, Any]]:
    """The numbers that decide a claim or a finding, each with its kind, its unit and its standard error."""
    return [
        {
            "name": number.name,
            "value": finite(number.value),
            "kind": number.kind,
            "unit": number.unit,
            "error": None if number.error is None else finite(number.error),
        }
        for number in numbers
    ]


def subject(trace: Trace) -> dict[str, Any]:
    """What a trace is of: its settings, if these make all of it; its network, its batch, and where they come from."""
    network, origin = trace.network, trace.origin
    steps, examples, _ = trace.whole_batch.inputs.shape
    makes = {"network": origin.makes_network, "batch": origin.makes_batch}
    return {
        "experiment": None if origin.settings is None else origin.settings.model_dump(),
        "network": {
            "cell": network.cell_name,
            "title": network.cell.title,
            "activation": network.activation_name,
            "readout": network.readout_name,
            "leak": network.leak,
            "constants": dict(network.constants),
            "hidden_size": network.hidden_size,
            "input_size": network.input_size,
            "output_size": network.output_size,
        },
        "batch": {
            "label": origin.label,
            "steps": steps,
            "examples": examples,
            "input_names": list(trace.whole_batch.input_names),
            "target_names": list(trace.whole_batch.target_names),
        },
        "origin": {
            "experiment_makes": [name for name, made in makes.items() if made],
            "file": origin.file,
            "sha256": origin.sha256,
            "notes": list(origin.notes),
            "training_step": origin.training_step,
            "digest": origin.digest or None,
        },
    }
