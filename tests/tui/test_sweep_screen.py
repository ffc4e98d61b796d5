"""The Sweep screen: what it asks for, what it draws and says, and that it computes, opens, stops and remembers."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driving import MEDIUM, NARROW, Drive, explorer
from textual.widgets import Input, Static

import core
from core import Experiment
from core.study.outcome import Failure
from core.study.study import Study
from core.study.work import What
from tui.explorer.background.sweep_run import run_sweep
from tui.explorer.dialogs.export import ExportDialog
from tui.explorer.dialogs.sweep import SweepScreen
from tui.explorer.session.sweeping import SweepRequest, Swept, first_request, nearest_point, next_networks
from tui.explorer.widgets.sweep_chart import SweepChart
from tui.report.charts.drawn import DRAWN
from tui.report.charts.phase_diagram import draw_phases, phase_layout, point_under
from tui.report.charts.terminal import draw_plain
from tui.report.palette import dark_palette
from tui.report.study_charts import curve_chart, neighbor, phase_diagram, places, stand_ins
from tui.report.words.sweep_point import combination_text, over_seeds_text, regimes_text, typical_network

SMALL = Experiment(hidden_size=3, timesteps=12)
REQUEST = SweepRequest(SMALL, "gain", "0.5:2:4", "hidden_size", "2,3,4", seeds="3")
STUDY = core.sweep(REQUEST.grid())
ALONG = core.sweep(core.grid(SMALL, gain="0.5:2:4", seeds=3))
CELLS = core.sweep(core.grid(SMALL, gain="0.5:2:3", cell="rnn,gru", seeds=2))


class EndedError(Exception):
    """Raised by a progress that ends the work."""


# What is asked for


def test_the_first_sweep_is_around_the_settings_in_force() -> None:
    request = first_request(Experiment(gain=3.0, hidden_size=8))
    assert (request.across, request.across_values) == ("gain", "2:5:16")
    assert (request.down, request.down_values) == ("hidden_size", "2:32:9:log")
    found = request.grid()
    assert found.points[nearest_point(found)].values == {"gain": 3.0, "hidden_size": 8}
    assert first_request(Experiment(cell="rnn", timesteps=1)).grid().experiment.timesteps == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seeds": "many"}, "seeds: 'many' was given"),
        ({"seeds": "0"}, "allowed is a whole number"),
        ({"down": "gain"}, "gain was chosen for both axes"),
        ({"across_values": "0.5:2"}, "is no range"),
        ({"across_values": "0.5:2:random"}, "no place along an axis"),
        ({"across_values": "0.5:2:4000"}, "allowed is at most 4,000"),
    ],
)
def test_what_is_no_sweep_is_refused_and_said_why(changed: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(REQUEST, **changed).grid()  # type: ignore[arg-type]


def test_a_sweep_belongs_to_its_settings_and_to_its_networks() -> None:
    swept = Swept(REQUEST, REQUEST.grid())
    assert swept.is_of(SMALL)
    assert swept.is_of(REQUEST.grid().experiment_at(5))
    assert not swept.is_of(SMALL.replace(timesteps=13))


# What is computed


def test_all_networks_come_with_the_numbers_of_core_and_those_of_the_boundary_first(tmp_path: Path) -> None:
    found, came, told = REQUEST.grid(), {}, []
    run_sweep(found, {}, What(), str(tmp_path / "kept"), came.update, lambda done, total: told.append((done, total)))
    assert {place: one.summary for place, one in came.items()} == {
        place: one.summary for place, one in STUDY.results.items()
    }
    assert told[-1] == (len(found), len(found)) and sorted(told) == told
    again: dict[int, object] = {}
    run_sweep(found, {}, What(), str(tmp_path / "kept"), again.update, lambda done, total: None)
    assert again == came


def test_what_ends_the_work_keeps_what_came_and_it_goes_on_from_there() -> None:
    found, came = REQUEST.grid(), {}

    def progress(done: int, total: int) -> None:
        if done > 5:
            raise EndedError

    with pytest.raises(EndedError):
        run_sweep(found, {}, What(), "", came.update, progress)
    assert 0 < len(came) < len(found)
    first = dict(came)
    run_sweep(found, first, What(), "", came.update, lambda done, total: None)
    assert len(came) == len(found)


def test_all_seeds_of_a_combination_come_in_one_round_and_failures_are_no_reason_to_go_round_for_ever() -> None:
    found = STUDY.grid
    first = next_networks(found, {})
    assert all(set(point.networks) <= set(first) or not set(point.networks) & set(first) for point in found.points)
    failed = dict.fromkeys(range(len(found)), Failure("refused", "no"))
    assert next_networks(found, failed) == ()


# What is drawn


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("study", [STUDY, ALONG, CELLS], ids=["two", "one", "choice"])
def test_every_quantity_is_drawn_in_color_and_without(name: str, study: Study) -> None:
    drawn = DRAWN[name]
    over = drawn.over_seeds(study)
    assert len(over) == len(study.points)
    if len(study.grid.axes) == 1:
        lines = draw_plain(curve_chart(study, over, drawn, width=60, height=12, cursor=1), 60, 12).lines
        assert "gain" in lines[-2]
        return
    for palette in (None, dark_palette()):
        grid = draw_phases(phase_diagram(study, over, drawn, fill=True), 70, 16, palette, (0, 1))
        assert grid is not None
        text = grid.lines()
        assert ("╋" if palette is None else "●") in "".join(text)
        assert "▶" in "".join(text) and "▲" in text[-4 if drawn.parted else -3]
        assert ("━┃ the mean is" in text[-2]) == drawn.parted, "the lines have a legend"


def test_numbers_go_up_and_to_the_right_and_a_click_finds_them_again() -> None:
    diagram = phase_diagram(STUDY, DRAWN["rate"].over_seeds(STUDY))
    assert (diagram.down, diagram.across) == (("4", "3", "2"), ("0.5", "1", "1.5", "2"))
    at = places(STUDY.grid)
    values = STUDY.values("rate").mean(axis=-1).reshape(-1)
    assert diagram.center == pytest.approx(values[at])
    layout = phase_layout(diagram, 80, 20)
    assert layout is not None
    assert point_under(diagram, layout, layout.gutter, 0) == (0, 0)
    assert point_under(diagram, layout, 79, layout.rows - 1) == (2, 3)
    assert point_under(diagram, layout, 0, 0) is None
    start = int(at[0, 0])
    assert neighbor(STUDY.grid, start, -1, -1) == start
    assert neighbor(STUDY.grid, start, 2, 9) == at[2, 3]


def test_what_is_not_computed_looks_like_the_nearest_that_is_but_no_choice_for_another() -> None:
    tried = np.zeros((3, 4), dtype=bool)
    tried[0, 0] = tried[2, 3] = True
    assert stand_ins(tried, down=True, across=True)[[0, 2, 1], [1, 2, 0]].tolist() == [0, 11, 0]
    assert stand_ins(tried, down=False, across=True).tolist() == [[0] * 4, [-1] * 4, [11] * 4]
    part = Study(STUDY.grid, {place: STUDY.outcomes[place] for place in range(3)})
    over = DRAWN["rate"].over_seeds(part)
    assert not np.isnan(phase_diagram(part, over, fill=True).center).any()
    assert np.isnan(phase_diagram(part, over).center).sum() == 11


def test_nothing_lies_between_two_choices() -> None:
    diagram = phase_diagram(CELLS, DRAWN["spectral_radius"].over_seeds(CELLS), DRAWN["spectral_radius"])
    assert diagram.down == ("rnn", "gru") and not diagram.down_ordered
    grid = draw_phases(replace(diagram, center=np.array([[-1.0] * 3, [1.0] * 3])), 60, 14, None)
    assert grid is not None
    assert not set("━┃┄┊") & set("".join(grid.lines()[:-4]))


# What is said


def test_a_point_is_said_with_its_spread_over_seeds_and_what_each_error_is_of() -> None:
    rate = DRAWN["rate"].over_seeds(STUDY)[4]
    said = over_seeds_text(DRAWN["rate"], rate)
    assert said.startswith("factor per step: median ×")
    assert "over 3 seeds; ± of one network" in said and "nine of ten in ×" in said
    assert combination_text(STUDY, 4) == "gain 1 · hidden_size 3"
    assert "seeds" in regimes_text(STUDY, 4)
    alone = core.sweep(core.grid(SMALL, gain="0.5:2:2"))
    assert over_seeds_text(DRAWN["rate"], DRAWN["rate"].over_seeds(alone)[0]).endswith(", of 1 seed")
    assert "no seed has this number" in over_seeds_text(DRAWN["lyapunov"], DRAWN["lyapunov"].over_seeds(STUDY)[0])


def test_the_network_that_is_opened_is_the_nearest_to_the_median() -> None:
    values = STUDY.values("rate").reshape(-1, 3)
    for point in range(len(STUDY.points)):
        network = typical_network(STUDY, point, DRAWN["rate"])
        assert network is not None
        assert values.reshape(-1)[network] == np.median(values[point])
    assert typical_network(Study(STUDY.grid, {}), 0, DRAWN["rate"]) is None


def test_regimes_are_minus_one_where_all_vanish_and_failures_say_why() -> None:
    low = DRAWN["regime"].over_seeds(core.sweep(core.grid(SMALL.replace(timesteps=40), gain="0.1,0.2", seeds=2)))
    assert [one.mean for one in low] == [-1.0, -1.0]
    failed = Study(STUDY.grid, {0: Failure("refused", "no room")})
    assert regimes_text(failed, 0) == "1 failed: no room"
    assert math.isnan(DRAWN["rate"].over_seeds(failed)[0].mean)


# The screen


async def opened(drive: Drive) -> SweepScreen:
    """The Sweep screen, with all of its networks computed."""
    await drive.press("G")
    await drive.until(lambda: isinstance(drive.app.screen, SweepScreen))
    screen = drive.app.screen
    assert isinstance(screen, SweepScreen)
    return screen


def text(screen: SweepScreen, name: str) -> str:
    return str(screen.query_one(name, Static).render())


@explorer(SMALL.replace(timesteps=5), size=NARROW, only="work")
async def test_a_sweep_is_computed_moved_in_exported_opened_undone_and_there_again(drive: Drive) -> None:
    screen = await opened(drive)
    assert screen.swept.grid is None, "nothing is computed unasked"
    assert "computes 560 networks: gain 0.5 … 2 (16) × units n_a 1 … 12" in text(screen, "#sweep-note")
    assert "enter begins" in text(screen, "#sweep-state")
    before = drive.screen.subject.experiment
    for field, value in (("down_values", "2,3"), ("across_values", "0.5:2:3"), ("seeds", "2")):
        screen.query_one(f"#sweep-{field}", Input).value = value
    await drive.pilot.pause()
    assert "computes 12 networks" in text(screen, "#sweep-note")
    screen.query_one("#sweep-seeds", Input).focus()
    await drive.press("enter")
    await drive.until(lambda: screen.swept.grid is not None and len(screen.swept.grid) == 12)
    await drive.until(lambda: not screen.swept.missing and "12 networks" in text(screen, "#sweep-state"))
    chart = screen.query_one(SweepChart)
    assert screen.focused is chart, "arrows move the mark at once"
    assert screen.swept.study is not None
    start = screen.swept.cursor
    assert screen.swept.study.points[start].values == {"gain": 1.25, "hidden_size": 3}
    await drive.press("left", "down", "left", "left")
    point = screen.swept.study.points[screen.swept.cursor].values
    assert point == {"gain": 0.5, "hidden_size": 2}
    assert "gain 0.5 · units n_a 2" in text(screen, "#sweep-point")
    assert "over 2 seeds" in text(screen, "#sweep-point")
    await drive.press("c")
    assert screen.swept.drawn == "regime" and "regime over 2 seeds" in text(screen, "#sweep-point")
    await drive.pilot.click(SweepChart, offset=(chart.size.width - 2, 1))
    assert screen.swept.study.points[screen.swept.cursor].values == {"gain": 2.0, "hidden_size": 3}
    await drive.pilot.hover(SweepChart, offset=(chart.size.width - 2, chart.size.height - 5))
    assert text(screen, "#sweep-point").startswith(" mouse:  gain 2 · units n_a 2")
    assert "a double click opens seed" in text(screen, "#sweep-point")
    await drive.pilot.hover("#sweep-note")
    assert text(screen, "#sweep-point").startswith(" gain 2 · units n_a 3"), "the mark is there as before"
    await drive.press("e")
    await drive.until(lambda: isinstance(drive.app.screen, ExportDialog))
    await drive.press("enter")
    await drive.until(lambda: drive.app.screen is screen and Path("sweep-gain-hidden_size.csv").exists())
    assert len(Path("sweep-gain-hidden_size.csv").read_text(encoding="utf-8").splitlines()) == 13
    await drive.press("e")
    await drive.until(lambda: isinstance(drive.app.screen, ExportDialog))
    await drive.press("down", "down", "enter")
    figure = Path("sweep-rnn-gain-hidden_size-regime-2-seeds.svg")
    await drive.until(lambda: drive.app.screen is screen and figure.exists(), "a figure of the quantity that is drawn")
    await drive.press("enter")
    await drive.until(lambda: drive.screen.subject.experiment.gain == 2.0)
    await drive.settled()
    assert drive.screen.subject.experiment.hidden_size == 3
    await drive.press("u")
    await drive.until(lambda: drive.screen.subject.experiment == before)
    again = await opened(drive)
    assert again.swept is screen.swept, "nothing is computed twice"
    await drive.press("escape")
    await drive.until(lambda: drive.app.screen is drive.screen)
    chart = (await opened(drive)).query_one(SweepChart)
    await drive.until(lambda: chart.size.height)
    await drive.pilot.click(SweepChart, offset=(chart.size.width - 2, chart.size.height - 5), times=2)
    await drive.until(lambda: drive.screen.subject.experiment.gain == 2.0, "a double click opens")
    assert drive.screen.subject.experiment.hidden_size == 2


@explorer(SMALL.replace(timesteps=300, batch_size=8), size=MEDIUM, only="work")
async def test_escape_stops_and_keeps_what_there_is_and_fields_say_what_is_wrong(drive: Drive) -> None:
    screen = await opened(drive)
    await drive.pilot.pause()
    await drive.press("enter")
    await drive.until(lambda: screen.swept.outcomes, "some networks")
    await drive.press("escape")
    await drive.pilot.pause()
    assert drive.app.screen is screen and "w goes on" in text(screen, "#sweep-state")
    assert len(screen.swept.outcomes) > 0
    screen.query_one("#sweep-across_values", Input).value = "2:1:5"
    await drive.pilot.pause()
    assert "the lowest value comes first" in text(screen, "#sweep-note")
    await drive.press("escape")
    await drive.until(lambda: drive.app.screen is drive.screen)
