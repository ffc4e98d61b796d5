"""open_checkpoint(path) → Checkpoint: the recurrent parts of a file, each with what is known of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from core.numerics.frozen import FrozenMapping, FrozenRecord
from core.settings.files import expanded, visible
from core.sources import flax_names, keras_config, keras_names, loose_names, onnx_names, own_files, torch_names
from core.sources.arrays import Arrays, not_finite
from core.sources.candidate import Candidate
from core.sources.chains import chains
from core.sources.formats import read_file
from core.sources.functions import problems_of
from core.sources.gathered import gathered
from core.sources.known import function_facts, inputs_fact, readout_facts, shape_facts
from core.sources.layers import RecurrentLayer
from core.sources.merging import width_of
from core.sources.pooling import pooling_fact
from core.sources.recording_file import recording_of
from core.sources.surroundings import Embedding, answers_another, embedding_before, likeliest, matrices

_OPTIMIZER: Final = re.compile(
    r"(^|[._])(optim\w*|opt_state|exp_avg\w*|momentum_buffer|square_avg|max_exp_avg\w*|slots)([._]|$)", re.IGNORECASE
)
"""Names of what an optimizer keeps for each parameter, which looks like the parameter itself"""

_WRAPPERS: Final = frozenset(
    ("state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "params", "_orig_mod")
)
"""What people and trainers put around a whole network"""


@dataclass(frozen=True, eq=False)
class Checkpoint(FrozenRecord):
    """What a file holds; its candidates are the recurrent parts."""

    path: str
    """The file, as it was given"""
    sha256: str
    """SHA-256 of the bytes of the file, in hexadecimal"""
    format: str
    """What wrote the file, and how"""
    candidates: tuple[Candidate, ...]
    """At least one, in the order of the file"""

    def candidate(self, name: str | None = None) -> Candidate:
        """The recurrent part of this name; without one, the first.

        Raises:
            ValueError: there is none of that name; the message lists those there are.
        """
        found = next((one for one in self.candidates if name in (None, one.name)), None)
        if found is None:
            names = ", ".join(one.name for one in self.candidates)
            raise ValueError(f"{visible(self.path)} has no recurrent part {name!r}; there is {names}")
        return found


def open_checkpoint(path: str | Path) -> Checkpoint:
    """Read a file of another library, or of our own, and find the recurrent parts in it. Nothing in it is ever run.

    Args:
        path: NumPy's .npz and .npy, .safetensors, PyTorch's .pt, .pth and .ckpt (state dicts, whole modules and
            TorchScript), Keras' .keras, .weights.h5 and .h5 (with h5py), .onnx, Flax's msgpack. What stands in the file
            decides, not its name.

    Raises:
        ValueError: it cannot be read, or has no recurrent part: one sentence that says what was found, and what to do.

    Runnable example:

        >>> import core, tempfile, pathlib
        >>> network = core.make_network(core.Experiment(cell="gru", hidden_size=4))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder) / "network.safetensors"
        ...     core.save_network(network, path)
        ...     checkpoint = core.open_checkpoint(path)
        >>> (candidate,) = checkpoint.candidates
        >>> candidate.cell, candidate.hidden_size, candidate.network().same_as(network)
        ('gru', 4, True)
    """
    place = expanded(str(path))
    arrays, data = read_file(place)
    try:
        return checkpoint_of(arrays, str(path), hashlib.sha256(data).hexdigest())
    except ValueError as error:
        raise ValueError(f"{visible(place)}: {' '.join(str(error).split())}") from None


def checkpoint_of(arrays: Arrays, path: str, sha256: str) -> Checkpoint:
    """A file of which the arrays are read.

    Raises:
        ValueError: it has no recurrent part; the message says what there is, without the path.
    """
    candidates = tuple(replace(one, file=path) for one in candidates_in(arrays))
    return Checkpoint(path, sha256, arrays.format, candidates)


def candidates_in(arrays: Arrays) -> tuple[Candidate, ...]:
    """The recurrent parts among the arrays of a file.

    Raises:
        ValueError: there are none; the message says what there is.
    """
    own = own_files.candidate(arrays)
    if own is not None:
        return (own,)
    recording = recording_of(arrays)
    if recording is not None:
        return tuple(own_files.candidate_of(name, one.network) for name, one in recording.modules.items())
    kept = {name: array for name, array in arrays.arrays.items() if not _OPTIMIZER.search(name)}
    arrays = _unwrapped(replace(arrays, arrays=kept))
    version = arrays.metadata.get("keras_version", "")
    layers = [replace(layer, version=version) for layer in _layers(arrays)]
    if not layers:
        raise ValueError(_nothing(arrays))
    used = {name for layer in layers for name in layer.names.values()}
    used |= {name for name in arrays.arrays for layer in layers if name.startswith(f"{layer.part}.") and _inner(name)}
    stacks = _stacks(layers)
    tables = [embedding_before(arrays, stack[0][0].part, stack[0][0].input_size) for stack in stacks]
    found = []
    for at, (stack, table) in enumerate(zip(stacks, tables, strict=True)):
        others = {stacks[i][-1][0].part: one for i, one in enumerate(tables) if i != at and one is not None}
        found.append(_candidate(stack, arrays, used, table, others))
    return tuple(found)


def _unwrapped(arrays: Arrays) -> Arrays:
    """Leave the levels out that only hold the whole network: `state_dict.model.rnn` becomes `rnn`."""
    while True:
        first = {name.partition(".")[0] for name in arrays.arrays}
        wrapper = first.pop() if len(first) == 1 else ""
        if wrapper not in _WRAPPERS or f"{wrapper}" in arrays.arrays:
            return arrays
        start = len(wrapper) + 1
        inner = {name[start:]: array for name, array in arrays.arrays.items()}
        told = {name[start:]: one for name, one in arrays.modules.items() if name.startswith(f"{wrapper}.")}
        arrays = replace(arrays, arrays=inner, modules={**arrays.modules, **told})


def named_as_weights(name: str) -> bool:
    """Whether an array has a name that a library gives to the weights of a recurrent layer, and nobody to data."""
    return _inner(name)


def _inner(name: str) -> bool:
    return bool(re.search(r"weight_[ih][ih]|weight_hr|recurrent_kernel|\.[ih][ifgornz]_?\.kernel|\.dense_[ih]\.", name))


def _layers(arrays: Arrays) -> list[RecurrentLayer]:
    """The layers by the names of the library that wrote the file; by those of every other where it has none."""
    finders = {"torch": torch_names, "keras": keras_names, "flax": flax_names, "onnx": onnx_names}
    first = [finders[arrays.library]] if arrays.library else []
    for finder in (*first, *(one for one in finders.values() if one not in first), loose_names):
        layers = finder.find(arrays)
        if layers:
            return layers
    return []


def _nothing(arrays: Arrays) -> str:
    """No recurrent part: what there is instead."""
    names = [f"{name or 'an array'} {array.shape}" for name, array in arrays.arrays.items()]
    if not names:
        return f"it is {arrays.format}, without an array of floats in it; save the weights as floats of 16 bits or more"
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    if any(named_as_weights(name) for name in arrays.arrays):
        return (
            f"it is {arrays.format}, whose arrays have the names of a recurrent layer and no shapes that fit together "
            f"({shown}); of n units, n_x inputs and G gates (1, 3 or 4) the matrices are G n by n_x and G n by n"
        )
    advice = "name the arrays weight_ih_l0, weight_hh_l0, bias_ih_l0 and bias_hh_l0"
    if arrays.library == "onnx":
        advice = (
            "newer exporters dissolve RNN, LSTM and GRU into steps: export with dynamo=False, or give the state_dict"
        )
    return f"it is {arrays.format}, and none of its arrays is a recurrent layer's ({shown}); {advice}"


def _stacks(layers: Sequence[RecurrentLayer]) -> list[list[tuple[RecurrentLayer, ...]]]:
    """Layers of one part from the bottom up, forward before backward; and parts that read one another as one stack."""
    parts: dict[str, dict[int, list[RecurrentLayer]]] = {}
    for layer in layers:
        parts.setdefault(layer.part, {}).setdefault(layer.index, []).append(layer)
    stacks = {
        part: [tuple(sorted(by_index[at], key=lambda one: one.backward)) for at in sorted(by_index)]
        for part, by_index in parts.items()
    }
    below = {part: stack[0][0].reads for part, stack in stacks.items()}
    below = {part: one for part, one in below.items() if one in stacks and _stands_on(stacks[part], stacks[one])}
    below = {part: one for part, one in below.items() if list(below.values()).count(one) == 1}
    found = []
    for part in (part for part in stacks if part not in below.values()):
        chain = [part]
        while (one := below.get(chain[-1])) is not None and one not in chain:
            chain.append(one)
        found.append([layer for name in reversed(chain) for layer in stacks[name]])
    return found


def _stands_on(above: list[tuple[RecurrentLayer, ...]], below: list[tuple[RecurrentLayer, ...]]) -> bool:
    width = width_of(below[-1])
    return above[0][0].input_size == width and above[0][0].cell == below[0][0].cell


def _candidate(
    stack: list[tuple[RecurrentLayer, ...]],
    arrays: Arrays,
    used: set[str],
    embedding: Embedding | None,
    others: Mapping[str, Embedding],
) -> Candidate:
    """A recurrent part, with the table before it, and those of the other parts by the names of these."""
    first, last = stack[0][0], stack[-1][0]
    width = width_of(stack[-1])
    if embedding is not None and first.reads and not first.reads_guessed and first.reads not in embedding.name:
        embedding = None  # another table that happens to be as wide as what the file says that it reads
    heads = likeliest(tuple(matrices(arrays, used, width)), last.part, width)
    merged = {head.name: said for head in heads if (said := keras_config.merged_before(arrays.modules, head.name))}
    merged |= {head.name: said for head in heads if (said := answers_another(head, embedding, others))}
    heads = tuple(head for head in heads if head.name not in merged)
    heads = (*chains(heads, arrays, last.part, used), *heads)
    together = None if heads or merged else gathered(stack, embedding, arrays, used)
    problems = {
        number: tuple(dict.fromkeys(said for one in each for said in problems_of(one)))
        for number, each in enumerate(stack, start=1)
    }
    if embedding is not None and (said := not_finite(embedding.name, embedding.array)):
        problems[1] = (*problems[1], said)
    facts = [*shape_facts(stack, arrays.format), *function_facts(stack)]
    facts += [
        inputs_fact(first, embedding),
        *readout_facts(heads, width, merged, together),
        *pooling_fact(stack[-1], heads, arrays),
    ]
    named = last.part if len({one.part for each in stack for one in each}) == 1 else f"{first.part} … {last.part}"
    refused = FrozenMapping({number: said for number, said in problems.items() if said})
    return Candidate(named, tuple(stack), tuple(facts), embedding, heads, refused, gathered=together)
