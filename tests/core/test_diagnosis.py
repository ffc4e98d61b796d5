"""diagnose(trace): networks with one fault each, healthy ones, and anything at all."""

from __future__ import annotations

import math
from dataclasses import replace

import drawn_experiments
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import core
from core.bptt.unit_readings import unit_readings
from core.claims.diagnosis import KINDS, Kind
from core.claims.diagnosis.finding import Finding, ranked
from core.claims.diagnosis.opening import opening
from core.network.cells import CELLS
from core.network.cells.stacked import stack_of
from core.trace import Trace
from core.training.history import TrainingHistory
from core.training.recorded import RecordedSizes

LINEAR = core.Experiment(
    hidden_size=16, timesteps=60, activation="identity", initializer="orthogonal", gain=1.0, task="noise"
)
"""Nothing is wrong with it: every Jacobian is a rotation"""

TANH = LINEAR.replace(activation="tanh", input_gain=0.1)
GATED = core.Experiment(cell="lstm", forget_bias=2.0, hidden_size=16, timesteps=60, task="noise")


def scaled_inputs(factor: float) -> Trace:
    """A network that is healthy on its own inputs, on these times a factor."""
    trace = core.run(TANH)
    batch = trace.batch
    return core.run(network=trace.network, batch=core.Batch(batch.inputs * factor, batch.targets, batch.scored))


def tiny_losses() -> Trace:
    """A healthy network whose losses count next to nothing."""
    trace = core.run(LINEAR)
    weights = np.full(trace.batch.inputs.shape[:2], 2.0**-160)
    return core.run(network=trace.network, batch=replace(trace.batch, weights=weights))


def in_arithmetic(precision: str, weight: float) -> Trace:
    """A healthy network that is trained in some arithmetic, with losses that count so much."""
    trace = core.run(LINEAR)
    weights = np.full(trace.batch.inputs.shape[:2], weight)
    origin = core.Origin("recorded", precision=precision)
    return core.run(network=trace.network, batch=replace(trace.batch, weights=weights), origin=origin)


FAULTY = {
    "recurrent matrix, too small": ("recurrent matrix", lambda: core.run(LINEAR.replace(gain=0.2))),
    "recurrent matrix, too large": ("recurrent matrix", lambda: core.run(LINEAR.replace(gain=1.2))),
    "vanishing": ("vanishing", lambda: core.run(TANH.replace(gain=0.9, input_gain=0.3))),
    "exploding": ("exploding", lambda: core.run(core.Experiment(cell="gru", gain=6.0, hidden_size=32, task="noise"))),
    "saturated units": ("saturated units", lambda: core.run(TANH.replace(bias=4.0))),
    "dead units": ("dead units", lambda: core.run(TANH.replace(activation="relu", bias=-2.0))),
    "forget gates shut": ("forget gates shut", lambda: core.run(GATED.replace(forget_bias=-4.0))),
    "clipping": ("clipping", lambda: core.run(LINEAR.replace(clip="norm", clip_at=1e-6))),
    "truncation": ("truncation", lambda: core.run(LINEAR.replace(k2=2))),
    "initial state": ("initial state", lambda: core.run(core.Experiment(leak=0.01, task="noise", timesteps=60))),
    "input scale, too large": ("input scale", lambda: scaled_inputs(100.0)),
    "input scale, too small": ("input scale", lambda: scaled_inputs(1e-3)),
    "float32": ("float32", tiny_losses),
    "bfloat16": ("bfloat16", lambda: in_arithmetic("bfloat16", 2.0**-140)),
    "float16": ("float16", lambda: in_arithmetic("float16", 2.0**-30)),
}
"""What is wrong with each network: nothing else is, but for what follows from it"""


def test_every_kind_of_fault_has_a_network_that_has_it() -> None:
    assert {kind for kind, _ in FAULTY.values()} == set(KINDS)


@pytest.mark.parametrize("name", FAULTY)
def test_a_network_with_one_fault_is_found_to_have_it_first(name: str) -> None:
    kind, make = FAULTY[name]
    found = core.diagnose(make())
    assert found.kinds[0] == kind
    first = found.findings[0]
    # Whatever else is said follows from it, and is said to.
    assert set(found.kinds) <= {kind, *first.explains}
    assert first.number.value == first.evidence[0].value
    assert 0 < first.weight <= 1
    assert first.remedy


@pytest.mark.parametrize(
    "experiment",
    [core.Experiment(seed=0), LINEAR, TANH, GATED, LINEAR.replace(clip="norm", clip_at=1e6), LINEAR.replace(k2=58)],
    ids=[
        "a network of the default settings",
        "rotations",
        "nearly linear",
        "gates that are open",
        "clipping that seldom bites",
        "truncation that loses little",
    ],
)
def test_nothing_is_found_on_a_healthy_network(experiment: core.Experiment) -> None:
    found = core.diagnose(core.run(experiment))
    assert found.findings == ()
    assert not found


def test_a_healthy_gated_network_is_healthy_though_its_units_are_saturated() -> None:
    trace = core.run(GATED.replace(forget_bias=6.0))
    saturated = core.run(
        network=trace.network.replace_parameters(b_g=np.full(16, 5.0), b_i=np.full(16, -5.0)), batch=trace.batch
    )
    assert unit_readings(saturated.tape, "g").saturated.mean() > 0.9
    assert "saturated units" not in core.diagnose(saturated).kinds


def test_each_layer_of_a_stack_is_looked_at_by_itself() -> None:
    found = core.diagnose(core.run(TANH.replace(layers=2, gain=0.7)))
    assert [one.where for one in found.findings if one.kind == "vanishing"] == ["layer 1", "layer 2"]


def test_each_direction_is_looked_at_by_itself() -> None:
    one = core.run(TANH.replace(gain=0.7))
    both = core.Network.bidirectional(one.network, one.network)
    found = core.diagnose(core.run(network=both, batch=one.batch))
    assert {one.where for one in found.findings if one.kind == "vanishing"} == {
        "forward direction",
        "backward direction",
    }


def test_clipping_is_judged_by_the_training_where_there_was_one() -> None:
    experiment = LINEAR.replace(clip="norm", clip_at=1e-6, training_steps=3)
    history = TrainingHistory(experiment)
    for step in core.train(experiment):
        history.add(step)
    (found,) = core.diagnose(core.run(experiment), history).findings
    assert found.evidence[0].unit == "of 3"
    never = experiment.replace(clip_at=1e6)
    calm = TrainingHistory(never)
    for step in core.train(never):
        calm.add(step)
    assert core.diagnose(core.run(experiment), calm).findings == ()


def recorded(kept: float | None, steps: int) -> list[core.Recording]:
    """So many recorded steps of a healthy network, each with so much of its gradient left by clipping."""
    trace = core.run(LINEAR)
    own = {name: trace.network.parameters[name] for name in trace.network.cell.uses()}
    network = core.Network("rnn", own, trace.network.activation_name, "none")
    shown = trace.tape.states[1:].shape
    batch = core.Batch.injected(trace.batch.inputs, np.random.default_rng(0).normal(size=shown))
    gradients = core.run(network=network, batch=batch).gradients
    return [
        core.Recording.of({"rnn": network}, {"rnn": batch}, {"rnn": gradients}, kept=kept, step=step)
        for step in range(steps)
    ]


def test_a_recording_tells_its_own_clipping_where_it_was_seen_in_enough_steps() -> None:
    def found_in(kept: float | None, steps: int) -> core.Diagnosis:
        every = recorded(kept, steps)
        return core.diagnose(every[-1].traces["rnn"], RecordedSizes.of(every))

    found = found_in(0.25, 8)
    assert found.kinds[0] == "clipping" and set(found.kinds) <= {"clipping", *found.findings[0].explains}
    assert found.findings[0].evidence[1].value == pytest.approx(2.0)
    assert "of 3 recorded steps nobody can say" in found_in(0.25, 3).not_looked_at["clipping"]
    for never in (found_in(1.0, 8), found_in(None, 8)):
        assert "clipping" not in never.kinds and "within what was recorded" in never.not_looked_at["clipping"]


def test_the_arithmetic_that_is_judged_is_that_of_the_training() -> None:
    small = 2.0**-30
    assert core.diagnose(in_arithmetic("", small)).findings == ()
    assert core.diagnose(in_arithmetic("bfloat16", small)).findings == ()
    assert core.diagnose(in_arithmetic("float64", 2.0**-160)).findings == ()
    (found,) = core.diagnose(in_arithmetic("float16", small)).findings
    assert "for float16 from 0 steps back on" in found.said.text() and "bfloat16" in found.remedy


def test_truncation_is_as_large_as_what_it_throws_away() -> None:
    trace = core.run(LINEAR.replace(k2=2))
    (found,) = core.diagnose(trace).findings
    full, kept = trace.gradients.flat().to_float64(), trace.truncation.gradients.flat().to_float64()
    assert found.number.value == pytest.approx(np.linalg.norm(full - kept) / np.linalg.norm(full), rel=1e-9)


def test_what_float32_cannot_hold_it_does_not_hold() -> None:
    trace = core.run(LINEAR.replace(gain=0.2, timesteps=90))
    found = {one.name: one for one in core.diagnose(trace).precisions}
    curve = np.exp2(np.asarray(trace.lags.log2_state_norm[-1])) / math.sqrt(16)
    for name, kind in (("float32", np.float32), ("float16", np.float16)):
        ends = found[name].ends
        with np.errstate(under="ignore"):
            held = curve.astype(kind) > 0
        assert ends is not None
        assert held[: ends - 2].all()
        assert not held[ends + 2 :].any()


def test_a_cause_comes_before_what_it_explains_and_else_what_matters_most() -> None:
    def finding(kind: Kind, weight: float, *explains: Kind) -> Finding:
        said = core.Answer("{x}", {"x": core.Evidence("", 0.0, "number")})
        return Finding(kind, "", weight, said, "", (core.Evidence("", 0.0, "number"),), explains)

    vanishing, clipping = finding("vanishing", 0.9), finding("clipping", 0.95)
    saturated, scale = (
        finding("saturated units", 0.6, "vanishing"),
        finding("input scale", 0.5, "saturated units", "vanishing"),
    )
    found = ranked([vanishing, saturated, clipping, scale])
    assert found == (clipping, scale, saturated, vanishing)


@given(st.integers(0, 2**31))
def test_any_network_is_diagnosed_in_sentences(seed: int) -> None:
    trace = drawn_experiments.run(seed, longest=40)
    assume(trace is not None)
    assert trace is not None
    found = core.diagnose(trace)
    for one in found.findings:
        assert 0 <= one.weight <= 1, one
        text = one.said.text()
        assert "{" not in text
        assert "nan" not in text
        assert all(not math.isnan(number.value) for number in one.evidence)
    assert [one.name for one in found.precisions] == ["float16", "bfloat16", "float32"]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"cell": "lstm"}, "f: a higher forget bias, from which b_f starts"),
        ({"cell": "gru"}, "z: a higher bias, from which b_z starts"),
        ({"cell": "mingru"}, "(1 − z): a lower bias, from which b_z starts"),
        ({"leak": 0.5}, "(1 − α): a lower leak"),
        ({"cell": "lstm", "layers": 2}, "f: a higher forget bias, from which b_f starts"),
    ],
)
def test_what_to_try_is_a_setting_that_this_cell_has_and_it_does_help(settings: dict[str, object], named: str) -> None:
    begun = core.Experiment(timesteps=60, hidden_size=8, gain=0.3, seed=1)
    shut = begun.replace(**settings, **({"forget_bias": -1.0} if settings.get("cell") == "lstm" else {}))
    shut = shut.replace(bias=2.0) if settings.get("cell") == "mingru" else shut
    trace = core.run(shut)
    tried = [one.remedy for one in core.diagnose(trace).findings if one.kind == "vanishing"]
    assert tried and all(f"{named}. Or give it shorter sequences." in one for one in tried)
    higher = "higher" in named
    name = "forget_bias" if "forget" in named else "leak" if "leak" in named else "bias"
    value = getattr(shut, name)
    other = core.run(shut.replace(**{name: 0.5 * value if name == "leak" else value + (1.0 if higher else -1.0)}))
    assert core.state_rate(other.lags).log2_per_step > core.state_rate(trace.lags).log2_per_step


@pytest.mark.parametrize("name", [cell.name for cell in CELLS.values() if cell.offered])
def test_only_settings_of_the_cell_are_named(name: str) -> None:
    trace = core.run(core.Experiment(cell=name, timesteps=4, hidden_size=3))
    told = opening(trace.network.cell)
    own = (*trace.network.cell.settings, "bias")
    begins = [f"a {way} {setting.replace('_', ' ')}" for way in ("higher", "lower") for setting in own]
    assert not told or told.startswith(tuple(begins))
    assert all(core.settings()[setting].label.startswith(setting.replace("_", " ")) for setting in own)
    assert "forget bias" not in told or "forget_bias" in trace.network.cell.settings


def test_where_there_is_one_loss_nothing_is_said_of_others() -> None:
    for scored, of_others in (("every", True), ("last", False)):
        (found,) = (one for one in core.diagnose(core.run(core.Experiment(scored=scored))).findings)
        assert found.kind == "vanishing"
        assert ("one loss" in found.said.text()) == ("all losses" in found.said.text()) == of_others
        assert ("all losses" in found.evidence[0].name) == of_others


def test_a_layer_without_a_direct_path_has_no_setting_that_opens_one() -> None:
    assert not opening(CELLS["rnn"])
    mixed = stack_of([CELLS["rnn"], CELLS["lstm"]])
    assert opening(mixed) == "a higher forget bias, from which b_f starts"
