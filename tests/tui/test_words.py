"""The sentences claim what the rates and their standard errors bear out, and nothing else, at every edge too."""

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

import core
from core import Batch, Experiment, Trace
from core.bptt.rate import Rate
from core.tasks import make_batch
from tui.report.numbers import factor, magnitude
from tui.report.words.reference import agree, recurrent_groups, reference_group
from tui.report.words.sentences import sentences
from tui.report.words.subject import describe_setup, what_settings_make
from tui.report.words.verdict import headline, regime_word


def told(trace: Trace) -> str:
    return " ".join(sentences(trace))


def run(**settings: Any) -> Trace:
    return core.run(Experiment(**settings))


def run_on(*, inputs: float = 1.0, scored: slice | None = slice(None), **settings: Any) -> Trace:
    """The experiment on its data, the inputs multiplied, and only some steps scored."""
    experiment = Experiment(**settings)
    batch = make_batch(experiment)
    losses = np.zeros_like(batch.scored)
    if scored is not None:
        losses[scored] = True
    return core.run(experiment, batch=Batch(inputs * batch.inputs, batch.targets, losses, batch.initial_state))


def rate(slope: float, error: float) -> Rate:
    return Rate(slope, error, None, "vanishing", 40)


def test_what_names_the_network_and_its_data() -> None:
    assert what_settings_make(Experiment()) == "vanilla RNN · tanh · 16 units · sunspots, 50 steps"
    assert what_settings_make(Experiment(hidden_size=1, timesteps=1, activation="relu", task="noise")) == (
        "vanilla RNN · relu · 1 unit · noise, 1 step"
    )
    assert what_settings_make(Experiment(batch_size=8, scored="last")).endswith("sunspots, 50 steps × 8, last scored")


def test_a_rate_of_too_few_lags_is_not_said_to_be_steady_for_sure() -> None:
    trace = core.run(core.preset("lstm"))
    assert (
        headline(trace)
        == "gradient of all W_·a is undetermined over 98 lags: ×0.980 ± 0.010 per step · twice its error reaches ×1"
    )
    assert "leaves room to fade as well as to grow" in told(trace)
    assert headline(core.run(core.preset("orthogonal"))).endswith("neither halves nor doubles over 99 lags")


@pytest.mark.parametrize(
    ("regime", "word"),
    [
        ("vanishing", "VANISHES"),
        ("steady", "is STEADY"),
        ("exploding", "EXPLODES"),
        ("absent", "passes nothing back"),
        ("undetermined", "is undetermined"),
    ],
)
def test_each_regime_has_its_word(regime: Any, word: str) -> None:
    assert regime_word(Rate(-0.1, 0.01, None, regime, 40)) == word


def test_slopes_agree_within_two_standard_errors_of_their_difference() -> None:
    assert agree(rate(-0.10, 0.03), rate(-0.17, 0.04))
    assert agree(rate(-0.10, 0.03), rate(-0.1999, 0.04))
    assert not agree(rate(-0.10, 0.03), rate(-0.2001, 0.04))
    assert not agree(rate(-0.10, 0.03), rate(math.nan, math.nan))
    assert agree(rate(-0.10, math.nan), rate(-0.10, 0.0))


def test_vanishing_tells_the_factor_the_half_life_and_the_horizon() -> None:
    trace = run()
    found = trace.lags.rate("W_aa")
    assert headline(trace) == (
        f"gradient of W_aa VANISHES {factor(found.log2_per_step)} per step"
        f" · under 1 % of lag 0 from lag {found.horizon} on"
    )
    text = told(trace)
    assert "halves every" in text
    assert "±" in text
    assert f"from lag {found.horizon} on, the horizon" in text
    assert "W_aa, W_ax and b_a go side by side" in text
    assert "W_y and b_y have lag 0 only" in text
    assert re.search(r"BPTT gradient, to \d(\.\d)?e−1\d of the sum of their sizes\.$", text)


def test_vanishing_too_slow_for_the_lags_says_so() -> None:
    trace = run(input_gain=0.0, initializer="spectral-radius-scaled", gain=0.95, timesteps=30)
    assert trace.lags.rate("b_a").regime == "vanishing"
    assert "halves every" in headline(trace)
    assert "29 lags do not bring it below 1 % of lag 0 for good" in told(trace)


def test_vanishing_within_a_step_tells_no_half_life() -> None:
    trace = run(bias=30.0)
    assert headline(trace).endswith("under 1 % of lag 0 from lag 1 on")
    assert "halves" not in told(trace)


def test_exploding_tells_the_doubling_time() -> None:
    trace = core.run(core.preset("exploding"))
    assert headline(trace).startswith("gradient of W_aa EXPLODES ×1.")
    assert re.search(r"doubles every \d\.\d+ steps$", headline(trace))
    assert "it doubles every" in told(trace)
    assert "horizon" not in told(trace)


def test_exploding_within_a_step_tells_how_far_it_got_instead() -> None:
    trace = run(activation="identity", gain=8.0)
    assert re.search(r"EXPLODES .* per step · ×\S+e\+\d+ of lag 0 at lag \d+$", headline(trace))
    assert "doubles" not in told(trace)


def test_steady_says_over_how_many_lags_and_within_what() -> None:
    trace = core.run(core.preset("orthogonal"))
    assert headline(trace) == "gradient of b_a is STEADY ×1 per step · neither halves nor doubles over 99 lags"
    assert "two standard errors either way it stays within a factor of 10" in told(trace)
    edge = core.run(core.preset("edge-of-chaos"))
    assert re.fullmatch(
        r"gradient of W_aa is undetermined over 199 lags: ×\S+ ± \S+ per step · twice its error reaches ×1",
        headline(edge),
    )


@pytest.mark.parametrize("gain", [0.99, 0.999999, 1.01])
def test_a_rotation_a_little_off_one_is_steady_over_the_lags_at_hand(gain: float) -> None:
    """49 lags at ×0.99 leave 0.61: a rate that is known to rounding, and yet it does not halve."""
    trace = run(activation="identity", initializer="orthogonal", gain=gain)
    found = trace.lags.rate("b_a")
    assert found.log2_per_step == pytest.approx(math.log2(gain), rel=1e-6)
    assert found.regime == "steady"
    assert found.half_life is None
    assert "halves every" not in told(trace)
    assert "doubles every" not in told(trace)
    # W_aa's slope may differ: states that start at zero grow, and it reads them; what its last lag reads may be small.
    over = r"neither halves nor doubles over 4[89] lags|×0\.4\d+ of lag 0 at lag 48"
    assert re.fullmatch(rf"gradient of (W_aa|b_a) is STEADY ×\S+ per step · ({over})", headline(trace))


def test_a_steady_slope_does_not_hide_what_the_last_lag_gets() -> None:
    """A curve that falls and rises again has a slope near 0: said is how much the last lag gets all the same."""
    trace = run(
        cell="lstm",
        hidden_size=2,
        activation="relu",
        gain=0.99,
        input_gain=0.0,
        bias=-1.0,
        initial_state=1.0,
        task="temporal-order",
        timesteps=100,
        scored="last",
        seed=249,
    )
    assert trace.profile().rate("all b_·").regime == "steady"
    curve = trace.profile().typical("all b_·")
    times = 2.0 ** (curve[99] - curve[0])
    assert times > 10
    assert headline(trace) == (
        f"gradient of all b_· is STEADY ×1.002 per step · ×{magnitude(math.log2(times))} of lag 0 at lag 99"
    )
    assert "neither halves nor doubles" not in told(trace)
    assert "99 lags at that rate neither halve nor double it, yet lag 99 gets ×" in told(trace)


def test_rates_that_may_be_off_by_a_factor_of_two_per_step_are_not_said_to_be_equal() -> None:
    """×1e+1109 and ×3e+3049 per step are within two standard errors of each other, and not side by side."""
    trace = run(cell="gru", gain=1e6)
    assert max(trace.profile().rate(name).standard_error for name in recurrent_groups(trace)) > 1000
    assert "side by side" not in told(trace)
    assert "cannot be distinguished by rates as uncertain as these (all W_·a ×" in told(trace)


def test_few_lags_say_that_what_follows_is_not_known() -> None:
    trace = run(timesteps=15)
    assert re.fullmatch(r"gradient of W_aa is undetermined: ×\S+ ± \S+ per step · over only 13 lags", headline(trace))
    assert "what follows cannot be known yet" in told(trace)


def test_few_lags_do_say_what_is_decisive() -> None:
    """×0.1 over 9 lags: even two standard errors nearer to 1 it falls below 1 %."""
    assert "VANISHES" in headline(run(timesteps=10, gain=0.1))


def test_growing_states_are_named_as_what_sets_the_slopes_apart() -> None:
    trace = run(activation="identity", gain=2.0, timesteps=60)
    assert not agree(trace.lags.rate("W_aa"), trace.lags.rate("b_a"))
    assert reference_group(trace) == "b_a"
    text = told(trace)
    assert "share their Jacobians, but not one slope" in text
    assert "W_aa's contributions also carry ‖a⟨s−1⟩‖, which itself grows ×" in text
    assert "side by side" not in text


def test_the_growth_named_is_that_of_the_states() -> None:
    trace = run(activation="identity", gain=2.0, timesteps=200, initializer="spectral-radius-scaled", seed=2)
    named = re.search(r"which itself grows ×([\d.]+) per step", told(trace))
    assert named is not None
    assert float(named.group(1)) == pytest.approx(2.0, rel=0.01)


def test_an_overflow_of_the_forward_pass_is_named_with_its_step() -> None:
    trace = core.run(core.preset("relu-growth"))
    step = trace.tape.overflow_step
    assert step is not None
    assert headline(trace).endswith(f"overflow at step {step}")
    assert sentences(trace)[0].startswith(f"The forward pass left float64 at step {step}:")
    assert f"the {step - 1} steps before it" in told(trace)


def test_an_overflow_before_the_only_scored_step_leaves_no_loss() -> None:
    trace = core.run(core.preset("relu-growth").replace(scored="last"))
    assert headline(trace) == f"no gradient: no step has a loss · overflow at step {trace.tape.overflow_step}"
    assert "No step here has a loss" in told(trace)
    assert "BPTT" not in told(trace)


def test_one_step_has_no_lag_to_look_at() -> None:
    trace = run(timesteps=1)
    assert headline(trace) == "gradient is undetermined: one step has no lag to look back over"
    assert "side by side" not in told(trace)


@pytest.mark.parametrize(("steps", "words"), [(2, "only 1 lag to look at"), (4, "only 3 lags to look at")])
def test_few_steps_say_how_many_lags_there_are(steps: int, words: str) -> None:
    trace = run(timesteps=steps)
    assert headline(trace) == f"gradient is undetermined: {words}"
    assert words in told(trace)


def test_a_parameter_with_a_lag_too_few_is_named() -> None:
    assert "W_aa has too few lags for a rate" in told(run(timesteps=5))


def test_without_a_gain_nothing_passes_back_and_the_reason_is_given() -> None:
    trace = run(gain=0.0)
    assert headline(trace) == "gradient passes nothing back: exactly zero from lag 1 on"
    assert "because W_aa is all zeros" in told(trace)


def test_all_zero_inputs_leave_b_a_to_speak() -> None:
    trace = run_on(inputs=0.0)
    assert reference_group(trace) == "b_a"
    text = told(trace)
    assert "Only b_a has a rate" in text
    assert "W_aa and W_ax have no gradient, as every state it reads is zero and every input it reads is zero" in text
    assert "side by side" not in text


def test_states_that_stay_zero_leave_w_aa_without_a_gradient() -> None:
    text = told(run(input_gain=0.0))
    assert "W_ax and b_a go side by side" in text
    assert "W_aa has no gradient, as every state it reads is zero" in text


def test_exact_zeros_after_some_lags_are_told_with_the_reason() -> None:
    trace = run(hidden_size=1, activation="relu")
    curve = trace.lags.typical("b_a")
    last = int(np.flatnonzero(np.isfinite(curve))[-1])
    assert last < 49
    text = told(trace)
    assert f"Beyond lag {last} every contribution is exactly zero" in text
    assert "ReLU units it would pass through are off" in text


def test_zeros_before_a_rate_can_be_told_are_a_verdict_of_their_own() -> None:
    trace = run(activation="relu", gain=0.5, bias=-0.5, hidden_size=4, seed=0)
    curve = trace.lags.typical("b_a")
    first_zero = int(np.flatnonzero(np.isneginf(curve))[0])
    assert headline(trace) == f"gradient VANISHES: exactly zero from lag {first_zero} on"
    assert "too few for a rate" in told(trace)


def test_units_that_never_fire_pass_nothing_at_all() -> None:
    trace = run(activation="relu", bias=-5.0)
    assert headline(trace) == "no gradient reaches W_aa, W_ax and b_a: exactly zero at every lag"
    assert "Nothing reaches the recurrent part" in told(trace)


def test_without_a_scored_step_there_is_no_gradient() -> None:
    trace = run_on(scored=None)
    assert headline(trace) == "no gradient: no step has a loss"


def test_one_loss_is_named_with_its_step() -> None:
    assert "One loss is taken, at step 50; the lags count back from it." in told(run(scored="last"))
    assert "One loss is taken, at step 20;" in told(run_on(scored=slice(19, 20)))
    assert "One loss" not in told(run())


def test_the_last_lag_of_w_aa_is_no_horizon_where_the_first_state_is_zero() -> None:
    trace = core.run(core.preset("edge-of-chaos").replace(initial_state=0.0))
    assert np.isneginf(trace.lags.typical("W_aa")[-1])
    assert trace.lags.rate("W_aa").horizon is None
    assert "1 % " not in headline(trace)
    assert run(gain=0.0).lags.rate("W_aa").horizon == 1


TEXTS = st.builds(
    Experiment,
    hidden_size=st.integers(1, 6),
    timesteps=st.integers(1, 40),
    batch_size=st.integers(1, 3),
    activation=st.sampled_from(["tanh", "relu", "sigmoid", "identity"]),
    initializer=st.sampled_from(["gaussian", "orthogonal", "identity", "glorot"]),
    gain=st.sampled_from([0.0, 0.3, 0.9, 1.0, 1.5, 5.0, 1e5]),
    input_gain=st.sampled_from([0.0, 1.0, 30.0]),
    bias=st.sampled_from([0.0, -3.0, 40.0]),
    initial_state=st.sampled_from([0.0, 1.0]),
    task=st.sampled_from(["sunspots", "noise"]),
    readout=st.sampled_from(["identity", "sigmoid", "softmax"]),
    scored=st.sampled_from(["every", "last"]),
    seed=st.integers(0, 20),
    data_seed=st.integers(0, 20),
)


@profile(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS)
def test_any_network_is_told_in_whole_sentences_that_its_rates_bear_out(experiment: Experiment) -> None:
    trace = core.run(experiment)
    rates = {name: trace.profile().rate(name) for name in recurrent_groups(trace)}
    text, title = told(trace), headline(trace)
    assert not re.search(r"\b(nan|inf|None)\b|--|  |\.\.", text + title)
    assert all(one[0].isupper() and one.endswith(".") for one in sentences(trace))
    assert "\n" not in text + title
    together = re.search(r"(\S+, \S+ and \S+|\S+ and \S+) go side by side", text)
    if together:
        named = [name for name in rates if name in together.group(1)]
        assert all(agree(rates[one], rates[other]) for one in named for other in named)
    if "EXPLODES" in title:
        assert rates[reference_group(trace)].regime == "exploding"
    if "VANISHES" in title:
        assert rates[reference_group(trace)].regime == "vanishing"
    if "STEADY" in title:
        assert rates[reference_group(trace)].regime == "steady"
    assert ("overflow" in title) == (trace.tape.overflow_step is not None)


def test_a_gradient_that_grows_with_the_states_does_so_far() -> None:
    """From a⟨0⟩ = 0 the states grow to where tanh saturates; over 300 steps the same network's gradient vanishes."""
    settings: dict[str, Any] = {"initializer": "orthogonal", "gain": 1.29, "input_gain": 0.05, "hidden_size": 9}
    trace = run(**settings, timesteps=30, seed=426, data_seed=426)
    assert re.match(r"gradient( of b_a)? EXPLODES ×\S+ per step · doubles every \S+ steps so far$", headline(trace))
    assert re.search(r"The states still grow: .* they are [\d.]+ times as large", told(trace))
    assert "so far" not in headline(core.run(core.preset("exploding")))


def test_over_few_lags_nothing_is_said_to_go_side_by_side() -> None:
    """Six steps are four lags: errors so wide that slopes on both sides of 1 lie within them."""
    text = told(core.run(core.Experiment(timesteps=6)))
    assert "W_aa, W_ax and b_a cannot be distinguished by" in text
    assert "side by side" not in text


def test_a_probe_is_told_as_one_and_not_as_a_loss() -> None:
    drawn = core.make_network(Experiment(hidden_size=3))
    own = {name: drawn.parameters[name] for name in drawn.cell.uses()}
    network = core.Network("rnn", own, readout_name="none")
    trace = core.run(network=network, batch=Batch.probe(np.ones((30, 1, 1)), 3, "random"))
    told = describe_setup(trace)
    assert told.endswith("30 steps, no loss but a probe, a random direction at the last state")
    said = " ".join(sentences(trace))
    assert "There is no loss: a probe, a gradient of a random direction at the last state, stands in its place." in said
    assert "no read-out" not in said


def test_a_mask_is_told_by_how_many_targets_it_leaves() -> None:
    drawn = core.make_network(Experiment(hidden_size=3))
    mask = np.array([[True, False]] * 9 + [[True, True]])
    batch = Batch(np.ones((10, 2, 1)), np.ones((10, 2, 1)), mask)
    assert describe_setup(core.run(network=drawn, batch=batch)).endswith("10 steps × 2, 11 of 20 targets scored")
