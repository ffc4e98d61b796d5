"""Several networks of one kind as one network, whose examples are those of all of them in turn.

Example r of the whole is of network r mod N. Matrices are (N, n, m), biases (N, n), one for each network; a cell
multiplies and adds them through `core.numerics.rows`, and everything else goes row by row and stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.network.network import Network
from core.numerics.frozen import FrozenMapping


@dataclass(frozen=True)
class Networks(Network):
    """N networks of one kind side by side; the parameters have an axis over the networks first.

    Runnable example:

        >>> import core
        >>> both = Networks.of([core.make_network(core.Experiment(seed=seed)) for seed in (0, 1)])
        >>> both.parameters["W_aa"].shape, both.hidden_size, both.count
        ((2, 16, 16), 16, 2)
    """

    def __post_init__(self) -> None:
        """Take the arrays as they are: those of networks that were looked at already."""
        object.__setattr__(self, "parameters", FrozenMapping(self.parameters))

    @staticmethod
    def of(networks: Sequence[Network]) -> Networks:
        """Networks of one kind, `Network.kind`, one or more, side by side.

        Raises:
            ValueError: if they are not of one kind.
        """
        first = networks[0]
        if any(network.kind != first.kind for network in networks):
            raise ValueError("networks that are computed together must be of one kind: cell, functions, leak, shapes")
        arrays = {name: np.stack([network.parameters[name] for network in networks]) for name in first.parameters}
        return Networks(first.cell_name, arrays, first.activation_name, first.readout_name, first.leak)

    @cached_property
    def count(self) -> int:
        """N, how many there are."""
        return len(next(iter(self.parameters.values())))
