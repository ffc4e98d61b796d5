"""Scaling of a column of numbers, fitted on the rows that are not held back: what is held back may not be known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.numerics.frozen import FrozenRecord
from core.numerics.scaled import Floats
from core.tasks.table.columns import Column


@dataclass(frozen=True)
class Scale(FrozenRecord):
    """How a column is scaled: (value − center) / unit."""

    center: float
    unit: float
    said: str = ""
    """In a sentence: the unit of the scaled numbers"""

    def applied(self, numbers: Floats) -> Floats:
        """The scaled numbers, (n_rows,); nan stays nan, and so becomes what leaves float64."""
        with np.errstate(over="ignore", invalid="ignore"):
            found = (numbers - self.center) / self.unit
        return np.where(np.isfinite(found), found, np.nan)


def fitted(kind: Literal["standard", "minmax", "none"], column: Column, kept: NDArray[np.bool_]) -> Scale:
    """The scale of a column, from the rows that are kept.

    Args:
        kind: standard: minus the mean, over the standard deviation; minmax: to 0 … 1; none.
        column: Of numbers.
        kept: (n_rows,): which rows are not held back.

    Raises:
        ValueError: none of these rows has a value.

    Runnable example:

        >>> import numpy as np
        >>> from core.tasks.table.columns import Column
        >>> numbers = np.array([1.0, 3.0, 100.0])
        >>> scale = fitted("standard", Column("a", "number", numbers), np.array([True, True, False]))
        >>> scale.applied(numbers)
        array([-1.,  1., 98.])
    """
    values = column.numbers[kept & ~np.isnan(column.numbers)]
    if not values.size:
        raise ValueError(f"{column.name} has no value among the rows that are trained on; hold back fewer rows")
    largest = float(np.max(np.abs(values))) or 1.0
    relative = values / largest  # sums of squares stay within float64
    if kind == "standard":
        center, unit = float(relative.mean()) * largest, float(relative.std()) * largest
        unit = unit if np.isfinite(unit) and unit > 0 else 1.0
        return Scale(center, unit, f"the unit of {column.name} is its standard deviation, {unit:.4g}")
    if kind == "minmax":
        low, high = float(values.min()), float(values.max())
        unit = high - low if np.isfinite(high - low) and high > low else 1.0
        return Scale(low, unit, f"the unit of {column.name} is its range, {unit:.4g}")
    return Scale(0.0, 1.0)
