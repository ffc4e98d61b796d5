"""Networks from modules in memory, networks written and read back, and what drives a network that has no data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core
from core import Candidate, Network
from core.numerics.scaled import Floats
from core.sources.arrays import Arrays
from core.sources.checkpoint import candidates_in
from core.sources.driving import PROBE, PROBE_BETWEEN, Asked, Driven, driven, states_of
from core.sources.keras_config import modules_of
from core.sources.layers import RecurrentLayer
from core.sources.looking_up import column_of_ids
from core.sources.on_data import on_data

FILES = Path(__file__).parent / "files"


class Tensor:
    """A tensor that keeps its gradient: it has to be taken out of its library first."""

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array, np.float32)
        self.shape = self.array.shape
        self.detached = False

    def detach(self) -> Tensor:
        found = Tensor(self.array)
        found.detached = True
        return found

    def cpu(self) -> Tensor:
        return self

    def is_floating_point(self) -> bool:
        return True

    def double(self) -> np.ndarray[Any, Any]:
        assert self.detached
        return self.array.astype(np.float64)


class Module:
    """What PyTorch's modules have: their state, and their parts by name."""

    def __init__(self, state: dict[str, Tensor], parts: dict[str, Any]) -> None:
        self.state, self.parts = state, parts

    def state_dict(self) -> dict[str, Tensor]:
        return self.state

    def named_modules(self) -> list[tuple[str, Any]]:
        return [("", self), *self.parts.items()]


class Plain:
    nonlinearity = "relu"


def state(rng: np.random.Generator, prefix: str = "", gates: int = 1) -> dict[str, Tensor]:
    shapes = {"weight_ih_l0": (3 * gates, 2), "weight_hh_l0": (3 * gates, 3), "bias_ih_l0": (3 * gates,)}
    shapes["bias_hh_l0"] = (3 * gates,)
    return {f"{prefix}{name}": Tensor(rng.normal(size=shape)) for name, shape in shapes.items()}


def test_a_module_says_what_its_state_does_not() -> None:
    given = state(np.random.default_rng(0), "rnn.")
    with pytest.raises(ValueError, match="the activation of rnn is not known"):
        Network.from_torch(given)
    network = Network.from_torch(Module(given, {"rnn": Plain()}))
    assert network.activation_name == "relu"
    assert network.same_as(Network.from_torch(given, activation="relu"))
    np.testing.assert_array_equal(network.parameters["W_aa"], given["rnn.weight_hh_l0"].array)


def test_biases_are_widened_before_they_are_added() -> None:
    """In 32 bits, 1 + 2^−30 would be 1."""
    given = state(np.random.default_rng(0))
    given["bias_ih_l0"], given["bias_hh_l0"] = Tensor(np.ones(3)), Tensor(np.full(3, 2.0**-30))
    network = Network.from_torch(given, activation="tanh")
    np.testing.assert_array_equal(network.parameters["b_a"], 1.0 + 2.0**-30)


def test_one_of_several_parts_is_chosen_by_its_name() -> None:
    rng = np.random.default_rng(0)
    given = state(rng, "encoder.", 4) | state(rng, "decoder.", 3)
    with pytest.raises(ValueError, match="there are 2 recurrent parts, encoder, decoder; choose one: part='encoder'"):
        Network.from_torch(given)
    assert Network.from_torch(given, part="decoder").cell_name == "gru"
    with pytest.raises(ValueError, match="there is no recurrent part 'other'; there is encoder, decoder"):
        Network.from_torch(given, part="other")


class Weight:
    def __init__(self, path: str, array: Any) -> None:
        self.path, self.array = path, np.asarray(array)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def numpy(self) -> np.ndarray[Any, Any]:
        return self.array


class SimpleRNN:
    """What Keras' layers have: a configuration, and weights with a path."""

    def __init__(self, rng: np.random.Generator, activation: str) -> None:
        shapes = {"kernel": (2, 3), "recurrent_kernel": (3, 3), "bias": (3,)}
        self.weights = [Weight(f"rnn/cell/{name}", rng.normal(size=shape)) for name, shape in shapes.items()]
        self.activation = activation

    def get_config(self) -> dict[str, object]:
        return {"name": "rnn", "units": 3, "activation": self.activation}

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        return [weight.array for weight in self.weights]


def test_a_layer_of_keras_says_its_activation_and_its_weights_alone_do_not() -> None:
    layer = SimpleRNN(np.random.default_rng(0), "sigmoid")
    network = Network.from_keras(layer)
    assert network.activation_name == "sigmoid"
    np.testing.assert_array_equal(network.parameters["W_ax"], layer.weights[0].array.T)
    assert Network.from_keras(layer.get_weights(), activation="sigmoid").same_as(network)
    with pytest.raises(ValueError, match="is not known"):
        Network.from_keras(layer.get_weights())


@pytest.mark.parametrize(
    ("how", "given", "words"),
    [
        (Network.from_torch, 3, r"int was given; give a torch\.nn\.Module"),
        (Network.from_torch, {"fc.weight": np.ones((2, 3))}, "none of its arrays is a recurrent layer's"),
        (Network.from_torch, {"weight_hh": np.array(["a"])}, "without an array of floats"),
        (Network.from_keras, 3, "int was given; give a Keras layer"),
        (Network.from_keras, [np.ones((2, 3))], "1 weights were given"),
        (Network.from_keras, [np.ones((2, 5)), np.ones((3, 5))], "no shapes that fit together"),
    ],
)
def test_what_is_no_network_is_refused_in_a_sentence(how: Any, given: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        how(given)


def test_the_page_names_what_there_is() -> None:
    """Every name of core on it exists, every option of the command line too, and Python can read its examples."""
    page = (Path(__file__).parents[2] / "docs" / "your-network.md").read_text(encoding="utf-8")
    for name in set(re.findall(r"core\.(\w+)", page)):
        assert hasattr(core, name), name
    for block in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL):
        compile(block, "your-network.md", "exec")
    assert set(re.findall(r"candidate\.(\w+)", page)) <= set(dir(core.Candidate)) | {"facts", "name"}


# Conventions, by arrays that can be told apart


def test_gates_are_put_in_our_order_whatever_the_order_of_the_file() -> None:
    """Each gate's rows hold its number in our order: i f g o = 1 2 3 4, r z n = 1 2 3."""
    ours = {"lstm": {"i": 1.0, "f": 2.0, "g": 3.0, "o": 4.0}, "gru": {"r": 1.0, "z": 2.0, "n": 3.0}}
    orders = {"torch": {"lstm": "ifgo", "gru": "rzn"}, "keras": {"lstm": "ifgo", "gru": "zrn"}}
    orders["onnx"] = {"lstm": "iofg", "gru": "zrn"}
    for convention, cells in orders.items():
        for cell, order in cells.items():
            rows = np.concatenate([np.full((3, 3), ours[cell][gate]) for gate in order])
            rows = rows.T if convention == "keras" else rows
            arrays = {"input": rows, "recurrent": rows}
            found = RecurrentLayer("rnn", cell, convention, arrays, {}).parameters()
            for gate, value in ours[cell].items():
                assert np.all(found[f"W_{gate}a"] == value) and np.all(found[f"W_{gate}x"] == value)
                assert not found[f"b_{gate}"].any()


# Files of our own


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_a_network_that_was_saved_is_read_back_whole(cell: str, suffix: str, tmp_path: Path) -> None:
    drawn = core.make_network(core.Experiment(cell=cell, hidden_size=5, activation="relu", seed=3))
    bare = Network(cell, {name: drawn.parameters[name] for name in drawn.cell.uses()}, "sigmoid", "none")
    leaky = core.make_network(core.Experiment(leak=0.3))
    for at, network in enumerate((drawn, bare, leaky)):
        path = tmp_path / f"{at}{suffix}"
        core.save_network(network, path)
        (candidate,) = core.open_checkpoint(path).candidates
        assert candidate.network().same_as(network)
        assert all(fact.certainty == "CONFIRMED" for fact in candidate.facts)


def test_a_file_is_not_overwritten_unless_it_is_asked_for(tmp_path: Path) -> None:
    one, other = (core.make_network(core.Experiment(seed=seed)) for seed in (1, 2))
    path = tmp_path / "network.npz"
    core.save_network(one, path)
    with pytest.raises(ValueError, match="is there already"):
        core.save_network(other, path)
    core.save_network(other, path, overwrite=True)
    assert core.open_checkpoint(path).candidate().network().same_as(other)
    assert [one.name for one in tmp_path.iterdir()] == ["network.npz"], "nothing half written is left"
    with pytest.raises(ValueError, match=r"saved as \.safetensors or \.npz"):
        core.save_network(one, tmp_path / "network.pt")
    with pytest.raises(ValueError, match="No such file or directory"):
        core.save_network(one, tmp_path / "no folder" / "network.npz")


def test_a_file_of_a_later_version_or_with_arrays_missing_says_so(tmp_path: Path) -> None:
    network = core.make_network(core.Experiment())
    core.save_network(network, tmp_path / "whole.npz")
    with np.load(tmp_path / "whole.npz") as archive:
        whole = {name: archive[name] for name in archive}
    text = str(whole["rnn-tui"])
    for changed, words in (
        ({"rnn-tui": np.array(text.replace('"format": 1', '"format": 2'))}, "later version of rnn-tui"),
        ({"rnn-tui": np.array(text.replace('"rnn"', '"qrnn"'))}, "'qrnn'"),
        ({"W_aa": np.array("gone")}, "it lacks W_aa"),
        ({"W_aa": np.full_like(whole["W_aa"], np.nan)}, "W_aa must be finite"),
    ):
        np.savez(tmp_path / "changed.npz", **{**whole, **changed})
        with pytest.raises(ValueError, match=words):
            core.open_checkpoint(tmp_path / "changed.npz")


# What drives it


def of(file: str, asked: Asked | None = None, **how: Any) -> Driven:
    return driven(core.open_checkpoint(FILES / file).candidate(), asked=asked, **how)


def test_a_network_with_an_embedding_reads_rows_of_it() -> None:
    found = of("embedded.pt", steps=40, examples=3)
    candidate = core.open_checkpoint(FILES / "embedded.pt").candidate()
    assert candidate.embedding is not None and "looked up in embedding.weight" in found.inputs
    ids = found.batch.inputs.argmax(axis=2)
    assert set(ids.ravel().tolist()) == set(range(11)), "of 120 ids, each of 11 comes"
    np.testing.assert_array_equal(found.network.parameters["E_1"].T, candidate.embedding.array)
    rows = candidate.embedding.array[ids].astype(np.float64)
    states = core.forward(candidate.network(), core.Batch.probe(rows, found.network.read_out.width)).states
    found_states = core.forward(found.network, found.batch).states
    np.testing.assert_allclose(found_states[1:, :, 5:], states[1:], rtol=1e-12)


def test_a_text_of_as_many_characters_is_looked_up_and_trained_on(tmp_path: Path) -> None:
    text, candidate = tmp_path / "text.txt", core.open_checkpoint(FILES / "embedded.pt").candidate()
    text.write_text("abcdefghijk" * 20)
    found = on_data(candidate, core.Experiment(task="text", text_file=str(text), timesteps=9), Asked(readout="new"))
    batch = core.make_batch(found.experiment)
    trace = core.run(network=found.network, batch=batch)
    assert trace.network.cell.stack[0].name == "embedding" and batch.input_names == tuple("abcdefghijk")
    assert np.isfinite(trace.lags.log2_norm["E_1"][8, :9]).all()
    assert core.check_gradients(trace) < 1e-6
    text.write_text("abcdefgh" * 20)
    with pytest.raises(ValueError, match=r"reads 5 inputs, rows of embedding.weight, which has 11 ids, and .* has 8"):
        on_data(candidate, core.Experiment(task="text", text_file=str(text), timesteps=9), Asked(readout="new"))


def test_the_next_id_of_a_column_is_asked_for_as_a_class_of_one_direction_or_both(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = tmp_path / "ids.csv"
    table.write_text("token\n" + "".join(f"{one}\n" for one in rng.integers(5, size=80)))
    shapes = {"rnn.weight_ih_l0": (12, 2), "rnn.weight_hh_l0": (12, 3), "embedding.weight": (6, 2)}
    both = {f"{name}_reverse": shape for name, shape in shapes.items() if name.startswith("rnn")}
    settings = core.Experiment(task="table", data=str(table), timesteps=7)
    for named, width in ((shapes, 3), (shapes | both, 6)):
        arrays = {name: rng.normal(size=shape) for name, shape in named.items()}
        arrays |= {"fc.weight": rng.normal(size=(6, width)), "fc.bias": np.zeros(6)}
        (candidate,) = candidates_in(Arrays("test", "torch", arrays))
        found = on_data(candidate, settings)
        assert found.experiment.ids == 6 and found.network.readout_name == "softmax"
        batch = core.make_batch(found.experiment)
        np.testing.assert_array_equal(batch.inputs[1:].argmax(axis=2), batch.targets[:-1], err_msg="the next one")
        trace = core.run(network=found.network, batch=batch)
        assert trace.network.cell.stack[0].name == "embedding" and core.check_gradients(trace) < 1e-6
        assert trace.lags.residual < 1e-12 and np.isfinite(trace.lags.log2_norm["E_1"][6, :7]).all()
        assert (trace.lags.below is not None) == (width == 6), "a loss comes to the rows of ids after it, too"
    with pytest.raises(
        ValueError, match=r"ids: 4 asks for a column of whole numbers from 0 to 3, and token of ids\.csv"
    ):
        core.make_batch(settings.replace(ids=4))


def test_a_column_of_ids_is_looked_up(tmp_path: Path) -> None:
    table, candidate = tmp_path / "ids.csv", core.open_checkpoint(FILES / "embedded.pt").candidate()
    ids = np.random.default_rng(0).integers(11, size=60)
    table.write_text("id,other\n" + "".join(f"{one},{2.5 * one}\n" for one in ids))
    settings = core.Experiment(task="table", data=str(table), inputs="id", targets="other", timesteps=9)
    found = column_of_ids(candidate, settings)
    assert found is not None and found.shape[2] == 11 and np.all(found.sum(axis=2) == 1.0)
    values = core.make_batch(settings.replace(scale="none")).inputs[..., 0]
    np.testing.assert_array_equal(found.argmax(axis=2), values)
    assert column_of_ids(candidate, settings.replace(inputs="other", targets="id")) is None


def test_a_network_without_one_reads_noise_of_unit_variance() -> None:
    found = of("lstm.ckpt", steps=500, examples=4, seed=1)
    assert "noise of mean 0 and variance 1" in found.inputs
    assert abs(found.batch.inputs.mean()) < 0.1 and abs(found.batch.inputs.var() - 1.0) < 0.1
    assert not np.array_equal(found.batch.inputs, of("lstm.ckpt", steps=500, examples=4, seed=2).batch.inputs)


def test_inputs_that_fit_are_taken_as_they_are() -> None:
    given = np.random.default_rng(0).normal(size=(6, 1, 2))
    found = of("lstm.ckpt", inputs=given, name="those of a table")
    np.testing.assert_array_equal(found.batch.inputs, given)
    assert found.inputs == "those of a table"
    assert "noise" in of("lstm.ckpt", inputs=given[..., :1]).inputs


def test_the_probe_is_a_gradient_of_norm_1_at_the_last_state_in_the_mean_over_the_batch() -> None:
    found = of("lstm.ckpt", steps=9, examples=4)
    assert found.loss == PROBE and found.network.readout_name == "none"
    assert found.batch.scored.tolist() == [False] * 8 + [True]
    np.testing.assert_allclose(np.linalg.norm(4 * found.batch.targets[-1], axis=1), 1.0, rtol=1e-15)


def test_an_upper_layer_reads_what_the_layers_below_make_of_the_inputs() -> None:
    """PyTorch's own outputs of every layer stand beside the file."""
    with np.load(FILES / "stack3.pt.reference.npz") as told:
        for layer in (1, 2, 3):
            found = of("stack3.pt", Asked(layer=layer), inputs=told["input"], name="told")
            np.testing.assert_allclose(found.batch.inputs, told[f"layer{layer - 1}_inputs"], rtol=0, atol=1e-13)
            assert found.layer == f"layer {layer} of 3"
    assert "through layers 1 … 2 below it" in of("stack3.pt", Asked(layer=3)).inputs


def test_all_layers_are_driven_as_one_network_and_the_last_where_they_are_none() -> None:
    found = of("stack3.pt", steps=9)
    assert (found.layer, found.network.cell_name) == ("all 3 layers", "lstm+lstm+lstm")
    assert found.batch.inputs.shape == (9, 1, 2) and "below it" not in found.inputs
    found = of("bidirectional.pt", steps=9)
    assert (found.layer, found.network.cell_name) == ("both layers, both directions", "gru&gru+gru&gru")
    assert found.batch.inputs.shape == (9, 1, 2) and found.loss == PROBE_BETWEEN
    lags = core.run(network=found.network, batch=found.batch).lags
    assert lags.below is not None and np.isfinite(lags.below.log2_norm["W_rx_fwd_1"][4, 1:5]).all()
    found = of("bidirectional.pt", Asked(layer=2), steps=9)
    assert (found.layer, found.network.cell_name) == ("layer 2 of 2, both directions", "gru&gru")
    assert found.batch.inputs.shape == (9, 1, 6) and "through layer 1 below it" in found.inputs


def test_the_probe_of_two_directions_is_at_the_middle_step_and_both_have_every_lag_from_there() -> None:
    found = of("bidirectional.keras", steps=9)
    assert found.layer == "both directions" and found.loss == PROBE_BETWEEN
    assert np.flatnonzero(found.batch.scored).tolist() == [4]
    norms = core.run(network=found.network, batch=found.batch).lags.log2_norm
    for way in ("fwd", "bwd"):
        assert np.isfinite(norms[f"W_ix_{way}"][4, :5]).all() and np.isneginf(norms[f"W_ix_{way}"][4, 5:]).all()
    one = of("bidirectional.keras", Asked(direction="backward"), steps=9)
    assert (one.layer, one.loss, one.network.cell_name) == ("its backward direction", PROBE, "lstm")


def keras_stack(**told: dict[str, object]) -> Candidate:
    """A bidirectional layer of Keras, or two layers, whose configuration says more."""
    rng = np.random.default_rng(0)
    arrays, layers = {}, []
    for name, more in told.items():
        width = 2 if not layers else 3
        arrays |= {f"{name}.kernel": rng.normal(size=(width, 12)), f"{name}.recurrent_kernel": np.ones((3, 12))}
        layers.append({"class_name": "LSTM", "config": {"name": name, "units": 3, "activation": "tanh", **more}})
    config = {"class_name": "Sequential", "config": {"name": "model", "layers": layers}}
    (candidate,) = candidates_in(Arrays("test", "keras", arrays, modules_of(config), {"keras_version": "3.1"}))
    return candidate


def test_layers_that_are_no_stack_here_are_driven_one_by_one_and_refused_as_one() -> None:
    assert keras_stack(one={}, two={}).network().cell_name == "lstm+lstm"
    for told, words in (
        ({"one": {}, "two": {"activation": "relu"}}, "has the activations tanh, relu, and one network has one"),
        ({"one": {"go_backwards": True}, "two": {}}, "one of which runs backward only"),
        ({f"layer_{at}": {} for at in range(9)}, "has 9 layers, and a stack has 8 at most"),
    ):
        candidate = keras_stack(**told)
        with pytest.raises(ValueError, match=f"{words}.*choose one of its layers"):
            candidate.network()
        found = driven(candidate, steps=5)
        assert found.layer == f"layer {len(told)} of {len(told)}" and found.network.cell_name == "lstm"
    assert keras_stack(one={}, two={"activation": "relu"}).network(layer=2).activation_name == "relu"
    hard = keras_stack(one={}, two={"recurrent_activation": "hard_sigmoid"})
    assert hard.network().cell_name == "lstm+lstm-hard"
    assert [fact.name for fact in hard.facts if fact.value == "hard-sigmoid"] == ["gates of layer 2"]


def test_a_layer_of_keras_that_goes_backward_hands_up_its_states_in_its_own_order() -> None:
    """Keras: "process the input sequence backwards and return the reversed sequence"; its equations a second time."""
    candidate = keras_stack(one={"go_backwards": True}, two={})
    inputs = np.random.default_rng(1).normal(size=(6, 1, 2))
    found = driven(candidate, asked=Asked(layer=2), inputs=inputs, name="given")
    kernel, recurrent = (candidate.stack[0][0].arrays[name] for name in ("input", "recurrent"))
    h, c, made = np.zeros(3), np.zeros(3), []
    for x in inputs[::-1, 0]:
        i, f, g, o = np.split(x @ kernel + h @ recurrent, 4)
        c = c / (1.0 + np.exp(-f)) + np.tanh(g) / (1.0 + np.exp(-i))
        h = np.tanh(c) / (1.0 + np.exp(-o))
        made.append(h)
    np.testing.assert_allclose(found.batch.inputs[:, 0], made, rtol=1e-13)
    other = driven(keras_stack(one={}, two={}), asked=Asked(layer=2), inputs=inputs[::-1], name="given")
    np.testing.assert_array_equal(found.batch.inputs, other.batch.inputs)


def keras_lstm(inputs: Floats, kernel: Floats, recurrent: Floats) -> Floats:
    """The states (T, n) of Keras' LSTM by its equations, over inputs (T, n_x)."""
    h, c, made = np.zeros(len(recurrent)), np.zeros(len(recurrent)), []
    for x in inputs:
        i, f, g, o = np.split(x @ kernel + h @ recurrent, 4)
        c = c / (1.0 + np.exp(-f)) + np.tanh(g) / (1.0 + np.exp(-i))
        h = np.tanh(c) / (1.0 + np.exp(-o))
        made.append(h)
    return np.array(made)


PUT_TOGETHER: dict[str, Callable[[Floats, Floats], Floats]] = {
    "sum": lambda one, two: one + two,
    "ave": lambda one, two: (one + two) / 2,
    "mul": lambda one, two: one * two,
}


def two_merged_layers(low: str, top: str, rng: np.random.Generator) -> tuple[dict[str, Floats], Candidate]:
    """Two bidirectional layers of Keras whose directions are put together so, and a dense layer behind them."""
    arrays: dict[str, Floats] = {}
    for layer, reads in (("low", 2), ("top", 3)):
        for way in ("forward", "backward"):
            arrays[f"{layer}.{way}_lstm.kernel"] = rng.normal(size=(reads, 12))
            arrays[f"{layer}.{way}_lstm.recurrent_kernel"] = rng.normal(size=(3, 12))
    arrays |= {"dense.kernel": rng.normal(size=(3, 2)), "dense.bias": rng.normal(size=2)}
    modules = {
        name: {"class": "Bidirectional", "name": name, "merge_mode": mode} | reads
        for name, mode, reads in (("low", low, {}), ("top", top, {"reads": "low"}))
    }
    (candidate,) = candidates_in(Arrays("test", "keras", arrays, modules))
    return arrays, candidate


def outputs_of_merged(inputs: Floats, arrays: dict[str, Floats], low: str, top: str) -> Floats:
    """What the dense layer makes, (T, 2), by Keras' own definitions."""
    for layer, mode in (("low", low), ("top", top)):
        states = []
        for way, order in (("forward", 1), ("backward", -1)):
            weights = (arrays[f"{layer}.{way}_lstm.{name}"] for name in ("kernel", "recurrent_kernel"))
            states.append(keras_lstm(inputs[::order], *weights)[::order])
        inputs = PUT_TOGETHER[mode](*states)
    return inputs @ arrays["dense.kernel"] + arrays["dense.bias"]


@pytest.mark.parametrize(("low", "top"), [("sum", "ave"), ("ave", "sum")])
def test_directions_that_are_added_or_averaged_are_read_as_keras_reads_them(low: str, top: str) -> None:
    rng = np.random.default_rng(5)
    arrays, candidate = two_merged_layers(low, top, rng)
    assert candidate.fact("together by").value.startswith(f"{low} and {top}; a matrix that reads this")  # type: ignore[union-attr]
    assert candidate.whole and [head.name for head in candidate.readouts] == ["dense"]
    network = candidate.network(readout="dense", loss="squared-error")
    inputs, targets = rng.normal(size=(7, 1, 2)), rng.normal(size=(7, 1, 2))
    trace = core.run(network=network, batch=core.Batch.of(inputs, targets))
    np.testing.assert_allclose(trace.tape.outputs[:, 0], outputs_of_merged(inputs[:, 0], arrays, low, top), rtol=1e-12)

    def loss(name: str, at: tuple[int, int], by: float) -> float:
        changed = arrays | {name: arrays[name].copy()}
        changed[name][at] += by
        return 0.5 * float(np.sum((outputs_of_merged(inputs[:, 0], changed, low, top) - targets[:, 0]) ** 2))

    def slope(name: str, at: tuple[int, int]) -> float:
        return (loss(name, at, 1e-5) - loss(name, at, -1e-5)) / 2e-5

    gradients = trace.gradients
    for way, ours in (("forward", "fwd"), ("backward", "bwd")):
        found = gradients[f"W_ia_{ours}_1"][1, 2]
        np.testing.assert_allclose(found, slope(f"low.{way}_lstm.recurrent_kernel", (2, 1)), rtol=1e-6)
        both = gradients[f"W_ix_{ours}_2"][1, [0, 3]].sum() * (1.0 if low == "sum" else 0.5)
        np.testing.assert_allclose(both, slope(f"top.{way}_lstm.kernel", (0, 1)), rtol=1e-6)
    both = gradients["W_y"][1, [2, 5]].sum() * (1.0 if top == "sum" else 0.5)
    np.testing.assert_allclose(both, slope("dense.kernel", (2, 1)), rtol=1e-6)


def test_an_upper_layer_alone_reads_the_directions_below_it_put_together() -> None:
    inputs = np.random.default_rng(1).normal(size=(6, 1, 2))
    for mode, together in PUT_TOGETHER.items():
        arrays, candidate = two_merged_layers(mode, mode, np.random.default_rng(5))
        found = driven(candidate, asked=Asked(layer=2, direction="forward"), inputs=inputs, name="given")
        states = []
        for way, order in (("forward", 1), ("backward", -1)):
            weights = (arrays[f"low.{way}_lstm.{name}"] for name in ("kernel", "recurrent_kernel"))
            states.append(keras_lstm(inputs[::order, 0], *weights)[::order])
        np.testing.assert_allclose(found.batch.inputs[:, 0], together(*states), rtol=1e-12)


def test_the_product_of_two_directions_is_read_as_keras_reads_it() -> None:
    rng = np.random.default_rng(5)
    arrays, candidate = two_merged_layers("sum", "mul", rng)
    network = candidate.network(readout="dense", loss="squared-error")
    assert network.readout_name == "product:identity" and network.parameters["W_y"].shape == (2, 3)
    assert network.readout.equations("a_2")[0] == "h_0⟨t⟩ = a_fwd_2⟨t⟩ ⊙ a_bwd_2⟨t⟩"
    inputs, targets = rng.normal(size=(6, 1, 2)), rng.normal(size=(6, 1, 2))
    trace = core.run(network=network, batch=core.Batch.of(inputs, targets))
    np.testing.assert_allclose(
        trace.tape.outputs[:, 0], outputs_of_merged(inputs[:, 0], arrays, "sum", "mul"), rtol=1e-12
    )
    assert core.check_gradients(trace) < 1e-6 and trace.lags.residual < 1e-12


def test_two_directions_that_are_multiplied_below_a_layer_are_no_network_of_both() -> None:
    _, candidate = two_merged_layers("mul", "mul", np.random.default_rng(5))
    with pytest.raises(ValueError, match=r"together by mul, and here a layer above reads them .*added .*layer 1 … 2"):
        candidate.network()
    with pytest.raises(ValueError, match="the forward direction has no read-out of its own: one reads both"):
        candidate.network(layer=2, direction="forward", readout="dense", loss="squared-error")
    assert driven(candidate, asked=Asked(layer=2, direction="backward"), steps=5).layer.endswith("backward direction")


def functional(layers: dict[str, tuple[str, list[str]]], *, keras: int) -> dict[str, Any]:
    """The configuration of a functional model: name → class and what it reads, as Keras 3 or Keras 2 writes it."""

    def nodes(reads: list[str]) -> list[Any]:
        if keras == 2:
            return [[[name, 0, 0, {}] for name in reads]]
        tensors = [
            {"class_name": "__keras_tensor__", "config": {"shape": [None, 3], "keras_history": [name, 0, 0]}}
            for name in reads
        ]
        return [{"args": [tensors] if len(tensors) > 1 else tensors, "kwargs": {"mask": None}}]

    made = [
        {
            "class_name": kind,
            "name": name,
            "config": {"name": name, **({"units": 3} if kind == "LSTM" else {})},
            "inbound_nodes": nodes(reads) if reads else [],
        }
        for name, (kind, reads) in layers.items()
    ]
    return {"class_name": "Functional", "config": {"name": "model", "layers": made}}


@pytest.mark.parametrize("keras", [2, 3])
@pytest.mark.parametrize("kind", ["Add", "Multiply", "Average"])
def test_what_reads_two_branches_put_together_is_no_read_out_of_either(kind: str, keras: int) -> None:
    layers = {
        "x": ("InputLayer", []),
        "one": ("LSTM", ["x"]),
        "two": ("LSTM", ["x"]),
        "both": (kind, ["one", "two"]),
        "drop": ("Dropout", ["both"]),
        "dense": ("Dense", ["drop"]),
    }
    weights = {"kernel": np.ones((2, 12)), "recurrent_kernel": np.ones((3, 12))}
    arrays: dict[str, Floats] = {
        f"{part}.lstm_cell.{name}": one for part in ("one", "two") for name, one in weights.items()
    }
    arrays |= {"dense.kernel": np.ones((3, 2)), "dense.bias": np.ones(2)}
    candidates = candidates_in(Arrays("test", "keras", arrays, modules_of(functional(layers, keras=keras))))
    assert [one.name for one in candidates] == ["one", "two"]
    for candidate in candidates:
        fact = candidate.fact("read-out")
        assert fact is not None and not candidate.readouts
        assert fact.source == f"dense reads both ({kind} of one and two), and not only this part"
    layers |= {"two": ("LSTM", ["one"]), "drop": ("Dropout", ["two"])}
    del layers["both"]
    arrays["two.lstm_cell.kernel"] = np.ones((3, 12))
    (stack,) = candidates_in(Arrays("test", "keras", arrays, modules_of(functional(layers, keras=keras))))
    layers_fact = stack.fact("layers")
    assert layers_fact is not None and (layers_fact.value, layers_fact.certainty) == ("2", "CONFIRMED")
    assert [head.name for head in stack.readouts] == ["dense"]


def test_hard_sigmoid_of_an_unknown_version_of_keras_is_asked_for() -> None:
    told = {"lstm": {"class": "LSTM", "units": 3, "name": "lstm", "recurrent_activation": "hard_sigmoid"}}
    arrays = {"lstm.kernel": np.ones((2, 12)), "lstm.recurrent_kernel": np.ones((3, 12))}
    (candidate,) = candidates_in(Arrays("test", "keras", arrays, told))
    assert [fact.name for fact in candidate.unknown] == ["gates"]
    with pytest.raises(ValueError, match=r"give gates hard-sigmoid-keras2 for 0\.2 x \+ 0\.5"):
        candidate.network()
    assert candidate.network(gates="hard-sigmoid-keras2").cell_name == "lstm-hard-keras2"
    for scaled, cell in ((False, "lstm-hard-keras2"), (True, "")):
        node = {"class": "LSTM", "activations": "HardSigmoid Tanh Tanh", "scaled": scaled}
        weights = {"n.W": np.ones((1, 12, 2)), "n.R": np.ones((1, 12, 3))}
        (candidate,) = candidates_in(Arrays("test", "onnx", weights, {"n": node}))
        if cell:
            assert candidate.network().cell_name == cell
        else:
            with pytest.raises(ValueError, match="HardSigmoid with numbers of its own in its gates"):
                candidate.network()


def test_a_layer_above_both_directions_reads_the_two_side_by_side_and_a_backward_one_from_the_end() -> None:
    with np.load(FILES / "bidirectional.pt.reference.npz") as told:
        for direction, key in (("forward", "layer1"), ("backward", "layer1_reverse")):
            found = of("bidirectional.pt", Asked(layer=2, direction=direction), inputs=told["input"], name="told")
            np.testing.assert_allclose(found.batch.inputs, told[f"{key}_inputs"], rtol=0, atol=1e-13)
            states = states_of(found.network, found.batch.inputs)
            np.testing.assert_allclose(states, told[f"{key}_states"], rtol=0, atol=1e-13)
            assert found.layer == f"layer 2 of 2, its {direction} direction"
    assert "from the last step to the first" in found.inputs


def test_what_is_not_known_is_asked_for_and_what_was_asked_is_taken() -> None:
    with pytest.raises(ValueError, match="activation of rnn is not known"):
        of("rnn_weights.pt")
    assert of("rnn_weights.pt", Asked(activation="relu")).network.activation_name == "relu"


def test_a_network_of_our_own_without_data_is_driven_without_its_read_out(tmp_path: Path) -> None:
    network = replace(core.make_network(core.Experiment(cell="lstm", hidden_size=3)), activation_name="sigmoid")
    core.save_network(network, tmp_path / "network.npz")
    found = driven(core.open_checkpoint(tmp_path / "network.npz").candidate(), steps=7)
    assert found.network.readout_name == "none" and found.network.activation_name == "sigmoid"
    assert core.run(network=found.network, batch=found.batch).lags.residual < 1e-12


def test_the_calls_on_the_page_that_stand_by_themselves_run() -> None:
    page = (Path(__file__).parents[2] / "docs" / "your-network.md").read_text(encoding="utf-8")
    blocks = [one for one in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if one.startswith("import numpy")]
    assert len(blocks) == 3, "a head, a captioning loss with an embedding and a mask, gradients that are given"
    for block in blocks:
        exec(compile(block, "your-network.md", "exec"), {})
