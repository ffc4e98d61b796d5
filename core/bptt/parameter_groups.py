"""Groups of parameters: the lines that a gradient profile is shown as, however many parameters a cell has.

A cell says of each parameter what it makes and what it reads: W_fa makes the gate f and reads the state a. Parameters
can so be taken together by **source** (all that read a, all that read x, all biases), by **gate** (all that make f) or,
in a stack, by **layer**. A group by source or by gate never goes beyond a layer, whose parameters share their deltas.
The contribution of a group is that of its parameters laid side by side in one long vector:

    ‖contribution(t, k) of a group‖² = Σ over its parameters θ of ‖contribution(t, k) of θ‖²

In the vanilla cell, one parameter reads each source, and the groups by source are the parameters themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from core.network.cells.protocol import Role, Use
from core.numerics.frozen import FrozenMapping

if TYPE_CHECKING:
    from core.network.network import Network

Grouping: TypeAlias = Literal["source", "gate", "layer", "parameter"]

GROUPINGS: tuple[Grouping, ...] = ("source", "gate", "layer", "parameter")


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that are shown as one line."""

    name: str
    """The parameter's own name where it is the only one; `all W_·a`, `gate f` or `layer 2` where there are several"""
    parameters: tuple[str, ...]
    recurrent: bool
    """Whether the contributions pass through the Jacobians, and so have lags; the read-out's do not"""
    roles: tuple[Role, ...]
    """What the parameters are for: recurrent, input, bias, readout"""
    sources: tuple[str, ...]
    """What the parameters read"""
    gates: tuple[str, ...]
    """What they make: the gates' letters, `a` in the vanilla cell, `y` for the read-out"""
    layers: tuple[int, ...]
    """Which layers they belong to, from 1; () for the read-out"""
    ahead: bool = False
    """Whether they look ahead, as those of the backward direction of a bidirectional network"""

    @property
    def path(self) -> tuple[tuple[int, ...], bool]:
        """What parameters have in common that share their Jacobians: layers and direction."""
        return self.layers, self.ahead


def parameter_groups(network: Network, by: Grouping = "source") -> Mapping[str, ParameterGroup]:
    """The groups of a network's parameters by name, in the order of display, those of the read-out last.

    Args:
        network: The network.
        by: What the parameters of one group have in common: `source`, what they read; `gate`, what they make; `layer`;
            or `parameter`, for every parameter by itself.

    Runnable example:

        >>> import core
        >>> list(core.parameter_groups(core.make_network(core.Experiment(cell="lstm", hidden_size=2))))
        ['all W_·a', 'all W_·x', 'all b_·', 'W_y', 'b_y']
    """
    found: dict[tuple[int | str, ...], dict[str, Use]] = {}
    for name, use in network.cell.uses().items():
        key: Mapping[Grouping, tuple[int | str, ...]] = {
            "source": (use.layer, use.ahead, use.source),
            "gate": (use.layer, use.ahead, use.gate),
            "layer": (use.layer, use.ahead),
            "parameter": (name,),
        }
        found.setdefault(key[by], {})[name] = use
    groups: dict[str, ParameterGroup] = {}
    paths = {(use.layer, use.ahead) for use in network.cell.uses().values()}
    stacked = len({layer for layer, _ in paths}) > 1
    short = [_name(uses, by, numbered=len(paths) > 1) for uses in found.values()]
    for name, uses in zip(short, found.values(), strict=True):
        if short.count(name) > 1:
            first = next(iter(uses.values()))
            way = "backward" if first.ahead else "forward"
            if by == "layer":
                name = f"{name}, {way}" if stacked else f"{way} direction"
            else:
                name = f"{name}, layer {first.layer}" if stacked else f"{name}, {way}"
        groups[name] = _group(name, uses)
    groups |= {name: _group(name, {name: use}) for name, use in network.readout.uses.items()}
    return FrozenMapping(groups)


def groupings(network: Network) -> tuple[Grouping, ...]:
    """The ways of taking parameters together that show different lines; by source only in the vanilla cell."""
    uses = network.cell.uses().values()
    several: Mapping[Grouping, bool] = {
        "gate": len({(use.layer, use.ahead, use.gate) for use in uses}) > len({(use.layer, use.ahead) for use in uses}),
        "layer": len({(use.layer, use.ahead) for use in uses}) > 1,
        "parameter": len({(use.layer, use.ahead, use.source) for use in uses}) < len(uses),
    }
    return tuple(by for by in GROUPINGS if several.get(by, True))


def grouped(network: Network) -> bool:
    """Whether there is more than one way to take parameters together."""
    return len(groupings(network)) > 1


def standing_for(network: Network) -> Mapping[str, str]:
    """The parameters of one layer that stand for all others, by what they read in the vanilla cell.

    All contributions of a network pass through the same Jacobians. These have a delta in common, where a delta has
    such parameters, so that one differs from the other by what is read only. The layer is the lowest that reads x.

    Returns:
        `a` → a parameter with the role recurrent, W_aa in the vanilla cell; `x` → one that reads the input, W_ax; `1`
        → a bias, b_a. `a` and `1` are left out where the network has no such parameter.
    """
    uses = network.cell.uses()
    roles: Mapping[str, Role] = {"a": "recurrent", "x": "input", "1": "bias"}
    layer = min(use.layer for use in uses.values() if use.source == "x")

    def of(delta: str | None, within: int | None) -> dict[str, str]:
        found: dict[str, str] = {}
        for reads, role in roles.items():
            for name, use in uses.items():
                right = use.role == role and delta in (None, use.delta) and within in (None, use.layer)
                if right and (reads != "x" or use.source == "x"):
                    found.setdefault(reads, name)
        return found

    shared = [of(use.delta, layer) for use in uses.values() if use.layer == layer]
    best = max(shared, key=lambda found: ("a" in found and "x" in found, len(found)))
    return FrozenMapping({**of(None, None), **of(None, layer), **best})


def _name(uses: Mapping[str, Use], by: Grouping, *, numbered: bool) -> str:
    """What a group is called; where there are several layers or directions, with what its parameters' names end in."""
    name, first = next(iter(uses.items()))
    if by == "parameter" or (len(uses) == 1 and by != "layer"):
        return name
    if by == "layer":
        return f"layer {first.layer}"
    if by == "gate":
        return f"gate {first.gate}"
    end = _shared_end(list(uses)) if numbered else ""
    source = first.source.partition("_")[0] if end else first.source
    return ("all b_·" if all(use.role == "bias" for use in uses.values()) else f"all W_·{source}") + end


def _shared_end(names: Sequence[str]) -> str:
    """What names have in common behind their last letters: `_fwd_1` of W_ix_fwd_1 and W_fx_fwd_1."""
    end = ""
    for parts in zip(*(name.split("_")[:0:-1] for name in names), strict=False):
        if len(set(parts)) > 1:
            break
        end = f"_{parts[0]}{end}"
    return end


def _group(name: str, uses: Mapping[str, Use]) -> ParameterGroup:
    every = uses.values()
    return ParameterGroup(
        name=name,
        parameters=tuple(uses),
        recurrent=all(use.role != "readout" for use in every),
        roles=tuple(dict.fromkeys(use.role for use in every)),
        sources=tuple(dict.fromkeys(use.source for use in every)),
        gates=tuple(dict.fromkeys(use.gate for use in every)),
        layers=tuple(dict.fromkeys(use.layer for use in every if use.role != "readout")),
        ahead=any(use.ahead for use in every),
    )
