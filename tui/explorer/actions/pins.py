"""Pinning: traces kept behind the next ones, their names, and swapping with one of them.

Pins are no settings: undo takes back a change of these, and leaves the pins as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work

from tui.explorer.actions import settings, training
from tui.explorer.session.pins import Pin, Pins, pin_of, pinned, renamed, swapped, without

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen


def pin(explorer: SessionScreen) -> None:
    """Keep this trace behind the next ones; where it is pinned, forget it."""
    shown = explorer.shown
    if shown.trace is None:
        return
    there = pin_of(shown.pins, shown.trace, shown.source)
    if there is not None:
        _put(explorer, without(shown.pins, there))
        return
    try:
        _put(explorer, pinned(shown.pins, shown.trace, shown.source))
    except ValueError as error:
        explorer.notify(f"{error}.", title="Not pinned", severity="warning")


def unpin(explorer: SessionScreen, gone: Pin) -> None:
    """Forget one of the pinned traces."""
    _put(explorer, tuple(one for one in explorer.shown.pins if one.trace is not gone.trace))


def unpin_all(explorer: SessionScreen) -> None:
    """Forget all of the pinned traces."""
    _put(explorer, ())


@work
async def edit(explorer: SessionScreen) -> None:
    """Ask for the names of the pinned traces; one whose name is emptied is not kept."""
    from tui.explorer.dialogs.pins import PinsDialog  # the start does not wait for it

    shown = explorer.shown
    names = await explorer.ask(PinsDialog(shown.pins, shown.pin_names))
    if names is not None:
        # Under a name that is as it was it goes on to be called by what sets it apart.
        own = [
            None if not name else one.called if name == before else name
            for name, before, one in zip(names, shown.pin_names, shown.pins, strict=True)
        ]
        _put(explorer, renamed(shown.pins, own))


def swap(explorer: SessionScreen, chosen: Pin | None = None) -> None:
    """Show a pinned trace, the one pinned last if none is chosen, and pin the one that was shown.

    Where what was shown is pinned already, the pins stay as they are.
    """
    shown = explorer.with_runs(explorer.shown)
    if not shown.pins or shown.trace is None:
        return
    known = pin_of(shown.pins, shown.trace, shown.source)
    others = [one for one in shown.pins if one is not known and (chosen is None or one.trace is chosen.trace)]
    there = others[-1] if others else None
    if there is None or there.source is None:
        return
    if there.run is not None:
        explorer.trainer.keep(there.run)  # or the pinned network could not be made again
    _put(explorer, shown.pins if known is not None else swapped(shown.pins, there, shown.trace, shown.source))
    settings.take_up(explorer, there.source.subject)
    training.show_step(explorer, there.source.training_step)


def _put(explorer: SessionScreen, pins: Pins) -> None:
    explorer.shown = explorer.with_runs(replace(explorer.shown, pins=pins))
    explorer.refresh_commands()
