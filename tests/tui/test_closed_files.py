"""For a visitor the files of the computer are closed, to be read, written or listed; all but those that were named."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from driving import Drive, explorer

import core
from core.settings import files
from core.settings.files import Closed
from tui import cli
from tui.cli.serve import arguments_of, is_loopback
from tui.explorer.dialogs.browse import FileBrowser
from tui.explorer.dialogs.export import ExportDialog
from tui.explorer.session.setup import Setup
from tui.explorer.tours.library import told_name
from tui.report.atomic_files import ExportError, write_whole


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder that is a visitor's own; beside it stands a text that was named when the class began."""
    own = tmp_path / "own"
    own.mkdir()
    for name in ("named.txt", "other.txt", "own/mine.txt"):
        (tmp_path / name).write_text("to be or not to be " * 20, encoding="utf-8")
    named = str((tmp_path / "named.txt").resolve())
    monkeypatch.setattr(files, "_closed", Closed(frozenset({named}), str(own.resolve())))
    return own


def text(path: Path) -> core.Experiment:
    return core.Experiment(task="text", text_file=str(path), timesteps=5, hidden_size=2)


def test_only_files_that_were_named_are_read(closed: Path) -> None:
    assert core.run(text(closed.parent / "named.txt")).tape.loss
    assert core.run(text(closed / "mine.txt")).tape.loss
    link = closed / "link.txt"
    link.symlink_to(closed.parent / "other.txt")
    for path in (closed.parent / "other.txt", Path("/etc/passwd"), closed / ".." / "other.txt", link):
        with pytest.raises(ValueError, match="closed to its visitors"):
            core.run(text(path))
        with pytest.raises(ValueError, match="closed to its visitors"):
            core.open_file(path)


def test_files_are_written_in_the_folder_of_a_visitor_only(closed: Path) -> None:
    assert write_whole(lambda: b"x", closed / "a.txt", overwrite=False).read_bytes() == b"x"
    for path in (closed.parent / "a.txt", closed.parent / "named.txt", closed / ".." / "b.txt"):
        with pytest.raises(ExportError, match="closed to its visitors"):
            write_whole(lambda: b"x", path, overwrite=True)
    with pytest.raises(ValueError, match="closed to its visitors"):
        core.Store(closed.parent / "results.sqlite")


def test_a_tour_of_ones_own_is_named_as_a_shell_takes_it_and_to_a_visitor_without_a_folder(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "my lesson.toml"
    assert shlex.split(told_name(path)) == [str(path)]
    request.getfixturevalue("closed")
    assert shlex.split(told_name(path)) == ["my lesson.toml"]


@explorer(core.Experiment(timesteps=4, hidden_size=2))
async def test_a_visitor_gets_downloads_and_opens_no_file(drive: Drive) -> None:
    own = Path.cwd().resolve()
    sent: list[tuple[str, bytes]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_closed", Closed(frozenset(), str(own)))
        deliver = lambda data, save_filename: sent.append((save_filename, data.read()))  # noqa: E731
        patch.setattr(drive.app, "deliver_binary", deliver)
        assert drive.screen.check_action("open_file", ()) is None
        await drive.press("e")
        await drive.until(lambda: isinstance(drive.app.screen, ExportDialog))
        assert "Name of the download" in drive.app.export_screenshot().replace("&#160;", " ")
        await drive.press(*["tab"] * 4, "home", "shift+end", "backspace", *"/etc/mine", "enter")
        await drive.until(lambda: drive.app.screen is drive.screen)
        ((name, data),) = sent
        assert name == "mine.svg" and data.startswith(b"<svg") and not list(own.glob("*.svg"))
        assert Setup.of(drive.screen.session).code.encode() in data
        browser = FileBrowser("Data", Path("/etc"))
        assert browser._folder == own


def test_what_visitors_are_started_with_has_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"data": "a.csv", "gain": "1.2", "preset": None, "text_file": ""}
    found = arguments_of("net.npz", given)
    assert found == [str(tmp_path / "net.npz"), f"--data={tmp_path / 'a.csv'}", "--gain=1.2", "--text-file="]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_loopback_is_known(host: str) -> None:
    assert is_loopback(host)
    assert not is_loopback("0.0.0.0") and not is_loopback("example.org") and not is_loopback("::")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "many"], "port: 'many' was given, allowed is a whole number 1 … 65535"),
        (["--visitors", "0"], "visitors: '0' was given"),
        (["nothing.npz"], "nothing.npz"),
        (["--gain", "-1"], "gain: '-1' was given"),
        (["--data", "nothing.csv"], "nothing.csv"),
        (["lstm", "--preset", "gru"], "lstm and --preset were both given"),
    ],
)
def test_what_a_class_is_to_open_is_looked_at_before_there_are_visitors(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", *arguments]) == 2
    assert said in capsys.readouterr().err
