"""Figures that this program drew, opened as the settings that made them: what an SVG, a PDF or a PNG says of itself.

It is one object of JSON: in the element `metadata` of an SVG, under `Keywords` in a PDF, in a text chunk `rnn-tui` of a
PNG. Nothing else of a file is read.
"""

from __future__ import annotations

import html
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from core.settings.experiment import Experiment, InvalidSettingsError, read_toml
from core.settings.files import ordinary_file, visible
from core.sources.pages import is_page, read_page

KEY: Final = "rnn-tui"
"""What a PNG has it under"""

FORMAT: Final = 1
"""The version of what is said: raised when it changes its meaning"""

MOST_BYTES: Final = 64_000_000
"""The largest figure that is read"""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PDF: Final = b"%PDF-"
_METADATA: Final = re.compile(rb"<metadata>\s*(\{[^<]*)</metadata>")
"""What stands in it is escaped and has no tag: so each is read once, however many of them never end"""

_LONGEST: Final = 1_000_000
"""The longest text that a figure may say of itself, in bytes"""


class NotOursError(ValueError):
    """An SVG, a PDF or a PNG that does not say which settings made it."""


def is_figure(begins: bytes) -> bool:
    """Whether a file is an SVG, a PDF or a PNG, by how it begins.

    Args:
        begins: Its first bytes, a few hundred of them.
    """
    start = begins.lstrip(b"\xef\xbb\xbf \t\r\n")
    return (
        begins.startswith((_PNG, _PDF))
        or start.startswith(b"<svg")
        or (start.startswith(b"<?xml") and b"<svg" in start)
    )


def read_figure(place: Path) -> tuple[Experiment, Mapping[str, str]]:
    """The settings that made a figure, and its texts.

    Args:
        place: An SVG, a PDF or a PNG.

    Raises:
        ValueError: it cannot be read, does not say which settings made it, or none did: one sentence.
    """
    try:
        ordinary_file(place, MOST_BYTES)
        data = place.read_bytes()
    except OSError as error:
        raise ValueError(f"{visible(place)} cannot be read: {error.strerror or error}") from None
    told = _told(data)
    if told is None:
        kind = "a PDF" if data.startswith(_PDF) else "a PNG" if data.startswith(_PNG) else "an SVG"
        raise NotOursError(
            f"{visible(place)}: it is {kind} that does not say which settings made it, as a figure of rnn-tui report "
            "--figure does"
        )
    if told.get("format") != FORMAT:
        raise ValueError(f"{visible(place)}: it is from a later version of rnn-tui; update the program")
    if told.get("experiment") is None:
        of = str(told.get("of") or "a network")
        raise ValueError(
            f"{visible(place)}: it is a figure of {visible(of)}, which no settings make; open the file that the "
            "network came from"
        )
    try:
        return Experiment(**told["experiment"]), {}
    except (InvalidSettingsError, TypeError) as error:
        said = " ".join(str(error).split())
        raise ValueError(f"{visible(place)}: the settings in this figure cannot be used: {said}") from None


def read_settings(place: Path) -> tuple[Experiment, Mapping[str, str]]:
    """The settings in a TOML file, on a page or in a figure, and the texts of it.

    Args:
        place: The file.

    Raises:
        ValueError: it cannot be read, or is none of these: one sentence.
    """
    begins = b""
    with suppress(OSError, ValueError):  # what is wrong with it is said where it is read
        if place.is_file():  # and no pipe, whose first byte may never come
            with open(place, "rb") as file:
                begins = file.read(1024)
    if is_page(begins):
        return read_page(place)
    return read_figure(place) if is_figure(begins) else read_toml(place)


def _told(data: bytes) -> dict[str, Any] | None:
    """What a figure says of itself; None where it is none of ours."""
    if data.startswith(_PNG):
        texts: Iterator[str] = _of_png(data)
    elif data.startswith(_PDF):
        texts = _of_pdf(data)
    else:
        texts = (html.unescape(one.group(1).decode("utf-8", "replace")) for one in _METADATA.finditer(data))
    for text in texts:
        try:
            found = json.loads(text[:_LONGEST])
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and "format" in found and "experiment" in found:
            return found
    return None


def _of_png(data: bytes) -> Iterator[str]:
    """The texts under our key, each checked against its checksum."""
    at = len(_PNG)
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        content = data[at + 8 : at + 8 + length]
        ours = length <= _LONGEST and kind == b"tEXt" and content.startswith(KEY.encode() + b"\0")
        if ours and int.from_bytes(data[at + 8 + length : at + 12 + length], "big") == zlib.crc32(kind + content):
            yield content.partition(b"\0")[2].decode("latin-1")
        at += 12 + length


_ESCAPED: Final = re.compile(rb"\\(\r\n|\r|\n|[nrtbf()\\]|[0-7]{1,3})")
_MEANT: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _of_pdf(data: bytes) -> Iterator[str]:
    """The texts under /Keywords: in parentheses, a backslash before what would end them (ISO 32000, 7.3.4.2)."""
    for found in re.finditer(rb"/Keywords\s*\(((?:[^()\\]|\\.)*)\)", data, re.DOTALL):
        yield _ESCAPED.sub(lambda one: _unescaped(one.group(1)), found.group(1)).decode("latin-1")


def _unescaped(text: bytes) -> bytes:
    if text in _MEANT:
        return _MEANT[text]
    if text.isdigit():
        return bytes([int(text, 8) % 256])
    return b"" if text in (b"\r\n", b"\r", b"\n") else text
