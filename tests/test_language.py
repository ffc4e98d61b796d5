"""Plain words: idioms that many readers stumble over, and docstrings that say nothing in a hover, stay out."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from itertools import zip_longest
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
    r"\b(anew|afresh)\b": "again, newly",
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

EMPTY = re.compile(r"(As (many|much|wide|`)|Likewise\b|Theirs\b|(Of|Its?|Those|The same)\b)")
"""Docstrings that lean on the one before: alone in a hover, they say nothing."""

ALLOWED = {
    "leave what is under way, or was stopped, alone": "to leave alone is not to touch",
    "the background left alone": "to leave alone is not to touch",
    "a suffix alone": "a suffix and nothing before it",
    "Update {} alone:": "one update, by itself, after the means over many",
}
"""Where an idiom is the right word → why."""


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """A module and everything in it."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def texts(path: Path) -> tuple[tuple[int, str], ...]:
    """Line, and a text that a person reads there: every string and comment of code, every line of prose."""
    return tuple(read(path))


def read(path: Path) -> Iterator[tuple[int, str]]:
    content = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(content.splitlines(), start=1)
        return
    if "#" in content:  # in most files there is none, and the tokenizer takes as long as all the rest
        for token in tokenize.generate_tokens(io.StringIO(content).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    for node in nodes(path):
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
        for plain in [without_names(text)]
        for idiom, better in IDIOMS.items()
        for match in re.finditer(idiom, plain, re.MULTILINE)
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
    for node in nodes(path):
        body = getattr(node, "body", None)
        for before, statement in zip([node, *body], body, strict=False) if isinstance(body, list) else ():
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield before, value


def test_every_docstring_stands_alone() -> None:
    empty = []
    for path in CODE:
        for _, docstring in documented(path):
            if EMPTY.match(docstring.value.strip()):
                empty.append(f"{path.relative_to(ROOT)}:{docstring.lineno}: {docstring.value}")
    assert empty == []


FEWEST_WORDS = 5
"""What has fewer than these says nothing in a hover: what happens, and when?"""


def functions_and_classes(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the docstring of every module, class and function that has one."""
    for node in nodes(path):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None:
                yield getattr(node, "lineno", 1), text


def says_nothing(docstring: str) -> bool:
    """Whether it is too short, or leans on what stands around it in the file."""
    return len(re.findall(r"\w+", docstring)) < FEWEST_WORDS or bool(SAYS_NOTHING.fullmatch(docstring))


SAYS_NOTHING = re.compile(r"([^.]*\baway with it|(Say|Show|Mark|Ask for) (it|this|them)\b[^.]*|(An)?[Oo]ther [^.]*)\.")


def test_every_docstring_says_what_happens() -> None:
    found = [(path, line, text) for path in CODE for line, text in functions_and_classes(path) if says_nothing(text)]
    assert [f"{path.relative_to(ROOT)}:{line}: {text}" for path, line, text in found] == []


@pytest.mark.parametrize(
    "text", ["Other words fit.", "Say it.", "How it stands.", "Help, or away with it.", "Let go.", "Ask for it again."]
)
def test_a_docstring_that_says_nothing_is_noticed(text: str) -> None:
    assert says_nothing(text)


ARRAY = re.compile(r"\b(Floats|Integers|NDArray|Scaled|Targets)\b")
SHAPE = re.compile(r"\((?:[TBSKRNmnq]|n_\w+|length)(?:[·+]\w+)*(?:,[^()]*)?\)|\bshape\b")


def fields(record: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    """The name, the type and the docstring of every field of a class."""
    for field, after in zip_longest(record.body, record.body[1:]):
        if isinstance(field, ast.AnnAssign):
            value = after.value if isinstance(after, ast.Expr) else None
            text = value.value if isinstance(value, ast.Constant) else ""
            yield ast.unparse(field.target), ast.unparse(field.annotation), str(text)


def without_a_shape(record: ast.ClassDef) -> list[str]:
    """The class where it does not say the shapes of its arrays, and each array whose own docstring does not."""
    arrays = [(name, text) for name, kind, text in fields(record) if ARRAY.search(kind) and "Callable" not in kind]
    whole = [record.name] if arrays and not SHAPE.search(ast.get_docstring(record) or "") else []
    return whole + [f"{record.name}.{name}" for name, text in arrays if text and not SHAPE.search(text)]


def test_every_record_of_core_says_the_shapes_of_its_arrays() -> None:
    """In the docstring of the class, which is what `help` shows, and at the field."""
    classes = [
        node
        for path in CODE
        if path.is_relative_to(ROOT / "core")
        for node in nodes(path)
        if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(one) for one in node.decorator_list)
    ]
    assert len(classes) > 50
    assert [name for record in classes if not record.name.startswith("_") for name in without_a_shape(record)] == []


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
    "docs/make_site.py",
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


def test_only_what_a_session_should_show_is_wanted() -> None:
    """A request, an answer, a shape or a lag that is asked for has a name of its own."""
    found = {
        str(path.relative_to(ROOT))
        for path in CODE
        for node in nodes(path)
        if "wanted" in (getattr(node, part, None) for part in ("id", "attr", "arg", "name"))
    }
    assert found == {"tui/explorer/session/session.py", "tui/explorer/actions/tracing.py"}
