"""History: what was in force before, for undo and redo. A pure value; the clock is handed in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui.explorer.session.subject import Subject

SAME_GESTURE = 1.0
"""Changes of one setting closer together than this, in seconds, are one change to undo: a drag, a number typed"""


@dataclass(frozen=True)
class History:
    """The subject in force, those before it and those that were undone."""

    now: Subject
    past: tuple[Subject, ...] = ()
    future: tuple[Subject, ...] = ()
    gesture: str = ""
    """The setting that was changed last"""
    when: float = 0.0
    """At what time, in seconds"""

    def changed(self, subject: Subject, gesture: str, when: float) -> History:
        """The history with another subject in force: one more to undo, unless it belongs to the same gesture."""
        same = gesture and gesture == self.gesture and when - self.when < SAME_GESTURE
        past = self.past if same else (*self.past, self.now)
        return History(subject, past, (), gesture, when)

    def undone(self) -> History:
        """The history with the subject before in force, if there is one."""
        if not self.past:
            return self
        return replace(self, now=self.past[-1], past=self.past[:-1], future=(*self.future, self.now), gesture="")

    def redone(self) -> History:
        """The history with the subject that was undone last in force, if there is one."""
        if not self.future:
            return self
        return replace(self, now=self.future[-1], past=(*self.past, self.now), future=self.future[:-1], gesture="")
