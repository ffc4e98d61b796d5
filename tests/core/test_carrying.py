"""Training as practised: stretches of a sequence, and windows that follow one another, the state carried on.

With a rate of 0 the weights stay, so that what is made of stretches is held against one long sequence.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import core
from core.tasks.table.task import table_windows
from core.tasks.task import laid_out
from core.training.carrying import next_batch

STILL = {"optimizer": "sgd", "learning_rate": 0.0}


def steps_of(experiment: core.Experiment) -> list[core.TrainingStep]:
    return list(core.train(experiment))


def made_on(experiment: core.Experiment) -> list[core.Batch]:
    """The batch of every update."""
    states = [core.begin(experiment), *(step.state for step in steps_of(experiment))][:-1]
    batches = core.TaskBatches(experiment)
    return [next_batch(experiment, one.network, batches, one.step, one.carried) for one in states]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("every", [1, 4, 7, 12, 50])
def test_stretches_of_a_sequence_are_the_sequence(cell: str, every: int) -> None:
    """Their losses are its losses, and their gradients add up to the truncated one with k1 = k2 = the stretch.

    That is where the stretches are of one length: a shorter one at the end goes back less far than k2.
    """
    chunks = -(-12 // every)
    experiment = core.Experiment(
        cell=cell, hidden_size=4, timesteps=12, batch_size=3, training_steps=2 * chunks, update_every=every, **STILL
    )
    network, parts = core.make_network(experiment), made_on(experiment)
    steps = steps_of(experiment)
    for number in range(2):
        whole = core.forward(network, core.TaskBatches(experiment)(number))
        own = slice(number * chunks, (number + 1) * chunks)
        assert sum(step.metrics.loss for step in steps[own]) == pytest.approx(whole.loss, rel=1e-13)
        tapes = [core.forward(network, part) for part in parts[own]]
        assert np.allclose(np.concatenate([tape.states[1:] for tape in tapes]), whole.states[1:], rtol=1e-13)
        if every < 12 and 12 % every:
            continue
        gradients = [core.backward(tape) for tape in tapes]
        expected = core.truncated_gradients(whole, every, every)
        for name in network.parameters:
            total = np.sum([one[name] for one in gradients], axis=0)
            assert np.allclose(total, expected[name], rtol=1e-10, atol=1e-12), name


def test_an_update_is_made_after_every_stretch_and_the_state_is_that_of_the_weights_before_it() -> None:
    experiment = core.Experiment(
        hidden_size=3, timesteps=10, batch_size=2, update_every=5, training_steps=2, optimizer="sgd", learning_rate=0.01
    )
    first, second = steps_of(experiment)
    batch, network = core.TaskBatches(experiment)(0), core.make_network(experiment)
    tape = core.forward(network, batch.until(5))
    moved = {n: a - 0.01 * core.backward(tape)[n] for n, a in network.parameters.items()}
    for name, array in first.network.parameters.items():
        np.testing.assert_allclose(array, moved[name], rtol=1e-13)
    later = core.Batch(batch.inputs[5:], batch.targets[5:], batch.scored[5:], tape.states[-1])
    again = core.forward(first.network, later)
    assert second.metrics.loss == pytest.approx(again.loss, rel=1e-13)
    gradient = core.backward(again)["W_aa"]
    np.testing.assert_allclose(
        second.network.parameters["W_aa"], first.network.parameters["W_aa"] - 0.01 * gradient, rtol=1e-12
    )
    assert first.state.carried is not None and first.state.carried.shape == (2, 3)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_windows_that_follow_one_another_are_one_long_sequence(cell: str) -> None:
    short = core.Experiment(cell=cell, hidden_size=4, timesteps=10, window_state="carried", training_steps=30, **STILL)
    losses = [step.metrics.loss for step in steps_of(short)]
    series = core.make_batch(short.replace(timesteps=300), 0)
    assert series.inputs[0] == core.TaskBatches(short.replace(window_state="carried"))(0).inputs[0]
    whole = core.forward(core.make_network(short), series)
    np.testing.assert_allclose(losses, whole.losses.reshape(30, 10).sum(axis=1), rtol=1e-12)
    fresh = [step.metrics.loss for step in steps_of(short.replace(window_state="fresh"))]
    assert not np.allclose(losses[1:], fresh[1:])


def test_after_its_end_the_series_begins_again_from_the_initial_state() -> None:
    experiment = core.Experiment(
        hidden_size=3, timesteps=100, window_state="carried", training_steps=7, initial_state=0.5, **STILL
    )
    parts = made_on(experiment)
    batches = core.TaskBatches(experiment)
    carried = [bool(batches.continued(i).all()) for i in range(7)]  # type: ignore[union-attr]
    assert carried == [False, True, True, False, True, True, False], "three windows of 100 in 309 years"
    for i, part in enumerate(parts):
        assert np.array_equal(part.inputs, parts[i % 3].inputs)
        assert np.array_equal(part.initial_state, batches(i).initial_state) == (not carried[i])


def test_examples_part_the_data_among_them_and_go_through_all_of_it() -> None:
    tiles = np.arange(0, 300, 10)
    for examples in (1, 3, 4, 40):
        seen = np.concatenate([laid_out(tiles, 10, examples, i)[0] for i in range(30)])
        assert set(seen) == set(tiles)
        first = np.concatenate([laid_out(tiles, 10, examples, i)[0] for i in range(-(-30 // examples))])
        assert set(first) == set(tiles), "once through, as early as that is possible"
        assert not laid_out(tiles, 10, examples, 0)[1].any()
        starts, continued = laid_out(tiles, 10, examples, 5)
        before = laid_out(tiles, 10, examples, 4)[0]
        assert np.array_equal(continued, starts == before + 10)


def test_a_state_is_not_carried_over_a_gap_nor_into_another_sequence(tmp_path: Path) -> None:
    rows = [f"{i % 7}" for i in range(60)]
    rows[23] = "NA"
    (tmp_path / "gap.csv").write_text("\n".join(["a", *rows]))
    settings = core.Experiment(task="table", data=str(tmp_path / "gap.csv"), timesteps=5, held_back=0.0)
    carried = settings.replace(window_state="carried")
    starts = table_windows(carried).apart
    assert np.diff(starts).min() >= 5 and not np.any((starts <= 23) & (starts + 5 >= 23))
    batches = core.TaskBatches(carried)
    found = [bool(batches.continued(i)[0]) for i in range(len(starts))]  # type: ignore[index]
    assert found == [False, *(np.diff(starts) == 5)]
    assert found.count(False) == 2
    np.save(tmp_path / "two.npy", np.random.default_rng(0).normal(size=(2, 10, 2)))
    both = carried.replace(data=str(tmp_path / "two.npy"), ahead=0, inputs="column 1", targets="column 2")
    starts = table_windows(both).apart
    assert starts.tolist() == [0, 5, 10, 15]
    assert [bool(core.TaskBatches(both).continued(i)[0]) for i in range(4)] == [False, True, False, True]  # type: ignore[index]


def test_a_text_is_read_from_its_beginning_on() -> None:
    experiment = core.Experiment(task="text", timesteps=20, window_state="carried", hidden_size=3)
    batches = core.TaskBatches(experiment)
    first, second = batches(0), batches(1)
    assert np.array_equal(first.targets[-1:], second.inputs[:1].argmax(axis=2))
    assert batches.continued(1).all()  # type: ignore[union-attr]


@pytest.mark.parametrize("task", ["adding", "noise", "echo", "copy", "temporal-order"])
def test_sequences_that_are_drawn_by_themselves_carry_nothing(task: str) -> None:
    plain = core.Experiment(task=task, timesteps=25, hidden_size=3, training_steps=3)
    asked = plain.replace(window_state="carried")
    assert core.TaskBatches(asked).continued(1) is None
    for one, other in zip(steps_of(plain), steps_of(asked), strict=True):
        assert one.metrics == other.metrics and one.network.same_as(other.network)


def test_a_run_starts_again_from_any_step_to_the_last_bit() -> None:
    experiment = core.Experiment(
        hidden_size=3, timesteps=12, update_every=5, window_state="carried", training_steps=300, batch_size=2
    )
    history = core.TrainingHistory(experiment)
    for step in core.train(experiment):
        history.add(step)
    kept = list(history.states)
    assert len(kept) < 300
    missing = next(step for step in range(200, 300) if step not in kept)
    steps = steps_of(experiment.replace(training_steps=missing))
    assert history.network_at(missing).same_as(steps[-1].network)
    assert np.array_equal(history.state_at(missing).carried, steps[-1].state.carried)


def test_with_weights_of_its_own_at_every_step_a_network_is_updated_on_whole_sequences() -> None:
    plain = core.Experiment(cell="deep", hidden_size=3, timesteps=6, training_steps=3)
    for one, other in zip(steps_of(plain), steps_of(plain.replace(update_every=2)), strict=True):
        assert one.metrics == other.metrics and one.network.same_as(other.network)


def test_two_directions_have_no_state_to_go_on_from() -> None:
    one = core.make_network(core.Experiment(hidden_size=2))
    both = core.Network.bidirectional(one, one)
    for change in ({"update_every": 3}, {"window_state": "carried"}):
        settings = core.Experiment(timesteps=6, **change)
        with pytest.raises(ValueError, match=r"bidirectional vanilla RNN ends at both ends .* leave window_state"):
            core.advance(settings, core.begin(settings, both))


def test_a_batch_of_ones_own_is_cut_with_its_weights_and_its_mask() -> None:
    network = core.make_network(core.Experiment(hidden_size=3, readout="softmax"))
    rng = np.random.default_rng(0)
    mask = rng.random((7, 2)) < 0.6
    batch = core.Batch.of(rng.normal(size=(7, 2, 1)), rng.integers(3, size=(7, 2)), scored=mask, reduction="mean")
    settings = core.Experiment(timesteps=50, update_every=3, training_steps=6, **STILL)
    steps = list(core.train(settings, start=core.begin(settings, network), batches=lambda index: batch))
    whole = core.forward(network, batch)
    assert sum(step.metrics.loss for step in steps[:3]) == pytest.approx(whole.loss)
    assert steps[3].metrics.loss == steps[0].metrics.loss
    state = replace(core.begin(settings, network), step=2, carried=np.array(whole.states[6]))
    last = next_batch(settings, network, lambda index: batch, 2, state.carried)
    assert np.array_equal(last.mask, mask[6:]) and len(last.inputs) == 1
