"""Make the files of Keras 3 here, and what Keras itself computes with each: python make_keras_files.py.

Needs keras 3.15 with JAX behind it, and h5py. The references have the keys of make_torch_files.py: the gradient of
each step's own copy of the weights is taken by JAX's automatic differentiation through Keras' own cell. Keras 3.15's
own tanh rounds to 32 bits, also where its floats are of 64: the cell is given JAX's instead, and seen to agree with
Keras' whole layer as far as that goes.

Two layouts of Keras 2 are written here by h5py from weights of Keras 3, as Keras 2 documents them: the configuration
with `hard_sigmoid`, and that of CuDNNLSTM and CuDNNGRU, which no CPU runs. `make_keras2_files.py` checks the second one
against Keras 2's own conversion.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import h5py
import jax
import jax.numpy as jnp
import keras
import numpy as np

jax.config.update("jax_enable_x64", True)

HERE = Path(__file__).parent
T, B, N_X, H = 7, 2, 2, 3
ROLES = ("input", "recurrent", "bias")
HARD = (
    ("hard_lstm.keras", keras.layers.LSTM, {}),
    ("hard_gru.keras", keras.layers.GRU, {}),
    ("hard_gru_before.keras", keras.layers.GRU, {"reset_after": False}),
)


def filled(model: keras.Model, seed: int) -> keras.Model:
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=weight.shape) * 0.6 for weight in model.weights])
    return model


def reference(name: str, layers: dict[str, keras.layers.Layer], seed: int = 0) -> None:
    """What Keras computes, layer by layer: its name → the layer, in the order of the data."""
    rng = np.random.default_rng(seed + 1000)
    x = rng.normal(size=(T, B, N_X))
    found: dict[str, np.ndarray] = {"input": x}
    for key, layer in layers.items():
        backward = key.endswith("_reverse")
        own = x[::-1] if backward else x
        whole = keras.layers.RNN(layer.cell, return_sequences=True)(own.swapaxes(0, 1))
        told = by_lag(layer.cell, own, rng)
        assert np.allclose(np.asarray(whole).swapaxes(0, 1), told["states"], rtol=0, atol=1e-6)
        found |= {f"{key}_{what}": value for what, value in told.items()}
        if not backward and not any(other.startswith(f"{key}_reverse") for other in layers):
            x = told["states"]
    np.savez_compressed(HERE / f"{name}.reference.npz", **found)


def by_lag(cell: keras.layers.Layer, x: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """States, and the norm of what step T − k adds to each weight's gradient: untied copies of the weights."""
    weights = [keras.ops.convert_to_numpy(one) for one in cell.trainable_variables]
    fixed = [one.value for one in cell.non_trainable_variables]
    probe = rng.normal(size=(B, H))
    if cell.activation is keras.activations.tanh:
        cell.activation = jnp.tanh

    def run(copies: list[list[np.ndarray]]) -> tuple[jax.Array, list[jax.Array]]:
        state, states = cell.get_initial_state(batch_size=B), []
        for step, copy in zip(x, copies, strict=True):
            (output, state), _ = cell.stateless_call(copy, fixed, step, state)
            states.append(output)
        return jnp.sum(states[-1] * probe), states

    (_, states), gradients = jax.value_and_grad(run, has_aux=True)([weights] * T)
    found = {"inputs": x, "states": np.stack(states), "probe": probe}
    for at, role in enumerate(ROLES[: len(weights)]):
        found[role] = np.array([np.linalg.norm(one[at]) for one in reversed(gradients)])
    return found


def main() -> None:
    """Every file, with its reference."""
    keras.backend.set_floatx("float64")
    given, layers = keras.Input((T, N_X)), keras.layers
    lstm = filled(keras.Sequential([given, layers.LSTM(H, name="memory"), layers.Dense(4, activation="softmax")]), 1)
    lstm.save(HERE / "lstm.keras")
    reference("lstm.keras", {"layer0": lstm.layers[0]})
    gru = filled(keras.Sequential([given, layers.GRU(H), layers.Dense(4)]), 2)
    gru.save_weights(HERE / "gru.weights.h5")
    reference("gru.weights.h5", {"layer0": gru.layers[0]})
    relu = layers.SimpleRNN(H, activation="relu", return_sequences=True)
    rnn = filled(keras.Sequential([given, relu, layers.SimpleRNN(H, activation="relu")]), 13)
    rnn.save(HERE / "rnn2.h5")
    reference("rnn2.h5", {"layer0": rnn.layers[0], "layer1": rnn.layers[1]})
    both = filled(keras.Sequential([given, layers.Bidirectional(layers.LSTM(H, return_sequences=True))]), 4)
    both.save(HERE / "bidirectional.keras")
    forward, backward = both.layers[0].forward_layer, both.layers[0].backward_layer
    reference("bidirectional.keras", {"layer0": forward, "layer0_reverse": backward})
    before = filled(keras.Sequential([given, layers.GRU(H, reset_after=False)]), 5)
    before.save(HERE / "gru_before.h5")
    reference("gru_before.h5", {"layer0": before.layers[0]})
    ids = keras.Input((T,), dtype="int32")
    embedded = filled(keras.Sequential([ids, layers.Embedding(11, N_X), layers.GRU(H), layers.Dense(11)]), 6)
    embedded.save(HERE / "embedded.keras")
    reference("embedded.keras", {"layer0": embedded.layers[1]})
    hard()
    keras_2()


def hard() -> None:
    """Keras 3's hard sigmoid in the gates, x/6 + ½ cut to 0 … 1: an LSTM and both GRUs."""
    keras.backend.set_floatx("float64")
    for seed, (name, kind, how) in enumerate(HARD, start=20):
        layer = kind(H, recurrent_activation="hard_sigmoid", **how)
        model = filled(keras.Sequential([keras.Input((T, N_X)), layer]), seed)
        model.set_weights([3.0 * weight for weight in model.get_weights()])  # some gates at 0 or 1
        model.save(HERE / name)
        reference(name, {"layer0": model.layers[0]})


def keras_2() -> None:
    """Layouts of Keras 2, from weights of Keras 3."""
    layers = keras.layers
    hard = layers.LSTM(H, recurrent_activation="hard_sigmoid", name="lstm_1")
    model = filled(keras.Sequential([keras.Input((T, N_X)), hard]), 7)
    config = {"class_name": "LSTM", "config": {"name": "lstm_1", "units": H, "activation": "tanh"}}
    config["config"]["recurrent_activation"] = "hard_sigmoid"
    whole = {"class_name": "Sequential", "config": {"name": "sequential_1", "layers": [config]}}
    with h5py.File(HERE / "keras2_hard.h5", "w") as file:
        file.attrs["keras_version"] = b"2.2.4"
        file.attrs["model_config"] = json.dumps(whole).encode()
        write(file.create_group("model_weights"), "lstm_1", model.get_weights())
    cudnn(layers.LSTM, "cudnn_lstm.h5", 4, 8)
    cudnn(layers.GRU, "cudnn_gru.h5", 3, 9)


def cudnn(kind: type[keras.layers.Layer], name: str, gates: int, seed: int) -> None:
    """The layout of cuDNN: input kernels transposed in blocks of C order, recurrent ones transposed, two biases."""
    model = filled(keras.Sequential([keras.Input((T, N_X)), kind(H, name="rnn_1")]), seed)
    kernel, recurrent, bias = model.get_weights()
    rng = np.random.default_rng(seed)
    if bias.ndim == 1:  # two that add up to the one
        half = rng.normal(size=bias.shape)
        bias = np.concatenate([half, bias - half])
    kernel = np.hstack([block.T.reshape(block.shape) for block in np.hsplit(kernel, gates)])
    recurrent = np.hstack([block.T for block in np.hsplit(recurrent, gates)])
    with h5py.File(HERE / name, "w") as file:
        file.attrs["keras_version"] = b"2.1.5"
        file.attrs["layer_names"] = [b"input", b"rnn_1"]
        file.create_group("input").attrs["weight_names"] = np.array([], "S1")
        write(file, "rnn_1", [kernel, recurrent, bias.ravel()])
    reference(name, {"layer0": model.layers[0]})


def write(group: h5py.Group, name: str, weights: list[np.ndarray]) -> None:
    """The weights of a layer, by the names that Keras 2 gives them."""
    names = [f"{name}/{key}:0" for key in ("kernel", "recurrent_kernel", "bias")]
    inner = group.create_group(name)
    inner.attrs["weight_names"] = [key.encode() for key in names]
    for key, weight in zip(names, weights, strict=True):
        inner.create_dataset(key, data=weight)


if __name__ == "__main__":
    main()
