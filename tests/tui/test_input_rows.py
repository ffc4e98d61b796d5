"""The strip shows what the network reads, all of it: every input of a few, and which one of many is 1."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

import core
from core.tasks import make_batch
from core.tasks.text import read_text
from tui.report.charts.unrolled import LABEL, Unrolled, contents, draw_unrolled
from tui.report.formats import Bundle
from tui.report.formats.npz import npz_contents
from tui.report.formats.text import document_text
from tui.report.input_rows import glyph, input_rows
from tui.report.numbers import magnitude
from tui.report.palette import dark_palette
from tui.report.trace_document import trace_document


def trace(task: str, **settings: object) -> core.Trace:
    return core.run(core.Experiment(task=task, hidden_size=3, timesteps=24, **settings))


def test_one_input_is_one_row_of_bars() -> None:
    shown = trace("sunspots")
    (row,) = input_rows(shown)
    assert row.label == "input x"
    assert np.array_equal(row.values, shown.batch.inputs[:, 0, 0])


def test_addings_numbers_and_its_marks_are_a_row_each() -> None:
    shown = trace("adding")
    rows = {row.label: row.values for row in input_rows(shown)}
    assert list(rows) == ["number", "mark"]
    assert np.sum(rows["mark"]) == 2
    assert shown.batch.targets[-1, 0, 0] == pytest.approx(rows["number"] @ rows["mark"])


def test_a_text_is_written_out() -> None:
    shown = trace("text")
    (row,) = input_rows(shown)
    characters = read_text(shown.experiment).characters
    said = "".join(characters[place] for place in shown.batch.inputs[:, 0].argmax(axis=1))
    assert row.values is None
    assert row.glyphs == said.replace(" ", "␣").replace("\n", "⏎")


@pytest.mark.parametrize(("task", "allowed"), [("copy", "12345678·▸"), ("temporal-order", "abcdXY")])
def test_symbols_are_told_apart(task: str, allowed: str) -> None:
    shown = trace(task)
    (row,) = input_rows(shown)
    assert row.glyphs == "".join(allowed[place] for place in shown.batch.inputs[:, 0].argmax(axis=1))


def test_other_data_have_the_numbers_of_their_inputs() -> None:
    batch = make_batch(core.Experiment(task="copy", hidden_size=3, timesteps=24))
    network = core.make_network(core.Experiment(task="copy", hidden_size=3))
    (row,) = input_rows(core.run(network=network, batch=replace(batch, input_names=())))
    assert set(row.glyphs) <= set("123456789a")


@pytest.mark.parametrize(("count", "labels"), [(2, ["input x₁", "input x₂"]), (5, ["‖input x‖"])])
def test_many_inputs_without_names(count: int, labels: list[str]) -> None:
    rng = np.random.default_rng(0)
    network = core.Network(
        "rnn",
        {
            "W_aa": np.eye(2),
            "W_ax": rng.standard_normal((2, count)),
            "b_a": np.zeros(2),
            "W_y": np.ones((1, 2)),
            "b_y": np.zeros(1),
        },
    )
    inputs = rng.standard_normal((6, 1, count))
    shown = core.run(network=network, batch=core.Batch(inputs, np.zeros((6, 1, 1)), np.ones(6, dtype=bool)))
    rows = input_rows(shown)
    assert [row.label for row in rows] == labels
    if count == 5:
        sizes = np.linalg.norm(inputs[:, 0], axis=1)
        np.testing.assert_allclose(rows[0].values / rows[0].values.max(), sizes / sizes.max())


def test_a_character_without_a_place_of_one_cell_is_a_box() -> None:
    assert [glyph("a\n \x07界", place) for place in range(5)] == ["a", "⏎", "␣", "□", "□"]
    assert glyph("", 80) == "□"


def with_names(*names: str) -> core.Trace:
    """Noise in columns of these names, each read with twice the weight of the one before."""
    count, rng = len(names), np.random.default_rng(0)
    weights = rng.standard_normal((2, 1)) * 2.0 ** np.arange(count)
    parameters = {"W_aa": np.eye(2) / 2, "W_ax": weights / 99, "b_a": np.zeros(2), "W_y": np.ones((1, 2)), "b_y": [0.0]}
    inputs, targets = rng.standard_normal((6, 2, count)), rng.standard_normal((6, 2, 1))
    batch = core.Batch(inputs, targets, np.ones(6, dtype=bool), input_names=names, target_names=["next"])
    return core.run(network=core.Network("rnn", parameters), batch=batch)


def test_many_columns_have_a_row_each_where_there_is_room_those_first_that_act_most_on_the_loss() -> None:
    shown = with_names("a", "b", "c", "d", "e")
    whole, *each = input_rows(shown)
    assert whole.label == "‖input x‖" and not whole.spare
    assert [(row.label, row.column, row.spare) for row in each] == [
        (name, column, True) for column, name in reversed(list(enumerate("abcde")))
    ]
    assert np.array_equal(each[0].values, shown.batch.inputs[:, 0, 4])
    sizes = np.linalg.norm(shown.gradients.inputs.reshape(-1, 5), axis=0)
    np.testing.assert_allclose(shown.gradients.log2_input_columns, np.log2(sizes), rtol=1e-13)


def test_spare_rows_come_after_every_other_and_take_no_more_than_a_few() -> None:
    shown = with_names("a", "b", "c", "d", "e")
    unrolled = Unrolled(shown, shown.backward_pass, None)
    there_is = contents(unrolled, 120)
    assert there_is.spare == ["e", "d", "c", "b", "a"] and there_is.most == there_is.height + 3
    for more in range(4):
        plan = there_is.plan(there_is.height + more, backward=True)
        assert [name for name in plan.below if name in there_is.spare] == there_is.spare[:more]
        drawn = draw_unrolled(
            unrolled, step=3, backward=True, losses="", width=120, height=there_is.height + more, palette=dark_palette()
        )
        assert drawn is not None
        labels = {"".join(row[:LABEL]).strip() for row in drawn.grid.glyphs}
        assert labels >= set(there_is.spare[:more]) and not labels & set(there_is.spare[more:])


def test_a_column_that_is_called_as_a_row_of_the_strip_is_told_from_it() -> None:
    assert [row.label for row in input_rows(with_names("target", "gradient"))] == ["x target", "x gradient"]


def test_names_are_those_of_the_batch_wherever_its_network_is_from() -> None:
    assert core.make_batch(core.Experiment(task="adding")).input_names == ("number", "mark")
    assert core.make_batch(core.Experiment(task="text")).target_names == tuple(
        read_text(core.Experiment(task="text")).characters
    )
    shown = with_names("left", "right")
    assert [row.label for row in input_rows(shown)] == ["left", "right"]
    assert shown.batch.until(3).input_names == ("left", "right")
    with pytest.raises(ValueError, match="input_names must be 2 names, one for each column, got 1"):
        replace(shown.batch, input_names=("a",))
    with pytest.raises(ValueError, match="target_names must be 1 names"):
        replace(shown.batch, target_names=("a", "b"))


def test_the_report_and_its_record_name_the_columns_those_first_that_act_most() -> None:
    shown = with_names("a", "b", "c", "d", "e")
    document = trace_document(shown)
    said = " ".join(document_text(document).split())
    sizes = np.linalg.norm(shown.gradients.inputs.reshape(-1, 5), axis=0)
    assert f"the largest first: e {magnitude(np.log2(sizes[4]))}, d {magnitude(np.log2(sizes[3]))}, c" in said
    columns = document.record["input"]["columns"]
    assert [column["name"] for column in columns] == list("abcde")
    np.testing.assert_allclose([column["gradient"]["log2"] for column in columns], np.log2(sizes))
    assert document.record["batch"]["target_names"] == ["next"]
    arrays = np.load(io.BytesIO(npz_contents(Bundle(shown))))
    assert arrays["input_names"].tolist() == list("abcde") and arrays["target_names"].tolist() == ["next"]
    plain = trace("sunspots")
    assert "the largest first" not in document_text(trace_document(plain))
    assert "input_names" not in np.load(io.BytesIO(npz_contents(Bundle(plain))))
