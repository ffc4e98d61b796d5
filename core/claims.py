"""The question and its answers, as six claims, each tested on one network.

The question (Cross Validated 434922) asks which gradients of a vanilla RNN vanish or explode: its author holds
that W_aa's and W_y's do and that W_ax's does not; one answer agrees, as ∂x⟨t⟩/∂x⟨t−1⟩ = 0; another says that
any deep network multiplies Jacobians. A verdict is a measurement on one Trace:

    contribution(t, k) of θ  =  δ_{t,s} u⟨s⟩ᵀ,   s = t − k,   u⟨s⟩ = a⟨s−1⟩ (W_aa), x⟨s⟩ (W_ax), 1 (b_a)
    ∂L_t/∂a⟨t−k⟩  =  J⟨s+1⟩ᵀ … J⟨t⟩ᵀ ∂L_t/∂a⟨t⟩,   J⟨s⟩ = ∂a⟨s⟩/∂a⟨s−1⟩ = diag φ'(z⟨s⟩) W_aa

Whether something vanishes, explodes or keeps its size is told from its rate and the rate's standard error, and
"keeps its size" has to be shown: two standard errors away from the rate it still must not reach the horizon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from core.batch import Batch
from core.bptt import READOUT_USES, source
from core.lags import lag_profile
from core.rates import FEWEST_LAGS, HORIZON_SHARE, SIGNIFICANT, Rate, fit_rate
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
    kind: Literal["factor", "size", "share", "deviation", "count"]
    """factor: value is log₂ of what one more lag multiplies by. size: log₂ of a norm, −inf for exactly zero.
    share: a part of 1. deviation: a relative difference. count: a whole number"""
    unit: str = ""
    error: float | None = None
    """For a factor, the standard error of its log₂; None where it is unknown"""

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.kind == "share":
            return f"{self.value:.0%}{unit}"
        if self.kind in ("factor", "size"):
            return f"{'×' if self.kind == 'factor' else ''}{_power(self.value)}{unit}"
        return f"{self.value:.0f}{unit}" if self.kind == "count" else f"{self.value:.3g}{unit}"


@dataclass(frozen=True)
class Claim:
    """One claim, what became of it in this network, and why."""

    id: str
    statement: str
    said_by: Voice
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    """The numbers that decide it"""
    explanation: str
    """Two sentences"""


@dataclass(frozen=True)
class Answer:
    """The answer to the question in this network: a text whose numbers are still to be written out."""

    template: str
    numbers: Mapping[str, Evidence]

    def text(self, show: Callable[[Evidence], str] = str) -> str:
        """The sentences, each number written by `show`."""
        return self.template.format(**{name: show(number) for name, number in self.numbers.items()})

    def __str__(self) -> str:
        return self.text()


QUESTION = (
    "Which gradients of a vanilla RNN vanish or explode? The asker believes: those of W_aa and W_y, since both are "
    "reached through a⟨t⟩, which depends on every earlier step; but not that of W_ax, since the input x⟨t⟩ depends "
    "on none."
)

STATEMENTS: Mapping[str, tuple[Voice, str]] = MappingProxyType(
    {
        "recurrent": (
            "the asker",
            "W_aa's gradient vanishes or explodes, because going back in time multiplies Jacobian by Jacobian.",
        ),
        "readout": (
            "the asker",
            "W_y's gradient vanishes or explodes too, because it is reached through a⟨t⟩ and powers of W_y pile up.",
        ),
        "input": (
            "the asker",
            "W_ax is spared: its gradient does neither, because x⟨t⟩ does not depend on earlier steps.",
        ),
        "leaf": ("one answer", "Nothing accumulates through W_ax, because ∂x⟨t⟩/∂x⟨t−1⟩ = 0."),
        "jacobian": ("one answer", "What accumulates over the steps comes from ∂a⟨t⟩/∂a⟨t−1⟩."),
        "depth": (
            "another answer",
            "Any deep network multiplies Jacobians, layer by layer, and so shares the problem.",
        ),
    }
)
"""Claim → who makes it, and what it says in our words"""


def claims(trace: Trace) -> tuple[Claim, ...]:
    """The six claims, tested on this trace."""
    found = _Findings.of(trace)
    tests = {
        "recurrent": _recurrent,
        "readout": _readout,
        "input": _input,
        "leaf": _leaf,
        "jacobian": _jacobian,
        "depth": _depth,
    }
    made = []
    for name, (voice, statement) in STATEMENTS.items():
        if found.no_path and name in ("recurrent", "input", "leaf", "jacobian"):
            result: _Test = (_UNDECIDED, (found.lags_evidence,), found.no_path)
        else:
            result = tests[name](found)
        made.append(Claim(name, statement, voice, *result))
    return tuple(made)


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
    """What is read (a, x, 1) → the parameter that stands for those that read it: W_aa, W_ax, b_a"""
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
        uses, norms = trace.network.cell.uses(), trace.lags.log2_norm
        names: dict[str, str] = {use.source: name for name, use in reversed(list(uses.items()))}
        scored = np.flatnonzero(trace.lags.scored)
        lags = int(scored[-1]) if scored.size else 0
        return _Findings(
            trace=trace,
            names=MappingProxyType(names),
            lags=lags,
            reached=any(bool(np.any(np.isfinite(norms[name][1:]))) for name in uses),
            passed=any(bool(np.any(np.isfinite(norms[name][1:, 1:]))) for name in uses),
            reads=MappingProxyType({reads: bool(np.any(source(trace.tape, reads)[:lags])) for reads in names}),
            jacobians=_rate(trace.lags.log2_state_norm),
            rates=MappingProxyType({reads: _rate(norms[name]) for reads, name in names.items()}),
        )

    @property
    def lags_evidence(self) -> Evidence:
        """How many lags there are."""
        return Evidence("lags k ≥ 1", self.lags, "count")

    @property
    def no_path(self) -> str:
        """Why there is nothing to look at, in two sentences; empty if there is something."""
        if self.lags == 0:
            return (
                "No loss has a step before it here, so that no path leads back in time and no Jacobian is on any. "
                "Two steps or more, with a later one scored, would make one."
            )
        if not self.reached:
            return (
                f"No gradient reaches the recurrent part, at lag 0 either{self._why_nothing}. "
                "What does not set out can neither vanish nor explode on the way."
            )
        return ""

    @property
    def _why_nothing(self) -> str:
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
        if not np.any(self.trace.network.parameters[self.names["a"]]):
            return f"{self.names['a']} is all zeros"
        if self.trace.network.activation_name == "relu":
            return "the units that the paths would pass through are off (φ' = 0)"
        return f"{self.names['a']} takes the gradient that arrives to zero"

    def outcome_of(self, reads: str) -> Outcome:
        """What becomes of a parameter's contributions: what its rate shows, or else what the Jacobians' rate does.

        What a parameter reads scatters from step to step and can hide what the Jacobians do to its contributions.
        They are given the Jacobians' outcome where the two rates cannot be told apart.
        """
        rate, shown = self.rates[reads], outcome(self.rates[reads])
        if shown != "open" or rate.regime == "undetermined" or not np.isfinite(self.jacobians.log2_per_step):
            return shown
        error = float(np.hypot(rate.standard_error, self.jacobians.standard_error))
        apart = abs(rate.log2_per_step - self.jacobians.log2_per_step) > SIGNIFICANT * error
        return "open" if apart else outcome(self.jacobians)

    def share_of_past(self, reads: str) -> float:
        """How much of a parameter's contributions to one loss comes from lags k ≥ 1: the mean over losses t ≥ 2."""
        norms = self.trace.lags.log2_norm[self.names[reads]][1:]
        norms = norms[np.any(np.isfinite(norms), axis=1)]
        if not norms.size:
            return 0.0
        sizes = np.exp2(norms - np.max(norms, axis=1, keepdims=True))
        return float(np.mean(np.sum(sizes[:, 1:], axis=1) / np.sum(sizes, axis=1)))


_Test: TypeAlias = tuple[Verdict, tuple[Evidence, ...], str]
_UNDECIDED: Verdict = "not decidable here"
_CHANGE = {"vanishing": "shrink", "exploding": "grow", "steady": "keep their size", "gone": "end in exact zeros"}


def _recurrent(found: _Findings) -> _Test:
    """(1): the rate of the product of Jacobians, which is a factor of every contribution of W_aa."""
    name = found.names["a"]
    jacobians, own = outcome(found.jacobians), found.outcome_of("a")
    evidence = (
        *_factor("product of the Jacobians", found.jacobians),
        *_factor(name, found.rates["a"]),
        found.lags_evidence,
    )
    if not found.passed:
        why = (
            f"Nothing is left at lag 1: the first Jacobian on the way back is zero already, as {found.wall}. That is "
            "vanishing at its most extreme, without any repetition."
        )
        return "holds", evidence, why
    if not found.reads["a"]:
        why = (
            f"Every state that {name} reads before the last loss is zero, so its contributions are zero whatever "
            "the Jacobians do. An input, a bias or an initial state would give it something to read."
        )
        return _UNDECIDED, evidence, why
    if jacobians == "gone":
        why = (
            f"After a few lags the product of Jacobians is exactly zero, and {name}'s contributions with it. There "
            "are too few lags before that for a rate, and none is needed."
        )
        return "holds", evidence, why
    if jacobians in ("vanishing", "exploding"):
        size, goes = ("smaller", "fades") if jacobians == "vanishing" else ("larger", "grows")
        then = f"{name}'s contribution at lag k holds k of them, so it {goes} with k."
        if own not in (jacobians, "gone"):
            then = (
                f"{name}'s contributions also carry the states they read, ‖a⟨s−1⟩‖, which change along the sequence "
                "as well; so it shows from loss to loss, at all lags at once, more than from lag to lag."
            )
        why = (
            "One more step back multiplies the gradient by one more Jacobian, and on average each makes it "
            f"{size}, by more than two standard errors. {then}"
        )
        return "holds", evidence, why
    if jacobians == "steady":
        why = (
            "The product of the Jacobians keeps its size: two standard errors away from its rate it would still "
            f"stay within a factor of {1 / HORIZON_SHARE:.0f} over all {found.jacobians.lags} lags. "
            + (
                f"What change {name}'s contributions show is that of the states they read, not the Jacobians'."
                if own in ("vanishing", "exploding")
                else f"Jacobians make {name}'s gradient vanish or explode in many networks, but not in every one."
            )
        )
        return "fails", evidence, why
    return _UNDECIDED, evidence, _open(found, "the product of the Jacobians", found.jacobians)


def _open(found: _Findings, what: str, rate: Rate) -> str:
    if found.lags < FEWEST_LAGS:
        return (
            f"There are too few lags to look at: {found.lags}, and a rate with its standard error needs "
            f"{FEWEST_LAGS}. A longer sequence, scored at a later step, would have them."
        )
    if rate.regime == "undetermined":
        return (
            f"There is too little of {what} for a rate: of {found.lags} lags, no loss has enough where it is not "
            "exactly zero. Other inputs or a longer sequence might give it."
        )
    return (
        f"By its standard error the factor per step of {what} cannot be told from 1, and is not shown to be 1 "
        "either: the lags leave room for both. A longer sequence would narrow it down."
    )


def _readout(found: _Findings) -> _Test:
    """(2): W_y's contributions at lags k ≥ 1, looked for one by one."""
    name = next(name for name, use in READOUT_USES.items() if use.source == "a")
    norms = found.trace.lags.log2_norm[name][1:]
    pairs = Evidence("pairs of t and k ≥ 1 looked at", int(np.sum(np.flatnonzero(found.trace.lags.scored))), "count")
    if found.lags == 0:
        return _UNDECIDED, (pairs,), found.no_path
    past = float(np.max(norms[:, 1:], initial=-np.inf))
    evidence = (
        Evidence(f"{name}'s gradient at lag 0, largest", float(np.max(norms[:, 0], initial=-np.inf)), "size"),
        Evidence(f"{name}'s gradient at lags k ≥ 1, largest", past, "size"),
        pairs,
    )
    if not np.any(np.isfinite(norms)):
        why = (
            f"{name} has no gradient here at all, at lag 0 either, because the errors or the states it multiplies "
            "are zeros. So there is nothing whose way back could be followed."
        )
        return _UNDECIDED, evidence, why
    if past > -np.inf:
        why = (
            f"{name} has contributions at lags k ≥ 1 in this network, so its use at earlier steps acts on later "
            "losses. They pass through Jacobians like those of the recurrent part."
        )
        return "holds", evidence, why
    once = "Its transpose does open every path that others take back in time, but exactly once on each."
    if found.trace.tape.overflow_step is not None:
        once = "What overflows in this network is the states going forward, which its gradient multiplies once."
    why = (
        f"{name} acts on a⟨t⟩ after the recurrence and meets the loss of its own step at once, so that all its "
        f"gradient has lag 0 and no power of {name} ever forms. {once}"
    )
    return "fails", evidence, why


def _input(found: _Findings) -> _Test:
    """(3): the rate of W_ax's contributions, beside W_aa's."""
    name, other = found.names["x"], found.names["a"]
    own, jacobians = found.outcome_of("x"), outcome(found.jacobians)
    evidence = (
        *_factor(name, found.rates["x"]),
        *_factor(other, found.rates["a"]),
        *(_factor(f"{name} over {other}", _ratio(found)) if found.passed else ()),
        found.lags_evidence,
    )
    if not found.reads["x"]:
        return _UNDECIDED, (found.lags_evidence,), _no_input(name)
    if not found.passed:
        why = (
            f"{name}'s contributions are exactly zero from lag 1 on, as {found.wall}: gone, not spared. "
            "The same wall stops every other path."
        )
        return "fails", evidence, why
    if own in ("vanishing", "exploding", "gone") and jacobians in (own, "gone"):
        as_well = f", as {other}'s do" if found.outcome_of("a") == own and found.reads["a"] else ""
        why = (
            f"That x⟨t⟩ depends on no earlier step is true and no help: {name} at step s acts on a later loss "
            f"through a⟨s⟩, and from there through the same Jacobians as {other}. So its contributions "
            f"{_CHANGE[own]} with the lag{as_well}."
        )
        return "fails", evidence, why
    if own in ("vanishing", "exploding", "gone"):
        why = (
            f"{name}'s contributions {_CHANGE[own]} from lag to lag, in step with the inputs they read rather than "
            "with the product of Jacobians. They are there at lags k ≥ 1 all the same."
        )
        return "fails", evidence, why
    if own == "steady":
        cause = {
            "steady": f"they pass through the same Jacobians as {other}'s, whose product keeps its size here",
            "open": f"they pass through the same Jacobians as {other}'s, whose product is not seen to change here",
        }.get(jacobians, "the Jacobians do change them, and the inputs they read happen to make up for it")
        why = (
            f"{name}'s contributions keep their size over the lags, but not for the reason given: {cause}. "
            "Where the Jacobians shrink or enlarge what passes, the claim fails."
        )
        return "holds", evidence, why
    return _UNDECIDED, evidence, _open(found, name, found.rates["x"])


def _no_input(name: str) -> str:
    return (
        f"Every input before the last loss is zero, so {name} has nothing to act on and its contributions at lags "
        "k ≥ 1 are zero whatever the Jacobians do. Any other input would decide."
    )


def _leaf(found: _Findings) -> _Test:
    """(4): whether any contribution of W_ax at a lag k ≥ 1 is not exactly zero."""
    name = found.names["x"]
    with_any = np.flatnonzero(np.any(np.isfinite(found.trace.lags.log2_norm[name]), axis=0))
    furthest = int(with_any[-1]) if with_any.size else 0
    evidence = (
        Evidence(f"share of {name}'s gradient from lags k ≥ 1", found.share_of_past("x"), "share"),
        Evidence(f"furthest lag where {name} has any", furthest, "count", f"of {found.lags}"),
    )
    if not found.reads["x"]:
        return _UNDECIDED, (found.lags_evidence,), _no_input(name)
    if furthest > 0:
        why = (
            "The inputs are given and none is made from another, so ∂x⟨t⟩/∂x⟨t−1⟩ is 0; but no path has to go from "
            f"input to input. {name} is used at every step: its use at step s moves a⟨s⟩, and a⟨s⟩ moves every "
            "state and loss after it."
        )
        return "premise true, conclusion false", evidence, why
    why = (
        f"Nothing of {name}'s gradient comes from lags k ≥ 1, but not because the inputs are given: {found.wall}. "
        f"Then ∂a⟨t⟩/∂a⟨t−1⟩ is 0 on every path, and {found.names['a']} gathers nothing from the past either."
    )
    return "holds", evidence, why


def _jacobian(found: _Findings) -> _Test:
    """(5): contributions against the product of one-step gains, and W_ax's against W_aa's."""
    a, x, one = (found.names[reads] for reads in ("a", "x", "1"))
    evidence: tuple[Evidence, ...] = (
        *_factor("product of the Jacobians", found.jacobians),
        *(number for reads in ("a", "x", "1") for number in _factor(found.names[reads], found.rates[reads])),
    )
    if not found.passed:
        why = (
            f"∂a⟨t⟩/∂a⟨t−1⟩ is zero on every path here, as {found.wall}, and with it every contribution at lags "
            "k ≥ 1. Take the Jacobians away, and nothing is left to accumulate."
        )
        return "holds", (*evidence, found.lags_evidence), why
    compared = _Comparison.of(found)
    if compared.pairs == 0:
        why = (
            "The losses compared have no contribution at a lag k ≥ 1 to hold against the Jacobians. Only earlier "
            "losses of this sequence, or other examples of the batch, have some."
        )
        return _UNDECIDED, (*evidence, found.lags_evidence), why
    alone = f", example {compared.example + 1} alone" if compared.examples > 1 else ""
    evidence += (Evidence("off the product of Jacobians by", compared.from_product, "deviation"),)
    if compared.from_ratio is not None:
        evidence += (Evidence(f"{x} / {a} off ‖x⟨s⟩‖ / ‖a⟨s−1⟩‖ by", compared.from_ratio, "deviation"),)
    evidence += (Evidence(f"pairs of t and k ≥ 1 compared{alone}", compared.pairs, "count"),)
    if max(compared.from_product, compared.from_ratio or 0.0) > WITHIN_ROUNDING:
        why = (
            "The contributions are not the injected error times the Jacobians times what each parameter reads. So "
            "something else gathers here from lag to lag."
        )
        return "fails", evidence, why
    outcomes = {
        "vanishing": "Those Jacobians shrink it step by step, for all parameters at once.",
        "exploding": "Those Jacobians enlarge it step by step, for all parameters at once.",
        "steady": "Here their product keeps its size, so that nothing fades and nothing blows up on the way.",
        "gone": "Their product ends in exact zeros, for all parameters at once.",
        "open": "Whether their product shrinks or grows in the long run, these lags are too few to tell.",
    }
    why = (
        f"Divide a contribution at lag k by what its parameter reads (‖a⟨s−1⟩‖, ‖x⟨s⟩‖ or 1): for {a}, {x} and {one} "
        "alike what remains is the injected error times k Jacobians, to rounding. " + outcomes[outcome(found.jacobians)]
    )
    return "holds", evidence, why


def _depth(found: _Findings) -> _Test:
    """(6): this network is a deep one whose layers share a matrix; the other kind is not in this trace."""
    return (
        _UNDECIDED,
        (
            Evidence("layers of this network, unrolled in time", len(found.trace.tape.losses), "count"),
            *_factor("product of their Jacobians", found.jacobians),
        ),
        "Unrolled in time this network is a deep one whose layers share one matrix, and the product of its Jacobians "
        "is what the other claims measure. A deep network with a matrix of its own for every layer is not part of "
        "this experiment, so that half of the claim is not measured yet.",
    )


@dataclass(frozen=True)
class _Comparison:
    """Contributions of one example, held against two things they must equal if the Jacobians are all there is.

    In a batch a contribution is a sum of matrices, which may cancel, so that neither is true of its norm; there the
    example with the largest last error is taken apart on its own.
    """

    examples: int
    example: int
    pairs: int
    """Pairs (t, k), k ≥ 1, with a contribution that is not zero"""
    from_product: float
    """Worst relative deviation of a contribution to the latest loss from ‖injected‖ · Π gains · ‖u⟨s⟩‖"""
    from_ratio: float | None
    """Worst relative deviation of W_ax's over W_aa's contribution from ‖x⟨s⟩‖ / ‖a⟨s−1⟩‖; None if never both are"""

    @staticmethod
    def of(found: _Findings) -> _Comparison:
        tape, profile, names = found.trace.tape, found.trace.lags, found.names
        uses, examples = tape.network.cell.uses(), tape.batch.inputs.shape[1]
        example = int(np.argmax(np.max(np.abs(tape.errors[found.lags]), axis=1)))
        if examples > 1:
            tape = _alone(tape, example, found.lags)
            profile = lag_profile(tape)
        start = max(0, len(tape.losses) - LOSSES_COMPARED)
        norms = {reads: profile.log2_norm[name][start:] for reads, name in names.items()}
        sizes = {reads: log2_norm(source(tape, reads), axis=2)[:, 0] for reads in names}
        pairs = np.any([np.isfinite(norm[:, 1:]) for norm in norms.values()], axis=0)
        if not np.any(pairs):
            return _Comparison(examples, example, 0, 0.0, None)
        t = int(np.flatnonzero(np.any(pairs, axis=1))[-1]) + start
        steps = t - np.arange(min(t + 1, _longest(tape)))
        deltas = _through_jacobians(tape, t, len(steps))
        product = max(
            _deviation(profile.log2_norm[name][t, : len(steps)], deltas[uses[name].delta] + sizes[reads][steps])
            for reads, name in names.items()
        )
        back = np.arange(start, len(tape.losses))[:, np.newaxis] - np.arange(len(tape.losses))
        both = (back >= 0) & np.isfinite(norms["x"]) & np.isfinite(norms["a"])
        s = back[both]
        ratio = None
        if s.size:
            ratio = _deviation(norms["x"][both] - norms["a"][both], sizes["x"][s] - sizes["a"][s])
        return _Comparison(examples, example, int(pairs.sum()), product, ratio)


def _longest(tape: Tape) -> int:
    """How many steps a comparison goes back: fewer in a large network, so that it takes no more than a moment."""
    most = LOSSES_COMPARED if tape.batch.inputs.shape[1] == 1 else LOSSES_COMPARED // 5
    return int(np.clip(30_000 // tape.network.hidden_size, 30, most))


def _alone(tape: Tape, example: int, last: int) -> Tape:
    """One example of a batch, at the latest of the steps up to index `last`."""
    steps = slice(max(0, last + 1 - _longest(tape)), last + 1)
    one = slice(example, example + 1)
    return replace(
        tape,
        batch=Batch(tape.batch.inputs[steps, one], tape.batch.targets[steps, one], tape.batch.scored[steps]),
        states=tape.states[steps.start : last + 2, one],
        preactivations=tape.preactivations[steps, one],
        outputs=tape.outputs[steps, one],
        losses=tape.losses[steps],
        errors=tape.errors[steps, one],
    )


def _through_jacobians(tape: Tape, t: int, depth: int) -> dict[str, Floats]:
    """log₂ ‖δ_{t,s}‖ at lags k < depth (s = t − k, from 0), as a product of one-step gains.

        ‖δ_{t,s}‖ = ‖W_yᵀ e⟨t⟩‖ · Π gains · ‖φ'(z⟨s⟩) ⊙ v‖,    gain = ‖J⟨r⟩ᵀ v‖,  r = t … s+1

    where the direction v is brought back to length 1 after every step.
    """
    network = tape.network
    linearization = network.cell.linearize(network.parameters, network.activation, tape.preactivations)
    found = {use.delta: np.full(depth, -np.inf) for use in network.cell.uses().values()}
    direction = tape.errors[t] @ network.parameters["W_y"]
    direction = np.pad(direction, ((0, 0), (0, tape.states.shape[2] - direction.shape[1])))
    size = float(log2_norm(direction))
    for k in range(depth):
        if size == -np.inf:
            break
        direction = direction / np.max(np.abs(direction))
        direction /= np.linalg.norm(direction)
        pulled = linearization.pull(direction, slice(t - k, t - k + 1))
        for name, delta in pulled.deltas.items():
            found[name][k] = size + float(log2_norm(delta)) + int(np.max(pulled.delta_exponent))
        direction = pulled.previous
        size += float(log2_norm(direction)) + int(np.max(pulled.previous_exponent))
    return found


def _deviation(one: Floats, other: Floats) -> float:
    """Worst relative difference of numbers given as log₂; exact zeros on both sides agree, on one side do not."""
    apart = one != other
    if not np.any(apart):
        return 0.0
    return float(np.max(np.abs(np.expm1(np.clip((one[apart] - other[apart]) * np.log(2.0), -700.0, 700.0)))))


def _ratio(found: _Findings) -> Rate:
    """How fast W_ax's contribution over W_aa's changes with the lag, pair by pair."""
    x, a = (found.trace.lags.log2_norm[found.names[reads]] for reads in ("x", "a"))
    both = np.isfinite(x) & np.isfinite(a)
    return _rate(np.where(both, x, 0.0) - np.where(both, a, np.inf))


def answer(trace: Trace) -> Answer:
    """The question's answer in this network, in two or three sentences."""
    found = _Findings.of(trace)
    if found.no_path:
        return Answer(found.no_path, MappingProxyType({}))
    x, a = found.names["x"], found.names["a"]
    own, other = found.outcome_of("x"), found.outcome_of("a")
    numbers = {
        "share": Evidence(f"share of {x}'s gradient from lags k ≥ 1", found.share_of_past("x"), "share"),
        **{reads: number for reads in ("x", "a") for number in _factor(found.names[reads], found.rates[reads])},
    }
    past = f"of a typical loss's gradient at {x} {{share}} comes from earlier steps"
    if not found.passed:
        text = f"Nothing goes back in time here: {found.wall}. {x}'s gradient ends at lag 0 just as {a}'s does"
    elif not found.reads["x"]:
        text = f"All inputs are zero here, so this network cannot say what becomes of {x}'s gradient"
        if other in _DOES:
            text += f"; {a}'s {_DOES[other]}, {{a}}"
    elif own == other and own in ("vanishing", "exploding"):
        text = (
            f"No, W_ax is not spared: here its gradient {_DOES[own]} ({{x}}) as {a}'s does ({{a}}). Both go back "
            f"through the same product of Jacobians, and {past}"
        ).replace("W_ax", x)
    elif own == other == "steady":
        text = (
            f"Here neither {x}'s gradient ({{x}}) nor {a}'s ({{a}}) vanishes or explodes. That spares {x} no more "
            f"than {a}: {past}, through the same Jacobians"
        )
    else:
        text = f"{x} is no exception: {past}, through the same Jacobians as {a}"
        seen = {**_DOES, "gone": "ends in zeros", "open": "is not told from ×1"}
        if "x" in numbers:
            text += f". Here its gradient {seen[own]} ({{x}})"
            if "a" in numbers:
                text += f", and {a}'s {seen[other]} ({{a}})"
                if other != own:
                    text += ": each also carries what it reads"
    return Answer(f"{text}. W_y's has lag 0 only: no Jacobian is on its path.", MappingProxyType(numbers))


_DOES: Mapping[str, str] = {"vanishing": "vanishes", "exploding": "explodes", "steady": "keeps its size"}


def _rate(log2_norms: Floats) -> Rate:
    """The rate, undetermined too where no loss has lags to compare or where there is no scatter to judge it by."""
    with np.errstate(invalid="ignore"):
        rate = fit_rate(log2_norms)
    ended = rate.log2_per_step == -np.inf and rate.lags < FEWEST_LAGS
    if ended or np.isfinite([rate.log2_per_step, rate.standard_error]).all():
        return rate
    return replace(rate, log2_per_step=float("nan"), standard_error=float("nan"), regime="undetermined")


def _factor(name: str, rate: Rate) -> tuple[Evidence, ...]:
    """A rate as evidence; none where it is unknown."""
    if np.isnan(rate.log2_per_step):
        return ()
    error = float(rate.standard_error) if np.isfinite(rate.standard_error) else None
    return (Evidence(name, float(rate.log2_per_step), "factor", "per step", error),)


def _power(log2: float) -> str:
    """2^log2 in three digits, past float64 too."""
    if abs(log2) < 1000 or np.isinf(log2):
        return f"{np.exp2(log2):.3g}"
    log10 = log2 * np.log10(2.0)
    return f"{10 ** (log10 - np.floor(log10)):.3g}e{int(np.floor(log10)):+d}"
