"""The edge: found at the first press, set at the second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.explorer.actions import settings

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen

DEFAULT = "gain"
"""The setting whose edge is found where none that is a number has the focus"""


def edge(explorer: SessionScreen) -> None:
    """Find the value of the setting in focus at which the rate is ×1, or set it once it has been found."""
    name = explorer.session.setting or DEFAULT
    known = explorer.edge
    if known is not None and name in (known.name, DEFAULT) and known.value is not None:
        settings.edit(explorer, known.name, known.value)
    elif known is None or known.name != name or known.share is None:
        explorer.edge_search.start(explorer.subject.experiment, name)
