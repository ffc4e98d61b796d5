"""What is to be beaten on a table: predictors without a memory, scored on the very rows that a network is scored on.

    the mean               of the rows that are trained on
    persistence            the newest value that is known: y⟨t⟩ stands `ahead` rows before the target
    seasonal persistence   the value one period, or as many as `ahead` asks for, before the target (the seasonal naïve
    forecast,
                           Hyndman & Athanasopoulos, Forecasting: principles and practice, §5.2)

The period is the lag of the highest peak of the autocorrelation of the rows that are trained on, less their straight
line, if that is larger than 0.3 and 2.5/√rows and comes after a lag at which it was not positive; there is none
otherwise.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.numerics.scaled import Floats
from core.tasks.table.windows import Windows
from core.tasks.task import CROSS_ENTROPY, SQUARED_ERROR, Baseline

LEAST = 0.3
"""The autocorrelation from which on a peak is a period"""

MOST_LAGS = 5000


def scored_rows(windows: Windows, units: int) -> tuple[NDArray[np.int64], str]:
    """The rows whose targets are scored, and where they lie, in words; those trained on where none is held back."""
    starts, where = windows.scored_starts(units), "held back"
    if not starts.size:
        starts, where = windows.trained, "trained on: none is held back"
    return starts + windows.choice.window - 1 + windows.choice.ahead, where


@lru_cache(maxsize=8)
def value_baselines(windows: Windows, units: int) -> tuple[Baseline, ...]:
    """Mean squared errors of the predictors, in scaled units, the mean over the targets, as n_a units are scored."""
    rows, where = scored_rows(windows, units)
    source = f"the mean squared error on {len(rows):,} rows {where}"
    targets, choice = windows.targets, windows.choice
    mean = np.mean(targets[windows.kept & windows.known], axis=0)
    found = [Baseline("the mean", _error(targets[rows], mean), SQUARED_ERROR, source)]
    before = max(choice.ahead, 1)
    rows = _reaching(windows, rows, before)
    if rows.size:
        error = _error(targets[rows], targets[rows - before])
        found.append(Baseline("persistence", error, SQUARED_ERROR, source))
    period = period_of(windows.targets[windows.kept][:, 0])
    if period is not None:
        back = period * -(-before // period)
        rows = _reaching(windows, rows, back)
        if rows.size and back != before:
            error = _error(targets[rows], targets[rows - back])
            name = "seasonal persistence"
            found.append(Baseline(name, error, SQUARED_ERROR, f"{source}, of the value {back:,} rows before"))
    return tuple(found)


def class_baselines(windows: Windows, units: int, answers: NDArray[np.int64], classes: int) -> tuple[Baseline, ...]:
    """The cross-entropy of always saying the shares of the classes among the rows that are trained on.

    Args:
        windows: Of the table.
        units: n_a of the network that is to beat it.
        answers: The class of each row, (n_rows,), or of each of several outputs, (n_rows, n).
        classes: How many classes there are.
    """
    rows, where = scored_rows(windows, units)
    known, columns = windows.kept & windows.known, answers.reshape(len(answers), -1).T
    value = float(np.mean([_cross_entropy(column[known], column[rows], classes) for column in columns]))
    source = f"the cross-entropy on {len(rows):,} rows {where}, of the shares of the rows trained on"
    return (Baseline("the shares", value, CROSS_ENTROPY, source),)


def _cross_entropy(seen: NDArray[np.int64], asked: NDArray[np.int64], classes: int) -> float:
    counts = np.bincount(seen, minlength=classes).astype(np.float64)
    shares = (counts + 1.0) / (counts.sum() + classes)  # Laplace: a class that was never seen is not impossible
    return float(np.mean(-np.log(shares[asked])))


def _reaching(windows: Windows, rows: NDArray[np.int64], back: int) -> NDArray[np.int64]:
    """The rows before which a row of the same sequence stands, so far back."""
    begins = np.array(windows.bounds[:-1])
    return rows[rows - back >= begins[np.searchsorted(begins, rows, side="right") - 1]]


def _error(targets: Floats, predicted: Floats) -> float:
    return float(np.mean(np.square(targets - predicted)))


def period_of(values: Floats) -> int | None:
    """The period of a series (T,), in rows; None where there is none.

    Runnable example:

        >>> import numpy as np
        >>> period_of(np.sin(2 * np.pi * np.arange(100) / 12) + 0.01 * np.arange(100))
        12
    """
    count = len(values)
    if count < 8:
        return None
    rows = np.arange(count)
    rest = values - np.polynomial.Polynomial.fit(rows, values, 1)(rows)
    if not np.any(rest):
        return None
    lags = min(count // 2, MOST_LAGS)
    spectrum = np.fft.rfft(rest, 2 ** int(np.ceil(np.log2(2 * count))))
    correlation = np.fft.irfft(np.square(np.abs(spectrum)))[: lags + 1]
    correlation = correlation / correlation[0] * count / (count - np.arange(lags + 1))
    below = np.flatnonzero(correlation <= 0)
    if not below.size:
        return None
    inner = np.arange(1, lags)
    peaks = inner[(correlation[inner] >= correlation[inner - 1]) & (correlation[inner] >= correlation[inner + 1])]
    peaks = peaks[(peaks > below[0]) & (correlation[peaks] > max(LEAST, 2.5 / np.sqrt(count)))]
    if not peaks.size:
        return None
    first = int(peaks[correlation[peaks] >= 0.9 * correlation[peaks].max()][0])
    near = peaks[(peaks >= first) & (peaks <= 1.25 * first)]  # noise makes small peaks on the way to a long period's
    return int(near[correlation[near].argmax()])
