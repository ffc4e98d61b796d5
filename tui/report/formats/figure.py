"""Figures as files: SVG, PDF and PNG, each with the settings that made it, so that it can be opened again.

What a file says of itself is one object of JSON: in the element `metadata` of an SVG, under `Keywords` in a PDF and
under `rnn-tui` in a PNG. `core.open_file` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from core.settings.provenance import Provenance, provenance
from core.sources.figures import FORMAT, KEY
from tui.report.figures.options import AS_USUAL, FigureOptions
from tui.report.formats.format import FormatOf

if TYPE_CHECKING:
    from core.settings.experiment import Experiment
    from tui.report.figures.compose import Figure
    from tui.report.figures.shapes import LaidOut


@dataclass(frozen=True, eq=False)
class FigureBundle:
    """All that a figure's file is written from."""

    make: Callable[[], Figure]
    """The figure; a ValueError says why there is none"""
    options: FigureOptions = AS_USUAL
    of: str = ""
    """Which network on which data, in words"""
    experiment: Experiment | None = None
    """The settings that make it; None where none do"""
    training_step: int = 0
    name: str = "figure"
    """What its file is called, without its suffix"""
    made: Provenance = field(default_factory=provenance)
    """With what, when and how the file is made"""

    def __post_init__(self) -> None:
        """Take the settings into the provenance."""
        object.__setattr__(self, "made", self.made.of(self.experiment, trained=self.training_step))

    @property
    def record(self) -> str:
        """What a file says of itself: JSON in ASCII."""
        options = asdict(self.options)
        told: dict[str, Any] = {
            "format": FORMAT,
            **{name: options[name] for name in ("chart", "theme", "width", "font_size", "curve", "loss", "parameter")},
            "of": self.of,
            "training_step": self.training_step,
            "experiment": None if self.experiment is None else self.experiment.model_dump(),
            "provenance": asdict(self.made),
        }
        return json.dumps(told)

    @property
    def laid_out(self) -> LaidOut:
        """The figure laid out in its width and theme."""
        from tui.report.figures.compose import laid_out  # a report without a figure does not wait for it
        from tui.report.figures.themes import look

        return laid_out(self.make(), self.options.width, look(self.options.theme, self.options.font_size))


def _svg(bundle: FigureBundle) -> bytes:
    from tui.report.figures.svg import svg_text

    return svg_text(bundle.laid_out, metadata=bundle.record).encode()


def _paper(kind: str, bundle: FigureBundle) -> bytes:
    from tui.report.figures.paper import paper_bytes

    laid = bundle.laid_out
    if kind == "pdf":
        about = {
            "Title": laid.title,
            "Subject": laid.description,
            "Keywords": bundle.record,
            "Creator": bundle.made.program,
        }
        return paper_bytes(laid, "pdf", about=about)
    return paper_bytes(laid, "png", about={KEY: bundle.record, "Software": bundle.made.program})


def no_library(bundle: Any = None) -> str:
    """Why there is no PDF and no PNG here; empty if there is."""
    from tui.report.figures.paper import MISSING

    return "" if find_spec("matplotlib") is not None else MISSING


FIGURE_FORMATS: Final[tuple[FormatOf[FigureBundle], ...]] = (
    FormatOf("figure", ".svg", "Figure for print and slides", _svg, named=True),
    FormatOf(
        "figure-pdf", ".pdf", "Figure, as PDF", partial(_paper, "pdf"), text=False, named=True, problem=no_library
    ),
    FormatOf(
        "figure-png", ".png", "Figure, as PNG", partial(_paper, "png"), text=False, named=True, problem=no_library
    ),
)
"""In the order of display"""
