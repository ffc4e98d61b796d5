"""Rows of names: whatever they came to stand for, and however fast, each says its own, in its own color."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping

import pytest
from driving import text_of
from textual.app import App, ComposeResult

from core import Experiment, make_network
from core.bptt.parameter_groups import Grouping
from tui.explorer.painting.theme import theme_palette
from tui.explorer.widgets.entries import Entries
from tui.explorer.widgets.legend import Legend, LegendEntry
from tui.explorer.widgets.map_choices import MapChoices
from tui.report.palette import SeriesStyle
from tui.report.styles import ink, styles

BY: tuple[Grouping, ...] = ("source", "gate", "parameter")
LOOKS = [styles(make_network(Experiment(cell=cell, hidden_size=2)), by) for cell in ("rnn", "gru", "lstm") for by in BY]


class Row(App[None]):
    """One row, alone."""

    CSS = "Entries { width: 200; height: 1; } Entry { margin-right: 1; }"

    def __init__(self, row: Entries) -> None:
        super().__init__()
        self.row = row
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.row

    def on_legend_entry_toggled(self, message: LegendEntry.Toggled) -> None:
        self.told.append(message.series)


def said(row: Entries) -> list[tuple[str, str]]:
    """What is painted, and in which color."""
    found = []
    for entry in row.query("Entry"):
        colors = [segment.style.color for segment in entry.render_line(0) if segment.text.strip() and segment.style]
        found.append((text_of(entry).strip(), str(colors[0] and colors[0].name) if colors else ""))
    return found


def meant(app: Row, looks: Mapping[str, SeriesStyle]) -> list[tuple[str, str]]:
    palette = theme_palette(app.current_theme)
    return [(app.row.label(series, style), ink(style, palette)) for series, style in looks.items()]


@pytest.mark.parametrize("kind", [Legend, MapChoices])
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_each_says_what_it_stands_for_after_any_changes(kind: type[Entries], seed: int) -> None:
    async def drive() -> None:
        rng, app = random.Random(seed), Row(kind())
        async with app.run_test(size=(200, 10)) as pilot:
            for _ in range(12):
                for _ in range(rng.randint(1, 4)):
                    app.row.display = rng.random() < 0.7
                    app.row.looks = looks = rng.choice(LOOKS)
                    if rng.random() < 0.3:
                        app.theme = rng.choice(["textual-dark", "textual-light", "nord"])
                app.row.display = True
                end = time.monotonic() + 10
                while said(app.row) != meant(app, looks) and time.monotonic() < end:
                    await pilot.pause(0.01)
                assert said(app.row) == meant(app, looks)
                assert [entry.series for entry in app.row.entries] == list(looks)

    asyncio.run(drive())


def test_a_click_tells_of_what_it_stands_for_now() -> None:
    async def drive() -> None:
        app = Row(legend := Legend())
        async with app.run_test(size=(200, 10)) as pilot:
            app.row.looks = LOOKS[0]
            legend.hidden = frozenset({"W_ax"})
            entry = legend.entries[1]
            assert entry.has_class("-hidden")
            app.row.looks = LOOKS[3]
            assert not entry.has_class("-hidden"), "another series"
            await pilot.pause()
            await pilot.click(entry)
            assert app.told == [list(LOOKS[3])[1]]

    asyncio.run(drive())
