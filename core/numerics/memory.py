"""Freed memory that is kept for the next array of its size, and not given back to the system.

A step of training makes and frees some tens of arrays of a megabyte. glibc gives the top of its heap back as soon as
twice the largest block that was ever freed lies there free, and every page of the next step's arrays then has to be
faulted in and cleared again, which takes as long as the arithmetic. That bound follows the blocks that are freed, up to
32 MB: freeing one of that size, never touched and so never in memory, raises it to 64 MB for good. Other allocators do
nothing of the kind.
"""

from __future__ import annotations

import numpy as np

LARGEST = 32 * 2**20 - 2**14
"""Bytes of the largest block that glibc's bounds follow, on 64 bits, but for its head"""


def keep_freed_memory() -> None:
    """Let the process keep up to 64 MB of freed memory for its next arrays."""
    np.empty(LARGEST, dtype=np.uint8)
