"""A lesson: scenes that a person keeps one after another, to put in order, save, and play as a tour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core import Experiment, presets
from core.settings.hints import Value
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.pins import Source
from tui.explorer.session.session import Session
from tui.explorer.session.step_words import StepWords
from tui.explorer.session.tour import NAME, TRAINED, Behind, Tour, TourStep
from tui.explorer.session.view import View

UNTITLED = "A lesson"
"""What a lesson is called that nobody has named"""


@dataclass(frozen=True)
class Page:
    """A step of a lesson in work."""

    step: TourStep
    typed: StepWords | None = None
    """What stands in the fields where that is no question so far; None where the step says all of it"""
    numbers: frozenset[float] | None = None
    """The numbers that stood on the screen when the step was kept; None where nobody knows"""

    @property
    def words(self) -> StepWords:
        """What stands in the fields."""
        return StepWords.of(self.step) if self.typed is None else self.typed

    @property
    def missing(self) -> str:
        """What its question lacks, in words; empty where it is whole."""
        try:
            self.words.on(self.step)
        except ValueError as error:
            return str(error)
        return ""

    def worded(self, words: StepWords) -> Page:
        """The step with other words; its question is as before as long as the new one is none."""
        try:
            return replace(self, step=words.on(self.step), typed=None)
        except ValueError:
            return replace(self, step=words.without_question(self.step), typed=words)


@dataclass(frozen=True)
class Lesson:
    """Steps in their order; every change gives another lesson."""

    title: str = UNTITLED
    pages: tuple[Page, ...] = ()
    about: Tour | None = None
    """The tour that it was opened from, for all that is said of it beside its title and its steps"""
    path: Path | None = None
    """The file that it was read from, or saved to"""
    saved: bool = True
    """Whether nothing was changed since"""

    @staticmethod
    def of(tour: Tour, path: Path | None = None) -> Lesson:
        """A tour, to change it."""
        return Lesson(tour.title, tuple(Page(step) for step in tour.steps), tour, path)

    @property
    def steps(self) -> tuple[TourStep, ...]:
        """The steps as they are saved and played."""
        return tuple(page.step for page in self.pages)

    @property
    def tour(self) -> Tour | None:
        """The tour that it is; None without a step."""
        if not self.steps:
            return None
        title = self.title.strip() or UNTITLED
        if self.about is None:
            return Tour(title=title, topic="Your lessons", steps=self.steps)
        return self.about.model_copy(update={"title": title, "steps": self.steps})

    def added(self, step: TourStep, numbers: frozenset[float] | None = None) -> Lesson:
        """One more step at the end, and the numbers on the screen that it was kept from."""
        return self._with((*self.pages, Page(step, numbers=numbers)))

    def moved(self, place: int, by: int) -> Lesson:
        """A step so many places on, or back; where there is no such place, nothing changes."""
        to = place + by
        if not (0 <= place < len(self.pages) and 0 <= to < len(self.pages)):
            return self
        pages = [*self.pages]
        pages.insert(to, pages.pop(place))
        return self._with(tuple(pages))

    def without(self, place: int) -> Lesson:
        """The lesson without the step at a place."""
        return self._with(self.pages[:place] + self.pages[place + 1 :])

    def put_back(self, place: int, page: Page) -> Lesson:
        """The lesson with a step that was taken out, at the place where it was."""
        return self._with((*self.pages[:place], page, *self.pages[place:]))

    def worded(self, place: int, words: StepWords) -> Lesson:
        """The lesson with other words for the step at a place."""
        page = self.pages[place].worded(words)
        if page == self.pages[place]:
            return self
        return self._with((*self.pages[:place], page, *self.pages[place + 1 :]))

    def _with(self, pages: tuple[Page, ...]) -> Lesson:
        return replace(self, pages=pages, saved=False)

    def named(self, title: str) -> Lesson:
        """The lesson with another title, or itself where that is its title."""
        return self if title == self.title else replace(self, title=title, saved=False)

    def saved_to(self, path: Path) -> Lesson:
        """The lesson, in a file as it is."""
        return replace(self, path=path, saved=True)


def scene(session: Session) -> TourStep:
    """The whole state as it is on the screen, as a step without words.

    Raises:
        ValueError: it cannot be made again from settings, or there is nothing to keep so far; one line.
    """
    experiment, cursor = _settings(session.shown.source), session.cursor
    if session.shown.trace is None or cursor is None:
        raise ValueError("there is nothing to keep so far; wait for the network to be computed")
    if experiment is None:
        raise ValueError("no settings make this network and its data, and a step is made again from settings")
    pinned = [
        Behind(one, pin.called, 0 if pin.source is None else pin.source.training_step)
        for pin in session.shown.pins
        if (one := _settings(pin.source)) is not None
    ]
    if len(pinned) < len(session.shown.pins):
        raise ValueError("no settings make a network that is pinned; unpin it with k, or all with X")
    source = session.shown.source
    return keep(experiment, session.view, cursor, trained=0 if source is None else source.training_step, pinned=pinned)


def _settings(source: Source | None) -> Experiment | None:
    """The settings that a trace was made from; None where something was given."""
    return None if source is None or source.subject.given is not None else source.subject.experiment


def keep(
    experiment: Experiment,
    view: View,
    cursor: Cursor,
    *,
    trained: int = 0,
    pinned: Sequence[Behind] = (),
) -> TourStep:
    """A whole state, as a step without words.

    Args:
        experiment: The settings of the network.
        view: What is looked at, and how.
        cursor: Where.
        trained: After how many steps of training.
        pinned: The networks behind it.
    """
    start, plain = Experiment(), View()
    named = next((name for name, one in presets().items() if one.experiment == experiment), None)
    found: dict[str, Any] = {"text": "", "preset": named, "settings": {} if named else _differing(experiment, start)}
    found |= {"tab": view.tab.removeprefix("tab-"), "loss": view.loss, "table": view.as_table or None}
    for field, own in (
        ("curve", view.curve),
        ("grouping", view.grouping),
        ("theory", view.theory),
        ("seeds", view.seeds),
        ("spectrum", view.spectrum),
    ):
        found[field] = None if own == getattr(plain, field) else own
    found["parameter"] = None if view.parameter == plain.parameter else view.parameter
    found["chart"] = None if view.training_chart == plain.training_chart else view.training_chart
    found["zoom"] = None if view.lags is None else (view.lags.first, view.lags.last)
    found |= {"quantity": view.quantity, "unit": None if view.unit == plain.unit else view.unit}
    found["hidden"] = None if view.hidden == plain.hidden else tuple(sorted(view.hidden))
    found |= {"trained": trained, "pinned": _behind(pinned, start)}
    found["back" if cursor.backward else "forward"] = cursor.step
    return TourStep(**found)


def _behind(pinned: Sequence[Behind], start: Experiment) -> tuple[Mapping[str, Value], ...]:
    """The tables of the networks behind."""
    return tuple(
        _differing(one.experiment, start)
        | ({NAME: one.called} if one.called else {})
        | ({TRAINED: one.trained} if one.trained else {})
        for one in pinned
    )


def _differing(experiment: Experiment, start: Experiment) -> dict[str, Value]:
    values, plain = experiment.model_dump(), start.model_dump()
    return {name: value for name, value in values.items() if value != plain[name]}
