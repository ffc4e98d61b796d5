"""The question and its answers, as six claims, each tested on one network.

The question (Cross Validated 434922) asks which gradients of a vanilla RNN vanish or explode: its author holds
that W_aa's and W_y's do and that W_ax's does not; one answer agrees, as ∂x⟨t⟩/∂x⟨t−1⟩ = 0; another says that
any deep network multiplies Jacobians. A verdict is a measurement on one Trace:

    contribution(t, k) of θ  =  δ_{t,s} u⟨s⟩ᵀ,   s = t − k,   u⟨s⟩ = a⟨s−1⟩ (W_aa), x⟨s⟩ (W_ax), 1 (b_a)
    ∂L_t/∂a⟨t−k⟩  =  J⟨s+1⟩ᵀ … J⟨t⟩ᵀ ∂L_t/∂a⟨t⟩,   J⟨s⟩ = ∂a⟨s⟩/∂a⟨s−1⟩ = diag φ'(z⟨s⟩) W_aa

Whether something vanishes, explodes or keeps its size is decided by its own rate and the rate's standard error, never
by another's, and each has to be shown: see `core.bptt.rate.Regime`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from core.bptt.directions import goes_both_ways
from core.bptt.forward_step import direct_gate, gate_means
from core.bptt.rate import FEW_LAGS, Rate
from core.claims.evidence import Answer, Claim, Evidence, Verdict, Voice, factor_evidence
from core.claims.findings import Findings, Outcome, outcome
from core.claims.verdicts import (
    UNDECIDED,
    Test,
    depth_claim,
    input_claim,
    jacobian_claim,
    leaf_claim,
    readout_claim,
    recurrent_claim,
)
from core.network.cells.bidirectional import Bidirectional
from core.numerics.frozen import FrozenMapping
from core.numerics.progress import Progress
from core.trace import Trace

__all__ = [
    "QUESTION",
    "STATEMENTS",
    "Answer",
    "Claim",
    "Evidence",
    "Outcome",
    "Verdict",
    "Voice",
    "answer",
    "claims",
    "outcome",
]

QUESTION = (
    "The question that this program was made for: which gradients of a vanilla RNN vanish or explode? The one who "
    "asked it, the asker, believes: those of W_aa and W_y, since both are reached through a⟨t⟩, which depends on every "
    "earlier step; but not that of W_ax, since the input x⟨t⟩ depends on none."
)

STATEMENTS: Mapping[str, tuple[Voice, str]] = FrozenMapping(
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


def claims(trace: Trace, *, progress: Progress | None = None) -> tuple[Claim, ...]:
    """The six claims about which gradients vanish or explode, tested on this trace; see `core.QUESTION`.

    Args:
        trace: A trace of any network.
        progress: Called with (done, total) as work goes on, from 0 again for each part; raising from it ends the work.

    Returns:
        Claim by claim: who makes it, the verdict, the numbers that decide it and why.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> [(claim.id, claim.verdict) for claim in core.claims(trace)][1]
        ('readout', 'fails')
    """
    found = Findings.of(trace)
    tests: Mapping[str, Callable[[Findings], Test]] = {
        "recurrent": recurrent_claim,
        "readout": readout_claim,
        "input": input_claim,
        "leaf": leaf_claim,
        "jacobian": partial(jacobian_claim, progress=progress),
        "depth": partial(depth_claim, progress=progress),
    }
    made: list[Claim] = []
    for name, (voice, statement) in STATEMENTS.items():
        if progress is not None:
            progress(len(made), len(STATEMENTS))
        if found.no_path and name in ("recurrent", "input", "leaf", "jacobian"):
            result: Test = (UNDECIDED, (found.lags_evidence,), found.no_path)
        else:
            result = tests[name](found)
        made.append(Claim(name, statement, voice, *result))
    return tuple(made)


def answer(trace: Trace) -> Answer:
    """The question's answer in this network, in two or three sentences; see `core.QUESTION`.

    Args:
        trace: A trace of any network.

    Runnable example:

        >>> import core
        >>> trace = core.run(core.Experiment(hidden_size=2, timesteps=5))
        >>> core.answer(trace).text().startswith("W_ax is no exception")
        True
    """
    found = Findings.of(trace)
    if found.no_path:
        return Answer(found.no_path, FrozenMapping({}))
    if "a" not in found.names:
        return _without_recurrent_matrix(found)
    x, a = found.names["x"], found.names["a"]
    own, other = found.outcome_of("x"), found.outcome_of("a")
    numbers = _numbers(found, ("x", "a"))
    past = f"of a typical loss's gradient at {x} {{share}} comes from earlier steps"
    cell = trace.network.cell
    state = cell.state_of(0) if isinstance(cell, Bidirectional) else trace.network.state_name
    same = f"product of Jacobians ∂{state}⟨s⟩/∂{state}⟨s−1⟩"
    if goes_both_ways(trace.network):
        same = "paths"
    biases = f", as {found.names['1']}'s does" if "1" in found.names else ""
    if not found.passed:
        text = f"Nothing goes back in time here: {found.wall}. {x}'s gradient ends at lag 0 just as {a}'s does"
    elif not found.reads["x"]:
        text = f"All inputs are zero here, so this network cannot say what becomes of {x}'s gradient"
        if other in _DOES:
            text += f"; {a}'s {_DOES[other]}, {{a}}"
    elif own == other and own in ("vanishing", "exploding"):
        text = (
            f"W_ax is not spared: here its gradient {_DOES[own]} ({{x}}) as {a}'s does ({{a}}). Both go back "
            f"through the same {same}{biases}, and {past}"
        ).replace("W_ax", x)
    elif own == other == "steady":
        text = (
            f"Here neither {x}'s gradient ({{x}}) nor {a}'s ({{a}}) vanishes or explodes. That spares {x} no more "
            f"than {a}: {past}, through the same Jacobians"
        )
    else:
        text = f"{x} is no exception: {past}, through the same Jacobians as {a}"
        few = [found.rates[reads].lags < FEW_LAGS for reads in ("x", "a")]
        if own == other == "open" and all(few) and {"x", "a"} <= set(numbers):
            text += f". What becomes of its gradient ({{x}}) and of {a}'s ({{a}}) cannot be known from so few lags"
        elif "x" in numbers:
            text += f". Here its gradient {_seen(own, found.rates['x'])} ({{x}})"
            if "a" in numbers:
                text += f", and {a}'s {_seen(other, found.rates['a'])} ({{a}})"
                if other != own:
                    text += ": each also carries what it reads"
    gate = direct_gate(trace.network)
    if gate is not None and found.passed:
        means = gate_means(trace.tape, range(1, len(trace.tape.losses) + 1))[gate]
        numbers["gate"] = Evidence(f"mean of {gate}, the gate of the direct path", float(means.mean()), "share")
        text += f". Past the matrices a step back keeps {{gate}} on average: so far is the gate {gate} open"
    return Answer(f"{text}. {_of_the_readout(trace)}", FrozenMapping(numbers))


def _numbers(found: Findings, of: tuple[str, ...]) -> dict[str, Evidence]:
    """The numbers that an answer may have in it: how much of W_ax's gradient is the past's, and rates."""
    share = Evidence(f"share of {found.names['x']}'s gradient from lags k ≥ 1", found.share_of_past("x"), "share")
    rates = {reads: number for reads in of for number in factor_evidence(found.names[reads], found.rates[reads])}
    return {"share": share, **rates}


def _of_the_readout(trace: Trace) -> str:
    """What there is to say of W_y, and of lags below 0."""
    last = "W_y's and b_y's have lag 0 only: no Jacobian is on their path."
    if not trace.network.readout.uses:
        last = "There is no read-out here, and so no W_y."
    if goes_both_ways(trace.network):
        return last + (
            " All of this is of lags above 0. In a stack of bidirectional layers there are lags below 0, too, and no "
            "one product of Jacobians leads from step to step."
        )
    if trace.network.looks_ahead:
        return last + " Of the two directions this is the forward one; the backward one is like it with time reversed."
    return last


def _without_recurrent_matrix(found: Findings) -> Answer:
    """The answer where no parameter reads the state before."""
    network, x, own = found.trace.network, found.names["x"], found.outcome_of("x")
    state, numbers = network.state_name, _numbers(found, ("x",))
    text = f"There is no W_aa here: no parameter of the {network.cell.title} reads the state before"
    if not found.passed:
        text += f". Nothing goes back in time: {found.wall}, and {x}'s gradient ends at lag 0"
    elif not found.reads["x"]:
        text += f". All inputs are zero, so this network cannot say what becomes of {x}'s gradient"
    else:
        text += (
            f", and yet of a typical loss's gradient at {x} {{share}} comes from earlier steps, through the product of "
            f"Jacobians ∂{state}⟨s⟩/∂{state}⟨s−1⟩"
        )
        if "x" in numbers:
            text += f"; it {_seen(own, found.rates['x'])} ({{x}})"
    return Answer(f"{text}. {_of_the_readout(found.trace)}", FrozenMapping(numbers))


def _seen(what: Outcome, rate: Rate) -> str:
    if what == "open":
        return "cannot be judged from so few lags" if rate.lags < FEW_LAGS else "is not distinguishable from ×1"
    return "ends in zeros" if what == "gone" else _DOES[what]


_DOES: Mapping[str, str] = {"vanishing": "vanishes", "exploding": "explodes", "steady": "keeps its size"}
