"""Recordings of a training without PyTorch: what a folder that is followed is filled with in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import core


def recording(step: int, units: int = 3, steps: int = 8, kept: float | None = None) -> core.Recording:
    """A step of a training of two modules, whose second becomes larger."""
    networks, batches, gradients = {}, {}, {}
    for name, n in (("encoder", units), ("decoder", 2)):
        drawn = core.make_network(core.Experiment(hidden_size=n, gain=0.5 + step / 1000))
        networks[name] = core.Network("rnn", {one: drawn.parameters[one] for one in drawn.cell.uses()}, "tanh", "none")
        batches[name] = core.Batch.injected(np.ones((steps, 2, 1)), np.ones((steps, 2, n)))
        gradients[name] = core.run(network=networks[name], batch=batches[name]).gradients
    return core.Recording.of(networks, batches, gradients, step=step, loss=10.0 - step / 100, kept=kept)


def written(folder: Path, step: int, **more: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"step_{step:08d}.npz"
    recording(step, **more).save(path, overwrite=True)
    return path
