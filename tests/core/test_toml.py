"""An experiment saved is the experiment loaded, for any settings; a file that is wrong is refused by name.

Exact equality: TOML keeps every bit of a float64.
"""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import core
from core.settings import experiment as experiments
from core.settings import files
from core.sources.figures import read_settings

SMALL = {"timesteps": 5000, "batch_size": 64, "hidden_size": 128}
"""Limits that together stay within the most numbers a run may record."""


def values(setting: core.Setting) -> st.SearchStrategy[object]:
    if setting.kind == "choice":
        return st.sampled_from(setting.choices)
    if setting.kind == "integer":
        return st.integers(int(setting.low), SMALL.get(setting.name, int(setting.high)))
    if setting.kind == "text":
        return st.text(max_size=50)
    return st.floats(setting.low, setting.high)


EXPERIMENTS = st.fixed_dictionaries({}, optional={name: values(s) for name, s in core.settings().items()})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given=EXPERIMENTS)
def test_any_experiment_survives_saving_and_loading(given: dict[str, object], tmp_path: Path) -> None:
    try:
        experiment = core.Experiment(**given)
    except core.InvalidSettingsError as error:
        assume(set(error.problems) != {"size"})  # each is allowed, all of them together are not
        raise
    path = tmp_path / "experiment.toml"
    experiment.save(path)
    assert core.Experiment.load(path) == experiment
    assert core.Experiment.load(str(path)).model_dump() == experiment.model_dump()


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_settings_that_a_file_does_not_name_keep_their_defaults(tmp_path: Path) -> None:
    assert core.Experiment.load(written(tmp_path, "gain = 2\n")) == core.Experiment(gain=2.0)
    assert core.Experiment.load(written(tmp_path, "")) == core.Experiment()


def test_a_file_may_say_what_it_is_about(tmp_path: Path) -> None:
    text = 'seed = 4\n[about]\ntitle = "Mine"\nlook_for = "The slope."\n'
    assert core.Experiment.load(written(tmp_path, text)) == core.Experiment(seed=4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gian = 1.0", r"gian: is not a setting; the settings are cell, hidden_size"),
        ("self = 1", r"self: is not a setting; the settings are cell, hidden_size"),
        ("gain = -1.0", r"gain: -1\.0 was given, allowed is 0 … 1000000"),
        ("gain = nan", r"gain: nan was given, allowed is 0 … 1000000"),
        ("gain = inf", r"gain: inf was given, allowed is 0 … 1000000"),
        ("gain = true", r"gain: True was given, allowed is 0 … 1000000"),
        ("gain = []", r"gain: \[\] was given, allowed is 0 … 1000000"),
        ("gain = 1979-05-27", r"gain: 1979-05-27 was given, allowed is 0 … 1000000"),
        ('activation = "selu"', r"activation: 'selu' was given, allowed is tanh, relu"),
        ("hidden_size = 1.5", r"hidden_size: 1\.5 was given, allowed is a whole number 1 … 1024"),
        ("[network]\ngain = 1.0", r"network: is not a setting"),
        ("timesteps = 5000\nbatch_size = 1000", r"size: timesteps × batch_size × hidden_size is 80,000,000"),
        ("gain = ", r"not valid TOML"),
        ("gain = 1\ngain = 2", r"not valid TOML"),
        ("about = 3", r"about must be a table of texts"),
        ("[about]\ntitle = 3", r"about must be a table of texts"),
        (b"\xff\xfe\x00", r"not a text file in UTF-8"),
        ("seed = " + "9" * 5000, r"not valid TOML|seed: "),
        ("seed = 0x" + "f" * 6000, r"seed: an integer of thousands of digits was given, allowed is a whole number"),
        ("gain = [0x" + "f" * 6000 + "]", r"gain: an integer of thousands of digits was given, allowed is 0"),
        ('activation = "' + "x" * 5000 + '"', r"activation: 'x{78}…x{79}' \(5,002 characters\) was given"),
        ("gain = " + "[" * 100_000, r"not valid TOML"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_wrong_file_is_refused_with_its_name_and_the_reason(tmp_path: Path, text: str | bytes, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=message) as caught:
        core.Experiment.load(path)
    assert str(path) in str(caught.value)


def test_a_byte_order_mark_is_not_part_of_a_file(tmp_path: Path) -> None:
    assert core.Experiment.load(written(tmp_path, b"\xef\xbb\xbfgain = 2.0\r\n")) == core.Experiment(gain=2.0)


def test_what_may_never_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    for path, read in product((pipe, Path("/dev/zero")), (core.Experiment.load, read_settings)):
        with pytest.raises(ValueError, match=f"{path}: cannot be read: not an ordinary file; give the path of a TOML"):
            read(path)
    monkeypatch.setattr(experiments, "MOST_BYTES", 20)
    assert core.Experiment.load(written(tmp_path, "gain = 2.0\nseed = 1\n")).seed == 1
    with pytest.raises(ValueError, match="cannot be read: longer than the 20 bytes that are allowed"):
        core.Experiment.load(written(tmp_path, "gain = 2.0\nseed = 12\n"))


def test_a_file_that_grows_while_it_is_read_is_read_to_the_limit_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setattr(files, "ordinary_file", lambda *_: path.write_bytes(b"x" * 21))
    with pytest.raises(OSError, match="longer than the 20 bytes"):
        files.read_text(path, 20)


@pytest.mark.parametrize("text", ["gian = 1", "gain = ", "about = 3", b"\xff", None])
def test_no_message_holds_a_character_of_a_path_that_a_terminal_would_obey(
    text: str | bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "a\x1b[31m.toml"
    if text is not None:
        written(tmp_path, text).rename(path)
    with pytest.raises(ValueError, match=r"a\\x1b\[31m\.toml'") as caught:
        core.Experiment.load(path)
    assert str(caught.value).isprintable()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    with pytest.raises(ValueError, match=r"none\.toml: cannot be read: .*; give the path of a TOML file"):
        core.Experiment.load(missing)


def test_a_directory_is_no_experiment(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        core.Experiment.load(tmp_path)


def test_a_preset_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match=r"'nope' was given, allowed is sunspots") as caught:
        core.preset("nope")
    assert all(name in str(caught.value) for name in core.presets())


def test_every_preset_says_what_it_is_and_what_to_look_for() -> None:
    assert next(iter(core.presets())) == "sunspots"
    for name, preset in core.presets().items():
        assert core.preset(name) == preset.experiment
        assert preset.title
        assert preset.look_for
    assert core.preset("sunspots") == core.Experiment()
