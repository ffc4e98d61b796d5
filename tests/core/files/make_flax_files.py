"""Make the files of Flax here, and what Flax itself computes with each: python make_flax_files.py.

Needs flax 0.12 and jax. The references have the keys of make_torch_files.py.
"""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen, nnx, serialization

jax.config.update("jax_enable_x64", True)
HERE = Path(__file__).parent
T, B, N_X, H = 7, 2, 2, 3


class Model(linen.Module):
    """A recurrent layer and a read-out."""

    cell: linen.RNNCellBase

    @linen.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return linen.Dense(4, param_dtype=jnp.float64)(linen.RNN(self.cell, time_major=True)(x))


def by_lag(cell: linen.RNNCellBase, params: dict, x: np.ndarray, probe: np.ndarray) -> dict[str, np.ndarray]:
    """States, and the norm of what step T − k adds to each kind of weight's gradient: a copy for each step."""

    def run(copies: list[dict]) -> tuple[jax.Array, list[jax.Array]]:
        carry = cell.initialize_carry(jax.random.key(0), (B, N_X))
        states = []
        for step, copy in zip(x, copies, strict=True):
            carry, output = cell.apply({"params": copy}, carry, step)
            states.append(output)
        return jnp.sum(states[-1] * probe), states

    (_, states), gradients = jax.value_and_grad(run, has_aux=True)([params] * T)
    found = {"inputs": x, "states": jnp.stack(states), "probe": probe}
    for role, first, what in (("input", "i", "kernel"), ("recurrent", "h", "kernel")):
        found[role] = [
            np.sqrt(sum(float(jnp.sum(one[gate][what] ** 2)) for gate in one if gate.startswith(first)))
            for one in reversed(gradients)
        ]
    return {f"layer0_{key}": np.asarray(value) for key, value in found.items()}


def main() -> None:
    """Every file, with its reference."""
    rng = np.random.default_rng(1)
    x, probe = rng.normal(size=(T, B, N_X)), rng.normal(size=(B, H))
    cells = {
        "lstm.msgpack": linen.OptimizedLSTMCell(H, param_dtype=jnp.float64),
        "gru.msgpack": linen.GRUCell(H, param_dtype=jnp.float64),
        "rnn.msgpack": linen.SimpleCell(H, param_dtype=jnp.float64),
    }
    for name, cell in cells.items():
        model = Model(cell)
        shapes = model.init(jax.random.key(0), x)["params"]
        params = jax.tree.map(lambda one: jnp.asarray(rng.normal(size=one.shape) * 0.6), shapes)
        (HERE / name).write_bytes(serialization.to_bytes({"params": params}))
        key = next(one for one in params if "Dense" not in one)
        told = by_lag(cell, params[key], x, probe)
        whole = model.bind({"params": params})
        np.savez_compressed(HERE / f"{name}.reference.npz", **told, output=np.asarray(whole(x)))
    half = jax.tree.map(lambda one: one.astype(jnp.bfloat16), params)
    (HERE / "bfloat16.msgpack").write_bytes(serialization.to_bytes({"params": half}))
    wide = jax.tree.map(lambda one: one.astype(jnp.float64), half)
    np.savez_compressed(HERE / "bfloat16.msgpack.reference.npz", **by_lag(cell, wide[key], x, probe))
    newer(rng, x, probe)


def newer(rng: np.random.Generator, x: np.ndarray, probe: np.ndarray) -> None:
    """The names of nnx, whose GRU has one matrix for all gates."""
    for name, kind in {"nnx_lstm.msgpack": nnx.LSTMCell, "nnx_gru.msgpack": nnx.GRUCell}.items():
        cell = kind(N_X, H, param_dtype=jnp.float64, rngs=nnx.Rngs(0))
        graph, state, rest = nnx.split(cell, nnx.Param, ...)
        state = jax.tree.map(lambda one: jnp.asarray(rng.normal(size=one.shape) * 0.6), state)
        (HERE / name).write_bytes(serialization.to_bytes(nnx.to_pure_dict(state)))
        merged = nnx.merge(graph, state, rest)
        carry, states = merged.initialize_carry((B, N_X), nnx.Rngs(0)), []
        for step in x:
            carry, output = merged(carry, step)
            states.append(output)
        found = {"layer0_inputs": x, "layer0_states": np.stack(states), "layer0_probe": probe}
        np.savez_compressed(HERE / f"{name}.reference.npz", **found)


if __name__ == "__main__":
    main()
