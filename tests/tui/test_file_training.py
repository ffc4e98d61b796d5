"""`report`, `train` and `compare FILE` on data, and `train --save-network`: from the file, and back into one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_checkpoint_cli import FILES, printed, recorded, refused

import core
from core.sources.driving import Asked
from core.sources.on_data import on_data
from tui import cli
from tui.explorer.session.setup import setup_of

SHORT = ("--timesteps", "8", "--training-steps", "6")


@pytest.fixture
def winds(tmp_path: Path) -> str:
    rng = np.random.default_rng(3)
    rows = [f"{a:.3f},{b:.3f},{'NSEW'[i % 4]}" for i, (a, b) in enumerate(rng.normal(size=(90, 2)))]
    (tmp_path / "winds.csv").write_text("\n".join(["a,b,wind", *rows]))
    return str(tmp_path / "winds.csv")


def test_a_network_of_a_file_is_trained_on_a_table_from_its_own_weights(
    winds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = FILES / "lstm.ckpt"
    given = [str(path), "--data", winds, "--targets", "wind", *SHORT]
    found = recorded(["train", *given], capsys)
    settings = core.Experiment(task="table", data=winds, targets="wind", timesteps=8, training_steps=6)
    on = on_data(core.open_checkpoint(path).candidate(), settings)
    steps = list(core.train(on.experiment, start=core.begin(on.experiment, on.network)))
    assert found["loss"] == [step.metrics.loss for step in steps]
    assert found["held_back"]["every_step"][0] == pytest.approx(steps[0].held_back.value)  # type: ignore[union-attr]
    assert found["experiment"] == on.experiment.model_dump() and found["metric_name"] == "cross-entropy"
    assert found["data"]["label"] == "winds.csv: wind" and len(found["data"]["sha256"]) == 64
    assert found["network"]["cell"] == "lstm" and found["network"]["output_size"] == 4
    assert found["origin"]["file"] == str(path)
    assert found["origin"]["sha256"] == core.open_checkpoint(path).sha256
    assert "read-out fc from the file" in found["given"]["loss"] and found["data"]["sha256"] in found["given"]["inputs"]
    assert found["before"]["metric"] == core.metrics(core.run(on.experiment, network=on.network).tape).value
    out = " ".join(printed(["train", *given], capsys)[0].split())
    assert out.startswith("LSTM · tanh · 3 units · lstm.ckpt rnn on winds.csv: wind, 8 steps 6 updates by adam")
    assert "Network: rnn, from" in out and "Data: Predicts wind" in out and "sunspots" not in out
    documented = (Path(__file__).parents[2] / "docs" / "training-json.md").read_text(encoding="utf-8")
    assert set(found) <= set(documented.replace("`", " ").replace(",", " ").split())


def test_a_drawn_network_is_none_that_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    found = recorded(["train", *SHORT], capsys)
    assert (found["given"], found["network"], found["origin"]) == (None, None, None)


def test_a_report_on_data_has_the_loss_of_the_files_own_read_out(
    winds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, given = FILES / "lstm.keras", ["--data", winds, "--targets", "wind", "--window", "8"]
    found = recorded(["report", str(path), *given], capsys)
    settings = core.Experiment(task="table", data=winds, targets="wind", timesteps=8)
    on = on_data(core.open_checkpoint(path).candidate(), settings)
    trace = core.run(network=on.network, batch=core.make_batch(on.experiment))
    assert found["loss"] == trace.tape.loss and found["network"]["readout"] == "softmax"
    assert found["given"]["loss"] == "cross-entropy of the read-out dense, both from the file"
    assert found["batch"]["label"] == "lstm.keras memory on winds.csv: wind"
    for name, told in found["parameters"].items():
        assert told["gradient"]["log2"] == trace.gradients.log2_norm(name)
    probed = recorded(["report", str(path), *given, "--readout", "probe"], capsys)
    assert probed["network"]["readout"] == "none" and "a probe instead" in probed["given"]["loss"]
    plain = recorded(["report", str(FILES / "lstm.ckpt"), "--data", winds, "--window", "8"], capsys)
    assert plain["network"]["readout"] == "none"
    assert plain["given"]["loss"].startswith("winds.csv: a asks for 1 output by squared error, and no read-out")
    drawn = recorded(["report", str(FILES / "lstm.ckpt"), "--data", winds, "--window", "8", "--readout", "new"], capsys)
    assert drawn["network"]["output_size"] == 1 and "drawn with seed 5" in drawn["given"]["loss"]


def test_a_report_without_data_takes_the_read_out_and_the_loss_that_are_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = str(FILES / "embedded.pt")
    found = recorded(["report", path, "--readout", "fc", "--loss", "cross-entropy", "--timesteps", "9"], capsys)
    assert found["network"]["readout"] == "softmax" and "drawn evenly among 4 classes" in found["given"]["loss"]
    assert found["residual"] < 1e-13
    assert "the loss behind fc is not known" in refused(["report", path, "--readout", "fc"], capsys)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lstm.ckpt"], "rnn reads 2 inputs, and sunspots has 1"),
        (["lstm.ckpt", "--task", "adding"], "give readout new to draw one"),
        (["stack3.pt", "--task", "adding", "--layer", "2", "--readout", "new"], "reads what layer 1 makes, not data"),
        (["lstm.ckpt", "--task", "adding", "--readout", "probe"], "no loss; name a read-out, or new"),
        (["rnn_weights.pt", "--task", "adding", "--readout", "new"], "the activation of rnn is not known"),
        (["missing.pt"], "is no file; give the path of"),
    ],
)
@pytest.mark.parametrize("command", ["train", "compare"])
def test_what_cannot_be_trained_is_said_in_a_line(
    command: str, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused([command, str(FILES / arguments[0]), *arguments[1:]], capsys)


def test_the_activation_of_a_plain_network_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    given = [str(FILES / "rnn_weights.pt"), "--task", "adding", "--readout", "new", "--activation", "relu", *SHORT]
    assert recorded(["train", *given], capsys)["network"]["activation"] == "relu"


def test_a_comparison_has_the_network_of_the_file_beside_the_others(
    winds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(FILES / "lstm.keras"), "--data", winds, "--targets", "wind", *SHORT]
    found = recorded(["compare", *given, "--remedies", "given,clipping,gru"], capsys)
    assert [row["name"] for row in found["remedies"]] == ["given", "clipping", "gru"]
    assert found["remedies"][0]["before"] == found["remedies"][1]["before"] != found["remedies"][2]["before"]
    assert found["network"]["cell"] == "lstm" and found["given"]["loss"].endswith("both from the file")
    out = printed(["compare", *given, "--remedies", "given,gru"], capsys)[0]
    assert "the network of the file; all others are drawn" in " ".join(out.split())
    rows = [line for line in out.splitlines() if line.startswith(("given ", "gru "))]
    assert all(" ×" in line and max(map(len, rows)) <= 80 for line in rows), "numbers stand apart"


def test_flags_that_a_file_leaves_without_effect_are_named(winds: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = [str(FILES / "lstm.keras"), "--data", winds, "--targets", "wind", *SHORT]
    _, err = printed(["train", *given, "--gain", "2", "--clip-at", "3", "--cell", "gru", "--k2", "4"], capsys)
    assert err.splitlines() == [
        "rnn-tui: --cell has no effect on a network from a file",
        "rnn-tui: --gain has no effect on a network from a file",
        "rnn-tui: --clip-at has no effect with --clip none; it is for --clip norm or value",
    ]
    _, err = printed(["compare", *given, "--gain", "2", "--hidden-size", "9", "--remedies", "given"], capsys)
    assert err == "rnn-tui: --hidden-size has no effect on a network from a file\n"
    _, err = printed(["train", *SHORT, "--loss", "cross-entropy", "--overwrite"], capsys)
    assert err.splitlines() == [
        "rnn-tui: --overwrite has no effect without --html or --save-network or --figure",
        "rnn-tui: --loss has no effect without a FILE",
    ]
    both = [str(FILES / "bidirectional.keras"), "--data", winds, "--readout", "new", *SHORT, "--k2", "3"]
    out, err = printed(["train", *both], capsys)
    assert err == "rnn-tui: --k2 has no effect: the bidirectional LSTM is not truncated\n"
    assert "truncated" not in out


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_what_was_trained_is_saved_and_goes_on_from_there(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"trained{suffix}"
    plain = ["--hidden-size", "4", "--cell", "gru", *SHORT]
    out, _ = printed(["train", *plain, "--save-network", str(path)], capsys)
    assert f"Saved {path.name}; rnn-tui report or train goes on from it." in out
    settings = core.Experiment(hidden_size=4, cell="gru", timesteps=8, training_steps=12)
    steps = list(core.train(settings))
    (candidate,) = core.open_checkpoint(path).candidates
    assert candidate.network().same_as(steps[5].network)
    assert b"numpy" in path.read_bytes().replace(b"\0", b""), "it says with what it was made"
    (part,) = recorded(["inspect", str(path)], capsys)["parts"]
    assert {fact["certainty"] for fact in part["facts"]} == {"CONFIRMED"}
    assert recorded(["report", str(path), "--timesteps", "9"], capsys)["network"]["cell"] == "gru"
    found = recorded(["train", str(path), *SHORT], capsys)
    own = core.train(settings.replace(training_steps=1), start=core.begin(settings, steps[5].network))
    assert found["loss"][0] == next(iter(own)).metrics.loss
    assert os.listdir(tmp_path) == [path.name], "nothing is left beside it"


def test_a_network_of_a_file_is_saved_in_our_own_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.npz"
    given = [str(FILES / "stack3.pt"), "--task", "adding", "--readout", "new", "--timesteps", "8"]
    printed(["train", *given, "--training-steps", "0", "--save-network", str(path)], capsys)
    on = on_data(
        core.open_checkpoint(FILES / "stack3.pt").candidate(),
        core.Experiment(task="adding", timesteps=8),
        Asked(readout="new"),
    )
    assert core.open_checkpoint(path).candidate().network().same_as(on.network)


def test_where_nothing_can_be_saved_it_is_said_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.npz"
    there.write_bytes(b"mine")
    long = ("train", "--training-steps", "1000000", "--save-network")
    assert "exists already" in refused([*long, str(there)], capsys)
    assert there.read_bytes() == b"mine"
    assert "written as .npz or .safetensors" in refused([*long, str(tmp_path / "x.pt")], capsys)
    assert "there is no folder" in refused([*long, str(tmp_path / "no" / "x.npz")], capsys)
    assert "no file was named" in refused([*long, "-"], capsys)
    printed(["train", *SHORT, "--save-network", str(there), "--overwrite"], capsys)
    assert core.open_checkpoint(there).candidate().cell == "rnn"
    name = str(tmp_path / "plain")
    printed(["train", *SHORT, "--save-network", name], capsys)
    assert (tmp_path / "plain.npz").exists()


def test_a_run_that_could_not_be_saved_is_printed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*given: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tui.report.atomic_files._put", full)
    assert cli.main(["train", *SHORT, "--json", "--save-network", str(tmp_path / "x.npz")]) == 1
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)["loss"]) == 6
    assert "the disk is full" in captured.err and captured.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_saved_trace_is_trained_on_the_data_that_it_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trace.npz"
    printed(["report", "--cell", "gru", "--hidden-size", "3", "--timesteps", "8", "--npz", str(path)], capsys)
    found: dict[str, Any] = recorded(["train", str(path), *SHORT[2:]], capsys)
    assert found["given"]["inputs"] == "the data in the file" and found["baselines"] == []
    losses = found["loss"]
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0], "the same batch at every step"
    assert "need data of their own" in refused(["compare", str(path)], capsys)
    new = recorded(["train", str(path), "--task", "sunspots", *SHORT], capsys)
    assert new["given"]["inputs"] == "those of the task sunspots" and new["baselines"]


def test_no_code_of_settings_stands_for_what_a_file_or_a_training_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ("--hidden-size", "2", "--timesteps", "5", "--training-steps", "3")
    own, again = tmp_path / "own.safetensors", tmp_path / "again.safetensors"
    found = recorded(["train", *small, "--save-network", str(own)], capsys)
    assert core.Experiment(**found["experiment"]) == setup_of(found["provenance"]["setup"]).experiment
    assert setup_of(made(own)["setup"]).trained == 3
    for command in (["train"], ["compare", "--remedies", "given"]):
        found = recorded([*command, str(own), "--training-steps", "3"], capsys)
        assert found["experiment"] and found["provenance"]["setup"] == found["provenance"]["settings"] == ""
    assert cli.main(["train", str(own), "--training-steps", "3", "--save-network", str(again)]) == 0
    assert made(again)["setup"] == ""


def made(path: Path) -> dict[str, str]:
    """What a file of a network says of how it was made."""
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return next(json.loads(text) for name, text in header["__metadata__"].items() if "provenance" in name)
