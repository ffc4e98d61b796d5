"""What torch makes of its own losses, reduced in every way, and of states to start from; on the same numbers.

python tests/core/torch_reductions.py        # writes torch_reductions.json; needs torch
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import core

STORED = Path(__file__).with_suffix(".json")

RNG = np.random.default_rng(41)
X = RNG.standard_normal((5, 3, 2))
NUMBERS = RNG.standard_normal((5, 3, 2))
ONES = (RNG.random((5, 3, 2)) < 0.5).astype(np.float64)
IDS = RNG.integers(3, size=(5, 3))
PADDED = np.where(np.arange(5)[:, np.newaxis] < [5, 3, 1], IDS, -100)
MASK = RNG.random((5, 3)) < 0.6
CLASS_WEIGHTS = np.array([0.5, 2.0, 0.25])
LENGTHS = [5, 2, 4]
PARAMETERS = {
    name: RNG.standard_normal(shape) / 2
    for name, shape in {"W_aa": (4, 4), "W_ax": (4, 2), "b_a": (4,), "W_y": (3, 4), "b_y": (3,)}.items()
}
START = RNG.standard_normal((1, 3, 4))

Case = tuple[str, core.Batch, Callable[[Any, Any], Any]]


def network(readout: str) -> core.Network:
    """The vanilla cell; two outputs but for softmax."""
    rows = 3 if readout == "softmax" else 2
    own = {name: array[:rows] if name.endswith("_y") else array for name, array in PARAMETERS.items()}
    return core.Network("rnn", own, readout_name=readout)


def cases() -> dict[str, Case]:
    """Name → the read-out, our batch, and torch's loss of outputs o (T, B, n_y)."""

    def of(targets: Any, **how: Any) -> core.Batch:
        return core.Batch.of(X, targets, initial_state=START, **how)

    def at_end(torch: Any, o: Any) -> Any:
        return o[torch.tensor(LENGTHS) - 1, torch.arange(3)]

    def tensor(torch: Any, values: Any) -> Any:
        return torch.tensor(np.array(values))

    def entropy(torch: Any, o: Any, ids: Any, **how: Any) -> Any:
        return torch.nn.CrossEntropyLoss(**how)(o.reshape(-1, 3), tensor(torch, ids).reshape(-1))

    return {
        "cross-entropy, mean": ("softmax", of(IDS, reduction="mean"), lambda t, o: entropy(t, o, IDS)),
        "cross-entropy, sum": ("softmax", of(IDS, reduction="sum"), lambda t, o: entropy(t, o, IDS, reduction="sum")),
        "cross-entropy, sum, weighted and ignored": (
            "softmax",
            of(PADDED, reduction="sum", ignore_index=-100, class_weights=CLASS_WEIGHTS),
            lambda t, o: entropy(t, o, PADDED, reduction="sum", weight=tensor(t, CLASS_WEIGHTS)),
        ),
        "cross-entropy, mean, weighted and ignored": (
            "softmax",
            of(PADDED, reduction="mean", ignore_index=-100, class_weights=CLASS_WEIGHTS),
            lambda t, o: entropy(t, o, PADDED, weight=tensor(t, CLASS_WEIGHTS)),
        ),
        "cross-entropy of the last own step": (
            "softmax",
            of(IDS[0], last=True, lengths=LENGTHS, reduction="mean", class_weights=CLASS_WEIGHTS),
            lambda t, o: entropy(t, at_end(t, o), IDS[0], weight=tensor(t, CLASS_WEIGHTS)),
        ),
        "squared error, mean": (
            "identity",
            of(NUMBERS, reduction="mean", each=2 / 2),
            lambda t, o: t.nn.MSELoss()(o, tensor(t, NUMBERS)),
        ),
        "squared error, sum": (
            "identity",
            of(NUMBERS, reduction="sum", each=2),
            lambda t, o: t.nn.MSELoss(reduction="sum")(o, tensor(t, NUMBERS)),
        ),
        "squared error of the last step": (
            "identity",
            of(NUMBERS[0], last=True, each=2 / 2),
            lambda t, o: t.nn.MSELoss()(o[-1], tensor(t, NUMBERS[0])),
        ),
        "squared error, masked": (
            "identity",
            of(NUMBERS, scored=MASK, reduction="mean", each=2),
            lambda t, o: ((o - tensor(t, NUMBERS)) ** 2).sum(dim=2)[tensor(t, MASK)].mean(),
        ),
        "binary cross-entropy, mean": (
            "sigmoid",
            of(ONES, reduction="mean", each=1 / 2),
            lambda t, o: t.nn.BCEWithLogitsLoss()(o, tensor(t, ONES)),
        ),
        "binary cross-entropy, masked sum": (
            "sigmoid",
            of(ONES, scored=MASK, reduction="sum"),
            lambda t, o: t.nn.BCEWithLogitsLoss(reduction="sum")(o[tensor(t, MASK)], tensor(t, ONES)[tensor(t, MASK)]),
        ),
    }


STARTS = {
    name: (kind, layers, both, RNG.standard_normal((layers * (2 if both else 1), 3, 4)) / 2)
    for name, (kind, layers, both) in {
        "two layers of LSTM": ("lstm", 2, False),
        "GRU in both directions": ("gru", 1, True),
        "LSTM in both directions": ("lstm", 1, True),
    }.items()
}
"""Name → cell, layers, whether it runs in both directions, and h_0 as torch has it; c_0 of an LSTM is −2 h_0"""


def weights(name: str) -> dict[str, np.ndarray]:
    """The state_dict of a module, by torch's names."""
    kind, layers, both, _ = STARTS[name]
    gates, rng = {"lstm": 4, "gru": 3}[kind], np.random.default_rng([7, *name.encode()])
    found = {}
    for layer in range(layers):
        reads = 2 if layer == 0 else 4
        for way in ("", "_reverse") if both else ("",):
            shapes = {"weight_ih": (reads,), "weight_hh": (4,), "bias_ih": (), "bias_hh": ()}
            for what, rest in shapes.items():
                found[f"{what}_l{layer}{way}"] = rng.standard_normal((gates * 4, *rest)) / 2
    return found


def starts(name: str) -> Any:
    """h_0 as it is given to us, with c_0 of an LSTM."""
    kind, _, _, h = STARTS[name]
    return (h, -2.0 * h) if kind == "lstm" else h


def from_torch() -> dict[str, Any]:
    """Losses, their gradients, and states, by torch."""
    import torch

    losses: dict[str, Any] = {}
    for name, (readout, _, loss_of) in cases().items():
        own = {one: torch.tensor(np.array(a), requires_grad=True) for one, a in network(readout).parameters.items()}
        start = torch.tensor(START[0], requires_grad=True)
        a, outputs = start, []
        for x in torch.tensor(X):
            a = torch.tanh(own["W_aa"] @ a[..., None] + own["W_ax"] @ x[..., None] + own["b_a"][:, None])[..., 0]
            outputs.append(a @ own["W_y"].T + own["b_y"])
        loss = loss_of(torch, torch.stack(outputs))
        loss.backward()
        gradients = {one: value.grad.tolist() for one, value in (own | {"a_0": start}).items()}
        losses[name] = {"loss": loss.item(), "gradients": gradients}
    states = {}
    for name, (kind, layers, both, h) in STARTS.items():
        module = getattr(torch.nn, kind.upper())(2, 4, layers, bidirectional=both, dtype=torch.float64)
        module.load_state_dict({one: torch.tensor(array) for one, array in weights(name).items()})
        begin = torch.tensor(h)
        states[name] = module(torch.tensor(X), (begin, -2.0 * begin) if kind == "lstm" else begin)[0].tolist()
    return {"losses": losses, "states": states}


if __name__ == "__main__":
    STORED.write_text(json.dumps(from_torch()) + "\n", encoding="utf-8")
