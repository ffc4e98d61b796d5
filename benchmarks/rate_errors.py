"""Whether the standard errors of rates hold: `python -m benchmarks.rate_errors [steps …]`.

One network at a time runs on many sequences of one kind. For ‖∂L_t/∂a⟨t−k⟩‖ and for the parameters that stand for
those that read a, x and 1, every row has the error over the scatter of the slopes (root mean square over standard
deviation), how many per cent of the sequences two errors cover of the slopes' mean, and of λ₁ / log 2 along a long
sequence: the least and the largest over the networks, or the mean. docs/verification.md has the summary.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

import core
from core.tasks import sunspots

Floats = NDArray[np.float64]
SEQUENCES = 60
LONG = 2000

CELLS: dict[str, tuple[dict[str, str | float], ...]] = {
    "rnn": ({"gain": 0.5}, {}, {"gain": 1.5}, {"gain": 2.5}, {"hidden_size": 32}),
    "sigmoid": ({"activation": "sigmoid", "gain": 2.0},),
    "leaky": ({"leak": 0.05}, {"leak": 0.3}),
    "gru": ({"cell": "gru"}, {"cell": "gru", "bias": 3.0}),
    "lstm": ({"cell": "lstm"}, {"cell": "lstm", "forget_bias": 3.0}),
}


def of_sunspots(rng: np.random.Generator, length: int) -> Floats:
    """Consecutive years of the sunspot numbers, standardized, from a random year on."""
    numbers = sunspots()[1]
    years = (numbers - numbers.mean()) / numbers.std()
    if length > len(years):
        return years
    start = int(rng.integers(len(years) - length + 1))
    return years[start : start + length]


def of_noise(rng: np.random.Generator, length: int) -> Floats:
    """White noise: independent standard normal numbers."""
    return rng.standard_normal(length)


def of_slow(rng: np.random.Generator, length: int) -> Floats:
    """An autoregression of first order with φ = 0.9, of variance 1."""
    series = rng.standard_normal(length + 100)
    for i in range(1, len(series)):
        series[i] = 0.9 * series[i - 1] + np.sqrt(1 - 0.9**2) * series[i]
    return series[100:]


def of_cycle(rng: np.random.Generator, length: int) -> Floats:
    """A cycle of eleven steps, and noise."""
    cycle = np.sin(2 * np.pi * (np.arange(length) / 11 + rng.random()))
    return 1.3 * cycle + 0.44 * rng.standard_normal(length)


DATA: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "sunspots": of_sunspots,
    "noise": of_noise,
    "slow": of_slow,
    "cycle": of_cycle,
}


def measured(
    network: core.Network, draw: Callable[[np.random.Generator, int], Floats], steps: int
) -> Iterator[tuple[str, float, float, float]]:
    """What is read, error over scatter, and the shares covered of the mean and of λ₁."""
    long = draw(np.random.default_rng(SEQUENCES), LONG)[:, np.newaxis]
    exponent = core.lyapunov_of(network, long, count=1).exponents[0] / np.log(2.0)
    names = {use.source: name for name, use in reversed(list(network.cell.uses().items()))}
    rates: dict[str, list[core.Rate]] = {}
    for seed in range(SEQUENCES):
        x = draw(np.random.default_rng(seed), steps + 1)[:, np.newaxis, np.newaxis]
        batch = core.Batch(x[:-1], x[1:], np.ones(steps, dtype=bool))
        lags = core.lag_profile(core.forward(network, batch))
        for what, rate in [("state", lags.state_rate), *((read, lags.rate(name)) for read, name in names.items())]:
            rates.setdefault(what, []).append(rate)
    for what, found in rates.items():
        slopes, errors = np.array([[rate.log2_per_step, rate.standard_error] for rate in found]).T
        ratio = np.sqrt(np.mean(np.square(errors))) / slopes.std(ddof=1)
        mean, whole = (np.mean(np.abs(slopes - truth) < 2 * errors) for truth in (slopes.mean(), exponent))
        yield what, float(ratio), float(mean), float(whole)


def main(lengths: list[int]) -> None:
    """One line for each length, family of cells, kind of data and what is read; at the end, all cases together."""
    everything = []
    print(f"{'T':>4} {'cells':8} {'data':9} {'reads':6} {'error / scatter':>15} {'cover':>6} {'least':>6} {'of λ₁':>6}")
    for steps in lengths:
        for family, cells in CELLS.items():
            for kind, draw in DATA.items():
                cases: dict[str, list[tuple[float, float, float]]] = {}
                for settings in cells:
                    network = core.make_network(core.Experiment().replace(**settings))
                    for what, *numbers in measured(network, draw, steps):
                        cases.setdefault(what, []).append((numbers[0], numbers[1], numbers[2]))
                for what, rows in cases.items():
                    ratio, mean, whole = np.array(rows).T
                    everything += rows
                    spread = f"{ratio.min():.2f} … {ratio.max():.2f}"
                    print(
                        f"{steps:4} {family:8} {kind:9} {what:6} {spread:>15} {mean.mean():6.0%} {mean.min():6.0%} "
                        f"{whole.mean():6.0%}",
                        flush=True,
                    )
    ratio, mean, _ = np.array(everything).T
    low, middle, high = np.quantile(ratio, [0.1, 0.5, 0.9])
    print(f"\nall {len(ratio)} cases: error over scatter {low:.2f} … {middle:.2f} … {high:.2f} (10 %, median, 90 %);")
    print(f"two errors cover {mean.mean():.1%}, in the worst tenth of the cases {np.quantile(mean, 0.1):.0%} or less")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [30, 50, 100])
