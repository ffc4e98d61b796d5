"""The help texts, Markdown, one file a panel."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def help_text(name: str) -> str:
    """The Markdown of one panel's help."""
    return (files(__name__) / f"{name}.md").read_text(encoding="utf-8")
