"""A head in words: a read-out of hidden layers, or over several states."""

from __future__ import annotations

from core import Network
from core.network.head_readout import HeadReadout

READ = {"mean": "the mean over time", "max": "the maximum over time", "attention": "an attention over time"}


def head_brief(network: Network) -> str:
    """For a title, `head: attention, tanh`; empty where W_y and b_y are all of the read-out."""
    readout = network.readout
    if not isinstance(readout, HeadReadout):
        return ""
    first = [readout.over_time] if readout.over_time else ["product of directions"] if readout.product else []
    return f"head: {', '.join([*first, *readout.activations])}"


def head_reads(network: Network) -> str:
    """What a loss time is where a loss reads several states, a sentence; empty where it reads only its own."""
    readout = network.readout
    if not isinstance(readout, HeadReadout) or not readout.over_time:
        return ""
    return (
        f"The head reads {READ[readout.over_time]}, so that a loss acts on earlier states directly: L_t is the part of "
        "the loss that comes in at the state of step t, and lags count back from there."
    )
