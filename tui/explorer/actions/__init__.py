"""What commands do that is more than a change of the Session: a topic a file, functions of the explorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Concatenate

from tui.explorer.actions import (
    cursor,
    edge,
    files,
    jump,
    keep,
    layout,
    lesson,
    pins,
    settings,
    sweep,
    symbols,
    tour,
    training,
)

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen

ACTIONS: Mapping[str, Callable[Concatenate[SessionScreen, ...], Any]] = {
    "play": cursor.play,
    "speed": cursor.speed,
    "table": layout.table,
    "tab": layout.tab,
    "open_tab": layout.open_tab,
    "jump": jump.jump,
    "symbols": symbols.symbols,
    "full": layout.full,
    "present": layout.present,
    "leave": layout.leave,
    "help": layout.toggle_help,
    "help_on": layout.help_on,
    "settings": layout.to_settings,
    "seed": settings.seed,
    "edge": edge.edge,
    "train": training.train,
    "train_one": training.train_one,
    "train_reset": training.reset,
    "scrub": training.scrub,
    "newest": training.newest,
    "training_chart": training.chart,
    "remedies": training.remedies,
    "sweep": sweep.sweep,
    "tour": tour.tour,
    "tour_on": tour.further,
    "answer": tour.answer,
    "leave_tour": tour.leave,
    "scene": lesson.scene,
    "lesson": lesson.edit,
    "pin": pins.pin,
    "swap": pins.swap,
    "pins": pins.edit,
    "unpin": pins.unpin_all,
    "presets": keep.presets,
    "export": keep.export,
    "open_file": files.open_any,
    "network": files.choose,
}
"""Command → what it does. Those that only change the Session stand in `tui.explorer.session.transitions`."""
