"""Plain words: idioms that many readers stumble over, and docstrings that say nothing in a hover, stay out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = sorted(path for folder in ("core", "tui", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
PROSE = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "tui").rglob("*.md"),
        *(ROOT / "core" / "settings" / "presets").glob("*.toml"),
    )
)

IDIOMS = {
    r"\btold from\b": "distinguished from",
    r"\bat the most\b": "at most",
    r"\banew\b": "again",
    r"\btells? (it|them|one) from\b": "distinguish from",
    r"\bat the least\b": "at least",
    r"\b(let|lets|letting) go of\b": "drop, release, unpin",
    r"\bworth (its|their) while\b": "cost little compared with",
    r"\b[Ll]ikewise\b": "the sentence again",
    r"\b(say|says|said|show|shows|shown|values) otherwise\b": "differently, disagree",
    r"\bthe question's symbols\b": "the notation of docs/equations.md",
    r"\bbeside the (point|others|measured|settings|interface|rate)\b": "compared with, in addition to, among",
    r"[\w)⟩’'`*] alone(?=[.,;:)]|$)": "only",
    r"(×\S*|\{\}|[Ff]actor|[Rr]ates?|flops|decades|µs|ms|exponent|power of two) an? (step|lag|row|unit)\b": "per step",
    r"\w*([Cc]olour|[Nn]eighbour|[Bb]ehaviour)\w*": "-or",
    r"\w*(optim|maxim|minim|normal|initial|linear|standard|factor|equal)is(e|ing|ation)\w*": "-ize",
    r"\b([Cc]entred?|[Gg]rey(ed)?|[Ll]icence|[Ll]earnt|[Aa]nalysed|[Tt]owards)\b": "center, gray, license …",
    r"\b([Ll]abel|[Ll]evel|[Tt]ravel|[Cc]ancel)l(ed|ing)\b": "labeled …",
}
"""What is not to be written → what to write."""

EMPTY = re.compile(r"(As (many|much|wide|`)|Of\b|Likewise\b|Theirs\b|The same(,| of| on| with its|\.?$))[^.\n]*\.?")
"""Docstrings that lean on the one before: alone in a hover, they say nothing."""

ALLOWED = {
    "leave what is under way, or was stopped, alone": "to leave alone is not to touch",
    "the background left alone": "to leave alone is not to touch",
    "a suffix alone": "a suffix and nothing before it",
    "Step {} alone:": "one step, by itself, after the means over many",
}
"""Where an idiom is the right word → why."""


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Line, and a text that a person reads there: every string of code, every line of prose."""
    content = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(content.splitlines(), start=1)
        return
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.JoinedStr):
            parts = (str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def without_names(text: str) -> str:
    """The text without the names of tests and files in it, nor what is allowed."""
    for allowed in ALLOWED:
        text = text.replace(allowed, "")
    return re.sub(r"`[^`]*`|\b\w+_\w+\b", "`", text)


def found(path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: {match[0]!r} ({better})"
        for line, text in texts(path)
        for idiom, better in IDIOMS.items()
        for match in re.finditer(idiom, without_names(text), re.MULTILINE)
    ]


def test_there_is_something_to_read() -> None:
    assert len(CODE) > 150 and len(PROSE) > 30
    assert sum(1 for path in CODE for _ in texts(path)) > 5000


def test_code_and_screen_use_plain_words() -> None:
    assert [line for path in CODE for line in found(path)] == []


def test_prose_uses_plain_words() -> None:
    assert [line for path in PROSE for line in found(path)] == []


@pytest.mark.parametrize(
    "text",
    [
        "not told from ×1",
        "ten at the most",
        "in the past alone.",
        "×1.2 a step",
        "an optimiser",
        "drawn beside the measured ones",
        "likewise",
    ],
)
def test_an_idiom_is_noticed(text: str) -> None:
    assert any(re.search(idiom, without_names(text)) for idiom in IDIOMS)


def documented(path: Path) -> Iterator[tuple[ast.stmt, ast.Constant]]:
    """What a docstring is of, and the docstring: of a constant or field, the assignment before it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        body = getattr(node, "body", None)
        for before, statement in zip([node, *body], body, strict=False) if isinstance(body, list) else ():
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield before, value


def test_every_docstring_stands_alone() -> None:
    empty = []
    for path in CODE:
        for _, docstring in documented(path):
            if EMPTY.fullmatch(docstring.value.strip()):
                empty.append(f"{path.relative_to(ROOT)}:{docstring.lineno}: {docstring.value}")
    assert empty == []


def test_every_constant_has_a_sentence_of_its_own() -> None:
    together = []
    for path in CODE:
        for constant, docstring in documented(path):
            if isinstance(constant, ast.Assign) and isinstance(constant.targets[0], ast.Tuple):
                together.append(f"{path.relative_to(ROOT)}:{docstring.lineno}: {docstring.value}")
    assert together == []


def test_what_is_allowed_is_there() -> None:
    everything = "\n".join(text for path in (*CODE, *PROSE) for _, text in texts(path))
    assert [allowed for allowed in ALLOWED if allowed not in everything] == []


PICTURES = re.compile(r"[Pp]ictures?(?![/>\w])")
"""A picture is a file that shows the screen: what is painted is a frame, a chart, a heat map, a repaint"""

WITH_PICTURES = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/files.md",
    "docs/make_pictures.py",
    "tests/test_project.py",
    "tests/tui/test_dialogs.py",
    "tests/tui/test_export.py",
    "tests/tui/test_provenance.py",
    "tests/tui/test_snapshots.py",
    "tests/tui/test_toy_cells.py",
    "tui/explorer/actions/keep.py",
    "tui/explorer/dialogs/export.py",
    "tui/report/formats/",
)
"""The files and folders that make such a file, or tell of it"""


def test_a_picture_is_a_file_that_shows_the_screen() -> None:
    """In names and comments too."""
    every = {*CODE, *PROSE, *(ROOT / "tests").rglob("*.py"), *(ROOT / "docs").glob("*.py")} - {Path(__file__)}
    found = {
        str(path.relative_to(ROOT)) for path in every if PICTURES.search(path.read_text("utf-8").replace("_", " "))
    }
    assert sorted(name for name in found if not name.startswith(WITH_PICTURES)) == []
    assert [place for place in WITH_PICTURES if not any(name.startswith(place) for name in found)] == []
