"""A tour: its steps put on the screen one after another, its questions answered, and what a person had given back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget
from textual.widgets import TabbedContent
from textual.worker import get_current_worker

from tui.explorer.actions import training
from tui.explorer.background.pinned_traces import pinned_traces
from tui.explorer.background.responsiveness import UiFirst
from tui.explorer.background.trace_worker import Superseded, reporting
from tui.explorer.panels.settings import SettingsPanel
from tui.explorer.session.history import History
from tui.explorer.session.pins import Pins, Source
from tui.explorer.session.subject import Subject
from tui.explorer.session.tour import Look, Tour, TourStep
from tui.explorer.session.touring import Before, Touring
from tui.explorer.session.view import View
from tui.explorer.widgets.setting_row import Rows, SettingRow, row_of

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


STEP = "tab-step"


def start(explorer: SessionScreen, tour: Tour, path: Path | None = None, place: int = 0) -> None:
    """Begin a tour; where one is under way, what was before that one is what is given back.

    Args:
        explorer: The screen.
        tour: The tour.
        path: The file that it was read from.
        place: The step to begin with, from 0.
    """
    session = explorer.session
    before = Before(session.history, session.training_step, session.view, session.cursor, session.shown, session.preset)
    if session.touring is not None:
        before = session.touring.before
    explorer.toured, explorer.tour_left = True, None
    explorer.app.clear_notifications()  # what the tour before said at its end
    enter(explorer, Touring(tour, before, path, place))


def go_on(explorer: SessionScreen, tour: Tour) -> None:
    """Put the first step of a tour on the screen, as if a person had come there: there is nothing to leave.

    A network that was pinned behind it is not computed again.
    """
    touring = explorer.touring
    if touring is not None:
        leave(explorer)
    session = explorer.session
    before = Before(session.history, session.training_step, session.view, session.cursor, session.shown, session.preset)
    enter(explorer, Touring(tour, before))
    explorer.touring = None


def tour(explorer: SessionScreen) -> None:
    """The next step of the tour that is under way; the one that was left, where it was left; or else the main tour."""
    if explorer.touring is not None:
        further(explorer, 1)
    elif explorer.tour_left is not None:
        start(explorer, *explorer.tour_left)
    else:
        from tui.explorer.tours.library import MAIN, shipped  # the start does not wait for it

        start(explorer, shipped(MAIN))


def further(explorer: SessionScreen, by: int) -> None:
    """The answer where a question waits for it, and else the next step; or the step before."""
    touring = explorer.touring
    if touring is None:
        return
    if by > 0 and touring.asking:
        answer(explorer, None)
    elif by > 0 and touring.is_last:
        leave(explorer, finished=True)
    elif touring.place + by >= 0:
        enter(explorer, touring.at(touring.place + by))


def answer(explorer: SessionScreen, number: int | None) -> None:
    """Choose an answer, by its place; what was asked for is shown, with the reason."""
    touring = explorer.touring
    question = None if touring is None else touring.step.question
    if touring is None or question is None or (number is not None and number > len(question.answers)):
        return
    # The reason speaks of what the step shows, also where somebody has played with it meanwhile.
    enter(explorer, touring.answered(number))


def enter(explorer: SessionScreen, touring: Touring) -> None:
    """Put a step on the screen: its network, what is looked at, and where."""
    explorer.player.stop()
    explorer.trainer.pause()
    explorer.touring = touring
    session, now = explorer.session, touring.subject
    if now != session.subject:
        session = replace(session, history=History(now, (*session.history.past, session.subject)))
    explorer.put(replace(session, problems={}, preset=None))
    _pin(explorer, touring)
    trained(explorer, touring.training_step)
    look_at(explorer, touring.view, touring.look if touring.look.has_place else touring.step)
    _from_the_top(explorer)


def _from_the_top(explorer: SessionScreen) -> None:
    """What can be scrolled begins at its top again: a step speaks of what is there, wherever the one before was read.

    Tables follow the cursor and settings what has the focus; these have places of their own.
    """
    for name in ("StepPanel", "TourPanel", "#jacobians-content", "#question"):
        for place in explorer.query(name):
            place.scroll_home(animate=False)


class PinnedMade(Message):
    """The traces of the networks behind a step's have been made."""

    def __init__(self, pins: Pins) -> None:
        self.pins = pins
        super().__init__()


def _pin(explorer: SessionScreen, touring: Touring) -> None:
    """The networks behind that of the step, which take a while to compute; or none."""
    before, step = touring.before.shown, touring.step
    if step.own:
        _put_behind(explorer, before.pins)
        return
    sources = _sources(step)
    if sources != [(one.source, one.called) for one in explorer.shown.pins]:
        _put_behind(explorer, ())
        if sources:
            make = partial(_make_pinned, explorer, sources, UiFirst())
            explorer.run_worker(make, thread=True, exclusive=True, group="pinned", description="make the pinned traces")


def _sources(step: TourStep) -> list[tuple[Source, str]]:
    """What the networks behind a step are made of, and what they are called."""
    return [(Source(Subject(one.experiment), one.trained), one.called) for one in step.behind]


def _put_behind(explorer: SessionScreen, pins: Pins) -> None:
    if explorer.shown.pins != pins:
        explorer.shown = explorer.with_runs(replace(explorer.shown, pins=pins))


def _make_pinned(explorer: SessionScreen, sources: Sequence[tuple[Source, str]], ui_first: UiFirst) -> None:
    """In a thread: compute the traces of the networks behind a step, and post them."""
    progress = reporting(get_current_worker(), ui_first, lambda share: None)
    with suppress(Superseded, ValueError, MemoryError):  # without them, the step is shown by itself
        explorer.post_message(PinnedMade(pinned_traces(sources, progress)))


def pinned(explorer: SessionScreen, message: PinnedMade) -> None:
    """Put traces that have been made behind the step that they are for, if that is shown still."""
    touring = explorer.touring
    made = [(one.source, one.called) for one in message.pins]
    if touring is not None and made == _sources(touring.step):
        _put_behind(explorer, message.pins)
        explorer.refresh_commands()


def trained(explorer: SessionScreen, steps: int) -> None:
    """The network after so many steps of its training, which goes on as far where it has not been there."""
    run = explorer.shown.run
    if steps > (0 if run is None else run.last_step):
        explorer.tracing.live = True
        explorer.trainer.start(explorer.subject, steps - (0 if run is None else run.last_step))
    else:
        training.show_step(explorer, steps)


def look_at(explorer: SessionScreen, view: View, look: Look | None) -> None:
    """Look at something, with the cursor where the look has it; None leaves it where it is."""
    tabs, touring = explorer.query_one("#tabs", TabbedContent), explorer.touring
    beside = not tabs.get_tab(STEP).display  # the step has a place of its own at the side
    if view.tab == STEP and beside:
        view = replace(view, tab="tab-lags")
    elif touring is not None and touring.step.point_at == "step" and not beside:
        view = replace(view, tab=STEP)
    explorer.landing = look
    explorer.view = view
    if explorer.session.is_followed and explorer.shown.trace is not None:
        explorer.land(len(explorer.shown.trace.tape.losses))
    explorer.refresh_commands()
    if touring is not None and touring.step.point_at is not None:
        # A tab that is opened has been styled out of sight, and would be painted without its bright edge.
        for place in _places(explorer, touring.step.point_at):
            explorer.call_after_refresh(place.refresh)


def point(explorer: SessionScreen, before: str | None, now: Touring | None) -> None:
    """Light up what a step speaks of, in the place of what the step before did; open the settings where it is there."""
    pointed = None if now is None else now.step.point_at
    for name in {before, pointed} - {None}:
        for place in _places(explorer, name or ""):
            place.set_class(name == pointed, "-pointed")
    in_settings = pointed is not None and (pointed == "settings" or pointed not in _PLACES)
    explorer.query_one(SettingsPanel).set_class(in_settings, "-open")
    explorer.set_class(in_settings, "-at-settings")
    rows = explorer.query_one(Rows)
    if in_settings or row_of(explorer.focused) is not None:
        rows.keep_in_sight()
    elif before is not None and before not in _PLACES:  # whose row was scrolled to
        rows.scroll_home(animate=False)


def mark(explorer: SessionScreen) -> None:
    """Light up what the step of a tour speaks of in a tab that is opened for the first time."""
    pointed = None if explorer.touring is None else explorer.touring.step.point_at
    if pointed is not None and pointed in _PLACES:
        for place in _places(explorer, pointed):
            place.add_class("-pointed")


def _places(explorer: SessionScreen, name: str) -> Iterable[Widget]:
    """What is pointed at by a name; a setting's is the panel and the row in it."""
    if name in _PLACES:
        return explorer.query(_PLACES[name])
    return [explorer.query_one(SettingsPanel), *(row for row in explorer.query(SettingRow) if row.name == name)]


_PLACES: Mapping[str, str] = {
    "title": "Headline",
    "settings": "#settings",
    "network": "#strip",
    "chart": "#tabs TabPane > *",
    "legend": "LagsPanel .legend",
    "step": "StepPanel",
}
"""What is pointed at → where on the screen it is"""


def leave(explorer: SessionScreen, *, finished: bool = False) -> None:
    """End the tour: what a person had before it is there again, and redo brings back what the tour showed.

    Args:
        explorer: The screen.
        finished: Whether the last step was seen.
    """
    touring = explorer.touring
    if touring is None:
        return
    explorer.player.stop()
    explorer.trainer.pause()
    before, left = touring.before, explorer.subject
    future = before.history.future if left == before.subject else (left,)
    explorer.touring = None
    explorer.query_one(SettingsPanel).remove_class("-open")
    explorer.remove_class("-at-settings")
    _put_behind(explorer, before.shown.pins)
    explorer.put(replace(explorer.session, history=replace(before.history, future=future), problems={}))
    explorer.preset = before.preset
    training.show_step(explorer, before.training_step)
    cursor = before.cursor
    look_at(explorer, before.view, None if cursor is None else _place_of(cursor.backward, cursor.step))
    again = "F2 opens the tour again"
    if touring.place and not finished:
        explorer.tour_left = (touring.tour, touring.path, touring.place)
        again = f"F2 goes on with the tour at step {touring.place + 1}"
    if finished:
        explorer.tours_seen |= {touring.tour.title}
    explorer.notify(
        _afterwards(touring.tour, explorer.tours_seen) if finished else f"{again}, o lists all of them.", timeout=8
    )


def _afterwards(tour: Tour, seen: Collection[str]) -> str:
    """What is said after the last step: what to try next, of what has not been gone through.

    Args:
        tour: The tour that ends.
        seen: The titles of the tours that were gone through since the start.
    """
    from tui.explorer.tours.library import following  # the start does not wait for it

    titles = ", ".join(f"“{one.title}”" for one in following(tour).values() if one.title not in seen)
    if not titles:
        return f"That was the last step; o lists tours and presets. {_ONES_OWN}"
    return f"That was the last step. Now try: {titles}; o opens them. {_ONES_OWN}"


_ONES_OWN = "S keeps a screen as a step of a lesson of your own."


def _place_of(backward: bool, step: int) -> Look:
    return Look(back=step) if backward else Look(forward=step)
