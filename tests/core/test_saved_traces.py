"""What is saved of a trace gives it back to the last bit, whatever it is of; and a file is opened as what it is.

Two routes: the trace, and what is computed from nothing but its file.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core
from core import Batch, Experiment, Network, Origin, Trace
from core.sources.driving import driven
from core.sources.own_files import SAVED
from tui.report.formats import Bundle, contents, format_named

FILES = Path(__file__).parent / "files"
SMALL = Experiment(cell="gru", hidden_size=3, timesteps=8, batch_size=2)
RNG = np.random.default_rng(7)


def drawn(**changes: Any) -> Trace:
    return core.run(SMALL.replace(**changes))


def trained() -> Trace:
    history = core.TrainingHistory(SMALL.replace(training_steps=3))
    for step in core.train(history.experiment):
        history.add(step)
    return core.run(history.experiment, network=history.latest.network, training_step=3)


def masked() -> Trace:
    network = core.make_network(Experiment(task="temporal-order", hidden_size=3, timesteps=12))
    ids = RNG.integers(network.output_size, size=(6, 3))
    batch = Batch.of(RNG.normal(size=(6, 3, network.input_size)), ids, lengths=[6, 4, 2], reduction="mean")
    return core.run(network=network, batch=batch)


def overflowing() -> Trace:
    trace = drawn(cell="rnn", activation="relu", gain=1e6, initializer="identity", bias=1.0, timesteps=70)
    assert trace.tape.overflow_step
    return trace


def stack_with_a_state() -> Trace:
    network = core.open_checkpoint(FILES / "stack3.pt").candidate().network()
    width, inputs = network.read_out.width, RNG.normal(size=(5, 2, network.input_size))
    state = tuple(RNG.normal(size=(3, 2, width)) for _ in range(2))
    batch = Batch.injected(inputs, RNG.normal(size=(5, 2, width)), state)  # type: ignore[arg-type]
    batch = replace(batch, input_names=[f"column {i}" for i in range(network.input_size)])
    told = Origin("mine", file="a.pt", sha256="0" * 64, told=(("loss", "given"),))
    return core.run(network=network, batch=batch, origin=told, k1=2, k2=3)


def both_ways() -> Trace:
    found = driven(core.open_checkpoint(FILES / "bidirectional.keras").candidate(), steps=6)
    return core.run(network=found.network, batch=found.batch)


def probed() -> Trace:
    own = core.make_network(SMALL)
    bare = {name: own.parameters[name] for name in own.cell.uses()}
    inputs = RNG.normal(size=(4, 2, own.input_size))
    return core.run(network=Network("gru", bare, "tanh", "none"), batch=Batch.probe(inputs, 3, 2, lengths=[4, 2]))


def mixed() -> Trace:
    return core.run(SMALL.replace(k1=2, k2=4), network=core.make_network(SMALL.replace(gain=2.0)))


TRACES: dict[str, Callable[[], Trace]] = {
    "drawn": drawn,
    "truncated": lambda: drawn(k1=2, k2=3),
    "a matrix for each step": lambda: drawn(cell="deep"),
    "constants of a cell": lambda: drawn(cell="antisymmetric"),
    "classes": lambda: drawn(task="temporal-order"),
    **{one.__name__: one for one in (trained, masked, overflowing, stack_with_a_state, both_ways, probed, mixed)},
}


def arrays_of(value: object, path: str = "") -> dict[str, Any]:
    """Every array and number within a record, by where it stands."""
    if isinstance(value, np.ndarray | int | float | str | bool | None):
        return {path: value}
    if hasattr(value, "items"):
        return {key: one for name, part in value.items() for key, one in arrays_of(part, f"{path}.{name}").items()}
    if hasattr(value, "__dataclass_fields__"):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}  # type: ignore[arg-type]
        return arrays_of(parts, path)
    return {}


def assert_same(found: Trace, trace: Trace) -> None:
    assert found.origin == trace.origin
    assert found.network.same_as(trace.network)
    assert found.whole_batch.same_as(trace.whole_batch) and found.whole_batch.probe_of == trace.whole_batch.probe_of
    assert (found.truncation is None) == (trace.truncation is None)
    for part in ("tape", "lags", "gradients", "truncation"):
        own, others = arrays_of(getattr(trace, part)), arrays_of(getattr(found, part))
        assert own.keys() == others.keys() and (own or part == "truncation")
        for name, value in own.items():
            np.testing.assert_array_equal(others[name], value, err_msg=f"{part}{name}", strict=True)


@pytest.mark.parametrize("name", TRACES)
def test_every_array_of_a_file_gives_the_whole_trace_back(name: str, tmp_path: Path) -> None:
    trace = TRACES[name]()
    exported, saved = tmp_path / "exported.npz", tmp_path / "saved.npz"
    exported.write_bytes(contents(format_named("npz"), Bundle(trace)))
    core.save_trace(trace, saved)
    for path in (exported, saved):
        assert_same(core.load_trace(path), trace)
        given = core.open_file(path)
        assert isinstance(given, core.Given)
        assert given.settings == (trace.origin.settings if name not in ("trained",) else None)


def test_a_training_goes_on_from_a_file_as_it_would_have(tmp_path: Path) -> None:
    trace = trained()
    core.save_trace(trace, tmp_path / "a.npz")
    given = core.open_file(tmp_path / "a.npz")
    assert isinstance(given, core.Given)
    for index in (0, 5):
        assert given.batches(index).same_as(trace.batches(index))


def test_what_a_file_says_of_its_settings_holds_only_where_they_make_it_here(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("\n".join(["a", *(f"{value:.3f}" for value in np.sin(np.arange(40)))]))
    trace = core.run(Experiment(task="table", data=str(data), hidden_size=3, timesteps=5))
    core.save_trace(trace, tmp_path / "a.npz")
    assert core.load_trace(tmp_path / "a.npz").origin == trace.origin
    data.unlink()
    found = core.load_trace(tmp_path / "a.npz")
    assert found.origin.settings is None and found.origin.label == trace.origin.label == "data.csv: a"
    assert found.batch.same_as(trace.batch) and found.tape.loss == trace.tape.loss


def changed(path: Path, **keys: Any) -> Path:
    """The file with other things said of its trace."""
    with np.load(path) as file:
        arrays = dict(file)
    told = json.loads(str(arrays[SAVED])) | keys
    np.savez(path, **arrays | {SAVED: np.array(json.dumps(told))})
    return path


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"format": 9}, "from a later version"),
        ({"notes": 3}, "is damaged; save the trace again"),
        ({"k1": "many"}, "is damaged"),
        ({"k2": -1}, "is damaged"),
        ({"told": [1, 2]}, "is damaged"),
        ({"training_step": None}, "is damaged"),
    ],
)
def test_a_saved_trace_that_is_damaged_ends_in_one_sentence(keys: dict[str, Any], words: str, tmp_path: Path) -> None:
    core.save_trace(drawn(), tmp_path / "a.npz")
    with pytest.raises(ValueError, match=words) as raised:
        core.load_trace(changed(tmp_path / "a.npz", **keys))
    assert str(raised.value).startswith(str(tmp_path)) and "\n" not in str(raised.value)


def test_settings_of_another_version_are_left_out(tmp_path: Path) -> None:
    trace = drawn()
    core.save_trace(trace, tmp_path / "a.npz")
    found = core.load_trace(changed(tmp_path / "a.npz", experiment={"unheard_of": 1}))
    assert found.experiment is None and found.tape.loss == trace.tape.loss


def test_what_is_no_saved_trace_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"it is PyTorch zip, and no trace that was saved; rnn-tui report --npz"):
        core.load_trace(FILES / "lstm.ckpt")
    with pytest.raises(ValueError, match="end the name so"):
        core.save_trace(drawn(), tmp_path / "a.txt")
    core.save_trace(drawn(), tmp_path / "a.npz")
    with pytest.raises(ValueError, match="is there already"):
        core.save_trace(drawn(), tmp_path / "a.npz")


# Any file


def test_a_file_is_opened_as_what_stands_in_it_whatever_its_name_is(tmp_path: Path) -> None:
    table = "day;rain\n2001-01-01;0,5\n2001-01-02;0,25\n2001-01-03;0,75\n"
    written: dict[str, tuple[bytes, str]] = {
        "settings.csv": (b'cell = "gru"\nhidden_size = 3\n', "SettingsFile"),
        "data.toml.bak": (table.encode(), "Table"),
        "data.pt": (table.encode("utf-16"), "Table"),
        "network.csv": ((FILES / "lstm.ckpt").read_bytes(), "Checkpoint"),
        "network.toml": ((FILES / "gru.weights.h5").read_bytes(), "Checkpoint"),
        "network.txt": ((FILES / "lstm.msgpack").read_bytes(), "Checkpoint"),
        "network.npy": ((FILES / "lstm.onnx").read_bytes(), "Checkpoint"),
        "network.wav": ((FILES / "half.safetensors").read_bytes(), "Checkpoint"),
        "network.zip": ((FILES / "gru_legacy.pt").read_bytes(), "Checkpoint"),
    }
    for name, (data, kind) in written.items():
        (tmp_path / name).write_bytes(data)
        assert type(core.open_file(tmp_path / name)).__name__ == kind, name
    np.savez(tmp_path / "rain.pt", rain=np.sin(np.arange(30)))
    (tmp_path / "rain.pt.npz").rename(tmp_path / "rain.pt")
    np.save(tmp_path / "rain.npy", np.sin(np.arange(30)))
    core.save_network(core.make_network(SMALL), tmp_path / "own.npz")
    core.save_trace(drawn(), tmp_path / "trace.npz")
    kinds = {"rain.pt": "Table", "rain.npy": "Table", "own.npz": "Checkpoint", "trace.npz": "Given"}
    assert {name: type(core.open_file(tmp_path / name)).__name__ for name in kinds} == kinds


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.csv", "the file is empty; a network"),
        (b"%PDF-1.7\n\x00", "a.csv", "it is a PDF; .npz, .npy"),
        (b"%PDF-1.7\n\x00", "a.csv", "as networks; csv, tsv, .npy, .npz, .wav and .parquet as data"),
        (b'{"format": 1, "headline": "x"}', "a.json", "it is JSON"),
        (b"cell = 'gru", "a.toml", "not valid TOML"),
        (b"gian = 3\n", "a.txt", "gian"),
        (b"title = 'A'\n[[steps]]\ntext = 'B'\n", "a.toml", "it is a tour or a lesson; rnn-tui tour plays it"),
        (b"It was a dark and stormy night; the rain fell.\n", "a.txt", "--text-file learns"),
        (b"PK\x03\x04nothing", "a.npz", "a.npz"),
        (b"\x93NUMPY\x01", "a.npy", "a.npy"),
        (b"\x00\x01\x02\x03" * 9, "a.bin", "as networks; csv"),
    ],
)
def test_what_cannot_be_opened_ends_in_one_sentence(data: bytes, name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=words) as raised:
        core.open_file(tmp_path / name)
    said = str(raised.value)
    assert said.startswith(str(tmp_path / name)) and "\n" not in said and len(said) < 700


def test_a_file_that_is_not_there_and_a_folder_say_what_can_be_given(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"missing is no file; give the path of a network \(\.pt"):
        core.open_file(tmp_path / "missing")
    with pytest.raises(ValueError, match="it is a folder; give a file"):
        core.open_file(tmp_path)


def test_arrays_that_are_neither_network_nor_data_say_both(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", one=np.ones((2, 3, 4, 5)))
    with pytest.raises(ValueError, match=r"none of its arrays is a recurrent layer's .*; nor are they data: it "):
        core.open_file(tmp_path / "a.npz")


WRONG = (None, -1, 2**70, 1e400, float("nan"), "x" * 500, [], {}, [[1, 2]], [["a"]], True, "\n", {"a": 1})
"""What may stand in a changed file in the place of anything"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_changed_file_is_a_trace_or_a_sentence_and_nothing_else(tmp_path: Path) -> None:
    core.save_trace(drawn(timesteps=3, hidden_size=2), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as file:
        whole = dict(file)
    told, bytes_of = json.loads(str(whole[SAVED])), (tmp_path / "a.npz").read_bytes()
    rng, path, refused = random.Random(4), tmp_path / "changed.npz", []
    for turn in range(150):
        if turn % 3:
            changes = {rng.choice([*told]): rng.choice(WRONG) for _ in range(rng.randint(1, 3))}
            left = {name: one for name, one in whole.items() if name == SAVED or rng.random() < 0.97}
            np.savez(path, **left | {SAVED: np.array(json.dumps(told | changes))})
        else:
            damaged = bytearray(bytes_of)
            for _ in range(rng.randint(1, 8)):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            path.write_bytes(bytes(damaged[: rng.randrange(len(damaged)) if turn % 2 else None]))
        try:
            found = core.open_file(path)
            if isinstance(found, core.Given):
                found.trace()
        except ValueError as error:
            refused.append(str(error))
    assert 20 < len(refused) < 150
    assert not any("\n" in said for said in refused)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bias_ih_l0": np.ones(15)}, r"no shapes that fit together \(weight_ih_l0 \(16, 3\), .*bias_ih_l0 \(15,\)"),
        ({"weight_hh_l0": np.ones((17, 4))}, "the names of a recurrent layer and no shapes that fit together"),
        (
            {name: np.arange(48).reshape(16, 3) for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")},
            "without an array of floats in it; save the weights as floats",
        ),
    ],
    ids=["bias", "matrix", "integers"],
)
def test_weights_that_are_no_network_are_no_data_either(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    fitting = {"weight_ih_l0": np.ones((16, 3)), "weight_hh_l0": np.ones((16, 4)), "bias_ih_l0": np.ones(16)}
    np.savez(tmp_path / "a.npz", **(fitting | changes))
    with pytest.raises(ValueError, match=words):
        core.open_file(tmp_path / "a.npz")
