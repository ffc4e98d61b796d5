"""What is kept of a call of a recurrent module while the model runs, and the gradients that come back to it.

Outputs are handed on as copies. What the rest of the model does with a copy leaves a gradient at it; the state that
comes back into the module is exchanged for the original before the module reads it, so that no recurrent path leads
through the copy. The gradient at a copy is the head's and nothing else's, and values and gradients of the model are the
same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Tensor: TypeAlias = Any
"""torch.Tensor, which this package does not import by itself"""

MOST_NODES: Final = 20_000
"""Operations of autograd that are looked at to find out what a state was made of"""


@dataclass(eq=False)
class Call:
    """One call of a module."""

    inputs: Tensor
    """As they were given; of a packed sequence its data"""
    packing: tuple[Tensor, Tensor, Tensor] | None
    """batch_sizes, sorted_indices and unsorted_indices of a packed sequence"""
    start: tuple[Tensor, ...] | None
    """The initial state, h or h and c; None for zeros"""
    follows: Call | None
    """The call whose state this one goes on from"""
    made_of_earlier: bool
    """Whether its initial state was made of what an earlier call returned, by something in between"""
    precision: str
    """The arithmetic in which it was computed: float32"""
    gradients: dict[str, Tensor] = field(default_factory=dict)
    """output, h, c → the gradient that the rest of the model left there"""

    def receive(self, what: str, gradient: Tensor) -> None:
        """Add a gradient that came back."""
        kept = gradient.detach()
        self.gradients[what] = self.gradients[what] + kept if what in self.gradients else kept.clone()


@dataclass(eq=False)
class _Handed:
    """A tensor that was handed on, and the original that it is a copy of."""

    copy: Tensor
    original: Tensor
    version: int
    call: Call
    what: str

    @property
    def unchanged(self) -> bool:
        """Whether nobody has written into it."""
        return bool(self.copy._version == self.version)


class Watch:
    """Keeps the calls of one module, by hooks that are taken off again."""

    def __init__(self, name: str, module: Any, tell: Any) -> None:
        """Begin to watch a module.

        Args:
            name: What it is called.
            module: A recurrent module or cell.
            tell: Called with the module before its first call, while its weights are still those of the step.
        """
        self.name, self.module, self.calls = name, module, list[Call]()
        self.is_cell = not hasattr(module, "num_layers")
        self.batch_first = bool(getattr(module, "batch_first", False))
        self._tell = tell
        self._handed: dict[int, _Handed] = {}
        self._pending: tuple[Call | None, bool] = (None, False)
        self._hooks = [
            module.register_forward_pre_hook(self._before, with_kwargs=True),
            module.register_forward_hook(self._after, with_kwargs=True),
        ]

    def remove(self) -> None:
        """Leave the module as it was."""
        for hook in self._hooks:
            hook.remove()
        self._handed.clear()

    def _before(self, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        self._tell(self)
        given, state = _given(args, kwargs)
        self._pending = None, False
        if state is None:
            return None
        parts = state if isinstance(state, tuple | list) else (state,)
        handed = [self._handed.get(id(part)) for part in parts]
        before = self._goes_on(given, handed)
        if before is None:
            self._pending = None, any(handed) or self._made_of_earlier(parts)
            return None
        originals = tuple(one.original for one in handed if one is not None)
        self._pending = before, False
        exchanged = originals if isinstance(state, tuple | list) else originals[0]
        if len(args) > 1:
            return (args[0], exchanged, *args[2:]), kwargs
        return args, {**kwargs, "hx": exchanged}

    def _goes_on(self, given: Any, handed: list[_Handed | None]) -> Call | None:
        """The call that a state comes from, if it comes from it whole and its steps are all those before this one."""
        found = [one for one in handed if one is not None and one.unchanged]
        if len(found) != len(handed) or not found or any(one.call is not found[0].call for one in found):
            return None
        if [one.what for one in found] != ["h", "c"][: len(found)]:
            return None
        both_ways = getattr(self.module, "bidirectional", False)
        packed = hasattr(given, "batch_sizes") or found[0].call.packing is not None
        return None if both_ways or packed else found[0].call

    def _made_of_earlier(self, parts: Any) -> bool:
        """Whether a state was made of what an earlier call handed on, by something in between."""
        ours = {one.copy.grad_fn for one in self._handed.values()}
        stack = [part.grad_fn for part in parts if getattr(part, "grad_fn", None) is not None]
        seen: set[Any] = set()
        while ours and stack and len(seen) < MOST_NODES:
            node = stack.pop()
            if node in ours:
                return True
            if node not in seen:
                seen.add(node)
                stack += [one for one, _ in node.next_functions if one is not None]
        return False

    def _after(self, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], returned: Any) -> Any:
        given, state = _given(args, kwargs)
        output: Any
        output, hidden = (None, returned) if self.is_cell else returned
        if not any(one.requires_grad for one in _tensors(output, hidden)):
            return None
        follows, made_of_earlier = self._pending
        packing = None
        if hasattr(given, "batch_sizes"):
            packing = given.batch_sizes, given.sorted_indices, given.unsorted_indices
        start = None
        if follows is None and state is not None:
            start = tuple(one.detach().clone() for one in (state if isinstance(state, tuple | list) else (state,)))
        data = given if packing is None else given.data
        precision = _precision(next(_tensors(output, hidden)))
        call = Call(data.detach().clone(), packing, start, follows, made_of_earlier, precision)
        self.calls.append(call)
        parts = hidden if isinstance(hidden, tuple) else (hidden,)
        copies = tuple(self._hand_on(call, what, part) for what, part in zip(("h", "c"), parts, strict=False))
        again = copies if isinstance(hidden, tuple) else copies[0]
        if self.is_cell:
            return again
        if packing is None:
            return self._hand_on(call, "output", output), again
        return output._replace(data=self._hand_on(call, "output", output.data)), again

    def _hand_on(self, call: Call, what: str, tensor: Tensor) -> Tensor:
        if not tensor.requires_grad:
            return tensor
        copy = tensor.clone()
        copy.register_hook(lambda gradient: call.receive(what, gradient))
        self._handed[id(copy)] = _Handed(copy, tensor, copy._version, call, what)
        return copy


def _given(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, Any]:
    """What a module was called with: its input and its initial state."""
    given = args[0] if args else kwargs.get("input")
    return given, args[1] if len(args) > 1 else kwargs.get("hx")


def _precision(output: Tensor) -> str:
    """The arithmetic of an output: that of autocast, where this is on, whatever type the output has then."""
    import torch

    kind = output.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else output.dtype
    return str(dtype).removeprefix("torch.")


def _tensors(output: Any, hidden: Any) -> Iterator[Tensor]:
    if output is not None:
        yield output.data if hasattr(output, "batch_sizes") else output
    yield from hidden if isinstance(hidden, tuple) else (hidden,)
