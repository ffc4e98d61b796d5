"""A chart as a picture within the page; a placeholder."""

from __future__ import annotations

from tui.report.document import Diagram, Figure
from tui.report.html.markup import element, text


def figure_html(block: Figure | Diagram, number: int) -> str:
    """A figure with its caption.

    Args:
        block: The figure.
        number: Its number on the page, for names within it.
    """
    names = f"figure-{number}-title figure-{number}-said"
    title = element("title", f"Figure {number}", id=f"figure-{number}-title")
    said = element("desc", text(block.alt), id=f"figure-{number}-said")
    picture = element("svg", title + said, viewBox="0 0 800 400", role="img", aria_labelledby=names)
    return element("figure", picture + (element("figcaption", text(block.caption)) if block.caption else ""))
