"""Numbers in the texts of a tour: `{factor W_aa}` stands for a number that is read off what the step shows.

They are made by the functions that write them on the screen, so that a text and the screen cannot disagree.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from core import Trace
from core.bptt.forward_step import gate_means
from core.bptt.lag_profile import LagProfile
from core.bptt.rate import Rate
from core.numerics.scaled import Floats
from tui.explorer.session.shown import Shown
from tui.explorer.session.tour import REGIMES, Look, Question, TourStep
from tui.explorer.session.touring import shown_place
from tui.explorer.session.view import View
from tui.report.charts.unrolled import openness
from tui.report.curves import ALL_LOSSES, Curve, log2_curve, losses_named
from tui.report.numbers import UNKNOWN, factor, factor_with_error, magnitude
from tui.report.words.overall import steps_told
from tui.report.words.reference import reference_group
from tui.report.words.title import left_of
from tui.report.words.verdict import verdict

HOLE: Final = re.compile(r"\{([^{}]*)\}")
"""Where a number is to be put"""


@dataclass(frozen=True)
class Seen:
    """What a step shows, from which the numbers of its texts are made."""

    trace: Trace
    loss: int | None
    """The t of the one loss that is shown; None for all of them"""
    lag: int | None
    """The lag where the cursor is"""
    curve: Curve
    step: int
    """The step where the cursor is, 1 … T"""

    @staticmethod
    def of(shown: Shown, view: View, look: Look) -> Seen | None:
        """What is seen where a look has the cursor; None as long as there is no trace."""
        cursor = shown_place(look, shown)
        if shown.trace is None or cursor is None:
            return None
        loss = shown.loss
        return Seen(shown.trace, loss, cursor.lag(loss), view.curve if loss is None else loss, cursor.step)

    @staticmethod
    def by(step: TourStep, trace: Trace) -> Seen | None:
        """What a step shows of the trace of its network."""
        view = step.over(View())
        return Seen.of(Shown(trace, asked=view.loss), view, step)

    def profile(self, name: str) -> LagProfile:
        """The profile that has a line of this name: a group's where there is one, or else each parameter's own."""
        grouped = self.trace.profile()
        return grouped if name in grouped.log2_norm else self.trace.lags

    def rate(self, name: str) -> Rate:
        """The typical rate of a line.

        Raises:
            KeyError: there is no such line.
        """
        return self.profile(name).rate(name)


def _size(seen: Seen, name: str, lag: str = "") -> str:
    at = int(lag) if lag else seen.lag
    curve = log2_curve(seen.profile(name), name, seen.curve)
    return UNKNOWN if at is None or at >= len(curve) else magnitude(float(curve[at]))


def _horizon(seen: Seen, name: str = "") -> str:
    name = name or reference_group(seen.trace)
    found = seen.profile(name).horizon(name, seen.loss) if seen.loss else seen.rate(name).horizon
    return UNKNOWN if found is None else str(found)


def _half_life(seen: Seen, name: str = "") -> str:
    found = seen.rate(name or reference_group(seen.trace)).half_life
    return UNKNOWN if found is None else steps_told(abs(found))


def _factor(seen: Seen, name: str) -> str:
    rate = seen.rate(name)
    return factor_with_error(rate.log2_per_step, rate.standard_error)


def _rate(seen: Seen) -> str:
    """As the title line has it: with its error where it is not distinguishable from 1."""
    name = reference_group(seen.trace)
    undetermined = seen.rate(name).regime == "undetermined"
    return _factor(seen, name) if undetermined else factor(seen.rate(name).log2_per_step)


def _left(seen: Seen) -> str:
    """As the title line has it: of the loss that is shown, or of a typical one where all are."""
    if seen.loss is not None:
        return left_of(seen.trace, seen.loss)[0]
    consequence = verdict(seen.trace).consequence
    return f"{ALL_LOSSES}: {consequence}" if consequence else UNKNOWN


def _gate(seen: Seen, name: str) -> str:
    """As the last row of the strip has it: how far a gate is open in the mean over its units, where the cursor is."""
    return openness(float(_gates(seen)[name][0]))


def _setting(seen: Seen, name: str) -> str:
    experiment = seen.trace.experiment
    value = UNKNOWN if experiment is None else experiment.model_dump()[name]
    return f"{value:.6g}" if isinstance(value, float) else str(value)


FILLED: Final[Mapping[str, Callable[..., str]]] = {
    "rate": _rate,
    "factor": _factor,
    "half_life": _half_life,
    "horizon": _horizon,
    "size": _size,
    "left": _left,
    "loss": lambda seen: losses_named(seen.loss),
    "lag": lambda seen: UNKNOWN if seen.lag is None else str(seen.lag),
    "steps": lambda seen: str(len(seen.trace.tape.losses)),
    "gate": _gate,
    "units": lambda seen: str(seen.trace.network.hidden_size),
    "setting": _setting,
}
"""The first word in braces → the number that it stands for, given what is seen and the words after it"""

OF_LINES: Final = frozenset({"factor", "half_life", "horizon", "size"})
"""Words that the name of a line can follow"""


def allowed(seen: Seen | None = None) -> str:
    """Everything that may stand in braces, as it is written: what a dialog offers, and what a refusal names.

    Args:
        seen: What is on the screen, whose lines and gates the examples are; a vanilla network's and an LSTM's without.
    """
    line = "W_aa" if seen is None else _lines(seen)[0]
    gates = ("f",) if seen is None else tuple(_gates(seen))
    follows = {"factor": (line,), "size": (line,), "gate": gates[:1], "setting": ("gain",)}
    return ", ".join(f"{{{' '.join((word, *follows.get(word, ())))}}}" for word in FILLED if word != "gate" or gates)


def _lines(seen: Seen) -> tuple[str, ...]:
    return tuple(seen.trace.lags.log2_norm)


def _gates(seen: Seen) -> Mapping[str, Floats]:
    return gate_means(seen.trace.tape, [seen.step])


def fill(text: str, seen: Seen) -> str:
    """The text with its numbers; `–` where there is no such number.

    Raises:
        ValueError: it asks for a line, a lag or a setting that there is not; the message names it.
    """
    return HOLE.sub(lambda hole: _number(hole, seen), text)


def filled_as_far_as_it_goes(text: str, seen: Seen) -> str:
    """The text with its numbers; what asks for one that there is not stays as it is written."""

    def put(hole: re.Match[str]) -> str:
        try:
            return _number(hole, seen)
        except ValueError:
            return hole[0]

    return HOLE.sub(put, text)


def _number(hole: re.Match[str], seen: Seen) -> str:
    try:
        word, *given = hole[1].split()
        return FILLED[word](seen, *given)
    except (KeyError, ValueError, IndexError, TypeError):
        raise ValueError(f"{hole[0]}: this network has no such line, lag or setting{_there(hole[1], seen)}") from None


def _there(asked: str, seen: Seen) -> str:
    """What this network has of what was asked for, where that is a list of names."""
    word = (asked.split() or [""])[0]
    names = tuple(_gates(seen)) if word == "gate" else _lines(seen) if word in OF_LINES else ()
    if names:
        return f"; its {'gates' if word == 'gate' else 'lines'} are {', '.join(names)}"
    return "; it has no gates" if word == "gate" else ""


def in_plain_words(text: str) -> str:
    """The text with what in braces stands for nothing in round ones: a tour with it could not be read again."""
    return HOLE.sub(lambda hole: f"({hole[1]})" if any(unknown(hole[0])) else hole[0], text)


def right_answer(question: Question, seen: Seen | None) -> int | None:
    """The place of the right answer, from 1; None where nobody judges it, or the network itself leaves it open.

    Args:
        question: The question.
        seen: What is shown, which decides where the question is of a person's own network; None while that is unknown.
    """
    if question.right_by is None or seen is None:
        return question.right
    regime = seen.rate(reference_group(seen.trace)).regime
    told = "vanishing" if regime == "absent" else regime  # nothing at all comes back
    return REGIMES.index(told) + 1 if told in REGIMES else None


def unfilled(text: str) -> str:
    """The text as long as its numbers are not known."""
    return HOLE.sub("…", text)


def unknown(text: str) -> Iterator[str]:
    """What in braces stands for nothing, in words."""
    for hole in HOLE.finditer(text):
        word, *given = hole[1].split() or [""]
        takes = FILLED.get(word)
        if takes is None:
            yield f"{hole[0]} stands for no number; allowed is {allowed()}"
            continue
        try:
            inspect.signature(takes).bind(None, *given)
        except TypeError:
            names = list(inspect.signature(takes).parameters)[1:]
            yield f"{hole[0]}: {word} is followed by {' and '.join(names) or 'nothing'}"
