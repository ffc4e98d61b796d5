"""Build the pages of this folder into a site to browse and to search, with the API from the docstrings.

`pip install -e '.[docs]'`, then `python docs/make_site.py FOLDER`. The pages are copied, those that are made of the
program are added (the command line, the API), every link between them becomes one of the site, and Sphinx does the
rest. A link that leads nowhere ends it, and so does every warning.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring

import core
from tui.cli import command_line
from tui.cli.manual import manual

TOP: Final = Path(__file__).resolve().parents[1]
COMMANDS: Final = "command-line"
API: Final = "api/index"

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "To begin with": ("docs/tours.md", "docs/remedies.md"),
    "Your own": ("docs/your-*.md", "docs/diagnosis.md", "docs/sweeps.md"),
    "To look things up": (COMMANDS, API, "tui/report/glossary.md", "docs/*.md"),
    "Cells": ("docs/cells",),
    "How well it holds": ("docs/verification.md", "docs/benchmarks.md", "CONTRIBUTING.md", "CHANGELOG.md"),
}
"""Heading of the navigation → its pages, those of a whole folder, or what is made of the program. A page stands where
it is named, or else where a pattern finds it"""

SETTINGS: Final[Mapping[str, Any]] = {
    "project": "rnn-tui",
    "release": version("rnn-tui"),
    "copyright": "the authors of rnn-tui, MIT license",
    "smartquotes": False,
    "default_role": "code",
    "extensions": ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"],
    "myst_heading_anchors": 4,
    "myst_enable_extensions": ["html_image"],
    "autodoc_member_order": "bysource",
    "autodoc_typehints": "description",
    "autodoc_typehints_description_target": "documented",
    "autodoc_preserve_defaults": True,
    "html_theme": "furo",
    "html_title": "rnn-tui",
    "html_copy_source": False,
}


def main(arguments: list[str]) -> int:
    """Build the site into a folder."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python docs/make_site.py FOLDER\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        write_sources(source)
        site = Path(arguments[0]).resolve()
        app = Sphinx(
            source, None, site, Path(folder, "doctrees"), "html", dict(SETTINGS), warningiserror=True, keep_going=True
        )
        app.connect("autodoc-process-docstring", as_written)
        app.build()
        return int(app.statuscode)


def as_written(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Have equations and programs of a docstring stand as they are written, and a `|` be one.

    What is said of an attribute is left whole: a colon in it ends no type.
    """
    if what not in ("attribute", "property", "data"):
        lines[:] = GoogleDocstring(lines, Config(napoleon_custom_sections=["Runnable example"])).lines()
    found: list[str] = []
    literal = False
    for i, line in enumerate(lines):
        above = lines[i - 1] if i else ""
        if line.strip() and not line.startswith("    "):
            literal = False
        elif line.startswith("    ") and not above.strip() and not literal and not line.lstrip().startswith(">>>"):
            before = next((one for one in reversed(lines[:i]) if one.strip()), "")
            literal = not before.startswith((" ", ":", "..", ">>>"))
            if literal:
                found += ["::", ""]
        found.append(line if literal or ">>>" in line else re.sub(r"(?<!`)\|", r"\\|", line))
    lines[:] = found


def write_sources(source: Path) -> None:
    """Every page of the site as Sphinx reads it, into a folder that is not there yet."""
    shutil.copytree(TOP / "docs" / "pictures", source / "pictures")
    groups = {heading: list(_places(entries)) for heading, entries in GROUPS.items()}
    places = {file: name for pages in groups.values() for file, name in pages if file is not None}
    places[TOP / "README.md"] = "index"
    for file, name in places.items():
        page = source / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(_linked(file, name, places), encoding="utf-8")
    (source / f"{COMMANDS}.rst").write_text(_titled("The command line", manual(command_line())), encoding="utf-8")
    _write_api(source)
    with (source / "index.md").open("a", encoding="utf-8") as index:
        for heading, pages in groups.items():
            entries = "\n".join(name for _, name in pages)
            index.write(f"\n```{{toctree}}\n:caption: {heading}\n:maxdepth: 1\n:hidden:\n\n{entries}\n```\n")


def _places(entries: tuple[str, ...]) -> Iterator[tuple[Path | None, str]]:
    """Each page of a group: its file, if it is not made of the program, and its name on the site."""
    named = {entry for group in GROUPS.values() for entry in group}
    for entry in entries:
        if entry in (COMMANDS, API):
            yield None, entry
            continue
        found = sorted(TOP.glob(f"{entry}/*.md" if (TOP / entry).is_dir() else entry))
        for file in found:
            if "*" in entry and (str(file.relative_to(TOP)) in named or _matched_before(file, entry)):
                continue
            below = file.relative_to(TOP / "docs") if file.is_relative_to(TOP / "docs") else Path(file.name)
            yield file, str(below.with_suffix("")).lower()


def _matched_before(file: Path, entry: str) -> bool:
    """Whether another pattern, a longer one, finds the file too."""
    patterns = {one for group in GROUPS.values() for one in group if "*" in one and len(one) > len(entry)}
    return any(file in TOP.glob(one) for one in patterns)


def _linked(file: Path, name: str, places: Mapping[Path, str]) -> str:
    """A page whose links lead to pages of the site.

    Raises:
        ValueError: for a link to a file that is not there, or is no page of the site.
    """

    def moved(found: re.Match[str]) -> str:
        target, _, anchor = found[2].partition("#")
        if ":" in target or not target:
            return found[0]
        aim = (file.parent / target).resolve()
        if aim.is_dir() and aim == TOP / "docs" / "cells":
            aim = aim / "rnn.md"
        if aim.parent == TOP / "docs" / "pictures" and aim.is_file():
            there = f"pictures/{aim.name}"
        elif aim in places:
            there = f"{places[aim]}.md"
        else:
            raise ValueError(f"{file.relative_to(TOP)}: {found[2]} leads to no page of the site")
        return f"{found[1]}{os.path.relpath(there, Path(name).parent)}{'#' * bool(anchor)}{anchor}{found[3]}"

    text = file.read_text(encoding="utf-8")
    text = re.sub(r"<picture>.*?(<img [^>]*>).*?</picture>", r"\1", text, flags=re.DOTALL)
    text = re.sub(r'(src=")([^"]+)(")', moved, text)
    return re.sub(r"(\]\()([^)\s]+)(\))", moved, text)


def _write_api(source: Path) -> None:
    """A page for each folder of core, with the public names that are defined there."""
    folders: dict[str, list[str]] = {}
    for name in core.__all__:
        module = getattr(getattr(core, name), "__module__", "") or ""
        parts = module.split(".")
        folders.setdefault(parts[1] if parts[0] == "core" and len(parts) > 1 else _home(name), []).append(name)
    (source / "api").mkdir()
    for folder, names in folders.items():
        about = (sys.modules[f"core.{folder}"].__doc__ or "").strip()
        entries = "\n".join(_entry(name) for name in names)
        page = _titled(f"core: {folder}", f"{about}\n\n{entries}")
        (source / "api" / f"{folder}.rst").write_text(page, encoding="utf-8")
    contents = "\n".join(f"   {folder}" for folder in folders)
    about = f"{core.__doc__}\n\n.. toctree::\n   :maxdepth: 2\n\n{contents}\n"
    (source / "api" / "index.rst").write_text(_titled("From Python", about), encoding="utf-8")


def _home(name: str) -> str:
    """The folder of a public name that is neither a class nor a function of core."""
    value = getattr(core, name)
    for module, found in sys.modules.items():
        parts = module.split(".")
        if parts[0] == "core" and len(parts) > 1 and getattr(found, name, None) is value:
            return parts[1]
    raise ValueError(f"core.{name} is defined in no folder of core")


def _entry(name: str) -> str:
    """What Sphinx is to say of a public name."""
    value = getattr(core, name)
    if isinstance(value, type):
        return f".. autoclass:: core.{name}\n   :members:\n"
    if callable(value):
        return f".. autofunction:: core.{name}\n"
    if isinstance(value, ModuleType):
        return f".. automodule:: {value.__name__}\n   :members:\n"
    return f".. autodata:: core.{name}\n   :no-value:\n"


def _titled(title: str, text: str) -> str:
    line = "=" * len(title)
    return f"{title}\n{line}\n\n{text}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
