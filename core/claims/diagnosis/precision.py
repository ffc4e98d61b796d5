"""Whether the gradient fits into the floating-point formats that networks are trained in, as far back as it is felt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from core.claims.diagnosis.finding import Finding, Kind, Precision
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
    """A finding if the arithmetic of the training ends before less than 1 % of the gradient is left, or its last lag.

    That is the one in which a step was recorded; float32 where nobody said; float64 holds it all.
    """
    found = {one.name: one for one in precisions(trace)}
    name = _arithmetic(trace)
    if name is None:
        return
    own = found[name]
    last = len(trace.lags.scored)
    horizon = trace.lags.state_rate.horizon
    reach = last if horizon is None else horizon
    if own.ends is None or own.ends >= reach:
        return
    small = own.ends == own.underflows
    ends = Evidence(f"lag at which {name} ends", own.ends, "count", f"of {reach}")
    others = tuple(
        Evidence(f"lag at which {one.name} ends", one.ends, "count") for one in found.values() if one.ends is not None
    )
    who = "the training computes in it and" if trace.origin.precision else f"a framework that trains in {name}"
    yield Finding(
        name,
        "",
        1.0 - own.ends / max(reach, 1),
        Answer(
            f"The gradient at the state is too {'small' if small else 'large'} for {name} from {{ends}} steps back "
            f"on, though {'more than 1 % of it would be left' if small else 'it goes on'} until {reach}: {who} "
            f"has {'zeros' if small else 'infinities'} there.",
            {"ends": Evidence("", own.ends, "count")},
        ),
        _remedy(name, small),
        (ends, *(one for one in others if one.name != ends.name)),
        explains=() if small else ("exploding",),
    )


def _arithmetic(trace: Trace) -> Kind | None:
    """The format that is judged; None where it holds everything."""
    named: Mapping[str, Kind] = {"": "float32", "float32": "float32", "float16": "float16", "bfloat16": "bfloat16"}
    return named.get(trace.origin.precision)


def _remedy(name: str, small: bool) -> str:
    wider = "float64" if name == "float32" else "bfloat16 or float32" if name == "float16" else "float32"
    if small:
        return f"Multiply the loss by a large number and divide the gradient by it (loss scaling), or train in {wider}."
    return f"Clip inside the sequence or shorten it, or train in {wider}."
