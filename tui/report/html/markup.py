"""Text of a person's or a file's as HTML has it, and the embedded record: nothing of either is taken for markup."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any, Final

from tui.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.report.palette import RGB

_TOGETHER: Final = re.compile(r"(?<=\d) (?=%)|(?<=lag) (?=\d)|(?<=\(a,) (?=c\))|(?<=[\d.]) (?=±)|(?<=±) (?=[\d.])")
"""Spaces that no line ends at: `1 %`, `lag 36`, `0.672 ± 0.056`"""


def text(given: str) -> str:
    """A text with every character of it shown as it is, in an element or in an attribute with double quotes.

    >>> text('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return html.escape(_TOGETHER.sub("\N{NO-BREAK SPACE}", printable(given, lines=True)))


def exact(given: str) -> str:
    """A text whose spaces all stay as they are: a command, or the label of a row."""
    return html.escape("\n".join(map(printable, given.split("\n"))))


def element(name: str, inside: str, **attributes: str) -> str:
    """An element with what is inside it, which is markup already; attributes are texts, and those empty are left out.

    >>> element("p", "one", class_="note")
    '<p class="note">one</p>'
    """
    said = "".join(f' {key.strip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items() if value)
    return f"<{name}{said}>{inside}</{name}>"


def embedded(record: Mapping[str, Any]) -> str:
    """Plain values as JSON that may stand in a `script` element: no character in it opens or ends a tag."""
    return json.dumps(record, allow_nan=False, ensure_ascii=False).translate(_IN_SCRIPT)


_IN_SCRIPT: Final = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
    **{code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)},
}


def hexadecimal(color: RGB) -> str:
    """A color as CSS has it: `#d55e00`."""
    return "#{:02x}{:02x}{:02x}".format(*color)
