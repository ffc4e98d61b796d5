"""How the lines of a network look: one colour and one marker for each group of parameters, the same everywhere.

What a parameter reads decides, a, x or 1, as in the vanilla cell; where lines stand for gates, the gate does. A
single parameter of a cell with several gates has its gate's colour and its source's marker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from core import Grouping, Network, ParameterGroup, parameter_groups
from tui.report.palette import SERIES, Palette, SeriesStyle

_BY_SOURCE: Final = {"a": SERIES["W_aa"], "x": SERIES["W_ax"], "1": SERIES["b_a"]}
_BY_GATE: Final = (SERIES["W_aa"], SERIES["W_ax"], SERIES["b_a"], SERIES["state"])
_SECOND: Final = "◇"
"""The marker of a gate's second parameter that reads the same"""


def styles(network: Network, by: Grouping = "source") -> Mapping[str, SeriesStyle]:
    """ParameterGroup → how it looks, in the order of display."""
    lines = parameter_groups(network, by)
    gates = list(dict.fromkeys(gate for line in lines.values() if line.recurrent for gate in line.gates))
    found: dict[str, SeriesStyle] = {}
    for name, line in lines.items():
        style = _style(line, gates)
        found[name] = replace(style, marker=_SECOND) if style in found.values() else style
    return found


def _style(line: ParameterGroup, gates: list[str]) -> SeriesStyle:
    if not line.recurrent:
        return SERIES[line.name]
    source = _BY_SOURCE[line.sources[0]]
    if len(gates) == 1 or len(line.gates) > 1:
        return source
    gate = _BY_GATE[gates.index(line.gates[0]) % len(_BY_GATE)]
    return gate if len(line.sources) > 1 else replace(gate, marker=source.marker)


def ink(style: SeriesStyle, palette: Palette) -> str:
    """The colour of a series on this background, as Rich writes it."""
    return "#{:02x}{:02x}{:02x}".format(*palette.readable(style.color))
