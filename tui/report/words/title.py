"""The title line of a screen that shows one loss, or all of them: the typical rate, and what is left of that loss.

The rate is a mean over all losses, whichever are shown, and the line says so and of which parameter it is; what is left
is told of the loss that is looked at, so that the line says what stands below it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from core.bptt.rate import HORIZON_SHARE
from tui.report.curves import ALL_LOSSES, losses_named
from tui.report.numbers import magnitude
from tui.report.words.dynamics import line_factor, verdict_forms
from tui.report.words.reference import reference_group
from tui.report.words.verdict import ERROR_REACHES_1, headline, overflow_told, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.dynamics.theory import TheoryLine
    from core.trace import Trace

OVER_LAGS: Final = re.compile(r" over \d+ lags?(?=:)")
"""Over what a rate is undetermined, which is left out before what is left of the loss is"""

_SHARE = f"{100 * HORIZON_SHARE:g} %"

_OF_LAG_0 = " of lag 0"
"""What a share is a part of; the shortest forms of the title do without it"""


def title(trace: Trace, loss: int | None = None, lines: Sequence[TheoryLine] = ()) -> tuple[str, ...]:
    """Fuller and shorter: of which losses and of which parameter the rate is, and what is left of the loss shown.

    `all losses: typical gradient of W_aa VANISHES ×0.88 per step · L_50: under 1 % of lag 0 from lag 33 on`

    Where there is little room, what says least goes first, the parameter and the losses last.

    Args:
        trace: What is shown.
        loss: The t of the one loss that is shown; None for all of them.
        lines: Theory's lines, where they are known: what a rate leaves undetermined over the lags at hand, the measured
            exponent may decide in the long run, and with all losses the title says so.
    """
    found = verdict(trace)
    if found.rate is None:
        return (headline(trace),)
    rate = typical(trace, found.rate)
    if found.few and loss is not None:
        rate = f"{rate} {found.consequence}"  # why it is undetermined: ×0.83 ± 0.04 by itself would not be
    rates = _rates(rate, whose_rate(trace))
    left: tuple[str, ...]
    if loss is None:
        follows, least = _in_the_long_run(lines) if found.consequence == ERROR_REACHES_1 else ("", "")
        follows = follows or found.consequence
        left = (follows, least or follows.replace(f"{_OF_LAG_0} from", " from"))
    else:
        left = left_of(trace, loss)
    last = left[-1]
    # Over how many lags says more than how far its error reaches.
    least = "" if last == ERROR_REACHES_1 or (found.few and loss is not None) else last
    pairs = [(one, told) for one in rates for told in (*left, least)]
    shorter = [one.replace("gradient of ", "") for one in (rates[-1], OVER_LAGS.sub("", rates[-1]))]
    pairs += [(one, least) for one in shorter]
    if not found.few:
        pairs.append((shorter[-1], ""))
    forms = [" · ".join(part for part in pair if part) for pair in pairs]
    told = overflow_told(trace)
    over = f" · {told}" if told else ""
    fuller = sorted((form + over for form in forms), key=len, reverse=True)
    return tuple(dict.fromkeys([*fuller, forms[-1]]))


def whose_rate(trace: Trace) -> str:
    """What stands before a rate, of which losses it is; nothing where there is only one."""
    return f"{ALL_LOSSES}: " if trace.lags.has_several_losses else ""


def typical(trace: Trace, rate: str) -> str:
    """A rate, said to be typical where it is of several losses."""
    return f"typical {rate}" if trace.lags.has_several_losses else rate


def _rates(rate: str, whose: str) -> list[str]:
    """The rate, fuller and shorter, each with the losses and the parameter that it is of.

    Args:
        rate: `typical gradient of W_aa VANISHES ×0.88 per step`.
        whose: Of which losses it is; empty where there is only one.
    """
    brief = rate.replace(" is ", " ").replace(" per step", "")
    plain = brief.removeprefix("typical ")  # the losses are named: of all of them it is a typical one's
    return [whose + one for one in (rate, brief, plain, plain.replace(" of all ", " of "))]


def _in_the_long_run(lines: Sequence[TheoryLine]) -> tuple[str, str]:
    """What the measured exponent decides, fuller and shorter; nothing where it is not known or decides nothing."""
    for line in lines:
        if line.kind == "lyapunov" and line.verdict.endswith("in the long run"):
            *_, told, least = verdict_forms(line)
            return f"e^(λ₁ k) {told}: {line_factor(line)}", least
    return "", ""


def left_of(trace: Trace, t: int) -> tuple[str, str, str]:
    """What is left of a loss on its way back, fuller and twice shorter: `L_50: under 1 % of lag 0 from lag 33 on`."""
    name, lags = losses_named(t), trace.profile()
    reference = reference_group(trace)
    curve = lags.log2_norm[reference][t - 1, :t]
    there = np.flatnonzero(np.isfinite(curve))
    if t == 1:
        return f"{name}: no lag to look back over", f"{name}: no lags", f"{name}: no lags"
    if not there.size:
        return f"{name}: exactly zero at every lag", f"{name}: exactly zero", f"{name}: exactly zero"
    horizon, last = lags.horizon(reference, t), int(there[-1])
    if horizon is not None:
        of = f"{name}: under {_SHARE}{_OF_LAG_0} from lag {horizon}"
        return f"{of} on", of, of.replace(_OF_LAG_0, "")
    if not np.isfinite(curve[0]):
        return "", "", ""
    left = f"{name}: ×{magnitude(float(curve[last] - curve[0]))}"
    return f"{left}{_OF_LAG_0} at lag {last}", f"{left} at lag {last}", f"{left} at lag {last}"
