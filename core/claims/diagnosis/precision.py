"""Whether the gradient fits into the floating-point formats that networks are trained in, as far back as it is felt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.claims.diagnosis.finding import Finding, Precision
from core.claims.evidence import Answer, Evidence
from core.trace import Trace

FORMATS: Final = {"float16": (-24.0, 16.0), "bfloat16": (-133.0, 128.0), "float32": (-149.0, 128.0)}
"""Format → log₂ of its smallest number above 0, and of what its largest is just below (IEEE 754; Kalamkar et al. 2019:
`bfloat16`)"""


def precisions(trace: Trace) -> tuple[Precision, ...]:
    """How far each format reaches: the first lag of the typical gradient at the state that it cannot hold."""
    curve = _curve(trace)
    each = curve - np.log2(max(trace.network.state_size * trace.batch.inputs.shape[1], 1)) / 2
    found = []
    for name, (least, most) in FORMATS.items():
        under = np.flatnonzero(np.isfinite(each) & (each < least))
        over = np.flatnonzero(curve >= most)
        first = [int(lags[0]) if lags.size else None for lags in (under, over)]
        found.append(Precision(name, *first))
    return tuple(found)


def _curve(trace: Trace) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """log₂ of the typical gradient at the state, by lag."""
    from core.bptt.rate import typical_curve

    return typical_curve(trace.lags.log2_state_norm)


def precision(trace: Trace) -> Iterator[Finding]:
    """A finding if float32 ends before less than 1 % of the gradient is left, or before the last lag."""
    found = {one.name: one for one in precisions(trace)}
    single = found["float32"]
    last = len(trace.lags.scored)
    horizon = trace.lags.state_rate.horizon
    reach = last if horizon is None else horizon
    if single.ends is None or single.ends >= reach:
        return
    small = single.ends == single.underflows
    ends = Evidence("lag at which float32 ends", single.ends, "count", f"of {reach}")
    others = tuple(
        Evidence(f"lag at which {name} ends", one.ends, "count") for name, one in found.items() if one.ends is not None
    )
    yield Finding(
        "float32",
        "",
        1.0 - single.ends / max(reach, 1),
        Answer(
            f"The gradient at the state is too {'small' if small else 'large'} for float32 from {{ends}} steps back "
            f"on, though {'more than 1 % of it would be left' if small else 'it goes on'} until {reach}: a framework "
            f"that trains in float32 has {'zeros' if small else 'infinities'} there.",
            {"ends": Evidence("", single.ends, "count")},
        ),
        "Multiply the loss by a large number and divide the gradient by it (loss scaling), or train in float64."
        if small
        else "Clip inside the sequence or shorten it, or train in float64.",
        (ends, *(one for one in others if one.name != ends.name)),
        explains=() if small else ("exploding",),
    )
