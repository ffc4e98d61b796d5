"""The fields of the Sweep screen: one setting or two and their values, what is drawn, seeds, and a file for results."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.message import Message
from textual.widgets import Input, Select

from core import Experiment
from core.study.around import around
from tui.explorer.session.sweeping import SweepRequest, first_request, offered_axes
from tui.explorer.widgets.arrow_select import ArrowSelect
from tui.explorer.widgets.plain_text import PlainLabel
from tui.report.charts.drawn import DRAWN
from tui.report.words.study import by_label

NONE: Final = ""
AXES: Final = ("across", "down")


class SweepForm(Container):
    """What is asked for, as it stands in the fields: `request`."""

    DEFAULT_CSS = """
    SweepForm { layout: grid; grid-size: 1; grid-rows: 1; height: 3; }
    SweepForm .sweep-row { height: 1; }
    SweepForm .sweep-row PlainLabel { width: auto; min-width: 7; color: $foreground-muted; padding-right: 1; }
    SweepForm .sweep-row Select { width: 24; }
    SweepForm .sweep-row Input { width: 1fr; background: $surface; }
    SweepForm .sweep-row #sweep-seeds { width: 6; margin-right: 2; }
    """

    class Changed(Message):
        """Something else is asked for."""

    class Draw(Message):
        """A person chose another quantity, which the diagram shows from now on."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    class Submitted(Message):
        """What is asked for is to be computed."""

    def __init__(self, request: SweepRequest, drawn: str) -> None:
        """Fields with what is asked for in them.

        Args:
            request: What is asked for.
            drawn: The name of the quantity that is drawn.
        """
        super().__init__(id="sweep-form")
        self.request = request
        self._drawn = drawn

    def compose(self) -> ComposeResult:
        """A row for each axis, and one for how."""
        request = self.request
        for name in AXES:
            with Horizontal(classes="sweep-row"):
                yield PlainLabel(name)
                yield ArrowSelect(self._axes(name), getattr(request, name), id=f"sweep-{name}")
                yield Input(getattr(request, f"{name}_values"), compact=True, id=f"sweep-{name}_values")
        with Horizontal(classes="sweep-row", id="sweep-how"):
            yield PlainLabel("drawn")
            yield ArrowSelect([(one.title, one.name) for one in DRAWN.values()], self._drawn, id="sweep-drawn")
            yield PlainLabel(" seeds")
            yield Input(request.seeds, compact=True, id="sweep-seeds")
            yield PlainLabel("kept in")
            yield Input(request.store, compact=True, id="sweep-store", placeholder="a file, if any")

    def _axes(self, name: str) -> list[tuple[str, str]]:
        offered = [(by_label(one), one) for one in offered_axes(self.request.experiment)]
        return offered if name == "across" else [("nothing: one axis", NONE), *offered]

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        name, value = (event.select.id or "").removeprefix("sweep-"), str(event.value)
        if name == "drawn":
            self.post_message(self.Draw(value))
        elif value != getattr(self.request, name):
            values = around(self.request.experiment, value) if value else ""
            self.request = self.request.with_field(name, value).with_field(f"{name}_values", values)
            with self.prevent(Input.Changed):
                self.query_one(f"#sweep-{name}_values", Input).value = values
            self.post_message(self.Changed())

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        name = (event.input.id or "").removeprefix("sweep-")
        if event.value != getattr(self.request, name):
            self.request = self.request.with_field(name, event.value.strip())
            self.post_message(self.Changed())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())

    def draw_next(self, by: int) -> None:
        """Choose the next quantity, or the one before."""
        chosen, names = self.query_one("#sweep-drawn", Select), list(DRAWN)
        chosen.value = names[(names.index(str(chosen.value)) + by) % len(names)]

    def renew(self, experiment: Experiment) -> None:
        """Ask for a sweep of other settings, over the same axes where they can be."""
        request, before, names = first_request(experiment), self.request, offered_axes(experiment)
        if before.across in names and (not before.down or before.down in names):
            values = {name: getattr(before, name) for name in ("across", "across_values", "down", "down_values")}
            request = replace(request, **values)
        self.request = replace(request, seeds=before.seeds, store=before.store)
        for name in AXES:
            self.query_one(f"#sweep-{name}", ArrowSelect).offer(self._axes(name), getattr(self.request, name))
            with self.prevent(Input.Changed):
                self.query_one(f"#sweep-{name}_values", Input).value = getattr(self.request, f"{name}_values")
