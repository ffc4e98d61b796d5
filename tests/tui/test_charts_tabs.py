"""What a tab shows is made when it is first opened, and then has the focus, and the light of a tour."""

from __future__ import annotations

from dataclasses import replace

from driving import MEDIUM, Drive, explorer

from core import Experiment
from tui.explorer.panels.jacobians import JacobiansPanel
from tui.explorer.panels.lags import LagsPanel
from tui.explorer.panels.map import MapPanel
from tui.explorer.panels.question import QuestionPanel
from tui.explorer.panels.units import UnitsPanel
from tui.explorer.session.tour import Tour, TourStep
from tui.explorer.widgets.map_chart import MapChart

SMALL = Experiment(hidden_size=2, timesteps=8)


@explorer(SMALL, size=MEDIUM, only="work")
async def test_what_a_tab_shows_is_made_when_it_is_first_opened(drive: Drive) -> None:
    assert not drive.screen.query("MapPanel, UnitsPanel, JacobiansPanel, TrainingPanel, QuestionPanel, DiagnosisPanel")
    await drive.press("end", "left", "2")
    panel = drive.one(MapPanel)
    assert panel.trace is drive.trace
    assert panel.cursor == drive.screen.cursor
    assert drive.screen.focused is drive.one(MapChart)
    await drive.press("1", "left", "2")
    assert drive.one(MapPanel) is panel
    assert panel.cursor == drive.screen.cursor
    drive.app.simulate_key("1")
    drive.app.simulate_key("3")  # both in one read
    await drive.pilot.pause()
    assert drive.screen.focused in drive.one(UnitsPanel).walk_children()
    await drive.press("full_stop")  # by the row of tabs, as a click does
    assert drive.screen.view.tab == "tab-jacobians"
    assert drive.screen.focused in drive.one(JacobiansPanel).walk_children()
    await drive.screen.show(replace(drive.screen.view, tab="tab-question"))
    assert not drive.one(QuestionPanel).is_testing, "all of it has been worked out"


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_tour_that_speaks_of_the_chart_lights_it_up_in_a_tab_that_was_never_open(drive: Drive) -> None:
    steps = (TourStep(text="Here.", point_at="chart", tab="map"), TourStep(text="And there.", point_at="network"))
    await drive.screen.begin_tour(Tour(title="Two steps", steps=steps))
    await drive.until(lambda: drive.screen.query(MapPanel))
    await drive.pilot.pause()
    assert drive.one(MapPanel).has_class("-pointed")
    drive.screen.show_tab("tab-units")  # as a person may, meanwhile
    await drive.pilot.pause()
    assert drive.one(UnitsPanel).has_class("-pointed")
    await drive.press("enter")
    await drive.until(lambda: not drive.one(LagsPanel).has_class("-pointed"))
    assert not drive.screen.query("TabPane > .-pointed")
