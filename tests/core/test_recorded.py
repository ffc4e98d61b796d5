"""A folder of recordings read again and again: what is new, half-written, deleted, of another network, and too many."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recorded_steps import recording, written

import core
from core.sources.recordings import Watched, listing, steps_in
from core.training.profile import probe_profile, profile_map
from core.training.recorded import MOST, Reader, RecordedHistory

SETTINGS = core.Experiment()


def read(reader: Reader) -> RecordedHistory:
    """Everything that there is to read now."""
    reader.look()
    while (step := reader.due) is not None:
        reader.read(step)
    return reader.history


def opened(folder: Path, step: int, part: str | None = None) -> tuple[Watched, Reader]:
    watched = Watched.of_step(folder / f"step_{step:08d}.npz", step, part)
    return watched, Reader(watched, RecordedHistory(SETTINGS, watched.network))


def test_a_recorded_training_has_what_a_training_here_has(tmp_path: Path) -> None:
    for step in (0, 100, 200):
        written(tmp_path, step, steps=8 if step else 5)
    watched, reader = opened(tmp_path, 200, "decoder")
    history = read(reader)
    assert list(history.steps) == [0, 100, 200] and history.present == (0, 100, 200) and history.newest == 200
    assert list(history.scalars("metric")) == [10.0, 9.0, 8.0] and history.score_after(100) == 9.0
    assert np.isnan(history.scalars("accuracy")).all() and not history.clips
    whole = recording(100)
    trace = whole.traces["decoder"]
    found = history.measured[1].profile
    assert found.rate == trace.lags.state_rate and found.last_lag == 7
    size = np.log2(np.sqrt(sum(np.sum(np.square(own)) for own in whole.modules["decoder"].gradients.values())))
    assert found.log2_gradient == pytest.approx(size, rel=1e-12)
    shares = [trace.lags.share_of_past(name) for name in trace.network.parameters]
    assert min(shares) <= found.past_share <= max(shares)
    lags = profile_map(history.profiles).log2_typical["state"]  # of five steps and of eight, on one map
    assert lags.shape == (3, 8) and np.isnan(lags[0, 5:]).all() and not np.isnan(lags[1:]).any()
    given = watched.at(100)
    assert given.training_step == 100 and given.network.same_as(trace.network)
    with pytest.raises(ValueError, match="step 50 has no file any more in"):
        watched.at(50)
    with pytest.raises(ValueError, match="has no part 'head'"):
        watched.other("head")
    assert watched.other("encoder").network.hidden_size == 3


def test_what_is_half_written_deleted_or_of_another_network_is_told_and_survived(tmp_path: Path) -> None:
    for step in (0, 100):
        written(tmp_path, step)
    _, reader = opened(tmp_path, 100)
    assert read(reader).problem == "" and not reader.look()
    half = written(tmp_path, 200)
    whole = half.read_bytes()
    half.write_bytes(whole[: len(whole) // 2])
    written(tmp_path, 300, units=5)
    history = read(reader)
    assert list(history.steps) == [0, 100] and history.present == (0, 100) and list(history.left_out) == [200, 300]
    assert "another network, rnn, 5 units, and the others are of rnn, 3 units" in history.left_out[300]
    assert str(tmp_path) not in history.left_out[200] and not reader.look()
    written(tmp_path, 100, steps=6)  # written again while nobody looked
    again = Reader(Watched.of_step(tmp_path / "step_00000100.npz", 100), history)
    assert read(again).measured[1].profile.last_lag == 5
    half.write_bytes(whole)  # it is written on to its end
    (tmp_path / "step_00000000.npz").unlink()  # and an old one is thinned out
    history = read(reader)
    assert list(history.steps) == [0, 100, 200] and history.present == (100, 200) and list(history.left_out) == [300]
    for path in tmp_path.iterdir():
        path.unlink()
    assert reader.look() and "has no recordings yet; what was read of 3 steps stays" in reader.history.problem
    tmp_path.rmdir()
    assert reader.look() and "there is no folder" in reader.history.problem and len(reader.history) == 3
    written(tmp_path, 100)  # the training begins once more, in the same folder
    history = read(reader)
    assert history.problem == "" and list(history.steps) == [0, 100] and history.newest == 100


def test_a_file_that_comes_back_unread_and_is_written_again_is_read(tmp_path: Path) -> None:
    for step in (0, 100):
        written(tmp_path, step)
    _, reader = opened(tmp_path, 0, "decoder")
    assert list(read(reader).steps) == [0, 100]
    file, away = tmp_path / "step_00000100.npz", tmp_path / "away"
    file.rename(away)
    assert list(read(reader).steps) == [0]
    state, whole = away.stat(), away.read_bytes()
    away.write_bytes(bytes(len(whole)))
    os.utime(away, ns=(state.st_atime_ns, state.st_mtime_ns))  # as a tool leaves it that keeps the times of files
    away.rename(file)
    assert list(read(reader).left_out) == [100]
    written(tmp_path, 100)
    assert list(read(reader).steps) == [0, 100] and not reader.history.left_out


def test_a_part_of_a_module_of_another_name_is_the_same_part(tmp_path: Path) -> None:
    written(tmp_path, 0)
    whole = recording(100)
    sequence = replace(whole.sequences["decoder"], module="renamed")
    modules, sequences = {"renamed": whole.modules["decoder"]}, {"decoder": sequence}
    replace(whole, modules=modules, sequences=sequences).save(tmp_path / "step_00000100.npz")
    _, reader = opened(tmp_path, 0, "decoder")
    assert list(read(reader).steps) == [0, 100]


def test_a_folder_that_is_none_is_told_in_a_sentence(tmp_path: Path) -> None:
    assert "has no recordings yet" in listing(tmp_path).problem
    (tmp_path / "other.npz").touch()
    assert "none of its 1 files .npz is called step_NUMBER.npz" in listing(tmp_path).problem
    assert "is a file; give the folder" in listing(tmp_path / "other.npz").problem
    assert "there is no folder" in listing(tmp_path / "later").problem and steps_in(tmp_path / "later") == []


def test_of_ten_thousand_steps_a_bounded_number_is_read_the_newest_first(tmp_path: Path) -> None:
    one = written(tmp_path, 0).read_bytes()
    for step in range(10_000):
        path = tmp_path / f"step_{step:08d}.npz"
        path.touch() if step % 4 else path.write_bytes(one)
    (tmp_path / "step_00009999.npz").write_bytes(one)
    watched, reader = opened(tmp_path, 9999)
    assert reader.look() and reader.due == 9999
    order: list[int] = []
    while (due := reader.due) is not None and len(order) < 5:
        reader.read(due)
        order.append(due)
    assert order[:2] == [9999, 0] and 4000 < order[2] < 6000
    assert reader.history.waiting <= MOST and len(reader.history.present) == 10_000
    assert watched.at(4000).network.hidden_size == 3  # those without a profile can be gone to as well


def test_a_profile_of_a_network_here_has_the_same_numbers_as_its_trace() -> None:
    experiment = core.Experiment(cell="gru", hidden_size=4, timesteps=12)
    trace = core.run(experiment)
    found = probe_profile(experiment, trace.network)
    assert found.log2_gradient == pytest.approx(float(trace.gradients.flat().log2_norm()))
    assert 0 < found.past_share < 1 and found.horizon == trace.lags.state_rate.horizon and found.last_lag == 11
