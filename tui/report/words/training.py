"""How a network is trained, in words: what is done to its gradient before an update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.tasks import Baseline, baselines

if TYPE_CHECKING:
    from core.settings.experiment import Experiment


def to_beat(experiment: Experiment) -> tuple[Baseline, ...]:
    """What a network without a memory reaches; nothing where the text that it is worked out from is gone by now."""
    try:
        return baselines(experiment)
    except ValueError:
        return ()


def clipping(experiment: Experiment) -> str:
    """`clipped by norm at 1`; empty where the gradient is not clipped."""
    return "" if experiment.clip == "none" else f"clipped by {experiment.clip} at {experiment.clip_at:g}"


def truncation(experiment: Experiment) -> str:
    """`truncated, k1 = 10, k2 = 20`, T where k1 is 0; empty where the gradient is not truncated."""
    return f"truncated, k1 = {experiment.k1 or 'T'}, k2 = {experiment.k2}" if experiment.k2 else ""
