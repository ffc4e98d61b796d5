"""Files of data as people have them: every one is read right, or refused in one sentence that says what to do."""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import struct
import sys
import time
import warnings
import wave
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pytest
from archives import encrypted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import core
from core.tasks.table import opening
from core.tasks.table.cells import looks_like_time, number_of


def table_of(folder: Path, content: str | bytes, name: str = "data.csv") -> core.Table:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return core.open_table(path)


def refusal(path: Path) -> str:
    """What is said of a file that is refused; empty where it is read."""
    try:
        core.open_table(path)
    except ValueError as error:
        return str(error)
    return ""


def kinds(table: core.Table) -> dict[str, str]:
    return {column.name: column.kind for column in table.columns}


def numbers(table: core.Table, name: str) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in table.column(name).numbers]


# Text with separators


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_separator_and_any_end_of_a_line(tmp_path: Path, separator: str, end: str) -> None:
    rows = [["a", "b", "c"], ["1", "2.5", "NW"], ["-3", "4e2", "SE"]]
    table = table_of(tmp_path, end.join(separator.join(row) for row in rows) + end)
    assert kinds(table) == {"a": "number", "b": "number", "c": "words"}
    assert numbers(table, "b") == [2.5, 400.0]
    assert [table.column("c").text(row) for row in range(2)] == ["NW", "SE"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a;b\n1,5;x\n-2,25;y\n1.234,5;z\n", [1.5, -2.25, 1234.5]),  # decimal commas, dots between thousands
        ('a,b\n"1,5",x\n"2,25",y\n', [1.5, 2.25]),
        ('a,b\n"1,234",x\n"2,345.5",y\n7,z\n', [1234.0, 2345.5, 7.0]),
        ("a;b\n1,234;x\n2;y\n", [1.234, 2.0]),
        ("a,b\n 1 ,x\n+2,y\n1e-3,z\n", [1.0, 2.0, 0.001]),
        ("a,b\n1,x\n,x\nNA,x\nNaN,x\nnull,x\nn/a,x\n-,x\n?,x\n2,x\n", [1.0, *[None] * 7, 2.0]),
        ("a,b\n1,x\ninf,x\n-Infinity,y\n1e999,x\n2,x\n", [1.0, None, None, None, 2.0]),
    ],
    ids=["decimal comma", "quoted decimal", "thousands", "few digits", "spaces", "gaps", "not finite"],
)
def test_numbers_as_people_write_them(tmp_path: Path, content: str, expected: list[float | None]) -> None:
    table = table_of(tmp_path, content)
    assert table.column("a").kind == "number"
    assert numbers(table, "a") == expected
    assert table.column("a").gaps == expected.count(None)


def test_a_number_that_stands_for_a_gap_is_one_and_that_is_said(tmp_path: Path) -> None:
    column = table_of(tmp_path, "a\n1\n-999\n3\n-999\n2.5\n").columns[0]
    assert column.gaps == 2
    assert column.notes == ("−999 is taken for a gap, 2 times",)
    cold = table_of(tmp_path, "a\n-1000\n-999\n-998\n", "cold.csv").columns[0]
    assert (cold.gaps, cold.notes) == (0, ())
    wide = table_of(tmp_path, "a\n-800\n-999\n900\n", "wide.csv").columns[0]
    assert wide.gaps == 0


def test_a_few_cells_that_are_no_numbers_are_gaps_and_that_is_said(tmp_path: Path) -> None:
    column = table_of(tmp_path, "a\n" + "1\n2\n" * 10 + "broken\n").columns[0]
    assert (column.kind, column.gaps) == ("number", 1)
    assert column.notes == ("1 cell is no number and taken for a gap, the first 'broken' in row 21",)
    half = table_of(tmp_path, "a\n" + "1\nx\n" * 10, "half.csv").columns[0]
    assert (half.kind, half.words) == ("words", ("1", "x"))


@pytest.mark.parametrize(
    "texts",
    [
        ["1949-01", "1949-02", "1949-03"],
        ["1-01", "1-02", "1-03"],
        ['"1981-01-01"', '"1981-01-02"', '"1981-01-03"'],
        ["31.12.1990", "01.01.1991", "02.01.1991"],
        ["2020-01-01 00:00", "2020-01-01 01:00", "2020-01-01 02:00"],
        ["2020-01-01T00:00:00Z", "2020-01-01T01:00:00Z", "2020-01-01T02:00:00Z"],
        ["Jan 1990", "Feb 1990", "Mar 1990"],
        ["00:00", "00:10", "00:20"],
        ["1990Q1", "1990Q2", "1990Q3"],
    ],
    ids=lambda texts: texts[0],
)
def test_dates_are_the_time_however_they_are_written(tmp_path: Path, texts: list[str]) -> None:
    table = table_of(tmp_path, "when,value\n" + "\n".join(f"{text},{i}.5" for i, text in enumerate(texts)))
    assert kinds(table) == {"when": "time", "value": "number"}
    assert table.column("when").text(0) == texts[0].strip('"')


def test_numbers_that_tell_the_time_are_known_by_name_or_because_they_count(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{2000 + i},{i % 12 + 1},{i * 7},{i}.5" for i in range(1, 30))
    table = table_of(tmp_path, f"No,year,month,sold,level\n{rows}")
    assert kinds(table) == {"No": "time", "year": "time", "month": "time", "sold": "number", "level": "number"}
    counted = table_of(tmp_path, "steps\n" + "\n".join(map(str, range(30))), "steps.csv")
    assert kinds(counted) == {"steps": "number"}


def test_what_stands_above_and_below_the_table_is_no_part_of_it(tmp_path: Path) -> None:
    table = table_of(
        tmp_path, "Exported by a machine\n# 2020\nwhen,v\n2001-01,1\n\n2001-02,2\n2001-03,3\n\nMonthly totals of v\n"
    )
    assert table.rows == 3
    assert table.notes == ("2 lines above the table left out", "1 line below the table left out")


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("1,2\n3,4\n5,6\n", ["column 1", "column 2"]),
        ("1.5\n2.5\n3.5\n", ["value"]),
        ("a,,a\n1,2,3\n4,5,6\n", ["a", "column 2", "a (2)"]),
        ("2010,b\n1,2\n3,4\n", ["2010", "b"]),
        ('"a, with a comma",b\n1,2\n3,4\n', ["a, with a comma", "b"]),
    ],
)
def test_columns_have_names_each_its_own(tmp_path: Path, content: str, names: list[str]) -> None:
    assert [column.name for column in table_of(tmp_path, content).columns] == names


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_and_compression(tmp_path: Path, encoding: str) -> None:
    content = "größe;wo\n1,5;Köln\n2,5;Bonn\n".encode(encoding)
    for name, data in (("a.csv", content), ("a.csv.gz", gzip.compress(content))):
        table = table_of(tmp_path, data, name)
        assert [column.name for column in table.columns] == ["größe", "wo"]
        assert table.column("wo").words == ("Bonn", "Köln")


def test_a_short_row_has_gaps_at_its_end(tmp_path: Path) -> None:
    table = table_of(tmp_path, "a,b\n1,2\n3\n5,6\n")
    assert numbers(table, "b") == [2.0, None, 6.0]


def test_a_file_that_changes_is_read_again_and_one_that_does_not_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n2\n")
    first = core.open_table(path)
    assert core.open_table(path) is first
    path.write_text("a\n1\n2\n3\n")
    again = core.open_table(path)
    assert again.rows == 3
    assert again.sha256 != first.sha256


def test_many_rows_go_through_in_pieces_as_few_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "when,a,b\n" + "\n".join(f"2001-01-01 {i:06},{i % 17}.5,{'NA' if i % 50 == 0 else i}" for i in range(900))
    whole = table_of(tmp_path, content)
    monkeypatch.setattr("core.tasks.table.delimited._CHUNK", 64)
    pieces = table_of(tmp_path, content, "again.csv")
    for one, other in zip(whole.columns, pieces.columns, strict=True):
        assert (one.kind, one.words) == (other.kind, other.words)
        assert np.array_equal(one.numbers, other.numbers, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "value"), [("1_000", None), ("١٢", 12.0), ("0x10", None), ("1,2,3", None), ("-1,5", -1.5), ("", None)]
)
def test_what_is_a_number(text: str, value: float | None) -> None:
    assert number_of(text, decimal_comma=True) == value


@pytest.mark.parametrize("text", ["3.5", "12", "1.234", "NW", "2.5.1.3.4", "", "-999", "a-b"])
def test_what_is_no_time(text: str) -> None:
    assert not looks_like_time(text)


# Arrays and sound


def test_arrays_are_columns_and_sequences(tmp_path: Path) -> None:
    values = np.arange(24.0)
    for shape, columns, bounds in (((24,), 1, (0, 24)), ((12, 2), 2, (0, 12)), ((2, 4, 3), 3, (0, 4, 8))):
        path = tmp_path / f"{len(shape)}.npy"
        np.save(path, values.reshape(shape))
        table = core.open_table(path)
        assert len(table.columns) == columns
        assert table.bounds == bounds
        together = np.stack([column.numbers for column in table.columns], axis=1)
        assert np.array_equal(together, values.reshape(-1, columns))


def test_named_arrays_are_named_columns_and_others_are_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    np.savez(path, level=np.arange(10), flow=np.ones((10, 2)), other=np.arange(3))
    table = core.open_table(path)
    assert [column.name for column in table.columns] == ["level", "flow 1", "flow 2"]
    assert table.notes == ("other (3,) left out: its rows are others",)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_sound_is_a_column_for_each_channel(tmp_path: Path, width: int, channels: int) -> None:
    wanted = np.array([0.0, 0.5, -0.5, -1.0])
    full = 2 ** (8 * width - 1)
    samples = [int(value * full) + (128 if width == 1 else 0) for value in wanted for _ in range(channels)]
    frames = b"".join(one.to_bytes(width, "little", signed=width > 1) for one in samples)
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(8000)
        sound.writeframes(frames)
    table = core.open_table(path)
    assert [column.name for column in table.columns] == (["sound"] if channels == 1 else ["left", "right"])
    assert np.array_equal(table.columns[-1].numbers, wanted)
    assert table.notes == ("8,000 samples a second",)


def test_without_the_reader_of_parquet_a_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + bytes(20) + b"PAR1")
    with pytest.raises(ValueError, match=r"needs DuckDB; install it with: pip install 'rnn-tui\[data\]'"):
        core.open_table(path)


def test_parquet_is_read_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    query = (
        "SELECT range AS a, DATE '2001-01-01' + range::INT AS day, if(range = 2, NULL, 'x' || range) AS w FROM range(4)"
    )
    duckdb.sql(query).write_parquet(str(path))
    table = core.open_table(path)
    assert kinds(table) == {"a": "number", "day": "time", "w": "words"}
    assert [column.gaps for column in table.columns] == [0, 0, 1]


# What cannot be read


def test_a_damaged_parquet_file_is_told_without_the_copy_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(50) + b"PAR1")
    with pytest.raises(ValueError, match=r"a\.parquet cannot be read as parquet \([^)]*\); write it again") as told:
        core.open_table(tmp_path / "a.parquet")
    assert "table.parquet" not in str(told.value)


def npy_header(shape: str, kind: str = "<f8") -> bytes:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()


def zipped(**members: bytes) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return found.getvalue()


OBJECTS = io.BytesIO()
np.save(OBJECTS, np.array([{}], dtype=object), allow_pickle=True)

BAD = {
    "empty": (b"", "is empty; give a file"),
    "blank": (b" \n\n", "is empty; give a file"),
    "a header only": (b"a,b\n", "has a header and no row below it"),
    "a gzip in a gzip": (
        gzip.compress(gzip.compress(b"a,b\n1,2\n")),
        "is compressed by gzip more than once; decompress it once",
    ),
    "an encrypted archive": (encrypted(zipped(a_npy=npy_header("(3,)") + bytes(24))), "is encrypted; decrypt it first"),
    "an encrypted spreadsheet": (
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500),
        "is an old or an encrypted Excel file; save the table as csv",
    ),
    "a number that begins as a pickle": ((0x4A80).to_bytes(8, "little") + b"{", "is no text and nothing else"),
    "zeros": (bytes(100), "is no text and nothing else that is known; give a csv"),
    "noise": (random.Random(1).randbytes(500), "is no text"),
    "an unclosed quotation mark": (
        b'a,b\n1,2\n3,"4\n5,6\n',
        "a quotation mark that is not closed, or text behind one, from line 3 on",
    ),
    "text behind a quotation mark": (b'a,b\n1,2\n3,"4"x\n5,6\n', "from line 3 on; close it"),
    "a row too long": (b"a,b\n1,2\n3,4\n5,6,7\n8,9\n", "has 3 cells in row 4, and 2 in most others"),
    "too many columns": (",".join(["a"] * 2000).encode() + b"\n", "has 2,000 columns, allowed are at most 1,000"),
    "a PDF": (b"%PDF-1.7 ...", "is a PDF; save the table as csv"),
    "an image": (b"\x89PNG\r\n\x1a\n", "is an image"),
    "a spreadsheet": (zipped(xl_workbook=b"x"), "is a zip archive without NumPy arrays, perhaps a spreadsheet"),
    "a pickle": (b"\x80\x04\x95", "is a Python pickle, which could run anything and is not opened"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
    "a cut gzip": (gzip.compress(b"a,b\n1,2\n" * 1000)[:-9], "is cut off: its compressed text does not end"),
    "a damaged gzip": (b"\x1f\x8b" + bytes(30), "is damaged: it cannot be decompressed"),
    "an array of objects": (OBJECTS.getvalue(), "give numbers"),
    "a huge promise": (npy_header("(10000000000000,)"), "is cut off: the array of shape (10000000000000,) needs"),
    "a nonsense header": (b"\x93NUMPY\x01\x00\x05\x00{{{{{", "its header is no NumPy header"),
    "no axis": (npy_header("()") + bytes(8), "holds the array of shape (); give (T,), (T, n) or (N, T, n)"),
    "four axes": (npy_header("(1, 1, 1, 1)") + bytes(8), "of shape (1, 1, 1, 1); give (T,)"),
    "nothing in it": (npy_header("(0,)"), "of shape (0,)"),
    "complex numbers": (npy_header("(1,)", "<c16") + bytes(16), "of type complex128; give numbers"),
    "a cut zip": (zipped(a_npy=npy_header("(3,)") + bytes(24))[:-30], "cannot be read as .npz"),
    "a cut member": (zipped(a_npy=npy_header("(3,)") + bytes(5)), "is cut off: the array a of shape (3,)"),
    "a cut sound": (b"RIFF\x24\x00\x00\x00WAVEfmt ", "cannot be read as sound"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_refused_in_a_sentence_with_what_to_do(tmp_path: Path, name: str) -> None:
    content, said = BAD[name]
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    message = refusal(path)
    assert str(path) in message
    assert said in message
    assert "\n" not in message


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path, "is a folder"),
        (tmp_path / "none.csv", "is no file"),
        ("/dev/zero", "cannot be read"),
    ):
        with pytest.raises(ValueError, match=said):
            core.open_table(path)


def test_numbers_whose_differences_are_beyond_float64_are_read_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "far.csv").write_text("x\n" + "1e308\n-1e308\n" * 20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (column,) = core.open_table(tmp_path / "far.csv").columns
    assert column.kind == "number"
    assert column.numbers.max() == 1e308


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MOST_BYTES", 100_000)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"1,2\n" * 1_000_000))
    with pytest.raises(ValueError, match="holds more than 100,000 bytes once decompressed"):
        core.open_table(tmp_path / "bomb.csv.gz")


def test_many_large_arrays_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.tasks.table.arrays.MOST_ARRAY_BYTES", 10_000)
    path = tmp_path / "many.npz"
    np.savez_compressed(path, **{f"a{i}": np.zeros(500) for i in range(3)})
    assert "has arrays of more than 10,000 bytes; save a part of them" in refusal(path)


SEEDS = (
    b'when;a;b\n2001-01;1,5;NW\n"2001-02";NA;"SE"\n2001-03;-999;NW\n',
    b"a,b\n1,2\n3,4\n5,6\n",
    gzip.compress(b"a\tb\n1\t2\n3\t4\n"),
    npy_header("(2, 3)") + bytes(48),
    zipped(a_npy=npy_header("(3,)") + bytes(24)),
    b"RIFF\x2c\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00"
    b"\x02\x00\x10\x00data\x08\x00\x00\x00" + bytes(8),
)


def mutated(seed: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, new in edits:
        at = place % (len(seed) + 1)
        seed = seed[:at] + new + seed[at + length :]
    return seed


EDITS = st.lists(st.tuples(st.integers(0, 999), st.integers(0, 9), st.binary(max_size=4)), max_size=6)


def read_or_refused(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    said = refusal(path)
    if said:
        assert str(path) in said
        assert "\n" not in said
        return
    table = core.open_table(path)
    assert table.rows > 0
    assert all(len(column.numbers) == table.rows for column in table.columns)
    assert not any(np.isinf(column.numbers).any() for column in table.columns)
    table.preview()
    with contextlib.suppress(ValueError):  # there may be nothing to predict in it
        assert np.isfinite(table.batch(window=2).inputs).all()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.sampled_from(SEEDS), edits=EDITS)
def test_a_file_with_some_bytes_changed_is_read_or_refused(tmp_path: Path, seed: bytes, edits: list) -> None:  # type: ignore[type-arg]
    read_or_refused(mutated(seed, edits), tmp_path / f"{time.monotonic_ns()}.csv")


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.sampled_from(SEEDS), edits=EDITS)
def test_a_thousand_changed_files_are_read_or_refused(tmp_path: Path, seed: bytes, edits: list) -> None:  # type: ignore[type-arg]
    read_or_refused(mutated(seed, edits), tmp_path / f"{time.monotonic_ns()}.csv")
