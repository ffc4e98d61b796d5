"""The networks that are measured: one size each, the same numbers for everyone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import core
from core.numerics.scaled import Floats

N_X = 3


@dataclass(frozen=True)
class Size:
    """The size of a case: n units, T steps, B examples."""

    n: int
    steps: int
    batch: int

    @property
    def lag_flops(self) -> float:
        """Multiplications and additions that a lag profile cannot do without: the carry, and the sums over t."""
        rows = self.batch * self.steps * (self.steps + 1) / 2
        return 4.0 * rows * self.n**2

    @property
    def every_delta(self) -> float:
        """Bytes of all δ_{t,s} at once, as automatic differentiation returns them."""
        return 8.0 * self.steps**2 * self.batch * self.n

    def __str__(self) -> str:
        return f"n = {self.n}, T = {self.steps}, B = {self.batch}"


MOST_FLOPS = 4e10
"""Lag profiles that take more are left out."""
TRAINING = Size(32, 50, 16)
"""The training step that is timed with its update, too"""
BUDGET = (Size(64, 100, 16), Size(32, 100, 1), Size(256, 500, 1))
"""The sizes that DESIGN's budgets name"""
QUICK = (
    Size(16, 50, 1),
    Size(16, 500, 1),
    Size(32, 100, 1),
    Size(32, 100, 16),
    Size(64, 100, 16),
    Size(64, 200, 1),
    Size(128, 100, 8),
    Size(128, 200, 1),
    Size(256, 100, 1),
    Size(256, 500, 1),
)
"""A tour in a few minutes: every n, long and short, one example and many"""
FULL = tuple(
    size
    for n in (16, 32, 64, 128, 256)
    for steps in (50, 100, 200, 500, 1000)
    for batch in (1, 8, 16)
    if (size := Size(n, steps, batch)).lag_flops <= MOST_FLOPS
)


def make(size: Size) -> tuple[core.Network, core.Batch]:
    """A tanh network whose gradients stay within float64, on noise, scored at every step by squared error."""
    rng = np.random.default_rng([size.n, size.steps, size.batch])
    n = size.n
    network = core.Network(
        "rnn",
        {
            "W_aa": np.linalg.qr(rng.standard_normal((n, n)))[0],
            "W_ax": 0.1 * rng.standard_normal((n, N_X)),
            "b_a": np.zeros(n),
            "W_y": rng.standard_normal((1, n)) / n**0.5,
            "b_y": np.zeros(1),
        },
    )
    shape = (size.steps, size.batch)
    batch = core.Batch(
        rng.standard_normal((*shape, N_X)),
        rng.standard_normal((*shape, 1)),
        np.ones(size.steps, dtype=bool),
        0.1 * rng.standard_normal((size.batch, n)),
    )
    return network, batch


def make_stack(cell: str, size: Size, layers: int) -> tuple[core.Network, core.Batch]:
    """So many equal layers on each other, each reading n numbers, on noise."""
    settings = {"cell": cell, "hidden_size": size.n, "timesteps": size.steps, "batch_size": size.batch}
    experiment = core.Experiment(**settings, layers=2, initializer="orthogonal", task="noise")
    drawn = core.make_network(experiment)
    own = {name.removesuffix("_2"): array for name, array in drawn.parameters.items() if not name.endswith("_1")}
    network = core.Network.stacked([core.Network(cell, own)] * layers)
    rng = np.random.default_rng([size.n, size.steps, size.batch])
    shape = (size.steps, size.batch)
    scored = np.ones(size.steps, dtype=bool)
    return network, core.Batch(rng.standard_normal((*shape, size.n)), rng.standard_normal((*shape, 1)), scored)


@dataclass(frozen=True)
class Profile:
    """What everyone has to find: norms of all contributions, and of their sums over t."""

    norms: dict[str, Floats]
    """Parameter → (T, T) at [t−1, k], 0 where there is none"""
    summed: dict[str, Floats]
    """Parameter → (T,) at [k]"""


def disagreement(one: Profile, other: Profile) -> float:
    """Largest difference of log₂ between two profiles; inf if they have zeros in different places."""
    worst = 0.0
    for mine, theirs in ((one.norms, other.norms), (one.summed, other.summed)):
        for name in mine:
            found = (mine[name] > 0) & (theirs[name] > 0)
            if not np.array_equal(mine[name] > 0, theirs[name] > 0):
                return float("inf")
            worst = max(worst, float(np.max(np.abs(np.log2(mine[name][found] / theirs[name][found])), initial=0.0)))
    return worst
