"""How the lines of a network look: one color and one marker for each group of parameters, the same everywhere.

What a parameter is for decides, as in the vanilla cell: it is recurrent, reads the input or is a bias. Where lines
stand for gates or layers, these do. A single parameter of a cell with several gates, and a line of a stack, has the
color of its gate or layer and the marker of its role.
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
"""Colors and markers that gates, or layers, take in turn"""
_MORE: Final = ("◇", "○", "□", "◉", "▣", "◈")
"""Markers for lines that would look like another"""


def styles(network: Network, by: Grouping = "source") -> Mapping[str, SeriesStyle]:
    """Group of parameters → how it looks, in the order of display."""
    lines = parameter_groups(network, by)
    found: dict[str, SeriesStyle] = {}
    for name, line in lines.items():
        style = _style(line, [line for line in lines.values() if line.recurrent])
        others = (replace(style, marker=marker) for marker in _MORE)
        found[name] = next((one for one in (style, *others) if one not in found.values()), style)
    return found


def line_styles(network: Network, by: Grouping = "source") -> Mapping[str, SeriesStyle]:
    """Line of the lag profile → how it looks: the groups of parameters, and then the input, x."""
    return {**styles(network, by), INPUT: SERIES["x"]}


def _style(line: ParameterGroup, recurrent: Sequence[ParameterGroup]) -> SeriesStyle:
    if not line.recurrent:
        return SERIES["b_y" if line.sources == ("1",) else "W_y"]
    layers = list(dict.fromkeys((layer, one.ahead) for one in recurrent for layer in one.layers))
    gates = list(dict.fromkeys((one.path, gate) for one in recurrent for gate in one.gates))
    role = _BY_ROLE[line.roles[0]]
    if len(line.gates) == 1 and len(gates) > 1:
        place = gates.index((line.path, line.gates[0]))
    elif len(layers) > 1:
        place = layers.index((line.layers[0], line.ahead))
    else:
        return role
    style = _IN_TURN[place % len(_IN_TURN)]
    return style if len(line.roles) > 1 else replace(style, marker=role.marker)


def style_of_layer(layer: int) -> SeriesStyle:
    """How the line of a layer's state looks, layers counted from 1: as those of its parameters by layer."""
    return _IN_TURN[(layer - 1) % len(_IN_TURN)]


def ink(style: SeriesStyle, palette: Palette) -> str:
    """The color of a series on this background, as Rich writes it."""
    return "#{:02x}{:02x}{:02x}".format(*palette.readable(style.color))
