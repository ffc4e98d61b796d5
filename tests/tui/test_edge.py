"""The edge, by one key: found beside the interface, told with both uncertainties, set by the same key, undone by u."""

from __future__ import annotations

import math

import pytest
from driving import Drive, explorer, text_of

import core
from core import Experiment
from tui.explorer.panels.edge import EdgeLine, told
from tui.explorer.session.edge import Edge
from tui.explorer.session.subject import Subject
from tui.report.numbers import number, with_error
from tui.report.words.edge import edge_told

SMALL = Experiment(hidden_size=4, timesteps=24, activation="identity", initializer="orthogonal")
FOUND = core.critical(SMALL, "gain", seeds=3)


def test_the_mean_over_seeds_the_scatter_and_this_seed_are_told_apart() -> None:
    over, text = FOUND.over_seeds, edge_told(FOUND)
    assert f"gain {with_error(over.mean, over.standard_error)}, the mean over 3 seeds" in text
    assert f"from seed to seed ± {number(over.deviation, 2)}" in text
    assert f"this seed {with_error(FOUND.values[0], FOUND.errors[0])}" in text


def test_where_there_is_none_nothing_is_set() -> None:
    none = core.critical(SMALL, "gain", seeds=3, low=0.1, high=0.5)
    edge = Edge(SMALL, "gain", none)
    assert edge.value is None
    assert told(edge).startswith("no seed has a gain between 0.1 and 0.5")
    assert "C sets it" not in told(edge)


def test_it_holds_wherever_its_own_setting_is_and_for_no_other_settings() -> None:
    edge = Edge(SMALL, "gain", FOUND)
    assert edge.is_of(Subject(SMALL.replace(gain=1.7)))
    assert not edge.is_of(Subject(SMALL.replace(hidden_size=5)))
    assert not edge.is_of(Subject(SMALL, core.run(SMALL)))


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_what_is_under_way_says_how_far_it_is(share: float) -> None:
    assert told(Edge(SMALL, "gain", FOUND), trained=True).startswith(
        "of untrained networks, which this one no longer is"
    )
    assert told(Edge(SMALL, "gain", share=share)) == f"of gain over 20 seeds: computing, {share:.0%} · esc stops it"


@explorer(SMALL.replace(gain=0.5))
async def test_the_key_finds_it_sets_it_and_undo_takes_it_back(drive: Drive) -> None:
    line = drive.one(EdgeLine)
    assert not line.display
    await drive.press("C")
    await drive.until(lambda: drive.screen.edge is not None and drive.screen.edge.found is not None)
    assert "C sets it" in text_of(line).replace("\n", " ")
    await drive.press("C")
    await drive.settled()
    assert math.isclose(drive.screen.subject.experiment.gain, 1.0, rel_tol=0.01)
    assert drive.screen.edge is not None, "it holds for any gain"
    await drive.press("u")
    assert drive.screen.subject.experiment.gain == 0.5
    await drive.press("escape")
    assert drive.screen.edge is None and not line.display
    # In a field of a number it is asked for that setting; a change of another one ends the search.
    drive.row("leak").focus_control()
    await drive.pilot.pause()
    await drive.press("C")
    assert drive.screen.edge is not None and drive.screen.edge.name == "leak"
    await drive.enter("bias", 0.5)
    await drive.until(lambda: drive.screen.edge is None)
