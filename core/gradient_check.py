"""Checking the gradient by a route that knows nothing of backpropagation: central differences."""

from __future__ import annotations

import numpy as np

from core.bptt.forward import forward
from core.trace import Trace


def check_gradients(trace: Trace, *, directions: int = 3, seed: int = 0) -> float:
    """Worst relative error of the gradient against central differences, over random directions.

    Each parameter θ is moved along unit directions v, and ⟨∂L/∂θ, v⟩ is held against

        (8 (L(+h) − L(−h)) − (L(+2h) − L(−2h))) / 12 h        (five points, error O(h⁴))

    relative to ‖∂L/∂θ‖. About 1e−9 is agreement. A relu whose kink lies within reach of h, or a network so
    chaotic that L is not smooth at h, disagrees without the gradient being wrong.
    """
    rng = np.random.default_rng(seed)
    network, batch = trace.network, trace.batch
    worst = 0.0
    for name, parameter in network.parameters.items():
        gradient = trace.gradients[name]
        size = float(np.linalg.norm(gradient))
        for _ in range(directions):
            v = rng.standard_normal(parameter.shape)
            v /= np.linalg.norm(v)
            h = 1e-3 * max(1e-3, float(np.max(np.abs(parameter))))

            def loss(by: float, name: str = name, v: np.ndarray = v, base: np.ndarray = parameter) -> float:
                return forward(network.replace_parameters(**{name: base + by * v}), batch).loss

            slope = (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)
            error = abs(slope - float(np.sum(gradient * v)))
            worst = max(worst, error / size if size > 0 else error)
    return worst
