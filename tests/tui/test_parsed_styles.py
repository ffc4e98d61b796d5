"""A style sheet is parsed once in each theme's colors, whoever asks for it."""

from __future__ import annotations

import pytest
import textual.css.stylesheet
from textual.css.tokenizer import TokenError

from tui.explorer.painting.parsed_styles import ParsedStyles

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
