"""A document as one file of HTML: a pure function of the document, and of with what it was made."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from core.settings.provenance import with_provenance
from tui.report.html.blocks import Writer
from tui.report.html.markup import element, embedded, exact, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.settings.provenance import Provenance
    from tui.report.document import Document, Section

RECORD: Final = "rnn-tui"
"""The id of the element that has the record as JSON"""

MOST: Final = 380_000
"""Characters of a page, as far as its record decides that: what it has no room for of long lists is left out"""

MOST_RECORD: Final = 150_000
"""Characters of the record, at most"""

SHORT: Final = 8
"""Lists up to so many entries are never left out"""

LEFT_OUT: Final = "left_out"
"""The key that says which keys of the record have lost their long lists"""

_HEAD: Final = (
    '<meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta http-equiv="Content-Security-Policy" content="'
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
    '<link rel="icon" href="data:,">'
)


def document_html(document: Document, made: Provenance) -> str:
    """The whole file.

    It fetches nothing and runs no script; its policy forbids both. The record stands in it as JSON, in the element
    `rnn-tui`, with its provenance.

    Args:
        document: What to write.
        made: With what, when and how it is made.
    """
    writer = Writer()
    title = document.title or document.headline or document.subject
    introduction, sections = _apart(document.sections)
    above = "".join(writer.section(one, 0) for one in introduction)
    below = "".join(writer.section(one, place) for place, one in enumerate(sections, 1))
    head = element(
        "head",
        _HEAD
        + element("title", text(f"{title} · {document.subject}" if document.title else document.subject))
        + f'<meta name="generator" content="{text(made.program)}">'
        + element("style", _style()),
    )
    top = element("h1", text(document.title or document.subject))
    if document.title:
        top += element("p", text(document.subject), class_="subject")
    top += element("p", text(document.headline), class_="headline") if document.headline else ""
    code = f"rnn-tui --setup {document.setup}" if document.setup else ""
    opens = element("p", f"This opens it: {element('code', exact(code))}") if code else ""
    footer = element("footer", opens + element("p", f"Made by {text(made.line)}"))
    told = element("header", top) + _contents(sections) + element("main", above + below) + footer
    record = fitting(with_provenance(document.record, made), min(MOST_RECORD, MOST - len(head) - len(told)))
    body = f'{told}<script type="application/json" id="{RECORD}">{embedded(record)}</script>'
    return f'<!doctype html>\n<html lang="en">{head}<body>{body}</body></html>\n'


def _apart(sections: tuple[Section, ...]) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """What stands before the first title, and from there on; what programs only are told is left out."""
    told = tuple(one for one in sections if one.blocks)
    first = next((place for place, one in enumerate(told) if one.title), len(told))
    return told[:first], told[first:]


def _contents(sections: tuple[Section, ...]) -> str:
    links = [
        element("li", element("a", text(one.title), href=f"#section-{place}"))
        for place, one in enumerate(sections, 1)
        if one.title
    ]
    return element("nav", element("ul", "".join(links)), aria_label="Contents") if len(links) > 1 else ""


@cache
def _style() -> str:
    return " ".join((files(__package__) / "page.css").read_text(encoding="utf-8").split())


def fitting(record: Mapping[str, Any], most: int) -> dict[str, Any]:
    """The record, as it is where it is short enough; else without the long lists of its largest keys.

    Args:
        record: Plain values.
        most: Characters of JSON.

    Returns:
        The record; `left_out` names the keys that have lost theirs, which `rnn-tui report --json` has.
    """
    sizes = {key: len(json.dumps(value)) for key, value in record.items()}
    found, gone = dict(record), list[str]()
    for key in sorted(sizes, key=lambda one: -sizes[one]):
        if sum(sizes.values()) <= most:
            break
        found[key] = _without_long_lists(record[key])
        sizes[key] = len(json.dumps(found[key]))
        gone.append(key)
    return found | {LEFT_OUT: gone} if gone else found


def _without_long_lists(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_long_lists(one) for key, one in value.items()}
        return {key: one for key, one in kept.items() if one is not None or value[key] is None}
    if isinstance(value, list):
        return None if len(value) > SHORT else [_without_long_lists(one) for one in value]
    return value
