"""Networks from modules and layers of another library in memory, of which nothing is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.network.network import Network
from core.sources import keras_config
from core.sources.arrays import Arrays, is_number
from core.sources.candidate import Candidate
from core.sources.checkpoint import candidates_in

_PLAIN: Final = (str, int, float, bool)
_MODULE_SETTINGS: Final = ("mode", "nonlinearity", "num_layers", "hidden_size", "bidirectional", "proj_size")


def from_torch(given: object, *, part: str | None = None, **how: Any) -> Network:
    """Make the network of a PyTorch module or its state_dict, as `Network.from_torch` says."""
    return _one(candidates_in(torch_arrays(given)), part).network(**how)


def from_keras(given: object, *, part: str | None = None, **how: Any) -> Network:
    """Make the network of a Keras layer, model or weights, as `Network.from_keras` says."""
    return _one(candidates_in(keras_arrays(given)), part).network(**how)


def _one(candidates: Sequence[Candidate], part: str | None) -> Candidate:
    names = ", ".join(candidate.name for candidate in candidates)
    found = [one for one in candidates if part in (None, one.name)]
    if not found:
        raise ValueError(f"there is no recurrent part {part!r}; there is {names}")
    if len(found) > 1:
        raise ValueError(f"there are {len(found)} recurrent parts, {names}; choose one: part={found[0].name!r}")
    return found[0]


def torch_arrays(given: object) -> Arrays:
    """The arrays of a PyTorch module or a state_dict, by name.

    Raises:
        ValueError: it is neither.
    """
    modules: dict[str, dict[str, object]] = {}
    state = given
    if hasattr(given, "state_dict") and hasattr(given, "named_modules"):
        state = given.state_dict()
        for name, module in given.named_modules():
            told = {key: value for key in _MODULE_SETTINGS if isinstance(value := getattr(module, key, None), _PLAIN)}
            modules[name] = {**told, "class": f"{type(module).__module__}.{type(module).__name__}"}
    if not isinstance(state, Mapping):
        kind = type(given).__name__
        raise ValueError(
            f"{kind} was given; give a torch.nn.Module, or its state_dict(), a mapping of names to tensors"
        )
    arrays = {str(name): _array(value, str(name)) for name, value in state.items() if hasattr(value, "shape")}
    kept = {name: array for name, array in arrays.items() if is_number(array.dtype)}
    return Arrays("a PyTorch module" if modules else "a state_dict", "torch", kept, modules)


def keras_arrays(given: object) -> Arrays:
    """The arrays of a Keras layer or model, or the list that `get_weights()` gives of one recurrent layer.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        names = ("kernel", "recurrent_kernel", "bias")
        if not 2 <= len(given) <= 3:
            raise ValueError(f"{len(given)} weights were given; give kernel, recurrent_kernel and bias of one layer")
        arrays = {name: _array(value, name) for name, value in zip(names, given, strict=False)}
        return Arrays("weights of a Keras layer", "keras", arrays)
    weights = getattr(given, "weights", None)
    if weights is None or not hasattr(given, "get_config"):
        kind = type(given).__name__
        raise ValueError(f"{kind} was given; give a Keras layer or model, or the list of its get_weights()")
    config = {"class_name": type(given).__name__, "config": given.get_config()}
    modules = keras_config.modules_of(_plain(config, 0))
    kept = {}
    for weight in weights:
        name = str(getattr(weight, "path", "") or weight.name).removesuffix(":0").replace("/", ".")
        array = _array(weight, name)
        if is_number(array.dtype):
            kept[name] = array
    return Arrays("a Keras layer", "keras", kept, modules, {"keras_version": _version(given)})


def _version(given: object) -> str:
    """`2` for a layer of Keras 2, whose hard sigmoid is another."""
    module = type(given).__module__
    return "2" if module.startswith(("tf_keras", "tensorflow.python.keras")) else "3"


def _plain(value: object, depth: int) -> object:
    """A configuration as nested dicts and lists of single values, as it would stand in a file."""
    if depth > keras_config.DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, depth + 1) for one in value]
    return value


def _array(value: Any, name: str) -> NDArray[Any]:
    """A tensor as an array of its own shape, in float64 where NumPy does not have its type, such as bfloat16."""
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            value = value.double() if value.is_floating_point() else value
        return np.array(value.numpy() if hasattr(value, "numpy") else value)
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        told = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ValueError(f"{name}: {type(value).__name__} was given, which is no array of numbers ({told})") from None
