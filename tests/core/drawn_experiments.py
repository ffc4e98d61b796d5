"""Experiments drawn at random from everything that the settings allow, for searches that have no case in mind."""

from __future__ import annotations

import numpy as np

import core
from core.bptt.forward import FirstStepOverflowError
from core.tasks import make_batch


def draw(seed: int, longest: int = 200) -> tuple[core.Experiment, core.Batch]:
    """The settings of one seed and their batch, of which some steps may not be scored.

    Gains and inputs go from 1e−6 to 1e+6, evenly in their logarithm; so do the lengths, from 1 to `longest` steps.
    """
    rng = np.random.default_rng(seed)

    def power() -> float:
        return float(10 ** rng.uniform(-6, 6))

    cell = str(rng.choice(["rnn", "gru", "lstm", "deep"]))
    steps = max(1, int(np.exp(rng.uniform(0, np.log(longest)))))
    settings: dict[str, object] = {
        "cell": cell,
        "gain": power(),
        "input_gain": power(),
        "activation": str(rng.choice(["tanh", "relu", "sigmoid", "identity"])),
        "initializer": str(rng.choice(["gaussian", "orthogonal", "identity"])),
        "timesteps": steps,
        "hidden_size": int(rng.integers(1, 9)),
        "batch_size": int(rng.integers(1, 4)),
        **dict.fromkeys(("seed", "data_seed"), int(rng.integers(0, 1000))),
        "task": str(rng.choice(["sunspots", "noise", "adding", "copy", "temporal-order", "text"])),
        "bias": float(rng.choice([0.0, 1.0, -1e6, 1e6, power()])),
    }
    if cell in ("rnn", "deep") and rng.random() < 0.4:
        settings["leak"] = float(rng.choice([0.0, 1e-6, 0.01, 0.5, 0.999]))
    if cell == "lstm":
        settings["forget_bias"] = float(rng.choice([0.0, 1.0, -1e3, 1e3, 1e6]))
    if cell != "deep" and rng.random() < 0.4:
        settings["k1"], settings["k2"] = int(rng.integers(0, steps + 1)), int(rng.integers(1, steps + 1))
    experiment = core.Experiment.model_validate(settings)
    batch = make_batch(experiment)
    if rng.random() < 0.4:
        batch = core.Batch(batch.inputs, batch.targets, rng.random(steps) < 0.5, batch.initial_state)
    return experiment, batch


def run(seed: int, longest: int = 200) -> core.Trace | None:
    """The trace of one seed; None if its first step leaves float64 already, which is told as such."""
    experiment, batch = draw(seed, longest)
    try:
        return core.run(experiment, batch=batch)
    except FirstStepOverflowError:
        return None
