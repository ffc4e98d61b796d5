"""Networks from the files of other libraries: what each library computed with its own file stands beside it.

Two routes: the file, read here, and run forward and back by our own equations; and the library, which wrote its
outputs, and by automatic differentiation through a copy of its own cell for each step the norm of what each step adds
to each gradient. `tests/core/files/make_*.py` made the files and the references.
"""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

import core
from core import Batch, Candidate, Network
from core.numerics.scaled import Floats
from core.sources.driving import states_of

FILES = Path(__file__).parent / "files"
ROLES = ("input", "recurrent", "bias", "recurrent_bias")
LAYERS = {
    **dict.fromkeys(("lstm.ckpt", "gru_legacy.pt", "rnn_module.pt", "rnn_module_legacy.pt", "rnn_weights.pt"), 1),
    **dict.fromkeys(("lstm_script.pt", "embedded.pt", "no_bias.pt", "lstm.npz", "weight_norm.pt"), 1),
    **dict.fromkeys(("weight_norm_old.pt", "float32.pt", "half.safetensors", "bfloat16.safetensors", "bfloat16.pt"), 1),
    "stack3.pt": 3,
    "bidirectional.pt": 2,
    **dict.fromkeys(("projected.pt", "gru_before.h5", "hard_lstm.keras", "hard_gru.keras", "hard_gru_before.keras"), 1),
    **dict.fromkeys(("keras2_hard.h5", "keras2_hard_sigmoid.h5", "keras2_hard_gru.h5", "keras2_hard_gru_before.h5"), 1),
    "lstm.keras": 1,
    "gru.weights.h5": 1,
    "rnn2.h5": 2,
    **dict.fromkeys(("bidirectional.keras", "embedded.keras", "keras2_gru.h5", "cudnn_lstm.h5", "cudnn_gru.h5"), 1),
    "lstm.onnx": 1,
    "gru2.onnx": 2,
    "rnn_relu.onnx": 1,
    "external.onnx": 1,
    "folded.onnx": 1,
    **dict.fromkeys(("lstm.msgpack", "gru.msgpack", "rnn.msgpack", "bfloat16.msgpack"), 1),
    **dict.fromkeys(("nnx_lstm.msgpack", "nnx_gru.msgpack"), 1),
}
"""File → how many layers it has"""
ONE_WEIGHT = (
    *("gru.weights.h5", "embedded.keras", "keras2_gru.h5", "cudnn_gru.h5", "hard_gru.keras", "keras2_hard_gru.h5"),
)
"""Files of a GRU with two biases that stand in one weight"""
CELLS = {
    "projected.pt": "lstm-projected",
    "gru_before.h5": "gru-before",
    "hard_lstm.keras": "lstm-hard",
    "hard_gru.keras": "gru-hard",
    "hard_gru_before.keras": "gru-before-hard",
    "keras2_hard.h5": "lstm-hard-keras2",
    "keras2_hard_sigmoid.h5": "lstm-hard-keras2",
    "keras2_hard_gru.h5": "gru-hard-keras2",
    "keras2_hard_gru_before.h5": "gru-before-hard-keras2",
    "stack3.pt": "lstm+lstm+lstm",
    "rnn2.h5": "rnn+rnn",
    "bidirectional.keras": "lstm&lstm",
    "embedded.pt": "gru",
}
"""File → the cell of the whole network"""
UNKNOWN = {"rnn_weights.pt": "relu", "rnn.msgpack": "tanh", "bfloat16.msgpack": "tanh"}
"""File of a plain RNN that does not say φ → φ"""


def reference(name: str) -> dict[str, Floats]:
    with np.load(FILES / f"{name}.reference.npz") as archive:
        return {key: archive[key] for key in archive}


def only(name: str) -> Candidate:
    (candidate,) = core.open_checkpoint(FILES / name).candidates
    return candidate


def directions(name: str, layer: int) -> list[str]:
    return ["", "_reverse"] if f"layer{layer}_reverse_states" in reference(name) else [""]


PARTS = [
    (name, layer, way) for name, count in LAYERS.items() for layer in range(count) for way in directions(name, layer)
]


def network(name: str, layer: int, way: str) -> Network:
    direction = ("backward" if way else "forward") if len(directions(name, layer)) > 1 else None
    return only(name).network(layer=layer + 1, direction=direction, activation=UNKNOWN.get(name))


@pytest.mark.parametrize(("name", "layer", "way"), PARTS)
def test_a_layer_computes_what_its_library_computes(name: str, layer: int, way: str) -> None:
    """To rounding of float64: files of 16 and 32 bits were widened on the other side too."""
    told = reference(name)
    states = states_of(network(name, layer, way), told[f"layer{layer}{way}_inputs"])
    np.testing.assert_allclose(states, told[f"layer{layer}{way}_states"], rtol=0, atol=1e-13)


def of_role(network: Network, role: str) -> list[str]:
    """Our parameters that stand in one of PyTorch's: b_n with the input's biases, b_na with the recurrent ones."""
    uses = network.cell.uses()
    if role in ("input", "recurrent"):
        return [name for name, use in uses.items() if use.role == role and name != "W_am"]
    left_out = {"bias": "b_na", "recurrent_bias": "b_n"}[role]
    return [name for name, use in uses.items() if use.role == "bias" and name != left_out]


@pytest.mark.parametrize(("name", "layer", "way"), PARTS)
def test_gradients_by_lag_are_those_of_the_librarys_automatic_differentiation(name: str, layer: int, way: str) -> None:
    told, found = reference(name), network(name, layer, way)
    key = f"layer{layer}{way}_"
    gradients = np.zeros_like(told[f"{key}states"])
    gradients[-1] = told[f"{key}probe"]
    trace = core.run(network=found, batch=Batch.injecting(told[f"{key}inputs"], gradients))
    roles = [role for role in ROLES if f"{key}{role}" in told]
    assert roles or name.startswith("nnx")
    for role in roles:
        assert told[f"{key}{role}"].any(), "a gradient that is not nothing"
        if role == "bias" and name in ONE_WEIGHT:
            names = [*of_role(found, "bias"), *of_role(found, "recurrent_bias")]  # Keras' two rows are one weight
        else:
            names = of_role(found, role)
        squares = sum(np.exp2(2.0 * trace.lags.log2_norm[one][-1]) for one in names)
        np.testing.assert_allclose(np.sqrt(squares), told[f"{key}{role}"], rtol=1e-10, atol=1e-15, err_msg=role)


@pytest.mark.parametrize("name", CELLS)
def test_a_network_is_all_layers_and_directions_of_its_file(name: str) -> None:
    candidate = only(name)
    assert candidate.whole and candidate.network().cell_name == CELLS[name]


ROLE_OF = {"weight_ih": "input", "weight_hh": "recurrent", "bias_ih": "bias", "bias_hh": "recurrent_bias"}


@pytest.mark.parametrize("name", ["stack3.pt", "projected.pt", "embedded.pt"])
def test_a_whole_network_is_that_of_its_library_forward_and_by_lag(name: str) -> None:
    """The library's own stack, projection and table of embeddings, a copy of every weight for each step."""
    with np.load(FILES / f"{name}.whole.reference.npz") as archive:
        told = {key: archive[key] for key in archive}
    candidate, found = only(name), only(name).network()
    table = None if candidate.embedding is None else core.Embedding(candidate.embedding.array)
    inputs = told["inputs"] if table is None else table.inputs(told["inputs"])
    gradients = np.zeros_like(told["states"])
    gradients[-1] = told["probe"]
    trace = core.run(network=found, batch=Batch.injecting(inputs, gradients))
    shown = found.by_part(trace.tape.states[1:])[found.read_out.name]
    np.testing.assert_allclose(shown, told["states"], rtol=0, atol=1e-13)
    names = [key for key in told if key.startswith("rnn.")]
    assert len(names) == {"stack3.pt": 12, "projected.pt": 5, "embedded.pt": 4}[name]
    for key in names:
        what, layer = key.removeprefix("rnn.").rsplit("_l", 1)
        ours = ["W_am"] if what == "weight_hr" else of_role(found, ROLE_OF[what])
        end = f"_{int(layer) + 1}"
        ours = [one for one in ours if candidate.layers == 1 or one.endswith(end)]
        assert ours and told[key].any()
        squares = sum(np.exp2(2.0 * trace.lags.log2_norm[one][-1]) for one in ours)
        np.testing.assert_allclose(np.sqrt(squares), told[key], rtol=1e-10, atol=1e-15, err_msg=key)
    if table is not None:
        by_lag = np.exp2(table.log2_norm(told["inputs"], trace.tape)[-1])
        np.testing.assert_allclose(by_lag, told["embedding.weight"], rtol=1e-10, atol=1e-15)


def test_two_directions_as_one_network_are_those_of_keras_forward_and_by_lag() -> None:
    """The loss at the last state of either direction: a_fwd⟨T⟩ and a_bwd⟨1⟩."""
    name, found = "bidirectional.keras", only("bidirectional.keras").network()
    told = reference(name)
    forward, backward = told["layer0_states"], told["layer0_reverse_states"][::-1]
    width = forward.shape[2]
    gradients = np.zeros((*forward.shape[:2], 2 * width))
    gradients[-1, :, :width], gradients[0, :, width:] = told["layer0_probe"], told["layer0_reverse_probe"]
    trace = core.run(network=found, batch=Batch.injecting(told["input"], gradients))
    shown = found.by_part(trace.tape.states[1:])["a"]
    np.testing.assert_allclose(shown, np.concatenate([forward, backward], axis=2), rtol=0, atol=1e-13)
    uses = found.cell.uses()
    for way, row, key in (("fwd", -1, "layer0_"), ("bwd", 0, "layer0_reverse_")):
        for role in ("input", "recurrent", "bias"):
            ours = [one for one, use in uses.items() if one.endswith(way) and use.role == role]
            squares = sum(np.exp2(2.0 * trace.lags.log2_norm[one][row]) for one in ours)
            np.testing.assert_allclose(np.sqrt(squares), told[f"{key}{role}"], rtol=1e-10, atol=1e-15)


def test_both_hard_sigmoids_are_told_apart_by_the_version_that_wrote_the_file() -> None:
    assert said("hard_lstm.keras", "gates") == ("hard-sigmoid", "CONFIRMED")
    assert said("keras2_hard.h5", "gates") == ("hard-sigmoid-keras2", "CONFIRMED")
    fact = only("keras2_hard.h5").fact("gates")
    assert fact is not None and "0.2 x + 0.5 in Keras 2.2.4" in fact.source
    with pytest.raises(ValueError, match="gates hard-sigmoid was asked for, and the file says hard-sigmoid-keras2"):
        only("keras2_hard.h5").network(gates="hard-sigmoid")
    assert only("gru.weights.h5").network(gates="hard-sigmoid").cell_name == "gru-hard", "the file says nothing"


@pytest.mark.parametrize("name", [name for name, cell in CELLS.items() if "hard" in cell])
def test_the_stored_sequences_take_gates_beyond_the_edge_where_they_are_0_or_1(name: str) -> None:
    found, told = network(name, 0, ""), reference(name)
    gradients = np.zeros_like(told["layer0_states"])
    tape = core.forward(found, Batch.injecting(told["layer0_inputs"], gradients))
    edge = 2.5 if found.cell_name.endswith("keras2") else 3.0
    gates = [values for gate, values in found.by_preactivation(tape.preactivations).items() if gate in "ifozr"]
    beyond = np.abs(np.concatenate(gates, axis=-1)) > edge
    assert 0.02 < beyond.mean() < 0.9


@pytest.mark.parametrize("name", CELLS)
def test_a_whole_network_that_was_saved_comes_back_the_same(name: str, tmp_path: Path) -> None:
    network = only(name).network()
    core.save_network(network, tmp_path / "network.npz")
    assert core.open_checkpoint(tmp_path / "network.npz").candidate().network().same_as(network)


@pytest.mark.parametrize("name", LAYERS)
def test_a_candidate_has_the_layers_directions_and_sizes_of_its_file(name: str) -> None:
    told, candidate = reference(name), only(name)
    assert candidate.layers == LAYERS[name]
    assert candidate.directions == len(directions(name, 0))
    assert candidate.input_size == told["layer0_inputs"].shape[2]
    assert candidate.stack[-1][0].output_size == told["layer0_states"].shape[2]
    assert candidate.hidden_size == 3


def said(name: str, fact: str) -> tuple[str, str]:
    found = only(name).fact(fact)
    assert found is not None
    return found.value, found.certainty


def test_what_stands_in_the_file_is_confirmed_what_shapes_tell_is_inferred_and_the_rest_is_asked_for() -> None:
    assert said("rnn_module.pt", "activation") == ("relu", "CONFIRMED")
    assert said("rnn_module_legacy.pt", "activation") == ("relu", "CONFIRMED")
    assert said("rnn_relu.onnx", "activation") == ("relu", "CONFIRMED")
    assert said("rnn2.h5", "activation") == ("relu", "CONFIRMED")
    assert said("rnn_weights.pt", "activation") == ("", "UNKNOWN")
    assert said("lstm.ckpt", "cell") == ("lstm", "INFERRED")
    assert said("lstm_script.pt", "cell") == ("lstm", "CONFIRMED")
    assert said("lstm.keras", "gates") == ("sigmoid", "CONFIRMED")
    assert said("gru.weights.h5", "gates") == ("sigmoid", "INFERRED")
    assert said("rnn2.h5", "layers") == ("2", "CONFIRMED")
    assert said("gru.weights.h5", "reset") == ("after the matrix", "CONFIRMED")
    assert said("gru_before.h5", "reset") == ("before the matrix", "CONFIRMED")
    assert said("lstm.keras", "g") == ("softmax", "CONFIRMED")
    assert said("lstm.ckpt", "loss") == ("", "UNKNOWN")
    with pytest.raises(ValueError, match="the activation of rnn is not known"):
        only("rnn_weights.pt").network()


def test_an_embedding_before_and_a_read_out_behind_are_found_by_name_and_shape() -> None:
    for name, array in (("embedded.pt", "embedding.weight"), ("embedded.keras", "layers.embedding.vars.0")):
        candidate = only(name)
        assert candidate.embedding is not None
        assert (candidate.embedding.name, candidate.embedding.ids) == (array, 11)
        assert said(name, "embedding") == ("11 ids", "INFERRED")
    assert [(head.name, head.outputs) for head in only("lstm.ckpt").readouts] == [("fc", 4)]
    assert [(head.name, head.outputs) for head in only("bidirectional.pt").readouts] == [("fc", 4)]
    assert only("cudnn_lstm.h5").readouts == ()


def test_a_network_with_its_read_out_gives_the_librarys_outputs() -> None:
    for name in ("lstm.onnx", "lstm.npz"):
        found = only(name).network(readout="fc", loss="cross-entropy")
        assert (found.readout_name, found.output_size) == ("softmax", 4)
    found = only("lstm.keras").network(readout="dense")
    assert found.readout_name == "softmax", "the file says so"
    told = reference("lstm.msgpack")
    flax = only("lstm.msgpack").network(readout=only("lstm.msgpack").readouts[0].name, loss="squared-error")
    outputs = states_of(flax, told["layer0_inputs"]) @ flax.parameters["W_y"].T + flax.parameters["b_y"]
    np.testing.assert_allclose(outputs, told["output"], rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "how", "words"),
    [
        (
            "bidirectional.pt",
            {"direction": "backward"},
            "one of which runs backward only, .*; choose one of its layers",
        ),
        ("lstm.ckpt", {"gates": "tanh"}, "gates 'tanh' was asked for, and the cells here have sigmoid, hard-sigmoid"),
        ("stack3.pt", {"layer": 4}, "layer 4 was asked for, and rnn has layers 1 … 3"),
        ("lstm.ckpt", {"direction": "backward"}, "rnn does not run backward"),
        ("lstm.ckpt", {"direction": "up"}, "direction must be forward or backward, got up"),
        ("rnn_module.pt", {"activation": "tanh"}, "activation tanh was asked for, and the file says relu"),
        ("rnn_weights.pt", {"activation": "gelu"}, "unknown activation 'gelu'"),
        (
            "lstm.ckpt",
            {"readout": "head", "loss": "squared-error"},
            "no read-out 'head' fits behind .* there is fc",
        ),
        (
            "lstm.ckpt",
            {"readout": "fc"},
            "the loss behind .* is not known; give one of squared-error",
        ),
        ("lstm.ckpt", {"loss": "squared-error"}, "without a read-out"),
        ("lstm.ckpt", {"readout": "fc", "loss": "hinge"}, "unknown loss 'hinge'"),
        ("stack3.pt", {"layer": 1, "readout": "fc", "loss": "squared-error"}, "layer 1 has no read-out behind it"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(name: str, how: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        only(name).network(**how)


def test_a_network_that_an_exporter_dissolved_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="export with dynamo=False"):
        core.open_checkpoint(FILES / "dissolved.onnx")


def test_peepholes_are_refused(tmp_path: Path) -> None:
    arrays = {"cell.kernel": np.ones((2, 12)), "cell.recurrent_kernel": np.ones((3, 12)), "cell.bias": np.ones(12)}
    np.savez(tmp_path / "peepholes.npz", **arrays, **{"cell.input_gate_peephole_weights": np.ones(3)})
    (candidate,) = core.open_checkpoint(tmp_path / "peepholes.npz").candidates
    with pytest.raises(ValueError, match="has peepholes"):
        candidate.network()


def test_what_an_optimizer_keeps_is_no_network() -> None:
    """lstm.ckpt has Adam's averages of every parameter, with its shape."""
    assert [one.name for one in core.open_checkpoint(FILES / "lstm.ckpt").candidates] == ["rnn"]


def test_names_given_by_hand_are_a_guess(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shapes = {"w_ih": (9, 4), "w_hh": (9, 3), "b_ih": (9,), "b_hh": (9,), "emb": (20, 4)}
    arrays = {f"{part}_{key}": rng.normal(size=shape) for part in ("enc", "dec") for key, shape in shapes.items()}
    np.savez(tmp_path / "by_hand.npz", **arrays, fc_w=np.ones((5, 3)), fc_b=np.ones(5))
    checkpoint = core.open_checkpoint(tmp_path / "by_hand.npz")
    assert [(one.name, one.cell) for one in checkpoint.candidates] == [("enc", "gru"), ("dec", "gru")]
    for candidate in checkpoint.candidates:
        cell = candidate.fact("cell")
        assert cell is not None and cell.certainty == "INFERRED" and f"{candidate.name}_w_ih" in cell.source
        assert candidate.embedding is not None and candidate.embedding.name == f"{candidate.name}_emb"
        assert [head.name for head in candidate.readouts] == ["fc"]
    with pytest.raises(ValueError, match="has no recurrent part 'both'; there is enc, dec"):
        checkpoint.candidate("both")


def test_a_checkpoint_leaves_the_process() -> None:
    checkpoint = core.open_checkpoint(FILES / "gru2.onnx")
    for again in (pickle.loads(pickle.dumps(checkpoint)), copy.deepcopy(checkpoint)):
        one, other = (each.candidates[0].network(layer=1, direction="forward") for each in (again, checkpoint))
        assert one.same_as(other)
        assert again.sha256 == checkpoint.sha256


def test_levels_that_only_hold_the_network_are_left_out(tmp_path: Path) -> None:
    shapes = {"rnn.weight_ih_l0": (3, 2), "rnn.weight_hh_l0": (3, 3), "fc.weight": (1, 3)}
    for before in ("", "model.", "state_dict.module.", "params."):
        np.savez(tmp_path / "net.npz", **{f"{before}{name}": np.ones(shape) for name, shape in shapes.items()})
        (candidate,) = core.open_checkpoint(tmp_path / "net.npz").candidates
        assert (candidate.name, [head.name for head in candidate.readouts]) == ("rnn", ["fc"])
    np.savez(tmp_path / "net.npz", **{f"rnn.{name[4:]}": np.ones(shape) for name, shape in list(shapes.items())[:2]})
    assert core.open_checkpoint(tmp_path / "net.npz").candidate().name == "rnn", "a name of its own stays"


def test_a_table_of_embeddings_is_not_before_a_layer_that_reads_another(tmp_path: Path) -> None:
    """embedded.keras says that gru reads embedding; the second stack of a file reads what is below it."""
    assert only("embedded.keras").embedding is not None
    above = core.open_checkpoint(FILES / "rnn2.h5").candidate()
    assert above.embedding is None and above.layers == 2
