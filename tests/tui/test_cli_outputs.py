"""Where a report's other forms go: to files that are checked before anything is computed, or to standard output."""

from __future__ import annotations

import csv
import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from tui import cli

SHORT = ["report", "--timesteps", "5"]


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The one line that a report ends in, before anything is computed."""

    def never(*_: object) -> None:
        raise AssertionError("it was computed")

    monkeypatch.setattr(cli, "_trace", never)
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return str(err).removeprefix("rnn-tui: ").rstrip("\n")


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_a_hyphen_is_standard_output_without_the_report(
    name: str, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main([*SHORT, "--csv", name]) == 0
    out, err = capsysbinary.readouterr()
    rows = list(csv.DictReader(io.StringIO(out.decode())))
    assert {row["parameter"] for row in rows} == {"W_aa", "W_ax", "b_a", "W_y", "b_y", "x"}
    assert err == b""
    assert cli.main([*SHORT, "--npz", name, "--csv", "too.csv"]) == 0
    out, err = capsysbinary.readouterr()
    with np.load(io.BytesIO(out)) as arrays:
        assert arrays["log2_norm_W_aa"].shape == (5, 5)
    assert os.listdir() == ["too.csv"]


def test_standard_output_is_for_one_of_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (["--csv", "-", "--npz", "-"], ["--csv", "-", "--json"]):
        said = refused([*SHORT, *arguments], capsys, monkeypatch)
        assert said.endswith("both go to standard output; write one of them to a file")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    said = refused([*SHORT, "--npz", "-"], capsys, monkeypatch)
    assert said == "--npz -: this is no text for a terminal; send it to a file or a program"


@pytest.mark.parametrize("flag", ["--csv", "--npz"])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "{flag}: no file was named; give a path, or - for standard output"),
        (" ", "{flag}: no file was named; give a path, or - for standard output"),
        ("~nosuch/x", "~nosuch/x: no such user's folder; write the whole path"),
        ("a" * 300, "a" * 79 + "…" + "a" * 76 + "{suffix}: the name is too long; shorten it"),
        ("no/such/x", "no/such/x{suffix}: there is no folder no/such; create it first, or choose another"),
        ("/dev/null", "/dev/null: not an ordinary file; choose another name"),
        ("there", "there{suffix}: exists already; choose another name, or allow it to be overwritten with --overwrite"),
        ("link", "link{suffix}: exists already; choose another name, or allow it to be overwritten with --overwrite"),
        ("a\x1bb/", "a?b/: a folder; add a file name"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_computed(
    flag: str,
    path: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    suffix = flag.replace("--", ".")
    Path(f"there{suffix}").touch()
    Path(f"link{suffix}").symlink_to("nothing")
    expected = said.format(flag=flag, suffix=suffix).replace("a?b/", "a?b")
    assert refused([*SHORT, flag, path], capsys, monkeypatch) == expected
    assert sorted(os.listdir()) == [f"link{suffix}", f"there{suffix}"]


def test_overwrite_without_a_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*SHORT, "--overwrite"]) == 0
    assert (
        capsys.readouterr().err == "rnn-tui: --overwrite has no effect without --html or --csv or --npz or --figure\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "--pdf", "x"], "Unknown option: --pdf. (rnn-tui --help lists the options)"),
        (["report", "--jsn"], "Unknown option: --jsn. Did you mean --json? (rnn-tui --help lists the options)"),
        (["report", "--remedies", "x"], "--remedies is an option of compare: rnn-tui compare --remedies"),
        (["train", "--csv=x"], "--csv is an option of report and sweep: rnn-tui report --csv"),
        (["--json"], "--json is an option of report, train, compare, sweep, critical and diagnose: rnn-tui"),
        (
            ["compare", "--remedies", ","],
            "remedies: no name was given, allowed is vanilla, orthogonal, identity-relu, ",
        ),
    ],
)
def test_an_unknown_option_is_named_itself(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(arguments, capsys, monkeypatch).startswith(said)


LONG = "n" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ["report", option, name]
            for option in ("--csv", "--npz")
            for name in (LONG, f"{LONG}/{LONG}/x", f"~{LONG}/x")
        ),
        ["report", "--experiment", LONG],
        ["report", "--experiment", f"~{LONG}/x"],
        ["report", "--experiment", "unknown.toml"],
        ["report", "--preset", LONG],
        ["report", "--cell", LONG],
        ["report", "--gain", LONG],
        ["report", f"--{LONG}"],
        ["report", LONG],
        [LONG],
        ["compare", "--remedies", LONG],
    ],
    ids=lambda arguments: " ".join(arguments).replace(LONG, "long"),
)
def test_a_long_name_is_shortened_in_the_middle_wherever_a_message_repeats_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("unknown.toml").write_text(f"{LONG} = 1")
    said = refused(arguments, capsys, monkeypatch)
    assert "nnn…nnn" in said
    assert "n" * 200 not in said


@pytest.mark.parametrize("arguments", [["--text-file", LONG], ["--experiment", "text.toml"]])
def test_a_long_name_of_a_text_is_shortened_too(
    arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.toml").write_text(f'task = "text"\ntext_file = "{LONG}"')
    assert cli.main(["report", *arguments]) == 2
    said = capsys.readouterr().err
    assert "nnn…nnn" in said
    assert "n" * 200 not in said
