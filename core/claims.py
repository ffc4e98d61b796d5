"""The question and its answers, as six claims, each tested on one network.

The question (Cross Validated 434922) asks which gradients of a vanilla RNN vanish or explode: its author holds
that W_aa's and W_y's do and that W_ax's does not; one answer agrees, as ∂x⟨t⟩/∂x⟨t−1⟩ = 0; another says that any
deep network multiplies Jacobians. A verdict is a measurement on one Trace, by what MATH gives to measure:

    contribution(t, k) of θ  =  δ_{t,s} u⟨s⟩ᵀ,   s = t − k,   u⟨s⟩ = a⟨s−1⟩ (W_aa), x⟨s⟩ (W_ax), 1 (b_a)
    ∂L_t/∂a⟨t−k⟩  =  J⟨s+1⟩ᵀ … J⟨t⟩ᵀ ∂L_t/∂a⟨t⟩,   J⟨s⟩ = ∂a⟨s⟩/∂a⟨s−1⟩ = diag φ'(z⟨s⟩) W_aa

Whether something vanishes, explodes or keeps its size is told from its rate and the rate's standard error, and
"keeps its size" has to be shown: two standard errors away from the rate it still must not reach the horizon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.batch import Batch
from core.bptt import READOUT_USES, source
from core.lags import lag_profile
from core.rates import FEWEST_LAGS, HORIZON_SHARE, ROUNDING, SIGNIFICANT, Rate, fit_rate
from core.scaled import Floats, log2_norm
from core.tape import Tape

if TYPE_CHECKING:
    from core.trace import Trace

Verdict = Literal["holds", "fails", "premise true, conclusion false", "not decidable here"]
Voice = Literal["the asker", "one answer", "another answer"]
Outcome = Literal["vanishing", "exploding", "steady", "gone", "open"]
"""gone: exactly zero before there are lags enough for a rate. open: neither a change nor its absence is shown."""

WITHIN_ROUNDING = 1e-6
"""Two routes to one number that differ by less than this share are the same: a route of hundreds of products
errs by some 1e−13, and a wrong factor would show at once."""

LOSSES_COMPARED = 500
"""At most so many losses, the latest, are held against the product of Jacobians and against each other."""


@dataclass(frozen=True)
class Evidence:
    """A number that decides a claim, and how to read it."""

    name: str
    value: float
    """factor: log₂ of what one more lag multiplies by. size: log₂ of a norm, −inf for exactly zero. share: a part
    of 1. deviation: a relative difference. count: a whole number"""
    kind: Literal["factor", "size", "share", "deviation", "count"]
    unit: str = ""
    error: float | None = None
    """Standard error, for a factor: of its log₂"""

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.kind == "share":
            return f"{self.value:.0%}{unit}"
        if self.kind in ("factor", "size"):
            return f"{'×' * (self.kind == 'factor')}{_power(self.value)}{unit}"
        return f"{self.value:.3g}{unit}"


@dataclass(frozen=True)
class Claim:
    """One claim, what became of it in this network, and why."""

    id: str
    statement: str
    said_by: Voice
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    """The numbers that decide it; empty where there is nothing to measure"""
    explanation: str
    """Two sentences"""


@dataclass(frozen=True)
class Answer:
    """The answer to the question in this network: a text with its numbers still to be written out."""

    template: str
    numbers: Mapping[str, Evidence]

    def text(self, show: Callable[[Evidence], str] = str) -> str:
        """The sentences, each number written by `show`."""
        return self.template.format(**{name: show(number) for name, number in self.numbers.items()})

    def __str__(self) -> str:
        return self.text()


QUESTION = (
    "Which gradients of a vanilla RNN vanish or explode? The asker's belief: those of W_aa and W_y do, as both are "
    "reached through a⟨t⟩, which depends on every earlier step; that of W_ax does not, as the input x⟨t⟩ depends on "
    "none."
)


def claims(trace: Trace) -> tuple[Claim, ...]:
    """The six claims, tested on this trace, in the order in which they were made."""
    found = _Findings.of(trace)
    return (
        _recurrent(found),
        _readout(found),
        _input(found),
        _leaf(found),
        _jacobian(found),
        _depth(found),
    )


def rate_along_losses(log2_norms: Floats) -> Rate:
    """The rate at which the contributions of one loss change with the lag, over all losses (T, T) at [t−1, k].

        log₂ ‖contribution(t, k)‖ = α_t + β k        β = Σ (k − k̄_t) log₂ ‖·‖ / Σ (k − k̄_t)²,  k ≥ 1

    Each loss keeps a level α_t of its own. Without it β is biased wherever losses grow or shrink along the
    sequence: lag k exists for the losses t > k alone, so the mean over t compares other losses at every lag.
    The standard error is that of `fit_rate`, whose walk of m steps weighs Σ w² = 6/5m, with this fit's weights.
    """
    plain = fit_rate(log2_norms)
    if not np.isfinite(plain.log2_per_step):
        return plain
    values = log2_norms[:, 1:]
    known = np.isfinite(values)
    lags = np.arange(1.0, values.shape[1] + 1)
    centre = (known @ lags) / np.maximum(known.sum(axis=1), 1)
    centred = np.where(known, lags - centre[:, np.newaxis], 0.0)
    spread = float(np.sum(np.square(centred)))
    if spread == 0 or not np.isfinite(plain.standard_error):
        return replace(plain, log2_per_step=np.nan, standard_error=np.nan, regime="undetermined")
    slope = float(np.sum(centred * np.where(known, values, 0.0))) / spread
    t, k = np.nonzero(known[:, 1:] & known[:, :-1])
    pull = np.cumsum(centred[:, ::-1], axis=1)[:, ::-1] / spread
    steps = t - k
    weights = np.bincount(steps, weights=pull[t, k + 1], minlength=len(values))
    walked = np.unique(steps).size
    error = plain.standard_error * float(np.sqrt(np.sum(np.square(weights)) * walked / 1.2))
    margin = max(SIGNIFICANT * error, ROUNDING)
    regime = plain.regime if abs(slope) > margin else "steady"
    if abs(slope) > margin:
        regime = "vanishing" if slope < 0 else "exploding"
    return replace(plain, log2_per_step=slope, standard_error=error, regime=regime)


def outcome(rate: Rate) -> Outcome:
    """What a rate shows, by its standard error."""
    if rate.regime == "absent" or rate.log2_per_step == -np.inf:
        return "gone"
    if rate.regime == "undetermined":
        return "open"
    if rate.regime == "steady":
        furthest = abs(rate.log2_per_step) + SIGNIFICANT * rate.standard_error
        return "steady" if furthest * rate.lags <= -np.log2(HORIZON_SHARE) else "open"
    return rate.regime


@dataclass(frozen=True)
class _Findings:
    """What the claims ask of a trace, measured once."""

    trace: Trace
    names: Mapping[str, str]
    """What is read (a, x, 1) → the parameter that stands for it: W_aa, W_ax, b_a"""
    lags: int
    """Lags k ≥ 1 between the last scored step and the first"""
    reached: bool
    """Whether any loss after the first step has a gradient at the recurrent part at all"""
    passed: bool
    """Whether any of it gets past lag 0"""
    reads: Mapping[str, bool]
    """a, x, 1 → whether what is read at lags k ≥ 1 is anything but zeros"""
    jacobians: Rate
    """Rate of ‖∂L_t/∂a⟨t−k⟩‖: of the product of Jacobians, the batch as one vector"""
    rates: Mapping[str, Rate]
    """a, x, 1 → rate of its parameter's contributions"""

    @staticmethod
    def of(trace: Trace) -> _Findings:
        uses, profile = trace.network.cell.uses(), trace.lags
        names = {use.source: name for name, use in reversed(uses.items())}
        scored = np.flatnonzero(profile.scored)
        lags = int(scored[-1]) if scored.size else 0
        norms = [profile.log2_norm[name] for name in uses]
        return _Findings(
            trace=trace,
            names=MappingProxyType(names),
            lags=lags,
            reached=any(bool(np.any(np.isfinite(norm[1:]))) for norm in norms),
            passed=any(bool(np.any(np.isfinite(norm[1:, 1:]))) for norm in norms),
            reads=MappingProxyType({reads: bool(np.any(source(trace.tape, reads)[:lags])) for reads in names}),
            jacobians=rate_along_losses(profile.log2_state_norm),
            rates=MappingProxyType(
                {reads: rate_along_losses(profile.log2_norm[name]) for reads, name in names.items()}
            ),
        )

    @property
    def no_path(self) -> str:
        """Why there is nothing to look at: two sentences; empty if there is something."""
        if self.lags == 0:
            return (
                "No loss has a step before it here, so that no path back in time exists and no Jacobian is on any. "
                "Two steps or more, with a later one scored, would make one."
            )
        if not self.reached:
            return (
                f"No gradient reaches the recurrent part, at lag 0 either{self.why_nothing}. "
                "What does not arrive can neither vanish nor explode on the way."
            )
        return ""

    @property
    def why_nothing(self) -> str:
        """The cause of exact zeros, where it is plain to see."""
        if not np.any(self.trace.tape.errors):
            return ", because no loss has an error"
        if not np.any(self.trace.network.parameters["W_y"]):
            return ", because W_y is all zeros"
        if self.trace.network.activation_name == "relu":
            return ", because the ReLU units it would pass through are off, where φ' is 0"
        return ""

    @property
    def wall(self) -> str:
        """What stops everything at lag 0."""
        name = self.names["a"]
        if not np.any(self.trace.network.parameters[name]):
            return f"{name} is all zeros"
        return "the units the paths would pass through are off (φ' = 0)"

    @property
    def few(self) -> bool:
        """Whether there are too few lags for a rate at all."""
        return self.lags < FEWEST_LAGS

    def share_of_past(self, reads: str) -> float:
        """How much of a parameter's contributions to one loss comes from lags k ≥ 1, the mean over losses t ≥ 2."""
        norms = self.trace.lags.log2_norm[self.names[reads]][1:]
        norms = norms[np.any(np.isfinite(norms), axis=1)]
        sizes = np.exp2(norms - np.max(norms, axis=1, keepdims=True)) if norms.size else np.ones((1, 1))
        return float(np.mean(np.sum(sizes[:, 1:], axis=1) / np.sum(sizes, axis=1)))


def _recurrent(found: _Findings) -> Claim:
    """(1): the rate of the product of Jacobians, and whether W_aa's contributions go with it."""
    name, lags = found.names["a"], found.lags
    jacobians, own = outcome(found.jacobians), outcome(found.rates["a"])
    evidence = (*_factor("product of the Jacobians", found.jacobians), *_factor(name, found.rates["a"]))
    evidence += (Evidence("lags k ≥ 1", lags, "count"),)
    verdict: Verdict
    if found.no_path:
        verdict, evidence, why = "not decidable here", evidence[-1:], found.no_path
    elif not found.passed:
        verdict = "holds"
        why = (
            f"Nothing is left at lag 1: the very first Jacobian on the way back is zero, as {found.wall}. That is "
            "vanishing at its most extreme, without any repetition."
        )
    elif not found.reads["a"]:
        verdict = "not decidable here"
        why = (
            f"Every state that {name} reads before the last loss is zero, so its contributions are zero whatever "
            "the Jacobians do. An input, a bias or an initial state would give it something to read."
        )
    elif jacobians == "gone" or (jacobians in ("vanishing", "exploding") and own in (jacobians, "gone")):
        verdict, why = "holds", _HOLDS[jacobians].format(name=name)
    elif jacobians in ("vanishing", "exploding") and own != "open":
        verdict = "premise true, conclusion false"
        why = (
            f"The Jacobians do {_VERB[jacobians]} what passes through them, but {name}'s contributions also carry "
            f"the state they read, ‖a⟨s−1⟩‖. That size changes along the sequence too, and with it "
            f"{name}'s contributions {_CHANGE[own]} from lag to lag."
        )
    elif jacobians == "steady":
        verdict = "fails"
        why = _keeps(found) + (
            f"What change {name}'s contributions show is that of the states they read, not the Jacobians'."
            if own in ("vanishing", "exploding")
            else f"Repeated Jacobians make {name}'s gradient vanish or explode in many networks, not in every one."
        )
    else:
        verdict = "not decidable here"
        why = _open(found, "the Jacobians'" if jacobians == "open" else f"{name}'s")
    return Claim(
        "recurrent",
        "W_aa's gradient vanishes or explodes, because going back in time multiplies one Jacobian after another.",
        "the asker",
        verdict,
        evidence,
        why,
    )


_HOLDS = {
    "vanishing": "One more step back multiplies the gradient by one more Jacobian, and here each one makes it "
    "smaller, by more than two standard errors. {name}'s contribution at lag k holds k of them, so it fades with k.",
    "exploding": "One more step back multiplies the gradient by one more Jacobian, and here each one makes it "
    "larger, by more than two standard errors. {name}'s contribution at lag k holds k of them, so it grows with k.",
    "gone": "After a few lags the product of Jacobians is exactly zero, and {name}'s contributions with it. There "
    "are too few lags before that for a rate, and none is needed.",
}
_VERB = {"vanishing": "shrink", "exploding": "enlarge"}
_CHANGE = {"vanishing": "shrink", "exploding": "grow", "steady": "keep their size", "gone": "end in exact zeros"}


def _keeps(found: _Findings) -> str:
    return (
        "The product of the Jacobians keeps its size: two standard errors away from its rate it would still stay "
        f"within a factor of {1 / HORIZON_SHARE:.0f} over all {found.jacobians.lags} lags. "
    )


def _open(found: _Findings, whose: str) -> str:
    if found.few:
        return (
            f"There are too few lags to look at ({found.lags}): a rate and its standard error need {FEWEST_LAGS}. "
            "A longer sequence, scored at a later step, would have them."
        )
    return (
        f"By its standard error {whose} factor per step cannot be told from 1, and is not shown to be 1 either: "
        "the lags leave room for both. A longer sequence would decide."
    )


def _readout(found: _Findings) -> Claim:
    """(2): W_y's contributions at lags k ≥ 1, looked for one by one."""
    (name,) = (name for name, use in READOUT_USES.items() if use.source == "a")
    norms = found.trace.lags.log2_norm[name]
    later = norms[1:]
    pairs = int(np.sum(np.flatnonzero(found.trace.lags.scored)))
    past = float(np.max(later[:, 1:], initial=-np.inf))
    evidence = (
        Evidence(f"{name} at lag 0, largest", float(np.max(later[:, 0], initial=-np.inf)), "size"),
        Evidence(f"{name} at lags k ≥ 1, largest", past, "size"),
        Evidence("pairs of a loss and a lag k ≥ 1", pairs, "count"),
    )
    verdict: Verdict
    if found.lags == 0:
        verdict, evidence, why = "not decidable here", evidence[-1:], found.no_path
    elif not np.any(np.isfinite(later)):
        verdict = "not decidable here"
        why = (
            f"{name} has no gradient here at all, at lag 0 either, because the errors or the states it multiplies "
            "are zeros. So there is nothing whose way back could be followed."
        )
    elif past == -np.inf:
        verdict = "fails"
        why = (
            f"{name} acts on a⟨t⟩ after the recurrence and meets the loss of its own step at once, so that all its "
            f"gradient has lag 0 and no power of {name} ever forms. Its transpose does open every path that "
            "others take back in time, but exactly once on each."
        )
        if found.trace.tape.overflow_step is not None:
            why = why.replace("but exactly once on each.", "once on each; what overflowed here is the states.")
    else:
        verdict = "holds"
        why = (
            f"{name} has contributions at lags k ≥ 1 in this network, so its use at earlier steps does act on later "
            "losses. They pass through Jacobians like those of the recurrent part."
        )
    return Claim(
        "readout",
        "W_y's gradient vanishes or explodes too, because it is reached through a⟨t⟩ and powers of W_y pile up.",
        "the asker",
        verdict,
        evidence,
        why,
    )


def _input(found: _Findings) -> Claim:
    """(3): the rate of W_ax's contributions, beside W_aa's."""
    name, other = found.names["x"], found.names["a"]
    own, jacobians = outcome(found.rates["x"]), outcome(found.jacobians)
    evidence = (*_factor(name, found.rates["x"]), *_factor(other, found.rates["a"]))
    evidence += (*_factor(f"{name} over {other}", _ratio(found)), Evidence("lags k ≥ 1", found.lags, "count"))
    verdict: Verdict
    if found.no_path:
        verdict, evidence, why = "not decidable here", evidence[-1:], found.no_path
    elif not found.reads["x"]:
        verdict, why = "not decidable here", _no_input(name)
    elif not found.passed:
        verdict = "fails"
        why = (
            f"{name}'s contributions are exactly zero from lag 1 on, as {found.wall}: gone, not spared. "
            "It is the same wall that stops every other path."
        )
    elif own in ("vanishing", "exploding", "gone") and jacobians in (own, "gone"):
        verdict = "fails"
        why = (
            f"That x⟨t⟩ depends on no earlier step does not help: {name} at step s acts on a later loss through "
            f"a⟨s⟩, and from there through the same Jacobians as {other}. So its contributions "
            f"{_CHANGE[own]} with the lag just as theirs do."
        )
    elif own in ("vanishing", "exploding", "gone"):
        verdict = "fails"
        why = (
            f"{name}'s contributions {_CHANGE[own]} from lag to lag, as the inputs they read change in size along "
            "the sequence, and not as the product of Jacobians does. They are there at lags k ≥ 1 all the same."
        )
    elif own == "steady":
        verdict = "holds"
        why = f"{name}'s contributions keep their size over the lags, but not for the reason given: "
        why += (
            f"they pass through the same Jacobians as {other}'s, and in this network those keep their size. "
            if jacobians in ("steady", "open")
            else "the Jacobians change them from step to step, and the inputs they read happen to make up for it. "
        )
        why += "Where Jacobians shrink or grow alone, it fails."
    else:
        verdict, why = "not decidable here", _open(found, f"{name}'s")
    return Claim(
        "input",
        "W_ax is spared: its gradient neither vanishes nor explodes, because x⟨t⟩ does not depend on earlier steps.",
        "the asker",
        verdict,
        evidence,
        why,
    )


def _no_input(name: str) -> str:
    return (
        f"Every input before the last loss is zero, so {name} has nothing to act on and its contributions are zero "
        "at every lag k ≥ 1 whatever the Jacobians do. Any other input would decide."
    )


def _leaf(found: _Findings) -> Claim:
    """(4): whether any contribution of W_ax at a lag k ≥ 1 is not exactly zero."""
    name = found.names["x"]
    reached = np.flatnonzero(np.any(np.isfinite(found.trace.lags.log2_norm[name]), axis=0))
    furthest = int(reached[-1]) if reached.size else 0
    evidence = (
        Evidence(f"share of {name}'s contributions at lags k ≥ 1", found.share_of_past("x"), "share"),
        Evidence(f"furthest lag at which {name} has any", furthest, "count", f"of {found.lags}"),
    )
    verdict: Verdict
    if found.no_path:
        verdict, evidence, why = "not decidable here", (Evidence("lags k ≥ 1", found.lags, "count"),), found.no_path
    elif not found.reads["x"]:
        verdict, why = "not decidable here", _no_input(name)
    elif furthest > 0:
        verdict = "premise true, conclusion false"
        why = (
            "The inputs are given and none is made from another, so ∂x⟨t⟩/∂x⟨t−1⟩ is 0; but no path has to go from "
            f"input to input. {name} is used at every step, its use at step s moves a⟨s⟩, and a⟨s⟩ moves every "
            "state and loss after it."
        )
    else:
        verdict = "holds"
        why = (
            f"Nothing of {name}'s gradient comes from lags k ≥ 1 here, but not because the inputs are given: "
            f"{found.wall}. Then ∂a⟨t⟩/∂a⟨t−1⟩ is 0 on every path, and W_aa gathers nothing from the past either."
        )
    return Claim(
        "leaf",
        "Nothing accumulates through W_ax, because ∂x⟨t⟩/∂x⟨t−1⟩ = 0.",
        "one answer",
        verdict,
        evidence,
        why,
    )


def _jacobian(found: _Findings) -> Claim:
    """(5): contributions against the product of one-step Jacobians, and W_ax's against W_aa's."""
    name, other = found.names["x"], found.names["a"]
    compared = None if found.no_path else _Comparison.of(found)
    alone = "" if compared is None or compared.examples == 1 else f", example {compared.example + 1} alone"
    evidence: tuple[Evidence, ...] = _factor("product of the Jacobians", found.jacobians)
    for reads in ("a", "x", "1"):
        evidence += _factor(found.names[reads], found.rates[reads])
    verdict: Verdict
    if compared is None:
        verdict, evidence, why = (
            "not decidable here",
            (Evidence("lags k ≥ 1", found.lags, "count"),),
            found.no_path,
        )
    elif not found.passed:
        verdict = "holds"
        why = (
            f"∂a⟨t⟩/∂a⟨t−1⟩ is zero on every path here, as {found.wall}, and with it every contribution at lags "
            "k ≥ 1. Take the Jacobians away, and nothing is left to accumulate."
        )
    elif compared.count == 0:
        verdict = "not decidable here"
        why = (
            "The losses that were looked at have no contribution at a lag k ≥ 1 to hold against the Jacobians. "
            "Other losses of this sequence have some."
        )
    else:
        evidence += (
            Evidence(f"contributions against product{alone}, worst", compared.from_product, "deviation"),
            Evidence(f"{name} / {other} against ‖x⟨s⟩‖ / ‖a⟨s−1⟩‖{alone}, worst", compared.from_ratio, "deviation"),
            Evidence("pairs of a loss and a lag compared", compared.count, "count"),
        )
        exact = max(compared.from_product, compared.from_ratio) <= WITHIN_ROUNDING
        verdict = "holds" if exact else "fails"
        why = (
            "Divide a contribution at lag k by what its parameter reads (‖a⟨s−1⟩‖, ‖x⟨s⟩‖ or 1), and for W_aa, W_ax "
            "and b_a alike the injected error times k Jacobians is what remains, to rounding. "
            + _carried(found)
            if exact
            else "The contributions are not the injected error times the Jacobians and what each parameter reads. So "
            "something else gathers here from lag to lag."
        )
    return Claim(
        "jacobian",
        "What accumulates over the steps comes from ∂a⟨t⟩/∂a⟨t−1⟩.",
        "one answer",
        verdict,
        evidence,
        why,
    )


def _carried(found: _Findings) -> str:
    """What that means here, in a sentence."""
    jacobians = outcome(found.jacobians)
    if jacobians in ("vanishing", "exploding"):
        return f"Those Jacobians {_VERB[jacobians]} it step by step, for all three parameters at once."
    if jacobians == "steady":
        return "Here their product keeps its size, so that nothing fades and nothing blows up on the way."
    if jacobians == "gone":
        return "Their product ends in exact zeros, for all three parameters at once."
    return "Whether their product shrinks or grows in the long run, these lags are too few to tell."


@dataclass(frozen=True)
class _Comparison:
    """Contributions of one example, held against two things they must equal if the Jacobians are all there is.

    In a batch a contribution is a sum of matrices, which may cancel, and neither holds of its norm; so there the
    one example with the largest error is taken apart on its own.
    """

    examples: int
    example: int
    count: int
    """Pairs (t, k), k ≥ 1, with a contribution that is not zero"""
    from_product: float
    """Worst relative deviation of a contribution to the latest loss from ‖injected‖ Π gains · ‖u⟨s⟩‖"""
    from_ratio: float
    """Worst relative deviation of W_ax's over W_aa's contribution from ‖x⟨s⟩‖ / ‖a⟨s−1⟩‖"""

    @staticmethod
    def of(found: _Findings) -> _Comparison:
        tape, profile, names = found.trace.tape, found.trace.lags, found.names
        uses, examples = tape.network.cell.uses(), tape.batch.inputs.shape[1]
        last = found.lags + 1
        example = int(np.argmax(np.max(np.abs(tape.errors[last - 1]), axis=1)))
        first = max(0, last - _longest(tape)) if examples > 1 else 0
        if examples > 1:
            tape = _alone(tape, example, first, last)
            profile = lag_profile(tape)
        norms = {name: profile.log2_norm[name][-LOSSES_COMPARED:] for name in names.values()}
        times = np.arange(len(profile.scored))[-LOSSES_COMPARED:]
        alive = np.any(np.isfinite([norm[:, 1:] for norm in norms.values()]), axis=(0, 2))
        if not np.any(alive):
            return _Comparison(examples, example, 0, 0.0, 0.0)
        latest = int(times[alive][-1])
        depth = min(latest, _longest(tape)) + 1
        paths = _through_jacobians(tape, latest, depth)
        sizes = {name: log2_norm(source(tape, uses[name].source), axis=2)[:, 0] for name in norms}
        product = max(
            _deviation(
                profile.log2_norm[name][latest, :depth],
                paths[uses[name].delta] + sizes[name][latest - np.arange(depth)],
            )
            for name in norms
        )
        steps = times[:, np.newaxis] - np.arange(len(profile.scored))
        there = steps >= 0
        x, a = ({k: v[k_] for k, v, k_ in ()} or norms[names[r]] - np.where(there, sizes[names[r]][np.where(there, steps, 0)], 0.0) for r in ("x", "a"))
        both = np.isfinite(x) & np.isfinite(a)
        pairs = there & np.isfinite(norms[names["1"]])
        return _Comparison(examples, example, int(pairs[:, 1:].sum()), product, _deviation(x[both], a[both]))
