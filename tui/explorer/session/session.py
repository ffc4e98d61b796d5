"""Session: everything that the explorer knows, as one value. What is valid, and what a command does, follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core import Preset
from core.bptt.parameter_groups import grouped
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.edge import Edge
from tui.explorer.session.history import History
from tui.explorer.session.pins import Source
from tui.explorer.session.shown import Shown
from tui.explorer.session.subject import Subject
from tui.explorer.session.touring import Touring
from tui.explorer.session.view import View


@dataclass(frozen=True, eq=False)
class Session:
    """What is in force, what is shown of it, where in it a person is, and what they look at."""

    history: History
    """The subject in force, with those before and after it"""
    training_step: int = 0
    """After how many steps of training the network is wanted"""
    shown: Shown = field(default_factory=Shown)
    cursor: Cursor | None = None
    """None as long as there is no trace"""
    view: View = field(default_factory=View)
    problems: Mapping[str, str] = field(default_factory=dict)
    """Setting → what is wrong with what was typed for it"""
    preset: Preset | None = None
    """The preset that was opened; None once the settings are one's own"""
    touring: Touring | None = None
    """The tour that is under way"""
    edge: Edge | None = None
    """The edge of a setting, as far as it has been looked for"""
    progress: float | None = None
    """Share of the running computation that is done; None while nothing is computed"""
    helping: bool = False
    """Whether the help is open"""
    in_tab: bool = False
    """Whether the focus is in the tab that is open"""
    in_list: bool = False
    """Whether the focus is in an open list, which takes the keys"""

    in_field: bool = False
    """Whether the focus is in a setting's field or list, which takes what is typed"""
    setting: str = ""
    """The setting in focus, where it is a number"""
    visiting: bool = False
    """Whether a visitor looks on from a browser, to whom the files of this computer are closed"""

    @property
    def subject(self) -> Subject:
        """What is in force: the settings, and what is given in the place of what they would make."""
        return self.history.now

    @property
    def wanted(self) -> Source:
        """What the trace on the screen should be made of."""
        return Source(self.subject, self.training_step)

    @property
    def is_shown(self) -> bool:
        """Whether the trace on the screen is the one that is wanted."""
        return self.shown.trace is not None and self.shown.source == self.wanted

    @property
    def is_followed(self) -> bool:
        """Whether the backward pass on the screen is that of the losses that are wanted."""
        return self.is_shown and self.shown.asked == self.view.loss

    @property
    def lag(self) -> int | None:
        """How far the gradient has come back at the cursor; None before it has started."""
        return None if self.cursor is None else self.cursor.lag(self.shown.loss)

    @property
    def is_busy(self) -> bool:
        """Whether something is being computed that a person waits for."""
        behind = (self.shown.measured.share, self.shown.seeds.share)
        return self.progress is not None or self.edge is not None or any(share is not None for share in behind)

    @property
    def has_groups(self) -> bool:
        """Whether there are parameters to take together."""
        return self.shown.trace is not None and grouped(self.shown.trace.network)

    @property
    def asking(self) -> bool:
        """Whether a question of a tour waits for its answer, and the number keys choose one."""
        return self.touring is not None and self.touring.asking

    @property
    def look_for(self) -> str:
        """What to look for; empty where no preset speaks of the network that is shown.

        What a preset says is said of its untrained network, unless training is what it is about.
        """
        preset = self.preset
        return preset.look_for if preset and (self.training_step == 0 or preset.topic == "training") else ""
