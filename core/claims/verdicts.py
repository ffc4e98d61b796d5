"""The six tests, one for each claim: verdict, the numbers that decide it, and why.

A claim gives a reason, and a verdict looks at both: where what is claimed is so and the reason is not why, it is
"so, but for another reason", and never "holds".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from core.bptt.rate import FEW_LAGS, FEWEST_LAGS, STEADY_WITHIN, Rate
from core.claims.comparison import Comparison, ratio_rate
from core.claims.evidence import Evidence, Verdict, factor_evidence
from core.claims.findings import Findings, outcome
from core.claims.twin import twin_of
from core.numerics.progress import Progress

if TYPE_CHECKING:
    pass


WITHIN_ROUNDING = 1e-6
"""Two routes to one number that differ by less than this share are the same: a route of hundreds of products
errs by some 1e−13, and a wrong factor would show at once."""


Test: TypeAlias = tuple[Verdict, tuple[Evidence, ...], str]
UNDECIDED: Verdict = "not decidable here"
HALF: Verdict = "premise true, conclusion false"
OTHER: Verdict = "so, but for another reason"
_CHANGE = {"vanishing": "shrink", "exploding": "grow", "steady": "keep their size", "gone": "end in exact zeros"}


def recurrent_claim(found: Findings) -> Test:
    """(1): the rate of the product of Jacobians, which is a factor of every contribution of W_aa."""
    if "a" not in found.names:
        evidence = (*factor_evidence("product of the Jacobians", found.jacobians), found.lags_evidence)
        return UNDECIDED, evidence, _no_recurrent_matrix(found)
    name = found.names["a"]
    jacobians, own = outcome(found.jacobians), found.outcome_of("a")
    evidence = (
        *factor_evidence("product of the Jacobians", found.jacobians),
        *factor_evidence(name, found.rates["a"]),
        found.lags_evidence,
    )
    if not found.passed:
        why = (
            f"Nothing is left at lag 1: the first Jacobian on the way back is zero already, as {found.wall}. That is "
            "vanishing at its most extreme: one factor of the product is enough."
        )
        return "holds", evidence, why
    if not found.reads["a"]:
        why = (
            f"Every state that {name} reads before the last loss is zero, so its contributions are zero whatever "
            "the Jacobians do. An input, a bias or an initial state would give it something to read."
        )
        return UNDECIDED, evidence, why
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
            f"stay within a factor of {STEADY_WITHIN:.0f} over all {found.jacobians.lags} lags. "
        )
        if own in ("vanishing", "exploding"):
            why += f"What change {name}'s contributions show is that of the states they read, not the Jacobians'."
            return OTHER, evidence, why
        why += f"Jacobians make {name}'s gradient vanish or explode in many networks, but not in every one."
        return "fails", evidence, why
    return UNDECIDED, evidence, _open(found, "the product of the Jacobians", found.jacobians)


def _no_recurrent_matrix(found: Findings) -> str:
    cell = found.trace.network.cell
    by = f", each of them {cell.direct.symbol}" if cell.direct and len(cell.stack) == 1 else ""
    return (
        f"The {cell.title} has no recurrent matrix: no parameter reads the state before, and so none has such a "
        f"gradient. Going back in time does multiply Jacobian by Jacobian{by}, for the parameters that there are."
    )


def _open(found: Findings, what: str, rate: Rate) -> str:
    if found.lags < FEWEST_LAGS:
        return (
            f"There are too few lags to look at: {found.lags}, and a rate with its standard error needs "
            f"{FEWEST_LAGS}. A longer sequence, scored at a later step, would have them."
        )
    if not np.isfinite(rate.log2_per_step):
        return (
            f"There is too little of {what} for a rate: of {found.lags} lags, no loss has enough where it is not "
            "exactly zero. Other inputs or a longer sequence might give it."
        )
    if rate.lags < FEW_LAGS:
        return (
            f"The factor per step of {what} is that of {rate.lags} lags: with fewer than {FEW_LAGS} it may be the "
            "start of the sequence that is seen. What follows cannot be known yet; a longer sequence would show it."
        )
    return (
        f"By its standard error the factor per step of {what} is not distinguishable from 1, and is not shown to be 1 "
        "either: the lags leave room for both. A longer sequence would narrow it down."
    )


def readout_claim(found: Findings) -> Test:
    """(2): W_y's contributions at lags k ≥ 1, looked for one by one."""
    readout = found.trace.network.readout
    name = next((name for name, use in readout.uses.items() if use.source != "1"), "")
    if not name:
        return UNDECIDED, (found.lags_evidence,), _no_readout()
    norms = found.trace.lags.log2_norm[name][1:]
    pairs = Evidence("pairs of t and k ≥ 1 looked at", int(np.sum(np.flatnonzero(found.trace.lags.scored))), "count")
    if found.lags == 0:
        return UNDECIDED, (pairs,), found.no_path
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
        return UNDECIDED, evidence, why
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


def _no_readout() -> str:
    return (
        "This network has no read-out: the gradients at its states are given from outside, and there is no W_y to "
        "look at. A network with a read-out would decide."
    )


def input_claim(found: Findings) -> Test:
    """(3): the rate of W_ax's contributions, which decides, and those of W_aa's and of the Jacobians."""
    name, other = found.names["x"], found.names.get("a")
    same = f"the same Jacobians as {other}" if other else "the product of Jacobians"
    own, jacobians = found.outcome_of("x"), outcome(found.jacobians)
    evidence = (
        *factor_evidence("product of the Jacobians", found.jacobians),
        *factor_evidence(name, found.rates["x"]),
        *(factor_evidence(other, found.rates["a"]) if other else ()),
        *(
            factor_evidence(f"{name} over {other} at the same t and k", ratio_rate(found))
            if other and found.passed
            else ()
        ),
        found.lags_evidence,
    )
    if not found.reads["x"]:
        return UNDECIDED, (found.lags_evidence,), _no_input(name)
    if not found.passed:
        why = (
            f"{name}'s contributions are exactly zero from lag 1 on, as {found.wall}: gone, not spared. "
            "The same wall stops every other path."
        )
        return "fails", evidence, why
    if own in ("vanishing", "exploding", "gone") and jacobians in (own, "gone"):
        as_well = f", as {other}'s do" if other and found.outcome_of("a") == own and found.reads["a"] else ""
        why = (
            f"That x⟨t⟩ depends on no earlier step is true and no help: {name} at step s acts on a later loss "
            f"through a⟨s⟩, and from there through {same}. So its contributions "
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
        through = f"the same Jacobians as {other}'s, whose product" if other else "Jacobians whose product"
        cause = {
            "steady": f"they pass through {through} keeps its size here",
            "open": f"they pass through {through} is not seen to change here",
        }.get(jacobians, "the Jacobians do change them, and the inputs they read happen to make up for it")
        why = (
            f"{name}'s contributions keep their size over the lags, but not for the reason given: {cause}. "
            "Where the Jacobians shrink or enlarge what passes, the claim fails."
        )
        return OTHER, evidence, why
    why = _open(found, name, found.rates["x"])
    if jacobians in _PRODUCT and jacobians != "steady":
        through = f"the same Jacobians as {other}'s, whose product" if other else "Jacobians whose product"
        why += f" What does go through {name} passes {through} {_PRODUCT[jacobians]}."
    return UNDECIDED, evidence, why


def _no_input(name: str) -> str:
    return (
        f"Every input before the last loss is zero, so {name} has nothing to act on and its contributions at lags "
        "k ≥ 1 are zero whatever the Jacobians do. Any other input would decide."
    )


def leaf_claim(found: Findings) -> Test:
    """(4): whether any contribution of W_ax at a lag k ≥ 1 is not exactly zero."""
    name = found.names["x"]
    with_any = np.flatnonzero(np.any(np.isfinite(found.trace.lags.log2_norm[name]), axis=0))
    furthest = int(with_any[-1]) if with_any.size else 0
    evidence = (
        Evidence(f"share of {name}'s gradient from lags k ≥ 1", found.share_of_past("x"), "share"),
        Evidence(f"furthest lag where {name} has any", furthest, "count", f"of {found.lags}"),
    )
    if not found.reads["x"]:
        return UNDECIDED, (found.lags_evidence,), _no_input(name)
    if furthest > 0:
        why = (
            "The inputs are given and none is made from another, so ∂x⟨t⟩/∂x⟨t−1⟩ is 0; but no path has to go from "
            f"input to input. {name} is used at every step: its use at step s moves a⟨s⟩, and a⟨s⟩ moves every "
            "state and loss after it."
        )
        return HALF, evidence, why
    nothing = f", and {found.names['a']} gathers nothing from the past either" if "a" in found.names else ""
    why = (
        f"Nothing of {name}'s gradient comes from lags k ≥ 1, but not because the inputs are given: {found.wall}. "
        f"Then ∂a⟨t⟩/∂a⟨t−1⟩ is 0 on every path{nothing}."
    )
    return OTHER, evidence, why


def jacobian_claim(found: Findings, progress: Progress | None = None) -> Test:
    """(5): contributions against the product of one-step gains, and W_ax's against W_aa's."""
    names = found.products
    *others, last = names.values()
    alike = f"{', '.join(others)} and {last} alike" if others else last
    *sizes, size = (found.size_read(reads) for reads in names)
    read = f"{', '.join(sizes)} or {size}" if sizes else size
    evidence: tuple[Evidence, ...] = (
        *factor_evidence("product of the Jacobians", found.jacobians),
        *(number for reads, name in found.names.items() for number in factor_evidence(name, found.rates[reads])),
    )
    if not found.passed:
        why = (
            f"∂a⟨t⟩/∂a⟨t−1⟩ is zero on every path here, as {found.wall}, and with it every contribution at lags "
            "k ≥ 1. Take the Jacobians away, and nothing is left to accumulate."
        )
        return "holds", (*evidence, found.lags_evidence), why
    compared = Comparison.of(found, progress)
    if compared.pairs == 0:
        why = (
            "The losses compared have no contribution at a lag k ≥ 1 to hold against the Jacobians. Only earlier "
            "losses of this sequence, or other examples of the batch, have some."
        )
        return UNDECIDED, (*evidence, found.lags_evidence), why
    only = f", example {compared.example + 1} only" if compared.examples > 1 else ""
    evidence += (Evidence("differs from the product of Jacobians by", compared.from_product, "deviation"),)
    if compared.from_ratio is not None:
        off = f"{names['x']} / {names['a']} differs from {found.size_read('x')} / {found.size_read('a')} by"
        evidence += (Evidence(off, compared.from_ratio, "deviation"),)
    evidence += (Evidence(f"pairs of t and k ≥ 1 compared{only}", compared.pairs, "count"),)
    if max(compared.from_product, compared.from_ratio or 0.0) > WITHIN_ROUNDING:
        why = (
            "The contributions are not the injected error times the Jacobians times what each parameter reads. So "
            "something else gathers here from lag to lag."
        )
        return "fails", evidence, why
    outcomes = {
        "vanishing": "Those Jacobians shrink it step by step, for all parameters at once.",
        "exploding": "Those Jacobians enlarge it step by step, for all parameters at once.",
        "steady": "Here their product keeps its size, so that nothing vanishes or explodes on the way.",
        "gone": "Their product ends in exact zeros, for all parameters at once.",
        "open": "Whether their product shrinks or grows in the long run is not known from these lags.",
    }
    why = (
        f"Divide a contribution at lag k by what its parameter reads ({read}): for {alike} "
        "what remains is the injected error times k Jacobians, to rounding. " + outcomes[outcome(found.jacobians)]
    )
    return "holds", evidence, why


def depth_claim(found: Findings, progress: Progress | None = None) -> Test:
    """(6): the product of Jacobians here and in the twin; one has shared matrices, one a matrix for each layer."""
    layers = Evidence("layers, unrolled in time", len(found.trace.tape.losses), "count")
    if found.no_path:
        return UNDECIDED, (layers,), found.no_path
    twin = twin_of(found.trace, progress)
    if isinstance(twin, str):
        return UNDECIDED, (layers, *factor_evidence("product of its Jacobians", found.jacobians)), twin
    rates = [("this network", found.jacobians), ("its twin", twin.rate)]
    gated = len(found.trace.network.cell.functions(found.trace.network.activation)) > 1
    mine = f"the {found.trace.network.cell.title}, its matrices shared" if gated else "one matrix shared"
    kinds = [mine, "no gates, a matrix for each layer" if gated else "a matrix for each layer"]
    if twin.tied:
        kinds.reverse()
    evidence = (
        *(number for (_, rate), kind in zip(rates, kinds, strict=True) for number in factor_evidence(kind, rate)),
        layers,
    )
    seen = [outcome(rate) for _, rate in rates]
    if "open" in seen:
        who, rate = rates[seen.index("open")]
        return UNDECIDED, evidence, _open(found, f"{who}'s product of Jacobians", rate)
    both = f"Both multiply one Jacobian a layer; that of this network ({kinds[0]}) {_PRODUCT[seen[0]]}, and that of"
    both += f" its twin ({kinds[1]}) {_PRODUCT[seen[1]]}. "
    if "steady" not in seen:
        how = "each in its own way"
        if seen[0] == seen[1]:
            how = "the same way" if seen[0] == "gone" else "each at its own pace"
        so = "sharing a matrix is not what makes it"
        if gated:
            so = "with gates and shared matrices as without either"
        return "holds", evidence, both + f"So the two share the problem, {how}: {so}."
    if seen == ["steady", "steady"]:
        return HALF, evidence, both + "Jacobians do multiply in either, but here that is no problem in either."
    return HALF, evidence, both + "Jacobians do multiply in either, but only one of the two has the problem here."


_PRODUCT = {
    "vanishing": "shrinks",
    "exploding": "grows",
    "steady": "keeps its size",
    "gone": "is exactly zero after a few layers",
}
