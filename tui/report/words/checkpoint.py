"""What is said of a file of another library and of the network that is read from it."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from core.settings.files import shortened
from core.sources.facts import UNKNOWN
from tui.report.printable import printable
from tui.report.words.counted import counted

if TYPE_CHECKING:
    from core.sources.candidate import Candidate
    from core.sources.checkpoint import Checkpoint
    from core.sources.facts import Fact


def found(checkpoint: Checkpoint) -> str:
    """How many recurrent parts there are, and their names: `2 recurrent parts: enc, dec`."""
    names = ", ".join(printable(one.name) for one in checkpoint.candidates)
    count = len(checkpoint.candidates)
    return f"{counted(count, 'recurrent part')}: {names}"


def of_candidate(candidate: Candidate) -> str:
    """A recurrent part in a few words: `lstm: 2 layers of LSTM, 150 inputs, 150 units`."""
    layers = "" if candidate.layers == 1 else f"{candidate.layers} layers of "
    both = ", both directions" if candidate.directions > 1 else ""
    cell = candidate.cell.upper() if candidate.cell in ("lstm", "gru", "rnn") else candidate.cell
    inputs, units = counted(candidate.input_size, "input"), counted(candidate.hidden_size, "unit")
    return f"{candidate.name}: {layers}{cell}, {inputs}, {units}{both}"


def said_of(fact: Fact) -> str:
    """A fact with how it is known: `gru · INFERRED from enc_w_hh of shape (768, 256)`."""
    if fact.certainty == UNKNOWN:
        return f"UNKNOWN: {fact.source}"
    how = "from" if fact.certainty == "INFERRED" else "by"
    return f"{fact.value} · {fact.certainty} {how} {fact.source}" if fact.source else f"{fact.value} · {fact.certainty}"


def what_next(checkpoint: Checkpoint) -> str:
    """The command that goes on from here, with the options that answer what is not known."""
    candidate = checkpoint.candidates[0]
    options = [] if len(checkpoint.candidates) == 1 else [f"--part {quote(printable(candidate.name))}"]
    options += [f"--{fact.name} …" for fact in candidate.unknown]
    if not candidate.whole:
        options.append(f"--layer {candidate.layers}" if candidate.layers > 1 else "--direction forward")
    return " ".join(["rnn-tui report", quote(printable(shortened(checkpoint.path))), *options])


def what_it_is(checkpoint: Checkpoint, candidate: Candidate, layers: str) -> str:
    """Which part of the file a trace is of: `lstm, layer 2 of 2, one of 2 recurrent parts in beatnet.pt`."""
    count = len(checkpoint.candidates)
    layer = f", {layers}" if layers else ""
    among = "" if count == 1 else f", one of {count} recurrent parts"
    return printable(f"{candidate.name}{layer}{among}, from {shortened(checkpoint.path)} ({checkpoint.format})")


def inferred(candidate: Candidate) -> str:
    """What the network rests on that does not stand in the file, in one sentence; empty where nothing does."""
    facts = [fact for fact in candidate.facts if fact.certainty == "INFERRED" and fact.name in _RESTS_ON]
    return printable("; ".join(f"{fact.name} {fact.value}, from {fact.source}" for fact in facts))


_RESTS_ON = ("cell", "layers", "activation", "gates", "reset", "embedding")
