"""Keras on its PyTorch backend, recorded while it fits; in float32, to which it rounds some products of float64 too."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import core
from core.sources.pytorch.recorder import steps_in

torch = pytest.importorskip("torch")
os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")
pytestmark = [
    pytest.mark.skipif(keras.backend.backend() != "torch", reason="Keras runs on another backend here"),
    pytest.mark.filterwarnings("ignore"),
]


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("bias", [True, False])
def test_every_recurrent_layer_agrees_with_the_gradient_of_keras(bias: bool) -> None:
    inputs = keras.Input((6, 2))
    more = {"use_bias": bias, "return_sequences": True}
    one = keras.layers.SimpleRNN(3, name="one", **more)(inputs)
    two, h, c = keras.layers.LSTM(4, name="two", return_state=True, **more)(one)
    three = keras.layers.GRU(3, name="three", use_bias=bias)(two)
    out = keras.layers.Dense(1)(keras.layers.Concatenate()([three, h, c]))
    model = keras.Model(inputs, out)
    with core.pytorch.record(model) as recording:
        model(torch.tensor(drawn(5, 6, 2)), training=True).square().sum().backward()
    assert list(recording.traces) == ["one", "two", "three"]
    for name in recording.traces:
        module = recording.modules[name]
        own = {n for n in module.network.parameters if bias or not n.startswith("b_")}
        assert set(module.gradients) == own and recording.residual(name) < 1e-5
    assert recording.sequences["three"].batch.scored.tolist() == [False] * 5 + [True]
    assert not any("call" in vars(model.get_layer(name)) for name in recording.traces)


def test_the_callback_records_a_fit(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((6, 2)), keras.layers.GRU(3, name="rnn"), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    recorder = core.pytorch.Recorder(model, tmp_path / "runs", every=2)
    model.fit(drawn(12, 6, 2), drawn(12, 1), batch_size=2, epochs=1, verbose=0, callbacks=[recorder.keras()])
    assert steps_in(recorder.folder) == [0, 2, 4]
    assert core.load_recording(recorder.folder / "step_00000004.npz").residual("rnn") < 1e-5


def test_what_is_not_seen_from_outside_is_refused() -> None:
    model = keras.Sequential([keras.Input((6, 2)), keras.layers.GRU(3, name="rnn", dropout=0.5)])
    with pytest.raises(ValueError, match="rnn has dropout, which cannot be seen"), core.pytorch.record(model):
        pass
    masked = keras.Sequential([keras.Input((6, 2)), keras.layers.Masking(), keras.layers.GRU(3, name="rnn")])
    with pytest.raises(Exception, match="rnn reads a mask"), core.pytorch.record(masked):
        masked(torch.tensor(drawn(1, 6, 2)))
