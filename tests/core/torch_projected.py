"""What torch's LSTM with proj_size makes of copied weights, on an untied copy of them: the figures beside this file.

python tests/core/torch_projected.py        # writes torch_projected.json; needs torch
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case, make_projected
from torch_figures import stacked

STORED = Path(__file__).with_suffix(".json")

SIZES = ((4, 2), (3, 2))


def case_of(layers: int) -> Case:
    """One or two layers."""
    return make_projected(SIZES[:layers], steps=4, examples=2, seed=29)


def own(case: Case, parameters: Any, layer: int) -> dict[str, np.ndarray]:
    """A layer's arrays by their own names."""
    uses, number = case.network.cell.uses().items(), f"_{layer}"
    alone = len(case.network.cell.stack) == 1
    return {name if alone else name.removesuffix(number): parameters[name] for name, use in uses if use.layer == layer}


def in_torch(parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A layer's parameters, or what adds up as they do, in torch's names."""
    return {**stacked("lstm", parameters), "weight_hr_l0": parameters["W_am"]}


def from_torch(layers: int) -> dict[str, Any]:
    """The losses, and the gradient by layer, name, loss time and lag."""
    import torch

    case = case_of(layers)
    batch, network, steps = case.batch, case.network, len(case.batch.inputs)
    reads, cells = 2, []
    for layer, (units, shown) in enumerate(SIZES[:layers], 1):
        copies = [torch.nn.LSTM(reads, units, proj_size=shown, dtype=torch.float64) for _ in range(steps)]
        for copy in copies:
            for name, value in in_torch(own(case, network.parameters, layer)).items():
                getattr(copy, name).data = torch.tensor(np.array(value))
        cells.append(copies)
        reads = shown
    w_y, b_y = (torch.tensor(np.array(network.parameters[name])) for name in ("W_y", "b_y"))
    start = [torch.tensor(np.array(values))[None] for values in network.by_part(case.tape().states[0]).values()]
    states: list[Any] = [tuple(start[2 * i : 2 * i + 2]) for i in range(layers)]
    losses = []
    for t in range(steps):
        read = torch.tensor(np.array(batch.inputs[t : t + 1]))
        for i, copies in enumerate(cells):
            read, states[i] = copies[t](read, states[i])
        error = read[0] @ w_y.T + b_y - torch.tensor(np.array(batch.targets[t]))
        losses.append((error**2).sum() / 2 / batch.inputs.shape[1])
    found: dict[str, Any] = {"losses": [loss.item() for loss in losses], "parts": {}}
    for layer, copies in enumerate(cells, 1):
        for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "weight_hr_l0"):
            arrays = [getattr(copy, name) for copy in copies]
            rows = []
            for t, loss in enumerate(losses):
                got = torch.autograd.grad(loss, arrays[: t + 1], retain_graph=True)
                rows.append([part.tolist() for part in reversed(got)])
            found["parts"][f"{name}_{layer}"] = rows
    return found


if __name__ == "__main__":
    STORED.write_text(json.dumps({str(layers): from_torch(layers) for layers in (1, 2)}) + "\n", encoding="utf-8")
