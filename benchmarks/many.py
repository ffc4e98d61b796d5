"""A thousand networks of the default setting: their rates and all that a summary keeps, beside JAX and PyTorch.

A peer gets the networks as stacked arrays, and finds the same numbers: the norms of every contribution of every loss,
lag and parameter, the common slope of each line with its standard error, its horizon, the share of the past, the
residual, the loss, ρ and σ_max. What depends only on T, such as the models of a slow series, it has at hand. It takes
as many networks at once as it is quickest with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

import core
from benchmarks.many_rates import rates_of, residual_of
from benchmarks.ours import RECURRENT
from core.numerics.scaled import Floats
from core.study.batched import NUMBERS, Drawn, summaries, summaries_of
from core.study.summary import Summary
from core.tasks import make_batch
from core.tasks.drawn import make_network

COUNT = 1000
"""How many networks"""

LINES = ("state", *RECURRENT)


@dataclass(frozen=True)
class Found:
    """What peers and we have to agree on: arrays over the networks."""

    slopes: dict[str, Floats]
    """Line → (N,), bits per step"""
    errors: dict[str, Floats]
    """Line → (N,): the standard error of the slope"""
    shares: dict[str, Floats]
    """Parameter → (N,): the share of the past"""
    horizons: dict[str, Floats]
    """Line → (N,): the first lag with less than 1 % left; T where there is none"""
    residual: Floats
    """Rounding, which is another one everywhere"""
    loss: Floats
    radius: Floats
    largest: Floats


def experiments(count: int = COUNT) -> list[core.Experiment]:
    """The default over seeds of weights and of data."""
    return [core.Experiment(seed=seed, data_seed=seed) for seed in range(count)]


def drawn(every: Sequence[core.Experiment]) -> list[Drawn]:
    """Networks and batches of these settings, at hand."""
    return [Drawn(i, one, make_network(one), make_batch(one)) for i, one in enumerate(every)]


def loop(every: Sequence[core.Experiment]) -> Callable[[], list[Summary]]:
    """One network after the other."""
    return lambda: [core.summary(core.run(one)) for one in every]


def together(every: Sequence[core.Experiment]) -> Callable[[], list[Summary]]:
    """From the settings to the summaries, drawing included."""
    return lambda: summaries(every)


def at_hand(networks: Sequence[Drawn]) -> Callable[[], list[Summary]]:
    """From networks and batches at hand to the summaries, in groups as `summaries` makes them."""
    each = NUMBERS // (networks[0].batch.inputs.shape[0] * networks[0].network.state_size)

    def run() -> list[Summary]:
        found: dict[int, Summary] = {}
        for start in range(0, len(networks), each):
            found.update(summaries_of(networks[start : start + each]))
        return [found[one.place] for one in networks]

    return run


def as_found(found: Sequence[Summary], steps: int) -> Found:
    """Gather from summaries what peers find too, as arrays."""

    def of(key: str) -> dict[str, Floats]:
        columns: dict[str, list[float]] = {name: [] for name in LINES}
        for one in found:
            for line in one.lines:
                value = getattr(line, key)
                columns[line.name].append(float(steps) if value is None else float(value))
        return {name: np.array(values) for name, values in columns.items()}

    shares = of("share_of_past")
    del shares["state"]
    return Found(
        of("log2_per_step"),
        of("log2_standard_error"),
        shares,
        of("horizon"),
        np.array([one.residual for one in found], dtype=np.float64),
        np.array([one.loss for one in found], dtype=np.float64),
        np.array([one.matrices[0].spectral_radius for one in found]),
        np.array([one.matrices[0].largest_singular_value for one in found]),
    )


def disagreement(one: Found, other: Found) -> float:
    """The largest difference, or residual; inf where a horizon is another."""
    pairs = [(one.slopes[n], other.slopes[n]) for n in LINES] + [(one.shares[n], other.shares[n]) for n in RECURRENT]
    pairs += [(one.errors[n], other.errors[n]) for n in LINES] + [(one.residual, other.residual)]
    pairs += [(one.loss, other.loss), (one.radius, other.radius), (one.largest, other.largest)]
    if any(not np.array_equal(one.horizons[name], other.horizons[name]) for name in LINES):
        return float("inf")
    return max(float(np.max(np.abs(mine - np.asarray(theirs)))) for mine, theirs in pairs)


def _stacked(networks: Sequence[Drawn]) -> dict[str, Floats]:
    """Parameters and data with an axis over the networks first; B is 1 and left out."""
    arrays = {
        name: np.stack([one.network.parameters[name] for one in networks]) for name in networks[0].network.parameters
    }
    arrays["x"] = np.stack([one.batch.inputs[:, 0] for one in networks])
    arrays["y"] = np.stack([one.batch.targets[:, 0] for one in networks])
    return arrays


def jax_many(networks: Sequence[Drawn], at_once: int = 10) -> Callable[[], Found]:
    """A compiled function of one network, vmapped over the networks."""
    jax: Any = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    xp = jax.numpy

    def losses(shift: Any, p: Any) -> tuple[Any, Any]:
        driven = p["x"] @ p["W_ax"].T + p["b_a"] + shift

        def step(a: Any, z: Any) -> tuple[Any, Any]:
            a = xp.tanh(z + p["W_aa"] @ a)
            return a, a

        states = jax.lax.scan(step, xp.zeros(len(p["b_a"])), driven)[1]
        o = states @ p["W_y"].T + p["b_y"]
        return 0.5 * ((o - p["y"]) ** 2).sum(-1), states

    def one(p: Any) -> Any:
        shape = (p["x"].shape[0], len(p["b_a"]))
        deltas, states = jax.jacrev(losses, has_aux=True)(xp.zeros(shape), p)
        before = xp.concatenate([xp.zeros((1, shape[1])), states[:-1]])
        loss, gradients = jax.value_and_grad(lambda p: losses(xp.zeros(shape), p)[0].sum())(p)
        at_state = deltas / (1.0 - states**2)
        sources = {"W_aa": before, "W_ax": p["x"], "b_a": xp.ones((shape[0], 1))}
        *found, sizes = rates_of(xp, deltas, at_state, sources)
        found.append(residual_of(xp, deltas, sources, gradients, sizes))
        radius = xp.abs(xp.linalg.eigvals(p["W_aa"])).max()
        return *found, loss, radius, xp.linalg.norm(p["W_aa"], 2)

    compiled = jax.jit(jax.vmap(one))
    arrays = _stacked(networks)
    parts = [
        jax.tree.map(lambda a, s=start: xp.asarray(a[s : s + at_once]), arrays)
        for start in range(0, len(networks), at_once)
    ]
    return lambda: _joined([jax.block_until_ready(compiled(part)) for part in parts])


def torch_many(networks: Sequence[Drawn], at_once: int = 10) -> Callable[[], Found]:
    """One batched reverse pass (is_grads_batched) for the losses of many networks, their numbers by torch.vmap."""
    torch: Any = import_module("torch")
    arrays = {name: torch.tensor(values) for name, values in _stacked(networks).items()}
    steps, n = arrays["x"].shape[1], arrays["b_a"].shape[1]
    seeds = torch.eye(steps, dtype=torch.float64)

    def one(d: Any, g: Any, a: Any, x: Any, ones: Any, gradients: Any) -> Any:
        sources = {"W_aa": a, "W_ax": x, "b_a": ones}
        *found, sizes = rates_of(torch, d, g, sources)
        return *found, residual_of(torch, d, sources, gradients, sizes)

    rates = torch.vmap(one)

    def part(start: int) -> Any:
        p = {name: values[start : start + at_once] for name, values in arrays.items()}
        p |= {name: p[name].clone().requires_grad_() for name in RECURRENT}
        count = len(p["x"])
        shift = torch.zeros((count, steps, n), dtype=torch.float64, requires_grad=True)
        driven = p["x"] @ p["W_ax"].mT + p["b_a"][:, None] + shift
        a, states = torch.zeros((count, 1, n), dtype=torch.float64), []
        for t in range(steps):
            a = torch.tanh(driven[:, t, None] + a @ p["W_aa"].mT)
            states.append(a)
        every = torch.cat(states, dim=1)
        losses = 0.5 * ((every @ p["W_y"].mT + p["b_y"][:, None] - p["y"]) ** 2).sum(-1)
        own = [p[name] for name in RECURRENT]
        gradients = dict(zip(RECURRENT, torch.autograd.grad(losses.sum(), own, retain_graph=True), strict=True))
        (deltas,) = torch.autograd.grad(losses.sum(0), shift, seeds, is_grads_batched=True)
        with torch.no_grad():
            before = torch.cat([torch.zeros_like(every[:, :1]), every[:, :-1]], dim=1)
            by_network = deltas.transpose(0, 1)
            at_state = by_network / (1.0 - every**2)[:, None]
            ones = torch.ones((count, steps, 1), dtype=torch.float64)
            found = rates(by_network, at_state, before, p["x"], ones, gradients)
            radius = torch.linalg.eigvals(p["W_aa"]).abs().amax(-1)
            return *found, losses.sum(-1), radius, torch.linalg.matrix_norm(p["W_aa"], 2)

    return lambda: _joined([part(start) for start in range(0, len(networks), at_once)])


def _joined(parts: Sequence[Any]) -> Found:
    """The parts one after the other, as NumPy's arrays."""

    def joined(values: Sequence[Any]) -> Any:
        if isinstance(values[0], dict):
            return {name: joined([value[name] for value in values]) for name in values[0]}
        return np.concatenate([np.asarray(value) for value in values])

    return Found(*(joined(values) for values in zip(*parts, strict=True)))


MANY = {"JAX": jax_many, "PyTorch": torch_many}
"""Peer → its way"""
