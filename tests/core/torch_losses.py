"""What torch makes of a captioning loss: embedded ids, padding that is ignored, class weights; and of a pooled head.

python tests/core/torch_losses.py        # writes torch_losses.json; needs torch
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import core

STORED = Path(__file__).with_suffix(".json")

PADDING = -100
CLASS_WEIGHTS = np.array([0.5, 2.0, 1.0, 0.25])
RNG = np.random.default_rng(23)
IDS = RNG.integers(5, size=(6, 3))
TARGETS = np.where(np.arange(6)[:, np.newaxis] < [6, 4, 2], RNG.integers(4, size=(6, 3)), PADDING)
EMBEDDING = RNG.standard_normal((5, 2))
START = RNG.standard_normal((1, 3, 4))
PARAMETERS = {
    name: RNG.standard_normal(shape) / 2
    for name, shape in {"W_aa": (4, 4), "W_ax": (4, 2), "b_a": (4,), "W_y": (4, 4), "b_y": (4,)}.items()
}
HIDDEN, OUT = RNG.standard_normal((3, 4)), RNG.standard_normal((4, 3))
LABELS = np.array([3, 0, 1])


def network() -> core.Network:
    """The vanilla cell with softmax."""
    return core.Network("rnn", PARAMETERS, readout_name="softmax")


def head() -> core.Head:
    """Two layers with relu between them, over the mean of the states."""
    layers = [core.HeadLayer(HIDDEN, np.zeros(3), "relu"), core.HeadLayer(OUT, np.zeros(4))]
    return core.Head(layers, "mean", "softmax")


def from_torch() -> dict[str, Any]:
    """Losses and gradients, by torch."""
    import torch

    def leaf(values: np.ndarray) -> Any:
        return torch.tensor(np.array(values), requires_grad=True)

    def recurrence() -> tuple[Any, Any, Any, Any]:
        layer = torch.nn.RNN(2, 4, dtype=torch.float64)
        for name, value in zip(layer.state_dict(), ("W_ax", "W_aa", "b_a", None), strict=True):
            getattr(layer, name).data = torch.tensor(np.array(PARAMETERS[value])) if value else torch.zeros(4).double()
        embedding, start = leaf(EMBEDDING), leaf(START)
        return layer, embedding, start, layer(embedding[torch.tensor(IDS)], start)[0]

    def gradients(layer: Any, embedding: Any, start: Any) -> dict[str, Any]:
        of_layer = {"W_ax": layer.weight_ih_l0, "W_aa": layer.weight_hh_l0, "b_a": layer.bias_ih_l0}
        return {name: value.grad.tolist() for name, value in (of_layer | {"E": embedding, "h_0": start}).items()}

    layer, embedding, start, states = recurrence()
    w_y, b_y = leaf(PARAMETERS["W_y"]), leaf(PARAMETERS["b_y"])
    criterion = torch.nn.CrossEntropyLoss(torch.tensor(CLASS_WEIGHTS), ignore_index=PADDING)
    loss = criterion((states @ w_y.T + b_y).reshape(-1, 4), torch.tensor(TARGETS).reshape(-1))
    loss.backward()
    caption = {"loss": loss.item(), "gradients": gradients(layer, embedding, start) | {"W_y": w_y.grad.tolist()}}
    layer, embedding, start, states = recurrence()
    hidden, out = leaf(HIDDEN), leaf(OUT)
    outputs = torch.relu(states.mean(dim=0) @ hidden.T) @ out.T
    loss = torch.nn.CrossEntropyLoss()(outputs, torch.tensor(LABELS))
    loss.backward()
    of_head = {"W_h1": hidden.grad.tolist(), "W_y": out.grad.tolist()}
    return {
        "caption": caption,
        "pooled": {"loss": loss.item(), "gradients": gradients(layer, embedding, start), "head": of_head},
    }


if __name__ == "__main__":
    STORED.write_text(json.dumps(from_torch()) + "\n", encoding="utf-8")
