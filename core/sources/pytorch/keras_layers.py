"""Recurrent layers of Keras on its PyTorch backend, watched as modules of PyTorch are.

They are modules, but of their own equations, and hooks of PyTorch do not see their calls: `call` is wrapped instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.network.network import Network
from core.numerics.scaled import Floats
from core.sources.modules import from_keras
from core.sources.pytorch.calls import Call

KINDS: Final = ("SimpleRNN", "GRU", "LSTM")


def layers_of(model: Any) -> list[tuple[str, Any]]:
    """The recurrent layers of a Keras model by name; [] of any other model."""
    if not hasattr(model, "_flatten_layers"):
        return []
    every = model._flatten_layers()
    return [(str(layer.name), layer) for layer in every if _is_of_keras(layer) and type(layer).__name__ in KINDS]


def _is_of_keras(layer: Any) -> bool:
    return type(layer).__module__.split(".")[0] == "keras"


class KerasWatch:
    """Keeps the calls of one layer: `core.sources.pytorch.calls.Watch` for Keras."""

    is_cell = False
    batch_first = True

    def __init__(self, name: str, layer: Any, tell: Callable[[KerasWatch], None]) -> None:
        """Begin to watch a layer; `tell` is called with the watch before each call.

        Raises:
            ValueError: if the layer does something that cannot be seen from outside.
        """
        unseen = [what for what in ("go_backwards", "stateful") if getattr(layer, what)]
        unseen += [what for what in ("dropout", "recurrent_dropout") if getattr(layer, what)]
        if unseen:
            raise ValueError(
                f"{name} has {' and '.join(unseen)}, which cannot be seen from outside; record a model without"
            )
        self.name, self.module, self.calls = name, layer, list[Call]()
        self._tell, self._own = tell, layer.call
        layer.__dict__["call"] = self._call

    def remove(self) -> None:
        """Leave the layer as it was."""
        self.module.__dict__.pop("call", None)

    def _call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        if mask is not None:
            raise ValueError(f"{self.name} reads a mask, which is not followed; record a batch without padding")
        self._tell(self)
        returned = self._own(sequences, initial_state=initial_state, mask=mask, training=training)
        many = isinstance(returned, list | tuple)
        tensors = list(returned) if many else [returned]
        if not any(one.requires_grad for one in tensors):
            return returned
        states = initial_state if isinstance(initial_state, list | tuple | None) else (initial_state,)
        start = None if states is None else tuple(one.detach().clone()[None] for one in states)
        precision = str(tensors[0].dtype).removeprefix("torch.")
        call = Call(sequences.detach().clone(), None, start, None, False, precision)
        self.calls.append(call)
        what = ["output" if self.module.return_sequences else "h", "h", "c"]
        copies = [_copy(call, name, one) for name, one in zip(what, tensors, strict=False)]
        return type(returned)(copies) if many else copies[0]


def _copy(call: Call, what: str, tensor: Any) -> Any:
    copy = tensor.clone()
    copy.register_hook(lambda gradient: call.receive(what, gradient if what == "output" else gradient[None]))
    return copy


class KerasWeights:
    """The weights of a layer at its first call, and the gradients that come to them from then on."""

    def __init__(self, layer: Any) -> None:
        """Copy the weights and listen for their gradients."""
        self.kept: float | None = None  # Keras clips in its optimizer, which is not looked at
        self._network = from_keras(layer)
        self.precision = str(layer.cell.kernel.value.dtype).removeprefix("torch.")
        """The type of the weights: float32"""
        self._shapes = [tuple(one.shape) for one in layer.weights]
        if len(self._shapes) == 2:  # whether a GRU resets before or after its matrix shows only in its bias
            gates = self._shapes[0][1]
            self._shapes.append((2, gates) if getattr(layer, "reset_after", False) else (gates,))
        self._gradients: dict[int, Any] = {}
        self._hooks = [
            one.value.register_hook(self._receiver(at)) for at, one in enumerate(layer.weights) if one.trainable
        ]

    def _receiver(self, at: int) -> Callable[[Any], None]:
        def receive(gradient: Any) -> None:
            kept = gradient.detach()
            self._gradients[at] = self._gradients[at] + kept if at in self._gradients else kept.clone()

        return receive

    def remove(self) -> None:
        """Leave the weights as they were."""
        for hook in self._hooks:
            hook.remove()

    def network(self) -> Network:
        """The recurrence, without a read-out."""
        return self._network

    def gradients(self) -> dict[str, Floats]:
        """Our names → the gradients of this step, of every parameter that has one."""
        own = {at: np.asarray(one.cpu().double().numpy()) for at, one in self._gradients.items()}
        found = self._named([own.get(at, np.zeros(shape)) for at, shape in enumerate(self._shapes)])
        known = self._named([np.full(shape, float(at in own)) for at, shape in enumerate(self._shapes)])
        return {name: array for name, array in found.items() if known[name].all()}

    def _named(self, arrays: Sequence[NDArray[Any]]) -> dict[str, Floats]:
        """Kernel, recurrent kernel and bias by our names; of the two biases of a GRU the second only where apart."""
        given = [np.array(array) for array in arrays]
        if len(given) == 3 and given[2].ndim == 2:
            given[2][1, : 2 * given[2].shape[1] // 3] = 0.0
        return dict(from_keras(given, activation=self._network.activation_name).parameters)
