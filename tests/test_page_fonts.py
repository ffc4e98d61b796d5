"""The fonts of `rnn-tui serve` have every sign that the screens can show."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


def script() -> ModuleType:
    found = importlib.util.spec_from_file_location("make_page_fonts", ROOT / "docs" / "make_page_fonts.py")
    assert found is not None and found.loader is not None
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    return made


FONTS = script()
ROBOTO, OWN = (set(map(ord, line)) for line in FONTS.LISTED.read_text(encoding="utf-8").splitlines())


def test_every_sign_in_the_texts_of_the_program_is_in_a_font_of_the_page() -> None:
    missing = "".join(map(chr, sorted(FONTS.wanted_signs() - ROBOTO - OWN)))
    assert not missing, "run python docs/make_page_fonts.py"


def test_the_page_looks_for_the_signs_of_its_own_font_there() -> None:
    style = (FONTS.PAGE / "page.css").read_text(encoding="utf-8")
    ranges = re.findall(r'url\("signs.woff2"\);[^}]*unicode-range: ([^;]*);', style)
    assert len(ranges) == 2  # upright and slanted
    for text in ranges:
        ends = [
            (int(low, 16), int(high or low, 16)) for low, high in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", text)
        ]
        assert not [chr(sign) for sign in OWN if not any(low <= sign <= high for low, high in ends)]


def test_the_fonts_have_the_signs_that_are_listed() -> None:
    fonts, served = pytest.importorskip("fontTools.ttLib"), pytest.importorskip("textual_serve")
    pytest.importorskip("brotli")
    assert set(fonts.TTFont(FONTS.PAGE / "signs.woff2").getBestCmap()) >= OWN
    assert set(fonts.TTFont(FONTS.PAGE / "braille.woff2").getBestCmap()) == {*FONTS.BRAILLE}
    theirs = Path(served.__file__).parent / "static" / "fonts" / "RobotoMono-VariableFont_wght.ttf"
    assert set(fonts.TTFont(theirs).getBestCmap()) >= ROBOTO
