"""Lessons: what is on the screen kept as a step, and the steps put in order, saved and played."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import work

from tui.explorer.actions import tour
from tui.explorer.panels.tour import TourPanel
from tui.explorer.session import lesson as lessons
from tui.explorer.session.lesson import Lesson
from tui.explorer.tours.texts import Seen
from tui.explorer.widgets.written import text_on

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


@work
async def scene(explorer: SessionScreen) -> None:
    """Keep the whole state as it is on the screen as a step, with the words that are asked for."""
    from tui.explorer.dialogs.scene import SceneDialog  # the start does not wait for it
    from tui.explorer.tours.checking import numbers

    explorer.player.stop()
    try:
        step = lessons.scene(explorer.session)
    except ValueError as error:
        explorer.notify(f"Not kept: {error}.", severity="warning")
        return
    number, known = len(explorer.lesson.pages) + 1, numbers(_on_the_screen(explorer))
    seen = Seen.of(explorer.shown, explorer.view, step)
    words = await explorer.ask(SceneDialog(number, lessons.Page(step, numbers=known), seen))
    if words is not None:
        take(explorer, explorer.lesson.added(step, known).worded(number - 1, words))
        if lacking := explorer.lesson.pages[number - 1].missing:
            explorer.notify(f"Kept as step {number}, but {lacking}. E completes it.", severity="warning")
        else:
            explorer.notify(f"Kept as step {number}. E puts the steps in order, saves and plays them.")


def take(explorer: SessionScreen, lesson: Lesson) -> None:
    """Go on with a lesson as it has become, and have it on the disk should the program end."""
    from tui.explorer.background.draft import Draft  # nor for this

    explorer.lesson = lesson
    if explorer.draft is None:
        explorer.draft = Draft()
    explorer.draft.put(lesson)


def _on_the_screen(explorer: SessionScreen) -> str:
    """What stands on the screen beside the words of a tour, which the next step does not have."""
    return "\n".join(text_on(part) for part in explorer.children if not isinstance(part, TourPanel))


@work
async def edit(explorer: SessionScreen) -> None:
    """The steps of the lesson, or of the tour that is under way where nothing would be lost by that."""
    from tui.explorer.dialogs.lesson import LessonDialog  # nor for this

    explorer.player.stop()
    touring, place = explorer.touring, max(len(explorer.lesson.pages) - 1, 0)
    if touring is not None:
        place = touring.place
        if explorer.lesson.saved and touring.tour != explorer.lesson.tour:
            explorer.lesson = Lesson.of(touring.tour, touring.path)
    edited = await explorer.ask(LessonDialog(explorer.lesson, place, explorer.shown, partial(take, explorer)))
    if edited is None:
        return
    explorer.lesson = edited.lesson
    found = edited.lesson.tour
    if edited.play is not None and found is not None:
        tour.start(explorer, found, edited.lesson.path, edited.play)
