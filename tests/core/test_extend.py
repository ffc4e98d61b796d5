"""A cell that nobody has seen is one class and one registration: everything in core works for it.

The toy cells of `toy_cells` are registered at run time. What is computed of them is held against routes that know
nothing of backpropagation by lag: central differences, and the product of Jacobians.
"""

from __future__ import annotations

import doctest
import pickle
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from toy_cells import TOYS, MinimalGated, TwoLayers, registered

import core
import core.extend
from core.bptt.parameter_groups import groupings, standing_for
from core.extend import Cell, Equations, Part, Use, register, unregister
from core.network.cells import CELLS, Vanilla


@pytest.fixture(params=TOYS, ids=lambda cell: cell.name)
def toy(request: pytest.FixtureRequest) -> Iterator[Cell]:
    with registered(request.param) as cell:
        yield cell


@pytest.fixture
def two_layers() -> Iterator[Cell]:
    with registered(TwoLayers()) as cell:
        yield cell


def experiment(cell: Cell, **more: object) -> core.Experiment:
    settings = {"hidden_size": 5, "timesteps": 24, "batch_size": 2, "initial_state": 0.5, "bias": 0.1, **more}
    return core.Experiment(cell=cell.name, **settings)


def test_the_example_of_the_page_runs() -> None:
    found = doctest.testmod(core.extend)
    assert (found.attempted > 8, found.failed) == (True, 0)


def test_the_choices_and_the_help_follow_from_what_is_registered() -> None:
    before = core.settings()["cell"]
    with registered(MinimalGated()):
        inside = core.settings()
        assert inside["cell"].choices == (*before.choices, "mgu")
        assert "mgu: one gate that forgets and lets in." in inside["cell"].help
        assert inside["forget_bias"].hint.only == {"cell": ("lstm", "mgu")}
        assert inside["forget_bias"].matters(core.Experiment(cell="mgu"))
        assert core.Experiment(cell="mgu") == pickle.loads(pickle.dumps(core.Experiment(cell="mgu")))
    assert core.settings()["cell"] == before
    with pytest.raises(core.InvalidSettingsError, match=r"cell: 'mgu' was given, allowed is rnn, gru, lstm, deep"):
        core.Experiment(cell="mgu")


def test_a_registered_cell_is_saved_and_read_back(toy: Cell, tmp_path: object) -> None:
    own = experiment(toy)
    path = tmp_path / "own.toml"  # type: ignore[operator]
    own.save(path)
    assert core.Experiment.load(path) == own


def test_the_gradient_is_that_of_central_differences_and_its_contributions_add_up(toy: Cell) -> None:
    for task in ("sunspots", "adding"):
        trace = core.run(experiment(toy, task=task))
        assert trace.lags.residual < 1e-12
        assert core.check_gradients(trace) < 1e-6


def test_parts_and_preactivations_have_widths_of_their_own(two_layers: Cell) -> None:
    network = core.make_network(experiment(two_layers))
    assert network.hidden_size == 5
    assert (network.state_size, network.read_out) == (8, Part("q", 3, read_out=True))
    assert network.parameters["W_y"].shape == (1, 3)
    tape = core.forward(network, core.make_batch(experiment(two_layers)))
    assert tape.reads["W_qp"] is not None
    assert np.array_equal(tape.reads["W_qp"], tape.states[1:, :, :5])
    assert np.array_equal(tape.reads["W_y"], tape.states[1:, :, 5:])
    step = core.forward_step(tape, 3)
    assert {name: gate.units for name, gate in step.gates.items()} == {"v": 10, "w": 6}
    assert step.log2_state == step.log2_parts["q"]


def test_matrices_are_drawn_by_what_they_are_for(two_layers: Cell) -> None:
    own = experiment(two_layers, hidden_size=64, initializer="orthogonal", gain=2.0, input_gain=3.0)
    parameters = core.make_network(own).parameters
    for name in ("W_pp", "W_qq"):
        square = parameters[name] @ parameters[name].T
        np.testing.assert_allclose(square, 4.0 * np.eye(len(square)), atol=1e-12)
    assert parameters["W_qp"].std() == pytest.approx(3.0 / 64**0.5, rel=0.1)
    assert np.all(parameters["b_q"] == 0.1)


def test_a_bias_starts_from_what_the_cell_says() -> None:
    with registered(MinimalGated()) as cell:
        parameters = core.make_network(experiment(cell, forget_bias=2.0)).parameters
        assert np.all(parameters["d"] == pytest.approx(-1.9))
        assert np.all(parameters["e"] == 0.1)


def test_groups_stay_within_a_layer(two_layers: Cell) -> None:
    network = core.make_network(experiment(two_layers))
    assert groupings(network) == ("source", "layer")
    by_layer = core.parameter_groups(network, "layer")
    assert {name: group.parameters for name, group in by_layer.items() if group.recurrent} == {
        "layer 1": ("W_pp", "W_px", "b_p"),
        "layer 2": ("W_qq", "W_qp", "b_q"),
    }
    by_source = core.parameter_groups(network)
    assert tuple(by_source) == tuple(network.parameters)
    assert standing_for(network) == {"a": "W_pp", "x": "W_px", "1": "b_p"}


def test_what_stands_for_the_others_shares_a_delta() -> None:
    with registered(MinimalGated()) as cell:
        network = core.make_network(experiment(cell))
        assert groupings(network) == ("source", "gate", "parameter")
        assert tuple(core.parameter_groups(network)) == ("all W_·h", "all W_·x", "all b_·", "W_y", "b_y")
        assert tuple(core.parameter_groups(network, "gate")) == ("gate n", "gate u", "W_y", "b_y")
        assert standing_for(network) == {"a": "P", "x": "Q", "1": "d"}


def test_the_claims_are_tested_on_it(toy: Cell) -> None:
    verdicts = {claim.id: claim for claim in core.claims(core.run(experiment(toy, timesteps=60)))}
    assert verdicts["jacobian"].verdict == "holds"
    assert verdicts["readout"].verdict == "fails"
    for claim in verdicts.values():
        assert "⟨s⟩" not in claim.statement
    evidence = {item.name: item.value for item in verdicts["jacobian"].evidence}
    assert evidence["differs from the product of Jacobians by"] < 1e-9
    (off,) = (value for name, value in evidence.items() if " / " in name)
    assert off < 1e-9


def test_a_stack_has_no_twin_and_says_so(two_layers: Cell) -> None:
    (claim,) = (one for one in core.claims(core.run(experiment(two_layers))) if one.id == "depth")
    assert claim.verdict == "not decidable here"
    assert "2 layers" in claim.explanation


def test_the_jacobians_of_it_are_measured(toy: Cell) -> None:
    trace = core.run(experiment(toy, batch_size=1))
    tape, n = trace.tape, trace.network.state_size
    found = core.dynamics_of(tape)
    assert found.lyapunov.size == n
    assert found.profile is not None
    linear, product = tape.linearization, np.eye(n)
    for k in range(1, 6):
        one = linear.jacobian(len(tape.losses) - k)
        product = product @ (np.ldexp(one.scale.mantissa, one.scale.exponent)[:, np.newaxis] * one.rows)
        expected = np.linalg.svd(product, compute_uv=False)
        np.testing.assert_allclose(np.exp2(found.profile.log2_singular_values[k]), expected, rtol=1e-9, atol=1e-15)
    assert {line.kind for line in found.lines} == {"lyapunov", *(("path", "path_largest") if toy.direct else ())}


def test_it_trains_and_its_steps_are_truncated(toy: Cell) -> None:
    own = experiment(toy, training_steps=4, k1=6, k2=12)
    steps = list(core.train(own))
    assert [step.step for step in steps] == [1, 2, 3, 4]
    assert all(step.ended is None for step in steps)
    assert set(steps[-1].spectral_radius) == {n for n, use in toy.uses().items() if use.role == "recurrent"}
    trace = core.run(own, network=steps[-1].network, training_step=4)
    assert trace.truncation is not None
    assert core.probe_profile(own, steps[-1].network, 4) is not None


def bare(cell: str) -> tuple[core.Network, core.Batch]:
    """A network that ends at its 5 states, and gradients there, none at the first 4 of 12 steps."""
    made = core.make_network(core.Experiment(cell=cell, hidden_size=5, timesteps=12, gain=0.8))
    parameters = {name: made.parameters[name] for name in made.cell.uses()}
    rng = np.random.default_rng(3)
    gradients = rng.standard_normal((12, 2, 5))
    gradients[:4] = 0.0
    network = core.Network(cell, parameters, readout_name="none")
    return network, core.Batch.injecting(rng.standard_normal((12, 2, 1)), gradients)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_gradient_given_at_the_states_is_that_of_the_linear_loss(cell: str) -> None:
    network, batch = bare(cell)
    trace = core.run(network=network, batch=batch)
    assert "W_y" not in trace.gradients
    assert trace.lags.residual < 1e-12
    assert core.check_gradients(trace) < 1e-7
    assert trace.lags.scored.tolist() == [False] * 4 + [True] * 8
    states = trace.tape.states[1:, :, :5]
    assert trace.tape.loss == pytest.approx(float(np.sum(states * trace.batch.targets)))
    assert np.array_equal(trace.backward_pass.returned.injected.to_float64()[:, :, :5], trace.batch.targets)
    score = core.metrics(trace.tape)
    assert (score.name, score.accuracy, score.value) == ("loss", None, pytest.approx(trace.tape.loss / 8))


def test_what_a_read_out_puts_in_can_be_given_from_outside() -> None:
    """W_yᵀ e⟨t⟩ given from outside makes the gradient that W_y made."""
    whole = core.run(core.Experiment(timesteps=12, batch_size=2, hidden_size=5))
    own = {name: whole.network.parameters[name] for name in whole.network.cell.uses()}
    batch = core.Batch.injecting(whole.batch.inputs, whole.tape.errors @ whole.network.parameters["W_y"])
    trace = core.run(network=core.Network("rnn", own, readout_name="none"), batch=batch)
    for name in own:
        np.testing.assert_allclose(trace.gradients[name], whole.gradients[name], rtol=1e-13)
        assert np.allclose(trace.lags.log2_norm[name], whole.lags.log2_norm[name], atol=1e-12)


def test_claims_say_that_there_is_no_read_out() -> None:
    network, batch = bare("rnn")
    trace = core.run(network=network, batch=batch)
    (claim,) = (one for one in core.claims(trace) if one.id == "readout")
    assert claim.verdict == "not decidable here"
    assert "no read-out" in claim.explanation
    assert "There is no read-out here" in str(core.answer(trace))


def test_given_gradients_of_another_width_are_named() -> None:
    batch = core.Batch.injecting(np.ones((3, 1, 1)), np.ones((3, 1, 4)))
    with pytest.raises(ValueError, match=r"\(T, B, 5\), or \(T, B, 5\) at the whole state, got \(3, 1, 4\)"):
        core.forward(bare("rnn")[0], batch)


@dataclass(frozen=True)
class Wrong(Vanilla):
    """The vanilla cell under another name, with something wrong about it."""

    name = "wrong"


@dataclass(frozen=True)
class TwiceReadOut(Wrong):
    def parts(self, n_a: int) -> tuple[Part, ...]:
        return Part("a", n_a, read_out=True), Part("c", n_a, read_out=True)


@dataclass(frozen=True)
class Unknown(Wrong):
    def uses(self) -> dict[str, Use]:
        return {**super().uses(), "W_ax": Use("v", "below", role="input")}


@dataclass(frozen=True)
class WithoutALine(Wrong):
    def equations(self) -> Equations:
        return Equations({"a": ""}, {"a": ""})


@dataclass(frozen=True)
class NoRecurrence(Wrong):
    def uses(self) -> dict[str, Use]:
        return {"W_ax": Use("z", "x", role="input")}


@dataclass(frozen=True)
class BadlyNamed(Wrong):
    name = "My Cell"


@dataclass(frozen=True)
class Taken(Wrong):
    name = "gru"


class Compared(Wrong):
    """A class that says what is equal and no more has no hash, as a dataclass that is not frozen."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Compared)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (Compared(), r"write @dataclass\(frozen=True\)"),
        (TwiceReadOut(), "exactly one part of the state is read out, got a, c"),
        (Unknown(), "W_ax makes 'v', which is none of z"),
        (WithoutALine(), r"equations\(\).forward has no line for z"),
        (NoRecurrence(), "no parameter has the role recurrent"),
        (BadlyNamed(), "lower-case letters, digits and hyphens, a letter first; got 'My Cell'"),
        (Taken(), "there is a cell named 'gru' already; give another name than rnn, gru, lstm, deep"),
    ],
)
def test_a_cell_that_contradicts_itself_is_told_how(cell: Cell, message: str) -> None:
    known = dict(CELLS)
    with pytest.raises(ValueError, match=message):
        register(cell)
    assert known == CELLS


def test_a_cell_that_is_not_there_cannot_be_forgotten() -> None:
    with pytest.raises(ValueError, match="unknown cell 'nosuch'; known are rnn, gru, lstm, deep"):
        unregister("nosuch")
