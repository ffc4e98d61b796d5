"""Values that do not change, and that leave the process: pickled, sent to another one, copied deeply."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import fields
from typing import Any, Self, TypeVar

import numpy as np

K = TypeVar("K")
V = TypeVar("V")


class FrozenMapping(Mapping[K, V]):
    """A mapping that cannot be written to; unlike `types.MappingProxyType` it can be pickled.

    Runnable example:

        >>> FrozenMapping({"a": 1})["a"]
        1
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    # What `Mapping` makes of the three above asks for every item by itself: a training step would do so 60 times.

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def keys(self) -> KeysView[K]:
        """The keys, as a dict has them: read-only, in order."""
        return self._items.keys()

    def values(self) -> ValuesView[V]:
        """The values, in the order of the keys."""
        return self._items.values()

    def items(self) -> ItemsView[K, V]:
        """Key and value, in order."""
        return self._items.items()

    def __repr__(self) -> str:
        return f"FrozenMapping({self._items!r})"

    def __copy__(self) -> FrozenMapping[K, V]:
        """The mapping itself, which does not change: a shallow copy would make read-only what others hold too."""
        return self

    def __reduce__(self) -> tuple[Callable[[dict[K, V]], FrozenMapping[K, V]], tuple[dict[K, V]]]:
        return _rebuilt, (self._items,)


class FrozenRecord:
    """A frozen dataclass that leaves the process: its fields travel, what it has cached does not.

    NumPy forgets on the way that an array was read-only; here it is so again.
    """

    def __copy__(self) -> Self:
        """The record itself, which does not change: a shallow copy would make read-only what others hold too."""
        return self

    def __getstate__(self) -> dict[str, Any]:
        """The fields, without what is cached."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    def __setstate__(self, state: dict[str, Any]) -> None:
        """The fields, arrays among them read-only."""
        self.__dict__.update(_read_only(state))


def _read_only(items: dict[K, V]) -> dict[K, V]:
    """Give the items back once arrays among them, or in tuples among them, can no longer be written to."""
    for item in items.values():
        for one in item if isinstance(item, tuple) else (item,):
            if isinstance(one, np.ndarray):
                one.flags.writeable = False
    return items


def _rebuilt(items: dict[K, V]) -> FrozenMapping[K, V]:
    return FrozenMapping(_read_only(items))
