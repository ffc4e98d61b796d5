"""Lines of styled text become escape sequences in one place only, and in no more colors than the terminal has."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

import tui
from tui.cli import terminal
from tui.report.styled_lines import Line, padded, plain, plain_text, stripped

HOME = Path(tui.__file__).parent
WRITER = HOME / "cli" / "terminal.py"
"""The only file that writes to a terminal by itself; Textual does it for the explorer"""

READER = HOME / "explorer" / "background" / "terminal_input.py"
"""What a terminal sends, for a key or a paste, is read here"""

RECORDER = HOME / "cli" / "cast.py"
"""What a terminal would be sent is recorded here, by what it is sent through a terminal of its own"""

RED = Style(color="#d55e00")

lines = st.lists(st.builds(Segment, st.text(" ab漢"), st.sampled_from([None, RED, Style(bold=True)])))


def escapes_in(path: Path) -> list[str]:
    """Where a file writes escape sequences, or reads them back."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        told = ""
        if isinstance(node, ast.Constant):
            value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
            told = value if isinstance(value, str) and ("\x1b" in value or r"\x1b" in value) else ""
        elif isinstance(node, (ast.Attribute, ast.Name, ast.alias)):
            name = (
                node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else node.name
            )
            told = name if name in ("from_ansi", "AnsiDecoder") else ""
        if told:
            found.append(f"{path.relative_to(HOME)}:{node.lineno}: {told!r}")
    return found


def test_no_other_file_writes_an_escape_sequence_and_none_reads_one_back() -> None:
    paths = [path for path in HOME.rglob("*.py") if path not in (WRITER, READER, RECORDER)]
    assert len(paths) > 100
    assert [line for path in paths for line in escapes_in(path)] == []
    assert [line.split(": ", 1)[1] for line in escapes_in(WRITER)] == [repr("\r\x1b[K")]


def test_the_search_finds_what_it_looks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "HOME", tmp_path)
    path = tmp_path / "a.py"
    for text in (
        r'"\x1b[1m"',
        r'f"\033[{3}m"',
        r'r"(\x1b)"',
        r'b"\x1b"',
        "Text.from_ansi(x)",
        "import rich.AnsiDecoder",
    ):
        path.write_text(text.replace("import rich.", "from rich.ansi import "), encoding="utf-8")
        assert escapes_in(path), text
    path.write_text('"x1b"', encoding="utf-8")
    assert escapes_in(path) == []


@given(lines, st.integers(0, 30))
def test_a_line_is_padded_to_a_width_and_loses_only_blanks_without_a_style(line: Line, width: int) -> None:
    wide = Segment.get_line_length(line)
    assert Segment.get_line_length(padded(line, width)) == max(wide, width)
    assert plain(padded(line, width)).rstrip(" ") == plain(line).rstrip(" ")
    short = stripped(padded(line, width))
    assert plain(line).startswith(plain(short)) and not plain(line)[len(plain(short)) :].strip(" ")
    assert not short or short[-1].style or not short[-1].text.endswith(" ")
    if not any(segment.style for segment in line):
        assert plain(short) == plain(line).rstrip(" ")


@pytest.mark.parametrize(
    ("environment", "written"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "\x1b[38;2;213;94;0mred\x1b[0m and ?[2J\n\n"),
        ({"TERM": "xterm-256color"}, "\x1b[38;5;166mred\x1b[0m and ?[2J\n\n"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "red and ?[2J\n\n"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "red and ?[2J\n\n"),
    ],
)
def test_a_terminal_is_sent_the_colors_that_it_has_and_nothing_that_it_would_obey(
    environment: dict[str, str], written: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    new = Style(color="#d55e00")  # a style keeps the sequence that it was first written as
    shown = [[Segment("red", new), Segment(" and \x1b[2J")], []]
    terminal.write_lines(shown)
    assert capsys.readouterr().out == written
    assert plain_text(shown) == "red and \x1b[2J\n\n"
