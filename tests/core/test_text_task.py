"""Character prediction reads the file that is named, counts its characters right, and says what is wrong with it."""

from __future__ import annotations

import math
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import core
from core.tasks import make_batch
from core.tasks.text import MOST_CHARACTERS, read_text

VERSE = "abba, cab bad; a cab… ñ\n" * 5


def named(path: Path, **settings: object) -> core.Experiment:
    return core.Experiment(task="text", text_file=str(path), **{"timesteps": 20, **settings})


@pytest.fixture
def verse(tmp_path: Path) -> Path:
    path = tmp_path / "verse.txt"
    path.write_text(VERSE, encoding="utf-8")
    return path


def test_a_batch_is_stretches_of_the_text_and_each_target_the_next_character(verse: Path) -> None:
    experiment = named(verse, batch_size=6)
    characters, batch = read_text(experiment).characters, make_batch(experiment)
    assert characters == "".join(sorted(set(VERSE)))
    assert core.input_size(experiment) == core.output_size(experiment) == len(set(VERSE))
    for b in range(6):
        read = "".join(characters[i] for i in np.argmax(batch.inputs[:, b], axis=-1))
        due = "".join(characters[i] for i in batch.targets[:, b])
        assert read + due[-1] in VERSE
        assert read[1:] == due[:-1]
    assert np.all(batch.inputs.sum(axis=-1) == 1)


def test_the_baseline_is_the_entropy_of_the_frequencies(verse: Path) -> None:
    counts, total = Counter(VERSE), len(VERSE)
    expected = -sum(n / total * math.log(n / total) for n in counts.values())
    (baseline,) = core.baselines(named(verse))
    assert baseline.value == pytest.approx(expected, rel=1e-12)


def test_a_file_that_changes_is_read_anew(verse: Path) -> None:
    before = core.input_size(named(verse))
    verse.write_text(VERSE + "xyz", encoding="utf-8")
    assert core.input_size(named(verse)) == before + 3


def test_line_ends_and_a_byte_order_mark_are_no_characters_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "windows.txt"
    path.write_bytes(b"\xef\xbb\xbf" + b"ab\r\n" * 20)
    assert read_text(named(path)).characters == "\nab"


def test_without_a_file_there_is_a_text_of_our_own() -> None:
    experiment = core.Experiment(task="text", timesteps=200)
    assert 20 < core.input_size(experiment) < 60
    assert core.baselines(experiment)[0].value < math.log(core.input_size(experiment))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is no file; give the path of a text file"),
        (b"", "is empty"),
        (b"caf\xe9 " * 20, "is not UTF-8 at byte 3"),
        (b"too short", r"has 9 characters, needed are timesteps \+ 1 = 21; lower timesteps or give a longer text"),
        (b"a" * 100, r"has 1 different characters, allowed are 2 … 256"),
        ("".join(map(chr, range(0x4E00, 0x4F20))).encode(), r"has 288 different characters, allowed are 2 … 256"),
    ],
    ids=["missing", "empty", "latin-1", "short", "one character", "too many"],
)
def test_a_file_that_cannot_serve_is_refused_by_name(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "mine.txt"
    if content is not None:
        path.write_bytes(content)
    experiment = named(path)
    for ask in (make_batch, core.make_network, core.input_size, core.baselines, core.run):
        with pytest.raises(ValueError, match=message) as caught:
            ask(experiment)
        assert "mine.txt" in str(caught.value)


def test_a_directory_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no file"):
        core.run(named(tmp_path))


def test_what_may_never_end_and_what_is_no_path_is_no_text(tmp_path: Path) -> None:
    pipe = tmp_path / "pi\x1bpe"
    os.mkfifo(pipe)
    for path, why in ((pipe, "not an ordinary file"), (Path("a\0b"), "not a file name")):
        with pytest.raises(ValueError, match=f"cannot be read: {why}; give the path of a text file") as caught:
            core.input_size(named(path))
        assert str(caught.value).isprintable()


def test_a_path_that_is_not_utf_8_is_not_said_to_be_too_long() -> None:
    with pytest.raises(core.InvalidSettingsError, match=r"'a\\udcff' was given, which cannot be written as UTF-8"):
        core.Experiment(text_file="a\udcff")


def test_an_exact_fit_is_long_enough(tmp_path: Path) -> None:
    path = tmp_path / "fit.txt"
    path.write_text("ab" * 10 + "a", encoding="utf-8")
    assert make_batch(named(path)).inputs.shape == (20, 1, 2)
    wide = tmp_path / "wide.txt"
    wide.write_text("".join(map(chr, range(0x4E00, 0x4E00 + MOST_CHARACTERS))), encoding="utf-8")
    assert core.input_size(named(wide)) == MOST_CHARACTERS
