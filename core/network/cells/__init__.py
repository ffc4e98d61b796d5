"""Recurrent cells behind one protocol: one file a cell, found by name in `CELLS`."""

from core.network.cells.antisymmetric import Antisymmetric
from core.network.cells.deep import Deep
from core.network.cells.gru import GRU
from core.network.cells.gru_before import GRUBefore
from core.network.cells.lstm import LSTM
from core.network.cells.mingru import MinGRU
from core.network.cells.protocol import (
    Biases,
    Cell,
    DirectFactor,
    Direction,
    Equations,
    Jacobian,
    Linearization,
    Parametrization,
    Part,
    Pulled,
    Role,
    Use,
)
from core.network.cells.registry import CELLS, register, unregister
from core.network.cells.vanilla import Leaky, Vanilla

for _cell in (Vanilla(), GRU(), LSTM(), Deep(), GRUBefore(), MinGRU(), Antisymmetric()):
    register(_cell)

# What files bring, and no setting offers: the same cells with other gates.
for _of in (GRU, LSTM, GRUBefore):
    for _suffix, _gate in (("hard", "hard-sigmoid"), ("hard-keras2", "hard-sigmoid-keras2")):
        register(_of(name=f"{_of().name}-{_suffix}", gate=_gate))

__all__ = [
    "CELLS",
    "GRU",
    "LSTM",
    "Antisymmetric",
    "Biases",
    "Cell",
    "Deep",
    "DirectFactor",
    "Direction",
    "Equations",
    "GRUBefore",
    "Jacobian",
    "Leaky",
    "Linearization",
    "MinGRU",
    "Parametrization",
    "Part",
    "Pulled",
    "Role",
    "Use",
    "Vanilla",
    "register",
    "unregister",
]
