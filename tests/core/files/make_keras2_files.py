"""Check the layout of cuDNN in cudnn_lstm.h5 and cudnn_gru.h5 by Keras 2's own conversion, and make a file of Keras 2.

Needs tf_keras 2.21 with TensorFlow: python make_keras2_files.py, after make_keras_files.py.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import tensorflow as tf
import tf_keras

HERE = Path(__file__).parent
T, B, N_X, H = 7, 2, 2, 3


def main() -> None:
    """Both checks, and two files that Keras 2 wrote itself."""
    tf_keras.backend.set_floatx("float64")
    for kind, name in ((tf_keras.layers.LSTM, "cudnn_lstm.h5"), (tf_keras.layers.GRU, "cudnn_gru.h5")):
        told = np.load(HERE / f"{name}.reference.npz")
        layer = kind(H, return_sequences=True, name="rnn_1", dtype="float64")
        model = tf_keras.Sequential([tf_keras.Input((T, N_X), name="input", dtype="float64"), layer])
        model.load_weights(HERE / name)  # it notices the layout by the bias, and converts it
        states = model(told["layer0_inputs"].swapaxes(0, 1)).numpy().swapaxes(0, 1)
        assert np.allclose(states, told["layer0_states"], rtol=0, atol=1e-6), name
    tf_keras.utils.set_random_seed(3)
    hard = tf_keras.layers.LSTM(H, recurrent_activation="hard_sigmoid", return_sequences=True, dtype="float64")
    model = tf_keras.Sequential([tf_keras.Input((T, N_X), dtype="float64"), hard])
    model.save(HERE / "keras2_hard_sigmoid.h5")
    gru = tf_keras.layers.GRU(H, return_sequences=True, dtype="float64", bias_initializer="random_normal")
    model = tf_keras.Sequential([tf_keras.Input((T, N_X), dtype="float64"), gru])
    model.save(HERE / "keras2_gru.h5")
    rng = np.random.default_rng(5)
    x, probe = rng.normal(size=(T, B, N_X)), rng.normal(size=(B, H))
    told = by_lag(gru.cell, x, probe)
    assert np.allclose(model(x.swapaxes(0, 1)).numpy().swapaxes(0, 1), told["layer0_states"], rtol=0, atol=1e-6)
    np.savez_compressed(HERE / "keras2_gru.h5.reference.npz", **told)
    hard_gates()


def hard_gates() -> None:
    """Keras 2's hard sigmoid, 0.2 x + ½ cut to 0 … 1: two GRUs that it writes, and what it computes with each file."""
    tf_keras.backend.set_floatx("float64")
    for seed, (name, how) in enumerate(
        (("keras2_hard_gru.h5", {"reset_after": True}), ("keras2_hard_gru_before.h5", {"reset_after": False})), start=30
    ):
        layer = tf_keras.layers.GRU(H, recurrent_activation="hard_sigmoid", return_sequences=True, **how)
        model = tf_keras.Sequential([tf_keras.Input((T, N_X), dtype="float64"), layer])
        rng = np.random.default_rng(seed)
        model.set_weights([0.9 * rng.normal(size=weight.shape) for weight in model.get_weights()])
        model.save(HERE / name)
        refer(name, layer)
    written = tf_keras.models.load_model(HERE / "keras2_hard_sigmoid.h5")
    refer("keras2_hard_sigmoid.h5", written.layers[0])
    lstm = tf_keras.layers.LSTM(H, recurrent_activation="hard_sigmoid", return_sequences=True, name="lstm_1")
    lstm.build((None, T, N_X))
    with h5py.File(HERE / "keras2_hard.h5") as file:
        stored = file["model_weights/lstm_1/lstm_1"]
        lstm.set_weights([stored[f"{key}:0"][()] for key in ("kernel", "recurrent_kernel", "bias")])
    refer("keras2_hard.h5", lstm)


def refer(name: str, layer: tf_keras.layers.Layer) -> None:
    """What Keras 2 computes with this layer, beside the file."""
    rng = np.random.default_rng(6)
    x, probe = 2.0 * rng.normal(size=(T, B, N_X)), rng.normal(size=(B, H))
    told = by_lag(layer.cell, x, probe)
    assert np.allclose(layer(x.swapaxes(0, 1)).numpy().swapaxes(0, 1), told["layer0_states"], rtol=0, atol=1e-6)
    np.savez_compressed(HERE / f"{name}.reference.npz", **told)


def by_lag(cell: tf_keras.layers.Layer, x: np.ndarray, probe: np.ndarray) -> dict[str, np.ndarray]:
    """States, and the norm of what step T − k adds to each weight's gradient: a cell of its own for each step."""
    cells = []
    for _ in x:
        cells.append(type(cell).from_config(cell.get_config()))
        cells[-1].build((None, N_X))
        cells[-1].set_weights(cell.get_weights())
    with tf.GradientTape() as tape:
        state, states = cell.get_initial_state(batch_size=B, dtype=tf.float64), []
        for step, one in zip(x, cells, strict=True):
            output, state = one(tf.constant(step), state)
            states.append(output)
        loss = tf.reduce_sum(states[-1] * probe)
    found = {"layer0_inputs": x, "layer0_states": np.stack([one.numpy() for one in states]), "layer0_probe": probe}
    gradients = tape.gradient(loss, [one.trainable_weights for one in cells])
    for at, role in enumerate(("input", "recurrent", "bias")):
        found[f"layer0_{role}"] = np.array([np.linalg.norm(one[at].numpy()) for one in reversed(gradients)])
    return found


if __name__ == "__main__":
    main()
