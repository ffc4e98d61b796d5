"""What is said of remedies over several seeds: whether a difference is more than scatter, and a task needs one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.tasks import reach
from core.training.remedies_over_seeds import middle
from tui.report.numbers import UNKNOWN, factor, number
from tui.report.words.counted import counted

if TYPE_CHECKING:
    from core.settings.experiment import Experiment
    from core.training.remedies import Remedy
    from core.training.remedies_over_seeds import Difference, Score


def verdict(found: Difference | None) -> str:
    """A remedy against the plain network in a few words: `better ×0.011`, `within scatter`, `too few seeds`.

    Args:
        found: The difference over seeds; None where there is none.
    """
    if found is None:
        return UNKNOWN
    if found.none:
        return "the same"
    if found.count < 2:
        return f"{factor(found.log2_ratio)} of 1 seed"
    if found.few:
        return "too few seeds"
    if not found.matters:
        return "within scatter"
    return f"{'better' if found.log2_ratio < 0 else 'worse'} {factor(found.log2_ratio)}"


def difference_text(found: Difference | None) -> str:
    """The difference at length: by what the error is multiplied, how sure that is, and on how many seeds it is smaller.

    Args:
        found: The difference over seeds; None where there is none.
    """
    if found is None:
        return ""
    if found.none:
        return f"the error is the same as without it, on {counted(found.count, 'seed')}"
    if found.count < 2:
        return f"{factor(found.log2_ratio)} of the error without it; one seed says nothing of others"
    low, high = (factor(found.log2_ratio + sign * found.margin) for sign in (-1, 1))
    says = "more than scatter" if found.matters else "no more than scatter"
    if found.few:
        says = "too few seeds"
    return (
        f"{factor(found.log2_ratio)} ({low} … {high}) of the error without it, smaller on {found.better} of "
        f"{counted(found.count, 'seed')}: {says}"
    )


def over_seeds(values: Sequence[float]) -> str:
    """The least and the greatest of the seeds: `0.165 … 0.171`; of one seed nothing.

    Args:
        values: One for each seed; NaN where there is none.
    """
    _, least, greatest = middle(values)
    known = sum(1 for value in values if not math.isnan(value))
    return UNKNOWN if known < 2 else f"{number(least)} … {number(greatest)}"


def lag(values: Sequence[float]) -> str:
    """A horizon, the middle one over seeds; – where the last lag still has 1 %.

    Args:
        values: One for each seed, ∞ for none.
    """
    found = middle(values)[0]
    return number(found) if math.isfinite(found) else UNKNOWN


def left_of(scores: Sequence[Score]) -> str:
    """What the columns of rates and lags say of a remedy, in words: what a step back does, and where 1 % is left.

    Args:
        scores: Its scores.
    """
    rate = middle([one.after for one in scores])[0]
    if math.isnan(rate):
        return ""
    before, after = (lag([getattr(one, name) for one in scores]) for name in ("horizon_before", "horizon_after"))
    where = "at no lag" if after == UNKNOWN else f"from lag {after} on"
    untrained = "" if before == after else f" (untrained {'none' if before == UNKNOWN else before})"
    return f"gradient at the state {factor(rate)} per step back, under 1 % {where}{untrained}"


def meaning(experiment: Experiment, plain: Sequence[Score], *, wide: bool = True) -> str:
    """Whether a remedy of vanishing gradients means something on this task.

    It does where what is to be remembered lies further back than the plain network's gradient reaches, untrained or
    trained: a network that reaches far enough at first may lose it in training.

    Args:
        experiment: What all of them start from.
        plain: The scores of the plain network.
        wide: Whether there is room for more than 80 characters.
    """
    needed = reach(experiment)
    if needed is None:
        return "How far back these data reach is not known; within scatter nothing is shown."
    if needed == 0:
        return "The past says nothing of what is asked for: no remedy means anything here."
    needs = f"The task needs {counted(needed, 'step')} back"
    horizon, trained = (
        middle([getattr(one, name) for one in plain])[0] for name in ("horizon_before", "horizon_after")
    )
    if math.isnan(horizon):
        return f"{needs}."
    lost = trained <= needed < horizon
    little = needed < horizon and not lost
    if not wide:
        if lost:
            return f"{needs}, trained gradients reach {number(trained)}: vanishing matters."
        if math.isinf(horizon):
            return f"{needs}, plain gradients reach every lag: none vanishes."
        return (
            f"{needs}, plain gradients reach {number(horizon)}: vanishing {'matters little' if little else 'matters'}."
        )
    means = "little" if little else "something"
    left = (
        "the plain network keeps 1 % of its gradient or more at every lag"
        if math.isinf(horizon)
        else f"under 1 % of the plain network's gradient is left from lag {number(horizon)} on"
    )
    once = f", once it is trained under 1 % from lag {number(trained)} on" if lost else ""
    return f"{needs}, and {left}{once}: a remedy of vanishing gradients means {means} here."


def means_here(remedy: Remedy, scores: Sequence[Score]) -> str:
    """What a remedy of exploding gradients had to do; empty for any other.

    Args:
        remedy: The remedy.
        scores: Its scores.
    """
    if remedy.against != "exploding" or not scores:
        return ""
    cut, updates = (sum(getattr(one, name) for one in scores) for name in ("clipped", "steps"))
    if not cut:
        return f"none of {updates:,} updates cut: nothing explodes here, and it means nothing"
    return f"{cut:,} of {updates:,} updates cut"
