"""Points are computed from coarse to fine, every one once, those between unlike points first; ranges are round."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.study.around import around, can_be_an_axis
from core.study.coarse_to_fine import Place, first_step, next_round
from core.study.ranges import values_of


def rounds(shape: tuple[int, ...], steps: tuple[int, ...], what: dict[Place, str]) -> list[tuple[Place, ...]]:
    """Every round until all is known."""
    known: dict[Place, str] = {}
    found = []
    while points := next_round(shape, steps, known):
        found.append(points)
        known |= {place: what[place] for place in points}
    return found


def places(shape: tuple[int, ...]) -> list[Place]:
    return [tuple(int(at) for at in place) for place in np.ndindex(shape)]


@pytest.mark.parametrize("shape", [(1,), (2,), (16,), (17, 9), (31, 1), (7, 5), (12, 33)])
def test_every_point_is_computed_once(shape: tuple[int, ...]) -> None:
    steps = tuple(first_step(count) for count in shape)
    rng = np.random.default_rng(sum(shape))
    what = {place: str(rng.integers(3)) for place in places(shape)}
    every = [place for points in rounds(shape, steps, what) for place in points]
    assert sorted(every) == places(shape)


def test_the_first_round_is_a_lattice_with_both_ends() -> None:
    first = next_round((16, 9), (first_step(16), first_step(9)), {})
    assert sorted({y for y, _ in first}) == [0, 2, 4, 6, 8, 10, 12, 14, 15]
    assert sorted({x for _, x in first}) == [0, 2, 4, 6, 8]


def test_a_boundary_is_followed_before_the_rest_is_filled_in() -> None:
    """The points beside a circle in 65 × 65 are all known after an eighth of all points."""
    count = 65
    what = {(y, x): "in" if (y - 20) ** 2 + (x - 33) ** 2 < 18**2 else "out" for y, x in places((count, count))}
    boundary = {
        place
        for y, x in what
        for place in ((y, x), (y + 1, x), (y, x + 1))
        if place in what and what[place] != what[y, x]
    }
    every = [place for points in rounds((count, count), (first_step(count),) * 2, what) for place in points]
    assert boundary <= set(every[: count**2 // 8])


def test_where_all_are_alike_it_goes_from_coarse_to_fine() -> None:
    steps = [min(abs(a - b) for a in row for b in row if a != b) for row in _along(17, 4) if len(row) > 1]
    assert steps == [4, 4, 2]


def _along(count: int, step: int) -> list[list[int]]:
    what = dict.fromkeys(places((count,)), "same")
    return [[place[0] for place in points] for points in rounds((count,), (step,), what)]


def test_values_without_an_order_are_all_in_the_first_round() -> None:
    first = next_round((5, 17), (1, 4), {})
    assert {y for y, _ in first} == set(range(5))
    assert {x for _, x in first} == {0, 4, 8, 12, 16}


def test_a_range_around_a_value_holds_it_and_is_allowed() -> None:
    for experiment in (core.Experiment(), core.Experiment(gain=5, hidden_size=1024, timesteps=1, cell="gru")):
        for name, setting in core.settings().items():
            if not can_be_an_axis(setting, experiment):
                continue
            values = values_of(name, around(experiment, name))
            assert isinstance(values, tuple) and len(values) >= 2, name
            if setting.kind == "choice":
                assert set(values) == set(setting.choices)
            else:
                own = getattr(experiment, name)
                assert float(min(values)) <= own <= float(max(values)), name
                assert len(values) <= 21


def test_what_has_no_effect_or_is_a_file_is_no_axis() -> None:
    settings, plain = core.settings(), core.Experiment()
    refused = ("text_file", "seed", "learning_rate", "forget_bias", "echo_delay")
    assert [name for name in refused if can_be_an_axis(settings[name], plain)] == []
    assert can_be_an_axis(settings["learning_rate"], plain, trained=True)
    assert can_be_an_axis(settings["forget_bias"], core.Experiment(cell="lstm"))
    with pytest.raises(ValueError, match="'data' was given, allowed is a setting with choices"):
        around(plain, "data")
