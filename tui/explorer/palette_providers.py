"""What the palette finds beside the commands: settings with a value (`gain 1.4`), presets, tours, the glossary."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.command import Hit, Hits, Provider
from textual.markup import escape

from core import InvalidSettingsError, Setting, presets, settings
from tui.explorer.actions import keep, layout, pins, tour
from tui.explorer.actions.settings import edit
from tui.explorer.dialogs.symbols import Symbols
from tui.explorer.session.tour import Tour
from tui.explorer.tours.library import own_tours, shipped_tours
from tui.explorer.widgets.setting_row import shown
from tui.report.glossary import glossary
from tui.report.printable import printable

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen

SURE = 100.0
"""The score of what a query says in so many words; Textual's own, of scattered letters, go beyond 1"""


class ExplorerProvider(Provider):
    """A provider that is asked about the explorer, and about nothing where it is not the screen behind the palette."""

    @property
    def explorer(self) -> SessionScreen | None:
        """The explorer behind the palette; None where another screen is."""
        from tui.explorer.session_screen import SessionScreen

        return self.screen if isinstance(self.screen, SessionScreen) else None


class SettingsProvider(ExplorerProvider):
    """A name takes one to the setting, a name with a value sets it, and a choice's name alone chooses it."""

    async def search(self, query: str) -> Hits:
        """The settings that the query names, those first that it gives a value to."""
        explorer = self.explorer
        if explorer is None or explorer.subject.given is not None:
            return
        words = query.split()
        for setting in settings().values():
            for value in values(setting, words):
                yield self._set(explorer, setting, value)
            matcher = self.matcher(query)
            for name in dict.fromkeys((setting.label, setting.name.replace("_", " "))):
                if (score := likeness(query, name)) > 0:
                    now = shown(getattr(explorer.subject.experiment, setting.name))
                    yield Hit(
                        score,
                        matcher.highlight(name),
                        partial(layout.to_setting, explorer, setting.name),
                        help=f"Setting, {escape(now)} now; {name.split()[0]} and a value sets it. {setting.help}",
                    )
                    break

    def _set(self, explorer: SessionScreen, setting: Setting, value: str) -> Hit:
        said = escape(printable(f"Set {setting.label} to {value}"))
        try:
            there = explorer.subject.experiment.replace(**{setting.name: value})
        except InvalidSettingsError as error:
            refused = partial(explorer.notify, printable(str(error)), title="Not allowed", severity="warning")
            return Hit(0.5, said, refused, help=f"Not allowed: {escape(printable(str(error)))}")
        effect = "" if setting.matters(there) else "It has no effect with these settings. "
        return Hit(SURE, said, partial(edit, explorer, setting.name, value), help=effect + setting.help)


def likeness(query: str, text: str) -> float:
    """How well a text fits a query, 0 … 1: it has it as it is typed; Textual's own scattered letters fit nearly all."""
    found = text.casefold().find(query.strip().casefold())
    return 0.0 if found < 0 or not query.strip() else 0.9 if found == 0 else 0.7


def values(setting: Setting, words: list[str]) -> Iterator[str]:
    """The values that the words of a query give to a setting.

    Args:
        setting: Which.
        words: A name or the first word of it, and a value after it (`gain 1.4`, `forget bias = 2`); or only the
            name of a choice (`lstm`).
    """
    words = [word for word in words if word not in ("=", "set", "to")]
    if len(words) == 1 and words[0] in setting.choices:
        yield words[0]
    elif len(words) > 1:
        asked = " ".join(words[:-1]).lower()
        names = {setting.name, setting.name.replace("_", " "), setting.label.lower(), setting.label.lower().split()[0]}
        if asked in names and (setting.kind != "choice" or words[-1] in setting.choices):
            yield words[-1]


class PresetsProvider(ExplorerProvider):
    """Presets by name and title."""

    async def search(self, query: str) -> Hits:
        """The presets that match the query."""
        explorer = self.explorer
        if explorer is None:
            return
        matcher = self.matcher(query)
        for preset in presets().values():
            said = f"Preset {preset.name}"
            if (score := max(likeness(query, said), likeness(query, preset.title))) > 0:
                yield Hit(
                    score, matcher.highlight(said), partial(keep.open_preset, explorer, preset.name), help=preset.title
                )


class PinsProvider(ExplorerProvider):
    """The pinned traces by name: swap with one of them, or unpin it."""

    async def search(self, query: str) -> Hits:
        """What can be done with the pinned traces that the query names."""
        explorer = self.explorer
        if explorer is None:
            return
        matcher = self.matcher(query)
        for pin, name in zip(explorer.shown.pins, explorer.shown.pin_names, strict=True):
            for said, act, helps in (
                (f"Swap with {name}", pins.swap, "This pinned trace on the screen, and the one there pinned."),
                (f"Unpin {name}", pins.unpin, "It is not kept any more."),
            ):
                if (score := likeness(query, said)) > 0:
                    yield Hit(score, matcher.highlight(said), partial(act, explorer, pin), help=helps)


class ToursProvider(ExplorerProvider):
    """Tours and a person's own lessons, by name and title."""

    _own: Mapping[Path, Tour] = {}

    async def startup(self) -> None:
        """Read a person's own lessons, once for all that is typed."""
        self._own, _ = await asyncio.to_thread(own_tours)

    async def search(self, query: str) -> Hits:
        """The tours and lessons that match the query."""
        explorer = self.explorer
        if explorer is None:
            return
        matcher = self.matcher(query)
        for name, found in shipped_tours().items():
            said = f"Tour {name}"
            if (score := max(matcher.match(said), matcher.match(found.title))) > 0:
                yield Hit(score, matcher.highlight(said), partial(tour.start, explorer, found), help=found.title)
        for path, found in self._own.items():
            said = f"Lesson {path.stem}"
            if (score := max(matcher.match(said), matcher.match(found.title))) > 0:
                start = partial(tour.start, explorer, found, path)
                yield Hit(score, matcher.highlight(printable(said)), start, help=escape(found.title))


class GlossaryProvider(ExplorerProvider):
    """The glossary: a term, with what it means."""

    async def search(self, query: str) -> Hits:
        """The terms that match the query."""
        explorer = self.explorer
        if explorer is None:
            return
        matcher = self.matcher(query)
        for term in glossary():
            if (score := likeness(query, term.name)) > 0:
                show = partial(self.app.push_screen, Symbols("the glossary", [term]))
                yield Hit(score, matcher.highlight(term.name), show, help=escape(term.text))
