"""Numbers in a table stand below one another by their decimal points, and a mean says over how many losses it is."""

from __future__ import annotations

import numpy as np
import pytest
from driving import WIDE, Drive, explorer, text_of
from hypothesis import given
from hypothesis import strategies as st

import core
from core import Experiment
from tui.explorer.panels.jacobians import COLUMNS_OF_TABLE, _table_of_values, _values_caption
from tui.explorer.panels.lags import LOSSES, LagsTable
from tui.report.aligned import aligned, before_point, pushed
from tui.report.curves import losses_averaged
from tui.report.numbers import WIDTH, factor, magnitude

sizes = st.lists(st.floats(-4000, 4000), min_size=1, max_size=8)


@given(sizes)
def test_decimal_points_stand_in_one_column_and_nothing_of_a_number_is_lost(log2: list[float]) -> None:
    texts = [magnitude(one) for one in log2]
    found = aligned(texts)
    assert [text.strip() for text in found] == texts
    assert len({before_point(text.strip()) + len(text) - len(text.strip()) for text in found}) == 1
    points = {text.index(".") for text in found if "." in text}
    assert len(points) <= 1


def test_words_stay_at_the_left_and_signs_count() -> None:
    assert aligned(["12.3", "not known", "", "−0.25", "9e−6", "–"]) == ["12.3", "not known", "", "−0.25", " 9e−6", "–"]
    assert aligned([factor(-0.1), "×12"]) == [" ×0.933", "×12"]
    assert pushed("1.2e−1234", 4, WIDTH) == "1.2e−1234"


@pytest.fixture(scope="module")
def trace() -> core.Trace:
    return core.run(Experiment(timesteps=20, hidden_size=3))


def test_a_mean_says_over_how_many_losses_it_is_and_of_how_many(trace: core.Trace) -> None:
    profile, names = trace.profile(), ["W_aa", "W_ax", "b_a"]
    for k in range(20):
        finite = [int(np.isfinite(profile.log2_norm[name][:, k]).sum()) for name in names]
        there = int(np.count_nonzero(trace.lags.scored[k:]))
        said = losses_averaged(profile, names, "typical", k)
        assert said.split(" of ")[-1] == str(there)
        if set(finite) != {there}:
            assert said.split(" of ")[0].split(" · ") == [str(count) for count in finite]
        assert losses_averaged(profile, names, "summed", k) == str(there)
    assert losses_averaged(profile, names, "typical", 5) == "14 · 15 · 15 of 15"
    assert losses_averaged(profile, [*names, *names], "typical", 5) == "14–15 of 15"


@explorer(Experiment(timesteps=20, hidden_size=3, seed=0), size=WIDE, only="work")
async def test_the_table_of_all_losses_has_them_and_that_of_one_does_not(drive: Drive) -> None:
    await drive.press("v")
    table = drive.one(LagsTable)
    await drive.until(lambda: table.row_count == 20)
    assert LOSSES not in table.columns
    points = {line.index(".", 7) for line in text_of(table).split("\n")[2:12] if "." in line[7:]}
    assert len(points) == 1
    await drive.press("f")
    await drive.until(lambda: table.columns[4:5] == (LOSSES,))
    assert table.get_row_at(5)[4] == "14 · 15 · 15 of 15"


def test_the_table_of_singular_values_leaves_out_none_of_the_largest_and_says_which_it_has() -> None:
    profile = core.dynamics_of(core.run(Experiment(timesteps=6, hidden_size=30)).tape).profile
    assert profile is not None
    heads, rows = _table_of_values(profile)
    assert heads == ["lag k", *(f"σ_{j}" for j in range(1, COLUMNS_OF_TABLE)), "σ_30"]
    assert {len(row) for row in rows} == {len(heads)}
    assert _values_caption(profile, "a", whole=False).startswith("The 9 largest and the smallest of the 30")
    heads, _ = _table_of_values(profile, whole=True)
    assert len(heads) == 1 + COLUMNS_OF_TABLE
    assert "evenly chosen" in _values_caption(profile, "a", whole=True)
