"""A path is typed key by key, and no file has the name of its first letters: the last good charts stay meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import Drive, explorer, text_of

from core import Experiment
from core.tasks import input_size
from tui.explorer.panels.training import status
from tui.explorer.session.subject import Subject
from tui.report.words.training import to_beat

TEXT = Experiment(task="text", timesteps=6, hidden_size=3)


def reason(drive: Drive, name: str = "text_file") -> str:
    return " ".join(" ".join(text_of(label) for label in drive.row(name).query(".reason") if label.display).split())


@explorer(TEXT)
async def test_a_path_that_is_being_typed_leaves_the_charts_and_says_why_until_it_is_whole(drive: Drive) -> None:
    folder = Path.home()  # a temporary one
    (folder / "book").write_text("abcd" * 20)
    before = drive.trace
    for typed, why in (("~", "is no file"), ("~nosuch/x", "no such user"), ("~/boo", "is no file")):
        await drive.type("text_file", typed)
        await drive.until(lambda why=why: why in reason(drive))
        assert drive.trace is before
        assert drive.screen.subject.experiment == TEXT
        assert drive.screen.progress is None, "nothing is computed for what cannot be"
    await drive.press("k")
    await drive.until(lambda: drive.screen.subject.experiment.text_file.endswith("book"))
    await drive.settled()
    assert drive.trace.network.input_size == 4
    assert reason(drive) == ""

    await drive.enter("timesteps", 80)
    await drive.until(lambda: "80 characters" in reason(drive, "timesteps"))
    assert drive.screen.subject.experiment.timesteps == TEXT.timesteps
    await drive.enter("timesteps", 79)
    await drive.until(lambda: len(drive.trace.tape.losses) == 79)

    # It may also go while it is looked at.
    (folder / "book").unlink()
    drive.screen.show_tab("tab-training")
    await drive.enter("timesteps", 78)
    await drive.until(lambda: "is no file" in reason(drive, "timesteps"))
    await drive.press("escape", "u", "n")
    await drive.pilot.pause()


def test_where_the_text_has_gone_there_is_nothing_to_beat() -> None:
    gone = TEXT.replace(text_file="/no/such/file")
    assert to_beat(gone) == ()
    assert "To beat" not in status(Subject(gone), None).plain
    assert "To beat" in status(Subject(TEXT), None).plain


@pytest.mark.parametrize("path", ["~nosuch/x", "/no/such/file", "x" * 4000, "a\0b", "\ud800"])
def test_a_text_that_is_not_there_is_said_in_a_sentence(path: str) -> None:
    with pytest.raises(ValueError, match=r"^text_file: "):
        input_size(TEXT.replace(text_file=path))
