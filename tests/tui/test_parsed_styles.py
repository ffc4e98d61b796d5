"""A style sheet is parsed once in each theme's colors, and rules are looked up where they may say something else."""

from __future__ import annotations

from typing import Any

import pytest
import textual.css.stylesheet
from driving import NARROW, Drive, explorer
from textual.css.stylesheet import Stylesheet
from textual.css.tokenizer import TokenError
from textual.dom import DOMNode

from tui.explorer.painting.parsed_styles import ParsedStyles
from tui.explorer.panels.settings import SettingsPanel

SHEETS = [f".of-{i} {{ color: $ink; width: {i}; }}" for i in range(100)]
"""More than Textual keeps"""


def read(styles: ParsedStyles, sheets: list[str]) -> list[str]:
    """Take up style sheets, one after the other as widgets bring them; the colors that they set."""
    for i, sheet in enumerate(sheets):
        styles.add_source(sheet, read_from=("test", str(i)))
        assert styles.rules
    return sorted({rule.styles.color.hex for rule in styles.rules})


def test_each_is_parsed_once_in_each_themes_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse = textual.css.stylesheet.parse

    def counted(scope: str, css: str, *given: object, **named: object) -> object:
        parsed.append(css)
        return parse(scope, css, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(textual.css.stylesheet, "parse", counted)
    red, green = {"ink": "#FF0000"}, {"ink": "#00FF00"}
    styles = ParsedStyles(variables=red)
    assert read(styles, SHEETS) == ["#FF0000"]
    assert parsed == SHEETS
    for theme, color, so_far in ((green, "#00FF00", 2), (red, "#FF0000", 2)):
        styles.set_variables(theme)
        styles.reparse()
        assert {rule.styles.color.hex for rule in styles.rules} == {color}
        assert len(parsed) == so_far * len(SHEETS)
    assert read(ParsedStyles(variables=green), SHEETS) == ["#00FF00"], "another app of this process"
    assert len(parsed) == 2 * len(SHEETS)


def test_a_style_sheet_with_a_fault_leaves_those_before_it() -> None:
    styles = ParsedStyles(variables={})
    styles.add_source(".right { width: 1; }", read_from=("right", ""))
    assert len(styles.rules) == 1
    styles.add_source(".wrong { width }", read_from=("wrong", ""))
    with pytest.raises(TokenError):
        styles.reparse()
    assert len(styles._rules) == 1


@explorer(size=NARROW)
async def test_every_widget_has_the_styles_that_textual_itself_would_give_it(drive: Drive) -> None:
    sheet = drive.app.stylesheet
    textuals = Stylesheet(variables=sheet._variables)
    for keys in ("s down", "escape 3 P", "P f1", "f1 120x36", "60x19 f1"):
        for key in keys.split():
            if "x" in key:
                await drive.pilot.resize_terminal(*map(int, key.split("x")))
            else:
                await drive.press(key)
        if textuals.source != sheet.source:
            textuals.source = dict(sheet.source)
            textuals.parse()
        for widget in drive.app.screen.walk_children(with_self=True):
            ours = dict(widget.styles.base.get_rules())
            textuals.apply(widget)
            assert ours == widget.styles.base.get_rules(), (keys, widget)


@explorer(size=NARROW, only="settings")
async def test_a_class_that_says_nothing_of_those_below_leaves_them_as_they_are(drive: Drive) -> None:
    panel, row = drive.one(SettingsPanel), drive.row("gain")
    field = row.control
    styled: list[DOMNode] = []

    class Noting(ParsedStyles):
        def apply(self, node: DOMNode, **given: Any) -> None:
            styled.append(node)
            super().apply(node, **given)

    drive.app.stylesheet.__class__ = Noting
    for of, name, below in ((panel, "-in-focus", False), (row, "-of-no-rule", False), (row, "-invalid", True)):
        for add in (True, False):
            styled.clear()
            of.set_class(add, name)
            assert of in styled
            assert (field in styled) is below, (name, add)
    before = field.styles.background
    row.add_class("-invalid", update=False)
    row.add_class("-of-no-rule")
    assert field.styles.background != before, "what came before and had not been looked at yet"
