"""The help texts, Markdown, one file a panel, shown by F1 while the focus is there."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def help_text(name: str) -> str:
    """The Markdown of one panel's help.

    Raises:
        ValueError: there is none of that name; the message lists those there are.
    """
    texts = {entry.name.removesuffix(".md"): entry for entry in files(__name__).iterdir() if entry.name.endswith(".md")}
    if name not in texts:
        raise ValueError(f"no help on {name!r}; there is {', '.join(sorted(texts))}")
    return texts[name].read_text(encoding="utf-8")
