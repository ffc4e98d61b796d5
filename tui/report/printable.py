"""Text of a person's or a file's, as a terminal can be given it.

A name, a path, a title or somebody's data may hold characters that a terminal obeys instead of showing them: C0 and C1
controls with ESC and DEL among them, and those that turn the direction of what stands around them. Half of a surrogate
pair, as in a path that is not UTF-8, cannot be written at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_OBEYED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # direction, lines, what has no width
    "\ud800-\udfff\U000e0000-\U000e007f]"  # surrogates, tags
)


def printable(text: str, *, lines: bool = False) -> str:
    """The text with a `?` for each character that a terminal would obey.

    Args:
        text: What a person or a file gave.
        lines: Whether it is prose, whose line breaks stay and whose tabs are spaces.
    """
    if text.isprintable():
        return text
    if lines:
        text = text.replace("\r\n", "\n").replace("\t", " ")
    return _OBEYED.sub(lambda found: found[0] if lines and found[0] == "\n" else "?", text)


def replace_obeyed(text: str, by: Callable[[str], str]) -> str:
    """The text with something else for each character that a terminal would obey."""
    return text if text.isprintable() else _OBEYED.sub(lambda found: by(found[0]), text)
