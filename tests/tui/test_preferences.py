"""Preferences come back as they were saved, and no state of the disk keeps the program from starting."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tui.explorer.session import preferences
from tui.explorer.session.preferences import Preferences
from tui.report import atomic_files as files

OTHERS = Preferences(theme="nord", curve="summed", speed=20, as_table=True, toured=False)


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """The preferences' file, in a configuration folder that is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "rnn-tui" / "preferences.toml"


def written(place: Path, text: str | bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text if isinstance(text, bytes) else text.encode())


def test_they_stand_in_the_users_configuration_folder(place):
    assert preferences.path() == place


def test_a_first_run_has_the_defaults_no_tour_so_far_and_nothing_to_warn_of(place):
    assert preferences.load() == (Preferences(toured=False), None)
    assert not place.parent.exists()


@pytest.mark.parametrize("saved", [Preferences(), OTHERS, Preferences(theme='"#\n\\')])
def test_what_is_saved_is_what_is_loaded(saved, place):
    assert preferences.save(saved) is None
    assert preferences.load() == (saved, None)


def test_saving_replaces_what_was_saved_before(place):
    for saved in (OTHERS, Preferences()):
        assert preferences.save(saved) is None
    assert preferences.load() == (Preferences(), None)
    assert [entry.name for entry in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize(
    "text",
    ["theme = ", "theme = nord", "[[[", b"\xff\xfe", b"\0", "theme = 'a'\ntheme = 'b'", "a = " + "[" * 100_000],
    ids=["cut off", "unquoted", "brackets", "encoding", "nul", "twice", "deep"],
)
def test_a_broken_file_gives_the_defaults_and_says_so(text, place):
    written(place, text)
    found, warning = preferences.load()
    assert found == Preferences()
    assert warning is not None
    assert str(place) in warning
    assert "not valid TOML" in warning
    assert warning.isprintable()


def test_a_value_that_is_not_allowed_gives_its_own_default_alone(place):
    for line, told in {
        "theme = 3": "theme must be a theme's name in quotes",
        "curve = 'round'": "curve must be typical or summed",
        "curve = ['summed']": "curve must be typical or summed",
        "speed = 0": "speed must be a whole number 1 … 1000",
        "speed = 5.0": "speed must be a whole number",
        "speed = true": "speed must be a whole number",
        "as_table = 1": "as_table must be true or false",
        "toured = 'no'": "toured must be true or false",
    }.items():
        name = line.split()[0]
        written(place, f"{line}\n" + ("" if name == "theme" else "theme = 'nord'\n"))
        found, warning = preferences.load()
        assert found == Preferences(theme="" if name == "theme" else "nord")
        assert warning is not None
        assert told in warning


def test_keys_of_a_newer_version_are_passed_over(place):
    written(place, "theme = 'nord'\nwarp = 9\n[nested]\ntheme = 'x'\n")
    assert preferences.load() == (Preferences(theme="nord"), None)


def test_a_file_that_cannot_be_read_gives_the_defaults_and_says_so(place):
    place.mkdir(parents=True)
    found, warning = preferences.load()
    assert found == Preferences()
    assert warning is not None
    assert "cannot be read" in warning


def test_what_may_never_end_is_not_read(place, monkeypatch):
    place.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(place)
    found, warning = preferences.load()
    assert found == Preferences()
    assert warning is not None and "cannot be read: not an ordinary file; using the defaults" in warning
    place.unlink()
    monkeypatch.setattr(preferences, "MOST_BYTES", 20)
    written(place, "theme = 'nord' # and more\n")
    found, warning = preferences.load()
    assert found == Preferences()
    assert warning is not None and "longer than the 20 bytes that are allowed" in warning


def test_a_byte_order_mark_is_not_part_of_the_file(place):
    written(place, "\ufefftheme = 'nord'\n")
    assert preferences.load() == (Preferences(theme="nord"), None)


def test_a_configuration_folder_that_is_none_is_told_and_no_more(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    found, warning = preferences.load()
    assert found == Preferences()
    assert warning is not None
    problem = preferences.save(OTHERS)
    assert problem is not None
    assert problem.startswith("preferences not saved: ")
    assert problem.isprintable()


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_place_that_takes_nothing_is_told_and_keeps_what_it_has(number, place, monkeypatch):
    assert preferences.save(OTHERS) is None

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files, "open", refuse, raising=False)
    problem = preferences.save(Preferences())
    assert problem is not None
    assert problem.startswith("preferences not saved: ")
    assert preferences.load() == (OTHERS, None)
