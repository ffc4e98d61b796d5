"""The page of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.report.page.settings import settings_section, with_settings
from tui.report.page.trace import HTML
from tui.report.page.whole import whole

if TYPE_CHECKING:
    from core.settings.provenance import Provenance
    from core.study.grid import Grid
    from core.study.study import Study
    from tui.report.document import Document


def study_page(document: Document, study: Study, made: Provenance) -> Document:
    """The page of a sweep.

    Args:
        document: Its report.
        study: The sweep.
        made: With what, when and how the page is made.
    """
    grid = study.grid
    differing = {name for axis in grid.axes for name in axis.names}
    last = settings_section(made, grid.experiment, _again(grid), trained=grid.trained, differing=differing)
    return whole(document, last)


def _again(grid: Grid) -> str:
    """The command that computes the grid again; nothing where settings were drawn together."""
    if not all(axis.ordered for axis in grid.axes):
        return ""
    axes = [f"--{axis.name.replace('_', '-')}={','.join(_value(one[0]) for one in axis.values)}" for axis in grid.axes]
    seeds = [f"--seeds={len(grid.seeds)}"] if len(grid.seeds) > 1 else []
    vary = [] if grid.vary == "both" else [f"--vary={grid.vary}"]
    return with_settings("rnn-tui sweep", grid.experiment, *axes, *seeds, *vary, *(["--trained"] * grid.trained), HTML)


def _value(value: object) -> str:
    return repr(value) if isinstance(value, float) else str(value)
