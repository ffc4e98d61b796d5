"""Pages that this program wrote, opened as the settings that made them: the record that is embedded in one, as JSON.

It stands in the element `<script type="application/json" id="rnn-tui">`. Nothing else of a page is read, and nothing
in it is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from core.settings.experiment import Experiment, InvalidSettingsError
from core.settings.files import read_text, visible

MOST_BYTES: Final = 64_000_000
"""The largest page that is read"""

_OPENS: Final = '<script type="application/json" id="rnn-tui">'
_CLOSES: Final = "</script>"


def is_page(begins: bytes | str) -> bool:
    """Whether a file is a page, by how it begins.

    Args:
        begins: Its first bytes or characters, a few hundred of them.
    """
    start = begins if isinstance(begins, str) else begins.decode("utf-8", "replace")
    return start.lstrip("\ufeff \t\r\n").lower().startswith(("<!doctype html", "<html"))


def record_of(text: str) -> dict[str, Any] | None:
    """The record that is embedded in a page; None where there is none.

    Args:
        text: The page.
    """
    _, there, rest = text.partition(_OPENS)
    inside, closed, _ = rest.partition(_CLOSES)
    if not (there and closed):
        return None
    try:
        found = json.loads(inside)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_page(place: Path) -> tuple[Experiment, Mapping[str, str]]:
    """The settings that made what a page tells of, and its texts.

    Args:
        place: The page.

    Raises:
        ValueError: it does not say which settings made it, or none did: one sentence.
    """
    name = visible(place)
    try:
        record = record_of(read_text(place, MOST_BYTES))
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{name}: not a text file in UTF-8") from None
    if record is None:
        raise ValueError(f"{name}: it is a page that does not say which settings made it; one of rnn-tui's own does")
    if "tour" in record:
        raise ValueError(f"{name}: it is a tour or a lesson; rnn-tui tour plays it")
    networks = record.get("networks")
    if isinstance(networks, list) and len(networks) == 1 and isinstance(networks[0], dict):
        (record,) = networks
    settings = record.get("experiment")
    if not isinstance(settings, dict):
        raise ValueError(f"{name}: no settings make all that is on this page; open the file that its network came from")
    try:
        return Experiment(**settings), {}
    except (InvalidSettingsError, TypeError) as error:
        said = " ".join(str(error).split())
        raise ValueError(f"{name}: the settings on this page cannot be used: {said}") from None
