"""Networks computed together have the numbers that each has by itself, whichever are beside them.

Why the tolerances are what they are: rates and errors are differences of log₂ norms, so that they are held to 1e−12 of
the largest of these; a single network and one among others have powers of two at other lags, which rounds a log₂ in its
last place. Where no power of two is needed everything is equal to the last bit but the residual, which is another
rounding of a sum that is 0.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import core
from core.bptt.forward import FirstStepOverflowError
from core.network.cells import CELLS, Vanilla
from core.network.cells.protocol import JointLinearization
from core.network.networks import Networks
from core.numerics.rows import plus, times
from core.numerics.scaled import COMFORT
from core.study import batched
from core.study.batched import goes_together, summaries
from core.study.summary import Summary, summary
from core.tasks import make_batch
from core.tasks.drawn import make_network
from tests.core.drawn_experiments import draw

SMALL = core.Experiment(hidden_size=5, timesteps=25)
KINDS = [
    SMALL,
    SMALL.replace(cell="gru"),
    SMALL.replace(cell="lstm"),
    SMALL.replace(cell="gru-before"),
    SMALL.replace(leak=0.3),
    SMALL.replace(cell="lstm", batch_size=3, initial_state=0.5),
    SMALL.replace(batch_size=9, task="adding"),
    SMALL.replace(task="copy", timesteps=40),
    SMALL.replace(task="echo", scored="last"),
    SMALL.replace(readout="softmax", activation="relu", fed="first"),
    SMALL.replace(readout="sigmoid", activation="sigmoid", bias=2.0),
    SMALL.replace(activation="identity", initializer="orthogonal", gain=1.0),
    SMALL.replace(initializer="identity", batch_size=2),
    SMALL.replace(hidden_size=1),
    SMALL.replace(timesteps=1),
    SMALL.replace(timesteps=3, cell="gru"),
    SMALL.replace(gain=0.0),
]


def over_seeds(experiment: core.Experiment, count: int = 4) -> list[core.Experiment]:
    """As many experiments as asked for, which differ in nothing but the seeds of their weights and data."""
    return [experiment.replace(seed=seed, data_seed=seed + 1) for seed in range(count)]


def by_itself(experiment: core.Experiment) -> core.Trace | None:
    """The trace of one network; None if not even its first step stays within float64."""
    try:
        return core.run(experiment)
    except FirstStepOverflowError:
        return None


def without_residual(found: Summary) -> Summary:
    """What is equal to the last bit where no power of two is needed."""
    return replace(found, residual=None)


def largest_log2(trace: core.Trace) -> float:
    """The largest |log₂ norm| among a network's contributions."""
    lags = trace.lags
    tables = [np.abs(table[np.isfinite(table)]) for table in (lags.log2_state_norm, *lags.log2_norm.values())]
    return float(max((table.max() for table in tables if table.size), default=0.0))


def assert_same(found: Summary, expected: Summary, largest: float) -> None:
    """Numbers equal to 1e−12 of what they are differences of, everything else exactly."""
    assert found.residual == pytest.approx(expected.residual, abs=1e-12)
    for one, other in zip(found.lines, expected.lines, strict=True):
        assert (one.name, one.horizon) == (other.name, other.horizon)
        for mine, theirs in (
            (one.log2_per_step, other.log2_per_step),
            (one.log2_standard_error, other.log2_standard_error),
            (one.share_of_past, other.share_of_past),
        ):
            assert (mine is None) == (theirs is None)
            if mine is not None and theirs is not None:
                assert mine == pytest.approx(theirs, rel=1e-12, abs=1e-12 * max(1.0, largest))
        assert one.regime == other.regime
    assert replace(found, lines=(), residual=None) == replace(expected, lines=(), residual=None)


@pytest.mark.parametrize("experiment", KINDS, ids=range(len(KINDS)))
def test_networks_computed_together_are_those_computed_by_themselves(experiment: core.Experiment) -> None:
    every = over_seeds(experiment)
    for found, one in zip(summaries(every), every, strict=True):
        trace = core.run(one)
        expected = summary(trace)
        assert_same(found, expected, 1.0)
        if largest_log2(trace) < COMFORT and one.batch_size == 1 and one.scored == "every":
            assert without_residual(found) == without_residual(expected)


@pytest.mark.parametrize("seed", [pytest.param(n, marks=pytest.mark.slow if n >= 12 else ()) for n in range(25)])
def test_they_are_for_any_settings(seed: int) -> None:
    drawn = draw(seed, 60)[0]
    alone = [trace for one in over_seeds(drawn, 3) if (trace := by_itself(one)) is not None]
    for found, trace in zip(summaries([trace.experiment for trace in alone]), alone, strict=True):
        assert_same(found, summary(trace), largest_log2(trace))


def test_the_numbers_do_not_depend_on_what_is_computed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    wild = SMALL.replace(activation="sigmoid", gain=300.0, input_gain=50.0)  # beyond float64 on the way back
    gains = [SMALL.replace(gain=gain, seed=seed) for gain in (1e-6, 0.5, 2.0, 1e4) for seed in range(3)]
    relu = [SMALL.replace(activation="relu", gain=gain, seed=seed) for gain in (0.5, 60.0) for seed in range(3)]
    batches = [SMALL.replace(batch_size=3, gain=gain) for gain in (1e-6, 0.9, 1e4)]
    every = [*over_seeds(wild), *gains, *relu, *over_seeds(SMALL), *batches, *over_seeds(SMALL.replace(cell="lstm"))]
    expected = summaries(every)
    assert any(one.lines[0].log2_per_step is not None and one.lines[0].log2_per_step < -40 for one in expected)
    for shuffle in range(3):
        order = list(range(len(every)))
        random.Random(shuffle).shuffle(order)
        monkeypatch.setattr(batched, "NUMBERS", (1, 400, 1 << 20)[shuffle])
        found = summaries([every[i] for i in order])
        assert found == [expected[i] for i in order]
    assert [summaries([one])[0] for one in every] == expected


def test_a_network_that_leaves_float64_does_no_harm_to_those_beside_it() -> None:
    growing = SMALL.replace(activation="relu", initializer="identity", timesteps=80, data_seed=3)
    every = [growing.replace(gain=gain) for gain in (0.5, 1e6, 0.9, 1e5)]
    found = summaries(every)
    assert [one.overflow_step is None for one in found] == [True, False, True, False]
    assert [one.steps for one in found][::2] == [80, 80]
    assert found == [summaries([one])[0] for one in every]


def test_what_a_network_raises_is_raised() -> None:
    at_once = SMALL.replace(activation="identity", task="noise", gain=1e6, input_gain=1e6, initial_state=1e6, bias=1e6)
    with pytest.raises(ValueError, match="no such file"):
        summaries([SMALL, SMALL.replace(task="text", text_file="no such file")])
    assert by_itself(at_once) is not None, "1e18 is far from 1e308"


def test_only_those_that_gain_by_it_are_computed_together() -> None:
    def together(experiment: core.Experiment) -> bool:
        return goes_together(make_network(experiment), make_batch(experiment))

    assert together(core.Experiment()) and together(SMALL.replace(cell="lstm"))
    assert not together(SMALL.replace(cell="deep")), "every step has a matrix of its own"
    assert not together(SMALL.replace(layers=2)), "a layer passes its gradient down"
    assert not together(core.Experiment(hidden_size=512)), "it has enough to do by itself"
    assert {name for name, cell in CELLS.items() if cell.in_rows and cell.offered} == {"rnn", "gru", "lstm"}


def test_what_a_cell_says_of_its_products_is_not_said_of_cells_made_from_it() -> None:
    class Changed(Vanilla):
        pass

    assert Vanilla.in_rows and not Changed.in_rows


def test_progress_is_told_and_ends_the_work() -> None:
    told: list[tuple[int, int]] = []
    summaries(over_seeds(SMALL, 3), lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        summaries(over_seeds(SMALL), stop)


def test_nothing_comes_of_nothing() -> None:
    assert summaries([]) == []


def test_rows_are_multiplied_by_the_matrix_of_their_network() -> None:
    rng = np.random.default_rng(0)
    rows, matrices, biases = rng.standard_normal((6, 4)), rng.standard_normal((3, 4, 2)), rng.standard_normal((3, 2))
    expected = np.stack([row @ matrices[i % 3] for i, row in enumerate(rows)])
    assert times(rows, matrices) == pytest.approx(expected)
    assert times(rows.reshape(2, 3, 4), matrices) == pytest.approx(expected.reshape(2, 3, 2))
    assert np.array_equal(plus(expected, biases), np.stack([row + biases[i % 3] for i, row in enumerate(expected)]))
    wide = np.zeros((6, 5))
    times(rows, matrices, out=wide[:, 1:3])
    assert np.array_equal(wide[:, 1:3], times(rows, matrices)) and not wide[:, [0, 3, 4]].any()


def test_networks_of_different_kinds_do_not_go_together() -> None:
    with pytest.raises(ValueError, match="of one kind"):
        Networks.of([make_network(SMALL), make_network(SMALL.replace(hidden_size=6))])


@pytest.mark.parametrize(
    "given",
    [
        {"cell": "rnn"},
        {"cell": "rnn", "leak": 0.5},
        {"cell": "rnn", "activation": "relu", "hidden_size": 2},
        {"cell": "rnn", "initializer": "identity", "hidden_size": 4},
        {"cell": "gru"},
        {"cell": "lstm", "batch_size": 3},
        {"cell": "lstm", "forget_bias": -30, "gain": 1e-3},
    ],
)
def test_the_largest_exponents_of_networks_together_are_those_of_each_by_itself(given: dict[str, Any]) -> None:
    """Those that are not known, and those of networks that relu cuts off, are told as such here and there."""
    experiments = [core.Experiment(seed=seed, timesteps=30, **given) for seed in range(4)]
    together = summaries(experiments, lyapunov=True)
    for found, trace in zip(together, map(core.run, experiments), strict=True):
        alone = core.summary(trace, core.lyapunov_along(trace.tape, count=1))
        for name in ("lyapunov", "lyapunov_standard_error"):
            mine, other = getattr(found, name), getattr(alone, name)
            assert (mine is None) == (other is None)
            assert mine is None or abs(mine - other) < 1e-12
    assert summaries(experiments[1:3], lyapunov=True) == together[1:3]


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_a_step_back_has_jacobians_of_several_networks_only_where_its_type_says_so(cell: str) -> None:
    trace = core.run(core.Experiment(cell=cell, hidden_size=3, timesteps=4))
    network, tape = trace.network, trace.tape
    linear = network.cell.linearize(network.parameters, network.activation, tape.states, tape.preactivations)
    assert hasattr(linear, "jacobians") == isinstance(linear, JointLinearization)
