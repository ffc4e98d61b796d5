"""What a format of files is, and what a file is written from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.report.provenance import Provenance, provenance

if TYPE_CHECKING:
    from core.dynamics.summary import Dynamics
    from core.trace import Trace


@dataclass(frozen=True, eq=False)
class Bundle:
    """All that a file may be written from."""

    trace: Trace
    dynamics: Dynamics | None = None
    """What has been measured of the Jacobians"""
    chart: str | None = None
    """The chart in view, as SVG; None where there is no screen"""
    screen: str | None = None
    """The whole screen, as SVG; None where there is none"""
    made: Provenance = field(default_factory=provenance)
    """With what, when and how the file is made"""


def anything(bundle: Bundle) -> str:
    """No reason: this format can be written of every trace."""
    return ""


@dataclass(frozen=True)
class Format:
    """One row of the table of formats: a way to write a trace, or what is seen of it."""

    name: str
    """The name that the format is asked for by: in the command line, the option"""
    suffix: str
    """With its dot; a file name without it gets it"""
    title: str
    """What the export dialog calls it"""
    contents: Callable[[Bundle], bytes]
    """The whole file"""
    option: str = ""
    """What the help of the command line says of it; empty where it is no option, as what needs a screen"""
    text: bool = True
    """Whether a terminal can be given it"""
    named: bool = False
    """Whether a suggested file name tells it, where the suffix does not"""
    problem: Callable[[Bundle], str] = anything
    """Why it cannot be written of this, and what to do instead; empty if it can"""
