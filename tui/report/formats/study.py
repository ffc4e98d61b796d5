"""The forms that a sweep is written in: a report, its record as JSON, a table of every network, and arrays.

The table has a row for each network that was tried: `network` (its place, from 0), the settings that differ, `seed`,
`data_seed`; of each line of the lag profile `rate_…` and `rate_error_…` (bits per step, the error of this network),
`horizon_…` and `regime_…`; then λ₁ (`lyapunov`, nats per step), `loss`, `spectral_radius`, `largest_singular_value`,
`residual`, `steps`, `overflow_step`, `training_step`, `seconds`, `fingerprint`; `failure`, why there are no numbers;
and `made_by`, with what, when and how the file was made. What is not known is empty.

The arrays have the shape of the grid, its axes and then the seeds; `core.Study.arrays` says which there are, and
`provenance` and `experiment` are JSON.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.settings.provenance import Provenance, provenance
from tui.report.figures.options import AS_USUAL, FigureOptions
from tui.report.formats.figures_of import of_study, rows
from tui.report.formats.format import FormatOf
from tui.report.formats.json import document_json
from tui.report.formats.text import document_lines, document_text
from tui.report.printable import printable
from tui.report.study_document import study_document

if TYPE_CHECKING:
    from core.study.study import Study
    from tui.report.document import Document
    from tui.report.palette import Palette
    from tui.report.styled_lines import Line


@dataclass(frozen=True, eq=False)
class StudyBundle:
    """All that a file on a sweep is written from."""

    study: Study
    interrupted: bool = False
    figure: FigureOptions = AS_USUAL
    """How a figure looks"""
    drawn: str = "rate"
    """The quantity that a figure shows, one of `tui.report.charts.drawn.DRAWN`"""
    made: Provenance = field(default_factory=provenance)
    """With what, when and how the file is made"""

    def __post_init__(self) -> None:
        """Take the settings that do not differ into the provenance."""
        object.__setattr__(self, "made", self.made.of(self.study.grid.experiment))

    @cached_property
    def document(self) -> Document:
        """The report, which the text and the JSON are written from."""
        return study_document(self.study, interrupted=self.interrupted)


def _lines(bundle: StudyBundle, width: int, palette: Palette | None) -> list[Line]:
    return document_lines(bundle.document, width=width, palette=palette)


def _text(bundle: StudyBundle) -> bytes:
    return printable(f"{document_text(bundle.document)}{bundle.made.line}\n", lines=True).encode("utf-8", "replace")


def _json(bundle: StudyBundle) -> bytes:
    return document_json(bundle.document, bundle.made).encode()


def _csv(bundle: StudyBundle) -> bytes:
    columns, rows = bundle.study.rows()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, "made_by"])
    writer.writerows([*map(_cell, row), bundle.made.line] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def _npz(bundle: StudyBundle) -> bytes:
    file = io.BytesIO()
    told = {"provenance": asdict(bundle.made), "experiment": bundle.study.grid.experiment.model_dump()}
    arrays: dict[str, Any] = {name: np.array(json.dumps(value)) for name, value in told.items()}
    arrays |= bundle.study.arrays()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


STUDY_FORMATS: Final[tuple[FormatOf[StudyBundle], ...]] = (
    FormatOf("text", ".txt", "Report, to read", _text, lines=_lines),
    FormatOf("json", ".json", "Every summary", _json, option="Print JSON for machines instead of text.", switch=True),
    FormatOf("csv", ".csv", "Every network, a table", _csv, option="Write a row for every network to this file as CSV"),
    FormatOf(
        "npz",
        ".npz",
        "Every quantity, for NumPy",
        _npz,
        option="Write every quantity, in the shape of the grid, to this file, for NumPy",
        text=False,
    ),
    *rows(of_study),
)
"""In the order of display"""
