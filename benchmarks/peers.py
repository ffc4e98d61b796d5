"""The two jobs of `ours` by automatic differentiation, each in the way its library is good at.

The lag profile: perturb every pre-activation z⟨s⟩ by a p⟨s⟩ = 0, differentiate all losses L_t by all p⟨s⟩ in one
batched reverse pass, which gives every δ_{t,s}, and take norms from Gram matrices. Nothing is differentiated by
the parameters themselves: that would need a matrix for each pair (t, s), and be slower still. A training step:
the loss and its gradient. float64 throughout; compile time is not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np

import core
from benchmarks.cases import Profile, Size
from core.numerics.scaled import Floats

Tables: TypeAlias = tuple[dict[str, Any], dict[str, Any]]
"""Parameter → norms (T, T) at [t, s], and → norms of the sums over t, (T,) at [k]; in the library's own arrays"""

MOST_BYTES = 1.0e9
"""Sizes whose δ_{t,s} take more than this are not given to the peers."""


@dataclass(frozen=True)
class Peer:
    """A library that can do the jobs."""

    name: str
    module: str
    profile: Callable[[core.Network, core.Batch], Callable[[], Tables]]
    step: Callable[[core.Network, core.Batch], Callable[[], dict[str, Floats]]]
    most_steps: int = 1000
    """Longest sequence worth waiting for"""
    profile_name: str = ""
    step_name: str = ""

    @property
    def missing(self) -> bool:
        """Whether it is not installed here."""
        return find_spec(self.module) is None

    def fits(self, size: Size) -> bool:
        """Whether a lag profile of this size fits its memory and our patience."""
        return size.every_delta <= MOST_BYTES and size.steps <= self.most_steps


def _arrays(network: core.Network, batch: core.Batch) -> tuple[dict[str, Floats], Floats, Floats, Floats]:
    start = batch.initial_state
    assert start is not None
    return dict(network.parameters), batch.inputs, batch.targets, start


def _norms(xp: Any, deltas: Any, sources: dict[str, Any]) -> Tables:
    """Norms (T, T) at [t, s] and norms of the sums over t (T,) at [k], in the array library `xp`."""
    steps, _, examples = deltas.shape[:3]
    t = np.arange(steps)
    gram = xp.einsum("tsbn,tscn->tsbc", deltas, deltas)
    # δ_{s+k, s} at [k, s], zero where s + k is past the end.
    later, inside = t[:, None] + t, (t[:, None] + t) < steps
    by_lag = deltas[np.minimum(later, steps - 1), t[None, :]] * xp.asarray(inside[:, :, None, None] * 1.0)
    by_lag = by_lag.reshape(steps, steps * examples, -1)
    norms, summed = {}, {}
    for name, source in sources.items():
        reads = xp.einsum("sbm,scm->sbc", source, source)
        squares = (gram * reads).sum((-1, -2))
        norms[name] = xp.sqrt(xp.clip(squares, 0.0, None))
        sums = xp.einsum("krn,rm->knm", by_lag, source.reshape(steps * examples, -1))
        summed[name] = xp.sqrt((sums**2).sum((-1, -2)))
    return norms, summed


def by_lag(norms: dict[str, Any], summed: dict[str, Any]) -> Profile:
    """From [t, s] to [t, k]."""
    steps = len(next(iter(summed.values())))
    k = np.arange(steps)
    at = k[:, None] - k
    tables = {
        name: np.where(at >= 0, np.asarray(table)[k[:, None], np.maximum(at, 0)], 0.0) for name, table in norms.items()
    }
    return Profile(tables, {name: np.asarray(line) for name, line in summed.items()})


def _jax() -> tuple[Any, Any]:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return jax, jax.numpy


def _jax_losses(jax: Any, xp: Any, p: Any, z_shift: Any, x: Any, y: Any, start: Any) -> tuple[Any, Any]:
    driven = x @ p["W_ax"].T + p["b_a"] + z_shift

    def step(a: Any, z: Any) -> tuple[Any, Any]:
        a = xp.tanh(z + a @ p["W_aa"].T)
        return a, a

    states = jax.lax.scan(step, start, driven)[1]
    o = states @ p["W_y"].T + p["b_y"]
    return 0.5 * ((o - y) ** 2).sum(-1).mean(-1), states


def jax_profile(network: core.Network, batch: core.Batch) -> Callable[[], Tables]:
    """A compiled, vmapped reverse pass over the losses."""
    jax, xp = _jax()
    p, x, y, start = jax.tree.map(xp.asarray, _arrays(network, batch))
    shape = (*batch.inputs.shape[:2], network.hidden_size)

    def run(p: Any, x: Any, y: Any, start: Any) -> Any:
        deltas, states = jax.jacrev(lambda shift: _jax_losses(jax, xp, p, shift, x, y, start), has_aux=True)(
            xp.zeros(shape)
        )
        before = xp.concatenate([start[None], states[:-1]])
        return _norms(xp, deltas, {"W_aa": before, "W_ax": x, "b_a": xp.ones((*shape[:2], 1))})

    compiled = jax.jit(run)
    return lambda: jax.block_until_ready(compiled(p, x, y, start))


def jax_step(network: core.Network, batch: core.Batch) -> Callable[[], dict[str, Floats]]:
    """Value and gradient by JAX, compiled: a training step's forward and backward pass."""
    jax, xp = _jax()
    p, x, y, start = jax.tree.map(xp.asarray, _arrays(network, batch))

    def loss(p: Any, x: Any, y: Any, start: Any) -> Any:
        return _jax_losses(jax, xp, p, 0.0, x, y, start)[0].sum()

    run = jax.jit(jax.value_and_grad(loss))
    return lambda: jax.block_until_ready(run(p, x, y, start))[1]


def torch_profile(network: core.Network, batch: core.Batch) -> Callable[[], Tables]:
    """One batched reverse pass over all losses (is_grads_batched)."""
    torch: Any = import_module("torch")
    p, x, y, start = _arrays(network, batch)
    w = {name: torch.tensor(value) for name, value in p.items()}
    inputs, targets, initial = torch.tensor(x), torch.tensor(y), torch.tensor(start)
    shape = (*x.shape[:2], network.hidden_size)
    seeds = torch.eye(len(x), dtype=torch.float64)

    def run() -> Any:
        shift = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
        driven = inputs @ w["W_ax"].T + w["b_a"] + shift
        a, states = initial, []
        for z in driven:
            a = torch.tanh(z + a @ w["W_aa"].T)
            states.append(a)
        stacked = torch.stack(states)
        losses = 0.5 * ((stacked @ w["W_y"].T + w["b_y"] - targets) ** 2).sum(-1).mean(-1)
        (deltas,) = torch.autograd.grad(losses, shift, seeds, is_grads_batched=True)
        with torch.no_grad():
            before = torch.cat([initial[None], stacked[:-1]])
            ones = torch.ones((*shape[:2], 1), dtype=torch.float64)
            return _norms(torch, deltas, {"W_aa": before, "W_ax": inputs, "b_a": ones})

    return run


def _torch_rnn(network: core.Network, batch: core.Batch) -> tuple[dict[str, Any], Callable[[], Any]]:
    """torch.nn.RNN and Linear as our parameters, and their loss. The second bias of the RNN stays zero."""
    torch: Any = import_module("torch")
    p, x, y, start = _arrays(network, batch)
    rnn = torch.nn.RNN(x.shape[2], network.hidden_size, dtype=torch.float64)
    out = torch.nn.Linear(network.hidden_size, 1, dtype=torch.float64)
    names = {
        "W_aa": rnn.weight_hh_l0,
        "W_ax": rnn.weight_ih_l0,
        "b_a": rnn.bias_ih_l0,
        "W_y": out.weight,
        "b_y": out.bias,
    }
    with torch.no_grad():
        rnn.bias_hh_l0.zero_()
        for name, parameter in names.items():
            parameter.copy_(torch.tensor(p[name]))
    rnn.bias_hh_l0.requires_grad_(False)
    inputs, targets, initial = torch.tensor(x), torch.tensor(y), torch.tensor(start)[None]
    return names, lambda: 0.5 * ((out(rnn(inputs, initial)[0]) - targets) ** 2).sum() / x.shape[1]


def torch_step(network: core.Network, batch: core.Batch) -> Callable[[], dict[str, Floats]]:
    """torch.nn.RNN and Linear, forward and backward."""
    names, loss = _torch_rnn(network, batch)

    def run() -> dict[str, Floats]:
        for parameter in names.values():
            parameter.grad = None
        loss().backward()
        return {name: parameter.grad for name, parameter in names.items()}

    return run


GATES = {"RNN": "a", "LSTM": "ifgo", "GRU": "rzn"}
"""PyTorch's module → its gates, in the order of its rows, which is ours"""


def torch_layers(network: core.Network, batch: core.Batch) -> Callable[[], dict[str, Floats]]:
    """torch.nn.RNN or LSTM of several layers and Linear, forward and backward: gradients by our names."""
    torch: Any = import_module("torch")
    p, layers = network.parameters, len(network.cell.stack)
    kind = network.cell.stack[0].name.upper()
    rnn = getattr(torch.nn, kind)(network.input_size, network.hidden_size, layers, dtype=torch.float64)
    out = torch.nn.Linear(network.hidden_size, 1, dtype=torch.float64)
    end = [f"_{layer}" for layer in range(1, layers + 1)] if layers > 1 else [""]

    def ours(what: str, layer: int) -> list[str]:
        return [f"{what.replace('·', gate)}{end[layer]}" for gate in GATES[kind]]

    named = {
        f"{theirs}_l{layer}": ours(what, layer)
        for layer in range(layers)
        for theirs, what in (("weight_hh", "W_·a"), ("weight_ih", "W_·x"), ("bias_ih", "b_·"))
    }
    own = dict(rnn.named_parameters())
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(torch.tensor(np.concatenate([p[one] for one in named[name]])) if name in named else 0.0)
        out.weight.copy_(torch.tensor(p["W_y"]))
        out.bias.copy_(torch.tensor(p["b_y"]))
    for name in own.keys() - named.keys():
        own[name].requires_grad_(False)
    inputs, targets = torch.tensor(batch.inputs), torch.tensor(batch.targets)
    learned = [*(own[name] for name in named), out.weight, out.bias]

    def run() -> dict[str, Floats]:
        for parameter in learned:
            parameter.grad = None
        (0.5 * ((out(rnn(inputs)[0]) - targets) ** 2).sum() / inputs.shape[1]).backward()
        found = {"W_y": out.weight.grad.numpy(), "b_y": out.bias.grad.numpy()}
        for name, names in named.items():
            found |= dict(zip(names, np.split(own[name].grad.numpy(), len(names)), strict=True))
        return found

    return run


def torch_update(network: core.Network, batch: core.Batch, learning_rate: float) -> Callable[[], dict[str, Floats]]:
    """A whole training step by PyTorch: forward, backward, and torch.optim.Adam."""
    torch: Any = import_module("torch")
    names, loss = _torch_rnn(network, batch)
    optimizer = torch.optim.Adam(list(names.values()), lr=learning_rate)

    def run() -> dict[str, Floats]:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        return {name: parameter.detach().numpy() for name, parameter in names.items()}

    return run


def _hips_losses(p: dict[str, Any], z_shift: Any, x: Floats, y: Floats, start: Floats) -> tuple[Any, Any]:
    anp: Any = import_module("autograd.numpy")
    driven = anp.dot(x, p["W_ax"].T) + p["b_a"] + z_shift
    a, states = start, []
    for t in range(len(x)):
        a = anp.tanh(driven[t] + anp.dot(a, p["W_aa"].T))
        states.append(a)
    stacked = anp.stack(states)
    o = anp.dot(stacked, p["W_y"].T) + p["b_y"]
    return 0.5 * anp.sum(anp.mean(anp.sum((o - y) ** 2, axis=-1, keepdims=True), axis=1), axis=-1), stacked


def hips_profile(network: core.Network, batch: core.Batch) -> Callable[[], Tables]:
    """The lag profile by HIPS autograd, with a reverse pass for each loss."""
    autograd: Any = import_module("autograd")
    p, x, y, start = _arrays(network, batch)
    shape = (*x.shape[:2], network.hidden_size)
    deltas = autograd.jacobian(lambda shift: _hips_losses(p, shift, x, y, start)[0])

    def run() -> Any:
        states = _hips_losses(p, np.zeros(shape), x, y, start)[1]
        before = np.concatenate([start[None], states[:-1]])
        return _norms(np, deltas(np.zeros(shape)), {"W_aa": before, "W_ax": x, "b_a": np.ones((*shape[:2], 1))})

    return run


def hips_step(network: core.Network, batch: core.Batch) -> Callable[[], dict[str, Floats]]:
    """The gradient of the summed loss."""
    import autograd

    anp: Any = import_module("autograd.numpy")
    p, x, y, start = _arrays(network, batch)
    gradient = autograd.grad(lambda p: anp.sum(_hips_losses(p, 0.0, x, y, start)[0]))
    return lambda: gradient(p)


PEERS = (
    Peer("JAX", "jax", jax_profile, jax_step, profile_name="JAX, jit, vmapped reverse", step_name="JAX, jit"),
    Peer("PyTorch", "torch", torch_profile, torch_step, 200, "PyTorch, is_grads_batched", "torch.nn.RNN"),
    Peer("autograd", "autograd", hips_profile, hips_step, 100, "HIPS autograd", "HIPS autograd"),
)
