"""The LSTM with a projection: every contribution against matrices formed one by one, alone and in stacks, and torch's.

1e−11 of the sum of the sizes of the terms for the first, as in `test_contributions`; 1e−10 against torch.
"""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
import torch_projected
from cases import make_projected
from hypothesis import given
from hypothesis import strategies as st
from stack_oracle import take_apart_stack
from test_contributions import assert_norms

import core
from core.bptt.layers import layers_of

SIZES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4)), min_size=1, max_size=3).map(tuple)


@given(SIZES, st.integers(1, 8), st.integers(1, 3), st.sampled_from(("tanh", "relu")), st.integers(0, 2**31))
def test_every_contribution_has_the_norm_of_its_matrix(
    sizes: tuple[tuple[int, int], ...], steps: int, examples: int, activation: str, seed: int
) -> None:
    case = make_projected(sizes, steps=steps, examples=examples, activation=activation, seed=seed)
    lags, apart = core.lag_profile(case.tape()), take_apart_stack(case)
    for name in case.parameters:
        assert_norms(lags.log2_norm[name], apart.norms(name), apart.bounds[name])
    assert_norms(lags.log2_state_norm, apart.state_norms, apart.state_norms)
    assert lags.residual < 1e-12


@pytest.mark.parametrize("sizes", [((4, 2),), ((2, 3),), ((4, 2), (3, 2))])
def test_the_gradient_holds_against_central_differences(sizes: tuple[tuple[int, int], ...]) -> None:
    case = make_projected(sizes, examples=2, seed=3)
    assert core.check_gradients(core.run(network=case.network, batch=case.batch)) < 1e-7


def test_the_jacobian_is_the_derivative_of_the_state() -> None:
    case = make_projected(((4, 2), (3, 2)), steps=1, seed=4)
    network, batch = case.network, case.batch
    jacobian = case.tape().linearization.jacobian(0)
    whole = np.ldexp(jacobian.scale.mantissa, jacobian.scale.exponent)[:, np.newaxis] * jacobian.rows

    def after(state: np.ndarray) -> np.ndarray:
        moved = core.Batch(batch.inputs, batch.targets, batch.scored, state[np.newaxis])
        return core.forward(network, moved).states[1, 0]

    start, h = batch.initial_state[0], 1e-4
    for unit, column in zip(np.eye(len(start)), whole.T, strict=True):
        one, two = (after(start + by * unit) - after(start - by * unit) for by in (h, 2 * h))
        np.testing.assert_allclose(column, (8 * one - two) / (12 * h), rtol=1e-8, atol=1e-11)


def test_it_says_what_it_is() -> None:
    network = make_projected(((4, 2), (3, 2))).network
    assert network.cell.title == "2-layer LSTM with projection"
    assert {part.name: part.width for part in network.parts} == {"a_1": 2, "c_1": 4, "a_2": 2, "c_2": 3}
    assert dict(layers_of(network)) == {1: ("a_1", "c_1"), 2: ("a_2", "c_2")}
    assert network.symbol("W_am_1") == "m_1⟨s⟩"
    assert "lstm-projected" not in core.settings()["cell"].choices


def test_matrices_that_are_not_square_have_no_eigenvalues_and_all_else_is_measured() -> None:
    case = make_projected(((4, 2),), steps=9)
    assert dict(core.spectral_radii(case.network)) == {}
    found = core.dynamics_of(case.tape())
    assert dict(found.spectra) == {} and found.spectrum is None and np.isfinite(found.lyapunov.exponents[0])
    with pytest.raises(ValueError, match="W_ia, W_fa, W_ga, W_oa of the LSTM with projection are not square"):
        core.recurrent_spectrum(case.network)
    both = core.Network.stacked([case.network, make_projected(((3, 3),), n_x=2).network])
    assert list(core.spectral_radii(both)) == [f"W_{gate}a_2" for gate in "ifgo"], "as many numbers as units"


@pytest.mark.parametrize("layers", [1, 2])
def test_every_part_is_that_of_torch_on_an_untied_copy(layers: int) -> None:
    case = torch_projected.case_of(layers)
    stored = json.loads(torch_projected.STORED.read_text(encoding="utf-8"))[str(layers)]
    live = [torch_projected.from_torch(layers)] if importlib.util.find_spec("torch") else []
    tape, apart = case.tape(), take_apart_stack(case)
    lags = core.lag_profile(tape)
    for figures in (stored, *live):
        np.testing.assert_allclose(tape.losses, figures["losses"], rtol=0, atol=1e-10)
        for t in range(len(tape.losses)):
            for k in range(t + 1):
                for layer in range(1, layers + 1):
                    ours = torch_projected.own(case, {name: part[t, k] for name, part in apart.parts.items()}, layer)
                    for name, matrix in torch_projected.in_torch(ours).items():
                        if name != "bias_hh_l0":
                            theirs = np.array(figures["parts"][f"{name}_{layer}"][t][k])
                            np.testing.assert_allclose(matrix, theirs, rtol=0, atol=1e-10)
                    am = "W_am" if layers == 1 else f"W_am_{layer}"
                    theirs = np.array(figures["parts"][f"weight_hr_l0_{layer}"][t][k])
                    assert np.exp2(lags.log2_norm[am][t, k]) == pytest.approx(np.linalg.norm(theirs), rel=1e-9)
