"""A network of a file on the data of an experiment, with the read-out that fits what they ask for.

What the data ask for decides how many outputs there are, and their loss is the file's where it says one: a read-out
that has as many is taken, the likeliest first. Where none fits, a new one is drawn only if that is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.bptt.truncation import truncates
from core.network.cells import CELLS
from core.network.head_readout import head_readout
from core.network.network import Network
from core.network.readout import READOUTS
from core.numerics.frozen import FrozenRecord
from core.settings.experiment import Experiment, settings
from core.settings.hints import Value
from core.sources.candidate import LOSS_OF, LOSSES, Candidate
from core.sources.driving import NEW, PROBED, Asked, layers_said, with_readout
from core.sources.looking_up import are_ids, reading_ids, rows_said, with_table
from core.sources.pooling import head_said, over_time, scored_by
from core.sources.surroundings import Head, called
from core.tasks import input_size, output_size, readout_name, source_of
from core.tasks.drawn import drawn_readout


class NoLossError(ValueError):
    """The data give no loss to this part of a network as it is in its file, and nobody named a read-out or a loss."""


@dataclass(frozen=True, eq=False)
class OnData(FrozenRecord):
    """A network of a file with a read-out, and the settings that make data for it."""

    network: Network
    experiment: Experiment
    """The data's settings; those of a network say, as far as they can, what this one is, without making it"""
    layer: str
    """Which layers and directions of how many; empty where there is only one"""
    loss: str
    """In words, which read-out and loss there are, and how they are known"""


def on_data(candidate: Candidate, experiment: Experiment, asked: Asked | None = None) -> OnData:
    """A network of a candidate, to be run and trained on the data of an experiment.

    Args:
        candidate: The recurrent part of a file.
        experiment: Its data; its `readout` is how they are asked for where neither file nor `asked` says a loss.
        asked: What the file does not say. `readout` is the name of one of the file's, or `new` for one that is drawn
            with the seed of the experiment.

    Raises:
        NoLossError: (a ValueError) if no read-out of the file fits, or the layer or direction asked for reads no data,
            and neither a read-out nor a loss was named.
        ValueError: if the network reads another number of inputs, the read-out that was named does not fit, or the
            file does not say something that is needed: what was found and what to do, in a sentence.

    Runnable example:

        >>> import core, tempfile, pathlib
        >>> network = core.make_network(core.Experiment(task="adding", hidden_size=4))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     core.save_network(network, pathlib.Path(folder) / "network.npz")
        ...     candidate = core.open_checkpoint(pathlib.Path(folder) / "network.npz").candidate()
        >>> found = on_data(candidate, core.Experiment(task="adding"))
        >>> found.network.same_as(network), found.loss
        (True, 'squared error of the read-out W_y, both from the file')
    """
    asked = asked or Asked()
    _refuse(candidate, asked)
    experiment = reading_ids(candidate, experiment)
    label, inputs = source_of(experiment).label, input_size(experiment)
    looked_up = are_ids(candidate, experiment) and asked.layer in (None, 1)
    if inputs != candidate.input_size and not looked_up:
        made = rows_said(candidate)
        raise ValueError(
            f"{candidate.name} reads {_count(candidate.input_size, 'input')}{made}, and {label} has {inputs}; choose "
            f"data, or columns of them, with {candidate.input_size}"
        )
    over = over_time(candidate.fact("pooling"), asked.pooling)
    if asked.pooling is not None:
        experiment = experiment.replace(scored=scored_by(asked.pooling))
    if asked.readout == NEW:
        return _with_a_new_one(candidate, experiment, asked, looked_up, over)
    head, own = _fitting(candidate, experiment, asked, label)
    if asked.readout is None and any(not fact.known for fact in head.between) and asked.between is None:
        raise _refused(asked)(
            f"the read-out {head.name} has as many outputs as {label} asks for, and "
            + "; ".join(f"the function {fact.name} is not known: {fact.source}" for fact in head.between)
        )
    network = candidate.network(
        layer=asked.layer,
        direction=asked.direction,
        activation=asked.activation,
        gates=asked.gates,
        readout=head.name,
        loss=LOSS_OF[own.readout],
        between=asked.between,
        pooling=asked.pooling,
    )
    told, more = READOUTS[own.readout].loss_name, head_said(network)
    if head.function:
        loss = f"{told} of the read-out {head.name}{more}, both from the file"
    else:
        why = "as asked" if asked.loss else "which is how the data are asked for: the file does not say"
        loss = f"{told}, {why}, of the read-out {head.name}{more} from the file"
    return _made(candidate, own, asked, network, loss, looked_up)


def _made(
    candidate: Candidate, experiment: Experiment, asked: Asked, network: Network, loss: str, looked_up: bool
) -> OnData:
    network = with_table(candidate, network) if looked_up else network
    if any(use.ahead for use in network.uses.values()):
        loss = f"{loss}. One direction runs from the last step to the first, and reads what is asked for before it"
    return OnData(network, _described(experiment, network), layers_said(candidate, asked), loss)


def _refuse(candidate: Candidate, asked: Asked) -> None:
    """What cannot be put on data by itself."""
    refused = _refused(asked)
    if candidate.made is not None:
        candidate.network(layer=asked.layer, direction=asked.direction, activation=asked.activation)
    if asked.layer is None and asked.direction is None and candidate.apart:
        raise refused(candidate.apart)
    if asked.direction == "backward" or any(each[0].backward for each in candidate.stack[:1]):
        possible = "both directions together, or the forward one" if candidate.directions > 1 else "another part"
        raise refused(
            f"{candidate.name} runs from the last step to the first here, and what data ask for goes from the first "
            f"to the last; choose {possible}"
        )
    if asked.layer is not None and asked.layer > 1:
        below = "layer 1 makes" if asked.layer == 2 else f"layers 1 … {asked.layer - 1} make"
        raise refused(
            f"layer {asked.layer} of {candidate.name} reads what {below}, not data; choose layer 1 or the whole network"
        )
    if asked.readout == PROBED:
        raise ValueError("a probe is a gradient at the states, and no loss; name a read-out, or new")


def _refused(asked: Asked) -> type[ValueError]:
    return NoLossError if asked.readout is None and not asked.of_loss else ValueError


def _fitting(candidate: Candidate, experiment: Experiment, asked: Asked, label: str) -> tuple[Head, Experiment]:
    """The likeliest read-out with as many outputs as the data ask for, and the settings that ask for them so."""
    part = (asked.layer or candidate.layers) < candidate.layers or (asked.direction and candidate.directions > 1)
    there = () if part else candidate.readouts
    named = None if asked.readout is None else called(there, asked.readout)
    heads = list(there) if asked.readout is None else [named] if named is not None else []
    if asked.readout is not None and not heads:
        raise ValueError(f"no read-out {asked.readout!r} fits behind {candidate.name}; {_offered(there)}")
    for head in heads:
        g = "" if asked.loss is None else _known(asked.loss)
        if g and head.function not in ("", g):
            raise ValueError(f"loss {asked.loss} was asked for, and the file says {LOSS_OF[head.function]}")
        own = experiment.replace(readout=head.function or g or readout_name(experiment))
        if readout_name(own) == own.readout and output_size(own) == head.outputs:
            return head, own
    own = experiment if asked.loss is None else experiment.replace(readout=_known(asked.loss))
    raise _refused(asked)(
        f"{label} asks for {_asked_for(own)}, and no read-out behind {candidate.name} has that: "
        f"{_offered(heads or there)}; give readout new to draw one"
    )


def _known(loss: str) -> str:
    """The g of a loss."""
    if loss not in LOSSES:
        raise ValueError(f"unknown loss {loss!r}; known are {', '.join(LOSSES)}")
    return LOSSES[loss]


def _asked_for(experiment: Experiment) -> str:
    readout, outputs = READOUTS[readout_name(experiment)], output_size(experiment)
    asked = _count(outputs, "class", "es") if readout.classes else _count(outputs, "output")
    return f"{asked} by {readout.loss_name}"


def _offered(heads: tuple[Head, ...] | list[Head]) -> str:
    found = []
    for head in heads:
        told = f" by {READOUTS[head.function].loss_name}" if head.function else ""
        found.append(f"{head.name} ({_count(head.outputs, 'output')}{told})")
    return f"there is {', '.join(found)}" if found else "there is none"


def _with_a_new_one(candidate: Candidate, experiment: Experiment, asked: Asked, looked_up: bool, over: str) -> OnData:
    own = experiment if asked.loss is None else experiment.replace(readout=_known(asked.loss))
    g = readout_name(own)
    if asked.loss is not None and LOSSES[asked.loss] != g:
        raise ValueError(f"loss {asked.loss} was asked for, and the data ask for {_asked_for(own)}")
    bare = candidate.network(
        layer=asked.layer, direction=asked.direction, activation=asked.activation, gates=asked.gates
    )
    network = with_readout(bare, drawn_readout(own, bare.read_out.width), head_readout(over, (), g).name)
    loss = f"{READOUTS[g].loss_name}; the read-out is new, drawn with seed {own.seed}{head_said(network)}"
    return _made(candidate, own, asked, network, loss, looked_up)


def _described(experiment: Experiment, network: Network) -> Experiment:
    """The settings with those of the network that it has: its units decide how much of the data is scored at once."""
    cells = list(dict.fromkeys(re.split("[+&]", network.cell_name)))
    changes: dict[str, Value] = {} if truncates(network, experiment.k2) else {"k1": 0, "k2": 0}
    changes |= {
        "readout": network.readout.g,
        "activation": network.activation_name,
        "leak": network.leak,
        "hidden_size": min(network.hidden_size, int(settings()["hidden_size"].high)),
    }
    if len(cells) == 1 and cells[0] in CELLS:
        changes |= {"cell": cells[0], "layers": len(network.cell.stack), **network.constants}
    return experiment.replace(**changes)


def _count(number: int, what: str, more: str = "s") -> str:
    return f"{number} {what}{'' if number == 1 else more}"
