"""What training does to the gradient: clips it at every step, or throws away what truncation cuts off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from core.bptt.backward import backward
from core.bptt.forward import FirstStepOverflowError, forward
from core.bptt.truncation import ALL, truncated_gradients, truncates
from core.claims.diagnosis.finding import Finding
from core.claims.evidence import Answer, Evidence
from core.numerics.scaled import Floats
from core.trace import Trace
from core.training.history import TrainingHistory
from core.training.recorded import RecordedHistory, RecordedSizes

TRIED = 8
"""Training batches whose gradients are looked at where nothing has been trained"""

BITES = 0.95
"""Clipping always bites if it changes this share of the updates"""

LOST = 0.1
"""Truncation throws away too much if what is lost has this share of the gradient's norm"""

_AT_MOST = 10.0
"""Bits by which a gradient is cut, a thousandfold, beyond which it cannot matter more"""


History: TypeAlias = TrainingHistory | RecordedHistory | RecordedSizes
"""A training, as far as its updates are known"""


def clipping(trace: Trace, history: History | None) -> Iterator[Finding]:
    """A finding if nearly every update is clipped, in the training given or, without one, on batches of its data."""
    if not_clipped(trace, history):
        return
    before, after = _sizes(trace) if history is None else _recorded(history)
    known = np.isfinite(before) & np.isfinite(after)
    if not known.any():
        return
    cut = (before - after)[known]
    bitten, typical = float(np.mean(cut > 1e-9)), float(np.median(cut))
    length = _length(trace, history, after[known])
    if bitten < BITES:
        return
    share = Evidence("updates that are clipped", bitten, "share", f"of {int(known.sum())}")
    factor = Evidence("gradient before clipping, over that after", typical, "size")
    yield Finding(
        "clipping",
        "",
        min(1.0, 0.5 + typical / _AT_MOST),
        Answer(
            f"Clipping always bites: {{share}} of {int(known.sum())} gradients are larger than {length}, "
            "typically {factor} times, so that every update has the same length, whatever the gradient.",
            {"share": Evidence("", bitten, "share"), "factor": factor},
        ),
        "Clip at a norm near the largest of ordinary steps (clip at), and lower the learning rate as much.",
        (share, factor),
    )


def not_clipped(trace: Trace, history: History | None) -> str:
    """Why it cannot be said whether clipping always bites; empty where it can."""
    if history is None or isinstance(history, TrainingHistory):
        experiment = trace.experiment if history is None else history.experiment
        return "nothing is clipped" if experiment is None or experiment.clip == "none" else ""
    before, after = _recorded(history)
    if not (after < before - 1e-9).any():
        return "in no recorded step the gradient was clipped within what was recorded"
    known = int(np.isfinite(after).sum())
    if known < TRIED:
        return (
            f"of {known} recorded steps nobody can say what is always so; give {TRIED} or more of a training together"
        )
    return ""


def _length(trace: Trace, history: History | None, clipped: Floats) -> str:
    """The norm or value at which it is clipped; of recordings, the typical norm of the part after it."""
    if history is None or isinstance(history, TrainingHistory):
        experiment = trace.experiment if history is None else history.experiment
        return "" if experiment is None else f"{experiment.clip_at:g}"
    return f"clipping lets by (this part of them typically {2.0 ** float(np.median(clipped)):.2g})"


def _recorded(history: History) -> tuple[Floats, Floats]:
    return history.scalars("log2_gradient"), history.scalars("log2_clipped")


def _sizes(trace: Trace) -> tuple[Floats, Floats]:
    """log₂ ‖g‖ before and after clipping of some training batches, of the network as it is."""
    from core.training.clipping import clip

    experiment = trace.experiment
    assert experiment is not None
    before, after = [], []
    for index in range(TRIED if trace.origin.makes_batch else 1):
        try:
            tape = forward(trace.network, trace.batches(index))
        except FirstStepOverflowError:
            continue
        k1, k2 = experiment.k1, experiment.k2
        found = truncated_gradients(tape, k1, k2) if truncates(trace.network, k2) else backward(tape)
        flat = found.flat()
        before.append(float(flat.log2_norm()))
        after.append(float(clip(flat, experiment.clip, experiment.clip_at).log2_norm()))
    return np.array(before), np.array(after)


def truncation(trace: Trace) -> Iterator[Finding]:
    """A finding if truncated backpropagation loses much of the gradient."""
    found = trace.truncation
    if found is None:
        return
    lost = float(np.exp2(found.log2_lost_share[ALL]))
    if not lost >= LOST:
        return
    share = Evidence("norm of what is thrown away, over the whole gradient's", lost, "share")
    cosine = Evidence("cosine to the whole gradient", found.cosine[ALL], "number")
    yield Finding(
        "truncation",
        f"k2 = {found.k2}",
        min(1.0, lost),
        Answer(
            f"Truncation throws away {{share}} of the gradient, by its norm: it goes back {found.k2} steps, and what "
            "lies further back still counts. The cosine of the update to the whole gradient is {cosine}.",
            {"share": share, "cosine": cosine},
        ),
        "Go further back (a larger k2), or more often (a smaller k1), until little is thrown away.",
        (share, cosine),
    )
