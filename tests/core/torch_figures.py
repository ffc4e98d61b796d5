"""What torch.nn.GRU and torch.nn.LSTM make of copied weights: the figures beside this file, and live.

python tests/core/torch_figures.py        # writes torch_figures.json; needs torch
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case, make_case

STORED = Path(__file__).with_suffix(".json")

GATES = {"gru": "rzn", "lstm": "ifgo"}
"""Cell → its gates in the order in which torch stacks them"""


def case_of(cell: str) -> Case:
    """The network and the batch that are compared."""
    return make_case(cell=cell, steps=7, examples=3, n_a=4, n_x=2, n_y=2, gain=1.2, initial=True, seed=11)


def stacked(cell: str, parameters: Any) -> dict[str, np.ndarray]:
    """Our parameters as torch stores them: torch adds two biases, of which ours has one where they do the same."""

    def hidden_bias(gate: str) -> np.ndarray:
        return np.asarray(parameters.get(f"b_{gate}a", np.zeros_like(parameters[f"b_{gate}"])))

    gates = GATES[cell]
    return {
        "weight_ih_l0": np.concatenate([parameters[f"W_{gate}x"] for gate in gates]),
        "weight_hh_l0": np.concatenate([parameters[f"W_{gate}a"] for gate in gates]),
        "bias_ih_l0": np.concatenate([parameters[f"b_{gate}"] for gate in gates]),
        "bias_hh_l0": np.concatenate([hidden_bias(gate) for gate in gates]),
    }


def from_torch(cell: str) -> dict[str, Any]:
    """States, loss and gradients, by torch."""
    import torch

    case = case_of(cell)
    batch, parameters = case.batch, case.network.parameters
    layer = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell](2, 4, dtype=torch.float64)
    for name, value in stacked(cell, parameters).items():
        getattr(layer, name).data = torch.tensor(value)
    w_y, b_y = (torch.tensor(np.array(parameters[name]), requires_grad=True) for name in ("W_y", "b_y"))
    start = torch.tensor(np.array(batch.initial_state))[None]
    both = (start, torch.zeros_like(start))
    states, _ = layer(torch.tensor(np.array(batch.inputs)), both if cell == "lstm" else start)
    loss = ((states @ w_y.T + b_y - torch.tensor(np.array(batch.targets))) ** 2).sum() / 2 / batch.inputs.shape[1]
    loss.backward()
    gradients = {name: getattr(layer, name).grad.tolist() for name in stacked(cell, parameters)}
    gradients |= {"W_y": w_y.grad.tolist(), "b_y": b_y.grad.tolist()}
    return {"states": states.tolist(), "loss": loss.item(), "gradients": gradients}


if __name__ == "__main__":
    STORED.write_text(json.dumps({cell: from_torch(cell) for cell in GATES}) + "\n", encoding="utf-8")
