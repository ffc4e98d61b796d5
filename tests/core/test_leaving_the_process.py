"""Every public value survives pickle and deepcopy, as it must to be worked out in another process.

The comparison goes through all fields, also of what they hold; arrays come back equal and read-only.
"""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core
from core.numerics.frozen import FrozenMapping
from core.settings.experiment import InvalidSettingsError

FILES = Path(__file__).parent / "files"
SMALL = core.Experiment(timesteps=9, hidden_size=3, batch_size=2, k1=1, k2=3, training_steps=4)


@cache
def trace(cell: str = "rnn") -> core.Trace:
    return core.run(SMALL.replace(cell=cell))


@cache
def history() -> core.TrainingHistory:
    found = core.TrainingHistory(SMALL)
    for step in core.train(SMALL):
        found.add(step)
    return found


def table() -> core.Table:
    return core.open_table(Path(core.__file__).parent / "tasks" / "data" / "sunspots.csv")


@cache
def study() -> core.Study:
    return core.sweep(core.grid(SMALL.replace(k1=0, k2=0), gain=[0.5, 1.0], seeds=2))


def recording() -> core.Recording:
    network = core.make_network(SMALL)
    bare = core.Network(
        network.cell_name, {name: network.parameters[name] for name in network.cell.uses()}, readout_name="none"
    )
    put_in = core.Batch.injected(trace().batch.inputs, np.ones((*trace().batch.inputs.shape[:2], bare.hidden_size)))
    return core.Recording.of({"rnn": bare}, {"rnn": put_in})


def wrong() -> InvalidSettingsError:
    with pytest.raises(InvalidSettingsError) as caught:
        core.Experiment(timesteps=0, gain=-1)
    return caught.value


SERIES = Path(core.__file__).parent / "tasks" / "data" / "sunspots.csv"


VALUES: dict[str, Callable[[], Any]] = {
    "Answer": lambda: core.answer(trace()),
    "BackwardPass": lambda: trace().backward_pass,
    "BackwardStep": lambda: trace().steps[0],
    "Baseline": lambda: core.baselines(SMALL)[0],
    "Batch": lambda: trace().batch,
    "Candidate": lambda: core.open_checkpoint(FILES / "bidirectional.pt").candidate(),
    "Checkpoint": lambda: core.open_checkpoint(FILES / "embedded.pt"),
    "Claim": lambda: core.claims(trace())[0],
    "Column": lambda: core.open_table(SERIES).columns[1],
    "Compared": lambda: next(iter(core.compare(SMALL))),
    "Diagnosis": lambda: core.diagnose(trace()),
    "DirectPath": lambda: core.direct_path(trace("lstm").tape),
    "Dynamics": lambda: core.dynamics_of(trace().tape),
    "EnsembleLines": lambda: core.ensemble_lines(SMALL.replace(k1=0, k2=0), seeds=2),
    "Evidence": lambda: core.claims(trace())[0].evidence[0],
    "Experiment": lambda: SMALL,
    "Fact": lambda: core.open_checkpoint(FILES / "embedded.pt").candidate().facts[0],
    "Finding": lambda: core.diagnose(core.run(core.Experiment(gain=0.1))).findings[0],
    "ForwardStep": lambda: core.forward_step(trace("gru").tape, 2),
    "GradientCheck": lambda: core.gradient_check_of(trace()),
    "Gradients": lambda: trace().gradients,
    "InvalidSettingsError": wrong,
    "JacobianProfile": lambda: core.jacobian_profile(trace().tape),
    "LagProfile": lambda: trace("gru").profile("gate"),
    "Lyapunov": lambda: core.lyapunov_along(trace().tape),
    "LineSummary": lambda: core.summary(trace()).lines[0],
    "MatrixSummary": lambda: core.summary(trace()).matrices[0],
    "Given": lambda: core.Given.of(trace("gru").network, trace("gru").batch, experiment=SMALL),
    "SettingsFile": lambda: core.SettingsFile("a.toml", SMALL, FrozenMapping({"title": "A"})),
    "Metrics": lambda: core.metrics(trace().tape),
    "Network": lambda: trace("deep").network,
    "Origin": lambda: trace().origin,
    "ParameterGroup": lambda: trace().parameter_groups()["W_aa"],
    "Preset": lambda: core.presets()["sunspots"],
    "ProbeProfile": lambda: core.probe_profile(SMALL, history().network_at(2), 2),
    "ProfileMap": lambda: core.profile_map(tuple(core.probe_profiles(history()))),
    "Rate": lambda: trace().lags.rate("W_aa"),
    "RecurrentSpectrum": lambda: core.recurrent_spectrum(trace().network),
    "Remedy": lambda: core.remedies()["orthogonal"],
    "Scaled": lambda: trace().gradients.scaled["W_aa"],
    "Setting": lambda: core.settings()["gain"],
    "Source": lambda: core.source_of(SMALL.replace(task="table", data=str(SERIES))),
    "Summary": lambda: core.summary(trace("lstm")),
    "Embedding": lambda: core.Embedding(np.eye(2)),
    "Head": lambda: core.Head(
        [core.HeadLayer(np.eye(2), np.zeros(2), "relu"), core.HeadLayer(np.eye(2), np.zeros(2))],
        "attention",
        query=np.ones(2),
    ),
    "HeadLayer": lambda: core.HeadLayer(np.eye(2), np.zeros(2)),
    "Table": lambda: core.open_table(SERIES),
    "Tape": lambda: trace("lstm").tape,
    "TaskBatches": lambda: core.TaskBatches(SMALL),
    "TheoryLine": lambda: core.theory_lines(trace().network, 5)[0],
    "Trace": lambda: trace("lstm"),
    "TrainingHistory": history,
    "TrainingState": lambda: core.begin(SMALL),
    "TrainingStep": lambda: core.advance(SMALL, core.begin(SMALL)),
    "Truncation": lambda: trace().truncation,
    "Critical": lambda: core.critical(SMALL.replace(k1=0, k2=0), "gain", seeds=2),
    "Failure": lambda: core.sweep(core.grid(SMALL.replace(task="text", text_file="/there/is/none"), seeds=1)).failures[
        0
    ],
    "Grid": lambda: study().grid,
    "OverSeeds": lambda: study().over_seeds("rate")[0],
    "Result": lambda: study().outcomes[0],
    "Study": study,
    "Recording": recording,
}
"""Public class → one value of it."""

OPEN_FILES = {"Store"}
"""What is a place and no value: another process opens it again by its path"""


def parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What a value holds, by name."""
    if isinstance(value, Mapping):
        yield from ((str(key), value[key]) for key in value)
    elif is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, tuple | list):
        yield from ((str(place), one) for place, one in enumerate(value))
    elif type(value).__module__.startswith("core.") and type(value).__eq__ is object.__eq__:
        yield from ((name, part) for name, part in vars(value).items() if not name.startswith("_"))


def assert_same(one: Any, other: Any, where: str) -> None:
    assert type(one) is type(other), where
    if isinstance(one, np.ndarray):
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f"), where
        assert not one.flags.writeable, where
        assert not other.flags.writeable, where
    elif mine := list(parts(one)):
        theirs = dict(parts(other))
        assert list(theirs) == [name for name, _ in mine], where
        for name, part in mine:
            assert_same(part, theirs[name], f"{where}.{name}")
    elif type(one).__eq__ is not object.__eq__ and not isinstance(one, Mapping):
        assert one == other or one != one, where


def test_the_table_has_every_public_class() -> None:
    public = {name for name in core.__all__ if inspect.isclass(getattr(core, name))}
    assert public - OPEN_FILES == set(VALUES)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize(
    "there_and_back",
    [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy, copy.copy],
    ids=["pickle", "deepcopy", "copy"],
)
def test_a_public_value_leaves_the_process_and_comes_back_whole(
    name: str, there_and_back: Callable[[Any], Any]
) -> None:
    value = VALUES[name]()
    back = there_and_back(value)
    assert_same(value, back, name)


@pytest.mark.parametrize("name", [name for name in VALUES if is_dataclass(getattr(core, name))])
def test_a_public_value_with_nothing_replaced_is_the_same(name: str) -> None:
    value = VALUES[name]()
    assert_same(value, replace(value), name)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_to_copy_what_holds_an_array_of_somebody_else_leaves_that_as_it_is(copied: Callable[[Any], Any]) -> None:
    mine = np.ones(3)
    for value in (FrozenMapping({"a": mine}), core.Scaled(mine, np.zeros(3, dtype=np.int64))):
        copied(value)
        mine[0] += 1
    assert mine[0] == 3


def test_a_copy_of_a_run_goes_on_by_itself() -> None:
    run, steps = core.TrainingHistory(SMALL), list(core.train(SMALL))
    run.add(steps[0])
    for copied in (copy.copy(run), copy.deepcopy(run)):
        copied.add(steps[1])
        assert (len(run), len(copied)) == (1, 2)
        assert (run.latest.step, copied.latest.step) == (steps[0].step, steps[1].step)
        assert len(run.scalars("loss")) == 1


def test_what_comes_back_answers_as_before() -> None:
    back = pickle.loads(pickle.dumps(trace("gru")))
    assert back.lags.rate("W_na") == trace("gru").lags.rate("W_na")
    assert back.profile("gate").log2_norm["gate n"][8, 3] == trace("gru").profile("gate").log2_norm["gate n"][8, 3]
    run = pickle.loads(pickle.dumps(history()))
    assert np.array_equal(run.scalars("loss"), history().scalars("loss"))
    assert_same(run.network_at(3), history().network_at(3), "network")
    error = pickle.loads(pickle.dumps(wrong()))
    assert (str(error), error.problems) == (str(wrong()), wrong().problems)


def test_what_is_cached_stays_behind() -> None:
    tape = core.run(SMALL).tape
    assert "linearization" in tape.__dict__
    assert "linearization" not in pickle.loads(pickle.dumps(tape)).__dict__


def test_a_frozen_mapping_is_a_mapping_that_nobody_writes_to() -> None:
    source = {"a": 1, "b": 2}
    frozen = FrozenMapping(source)
    source["a"] = 3
    assert dict(frozen) == {"a": 1, "b": 2}
    assert frozen == {"a": 1, "b": 2}
    with pytest.raises(TypeError):
        frozen["a"] = 3  # type: ignore[index]
