"""What is said of a network among those of other seeds: both uncertainties, each told for what it is, and its place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from core.settings.experiment import settings
from tui.report.numbers import factor, factor_error, factor_with_error
from tui.report.words.pins import AT_MOST, setting_told
from tui.report.words.reference import reference_group
from tui.report.words.title import typical, whose_rate
from tui.report.words.verdict import regime_word, verdict

if TYPE_CHECKING:
    from core.settings.experiment import Experiment
    from core.study.lines import EnsembleLines
    from core.trace import Trace

SHARES: Final = (0.1, 0.5, 0.9)
"""The quantiles over seeds that are shown: between the first and the last are eight of ten networks"""

FIRST_SEEDS: Final = ("seed ", "data seed ")
"""How what is told of a seed in the settings begins: it is the first of those that networks are drawn with"""

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


def apart(theirs: Experiment, own: Experiment) -> str | None:
    """What sets other settings apart from those of a network: `gain 1.13`; empty where they are the same.

    None where this is more than a number or two: their networks are then nothing that could stand behind this one.

    >>> from core import Experiment
    >>> apart(Experiment(gain=1.13), Experiment()), apart(Experiment(), Experiment())
    ('gain 1.13', '')
    >>> apart(Experiment(cell="lstm"), Experiment()) is None
    True

    Args:
        theirs: The settings that other seeds were drawn of.
        own: The settings of the network.
    """
    before, now = theirs.model_dump(), own.model_dump()
    differing = [name for name, value in before.items() if value != now[name]]
    if len(differing) > AT_MOST or any(settings()[name].kind not in ("integer", "number") for name in differing):
        return None
    return ", ".join(setting_told(name, before[name]) for name in differing)


def apart_from(trace: Trace, ensemble: EnsembleLines) -> str:
    """What sets the networks of other seeds apart from the one before them; empty where it is among them."""
    own = trace.origin.settings
    return "" if own is None else apart(ensemble.experiment, own) or ""


def of_theirs(other: str) -> str:
    """The settings that other seeds are of, told after how many there are; empty where they are the network's own.

    >>> of_theirs("gain 1.13"), of_theirs("seed 9, data seed 2"), of_theirs("gain 1.13, seed 9"), of_theirs("")
    (' of gain 1.13', ' from seed 9, data seed 2 on', ' of gain 1.13 from seed 9 on', '')

    Args:
        other: What sets their settings apart, see `apart`.
    """
    parts = other.split(", ") if other else []
    first = [part for part in parts if part.startswith(FIRST_SEEDS)]
    rest = [part for part in parts if part not in first]
    of = f" of {', '.join(rest)}" if rest else ""
    return f"{of} from {', '.join(first)} on" if first else of


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

    `all losses: W_aa VANISHES ×0.672 ± 0.056 of this network · median ×0.678, 80 % in 0.537 … 0.787, over 20 seeds ·
    this seed is the 10th of 20`

    Of networks of other settings it says so, and gives no place: `· median ×0.704, 80 % in 0.56 … 0.81, over 20 seeds
    of gain 0.95`.

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
    plain = typical(trace, found.rate).replace(" is ", " ").replace(" per step", "")
    whole = plain.replace(told if told in plain else factor(own.log2_per_step), told + of)
    other = apart_from(trace, ensemble)
    place, theirs = (None if other else place), of_theirs(other)
    where = "" if place is None else f" · this seed is the {ordinal(place[0])} of {place[1]}"
    at = "" if place is None else f" · {ordinal(place[0])} of {place[1]}"
    at_middle, there = over.partition(",")[0], f"over {count_told(len(ensemble.seeds))}{theirs}"
    middle, word = f"median {over}{theirs}", regime_word(own).removeprefix("is ")
    forms = (
        f"{whole} · {middle}{where}",
        f"{line} {word} {told}{of} · {middle}{where}",
        f"{line} {word} {told}{of} · {middle}{at}",
        f"{line} {word} {told}{of} · median {at_middle} {there}{at}",
        f"{line} {word} {told} · median {at_middle} {there}{at}",
        f"{line} {word} {told} · median {at_middle} {there}",
        f"{line} {word} {told}{at}",
    )
    return (*(whose_rate(trace) + form for form in forms), f"{told}{at}")


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


def band_told(ensemble: EnsembleLines, line: str | None, other: str = "", busy: str = "") -> tuple[str, ...]:
    """Fuller and shorter, what the band is: `≈ W_aa over 20 seeds: dashed their median, dotted 10 % and 90 %`.

    Args:
        ensemble: The networks.
        line: The line that they stand behind; None where none is shown.
        other: What sets their settings apart from those of the network before them; empty where nothing does.
        busy: How far the networks of its own settings are.
    """
    there, of = count_told(len(ensemble.seeds)), f"{line} over " if line else ""
    missing = f"; {ensemble.failed} more could not be computed" if ensemble.failed else ""
    low, high = (f"{100 * share:g} %" for share in (SHARES[0], SHARES[-1]))
    if not line:
        return (f"≈ {there}: no line is shown that they stand behind",)
    if other:
        own, theirs = f"this network's: {busy}", f"{there}{of_theirs(other)}"
        forms = (f"≈ {of}{theirs}; {own}", f"≈ {theirs}; {own}")
        return (*forms, f"≈ {theirs}, not of this network", f"≈ {theirs}")
    return (
        f"≈ {of}{there}, of weights and data: dashed their median, dotted {low} and {high} of them{missing}",
        f"≈ {of}{there}: dashed their median, dotted {low} and {high} of them{missing}",
        f"≈ {of}{there}: median, {low} … {high}{missing}",
        f"≈ {there}: median, {100 * SHARES[0]:g}–{high}{missing}",
    )
