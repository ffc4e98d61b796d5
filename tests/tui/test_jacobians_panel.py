"""The Jacobians: charts, tables and words of what was measured, worked out when they are looked at and not before."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, drive_host, explorer, text_of
from textual.app import App, ComposeResult
from textual.containers import Container, VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Static

import core
import tui.explorer.background.dynamics_worker
from core import Dynamics, Experiment, Tape, dynamics_of, preset, run
from core.numerics.progress import Progress
from tui.explorer.background.dynamics_worker import DynamicsWorker, loss_time
from tui.explorer.panels.jacobians import (
    BESIDE,
    DynamicsTable,
    Eigenvalues,
    JacobiansPanel,
    SingularValues,
    _table_of_spectrum,
    _table_of_values,
    _values_at,
)
from tui.explorer.session.view import View
from tui.report.charts.jacobians import (
    BETWEEN,
    ROOM_BELOW,
    eigenvalues_chart,
    ranks,
    round_points,
    singular_values_chart,
    spectra_chart,
)
from tui.report.charts.terminal import draw_plain
from tui.report.numbers import magnitude, number
from tui.report.styles import styles
from tui.report.words.dynamics import exponent, facts, looked_at

SMALL = Experiment(timesteps=12, hidden_size=4)


def measured(**settings: object) -> Dynamics:
    return dynamics_of(run(Experiment(**settings)).tape)


async def open_tab(drive: Drive) -> Dynamics:
    """Go to the tab and wait for its numbers."""
    drive.screen.show_tab("tab-jacobians")
    await drive.until(lambda: known(drive) is not None)
    await drive.pilot.pause()
    found = known(drive)
    assert found is not None
    return found


def known(drive: Drive) -> Dynamics | None:
    found = drive.screen.shown.measured.of(drive.trace)
    return found if found is not None and found.profile is not None else None


def readout(drive: Drive) -> str:
    return text_of(drive.one(Static, "#jacobians-readout"))


# The charts


def test_largest_and_smallest_are_on_the_chart_and_some_between() -> None:
    profile = measured(hidden_size=30, timesteps=20).profile
    assert profile is not None
    chart = singular_values_chart(profile, lag=3, whole=True)
    by_name = {series.name: np.asarray(series.y) for series in chart.series}
    values = profile.log2_singular_values * np.log10(2.0)
    np.testing.assert_array_equal(by_name["largest"], values[:, 0])
    np.testing.assert_array_equal(by_name["smallest"], values[:, -1])
    assert len(chart.series) == BETWEEN + 2
    assert chart.y_limits == (pytest.approx(values.min()), pytest.approx(values.max()))
    assert values.min() < -16, "meaningful far below 1e−16 of the largest"
    assert chart.marks[0].at == 3


@pytest.mark.parametrize("settings", [{}, {"gain": 0.5}, {"initializer": "orthogonal", "activation": "identity"}])
def test_the_scale_is_that_of_the_largest_which_decide_and_the_others_end_where_they_leave_it(
    settings: dict[str, Any],
) -> None:
    profile = measured(hidden_size=30, timesteps=20, **settings).profile
    assert profile is not None
    chart = singular_values_chart(profile, width=60, height=14)
    values = profile.log2_singular_values * np.log10(2.0)
    low, high = chart.y_limits
    largest = values[:, 0]
    assert low <= largest.min() and largest.max() <= high
    assert high - low <= (1 + ROOM_BELOW) * max(1.0, largest.max() - largest.min()) + 1e-9
    assert [one.name for one in chart.series] == ["σ_2", "σ_3", "σ_4", "σ_5", "σ_6", "smallest", "largest"]
    drawing = draw_plain(chart, 60, 14)
    assert drawing.area is not None
    bottom = drawing.lines[drawing.area.top + drawing.area.height - 1]
    assert "▼▼" not in bottom
    smallest = next(one for one in chart.series if one.name == "smallest")
    assert smallest.label == ("smallest ▼" if values[-1, -1] < low else "")
    assert smallest.label in "\n".join(drawing.lines)


def test_of_two_that_end_in_one_row_the_larger_is_named_above() -> None:
    profile = measured(hidden_size=16, timesteps=50).profile
    assert profile is not None
    lines = draw_plain(singular_values_chart(profile, width=60, height=9), 60, 9).lines
    rows = [next(row for row, line in enumerate(lines) if name in line) for name in ("largest", "σ_2")]
    assert rows[0] < rows[1]


@pytest.mark.parametrize("n", [1, 2, 3, 14, 15, 1024])
@pytest.mark.parametrize("most", [2, 10, 14])
def test_ranks_reach_from_the_first_to_the_last(n: int, most: int) -> None:
    found = ranks(n, most)
    assert found[0] == 0
    assert found[-1] == n - 1
    assert len(found) == min(n, most)


@pytest.mark.parametrize("gain", [0.0, 0.5, 3.0, 1e6])
def test_the_circles_are_round_and_the_eigenvalues_lie_within_that_of_radius_rho(gain: float) -> None:
    spectrum = measured(hidden_size=10, timesteps=2, gain=gain).spectrum
    assert spectrum is not None
    chart = eigenvalues_chart(spectrum)
    assert chart.equal
    by_name = {series.name: np.hypot(np.asarray(series.x), np.asarray(series.y)) for series in chart.series}
    radii = {"1": 1.0, "ρ": spectrum.spectral_radius, "σ_max": spectrum.largest_singular_value}
    for name, radius in radii.items():
        drawn = by_name[name][np.isfinite(by_name[name])]
        np.testing.assert_allclose(drawn, radius, rtol=1e-12)
    assert by_name["eigenvalues"].max() <= spectrum.spectral_radius * (1 + 1e-12)
    assert max(radii["1"], radii["σ_max"]) <= chart.x_limits[1]
    area = draw_plain(chart, 60, 30).area
    assert area is not None
    across, up = (high - low for low, high in (area.x_limits, area.y_limits))
    assert across / (2 * area.width - 1) == pytest.approx(up / (4 * area.height - 1))


def test_a_circle_starts_and_ends_where_its_name_stands() -> None:
    x, y = round_points(2.0, 0.5)
    assert (x[0], y[0]) == (pytest.approx(0.0), pytest.approx(2.0))
    assert (x[-1], y[-1]) == (pytest.approx(0.0), pytest.approx(2.0))


# The words


def test_every_number_is_there_with_what_it_means() -> None:
    chaotic = measured(hidden_size=64, gain=3.0, input_gain=0.1, initial_state=1.0, timesteps=300)
    said = {fact.name: fact for fact in facts(chaotic)}
    spectrum, lyapunov = chaotic.spectrum, chaotic.lyapunov
    assert spectrum is not None
    assert said["ρ(W_aa)"].value == number(spectrum.spectral_radius)
    assert said["σ_max(W_aa)"].value == number(spectrum.largest_singular_value)
    assert said["λ₁"].value == exponent(lyapunov, 0)
    assert "chaos" in said["λ₁"].meaning
    dimension, entropy = lyapunov.kaplan_yorke_dimension, lyapunov.entropy_rate
    assert dimension is not None
    assert entropy is not None
    assert said["dimension"].value == f"{number(dimension)} of 64"
    assert said["entropy rate"].value == number(entropy)
    assert number(entropy / np.log(2)) + " bits" in said["entropy rate"].meaning


def test_what_rounding_has_lost_is_said_to_be_not_known_and_never_shown_as_a_number() -> None:
    found = measured(
        cell="lstm", hidden_size=3, timesteps=25, gain=10, input_gain=10, seed=1, data_seed=1, task="noise"
    )
    assert found.profile is not None
    profile = found.profile
    first = int(profile.lags[np.flatnonzero(profile.unknown)[0]])
    assert first == 2
    assert "from lag 2 on up to 2 of the 6 are not known, lost in float64's rounding" in looked_at(profile, 1)
    spectrum = {fact.name: fact for fact in facts(found)}["λ₁, λ₂, …"]
    assert "2 not known, lost in float64's rounding" in spectrum.meaning
    assert spectrum.value.endswith("not known")
    said = str(_values_at(profile, 2))
    assert "smallest not known" in said
    assert "2 of 6 not known" in said
    assert "exactly zero" not in said
    columns, rows = _table_of_values(profile)
    assert rows[2][len(columns) - 1] == "not known"
    assert [row[1] for row in _table_of_spectrum(found)[1][:6]][-2:] == ["not known"] * 2
    chart = singular_values_chart(profile)
    assert [(mark.at, mark.label) for mark in chart.marks] == [(2.0, "some not known →")]
    drawn = draw_plain(chart, 80, 20)
    assert any("some not known →" in line for line in drawn.lines)


@pytest.mark.parametrize(
    ("settings", "direction", "dimension"),
    [
        ({"gain": 0.3}, "nearby trajectories meet", "forgotten"),
        ({"timesteps": 2}, "no telling a sign", "little weight"),
        ({"gain": 0.0}, "every unit is cut off", "forgotten"),
        (
            {"activation": "identity", "initializer": "orthogonal", "gain": 1.0},
            "not distinguishable from 0",
            "no volume",
        ),
    ],
    ids=str,
)
def test_the_words_say_no_more_than_the_error_allows(
    settings: dict[str, object], direction: str, dimension: str
) -> None:
    said = {fact.name: fact for fact in facts(measured(hidden_size=5, **settings))}
    assert direction in said["λ₁"].meaning
    assert dimension in said["dimension"].meaning
    assert not any("nan" in text or "inf" in text for fact in said.values() for text in (fact.value, fact.meaning))


def test_an_exponent_of_minus_infinity_is_said_to_be_a_direction_that_is_cut_off() -> None:
    found = measured(activation="relu", gain=2.0, hidden_size=16)
    cut = int(np.isneginf(found.lyapunov.exponents).sum())
    assert 0 < cut < 16
    said = {fact.name: fact for fact in facts(found)}["λ₁, λ₂, …"]
    assert said.value.endswith("cut off")
    assert said.meaning.endswith(f"; {cut} cut off for good by some step.")
    whole = measured(hidden_size=16)
    assert not any("∞" in text for fact in facts(whole) for text in (fact.value, fact.meaning))


def test_what_was_left_out_is_said() -> None:
    tape = run(Experiment(timesteps=600, hidden_size=2, batch_size=3)).tape
    profile = dynamics_of(tape).profile
    assert profile is not None
    assert looked_at(profile, 3) == "∂a⟨t⟩/∂a⟨t−k⟩ for t = 600, example 1 of 3; every 3rd lag"
    near = core.jacobian_profile(tape, lags=range(0, 21, 2))
    assert looked_at(near, 1).endswith("every 2nd lag; up to lag 20 of 599, to keep the time short")


# The panel


@pytest.mark.parametrize("size", [pytest.param(WIDE, marks=pytest.mark.slow), MEDIUM, (100, 30), NARROW], ids=str)
def test_charts_and_words_are_there_side_by_side_where_there_is_room(size: tuple[int, int]) -> None:
    @explorer(SMALL, size=size, only="work")
    async def look(drive: Drive) -> None:
        found = await open_tab(drive)
        values, plane = drive.one(SingularValues), drive.one(Eigenvalues)
        assert "lag k" in text_of(values)
        assert "real" in text_of(plane)
        content = drive.one(VerticalScroll, "#jacobians-content")
        await drive.until(lambda: values.region.bottom <= content.region.bottom, "its axis in sight")
        beside = drive.one(JacobiansPanel).size.width >= BESIDE
        assert (abs(values.region.y - plane.region.y) <= 1) == beside, "side by side, but for a line of a legend"
        words = " ".join(text_of(drive.one(Static, "#jacobians-words")).split())
        for fact in facts(found):
            assert fact.value.split("  ")[0] in words
        assert "sufficient to vanish" in words

    look()


@explorer(SMALL, only="work")
async def test_the_cursors_lag_is_marked_and_read_off(drive: Drive) -> None:
    found = await open_tab(drive)
    assert found.profile is not None
    await drive.press("end", "left", "left")
    await drive.pilot.pause()
    values = found.profile.log2_singular_values[9]
    assert drive.one(SingularValues).lag == 9
    assert "lag 9:" in readout(drive)
    assert ("↓ eigenvalues" in readout(drive)) != drive.one(JacobiansPanel).has_class("-beside")
    assert f"largest {magnitude(float(values[0]))}" in readout(drive)
    assert f"smallest {magnitude(float(values[-1]))}" in readout(drive)


@explorer(SMALL, only="work")
async def test_the_product_is_that_of_the_loss_which_is_followed(drive: Drive) -> None:
    await open_tab(drive)
    await drive.press("end", *["less_than_sign"] * 7)
    await drive.until(lambda: (found := known(drive)) and found.profile and found.profile.step == 5)
    await drive.pilot.pause()
    assert "of L_5" in text_of(drive.one(Static, "#values-legend"))
    await drive.press("f")
    await drive.until(lambda: (found := known(drive)) and found.profile and found.profile.step == 12)
    await drive.pilot.pause()
    assert "t = 12 of all losses" in " ".join(text_of(drive.one(Static, "#values-legend")).split())
    assert loss_time(drive.trace, 99) == 12


@explorer(SMALL, only="work")
async def test_tables_have_the_numbers_of_the_charts(drive: Drive) -> None:
    found = await open_tab(drive)
    assert found.profile is not None
    assert found.spectrum is not None
    await drive.press("v")
    await drive.until(lambda: drive.one(DynamicsTable, "#values-table").row_count == 12)
    row = [cell.strip() for cell in drive.one(DynamicsTable, "#values-table").get_row_at(7)]
    assert row == ["7", *(magnitude(float(value)) for value in found.profile.log2_singular_values[7])]
    spectrum = [cell.strip() for cell in drive.one(DynamicsTable, "#spectrum-table").get_row_at(0)]
    assert "All 4 singular values" in text_of(drive.one(Static, "#values-caption"))
    assert spectrum[1] == number(float(found.lyapunov.exponents[0]))
    assert spectrum[3] == number(found.spectrum.spectral_radius)
    assert not drive.one(SingularValues).region.area


@explorer(preset("vanishing").replace(timesteps=20), only="work")
async def test_no_column_of_a_table_is_shown_in_part(drive: Drive) -> None:
    await open_tab(drive)
    await drive.press("v")
    table = drive.one(DynamicsTable, "#values-table")
    await drive.until(lambda: table.row_count == 20)
    heads = {str(column.label) for column in table.ordered_columns}
    seen: set[str] = set()
    drive.screen.set_focus(table)
    for _ in heads:
        await drive.pilot.pause()
        titles = table.render_line(0).text.split("  ")
        shown = {title.strip() for title in titles if title.strip()}
        assert shown <= heads
        numbers = {cell.strip() for row in range(table.row_count) for cell in table.get_row_at(row)}
        assert set(table.render_line(5).text.split()) <= numbers
        seen |= shown
        await drive.press("right_square_bracket")
    assert seen == heads
    await drive.press(*["left_square_bracket"] * len(heads))
    assert table.scroll_x == 0


@explorer(SMALL)
async def test_the_pinned_network_stands_behind(drive: Drive) -> None:
    first = await open_tab(drive)
    await drive.press("p")
    await drive.enter("gain", 2.0)
    await drive.until(lambda: (found := known(drive)) and found.tape is not first.tape)
    await drive.pilot.pause()
    shown = drive.one(SingularValues)
    assert shown.shown is known(drive)
    assert shown.pinned is first
    assert drive.one(Eigenvalues).pinned is first


# In time


class Held:
    """`dynamics_of` with a hand on it: it works on, and gives its result only when it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[Tape] = []
        self.started, self.release, self.abandoned = threading.Event(), threading.Event(), threading.Event()
        monkeypatch.setattr(tui.explorer.background.dynamics_worker, "dynamics_of", self.measure)

    def measure(self, tape: Tape, **arguments: object) -> Dynamics:
        self.calls.append(tape)
        self.started.set()
        end = time.monotonic() + 60
        while not self.release.is_set():
            assert time.monotonic() < end, "never let go"
            try:
                dynamics_of(tape, **arguments)
            except Exception:
                self.abandoned.set()
                raise
        return dynamics_of(tape, **arguments)


def test_nothing_is_measured_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    @explorer(SMALL)
    async def walk(drive: Drive) -> None:
        held = Held(monkeypatch)
        held.release.set()
        await drive.enter("gain", 2.0)
        await drive.settled()
        await drive.press("full_stop", "right", "p")
        await drive.pilot.pause()
        assert not held.calls
        await open_tab(drive)
        assert held.calls == [drive.trace.tape], "the pinned trace is the same one"

    walk()


def test_a_result_that_comes_after_all_work_was_reported_done_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(tape: Tape, *, progress: Progress, **arguments: Any) -> Dynamics:
        end = time.monotonic() + 0.15  # reports are a tenth of a second apart
        while time.monotonic() < end:
            progress(1, 1)
        return dynamics_of(tape, progress=progress, **arguments)

    @explorer(SMALL, only="work")
    async def walk(drive: Drive) -> None:
        monkeypatch.setattr(tui.explorer.background.dynamics_worker, "dynamics_of", measure)
        assert await open_tab(drive)

    walk()


def test_escape_stops_it_and_enter_starts_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    @explorer(SMALL, only="work")
    async def walk(drive: Drive) -> None:
        held = Held(monkeypatch)
        drive.screen.show_tab("tab-jacobians")
        await drive.until(held.started.is_set)
        await drive.until(lambda: "computing, " in readout(drive))
        await drive.press("escape")
        await drive.until(held.abandoned.is_set)
        await drive.until(lambda: "stopped" in readout(drive))
        calls = len(held.calls)
        await drive.press("right")
        await drive.pilot.pause()
        assert len(held.calls) == calls, "a step does not start it again"
        held.release.set()
        await drive.press("enter")
        await drive.until(lambda: known(drive) is not None)

    walk()


def test_a_newer_network_ends_the_work_on_an_older_one(monkeypatch: pytest.MonkeyPatch) -> None:
    @explorer(SMALL)
    async def walk(drive: Drive) -> None:
        held = Held(monkeypatch)
        drive.screen.show_tab("tab-jacobians")
        await drive.until(held.started.is_set)
        await drive.enter("gain", 2.0)
        await drive.until(held.abandoned.is_set)
        held.release.set()
        await drive.until(lambda: known(drive) is not None)
        assert drive.trace.experiment.gain == 2.0
        await drive.pilot.pause()
        assert drive.one(SingularValues).shown is known(drive)

    walk()


def test_what_cannot_be_measured_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(tape: Tape, **arguments: object) -> Dynamics:
        raise ValueError("the matrix has no eigenvalues today")

    @explorer(SMALL, only="work")
    async def walk(drive: Drive) -> None:
        monkeypatch.setattr(tui.explorer.background.dynamics_worker, "dynamics_of", fail)
        drive.screen.show_tab("tab-jacobians")
        await drive.pilot.pause()
        await drive.until(lambda: "no eigenvalues today" in readout(drive))
        assert drive.one(DynamicsWorker).stop() is False

    walk()


@explorer(SMALL.replace(cell="gru", hidden_size=3), only="work")
async def test_each_matrix_of_a_cell_with_gates_is_in_the_plane_and_in_the_table(drive: Drive) -> None:
    found = await open_tab(drive)
    assert drive.one(Eigenvalues).region.area
    legend = str(drive.one(Static, "#plane-legend").content)
    for name, spectrum in found.spectra.items():
        assert f"{name} ρ {number(spectrum.spectral_radius)}" in legend
    await drive.press("v")
    await drive.until(lambda: drive.one(DynamicsTable, "#values-table").row_count == 12)
    row = drive.one(DynamicsTable, "#spectrum-table").get_row_at(0)
    assert row[3::2] == [number(spectrum.spectral_radius) for spectrum in found.spectra.values()]


def test_the_plane_of_several_matrices_has_each_in_its_own_look() -> None:
    found = measured(cell="lstm", hidden_size=3, timesteps=4)
    looks = styles(found.tape.network, "parameter")
    chart = spectra_chart(found.spectra, looks)
    by_name = {series.name: series for series in chart.series}
    for name, spectrum in found.spectra.items():
        assert np.array_equal(by_name[name].x, spectrum.eigenvalues.real)
        assert (by_name[name].color, by_name[name].marker) == (looks[name].color, looks[name].marker)


def test_a_panel_that_is_left_before_it_has_its_parts_looks_for_none() -> None:
    class Left(JacobiansPanel):
        def compose(self) -> ComposeResult:
            return ()

        def show(self) -> None:
            self._say_readout()

    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield Left()

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(70, 20)

    drive_host(Host(), steps, NARROW)


@explorer(Experiment(timesteps=12, hidden_size=2), size=WIDE, only="work")
async def test_its_legends_are_as_wide_with_a_scroll_bar_as_without(drive: Drive) -> None:
    """Words for one width would take rows that bring the bar, and those for the other take it away, for ever."""
    await drive.screen.show(View(tab="tab-jacobians"))
    content, widths = drive.one(VerticalScroll, "#jacobians-content"), set()
    for height in (22, 30, 45, 90):
        await drive.pilot.resize_terminal(160, height)
        await drive.pilot.pause()
        widths.add((content.show_vertical_scrollbar, drive.one(Container, "#jacobians-charts").size.width))
    assert {bar for bar, _ in widths} == {False, True}
    assert len({width for _, width in widths}) == 1
