"""What is seen, as pictures: cells of a terminal as SVG, with the provenance as metadata."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.segment import Segment

    from tui.report.formats.format import Bundle

NO_SCREEN: Final = "there is no screen to take a picture of; rnn-tui in a terminal has one"
"""Why there is no picture"""


def chart_contents(bundle: Bundle) -> bytes:
    """The file with the chart in view, where there is one."""
    return _with_metadata(bundle.chart, bundle)


def no_chart(bundle: Bundle) -> str:
    """Why there is no picture of a chart; empty if there is one."""
    return NO_SCREEN if bundle.chart is None else ""


def screen_contents(bundle: Bundle) -> bytes:
    """The file with the whole screen, where there is one."""
    return _with_metadata(bundle.screen, bundle)


def no_screen(bundle: Bundle) -> str:
    """Why there is no picture of the screen; empty if there is one."""
    return NO_SCREEN if bundle.screen is None else ""


def _with_metadata(svg: str | None, bundle: Bundle) -> bytes:
    assert svg is not None
    metadata = f"<metadata>{escape(bundle.made.line)}</metadata>"
    return _SVG.sub(lambda tag: tag.group() + metadata, svg, count=1).encode("utf-8", "replace")


_SVG: Final = re.compile(r"<svg\b[^>]*(?<!/)>")
"""The tag that opens a picture"""


def picture(lines: Iterable[Iterable[Segment]], width: int, title: str) -> str:
    """Lines of colored text as an SVG picture of a terminal `width` columns wide."""
    from rich.console import Console
    from rich.segment import SegmentLines

    console = Console(
        width=width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        record=True,
    )
    console.print(SegmentLines([list(line) for line in lines], new_lines=True))
    return console.export_svg(title=title)
