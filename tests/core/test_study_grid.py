"""A grid is every combination of its values with every seed, however the values are written."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import core
from core.study.ranges import Drawn, values_of


def test_a_linear_range_has_both_ends_and_equal_steps() -> None:
    found = values_of("gain", "0.5:2:31")
    assert np.array(found) == pytest.approx(np.linspace(0.5, 2, 31), rel=1e-12)
    assert found[2] == 0.6, "and its values are those that a person types, so that a store finds them again"
    assert (found[0], found[-1]) == (0.5, 2.0)


def test_a_logarithmic_range_has_equal_factors() -> None:
    found = np.array(values_of("gain", "1e-3:10:9:log"))
    assert np.diff(np.log10(found)) == pytest.approx(np.full(8, 0.5))
    assert values_of("hidden_size", "16:256:3:log") == (16, 64, 256)


def test_whole_numbers_stay_whole_and_each_comes_once() -> None:
    assert values_of("hidden_size", "1:4:7") == (1, 2, 3, 4)
    assert values_of("seed", "4,2,4") == (4, 2)


def test_values_and_ranges_follow_each_other() -> None:
    assert values_of("gain", "0.5:1:2, 7 , 9") == (0.5, 1.0, 7.0, 9.0)
    assert values_of("cell", "rnn,gru") == ("rnn", "gru")
    assert values_of("gain", np.array([1.0, 2.0])) == (1.0, 2.0)
    assert values_of("gain", 3) == (3.0,)


def test_a_text_is_one_value_whatever_is_in_it() -> None:
    assert values_of("inputs", "a,b") == ("a,b",)
    assert values_of("data", "C:/x:1:2") == ("C:/x:1:2",)


def test_a_random_range_is_drawn_from_and_reproducible() -> None:
    assert values_of("gain", "0.5:2:random") == Drawn("gain", 0.5, 2.0)
    log = values_of("gain", "0.01:100:random:log")
    assert isinstance(log, Drawn)
    drawn = np.log10(np.array(log.values(np.random.default_rng(0), 4000)))
    assert drawn.min() >= -2 and drawn.max() <= 2
    assert np.mean(drawn) == pytest.approx(0, abs=0.1)
    assert np.std(drawn) == pytest.approx(4 / np.sqrt(12), rel=0.05)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("gane", "1", "'gane' is not a setting"),
        ("gain", "", "allowed is 0 … 1000000"),
        ("gain", [], "no value was given"),
        ("gain", "-1", "allowed is 0 … 1000000"),
        ("gain", "1:2", "is no range; write lowest:highest:count"),
        ("gain", "1:2:3:4", "is no range"),
        ("gain", "1:2:3:log:5", "is no range"),
        ("gain", "2:1:3", "the lowest value comes first"),
        ("gain", "0:1:3:log", "above 0"),
        ("gain", "1:2:1", "has 1 values, allowed is 2"),
        ("gain", "1:2:999999999999", "allowed is 2"),
        ("gain", "1:2:random,3", "give it without other values"),
        ("cell", "rnn,gnu", "allowed is rnn"),
        ("hidden_size", "1.5", "a whole number"),
    ],
)
def test_what_is_not_allowed_is_said(name: str, given: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        values_of(name, given)


def test_a_grid_is_every_combination_with_every_seed() -> None:
    grid = core.grid(core.Experiment(timesteps=9, seed=0), gain="0.5,1", cell=["rnn", "gru", "lstm"], seeds=2)
    assert grid.shape == (2, 3, 2)
    found = [grid.experiment_at(network) for network in range(len(grid))]
    wanted = [
        core.Experiment(timesteps=9, gain=gain, cell=cell, seed=seed, data_seed=seed)
        for gain, cell, seed in product((0.5, 1.0), ("rnn", "gru", "lstm"), range(2))
    ]
    assert found == wanted
    assert dict(grid.points[4].values) == {"gain": 1.0, "cell": "gru"}
    assert list(grid.points[4].networks) == [8, 9]


@pytest.mark.parametrize(
    ("vary", "seeds"),
    [("both", [(7, 3), (8, 4)]), ("weights", [(7, 3), (8, 3)]), ("data", [(7, 3), (7, 4)])],
)
def test_weights_and_data_have_seeds_of_their_own(vary: Any, seeds: list[tuple[int, int]]) -> None:
    grid = core.grid(core.Experiment(seed=7, data_seed=3), seeds=2, vary=vary)
    made = [grid.experiment_at(network) for network in range(2)]
    assert [(one.seed, one.data_seed) for one in made] == seeds


def test_seeds_can_be_an_axis_and_the_other_ones_are_those_of_the_ensemble() -> None:
    grid = core.grid(seed="0:9:10", data_seed="0,1")
    assert len(grid) == 20
    assert grid.experiment_at(19) == core.Experiment(seed=9, data_seed=1)
    with pytest.raises(ValueError, match="seed has values of its own"):
        core.grid(seed="0,1", seeds=3)
    assert len(core.grid(seed="0,1", seeds=3, vary="data")) == 6


def test_random_settings_are_drawn_together() -> None:
    grid = core.grid(gain="0.5:2:random", bias="-1:1:random", cell="rnn,gru", draws=5)
    assert grid.shape == (2, 5, 1)
    both = [tuple(point.values[name] for name in ("gain", "bias")) for point in grid.points]
    assert both[:5] == both[5:] and len(set(both)) == 5
    assert grid == core.grid(gain="0.5:2:random", bias="-1:1:random", cell="rnn,gru", draws=5)
    other = core.grid(core.Experiment(seed=1), gain="0.5:2:random", draws=5)
    assert other.axes[0].values != core.grid(gain="0.5:2:random", draws=5).axes[0].values
    alone = core.grid(gain="0.5:2:random", draws=5)
    assert [value[0] for value in alone.axes[0].values] == [one[0] for one in both[:5]], "whatever else is drawn"
    with pytest.raises(ValueError, match="draws says how often"):
        core.grid(gain="0.5:2:random")
    with pytest.raises(ValueError, match="no range is to be drawn from"):
        core.grid(gain="0.5:2:3", draws=3)


def test_an_axis_knows_whether_its_values_are_factors_apart() -> None:
    grid = core.grid(gain="0.1:10:5:log", input_gain="0.5:2:5", hidden_size="16,64,256", cell="rnn,gru", bias="-1,0,1")
    assert [axis.logarithmic for axis in grid.axes] == [True, False, True, False, False]
    assert [axis.numeric for axis in grid.axes] == [True, True, True, False, True]


@pytest.mark.parametrize(
    ("given", "said"),
    [({"seeds": 0}, "seeds: 0 was given"), ({"seeds": []}, "seeds"), ({"vary": "all"}, "vary: 'all' was given")],
)
def test_seeds_that_are_none_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        core.grid(**given)


def test_a_grid_that_nobody_can_compute_is_refused() -> None:
    with pytest.raises(ValueError, match="networks were asked for, allowed is at most"):
        core.grid(gain="0:1:2000", bias="0:1:2000")
