"""Numbers of things, and lists of names, in words."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """So many of a thing: `1 step`, `12 steps`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Names one after another: `W_aa, W_ax and b_a`; empty where there are none."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
