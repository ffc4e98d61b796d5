"""Figures as files: every chart in every format, with its settings, and opened again by them."""

from __future__ import annotations

import io
import json
import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from driving import Drive, explorer
from textual.widgets import Static

import core
from core.sources.any_file import SettingsFile
from core.sources.figures import read_figure
from tui import cli
from tui.cli import figure
from tui.explorer.dialogs.export import ExportDialog
from tui.explorer.dialogs.export_kinds import trace_kinds
from tui.explorer.screen import Explorer
from tui.report.figures.options import FigureOptions
from tui.report.figures.themes import THEMES
from tui.report.formats import FORMATS, Bundle, write
from tui.report.formats.figure import FIGURE_FORMATS, FigureBundle
from tui.report.formats.figures_of import FIGURES, of_trace, rows
from tui.report.formats.study import STUDY_FORMATS, StudyBundle

SMALL = core.Experiment(hidden_size=3, timesteps=8, gain=1.25)
TRACE = core.run(SMALL)
FIGURE_ROWS = [one for one in FORMATS if one.name in FIGURES]
SHORT = ["--hidden-size", "3", "--timesteps", "8", "--gain", "1.25"]
LABELS = {
    "lags": ["lag k (steps)", "W_aa", "through step t−k‖"],
    "map": ["loss time t (steps)", "lag k (steps)"],
    "jacobians": ["Eigenvalues of W_aa", "imaginary", "largest σ"],
    "unrolled": ["a⟨8⟩", "x⟨8⟩", "L_8"],
    "training": ["training step (updates)", "mean squared error"],
    "sweep": ["gain", "units n_a", "factor per step"],
}
"""Chart → what its text has"""


def text_of_pdf(data: bytes) -> str:
    """The text that a reader of PDF files finds, without its spaces: those between letters are a reader's guess."""
    pypdf = pytest.importorskip("pypdf")
    (page,) = pypdf.PdfReader(io.BytesIO(data)).pages
    return "".join(page.extract_text().split())


@cache
def bundle_of(chart: str) -> FigureBundle:
    """What a figure of this chart is written from."""
    if chart == "sweep":
        return figure.of_sweep(core.sweep(core.grid(SMALL, gain=[0.5, 1.25], hidden_size=[2, 3])))
    if chart == "training":
        history = core.TrainingHistory(SMALL)
        for _ in range(2):
            history.add(core.advance(SMALL, history.latest))
        return figure.of_training(history, figure.profiles_of(history), "small")
    return of_trace(Bundle(TRACE, figure=FigureOptions(chart)))


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
@pytest.mark.parametrize("chart", LABELS)
def test_a_figure_of_every_chart_is_opened_again_by_its_settings(chart: str, suffix: str, tmp_path: Path) -> None:
    if suffix != ".svg":
        pytest.importorskip("matplotlib")
    theme = THEMES[(len(chart) + len(suffix) + ord(suffix[1])) % 3]
    (kind,) = [one for one in FIGURE_FORMATS if one.suffix == suffix]
    bundle = replace(bundle_of(chart), options=FigureOptions(chart, 9 * 72 / 2.54, theme))
    path = write(kind, bundle, tmp_path / f"mine{suffix}")
    found = core.open_file(path)
    assert isinstance(found, SettingsFile) and found.experiment == SMALL
    data = path.read_bytes()
    if suffix == ".svg":
        texts = [one.text or "" for one in ElementTree.fromstring(data).iter("{http://www.w3.org/2000/svg}text")]
        assert all(any(label in text for text in texts) for label in LABELS[chart]), texts
    elif suffix == ".pdf":
        text = text_of_pdf(data)
        assert all("".join(label.split()) in text for label in LABELS[chart]), text
    else:
        assert int.from_bytes(data[16:20], "big") == int(9 / 2.54 * 300)


@pytest.mark.parametrize("chart", ["training", "sweep"])
def test_a_training_and_a_sweep_are_drawn_by_their_commands_and_by_report(
    chart: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.cli.figure._swept", lambda experiment: core.sweep(core.grid(experiment, gain=[0.5, 1.0])))
    command = ["train", "--training-steps", "2"] if chart == "training" else ["sweep", "--gain", "0.5,1"]
    size = ["--hidden-size", "2", "--timesteps", "6"]
    assert cli.main([*command, *size, "--figure", str(tmp_path / "a.svg")]) == 0
    steps = ["--training-steps", "2"] if chart == "training" else []
    assert cli.main(["report", *size, *steps, "--figure", str(tmp_path / f"{chart}.svg")]) == 0
    one, other = (ElementTree.parse(tmp_path / name).getroot() for name in ("a.svg", f"{chart}.svg"))
    said = [[text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] for root in (one, other)]
    assert said[0] == said[1]
    assert "no effect" not in capsys.readouterr().err


def test_a_figure_opens_the_program_on_its_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lags.svg"
    assert cli.main(["report", *SHORT, "--figure", str(path)]) == 0
    first = capsys.readouterr().out
    assert cli.main(["report", str(path)]) == 0
    assert capsys.readouterr().out == first
    assert cli.main(["report", "--experiment", str(path), "--gain", "1"]) == 0
    assert capsys.readouterr().out != first


def test_what_a_figure_says_of_itself_can_be_damaged_and_is_then_told(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    write(FIGURE_ROWS[0], Bundle(TRACE), path, overwrite=True)
    whole = path.read_text(encoding="utf-8")
    metadata = re.search(r"<metadata>(.*?)</metadata>", whole)
    assert metadata is not None
    told = json.loads(metadata.group(1))
    assert told["chart"] == "lags" and told["provenance"]["settings"].startswith("--hidden-size=3 --gain=1.25")
    foreign = {**told, "experiment": None, "of": "lstm on own data"}
    for instead, said in {
        "": "it is an SVG that does not say which settings made it, as a figure of rnn-tui report --figure does",
        "{": "it is an SVG that does not say which settings made it",
        json.dumps({**told, "format": 99}): "it is from a later version of rnn-tui; update the program",
        json.dumps(foreign): "it is a figure of lstm on own data, which no settings make; open the file",
        json.dumps({**told, "experiment": {"gain": "much"}}): "the settings in this figure cannot be used: gain",
        json.dumps({**told, "experiment": [1]}): "the settings in this figure cannot be used",
    }.items():
        path.write_text(whole.replace(metadata.group(1), instead), encoding="utf-8")
        with pytest.raises(ValueError, match=re.escape(f"{path}: {said}")):
            core.open_file(path)
    for data in (
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        b"%PDF-1.4 /Keywords (((",
        b"<svg/>",
        b"<?xml version='1.0'?><svg>",
    ):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="does not say which settings made it"):
            read_figure(path)


def test_a_figure_that_cannot_be_read_is_named_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "large.png"
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(64_000_001)  # a hole: nothing of it is on the disk
    with pytest.raises(ValueError, match=re.escape(f"{path} cannot be read: longer than the 64,000,000 bytes")):
        core.open_file(path)
    assert cli.main(["report", "--experiment", str(path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_a_drawing_full_of_beginnings_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "many.svg"
    path.write_bytes(b"<svg>" + b"<metadata>{" * 200_000)  # each was searched to the end of the file
    with pytest.raises(ValueError, match="does not say which settings made it"):
        read_figure(path)


def test_a_figure_of_a_network_that_no_settings_make_names_it(tmp_path: Path) -> None:
    trace = core.run(SMALL, network=core.make_network(SMALL.replace(gain=2.0)))
    path = write(FIGURE_ROWS[0], Bundle(trace), tmp_path / "a.svg")
    with pytest.raises(ValueError, match="which no settings make; open the file that the network came from"):
        core.open_file(path)


def test_a_second_figure_never_asks_for_the_place_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        kinds = {one.name: one for one in trace_kinds(TRACE, chart="", screen="")}
        kinds["figure"].write(Path(kinds["figure"].suggested), False)
    names = ["lags-rnn-sunspots-gain1.25-n3-T8-seed5-step0.svg", "lags-rnn-sunspots-gain1.25-n3-T8-seed5-step0-2.svg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert cli.main(["report", *SHORT, "--figure", "svg", "--chart", "map", "--seed", "7"]) == 0
    assert "drawn: map-rnn-sunspots-gain1.25-n3-T8-seed7-step0.svg" in capsys.readouterr().err
    assert cli.main(["report", *SHORT, "--figure", str(tmp_path)]) == 0
    assert (tmp_path / names[0].replace(".svg", "-3.svg")).exists()
    assert cli.main(["report", *SHORT, "--figure", names[0]]) == 2
    assert "exists already" in capsys.readouterr().err
    assert cli.main(["report", *SHORT, "--figure", names[0], "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--figure", "a.gif"], "--figure: 'a.gif' was given, allowed is a name that ends in .svg, .pdf or .png"),
        (["--figure", ""], "--figure: no file was named"),
        (["--figure", "a.svg", "--chart", "pie"], "--chart: 'pie' was given, allowed is lags, map, jacobians,"),
        (["--figure", "a.svg", "--theme", "sepia"], "--theme: 'sepia' was given, allowed is light, dark, print"),
        (["--figure", "a.svg", "--width", "1cm"], "--width: '1cm' was given, allowed is a length from 4cm to 100cm"),
        (["--figure", "a.svg", "--width", "wide"], "--width: 'wide' was given, allowed is a length"),
        (["--figure", "a.svg", "--font-size", "2"], "--font-size: '2' was given, allowed is 4 to 60 points"),
        (["--figure", "nowhere/a.svg"], "nowhere/a.svg: "),
    ],
)
def test_what_no_figure_can_be_made_of_is_told_before_anything_is_computed(
    flags: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("core.trace.run", lambda *_, **__: pytest.fail("it was computed"))
    assert cli.main(["report", *flags]) == 2
    assert said in capsys.readouterr().err


def test_a_library_that_is_missing_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tui.report.formats.figure.find_spec", lambda _: None)
    assert cli.main(["report", *SHORT, "--figure", str(tmp_path / "a.pdf")]) == 2
    assert "PDF and PNG need matplotlib: pip install 'rnn-tui[figures]'; SVG needs nothing" in capsys.readouterr().err
    assert {one.suffix for one in FIGURE_FORMATS if one.problem(None)} == {".pdf", ".png"}  # type: ignore[arg-type]
    assert len(rows(lambda bundle: bundle)) == len([one for one in STUDY_FORMATS if one.name in FIGURES])


@pytest.mark.slow
def test_a_report_without_a_figure_imports_no_library_for_one(tmp_path: Path) -> None:
    import subprocess

    said = "import sys; from tui import cli; cli.main(['report','--timesteps','4']); print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_a_figure_of_a_sweep_without_numbers_says_what_it_needs(tmp_path: Path) -> None:
    study = core.sweep(core.grid(SMALL, seeds=2))
    (row,) = [one for one in STUDY_FORMATS if one.name == "figure"]
    with pytest.raises(ValueError, match="a figure of a sweep needs a setting of numbers with several values"):
        write(row, StudyBundle(study), tmp_path / "a.svg")


async def typed(drive: Drive, *keys: str) -> None:
    """These keys in the export dialog, which is opened before them."""
    await drive.press("e")
    await drive.until(lambda: isinstance(drive.app.screen, ExportDialog))
    await drive.press(*keys)


def note(drive: Drive) -> str:
    return str(drive.app.screen.query_one("#export-note", Static).render())


@explorer(SMALL, size=(80, 24), only="work")
async def test_the_dialog_asks_how_a_figure_looks_and_begins_the_next_one_so(drive: Drive) -> None:
    await typed(drive, "tab", "left", "tab", *"3cm", "enter")
    assert "width: '3cm' was given, allowed is a length from 4cm to 100cm" in note(drive)
    assert drive.app.screen.query_one("#figure-width").has_class("-wrong")
    assert isinstance(drive.app.screen, ExportDialog)
    assert not list(Path.cwd().glob("*.svg")), "nothing is written"
    await drive.pilot.pause()
    assert drive.app.screen.query_one("#export-box").max_scroll_y == 0, "nothing is cut, with a reason of two lines"
    await drive.press("ctrl+u", *"10cm", "tab", *"9", "enter")
    await drive.until(lambda: isinstance(drive.app.screen, Explorer))
    await typed(drive, "enter")
    await drive.until(lambda: isinstance(drive.app.screen, Explorer))
    both = sorted(Path.cwd().glob("*.svg"))
    name = "lags-rnn-sunspots-gain1.25-n3-T8-L8-seed5-step0"
    assert [one.name for one in both] == [f"{name}-2.svg", f"{name}.svg"], "the second does not ask for the first"
    for one in both:
        told = json.loads(ElementTree.parse(one).getroot().findtext("{*}metadata") or "")
        assert (told["theme"], told["font_size"]) == ("print", 9.0)
        assert told["width"] == pytest.approx(10 * 72 / 2.54)
    await typed(drive, "down", "down", "down")
    assert not drive.app.screen.query_one("#figure-width").visible, "what is no figure has no such fields"


@explorer(SMALL, only="work")
async def test_a_figure_that_a_library_is_missing_for_is_shown_with_what_to_install(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.report.formats.figure.find_spec", lambda _: None)
    await typed(drive, "down", "enter")
    assert "pip install 'rnn-tui[figures]'" in note(drive)
    assert isinstance(drive.app.screen, ExportDialog)
    assert not list(Path.cwd().glob("*.pdf"))


@explorer(SMALL, only="work")
async def test_the_explorer_draws_the_chart_of_the_tab_that_is_open(drive: Drive) -> None:
    await drive.press("2", "e")
    await drive.until(lambda: isinstance(drive.app.screen, ExportDialog))
    await drive.press("enter")
    await drive.until(lambda: isinstance(drive.app.screen, Explorer))
    (saved,) = Path.cwd().glob("*.svg")
    assert saved.name == "map-rnn-sunspots-gain1.25-n3-T8-seed5-step0.svg"
    assert "loss time t (steps)" in saved.read_text(encoding="utf-8")
