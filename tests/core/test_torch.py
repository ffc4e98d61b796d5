"""GRU and LSTM against torch.nn.GRU and torch.nn.LSTM on copied weights: states, loss and gradients to 1e−10.

Live where torch is installed, and against the figures that it gave where it is not.
"""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
import torch_figures

import core


@pytest.mark.parametrize("cell", torch_figures.GATES)
def test_values_and_gradients_are_those_of_torch(cell: str) -> None:
    case = torch_figures.case_of(cell)
    tape, gradients = case.tape(), core.backward(case.tape())
    stored = json.loads(torch_figures.STORED.read_text(encoding="utf-8"))[cell]
    live = [torch_figures.from_torch(cell)] if importlib.util.find_spec("torch") else []
    for figures in (stored, *live):
        states = tape.states[1:, :, : case.network.hidden_size]
        np.testing.assert_allclose(states, figures["states"], rtol=0, atol=1e-10)
        assert tape.loss == pytest.approx(figures["loss"], abs=1e-10)
        theirs = figures["gradients"]
        ours = {**torch_figures.stacked(cell, gradients), "W_y": gradients["W_y"], "b_y": gradients["b_y"]}
        if cell == "lstm":
            # Both of torch's biases stand where the one of ours does.
            ours["bias_hh_l0"] = ours["bias_ih_l0"]
        else:
            n = case.network.hidden_size
            ours["bias_hh_l0"][: 2 * n] = ours["bias_ih_l0"][: 2 * n]
        assert set(ours) == set(theirs)
        for name, gradient in ours.items():
            np.testing.assert_allclose(gradient, theirs[name], rtol=0, atol=1e-10)
            assert np.abs(gradient).max() > 1e-3
