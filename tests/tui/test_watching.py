"""A training elsewhere that is followed: on the command line, in the thread that reads it, and on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from driving import HOMES, MEDIUM, Drive, text_of
from recorded_steps import written
from textual.widgets import OptionList

import core
from core.sources.recordings import Watched
from core.training.recorded import RecordedHistory, RecordedSizes
from tui import cli
from tui.cli import terminal, watch
from tui.explorer.app import RnnApp
from tui.explorer.background import watching
from tui.explorer.dialogs.recording_parts import RecordingParts
from tui.explorer.panels.training import TrainingPanel
from tui.explorer.session.run import Run
from tui.explorer.session.subject import Subject

# Without a screen


def test_a_folder_is_read_until_it_is_to_end_and_told_of_whenever_there_is_something_new(tmp_path: Path) -> None:
    written(tmp_path, 0)
    watched = Watched.of_step(written(tmp_path, 100), 100)
    reports: list[Run] = []
    events: list[Callable[[], object]] = [
        lambda: written(tmp_path, 200),
        lambda: (tmp_path / "step_00000300.npz").write_bytes(b"PK"),
        lambda: [path.unlink() for path in tmp_path.iterdir()] and tmp_path.rmdir(),
    ]
    waits = 0

    def wait(seconds: float) -> None:
        nonlocal waits
        waits += 1
        if waits % 5 == 1 and waits // 5 < len(events):
            events[waits // 5]()

    subject = Subject.of(watched, core.Experiment())
    watching.follow(Run.of(subject), watched, reports.append, lambda: waits > 20, wait)
    assert reports[0].last_step == 0 and reports[-1].last_step == 200
    assert not reports[-1].running and all(one.running for one in reports[:-1])
    told = [one.history for one in reports if isinstance(one.history, RecordedHistory)]
    assert any(300 in one.left_out for one in told)
    assert "there is no folder" in told[-1].problem and len(told[-1]) == 3
    assert reports[-1].stops == (200,)  # which is what its charts still show


def test_steps_are_gone_through_where_there_is_a_file(tmp_path: Path) -> None:
    watched = Watched.of_step(written(tmp_path, 7), 7)
    history = RecordedHistory(core.Experiment(), watched.network, present=(0, 7, 30, 31))
    run = Run(history, 0, (), given=watched)
    assert [run.stepped(7, by) for by in (-5, -1, 1, 2, 9)] == [0, 0, 30, 31, 31]
    assert [run.stepped(10, by) for by in (-1, 1)] == [7, 30]  # step 10 has been thinned out since
    assert [run.nearest(step) for step in (-1, 3, 12, 29, 99)] == [0, 0, 7, 30, 31]
    assert [run.newer(step) for step in (0, 10, 31)] == [3, 2, 0]


def test_the_command_waits_for_a_folder_that_comes_later_and_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "missing_terminal", lambda: "")
    opened: list[Watched] = []
    monkeypatch.setattr(cli, "_open", lambda experiment, given: opened.append(given) or 0)
    folder, waits = tmp_path / "runs", 0

    def later(seconds: float) -> None:
        nonlocal waits
        waits += 1
        if waits == 2:
            folder.mkdir()
            (folder / "step_00000000.npz").write_bytes(b"PK")
        if waits == 4:
            written(folder, 0)

    monkeypatch.setattr(watch.time, "sleep", later)
    assert cli.main(["watch", str(folder), "--part", "decoder"]) == 0
    (given,) = opened
    assert (given.part, given.parts, waits) == ("decoder", ("encoder", "decoder"), 4)
    said = capsys.readouterr().err
    assert said.count("there is no folder") == 1 and "step_00000000.npz" in said and "Ctrl-C ends that" in said
    for arguments, problem in (
        ([], "no folder was given"),
        ([str(folder / "step_00000000.npz")], "is a file; give the folder"),
        ([str(folder), "--part", "head"], "have no part 'head'; they have encoder, decoder"),
    ):
        assert cli.main(["watch", *arguments]) == 2
        assert problem in capsys.readouterr().err
    monkeypatch.setattr(terminal, "missing_terminal", lambda: "standard output is no terminal")
    assert cli.main(["watch", str(folder)]) == 2
    assert "and watch needs one; rnn-tui report FILE prints one recorded step" in capsys.readouterr().err


def test_recorded_steps_that_are_diagnosed_together_tell_of_their_clipping(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(written(tmp_path, step, kept=0.25)) for step in range(8)]
    assert cli.main(["diagnose", "--fail-on", "clipping", *files]) == 1
    assert "Clipping always bites: 100 % of 8 gradients" in " ".join(capsys.readouterr().out.split())
    assert cli.main(["diagnose", "--fail-on", "clipping", *files[:3]]) == 0
    others = [str(written(tmp_path / "another", step, kept=0.25)) for step in range(8, 12)]
    assert cli.main(["diagnose", "--fail-on", "clipping", *files[:4], *others]) == 0, (
        "of two trainings, four steps each"
    )


def test_recorded_steps_that_are_diagnosed_together_are_read_for_their_sizes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, measured = [str(written(tmp_path, step)) for step in range(5)], []
    of = RecordedSizes.of

    def counted(recordings: Iterable[core.Recording], part: str | None = None) -> RecordedSizes:
        read = list(recordings)
        measured.append(len(read))
        return of(read, part)

    monkeypatch.setattr(RecordedSizes, "of", staticmethod(counted))
    assert cli.main(["diagnose", *files]) == 0
    assert sum(measured) == 5


# On the screen


def test_a_training_is_followed_on_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for variable in HOMES:
        monkeypatch.setenv(variable, str(home))
    monkeypatch.setattr(watching, "EVERY", 0.05)
    monkeypatch.setattr(watching, "ASKED", 0.02)
    folder = tmp_path / "runs"
    for step in (0, 100, 200):
        written(folder, step)
    given, _ = watch.newest_of(folder, None)

    async def scenario() -> None:
        async with RnnApp(given=given).run_test(size=MEDIUM) as pilot:
            await followed(Drive(pilot), folder)

    asyncio.run(scenario())


async def followed(drive: Drive, folder: Path) -> None:
    panel = drive.one(TrainingPanel)

    def said(selector: str) -> str:
        return " ".join(text_of(panel.query_one(selector)).split())

    def is_at(step: int) -> bool:
        shown = drive.screen.shown
        return drive.screen.training_step == step and shown.trace is not None and shown.trace.training_step == step

    await drive.until(
        lambda: is_at(200) and "3 steps recorded · the newest is 200 · loss 8" in said("#training-status")
    )
    assert "trained 200 updates" in str(drive.screen.query_one("Headline").render())
    assert [row.setting.name for row in drive.screen.query("SettingRow") if row.display] == ["k2"]
    written(folder, 300)  # the newest is shown as it arrives
    await drive.until(lambda: is_at(300))

    await drive.press("a")  # and an older one stays, whatever arrives
    await drive.until(lambda: is_at(200))
    written(folder, 400)
    (folder / "step_00000500.npz").write_bytes(b"PK")
    await drive.until(lambda: "2 newer" in said("#training-shown") and "step 500" in said("#training-status"))
    assert is_at(200)
    await drive.press("r")
    await drive.until(lambda: is_at(400))
    written(folder, 500)
    await drive.until(lambda: is_at(500) and "Left out" not in said("#training-status"))
    await drive.press("A")
    await drive.until(lambda: is_at(400))
    for _ in range(4):
        await drive.press("a")
    await drive.until(lambda: is_at(0))

    await drive.enter("k2", 3)  # what truncation would throw away, at the step that is looked at
    await drive.until(lambda: drive.trace.truncation is not None and "6 steps recorded" in said("#training-status"))
    assert is_at(0)  # the steps are read anew, and the one looked at stays

    await drive.press("N")  # another part of the same steps
    await drive.until(lambda: isinstance(drive.app.screen, RecordingParts))
    drive.app.screen.query_one(OptionList).highlighted = 1
    await drive.press("enter")
    await drive.until(lambda: "decoder: 6 steps recorded" in said("#training-status"))
    await drive.until(lambda: drive.trace.network.hidden_size == 2)

    await drive.press("w")
    await drive.until(lambda: "not followed now, w follows it again" in said("#training-status"))
    written(folder, 600)
    await drive.press("w")
    await drive.until(lambda: "the newest is 600" in said("#training-status"))
    for action in ("train_one", "train_reset"):
        assert drive.screen.check_action(action, ()) is False
    assert panel.query_one("#training-charts").display
