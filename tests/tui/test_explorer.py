"""The explorer as a whole: the latest settings win, the interface answers, the cursor walks, nothing gets lost."""

from __future__ import annotations

import textwrap
import threading
import time
from collections.abc import Callable, Sequence

import pytest
import textual.css.match
import textual.css.query
from driving import MEDIUM, NARROW, PATIENCE, WIDE, Drive, explorer, text_of
from textual.command import CommandPalette
from textual.css.model import SelectorSet
from textual.dom import DOMNode
from textual.widgets import HelpPanel, Markdown, TabbedContent, Tabs

import core
import tui.explorer.session.history
import tui.explorer.session.subject
from core import Experiment, Trace, preset, run
from core.numerics.progress import Progress
from tui.explorer.actions import tour
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.app import RnnApp
from tui.explorer.commands import COMMANDS
from tui.explorer.painting.theme import theme_palette
from tui.explorer.panels.comparison import ComparisonPanel, differences, fitted
from tui.explorer.panels.headline import Headline, cut_off
from tui.explorer.panels.headline import fitted as fitted_title
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.panels.unrolled import UnrolledNetwork
from tui.explorer.session.history import History
from tui.explorer.session.subject import Subject
from tui.explorer.session.tour import Question, Tour, TourStep
from tui.explorer.widgets.footer import FittingFooter
from tui.explorer.widgets.lags_chart import LagsChart
from tui.explorer.widgets.legend import LegendEntry
from tui.report.palette import READABLE, SERIES, contrast
from tui.report.words.subject import what_settings_make
from tui.report.words.title import title as wordings

SMALL = Experiment(timesteps=8, hidden_size=3, seed=0)
LARGE = {"timesteps": 200, "hidden_size": 16, "batch_size": 4}


def title(drive: Drive) -> str:
    return " ".join(text_of(drive.one(Headline)).split())


def says_what_happens(drive: Drive) -> bool:
    """Whether the title line tells of the trace and the loss that are shown, in one of its wordings."""
    return any(words in title(drive) for words in wordings(drive.trace, drive.screen.shown.loss))


def at(drive: Drive) -> tuple[str, int]:
    """Which way the cursor goes, and at which step it is."""
    cursor = drive.screen.cursor
    assert cursor is not None
    return ("backward" if cursor.backward else "forward", cursor.step)


# What is seen first


@pytest.mark.parametrize("size", [WIDE, MEDIUM, (100, 30), NARROW], ids=lambda size: f"{size[0]}x{size[1]}")
def test_with_nothing_typed_the_real_data_its_chart_and_the_sentence_are_there(size: tuple[int, int]) -> None:
    @explorer(size=size, only="work")
    async def look(drive: Drive) -> None:
        assert drive.trace.experiment == Experiment()
        assert says_what_happens(drive)
        assert what_settings_make(Experiment()) in title(drive)
        chart = text_of(drive.one(LagsChart))
        assert "lag k" in chart
        assert "1e+0" in chart
        assert "forward, t = 1 of 50" in text_of(drive.one(UnrolledNetwork))
        assert drive.app.focused is drive.one(LagsChart)

    look()


# Settings → trace


class Held:
    """`core.run` with a hand on it: it works on, and gives its trace only when it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started, self.release, self.abandoned = threading.Event(), threading.Event(), threading.Event()
        monkeypatch.setattr(tui.explorer.session.subject, "run", self.run)

    def run(self, experiment: Experiment, *, progress: Progress, **more: object) -> Trace:
        self.started.set()
        end = time.monotonic() + 60
        while not self.release.is_set():
            assert time.monotonic() < end, "never let go"
            try:
                run(experiment, progress=progress, **more)
            except Exception:
                self.abandoned.set()
                raise
        return run(experiment, progress=progress, **more)


def test_the_interface_answers_while_a_large_network_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    @explorer(SMALL, only="work")
    async def walk(drive: Drive) -> None:
        held, before = Held(monkeypatch), drive.trace
        change_settings(drive.screen, Experiment(**LARGE))
        await drive.until(held.started.is_set)
        await drive.press("f", "c")
        assert (drive.screen.view.loss, drive.screen.view.curve) == ("all", "summed")
        await drive.press("end", "left")
        assert at(drive) == ("backward", 2)
        await drive.until(lambda: "computing" in title(drive))
        assert drive.trace is before, "all this while the large one was at work"
        held.release.set()
        await drive.settled()
        assert drive.trace.experiment == Experiment(**LARGE)
        assert says_what_happens(drive)
        assert at(drive) == ("backward", 200 - (8 - 2))

    walk()


def test_escape_stops_a_long_computation_and_the_settings_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    @explorer(SMALL)
    async def walk(drive: Drive) -> None:
        held, before = Held(monkeypatch), drive.trace
        await drive.enter("batch_size", 16)
        await drive.until(lambda: "computing" in title(drive))
        await drive.press("escape")
        assert drive.screen.subject.experiment == SMALL
        await drive.until(held.abandoned.is_set)
        held.release.set()
        await drive.settled()
        assert drive.trace.experiment == before.experiment
        assert drive.field("batch_size").value == "1"
        assert "computing" not in title(drive)

    walk()


def test_a_newer_setting_ends_the_computation_of_an_older_one(monkeypatch: pytest.MonkeyPatch) -> None:
    @explorer(SMALL, only="work")
    async def walk(drive: Drive) -> None:
        held = Held(monkeypatch)
        change_settings(drive.screen, Experiment(**LARGE))
        await drive.until(held.started.is_set)
        change_settings(drive.screen, SMALL.replace(gain=2.0))
        await drive.until(held.abandoned.is_set)
        held.release.set()
        await drive.settled()
        assert drive.trace.experiment == SMALL.replace(gain=2.0)

    walk()


@explorer(SMALL)
async def test_the_latest_setting_wins_however_fast_they_come(drive: Drive) -> None:
    fields = {name: drive.field(name) for name in ("gain", "timesteps", "batch_size", "bias")}
    activation = drive.choice("activation")
    await drive.pilot.pause()
    for i in range(60):
        fields["gain"].value = f"{0.5 + i / 100:g}"
        fields["timesteps"].value = str(5 + i % 40)
        fields["batch_size"].value = str(1 + i % 5)
        fields["bias"].value = f"{(i % 7) / 10:g}"
        activation.value = ("tanh", "sigmoid", "identity", "relu")[i % 4]
        drive.screen.action_seed()
        if i % 9 == 0:
            await drive.pilot.pause()
    await drive.until(
        lambda: drive.screen.subject.experiment.gain == 1.09 and drive.screen.subject.experiment.activation == "relu"
    )
    await drive.settled()
    wanted = SMALL.replace(gain=1.09, timesteps=24, batch_size=5, bias=0.3, activation="relu", seed=60, data_seed=60)
    assert drive.screen.subject.experiment == drive.trace.experiment == wanted
    assert fields["gain"].value == "1.09"
    assert activation.value == "relu"
    assert says_what_happens(drive)
    assert what_settings_make(wanted) in title(drive)


@explorer(SMALL)
async def test_the_trace_is_what_core_makes_of_the_settings(drive: Drive) -> None:
    await drive.enter("gain", 1.7)
    await drive.settled()
    alone = run(SMALL.replace(gain=1.7))
    assert drive.trace.lags.residual == alone.lags.residual
    for name, values in alone.lags.log2_norm.items():
        assert (drive.trace.lags.log2_norm[name] == values).all()


# Undo and redo


@explorer(SMALL)
async def test_changes_are_undone_and_redone_in_their_order(drive: Drive) -> None:
    assert not drive.screen.check_action("undo", ()), "not offered while there is nothing to undo"
    await drive.enter("gain", 2)
    await drive.enter("bias", 0.5)
    await drive.press("n")
    await drive.settled()
    for expected in ({"gain": 2.0, "bias": 0.5}, {"gain": 2.0}, {}):
        await drive.press("u")
        await drive.settled()
        assert drive.trace.experiment == SMALL.replace(**expected)
    assert not drive.screen.check_action("undo", ())
    for expected in ({"gain": 2.0}, {"gain": 2.0, "bias": 0.5}, {"gain": 2.0, "bias": 0.5, "seed": 1, "data_seed": 1}):
        await drive.press("U")
        await drive.settled()
        assert drive.trace.experiment == SMALL.replace(**expected)
    assert not drive.screen.check_action("redo", ())
    assert drive.field("bias").value == "0.5"


@explorer(SMALL)
async def test_a_number_typed_is_one_change_and_a_new_one_ends_the_redo(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tui.explorer.session.history, "SAME_GESTURE", PATIENCE)
    await drive.type("timesteps", "123")
    await drive.settled()
    await drive.press("escape", "u")
    await drive.settled()
    assert drive.trace.experiment == SMALL
    await drive.press("n")
    assert not drive.screen.check_action("redo", ())


@explorer(SMALL)
async def test_a_drag_is_one_change(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tui.explorer.session.history, "SAME_GESTURE", PATIENCE)
    row = drive.row("gain")
    await drive.pilot.mouse_down(row, offset=(row.span[0], 0))
    for column in row.span[1:]:
        await drive.pilot.hover(row, offset=(column, 0))
    await drive.pilot.mouse_up(row, offset=(row.span[-1], 0))
    await drive.settled()
    assert 0.1 < drive.trace.experiment.gain < 0.2
    await drive.press("u")
    await drive.settled()
    assert drive.trace.experiment == SMALL


def test_changes_of_one_setting_far_apart_in_time_are_undone_one_by_one() -> None:
    first, one, two, three = (Subject(SMALL.replace(gain=gain)) for gain in (0.9, 1.0, 2.0, 3.0))
    quick = History(first).changed(one, "gain", 10.0).changed(two, "gain", 10.5)
    assert quick.undone().now == first
    slow = quick.changed(three, "gain", 20.0)
    assert slow.undone().now == two
    assert slow.undone().redone().now == three
    assert slow.changed(first, "seed", 20.1).undone().now == three, "another setting is another change"


@explorer(SMALL)
async def test_undo_clears_the_marks(drive: Drive) -> None:
    await drive.enter("gain", 2)
    await drive.enter("gain", "wrong")
    await drive.press("u")
    await drive.settled()
    assert drive.field("gain").value == "0.9"
    assert not drive.row("gain").has_class("-invalid")


# Stepping


@explorer(SMALL, only="work")
async def test_keys_walk_forward_to_the_end_and_back_through_time(drive: Drive) -> None:
    walked = [at(drive)]
    for _ in range(17):
        await drive.press("right")
        walked.append(at(drive))
    there, back = [("forward", t) for t in range(1, 9)], [("backward", s) for s in range(8, 0, -1)]
    assert walked == [*there, *back, back[-1], back[-1]]
    await drive.press("left")
    assert at(drive) == ("backward", 2)


@explorer(SMALL, size=NARROW, only="work")
async def test_every_key_of_the_stepper(drive: Drive) -> None:
    for keys, expected in {
        "left": ("forward", 1),
        "l": ("forward", 2),
        "l h": ("forward", 1),
        "shift+right": ("backward", 6),
        "L H": ("forward", 1),
        "end": ("backward", 1),
        "end shift+left": ("forward", 6),
        "right right t": ("backward", 3),
        "end t": ("forward", 1),
    }.items():
        await drive.press("home", *keys.split())
        assert at(drive) == expected, keys


@explorer(SMALL, size=WIDE, only="work")
async def test_strip_inspector_and_chart_all_show_the_cursor(drive: Drive) -> None:
    for _ in range(16):
        way, step = at(drive)
        assert f"{way}, {'t' if way == 'forward' else 's'} = {step} of 8" in text_of(drive.one(UnrolledNetwork))
        assert drive.inspector().startswith(f"{way}, {'t' if way == 'forward' else 's'} = {step} of 8")
        marked = text_of(drive.one(LagsChart))
        assert (f"k = {8 - step}" in marked) == (way == "backward")
        await drive.press("right")


@explorer(SMALL, only="work")
async def test_play_walks_to_the_end_and_stops_there(drive: Drive) -> None:
    strip = drive.one(UnrolledNetwork)
    await drive.press(*["minus"] * 5, "space")
    assert "playing, 1 step" in str(strip.border_subtitle)
    await drive.press(*["plus"] * 5)
    await drive.until(lambda: at(drive) == ("backward", 1))
    await drive.until(lambda: "playing" not in str(strip.border_subtitle))
    await drive.press(*["minus"] * 5, "space")
    assert "playing" in str(strip.border_subtitle), "at the end, it plays from the start again"
    await drive.press("space")
    assert "playing" not in str(strip.border_subtitle)
    stopped = at(drive)
    await drive.press("c", "c")
    assert at(drive) == stopped


@explorer(SMALL)
async def test_another_length_keeps_the_place(drive: Drive) -> None:
    await drive.press("end", "left", "left")
    assert at(drive) == ("backward", 3)
    await drive.enter("timesteps", 20)
    await drive.settled()
    assert at(drive) == ("backward", 15)
    assert "backward, s = 15 of 20" in text_of(drive.one(UnrolledNetwork))
    await drive.enter("timesteps", 2)
    await drive.settled()
    assert at(drive) == ("backward", 1)


# Looking


@explorer(SMALL, only="work")
async def test_the_legend_shows_and_hides_by_mouse_and_by_command(drive: Drive) -> None:
    chart, before = drive.one(LagsChart), drive.one(LagsChart).paint(80, 20)
    entries = {entry.series: entry for entry in drive.screen.query(LegendEntry)}
    assert list(entries) == ["W_aa", "W_ax", "b_a", "W_y", "b_y", "x"]
    await drive.pilot.click(entries["W_ax"])
    assert drive.screen.view.hidden == {"W_ax", "x"}
    assert entries["W_ax"].has_class("-hidden")
    assert chart.paint(80, 20) != before
    for line in ("W_aa", "W_ax"):
        drive.screen.toggle_line(line)
    assert drive.screen.view.hidden == {"W_aa", "x"}
    for line in [*entries][1:-1]:
        drive.screen.toggle_line(line)
    assert drive.screen.view.hidden == set(entries), "nothing shown is allowed, and no crash"
    await drive.pilot.pause()
    assert chart.paint(80, 20)
    for line in [*entries][:-1]:
        drive.screen.toggle_line(line)
    assert drive.screen.view.hidden == {"x"}
    await drive.pilot.pause()
    assert chart.paint(80, 20) == before
    drive.screen.toggle_line("x")
    await drive.pilot.pause()
    assert chart.paint(80, 20) != before, "the gradient at the input is drawn where it is asked for"


@explorer(SMALL)
async def test_the_light_theme_reaches_everything_painted(drive: Drive) -> None:
    chart, strip = drive.one(LagsChart), drive.one(UnrolledNetwork)
    dark = (chart.paint(60, 15), strip.paint(60, 5))
    drive.app.theme = "textual-light"
    await drive.pilot.pause()
    assert chart.paint(60, 15) != dark[0]
    assert strip.paint(60, 5) != dark[1]
    palette = theme_palette(drive.app.current_theme)
    assert not palette.dark
    for style in SERIES.values():
        assert contrast(palette.readable(style.color), palette.backdrop) >= READABLE
    drive.app.theme = "textual-dark"
    await drive.pilot.pause()
    assert (chart.paint(60, 15), strip.paint(60, 5)) == dark


def test_every_line_of_a_chart_can_be_read_in_every_theme() -> None:
    app = RnnApp()
    for theme in app.available_themes:
        palette = theme_palette(app.get_theme(theme) or app.current_theme)
        for style in SERIES.values():
            assert contrast(palette.readable(style.color), palette.backdrop) >= READABLE, theme


# Every size


@explorer(SMALL, size=NARROW)
async def test_on_a_narrow_screen_the_settings_are_a_drawer(drive: Drive) -> None:
    panel = drive.one(SettingsPanel)
    assert not panel.display
    await drive.press("s")
    assert panel.display
    assert panel in drive.app.focused.ancestors_with_self if drive.app.focused else False
    await drive.type("gain", "2")
    await drive.settled()
    assert drive.trace.experiment.gain == 2
    await drive.press("escape")
    assert not panel.display
    assert drive.app.focused is drive.one(LagsChart)
    await drive.press("right")
    assert at(drive) == ("forward", 2)


@explorer(SMALL, size=WIDE)
async def test_resizes_at_any_moment_lose_nothing(drive: Drive) -> None:
    await drive.press("end", "left")
    trace, cursor = drive.trace, drive.screen.cursor
    storm = [(200, 60), (20, 6), (200, 60), (1, 1), (80, 24), (119, 35), (120, 36), (99, 19), (160, 48), (59, 10)]
    for i, size in enumerate(storm):
        await drive.pilot.resize_terminal(*size)
        if i % 3 == 0:
            await drive.press("left", "right")
    await drive.pilot.resize_terminal(*WIDE)
    await drive.pilot.pause()
    assert drive.trace is trace
    assert drive.screen.cursor == cursor
    assert "backward, s = 2 of 8" in text_of(drive.one(UnrolledNetwork))
    assert "lag k" in text_of(drive.one(LagsChart))
    assert drive.one(SettingsPanel).display


# Commands


@pytest.mark.parametrize(
    ("size", "places"),
    [(WIDE, ("#strip", "#side", "#lags-chart", "#settings")), (NARROW, ("#strip", "#lags-chart", "#settings"))],
    ids=["wide", "narrow"],
)
def test_f1_opens_help_on_the_panel_that_has_the_focus_and_leaves_it_in_sight(
    size: tuple[int, int], places: Sequence[str]
) -> None:
    @explorer(SMALL, size=size)
    async def scenario(drive: Drive) -> None:
        for place in places:
            panel = drive.screen.query_one(place)
            if place == "#settings":
                await drive.press("s")
            else:
                drive.screen.set_focus(panel)
            await drive.press("f1")
            assert len(drive.screen.query(HelpPanel)) == 1
            await drive.until(lambda: drive.one(HelpPanel).region.area)
            await drive.until(lambda: drive.one(HelpPanel).query_one(Markdown).source.strip(), "a help text")
            assert panel.region.width * panel.region.height > 150, place
            assert not panel.region.overlaps(drive.one(HelpPanel).region), place
            await drive.press("f1")
            await drive.until(lambda: not drive.screen.query(HelpPanel), "the help to close")
            await drive.until(lambda panel=panel: panel.region.area)  # type: ignore[misc]

    scenario()


@explorer(SMALL, size=NARROW, only="work")
async def test_the_help_is_read_on_with_the_keyboard_and_escape_closes_it(drive: Drive) -> None:
    await drive.press("f1")
    await drive.until(lambda: drive.one(HelpPanel).max_scroll_y > 0, "more help than fits")
    assert drive.one(HelpPanel).size.width > NARROW[0] - 5
    await drive.press("pagedown")
    await drive.until(lambda: drive.one(HelpPanel).scroll_y > 0, "the help to scroll")
    await drive.press("pageup")
    await drive.until(lambda: drive.one(HelpPanel).scroll_y == 0, "the help to scroll back")
    await drive.press("escape")
    await drive.until(lambda: not drive.screen.query(HelpPanel), "the help to close")
    assert drive.screen.focused is drive.one(LagsChart)


@explorer(SMALL, only="work")
async def test_what_is_shown_while_another_network_is_computed_is_said_to_be_the_old_one(drive: Drive) -> None:
    headline = drive.one(Headline)

    def dimmed() -> set[str | None]:
        return {place.id for place in drive.screen.query("*") if place.styles.opacity < 1}

    change_settings(drive.screen, SMALL.replace(timesteps=5000, hidden_size=64))
    await drive.until(lambda: drive.screen.progress is not None, "a computation that is noticed")
    assert dimmed() == {"strip", "side", "tab-lags"}
    await drive.press("full_stop")
    await drive.until(lambda: dimmed() == {"strip", "side", "tab-map"}, "the map to be dimmed instead")
    assert "the network before is shown" in str(headline.render())
    await drive.press("escape")
    await drive.settled()
    assert not dimmed()
    assert "computing" not in str(headline.render())


@pytest.mark.parametrize("tab", [0, 1])
@explorer(SMALL, only="work")
async def test_a_table_leaves_the_keys_that_step_through_time(drive: Drive, tab: int) -> None:
    await drive.press(*["full_stop"] * tab, "v")
    await drive.until(lambda: drive.screen.focused is not None, "the focus to come to the table")
    await drive.press("right", "right")
    assert drive.screen.cursor is not None
    assert drive.screen.cursor.step == 3
    await drive.press("end")
    assert drive.screen.cursor.position == drive.screen.cursor.last
    await drive.press("home")
    assert drive.screen.cursor.position == 0


@explorer(SMALL, only="work")
async def test_the_arrows_step_from_wherever_the_tab_key_leads_to_among_the_charts(drive: Drive) -> None:
    seen = set()
    for _ in range(len(drive.screen.focus_chain)):
        await drive.press("tab")
        seen.add(type(drive.screen.focused))
        before = drive.screen.cursor
        await drive.press("right")
        assert before is not None and drive.screen.cursor == before.moved(1)
        assert drive.one(TabbedContent, "#tabs").active == "tab-lags"
    assert len(seen) > 1 and not any(issubclass(kind, Tabs) for kind in seen)


@explorer(SMALL, size=WIDE, only="work")
async def test_the_footer_counts_the_tabs_that_are_in_sight(drive: Drive) -> None:
    def told() -> str:
        return drive.one(FittingFooter).render_line(0).text

    await drive.until(lambda: "1…7 tab" in told())
    await drive.press("8")
    await drive.until(lambda: drive.screen.focused is drive.screen.query_one("#side"))
    await drive.pilot.resize_terminal(*NARROW)
    await drive.until(lambda: "1…8 tab" in told())
    await drive.pilot.resize_terminal(*WIDE)
    await drive.until(lambda: "1…7 tab" in told())


@explorer(SMALL, size=NARROW, only="work")
async def test_the_footer_says_what_the_digits_do_now(drive: Drive) -> None:
    def told() -> str:
        return drive.one(FittingFooter).render_line(0).text

    await drive.until(lambda: "1…8 tab" in told() and "answer" not in told())
    assert "o open" in told() and told().rstrip().endswith("^p all"), "the way to all other keys is on every screen"
    await drive.press("m")
    await drive.until(lambda: "m all panels" in told())
    await drive.press("m")
    await drive.until(lambda: "all panels" not in told())
    step = TourStep(text="t", question=Question(ask="?", answers=("a", "b"), reason="r"))
    tour.start(drive.screen, Tour(title="T", steps=(step,)))
    await drive.until(lambda: "1…9 answer" in told() and "tab" not in told())
    await drive.press("2")
    await drive.until(lambda: "1…8 tab" in told() and "answer" not in told())


@explorer(SMALL, only="work")
async def test_the_palette_lists_what_is_valid_now_and_only_that(drive: Drive) -> None:
    def listed() -> set[str]:
        return {command.title for command in drive.app.get_system_commands(drive.screen)}

    ours = {command.title: command for command in COMMANDS}
    assert len(ours) == len(COMMANDS), "no two commands under one name"
    undo = next(command.title for command in COMMANDS if command.action == "undo")
    redo = next(command.title for command in COMMANDS if command.action == "redo")
    assert not {undo, redo} & listed()
    await drive.press("n")
    await drive.settled()
    assert undo in listed()
    assert redo not in listed()
    await drive.press("u")
    await drive.settled()
    assert redo in listed()
    assert undo not in listed()
    await drive.press("ctrl+p")
    await drive.until(lambda: isinstance(drive.app.screen, CommandPalette), "the palette to open")
    await drive.press(*"new seed")
    await drive.pilot.pause(0.1)
    await drive.press("down", "enter")
    await drive.until(lambda: drive.screen.subject.experiment.seed == 1, "the command chosen to be carried out")


@explorer(SMALL, only="work")
async def test_every_command_has_a_method_and_every_key_is_one_commands(drive: Drive) -> None:
    keys = [key for command in COMMANDS for key in command.keys.split(",")]
    # A tour takes these where nothing else has a use for them; `test_transitions` holds that never two are valid.
    assert {key for key in keys if keys.count(key) > 1} == {"escape", *"12345678"}
    for command in COMMANDS:
        name = command.action.partition("(")[0]
        owner, _, method = name.rpartition(".")
        target: object = drive.app if owner == "app" else drive.screen
        assert isinstance(getattr(target, f"action_{method}", None), Callable), command.action
        assert command.help.endswith(".")


@explorer(SMALL, only="work")
async def test_tabs_are_reached_by_key(drive: Drive) -> None:
    tabs = drive.one(Tabs, "#tabs > ContentTabs")
    first = tabs.active
    seen = {first}
    await drive.press("full_stop")
    while tabs.active != first:
        seen.add(tabs.active)
        await drive.press("full_stop")
    assert len(seen) >= 2
    await drive.press("comma", "full_stop")
    assert tabs.active == first


@explorer(SMALL, only="work")
async def test_any_cell_can_be_pinned_and_compared_with_any_other(drive: Drive) -> None:
    for cell in ("gru", "lstm", "deep", "rnn"):
        await drive.press("p")
        change_settings(drive.screen, drive.screen.subject.experiment.replace(cell=cell))
        await drive.settled()
        await drive.press("x")
        await drive.settled()
        await drive.pilot.pause()
        assert " → now" in text_of(drive.one(ComparisonPanel))
        await drive.press("x")
        await drive.settled()
        await drive.press("X")
        assert not drive.screen.shown.pins
        assert drive.trace.experiment.cell == cell


@explorer(SMALL)
async def test_the_keys_of_an_open_list_are_its_own(drive: Drive) -> None:
    await drive.press("s", "enter")
    before = drive.screen.cursor
    await drive.press("right", "right", "home")
    assert drive.screen.cursor == before


@explorer(SMALL, only="work")
async def test_the_focus_goes_from_the_chart_to_its_table_and_back(drive: Drive) -> None:
    for there in ("lags-table", "lags-chart") * 4:
        await drive.press("v")
        await drive.pilot.pause()
        assert drive.app.focused is not None
        assert drive.app.focused.id == there


# The footer


@pytest.mark.parametrize("width", [120, *(pytest.param(width, marks=pytest.mark.slow) for width in (60, 80, 100, 160))])
def test_the_footer_is_never_cut_and_help_and_quit_are_always_on_it(width: int) -> None:
    @explorer(SMALL, size=(width, 36), only="work")
    async def look(drive: Drive) -> None:
        footer = drive.one(FittingFooter)
        for _ in range(6):
            await drive.settled()
            (line,) = footer.paint(width, 1)
            assert "F1 help q quit" in line.text
            assert line.cell_length <= width + 1, "but for the gap behind the last"
            await drive.press("full_stop")

    look()


@explorer(SMALL, size=MEDIUM, only="work")
async def test_what_can_be_undone_takes_no_other_key_off_the_footer_that_is_needed_more(drive: Drive) -> None:
    footer = drive.one(FittingFooter)

    def shown() -> list[set[str]]:
        return [{key.action for key in footer.fitting(width)} - {"lesson"} for width in range(80, 161)]

    before = shown()
    await drive.press("n")
    await drive.until(lambda: any(key.action == "undo" for key in footer._keys))
    for with_it, without in zip(shown(), before, strict=True):
        assert "scene" in with_it or "scene" not in without
    assert {"undo", "scene"} <= shown()[120 - 80]


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_click_on_the_footer_presses_the_key_and_the_mouse_on_it_says_what_it_does(drive: Drive) -> None:
    footer, before = drive.one(FittingFooter), drive.screen.cursor
    line = text_of(footer)
    await drive.pilot.click(FittingFooter, offset=(line.index("step"), 0))
    await drive.until(lambda: drive.screen.cursor != before)
    await drive.pilot.hover(FittingFooter, offset=(line.index("train"), 0))
    assert "Train the network" in str(footer.tooltip)
    await drive.pilot.hover(FittingFooter, offset=(line.index("^p") - 3, 0))
    assert footer.tooltip is None


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_click_on_what_is_not_valid_now_does_nothing(drive: Drive) -> None:
    drive.screen.cursor = None
    await drive.pilot.pause()
    drive.screen.refresh_bindings()
    await drive.pilot.pause()
    line = text_of(drive.one(FittingFooter))
    await drive.pilot.click(FittingFooter, offset=(line.index("step"), 0))
    await drive.pilot.pause()
    assert drive.screen.cursor is None


@explorer(SMALL, size=MEDIUM)
async def test_the_footer_looks_at_no_widget_but_the_tabs_for_what_it_says(drive: Drive) -> None:
    looked_at = list[DOMNode]()

    def match(selectors: tuple[SelectorSet, ...], node: DOMNode) -> bool:
        looked_at.append(node)
        return textual.css.match.match(selectors, node)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(textual.css.query, "match", match)
        drive.screen.refresh_bindings()
        await drive.pilot.pause()
    tabs = drive.one(TabbedContent, "#tabs")
    within = {*tabs.children, *tabs.query_one(Tabs).walk_children()}
    assert looked_at
    assert within.issuperset(looked_at)


@explorer(SMALL, size=MEDIUM, only="work")
async def test_a_preset_to_be_trained_opens_where_it_is_trained(drive: Drive) -> None:
    await drive.press("o", *"adding-lstm", "enter")
    await drive.until(lambda: drive.screen.subject.experiment == preset("adding-lstm"))
    assert drive.one(TabbedContent, "#tabs").active == "tab-training"
    await drive.settled()


@explorer(SMALL, size=WIDE, only="work")
async def test_the_help_has_one_row_for_all_the_numbers(drive: Drive) -> None:
    await drive.press("f1")
    await drive.until(lambda: drive.screen.query(HelpPanel))
    shown = [active.binding for active in drive.screen.active_bindings.values() if not active.binding.system]
    assert [one.key_display for one in shown if one.action.startswith("open_tab(")] == ["1…8"]


def test_beside_a_pinned_trace_the_numbers_come_before_the_settings_which_can_be_many() -> None:
    pinned, now = run(SMALL), run(SMALL.replace(gain=2.0, seed=3, activation="relu"))
    names = [name for name, _, _ in differences(pinned, now)]
    assert names == ["all losses: gradient", "its horizon", "loss", "activation φ", "gain", "seed"]


def test_of_one_loss_a_comparison_is_of_its_gradient() -> None:
    one = SMALL.replace(scored="last")
    assert differences(run(one), run(one.replace(gain=2.0)))[0][0] == "gradient"
    assert differences(run(one), run(SMALL))[0][0] == "all losses: gradient"


def test_on_a_narrow_screen_the_title_line_keeps_the_number_of_updates() -> None:
    what = "vanilla RNN · tanh · 16 units · sunspots, 50 steps · trained 60 updates"
    assert fitted_title(what, 80) == what
    assert fitted_title(what, 69) == "RNN · tanh · 16 units · sunspots, 50 steps · 60 updates"


def test_a_pinned_trace_is_compared_in_the_words_of_the_form_and_of_the_title() -> None:
    pinned, now = run(SMALL), run(SMALL.replace(cell="lstm", forget_bias=3.0))
    rows = {name: (before, after) for name, before, after in differences(pinned, now)}
    assert rows["forget bias"] == ("1", "3")
    assert rows["all losses: gradient"][1].startswith("all W_·a undetermined ×")
    assert rows["one seed:"][0] == "M shows 20 others", "what is seen may be the seed's"
    rate = ("all losses: gradient", "W_aa VANISHES ×0.627", "all W_·a undetermined ×0.98")
    line = fitted("1 RNN", [rate, ("its horizon", "lag 12", "none"), *differences(pinned, now)[2:]], 80)
    assert "all losses: ×0.627 → ×0.98   horizon 12 → none   seeds: M" in line.plain
    assert "one seed:" not in [name for name, _, _ in differences(now, now)], "there is nothing to put down to a seed"


def test_what_to_look_for_is_cut_after_a_word_with_a_mark_where_it_is_too_long() -> None:
    text = core.presets()["truncated"].look_for
    for width in (40, 80, 100):
        cut = cut_off(text, width, 3)
        assert cut.endswith(" …") and text.startswith(cut.removesuffix(" …"))
        assert len(textwrap.wrap(cut, width)) == 3
        assert cut[: -len(" …")].split() == text.split()[: len(cut.split()) - 1], "no word is cut in two"
    assert cut_off("short", 80, 3) == "short"
