"""The strip shows what the network reads, all of it: every input of a few, and which one of many is 1."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.tasks import make_batch
from core.tasks.text import read_text
from tui.report.input_rows import glyph, input_rows


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
    (row,) = input_rows(core.run(network=network, batch=batch))
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
