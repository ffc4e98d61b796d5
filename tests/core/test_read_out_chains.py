"""Read-outs of several layers in files: what is read by what, what stands between, and what of it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core
from core.sources.arrays import Arrays
from core.sources.checkpoint import candidates_in
from core.sources.driving import Asked, driven
from core.sources.keras_config import modules_of

FILES = Path(__file__).parent / "files"
LOSS = {"loss": "squared-error"}


def found(library: str, arrays: dict[str, tuple[int, ...]], config: object = None) -> core.Candidate:
    """The one recurrent part among arrays of these shapes."""
    rng = np.random.default_rng(0)
    made = {name: rng.normal(size=shape) for name, shape in arrays.items()}
    (candidate,) = candidates_in(Arrays("test", library, made, modules_of(config)))
    return candidate


def of_torch(**matrices: tuple[int, int]) -> dict[str, tuple[int, ...]]:
    """A GRU of 3 units as PyTorch names it, and matrices with their biases: `head_0` for `head.0`."""
    gru: dict[str, tuple[int, ...]] = {"rnn.weight_ih_l0": (9, 2), "rnn.weight_hh_l0": (9, 3)}
    for name, shape in matrices.items():
        place = name.replace("__", ".")
        gru |= {f"{place}.weight": shape, f"{place}.bias": shape[:1]}
    return gru


@pytest.mark.parametrize("name", ["headed.pt", "headed_module.pt"])
def test_a_read_out_of_two_layers_over_the_mean_has_pytorchs_outputs_and_gradients(name: str) -> None:
    candidate = core.open_checkpoint(FILES / name).candidate()
    assert candidate.readouts[0].name == "head.0+head.3"
    between = candidate.fact("between head.0 and head.3")
    told = ("relu", "CONFIRMED") if "module" in name else ("", "UNKNOWN")
    assert between is not None and (between.value, between.certainty) == told
    network = candidate.network(
        readout="head.0+head.3", pooling="mean", between=None if "module" in name else "relu", **LOSS
    )
    assert network.readout_name == "mean:relu>identity"
    with np.load(FILES / "headed.pt.reference.npz") as archive:
        reference = dict(archive)
    batch = core.Batch.of(reference["inputs"], reference["targets"], last=True)
    trace = core.run(network=network, batch=batch)
    np.testing.assert_allclose(trace.tape.outputs[-1], reference["outputs"], rtol=1e-13)
    for ours, theirs in {"W_h1": "head.0.weight", "b_h1": "head.0.bias", "W_y": "head.3.weight"}.items():
        np.testing.assert_allclose(trace.gradients[ours], reference[theirs], rtol=1e-11)
    gates = np.concatenate([trace.gradients[f"W_{gate}a"] for gate in "rzn"])
    np.testing.assert_allclose(gates, reference["rnn.weight_hh_l0"], rtol=1e-11)


@pytest.mark.parametrize(
    ("matrices", "names"),
    [
        ({"fc1": (5, 3), "fc2": (4, 5), "fc3": (2, 4)}, ["fc1+fc2+fc3", "fc1"]),
        ({"hidden": (5, 3), "out": (2, 5)}, ["hidden+out", "hidden"]),
        ({"fc1": (3, 3), "fc2": (2, 3)}, ["fc1+fc2", "fc1", "fc2"]),
        ({"fc_mean": (5, 3), "fc_log": (5, 3)}, ["fc_mean", "fc_log"]),
        ({"head__0": (3, 3), "head__1": (3,), "head__2": (2, 3)}, ["head.0", "head.2"]),  # a layer norm between
    ],
)
def test_layers_that_read_one_another_are_found_by_names_and_sizes(matrices: dict[str, Any], names: list[str]) -> None:
    assert [head.name for head in found("torch", of_torch(**matrices)).readouts] == names


def test_a_square_matrix_before_the_recurrent_part_is_no_hidden_layer_of_its_read_out() -> None:
    arrays = {"fc1.weight": (2, 2), "rnn.weight_ih_l0": (6, 2), "rnn.weight_hh_l0": (6, 2), "fc2.weight": (1, 2)}
    assert [head.name for head in found("torch", arrays).readouts] == ["fc1", "fc2"]


def test_layers_without_a_function_between_them_are_told_by_their_numbers() -> None:
    fact = found("torch", of_torch(head__0=(5, 3), head__1=(2, 5))).fact("between head.0 and head.1")
    assert fact is not None and (fact.value, fact.certainty) == ("identity", "INFERRED")


def keras(*layers: dict[str, Any]) -> core.Candidate:
    """A GRU of 3 units in a Sequential model of Keras, and what stands behind it."""
    gru = {"class_name": "GRU", "config": {"name": "gru", "units": 3, "return_sequences": True}}
    config = {"class_name": "Sequential", "config": {"name": "model", "layers": [gru, *layers]}}
    arrays = {"gru.gru_cell.kernel": (2, 9), "gru.gru_cell.recurrent_kernel": (3, 9)}
    arrays |= {"gru.gru_cell.bias": (2, 9), "dense.kernel": (3, 5), "dense_1.kernel": (5, 2)}  # type: ignore[dict-item]
    return found("keras", arrays, config)


def dense(name: str, activation: str) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, "activation": activation}}


def test_a_chain_of_keras_says_its_functions_and_what_pools_before_it() -> None:
    pool = {"class_name": "GlobalMaxPooling1D", "config": {"name": "pool"}}
    relu = {"class_name": "Activation", "config": {"name": "act", "activation": "relu"}}
    candidate = keras(pool, dense("dense", "linear"), relu, dense("dense_1", "softmax"))
    network = candidate.network(readout="dense+dense_1")
    assert network.readout_name == "max:relu>softmax"
    assert keras(dense("dense", "tanh"), dense("dense_1", "sigmoid")).network(readout="dense_1").readout_name == (
        "tanh>sigmoid"
    )
    for how, words in {
        "mean": "pooling mean was asked for, and the file says max",
        "middle": "pooling must be every, last, mean, max, got middle",
    }.items():
        with pytest.raises(ValueError, match=words):
            candidate.network(readout="dense+dense_1", pooling=how)
    with pytest.raises(ValueError, match="gelu stands between dense and dense_1, and here there is tanh"):
        keras(dense("dense", "gelu"), dense("dense_1", "softmax")).network(readout="dense+dense_1")


def test_what_stands_between_is_asked_for_and_never_guessed() -> None:
    candidate = found("torch", of_torch(fc1=(5, 3), fc2=(4, 5), fc3=(2, 4)))
    with pytest.raises(ValueError, match="the function between fc1 and fc2 is not known: weights do not tell it"):
        candidate.network(readout="fc1+fc2+fc3", **LOSS)
    with pytest.raises(ValueError, match="has 2 hidden layers, and between has 3 functions"):
        candidate.network(readout="fc3", between="relu,relu,relu", **LOSS)
    with pytest.raises(ValueError, match="fc1 is one layer, with nothing in between"):
        candidate.network(readout="fc1", between="relu", **LOSS)
    assert candidate.network(readout="fc3", between="relu,tanh", **LOSS).readout_name == "relu>tanh>identity"
    asked = Asked(between="tanh", pooling="mean", loss="cross-entropy")
    made = driven(candidate, asked=asked, steps=6)
    assert made.network.readout_name == "mean:tanh>tanh>softmax"
    assert made.batch.mask.sum() == 1, "one output for each example"
    assert "with tanh in between, over the mean of the states up to its step" in made.loss


def test_a_head_in_a_file_of_our_own_is_put_on_data(tmp_path: Path) -> None:
    experiment = core.Experiment(task="adding", hidden_size=3, timesteps=6)
    layers = [core.HeadLayer(np.eye(3), np.zeros(3), "relu"), core.HeadLayer(np.ones((1, 3)), np.zeros(1))]
    network = core.Head(layers, over_time="mean").behind(core.make_network(experiment))
    core.save_network(network, tmp_path / "network.npz")
    candidate = core.open_checkpoint(tmp_path / "network.npz").candidate()
    from core.sources.on_data import on_data

    assert on_data(candidate, experiment).network.same_as(network)


def together() -> tuple[dict[str, Any], core.Candidate]:
    """An attention over the embedding and both LSTM layers side by side, as textgenrnn has it."""
    lstm = {"kernel": (4, 12), "recurrent_kernel": (3, 12), "bias": (12,)}
    shapes = {f"rnn_1.rnn_1.{name}": shape for name, shape in lstm.items()}
    shapes |= {f"rnn_2.rnn_2.{name}": shape for name, shape in {**lstm, "kernel": (3, 12)}.items()}
    shapes |= {"embedding.embeddings": (9, 4), "attention.attention_W": (10, 1), "output.kernel": (10, 9)}
    rng = np.random.default_rng(2)
    made: dict[str, Any] = {name: rng.normal(size=shape) * 0.7 for name, shape in shapes.items()}
    order = {"rnn_1": {"follows": "embedding"}, "rnn_2": {"follows": "rnn_1"}}
    (candidate,) = candidates_in(Arrays("test", "keras", made, order))
    return made, candidate


def test_a_read_out_of_several_layers_together_is_left_out_in_a_sentence() -> None:
    _, candidate = together()
    assert candidate.gathered is not None
    said = candidate.gathered.said
    assert said == (
        "output reads 10 numbers through attention.attention_W, an attention over time: as many as 4 of "
        "embedding.embeddings, 3 of rnn_1 and 3 of rnn_2 together"
    )
    fact = candidate.fact("read-out")
    assert fact is not None and fact.source == f"{said}; readout output takes it"
    assert driven(candidate, steps=4).loss.endswith(f"The read-out in the file is left out: {fact.source}")
    with pytest.raises(ValueError, match="the loss behind output is not known; give one of"):
        driven(candidate, asked=Asked(readout="output"), steps=4)


def test_the_gradient_of_a_read_out_of_several_layers_together_is_put_into_each_of_them() -> None:
    """Against central differences of the loss, written out by Keras' definitions of a layer and by textgenrnn's."""
    arrays, candidate = together()
    steps = 6
    made = driven(candidate, asked=Asked(readout="output", loss="cross-entropy"), steps=steps, seed=3)
    trace = core.run(network=made.network, batch=made.batch)
    ids = made.batch.inputs[:, 0].argmax(axis=1)
    target = np.random.default_rng([3, *b"targets"]).integers(9, size=(steps, 1))[-1, 0]

    def loss(changed: dict[str, Any]) -> float:
        h = [changed["embedding.embeddings"][ids]]
        for part in ("rnn_1", "rnn_2"):
            a, c, states = np.zeros(3), np.zeros(3), []
            for x in h[-1]:
                weights = [changed[f"{part}.{part}.{name}"] for name in ("kernel", "recurrent_kernel", "bias")]
                i, f, g, o = np.split(x @ weights[0] + a @ weights[1] + weights[2], 4)
                i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
                c = f * c + i * np.tanh(g)
                a = o * np.tanh(c)
                states.append(a)
            h.append(np.array(states))
        side = np.concatenate(h, axis=1)
        powers = np.exp(side @ changed["attention.attention_W"][:, 0])
        o = (powers / powers.sum()) @ side @ changed["output.kernel"]
        return float(np.log(np.exp(o).sum()) - o[target])

    def slope(name: str, at: tuple[int, int]) -> float:
        sides = []
        for by in (1e-5, -1e-5):
            changed = {**arrays, name: arrays[name].copy()}
            changed[name][at] += by
            sides.append(loss(changed))
        return (sides[0] - sides[1]) / 2e-5

    gradients = trace.gradients
    used = int(ids[2])
    assert gradients["E_1"][1, used] == pytest.approx(slope("embedding.embeddings", (used, 1)), rel=1e-6)
    assert gradients["W_ga_2"][1, 2] == pytest.approx(slope("rnn_1.rnn_1.recurrent_kernel", (2, 7)), rel=1e-6)
    assert gradients["W_fx_3"][0, 1] == pytest.approx(slope("rnn_2.rnn_2.kernel", (1, 3)), rel=1e-6)
    assert trace.lags.residual < 1e-12


@pytest.mark.parametrize("name", ["rnn.weight_hh_l0", "fc.bias", "embedding.weight"])
def test_weights_that_are_no_numbers_are_told_by_file_and_name(name: str, tmp_path: Path) -> None:
    shapes = {**of_torch(fc=(2, 3)), "embedding.weight": (5, 2)}
    arrays = {one: np.ones(shape) for one, shape in shapes.items()}
    arrays[name].flat[1] = np.nan
    np.savez(tmp_path / "diverged.npz", **arrays)
    candidate = core.open_checkpoint(tmp_path / "diverged.npz").candidate()
    with pytest.raises(ValueError, match=rf"diverged\.npz: {name} of shape .* has 1 number that is NaN or infinite"):
        candidate.network(readout="fc", **LOSS)
    if name == "fc.bias":
        candidate.network()
    else:
        assert name in candidate.problems[1][0]


def test_a_read_out_of_as_many_outputs_as_another_part_has_ids_is_that_parts(tmp_path: Path) -> None:
    """As in an encoder and a decoder of as many units, which read letters and make phonemes."""
    shapes = {"w_ih": (9, 4), "w_hh": (9, 3), "b_ih": (9,), "b_hh": (9,)}
    arrays = {f"{part}_{key}": np.ones(shape) for part in ("enc", "dec") for key, shape in shapes.items()}
    arrays |= {"enc_emb": np.ones((6, 4)), "dec_emb": np.ones((5, 4)), "fc_w": np.ones((5, 3)), "fc_b": np.ones(5)}
    np.savez(tmp_path / "pair.npz", **arrays)  # type: ignore[arg-type]
    encoder, decoder = core.open_checkpoint(tmp_path / "pair.npz").candidates
    assert [head.name for head in decoder.readouts] == ["fc"] and encoder.readouts == ()
    fact = encoder.fact("read-out")
    assert (
        fact is not None and "fc reads dec, whose table dec_emb has 5 ids, as many as there are outputs" in fact.source
    )
