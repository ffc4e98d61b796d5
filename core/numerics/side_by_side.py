"""Arrays of several names that stand side by side in one, so that one matrix product takes all of them uncopied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.numerics.scaled import Floats


class SideBySide(dict[str, Floats]):
    """Arrays (…, n_i) by their names, which stand side by side in one array (…, Σ n_i), in this order."""

    def __init__(self, whole: Floats, widths: Mapping[str, int]) -> None:
        """Views of the array, so many of its columns each."""
        self.whole, at = whole, 0
        for name, width in widths.items():
            self[name] = whole[..., at : at + width]
            at += width


def joined(arrays: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    """The arrays of these names side by side, (…, Σ n_i): as they stand where they do so already, or else a copy.

    Runnable example:

        >>> two = SideBySide(np.zeros((3, 4)), {"i": 1, "o": 3})
        >>> joined(two, ("i", "o")) is two.whole, joined(two, ("o", "i")).shape
        (True, (3, 4))
    """
    if isinstance(arrays, SideBySide) and tuple(arrays) == tuple(names):
        return arrays.whole
    return arrays[names[0]] if len(names) == 1 else np.concatenate([arrays[name] for name in names], axis=-1)
