"""Autograd on untied copies: a recurrent module of PyTorch step by step, each step with weights of its own.

The head sees detached outputs, so that what it leaves there is the gradient with the recurrent path cut; each of these
gradients, at one step t, is then taken back to the copies of every step s by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from core.numerics.scaled import Floats
from core.sources.torch_names import ROLES

Head = Callable[[Any], Any]
"""Outputs (T, B, n), time-major → the loss"""


def one_step(mode: str, w: Mapping[str, Any], x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
    """The equations of PyTorch's documentation; the state is (h,) or (h, c)."""
    into = x @ w["weight_ih"].T + w.get("bias_ih", 0.0)
    back = state[0] @ w["weight_hh"].T + w.get("bias_hh", 0.0)
    if mode == "LSTM":
        i, f, g, o = (into + back).chunk(4, dim=-1)
        c = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        return (h @ w["weight_hr"].T if "weight_hr" in w else h), c
    if mode == "GRU":
        (r, z, n), (ar, az, an) = into.chunk(3, dim=-1), back.chunk(3, dim=-1)
        z = (z + az).sigmoid()
        return ((1 - z) * (n + (r + ar).sigmoid() * an).tanh() + z * state[0],)
    return ((into + back).relu() if mode == "RNN_RELU" else (into + back).tanh(),)


def mode_of(module: Any) -> str:
    """The mode of a module, or of a cell as its module would have it."""
    if hasattr(module, "mode"):
        return str(module.mode)
    kind = type(module).__name__.removesuffix("Cell")
    return f"RNN_{module.nonlinearity.upper()}" if kind == "RNN" else kind


def norms_by_lag(module: Any, inputs: Floats, head: Head) -> dict[tuple[str, int, str], list[list[float]]]:
    """(role, layer from 1, way) → the norm of the gradient at [t][s], from loss time t to the copy of step s."""
    x, mode = torch.tensor(np.array(inputs)), mode_of(module)
    steps, examples = x.shape[:2]
    layers, two = getattr(module, "num_layers", 1), 2 if getattr(module, "bidirectional", False) else 1
    copies: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for layer in range(layers):
        shown = []
        for way in ("fwd", "bwd")[:two]:
            ends = f"_l{layer}" + ("_reverse" if way == "bwd" else "") if hasattr(module, "num_layers") else ""
            own = {name: getattr(module, name + ends) for name in ROLES if hasattr(module, name + ends)}
            made = [{name: one.detach().clone().requires_grad_() for name, one in own.items()} for _ in range(steps)]
            copies[layer + 1, way] = made
            sizes = [own["weight_hh"].shape[1], module.hidden_size][: 2 if mode == "LSTM" else 1]
            state = tuple(torch.zeros(examples, size, dtype=x.dtype) for size in sizes)
            out: list[Any] = [None] * steps
            for t in range(steps) if way == "fwd" else reversed(range(steps)):
                state = one_step(mode, made[t], x[t], state)
                out[t] = state[0]
            shown.append(torch.stack(out))
        x = torch.cat(shown, dim=-1)
    seen = x.detach().requires_grad_()
    (entered,) = torch.autograd.grad(head(seen), seen)
    found: dict[tuple[str, int, str], list[list[float]]] = {}
    for (layer, way), made in copies.items():
        for name in made[0]:
            rows = []
            for t in range(steps):
                part = torch.sum(entered[t] * x[t])
                got = torch.autograd.grad(part, [one[name] for one in made], retain_graph=True, allow_unused=True)
                rows.append([0.0 if one is None else float(one.norm()) for one in got])
            found[name, layer, way] = rows
    return found


def assert_the_same(trace: Any, theirs: Mapping[tuple[str, int, str], Sequence[Sequence[float]]], rel: float) -> None:
    """Every contribution of a trace, at every loss time and step, is that of the untied copies."""
    uses, lags = trace.network.cell.uses(), trace.lags
    compared = 0
    for (name, layer, way), rows in theirs.items():
        own = [n for n, use in uses.items() if use.layer == layer and use.ahead == (way == "bwd")]
        ours = [n for n in own if _role(n, apart=name == "bias_hh") == name]
        scale = max(max(row) for row in rows)
        for t, row in enumerate(rows):
            for s, size in enumerate(row):
                norms = []
                for n in ours:
                    if lags.below is not None:
                        table, k = (lags.log2_norm[n], t - s) if s <= t else (lags.below.log2_norm[n], s - t)
                    else:
                        table, k = lags.log2_norm[n], s - t if uses[n].ahead else t - s
                    norms.append(float(np.exp2(table[t, k])) if k >= 0 else 0.0)
                assert abs(np.linalg.norm(norms) - size) <= rel * max(size, 1e-3 * scale), (name, layer, way, t, s)
                compared += 1
    assert compared


def _role(name: str, *, apart: bool) -> str:
    """PyTorch's name of what one of our parameters is a block of; of its two biases the second if `apart`."""
    plain = re.sub(r"(_fwd|_bwd)?(_\d+)?$", "", name)
    if plain.startswith("b_"):
        return "" if plain == ("b_n" if apart else "b_na") else "bias_hh" if apart else "bias_ih"
    return "weight_hr" if plain == "W_am" else "weight_ih" if plain.endswith("x") else "weight_hh"
