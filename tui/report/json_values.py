"""How numbers stand in JSON, which has neither infinity nor NaN: by their logarithms, exact zeros marked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tui.report.numbers import LOG10_2, finite

if TYPE_CHECKING:
    from core.numerics.scaled import Floats
    from core.trace import Trace


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
            "hidden_size": network.hidden_size,
            "input_size": network.input_size,
            "output_size": network.output_size,
        },
        "batch": {"label": origin.label, "steps": steps, "examples": examples},
        "origin": {
            "experiment_makes": [name for name, made in makes.items() if made],
            "file": origin.file,
            "sha256": origin.sha256,
            "training_step": origin.training_step,
            "digest": origin.digest or None,
        },
    }
