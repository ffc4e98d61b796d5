"""Your own training step in PyTorch, recorded and taken apart by lag: exactly, with your head and your loss.

    with core.pytorch.record(model) as recording:
        loss = criterion(model(inputs), targets)
        loss.backward()
    recording.traces["encoder.rnn"]        # an ordinary Trace

Every `nn.RNN`, `GRU` and `LSTM` and every cell of these that a Python loop calls is found, wherever in the model it is.
What the rest of the model makes of the outputs does not have to be known: the gradient that it leaves at them, with the
recurrent path cut, is recorded, and the time t of a loss is the step at which this gradient enters. PyTorch is imported
when a step is recorded, and not before.
"""

from core.sources.pytorch.record import Step, record
from core.sources.pytorch.recorder import Recorder

__all__ = ["Recorder", "Step", "record"]
