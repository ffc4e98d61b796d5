"""A cell that is made of others: layers of a stack, or two directions. What it says of itself is what they say.

A parameter, pre-activation or part of one of the cells has a name of its own in the whole: `W_aa_2`, `W_aa_bwd`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from core.network.activations import Activation
from core.network.cells.protocol import Cell, Use
from core.numerics.frozen import FrozenMapping
from core.numerics.scaled import Floats


@dataclass(frozen=True)
class Composed(Cell):
    """Several cells that are one cell."""

    cells: tuple[Cell, ...]
    """The cells, in the order in which their numbers stand side by side"""
    sizes: tuple[int, ...] | None = None
    """n_a of each; None where all have that of the network"""

    @staticmethod
    @abstractmethod
    def named(name: str, at: int) -> str:
        """A name of a cell's own as it is in the whole: `W_aa_2`."""

    @abstractmethod
    def source(self, name: str, at: int) -> str:
        """What a cell's parameters read, among the sources of the whole."""

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that matter to any of the cells."""
        return tuple(dict.fromkeys(name for cell in self.cells for name in cell.settings))

    @property
    def constants(self) -> Mapping[str, float]:
        """The constants of the cells: one number for all that have it."""
        return {name: value for cell in self.cells for name, value in cell.constants.items()}

    def having(self, constants: Mapping[str, float]) -> Cell:
        """The whole with these constants in every cell that has them."""
        own = [{name: value for name, value in constants.items() if name in cell.constants} for cell in self.cells]
        return replace(self, cells=tuple(cell.having(of) for cell, of in zip(self.cells, own, strict=True)))

    def fitted(self, parameters: Mapping[str, Floats]) -> Cell:
        """The whole with the width that each cell's arrays have."""
        own = [self.own(parameters, at) for at in range(len(self.cells))]
        cells = tuple(cell.fitted(of) for cell, of in zip(self.cells, own, strict=True))
        sizes = tuple(cell.hidden_size(of) for cell, of in zip(cells, own, strict=True))
        return replace(self, cells=cells, sizes=sizes)

    def uses(self) -> Mapping[str, Use]:
        """Parameter → its use, cell by cell."""
        return _uses(type(self), self.cells)

    def use(self, use: Use, at: int) -> Use:
        """A use of one of the cells with the names of the whole; as it is unless a whole says differently."""
        return use

    def renamed(self, use: Use, at: int) -> Use:
        """A use of one of the cells, its pre-activation, source and gate by their names in the whole."""
        delta, gate = self.named(use.delta, at), self.named(use.gate, at)
        return replace(use, delta=delta, source=self.source(use.source, at), gate=gate)

    def functions(self, activation: Activation) -> Mapping[str, Activation]:
        """Pre-activation → its function, cell by cell."""
        return {
            self.named(name, at): function
            for at, cell in enumerate(self.cells)
            for name, function in cell.functions(activation).items()
        }

    def widths(self, n_a: int) -> Mapping[str, int]:
        """Pre-activation → how many numbers it has."""
        return {
            self.named(name, at): width
            for at, cell in enumerate(self.cells)
            for name, width in cell.widths(self.size(at, n_a)).items()
        }

    def own(self, parameters: Mapping[str, Floats], at: int) -> Mapping[str, Floats]:
        """A cell's parameters by their own names."""
        return {name: parameters[self.named(name, at)] for name in self.cells[at].uses()}

    def size(self, at: int, n_a: int) -> int:
        """n_a of one of the cells, in a network of n_a units."""
        return n_a if self.sizes is None else self.sizes[at]

    def shown(self, at: int) -> str:
        """The part of a cell's state that is read, by its own name."""
        return next(part.name for part in self.cells[at].parts(1) if part.read_out)


@lru_cache(maxsize=256)
def _uses(kind: type[Composed], cells: tuple[Cell, ...]) -> Mapping[str, Use]:
    """The uses of a whole: every network of one kind, and every step of its training, asks for the same ones."""
    whole = kind(cells)
    return FrozenMapping(
        {
            whole.named(name, at): whole.use(whole.renamed(use, at), at)
            for at, cell in enumerate(cells)
            for name, use in cell.uses().items()
        }
    )
