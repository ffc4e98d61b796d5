"""Make the fonts of `rnn-tui serve`: the signs that the explorer shows and Roboto Mono, of textual-serve, has not.

Braille is drawn here, dot by dot. All other signs are a part of DejaVu Sans Mono, as its license allows, which stands
beside it. Which signs the two fonts have is written into `signs.txt`, and a test holds the program's texts to it.
Needs fonttools and brotli, and DejaVu: `python docs/make_page_fonts.py /path/of/DejaVuSansMono.ttf`.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "tui" / "cli" / "serve" / "page"
LISTED = PAGE / "signs.txt"
"""Two lines: the signs that Roboto Mono has, and those of `signs.woff2`"""
LATIN = 0x17F
"""Up to here Roboto Mono has every sign: letters of European languages"""
BOXES = range(0x2500, 0x25A0)
BRAILLE = range(0x2800, 0x2900)
DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Bit of a braille sign → (column, row) of its dot"""
EM, WIDTH, ASCENT, DESCENT = 1000, 600, 1048, 271
"""Of Roboto Mono, in thousandths"""
HALF = 85
"""Half of a dot's side"""


def wanted_signs() -> set[int]:
    """Every sign in the program's texts, and all that boxes and bars are drawn with."""
    files = [path for part in ("core", "tui") for path in (ROOT / part).rglob("*") if path.suffix in _TEXTS]
    found = {ord(sign) for path in files for sign in path.read_text(encoding="utf-8") if sign.isprintable()}
    return {sign for sign in found | {*BOXES} if sign > LATIN and sign not in BRAILLE}


_TEXTS = (".py", ".toml", ".md", ".tcss")


def braille() -> None:
    """Write the font of braille signs."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    names = {sign: f"u{sign:04X}" for sign in BRAILLE}
    glyphs = {".notdef": TTGlyphPen(None).glyph()} | {names[sign]: _sign(sign - BRAILLE.start) for sign in BRAILLE}
    font = FontBuilder(EM, isTTF=True)
    font.setupGlyphOrder([*glyphs])
    font.setupCharacterMap(names)
    font.setupGlyf(glyphs)
    font.setupHorizontalMetrics(dict.fromkeys(glyphs, (WIDTH, 0)))
    font.setupHorizontalHeader(ascent=ASCENT, descent=-DESCENT)
    font.setupNameTable({"familyName": "rnn-tui braille", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=ASCENT, sTypoDescender=-DESCENT, usWinAscent=ASCENT, usWinDescent=DESCENT)
    font.setupPost()
    font.font.flavor = "woff2"
    font.save(PAGE / "braille.woff2")


def _sign(bits: int) -> object:
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for bit, (column, row) in enumerate(DOTS):
        if bits >> bit & 1:
            x = round(WIDTH * (1 + 2 * column) / 4)
            y = round(ASCENT - (ASCENT + DESCENT) * (1 + 2 * row) / 8)
            corners = ((x - HALF, y - HALF), (x - HALF, y + HALF), (x + HALF, y + HALF), (x + HALF, y - HALF))
            pen.moveTo(corners[0])
            for corner in corners[1:]:
                pen.lineTo(corner)
            pen.closePath()
    return pen.glyph()


def signs(dejavu: str) -> None:
    """Write the part of DejaVu Sans Mono with the signs that Roboto Mono has not, and the list of both."""
    import textual_serve
    from fontTools import subset
    from fontTools.ttLib import TTFont

    fonts = Path(textual_serve.__file__).parent / "static" / "fonts"
    theirs, all_of_it = set(TTFont(fonts / "RobotoMono-VariableFont_wght.ttf").getBestCmap()), TTFont(dejavu)
    missing = sorted(wanted_signs() - theirs)
    if none := "".join(chr(sign) for sign in missing if sign not in all_of_it.getBestCmap()):
        sys.exit(f"no font has {none}: write what it says in other signs")
    options = subset.Options(flavor="woff2", layout_features=[], hinting=False, notdef_outline=True)
    font = subset.load_font(dejavu, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=missing)
    subsetter.subset(font)
    subset.save_font(font, str(PAGE / "signs.woff2"), options)
    lists = (sorted(wanted_signs() & theirs), missing)
    LISTED.write_text("".join("".join(map(chr, one)) + "\n" for one in lists), encoding="utf-8")


if __name__ == "__main__":
    braille()
    signs(sys.argv[1])
