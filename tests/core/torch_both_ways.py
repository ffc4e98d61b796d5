"""What torch makes of a stack of two bidirectional layers, on untied copies: the figures beside this file.

python tests/core/torch_both_ways.py        # writes torch_both_ways.json; needs torch
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case, make_both_ways
from torch_stacks import in_torch

STORED = Path(__file__).with_suffix(".json")

CELLS = ("rnn", "gru", "lstm")
WAYS = ("fwd", "bwd")
WIDTHS = ((3, 2), (2, 3))
"""Units of the two directions, layer by layer"""


def case_of(cell: str) -> Case:
    """Two layers of two directions, all of different widths."""
    return make_both_ways(cell, WIDTHS, steps=4, examples=2, seed=41)


def own(case: Case, parameters: Any, way: str, layer: int) -> dict[str, np.ndarray]:
    """The arrays of a direction of a layer by their own names."""
    end = f"_{way}_{layer}"
    return {
        name.removesuffix(end): np.asarray(parameters[name]) for name in case.network.cell.uses() if name.endswith(end)
    }


def from_torch(cell: str) -> dict[str, Any]:
    """The losses, and the gradient by layer, direction, name, loss time and step."""
    import torch

    case = case_of(cell)
    batch, network = case.batch, case.network
    kind = {"rnn": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}[cell]
    steps, starts = len(batch.inputs), network.by_part(case.tape().states[0])
    reads = [torch.tensor(np.array(one)) for one in batch.inputs]
    copies: dict[tuple[str, int], list[Any]] = {}
    for layer, widths in enumerate(WIDTHS, 1):
        shown: list[list[Any]] = [[None] * steps, [None] * steps]
        for at, way in enumerate(WAYS):
            columns = slice(0, widths[0]) if at == 0 else slice(widths[0], sum(widths))
            made = [kind(reads[0].shape[1], widths[at], dtype=torch.float64) for _ in range(steps)]
            copies[way, layer] = made
            for copy in made:
                for name, value in in_torch(cell, own(case, network.parameters, way, layer)).items():
                    getattr(copy, name).data = torch.tensor(np.array(value))
            state: Any = torch.tensor(np.array(starts[f"a_{layer}"][:, columns]))
            if cell == "lstm":
                state = (state, torch.tensor(np.array(starts[f"c_{way}_{layer}"])))
            for t in range(steps) if way == "fwd" else range(steps - 1, -1, -1):
                state = made[t](reads[t], state)
                shown[at][t] = state[0] if cell == "lstm" else state
        reads = [torch.cat([one, other], dim=1) for one, other in zip(*shown, strict=True)]
    w_y, b_y = (torch.tensor(np.array(network.parameters[name])) for name in ("W_y", "b_y"))
    losses = [
        ((reads[t] @ w_y.T + b_y - torch.tensor(np.array(batch.targets[t]))) ** 2).sum() / 2 / batch.inputs.shape[1]
        for t in range(steps)
    ]
    found: dict[str, Any] = {"losses": [loss.item() for loss in losses], "parts": {}}
    for (way, layer), made in copies.items():
        for name in ("weight_ih", "weight_hh", "bias_ih"):
            rows = []
            for loss in losses:
                arrays = [getattr(copy, name) for copy in made]
                got = torch.autograd.grad(loss, arrays, retain_graph=True, allow_unused=True)
                rows.append([0.0 if part is None else float(part.norm()) for part in got])
            found["parts"][f"{name}_{way}_{layer}"] = rows
    return found


if __name__ == "__main__":
    STORED.write_text(json.dumps({cell: from_torch(cell) for cell in CELLS}) + "\n", encoding="utf-8")
