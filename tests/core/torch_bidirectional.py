"""What torch's cells make of copied weights in two directions, on untied copies: the figures beside this file.

python tests/core/torch_bidirectional.py        # writes torch_bidirectional.json; needs torch
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case, make_bidirectional
from torch_stacks import in_torch

STORED = Path(__file__).with_suffix(".json")

PAIRS = (("rnn", "rnn"), ("gru", "gru"), ("lstm", "lstm"))
WAYS = ("fwd", "bwd")


def case_of(cell: str) -> Case:
    """Two directions of different widths."""
    return make_bidirectional((cell, cell), (3, 2), steps=4, examples=2, seed=31)


def own(case: Case, parameters: Any, way: str) -> dict[str, np.ndarray]:
    """A direction's arrays by their own names."""
    return {
        name.removesuffix(f"_{way}"): np.asarray(parameters[name])
        for name in case.network.cell.uses()
        if name.endswith(f"_{way}")
    }


def from_torch(cell: str) -> dict[str, Any]:
    """The losses, and the gradient by direction, name, loss time and step."""
    import torch

    case = case_of(cell)
    batch, network = case.batch, case.network
    kind = {"rnn": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}[cell]
    steps, pairs = len(batch.inputs), cell == "lstm"
    starts = network.by_part(case.tape().states[0])
    a, others = starts["a"], [starts.get("c_fwd"), starts.get("c_bwd")]
    made, copies = [], {}
    for at, (way, columns) in enumerate(zip(WAYS, (slice(0, 3), slice(3, 5)), strict=True)):
        copies[way] = [kind(2, columns.stop - columns.start, dtype=torch.float64) for _ in range(steps)]
        for copy in copies[way]:
            for name, value in in_torch(cell, own(case, network.parameters, way)).items():
                getattr(copy, name).data = torch.tensor(np.array(value))
        state: Any = torch.tensor(np.array(a[:, columns]))
        if pairs:
            state = (state, torch.tensor(np.array(others[at])))
        shown: list[Any] = [None] * steps
        for t in range(steps) if way == "fwd" else range(steps - 1, -1, -1):
            state = copies[way][t](torch.tensor(np.array(batch.inputs[t])), state)
            shown[t] = state[0] if pairs else state
        made.append(shown)
    w_y, b_y = (torch.tensor(np.array(network.parameters[name])) for name in ("W_y", "b_y"))
    losses = []
    for t in range(steps):
        error = torch.cat([made[0][t], made[1][t]], dim=1) @ w_y.T + b_y - torch.tensor(np.array(batch.targets[t]))
        losses.append((error**2).sum() / 2 / batch.inputs.shape[1])
    found: dict[str, Any] = {"losses": [loss.item() for loss in losses], "parts": {}}
    for way in WAYS:
        for name in ("weight_ih", "weight_hh"):
            rows = []
            for loss in losses:
                arrays = [getattr(copy, name) for copy in copies[way]]
                got = torch.autograd.grad(loss, arrays, retain_graph=True, allow_unused=True)
                rows.append([None if part is None else part.tolist() for part in got])
            found["parts"][f"{name}_{way}"] = rows
    return found


if __name__ == "__main__":
    STORED.write_text(json.dumps({cell: from_torch(cell) for cell, _ in PAIRS}) + "\n", encoding="utf-8")
