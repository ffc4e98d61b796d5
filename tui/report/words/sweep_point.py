"""What is said of one combination of a sweep: the number that is drawn, its spread over seeds, and its regimes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.report.charts.drawn import RATE, Drawn
from tui.report.numbers import UNKNOWN, factor_with_error, number, with_error
from tui.report.printable import printable
from tui.report.words.study import value_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.study.over_seeds import OverSeeds
    from core.study.study import Study

_DOES: Final = {
    "vanishing": "vanishes",
    "exploding": "explodes",
    "steady": "stays near ×1",
    "absent": "is absent",
    "undetermined": "is undetermined",
}
"""Regime → what a gradient of it does"""


def combination_text(study: Study, point: int, named: Callable[[str], str] = str) -> str:
    """`gain 1.3 · hidden_size 16`.

    Args:
        study: The sweep.
        point: Which combination.
        named: What a setting is called; by itself as on the command line.
    """
    values = study.points[point].values
    return printable(" · ".join(f"{named(name)} {value_text(value)}" for name, value in values.items())) or "all"


def over_seeds_text(drawn: Drawn, one: OverSeeds) -> str:
    """`factor per step: median ×0.69, mean ×0.71 ± 0.03, nine of ten in ×0.5 … ×0.9, over 10 seeds`; or of one.

    Args:
        drawn: What is drawn.
        one: It over the seeds.
    """
    if not one.count:
        return f"{drawn.title}: no seed has this number"
    if drawn.name == "regime":
        return f"{drawn.title} over {one.count} seeds" if one.count > 1 else f"{drawn.title} of 1 seed"
    if one.count == 1:
        own = f" {_with_error(drawn, one.median, one.of_one_network)}"
        return f"{drawn.title}{own}, of 1 seed"
    said = [f"median {drawn.text(one.median)}"]
    if math.isfinite(one.mean):
        said.append(f"mean {_with_error(drawn, one.mean, one.standard_error)}")
    said.append(f"nine of ten in {drawn.text(one.quantiles[0])} … {drawn.text(one.quantiles[-1])}")
    of_one = f"; ± of one network {_error_of_one(drawn, one)}" if math.isfinite(one.of_one_network) else ""
    without = f", {one.missing} without" if one.missing else ""
    return f"{drawn.title}: {', '.join(said)}, over {one.count} seeds{without}{of_one}"


def _with_error(drawn: Drawn, value: float, error: float) -> str:
    if drawn.name == "rate":
        return factor_with_error(value, error)
    return with_error(value, error) if drawn.kind in ("plain", "signed") else drawn.text(value)


def _error_of_one(drawn: Drawn, one: OverSeeds) -> str:
    if drawn.name != "rate":
        return number(one.of_one_network, 2)
    return number(2.0**one.median * math.log(2.0) * one.of_one_network, 2) if one.median < 1000 else UNKNOWN


def regimes_text(study: Study, point: int) -> str:
    """`vanishes in 3 of 5 seeds; is undetermined in 2 of 5 seeds`; and why networks failed, where some did.

    Args:
        study: The sweep.
        point: Which combination.
    """
    regimes, total = study.regimes()[point], len(study.grid.seeds)
    failures = [study.failures[network] for network in study.points[point].networks if network in study.failures]
    said = [f"{does} in {regimes[name]} of {total} seeds" for name, does in _DOES.items() if regimes.get(name)]
    if total == 1:
        said = [one.removesuffix(" in 1 of 1 seeds") for one in said]
    if failures:
        said.append(f"{len(failures)} failed: {printable(failures[0].message)}")
    return "; ".join(said)


def typical_network(study: Study, point: int, drawn: Drawn) -> int | None:
    """The network of a combination that is nearest to the middle over its seeds; None where none has been computed.

    Args:
        study: The sweep.
        point: Which combination.
        drawn: What is drawn: in that it is nearest, or in the rate where this is no number of each network.
    """
    networks = [network for network in study.points[point].networks if network in study.results]
    if not networks:
        return None
    values = (RATE if drawn.name == "regime" else drawn).values(study).reshape(-1)[networks]
    known = np.isfinite(values)
    if not known.any():
        return networks[0]
    ordered = np.sort(values[known])
    middle = ordered[(len(ordered) - 1) // 2]
    return networks[int(np.argmin(np.where(known, np.abs(values - middle), np.inf)))]
