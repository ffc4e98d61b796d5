"""The constants of several cells in one: a stack's layers and the two directions have one number each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.network.cells.protocol import Cell


def constants_of(cells: Sequence[Cell]) -> Mapping[str, float]:
    """Every constant that any of the cells has."""
    return {name: value for cell in cells for name, value in cell.constants.items()}


def each_having(cells: Sequence[Cell], constants: Mapping[str, float]) -> tuple[Cell, ...]:
    """The cells, each with those of these constants that it has."""
    return tuple(
        cell.having({name: value for name, value in constants.items() if name in cell.constants}) for cell in cells
    )
