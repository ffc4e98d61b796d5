"""A page: one file of HTML that reads by itself in any browser, and on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.report.html.page import document_html

if TYPE_CHECKING:
    from tui.report.formats.format import Bundle


def html_contents(bundle: Bundle) -> bytes:
    """The file with the page of a trace."""
    return document_html(bundle.page, bundle.made).encode()
