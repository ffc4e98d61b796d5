"""Escape and a letter right after it, which a terminal writes as alt and that letter.

Both are the same two bytes. Whoever leaves a dialog and goes on at once means two keys; alt and a letter is meant only
where something is bound to it.
"""

from __future__ import annotations

from collections.abc import Container

from textual.events import Key

ALT = "alt+"
SHIFT = "shift+"


def as_meant(key: Key, bound: Container[str]) -> tuple[Key, ...]:
    """The key by itself; or escape and the letter, where nothing is bound to alt and that letter.

    Args:
        key: As the terminal sent it.
        bound: The keys that something is bound to now.
    """
    letter = key.key.removeprefix(ALT)
    if letter == key.key or key.key in bound:
        return (key,)
    shifted = letter.removeprefix(SHIFT)
    if len(shifted) != 1:  # alt+up and the like are keys of their own
        return (key,)
    return (Key("escape", None), Key(shifted.upper() if shifted != letter else letter, None))
