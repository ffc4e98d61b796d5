"""Other seeds behind the network on the screen: the band, both uncertainties, and what becomes of them at a change."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
from tui.report.charts.seeds import seeds_series
from tui.report.charts.terminal import draw, draw_plain
from tui.report.numbers import LOG10_2
from tui.report.palette import dark_palette, light_palette
from tui.report.words.reference import reference_group
from tui.report.words.seeds import apart, band_told, none_told, ordinal, title, why_none

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


def test_it_stands_behind_the_line_of_the_title_also_where_that_is_the_biases() -> None:
    gru = core.preset("gru").replace(hidden_size=8, timesteps=40)
    trace, found = core.run(gru), core.ensemble_lines(gru, 3)
    line = reference_group(trace)
    assert line == "all b_·" and title(trace, found)[0].startswith(f"all losses: typical gradient of {line} ")
    assert {one.name.partition(",")[0] for one in seeds_series(trace, found)[0]} == {line}
    assert seeds_series(trace, found, hidden=(line,))[0], "behind another one where it is not shown"


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
    assert re.match(
        r"all losses: W_aa (VANISHES|EXPLODES|STEADY|undetermined) ×.* · median ×[\d.]+ over 8 seeds", at_80
    ), at_80
    lengths = [len(form) for form in title(TRACE, FOUND)]
    assert lengths == sorted(lengths, reverse=True) and lengths[-1] < 40


def test_of_one_loss_no_rate_is_said_to_be_typical() -> None:
    one = SMALL.replace(scored="last")
    forms = title(core.run(one), core.ensemble_lines(one, 4))
    assert forms and not any("typical" in form or "losses" in form for form in forms)


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
        assert SeedsState(FOUND).near(other) is (FOUND if other.origin.settings and not other.training_step else None)
    assert SeedsState(FOUND).of(TRACE) is FOUND
    assert SeedsState(FOUND).lines_near(TRACE, 20, "source") is FOUND
    assert SeedsState(FOUND).lines_near(TRACE, 19, "source") is None
    assert SeedsState(FOUND).near(core.run(SMALL.replace(activation="relu"))) is None, "nothing near it"


def test_behind_a_network_of_other_settings_they_are_told_for_what_they_are() -> None:
    near = core.run(SMALL.replace(gain=1.25))
    assert apart(SMALL, SMALL) == "" and apart(SMALL.replace(gain=1.25), SMALL) == "gain 1.25"
    assert apart(SMALL.replace(seed=7, data_seed=2), SMALL) == "seed 7, data seed 2"
    assert apart(SMALL.replace(cell="gru"), SMALL) is None
    assert apart(SMALL.replace(gain=2.0, seed=7, data_seed=2), SMALL) is None, "too much for a line"
    for form in title(near, FOUND):
        assert "of gain 0.9" in form or "median" not in form, form
        assert " of 8" not in form, "it has no place among them"
    told = band_told(FOUND, "W_aa", "gain 0.9", "computing")
    assert "8 seeds of gain 0.9; this network's: computing" in told[0]
    assert all("8 seeds of gain 0.9" in form for form in told)
    ends = [one.end for one in lags_chart(near, curve=20, ensemble=FOUND).series]
    assert "gain 0.9" in ends and "8 seeds" not in ends
    assert any(one.name == "W_aa, median of 8 seeds of gain 0.9" for one in lags_chart(near, ensemble=FOUND).series)


def test_of_another_seed_they_are_told_to_go_on_from_it() -> None:
    other = core.run(SMALL.replace(seed=SMALL.seed + 1))
    first = f"8 seeds from seed {SMALL.seed} on"
    assert any(first in form for form in title(other, FOUND))
    assert all(first in form for form in band_told(FOUND, "W_aa", f"seed {SMALL.seed}", "computing"))
    assert any(one.name.endswith(f"median of {first}") for one in lags_chart(other, ensemble=FOUND).series)


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
    assert "20 seeds" in text_of(line) and text_of(line).endswith("M: 100, none"), "how they are put away"
    ends = " ".join(text.rstrip()[-6:] for text in text_of(chart).splitlines())
    assert "W_aa" in ends and "W_ax" in ends, "names that are short enough stay at the ends of the lines"
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
    assert text_of(line).endswith("M: none")
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


class Held:
    """The work on other seeds, as it is begun and held until it is let go on."""

    def __init__(self) -> None:
        self.begun: list[float] = []
        self.ended: list[float] = []
        self.go_on = threading.Event()

    def work(self, experiment: Experiment, seeds: int, **more: Any) -> core.EnsembleLines:
        self.begun.append(experiment.gain)
        try:
            while not self.go_on.wait(0.005):
                more["progress"](1, 2)
        finally:
            self.ended.append(experiment.gain)
        self.go_on.clear()
        return core.ensemble_lines(experiment, seeds, **more)


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch, at_rest: float) -> Iterator[Held]:
    """The work held, where values follow one another if no more seconds than these are between them."""
    found = Held()
    monkeypatch.setattr(seeds_worker, "ensemble_lines", found.work)
    monkeypatch.setattr(seeds_worker, "AT_REST", at_rest)
    yield found
    found.go_on.set()


async def bands_of_the_first(drive: Drive, work: Held) -> None:
    await drive.press("M")
    work.go_on.set()
    await drive.until(lambda: drive.one(LagsChart).ensemble is not None)


def test_while_values_follow_one_another_each_that_is_begun_is_shown_for_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with held(monkeypatch, at_rest=1000.0) as work:

        @explorer(SMALL, size=MEDIUM)
        async def drag(drive: Drive) -> None:
            line, chart = drive.one(Static, "#seeds"), drive.one(LagsChart)
            await bands_of_the_first(drive, work)
            for gain in (1.0, 1.1, 1.2, 1.3):
                await drive.enter("gain", gain)
                await drive.settled()
                await drive.until(lambda: drive.screen.shown.seeds.share is not None)
                assert "20 seeds of gain 0.9, not of this network" in text_of(line)
            assert work.begun == [0.9, 1.0] and work.ended == [0.9], "what is under way goes on"
            work.go_on.set()
            await drive.until(lambda: chart.ensemble is not None and chart.ensemble.experiment.gain == 1.0)
            assert drive.trace.experiment is not None and drive.trace.experiment.gain == 1.3
            assert "20 seeds of gain 1, not of this network" in text_of(line)
            assert "over 20 seeds of gain 1" in text_of(drive.one(Headline))
            await drive.until(lambda: work.begun == [0.9, 1.0, 1.3], "the newest is next, and none between")
            work.go_on.set()
            await drive.until(lambda: chart.ensemble is not None and chart.ensemble.experiment.gain == 1.3)
            assert "of gain" not in text_of(line) and " of 20" in text_of(drive.one(Headline))

        drag()


def test_once_values_rest_nothing_is_finished_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with held(monkeypatch, at_rest=0.001) as work:

        @explorer(SMALL, size=MEDIUM)
        async def rest(drive: Drive) -> None:
            await bands_of_the_first(drive, work)
            await drive.enter("gain", 1.0)
            await drive.until(lambda: work.begun == [0.9, 1.0])
            await drive.enter("gain", 1.1)
            await drive.until(lambda: work.begun == [0.9, 1.0, 1.1] and work.ended == [0.9, 1.0])
            assert drive.one(LagsChart).ensemble is not None, "those of the first gain stand there until then"

        rest()


def test_what_could_not_stand_behind_the_network_is_ended_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with held(monkeypatch, at_rest=1000.0) as work:

        @explorer(SMALL, size=MEDIUM)
        async def change(drive: Drive) -> None:
            await bands_of_the_first(drive, work)
            await drive.enter("gain", 1.0)
            await drive.until(lambda: work.begun == [0.9, 1.0])
            await drive.press("less_than_sign")
            await drive.until(lambda: work.ended == [0.9, 1.0] and len(work.begun) == 3)
            assert drive.one(LagsChart).ensemble is None, "another loss: no curve of what was found is one of it"

        change()
