"""No word contradicts a number: not one in its own text, and not one of the trace that it is about.

Some hundred small random networks, gains of 0.99 and 0.999999 among them; every sentence, the title line, the claims
and the answer are read back as text, and each word is held against the numbers by rules that are written here once
more:

    vanishes, explodes   slope b < 0, > 0, by more than two standard errors e, and a factor of 2 or more over the K lags
    steady, keeps        neither halved nor doubled over the K lags, and within a factor of 10 two errors either way
    not distinguishable  |b| ≤ 2 e
    side by side, equal  every two slopes at most two standard errors of their difference apart
    under 1 % from lag   every known lag from there on, and not the lag before
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

import core
from core.bptt.rate import Rate
from core.claims import claims
from tui.report.words.reference import group_reading, recurrent_groups, reference_group
from tui.report.words.sentences import sentences
from tui.report.words.verdict import headline

FACTOR = r"×([\d.]+(?:e[+−-]\d+)?)"
"""A factor per step as it is written, its number caught; past float64 (10^−4.3e9) it is not looked at."""


def drawn(seed: int) -> core.Experiment:
    """A small network of any kind, near ×1 more often than not."""
    rng = np.random.default_rng(seed)

    def one_of(*values: object) -> object:
        return values[rng.integers(len(values))]

    settings = {
        "cell": one_of("rnn", "rnn", "rnn", "gru", "lstm", "deep"),
        "activation": one_of("tanh", "tanh", "identity", "relu", "sigmoid"),
        "initializer": one_of("orthogonal", "orthogonal", "gaussian", "identity", "spectral-radius-scaled"),
        "gain": one_of(0.0, 0.5, 0.9, 0.99, 0.999999, 1.0, 1.0, 1.01, 1.2, 2.0),
        "input_gain": one_of(0.1, 1.0, 1.0),
        "initial_state": one_of(0.0, 0.0, 1.0),
        "hidden_size": int(rng.integers(1, 5)),
        "timesteps": one_of(6, 10, 15, 25, 25, 50, 50, 80, 120),
        "batch_size": one_of(1, 1, 4),
        "scored": one_of("every", "every", "last"),
        "task": one_of("noise", "sunspots"),
        **dict.fromkeys(("seed", "data_seed"), int(rng.integers(1000))),
    }
    return core.Experiment(**settings)


def size(rate: Rate) -> tuple[float, float, int]:
    return rate.log2_per_step, 0.0 if math.isnan(rate.standard_error) else rate.standard_error, rate.lags


def bears_out(word: str, rate: Rate) -> bool:
    slope, error, lags = size(rate)
    if word in ("gone", "vanishes or gone") and (slope == -math.inf or rate.regime == "absent"):
        return True
    if word == "gone":
        return False
    if word in ("vanishes", "explodes", "vanishes or gone"):
        signed = slope if word == "explodes" else -slope
        return signed > 2 * error and signed * lags >= 1
    if word == "keeps":
        return abs(slope) * lags <= 1 and (abs(slope) + 2 * error) * lags <= math.log2(10) + 1e-9
    raise AssertionError(word)


def number_agrees(word: str, printed: str) -> bool:
    """Whether a factor per step as it is printed is on the word's side of 1."""
    value = float(printed.replace("−", "-"))
    return {"vanishes": value < 1, "explodes": value > 1}.get(word, True)


VERBS = {
    "VANISHES": "vanishes",
    "EXPLODES": "explodes",
    "is STEADY": "keeps",
    "vanishes": "vanishes",
    "explodes": "explodes",
    "keeps its size": "keeps",
    "keep their size": "keeps",
    "shrink": "vanishes",
    "shrinks": "vanishes",
    "grow": "explodes",
    "grows": "explodes",
    "fades": "vanishes or gone",
    "end in exact zeros": "gone",
    "is exactly zero after a few layers": "gone",
    "smaller": "vanishes",
    "larger": "explodes",
    "shrink it": "vanishes",
    "enlarge it": "explodes",
}


class Reading:
    """A trace's texts, and where they contradict a number."""

    def __init__(self, trace: core.Trace) -> None:
        self.trace, self.profile = trace, trace.profile()
        self.rates = {name: self.profile.rate(name) for name in recurrent_groups(trace)}
        self.jacobians = trace.lags.state_rate
        self.seen = Counter[str]()

    def contradictions(self) -> Iterator[str]:
        yield from self.title()
        yield from self.sentences()
        yield from self.answer()
        for claim in claims(self.trace):
            yield from self.claim(claim)

    def said(self, word: str, name: str, printed: str | None, text: str) -> Iterator[str]:
        rate = self.rate(name)
        self.seen[VERBS[word]] += 1
        if not bears_out(VERBS[word], rate):
            yield f"{name} {word}, but {size(rate)}: {text}"
        if printed is not None and not number_agrees(VERBS[word], printed):
            yield f"{name} {word}, but ×{printed}: {text}"

    def rate(self, name: str) -> Rate:
        if name == "Jacobians":
            return self.jacobians
        return self.rates[name] if name in self.rates else self.trace.lags.rate(name)

    def title(self) -> Iterator[str]:
        text = headline(self.trace)
        found = re.match(rf"gradient(?: of (.+?))? (VANISHES|EXPLODES|is STEADY) (?:{FACTOR})?", text)
        name = (found and found[1]) or group_reading(self.trace, "a")
        if found:
            yield from self.said(found[2], name, found[3], text)
        yield from self.pace(reference_group(self.trace), text)
        if "not distinguishable" in text:
            yield from self.undecided(name if found else reference_group(self.trace), text)

    def pace(self, name: str, text: str) -> Iterator[str]:
        """What a text says of half-lives, of the horizon, and of neither fading nor growing."""
        slope, error, lags = size(self.rates[name])
        for verb, steps in re.findall(r"(halves|doubles) every ([\d.]+(?:e\+\d+)?) step", text):
            self.seen[verb] += 1
            if (slope < 0) != (verb == "halves") or float(steps) > 1.01 * lags:
                yield f"{verb} every {steps} steps, but {slope} over {lags} lags: {text}"
        curve = self.profile.typical(name)
        for lag in map(int, re.findall(r"left from lag (\d+) on", text)):
            self.seen["horizon"] += 1
            if not self.under(curve, lag):
                yield f"not under 1 % from lag {lag} on: {text}"
        if "neither halves nor doubles" in text:
            self.seen["steady over"] += 1
            if not bears_out("keeps", self.rates[name]):
                yield f"changes by {slope} ± {error} over {lags} lags: {text}"
            if abs(change := self.end_to_end(name)) >= 1:
                yield f"its last lag is 2^{change} of lag 0: {text}"
        if "within two standard errors of 1" in text and abs(slope) > max(2 * error, 1e-9):
            yield f"{slope} ± {error} is distinguishable from 0: {text}"

    def end_to_end(self, name: str) -> float:
        """The mean over losses of log₂ of the last lag that is there, over lag 0 of the same loss."""
        logs = self.profile.log2_norm[name]
        both = np.isfinite(logs) & np.isfinite(logs[:, [0]])
        last = max(np.flatnonzero(both.any(axis=0)))
        return float(np.mean([row[last] - row[0] for row, there in zip(logs, both, strict=True) if there[last]]))

    def under(self, curve: np.ndarray, lag: int) -> bool:
        share = curve - curve[0]
        reached = len(share) - int(np.argmax(self.trace.lags.scored[::-1]))
        known = share[:reached]
        if np.isneginf(known[-1]) and np.isfinite(known[-2]):
            known = known[:-1]
        return bool(np.all(known[lag:] < np.log2(0.01))) and not known[lag - 1] < np.log2(0.01)

    def undecided(self, name: str, text: str) -> Iterator[str]:
        slope, error, _ = size(self.rates[name])
        if abs(slope) > 2 * error:
            yield f"{name}'s {slope} ± {error} is distinguishable from 0: {text}"

    def sentences(self) -> Iterator[str]:
        for text in sentences(self.trace):
            yield from self.pace(reference_group(self.trace), text)
            factors = dict(re.findall(rf"(\S+(?: \S+·\S*)?) {FACTOR}(?=[,)])", text))
            together = "side by side" in text
            known = [rate for rate in self.rates.values() if math.isfinite(rate.log2_per_step)]
            apart = [not self.equal(one, other) for one, other in itertools.combinations(known, 2)]
            for said in ("side by side", "not one slope"):
                self.seen[said] += said in text
            if together and any(apart):
                yield f"not side by side: {text}"
            if "not one slope" in text and not any(apart):
                yield f"not apart: {text}"
            for name, printed in factors.items():
                name = name.lstrip("(")
                if name in self.rates and float(printed.replace("−", "-")) != pytest.approx(
                    self.rates[name].factor, rel=0.05
                ):
                    yield f"{name} has ×{self.rates[name].factor}: {text}"

    @staticmethod
    def equal(one: Rate, other: Rate) -> bool:
        (b, e, _), (c, d, _) = size(one), size(other)
        return abs(b - c) <= max(2 * math.hypot(e, d), 1e-9)

    def answer(self) -> Iterator[str]:
        text = str(core.answer(self.trace))
        x, a = (self.name_of(reads) for reads in "xa")
        verb = "(vanishes|explodes|keeps its size)"
        for found in re.finditer(rf"here its gradient {verb} \({FACTOR}", text, re.IGNORECASE):
            yield from self.said(found[1], x, found[2], text)
        for found in re.finditer(rf"(?:as|and) {re.escape(a)}'s (?:{verb}|(?:does)) \({FACTOR}", text):
            if found[1]:
                yield from self.said(found[1], a, found[2], text)
        same = re.search(rf"its gradient {verb} \({FACTOR}.*? as {re.escape(a)}'s does \({FACTOR}", text)
        if same:
            yield from self.said(same[1], a, same[3], text)
        if "vanishes or explodes. That spares" in text:
            for name in (x, a):
                if not bears_out("keeps", self.rate(name)):
                    yield f"{name} has {size(self.rate(name))}: {text}"
        for name, reads in ((x, "x"), (a, "a")):
            if reads in core.answer(self.trace).numbers and f"{name}'s is not distinguishable" in text:
                yield from self.open(name, text)

    def open(self, name: str, text: str) -> Iterator[str]:
        self.seen["open"] += 1
        slope, error, lags = size(self.rate(name))
        if abs(slope) > max(2 * error, 1e-9) and lags >= 20:
            yield f"{name}'s {slope} ± {error} is distinguishable from 0: {text}"

    def name_of(self, reads: str) -> str:
        uses = self.trace.network.cell.uses()
        return next(name for name, use in uses.items() if use.source == reads)

    def claim(self, claim: core.Claim) -> Iterator[str]:
        text = claim.explanation
        x, a = (self.name_of(reads) for reads in "xa")
        patterns = {
            "recurrent": (
                (r"on average each makes it (smaller|larger)", "Jacobians"),
                (r"so it (fades|grows) with k", a),
                (r"product of the Jacobians (keeps its size)", "Jacobians"),
            ),
            "input": (
                (rf"{x}'s contributions (shrink|grow|keep their size|end in exact zeros)", x),
                (r"So its contributions (shrink|grow|keep their size|end in exact zeros)", x),
                (rf"So its contributions (shrink|grow|end in exact zeros) with the lag, as {a}'s do", a),
                (r"whose product (keeps its size) here", "Jacobians"),
            ),
            "jacobian": (
                (r"Those Jacobians (shrink it|enlarge it)", "Jacobians"),
                (r"Here their product (keeps its size)", "Jacobians"),
            ),
            "depth": ((r"that of this network \(.*?\) (shrinks|grows|keeps its size|is exactly zero)", "Jacobians"),),
        }.get(claim.id, ())
        for pattern, name in patterns:
            for found in re.finditer(pattern, text):
                if VERBS.get(found[1]) is not None:
                    for problem in self.said(found[1], name, None, text):
                        yield f"{claim.id}: {problem}"
        for number in claim.evidence:
            own = self.trace.lags.rate(number.name).log2_per_step if number.name in (x, a) else number.value
            if number.kind == "factor" and number.value != own:
                yield f"{claim.id}: {number} is not {number.name}'s"
        if claim.id == "input" and claim.verdict == "fails" and self.passes():
            self.seen["input fails"] += 1
            if not any(bears_out(word, self.rate(x)) for word in ("vanishes", "explodes", "gone")):
                yield f"input fails, but {size(self.rate(x))}: {text}"
        if "not distinguishable from 1" in text:
            said = re.search(r"factor per step of (the product of the Jacobians|this network's product|\S+)", text)
            if said and said[1] != "its":
                yield from self.open("Jacobians" if "product" in said[1] else said[1], text)

    def passes(self) -> bool:
        return any(np.any(np.isfinite(norm[:, 1:])) for norm in self.trace.lags.log2_norm.values())


SAID = {
    "vanishes",
    "explodes",
    "keeps",
    "vanishes or gone",
    "gone",
    "halves",
    "doubles",
    "horizon",
    "steady over",
    "open",
}
SAID |= {"side by side", "not one slope", "input fails"}
"""What the search has to come across, so that it cannot pass by reading nothing."""


def check(seeds: range) -> None:
    found, seen = [], Counter[str]()
    for seed in seeds:
        experiment = drawn(seed)
        reading = Reading(core.run(experiment))
        found += [f"{experiment}\n  {text}" for text in reading.contradictions()]
        seen += reading.seen
    assert not found, f"{len(found)} contradictions:\n" + "\n".join(found[:10])
    assert set(seen) >= SAID, f"never said: {SAID - set(seen)}"


def test_no_word_contradicts_a_number() -> None:
    check(range(120))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(2))
def test_no_word_contradicts_a_number_in_hundreds_of_networks(block: int) -> None:
    check(range(120 + 240 * block, 360 + 240 * block))
