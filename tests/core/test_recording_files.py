"""Recordings of training steps in files: what was recorded comes back to the last bit, and what is damaged is told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import make_bidirectional, make_case, make_stack

import core
from core.sources.recording import RecordedModule, RecordedSequence, Recording


def bare(network: core.Network) -> core.Network:
    names = network.cell.uses()
    return core.Network(network.cell_name, {n: network.parameters[n] for n in names}, network.activation_name, "none")


def made(*, single: bool = False, precision: str = "float64") -> Recording:
    """Two modules, one of them with gradients at its whole state and called twice."""
    rng = np.random.default_rng(2)
    cases = {"encoder": make_stack(("gru", "lstm"), (3, 2)), "decoder": make_bidirectional(("lstm", "lstm"), (2, 2))}
    modules, sequences = {}, {}
    for name, case in cases.items():
        network = bare(case.network)
        if single:
            network = network.replace_parameters(
                **{n: one.astype(np.float32).astype(float) for n, one in network.parameters.items()}
            )
        width = network.state_size if name == "encoder" else network.output_size
        batches = []
        for _ in range(2 if name == "encoder" else 1):
            entered = rng.normal(size=(*case.batch.inputs.shape[:2], width)).astype(np.float32 if single else float)
            x = case.batch.inputs.astype(np.float32 if single else float)
            batches.append(core.Batch.injected(x, entered, case.batch.initial_state))
        total: dict[str, Any] = {}
        for number, batch in enumerate(batches, start=1):
            found = core.run(network=network, batch=batch).gradients
            total = {n: found[n] + total.get(n, 0.0) for n in network.parameters}
            label = name if len(batches) == 1 else f"{name}, call {number}"
            sequences[label] = RecordedSequence(name, batch, ("Something is to be said.",))
        modules[name] = RecordedModule(network, total, precision)
    return Recording(modules, sequences, 700, 0.25, "a library 1.0")


def test_a_recording_comes_back_to_the_last_bit_and_its_size_is_told_beforehand(tmp_path: Path) -> None:
    recording, path = made(), tmp_path / "step.npz"
    recording.save(path)
    again = core.load_recording(path)
    assert path.stat().st_size == recording.nbytes
    assert (again.step, again.loss, again.made_by) == (700, 0.25, "a library 1.0")
    assert list(again.sequences) == ["encoder, call 1", "encoder, call 2", "decoder"] == list(again.traces)
    for name, sequence in recording.sequences.items():
        assert sequence.batch.same_as(again.sequences[name].batch) and again.sequences[name].notes == sequence.notes
    for name, module in recording.modules.items():
        assert module.network.same_as(again.modules[name].network)
        for n, gradient in module.gradients.items():
            np.testing.assert_array_equal(gradient, again.modules[name].gradients[n])
        assert again.residual(name) == recording.residual(name) < 1e-12
    origin = again.traces["decoder"].origin
    assert (origin.label, origin.training_step, origin.file) == ("decoder", 700, str(path)) and origin.sha256
    (told,) = (text for _, text in origin.told)
    assert "The loss of the step was 0.25." in told and "the rounding of float64" in told
    assert "Something is to be said. Its other parts are encoder, call 1, encoder, call 2." in told
    with pytest.raises(KeyError):
        _ = again.traces["no such"]


def test_numbers_of_float32_take_four_bytes_and_float64_can_be_rounded(tmp_path: Path) -> None:
    recording, single = made(), made(single=True)
    recording.save(tmp_path / "whole.npz")
    recording.save(tmp_path / "rounded.npz", float32=True)
    single.save(tmp_path / "single.npz")
    with np.load(tmp_path / "single.npz") as file:
        assert {
            file[n].dtype for n in file.files if n.endswith(("W_ra_1", "inputs", "targets")) and "grad" not in n
        } == {np.dtype(np.float32)}
    with np.load(tmp_path / "rounded.npz") as file:
        assert {file[n].dtype for n in file.files if "/" in n} == {np.dtype(np.float32)}
    assert single.sequences["decoder"].batch.same_as(
        core.load_recording(tmp_path / "single.npz").sequences["decoder"].batch
    )
    rounded = core.load_recording(tmp_path / "rounded.npz")
    assert 1e-12 < rounded.residual("encoder") < 1e-5


def test_a_file_is_told_apart_and_opened_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "step.npz"
    made().save(path)
    found = core.open_file(path)
    assert isinstance(found, core.Recording) and found.given().origin.label == "encoder, call 1"
    assert [one.name for one in core.open_checkpoint(path).candidates] == ["encoder", "decoder"]
    with pytest.raises(ValueError, match="no part 'head'; it has encoder, call 1, encoder, call 2, decoder"):
        found.given("head")
    with pytest.raises(ValueError, match="is there already"):
        made().save(path)
    made().save(path, overwrite=True)
    with pytest.raises(ValueError, match=r"saved as \.npz; end the name so"):
        made().save(tmp_path / "step.pt")
    assert not [one for one in tmp_path.iterdir() if one.name != "step.npz"]


def altered(path: Path, **changes: Any) -> None:
    """The file with arrays replaced or, where None is given, left out; a dict is put into what `recording` says."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    for name, change in changes.items():
        if isinstance(change, dict):
            arrays[name] = np.array(json.dumps({**json.loads(str(arrays[name])), **change}))
        elif change is None:
            del arrays[name.replace("__", "/")]
        else:
            arrays[name.replace("__", "/")] = change
    written = io.BytesIO()
    np.savez(written, **arrays)
    path.write_bytes(written.getvalue())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"recording": {"format": 2}}, "it is from a later version of rnn-tui; update the program"),
        ({"recording": {"modules": 3}}, "what it says of its training step is damaged; record a step again"),
        ({"recording": {"sequences": []}}, "damaged; record"),
        ({"recording": {"step": -1}}, "damaged; record"),
        ({"recording": {"loss": "much"}}, "damaged .*much"),
        ({"sequence1__inputs": None}, "damaged; record"),
        ({"module1__W_ra_1": None}, "lacks W_ra_1 of the network"),
        ({"module1__W_ra_1": np.zeros((5, 5))}, r"damaged .*must have shape \(5, 2\)"),
        ({"module1__gradient__W_ra_1": np.zeros(5)}, r"gradient of W_ra_1 has shape \(5,\)"),
        ({"sequence1__targets": np.zeros((2, 2, 2))}, "damaged .*targets must have shape"),
    ],
)
def test_what_is_damaged_is_told_in_a_sentence(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = tmp_path / "step.npz"
    made().save(path)
    altered(path, **changes)
    for opened in (core.load_recording, core.open_file):
        with pytest.raises(ValueError, match=said) as caught:
            opened(path)
        assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError):  # noqa: PT011 (as every cut archive)
        core.load_recording(path)


def test_what_does_not_fit_together_is_refused() -> None:
    network = bare(make_case().network)
    batch = core.Batch.injected(np.ones((4, 1, 2)), np.ones((4, 1, 3)))
    with pytest.raises(ValueError, match="networks are given for a, and batches for b"):
        Recording.of({"a": network}, {"b": batch})
    with pytest.raises(ValueError, match=r"gradient of W_aa has shape \(2,\), and the parameter has shape \(3, 3\)"):
        Recording.of({"a": network}, {"a": batch}, {"a": {"W_aa": np.zeros(2)}})
    with pytest.raises(ValueError, match="precision must be float64, float32, float16, bfloat16, got 'int8'"):
        Recording.of({"a": network}, {"a": batch}, precision="int8")
    alone = Recording.of({"a": network}, {"a": batch})
    assert np.isnan(alone.residual("a")) and "nothing is compared" in alone.agreement("a")
    wrong = Recording.of({"a": network}, {"a": batch}, {"a": {"W_aa": np.ones((3, 3))}})
    assert "more than the rounding of float64" in wrong.agreement("a")
    nothing = core.Batch.injected(np.ones((4, 1, 2)), np.zeros((4, 1, 3)))
    assert Recording.of({"a": network}, {"a": nothing}, {"a": {"W_aa": np.zeros((3, 3))}}).residual("a") == 0.0


def test_a_damaged_saved_trace_is_no_table_of_data_either(tmp_path: Path) -> None:
    path = tmp_path / "trace.npz"
    core.save_trace(core.run(core.Experiment(hidden_size=2, timesteps=5)), path)
    altered(path, W_aa=None)
    with pytest.raises(ValueError, match="lacks W_aa of the network"):
        core.open_file(path)
