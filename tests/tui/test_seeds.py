"""Other seeds behind the network on the screen: the band, both uncertainties, and what becomes of them at a change."""

from __future__ import annotations

import re
import time
from typing import Any

import numpy as np
import pytest
from driving import MEDIUM, Drive, explorer, text_of
from textual.widgets import Static

import core
from core import Experiment
from tui.explorer.background import seeds_worker
from tui.explorer.background.seeds_worker import SeedsWorker
from tui.explorer.panels.headline import Headline
from tui.explorer.panels.lags import LagsTable
from tui.explorer.session.shown import SeedsState
from tui.explorer.session.view import View
from tui.explorer.widgets.lags_chart import LagsChart
from tui.report.charts.lags import lags_chart
from tui.report.charts.terminal import draw, draw_plain
from tui.report.numbers import LOG10_2
from tui.report.palette import dark_palette, light_palette
from tui.report.words.seeds import band_told, none_told, ordinal, title, why_none

SMALL = Experiment(hidden_size=4, timesteps=20)
TRACE = core.run(SMALL)
FOUND = core.ensemble_lines(SMALL, 8, curve=20)


def test_the_band_is_where_eight_of_ten_networks_are() -> None:
    chart = lags_chart(TRACE, curve=20, ensemble=FOUND)
    (band,) = chart.bands
    low, high = (np.quantile(FOUND.log2["W_aa"][:, :19], share, axis=0) * LOG10_2 for share in (0.1, 0.9))
    np.testing.assert_allclose(np.asarray(band.low)[:19], low)
    np.testing.assert_allclose(np.asarray(band.high)[:19], high)
    median = next(one for one in chart.series if one.end == "8 seeds")
    np.testing.assert_allclose(np.asarray(median.y)[:19], np.median(FOUND.log2["W_aa"][:, :19], axis=0) * LOG10_2)
    assert not lags_chart(TRACE, curve=20).bands


def test_it_stands_behind_the_first_line_that_is_shown() -> None:
    names = {one.name.partition(",")[0] for one in lags_chart(TRACE, curve=20, ensemble=FOUND, hidden=("W_aa",)).series}
    assert "W_ax" in names and not any(
        one.name.startswith("W_aa") for one in lags_chart(TRACE, curve=20, ensemble=FOUND, hidden=("W_aa",)).series
    )
    none = lags_chart(TRACE, curve=20, ensemble=FOUND, hidden=("W_aa", "W_ax", "b_a"))
    assert not none.bands and not any("seeds" in one.name for one in none.series)
    assert band_told(FOUND, None)[0] == "≈ 8 seeds: no line is shown that they stand behind"


def test_without_colors_its_edges_are_dots_and_its_median_has_a_marker_of_its_own() -> None:
    plain = "\n".join(draw_plain(lags_chart(TRACE, curve=20, ensemble=FOUND), 80, 24).lines)
    alone = "\n".join(draw_plain(lags_chart(TRACE, curve=20), 80, 24).lines)
    assert plain.count("·") > alone.count("·") + 10
    assert "≈ 8 seeds" in plain and plain.count("≈") > 5


@pytest.mark.parametrize("palette", [dark_palette(), light_palette()])
def test_the_shade_is_between_the_edges_and_nowhere_else(palette: object) -> None:
    chart = lags_chart(TRACE, curve=20, ensemble=FOUND, width=80, height=24)
    drawing = draw(chart, 80, 24, palette)  # type: ignore[arg-type]
    area, (band,) = drawing.area, chart.bands
    assert area is not None
    known = np.isfinite(band.low)
    for column in range(area.left, area.left + area.width):
        x = area.x_at(column)
        edges = [float(np.interp(x, np.asarray(band.x)[known], np.asarray(e)[known])) for e in (band.low, band.high)]
        for row in range(area.top, area.top + area.height):
            y, step = area.y_at(row), (area.y_limits[1] - area.y_limits[0]) / area.height
            if x <= float(np.asarray(band.x)[known][-1]) and min(abs(y - edge) for edge in edges) > step:
                assert (drawing.grid.behind[row, column] >= 0) == (edges[0] < y < edges[1])


def test_both_uncertainties_are_told_for_what_they_are() -> None:
    rates = 2.0 ** FOUND.rates["W_aa"]
    own = TRACE.profile().rate("W_aa")
    whole = title(TRACE, FOUND)[0]
    error = own.factor * np.log(2.0) * own.standard_error
    assert f"± {float(error):.2g} of this network" in whole
    assert f"median ×{2.0 ** np.median(FOUND.rates['W_aa']):.3g}" in whole and "over 8 seeds" in whole
    assert whole.endswith(f"this seed is the {ordinal(int((rates < own.factor).sum()) + 1)} of 8")
    at_80 = next(form for form in title(TRACE, FOUND) if len(form) < 79)
    assert re.match(r"W_aa (VANISHES|EXPLODES|STEADY|undetermined) ×.* · median ×[\d.]+ over 8 seeds · ", at_80), at_80
    lengths = [len(form) for form in title(TRACE, FOUND)]
    assert lengths == sorted(lengths, reverse=True) and lengths[-1] < 40


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (22, "22nd")]
)
def test_places_are_said_as_people_say_them(number: int, text: str) -> None:
    assert ordinal(number) == text


def test_only_what_settings_draw_has_other_seeds() -> None:
    given = core.run(network=TRACE.network, batch=TRACE.whole_batch)
    trained = core.run(SMALL, network=TRACE.network, training_step=3)
    assert why_none(TRACE) == ""
    assert "no settings make this network" in why_none(given)
    assert "z starts over" in why_none(trained)
    assert none_told(TRACE) == ()
    for other in (given, trained):
        whole, brief = none_told(other)
        assert why_none(other) in whole and len(brief) < 78, "it is not cut at 80 columns"
    for other in (given, trained, core.run(SMALL.replace(gain=0.5))):
        assert SeedsState(FOUND).of(other) is None
    assert SeedsState(FOUND).of(TRACE) is FOUND
    assert SeedsState(FOUND).lines_of(TRACE, 19, "source") is None


def test_where_the_seeds_are_not_seen_the_key_goes_there_and_asks_for_no_more() -> None:
    elsewhere = View(tab="tab-map").with_next_seeds()
    assert (elsewhere.tab, elsewhere.seeds) == ("tab-lags", 20)
    again = View(tab="tab-map", seeds=20).with_next_seeds()
    assert (again.tab, again.seeds) == ("tab-lags", 20)
    assert again.with_next_seeds().seeds == 100


@explorer(SMALL, size=MEDIUM, only="work")
async def test_the_key_adds_them_and_a_change_has_new_ones_computed(drive: Drive) -> None:
    line, chart = drive.one(Static, "#seeds"), drive.one(LagsChart)
    assert not line.display
    await drive.press("M")
    await drive.until(lambda: chart.ensemble is not None)
    assert drive.screen.view.seeds == chart.ensemble.asked == 20  # type: ignore[union-attr]
    assert "20 seeds" in text_of(line)
    assert "of 20" in text_of(drive.one(Headline))
    await drive.press("v")
    assert any("≈ median" in str(column) for column in drive.one(LagsTable).columns)
    await drive.press("v", "n")
    await drive.until(lambda: chart.ensemble is not None and chart.ensemble.experiment != SMALL)
    assert chart.ensemble is not None and chart.ensemble.experiment == drive.screen.subject.experiment
    await drive.press("less_than_sign")
    await drive.until(lambda: chart.ensemble is not None and chart.ensemble.curve == 19)
    await drive.press("M")
    await drive.until(lambda: chart.ensemble is not None and chart.ensemble.asked == 100)
    await drive.press("M")
    await drive.until(lambda: chart.ensemble is None)
    assert not line.display and "of 100" not in text_of(drive.one(Headline))


@explorer(SMALL.replace(cell="lstm", hidden_size=32, timesteps=120, batch_size=8), only="work")
async def test_esc_ends_the_work_and_says_how_it_starts_again(drive: Drive) -> None:
    await drive.press("M", "M")
    await drive.until(lambda: drive.screen.shown.seeds.share is not None)
    await drive.press("escape")
    await drive.until(lambda: drive.screen.shown.seeds.share is None)
    assert "stopped" in text_of(drive.one(Static, "#seeds"))
    assert not drive.one(SeedsWorker).is_missing_something


def test_back_at_what_is_known_nothing_is_under_way_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def never_done(experiment: Experiment, seeds: int, **more: Any) -> core.EnsembleLines:
        if experiment == SMALL:
            return core.ensemble_lines(experiment, seeds, **more)
        while True:
            more["progress"](1, 2)
            time.sleep(0.01)

    monkeypatch.setattr(seeds_worker, "ensemble_lines", never_done)

    @explorer(SMALL, only="work")
    async def go_back(drive: Drive) -> None:
        await drive.press("M")
        await drive.until(lambda: drive.screen.shown.seeds.found is not None)
        await drive.press("n")
        await drive.until(lambda: drive.screen.shown.seeds.share is not None)
        await drive.press("u")
        await drive.until(lambda: drive.screen.shown.seeds.share is None)
        assert drive.screen.shown.seeds.of(drive.trace) is not None

    go_back()
