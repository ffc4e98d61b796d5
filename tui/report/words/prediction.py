"""What is said of a prediction and its target, and the same as a table of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.report.input_rows import class_name
from tui.report.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core import Trace
    from tui.report.charts.prediction import Prediction

SYMBOL: Final = "y"
"""How the choice of it is written"""


def caption(found: Prediction) -> tuple[str, ...]:
    """What the lines are, the fullest wording first."""
    of = f", example 1 of {found.examples}" if found.examples > 1 else ""
    if found.classes:
        return (
            f"the probability that y⟨t⟩ gives the target, one of {found.outputs} classes{of}",
            f"probability of the target, one of {found.outputs}{of}",
            f"probability of the target{of}",
        )
    more = f", output {found.output} of {found.outputs} (↑ ↓)" if found.outputs > 1 else ""
    return (f"the prediction y⟨t⟩ over its target{more}{of}", f"y⟨t⟩ over its target{more}{of}", f"y and target{of}")


def reading(trace: Trace, found: Prediction, step: int) -> tuple[str, ...]:
    """What stands at a step, the fullest wording first.

    Args:
        trace: What is shown.
        found: Its prediction.
        step: From 1.
    """
    place = min(step, found.steps) - 1
    if not found.scored[place] and not found.classes:
        return (f"t = {place + 1}: y = {number(found.values[place])}, and no loss here", f"t = {place + 1}: no loss")
    if not found.scored[place]:
        return (f"t = {place + 1}: no loss here, and so no target",)
    loss = f"L_{place + 1} = {number(found.losses[place])}"
    if found.likeliest is not None:
        right, best = (class_name(trace, int(one)) for one in (found.targets[place], found.likeliest[place]))
        chance = f"P(target {right}) = {number(found.values[place])}"
        likeliest = "the likeliest" if right == best else f"likeliest {best}"
        return (f"t = {place + 1}: {chance}, {likeliest}, {loss}", f"t = {place + 1}: {chance}, {likeliest}", chance)
    y, target = (float(one[place]) for one in (found.values, found.targets))
    pair = f"t = {place + 1}: y = {number(y)}, target {number(target)}"
    # Behind a sigmoid or the identity, both errors are the difference.
    return (f"{pair}, e = y − target = {number(y - target)}, {loss}", f"{pair}, e = {number(y - target)}", pair)


def table(trace: Trace, found: Prediction, step: int, rows: int) -> Sequence[str]:
    """The numbers around a step, a row for each; the row of the step is marked.

    Args:
        trace: What is shown.
        found: Its prediction.
        step: From 1.
        rows: How many lines there may be, the heads one of them.
    """
    heads = ("t", "P(target)", "target", "likeliest", "L_t") if found.classes else ("t", "y", "target", "e", "L_t")
    count = max(0, min(rows - 1, found.steps))
    first = min(max(step - 1 - count // 2, 0), found.steps - count)
    lines = [heads, *(_row(trace, found, place) for place in range(first, first + count))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return [
        ("▶ " if line[0] == str(step) else "  ")
        + "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))
        for line in lines
    ]


def _row(trace: Trace, found: Prediction, place: int) -> tuple[str, ...]:
    head, there = str(place + 1), bool(found.scored[place])
    loss = number(found.losses[place]) if there else ""
    if found.likeliest is not None:
        best = class_name(trace, int(found.likeliest[place]))
        right = class_name(trace, int(found.targets[place])) if there else ""
        return (head, number(found.values[place]) if there else "", right, best, loss)
    y, target = float(found.values[place]), float(found.targets[place])
    return (head, number(y), number(target) if there else "", number(y - target) if there else "", loss)
