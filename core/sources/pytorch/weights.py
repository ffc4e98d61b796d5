"""A module's weights and its own gradients by our names, and the gradients that a step adds to them.

PyTorch adds two biases where there is one here, and both have its gradient: the second is left out, but where it stays
apart, in the candidate of a GRU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.network.network import Network
from core.numerics.scaled import Floats
from core.sources.arrays import Arrays
from core.sources.checkpoint import candidates_in
from core.sources.modules import torch_arrays
from core.sources.torch_names import ROLES

_PARALLEL: Final = 1e-4
"""What share of the square of a gradient may lie aside from a parallel one: rounding in bfloat16"""


class Weights:
    """The weights of a module as they are at its first call, and the gradients that come to them from then on."""

    def __init__(self, module: Any) -> None:
        """Copy the weights and listen for their gradients."""
        self.arrays = torch_arrays(module)
        self.precision = str(next(module.parameters()).dtype).removeprefix("torch.")
        """The type of the weights: float32"""
        self._gru = self.network().cell_name.startswith("gru")
        self._gradients: dict[str, Any] = {}
        self._parameters = dict(module.named_parameters(recurse=False))
        self.kept: float | None = None
        """What is left of the gradient's length in the module's `.grad` when the recording ends; None where the two are
        not parallel: something else was added to it, or it is gone"""
        self._hooks = [
            parameter.register_hook(self._receiver(name))
            for name, parameter in self._parameters.items()
            if parameter.requires_grad
        ]

    def _receiver(self, name: str) -> Any:
        def receive(gradient: Any) -> None:
            kept = gradient.detach()
            self._gradients[name] = self._gradients[name] + kept if name in self._gradients else kept.clone()

        return receive

    def remove(self) -> None:
        """Leave the parameters as they were, and note what has become of their gradients."""
        for hook in self._hooks:
            hook.remove()
        self.kept = self._left()

    def _left(self) -> float | None:
        """⟨.grad, g⟩ / ⟨g, g⟩ with g all gradients that came, where .grad is that many times g and at most g."""
        now = {name: self._parameters[name].grad for name in self._gradients}
        if not now or any(one is None or one.is_sparse for one in now.values()):
            return None
        both = own = size = 0.0
        for name, gradient in self._gradients.items():
            one, other = gradient.double().flatten(), now[name].double().flatten()
            both, own, size = both + float(one @ other), own + float(one @ one), size + float(other @ other)
        if not own or not size or not both > 0.0:
            return None
        share = both / own
        aside = max(size - both * share, 0.0)  # the square of what of .grad does not lie along g
        return min(share, 1.0) if aside <= _PARALLEL * size and share < 1.0 + _PARALLEL else None

    def network(self) -> Network:
        """The recurrence, without a read-out.

        Raises:
            ValueError: no network here is that of the module; one sentence that says why.
        """
        return _network(self.arrays)

    def gradients(self) -> dict[str, Floats]:
        """Our names → the gradients of this step, of every parameter that has one."""
        own = {name: _array(gradient) for name, gradient in self._gradients.items() if _role(name)}
        every = {name: np.zeros(array.shape) for name, array in self.arrays.arrays.items()}
        there = {name: np.ones(array.shape) for name, array in own.items()}
        found = _network(self._with({**every, **own})).parameters
        known = _network(self._with({**every, **there})).parameters
        return {name: array for name, array in found.items() if known[name].all()}

    def _with(self, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
        """These numbers in the place of the weights, one of the two biases 0."""
        second = {name: array for name, array in arrays.items() if _role(name) == "recurrent_bias"}
        left = {name: self._apart(array) if self._gru else np.zeros(array.shape) for name, array in second.items()}
        return replace(self.arrays, arrays={**arrays, **left})

    @staticmethod
    def _apart(bias: NDArray[Any]) -> NDArray[Any]:
        """The last of the three blocks of a GRU's second bias, which stays apart, and 0 for the others."""
        return np.concatenate([np.zeros(2 * len(bias) // 3), bias[2 * len(bias) // 3 :]])


def _role(name: str) -> str:
    """What an array of PyTorch's is: `input`, `recurrent`, `bias`; empty for others."""
    return next((role for start, role in ROLES.items() if name.startswith(start)), "")


def _network(arrays: Arrays) -> Network:
    (candidate,) = candidates_in(arrays)
    return candidate.network()


def _array(tensor: Any) -> Floats:
    return np.asarray(tensor.detach().cpu().double().numpy())
