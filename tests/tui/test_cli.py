"""The command line: the right command with the right experiment, one line for bad input, exact exit statuses.

Most tests call `main` in this process; what only a process has (its exit status, a terminal, a reader that goes
away, an interrupt) is tested in one of its own.
"""

import contextlib
import errno
import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import core
import tui
from core import Experiment
from core.settings import files
from tui import cli
from tui.cli import terminal
from tui.report.words.verdict import headline

RUN = "import sys; from tui.cli import main; sys.exit(main())"


def out_of(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    captured = capsys.readouterr()
    return captured.out, captured.err


@pytest.fixture
def explored(monkeypatch: pytest.MonkeyPatch) -> list[Experiment]:
    """The experiments that an explorer was opened on, in a terminal that is not there."""
    opened: list[Experiment] = []

    class Explorer:
        def __init__(self, experiment: Experiment, *, given: object, **_: object) -> None:
            opened.append(experiment)

        def explore(self) -> int:
            return 0

    monkeypatch.setitem(sys.modules, "tui.explorer.app", SimpleNamespace(RnnApp=Explorer))
    monkeypatch.setattr(terminal, "missing_terminal", lambda: "")
    return opened


def reported(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert cli.main(["report", "--json", *arguments]) == 0
    out, err = out_of(capsys)
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    return found


def refused(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that bad input ends in."""
    assert cli.main(arguments) == 2
    out, err = out_of(capsys)
    assert out == ""
    assert err.startswith("rnn-tui: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err.removeprefix("rnn-tui: ").rstrip("\n")


# Which experiment


def test_without_arguments_the_explorer_opens_on_its_own_default(explored: list[Experiment | None]) -> None:
    assert cli.main([]) == 0
    assert explored == [None]


def test_flags_set_what_they_are_named_for(explored: list[Experiment]) -> None:
    assert cli.main(["--hidden-size", "32", "--gain=1.3", "--activation", "relu", "--bias", "-1e-1"]) == 0
    assert explored == [Experiment(hidden_size=32, gain=1.3, activation="relu", bias=-0.1)]


def flag_of(setting: core.Setting) -> list[str]:
    """A flag with a value that is allowed and not the default."""
    value = setting.choices[-1] if setting.choices else f"{min(int(setting.low) + 3, setting.high):g}"
    if setting.kind == "text":
        value = __file__  # there is such a text
    return [f"--{setting.name.replace('_', '-')}", value]


@pytest.mark.parametrize("setting", core.settings().values(), ids=core.settings())
def test_every_setting_has_a_flag(setting: core.Setting, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [*flag_of(setting), "--task", "text" if setting.kind == "text" else "noise"]
    if setting.name == "task":
        del arguments[2:]
    wanted = Experiment(**{"task": arguments[-1], setting.name: arguments[1]})
    small = ["--timesteps", "6"] if setting.name != "timesteps" else []
    assert cli.main(["report", "--json", *arguments, *small]) == 0
    out, err = out_of(capsys)
    assert json.loads(out)["experiment"][setting.name] == getattr(wanted, setting.name)
    assert bool(err) == (setting.hint.trains or not setting.matters(wanted))


def test_the_explorer_has_every_flag(explored: list[Experiment]) -> None:
    flags = dict(flag_of(setting) for setting in core.settings().values()) | {"--task": "noise"}
    assert cli.main([part for flag in flags.items() for part in flag]) == 0
    assert explored == [Experiment(**{flag[2:].replace("-", "_"): value for flag, value in flags.items()})]


def test_the_explorer_hands_on_its_exit_status(explored: list[Experiment], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["tui.explorer.app"].RnnApp, "explore", lambda app: 7)
    assert cli.main([]) == 7


def test_a_preset_is_the_start_and_flags_lie_on_top(explored: list[Experiment]) -> None:
    cli.main(["--preset", "vanishing"])
    cli.main(["--preset", "vanishing", "--gain", "0.7"])
    assert explored == [core.preset("vanishing"), core.preset("vanishing").replace(gain=0.7)]


def test_a_file_is_the_start_and_flags_lie_on_top(explored: list[Experiment], tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    saved = Experiment(hidden_size=5, seed=3)
    saved.save(path)
    cli.main(["--experiment", str(path)])
    cli.main(["--seed", "4", "--experiment", str(path)])
    assert explored == [saved, saved.replace(seed=4)]


# The report


def test_report_prints_the_sentence_the_table_and_the_chart(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", "--gain", "0.8"]) == 0
    out, err = out_of(capsys)
    assert headline(core.run(Experiment(gain=0.8))) in " ".join(out.split())
    assert "lag 0" in out
    assert "lag k" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert err == ""


def test_report_introduces_a_preset_and_only_as_long_as_it_is_that_preset(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["report", "--preset", "one-step"]) == 0
    assert "Look for: With T = 1" in out_of(capsys)[0]
    assert cli.main(["report", "--preset", "one-step", "--timesteps", "2"]) == 0
    assert "Look for" not in out_of(capsys)[0]


def test_report_introduces_a_file_by_its_own_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('gain = 0.2\n[about]\ntitle = "My own"\nlook_for = "Something."\n', encoding="utf-8")
    assert cli.main(["report", "--experiment", str(path)]) == 0
    assert out_of(capsys)[0].startswith("My own\n")


def test_json_is_one_object_on_one_line_without_nan(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", "--json", "--bias", "30"]) == 0
    out, err = out_of(capsys)
    assert out.count("\n") == 1
    assert not re.search(r"NaN|Infinity", out)
    assert json.loads(out)["experiment"]["bias"] == 30
    assert err == ""


def test_without_a_terminal_the_report_is_printed_and_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--gain", "0.8"]) == 0
    out, err = out_of(capsys)
    assert "gradient of W_aa VANISHES" in out
    assert re.fullmatch(
        r"rnn-tui: standard \w+ is no terminal, so this is the report; run rnn-tui in a terminal .*\n", err
    )


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_a_terminal_is_missing_if_one_of_the_three_streams_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, stream, Terminal())
    assert terminal.missing_terminal() == ""
    monkeypatch.setattr(sys, name, io.StringIO())
    missing = {"stdin": "input", "stdout": "output", "stderr": "error"}[name]
    assert terminal.missing_terminal() == f"standard {missing} is no terminal"


def test_a_dumb_terminal_cannot_show_the_explorer(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, stream, Terminal())
    monkeypatch.setenv("TERM", "dumb")
    assert terminal.missing_terminal() == "TERM is dumb"


@pytest.mark.parametrize(
    ("environment", "colored"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_color_is_for_terminals_that_want_it(
    environment: dict[str, str], colored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (terminal.palette(Terminal()) is not None) == colored
    assert terminal.palette(io.StringIO()) is None


def test_a_terminal_that_says_it_is_light_gets_darker_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORFGBG", "0;15")
    light = terminal.palette(Terminal())
    monkeypatch.setenv("COLORFGBG", "15;0")
    dark = terminal.palette(Terminal())
    assert light is not None
    assert dark is not None
    assert not light.dark
    assert dark.dark


def test_progress_is_written_no_more_than_ten_times_a_second_and_taken_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now)
    stream = Terminal()
    meter = terminal.Meter(stream)
    assert meter.shown
    for now in (100.1, 100.4, 100.55, 100.6, 100.7):
        meter(int(now * 100), 20000)
    meter.clear()
    assert stream.getvalue() == "\rlag 10055 of 20000\rlag 10070 of 20000\r\x1b[K"
    quick = Terminal()
    terminal.Meter(quick).clear()
    assert quick.getvalue() == ""
    assert not terminal.Meter(io.StringIO()).shown


# Help


def test_help_lists_every_flag_with_its_label_range_and_default(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["-h"], ["report", "--help"]):
        assert cli.main(arguments) == 0
        out, err = out_of(capsys)
        text = " ".join(re.sub(r"[│╭╮╰╯─]", " ", out).split())
        for setting in core.settings().values():
            assert f"--{setting.name.replace('_', '-')}" in text
            assert setting.label in text
            assert setting.allowed.removeprefix("a whole number ") in text.replace("- ", "-")
            assert f"[default: {str(setting.default) or 'none'}]" in text
        for name in core.presets():
            assert name in text
        assert err == ""
        assert "\x1b" not in out


def test_only_report_offers_json(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["report", "--help"])
    assert "--json" in out_of(capsys)[0]
    cli.main(["--help"])
    assert "--json" not in out_of(capsys)[0]


@pytest.mark.parametrize("arguments", [["--version"], ["report", "--version"]])
def test_version_names_the_program(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 0
    assert re.fullmatch(r"rnn-tui\W.*\n", out_of(capsys)[0])


# Bad input


BAD: list[tuple[list[str], str]] = [
    (["--gain", "-1"], "gain: '-1' was given, allowed is 0 … 1000000"),
    (["--gain", "much"], "gain: 'much' was given, allowed is 0 … 1000000"),
    (["--gain", "nan"], "gain: 'nan' was given, allowed is 0 … 1000000"),
    (["--gain", ""], "gain: '' was given, allowed is 0 … 1000000"),
    (["--gain"], "gain: no value was given, allowed is 0 … 1000000"),
    (["--hidden-size", "1.5"], "hidden_size: '1.5' was given, allowed is a whole number 1 … 1024"),
    (["--activation", "sin"], "activation: 'sin' was given, allowed is tanh, relu, sigmoid, identity"),
    (
        ["--gain", "x", "--timesteps", "0"],
        "gain: 'x' was given, allowed is 0 … 1000000; timesteps: '0' was given, allowed is a whole number 1 … 5000",
    ),
    (["--preset", "vanish"], r"preset: 'vanish' was given, allowed is sunspots, .*"),
    (["--preset", "sigmoid", "--experiment", "x.toml"], "--preset and --experiment were both given; .*"),
    (["--pdf", "x"], r"Unknown option: --pdf\. \(rnn-tui --help .*\)"),
    (["--experiment", ""], "--experiment: no file was named; give the path of a TOML file"),
    (["--experiment", "~nosuch/x"], "~nosuch/x: no such user's folder; write the whole path"),
    (
        ["--text-file", "a\udcff"],
        r"text_file: 'a\\udcff' was given, which cannot be written as UTF-8, allowed is .*",
    ),
    (["--gian", "2"], r"Unknown option: --gian\. Did you mean --gain\? \(rnn-tui --help .*\)"),
    (["--gain", "1", "--gain", "2"], r".*--gain.*multiple times.*"),
    (["--batch-size", "1000", "--timesteps", "5000", "--hidden-size", "1000"], "size: .* lower one of the three"),
]
"""What is wrong, and what is said of it"""


@pytest.mark.parametrize(
    ("command", "arguments", "line"),
    [
        *((["report"], *bad) for bad in BAD),
        # Every command has its options from the same function.
        *((command, *bad) for command in ([], ["report", "--json"]) for bad in (BAD[0], BAD[4], BAD[7], *BAD[-3:])),
    ],
)
def test_bad_input_is_one_line_naming_what_was_given_and_what_is_allowed(
    command: list[str], arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused([*command, *arguments], capsys)
    if "\\" in line or ".*" in line:
        assert re.fullmatch(line, said)
    else:
        assert said == line


def test_a_word_that_is_no_command_is_named_and_what_follows_report_is_a_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert re.fullmatch("'reprot' is neither a command nor an option, and no file; .*", refused(["reprot"], capsys))
    assert refused(["report", "reprot"], capsys).startswith("reprot is no file; give the path of a network (.pt")
    assert "is neither a command nor an option" in refused(["report", "one", "two"], capsys)


def test_flags_before_the_command_are_told_to_come_after(capsys: pytest.CaptureFixture[str]) -> None:
    assert "report must come first" in refused(["--gain", "2", "report"], capsys)
    assert "rnn-tui report --json" in refused(["--json"], capsys)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("gain = ", r"{path}: not valid TOML: .*"),
        ("gian = 2", r"{path}: gian: is not a setting; the settings are cell, .*"),
        ("gain = -2", r"{path}: gain: -2 was given, allowed is 0 … 1000000"),
        ('hidden_size = "many"', r"{path}: hidden_size: 'many' was given, allowed is a whole number 1 … 1024"),
        ("gain = [1]", r"{path}: gain: \[1\] was given, allowed is 0 … 1000000"),
        ("about = 3", r"{path}: about must be a table of texts"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong_in_it(
    text: str, line: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    for command in ([], ["report"]):
        said = refused([*command, "--experiment", str(path)], capsys)
        assert re.fullmatch(line.replace("{path}", re.escape(str(path))), said)


def test_files_that_cannot_be_read_are_named_with_the_reason(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "missing.toml"
    assert refused(["--experiment", str(missing)], capsys) == (
        f"{missing}: cannot be read: No such file or directory; give the path of a TOML file"
    )
    assert "Is a directory" in refused(["--experiment", str(tmp_path)], capsys)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "not a text file in UTF-8" in refused(["--experiment", str(binary)], capsys)


def test_a_file_that_may_not_be_read_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not by its mode: the superuser, whom containers run tests as, may read it all the same.
    def forbidden(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "mine.toml").touch()
    monkeypatch.setattr(files, "open", forbidden, raising=False)
    assert "cannot be read: Permission denied" in refused(["--experiment", str(tmp_path / "mine.toml")], capsys)


def test_a_name_with_control_characters_still_makes_one_harmless_line(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(["--experiment", "two\nlines\x1b[31m"], capsys)
    assert "\x1b" not in said


def test_a_network_that_overflows_at_once_is_bad_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflow(*_: object, **__: object) -> None:
        raise ValueError("the first step already leaves float64; lower the gains, the bias or the inputs")

    monkeypatch.setattr("core.trace.run", overflow)
    assert "the first step already leaves float64" in refused(["report"], capsys)


# What ends a run


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
        (MemoryError(), 1, "rnn-tui: not enough memory; lower timesteps, batch_size or hidden_size\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "rnn-tui: No space left on device\n"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "a\x1b"), 1, "rnn-tui: a?: File name too long\n"),
    ],
)
def test_what_ends_a_run_has_its_exit_status_and_no_traceback(
    error: BaseException,
    status: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli, "_trace", fail)
    monkeypatch.setattr(terminal, "drop_output", lambda: None)
    assert cli.main(["report"]) == status
    assert out_of(capsys) == ("", said)


# In a process of its own


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLORTERM", "COLORFGBG")}
    return kept | {"PYTHONPATH": str(Path(tui.__file__).parents[1]), "TERM": "xterm-256color"} | changes


def process(*arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        stdin=subprocess.DEVNULL,
        check=False,
        **options,
    )


def in_terminal(
    *arguments: str, columns: int = 80, ending: Callable[[bytes], bool] | None = None, **changes: str
) -> tuple[str, int]:
    """What a run prints in a terminal of its own, and its exit status."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(**changes),
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as screen:  # Linux ends with EIO
        while chunk := screen.read(65536):
            seen += chunk
            if ending is not None and ending(seen):
                child.send_signal(signal.SIGINT)
                ending = None
    return seen.decode().replace("\r\n", "\n"), child.wait()


def test_a_pipe_gets_plain_text_and_status_0() -> None:
    done = process("report", "--timesteps", "12")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert done.stdout.startswith("vanilla RNN · tanh · 16 units · sunspots, 12 steps\n")
    assert done.stderr == ""


def test_without_a_terminal_the_program_reports_on_stdout_and_says_so_on_stderr() -> None:
    done = process("--timesteps", "12")
    assert done.returncode == 0
    assert "sunspots, 12 steps" in done.stdout
    assert done.stderr.count("\n") == 1
    assert "run rnn-tui in a terminal for the explorer" in done.stderr


def test_a_terminal_gets_as_many_colors_as_it_has_and_its_own_width() -> None:
    for columns, colors in ((80, {}), (160, {"COLORTERM": "truecolor"})):
        text, status = in_terminal("report", "--timesteps", "12", columns=columns, **colors)
        assert status == 0
        assert ("\x1b[38;2;213;94;0m" in text) == bool(colors)
        assert ("\x1b[38;2;" in text) == bool(colors)
        assert ("\x1b[38;5;" in text) == (not colors)
        plain = re.sub(r"\x1b\[[0-9;]*[mK]|.*\r", "", text)
        widest = max(map(len, plain.splitlines()))
        assert columns - 2 <= widest <= columns


@pytest.mark.parametrize(
    ("change", "arguments"), [({"NO_COLOR": "1"}, ["report", "--timesteps", "12"]), ({"TERM": "dumb"}, ["--help"])]
)
def test_a_terminal_that_wants_no_color_gets_none(change: dict[str, str], arguments: list[str]) -> None:
    text, status = in_terminal(*arguments, **change)
    assert status == 0
    assert "\x1b" not in re.sub(r"\rlag \d+ of \d+|\r\x1b\[K", "", text)


def test_an_interrupt_ends_a_long_run_with_status_130_and_no_traceback() -> None:
    text, status = in_terminal(
        "report", "--timesteps", "2500", "--hidden-size", "64", ending=lambda seen: b"lag " in seen
    )
    assert status == 130
    assert "Traceback" not in text
    assert "KeyboardInterrupt" not in text


@pytest.mark.parametrize(
    "arguments",
    [["report", "--timesteps", "12"], pytest.param(["report", "--json"], marks=pytest.mark.slow), ["--help"]],
)
def test_a_reader_that_goes_away_is_no_error_to_tell(arguments: list[str]) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    with child.stderr:
        assert child.stderr.read() == b""
    assert child.wait() == 141


def test_a_full_disk_is_told_in_one_line(tmp_path: Path) -> None:
    # A file that may not grow stands for a disk that is full.
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); {RUN}"
    with (tmp_path / "report.txt").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-B", "-c", limited, "report", "--timesteps", "5"],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=environment(),
            stdin=subprocess.DEVNULL,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "rnn-tui: File too large\n")


def test_a_narrow_encoding_loses_characters_and_nothing_else() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, "report", "--timesteps", "5"],
        capture_output=True,
        encoding="ascii",
        env=environment(PYTHONIOENCODING="ascii"),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "lag 0" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--help"], 0, ""),
        (["--version"], 0, ""),
        (["--gain", "-1"], 2, "rnn-tui: gain: '-1' was given, allowed is 0 … 1000000\n"),
    ],
)
def test_short_answers_wait_for_no_screen_and_no_chart(arguments: list[str], status: int, said: str) -> None:
    program = (
        "import sys; from tui.cli import main; status = main(); "
        "print(*sorted({name.partition('.')[0] for name in sys.modules} & {'textual', 'plotext', 'numpy'})); "
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    *answer, imported = done.stdout.splitlines()
    assert (done.returncode, done.stderr, bool(answer)) == (status, said, status == 0)
    assert set(imported.split()) <= ({"numpy"} if arguments != ["--version"] else set())


def test_report_writes_csv_and_npz_and_replaces_neither_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv, npz = tmp_path / "profile.csv", tmp_path / "arrays.npz"
    assert cli.main(["report", "--timesteps", "6", "--csv", str(csv), "--npz", str(npz)]) == 0
    before = csv.read_bytes()
    assert before.startswith(b"parameter,lag,")
    assert np.load(npz)["log2_norm_W_aa"].shape == (6, 6)
    capsys.readouterr()
    assert cli.main(["report", "--timesteps", "7", "--csv", str(csv)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "--overwrite" in captured.err
    assert csv.read_bytes() == before
    assert cli.main(["report", "--timesteps", "7", "--csv", str(csv), "--overwrite"]) == 0
    assert csv.read_bytes() != before


@pytest.mark.parametrize("path", ["/no/such/file", "~nosuch/x"])
def test_the_explorer_does_not_open_on_a_text_that_is_not_there(
    path: str, explored: list[Experiment], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--task", "text", "--text-file", path]) == 2
    out, err = out_of(capsys)
    assert (explored, out) == ([], "")
    assert err.startswith("rnn-tui: text_file: ")
    assert err.count("\n") == 1


def test_what_takes_long_is_said_on_a_terminal_while_it_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exponents of a large network take longer than its gradient; nothing is shown where errors go to a file."""
    told: list[str] = []

    class Told(terminal.Meter):
        def __init__(self, stream: Any, what: str = "lag") -> None:
            super().__init__(stream, what)
            self.shown = True

        def __call__(self, done: int, total: int) -> None:
            if self.what not in told:
                told.append(self.what)

    monkeypatch.setattr(terminal, "Meter", Told)
    assert cli.main(["report", "--timesteps", "30"]) == 0
    assert told == ["gradient, lag", "Lyapunov exponents, step"]


def test_tours_are_listed_opened_and_refused(
    explored: list[Experiment], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert cli.main(["tour", "--list"]) == 0
    out, err = out_of(capsys)
    assert err == "" and "  gates          What a gate changes (further, 6 steps)" in out.splitlines()
    mine = tmp_path / "mine.toml"
    mine.write_text('title = "x"\n[[steps]]\ntext = ""\ntab = "maps"\n')
    for given, told in (("gate", "'gate' was given, allowed is question, gates"), (str(mine), "step 1: tab: 'maps'")):
        assert told in refused(["tour", given], capsys)
    assert explored == []
    assert cli.main(["tour"]) == cli.main(["tour", "gates"]) == 0
    assert explored == [None, None]
    monkeypatch.setattr(terminal, "missing_terminal", lambda: "standard input is no terminal")
    assert "a tour needs one" in refused(["tour"], capsys)
    assert "tour must come first" in refused(["--gain", "1", "tour"], capsys)
