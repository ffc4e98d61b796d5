"""What a shell completes: bash itself is asked, with the script that the program prints for it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from core.settings.presets import presets
from tui import cli

HERE = "mine.toml"
"""The one file in the folder where the shell is asked"""


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    """A bash that has the script: its words come on standard input, a line each, and its answers go out likewise."""
    if (found := shutil.which("bash")) is None:
        pytest.skip("no bash here")
    folder = tmp_path_factory.mktemp("completing")
    (folder / HERE).write_text("", encoding="utf-8")
    return [found, folder]


def completed(bash: list[str | Path], lines: list[str], capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """What the last word of each line may become."""
    assert cli.main(["completion", "bash"]) == 0
    asking = """
while IFS= read -r line; do
    read -ra COMP_WORDS <<<"$line"
    [[ $line == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )) COMPREPLY=()
    _rnn_tui
    echo "${COMPREPLY[*]}"
done
"""
    run, folder = bash
    script = folder / "ask.sh"  # type: ignore[operator]
    script.write_text(capsys.readouterr().out + asking, encoding="utf-8")
    answer = subprocess.run(
        [run, "--norc", script], input="\n".join(lines) + "\n", capture_output=True, text=True, cwd=folder, check=True
    )
    assert answer.stderr == ""
    return [line.split() for line in answer.stdout.splitlines()]


def test_commands_options_values_and_files_are_completed(
    bash: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    expected = {
        "rnn-tui rep": ["report"],
        "rnn-tui report --hidden": ["--hidden-size"],
        "rnn-tui --cell ls": ["lstm"],
        "rnn-tui sweep --activation ta": ["tanh"],
        "rnn-tui --preset ": sorted(presets()),
        "rnn-tui report --preset expl": ["exploding"],
        "rnn-tui tour gat": ["gates"],
        "rnn-tui compare --remedies leak": ["leaky"],
        "rnn-tui critical --of gai": ["gain"],
        "rnn-tui diagnose --fail-on vanish": ["vanishing"],
        "rnn-tui sweep --vary wei": ["weights"],
        "rnn-tui report --loss cross": ["cross-entropy"],
        "rnn-tui completion fi": ["fish"],
        "rnn-tui mi": [HERE],
        "rnn-tui report mi": [HERE],
        "rnn-tui diagnose mi": [HERE],
        "rnn-tui --data mi": [HERE],
        "rnn-tui report --csv mi": [HERE],
        "rnn-tui train --save-network mi": [HERE],
        "rnn-tui sweep --store mi": [HERE],
    }
    found = completed(bash, list(expected), capsys)
    assert {line: sorted(words) for line, words in zip(expected, found, strict=True)} == expected


@pytest.mark.parametrize("shell", ["zsh", "powershell"])
def test_a_shell_that_is_not_asked_here_is_told_the_values(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    tells_the_values(capsys.readouterr().out)


def tells_the_values(script: str) -> None:
    for word in ("report", "edge-of-chaos", "gru-before", "orthogonal"):
        assert word in script


def test_a_shell_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", "tcsh"]) == 2
    assert "bash, zsh, fish, powershell" in capsys.readouterr().err


def test_it_is_installed_where_the_shell_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cli.main(["completion", "fish", "--install"]) == 0
    written = tmp_path / ".config" / "fish" / "completions" / "rnn-tui.fish"
    tells_the_values(written.read_text(encoding="utf-8"))
    assert str(written) in capsys.readouterr().out
