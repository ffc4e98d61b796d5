"""Numbers that somebody gives, as arrays of our own; a sentence where they cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def array_of(given: object, what: str, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """A copy of what was given, as an array of real numbers.

    Args:
        given: An array, or whatever NumPy makes one of: nested lists, a tensor that lies in ordinary memory.
        what: What it is called, for the message: `W_aa`, `inputs`.
        dtype: The type of the numbers; None for the type that they have.

    Raises:
        ValueError: if it is no array of real numbers. A tensor that has to be taken out of its library first, because
            it keeps its gradient or lies on another device, is named as such.
    """
    try:
        found = np.array(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(_said(given, what, f" ({_first_line(error)})")) from None
    if found.dtype.kind not in "biuf":
        raise ValueError(_said(given, what, f" of type {found.dtype}"))
    return found if dtype is None else found.astype(dtype, copy=False)


def _said(given: object, what: str, why: str) -> str:
    kind = type(given)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    told = f"{what}: {name} was given, which is no array of real numbers{why}"
    if hasattr(given, "detach"):
        return f"{told}; give {what}.detach().cpu().numpy()"
    return f"{told}; give a NumPy array, or nested lists of numbers of equal length"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
