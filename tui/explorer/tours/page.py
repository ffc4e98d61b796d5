"""A tour as a document: to be read without the program, or a worksheet to be filled in, with answers or without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from core import Experiment
from core.settings.provenance import Provenance
from tui.explorer.session.tour import Look, Question, Tour, TourStep
from tui.explorer.session.view import View
from tui.explorer.tours.networks import Networks
from tui.explorer.tours.seen import Scene
from tui.explorer.tours.texts import fill, right_answer
from tui.explorer.tours.writing import plain_tour
from tui.report.document import Block, Choices, Command, Document, Folded, Paragraph, Room, Section
from tui.report.page.settings import with_settings
from tui.report.page.whole import whole
from tui.report.words.subject import describe_setup

Kind: TypeAlias = Literal["page", "worksheet", "answers"]
"""page: the answers are folded, so that one predicts before one reveals. worksheet: boxes and empty lines in their
place. answers: the worksheet with the right answers marked, and why"""

FORMAT = 1
"""The version of the record's keys: raised when one changes its meaning or goes."""

LINES = 3
"""Empty lines to say why"""

OWN = "In the program this is a network of your own; here it is the one that the program starts with."
"""What is said of a step that shows what a person had before"""


def tour_page(tour: Tour, made: Provenance, *, kind: Kind = "page", command: str = "", networks: Networks) -> Document:
    """A tour as a document, a section for each step.

    Args:
        tour: The tour.
        made: With what, when and how it is made.
        kind: Whether answers are folded, left out, or given.
        command: What makes it again.
        networks: Makes the networks of the steps.

    Raises:
        ValueError: the network of a step cannot be made, or a text asks for a number that is not there; which step.
    """
    sections = []
    before = ""
    for place, step in enumerate(tour.steps, 1):
        try:
            section = _section(place, step, kind, networks, before)
            before = describe_setup(networks.of(step).trace)
        except ValueError as error:
            raise ValueError(f"step {place}: {error}") from None
        sections.append(section)
    what = {"page": "", "worksheet": "Worksheet · ", "answers": "Worksheet with answers · "}[kind]
    about = f"{what}{tour.topic} · {tour.level} · {len(tour.steps)} steps"
    # Whoever looks into the file of a worksheet finds no answers there.
    told = {"title": tour.title} if kind == "worksheet" else {"tour": plain_tour(tour)}
    record = Section(record={"format": FORMAT, "kind": kind, **told})
    document = Document(tour.title, about, tour.about, (record, *sections))
    return whole(document, _how(tour, command or made.command))


def _section(place: int, step: TourStep, kind: Kind, networks: Networks, before: str) -> Section:
    """A step: its words, what it shows, and its question.

    Args:
        place: Its number.
        step: The step.
        kind: What becomes of the answer.
        networks: Makes its network.
        before: The network of the step before, in words.
    """
    scene = Scene(
        networks.of(step),
        networks.behind(step),
        step.over(View()),
        step,
        points_at_network=step.point_at == "network",
        asking=step.question is not None,
        keeps_back=_keeps_back(step),
    )
    blocks: list[Block] = [Paragraph(fill(step.text, scene.seen))] if step.text else []
    if step.own:
        blocks.append(Paragraph(OWN))
    setup = describe_setup(scene.network.trace)
    if setup != before:
        blocks.append(Paragraph(setup, name="Network and data"))
    blocks += scene.blocks()
    if step.question is not None:
        blocks += _asked(step.question, scene, kind)
    if step.then_try:
        blocks.append(Paragraph(fill(step.then_try, scene.seen), name="Try, in the program"))
    return Section(tuple(blocks), title=f"{place}. {step.title or 'A step'}")


def _keeps_back(step: TourStep) -> bool:
    """Whether the answer to its question brings lines that are not drawn before."""
    hidden = None if step.question is None else step.question.reveal.hidden
    return hidden is not None and bool(set(step.hidden or ()) - set(hidden))


def _asked(question: Question, scene: Scene, kind: Kind) -> list[Block]:
    """The question, its answers, and what becomes of the reason."""
    reveal = question.reveal
    look = reveal if reveal.has_place else scene.look
    later = replace(scene, view=reveal.over(scene.view), look=look, asking=False, keeps_back=False)
    answers = tuple(fill(one, scene.seen) for one in question.answers)
    asked = Paragraph(fill(question.ask, scene.seen), name="Question")
    right = right_answer(question, later.seen)
    why: list[Block] = [Paragraph(_reason(right, answers, fill(question.reason, later.seen)))]
    if reveal != Look() or scene.answers_in_numbers:
        why += later.blocks()
    if kind == "worksheet":
        return [asked, Choices(answers, boxes=True), Paragraph("", name="Because"), Room(LINES)]
    if kind == "answers":
        return [asked, Choices(answers, right, boxes=True), *why]
    return [asked, Choices(answers), Folded("Choose first, then see the answer", tuple(why))]


def _reason(right: int | None, answers: Sequence[str], reason: str) -> str:
    return reason if right is None else f"{right}. “{answers[right - 1]}”. {reason}"


def _how(tour: Tour, command: str) -> Section:
    """The command that makes the page again, and one for each network in it."""
    networks = dict.fromkeys(with_settings("rnn-tui", step.experiment or Experiment()) for step in tour.steps)
    blocks = (Command(command, "It was made by"), Command("\n".join(networks), "These open the networks of its steps"))
    return Section(blocks, title="How to make it again")
