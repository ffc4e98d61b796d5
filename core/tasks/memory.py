"""Tasks that need a long memory, with the error of a predictor that has none.

    adding           two of T numbers from U[0, 1] are marked, one in each half; their sum is asked for at the
                     end (Hochreiter & Schmidhuber 1997, with the numbers of Le, Jaitly & Hinton 2015).
                     Always 1: mean squared error 2/12 = 1/6.
    copy             10 symbols of 8, blanks, a sign, and the 10 are to be said again at the last 10 steps
                     (Hochreiter & Schmidhuber 1997; Arjovsky, Shah & Bengio 2016, where T is the delay and the
                     length T + 20). Blank, then any of 8: 10 ln 8 / (T + 20) nats per step.
    temporal-order   two X or Y among four other symbols; which two, in their order, is asked for at the end
                     (Hochreiter & Schmidhuber 1997, with the places of Pascanu, Mikolov & Bengio 2013).
                     Any of 2 × 2: ln 4 nats.
    echo             whole numbers 1, 2 or 3; at every step the one of d steps before is asked for (the delay of
                     Jaeger's memory capacity, 2001). Always 2: mean squared error 2/3.

A sequence too short for all of its marks or symbols has as many as fit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.settings.experiment import Experiment
from core.tasks.task import CROSS_ENTROPY, Baseline, ClassTask, Distribution, Drawn, ValueTask, one_hot


def _at_the_end(steps: int) -> NDArray[np.bool_]:
    asked = np.zeros(steps, dtype=bool)
    asked[-1] = True
    return asked


class Adding(ValueTask):
    """The sum of the two marked numbers; x⟨t⟩ = (number, 1 where it is marked)."""

    def input_size(self, experiment: Experiment) -> int:
        """n_x = 2: a number and its mark."""
        return 2

    def input_names(self, experiment: Experiment) -> Sequence[str]:
        """The number, and whether it is one of the two to be added."""
        return ("number", "mark")

    def reach(self, experiment: Experiment) -> int:
        """From the last step back to the end of the first half, where the first number is marked at the latest."""
        return experiment.timesteps - max(experiment.timesteps // 2, 1)

    def draw(self, experiment: Experiment, rng: np.random.Generator) -> Drawn:
        """Numbers from U[0, 1], a mark in each half."""
        steps, examples = experiment.timesteps, experiment.batch_size
        numbers, marks = rng.random((steps, examples)), np.zeros((steps, examples))
        each = np.arange(examples)
        for low, high in ((0, steps // 2), (steps // 2, steps)):
            if low < high:
                marks[rng.integers(low, high, size=examples), each] = 1.0
        answers = np.zeros((steps, examples))
        answers[-1] = np.sum(numbers * marks, axis=0)
        return Drawn(np.stack([numbers, marks], axis=-1), answers, _at_the_end(steps))

    def distribution(self, experiment: Experiment) -> Distribution:
        """The distribution of a sum of two uniform numbers: a triangle over [0, 2], a third of it below √(2/3)."""
        marks = min(2, experiment.timesteps)
        third = (2.0 / 3.0) ** 0.5 if marks == 2 else 1.0 / 3.0
        source = "Hochreiter & Schmidhuber 1997: the variance of the sum, 1/12 for each number"
        return Distribution(marks / 2, marks / 12, 0.5, (third, marks - third), f"always {marks / 2:g}", source)


class Echo(ValueTask):
    """The number of d steps before, y_t = x_{t−d}: whole numbers, so that a few steps can be worked out on paper."""

    def input_size(self, experiment: Experiment) -> int:
        """n_x = 1: the number of this step."""
        return 1

    def reach(self, experiment: Experiment) -> int:
        """The delay: what is asked for was read so many steps before."""
        return experiment.echo_delay

    def draw(self, experiment: Experiment, rng: np.random.Generator) -> Drawn:
        """Numbers 1, 2 or 3 with equal probability; what is asked for at the first d steps came before the sequence."""
        steps, delay = experiment.timesteps, experiment.echo_delay
        numbers = rng.integers(1, 4, size=(steps + delay, experiment.batch_size)).astype(np.float64)
        return Drawn(numbers[delay:, :, np.newaxis], numbers[:steps], np.ones(steps, dtype=bool))

    def distribution(self, experiment: Experiment) -> Distribution:
        """The distribution of three numbers with equal probability, each of them a third."""
        source = "the variance of 1, 2 and 3: no number says anything of the one before"
        return Distribution(2.0, 2.0 / 3.0, 1.0 / 3.0, (1.5, 2.5), "always 2", source)


SYMBOLS = 8
"""How many kinds of symbols are to be recalled."""

MOST_SYMBOLS = 10
"""How many symbols are to be recalled, where the sequence is long enough."""


class Copy(ClassTask):
    """Say again what was said at the start. Inputs: 8 symbols, blank, the sign to start; classes: 8 and blank."""

    _BLANK, _SIGN = SYMBOLS, SYMBOLS + 1

    def input_size(self, experiment: Experiment) -> int:
        """n_x = 10: a unit for each of the 8 symbols, one for the blank and one for the sign."""
        return SYMBOLS + 2

    def input_names(self, experiment: Experiment) -> Sequence[str]:
        """The eight symbols, the blank, and the sign to start."""
        return "12345678·▸"

    def output_size(self, experiment: Experiment) -> int:
        """n_y = 9: a class for each of the 8 symbols, and one for the blank."""
        return SYMBOLS + 1

    @staticmethod
    def recalled(experiment: Experiment) -> int:
        """How many symbols there are to recall: 10, or fewer where T is below 21."""
        return min(MOST_SYMBOLS, (experiment.timesteps - 1) // 2)

    def reach(self, experiment: Experiment) -> int:
        """From each symbol that is said again back to where it was read."""
        return experiment.timesteps - self.recalled(experiment)

    def draw(self, experiment: Experiment, rng: np.random.Generator) -> Drawn:
        """Symbols, blanks, the sign, blanks; every step has a target, most of them a blank."""
        steps, count = experiment.timesteps, self.recalled(experiment)
        shape = (steps, experiment.batch_size)
        read, answers = np.full(shape, self._BLANK), np.full(shape, self._BLANK)
        if count:
            symbols = rng.integers(SYMBOLS, size=(count, experiment.batch_size))
            read[:count], read[steps - count - 1], answers[steps - count :] = symbols, self._SIGN, symbols
        return Drawn(one_hot(read, SYMBOLS + 2), answers, np.ones(steps, dtype=bool))

    def baselines(self, experiment: Experiment) -> tuple[Baseline, ...]:
        """Blank where a blank is due, any of the symbols where one is: 10 ln 8 over the scored steps."""
        count, scored = self.recalled(experiment), experiment.timesteps
        if experiment.scored == "last":
            count, scored = min(count, 1), 1
        value = count * float(np.log(SYMBOLS)) / scored
        source = "Arjovsky, Shah & Bengio 2016: 10 ln 8 / (T + 20), where T is the delay"
        return (Baseline("no memory", value, CROSS_ENTROPY, source),)


_OTHERS = 4
"""How many symbols there are besides X and Y."""


class TemporalOrder(ClassTask):
    """Which of X and Y came first and which second. Inputs: four other symbols, X, Y; classes: XX, XY, YX, YY."""

    def input_size(self, experiment: Experiment) -> int:
        """n_x = 6: a unit for each of the symbols."""
        return _OTHERS + 2

    def input_names(self, experiment: Experiment) -> Sequence[str]:
        """The four other symbols, X and Y."""
        return "abcdXY"

    def output_size(self, experiment: Experiment) -> int:
        """n_y = 4: the classes XX, XY, YX and YY."""
        return 4

    @staticmethod
    def places(steps: int) -> tuple[tuple[int, int], ...]:
        """Where the first and the second stand, from (counting from 0) and up to but not with."""
        first = (steps // 10, max(steps // 10 + 1, 2 * steps // 10))
        low = max(4 * steps // 10, first[1])
        return first, (low, max(low + 1, 5 * steps // 10))

    def reach(self, experiment: Experiment) -> int:
        """From the last step back to the latest place of the first of the two."""
        return max(experiment.timesteps - self.places(experiment.timesteps)[0][1], 0)

    def draw(self, experiment: Experiment, rng: np.random.Generator) -> Drawn:
        """One of four other symbols at every step but two, where X or Y stands; at the end, which two, in order."""
        steps, examples = experiment.timesteps, experiment.batch_size
        read, answers = rng.integers(_OTHERS, size=(steps, examples)), np.zeros((steps, examples), dtype=np.int64)
        each = np.arange(examples)
        for weight, (low, high) in zip((2, 1), self.places(steps), strict=True):
            which = rng.integers(2, size=examples)
            if high <= steps:
                read[rng.integers(low, high, size=examples), each] = _OTHERS + which
                answers[-1] += weight * which
        return Drawn(one_hot(read, _OTHERS + 2), answers, _at_the_end(steps))

    def baselines(self, experiment: Experiment) -> tuple[Baseline, ...]:
        """A predictor that says all four classes with equal probability: ln 4 nats."""
        shown = sum(high <= experiment.timesteps for _, high in self.places(experiment.timesteps))
        return (Baseline("any class", shown * float(np.log(2.0)), CROSS_ENTROPY, "ln 4: four classes alike"),)
