"""What is said of a network among those of other seeds: both uncertainties, each told for what it is, and its place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tui.report.numbers import factor, factor_error, factor_with_error
from tui.report.words.trace import reference_group, regime_word, verdict

if TYPE_CHECKING:
    from core.study.lines import EnsembleLines
    from core.trace import Trace

SHARES: Final = (0.1, 0.5, 0.9)
"""The quantiles over seeds that are shown: between the first and the last are eight of ten networks"""

FROM_FILE: Final = "other seeds are of settings, and no settings make this network and its data"
"""Why there are none of a network that came from elsewhere"""

TRAINED: Final = "other seeds make untrained networks, and this one is trained; z starts over, untrained"
"""Why there are none of a trained network"""

_BRIEF: Final = {
    FROM_FILE: "no settings make this network, and so no other seeds",
    TRAINED: "no other seeds of a trained network; z starts over, untrained",
}
"""Why there are none → the same, short enough for 80 columns"""


def count_told(count: int) -> str:
    """How many seeds there are, in words: `20 seeds`."""
    return "1 seed" if count == 1 else f"{count} seeds"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`, `21st`."""
    last = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{last}"


def why_none(trace: Trace) -> str:
    """Why a network has none of other seeds beside it; empty where it can have."""
    if trace.origin.settings is None:
        return FROM_FILE
    return TRAINED if trace.training_step else ""


def none_told(trace: Trace) -> tuple[str, ...]:
    """Fuller and shorter, that nothing stands behind the network and why; nothing where something can."""
    why = why_none(trace)
    return (f"≈ no band: {why}", f"≈ {_BRIEF[why]}") if why else ()


def title(trace: Trace, ensemble: EnsembleLines) -> tuple[str, ...]:
    """Fuller and shorter, the rate with both uncertainties; nothing where the networks have no rate.

    Where there is little room the range goes before the parameter, the verdict and the word median do.

    `W_aa VANISHES ×0.672 ± 0.056 of this network · median ×0.678, 80 % in 0.537 … 0.787, over 20 seeds · this seed is
    the 10th of 20`

    Args:
        trace: What is shown.
        ensemble: The networks of the same settings with one seed after another, this one first.
    """
    line, found = reference_group(trace), verdict(trace)
    own, over = trace.profile().rate(line), over_told(ensemble, line)
    if found.rate is None or not over or not math.isfinite(own.log2_per_step):
        return ()
    told, place = factor_with_error(own.log2_per_step, own.standard_error), ensemble.place(line)
    known = math.isfinite(factor_error(own.log2_per_step, own.standard_error))
    of = " of this network" if known else ""
    plain = f"typical {found.rate}".replace(" is ", " ").replace(" per step", "")
    whole = plain.replace(told if told in plain else factor(own.log2_per_step), told + of)
    where = "" if place is None else f" · this seed is the {ordinal(place[0])} of {place[1]}"
    at = "" if place is None else f" · {ordinal(place[0])} of {place[1]}"
    at_middle, there = over.partition(",")[0], f"over {count_told(len(ensemble.seeds))}"
    middle, word = f"median {over}", regime_word(own).removeprefix("is ")
    return (
        f"{whole} · {middle}{where}",
        f"{line} {word} {told}{of} · {middle}{where}",
        f"{line} {word} {told}{of} · {middle}{at}",
        f"{line} {word} {told}{of} · median {at_middle} {there}{at}",
        f"{line} {word} {told} · median {at_middle} {there}{at}",
        f"{line} {word} {told} · median {at_middle}{at}",
        f"{line} {word} {told}{at}",
        f"{told}{at}",
    )


def over_told(ensemble: EnsembleLines, line: str) -> str:
    """`×0.678, 80 % in 0.537 … 0.787, over 20 seeds`; nothing where the networks have no rate.

    Args:
        ensemble: The networks.
        line: Whose rate is told.
    """
    if line not in ensemble.rates:
        return ""
    low, middle, high = (float(rate) for rate in ensemble.rate_quantiles(line, SHARES))
    if not math.isfinite(middle):
        return ""
    there, part = count_told(len(ensemble.seeds)), f"{SHARES[-1] - SHARES[0]:.0%}".replace("%", " %")
    around = f"{factor(low).removeprefix('×')} … {factor(high).removeprefix('×')}"
    return f"{factor(middle)}, {part} in {around}, over {there}"


def band_told(ensemble: EnsembleLines, line: str | None) -> tuple[str, ...]:
    """Fuller and shorter, what the band is: `≈ W_aa over 20 seeds: dashed their median, dotted 10 % and 90 %`."""
    there, of = count_told(len(ensemble.seeds)), f"{line} over " if line else ""
    missing = f"; {ensemble.failed} more could not be computed" if ensemble.failed else ""
    low, high = (f"{100 * share:g} %" for share in (SHARES[0], SHARES[-1]))
    if not line:
        return (f"≈ {there}: no line is shown that they stand behind",)
    return (
        f"≈ {of}{there}, of weights and data: dashed their median, dotted {low} and {high} of them{missing}",
        f"≈ {of}{there}: dashed their median, dotted {low} and {high} of them{missing}",
        f"≈ {of}{there}: median, {low} … {high}{missing}",
    )
