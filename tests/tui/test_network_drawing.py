"""The network drawn: read back from the grid of characters and colors, without a screen, and held against core."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_experiments import run as run_drawn
from hypothesis import given
from hypothesis import strategies as st
from toy_cells import MinimalGated, TwoLayers, registered

import core
from core.bptt.forward_step import gate_means
from tui.report.charts.cell_places import BOX, Gap, Place, place_cells
from tui.report.charts.gradient_flow import Way
from tui.report.charts.gradient_scale import START, WIDTHS, color, decades, glyph
from tui.report.charts.network_scene import INSIDE
from tui.report.charts.step_rows import Window
from tui.report.charts.unrolled import LABEL, DrawnStrip, Unrolled, contents, draw_unrolled, position_forms
from tui.report.numbers import magnitude
from tui.report.palette import dark_palette

SMALL = core.Experiment(timesteps=12, hidden_size=3)
WIDTH = 118


def known(experiment: core.Experiment = SMALL, loss: int | str | None = "last") -> Unrolled:
    trace = core.run(experiment)
    return of(trace, loss)


def of(trace: core.Trace, loss: int | str | None = "last") -> Unrolled:
    scored = np.flatnonzero(trace.lags.scored) + 1
    t = (int(scored[-1]) if scored.size else None) if loss == "last" else loss
    assert t is None or isinstance(t, int)
    return Unrolled(trace, trace.backward_pass if t is None else core.backward_pass(trace.tape, losses=[t]), t)


def drawn(
    unrolled: Unrolled, step: int, *, backward: bool = True, width: int = WIDTH, height: int | None = None
) -> DrawnStrip:
    height = contents(unrolled, width).height if height is None else height
    found = draw_unrolled(
        unrolled, step=step, backward=backward, losses="", width=width, height=height, palette=dark_palette()
    )
    assert found is not None
    return found


def lines(found: DrawnStrip) -> list[str]:
    return ["".join(row) for row in found.grid.glyphs.tolist()]


def inside(found: DrawnStrip, cell: Place, y: int) -> str:
    """What stands in a box on a row."""
    return lines(found)[y][LABEL + cell.left + 1 : LABEL + cell.right - 1].strip()


def ways(unrolled: Unrolled, found: DrawnStrip) -> list[tuple[int, Way]]:
    """The rows with a way back."""
    flow = unrolled.flow
    return [(y, flow.layers[row.layer].ways[row.way]) for y, row in enumerate(found.plan.drawn) if row.kind == "way"]


def between(found: DrawnStrip) -> list[Gap]:
    """The gaps between two neighbors."""
    return [gap for gap in found.places.gaps[1:-1] if gap.after == gap.before + 1]


# Places


@given(st.integers(1, 300), st.data(), st.integers(BOX, 260), st.integers(4, 12))
def test_cells_stand_side_by_side_with_room_for_the_arrows(
    steps: int, data: st.DataObject, width: int, gap: int
) -> None:
    step = data.draw(st.integers(1, steps))
    start = data.draw(st.none() | st.integers(1, steps))
    places = place_cells(steps, step, width, gap, start)
    shown = [cell.step for cell in places.cells]
    assert step in shown and shown == sorted(set(shown))
    assert places.cells[0].left >= 0 and places.cells[-1].right <= width
    if len(shown) > 1:
        assert all(one.width >= gap for one in places.gaps)
    if start is not None and start >= step and len(shown) >= 3:
        assert start in shown
    for cell in places.cells:
        assert {places.step_at(column) for column in range(cell.left, cell.right)} == {cell.step}
    apart = [one for one in places.gaps[1:-1] if one.after != one.before + 1]
    assert all(one.after == start for one in apart) and len(apart) <= 1


@given(st.integers(1, 600), st.data(), st.integers(5, 200))
def test_every_column_shows_a_step_and_every_step_of_the_window_has_columns(
    steps: int, data: st.DataObject, width: int
) -> None:
    step = data.draw(st.integers(1, steps))
    view = Window.around(step, steps, width)
    assert step in view.steps
    assert view.steps[0] >= 1
    assert view.steps[-1] <= steps
    owned = [column for one in view.steps for column in range(*view.columns(one))]
    assert owned == list(range(width)), "in order, no gap, no column twice"
    for one in view.steps:
        assert all(view.step_at(column) == one for column in range(*view.columns(one)))
    assert view.step_at(-9) == view.steps[0]
    assert view.step_at(width + 9) == view.steps[-1]


# The gradient on its way back


@given(st.integers(0, 10**6), st.data())
def test_every_arrow_has_the_width_and_the_color_of_cores_number(seed: int, data: st.DataObject) -> None:
    trace = run_drawn(seed, longest=30)
    if trace is None:
        return
    unrolled = of(trace, data.draw(st.sampled_from(["last", None])))
    step = data.draw(st.integers(1, unrolled.steps))
    found, start = drawn(unrolled, step), unrolled.flow.start
    for y, way in ways(unrolled, found):
        assert way.log2 is not None
        for gap in between(found):
            column = LABEL + gap.right - 1
            shown, ink = found.grid.glyphs[y, column], found.grid.ink[y, column]
            if not step <= gap.before < unrolled.last:
                assert shown == " ", "what the gradient has not reached, or where none comes back"
                continue
            size = float(way.log2[gap.before - 1])
            if size == -np.inf:
                assert "0" in lines(found)[y][LABEL + gap.left : LABEL + gap.right]
            else:
                assert shown == glyph(decades(size, start))
                assert ink == color(decades(size, start), dark_palette())


@given(st.integers(0, 10**6), st.data(), st.integers(1, 20), st.integers(0, 180), st.booleans())
def test_any_network_is_drawn_at_any_size(
    seed: int, data: st.DataObject, height: int, width: int, backward: bool
) -> None:
    trace = run_drawn(seed, longest=30)
    if trace is None:
        return
    unrolled = of(trace)
    step = data.draw(st.integers(1, unrolled.steps))
    found = draw_unrolled(
        unrolled, step=step, backward=backward, losses="", width=width, height=height, palette=dark_palette()
    )
    if width < LABEL + BOX:
        assert found is None
        return
    assert found is not None
    assert found.grid.glyphs.shape == (height, width)
    text = lines(found)
    assert "nan" not in "".join(text)
    assert len(found.plan.drawn) + len(found.plan.below) <= height
    assert found.plan.below[-1] == "position"
    for y in range(height):
        for x in range(0, width, 7):
            assert 1 <= found.step_at(x, y) <= unrolled.steps


def test_the_number_in_a_box_is_the_gradient_at_its_state() -> None:
    unrolled = known()
    for step in range(12, 0, -1):
        found = drawn(unrolled, step)
        (y, _), places = ways(unrolled, found)[0], found.places
        for cell in places.cells:
            expected = magnitude(float(unrolled.backward_pass.log2_state_gradient[cell.step - 1]), room=INSIDE)
            assert inside(found, cell, y) == (expected if cell.step >= step else "")
            assert inside(found, cell, y - 1) == f"a⟨{cell.step}⟩"


@pytest.mark.parametrize("gain", [0.3, 0.9, 3.0])
def test_an_arrow_looks_the_same_wherever_the_cursor_is(gain: float) -> None:
    unrolled = known(core.Experiment(timesteps=30, hidden_size=8, gain=gain))
    looks: dict[int, set[tuple[str, int]]] = {}
    for step in range(1, 31):
        found = drawn(unrolled, step)
        (y, _) = ways(unrolled, found)[0]
        for gap in between(found):
            column = LABEL + gap.right - 1
            if gap.before >= step:
                look = (str(found.grid.glyphs[y, column]), int(found.grid.ink[y, column]))
                looks.setdefault(gap.before, set()).add(look)
    assert len(looks) == 29
    assert all(len(seen) == 1 for seen in looks.values())


def test_where_the_gradient_starts_stays_in_sight_and_the_gap_before_it_fades_or_grows() -> None:
    for gain, wider in ((0.2, False), (3.0, True)):
        unrolled = known(core.preset("exploding") if wider else core.Experiment(gain=gain))
        found = drawn(unrolled, 5)
        start = found.places.cells[-1]
        assert start.step == unrolled.last
        gap = found.places.gaps[-2]
        (y, _) = ways(unrolled, found)[0]
        assert f"{gap.after - gap.before - 1} steps" in lines(found)[y - 1]
        taper = lines(found)[y][LABEL + gap.left + 1 : LABEL + gap.right]
        at = [WIDTHS.index(one) for one in taper]
        assert at == sorted(at, reverse=wider), "one column a step or more, from the start at the right"
        assert (min(at) < START) != wider
        assert (max(at) > START) == wider


def test_an_arrow_says_over_how_many_steps_it_leaps_however_short_it_is() -> None:
    told = set()
    for steps in (12, 2000):
        unrolled = known(SMALL.replace(timesteps=steps))
        for width in (76, 118):
            for step in range(1, 12):
                found = drawn(unrolled, step, width=width)
                y = ways(unrolled, found)[0][0] - 1
                for gap in found.places.gaps[1:-1]:
                    arrow = lines(found)[y][LABEL + gap.left : LABEL + gap.right]
                    leapt = gap.after - gap.before - 1
                    says = arrow.strip("─▶ ")
                    assert says in (["┄", f"{leapt}", f"{leapt} step{'s' * (leapt > 1)}"] if leapt else [""]), arrow
                    told.add(says.strip("0123456789"))
    assert told == {"", "┄", " step", " steps"}


def test_the_last_row_says_how_far_the_gate_of_the_direct_path_is_open_before_what_else_it_can() -> None:
    unrolled = known(SMALL.replace(cell="lstm"))
    means = {name: values[0] for name, values in gate_means(unrolled.trace.tape, [8]).items()}
    for backward in (True, False):
        forms = position_forms(unrolled, 8, backward=backward, losses="L_12")
        assert forms[0].endswith("gates open " + " ".join(f"{name} {share:.2f}" for name, share in means.items()))
        said = f", f open {means['f']:.2f}"
        for form in forms[: forms.index("◀" if backward else "▶")]:
            if "open" not in form:
                assert forms.index(f"{form}{said}") < forms.index(form)
        assert min(len(form) for form in forms if form.endswith(said)) < 25
    assert not any("open" in form for form in position_forms(known(), 8, backward=True, losses="L_12"))


def test_nothing_has_come_by_either_way_where_the_gradient_starts() -> None:
    unrolled = known(SMALL.replace(cell="lstm"))
    found = drawn(unrolled, 12)
    cursor = next(cell for cell in found.places.cells if cell.step == 12)
    assert [inside(found, cursor, y) for y, _ in ways(unrolled, found)] == ["none yet"] * 2


def test_the_loss_comes_in_from_above_at_its_own_step() -> None:
    unrolled = known(loss=7)
    found = drawn(unrolled, 6)
    top = lines(found)[0]
    assert f"L_7 ▼ {magnitude(float(unrolled.backward_pass.log2_injected[6]))}" in top
    assert "L_8" not in top and "lag 1" in top
    found = drawn(unrolled, 9)
    assert "▼" not in "".join(lines(found)[:6]) and "◀" not in lines(found)[ways(unrolled, found)[0][0]][LABEL:]
    all_of_them = known(loss=None)
    top = lines(drawn(all_of_them, 9))[0]
    assert [t for t in range(1, 13) if f"L_{t} ▼" in top] == [9, 10, 11, 12]


def test_on_the_way_back_of_one_loss_every_cell_has_its_lag() -> None:
    unrolled = known(loss=9)
    for height, y in ((None, 0), (9, 0)):
        found = drawn(unrolled, 5, height=height)
        for cell in found.places.cells:
            told = lines(found)[y][LABEL + cell.left - 2 : LABEL + cell.right + 2]
            assert (f"lag {9 - cell.step}" in told) == (cell.step < 9)
            assert (f"L_{cell.step}" in told) == (cell.step == 9)
    assert "lag" not in "".join(lines(drawn(known(loss=None), 5)))
    assert "lag" not in "".join(lines(drawn(unrolled, 5, backward=False)))


def test_on_few_rows_the_loss_comes_in_at_the_right_of_its_cell() -> None:
    found = drawn(known(), 11, width=76, height=4)
    assert "◀▄▄▄ L_12" in lines(found)[1] or "◀L_12" in lines(found)[1]


def test_an_exact_zero_is_a_hollow_arrow_with_a_zero() -> None:
    found = drawn(known(SMALL.replace(activation="relu", bias=-50.0)), 9)
    row = lines(found)[3]
    assert "◁" in row and "0" in row
    assert not set(row) & set(WIDTHS)


def test_an_overflow_is_told_where_the_state_would_go_on() -> None:
    unrolled = known(core.Experiment(timesteps=300, hidden_size=2, gain=1e6, activation="identity"))
    steps = unrolled.steps
    found = drawn(unrolled, steps, backward=False, width=200)
    assert unrolled.trace.tape.overflow_step == steps + 1
    assert "✗" in lines(found)[2]


# The network


def test_going_forward_what_is_not_reached_is_dim_and_the_sizes_of_the_states_are_cores() -> None:
    unrolled = known()
    found = drawn(unrolled, 4, backward=False)
    for cell in found.places.cells:
        expected = magnitude(core.forward_step(unrolled.trace.tape, cell.step).log2_state, room=INSIDE)
        assert inside(found, cell, 3) == (expected if cell.step <= 4 else "")
    lit, dim = (
        {int(found.grid.ink[2, LABEL + gap.right - 1]) for gap in found.places.gaps if reached(gap)}
        for reached in (lambda gap: gap.after <= 4, lambda gap: gap.after > 4)
    )
    assert len(lit) == len(dim) == 1 and lit != dim


def test_a_cell_reads_its_input_and_makes_its_output() -> None:
    unrolled = known()
    text = lines(drawn(unrolled, 5, backward=False))
    for t in (4, 5, 6):
        assert f"x⟨{t}⟩ {unrolled.inputs_in_brief[t - 1]}" in text[5]
        assert f"y⟨{t}⟩ {unrolled.outputs_in_brief[t - 1]}" in text[0]
    assert [row.kind for row in drawn(unrolled, 5).plan.drawn] == ["lag", "top", "forward", "way", "bottom", "x"]
    assert text[1].count("W_aa") >= 4, "the same matrix at every arrow"


def test_characters_are_read_and_made() -> None:
    unrolled = known(core.Experiment(task="text", timesteps=12, hidden_size=3))
    text = lines(drawn(unrolled, 5, backward=False))
    assert f"x⟨5⟩ {unrolled.inputs[0].glyphs[4]}" in text[5]
    assert len(unrolled.outputs_in_brief[4]) == 1 and f"y⟨5⟩ {unrolled.outputs_in_brief[4]}" in text[0]


def test_every_layer_of_a_deep_chain_has_its_own_matrix() -> None:
    top = lines(drawn(known(SMALL.replace(cell="deep")), 6))[1]
    assert "W_aa⟨6⟩" in top and "W_aa⟨7⟩" in top


@pytest.mark.parametrize(
    ("cell", "direct", "more"),
    [
        ("lstm", "◀ direct f", {}),
        ("gru", "◀ direct z", {}),
        ("mgu", "◀ (1 − u)", {}),
        ("rnn", "◀ (1 − α)", {"leak": 0.4}),
    ],
)
def test_a_gated_cell_has_two_ways_back_each_with_its_own_size(cell: str, direct: str, more: dict[str, object]) -> None:
    with registered(MinimalGated()):
        unrolled = known(SMALL.replace(cell=cell, **more))
        found = drawn(unrolled, 8)
        gates = gate_means(unrolled.trace.tape, range(1, 13))
    rows = ways(unrolled, found)
    text = lines(found)
    assert [text[y][:LABEL].strip() for y, _ in rows] == [direct, "◀ matrices"]
    cursor = next(cell for cell in found.places.cells if cell.step == 8)
    for y, way in rows:
        assert inside(found, cursor, y) == magnitude(float(unrolled.backward_pass.log2_paths[way.name][7]), room=INSIDE)
    open_row = next((y for y, row in enumerate(found.plan.drawn) if row.kind == "gates"), None)
    assert (open_row is None) == (not gates)
    if open_row is not None:
        written = inside(found, cursor, open_row)
        assert [one for one in written if one.isalpha()] == list(gates)
        if len(gates) == 1:
            assert written.endswith(f"{next(iter(gates.values()))[7]:.2f}")


def test_a_stack_shows_its_layers_and_what_passes_from_one_to_the_other() -> None:
    with registered(TwoLayers()):
        unrolled = known(SMALL.replace(cell="two-layers"))
        found = drawn(unrolled, 8)
        small = drawn(unrolled, 8, height=6)
    text = lines(found)
    assert [text[y][:LABEL].strip() for y, _ in ways(unrolled, found)] == ["◀ layer 2", "◀ layer 1"]
    cursor = next(cell for cell in found.places.cells if cell.step == 8)
    for (y, way), part in zip(ways(unrolled, found), "qp", strict=True):
        assert way.log2 is not None
        assert inside(found, cursor, y - 1) == f"{part}⟨8⟩"
        assert inside(found, cursor, y) == magnitude(float(unrolled.backward_pass.log2_parts[part][7]), room=INSIDE)
        np.testing.assert_allclose(way.log2, unrolled.backward_pass.log2_carried_parts[part])
    (down,) = (y for y, row in enumerate(found.plan.drawn) if row.kind == "between")
    assert f"▼ {magnitude(float(unrolled.backward_pass.log2_passed_down[2][7]))}" in text[down]
    assert [row.kind for row in small.plan.drawn] == ["forward", "way"] * 2, "both, where hardly anything has room"


# As many rows as there are


def test_on_four_rows_there_is_a_line_of_cells_the_gradient_and_the_cursor() -> None:
    for cell in ("rnn", "lstm"):
        found = drawn(known(SMALL.replace(cell=cell)), 8, width=76, height=4)
        assert len(found.plan.drawn) == 2
        assert found.plan.below == ("gradient", "position")
        text = "".join(lines(found)[:2])
        assert "⟨8⟩" in text and "◀" in text
        assert len(found.places.cells) >= 4


def test_a_single_cell_is_drawn_where_only_one_has_room() -> None:
    found = drawn(known(), 8, width=LABEL + BOX, height=8)
    assert [cell.step for cell in found.places.cells] == [8]
    assert inside(found, found.places.cells[0], 1) == "a⟨8⟩"


def test_a_click_on_a_cell_is_its_step_and_one_on_its_output_its_loss() -> None:
    found = drawn(known(), 8, backward=False)
    assert found.is_loss(0)
    for cell in found.places.cells:
        for y, row in enumerate(found.plan.drawn):
            assert found.step_at(LABEL + cell.middle, y) == cell.step
            assert found.is_loss(y) == (row.kind == "y")


def test_an_embedding_has_no_arrow_in_time_and_the_gradient_that_comes_down_to_it() -> None:
    embedding = core.Embedding(np.random.default_rng(0).normal(size=(4, 2)))
    bare = core.make_network(core.Experiment(task="adding", hidden_size=3))
    ids = np.array([[0], [2], [1], [3]])
    trace = core.run(network=embedding.before(bare), batch=embedding.batch_of_ids(ids, np.ones((4, 1, 1))))
    unrolled = of(trace)
    for backward in (False, True):
        found = drawn(unrolled, 4, backward=backward)
        rows = {y: row for y, row in enumerate(found.plan.drawn) if row.kind in {"forward", "way"} and row.layer == 1}
        assert rows
        for y, row in rows.items():
            text = lines(found)[y][LABEL:]
            assert not set(text) & set("▶◀◁─"), "nothing leads from step to step"
            assert lines(found)[y][:LABEL].strip() in {"layer 1 ▲", "▼ layer 1", "‖e_1‖"}
            if backward and row.kind == "way":
                told = [inside(found, cell, y) for cell in found.places.cells]
                passed = unrolled.backward_pass.log2_passed_down[2]
                assert told[-1] == magnitude(float(passed[3]), room=INSIDE)


def test_the_row_of_the_way_back_names_its_size_as_that_of_the_way_on_does() -> None:
    ahead, back = (lines(drawn(known(), 5, backward=backward)) for backward in (False, True))
    assert any(row.startswith("‖a‖ ") for row in ahead)
    assert any(row.startswith("◀ ‖∂L/∂a‖ ") for row in back)
