"""`rnn-tui inspect FILE` and `rnn-tui report FILE`: true of the file, and what the file does not say is said."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core
from core.sources.arrays import Arrays
from core.sources.checkpoint import candidates_in
from core.sources.driving import Asked, driven
from tui import cli
from tui.report.checkpoint_document import checkpoint_document
from tui.report.formats import Bundle, contents, format_named
from tui.report.formats.text import document_text
from tui.report.words.checkpoint import what_next

FILES = Path(__file__).parents[1] / "core" / "files"


def printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    assert cli.main(arguments) == 0
    captured = capsys.readouterr()
    return captured.out, captured.err


def recorded(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    out, err = printed([*arguments, "--json"], capsys)
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    return found


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and captured.err.startswith("rnn-tui: ")
    return captured.err.removeprefix("rnn-tui: ").rstrip("\n")


def test_inspect_says_of_every_part_what_is_known_and_how(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(["inspect", str(FILES / "embedded.pt")], capsys)
    assert err == ""
    lines = " ".join(out.split())
    for words in (
        "1 recurrent part: rnn",
        "rnn: GRU, 5 inputs, 3 units",
        "cell gru · INFERRED from rnn.weight_hh_l0 of shape (9, 3)",
        "inputs 5 · CONFIRMED by rnn.weight_ih_l0",
        "embedding 11 ids · INFERRED from embedding.weight of shape (11, 5)",
        "read-out fc (4 outputs) · INFERRED",
        "loss UNKNOWN: weights do not tell it",
        f"Next: rnn-tui report {FILES / 'embedded.pt'}",
    ):
        assert words in lines
    assert len(max(out.splitlines(), key=len)) <= 80 or str(FILES) in max(out.splitlines(), key=len)


def test_the_record_of_inspect_has_every_fact_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    path = FILES / "bidirectional.pt"
    found = recorded(["inspect", str(path)], capsys)
    checkpoint = core.open_checkpoint(path)
    assert (found["format"], found["file"], found["sha256"]) == (1, str(path), checkpoint.sha256)
    (part,) = found["parts"]
    sizes = {key: part[key] for key in ("cell", "layers", "directions", "input_size", "hidden_size")}
    assert sizes == {"cell": "gru", "layers": 2, "directions": 2, "input_size": 2, "hidden_size": 3}
    assert part["readouts"] == [
        {
            "name": "fc",
            "arrays": ["fc.weight", "fc.bias"],
            "outputs": 4,
            "g": None,
            "hidden": [],
            "reads": 6,
            "together": None,
        }
    ]
    facts = {fact["name"]: fact for fact in part["facts"]}
    assert {fact["certainty"] for fact in part["facts"]} == {"CONFIRMED", "INFERRED", "UNKNOWN"}
    assert facts["loss"]["value"] is None
    assert all(fact["source"] for fact in part["facts"])
    documented = (Path(__file__).parents[2] / "docs" / "inspect-json.md").read_text(encoding="utf-8")
    assert {*found, *part, *part["facts"][0], *part["readouts"][0]} <= set(documented.replace("`", " ").split())


def test_every_read_out_that_can_be_asked_for_is_in_the_record_that_of_several_layers_too() -> None:
    lstm = {"kernel": (4, 12), "recurrent_kernel": (3, 12), "bias": (12,)}
    shapes = {f"rnn_1.rnn_1.{name}": shape for name, shape in lstm.items()}
    shapes |= {f"rnn_2.rnn_2.{name}": shape for name, shape in {**lstm, "kernel": (3, 12)}.items()}
    shapes |= {"embedding.embeddings": (9, 4), "attention.attention_W": (10, 1), "output.kernel": (10, 9)}
    order = {"rnn_1": {"follows": "embedding"}, "rnn_2": {"follows": "rnn_1"}}
    made = {name: np.ones(shape) for name, shape in shapes.items()}
    checkpoint = core.Checkpoint("a.h5", "0", "test", tuple(candidates_in(Arrays("test", "keras", made, order))))
    (part,) = checkpoint_document(checkpoint).record["parts"]
    (head,) = part["readouts"]
    assert (head["name"], head["reads"], head["outputs"]) == ("output", 10, 9)
    assert head["together"]["attention"] == "attention.attention_W"
    assert [one["numbers"] for one in head["together"]["parts"]] == [4, 3, 3]
    driven(checkpoint.candidate(), asked=Asked(readout=head["name"], loss="cross-entropy"), steps=4)


def test_the_command_to_go_on_with_is_one_for_a_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes = {"weight_ih": (9, 2), "weight_hh": (9, 3)}
    arrays = {f"{part}.{name}": np.ones(shape) for part in ("in put", "out") for name, shape in shapes.items()}
    path = tmp_path / "my file.npz"
    np.savez(path, **arrays)
    program, *command = shlex.split(what_next(core.open_checkpoint(path)))
    assert (program, command) == ("rnn-tui", ["report", str(path), "--part", "in put"])
    assert recorded([*command, "--timesteps", "5"], capsys)["given"]["network"].startswith("in put, one of 2")


def test_a_file_of_our_own_is_inspected_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    core.save_network(core.make_network(core.Experiment(cell="lstm", hidden_size=4)), tmp_path / "own.npz")
    (part,) = recorded(["inspect", str(tmp_path / "own.npz")], capsys)["parts"]
    assert (part["cell"], part["hidden_size"], part["layers"], part["asks_for"]) == ("lstm", 4, 1, [])
    assert "network: LSTM, 1 input, 4 units" in printed(["inspect", str(tmp_path / "own.npz")], capsys)[0]


def test_what_has_to_be_asked_for_is_in_the_command_to_go_on_with() -> None:
    text = " ".join(document_text(checkpoint_document(core.open_checkpoint(FILES / "rnn_weights.pt"))).split())
    assert "--activation …" in text
    text = " ".join(document_text(checkpoint_document(core.open_checkpoint(FILES / "bidirectional.pt"))).split())
    assert text.endswith("bidirectional.pt"), "layers in both directions are one network"
    text = " ".join(document_text(checkpoint_document(core.open_checkpoint(FILES / "stack3.pt"))).split())
    assert text.endswith("stack3.pt")


def test_what_no_cell_here_has_is_said_with_the_facts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arrays = {"lstm.kernel": np.ones((2, 12)), "lstm.recurrent_kernel": np.ones((3, 12)), "lstm.bias": np.ones(12)}
    path = tmp_path / "peepholes.npz"
    np.savez(path, **arrays, **{"lstm.input_gate_peephole_weights": np.ones(3)})
    text = " ".join(printed(["inspect", str(path)], capsys)[0].split())
    assert "not read" in text and "has peepholes" in text
    assert "has peepholes" in refused(["report", str(path)], capsys)


@pytest.mark.parametrize(
    ("file", "title", "words"),
    [
        ("bidirectional.keras", "bidirectional LSTM", "at the state of the middle step"),
        ("bidirectional.pt", "2-layer bidirectional GRU", "both layers, both directions"),
        ("rnn2.h5", "2-layer vanilla RNN", "both layers"),
        ("projected.pt", "LSTM with projection", "a probe instead"),
        ("gru_before.h5", "GRU, reset before", "a probe instead"),
        ("keras2_hard_sigmoid.h5", "LSTM, hard gates of Keras 2", "a probe instead"),
        ("hard_gru.keras", "GRU, hard gates", "a probe instead"),
    ],
)
def test_a_report_says_which_network_it_is_of(
    file: str, title: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = " ".join(printed(["report", str(FILES / file), "--timesteps", "9"], capsys)[0].split())
    assert out.startswith(f"{title} · ") and words in out
    assert recorded(["report", str(FILES / file), "--timesteps", "9"], capsys)["residual"] < 1e-13


def test_a_report_on_a_file_is_the_trace_of_its_network_and_says_what_drives_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = FILES / "stack3.pt"
    found = recorded(["report", str(path), "--timesteps", "20", "--seed", "4"], capsys)
    checkpoint = core.open_checkpoint(path)
    own = driven(checkpoint.candidate(), steps=20, examples=1, seed=4)
    trace = core.run(network=own.network, batch=own.batch)
    assert found["residual"] == trace.lags.residual and found["loss"] == trace.tape.loss
    for name, told in found["parameters"].items():
        assert told["gradient"]["log2"] == trace.gradients.log2_norm(name)
    assert found["origin"]["file"] == str(path) and found["origin"]["sha256"] == checkpoint.sha256
    assert found["experiment"] is None
    assert found["network"]["cell"] == "lstm+lstm+lstm" and found["batch"]["steps"] == 20
    assert found["batch"]["label"] == "stack3.pt rnn"
    assert found["given"] == {
        "network": f"rnn, all 3 layers, from {path} (PyTorch zip)",
        "inferred": (
            "cell lstm, from rnn.weight_hh_l0 of shape (12, 3); activation tanh, from what an LSTM has in PyTorch and "
            "Flax; gates sigmoid, from what an LSTM has in PyTorch and Flax"
        ),
        "inputs": "not in the file; noise of mean 0 and variance 1 instead",
        "loss": "not in the file; a probe instead: a gradient of norm 1, the same for every unit, at the last state",
    }
    out, _ = printed(["report", str(path), "--timesteps", "20"], capsys)
    assert "stack3.pt rnn, 20 steps, no loss but a probe, norm 1 at the last state" in " ".join(out.split())
    assert "sunspots" not in out
    assert "Inputs: not in the file; noise" in " ".join(out.split())
    found = recorded(["report", str(path), "--timesteps", "20", "--layer", "3"], capsys)
    own = driven(checkpoint.candidate(), asked=Asked(layer=3), steps=20, seed=core.Experiment().seed)
    assert found["network"]["cell"] == "lstm" and found["given"]["network"].startswith("rnn, layer 3 of 3, ")
    assert found["residual"] == core.run(network=own.network, batch=own.batch).lags.residual
    assert found["given"]["inputs"].endswith("through layers 1 … 2 below it")


def test_options_answer_what_the_file_does_not_say(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(FILES / "rnn_weights.pt")
    assert "the activation of rnn is not known" in refused(["report", path], capsys)
    found = recorded(["report", path, "--activation", "relu", "--timesteps", "9"], capsys)
    assert found["network"]["activation"] == "relu"
    path = str(FILES / "bidirectional.pt")
    found = recorded(["report", path, "--layer", "1", "--direction", "backward", "--timesteps", "9"], capsys)
    assert "layer 1 of 2, its backward direction" in found["given"]["network"]
    found = recorded(["report", str(FILES / "gru.weights.h5"), "--gates", "hard-sigmoid", "--timesteps", "9"], capsys)
    assert found["network"]["cell"] == "gru-hard"
    assert "--layer" not in refused(["report", path, "--layer", "9"], capsys)
    assert "a whole number" in refused(["report", path, "--layer", "up"], capsys)
    assert "no recurrent part 'x'; there is rnn" in refused(["report", path, "--part", "x"], capsys)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("lstm.ckpt", "that of every gate's σ is 0.25."),
        ("hard_gru.keras", "that of every gate's σ is 0.167."),
        ("keras2_hard_gru_before.h5", "that of every gate's σ is 0.2."),
        ("projected.pt", "no recurrent matrix of the LSTM with projection is square"),
    ],
)
def test_what_is_said_of_the_matrices_and_gates_is_of_this_cell(
    file: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in " ".join(printed(["report", str(FILES / file), "--timesteps", "9"], capsys)[0].split())


def test_a_task_whose_inputs_fit_drives_it_and_one_whose_do_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(FILES / "lstm.ckpt")
    found = recorded(["report", path, "--task", "adding", "--timesteps", "9"], capsys)
    assert found["given"]["inputs"] == "those of the task adding"
    said = refused(["report", path, "--task", "sunspots"], capsys)
    assert "reads 2 inputs, and sunspots has 1" in said


def test_settings_without_an_effect_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(["report", str(FILES / "lstm.ckpt"), "--timesteps", "5", "--gain", "2"], capsys)
    assert out and err == "rnn-tui: --gain has no effect on a network from a file\n"
    out, err = printed(["report", "--timesteps", "5", "--part", "rnn"], capsys)
    assert out and err == "rnn-tui: --part has no effect without a FILE\n"


def test_a_file_that_is_no_network_ends_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No such file" in refused(["inspect", str(tmp_path / "missing.pt")], capsys)
    assert "missing.pt is no file; give the path of a network" in refused(
        ["report", str(tmp_path / "missing.pt")], capsys
    )
    (tmp_path / "data.csv").write_text("year,spots\n1700,5\n")
    assert "it is text, no network" in refused(["inspect", str(tmp_path / "data.csv")], capsys)
    for command in ("inspect", "report"):
        assert "it is a folder" in refused([command, str(tmp_path)], capsys)


def test_inspect_without_a_file_says_what_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no file was named" in refused(["inspect"], capsys)


@pytest.mark.parametrize("task", ["sunspots", "temporal-order"])
def test_every_array_of_a_trace_comes_back_as_the_same_trace(
    task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = core.run(core.Experiment(task=task, cell="gru", hidden_size=4, timesteps=12, batch_size=2))
    path = tmp_path / "trace.npz"
    path.write_bytes(contents(format_named("npz"), Bundle(trace)))
    again = driven(core.open_checkpoint(path).candidate())
    assert again.network.same_as(trace.network)
    found = core.run(network=again.network, batch=again.batch)
    assert found.tape.loss == trace.tape.loss
    for name, log2 in trace.lags.log2_norm.items():
        np.testing.assert_array_equal(found.lags.log2_norm[name], log2)
    assert recorded(["report", str(path)], capsys)["loss"] == trace.tape.loss
    _, err = printed(["report", str(path), "--timesteps", "9"], capsys)
    assert err == "rnn-tui: --timesteps has no effect: the file has the whole network, and its data\n"
