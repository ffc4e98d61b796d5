"""Pickles, read without running anything: a machine of our own that knows the operations, and no code.

A pickle is a program that may name any function and call it. Here a name is only a name (`Global`). A few of them,
those that `torch.save` and NumPy write for their arrays, stand for functions of our own; a call of any other gives a
`Record`, which keeps what the call was given and the state that is set, and does nothing. So a whole pickled module
can be read through its state, and what a malicious file names is never looked up.

Every operation costs memory of at most a hundred bytes, and there is a limit to their number; keys of dicts
are plain values, so that nothing nested is ever hashed. The operations are described in Python's `pickletools`.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

MOST_OPERATIONS: Final = 1_000_000
"""More than the pickle of any network has: its numbers stand outside of it"""


class Global(NamedTuple):
    """The name of a class or function, which is nothing but a name here."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Record:
    """What is left of an object: which class or function would have made it, from what, and its state."""

    made_by: object
    arguments: object = ()
    state: object = None
    items: dict[object, object] = field(default_factory=dict)
    """What was put into it as into a dict or a list"""


Calls = Mapping[Global, Callable[..., object]]
"""The names that stand for functions of our own, pure ones: of the arguments that the pickle gives"""

_MARK: Final = object()
_PLAIN: Final = (str, int, float, bytes, bool, type(None))
_PUSHED: Final = frozenset(
    (
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    )
)
_CONSTANTS: Final = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: Final[Mapping[str, Callable[[], object]]] = {
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,
}
_TUPLES: Final = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def unpickled(data: bytes, calls: Calls, persistent: Callable[[object], object], start: int = 0) -> tuple[object, int]:
    """The value that a pickle describes, and where in `data` it ends.

    Args:
        data: The file that it stands in.
        calls: What may be called: everything else becomes a `Record`.
        persistent: Gives what a persistent id stands for, such as PyTorch's storages.
        start: Where in `data` it begins.

    Raises:
        ValueError: it is cut off, uses its stack wrongly or is longer than any network's.
    """
    file = io.BytesIO(data)
    file.seek(start)
    machine = _Machine(calls, persistent)
    try:
        for number, (operation, argument, _) in enumerate(pickletools.genops(file)):
            if number >= MOST_OPERATIONS:
                raise ValueError(f"it has more than {MOST_OPERATIONS:,} operations, as no network has")
            machine.do(operation.name, argument)
    except (IndexError, KeyError, TypeError, AttributeError, OverflowError, EOFError, UnicodeError) as error:
        raise ValueError(f"its pickle is damaged ({type(error).__name__})") from None
    return machine.stack.pop() if machine.stack else None, file.tell()


class _Machine:
    """A stack, a memo, and one method for each kind of operation."""

    def __init__(self, calls: Calls, persistent: Callable[[object], object]) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self._calls, self._persistent = calls, persistent

    def do(self, name: str, argument: Any) -> None:
        """Do one operation on the stack and the memo."""
        if name in _PUSHED:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            self.stack.append(_EMPTY[name]())
        elif name in _TUPLES:
            self.stack.append(tuple(self._popped(_TUPLES[name])))
        else:
            try:
                method = _METHODS[name]
            except KeyError:
                raise ValueError(f"its pickle asks for {name}, which no file of a network has") from None
            method(self, argument)

    def _popped(self, count: int) -> list[Any]:
        if count > len(self.stack):
            raise ValueError("its pickle takes more from its stack than there is")
        found = self.stack[-count:]
        del self.stack[-count:]
        if any(one is _MARK for one in found):
            raise ValueError("its pickle takes more from its stack than there is")
        return found

    def _to_mark(self) -> list[Any]:
        found: list[Any] = []
        while (one := self.stack.pop()) is not _MARK:
            found.append(one)
        return found[::-1]

    def mark(self, _: Any) -> None:
        self.stack.append(_MARK)

    def nothing(self, _: Any) -> None:
        """Neither the protocol, nor where a frame ends, nor the end itself changes the value."""

    def pop(self, _: Any) -> None:
        self.stack.pop()

    def pop_mark(self, _: Any) -> None:
        self._to_mark()

    def dup(self, _: Any) -> None:
        self.stack.append(self.stack[-1])

    def sequence(self, _: Any) -> None:
        self.stack.append(self._to_mark())

    def tuple(self, _: Any) -> None:
        self.stack.append(tuple(self._to_mark()))

    def dict(self, _: Any) -> None:
        items = self._to_mark()
        self.stack.append({})
        self._set(items)

    def append(self, _: Any) -> None:
        self._extend(self._popped(1))

    def appends(self, _: Any) -> None:
        self._extend(self._to_mark())

    def set_item(self, _: Any) -> None:
        self._set(self._popped(2))

    def set_items(self, _: Any) -> None:
        self._set(self._to_mark())

    def global_(self, argument: Any) -> None:
        module, _, name = argument.partition(" ")
        self.stack.append(Global(module, name))

    def stack_global(self, _: Any) -> None:
        module, name = self._popped(2)
        self.stack.append(Global(str(module), str(name)))

    def reduce(self, _: Any) -> None:
        made_by, arguments = self._popped(2)
        self.stack.append(self._called(made_by, arguments))

    def new_object(self, _: Any) -> None:
        made_by, arguments = self._popped(2)
        self.stack.append(self._called(made_by, arguments))

    def new_object_ex(self, _: Any) -> None:
        made_by, arguments, named = self._popped(3)
        self.stack.append(Record(made_by, (arguments, named)))

    def instance(self, argument: Any) -> None:
        module, _, name = argument.partition(" ")
        self.stack.append(Record(Global(module, name), tuple(self._to_mark())))

    def object(self, _: Any) -> None:
        made_by, *arguments = self._to_mark()
        self.stack.append(Record(made_by, tuple(arguments)))

    def build(self, _: Any) -> None:
        state = self._popped(1)[0]
        target = self.stack[-1]
        if hasattr(target, "built"):
            self.stack[-1] = target.built(state)
        elif isinstance(target, Record):
            target.state = state

    def put(self, argument: Any) -> None:
        self.memo[int(argument)] = self.stack[-1]

    def memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, argument: Any) -> None:
        self.stack.append(self.memo[int(argument)])

    def persistent(self, argument: Any) -> None:
        self.stack.append(self._persistent(argument))

    def binary_persistent(self, _: Any) -> None:
        self.stack.append(self._persistent(self._popped(1)[0]))

    def _called(self, made_by: Any, arguments: Any) -> Any:
        if isinstance(made_by, Global) and made_by in self._calls and isinstance(arguments, tuple):
            return self._calls[made_by](*arguments)
        return Record(made_by, arguments)

    def _extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(items)

    def _set(self, items: list[Any]) -> None:
        target = self.stack[-1]
        into = target.items if isinstance(target, Record) else target
        if not isinstance(into, dict):
            raise ValueError("its pickle puts items into what holds none")
        for key, value in zip(items[::2], items[1::2], strict=True):
            into[key if isinstance(key, _PLAIN) else f"{type(key).__name__} {len(into)}"] = value


_METHODS: Final[Mapping[str, Callable[[_Machine, Any], None]]] = {
    **dict.fromkeys(("PROTO", "FRAME", "STOP", "READONLY_BUFFER"), _Machine.nothing),
    "MARK": _Machine.mark,
    "POP": _Machine.pop,
    "POP_MARK": _Machine.pop_mark,
    "DUP": _Machine.dup,
    "LIST": _Machine.sequence,
    "FROZENSET": _Machine.sequence,
    "TUPLE": _Machine.tuple,
    "DICT": _Machine.dict,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "ADDITEMS": _Machine.appends,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "GLOBAL": _Machine.global_,
    "STACK_GLOBAL": _Machine.stack_global,
    "REDUCE": _Machine.reduce,
    "NEWOBJ": _Machine.new_object,
    "NEWOBJ_EX": _Machine.new_object_ex,
    "INST": _Machine.instance,
    "OBJ": _Machine.object,
    "BUILD": _Machine.build,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    "MEMOIZE": _Machine.memoize,
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "PERSID": _Machine.persistent,
    "BINPERSID": _Machine.binary_persistent,
}
