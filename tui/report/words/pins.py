"""What pinned traces are called where nobody has given them a name: by what sets them apart, `gain 1.4` or `LSTM`."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from core.settings.experiment import settings
from tui.report.printable import printable
from tui.report.words.subject import OWN_DATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.settings.hints import Value
    from core.trace import Trace

SAME: Final = "pinned"
"""The name of a trace that nothing sets apart from the others and from the one on the screen"""

NAME: Final = "from"
"""What a trace that no settings make comes from, among what may set it apart"""

AT_MOST: Final = 2
"""So many differences make up a name"""

NAMES_ITSELF: Final = ("cell", "activation", "initializer", "task", "optimizer", "readout")
"""Settings whose values say by themselves what they are: `relu`, and not `activation relu`"""


def names(traces: Sequence[Trace], now: Trace | None) -> tuple[str, ...]:
    """A name for each trace, of what sets it apart from the others and from the one on the screen.

    It is the first setting in the order of the form that no other of them has so, or the first two together. Where
    settings do not make every one of the traces, the name is what its network and data come from.

    >>> from core import Experiment, run
    >>> start = Experiment(timesteps=5)
    >>> calm, wild, gated = run(start), run(start.replace(gain=1.4)), run(start.replace(cell="lstm"))
    >>> names([wild], calm), names([calm], wild), names([calm, wild], gated)
    (('gain 1.4',), ('gain 0.9',), ('RNN, gain 0.9', 'gain 1.4'))
    >>> names([calm, gated], wild), names([gated, wild], run(start.replace(cell="lstm", gain=1.4)))
    (('RNN, gain 0.9', 'LSTM'), ('gain 0.9', 'RNN'))
    >>> names([calm], calm)
    ('pinned',)

    Args:
        traces: Those that are pinned.
        now: The one on the screen.
    """
    # The same network and data pinned and on the screen are one.
    every = list({id(one.tape): one for one in (*traces, *([] if now is None else [now]))}.values())
    facts = [_facts(trace, all(one.origin.settings for one in every)) for trace in every]
    differing = [name for name in facts[0] if len({one[name] for one in facts}) > 1] if facts else []
    return tuple(", ".join(_parts(_facts(trace, NAME not in facts[0]), facts, differing)) or SAME for trace in traces)


def _facts(trace: Trace, made: bool) -> Mapping[str, str]:
    """What may set a trace apart, in words, the settings where those make every one of the traces."""
    experiment = trace.origin.settings if made else None
    if experiment is None:
        found = {NAME: printable(trace.origin.label) or OWN_DATA}
    else:
        found = {name: _said(name, value, trace) for name, value in experiment.model_dump().items()}
    return found | {"training step": f"step {trace.training_step}" if trace.training_step else "untrained"}


def _parts(own: Mapping[str, str], facts: Sequence[Mapping[str, str]], differing: Sequence[str]) -> Sequence[str]:
    """The fewest of what differs that no other trace has so, two at most."""
    for size in range(1, AT_MOST + 1):
        for chosen in combinations(differing, size):
            if sum(all(one[name] == own[name] for name in chosen) for one in facts) == 1:
                return [own[name] for name in chosen]
    return [own[name] for name in differing[:AT_MOST]]


def _said(name: str, value: Value, trace: Trace) -> str:
    if name == "cell":
        title = trace.network.cell.title
        return "RNN" if value == "rnn" else title
    return setting_told(name, value)


def setting_told(name: str, value: Value) -> str:
    """A setting and its value in few words: `gain 1.4`, `relu`.

    Args:
        name: The setting.
        value: Its value.
    """
    if name in NAMES_ITSELF:
        return str(value)
    label = settings()[name].label.split()
    # Without the symbol behind it: `units 32`, and not `units n_a 32`.
    words = [word for word in label if len(word) > 2 and "_" not in word] or label
    return f"{' '.join(words)} {f'{value:.4g}' if isinstance(value, float) else value}"
