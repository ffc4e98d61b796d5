"""What a terminal sends, where it breaks off in the middle or is no text.

A paste that never ends, as when the connection loses its last bytes, would be added to for ever: every key would be a
part of it, the one to quit too. Textual's parser waits for the end without limit. A terminal sends a paste in one go,
many characters in a read or reads that follow each other faster than a key repeats. So what comes like keys does not
make a paste last, and ctrl+q on its own is never a part of it. And a byte that is not UTF-8, as a
terminal with another encoding sends for ä, would end the thread that reads the keys.
"""

from __future__ import annotations

import codecs
import re
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

SILENCE: Final = 1.0
"""Seconds after which a paste is over if nothing has come but what may be keys or a mouse"""
TOO_SOON: Final = 0.012
"""Seconds between two reads that no key brings about: keys repeat 60 times per second at most, most of them 30 times"""

_SEQUENCE: Final = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|O?.)?", re.DOTALL)
"""A key or a mouse event that is sent as more than one character"""

_LONGEST_KEY: Final = 32
"""More characters than any one key is sent as"""
_DRIVERS: Final = ("textual.drivers.linux_driver", "textual.drivers.win32", "textual.drivers.web_driver")
"""The modules that have the parser by its name"""


class PatientParser(XTermParser):
    """Textual's parser, whose patience with a paste ends."""

    def __init__(self, debug: bool = False) -> None:
        self._tail = ""
        self._pasting = False
        self._read = self._pasted = 0.0
        super().__init__(debug)

    def feed(self, data: str) -> Iterable[Message]:
        """What is sent becomes keys and pastes."""
        if self._pasting and self._is_quit(data):
            yield from self.feed(BRACKETED_PASTE_END)
        text, now = self._tail + data, time.monotonic()
        start, end = text.rfind(BRACKETED_PASTE_START), text.rfind(BRACKETED_PASTE_END)
        begins = start > end and not self._pasting
        if start != end:
            self._pasting = start > end
        if begins or len(_SEQUENCE.sub("", data)) > 1 or now - self._read < TOO_SOON:
            self._pasted = now
        self._tail, self._read = text[1 - len(BRACKETED_PASTE_START) :], now
        yield from super().feed(data)

    def tick(self) -> Iterable[Message]:
        """End a paste whose end has not been sent after some silence; called while nothing arrives."""
        yield from super().tick()
        if self._pasting and time.monotonic() - self._pasted > SILENCE:
            yield from self.feed(BRACKETED_PASTE_END)

    def _is_quit(self, data: str) -> bool:
        """Whether this is ctrl+q and nothing else, in whichever way the terminal sends it."""
        return len(data) < _LONGEST_KEY and [key.key for key in self._sequence_to_key_events(data)] == ["ctrl+q"]


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
