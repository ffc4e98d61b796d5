"""What torch's stacked layers make of copied weights, on an untied copy of them: the figures beside this file.

Every step of torch's network is a call of its own with weights of its own, copies of ours, so that the gradient at the
copy of step s is what passes through the use of a parameter at that step. One loss at a time gives its parts by lag.

    python tests/core/torch_stacks.py        # writes torch_stacks.json; needs torch
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case, make_stack
from torch_figures import stacked

STORED = Path(__file__).with_suffix(".json")

STACKS = {cell: (cell,) * 3 for cell in ("rnn", "gru", "lstm")}
WIDTHS = (3, 2, 4)
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def case_of(cell: str) -> Case:
    """Three layers of different widths."""
    return make_stack(STACKS[cell], WIDTHS, steps=4, examples=2, n_x=2, n_y=2, seed=23)


def own(case: Case, parameters: Any, layer: int) -> dict[str, np.ndarray]:
    """A layer's arrays by their own names."""
    return {
        name.removesuffix(f"_{layer}"): np.asarray(parameters[name])
        for name, use in case.network.cell.uses().items()
        if use.layer == layer
    }


def in_torch(cell: str, parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A layer's parameters, or what adds up as they do, in torch's names without their number."""
    if cell == "rnn":
        found = dict(zip(NAMES[:3], (parameters["W_ax"], parameters["W_aa"], parameters["b_a"]), strict=True))
        return {**found, "bias_hh": np.zeros_like(parameters["b_a"])}
    return {name.removesuffix("_l0"): value for name, value in stacked(cell, parameters).items()}


def from_torch(cell: str) -> dict[str, Any]:
    """The last layer's states, the losses, and the norm of the gradient by layer, name, loss time and lag."""
    import torch

    case = case_of(cell)
    batch, network = case.batch, case.network
    kind = {"rnn": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}[cell]
    steps = len(batch.inputs)
    cells = []
    for layer, width in enumerate(WIDTHS, 1):
        reads = 2 if layer == 1 else WIDTHS[layer - 2]
        copies = [kind(reads, width, dtype=torch.float64) for _ in range(steps)]
        for copy in copies:
            for name, value in in_torch(cell, own(case, network.parameters, layer)).items():
                getattr(copy, name).data = torch.tensor(value)
        cells.append(copies)
    w_y, b_y = (torch.tensor(np.array(network.parameters[name])) for name in ("W_y", "b_y"))
    start = [torch.tensor(np.array(values)) for values in network.by_part(case.tape().states[0]).values()]
    pairs = cell == "lstm"
    states: list[Any] = [tuple(start[2 * i : 2 * i + 2]) if pairs else start[i] for i in range(len(WIDTHS))]
    losses, tops = [], []
    for t in range(steps):
        reads = torch.tensor(np.array(batch.inputs[t]))
        for i, copies in enumerate(cells):
            states[i] = copies[t](reads, states[i])
            reads = states[i][0] if pairs else states[i]
        tops.append(reads.tolist())
        error = reads @ w_y.T + b_y - torch.tensor(np.array(batch.targets[t]))
        losses.append((error**2).sum() / 2 / batch.inputs.shape[1])
    found: dict[str, Any] = {"states": tops, "losses": [loss.item() for loss in losses], "parts": {}}
    for layer, copies in enumerate(cells, 1):
        for name in NAMES[:2]:
            arrays = [getattr(copy, name) for copy in copies]
            rows = []
            for t, loss in enumerate(losses):
                got = torch.autograd.grad(loss, arrays[: t + 1], retain_graph=True)
                rows.append([part.tolist() for part in reversed(got)])
            found["parts"][f"{name}_{layer}"] = rows
    return found


if __name__ == "__main__":
    STORED.write_text(json.dumps({cell: from_torch(cell) for cell in STACKS}) + "\n", encoding="utf-8")
