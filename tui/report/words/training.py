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


def carrying(experiment: Experiment) -> str:
    """`an update every 10 steps, the state carried on from window to window`; empty where neither is so."""
    every = (
        f"an update every {experiment.update_every} step{'' if experiment.update_every == 1 else 's'}"
        if experiment.update_every
        else ""
    )
    follows = experiment.window_state == "carried" and experiment.task in ("sunspots", "text", "table")
    state = "the state carried from window to window" if follows else ""
    return ", ".join(filter(None, (every, state)))
