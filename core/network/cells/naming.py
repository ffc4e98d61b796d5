"""How the equations of a cell are written where it is one of several in a larger one."""

from __future__ import annotations

import re
from collections.abc import Iterable


def renamed(line: str, parameters: Iterable[str], suffix: str, reads: str) -> str:
    """A line of a cell's equations with a suffix behind every name, and another name for what it reads in x's place.

    Runnable example:

        >>> renamed("z⟨t⟩ = W_aa a⟨t−1⟩ + W_ax x⟨t⟩ + b_a", ["W_aa", "W_ax", "b_a"], "_2", "a_1")
        'z_2⟨t⟩ = W_aa_2 a_2⟨t−1⟩ + W_ax_2 a_1⟨t⟩ + b_a_2'
    """
    names = "|".join(sorted(map(re.escape, parameters), key=len, reverse=True))
    named = re.sub(rf"(?<!\w)({names})(?![A-Za-z0-9_])", rf"\g<1>{suffix}", line)

    def of_step(found: re.Match[str]) -> str:
        return reads if found[1] == "x" else f"{found[1]}{suffix}"

    return re.sub(r"([^\W\d]\w*)(?=⟨)", of_step, named)
