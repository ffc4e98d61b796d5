"""Stacks of bidirectional layers: a path from one loss goes back in one layer and ahead in the next.

Against torch on untied copies 1e−10; sums of the contributions are the gradient, which is held against central
differences; tolerances as in `test_contributions`.
"""

from __future__ import annotations

import importlib.util
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch_both_ways
from cases import Case, make_both_ways, make_case

import core
from core.bptt import every_step


def network_of(cell: str = "lstm", steps: int = 6, **more: object) -> Case:
    return make_both_ways(cell, ((3, 2), (2, 3)), steps=steps, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", torch_both_ways.CELLS)
def test_every_part_is_that_of_torch_on_untied_copies(cell: str) -> None:
    case = torch_both_ways.case_of(cell)
    stored = json.loads(torch_both_ways.STORED.read_text(encoding="utf-8"))[cell]
    live = [torch_both_ways.from_torch(cell)] if importlib.util.find_spec("torch") else []
    trace = core.run(network=case.network, batch=case.batch)
    lags, steps = trace.lags, len(trace.tape.losses)
    assert lags.below is not None
    roles = {"weight_ih": "input", "weight_hh": "recurrent", "bias_ih": "bias"}
    for figures in (stored, *live):
        np.testing.assert_allclose(trace.tape.losses, figures["losses"], rtol=0, atol=1e-10)
        for key, rows in figures["parts"].items():
            name, way, layer = key.rsplit("_", 2)
            ours = [
                n
                for n, use in case.network.cell.uses().items()
                if n.endswith(f"_{way}_{layer}") and use.role == roles[name] and not n.startswith("b_na")
            ]
            for t, s in np.ndindex(steps, steps):
                side, k = (lags, t - s) if s <= t else (lags.below, s - t)
                norms = np.exp2([side.log2_norm[n][t, k] for n in ours])
                assert np.linalg.norm(norms) == pytest.approx(rows[t][s], rel=1e-9, abs=1e-12), (key, t, s)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_contributions_add_up_to_the_gradient_and_that_is_right(cell: str) -> None:
    case = network_of(cell, steps=4, examples=2, seed=3)
    trace = core.run(network=case.network, batch=case.batch)
    assert trace.lags.residual < 1e-12 and core.check_gradients(trace, directions=1) < 1e-7
    moved = case.batch.inputs + np.random.default_rng(0).normal(size=case.batch.inputs.shape) * 1e-6
    other = core.forward(case.network, replace(case.batch, inputs=moved)).loss
    slope = np.sum(trace.gradients.inputs * (moved - case.batch.inputs))
    assert other - trace.tape.loss == pytest.approx(slope, rel=1e-4)


def test_one_loss_by_itself_gives_the_same_sizes_and_sums_over_losses_are_those_of_the_matrices() -> None:
    """By another route: a backward pass that follows one loss, step by step, and matrices of each formed and added."""
    case = network_of("gru", steps=5, examples=2, seed=5)
    trace = core.run(network=case.network, batch=case.batch)
    lags, steps = trace.lags, 5
    assert lags.below is not None
    parts = {}
    for t in range(1, steps + 1):
        alone = core.backward_pass(trace.tape, losses=[t])
        for s in range(1, steps + 1):
            side, k = (lags, t - s) if s <= t else (lags.below, s - t)
            found = alone.gathered(s, s)
            for name, size in alone.log2_here.items():
                if name in lags.below.log2_norm:
                    assert side.log2_norm[name][t - 1, k] == pytest.approx(size[s - 1], abs=1e-9)
                    parts[name, t, s] = found[name].to_float64("a part")
            assert side.log2_state_norm[t - 1, k] == pytest.approx(alone.log2_state_gradient[s - 1], abs=1e-9)
            assert side.log2_input_norm[t - 1, k] == pytest.approx(alone.log2_inputs[s - 1], abs=1e-9)
    for name in lags.below.log2_norm:
        for lag in range(1 - steps, steps):
            whole = sum(parts[name, t, t - lag] for t in range(1, steps + 1) if 1 <= t - lag <= steps)
            side, k = (lags, lag) if lag >= 0 else (lags.below, -lag)
            assert np.exp2(side.log2_summed[name][k]) == pytest.approx(np.linalg.norm(whole), rel=1e-9, abs=1e-15)


def test_the_last_layers_directions_look_one_way_and_the_lower_ones_both() -> None:
    case = network_of("rnn", steps=6)
    lags = core.run(network=case.network, batch=case.batch).lags
    assert lags.below is not None
    for name, use in case.network.cell.uses().items():
        back = np.isfinite(lags.log2_norm[name][:, 1:]).any()
        ahead = np.isfinite(lags.below.log2_norm[name][:, 1:]).any()
        assert (back, ahead) == ((True, True) if use.layer == 1 else (not use.ahead, use.ahead))
    assert set(lags.below.log2_layer_norm) == set(lags.log2_layer_norm) == {1, 2}
    assert all(np.isneginf(lags.below.log2_norm[name][:, 0]).all() for name in lags.below.log2_norm)
    grouped = lags.grouped({"all": ("W_aa_fwd_1", "W_ax_fwd_1"), "W_y": ("W_y",)})
    assert grouped.below is not None and list(grouped.below.log2_norm) == ["all"]
    again = pickle.loads(pickle.dumps(lags))
    np.testing.assert_array_equal(again.below.log2_norm["b_a_bwd_1"], lags.below.log2_norm["b_a_bwd_1"])


def test_only_scored_losses_are_carried_and_a_layer_of_one_direction_may_be_among_them() -> None:
    case = network_of("gru", scored=[False, True, False, False, True, False])
    lags = core.run(network=case.network, batch=case.batch).lags
    assert lags.below is not None and lags.residual < 1e-12
    rows = np.isfinite(lags.log2_norm["W_ra_fwd_1"]).any(axis=1)
    assert rows.tolist() == [False, True, False, False, True, False]
    low = make_case(cell="gru", n_a=3, steps=6, initial=False)
    up = case.network.cell.stack
    assert len(up) == 2
    both = make_both_ways("gru", ((2, 2),), steps=6)
    upper = both.network.replace_parameters(
        **{
            name: np.random.default_rng(1).normal(size=(len(both.network.parameters[name]), 3))
            for name, use in both.network.cell.uses().items()
            if use.source == "x"
        }
    )
    mixed = core.Network.stacked([low.network, upper])
    trace = core.run(network=mixed, batch=low.batch)
    assert (
        mixed.cell_name == "gru+gru&gru"
        and trace.lags.residual < 1e-12
        and core.check_gradients(trace, directions=1) < 1e-7
    )


def test_what_takes_too_many_numbers_says_so_with_what_would_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    case = network_of("gru", steps=6)
    monkeypatch.setattr(every_step, "MOST_NUMBERS", 1200)
    with pytest.raises(ValueError, match=r"6 losses × 6 steps .* allowed at once; give 4 steps"):
        core.run(network=case.network, batch=case.batch)
    assert core.run(network=case.network, batch=case.batch.until(4)).lags.residual < 1e-12
    with pytest.raises(ValueError, match="no Jacobian from one step to the next"):
        core.dynamics_of(core.forward(case.network, case.batch))


def test_what_is_below_float64_keeps_its_powers_of_two() -> None:
    """Recurrent weights near 2^−700, lag 5 near 2^−3500; twice the weights are 2^k times as much at lag k."""
    case = make_both_ways("rnn", ((2, 2), (2, 2)), steps=6)

    def at_last(factor: float) -> np.ndarray:
        names = [name for name, use in case.network.cell.uses().items() if use.role == "recurrent"]
        network = case.network.replace_parameters(**{name: case.network.parameters[name] * factor for name in names})
        lags = core.run(network=network, batch=case.batch).lags
        assert lags.residual < 1e-12
        return lags.log2_norm["b_a_fwd_2"][5, :6]

    once, twice = at_last(2.0**-700), at_last(2.0**-699)
    assert once[5] < -3400
    np.testing.assert_allclose(twice - once, np.arange(6), atol=1e-9)
