"""Networks of files on data: the read-out that fits what they ask for, trained from the weights of the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import core
from core.sources.candidate import Candidate
from core.sources.driving import Asked, driven
from core.sources.on_data import NoLossError, on_data
from core.training.remedies import comparable

FILES = Path(__file__).parent / "files"


def candidate(file: str) -> Candidate:
    return core.open_checkpoint(FILES / file).candidate()


def own(network: core.Network, folder: Path) -> Candidate:
    core.save_network(network, folder / "own.npz", overwrite=True)
    return core.open_checkpoint(folder / "own.npz").candidate()


@pytest.fixture
def winds(tmp_path: Path) -> core.Experiment:
    """Two columns of numbers, and one of four words: as many as the read-outs of the files have outputs."""
    rng = np.random.default_rng(3)
    rows = [f"{a:.3f},{b:.3f},{'NSEW'[i % 4]}" for i, (a, b) in enumerate(rng.normal(size=(90, 2)))]
    (tmp_path / "winds.csv").write_text("\n".join(["a,b,wind", *rows]))
    return core.Experiment(task="table", data=str(tmp_path / "winds.csv"), targets="wind", timesteps=8, batch_size=3)


def test_the_read_out_of_the_file_is_taken_where_it_has_as_many_outputs_as_there_are_words(
    winds: core.Experiment,
) -> None:
    found = on_data(candidate("lstm.ckpt"), winds)
    plain = candidate("lstm.ckpt").network(readout="fc", loss="cross-entropy")
    assert found.network.same_as(plain)
    assert (found.experiment.readout, found.experiment.cell, found.experiment.hidden_size) == ("softmax", "lstm", 3)
    assert "the file does not say" in found.loss and "read-out fc from the file" in found.loss
    told = on_data(candidate("lstm.keras"), winds)
    assert told.loss == "cross-entropy of the read-out dense, both from the file"
    assert np.array_equal(told.network.parameters["W_y"], candidate("lstm.keras").readouts[0].weight)


def test_a_loss_decides_how_numbers_are_asked_for(winds: core.Experiment) -> None:
    numbers = winds.replace(targets="a")
    for loss, n_y, g in (("squared-error", 1, "identity"), ("cross-entropy", 3, "softmax")):
        found = on_data(candidate("lstm.ckpt"), numbers, Asked(readout="new", loss=loss))
        assert (found.network.output_size, found.network.readout_name, found.experiment.readout) == (n_y, g, g)
    both = on_data(candidate("lstm.ckpt"), winds.replace(targets="a,b"), Asked(readout="new"))
    assert both.network.output_size == 2


def test_a_new_read_out_is_drawn_as_that_of_a_drawn_network_is_and_the_rest_is_the_files(
    winds: core.Experiment,
) -> None:
    settings = winds.replace(targets="a", seed=5)
    found = on_data(candidate("stack3.pt"), settings, Asked(readout="new"))
    drawn = core.make_network(settings.replace(cell="lstm", layers=3, hidden_size=3))
    bare = candidate("stack3.pt").network()
    for name, array in found.network.parameters.items():
        expected = drawn if name in ("W_y", "b_y") else bare
        assert np.array_equal(array, expected.parameters[name]), name
    assert "seed 5" in found.loss and found.layer == "all 3 layers"
    assert (found.experiment.cell_name, found.experiment.hidden_size) == ("lstm+lstm+lstm", 3)


@pytest.mark.parametrize(
    ("file", "asked", "words"),
    [
        ("lstm.ckpt", Asked(), r"a asks for 1 output by squared error, and no read-out .*there is fc \(4 outputs\)"),
        ("lstm.keras", Asked(), r"there is dense \(4 outputs by cross-entropy\)"),
        ("cudnn_lstm.h5", Asked(), "there is none; give readout new to draw one"),
        ("lstm.ckpt", Asked(readout="fc"), "no read-out behind rnn has that"),
        ("lstm.ckpt", Asked(readout="out"), "no read-out 'out' fits behind rnn; there is fc"),
        ("lstm.ckpt", Asked(loss="cross-entropy"), "asks for 3 classes by cross-entropy"),
        ("lstm.ckpt", Asked(loss="hinge", readout="new"), "unknown loss 'hinge'; known are squared-error"),
        ("lstm.keras", Asked(loss="squared-error"), "was asked for, and the file says cross-entropy"),
        ("lstm.ckpt", Asked(readout="probe"), "no loss; name a read-out, or new"),
        ("stack3.pt", Asked(layer=2, readout="new"), "layer 2 of rnn reads what layer 1 makes, not data"),
        ("stack3.pt", Asked(layer=3), r"reads what layers 1 … 2 make, not data"),
        ("stack3.pt", Asked(layer=1), "there is none"),
        ("bidirectional.keras", Asked(direction="backward", readout="new"), "from the last step to the first here"),
        ("embedded.pt", Asked(), r"reads 5 inputs, rows of embedding.weight, which has 11 ids, and winds.csv: a has 2"),
        ("rnn_weights.pt", Asked(readout="new"), "the activation of rnn is not known"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(file: str, asked: Asked, words: str, winds: core.Experiment) -> None:
    with pytest.raises(ValueError, match=words) as said:
        on_data(candidate(file), winds.replace(targets="a"), asked)
    assert "\n" not in str(said.value)
    named = asked.readout is not None or asked.loss is not None
    assert isinstance(said.value, NoLossError) <= (not named)


def test_classes_are_not_asked_for_by_squared_error(winds: core.Experiment) -> None:
    with pytest.raises(ValueError, match="squared-error was asked for, and the data ask for 4 classes by cross-entr"):
        on_data(candidate("lstm.ckpt"), winds, Asked(readout="new", loss="squared-error"))


def test_both_directions_are_trained_and_it_is_said_that_one_reads_what_is_asked_for(winds: core.Experiment) -> None:
    found = on_data(candidate("bidirectional.keras"), winds.replace(targets="a", k2=3), Asked(readout="new"))
    assert found.loss.endswith("reads what is asked for before it")
    assert found.experiment.k2 == 0, "there is no truncation in two directions"
    settings = found.experiment.replace(training_steps=80, learning_rate=0.02)
    start = core.begin(settings, found.network)
    scores = [step.metrics.value for step in core.train(settings, start=start)]
    assert np.mean(scores[-10:]) < 0.7 * np.mean(scores[:10])
    assert core.check_gradients(core.run(network=found.network, batch=core.make_batch(settings))) < 1e-6


def test_training_goes_on_from_the_weights_of_the_file(winds: core.Experiment) -> None:
    """One step of plain gradient descent is θ − η ∂L/∂θ on the first training batch."""
    found = on_data(candidate("lstm.keras"), winds)
    settings = found.experiment.replace(optimizer="sgd", learning_rate=0.05, training_steps=1)
    (step,) = core.train(settings, start=core.begin(settings, found.network))
    batch = core.TaskBatches(settings, found.network.parts[0].width)(0)
    gradients = core.backward(core.forward(found.network, batch))
    for name, array in step.network.parameters.items():
        np.testing.assert_allclose(array, found.network.parameters[name] - 0.05 * gradients[name], rtol=1e-13)
    assert step.held_back is not None


def test_a_comparison_starts_the_given_network_and_the_clipped_one_from_the_file(winds: core.Experiment) -> None:
    found = on_data(candidate("lstm.keras"), winds)
    settings = found.experiment.replace(training_steps=3, clip="value", clip_at=0.5)
    rows = {
        row.remedy.name: row for row in core.compare(settings, only=("given", "clipping", "gru"), network=found.network)
    }
    assert list(comparable(found.network)) == ["given", *core.remedies()]
    assert list(comparable()) == list(core.remedies())
    for name, clip in (("given", "none"), ("clipping", "norm")):
        assert rows[name].history.start.network.same_as(found.network)
        assert rows[name].experiment.clip == clip
    assert rows["gru"].history.start.network.same_as(core.make_network(rows["gru"].experiment))
    assert rows["gru"].history.start.network.hidden_size == 3
    (alone,) = core.compare(settings, only=["given"], network=found.network)
    assert alone.metric == rows["given"].metric
    with pytest.raises(ValueError, match="'given' was given, allowed is vanilla"):
        list(core.compare(settings, only=["given"]))


# A read-out of the file without data


def test_without_data_a_read_out_that_is_asked_for_has_drawn_targets() -> None:
    for file, loss in (
        ("lstm.ckpt", "cross-entropy"),
        ("lstm.ckpt", "squared-error"),
        ("lstm.ckpt", "binary-cross-entropy"),
    ):
        found = driven(candidate(file), asked=Asked(readout="fc", loss=loss), steps=40, examples=5, seed=1)
        assert found.network.same_as(candidate(file).network(readout="fc", loss=loss))
        assert found.batch.scored.all() and "read-out fc in the file; targets are not in it" in found.loss
        values = found.batch.targets
        if loss == "cross-entropy":
            assert set(values.ravel()) == {0, 1, 2, 3}
        elif loss == "binary-cross-entropy":
            assert set(values.ravel()) == {0.0, 1.0}
        else:
            assert abs(values.mean()) < 0.15 and abs(values.var() - 1.0) < 0.15
    last = driven(candidate("lstm.keras"), asked=Asked(readout="dense"), steps=9, scored="last")
    assert np.flatnonzero(last.batch.scored).tolist() == [8]
    assert driven(candidate("lstm.ckpt"), asked=Asked(loss="cross-entropy"), steps=9).network.output_size == 4
    with pytest.raises(ValueError, match="the loss behind fc is not known"):
        driven(candidate("lstm.ckpt"), asked=Asked(readout="fc"))
    with pytest.raises(ValueError, match="as many outputs as data ask for"):
        driven(candidate("lstm.ckpt"), asked=Asked(readout="new"))


# Files of our own


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@pytest.mark.parametrize(("cell", "layers"), [("rnn", 1), ("lstm", 2)])
def test_a_file_of_our_own_says_everything_and_every_fact_is_confirmed(
    suffix: str, cell: str, layers: int, tmp_path: Path
) -> None:
    settings = core.Experiment(cell=cell, layers=layers, hidden_size=3, readout="softmax")
    network = core.make_network(settings)
    core.save_network(network, tmp_path / f"own{suffix}")
    found = core.open_checkpoint(tmp_path / f"own{suffix}").candidate()
    assert {fact.certainty for fact in found.facts} == {"CONFIRMED"}
    facts = {fact.name: fact.value for fact in found.facts}
    assert (facts["layers"], facts["g"], facts["loss"]) == (str(layers), "softmax", "cross-entropy")
    assert (found.layers, found.directions, facts["read-out"]) == (layers, 1, "W_y (3 outputs)")
    on = on_data(found, core.Experiment())
    assert on.network.same_as(network) and on.experiment.readout == "softmax"
    assert on.loss == "cross-entropy of the read-out W_y, both from the file"


def test_what_a_file_of_our_own_says_is_not_to_be_said_otherwise(tmp_path: Path) -> None:
    found = own(core.make_network(core.Experiment(cell="gru", layers=2, hidden_size=3)), tmp_path)
    for how, words in (
        ({"layer": 2}, "read as a whole; leave layer and direction away"),
        ({"activation": "relu"}, "relu was asked for, and the file says tanh"),
        ({"readout": "fc"}, "no read-out 'fc' fits behind network; there is W_y"),
        ({"loss": "cross-entropy"}, "was asked for, and the file says squared-error"),
        ({"loss": "hinge"}, "unknown loss 'hinge'"),
    ):
        with pytest.raises(ValueError, match=words):
            found.network(**how)
        with pytest.raises(ValueError, match=words):
            on_data(found, core.Experiment(), Asked(**how))
    assert found.network(readout="W_y", loss="squared-error", activation="tanh").same_as(found.network())
    bare = on_data(found, core.Experiment(task="echo", echo_delay=2), Asked(readout="new"))
    assert bare.network.cell_name == "gru+gru"


def test_the_constants_of_a_cell_stay_with_it_whatever_reads_it(tmp_path: Path) -> None:
    settings = core.Experiment(cell="antisymmetric", hidden_size=3, step_size=0.3, diffusion=0.02, timesteps=8)
    network = core.make_network(settings)
    found, kept = own(network, tmp_path), {"step_size": 0.3, "diffusion": 0.02}
    for asked in (Asked(), Asked(readout="new")):
        on = on_data(found, core.Experiment(timesteps=8), asked)
        assert dict(on.network.constants) == kept
        assert (on.experiment.step_size, on.experiment.diffusion) == (0.3, 0.02)
    assert dict(driven(found, steps=8).network.constants) == kept
    leaky = own(core.make_network(core.Experiment(hidden_size=3, leak=0.4)), tmp_path)
    assert on_data(leaky, core.Experiment(), Asked(readout="new")).network.leak == 0.4
