"""What was on the screen when the program was left is offered at the next start."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from driving import HOMES, WIDE, Drive, explorer
from textual.widgets._toast import Toast

from core import Experiment
from tui.explorer.app import RnnApp
from tui.explorer.dialogs.presets import PresetPicker
from tui.explorer.session.preferences import Preferences, save
from tui.explorer.tours import library
from tui.explorer.tours.library import SESSION_TITLE, last_session, session_file

SMALL = Experiment(timesteps=9, hidden_size=3)


@pytest.fixture(autouse=True)
def homeless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of whoever runs the tests is read or written."""
    for name in HOMES:
        monkeypatch.setenv(name, str(tmp_path))


async def left(app: RnnApp) -> None:
    """Change the gain, ask for other seeds, look at step 4 of the way back from L_6, and leave."""
    async with app.run_test(size=WIDE) as pilot:
        drive = Drive(pilot)
        await drive.settled()
        drive.screen.set_focus(drive.field("gain"))
        await drive.press("right", "escape", "M", "2", "<", "<", "<")
        await drive.settled()
        assert drive.screen.cursor is not None
        drive.screen.cursor = replace(drive.screen.cursor, position=2 * 9 - 4)
        await drive.pilot.pause()
        await drive.press("q")


def test_it_is_there_again_whole_and_can_be_undone() -> None:
    asyncio.run(left(RnnApp(SMALL)))

    async def again() -> None:
        app = RnnApp(welcome=True)
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            drive = Drive(pilot)
            await drive.settled()
            await drive.until(lambda: any(SESSION_TITLE in str(toast.render()) for toast in drive.screen.query(Toast)))
            await drive.press("o")
            await drive.until(lambda: isinstance(app.screen, PresetPicker) and app.screen.opened)
            await drive.press(*"left off", "enter")
            await drive.until(lambda: drive.screen.subject.experiment == SMALL.replace(gain=1.0))
            await drive.settled()
            await drive.until(lambda: drive.screen.shown.loss == 6 and drive.screen.view.tab == "tab-map")
            await drive.until(lambda: drive.screen.cursor is not None and drive.screen.cursor.step == 4)
            assert drive.screen.view.seeds == 20
            assert drive.screen.touring is None
            await drive.press("u")
            await drive.until(lambda: drive.screen.subject.experiment == Experiment())

    assert save(Preferences(toured=True)) is None
    asyncio.run(again())


@pytest.mark.parametrize("content", [None, b"\xff", b"title = 3"])
def test_where_there_is_none_or_a_broken_one_nothing_is_offered(content: bytes | None) -> None:
    if content is not None:
        session_file().parent.mkdir(parents=True, exist_ok=True)
        session_file().write_bytes(content)
    assert last_session() is None


@explorer(SMALL, only="work")
async def test_what_nobody_changed_is_not_kept(drive: Drive) -> None:
    await drive.press("right", "q")
    assert not session_file().exists()


def test_a_folder_that_cannot_be_written_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(library, "session_file", lambda: tmp_path / "file" / "last-session.toml")
    asyncio.run(left(RnnApp(SMALL)))
    assert last_session() is None
