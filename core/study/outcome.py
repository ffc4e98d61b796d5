"""What came out for one network of many: its summary, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from core.study.summary import Summary

Reason = Literal["refused", "error", "lost"]
"""Why there is no summary. refused: its settings do not go together, or its first step leaves float64. error: anything
else that was raised. lost: the process that computed it ended, and did again when it was tried a second time."""


@dataclass(frozen=True)
class Result:
    """The summary of a network, and how long it took."""

    summary: Summary
    seconds: float = field(default=0.0, compare=False)
    """This part of the time that it took with others of this shape"""


@dataclass(frozen=True)
class Failure:
    """Why a network has no summary; no other network is any worse for it."""

    reason: Reason
    message: str
    """What was raised, in one line"""


Outcome: TypeAlias = Result | Failure
"""What came out for one network"""
