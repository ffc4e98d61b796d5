"""Read-outs of several layers in a file: which matrix behind a recurrent part is read by which other, and what between.

Weights say which sizes fit, and nothing of the functions between them. What tells more, the surest first:

    Keras' configuration    which layer each one reads, and its activation
    a whole module          the classes of what stands between in a Sequential: ReLU, Dropout
    names                   `fc1` `fc2`, `head.0` `head.2`, `dense` `dense_1`; with 0 and 1 nothing stands between

Where only sizes fit, the second matrix has to be called as a read-out is, and stand behind the first in the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from core.network.activations import ACTIVATIONS
from core.sources.arrays import Arrays
from core.sources.facts import CONFIRMED, INFERRED, UNKNOWN, Fact
from core.sources.keras_config import PASSED
from core.sources.surroundings import Head, common, is_called_a_readout, matrices, path_of, told_of

MOST_HIDDEN: Final = 4
"""Hidden layers of a read-out, at most: more stand in no read-out in use"""

_CLASSES: Final[Mapping[str, str]] = {"ReLU": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid"}
"""PyTorch's class of a function → its name here"""

_NOTHING: Final = ("Dropout", "Identity")
"""How PyTorch's classes begin that change no number of a trained network"""

_KERAS: Final[Mapping[str, str]] = {"linear": "identity", "relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}
"""What Keras calls a function → its name here"""

_ASKED: Final = "weights do not tell it; give between tanh, relu, sigmoid or identity"


def chains(heads: Sequence[Head], arrays: Arrays, part: str, used: Collection[str]) -> tuple[Head, ...]:
    """The read-outs of several layers that begin with one of those that were found, the likeliest first.

    Args:
        heads: Those of one layer, each of which reads the recurrent part.
        arrays: All that stands in the file.
        part: The name of the recurrent part.
        used: Names of arrays that are something else.
    """
    names = list(arrays.arrays)
    behind = max((at for at, name in enumerate(names) if name.startswith(part)), default=-1)
    found = []
    for head in heads:
        chain, told = [head], list[Fact]()
        while len(chain) <= MOST_HIDDEN and (step := _next(chain[-1], arrays, names, behind, used)):
            if step[0].name in (one.name for one in chain):
                break
            chain.append(step[0])
            told.append(step[1])
        if len(chain) > 1:
            hidden = tuple(replace(one, function=fact.value) for one, fact in zip(chain[:-1], told, strict=True))
            name = "+".join(one.name for one in chain)
            found.append(replace(chain[-1], name=name, hidden=hidden, between=tuple(told)))
    return tuple(found)


def _next(
    head: Head, arrays: Arrays, names: Sequence[str], behind: int, used: Collection[str]
) -> tuple[Head, Fact] | None:
    """The layer that reads this one and the function between the two; None where none does."""
    fitting = [
        one for one in matrices(arrays, used, head.outputs) if one.reads == head.outputs and one.name != head.name
    ]
    told = [(one, fact) for one in fitting if (fact := _configured(head, one, arrays)) is not None]
    if told or any("reads" in told_of(arrays, one.names[0]) for one in fitting):
        return told[0] if told else None
    later = [one for one in fitting if names.index(one.names[0]) > names.index(head.names[0])]
    if head.reads == head.outputs and names.index(head.names[0]) < behind:
        return None  # a square matrix that stands before the recurrent part, and makes its inputs as well
    for one in sorted(later, key=lambda one: _number(one.name)):
        if _stem(one.name) == _stem(head.name) and _number(one.name) > _number(head.name):
            fact = _numbered(head, one, arrays)
            if fact is not None:
                return one, fact
    if head.reads == head.outputs:
        return None
    named = [one for one in later if is_called_a_readout(one.name) and _stem(one.name) != _stem(head.name)]
    best = max(named, key=lambda one: common(one.name, head.name), default=None)
    return None if best is None else (best, _beside(head, best, arrays))


def _configured(head: Head, above: Head, arrays: Arrays) -> Fact | None:
    """The function between two layers of Keras of which the configuration says that one reads the other."""
    own, name = told_of(arrays, head.names[0]), f"between {head.name} and {above.name}"
    source, functions = str(told_of(arrays, above.names[0]).get("reads", "")), list[str]()
    called = str(own.get("name", head.name))
    for _ in range(len(arrays.modules)):
        if source == called:
            break
        module = arrays.modules.get(source, {})
        kind = module.get("class")
        if kind not in ("Activation", "ReLU", *PASSED):
            return None
        functions += [str(module.get("activation", "relu"))] if kind not in PASSED else []
        source = str(module.get("reads", ""))
    if source != called:
        return None
    functions = [one for one in (str(own.get("activation", "linear")), *functions) if one != "linear"]
    if len(functions) > 1:
        return Fact(name, " of ".join(functions[::-1]), CONFIRMED, "the configuration")
    said = functions[0] if functions else "linear"
    return Fact(name, _KERAS.get(said, said), CONFIRMED, f"activation of {head.name}")


def _numbered(head: Head, above: Head, arrays: Arrays) -> Fact | None:
    """The function between two layers whose names have numbers; None where something else stands between them."""
    parent, first, last = _stem(head.name), _number(head.name), _number(above.name)
    name = f"between {head.name} and {above.name}"
    if not parent.endswith("."):
        return _beside(head, above, arrays)
    between = [f"{parent}{at}" for at in range(first + 1, last)]
    if any(one.startswith(tuple(f"{place}." for place in between)) for one in arrays.arrays if between):
        return None  # numbers of its own, as those of a layer norm
    classes = [str(arrays.modules[one]["class"]) for one in between if "class" in arrays.modules.get(one, {})]
    kinds = [one.rpartition(".")[2] for one in classes]
    if kinds and len(kinds) == len(between):
        functions = [one for one in kinds if not one.startswith(_NOTHING)]
        if not functions:
            return Fact(name, "identity", CONFIRMED, f"{', '.join(kinds)} between them")
        said = _CLASSES.get(functions[0], functions[0]) if len(functions) == 1 else " then ".join(functions)
        return Fact(name, said, CONFIRMED, f"the class of {between[kinds.index(functions[0])]}")
    if not between:
        return Fact(name, "identity", INFERRED, f"their numbers {first} and {last}, with nothing between")
    return Fact(name, "", UNKNOWN, f"something without weights stands between {first} and {last}; {_ASKED}")


def _beside(head: Head, above: Head, arrays: Arrays) -> Fact:
    """The function between two layers that are called one by one: the only one of their module, where it has one."""
    name, parent = f"between {head.name} and {above.name}", path_of(head.names[0]).rpartition(".")[0]
    found = {
        module: _CLASSES[kind]
        for module, told in arrays.modules.items()
        if module.rpartition(".")[0] == parent and (kind := str(told.get("class", "")).rpartition(".")[2]) in _CLASSES
    }
    if len(found) == 1:
        ((module, function),) = found.items()
        return Fact(name, function, INFERRED, f"{module}, the only function of its module")
    return Fact(name, "", UNKNOWN, _ASKED)


def _stem(name: str) -> str:
    """The name without the number at its end: `fc` of `fc1`, `head.` of `head.2`, `dense` of `dense` and `dense_1`."""
    return re.sub(r"_?\d+$", "", name)


def _number(name: str) -> int:
    found = re.search(r"\d+$", name)
    return int(found[0]) if found and len(found[0]) < 6 else -1


def functions_between(head: Head | None, given: str | None) -> list[str]:
    """φ of each hidden layer of a read-out, the lowest first: as the file says it, or as it was asked for.

    Args:
        head: The read-out.
        given: What was asked for, where the file does not say it: one for all, or one for each with commas between.

    Raises:
        ValueError: one is not known and not given, is none here, or is given and the file says another.
    """
    told = () if head is None else head.between
    name = "" if head is None else head.name
    asked = [] if given is None else given.replace(" ", "").split(",")
    if asked and not told:
        raise ValueError(f"between {given} was asked for, and {name} is one layer, with nothing in between")
    if len(asked) not in (0, 1, len(told)):
        raise ValueError(f"{name} has {len(told)} hidden layers, and between has {len(asked)} functions: {given}")
    asked = asked * len(told) if len(asked) == 1 else asked
    return [_function(fact, asked[at] if asked else None) for at, fact in enumerate(told)]


def _function(fact: Fact, given: str | None) -> str:
    """φ of a hidden layer, as the file says it, or as it was asked for."""
    if given is not None and given not in ACTIVATIONS:
        raise ValueError(f"unknown activation {given!r} in between; known are {', '.join(ACTIVATIONS)}")
    if fact.certainty == CONFIRMED and given not in (None, fact.value):
        raise ValueError(f"{given} was asked for {fact.name}, and the file says {fact.value} ({fact.source})")
    if given is None and not fact.known:
        raise ValueError(f"the function {fact.name} is not known: {fact.source}")
    found = given or fact.value
    if found not in ACTIVATIONS:
        raise ValueError(f"{found} stands {fact.name}, and here there is {', '.join(ACTIVATIONS)}")
    return found
