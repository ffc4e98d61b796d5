"""What a head reads of the states up to a step, where it reads several, and how a gradient there goes back.

    mean        h⟨t⟩ = (1/t) Σ_{s≤t} a⟨s⟩
    max         h_i⟨t⟩ = max_{s≤t} a_i⟨s⟩; its gradient goes to the first step that has the maximum
    attention   h⟨t⟩ = Σ_{s≤t} α_t⟨s⟩ a⟨s⟩, α_t = softmax over s ≤ t of qᵀ a⟨s⟩

Each takes nothing from after t, so that the value at the last step of an example is that of the whole example, and what
is padded behind it changes nothing. All are O(T): attention by h⟨t⟩ = h⟨t−1⟩ + α_t⟨t⟩ (a⟨t⟩ − h⟨t−1⟩).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.numerics.frozen import FrozenMapping
from core.numerics.scaled import Floats


@dataclass(frozen=True)
class OverTime:
    """One way to read several states."""

    equation: str
    """h⟨t⟩ in symbols"""
    read: Callable[[Floats, Floats | None], Floats]
    """a⟨1⟩ … a⟨T⟩ (T, B, n) and the query q (n,) → h⟨1⟩ … h⟨T⟩ (T, B, n)"""
    back: Callable[[Floats, Floats, Floats | None], tuple[Floats, Floats | None]]
    """∂L/∂h⟨t⟩ (T, B, n), the states and q → what comes in at each state, (T, B, n), and, with a query, at its score
    qᵀ a⟨s⟩, (T, B, 1)"""
    query: bool = False
    """Whether it has a query"""


def _mean(states: Floats, _: Floats | None) -> Floats:
    return np.asarray(np.cumsum(states, axis=0) / _counts(states))


def _mean_back(gradients: Floats, states: Floats, _: Floats | None) -> tuple[Floats, None]:
    return _from_the_end(gradients / _counts(states)), None


def _counts(states: Floats) -> Floats:
    return np.arange(1.0, len(states) + 1.0)[:, np.newaxis, np.newaxis]


def _from_the_end(values: Floats) -> Floats:
    """Σ_{t≥s}, (T, B, n) at s."""
    return np.asarray(np.cumsum(values[::-1], axis=0)[::-1])


def _max(states: Floats, _: Floats | None) -> Floats:
    return np.asarray(np.maximum.accumulate(states, axis=0))


def _max_back(gradients: Floats, states: Floats, _: Floats | None) -> tuple[Floats, None]:
    found = np.zeros(states.shape)
    examples, units = np.indices(states.shape[1:])
    np.add.at(found, (first_maximum(states), examples, units), gradients)
    return found, None


def first_maximum(states: Floats) -> NDArray[np.intp]:
    """The first step, from 0, that has the maximum up to each step, (T, B, n) from states (T, B, n)."""
    highest = np.maximum.accumulate(states, axis=0)
    new = np.ones(states.shape, dtype=bool)
    new[1:] = states[1:] > highest[:-1]
    steps = np.arange(len(states))[:, np.newaxis, np.newaxis]
    return np.asarray(np.maximum.accumulate(np.where(new, steps, 0), axis=0))


def _attention(states: Floats, query: Floats | None) -> Floats:
    own, _ = _shares(states, query)
    found = np.empty(states.shape)
    found[0] = states[0]
    for t in range(1, len(states)):
        found[t] = found[t - 1] + own[t] * (states[t] - found[t - 1])
    return found


def _attention_back(gradients: Floats, states: Floats, query: Floats | None) -> tuple[Floats, Floats]:
    """α_t⟨s⟩ = α_s⟨s⟩ Z⟨s⟩/Z⟨t⟩: sums over t ≥ s are carried from the end, multiplied by Z⟨s⟩/Z⟨s+1⟩ ≤ 1 a step."""
    own, kept = _shares(states, query)
    read = _attention(states, query)
    at_read = np.array(gradients)
    at_score = np.sum(gradients * read, axis=2, keepdims=True)
    for s in range(len(states) - 2, -1, -1):
        at_read[s] += kept[s + 1] * at_read[s + 1]
        at_score[s] += kept[s + 1] * at_score[s + 1]
    score = own * (np.sum(at_read * states, axis=2, keepdims=True) - at_score)
    return own * at_read + score * query, score


def _shares(states: Floats, query: Floats | None) -> tuple[Floats, Floats]:
    """α_t⟨t⟩ and Z⟨t−1⟩/Z⟨t⟩, (T, B, 1) each, with Z⟨t⟩ = Σ_{s≤t} exp qᵀ a⟨s⟩."""
    assert query is not None
    scores = states @ query
    total = np.logaddexp.accumulate(scores, axis=0)
    before = np.concatenate([np.full((1, *total.shape[1:]), -np.inf), total[:-1]])
    return np.exp(scores - total)[..., np.newaxis], np.exp(before - total)[..., np.newaxis]


OVER_TIME: Mapping[str, OverTime] = FrozenMapping(
    {
        "mean": OverTime("(1/t) Σ a⟨s⟩ over s ≤ t", _mean, _mean_back),
        "max": OverTime("max a⟨s⟩ over s ≤ t", _max, _max_back),
        "attention": OverTime(
            "Σ α⟨s⟩ a⟨s⟩, α = softmax of qᵀ a⟨s⟩ over s ≤ t", _attention, _attention_back, query=True
        ),
    }
)
