"""What is written on the screen: the text of a panel, and what the symbol at a point means."""

from __future__ import annotations

from textual.geometry import Region
from textual.widget import Widget

from tui.explorer.painting.view import seen
from tui.report.glossary import term_at


def text_on(panel: Widget) -> str:
    """The text of every widget within a panel that is in sight, line by line."""
    parts = [widget for widget in (*panel.walk_children(Widget), panel) if seen(widget) and not widget.children]
    return "\n".join(line for part in parts for line in _lines(part, range(part.size.height)))


def line_at(widget: Widget, y: int) -> str:
    """A line of what a widget paints, `y` counted from its upper edge, border included."""
    return "".join(_lines(widget, range(y, y + 1)))


def _lines(widget: Widget, rows: range) -> list[str]:
    width = widget.outer_size.width
    if not width or not rows:
        return []
    return [strip.text for strip in widget.render_lines(Region(0, rows.start, width, len(rows)))]


def explained(widget: Widget, x: int, y: int) -> str | None:
    """What the symbol or word under a point of the screen means; None where there is none."""
    if widget.children or not widget.region.contains(x, y):
        return None
    region = widget.region
    term = term_at(line_at(widget, y - region.y), x - region.x)
    return None if term is None else f"{term.name}: {term.text}"
