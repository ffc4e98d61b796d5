"""What is wrong with a file ends in one sentence, runs nothing, and takes no memory beyond the file's size."""

from __future__ import annotations

import io
import json
import os
import pickle
import pickletools
import resource
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from archives import encrypted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import core
from core.sources import msgpack, onnx_files, pickles, protobuf, safetensors, torch_files
from core.sources.formats import arrays_of
from core.sources.tensors import CALLS

ROOT = Path(__file__).resolve().parents[2]
FILES = Path(__file__).parent / "files"
BINARY = sorted(
    path for path in FILES.iterdir() if path.suffix not in (".py", ".data") and ".reference." not in path.name
)


def refused(data: bytes, tmp_path: Path, name: str = "file.bin") -> str:
    """The sentence that such a file is refused with, without the path: what is wrong, and behind a sign what to do."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"\A.+\Z") as told:
        core.open_checkpoint(path)
    assert str(told.value).startswith(f"{path}: ")
    assert ";" in str(told.value), "what to do"
    return str(told.value).removeprefix(f"{path}: ")


def test_there_is_a_file_of_every_format() -> None:
    formats = {core.open_checkpoint(path).format for path in BINARY if path.name != "dissolved.onnx"}
    assert formats == {
        *("NumPy npz", "safetensors", "PyTorch zip", "PyTorch before 1.6", "TorchScript"),
        *("Keras HDF5", "Keras 2 HDF5", "ONNX", "Flax msgpack"),
    }


@pytest.mark.parametrize("path", BINARY, ids=lambda path: path.name)
def test_the_name_of_a_file_does_not_matter(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    if path.name in ("dissolved.onnx", "external.onnx"):
        return
    other = tmp_path / "file.txt"
    other.write_bytes(data)
    assert core.open_checkpoint(other).format == core.open_checkpoint(path).format


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"year,spots\n1700,5\n", "it is text, no network"),
        (b"<!DOCTYPE html><html>", "a download that failed"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        (b"\x1f\x8b\x08\x00rest", "compressed by gzip; unpack it first"),
        (b"\xff\xfe\xfd\xfc" * 9, "no format of networks begins as it does"),
        (b"PK\x03\x04" + bytes(30), "cut off or damaged"),
        (b"GGUF" + bytes(30), "GGUF"),
        (bytes(257) + b"ustar" + bytes(200), "tar archive"),
        (bytes(1000), "no format of networks begins as it does"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500), "an old or an encrypted Excel file"),
        (
            (1 << 62).to_bytes(8, "little") + b"{}",
            "begins as safetensors do, with a header that is longer than the file",
        ),
        ((90_000_000).to_bytes(8, "little") + b'{"w": ', "with a header that is longer than the file"),
    ],
    ids=lambda value: value[:8].hex() if isinstance(value, bytes) else "",
)
def test_a_file_that_is_no_network_is_named_for_what_it_is(data: bytes, words: str, tmp_path: Path) -> None:
    assert words in refused(data, tmp_path)


def test_an_archive_that_is_no_network_is_named_for_what_it_is(tmp_path: Path) -> None:
    inner = zipped({"x/data.pkl": b"", "x/version": b"3"})
    assert "a spreadsheet or another office document; save its table as csv" in refused(
        zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), tmp_path
    )
    assert "encrypted; decrypt it first" in refused(encrypted(zipped({"a.csv": b"1,2"})), tmp_path)
    assert "without a network in it; unpack it first" in refused(zipped({"inner.pt": inner}), tmp_path)
    assert "damaged" in refused(zipped({"x/data.pkl": inner}), tmp_path)
    nested = refused(zipped({"inner.npy": inner}), tmp_path)
    assert nested.startswith("inner.npy has no header of a NumPy array (")
    assert nested.endswith("; copy or save it again")


def test_a_folder_and_a_file_that_is_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        core.open_checkpoint(tmp_path / "missing.pt")
    with pytest.raises(ValueError, match="it is a folder; give a file"):
        core.open_checkpoint(tmp_path)
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(ValueError, match=r"a TensorFlow SavedModel; load it and save it as \.keras"):
        core.open_checkpoint(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not an ordinary file"):
        core.open_checkpoint(tmp_path / "pipe")


# Pickles


class Malicious:
    """Unpickled by Python, it would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def zipped(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_a_malicious_file_runs_nothing(tmp_path: Path) -> None:
    made = tmp_path / "made"
    evil = pickle.dumps({"weight": Malicious(made)}, protocol=2)
    pickle.loads(evil)
    assert made.exists(), "the pickle does what it is meant to where it is run"
    made.unlink()
    legacy = (
        pickle.dumps(torch_files.MAGIC, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2) + evil + pickle.dumps([], 2)
    )
    for data in (zipped({"archive/data.pkl": evil, "archive/version": b"3"}), legacy, evil):
        assert "without an array of floats" in refused(data, tmp_path)
        assert not made.exists()


def test_a_network_beside_malicious_code_is_still_read(tmp_path: Path) -> None:
    """What is called becomes a record that does nothing, and the arrays around it are only arrays."""
    made = tmp_path / "made"
    arrays = {"weight_ih": np.ones((3, 2)), "weight_hh": np.eye(3), "bias_ih": np.ones(3), "then": Malicious(made)}
    (tmp_path / "net.pkl").write_bytes(pickle.dumps(arrays))
    (candidate,) = core.open_checkpoint(tmp_path / "net.pkl").candidates
    assert candidate.network(activation="relu").hidden_size == 3
    assert not made.exists()


def test_only_a_closed_list_of_names_stands_for_functions_of_our_own() -> None:
    for named in CALLS:
        assert named.module in {
            *("collections", "torch", "torch._utils", "torch._tensor", "torch.jit._pickle", "_codecs", "numpy"),
            *("builtins", "__builtin__", "numpy.core.multiarray", "numpy._core.multiarray"),
        }
    names = {named.name for named in CALLS}
    assert not names & {"eval", "exec", "getattr", "__import__", "compile", "open", "system", "apply", "map"}


def described(size: tuple[object, ...], stride: tuple[object, ...], offset: object = 0, length: object = 6) -> bytes:
    """A file with one tensor over a storage of six numbers, described as given."""

    class Storage:
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, one: object) -> object:
            return ("storage", core.Scaled, "0", "cpu", length) if isinstance(one, Storage) else None

    class Tensor:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return core.run, (Storage(), offset, size, stride, False, {})

    file = io.BytesIO()
    Pickler(file, 2).dump({"weight_hh": Tensor()})
    data = file.getvalue().replace(b"ccore.trace\nrun\n", b"ctorch._utils\n_rebuild_tensor_v2\n")
    data = data.replace(b"ccore.numerics.scaled\nScaled\n", b"ctorch\nFloatStorage\n")
    return zipped({"a/data.pkl": data, "a/data/0": np.arange(6, dtype="<f4").tobytes()})


def test_a_tensor_is_the_view_that_its_offset_sizes_and_strides_say() -> None:
    found = arrays_of(described((2, 2), (1, 2), 1), Path("file"))
    np.testing.assert_array_equal(found.arrays["weight_hh"], [[1, 3], [2, 4]])


@pytest.mark.parametrize(
    ("size", "stride", "offset", "length"),
    [
        ((2, 4), (4, 1), 0, 6),
        ((2, 3), (3, 1), 1, 6),
        ((2, -3), (3, 1), 0, 6),
        ((2, 3), (-3, 1), 0, 6),
        ((2, 3), (3, 1), -1, 6),
        ((2**40, 2**40), (0, 0), 0, 6),
        ((2**62, 2**62), (1, 1), 0, 6),
        ((2, 3), (3,), 0, 6),
        ((2.0, 3), (3, 1), 0, 6),
        ((True, 3), (3, 1), 0, 6),
        ((2, 3), (3, 1), 0, 7),
        ((2, 3), (3, 1), 0, -6),
        ((2, 3), (3, 1), 0, 2**60),
        ((1,) * 80, (1,) * 80, 0, 6),
    ],
)
def test_a_tensor_that_does_not_lie_within_its_storage_is_refused(
    size: tuple[object, ...], stride: tuple[object, ...], offset: object, length: object, tmp_path: Path
) -> None:
    refused(described(size, stride, offset, length), tmp_path)


def test_containers_that_hold_themselves_or_one_another_a_billion_times_are_walked_once(tmp_path: Path) -> None:
    loop: list[object] = []
    loop.append(loop)
    bomb: object = ["lol"]
    for _ in range(40):
        bomb = [bomb] * 10
    for value in (loop, bomb):
        refused(zipped({"a/data.pkl": pickle.dumps(value, 2)}), tmp_path)


def test_a_deeply_nested_key_is_never_hashed(tmp_path: Path) -> None:
    """Python's own reader hashes it, and its stack ends."""
    nested = b"}" + b")" + b"\x85" * 50_000 + b"K\x01s."
    refused(zipped({"a/data.pkl": b"\x80\x02" + nested}), tmp_path)


def test_a_pickle_without_an_end_is_not_followed_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pickles, "MOST_OPERATIONS", 1000)
    assert "operations" in refused(zipped({"a/data.pkl": b"\x80\x02" + b"]" * 1100 + b"."}), tmp_path)


def test_memory_that_an_operation_only_claims_is_not_taken(tmp_path: Path) -> None:
    for claim in (
        b"\x8e" + struct.pack("<Q", 2**60),
        b"B" + struct.pack("<I", 2**31),
        b"r" + struct.pack("<I", 2**32 - 1),
    ):
        refused(zipped({"a/data.pkl": b"\x80\x04" + claim + b"ab."}), tmp_path)


def test_the_machine_makes_of_plain_values_what_python_makes() -> None:
    value = {"a": [1, 2.5, None, True, "ü", b"\x00\xff", (1, (2, 3)), {"x": -(2**70)}], "b": [], "c": ()}
    for protocol in range(6):
        data = pickle.dumps(value, protocol)
        assert pickles.unpickled(data, CALLS, lambda one: one) == (value, len(data))


def test_every_operation_is_known_or_refused() -> None:
    done = {*pickles._PUSHED, *pickles._CONSTANTS, *pickles._EMPTY, *pickles._TUPLES, *pickles._METHODS}
    assert {one.name for one in pickletools.opcodes} - done == {"EXT1", "EXT2", "EXT4", "NEXT_BUFFER"}


# The other formats


def test_an_encrypted_and_a_packed_archive_are_refused(tmp_path: Path) -> None:
    plain = zipped({"weight_hh.npy": (FILES / "lstm.npz").read_bytes()})
    assert "encrypted; decrypt it first" in refused(encrypted(plain), tmp_path)
    bomb = zipped({"w.npy": bytes(30_000_000)}, zipfile.ZIP_DEFLATED)
    assert "far more than the file has" in refused(bomb, tmp_path)
    assert "compressed, as this format never is" in refused(zipped({"data.pkl": b"."}, zipfile.ZIP_DEFLATED), tmp_path)


def test_a_program_that_torch_export_saved_and_weights_of_8_bits_say_what_to_save(tmp_path: Path) -> None:
    assert "save the state_dict" in refused(zipped({"net/models/model.json": b"{}", "net/version": b"1"}), tmp_path)
    np.savez(tmp_path / "eight.npz", weight_hh=np.ones((3, 3), np.int8))
    with pytest.raises(ValueError, match="save the weights as floats of 16 bits or more"):
        core.open_checkpoint(tmp_path / "eight.npz")


def test_objects_in_a_numpy_file_are_refused_with_what_to_do(tmp_path: Path) -> None:
    np.savez(tmp_path / "objects.npz", weights=np.array([{"a": 1}, None], dtype=object))
    with pytest.raises(ValueError, match=r"holds Python objects.*np\.savez"):
        core.open_checkpoint(tmp_path / "objects.npz")


def npy(shape: str, data: bytes = b"") -> bytes:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    "shape", ["(1000000000000,)", "(-1,)", "(2, 3)", "(2**3,)", "('a',)", "5", "(" * 50 + ")" * 50]
)
def test_a_numpy_header_that_claims_more_than_there_is_is_refused(shape: str, tmp_path: Path) -> None:
    refused(npy(shape, bytes(16)), tmp_path)


@pytest.mark.parametrize(
    "header",
    [
        {"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 17]}},
        {"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 16]}},
        {"w": {"dtype": "F32", "shape": [-2, -2], "data_offsets": [0, 16]}},
        {"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [16, 0]}},
        {"w": {"dtype": "F32", "shape": [2.0, 2], "data_offsets": [0, 16]}},
        {"w": {"dtype": "BF16", "shape": [2**62, 2**62], "data_offsets": [0, 16]}},
        {"w": {"dtype": "F32", "shape": None, "data_offsets": [0, 16]}},
        {"w": 3},
        [],
    ],
)
def test_a_safetensors_header_that_does_not_fit_is_refused(header: object, tmp_path: Path) -> None:
    text = json.dumps(header).encode()
    refused(len(text).to_bytes(8, "little") + text + bytes(16), tmp_path)


def test_safetensors_of_our_own_are_read_as_they_were_written() -> None:
    rng = np.random.default_rng(0)
    arrays = {"a": rng.normal(size=(3, 4)), "ü": rng.normal(size=5), "empty": np.zeros((0, 2))}
    found = safetensors.read(safetensors.written(arrays, {"key": "value"}))
    assert found.metadata == {"key": "value"} and found.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)


def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    for name in ("gru.weights.h5", "lstm.keras"):
        assert "h5py reads it: pip install 'rnn-tui[keras]'" in refused((FILES / name).read_bytes(), tmp_path)
    assert core.open_checkpoint(FILES / "lstm.onnx").candidates, "no other format needs it"


def test_a_heap_of_texts_that_does_not_end_is_refused_before_the_library_walks_around_it(tmp_path: Path) -> None:
    data = (FILES / "keras2_gru.h5").read_bytes()
    heap = data.index(b"GCOL")
    for at, value in ((heap + 24, 2**64 - 16), (heap + 24, 2**40), (heap + 8, 2**40), (heap + 8, 0)):
        changed = data[:at] + value.to_bytes(8, "little") + data[at + 8 :]
        assert "heap of its texts reaches beyond" in refused(changed, tmp_path)
    free = bytearray(data)
    free[heap + 16 : heap + 32] = bytes(16)
    assert "heap of its texts reaches beyond" in refused(bytes(free), tmp_path)


def test_a_deeply_nested_header_is_told_as_what_it_is(tmp_path: Path) -> None:
    header = b'{"a":' * 9000 + b"1" + b"}" * 9000
    assert "nested more deeply" in refused(struct.pack("<Q", len(header)) + header, tmp_path)


def test_a_list_of_msgpack_that_claims_a_billion_entries_takes_no_memory(tmp_path: Path) -> None:
    claim = b"\x81\xa1a" + b"\xdd\xff\xff\xff\xff" * 50
    assert "cut off" in refused(claim, tmp_path)
    with pytest.raises(ValueError, match="nested"):
        msgpack.read(b"\x81\xa1a" + b"\x91" * 100)


def test_msgpack_reads_every_kind_of_value() -> None:
    data = (
        b"\x86\xa1a\x05\xa1b\xff\xa1c\xcb"
        + struct.pack(">d", 2.5)
        + b"\xa1d\xcd\x01\x00\xa1e\x92\xc3\xc0\xa1f\xc4\x02hi"
    )
    found = msgpack._Reader(memoryview(data)).value(0)
    assert found == {"a": 5, "b": -1, "c": 2.5, "d": 256, "e": {"0": True, "1": None}, "f": b"hi"}


def test_weights_in_a_second_file_are_read_from_beside_the_first_and_nowhere_else(tmp_path: Path) -> None:
    data = (FILES / "external.onnx").read_bytes()
    assert "external.onnx.data, beside it, and: No such file" in refused(data, tmp_path)
    secret = b"../secret/file.da"
    assert len(secret) == len(b"external.onnx.data") - 1
    moved = data.replace(b"external.onnx.data", secret + b"t")
    assert moved != data
    assert "is no file beside it" in refused(moved, tmp_path)


def test_a_message_is_taken_apart_by_number_and_type() -> None:
    message = protobuf.Message(
        memoryview(b"\x08\x96\x01\x12\x07testing\x1a\x03\x08\x96\x01\x22\x02\x05\x06\x28\xff" + b"\xff" * 8 + b"\x01")
    )
    assert (message.integer(1), message.text(2), message.integers(4), message.integer(5)) == (
        150,
        "testing",
        [5, 6],
        -1,
    )
    inner = message.message(3)
    assert inner is not None and inner.integer(1) == 150
    for damaged in (b"\x08", b"\x12\x07test", b"\x0b", b"\x08" + b"\xff" * 12):
        with pytest.raises(ValueError, match=r"it ends|begins no field|longer than 64"):
            protobuf.Message(memoryview(damaged))


def test_constants_that_would_become_larger_than_the_file_are_refused() -> None:
    def field(number: int, data: bytes) -> bytes:
        assert len(data) < 128
        return bytes([number << 3 | 2, len(data)]) + data

    tensor = field(8, b"a0") + bytes([1 << 3, 8, 1 << 3, 1]) + bytes([2 << 3, 11]) + field(9, bytes(64))
    nodes = b"".join(
        field(1, field(1, b"a%d" % at) * 2 + field(2, b"a%d" % (at + 1)) + field(4, b"Concat")) for at in range(40)
    )
    nodes += field(1, b"".join(field(1, one) for one in (b"x", b"a40", b"a40")) + field(2, b"y") + field(4, b"LSTM"))
    graph = nodes + field(5, tensor)
    whole = bytes([7 << 3 | 2]) + bytes([len(graph) & 0x7F | 0x80, len(graph) >> 7]) + graph
    with pytest.raises(ValueError, match="larger than the file itself"):
        onnx_files.read(b"\x08\x08" + whole, lambda name: b"")


# Mutations

WORKER = """
import resource, signal, sys
from pathlib import Path
import core, core.sources.formats
import h5py, numpy
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for line in sys.stdin:
    path = line.rstrip("\\n")
    signal.alarm(60)
    try:
        for candidate in core.open_checkpoint(path).candidates:
            try:
                candidate.network(layer=1, direction=None, activation=None)
            except ValueError:
                pass
        said = "read"
    except ValueError as error:
        said = "refused" if "\\n" not in str(error) and len(str(error)) < 1500 else f"two lines: {error!r}"
    except BaseException as error:
        said = f"{type(error).__name__}: {error!r}"
    print(said.replace("\\n", " "), flush=True)
"""
LIMIT = 2**30
"""Bytes of memory that the process that reads damaged files may have, what Python and NumPy take included. It is ended
where one takes a minute: a reader may go round in circles in a library, where no exception reaches it."""


class Reader:
    """A process with little memory that reads one file after another; a new one where a file ended it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def read(self, path: Path) -> str:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-c", WORKER, str(LIMIT)],
                cwd=ROOT,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().strip()
        if not said:
            status = self.process.wait()
            self.process = None
            return f"ended by {status}"
        return said

    def close(self) -> None:
        if self.process is not None:
            assert self.process.stdin is not None and self.process.stdout is not None
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()


@pytest.fixture(scope="module")
def reader() -> Reader:
    made = Reader()
    yield made
    made.close()


def mutated(data: bytes, draw: st.DrawFn) -> bytes:
    """The bytes of a file with a few of them changed, left out, doubled, or cut off."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(changed) - 1, 0)))
        kind = draw(st.sampled_from(["byte", "bytes", "cut", "left out", "doubled", "large", "bit"]))
        if kind == "cut" and draw(st.integers(0, 3)) == 0:
            del changed[at:]
        elif kind == "left out":
            del changed[at : at + draw(st.integers(1, 9))]
        elif kind == "doubled":
            changed[at:at] = changed[at : at + draw(st.integers(1, 40))]
        elif kind == "large":
            changed[at : at + 4] = draw(
                st.sampled_from([b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\0\0\0\0"])
            )
        elif kind == "bit" and changed:
            changed[min(at, len(changed) - 1)] ^= 1 << draw(st.integers(0, 7))
        elif changed:
            changed[at : at + 3 if kind == "bytes" else at + 1] = draw(st.binary(min_size=1, max_size=3))
    return bytes(changed)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file with changes; where it is an archive, mostly within an entry, whose checksum is made to fit again."""
    path = draw(st.sampled_from(BINARY))
    data = path.read_bytes()
    if data.startswith(b"PK") and draw(st.integers(0, 3)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        name = draw(st.sampled_from([*entries, *(one for one in entries if one.endswith(".pkl"))]))
        return path.name, zipped({**entries, name: mutated(entries[name], draw)})
    return path.name, mutated(data, draw)


def check(reader: Reader, tmp_path_factory: pytest.TempPathFactory, case: tuple[str, bytes]) -> None:
    name, data = case
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(data)
    assert reader.read(path) in ("read", "refused"), name


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(case=damaged())
@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
def test_a_damaged_file_ends_in_one_sentence(
    reader: Reader, tmp_path_factory: pytest.TempPathFactory, case: tuple[str, bytes]
) -> None:
    check(reader, tmp_path_factory, case)


@pytest.mark.slow
@given(case=damaged())
@settings(max_examples=600, deadline=None, suppress_health_check=QUIET)
def test_hundreds_of_damaged_files_end_in_one_sentence_each(
    reader: Reader, tmp_path_factory: pytest.TempPathFactory, case: tuple[str, bytes]
) -> None:
    check(reader, tmp_path_factory, case)


def test_the_process_that_reads_them_has_so_much_memory_and_no_more() -> None:
    program = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({LIMIT}, {LIMIT})); bytes({LIMIT})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "MemoryError" in done.stderr
    assert resource.RLIMIT_AS
