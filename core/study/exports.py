"""A study as a table, as arrays, as plain values for JSON, and as a dataset of xarray's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.settings.provenance import provenance
from core.study.outcome import Failure, Result
from core.study.over_seeds import SHARES, OverSeeds
from core.study.quantities import QUANTITIES

if TYPE_CHECKING:
    import xarray

    from core.study.study import Study

FORMAT: Final = 1
"""The version of a record's keys: raised when one changes its meaning or goes"""


def rows(study: Study) -> tuple[tuple[str, ...], list[list[Any]]]:
    """A row for every network that was tried, under columns of the same names: for a table.

    Returns:
        The names of the columns, and the rows: a cell is text, a number, or None where there is none.
    """
    names = list(dict.fromkeys(name for axis in study.grid.axes for name in axis.names))
    per_line = [f"{name}_{line}" for line in study.lines for name in ("rate", "rate_error", "horizon", "regime")]
    plain = [name for name, one in QUANTITIES.items() if not one.by_line]
    columns = ("network", *names, "seed", "data_seed", *per_line, *plain, "fingerprint", "failure")
    return columns, [_row(study, place, names, plain) for place in sorted(study.outcomes)]


def _row(study: Study, place: int, names: list[str], plain: list[str]) -> list[Any]:
    one, seeds = study.outcomes[place], study.grid.seeds
    values, seed = study.points[place // len(seeds)].values, seeds[place % len(seeds)]
    own = {
        name: values.get(name, getattr(study.grid.experiment, name) + study.grid.offset(name, seed))
        for name in ("seed", "data_seed")
    }
    start = [place, *(values[name] for name in names), own["seed"], own["data_seed"]]
    if isinstance(one, Failure):
        return [*start, *[None] * (4 * len(study.lines) + len(plain) + 1), f"{one.reason}: {one.message}"]
    there = {line.name: line for line in one.summary.lines}
    cells: list[Any] = []
    for name in study.lines:
        line = there.get(name)
        cells += (
            [None] * 4 if line is None else [line.log2_per_step, line.log2_standard_error, line.horizon, line.regime]
        )
    numbers = (QUANTITIES[name].of(one, "state") for name in plain)
    cells += [number if math.isfinite(number) else None for number in numbers]
    return [*start, *cells, one.summary.fingerprint, None]


def record(study: Study) -> dict[str, Any]:
    """Everything as plain dictionaries, lists and numbers, as `json.dumps(…, allow_nan=False)` takes them."""
    networks = []
    for place in sorted(study.outcomes):
        one = study.outcomes[place]
        networks.append(
            {"network": place, "summary": one.summary.record(), "seconds": one.seconds}
            if isinstance(one, Result)
            else {"network": place, "reason": one.reason, "failure": one.message}
        )
    points = []
    for point, rate, regimes in zip(study.points, study.over_seeds(), study.regimes(), strict=True):
        points.append(
            {
                "values": dict(point.values),
                "networks": list(point.networks),
                "rate": _plain(rate),
                "regimes": dict(regimes),
            }
        )
    return {
        "format": FORMAT,
        "version": study.version,
        "experiment": study.grid.experiment.model_dump(),
        "axes": [{"names": list(axis.names), "values": [list(v) for v in axis.values]} for axis in study.grid.axes],
        "seeds": list(study.grid.seeds),
        "vary": study.grid.vary,
        "trained": study.grid.trained,
        "complete": study.complete,
        "shares": list(SHARES),
        "points": points,
        "networks": networks,
    }


def arrays(study: Study) -> dict[str, Any]:
    """Every quantity in the shape of the grid, as `numpy.savez` takes them.

    `rate_state`, `rate_error_state`, `horizon_state` and `share_of_past_state`, and so for each line of the lag
    profile; `loss` and the others; `axis_0`, `axis_1`, … the values along the axes, `axes` what they are called,
    `seeds`, and `failed`, true where a network failed.
    """
    found: dict[str, Any] = {
        "axes": np.array([axis.name for axis in study.grid.axes]),
        "seeds": np.array(study.grid.seeds),
    }
    for place, axis in enumerate(study.grid.axes):
        for own, name in enumerate(axis.names):
            values = np.array([value[own] for value in axis.values])
            found[f"axis_{place}" if axis.ordered else f"axis_{place}_{name}"] = values
    for name, one in QUANTITIES.items():
        for line in study.lines if one.by_line else ("state",):
            found[f"{name}_{line}" if one.by_line else name] = study.values(name, line)
            if one.error is not None:
                found[f"{name}_error_{line}" if one.by_line else f"{name}_error"] = study.errors(name, line)
    failed = np.zeros(len(study.grid), dtype=bool)
    failed[list(study.failures)] = True
    return {**found, "failed": failed.reshape(study.grid.shape)}


def to_xarray(study: Study) -> xarray.Dataset:
    """Every quantity as a labeled array: the axes and `seeds` are its dimensions, the settings its attributes.

    Raises:
        ImportError: xarray is not installed.
    """
    try:
        import xarray
    except ImportError:
        raise ImportError("xarray is not installed: pip install xarray, or take Study.arrays()") from None
    dimensions = [*(axis.name for axis in study.grid.axes), "seeds"]
    coordinates: dict[str, Any] = {"seeds": list(study.grid.seeds)}
    for axis in study.grid.axes:
        for own, name in enumerate(axis.names):
            values = [value[own] for value in axis.values]
            coordinates[name] = values if axis.ordered else (axis.name, values)
    variables = {
        name: (dimensions, values)
        for name, values in study.arrays().items()
        if getattr(values, "shape", None) == study.grid.shape and not name.startswith("axis_")
        if name not in ("axes", "seeds")
    }
    told = {name: value for name, value in study.grid.experiment.model_dump().items() if name not in coordinates}
    made = provenance().of(study.grid.experiment).line
    told |= {"version": study.version, "vary": study.grid.vary, "provenance": made}
    return xarray.Dataset(variables, coordinates, told)


def _plain(found: OverSeeds) -> dict[str, Any]:
    """A quantity over seeds for JSON: numbers that are not finite are None."""

    def finite(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "count": found.count,
        "missing": found.missing,
        **{name: finite(getattr(found, name)) for name in ("mean", "deviation", "standard_error", "of_one_network")},
        "quantiles": [finite(value) for value in found.quantiles],
    }
