"""Dropout between the layers of a module, which PyTorch draws where nobody sees it: the layers one by one.

While a step is recorded, a module that drops numbers between its layers runs as its layers, each a module of one layer
with the same weights, and the masks are drawn in the same order and shape as in PyTorch: on a CPU, from the same seed,
they are the same. What a layer reads is recorded behind the mask.
"""

from __future__ import annotations

from typing import Any


class LayerByLayer:
    """Stands in the place of a module's `forward` while a step is recorded."""

    def __init__(self, name: str, module: Any) -> None:
        """Make a module of each layer.

        Raises:
            ValueError: if the weights are made of others, so that the layers cannot have the same.
        """
        self.module = module
        self.layers = [_layer(name, module, at) for at in range(module.num_layers)]
        self.names = [f"{name} layer {at + 1}" for at in range(module.num_layers)]
        self._joined: dict[int, tuple[Any, list[Any]]] = {}
        self._had = module.__dict__.get("forward")
        module.__dict__["forward"] = self

    def remove(self) -> None:
        """Give the module its own `forward` back."""
        if self._had is None:
            del self.module.__dict__["forward"]
        else:
            self.module.__dict__["forward"] = self._had
        self._joined.clear()

    def __call__(self, input: Any, hx: Any = None) -> Any:
        """What the module's own `forward` returns, layer by layer."""
        states, reads, output = self._by_layer(hx), input, None
        kept = []
        for at, layer in enumerate(self.layers):
            output, state = layer(reads, states[at])
            kept.append(state)
            if at + 1 < len(self.layers):
                reads = self._dropped(output)
        if self.module.mode != "LSTM":
            return output, self._join(kept)
        return output, tuple(self._join([state[which] for state in kept]) for which in (0, 1))

    def _dropped(self, output: Any) -> Any:
        from torch.nn.functional import dropout

        if hasattr(output, "batch_sizes"):
            return output._replace(data=dropout(output.data, self.module.dropout, training=True))
        return dropout(output, self.module.dropout, training=True)

    def _join(self, states: list[Any]) -> Any:
        import torch

        whole = torch.cat(states)
        self._joined[id(whole)] = whole, states
        return whole

    def _by_layer(self, hx: Any) -> list[Any]:
        """The initial state of every layer; what came from here as it was, so that it is known again."""
        if hx is None:
            return [None] * len(self.layers)
        if self.module.mode != "LSTM":
            return self._split(hx)
        return list(zip(self._split(hx[0]), self._split(hx[1]), strict=True))

    def _split(self, state: Any) -> list[Any]:
        if id(state) in self._joined:
            return self._joined[id(state)][1]
        return list(state.split(2 if self.module.bidirectional else 1))


def _layer(name: str, module: Any, at: int) -> Any:
    """The module of one layer that a module has in this place, with the same weights."""
    import torch

    directions = 2 if module.bidirectional else 1
    shown = module.proj_size or module.hidden_size
    kind = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}.get(module.mode, torch.nn.RNN)
    more: dict[str, Any] = {"proj_size": module.proj_size} if module.proj_size else {}
    if kind is torch.nn.RNN:
        more["nonlinearity"] = module.nonlinearity
    reads = module.input_size if at == 0 else shown * directions
    layer = kind(
        reads,
        module.hidden_size,
        bias=module.bias,
        batch_first=module.batch_first,
        bidirectional=module.bidirectional,
        device="meta",
        **more,
    )
    for own in list(layer._parameters):
        theirs = getattr(module, own.replace("_l0", f"_l{at}"))
        if not isinstance(theirs, torch.nn.Parameter):
            raise ValueError(
                f"{name} drops numbers between its layers, and its weights are made of others, as by weight_norm: both "
                "together cannot be recorded; record a step with dropout=0"
            )
        setattr(layer, own, theirs)
    return layer.train(module.training)
