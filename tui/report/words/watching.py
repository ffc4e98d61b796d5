"""What is said of a folder of recordings that is followed: how far it has come, and what could not be read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.settings.files import shortened
from tui.report.numbers import number
from tui.report.printable import printable

if TYPE_CHECKING:
    from core.sources.recordings import Watched
    from core.training.recorded import RecordedHistory

FOLLOW = "w follows it again"


def folder_said(watched: Watched) -> str:
    """The folder, and which part of the model is looked at."""
    return printable(f"{shortened(watched.folder.name or str(watched.folder))} · {watched.part}")


def followed(watched: Watched, history: RecordedHistory | None, *, running: bool) -> tuple[str, str]:
    """How it stands in a line, and what is wrong with the folder or some of its files; that is empty where nothing is.

    Args:
        watched: The folder.
        history: What has been read of it; None before anything has.
        running: Whether it is looked at again and again.
    """
    if history is None or not len(history):
        problem = "" if history is None else _wrong(history)
        return f"{folder_said(watched)}: reading its recordings", problem
    present, newest = len(history.present), history.newest
    parts = [f"{folder_said(watched)}: {_steps(present)} recorded", f"the newest is {newest:,}"]
    loss = history.score_after(newest)
    if math.isfinite(loss):
        parts.append(f"loss {number(loss)}")
    if (left := history.waiting) > 0:
        parts.append(f"{left} to be read")
    if not running:
        parts.append(f"not followed now, {FOLLOW}")
    return " · ".join(parts), _wrong(history)


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count:,} steps"


def _wrong(history: RecordedHistory) -> str:
    said = [f"{history.problem[:1].upper()}{history.problem[1:]}."] if history.problem else []
    if history.left_out:
        step, why = list(history.left_out.items())[-1]
        others = len(history.left_out) - 1
        more = f", and {_steps(others)} more" if others else ""
        said.append(printable(f"Left out until written again is step {step:,}{more}: {why}."))
    return " ".join(said)


def newer(count: int) -> str:
    """`5 newer, r shows the newest`; empty where there is none."""
    return f"{count:,} newer, r shows the newest" if count else ""
