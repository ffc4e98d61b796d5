"""Lessons: what is on the screen kept as a step, and the steps put in order, saved and played."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from tui.explorer.actions import tour
from tui.explorer.session import lesson as lessons
from tui.explorer.session.lesson import Lesson

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


@work
async def scene(explorer: SessionScreen) -> None:
    """Keep the whole state as it is on the screen as a step, with the words that are asked for."""
    from tui.explorer.dialogs.scene import SceneDialog  # the start does not wait for it

    explorer.player.stop()
    try:
        step = lessons.scene(explorer.session)
    except ValueError as error:
        explorer.notify(f"Not kept: {error}.", severity="warning")
        return
    number = len(explorer.lesson.steps) + 1
    words = await explorer.ask(SceneDialog(number))
    if words is not None:
        explorer.lesson = explorer.lesson.added(lessons.with_words(step, *words))
        explorer.notify(f"Kept as step {number}. E puts the steps in order, saves and plays them.")


@work
async def edit(explorer: SessionScreen) -> None:
    """The steps of the lesson, or of the tour that is under way where nothing would be lost by that."""
    from tui.explorer.dialogs.lesson import LessonDialog  # nor for this

    explorer.player.stop()
    touring, place = explorer.touring, max(len(explorer.lesson.steps) - 1, 0)
    if touring is not None:
        place = touring.place
        if explorer.lesson.saved and touring.tour != explorer.lesson.tour:
            explorer.lesson = Lesson.of(touring.tour, touring.path)
    edited = await explorer.ask(LessonDialog(explorer.lesson, place))
    if edited is None:
        return
    explorer.lesson = edited.lesson
    found = edited.lesson.tour
    if edited.play is not None and found is not None:
        tour.start(explorer, found, edited.lesson.path, edited.play)
