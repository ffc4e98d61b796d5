"""A person's own data on the command line and in the explorer: one flag or one dialog, and all tells of it."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from driving import MEDIUM, NARROW, PATIENCE, WIDE, Drive, explorer, text_of
from textual.widgets import DirectoryTree, Input, OptionList, Static

import core
from core import Experiment
from tui import cli
from tui.cli.request import request_of
from tui.explorer.actions import settings
from tui.explorer.dialogs import data_file
from tui.explorer.dialogs.browse import FileBrowser
from tui.explorer.dialogs.data_file import DataDialog
from tui.explorer.panels.training import TrainingPanel
from tui.explorer.widgets.setting_row import Choice, Field
from tui.report.charts.training import metric_chart
from tui.report.formats import format_named
from tui.report.formats.names import suggested_name
from tui.report.input_rows import input_rows, output_glyphs
from tui.report.words.subject import describe_setup

SMALL = Experiment(hidden_size=3, timesteps=6, training_steps=12)


def sales(folder: Path, rows: int = 60) -> Path:
    """A table with a time, two columns of numbers, one of words, and gaps."""
    wave = [math.sin(i / 3) for i in range(rows)]
    lines = [
        f"2001-{1 + i // 28:02}-{1 + i % 28:02},{wave[i]:.4f},{'NA' if i == 9 else i % 5},{'NS'[i % 2]}"
        for i in range(rows)
    ]
    path = folder / "sales.csv"
    path.write_text("\n".join(["day,sold,stock,wind", *lines]))
    return path


class HeldLook:
    """Looking at settings, which waits once it has been asked for, and says what it says only when it is let go."""

    def __init__(self, patch: pytest.MonkeyPatch, module: ModuleType) -> None:
        self.asked, self.go, self.ended = threading.Event(), threading.Event(), threading.Event()
        self._look: Callable[[Experiment], None] = module.check_data
        patch.setattr(module, "check_data", self)

    def __call__(self, experiment: Experiment) -> None:
        self.asked.set()
        self.go.wait(PATIENCE)
        self._look(experiment)
        self.ended.set()


# The command line


def test_a_data_file_asks_for_its_task_and_for_as_many_rows_as_it_has(tmp_path: Path) -> None:
    path = str(sales(tmp_path))
    asked = request_of(data=path)
    assert asked.experiment == Experiment(task="table", data=path, timesteps=18)
    assert asked.notes == ("windows of 18 rows, for 50 are not in the file; --window sets it",)
    assert request_of(data=path, timesteps="5").experiment.timesteps == 5
    assert request_of(data=path, timesteps="5").notes == ()
    assert request_of(data=path, task="noise").experiment.task == "noise"


def test_the_report_tells_of_the_file_and_nothing_of_sunspots(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sales(tmp_path)
    assert cli.main(["report", "--data", str(path), "--hidden-size", "3"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "vanilla RNN · tanh · 3 units · sales.csv: sold, 18 steps"
    said = " ".join(out.split())
    assert "Data: Predicts sold, 1 row ahead, from sold and stock; the first column of numbers is the target" in said
    assert "Taken for time: day. Left out: wind (2 different words). Gaps: stock 1;" in said
    assert "sunspots" not in out.lower()
    assert err == "rnn-tui: windows of 18 rows, for 50 are not in the file; --window sets it\n"

    assert cli.main(["report", "--json", "--data", str(path), "--window", "5", "--hidden-size", "3"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert err == ""
    names = {"input_names": ["sold", "stock"], "target_names": ["sold"]}
    assert found["batch"] == {"label": "sales.csv: sold", "steps": 5, "examples": 1, **names}
    assert [column["name"] for column in found["input"]["columns"]] == ["sold", "stock"]
    assert found["origin"]["file"] == str(path)
    assert found["origin"]["sha256"] == core.open_table(path).sha256
    assert found["origin"]["notes"][0].startswith("predicts sold, 1 row ahead, from sold and stock")


def test_training_and_comparing_tell_the_score_on_what_is_held_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--data", str(sales(tmp_path)), "--window", "6", "--training-steps", "12", "--hidden-size", "3"]
    assert cli.main(["train", *flags]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Held back: mean squared error " in said
    assert "to beat: the mean" in said and "persistence" in said
    assert cli.main(["train", "--json", *flags]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [place for place, value in enumerate(found["held_back"]["every_step"]) if value is not None] == [0, 10]
    assert found["held_back"]["before"] == found["held_back"]["every_step"][0]
    assert found["held_back"]["after"] is not None
    beaten = [one["name"] for one in found["baselines"] if found["held_back"]["after"] < one["value"]]
    assert found["held_back"]["beats"] == beaten
    assert f", which beats {' and '.join(beaten) or 'none of them'}." in said
    assert found["data"]["label"] == "sales.csv: sold"
    assert {one["name"] for one in found["baselines"]} >= {"the mean", "persistence"}
    assert cli.main(["compare", "--remedies", "vanilla,gru", *flags]) == 0
    assert "held back" in capsys.readouterr().out
    assert cli.main(["compare", "--json", "--remedies", "vanilla", *flags]) == 0
    (row,) = json.loads(capsys.readouterr().out)["remedies"]
    assert row["held_back"] == found["held_back"]["after"]


def test_training_on_data_beats_persistence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sine of 19 rows a period: what comes next is seen from the last few values, and not from the last alone."""
    flags = ["--data", str(sales(tmp_path, rows=120)), "--inputs", "sold", "--window", "8", "--batch-size", "8"]
    assert cli.main(["train", "--json", *flags, "--training-steps", "150", "--learning-rate", "0.02"]) == 0
    found = json.loads(capsys.readouterr().out)
    (persistence,) = (one["value"] for one in found["baselines"] if one["name"] == "persistence")
    assert found["held_back"]["after"] < persistence < found["held_back"]["before"]
    assert "persistence" in found["held_back"]["beats"]


@pytest.mark.parametrize("command", ["report", "train", "compare"])
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--data", "none.csv"], "data: none.csv is no file; give the path of a csv or tsv file"),
        (["--data", "noise.csv"], "data: noise.csv is no text and nothing else that is known"),
        (["--data", "one.csv"], "data: one.csv has no column of numbers that change"),
        (["--data", "sales.csv", "--targets", "prize"], "targets: sales.csv has no column 'prize'"),
        (["--data", "sales.csv", "--window", "60"], "give timesteps (window) of at most"),
        (["--data", "sales.csv", "--window", "x"], "timesteps: 'x' was given"),
        (["--data", "sales.csv", "--missing", "guess"], "'guess' was given, allowed is drop, mask, interpolate"),
        (["--data", "sales.csv", "--held-back", "1"], "held_back: '1' was given, allowed is 0 … 0.9"),
        (["--data", "sales.csv", "--targets", "sold,stock", "--window", "5", "--readout", "softmax"], "softmax asks"),
    ],
)  # fmt: skip
def test_what_cannot_be_ends_in_one_line_and_status_2(
    command: str, flags: list[str], said: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    sales(tmp_path)
    Path("noise.csv").write_bytes(bytes(range(256)) * 4)
    Path("one.csv").write_text("a,b\n1,2\n")
    assert cli.main([command, *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


# What is shown


def test_titles_names_and_strips_say_the_columns(tmp_path: Path) -> None:
    experiment = SMALL.replace(task="table", data=str(sales(tmp_path)), targets="sold,stock")
    trace = core.run(experiment)
    assert describe_setup(trace) == "vanilla RNN · tanh · 3 units · sales.csv: sold, stock, 6 steps"
    assert suggested_name(trace, format_named("csv")) == "rnn-sales-sold-stock-gain0.9-n3-T6.csv"
    assert [row.label for row in input_rows(trace)] == ["sold", "stock"]

    words = core.run(experiment.replace(inputs="wind", targets="wind"))
    (row,) = input_rows(words)
    assert row.glyphs[1:] == "".join("NS"[int(place)] for place in words.batch.targets[:-1, 0])
    assert set(output_glyphs(words)) <= {"N", "S"}

    thirds = core.run(experiment.replace(inputs="sold,stock,wind", targets="sold", readout="softmax"))
    assert output_glyphs(thirds) == "", "a third of the numbers is no column"


def test_where_the_file_has_gone_what_is_shown_stays(tmp_path: Path) -> None:
    path = sales(tmp_path)
    trace = core.run(SMALL.replace(task="table", data=str(path), targets="sold,stock"))
    path.unlink()
    assert "sales.csv: sold, stock" in describe_setup(trace)
    assert len(input_rows(trace)) == 2


def test_the_score_on_what_is_held_back_is_a_line_of_its_own() -> None:
    from tui.explorer.session.run import Run
    from tui.explorer.session.subject import Subject

    experiment = SMALL.replace(task="table")
    run = Run.of(Subject(experiment))
    for step in core.train(experiment):
        run.history.add(step)
    chart = metric_chart(replace(run, length=len(run.history)), step=0, width=60, height=12)
    (line,) = (line for line in chart.series if line.name == "held back")
    assert list(line.x) == [1.0, 11.0]


# The explorer


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_data_file_is_opened_from_the_picker(drive: Drive) -> None:
    path = sales(Path.home())
    await drive.press("o")
    await drive.until(lambda: drive.app.screen.query("#presets-filter"))
    await drive.press(*"csv", "enter")
    await drive.until(lambda: isinstance(drive.app.screen, FileBrowser) and drive.app.screen.opened)
    browser = drive.app.screen
    field = browser.query_one(Input)
    field.focus()
    field.value = str(path.with_name("nothing.csv"))
    await drive.press("enter")
    await drive.until(lambda: "is no file" in text_of(browser.query_one("#browse-note")))
    field.value = str(path.parent)
    await drive.press("enter")
    tree = browser.query_one(DirectoryTree)
    await drive.until(lambda: Path(str(tree.path)) == path.parent and len(tree.root.children) > 0)
    place = next(node for node in tree.root.children if node.data is not None and node.data.path == path)
    tree.move_cursor(place)
    await drive.press("enter")

    await drive.until(lambda: isinstance(drive.app.screen, DataDialog) and drive.app.screen._fits)
    dialog = drive.app.screen
    shown = text_of(dialog.query_one("#data-about"))
    assert "60 rows, 4 columns · day 2001-01-01 … 2001-03-04" in shown
    rows = [str(dialog.query_one(OptionList).get_option_at_index(i).prompt) for i in range(4)]
    assert rows[0].split()[:5] == ["○", "◇", "day", "time", "–"]
    assert rows[2].split()[:5] == ["●", "◇", "stock", "number", "1"]
    await drive.press("enter")
    await drive.settled()
    found = drive.screen.subject.experiment
    assert (found.task, found.data, found.inputs, found.timesteps) == ("table", str(path), "", 6)
    assert drive.trace.origin.label == "sales.csv: sold"
    (note,) = drive.app._notifications
    assert note.title == "sales.csv: sold"
    assert note.message.startswith("Predicts sold, 1 row ahead, from sold and stock; the first column of numbers is")


def reason(drive: Drive, name: str) -> str:
    """What is told at the field of a setting."""
    return " ".join(" ".join(text_of(label) for label in drive.row(name).query(".reason")).split())


def said(dialog: DataDialog) -> str:
    """What stands below the columns, on one line."""
    return " ".join(text_of(dialog.query_one("#data-note")).split())


async def opened(drive: Drive, path: Path) -> DataDialog:
    """The dialog of a file, once it has been read."""
    dialog = DataDialog(path, drive.screen.subject.experiment)
    drive.app.push_screen(dialog)
    await drive.until(lambda: dialog.opened and said(dialog))
    return dialog


@explorer(SMALL, only="work")
async def test_a_look_that_comes_late_says_nothing_of_what_is_chosen_by_then(drive: Drive) -> None:
    dialog = await opened(drive, sales(Path.home()))
    await drive.until(lambda: dialog._fits is not None)
    with pytest.MonkeyPatch.context() as patch:
        held = HeldLook(patch, data_file)
        await drive.press("c")
        await drive.until(held.asked.is_set)
        await drive.press("c", "down", "down", "t")
        await drive.until(lambda: "asked for as classes, by itself" in said(dialog))
        held.go.set()
        await drive.until(held.ended.is_set)
        await drive.pilot.pause()
    assert "asked for as classes, by itself" in said(dialog)
    assert dialog._fits is None
    await drive.press("t")
    await drive.until(lambda: dialog._fits is not None)
    length = next(field for field in dialog.query(Field) if field.setting.name == "timesteps")
    before = length.value
    length.value = "none"
    await drive.until(lambda: "timesteps: 'none' was given" in said(dialog))
    dialog.action_take()
    length.value = before
    await drive.until(lambda: dialog._fits is not None, "what was right before is right again")
    assert dialog.is_current, "what did not fit was not taken, and so what fits is not either"


@pytest.mark.parametrize("then", ["no such task", "noise"])
def test_a_file_read_late_gives_way_to_what_was_given_since(then: str) -> None:
    @explorer(SMALL, only="work")
    async def script(drive: Drive) -> None:
        with pytest.MonkeyPatch.context() as patch:
            held = HeldLook(patch, settings)
            settings.edit(drive.screen, "data", str(sales(Path.home())))
            settings.edit(drive.screen, "task", "table")
            await drive.until(held.asked.is_set)
            settings.edit(drive.screen, "task", then)
            held.go.set()
            await drive.until(held.ended.is_set)
            await drive.pilot.pause()
        assert drive.screen.subject.experiment.task == ("noise" if then == "noise" else SMALL.task)
        assert ("task" in drive.screen.problems) == (then != "noise")

    script()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_columns_are_ticked_and_choices_made(size: tuple[int, int]) -> None:
    @explorer(SMALL, size=size, only="work")
    async def script(drive: Drive) -> None:
        dialog = await opened(drive, sales(Path.home()))
        columns = dialog.query_one(OptionList)
        assert columns.highlighted == 1, "the column that is asked for"
        await drive.press("down", "t", "space")
        await drive.until(lambda: dialog._fits is not None and dialog._fits == dialog._experiment)
        assert (dialog._experiment.inputs, dialog._experiment.targets) == ("sold", "sold,stock")
        await drive.press("up", "t", "c")
        await drive.until(lambda: "predicts stock" in said(dialog))
        assert dialog._experiment.time == "sold"
        await drive.press("c", "down", "down", "t")
        await drive.until(lambda: "asked for as classes, by itself" in said(dialog))
        assert dialog.query_one("#data-note").has_class("-wrong")
        await drive.press("enter")
        await drive.pilot.pause()
        assert dialog.is_current, "what does not fit is not opened"
        await drive.press("t")
        fields = {field.setting.name: field for field in dialog.query(Field)}
        fields["ahead"].value = "4"
        next(one for one in dialog.query(Choice) if one.name == "missing").value = "interpolate"
        await drive.until(lambda: "4 rows ahead" in said(dialog))
        fields["timesteps"].value = "58"
        await drive.until(lambda: "give timesteps (window) of at most" in said(dialog))
        fields["timesteps"].value = "none"
        await drive.until(lambda: "timesteps: 'none' was given" in said(dialog))
        fields["ahead"].value = "1e99"
        await drive.until(lambda: "'none' was given" in said(dialog) and "ahead: '1e99'" in said(dialog))
        next(one for one in dialog.query(Choice) if one.name == "scale").value = "minmax"
        await drive.settled()
        assert "'none' was given" in said(dialog), "another choice that is right mends nothing"
        assert fields["timesteps"].has_class("-wrong") and fields["ahead"].has_class("-wrong")
        await drive.press("ctrl+s", "ctrl+s")
        await drive.pilot.pause()
        assert dialog.is_current and fields["timesteps"].value == "none", "nothing is opened, and nothing lost"
        fields["ahead"].value = "4"
        fields["timesteps"].value = "7"
        await drive.until(lambda: dialog._fits is not None and dialog._fits == dialog._experiment)
        assert (dialog._fits.ahead, dialog._fits.missing, dialog._fits.timesteps) == (4, "interpolate", 7)
        note = dialog.query_one("#data-note", Static)
        assert not note.has_class("-wrong")

    script()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_column_of_ids_is_read_as_ids_once_it_is_said_how_many_there_are(size: tuple[int, int]) -> None:
    @explorer(SMALL, size=size, only="work")
    async def script(drive: Drive) -> None:
        path = Path.home() / "tokens.csv"
        path.write_text("level,token\n" + "".join(f"{math.sin(i):.3f},{i * i % 5}\n" for i in range(60)))
        dialog = await opened(drive, path)
        columns = dialog.query_one(OptionList)
        ids = next(field for field in dialog.query(Field) if field.setting.name == "ids")
        assert ids.region.bottom <= dialog.query_one("#data-box").region.bottom
        ids.value = "4"
        await drive.until(lambda: "asks for a column of whole numbers from 0 to 3" in said(dialog))
        assert dialog.query_one("#data-note").has_class("-wrong")
        ids.value = "6"
        await drive.until(lambda: dialog._fits is not None and dialog._fits.ids == 6)
        assert "predicts token from its own past, 1 row ahead, as one of 6 classes" in said(dialog)
        rows = [str(columns.get_option_at_index(i).prompt).split()[:4] for i in range(2)]
        assert rows == [["○", "◇", "level", "number"], ["●", "◆", "token", "ids"]]
        assert core.run(dialog._fits).network.input_size == 6
        other = DataDialog(sales(Path.home()), dialog._fits)
        assert other._experiment.ids == 0, "how many ids one file has says nothing of another"

    script()


@explorer(SMALL, size=NARROW, only="work")
async def test_a_file_that_is_no_table_is_said_in_the_dialog(drive: Drive) -> None:
    path = Path.home() / "noise.csv"
    path.write_bytes(bytes(100))
    dialog = await opened(drive, path)
    assert "is no text and nothing else that is known; give a csv" in said(dialog)
    await drive.press("space", "t", "c", "enter", "ctrl+s")
    assert dialog.is_current
    await drive.press("escape")
    await drive.until(lambda: drive.app.screen is drive.screen)
    assert drive.screen.subject.experiment == SMALL


@explorer(SMALL, size=NARROW, only="work")
async def test_a_file_whose_name_is_no_text_is_said_in_the_dialog(drive: Drive) -> None:
    path = sales(Path.home()).rename(Path.home() / os.fsdecode(b"sa\xffles.csv"))
    dialog = await opened(drive, path)
    assert "cannot be written as UTF-8" in said(dialog)
    assert dialog.query_one("#data-note").has_class("-wrong")
    await drive.press("space", "t", "c", "enter", "ctrl+s")
    assert dialog.is_current
    await drive.press("escape")
    await drive.until(lambda: drive.app.screen is drive.screen)
    assert drive.screen.subject.experiment == SMALL


@explorer(SMALL.replace(task="table"), size=MEDIUM)
async def test_a_path_or_a_column_that_is_not_there_is_told_at_its_field(drive: Drive) -> None:
    before = drive.trace
    await drive.enter("targets", "prize")
    await drive.until(lambda: "has no column 'prize'" in reason(drive, "targets"))
    await drive.enter("data", str(sales(Path.home())))
    await drive.until(lambda: drive.screen.subject.experiment.data.endswith("sales.csv"))
    await drive.settled()
    assert drive.trace is not before
    drive.screen.show_tab("tab-training")
    await drive.press("escape", "W")
    panel = drive.one(TrainingPanel)
    await drive.until(lambda: "held back" in " ".join(text_of(panel.query_one("#training-status")).split()))
