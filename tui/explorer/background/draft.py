"""The lesson in work, on the disk too: whatever ends the program takes a third of a second of it at most."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from tui.explorer.session.lesson import Lesson
from tui.explorer.session.tour import Tour
from tui.explorer.tours.library import keep_draft, rewrite_draft, without_draft
from tui.explorer.tours.writing import readable
from tui.report.atomic_files import ExportError, shown

PAUSE: Final = 0.3
"""Seconds between two writings, however fast somebody types"""


class Draft:
    """A file of its own among a person's tours, with what is not saved; gone once it is, or once there is no step.

    It is written in a thread, each time as a whole and only the latest.
    """

    def __init__(self) -> None:
        self.problem: str | None = None
        """Why the lesson could not be written, in a line"""
        self.path: Path | None = None
        """Where what is not saved stands; None where there is nothing of that kind"""
        self._change = threading.Condition()
        self._latest: Lesson | None = None
        """What is still to be written; None where all is"""
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()

    def put(self, lesson: Lesson) -> None:
        """Have the lesson written soon, in the place of what was written before."""
        with self._change:
            self._latest = lesson
            if self._thread is None:
                self._hurry.clear()
            if lesson.saved:
                self._hurry.set()  # what is saved is not to be found twice
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="rnn-tui lesson", daemon=True)
                self._thread.start()

    def finish(self) -> None:
        """Return once all is written."""
        self._hurry.set()
        with self._change:
            self._change.wait_for(lambda: self._thread is None)

    def _work(self) -> None:
        while True:
            with self._change:
                lesson, self._latest = self._latest, None
                if lesson is None:
                    self._thread = None
                    self._change.notify_all()
                    return
            self._write(lesson)
            self._hurry.wait(PAUSE)

    def _write(self, lesson: Lesson) -> None:
        found = None if lesson.saved or lesson.tour is None else readable(lesson.tour)
        try:
            self._put_in_place(found)
        except (OSError, ExportError) as error:
            self.problem = f"the lesson is not saved: {error}"
        else:
            self.problem = None

    def _put_in_place(self, tour: Tour | None) -> None:
        if tour is None and self.path is not None:
            without_draft(self.path)
            self.path = None
        elif tour is not None and self.path is None:
            self.path = keep_draft(tour)
        elif tour is not None and self.path is not None:
            rewrite_draft(tour, self.path)

    @property
    def told(self) -> str | None:
        """What is said of it as the program is left; None where there is nothing to say."""
        if self.problem is not None or self.path is None:
            return self.problem
        return f"the lesson that was not saved is in {shown(self.path)}; o lists it at the next start"
