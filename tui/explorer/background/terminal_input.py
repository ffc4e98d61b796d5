"""What a terminal sends, where it breaks off in the middle or is no text.

A paste that never ends, as when the connection loses its last bytes, would be added to for ever: every key would be a
part of it, the one to quit too. Textual's parser waits for the end without limit. And a byte that is not UTF-8, as a
terminal with another encoding sends for ä, would end the thread that reads the keys.
"""

from __future__ import annotations

import codecs
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

SILENCE: Final = 1.0
"""Seconds without a byte after which a paste is over: a terminal sends it in one go"""

_DRIVERS: Final = ("textual.drivers.linux_driver", "textual.drivers.win32")
"""The modules that have the parser by its name"""


class PatientParser(XTermParser):
    """Textual's parser, whose patience with a paste ends."""

    def __init__(self, debug: bool = False) -> None:
        self._tail = ""
        self._pasting = False
        self._heard = 0.0
        super().__init__(debug)

    def feed(self, data: str) -> Iterable[Message]:
        """What is sent becomes keys and pastes."""
        text = self._tail + data
        start, end = text.rfind(BRACKETED_PASTE_START), text.rfind(BRACKETED_PASTE_END)
        if start != end:
            self._pasting = start > end
        self._tail = text[1 - len(BRACKETED_PASTE_START) :]
        self._heard = time.monotonic()
        yield from super().feed(data)

    def tick(self) -> Iterable[Message]:
        """End a paste whose end has not been sent after some silence; called while nothing arrives."""
        yield from super().tick()
        if self._pasting and time.monotonic() - self._heard > SILENCE:
            yield from self.feed(BRACKETED_PASTE_END)


def tolerant_decoder(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    """What makes a decoder that shows bytes of another encoding as �."""
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")


def guard_input() -> None:
    """Have the terminal read by a parser whose patience ends, and by a decoder that takes every byte."""
    for name in _DRIVERS:
        driver = sys.modules.get(name)
        for attribute, ours in (("XTermParser", PatientParser), ("getincrementaldecoder", tolerant_decoder)):
            if hasattr(driver, attribute):
                setattr(driver, attribute, ours)
