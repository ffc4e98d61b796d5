"""A captioning loss and a pooled head against torch on copied weights, by the public ways only.

Live where torch is installed, and against the figures that it gave where it is not.
"""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import numpy as np
import pytest
import torch_losses as figures
import torch_reductions as reductions

import core


def stored_and_live() -> list[dict[str, Any]]:
    stored = json.loads(figures.STORED.read_text(encoding="utf-8"))
    return [stored, *([figures.from_torch()] if importlib.util.find_spec("torch") else [])]


def agree(trace: core.Trace, theirs: dict[str, Any]) -> None:
    gradients, embedding = trace.gradients, core.Embedding(figures.EMBEDDING)
    ours = {**gradients, "E": embedding.gradient(figures.IDS, gradients), "h_0": gradients.initial_state[np.newaxis]}
    for name, gradient in theirs.items():
        np.testing.assert_allclose(ours[name], gradient, rtol=0, atol=1e-12)
        assert np.abs(gradient).max() > 1e-3


def test_a_captioning_loss_with_embedding_padding_and_class_weights_is_that_of_torch() -> None:
    batch = core.Embedding(figures.EMBEDDING).batch(
        figures.IDS,
        figures.TARGETS,
        ignore_index=figures.PADDING,
        class_weights=figures.CLASS_WEIGHTS,
        reduction="mean",
        initial_state=figures.START,
    )
    trace = core.run(network=figures.network(), batch=batch)
    for found in stored_and_live():
        assert trace.tape.loss == pytest.approx(found["caption"]["loss"], abs=1e-13)
        agree(trace, found["caption"]["gradients"])


def test_a_pooled_head_is_that_of_torch() -> None:
    embedding, head = core.Embedding(figures.EMBEDDING), figures.head()
    batch = embedding.batch(figures.IDS, figures.LABELS, last=True, initial_state=figures.START)
    network, injected = head.attached(figures.network(), batch)
    trace, reading = core.run(network=network, batch=injected), head.reading(network, batch)
    for found in stored_and_live():
        assert reading.loss == pytest.approx(found["pooled"]["loss"], abs=1e-13)
        agree(trace, found["pooled"]["gradients"])
        for name, gradient in found["pooled"]["head"].items():
            np.testing.assert_allclose(reading.gradients[name], gradient, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", reductions.cases())
def test_every_loss_of_torch_comes_out_by_a_public_call(name: str) -> None:
    readout, batch, _ = reductions.cases()[name]
    trace = core.run(network=reductions.network(readout), batch=batch)
    assert trace.lags.residual < 1e-12
    for found in (one["losses"][name] for one in reduced()):
        assert trace.tape.loss == pytest.approx(found["loss"], rel=1e-13)
        ours = {**trace.gradients, "a_0": trace.gradients.initial_state}
        for parameter, gradient in found["gradients"].items():
            np.testing.assert_allclose(ours[parameter], gradient, rtol=0, atol=1e-13)
            assert np.abs(gradient).max() > 1e-4, parameter


@pytest.mark.parametrize("name", reductions.STARTS)
def test_a_state_to_start_from_is_taken_as_torch_has_it(name: str) -> None:
    network = core.Network.from_torch(reductions.weights(name))
    targets = np.zeros((*reductions.X.shape[:2], network.output_size))
    batch = core.Batch.injected(reductions.X, targets, reductions.starts(name))
    tape = core.forward(network, batch)
    shown = network.by_part(tape.states[1:])[network.read_out.name]
    for found in reduced():
        np.testing.assert_allclose(shown, found["states"][name], rtol=0, atol=1e-13)


def reduced() -> list[dict[str, Any]]:
    stored = json.loads(reductions.STORED.read_text(encoding="utf-8"))
    return [stored, *([reductions.from_torch()] if importlib.util.find_spec("torch") else [])]
