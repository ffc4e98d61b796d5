"""The direct path: products for each unit, their root mean square and their largest, as a gradient is kept.

Products are taken a second time by plain multiplication, and once more by the gradient itself, in networks whose
recurrent matrices are 0, where the direct path is the only way back. Logarithms of a few hundred terms: 1e−10.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from cases import Case, cases, make_case, share
from hypothesis import given, settings
from oracles import functions

import core
from core.dynamics.theory import TheoryLine
from core.network.cells import CELLS, LSTM
from core.numerics.scaled import Floats

HARD = [f"{cell}-{gates}" for cell in ("gru", "lstm", "gru-before") for gates in ("hard", "hard-keras2")]
WITH_ONE = ("rnn", "gru", "lstm", "deep", "gru-before", "mingru", "antisymmetric", *HARD)
LEAK = {"rnn": 0.3, "deep": 0.3} | dict.fromkeys(WITH_ONE[1:3] + WITH_ONE[4:], 1.0)


def factors(case: Case) -> Floats:
    """C⟨t⟩, (T, B, n_a), from the definitions."""
    tape = case.tape()
    if case.network.cell_name in ("rnn", "deep"):
        return np.full(tape.preactivations.shape, 1.0 - case.network.leak)
    if case.network.cell_name == "antisymmetric":
        return np.ones(tape.preactivations.shape)
    if case.network.cell_name == "mingru":
        return functions(case.network).gate(-np.split(tape.preactivations, 2, axis=2)[0])
    blocks = len(case.network.cell.functions(case.network.activation))
    return functions(case.network).gate(np.split(tape.preactivations, blocks, axis=2)[1])


def without_matrices(case: Case) -> Case:
    zeros = {name: np.zeros_like(case.network.parameters[name]) for name in (*case.reading("a"), *case.reading("r⊙a"))}
    constants = {**case.network.constants, **({"diffusion": 0.0} if "diffusion" in case.network.constants else {})}
    return Case(replace(case.network.replace_parameters(**zeros), constants=constants), case.batch)


def path_lines(path: core.DirectPath, network: core.Network) -> tuple[TheoryLine, ...]:
    return core.theory_lines(network, len(path.log2_rms), path=path)


def two_units(forget: tuple[float, float], steps: int = 80) -> core.Tape:
    """An LSTM without recurrence whose forget gates are the same at every step."""
    case = without_matrices(make_case(cell="lstm", steps=steps, n_a=2, scored="last"))
    constant = {"b_f": np.array(forget), "W_fx": np.zeros((2, 2))}
    return Case(case.network.replace_parameters(**constant), case.batch).tape()


@settings(max_examples=share(2))
@given(cases())
def test_it_is_the_product_of_the_factors_unit_by_unit(case: Case) -> None:
    tape = case.tape()
    if case.network.cell_name in ("rnn", "deep") and case.network.leak == 1.0:
        with pytest.raises(ValueError, match="no path but that through its matrices"):
            core.direct_path(tape)
        return
    path, factor = core.direct_path(tape), factors(case)
    for k in range(len(factor)):
        products = [
            np.prod(factor[t - k : t], axis=0) for t in range(k + 1, len(factor) + 1) if case.batch.scored[t - 1]
        ]
        if not products:
            assert np.isnan([path.log2_rms[k], path.log2_largest[k]]).all()
            continue
        assert path.log2_rms[k] == pytest.approx(np.log2(np.mean(np.square(products))) / 2, abs=1e-10)
        assert path.log2_largest[k] == pytest.approx(np.log2(np.max(products)), abs=1e-10)


@pytest.mark.parametrize("cell", [cell for cell in WITH_ONE if not cell.startswith("lstm-hard")])  # a gate may be 0
@pytest.mark.parametrize("examples", [1, 3])
def test_without_recurrent_matrices_it_is_what_the_gradient_keeps(cell: str, examples: int) -> None:
    """A loss of every single unit in turn: its gradient at the state (at c in an LSTM) lies in that unit alone.

    The mean of the squares of what they keep is rms², and the most that one keeps is the largest.
    """
    case = without_matrices(
        make_case(cell=cell, steps=9, examples=examples, n_a=4, n_y=1, leak=LEAK[cell], scored="last", seed=5)
    )
    path = core.direct_path(case.tape())
    kept = np.empty((9, 4, examples))
    for unit in range(4):
        network = case.network.replace_parameters(W_y=np.eye(4)[unit : unit + 1])
        tape = core.forward(network, case.batch)
        backward_pass = core.backward_pass(tape)
        sizes = []
        for step in range(9, 0, -1):
            gradient = backward_pass.step(step).state_gradient.to_float64()
            if cell.startswith("lstm"):
                if step == 9:
                    o, c = tape.preactivations[-1][:, 12:], tape.states[-1][:, 4:]
                    gradient = (
                        gradient[:, :4]
                        * case.network.cell.functions(case.network.activation)["o"].value(o)
                        * (1 - np.tanh(c) ** 2)
                    )
                else:
                    gradient = gradient[:, 4:]
            sizes.append(np.linalg.norm(gradient, axis=1))
        kept[:, unit] = np.array(sizes) / sizes[0]
    np.testing.assert_allclose(np.exp2(path.log2_rms), np.sqrt(np.mean(kept**2, axis=(1, 2))), rtol=1e-12)
    np.testing.assert_allclose(np.exp2(path.log2_largest), kept.max(axis=(1, 2)), rtol=1e-12)


def test_one_unit_that_keeps_is_not_hidden_by_one_that_forgets() -> None:
    """b_f = (7, −7): the geometric mean is 5.9e−92 at lag 60, where the gradient at c keeps 0.948."""
    tape = two_units((7.0, -7.0))
    path = core.direct_path(tape)
    keeps = (1 / (1 + math.exp(-7.0))) ** 60
    assert keeps == pytest.approx(0.947, abs=5e-4)
    assert np.exp2(path.log2_largest[60]) == pytest.approx(keeps, rel=1e-12)
    assert np.exp2(path.log2_rms[60]) == pytest.approx(keeps / math.sqrt(2), rel=1e-12)
    backward_pass = core.backward_pass(tape)
    at_c = [backward_pass.step(79 - k).state_gradient.to_float64()[0, 2:] for k in (0, 60)]
    assert at_c[1] == pytest.approx(at_c[0] * [keeps, 0.0], rel=1e-12, abs=1e-150)
    assert [line.verdict for line in path_lines(path, tape.network)] == ["1 % or more at every lag"] * 2


@pytest.mark.parametrize(("forget", "keeps"), [((-800.0, 5.0), 5.0), ((-800.0, -800.0), -800.0)])
def test_five_thousand_steps_neither_under_nor_overflow(forget: tuple[float, float], keeps: float) -> None:
    path = core.direct_path(two_units(forget, 5000))
    one = -math.log1p(math.exp(-keeps)) if keeps > 0 else keeps
    expected = 4999 * one / math.log(2.0)
    assert path.log2_largest[-1] == pytest.approx(expected, rel=1e-12)
    assert path.log2_rms[-1] == pytest.approx(expected - (0.5 if keeps > 0 else 0.0), rel=1e-12)


def test_it_rises_where_training_opens_the_gates_of_some_units() -> None:
    """The adding problem: the gates of a few units open and the others' shut, so that the geometric mean falls."""
    experiment = core.preset("adding-lstm").replace(
        hidden_size=8, timesteps=30, batch_size=8, training_steps=80, learning_rate=0.03
    )
    (*_, last) = core.train(experiment)
    rms, mean_of_logs = [], []
    for network in (None, last.state.network):
        tape = core.run(experiment, network=network).tape
        path = core.direct_path(tape)
        logs = LSTM().log2_direct(tape.network.activation, tape.preactivations)
        rms.append(path.log2_rms[29])
        mean_of_logs.append(logs[1:].sum(axis=0).mean())
    assert rms[1] > rms[0] + 1
    assert mean_of_logs[1] < mean_of_logs[0] - 5


def test_a_factor_of_exactly_zero_is_told_from_a_lag_that_no_loss_has(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = np.full((5, 1, 2), -1.0)
    logs[3, 0, 0] = -np.inf
    logs[1] = -np.inf
    monkeypatch.setattr(LSTM, "log2_direct", lambda self, activation, preactivations: logs)
    case = make_case(cell="lstm", steps=5, n_a=2, scored=[False, False, False, True, False])
    path = core.direct_path(case.tape())
    np.testing.assert_array_equal(path.log2_largest, [0.0, -1.0, -2.0, -np.inf, np.nan])
    np.testing.assert_array_equal(path.log2_rms, [0.0, -1.5, -2.5, -np.inf, np.nan])
    rms, largest = path_lines(path, case.network)
    assert rms.log2_per_step == largest.log2_per_step == -np.inf
    assert rms.verdict == "under 1 % from lag 3 on"


def test_it_says_from_which_lag_on_little_is_left() -> None:
    network = make_case(cell="lstm").network

    def verdict(*log2: float) -> str:
        return path_lines(core.DirectPath(np.array(log2), np.zeros(len(log2))), network)[0].verdict

    assert verdict(0.0, -5.0, -7.0, -8.0) == "under 1 % from lag 2 on"
    assert verdict(0.0, -7.0, -5.0, -8.0, np.nan) == "under 1 % from lag 3 on", "it came back at lag 2"
    assert verdict(0.0, -7.0, -5.0, np.nan) == "1 % or more at lag 2, the last"
    assert verdict(0.0, -1.0, -2.0) == "1 % or more at every lag"


@pytest.mark.parametrize("settings", [{"cell": "lstm"}, {"cell": "gru"}], ids=str)
def test_gates_have_two_lines_of_theory(settings: dict[str, object]) -> None:
    tape = core.run(core.Experiment(hidden_size=4, timesteps=9, **settings)).tape
    path = core.direct_path(tape)
    rms, largest = path_lines(path, tape.network)
    product = tape.network.cell.direct.product
    assert (rms.kind, rms.formula) == ("path", f"rms {product}")
    assert (largest.kind, largest.formula) == ("path_largest", f"max {product}")
    assert np.array_equal(rms.log2, path.log2_rms)
    assert np.array_equal(largest.log2, path.log2_largest)
    assert np.all(largest.log2[1:] > rms.log2[1:])
    assert rms.log2_per_step == pytest.approx(path.log2_rms[-1] / 8)
    assert "Neither sufficient nor necessary" in rms.condition
    assert "root mean square over losses, examples and units" in rms.condition
    assert "no gradient keeps more" in largest.condition


def test_the_factor_and_the_lag_from_which_little_is_left_say_the_same() -> None:
    tape = core.run(core.preset("lstm").replace(forget_bias=0.0)).tape
    for line in path_lines(core.direct_path(tape), tape.network):
        horizon = int(re.fullmatch(r"under 1 % from lag (\d+) on", line.verdict)[1])  # type: ignore[index]
        assert 1 < horizon < 50, "long before the last lag, whose mean is another"
        assert 2.0 ** (horizon * line.log2_per_step) == pytest.approx(2.0 ** line.log2[horizon])
        assert 2.0 ** line.log2[horizon] <= 0.01
        assert 2.0 ** line.log2[horizon - 1] >= 0.01


@pytest.mark.parametrize("cell", ["rnn", "deep"])
def test_a_leak_is_the_same_for_every_unit_and_has_one_line(cell: str) -> None:
    tape = make_case(cell=cell, steps=9, examples=2, leak=0.2).tape()
    (line,) = path_lines(core.direct_path(tape), tape.network)
    assert (line.kind, line.formula) == ("path", "(1 − α)^k")
    np.testing.assert_allclose(line.log2, np.arange(9) * np.log2(0.8), rtol=1e-12)


@pytest.mark.parametrize("settings", [{"cell": "lstm"}, {"leak": 0.2}], ids=str)
def test_one_step_has_no_line(settings: dict[str, object]) -> None:
    tape = core.run(core.Experiment(hidden_size=4, timesteps=1, **settings)).tape
    assert path_lines(core.direct_path(tape), tape.network) == ()


def test_work_on_it_can_be_ended() -> None:
    seen = []
    core.direct_path(make_case(cell="gru", steps=6).tape(), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, 6) for k in range(6)]


@given(cases())
def test_a_cell_says_that_it_has_one_where_it_has(case: Case) -> None:
    cell = case.network.cell
    factor = cell.log2_direct(case.network.activation, case.tape().preactivations)
    assert (cell.direct is None) == (factor is None)
    assert cell.elman == (cell.name == "rnn" and case.network.leak == 1.0)


def test_the_registered_cells_are_the_ones_tested() -> None:
    assert set(WITH_ONE) == set(CELLS)
