"""A page reads by itself: well formed, nothing fetched, headings in order, everything escaped, small enough."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

import core
from core.settings.provenance import provenance
from tui.report.document import (
    Block,
    Bullets,
    Cell,
    Choices,
    Column,
    Command,
    Definitions,
    Document,
    Folded,
    Lines,
    Paragraph,
    Room,
    Row,
    Section,
    Table,
)
from tui.report.formats import Bundle, contents, format_named
from tui.report.formats.text import document_text
from tui.report.html.page import document_html, fitting
from tui.report.html.theme import DARK, LIGHT
from tui.report.palette import LEGIBLE, SERIES, contrast
from tui.report.trace_document import About

VOID: Final = {"meta", "link", "br"}
"""Elements without an end; those of SVG that are closed at once say so themselves"""

MOST: Final = 400_000

HOSTILE: Final = "</script><script>alert(1)</script><img src=x onerror=alert(1)> & \" ' \u202e \x1b[2J"


class Page(HTMLParser):
    """What stands on a page, and that each element is closed where it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        for tag in self.open[-1:]:
            self.texts.setdefault(tag, []).append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for one, attributes in self.elements if one == tag]

    @property
    def record(self) -> dict[str, Any]:
        (text,) = self.texts["script"]
        return dict(json.loads(text))


def page_of(experiment: core.Experiment, about: About | None = None) -> str:
    bundle = Bundle(core.run(experiment), about=about)
    return contents(format_named("html"), bundle).decode()


@cache
def default() -> str:
    return page_of(core.Experiment())


def check(text: str) -> Page:
    """What holds of every page."""
    page = Page(text)
    assert text.startswith("<!doctype html>") and page.all("html") == [{"lang": "en"}]
    assert len(text.encode()) < MOST
    # Nothing is fetched: the only addresses are places on the page.
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            if name in ("href", "src", "xlink:href", "srcset", "action", "data"):
                assert value.startswith("#") or value == "data:,", (tag, name, value)
            assert not name.startswith("on"), (tag, name)
    style = " ".join(page.texts["style"])
    assert "@import" not in style and "url(" not in style
    assert [one.get("type") for one in page.all("script")] == ["application/json"]
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    heard = [attributes["aria-label"] for _, attributes in page.elements if "aria-label" in attributes]
    assert len({*heard, *page.texts.get("h2", [])}) == len(heard) + len(page.texts.get("h2", []))
    for _, attributes in page.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(attributes.get(name, "").split()) <= set(names)
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in names
    assert all(one.get("scope") in ("row", "col") for one in page.all("th"))
    return page


def test_the_page_of_a_report_reads_by_itself_and_has_all_that_it_is_to_have() -> None:
    text = default()
    page = check(text)
    document = Bundle(core.run(core.Experiment())).document
    said = " ".join(" ".join(texts) for texts in page.texts.values())
    for sentence in document.record["sentences"]:
        assert sentence in said.replace("\N{NO-BREAK SPACE}", " ")
    assert page.texts["h2"] == [
        "What it shows",
        "The gradient against the lag",
        "The Jacobians",
        "The question and six claims",
        "Symbols and words",
        "Settings, and how to make it again",
    ]
    claims = core.claims(core.run(core.Experiment()))
    for place, claim in enumerate(claims, 1):
        assert f"{place}. {claim.statement}" in page.texts["h3"]
        assert claim.explanation in said
    assert {"W_aa", "horizon, under 1\N{NO-BREAK SPACE}%"} <= set(page.texts["dt"])
    assert {"rnn-tui report --html=page.html", f"rnn-tui --setup {document.setup}"} <= set(page.texts["code"])
    assert page.record["experiment"] == core.Experiment().model_dump()
    assert [one["verdict"] for one in page.record["claims"]] == [one.verdict for one in claims]


@pytest.mark.slow
def test_a_stack_of_three_lstms_is_small_enough_and_says_what_it_leaves_out() -> None:
    page = check(page_of(core.Experiment(cell="lstm", layers=3)))
    assert "parameters" in page.record["left_out"]
    assert page.record["parameters"]["W_fa_1"]["rate"]


def test_what_a_person_or_a_file_says_is_never_taken_for_markup(tmp_path: Path) -> None:
    data = tmp_path / "a<script>alert(2)<" / "script>.csv"
    data.parent.mkdir()
    data.write_text("\n".join(["</td><script>alert(3)</script>", *(f"{k % 7}.5" for k in range(40))]), encoding="utf-8")
    experiment = core.Experiment(task="table", data=str(data), timesteps=8, hidden_size=2)
    page = check(page_of(experiment, About(HOSTILE, HOSTILE, {HOSTILE: HOSTILE})))
    assert {tag for tag, _ in page.elements}.isdisjoint({"img", "iframe"}) and len(page.all("script")) == 1
    assert page.record["experiment"]["data"] == str(data)
    assert page.texts["h1"] == [HOSTILE.replace("\u202e", "?").replace("\x1b", "?")]


EVERY: Final[tuple[Block, ...]] = (
    Paragraph(HOSTILE, name=HOSTILE),
    Bullets((HOSTILE,)),
    Lines((HOSTILE, "second")),
    Table(HOSTILE, (Column(HOSTILE, SERIES["x"]),), ((Row(HOSTILE, (Cell(HOSTILE),)),),), HOSTILE, HOSTILE),
    Definitions(HOSTILE, ((HOSTILE, HOSTILE),)),
    Command(HOSTILE, HOSTILE),
    Choices((HOSTILE, "right"), right=2),
    Room(2),
    Folded(HOSTILE, (Paragraph(HOSTILE),)),
)


def test_every_block_is_written_as_a_page_and_as_text() -> None:
    document = Document("", HOSTILE, HOSTILE, (Section(EVERY, {"said": HOSTILE}, HOSTILE),))
    page = check(document_html(document, provenance()))
    assert page.record["said"] == HOSTILE
    assert sum(text.count("alert(1)") for texts in page.texts.values() for text in texts) > 30
    text = document_text(document)
    assert "✓ 2. right" in text and "____" in text


def test_numbers_stand_below_one_another_by_their_points() -> None:
    rows = tuple(Row(name, (Cell(text),)) for name, text in (("a", "×0.672"), ("b", "12"), ("c", "3.0e−4"), ("d", "–")))
    text = document_html(Document("", "A table", "", (Section((Table("T", (Column("n"),), (rows,)),)),)), provenance())
    cells = re.findall(r'<td>([^<]*)<span class="f" style="min-width:(\d+)ch">([^<]*)</span></td>', text)
    assert cells == [("×0", "5", ".672"), ("12", "5", ""), ("3", "5", ".0e−4"), ("–", "5", "")]


def test_a_record_that_is_too_long_loses_its_long_lists_and_says_so() -> None:
    record = {"kept": [1] * 5, "large": {"curve": [0.5] * 1000, "rate": 2.0, "few": [1, 2]}, "small": [1] * 20}
    assert fitting(record, 20_000) == record
    found = fitting(record, 2000)
    assert found == {"kept": [1] * 5, "large": {"rate": 2.0, "few": [1, 2]}, "small": [1] * 20, "left_out": ["large"]}


def test_the_colors_of_a_page_can_be_read() -> None:
    css = (Path(__file__).parents[2] / "tui/report/html/page.css").read_text(encoding="utf-8")
    for palette, block in ((LIGHT, css.partition("}")[0]), (DARK, css.partition("dark)")[2].partition("}")[0])):
        colors = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block))
        rgb = {name: tuple(int(value[at : at + 2], 16) for at in (1, 3, 5)) for name, value in colors.items()}
        assert palette.background == rgb["back"] and palette.foreground == rgb["ink"]
        for name in ("ink", "muted", "link", "holds", "fails", "half"):
            assert contrast(rgb[name], rgb["back"]) >= LEGIBLE, name  # type: ignore[arg-type]
            assert contrast(rgb[name], rgb["panel"]) >= LEGIBLE, name  # type: ignore[arg-type]
        for one in SERIES.values():
            assert contrast(palette.legible(one.color), palette.backdrop) >= LEGIBLE
