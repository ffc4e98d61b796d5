"""Settings are validated where they enter, frozen once made, and described in one place.

Everything about a setting (range, default, kind) is read back through `core.settings()`, so these tests try each
setting at and just past its own limits. An error names the setting, what was given and what is allowed.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core
from core.bptt.truncation import truncates, truncation

SETTINGS = core.settings()
NUMBERS = [setting for setting in SETTINGS.values() if setting.kind in ("integer", "number")]
TEXTS = [setting for setting in SETTINGS.values() if setting.kind == "text"]
CHOICES = [setting for setting in SETTINGS.values() if setting.kind == "choice"]


def named(setting: core.Setting) -> str:
    return setting.name


def problem(**given: Any) -> str:
    """The message for one wrong setting, which must be the only one named."""
    with pytest.raises(core.InvalidSettingsError) as caught:
        core.Experiment(**given)
    assert set(caught.value.problems) == set(given)
    assert all(name in str(caught.value) for name in given)
    return str(caught.value)


def test_every_field_is_a_setting_with_a_label_a_help_text_and_its_default() -> None:
    assert list(SETTINGS) == list(core.Experiment.model_fields)
    default = core.Experiment().model_dump()
    for name, setting in SETTINGS.items():
        assert setting.label
        assert len(setting.help) > 20
        assert setting.default == default[name]
        assert (setting.kind == "choice") == bool(setting.choices)


@pytest.mark.parametrize("setting", CHOICES, ids=named)
def test_every_choice_that_is_offered_is_accepted(setting: core.Setting) -> None:
    assert setting.default in setting.choices
    for choice in setting.choices:
        assert getattr(core.Experiment(**{setting.name: choice}), setting.name) == choice


@pytest.mark.parametrize("given", ["", "TANH", "nothing", 1, 0.5, None, True, ["rnn"]], ids=repr)
def test_what_is_not_a_choice_is_refused_with_the_choices(given: object) -> None:
    for setting in CHOICES:
        message = problem(**{setting.name: given})
        assert str(given) in message, setting.name
        assert ", ".join(setting.choices) in message, setting.name


@pytest.mark.parametrize("setting", NUMBERS, ids=named)
def test_a_number_is_allowed_up_to_its_limits_and_not_past_them(setting: core.Setting) -> None:
    assert setting.low < setting.high
    assert setting.low <= setting.default <= setting.high
    step = 1 if setting.kind == "integer" else None
    for limit, outward in ((setting.low, -math.inf), (setting.high, math.inf)):
        inside = int(limit) if step else limit
        assert getattr(core.Experiment(**{setting.name: inside}), setting.name) == inside
        past = inside + int(math.copysign(1, outward)) if step else math.nextafter(limit, outward)
        message = problem(**{setting.name: past})
        assert str(past) in message
        assert setting.allowed in message


@pytest.mark.parametrize("given", [math.nan, math.inf, -math.inf, "many", "", None, [1], {"a": 1}], ids=repr)
def test_what_is_not_a_finite_number_is_refused(given: object) -> None:
    for setting in NUMBERS:
        message = problem(**{setting.name: given})
        assert str(given) in message, setting.name
        assert setting.allowed in message, setting.name


@pytest.mark.parametrize("given", [True, False])
def test_yes_and_no_are_not_numbers(given: bool) -> None:
    for setting in NUMBERS:
        assert setting.allowed in problem(**{setting.name: given}), setting.name


@pytest.mark.parametrize("setting", TEXTS, ids=named)
def test_a_text_is_allowed_up_to_its_length(setting: core.Setting) -> None:
    longest = "a" * int(setting.high)
    assert getattr(core.Experiment(**{setting.name: longest}), setting.name) == longest
    for wrong in (longest + "a", 3, None, True):
        assert setting.allowed in problem(**{setting.name: wrong})


@pytest.mark.parametrize("name", [setting.name for setting in NUMBERS if setting.kind == "integer"])
def test_a_count_is_whole(name: str) -> None:
    assert "whole number" in problem(**{name: 2.5})


def test_a_setting_that_does_not_exist_is_refused_with_those_that_do() -> None:
    message = problem(hiden_size=3)
    assert all(name in message for name in SETTINGS)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(core.InvalidSettingsError) as caught:
        core.Experiment(gain=-1, timesteps=0, activation="selu")
    assert set(caught.value.problems) == {"gain", "timesteps", "activation"}
    assert isinstance(caught.value, ValueError)


def test_a_run_too_large_to_record_is_refused_before_it_starts() -> None:
    with pytest.raises(core.InvalidSettingsError) as caught:
        core.Experiment(timesteps=5000, batch_size=1000, hidden_size=1000)
    message = str(caught.value)
    for part in ("timesteps", "batch_size", "hidden_size", "5,000,000,000", "50,000,000", "lower one"):
        assert part in message
    core.Experiment(timesteps=5000, batch_size=1000, hidden_size=10)


def test_an_experiment_cannot_be_changed() -> None:
    experiment = core.Experiment()
    with pytest.raises(ValueError, match="frozen"):
        experiment.gain = 2.0
    with pytest.raises(ValueError, match="frozen"):
        del experiment.gain
    assert experiment.gain == 0.9


def test_replacing_settings_makes_a_new_valid_experiment() -> None:
    before = core.Experiment(seed=3)
    after = before.replace(gain=2, activation="relu")
    assert (after.gain, after.activation, after.seed) == (2.0, "relu", 3)
    assert before.gain == 0.9
    with pytest.raises(core.InvalidSettingsError, match="gian: is not a setting"):
        before.replace(gian=2)
    with pytest.raises(core.InvalidSettingsError, match="gain: -2 was given, allowed is 0 … 1000000"):
        before.replace(gain=-2)


def test_equal_settings_are_equal_and_hash_alike() -> None:
    assert core.Experiment(gain=1) == core.Experiment(gain=1.0)
    assert hash(core.Experiment(gain=1)) == hash(core.Experiment(gain=1.0))
    assert core.Experiment() != core.Experiment(seed=1)


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=named)
def test_what_a_person_types_is_parsed_to_the_settings_kind(setting: core.Setting) -> None:
    value = setting.parse(f" {setting.default} " if setting in NUMBERS else str(setting.default))
    assert value == setting.default
    assert type(value) is {"choice": str, "integer": int, "number": float, "text": str}[setting.kind]
    if setting in TEXTS:
        assert setting.parse("nonsense") == "nonsense"
        return
    with pytest.raises(core.InvalidSettingsError, match=setting.name):
        setting.parse("nonsense")


@given(st.floats(0, 1e6))
def test_any_allowed_gain_is_parsed_as_typed(gain: float) -> None:
    assert SETTINGS["gain"].parse(repr(gain)) == gain


def test_sliders_stay_within_what_is_allowed() -> None:
    for setting in NUMBERS:
        if setting.hint.slider is not None:
            low, high = setting.hint.slider
            assert setting.low <= low < high <= setting.high
            assert not setting.hint.logarithmic or low > 0


def test_a_setting_matters_only_beside_the_values_it_names() -> None:
    seed = core.settings()["seed"]
    assert seed.matters(core.Experiment())
    depends = replace(seed, hint=replace(seed.hint, only={"activation": ("relu", "tanh"), "scored": ("last",)}))
    assert depends.matters(core.Experiment(scored="last"))
    assert not depends.matters(core.Experiment())
    assert not depends.matters(core.Experiment(scored="last", activation="sigmoid"))


def test_the_settings_of_a_group_stand_together() -> None:
    groups = [group for group, _ in groupby(setting.hint.group for setting in core.settings().values())]
    assert len(groups) == len(set(groups))


def test_what_a_setting_depends_on_is_a_setting_with_such_a_value() -> None:
    for setting in core.settings().values():
        for other, values in setting.hint.only.items():
            assert set(values) < set(core.settings()[other].choices), setting.name


OTHER = {
    "cell": ("gru", "rnn"),
    "hidden_size": (5,),
    "activation": ("relu",),
    "initializer": ("pytorch",),
    "input_initializer": ("glorot",),
    "output_initializer": ("zeros",),
    "gain": (1.7,),
    "input_gain": (0.3,),
    "bias": (0.4,),
    "layers": (2,),
    "leak": (0.5,),
    "step_size": (0.5,),
    "diffusion": (0.3,),
    "forget_bias": (2.0,),
    "initial_state": (0.7,),
    "task": ("noise", "adding"),
    "timesteps": (23,),
    "batch_size": (3,),
    "echo_delay": (3,),
    "text_file": (__file__,),
    "data": ("", "elsewhere.csv"),
    "inputs": ("a",),
    "targets": ("b",),
    "ahead": (3,),
    "stride": (9,),
    "ids": (9,),
    "scale": ("minmax",),
    "time": ("b",),
    "missing": ("interpolate",),
    "held_back": (0.5,),
    "fed": ("first",),
    "readout": ("sigmoid",),
    "scored": ("last",),
    "seed": (4,),
    "data_seed": (4,),
    "k1": (2,),
    "k2": (5, 0),
}
"""Another value, or two, of every setting of which something is seen before any training"""


@pytest.mark.parametrize(
    "base",
    [{"task": task} for task in core.settings()["task"].choices]
    + [{"cell": cell, "k2": k2} for cell in core.settings()["cell"].choices for k2 in (0, 4)],
    ids=str,
)
def test_a_setting_matters_exactly_where_another_value_changes_something(
    base: dict[str, object], tmp_path: Path
) -> None:
    if base.get("task") == "table":
        base = {**base, "data": str(two_columns(tmp_path))}
    experiment = core.Experiment(timesteps=24, hidden_size=4, **base)
    before = everything(experiment)
    assert OTHER.keys() == {name for name, setting in core.settings().items() if not setting.hint.trains}
    for name, values in OTHER.items():
        (value, *_) = (value for value in values if value != getattr(experiment, name))
        changed = everything(experiment.replace(**{name: value})) != before
        setting = core.settings()[name]
        assert setting.matters(experiment) == changed, name
        assert (setting.without_effect(experiment) is None) == changed, name


def two_columns(folder: Path) -> Path:
    """A table on which every choice makes a difference: a time, two columns of numbers, and a gap in one of them."""
    rows = [f"2001-{1 + i // 28:02}-{1 + i % 28:02},{'' if i == 61 else i % 7},{(i * i) % 11}" for i in range(200)]
    path = folder / "two.csv"
    path.write_text("\n".join(["when,a,b", *rows]))
    return path


def everything(experiment: core.Experiment) -> list[object]:
    """What an experiment makes: network, batch, and what truncation leaves of the gradient."""
    network, batch = core.make_network(experiment), core.make_batch(experiment)
    arrays = [*network.parameters.values(), batch.inputs, batch.targets, batch.scored, batch.initial_state]
    cut = (
        truncation(core.forward(network, batch), experiment.k1, experiment.k2)
        if truncates(network, experiment.k2)
        else None
    )
    kept = None if cut is None else [cut.gradients.log2_norm(name) for name in network.parameters]
    names = (network.cell_name, network.activation_name, network.leak, *network.constants.items(), network.readout_name)
    return [names, [None if array is None else array.tobytes() for array in arrays], kept]
