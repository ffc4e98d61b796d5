"""One table of formats: what stands in it is in the export dialog, among the command line's options and in a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from driving import Drive, explorer
from writing import report, written

import core
from tui import cli
from tui.explorer.dialogs.export import ExportDialog
from tui.explorer.dialogs.export_kinds import trace_kinds
from tui.explorer.screen import Explorer
from tui.report import formats
from tui.report.atomic_files import ExportError
from tui.report.formats import Bundle, Format
from tui.report.formats.figures_of import FIGURES
from tui.report.trace_document import About, about_of

SHORT = ["--timesteps", "5", "--hidden-size", "2"]


def toy(bundle: Bundle) -> bytes:
    return f"{bundle.made.program}: {bundle.trace.network.cell_name}\n".encode()


def too_long(bundle: Bundle) -> str:
    return "too long for a toy; shorten it" if len(bundle.trace.lags.scored) > 5 else ""


@pytest.fixture
def with_toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A row more in the table, and an empty folder to be in."""
    row = Format("toy_text", ".toy", "A toy", toy, option="Write a toy too", problem=too_long)
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, row))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_row_is_all_that_the_export_dialog_needs(with_toy: Path) -> None:
    trace = core.run(core.Experiment(timesteps=5, hidden_size=2))
    kind = trace_kinds(trace, chart="<svg/>", screen="<svg/>")[-1]
    assert (kind.name, kind.label, kind.suggested) == ("toy_text", "A toy", "rnn-sunspots-gain0.9-n2-T5.toy")
    kind.write(with_toy / kind.suggested, False)
    assert (with_toy / kind.suggested).read_text(encoding="utf-8").endswith(": rnn\n")
    longer = core.run(core.Experiment(timesteps=6, hidden_size=2))
    assert "toy_text" not in [kind.name for kind in trace_kinds(longer, chart="<svg/>", screen="<svg/>")]


def test_a_row_is_all_that_the_command_line_needs(
    with_toy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert cli.main(["report", "--help"]) == 0
    assert "Write a toy too; -" in " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert cli.main(["report", *SHORT, "--toy-text", "mine", "--csv", "too"]) == 0
    assert {path.name for path in with_toy.iterdir()} == {"mine.toy", "too.csv"}
    capsys.readouterr()
    assert cli.main(["report", *SHORT, "--toy-text", "-"]) == 0
    assert capsys.readouterr().out == (with_toy / "mine.toy").read_text(encoding="utf-8")
    assert cli.main(["report", *SHORT, "--toy-text", "mine"]) == 2
    assert "mine.toy: exists already" in capsys.readouterr().err
    assert cli.main(["report", "--timesteps", "6", "--toy-text", "longer"]) == 2
    assert capsys.readouterr().err == "rnn-tui: too long for a toy; shorten it\n"
    assert cli.main(["train", "--toy-text", "x"]) == 2
    assert "--toy-text is an option of report" in capsys.readouterr().err


def test_a_switch_is_a_row_too_and_takes_the_place_of_the_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = Format("toy", ".toy", "A toy", toy, option="Print a toy.", switch=True)
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, row))
    assert cli.main(["report", "--help"]) == 0
    assert "--toy Print a toy." in " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert cli.main(["report", *SHORT, "--toy"]) == 0
    assert capsys.readouterr().out.endswith(": rnn\n")
    assert cli.main(["report", *SHORT, "--toy", "--json"]) == 2
    assert "--json and --toy both go to standard output" in capsys.readouterr().err


def test_all_that_the_report_prints_is_a_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = Bundle(core.run(core.Experiment(timesteps=5, hidden_size=2)))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert cli.main(["report", *SHORT]) == 0
    text = capsys.readouterr().out
    assert formats.contents(formats.format_named(formats.PRINTED), bundle).decode().startswith(text)
    assert cli.main(["report", *SHORT, "--json"]) == 0
    assert capsys.readouterr().out.encode() == formats.contents(formats.format_named("json"), Bundle(bundle.trace))
    row = replace(formats.format_named(formats.PRINTED), lines=None, contents=toy)
    others = (one for one in formats.FORMATS if one.name != row.name)
    monkeypatch.setattr(formats, "FORMATS", (*others, row))
    for arguments in (["report", *SHORT], SHORT):
        assert cli.main(arguments) == 0
        assert capsys.readouterr().out.endswith(": rnn\n")


def test_the_export_dialog_offers_every_row_and_the_command_line_those_without_a_screen() -> None:
    trace = core.run(core.Experiment(timesteps=5, hidden_size=2))
    offered = trace_kinds(trace, chart="<svg/>", screen="<svg/>")
    names = [kind.name for kind in offered if kind.name not in FIGURES]
    assert names == ["chart", "screen", "text", "html", "json", "csv", "npz", "network", "toml"]
    assert [kind.suffix for kind in offered] == [
        row.suffix for row in formats.FORMATS if not row.problem(Bundle(trace, chart="<svg/>", screen="<svg/>"))
    ]
    assert list(formats.options()) == ["html", "json", "csv", "npz"]


def test_a_report_measures_the_jacobians_once_and_only_where_it_is_written() -> None:
    trace = core.run(core.Experiment(timesteps=5, hidden_size=2))
    asked: list[core.Trace] = []

    def measure(of: core.Trace) -> core.Dynamics:
        asked.append(of)
        return core.dynamics_of(of.tape, profile=False)

    bundle = Bundle(trace, measure=measure)
    for name, times in (("csv", 0), ("npz", 0), ("toml", 0), ("json", 1), ("text", 1)):
        formats.contents(formats.format_named(name), bundle)
        assert len(asked) == times
    known = Bundle(trace, core.dynamics_of(trace.tape), measure=measure)
    assert formats.contents(formats.format_named("text"), known)
    assert len(asked) == 1


def test_every_row_writes_what_it_offers_and_says_why_it_does_not(tmp_path: Path) -> None:
    own = core.run(core.Experiment(timesteps=5, hidden_size=2))
    other = core.run(network=own.network, batch=own.whole_batch)
    assert len({row.name for row in formats.FORMATS}) == len(formats.FORMATS)
    for trace in (own, other):
        for bundle in (Bundle(trace), Bundle(trace, chart="<svg/>", screen="<svg/>")):
            for row in formats.FORMATS:
                problem = row.problem(bundle)
                assert (row in formats.offered(bundle)) == (not problem)
                if problem:
                    with pytest.raises(ExportError, match=problem[:20]):
                        formats.contents(row, bundle)
                else:
                    data = formats.contents(row, bundle)
                    assert row.text == (b"\0" not in data)
    assert written("csv", own, tmp_path / "a") == tmp_path / "a.csv"


def test_the_network_that_is_shown_is_saved_by_itself_and_opened_again(tmp_path: Path) -> None:
    settings = core.Experiment(timesteps=5, hidden_size=2, cell="gru", layers=2)
    step = list(core.train(settings.replace(training_steps=3)))[-1]
    trace = core.run(settings, network=step.network, training_step=3)
    path = written("network", trace, tmp_path / "mine")
    assert path == tmp_path / "mine.safetensors"
    (candidate,) = core.open_checkpoint(path).candidates
    assert candidate.network().same_as(step.network) and candidate.layers == 2


def test_a_format_that_is_not_there_is_told_with_those_that_are() -> None:
    names = "figure, figure-pdf, figure-png, chart, screen, text, html, json, csv, npz, network, toml"
    with pytest.raises(ValueError, match=f"'pdf' was given, allowed is {names}"):
        formats.format_named("pdf")


@pytest.mark.parametrize("training_step", [0, 3])
def test_a_report_has_the_name_of_its_preset_and_what_to_look_for_where_that_is_still_so(training_step: int) -> None:
    for preset in (core.presets()["by-hand"], core.presets()["training-clipped"]):
        about = about_of(preset.experiment, training_step)
        assert about.title == preset.title
        assert about.look_for == ("" if training_step and preset.topic != "training" else preset.look_for)
    assert about_of(core.Experiment(gain=0.123), training_step) == about_of(None) == About()


@explorer(core.preset("by-hand"), only="work")
async def test_the_explorer_saves_the_report_that_the_command_line_prints(drive: Drive) -> None:
    preset = core.presets()["by-hand"]
    await drive.press("e")
    await drive.until(lambda: isinstance(drive.app.screen, ExportDialog))
    names = [kind.name for kind in drive.app.screen._kinds]
    await drive.press(*["down"] * names.index("text"), "enter")
    await drive.until(lambda: isinstance(drive.app.screen, Explorer))
    (saved,) = Path.cwd().glob("*.txt")
    about = About(preset.title, preset.look_for)
    assert saved.read_text(encoding="utf-8").startswith(report(drive.trace, about=about))
