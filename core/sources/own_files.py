"""Networks in files of our own: what `core.save_network` and the exports of this program write, read back whole.

The arrays have our own names, and a text in JSON says the cell, φ, g and the cell's constants: `rnn-tui` in the
metadata of a file that `save_network` wrote, `network` in an archive of every array of a trace.
"""

from __future__ import annotations

import json
from typing import Any, Final

from core.network.batch import Batch
from core.network.head_readout import readout_of
from core.network.network import Network, cell_named
from core.network.readout import BIAS, WEIGHTS
from core.numerics.frozen import FrozenMapping
from core.sources.arrays import Arrays
from core.sources.candidate import Candidate
from core.sources.facts import CONFIRMED, Fact
from core.sources.surroundings import Head

KEY: Final = "rnn-tui"
SAVED: Final = "saved"
"""The key of what an archive of every array says of its trace in JSON, see `core.sources.saved_trace`"""
FORMAT: Final = 1
"""The version of what stands under the key: raised when it changes its meaning"""


def described(network: Network) -> str:
    """What the arrays do not tell of a network, as JSON."""
    return json.dumps(
        {
            "format": FORMAT,
            "cell": network.cell_name,
            "activation": network.activation_name,
            "readout": network.readout_name,
            "leak": network.leak,
            "constants": dict(network.constants),
            "parameters": list(network.parameters),
        }
    )


def candidate(arrays: Arrays) -> Candidate | None:
    """The network of a file of our own; None where it is another's.

    Raises:
        ValueError: it is one of ours and damaged, or of a later version.
    """
    text = arrays.metadata.get(KEY) or arrays.metadata.get("network")
    told = loaded(text) if text else None
    if told is None or "cell" not in told:
        return None
    return candidate_of("network", _network(arrays, told), _batch(arrays))


def candidate_of(name: str, network: Network, batch: Batch | None = None) -> Candidate:
    """A network that a file has whole, and what it ran over, if the file has that too."""
    facts = [Fact(what, value, CONFIRMED, "the file") for what, value in _told(network).items()]
    return Candidate(name, (), tuple(facts), None, _heads(network), FrozenMapping({}), network, batch)


def _told(network: Network) -> dict[str, str]:
    """What a file of ours tells of its network: fact → value."""
    told = {
        "cell": network.cell_name,
        "layers": str(len(network.cell.stack)),
        "units": str(network.hidden_size),
        "inputs": str(network.input_size),
        "activation": network.activation_name,
        "numbers": "float64",
        **({"leak": f"{network.leak:g}"} if network.leak != 1.0 else {}),
        **{name.replace("_", " "): f"{value:g}" for name, value in network.constants.items()},
    }
    for head in _heads(network):
        told["read-out"] = f"{head.name} ({head.outputs} output{'' if head.outputs == 1 else 's'})"
    return {**told, "g": network.readout_name, "loss": network.readout.loss_name}


def _heads(network: Network) -> tuple[Head, ...]:
    """The read-out of a network, as one of a file; none without one."""
    if not network.readout.uses:
        return ()
    arrays = network.parameters
    return (Head(WEIGHTS, (WEIGHTS, BIAS), arrays[WEIGHTS], arrays[BIAS], network.readout.g),)


def _batch(arrays: Arrays) -> Batch | None:
    """What the network ran over, where the file is an archive of every array of a trace, whole."""
    every = {**arrays.arrays, **arrays.others}
    if not {"inputs", "targets", "scored"} <= every.keys():
        return None
    whole = "whole_" if "whole_inputs" in every else ""
    told = loaded(arrays.metadata.get(SAVED, "")) or {}
    scored = every.get("examples_scored", every["scored"]) if not whole else every.get("whole_scored")
    weights = every.get("whole_weights" if whole else "loss_weights")
    start = every.get("given_initial_state", every.get("initial_state")) if told.get("initial_state", True) else None
    inputs, targets = every[f"{whole}inputs"], every.get(f"{whole}targets")
    if targets is None or scored is None:
        raise ValueError("it lacks the targets of the trace that it describes")
    return Batch(
        inputs,
        targets,
        scored,
        start,
        weights,
        str(told.get("probe_of", "")),
        input_names=_names(told.get("input_names")),
        target_names=_names(told.get("target_names")),
    )


def _names(told: object) -> tuple[str, ...]:
    """Names as a file tells them; none where it tells something else."""
    return tuple(map(str, told)) if isinstance(told, list) else ()


def loaded(text: str) -> dict[str, Any] | None:
    """What a text in JSON says by name; None where it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _known(cell: object) -> bool:
    """Whether a cell of this name can be made here: one, layers of several, or two directions."""
    try:
        return isinstance(cell, str) and bool(cell_named(cell))
    except ValueError:
        return False


def _known_readout(name: object) -> bool:
    """Whether there is a read-out of this name."""
    try:
        return isinstance(name, str) and bool(readout_of(name))
    except ValueError:
        return False


def _network(arrays: Arrays, told: dict[str, Any]) -> Network:
    if told.get("format", FORMAT) != FORMAT:
        raise ValueError("it is from a later version of rnn-tui; update the program")
    cell, g, leak = told.get("cell"), told.get("readout", "none"), told.get("leak", 1.0)
    constants = told.get("constants", {})
    if (
        not _known(cell)
        or not _known_readout(g)
        or not isinstance(leak, int | float)
        or not isinstance(constants, dict)
    ):
        raise ValueError(f"it is from a version of rnn-tui with the cell {cell!r} and the read-out {g!r}, unknown here")
    names = told.get("parameters")
    if not isinstance(names, list):
        names = [*cell_named(str(cell)).uses(), *readout_of(str(g)).uses]
    missing = [str(name) for name in names if str(name) not in arrays.arrays]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing[:6])} of the network that it describes")
    parameters = {str(name): arrays.arrays[str(name)] for name in names}
    return Network(str(cell), parameters, str(told.get("activation", "tanh")), str(g), float(leak), constants)
