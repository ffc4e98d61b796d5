"""What is made of a table: columns chosen, scaled and filled, windows, what is held back, and what is to be beaten."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core
from core.tasks.table.scores import period_of
from core.tasks.table.table import Choice
from core.tasks.table.task import fitting_window
from core.tasks.table.windows import windows_of

FIRST = "; the first column of numbers is the target where none is named"
"""What is said where a default was chosen among several"""


def table_of(folder: Path, content: str, name: str = "data.csv") -> core.Table:
    (folder / name).write_text(content)
    return core.open_table(folder / name)


def counting(folder: Path, rows: int = 40, gaps: tuple[int, ...] = ()) -> core.Table:
    """Columns whose values say where they come from: a is the row, b ten times the row; gaps are in b."""
    lines = [
        f"2001-{1 + i // 28:02}-{1 + i % 28:02},{i}.0,{'' if i in gaps else 10 * i},{'xyz'[i % 3]}" for i in range(rows)
    ]
    return table_of(folder, "\n".join(["when,a,b,w", *lines]), f"{rows}-{len(gaps)}.csv")


def asked(table: core.Table, **given: Any) -> str:
    """What is said of a choice that is refused."""
    with pytest.raises(ValueError, match=r".") as caught:
        table.batch(**given)
    return str(caught.value)


# Which columns


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "predicts a, 1 row ahead, from a and b" + FIRST),
        ({"targets": "b"}, "predicts b, 1 row ahead, from a and b"),
        ({"inputs": "a", "targets": "a"}, "predicts a from its own past, 1 row ahead"),
        ({"ahead": 0}, "predicts a, in the same row, from b" + FIRST),
        ({"inputs": "b", "ahead": 0}, "predicts a, in the same row, from b" + FIRST),
        ({"targets": "A ,B", "ahead": 3}, "predicts a and b, 3 rows ahead, from a and b"),
        ({"targets": "w"}, "predicts w, 1 row ahead, from a and b, as one of 3 classes"),
    ],
)  # fmt: skip
def test_what_is_read_and_asked_where_it_is_not_said_is_told(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    notes = windows_of(counting(tmp_path), Choice(window=5, **given)).notes
    assert notes[0] == said
    assert "taken for time: when" in notes
    assert ("left out: w (3 different words)" in notes) == ("w" not in given.values())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"inputs": "c"}, "inputs: 40-0.csv has no column 'c', its columns are when, a, b, w"),
        ({"targets": "a,bb"}, "has no column 'bb', its columns are when, a, b, w; did you mean b?"),
        ({"targets": "w,a"}, "targets: w and a were asked for, but a column of words is asked for as classes"),
        ({"inputs": "when"}, "inputs: when of 40-0.csv tells the time in words (2001-01-01, …)"),
        ({"time": "c"}, "time: 40-0.csv has no column 'c'"),
        ({"inputs": "a", "targets": "a", "ahead": 0}, "ahead: 0 asks for a of the row in which it is read"),
        ({"window": 40}, "has 40 rows, needed are timesteps + ahead = 41; give timesteps (window) of at most 39"),
        ({"window": 40, "held_back": 0.5}, ", 20 of them held back, needed are timesteps + ahead = 41"),
        ({"ahead": 40}, "40 rows, and a window of 1 needs 41; give a longer file"),
    ],
)  # fmt: skip
def test_a_choice_that_cannot_be_is_refused_with_what_can(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    assert said in asked(counting(tmp_path), **{"window": 5, **given})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "a,b\nx,y\nz,w\nu,v\n",
            "has no column of numbers to predict; its columns of words are a and b: targets = a asks",
        ),
        ("a\n1\n1\n1\n", "has no column of numbers that change: a has a single value or none"),
        ("a,b\n1,\n2,\n", "needed are timesteps + ahead = 6"),
        ("when\n2001-01\n2001-02\n", "has no column of numbers to predict: when is taken for time"),
        ("a\n5\n", "has no column of numbers that change"),
        ("a,b\n1,2\n", "has no column of numbers that change: a and b have a single value or none"),
    ],
    ids=["words", "constant", "a column of gaps", "times", "one number", "one row"],
)
def test_a_table_with_nothing_to_predict_says_what_it_has(tmp_path: Path, content: str, said: str) -> None:
    assert said in asked(table_of(tmp_path, content), window=5)


def test_words_become_classes_where_they_are_asked_for_and_a_unit_each_where_they_are_read(tmp_path: Path) -> None:
    batch = counting(tmp_path).batch(inputs=["w"], targets="w", window=5, scale="none")
    assert batch.inputs.shape == (5, 35, 3)
    assert batch.targets.shape == (5, 35)
    assert np.array_equal(batch.inputs.argmax(axis=2)[1:], batch.targets[:-1])
    assert np.array_equal(batch.inputs.sum(axis=2), np.ones((5, 35)))


# Windows


@pytest.mark.parametrize("window", [1, 4, 7])
@pytest.mark.parametrize("ahead", [0, 1, 5])
@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("held_back", [0.0, 0.25])
def test_targets_stand_ahead_and_nothing_reaches_into_what_is_held_back(
    tmp_path: Path, window: int, ahead: int, stride: int, held_back: float
) -> None:
    table = counting(tmp_path)
    batch = table.batch(
        inputs="b", targets="a", window=window, ahead=ahead, stride=stride, scale="none", held_back=held_back
    )
    rows, wanted = batch.inputs[..., 0] / 10, batch.targets[..., 0]
    assert np.array_equal(wanted, rows + ahead)
    assert np.array_equal(np.diff(rows, axis=0), np.ones((window - 1, rows.shape[1])))
    starts = [row for row in range(0, 40, stride) if row + window - 1 + ahead < 40 * (1 - held_back)]
    assert rows[0].tolist() == starts


def test_every_row_held_back_is_asked_for_once_at_the_last_step(tmp_path: Path) -> None:
    counting(tmp_path)
    experiment = core.Experiment(
        task="table",
        data=str(tmp_path / "40-0.csv"),
        inputs="b",
        targets="a",
        timesteps=6,
        ahead=2,
        scale="none",
        held_back=0.25,
    )
    batch = core.TaskBatches(experiment).held_back
    assert batch is not None
    assert np.flatnonzero(batch.scored_steps).tolist() == [5]
    assert batch.targets[-1, :, 0].tolist() == list(range(30, 40))
    assert (batch.inputs[-1, :, 0] / 10).tolist() == list(range(28, 38))


def test_a_window_too_long_for_the_rows_held_back_begins_in_those_trained_on_and_a_longer_one_scores_nothing(
    tmp_path: Path,
) -> None:
    table = counting(tmp_path)
    long = windows_of(table, Choice(window=25, held_back=0.25))
    assert len(long.held) == 10 and long.held.min() < 30
    assert not windows_of(table, Choice(window=40, held_back=0.25)).held.size


def test_sequences_are_not_joined_and_the_last_ones_are_held_back(tmp_path: Path) -> None:
    values = np.arange(5)[:, np.newaxis, np.newaxis] * 100.0 + np.arange(8)[np.newaxis, :, np.newaxis]
    np.save(tmp_path / "many.npy", values)
    table = core.open_table(tmp_path / "many.npy")
    batch = table.batch(window=3, scale="none", held_back=0.4)
    assert np.array_equal(batch.targets - batch.inputs, np.ones((3, 15, 1)))
    assert batch.inputs.max() < 300
    experiment = core.Experiment(
        task="table", data=str(tmp_path / "many.npy"), timesteps=50, scale="none", held_back=0.4
    )
    assert fitting_window(experiment) == 7
    aside = core.TaskBatches(experiment.replace(timesteps=3)).held_back
    assert aside is not None and aside.inputs.min() >= 300


def test_scaling_knows_nothing_of_what_is_held_back(tmp_path: Path) -> None:
    table = table_of(tmp_path, "a\n" + "\n".join(str(v) for v in [1, 3] * 15 + [1000] * 10))
    kept = windows_of(table, Choice(window=5, held_back=0.25))
    assert np.allclose(kept.inputs[:30].mean(), 0)
    assert np.allclose(kept.inputs[:30].std(), 1)
    assert np.allclose(kept.inputs[30:], 998.0)
    assert "the unit of a is its standard deviation, 1" in kept.notes
    between = windows_of(table, Choice(window=5, held_back=0.25, scale="minmax"))
    assert {*between.inputs[:30].ravel().tolist()} == {0.0, 1.0}
    assert np.array_equal(windows_of(table, Choice(window=5, scale="none")).inputs.ravel(), table.columns[0].numbers)


# Gaps


def test_drop_leaves_out_every_window_with_a_gap(tmp_path: Path) -> None:
    batch = counting(tmp_path, gaps=(20, 21)).batch(inputs="a,b", targets="b", window=5, scale="none")
    rows = batch.inputs[..., 0]
    assert np.array_equal(batch.targets[..., 0], 10 * (rows + 1))
    assert rows.shape[1] == 40 - 5 - (5 + 1 + 1)
    assert not np.isin(rows, [20, 21]).any()


def test_interpolation_is_a_straight_line(tmp_path: Path) -> None:
    batch = counting(tmp_path, gaps=(0, 20, 21)).batch(
        inputs="b", targets="b", window=5, scale="none", missing="interpolate"
    )
    rows = np.arange(35) + np.arange(5)[:, np.newaxis]
    expected = np.maximum(rows, 1) * 10.0
    assert np.allclose(batch.inputs[..., 0], expected)
    assert batch.mask.all()


def test_interpolation_does_not_look_across_the_border(tmp_path: Path) -> None:
    table = counting(tmp_path, gaps=(29, 30))
    windows = windows_of(table, Choice(inputs="b", window=5, scale="none", missing="interpolate", held_back=0.25))
    assert windows.inputs[29, 0] == 280
    assert windows.inputs[30, 0] == 310


def test_mask_scores_no_missing_target_and_fills_an_input_with_the_value_before(tmp_path: Path) -> None:
    batch = counting(tmp_path, gaps=(0, 20, 21)).batch(
        inputs="a,b", targets="b", window=5, scale="none", missing="mask"
    )
    rows = np.arange(35) + np.arange(5)[:, np.newaxis]
    assert np.array_equal(batch.mask, ~np.isin(rows + 1, [20, 21]))
    expected = np.where(np.isin(rows, [20, 21]), 190.0, rows * 10.0)
    known = [10.0 * i for i in range(40) if i not in (0, 20, 21)]
    assert np.allclose(batch.inputs[..., 1], np.where(rows == 0, np.mean(known), expected))


@pytest.mark.parametrize("missing", ["drop", "mask", "interpolate"])
@pytest.mark.parametrize("scored", ["every", "last"])
def test_the_gradient_is_exact_with_gaps_of_every_kind(tmp_path: Path, missing: str, scored: str) -> None:
    counting(tmp_path, gaps=(7, 8, 20))
    experiment = core.Experiment(
        task="table", data=str(tmp_path / "40-3.csv"), targets="b", timesteps=5, hidden_size=3, batch_size=4,
        missing=missing, scored=scored, data_seed=2,
    )  # fmt: skip
    trace = core.run(experiment)
    assert core.check_gradients(trace) < 1e-6
    assert trace.lags.residual < 1e-12


def test_gaps_that_leave_no_window_say_how_long_the_longest_stretch_is(tmp_path: Path) -> None:
    table = counting(tmp_path, gaps=tuple(range(0, 40, 6)))
    said = asked(table, inputs="b", targets="b", window=8)
    assert said == (
        "data: the longest stretch of 40-7.csv without a gap has 5 of its 40 rows, needed are timesteps + ahead = 9; "
        "give timesteps (window) of at most 4, or missing = interpolate"
    )
    assert table.batch(inputs="b", targets="b", window=4).inputs.shape == (4, 6, 1)
    assert table.batch(inputs="b", targets="b", window=8, missing="interpolate").inputs.shape == (8, 32, 1)


# Scores


def seasonal(folder: Path, rows: int = 96) -> Path:
    path = folder / "seasons.csv"
    values = [math.sin(2 * math.pi * i / 12) + 0.02 * i for i in range(rows)]
    path.write_text("\n".join(["a", *map(str, values)]))
    return path


def test_the_baselines_are_those_predictors_scored_on_what_is_held_back(tmp_path: Path) -> None:
    experiment = core.Experiment(task="table", data=str(seasonal(tmp_path)), timesteps=10, ahead=3, held_back=0.25)
    values = core.open_table(experiment.data).columns[0].numbers
    scaled = (values - values[:72].mean()) / values[:72].std()
    expected = {
        "the mean": np.mean(scaled[72:] ** 2),
        "persistence": np.mean((scaled[72:] - scaled[69:-3]) ** 2),
        "seasonal persistence": np.mean((scaled[72:] - scaled[60:-12]) ** 2),
    }
    found = {one.name: one.value for one in core.baselines(experiment)}
    assert found == pytest.approx(expected)
    assert all("24 rows held back" in one.source for one in core.baselines(experiment))


def test_a_network_that_repeats_its_input_scores_as_persistence_does(tmp_path: Path) -> None:
    experiment = core.Experiment(
        task="table", data=str(seasonal(tmp_path)), timesteps=4, hidden_size=1, activation="identity", held_back=0.25
    )
    one, none = np.ones((1, 1)), np.zeros((1, 1))
    parameters = {"W_aa": none, "W_ax": one, "b_a": none[0], "W_y": one, "b_y": none[0]}
    network = core.Network("rnn", parameters, "identity", "identity")
    score = core.held_back_score(network, core.TaskBatches(experiment).held_back)
    assert score is not None
    (persistence,) = (one.value for one in core.baselines(experiment) if one.name == "persistence")
    assert score.value == pytest.approx(persistence)


def test_classes_are_to_be_beaten_by_their_shares(tmp_path: Path) -> None:
    counting(tmp_path)
    experiment = core.Experiment(task="table", data=str(tmp_path / "40-0.csv"), timesteps=5, targets="w")
    assert core.readout_name(experiment) == "softmax"
    assert core.output_size(experiment) == 3
    (shares,) = core.baselines(experiment)
    assert shares.value == pytest.approx(math.log(3), rel=0.05)


@pytest.mark.parametrize(("readout", "size"), [("identity", 1), ("sigmoid", 1), ("softmax", 3)])
def test_numbers_are_asked_for_as_the_readout_says(tmp_path: Path, readout: str, size: int) -> None:
    experiment = core.Experiment(task="table", data=str(seasonal(tmp_path)), timesteps=5, readout=readout)
    assert core.output_size(experiment) == size
    aside = core.TaskBatches(experiment).held_back
    score = core.held_back_score(core.make_network(experiment), aside)
    assert score is not None and math.isfinite(score.value)
    assert math.isfinite(core.baselines(experiment)[0].value)


def test_several_columns_are_asked_for_together_but_not_as_thirds(tmp_path: Path) -> None:
    counting(tmp_path)
    experiment = core.Experiment(task="table", data=str(tmp_path / "40-0.csv"), timesteps=5, targets="a,b")
    assert core.run(experiment).network.output_size == 2
    assert core.run(experiment.replace(readout="sigmoid")).tape.outputs.shape == (5, 1, 2)
    with pytest.raises(ValueError, match=r"readout: softmax asks for one column, 2 were given"):
        core.run(experiment.replace(readout="softmax"))


@pytest.mark.parametrize("period", [4, 7, 12, 30])
def test_a_period_is_found_under_a_trend_and_noise(period: int) -> None:
    rng, at = np.random.default_rng(period), np.arange(12 * period)
    values = np.sin(2 * np.pi * at / period) + 0.05 * at + 0.3 * rng.standard_normal(at.size)
    assert period_of(values) == period


@pytest.mark.parametrize("kind", ["noise", "walk", "line", "constant", "short"])
def test_where_there_is_no_period_none_is_found(kind: str) -> None:
    rng = np.random.default_rng(0)
    series = {
        "noise": rng.standard_normal(300),
        "walk": np.linspace(0, 1, 300) ** 2,
        "line": np.arange(50.0),
        "constant": np.ones(50),
        "short": np.array([1.0, 2, 1, 2]),
    }
    assert period_of(series[kind]) is None


# As a task


def test_training_scores_what_is_held_back_every_tenth_step(tmp_path: Path) -> None:
    experiment = core.Experiment(
        task="table", data=str(seasonal(tmp_path)), timesteps=6, hidden_size=2, training_steps=23
    )
    history = core.TrainingHistory(experiment)
    for step in core.train(experiment):
        history.add(step)
    found = history.scalars("held_back")
    assert np.flatnonzero(np.isfinite(found)).tolist() == [0, 10, 20]
    aside = core.TaskBatches(experiment).held_back
    for place in (0, 10, 20):
        score = core.held_back_score(history.network_at(place), aside)
        assert score is not None and score.value == found[place]
    nothing = core.Experiment(timesteps=6, hidden_size=2)
    assert core.TaskBatches(nothing).held_back is None
    assert next(core.train(nothing)).held_back is None


def test_the_origin_tells_the_file_its_fingerprint_and_how_it_was_read(tmp_path: Path) -> None:
    path = seasonal(tmp_path)
    experiment = core.Experiment(task="table", data=str(path), timesteps=6, hidden_size=2)
    origin = core.run(experiment).origin
    assert origin.label == "seasons.csv: a"
    assert (origin.file, origin.sha256) == (str(path), core.open_table(path).sha256)
    assert origin.notes[0] == "predicts a from its own past, 1 row ahead"
    assert core.run(core.Experiment(timesteps=6)).origin.file is None


def test_the_window_is_as_long_as_the_file_allows(tmp_path: Path) -> None:
    experiment = core.Experiment(task="table", data=str(seasonal(tmp_path, rows=30)))
    assert fitting_window(experiment) == (24 - 1) // 2
    assert fitting_window(experiment.replace(timesteps=20)) == 20
    core.run(experiment.replace(timesteps=fitting_window(experiment)))


def test_without_a_file_there_is_one_of_our_own() -> None:
    experiment = core.Experiment(task="table", timesteps=8, hidden_size=2)
    assert core.run(experiment).origin.file is None
    assert core.source_of(experiment).notes[:2] == (
        "predicts SUNACTIVITY from its own past, 1 row ahead",
        "taken for time: YEAR",
    )
