"""How the lines of a network look: one color and one marker for each group of parameters, the same everywhere.

What a parameter is for decides, as in the vanilla cell: it is recurrent, reads the input or is a bias. Where lines
stand for gates, these do. A single parameter of a cell with several gates has the color of its gate and the marker of
its role. In a stack every layer has a color of its own, in a bidirectional network every direction. So that they can be
told apart without colors, too, the markers of one are filled, of the next have a dot, of the one after it are open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from core import Grouping, Network, ParameterGroup, parameter_groups
from core.network.cells import Role
from tui.report.curves import INPUT
from tui.report.palette import SERIES, Palette, SeriesStyle

_BY_ROLE: Final[Mapping[Role, SeriesStyle]] = {
    "recurrent": SERIES["W_aa"],
    "input": SERIES["W_ax"],
    "bias": SERIES["b_a"],
}
_IN_TURN: Final = (SERIES["W_aa"], SERIES["W_ax"], SERIES["b_a"], SERIES["state"])
"""Colors and markers that gates take in turn"""
_OF_LAYERS: Final = (
    *_IN_TURN,
    SeriesStyle((204, 187, 68), "◇"),
    SeriesStyle((150, 150, 150), "◉"),
    SeriesStyle((136, 34, 85), "▣"),
    SeriesStyle((166, 118, 29), "◈"),
)
"""Colors and markers of as many layers as a stack may have"""
_FILLS: Final = ("●■◆", "◉▣◈", "○□◇")
"""Markers of three shapes, filled, with a dot and open, for one layer after the other"""
_MORE: Final = ("◇", "○", "□", "◉", "▣", "◈", "+", "★", "☆", *_FILLS[0])
"""Markers for lines that would look like another"""


def styles(network: Network, by: Grouping = "source") -> Mapping[str, SeriesStyle]:
    """Group of parameters → how it looks, in the order of display."""
    lines = parameter_groups(network, by)
    found: dict[str, SeriesStyle] = {}
    for name, line in lines.items():
        style = _style(line, [line for line in lines.values() if line.recurrent], by)
        others = (replace(style, marker=marker) for marker in _MORE)
        found[name] = next((one for one in (style, *others) if one not in found.values()), style)
    return found


def line_styles(network: Network, by: Grouping = "source") -> Mapping[str, SeriesStyle]:
    """Line of the lag profile → how it looks: the groups of parameters, and then the input, x."""
    return {**styles(network, by), INPUT: SERIES["x"]}


def _style(line: ParameterGroup, recurrent: Sequence[ParameterGroup], by: Grouping) -> SeriesStyle:
    if not line.recurrent:
        return SERIES["b_y" if line.sources == ("1",) else "W_y"]
    role = _BY_ROLE[line.roles[0]]
    gates = list(dict.fromkeys(gate for one in recurrent for gate in one.gates if one.path == line.path))
    style = _IN_TURN[gates.index(line.gates[0]) % len(_IN_TURN)] if len(line.gates) == 1 < len(gates) else role
    if len(line.roles) == 1:
        style = replace(style, marker=role.marker)
    paths = list(dict.fromkeys(one.path for one in recurrent))
    if len(paths) == 1:
        return style
    place = paths.index(line.path)
    of_layer = _OF_LAYERS[place % len(_OF_LAYERS)]
    filled = str.maketrans(_FILLS[0], _FILLS[place % len(_FILLS)])
    return of_layer if by == "layer" else replace(of_layer, marker=style.marker.translate(filled))


def style_of_layer(layer: int) -> SeriesStyle:
    """How the line of a layer's state looks, layers counted from 1: as those of its parameters by layer."""
    return _OF_LAYERS[(layer - 1) % len(_OF_LAYERS)]


def ink(style: SeriesStyle, palette: Palette) -> str:
    """The color of a series on this background, as Rich writes it."""
    return "#{:02x}{:02x}{:02x}".format(*palette.readable(style.color))
