"""Pinned traces: what they are called, how they look in the chart, and what the keys, the palette and a name do."""

from __future__ import annotations

import numpy as np
import pytest
from driving import MEDIUM, WIDE, Drive, explorer, text_of
from hypothesis import given
from hypothesis import strategies as st

import core
from core import Experiment, Trace
from core.numerics.scaled import Floats
from tui.explorer.actions import pins as actions
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.commands import COMMANDS
from tui.explorer.dialogs.pins import PinsDialog
from tui.explorer.palette_providers import PinsProvider
from tui.explorer.panels.comparison import ComparisonPanel
from tui.explorer.session.pins import MOST, Pin, Source, pin_of, pinned, renamed, swapped, without
from tui.explorer.session.shown import Shown
from tui.explorer.session.subject import Subject
from tui.explorer.widgets.fitting_label import Fitting
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.pin_legend import PinEntry, PinLegend
from tui.report.charts.dashes import PINNED, dashed
from tui.report.charts.lags import lags_chart
from tui.report.charts.pins import LOOKS, NamedPin
from tui.report.charts.terminal import draw, draw_plain
from tui.report.numbers import LOG10_2
from tui.report.palette import READABLE, SERIES, contrast, dark_palette, light_palette
from tui.report.words.pins import SAME, names

SMALL = Experiment(timesteps=12, hidden_size=4)


@pytest.fixture(scope="module")
def traces() -> dict[float, Trace]:
    return {gain: core.run(SMALL.replace(gain=gain)) for gain in (0.9, 1.2, 1.4, 1.6)}


def named(traces: dict[float, Trace]) -> list[NamedPin]:
    return [
        NamedPin(trace, 12, f"gain {gain}", look) for (gain, trace), look in zip(traces.items(), LOOKS, strict=True)
    ]


# Names


def test_a_name_is_the_fewest_differences_that_no_other_trace_has() -> None:
    settings = [{"gain": 0.9}, {"gain": 1.4}, {"gain": 1.4, "cell": "gru"}, {"hidden_size": 8}, {"activation": "relu"}]
    every = [core.run(SMALL.replace(**one)) for one in settings]
    found = names(every[:4], every[4])
    assert found[2:] == ("GRU", "units 8")
    assert found[1] == "RNN, gain 1.4"
    assert len(set(found)) == len(found)


def test_where_nothing_differs_there_is_nothing_to_call_it_by(traces: dict[float, Trace]) -> None:
    assert names([traces[0.9]], traces[0.9]) == (SAME,)
    assert names([], traces[0.9]) == ()


def test_a_trained_network_is_called_by_its_step(traces: dict[float, Trace]) -> None:
    trained = core.run(SMALL, network=traces[0.9].network, training_step=3)
    assert names([trained], traces[0.9]) == ("step 3",)
    assert names([traces[0.9]], trained) == ("untrained",)


def test_a_network_that_no_settings_make_is_called_by_where_it_comes_from(traces: dict[float, Trace]) -> None:
    given = core.run(network=traces[1.4].network, batch=traces[1.4].whole_batch)
    assert names([given, traces[0.9]], traces[1.2])[0] == given.origin.label or "own data"
    assert len(names([given, traces[0.9]], traces[1.2])) == 2


# The tuple of pins


def test_places_stay_and_a_free_one_is_taken_again(traces: dict[float, Trace]) -> None:
    pins: tuple[Pin, ...] = ()
    for trace in traces.values():
        pins = pinned(pins, trace, None)
    assert [one.place for one in pins] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match=f"{MOST} traces are pinned"):
        pinned(pins, traces[0.9], None)
    fewer = without(pins, pins[1])
    assert [one.place for one in fewer] == [0, 2, 3]
    assert pinned(fewer, traces[1.2], None)[-1].place == 1


def test_a_pin_is_known_by_what_it_was_made_of(traces: dict[float, Trace]) -> None:
    source = Source(Subject(SMALL))
    pins = pinned((), traces[0.9], source)
    assert pin_of(pins, core.run(SMALL), Source(Subject(SMALL))) is pins[0]
    assert pin_of(pins, traces[1.4], Source(Subject(SMALL.replace(gain=1.4)))) is None


def test_a_name_of_ones_own_stays_and_none_unpins(traces: dict[float, Trace]) -> None:
    pins = pinned(pinned((), traces[0.9], None), traces[1.4], None)
    assert [one.called for one in renamed(pins, [None, "wild"])] == ["wild"]
    shown = Shown(traces[1.2], pins=renamed(pins, ["", "wild"]))
    assert shown.pin_names == ("gain 0.9", "wild")


def test_swapping_leaves_the_look_to_the_other(traces: dict[float, Trace]) -> None:
    pins = pinned(pinned((), traces[0.9], None), traces[1.4], None)
    after = swapped(pins, pins[0], traces[1.2], None)
    assert [(one.trace, one.place) for one in after] == [(traces[1.4], 1), (traces[1.2], 0)]


def test_in_front_is_the_last_pin_that_is_not_on_the_screen(traces: dict[float, Trace]) -> None:
    pins = pinned(pinned((), traces[0.9], None), traces[1.4], None)
    assert Shown(traces[1.2], pins=pins).pinned is traces[1.4]
    assert Shown(traces[1.4], pins=pins).pinned is traces[0.9]
    assert Shown(traces[0.9], pins=pins[:1]).pinned is traces[0.9]


# The chart


def test_each_pin_has_a_line_of_its_own_with_its_name_at_the_end(traces: dict[float, Trace]) -> None:
    chart = lags_chart(core.run(SMALL.replace(gain=2.0)), curve=12, pins=named(traces))
    lines = [one for one in chart.series if one.dash == PINNED]
    assert [one.end for one in lines] == ["gain 0.9", "gain 1.2", "gain 1.4", "gain 1.6"]
    assert [one.marker for one in lines] == ["1", "2", "3", "4"]
    for line, trace in zip(lines, traces.values(), strict=True):
        np.testing.assert_allclose(line.y, trace.lags.log2_norm["W_aa"][11, :12] * LOG10_2)
    assert not any(one.dim for one in chart.series)


def test_the_line_is_of_what_is_shown_and_none_where_nothing_is(traces: dict[float, Trace]) -> None:
    now = core.run(SMALL.replace(gain=2.0))
    lines = [one for one in lags_chart(now, pins=named(traces), hidden={"W_aa"}).series if one.dash == PINNED]
    assert lines and all(one.name.startswith("W_ax, ") for one in lines)
    nothing = lags_chart(now, pins=named(traces), hidden={"W_aa", "W_ax", "b_a"})
    assert not any(one.dash == PINNED for one in nothing.series)


def test_of_a_single_pin_the_other_lines_stand_behind(traces: dict[float, Trace]) -> None:
    pin = named(traces)[0]
    chart = lags_chart(traces[1.6], pinned=pin.trace, pins=[pin])
    assert [one.name for one in chart.series if one.dim] == [
        f"{name}, pinned" for name in ("W_ax", "b_a", "W_y", "b_y")
    ]


def test_a_long_name_is_shortened_at_the_end_of_its_line(traces: dict[float, Trace]) -> None:
    pin = NamedPin(traces[0.9], 12, "a name that nobody would think of", LOOKS[0])
    (line,) = [one for one in lags_chart(traces[1.6], curve=12, pins=[pin]).series if one.dash]
    assert line.end == "a name that …"


@pytest.mark.parametrize("size", [(60, 16), (110, 28)])
def test_pins_are_told_apart_with_and_without_color(traces: dict[float, Trace], size: tuple[int, int]) -> None:
    chart = lags_chart(core.run(SMALL.replace(gain=2.0)), width=size[0], height=size[1], curve=12, pins=named(traces))
    for drawing in (draw(chart, *size, dark_palette()), draw_plain(chart, *size)):
        said = "\n".join(drawing.lines)
        assert all(said.count(digit) >= 2 for digit in "1234")
        if size[0] > 100:
            assert all(f"{look.marker} gain" in said for look in LOOKS)


def test_no_pin_looks_like_a_line_of_a_network() -> None:
    assert not {look.marker for look in LOOKS} & {look.marker for look in SERIES.values()}
    for palette in (dark_palette(), light_palette()):
        inks = [palette.readable(look.color) for look in (*LOOKS, *SERIES.values())]
        assert len(set(inks)) == len(inks)
        assert all(contrast(ink, palette.backdrop) >= READABLE for ink in inks)


POINTS = st.lists(st.tuples(st.floats(0, 80), st.floats(0, 20)), min_size=2, max_size=12)


@given(POINTS, st.data())
def test_dashes_lie_on_the_line_and_have_their_length(points: list[tuple[float, float]], data: st.DataObject) -> None:
    x, y = (np.array(part) for part in zip(*points, strict=True))
    joined = [place for place in range(1, len(x)) if data.draw(st.booleans())]
    across, up, to = dashed(x, y, joined, (3.0, 1.5))
    covered = sum(float(np.hypot(across[i] - across[i - 1], 2 * (up[i] - up[i - 1]))) for i in to)
    whole = [float(np.hypot(x[i] - x[i - 1], 2 * (y[i] - y[i - 1]))) for i in joined]
    assert covered <= sum(whole) + 1e-6
    assert covered >= sum(whole) * 3.0 / 4.5 - 1e-6, "two thirds of it, and more where the last gap is cut off"
    for place in range(len(across)):
        assert _on(x, y, joined, float(across[place]), float(up[place]))


def _on(x: Floats, y: Floats, joined: list[int], across: float, up: float) -> bool:
    """Whether a point is one of the points, or on a stretch between two that are joined."""
    near = np.hypot(x - across, y - up).min() < 1e-6
    for i in joined:
        way = np.array([x[i] - x[i - 1], y[i] - y[i - 1]])
        to = np.array([across - x[i - 1], up - y[i - 1]])
        share = float(way @ to / (way @ way)) if way @ way else 0.0
        near |= 0 <= share <= 1 and np.hypot(*(to - share * way)) < 1e-6
    return bool(near)


# The screen


def test_the_command_says_how_many_there_can_be() -> None:
    assert f"up to {MOST}" in next(command.help for command in COMMANDS if command.name == "pin")


async def pin_several(drive: Drive, *gains: float) -> None:
    for gain in gains:
        change_settings(drive.screen, drive.screen.subject.experiment.replace(gain=gain))
        await drive.settled()
        await drive.press("p")


@explorer(SMALL, size=WIDE, only="work")
async def test_several_are_pinned_and_told_with_names(drive: Drive) -> None:
    await pin_several(drive, 0.5, 1.4)
    change_settings(drive.screen, SMALL.replace(gain=2.0))
    await drive.settled()
    await drive.pilot.pause()
    assert drive.screen.shown.pin_names == ("gain 0.5", "gain 1.4")
    assert [text_of(one) for one in drive.screen.query(PinEntry)] == ["1 gain 0.5", "2 gain 1.4"]
    assert "W_aa" in text_of(drive.one(Fitting, "#pins-of"))
    rows = text_of(drive.one(ComparisonPanel)).splitlines()
    assert rows[0].startswith(" 2 gain 1.4 → now") and rows[1].startswith(" 1 gain 0.5 → now")
    said = "\n".join(text_of(drive.one(LagsChart)).splitlines())
    assert "1 gain 0.5" in said and "2 gain 1.4" in said
    await drive.press("u")
    await drive.settled()
    assert len(drive.screen.shown.pins) == 2, "undo is for settings"


@explorer(SMALL, size=MEDIUM, only="work")
async def test_there_are_no_more_than_can_be_told_apart(drive: Drive) -> None:
    await pin_several(drive, 0.5, 0.7, 1.1, 1.4, 2.0)
    assert len(drive.screen.shown.pins) == MOST
    assert [one.message for one in drive.app._notifications][-1].startswith(f"{MOST} traces are pinned")


@explorer(SMALL, size=MEDIUM, only="work")
async def test_what_is_pinned_and_on_the_screen_is_unpinned_by_the_same_key(drive: Drive) -> None:
    await pin_several(drive, 0.5, 1.4)
    await drive.press("p")
    assert [one.source.subject.experiment.gain for one in drive.screen.shown.pins if one.source] == [0.5]
    await drive.press("X")
    assert not drive.screen.shown.pins
    assert not drive.one(PinLegend).display


@explorer(SMALL, size=MEDIUM, only="work")
async def test_names_are_edited_and_an_empty_one_unpins(drive: Drive) -> None:
    await pin_several(drive, 0.5, 1.4)
    await drive.pilot.pause()
    await drive.pilot.click(next(iter(drive.screen.query(PinEntry))))
    await drive.until(lambda: isinstance(drive.app.screen, PinsDialog) and drive.app.screen.opened)
    await drive.press("c", "a", "l", "m", "down", "delete", "enter")
    await drive.until(lambda: drive.app.screen is drive.screen)
    assert [one.called for one in drive.screen.shown.pins] == ["calm"]
    await drive.press("k")
    await drive.until(lambda: isinstance(drive.app.screen, PinsDialog) and drive.app.screen.opened)
    await drive.press("x", "escape")
    await drive.until(lambda: drive.app.screen is drive.screen)
    assert drive.screen.shown.pin_names == ("calm",)


@explorer(SMALL, size=MEDIUM, only="work")
async def test_the_palette_swaps_with_a_pin_by_name_or_unpins_it(drive: Drive) -> None:
    await pin_several(drive, 0.5, 1.4)
    change_settings(drive.screen, SMALL.replace(gain=2.0))
    await drive.settled()
    hits = {hit.help: hit async for hit in PinsProvider(drive.screen).search("gain 0.5")}
    assert len(hits) == 2
    for hit in hits.values():
        if "on the screen" in (hit.help or ""):
            hit.command()
    await drive.settled()
    assert drive.screen.subject.experiment.gain == 0.5
    assert {one.source.subject.experiment.gain for one in drive.screen.shown.pins if one.source} == {1.4, 2.0}
    [gone] = [one for one in drive.screen.shown.pins if one.source and one.source.subject.experiment.gain == 1.4]
    actions.unpin(drive.screen, gone)
    assert len(drive.screen.shown.pins) == 1
