"""A tour that is under way: which step, what was answered, and what a person had before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from core import Preset
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.history import History
from tui.explorer.session.losses import shown_loss
from tui.explorer.session.shown import Shown
from tui.explorer.session.subject import Subject
from tui.explorer.session.tour import Look, Tour, TourStep
from tui.explorer.session.view import View

OF_THE_TITLE = ("rate", "left", "factor", "horizon", "half_life")
"""The numbers in a tour's text that the title line has, too"""


@dataclass(frozen=True)
class Before:
    """What a person had when a tour began, to have it again afterwards."""

    history: History
    training_step: int
    view: View
    cursor: Cursor | None
    shown: Shown = field(repr=False)
    """For its pinned trace; not in messages, which every array would be in"""
    preset: Preset | None = None

    @property
    def subject(self) -> Subject:
        """The network and data in force."""
        return self.history.now


@dataclass(frozen=True)
class Touring:
    """A tour that is under way."""

    tour: Tour
    before: Before
    path: Path | None = None
    """The file that it was read from"""
    place: int = 0
    """The step, from 0"""
    chosen: int | None = None
    """The answer that was chosen, from 1"""
    revealed: bool = False
    """Whether the question of this step has been answered, or passed by"""

    @property
    def step(self) -> TourStep:
        """The step that is shown."""
        return self.tour.steps[self.place]

    @property
    def asking(self) -> bool:
        """Whether a question waits for its answer."""
        return self.step.question is not None and not self.revealed

    @property
    def keeps_back(self) -> bool:
        """Whether lines are left out that the answer to the question brings."""
        question = self.step.question
        if not self.asking or question is None or question.reveal.hidden is None:
            return False
        return bool(set(self.step.hidden or ()) - set(question.reveal.hidden))

    @property
    def keeps_verdict_back(self) -> bool:
        """Whether the title and the comparison would answer the question before the person does.

        What a step itself quotes of the title is no secret.
        """
        question = self.step.question
        if not self.asking or question is None:
            return False
        told = f"{self.step.text} {question.ask}"
        return self.step.point_at != "title" and not any(f"{{{word}" in told for word in OF_THE_TITLE)

    @property
    def is_last(self) -> bool:
        """Whether no step comes after this one."""
        return self.place == len(self.tour.steps) - 1

    @property
    def subject(self) -> Subject:
        """The network and data of the step."""
        experiment = self.step.experiment
        return self.before.subject if experiment is None else Subject(experiment)

    @property
    def training_step(self) -> int:
        """After how many steps of training its network is shown."""
        return self.before.training_step if self.step.own else self.step.trained

    @property
    def look(self) -> Look:
        """What was set last: by the step, or by its answer."""
        question = self.step.question
        return question.reveal if question is not None and self.revealed else self.step

    @property
    def view(self) -> View:
        """What a person looks at in this step. Whoever likes tables has them, unless the step says something else."""
        start = View(as_table=self.before.view.as_table)
        seen = self.step.over(start)
        return self.look.over(seen)

    def at(self, place: int) -> Touring:
        """The tour at another of its steps."""
        return Touring(self.tour, self.before, self.path, min(max(place, 0), len(self.tour.steps) - 1))

    def answered(self, answer: int | None) -> Touring:
        """The tour with the answer to this step's question; None to see it without a choice."""
        return replace(self, chosen=answer, revealed=True)


def shown_place(look: Look, shown: Shown) -> Cursor | None:
    """Where a look has the cursor on the trace that is shown; None without one."""
    trace = shown.trace
    if trace is None:
        return None
    return look.cursor(len(trace.tape.losses), shown_loss(trace.lags.scored, shown.asked))
