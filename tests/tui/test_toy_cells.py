"""A cell that nobody has seen, through every report, export and panel: it is added by one file and one registration.

The cells are those of `tests/core/toy_cells.py`: a gated one and two layers in one, registered at run time.
"""

from __future__ import annotations

import asyncio
import csv
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from driving import HOMES, MEDIUM, Drive, text_of
from textual.widgets import TabbedContent
from toy_cells import TOYS, MinimalGated, TwoLayers, registered
from writing import record, report, written

import core
from core.bptt.parameter_groups import grouped as grouped_at_all
from core.bptt.parameter_groups import groupings, standing_for
from core.extend import Cell, DirectFactor
from core.network.cells import CELLS
from tui.cli import main
from tui.explorer.actions.settings import change
from tui.explorer.app import RnnApp
from tui.explorer.dialogs.export import widget_picture
from tui.explorer.dialogs.export_kinds import trace_kinds
from tui.explorer.panels.map import MapPanel
from tui.explorer.panels.question import ClaimView
from tui.explorer.panels.units import UnitsPanel
from tui.explorer.session.cursor import Cursor
from tui.explorer.widgets.setting_row import SettingRow
from tui.explorer.widgets.step_backward import backward_text
from tui.explorer.widgets.step_forward import forward_text
from tui.report.formats import FORMATS, Bundle
from tui.report.palette import dark_palette
from tui.report.styles import line_styles, styles
from tui.report.words.map import STATE
from tui.report.words.sentences import sentences
from tui.report.words.subject import describe_setup
from tui.report.words.units import quantities
from tui.report.words.verdict import headline

TITLES = {
    "mgu": "minimal gated unit",
    "two-layers": "stack of two",
    "mingru": "minGRU",
    "antisymmetric": "antisymmetric RNN",
}
UNLIKE = (CELLS["mingru"], CELLS["antisymmetric"])
"""Cells of core that are unlike the others: without a recurrent matrix, and with one that is made of a parameter"""


@pytest.fixture(params=[*TOYS, *UNLIKE], ids=lambda cell: cell.name)
def toy(request: pytest.FixtureRequest) -> Iterator[Cell]:
    with nullcontext(request.param) if request.param in UNLIKE else registered(request.param) as cell:
        yield cell


def experiment(cell: Cell, **more: object) -> core.Experiment:
    return core.Experiment(cell=cell.name, **{"hidden_size": 4, "timesteps": 12, "batch_size": 2, **more})


# Words, report and record


@pytest.mark.parametrize("more", [{}, {"timesteps": 1}, {"scored": "last", "timesteps": 40}, {"gain": 0.0}, {"k2": 4}])
def test_the_report_tells_of_it(toy: Cell, more: dict[str, object]) -> None:
    trace = core.run(experiment(toy, **more))
    through = "tanh · " if toy.activated else ""
    assert describe_setup(trace).startswith(f"{TITLES[toy.name]} · {through}4 units")
    text = report(trace, width=160)
    for line in (describe_setup(trace), headline(trace)):
        assert line in " ".join(text.split()), "broken over lines or not"
    for by in groupings(trace.network):
        if by != "parameter":
            assert all(name in text for name in trace.parameter_groups(by))
    assert "α" not in text and ("W_aa" in text) == ("W_aa" in toy.uses())
    assert all(sentence for sentence in sentences(trace))


def test_no_column_of_the_report_touches_the_next(toy: Cell) -> None:
    for width in (60, 80, 120, 200):
        for line in report(core.run(experiment(toy)), width=width).splitlines():
            assert len(line) <= width


def test_the_record_is_json_of_it(toy: Cell) -> None:
    trace = core.run(experiment(toy))
    found = json.loads(json.dumps(record(trace), allow_nan=False))
    assert set(found["parameters"]) == set(trace.network.parameters)
    assert found["parameters"]["W_y"]["rate"] is None
    ways = [by for by in groupings(trace.network) if by != "parameter"] if grouped_at_all(trace.network) else []
    assert list(found["parameter_groups"]) == ways
    for by in ways:
        members = [name for group in found["parameter_groups"][by].values() for name in group["parameters"]]
        assert sorted(members) == sorted(toy.uses())
    assert found["residual"] < 1e-12


def test_no_two_lines_look_alike(toy: Cell) -> None:
    network = core.make_network(experiment(toy))
    for by in groupings(network):
        looks = styles(network, by)
        assert len(set(looks.values())) == len(looks) == len(core.parameter_groups(network, by))


def test_the_step_of_a_cell_whose_direct_factor_has_a_comma_is_told() -> None:
    @dataclass(frozen=True)
    class Worded(MinimalGated):
        name = "mgu-worded"
        direct = DirectFactor("(1 − u)", "∏ (1 − u⟨r⟩), unit by unit", "What the gate lets by")

    with registered(Worded()) as cell:
        trace = core.run(experiment(cell))
        middle = Cursor(len(trace.tape.losses)).at_step(4).turned()
        back = backward_text(trace, trace.backward_pass, middle, dark_palette()).plain
    assert "directly, × (1 − u⟨5⟩), unit by unit" in back


def test_the_command_line_reports_it(toy: Cell, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["report", "--cell", toy.name, "--timesteps", "8", "--hidden-size", "3"]
    assert main([*arguments, "--csv", str(tmp_path / "a.csv"), "--npz", str(tmp_path / "a.npz")]) == 0
    assert TITLES[toy.name] in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["parameters"]) >= set(toy.uses())
    assert main(["train", "--cell", toy.name, "--timesteps", "6", "--training-steps", "2"]) == 0


def test_the_command_lines_help_knows_it(toy: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--help"]) == 0
    assert f"{toy.name}: {toy.summary}" in " ".join(capsys.readouterr().out.replace("│", " ").split())


# Exports


def test_every_file_of_it_is_written(toy: Cell, tmp_path: Path) -> None:
    trace = core.run(experiment(toy, k2=4))
    with written("csv", trace, tmp_path / "lags").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["parameter"] for row in rows} == {*trace.network.parameters, "x"}
    dynamics = core.dynamics_of(trace.tape)
    with np.load(written("npz", trace, tmp_path / "all", dynamics=dynamics)) as arrays:
        for name, parameter in trace.network.parameters.items():
            assert np.array_equal(arrays[name], parameter)
            assert arrays[f"log2_norm_{name}"].shape == (12, 12)
    assert core.Experiment.load(written("toml", trace, tmp_path / "own")) == trace.experiment
    kinds = trace_kinds(trace, chart="<svg/>", screen="<svg/>", dynamics=dynamics)
    there = [one for one in FORMATS if not one.problem(Bundle(trace, chart="", screen=""))]
    assert len(kinds) == len(there)
    for kind in kinds:
        kind.write(tmp_path / f"as-{kind.suggested}", False)
    assert {path.suffix for path in tmp_path.glob("as-*")} == {row.suffix for row in there}


# Without a read-out


@pytest.mark.parametrize("name", ["rnn", "lstm", "two-layers"])
def test_a_network_without_a_read_out_is_told_as_one(name: str, tmp_path: Path) -> None:
    with registered(TwoLayers()):
        made = core.make_network(core.Experiment(cell=name, hidden_size=4))
        own = {one: made.parameters[one] for one in made.cell.uses()}
        rng = np.random.default_rng(1)
        batch = core.Batch.injecting(rng.standard_normal((30, 2, 1)), rng.standard_normal((30, 2, made.read_out.width)))
        trace = core.run(network=core.Network(name, own, readout_name="none"), batch=batch)
        text = report(trace, width=160)
        assert "There is no read-out: the gradients are given at the states that one would read." in " ".join(
            text.replace("·", "").split()
        )
        assert "W_y" not in text
        assert "W_y" not in json.dumps(record(trace))
        written("csv", trace, tmp_path / "lags")
        written("npz", trace, tmp_path / "all")
        middle = Cursor(len(trace.tape.losses)).at_step(9)
        forward = forward_text(trace, middle, dark_palette()).plain
        back = backward_text(trace, trace.backward_pass, middle.turned(), dark_palette()).plain
        assert "W_y" not in forward + back
        assert "⟨g⟨9⟩" in forward and "g⟨9⟩" in back


# The explorer


def drive(cell: Cell, script: Callable[[Drive], Awaitable[None]], **more: object) -> None:
    async def run() -> None:
        async with RnnApp(experiment(cell, **more)).run_test(size=MEDIUM) as pilot:
            screen = Drive(pilot)
            await screen.settled()
            await script(screen)

    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        for variable in HOMES:
            patch.setenv(variable, home)
        asyncio.run(run())


@pytest.mark.parametrize(
    "toy",
    [pytest.param(cell, marks=[] if cell is TOYS[-1] else pytest.mark.slow, id=cell.name) for cell in (*TOYS, *UNLIKE)],
    indirect=True,
)
def test_every_panel_shows_it(toy: Cell) -> None:
    """Every tab, as charts and as tables, forward and back, by every way to take parameters together; then training.

    One start of the program for all of it: the start is what takes the time.
    """

    async def script(screen: Drive) -> None:
        explorer = screen.screen
        await stepped(screen, toy)
        await grouped(screen)
        tabs = explorer.query_one("#tabs", TabbedContent)
        for pane in [pane.id for pane in tabs.query("TabPane")]:
            assert pane is not None
            tabs.active = pane
            for keys in (("home", "right"), ("end", "left"), ("v",), ("v",)):
                await screen.press(*keys)
            assert widget_picture(tabs, "all of it").startswith("<svg")
        tabs.active = "tab-map"
        await mapped(screen)
        tabs.active = "tab-units"
        await units_shown(screen)
        tabs.active = "tab-question"
        names = [f"{name}'s gradient" for name in standing_for(screen.trace.network).values()]
        await screen.until(lambda: any(name in evidence(screen) for name in names), "the claims with their numbers")
        assert len(explorer.query(ClaimView)) == 6
        await screen.press("W")
        await screen.until(lambda: screen.screen.training_step == 1)
        await screen.until(lambda: screen.trace.training_step == 1)

    drive(toy, script, training_steps=3, timesteps=24)


def evidence(screen: Drive) -> str:
    """The numbers below the claims, as they are painted."""
    return "\n".join(text_of(view.query_one(".evidence")) for view in screen.screen.query(ClaimView))


async def stepped(screen: Drive, toy: Cell) -> None:
    """The inspector at a step of each direction."""
    await screen.press("home")
    text = screen.inspector()
    assert all(name in text for name in toy.uses())
    await screen.press("end")
    text = screen.inspector()
    assert "α" not in text
    assert all(name in text for name in screen.trace.network.parameters)


async def grouped(screen: Drive) -> None:
    """The lines of the chart, by every grouping."""
    ways, seen = groupings(screen.trace.network), []
    for _ in ways:
        seen.append(screen.screen.view.grouping)
        looks = line_styles(screen.trace.network, screen.screen.view.grouping)
        assert set(looks) == set(screen.screen.line_names)
        await screen.press("g")
    assert tuple(seen) == ways
    assert screen.screen.view.grouping == "source"


async def mapped(screen: Drive) -> None:
    """The map of every parameter."""
    panel, seen = screen.one(MapPanel), set()
    await screen.until(lambda: screen.app.focused is not None and panel in screen.app.focused.ancestors_with_self)
    for _ in range(len(screen.trace.network.parameters) + 1):
        seen.add(panel.mapped)
        await screen.press("right_square_bracket")
    assert seen == {*screen.trace.network.parameters, STATE}


async def units_shown(screen: Drive) -> None:
    """Everything that can be shown of the units."""
    panel, seen = screen.one(UnitsPanel), set()
    await screen.until(lambda: screen.app.focused is not None and panel in screen.app.focused.ancestors_with_self)
    for _ in range(len(quantities(screen.trace.network)) + 1):  # and the prediction
        assert panel.quantity is not None
        seen.add(panel.quantity.symbol)
        await screen.press("right_square_bracket")
    assert seen == set(quantities(screen.trace.network))


def test_it_is_chosen_among_the_settings_and_its_own_settings_come_with_it() -> None:
    with registered(MinimalGated()), registered(TwoLayers()):

        async def script(screen: Drive) -> None:
            rows = {row.setting.name: row for row in screen.screen.query(SettingRow)}
            assert rows["cell"].setting.choices[-2:] == ("mgu", "two-layers")
            change(screen.screen, screen.screen.subject.experiment.replace(cell="mgu"))
            await screen.settled()
            assert screen.trace.network.cell_name == "mgu"
            assert rows["forget_bias"].display
            assert not rows["leak"].display
            change(screen.screen, screen.screen.subject.experiment.replace(cell="two-layers"))
            await screen.settled()
            assert not rows["forget_bias"].display

        drive(core.network.cells.CELLS["rnn"], script)
