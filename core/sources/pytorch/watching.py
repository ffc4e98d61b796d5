"""What watches all recurrent modules of a model during a step."""

from __future__ import annotations

from typing import Any

from core.sources.pytorch.between import LayerByLayer
from core.sources.pytorch.calls import Watch
from core.sources.pytorch.keras_layers import KerasWatch, KerasWeights, layers_of
from core.sources.pytorch.sequences import sequences_of
from core.sources.pytorch.weights import Weights
from core.sources.recording import EPSILONS, RecordedModule, RecordedSequence


class Watching:
    """Hooks on every recurrent module of a model, and what they have kept."""

    def __init__(self, model: Any) -> None:
        """Begin to watch.

        Raises:
            ValueError: if there is nothing to watch, or the model is compiled.
        """
        _refuse(model)
        self._layered: list[LayerByLayer] = []
        self._watches: list[Watch | KerasWatch] = []
        self._weights: dict[str, Weights | KerasWeights] = {}
        try:
            for name, module in _recurrent(model):
                if not _drops_between(module):
                    self._watch(name, module)
                    continue
                layered = LayerByLayer(name, module)
                self._layered.append(layered)
                for own, layer in zip(layered.names, layered.layers, strict=True):
                    self._watch(own, layer)
            for name, layer in layers_of(model):
                self._watches.append(KerasWatch(name, layer, self._before_first))
        except BaseException:
            self.remove()
            raise

    def _watch(self, name: str, module: Any) -> None:
        self._watches.append(Watch(name, module, self._before_first))

    def _before_first(self, watch: Watch | KerasWatch) -> None:
        import torch

        if watch.name not in self._weights and torch.is_grad_enabled():
            kind = KerasWeights if isinstance(watch, KerasWatch) else Weights
            self._weights[watch.name] = kind(watch.module)

    def remove(self) -> None:
        """Leave the model as it was."""
        for watched in self._watches:
            watched.remove()
        for layered in self._layered:
            layered.remove()
        for weights in self._weights.values():
            weights.remove()

    def check(self) -> None:
        """Whether there is something to tell of.

        Raises:
            ValueError: if there is not; one sentence that says why and what to do.
        """
        called = [watch for watch in self._watches if watch.calls]
        if not called:
            names = ", ".join(watch.name for watch in self._watches)
            raise ValueError(
                f"no recurrent module ran with gradients while the step was recorded, of {names}; run the model on a "
                "batch inside the with block, and not under torch.no_grad()"
            )
        if not any(call.gradients for watch in called for call in watch.calls):
            names = ", ".join(watch.name for watch in called)
            raise ValueError(
                f"{names} ran, and no gradient came back: call loss.backward() inside the with block of the step, for "
                "a loss that depends on what came out"
            )

    def found(self) -> tuple[dict[str, RecordedModule], dict[str, RecordedSequence], str]:
        """The modules and what they ran over, as far as a gradient came back; and the library with its version.

        Raises:
            ValueError: as `check` and `sequences_of`.
        """
        import torch

        self.check()
        modules: dict[str, RecordedModule] = {}
        sequences: dict[str, RecordedSequence] = {}
        for watch in self._watches:
            if not watch.calls:
                continue
            weights = self._weights[watch.name]
            network = weights.network()
            own = sequences_of(watch, network)
            if own:
                precision = _coarsest(watch, weights)
                # Under float16 the loss is scaled, and whoever unscales it shortens the gradient as clipping does.
                kept = None if precision == "float16" else weights.kept
                modules[watch.name] = RecordedModule(network, weights.gradients(), precision, kept)
                sequences |= own
        return modules, sequences, f"PyTorch {torch.__version__}"


def _coarsest(watch: Watch | KerasWatch, weights: Weights | KerasWeights) -> str:
    """The coarsest arithmetic among the weights' and the outputs'."""
    kinds = [weights.precision, *(call.precision for call in watch.calls)]
    return max((kind for kind in kinds if kind in EPSILONS), key=lambda kind: EPSILONS[kind], default="float64")


def _recurrent(model: Any) -> list[tuple[str, Any]]:
    """The recurrent modules by name; the model itself by what it is."""
    from torch.nn import RNNBase
    from torch.nn.modules.rnn import RNNCellBase

    every = model.named_modules()
    found = [(name, module) for name, module in every if isinstance(module, RNNBase | RNNCellBase)]
    return [(name or type(module).__name__.removesuffix("Cell").lower(), module) for name, module in found]


def _drops_between(module: Any) -> bool:
    return bool(module.training and getattr(module, "num_layers", 1) > 1 and getattr(module, "dropout", 0.0))


def _refuse(model: Any) -> None:
    import torch

    if not isinstance(model, torch.nn.Module):
        raise ValueError(f"{type(model).__name__} was given; give a torch.nn.Module")
    for name, module in model.named_modules():
        what = name or "the model"
        if hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None:
            raise ValueError(
                f"{what} is compiled, and what runs inside cannot be seen; record the model before torch.compile, its "
                "_orig_mod"
            )
        if isinstance(module, torch.jit.ScriptModule):
            raise ValueError(
                f"{what} is TorchScript, and what runs inside cannot be seen; record the model it was made of"
            )
    if not _recurrent(model) and not layers_of(model):
        raise ValueError(
            "the model has no torch.nn.RNN, GRU, LSTM or cell of these; core.Recording.of takes the arrays of a "
            "recurrent part that is written by hand"
        )
