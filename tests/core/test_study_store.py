"""What is in the store stays there, is found again to the last bit, and is nobody else's."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import core
import core.study.store
from core.study import work
from core.study.store import Store, key_of
from core.study.work import What

SMALL = core.Experiment(hidden_size=3, timesteps=8)
GRID = core.grid(SMALL, gain="0.5:2:4", seeds=2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


def refuse(*given: object) -> object:
    raise AssertionError("this was in the store already")


def test_what_is_in_the_store_is_not_computed_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = core.sweep(GRID, store=path)
    assert first.outcomes == core.sweep(GRID).outcomes
    monkeypatch.setattr(work, "summaries", refuse)
    again = core.sweep(GRID, store=path)
    assert again.outcomes == first.outcomes
    assert again.values("seconds").tolist() == first.values("seconds").tolist()


def test_only_what_is_missing_is_computed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    core.sweep(core.grid(SMALL, gain="0.5,1", seeds=2), store=path)
    asked: list[core.Experiment] = []
    real = work.summaries
    monkeypatch.setattr(work, "summaries", lambda some, *rest: asked.extend(some) or real(some, *rest))
    assert core.sweep(GRID, store=path).outcomes == core.sweep(GRID).outcomes
    assert sorted(one.gain for one in asked[:4]) == [1.5, 1.5, 2.0, 2.0]
    assert len(asked) == 4 + 8, "four that were missing, and all eight without a store"


@pytest.mark.parametrize("cell", ["rnn", "gru", "deep"])
def test_a_summary_comes_back_to_the_last_bit(cell: str, path: Path) -> None:
    hard = [
        SMALL.replace(cell=cell),
        SMALL.replace(cell=cell, gain=0),
        SMALL.replace(cell=cell, activation="relu", gain=1e6, timesteps=90),
    ]
    results = [core.Result(core.summary(core.run(one)), 0.1) for one in hard]
    with Store(path) as store:
        store.keep(zip(hard, results, strict=True), What())
        found = store.found([key_of(one) for one in hard], What())
    assert [found[key_of(one)] for one in hard] == results
    assert {found[key_of(one)].seconds for one in hard} == {0.1}


def test_trained_and_untrained_and_versions_are_told_apart(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = core.Result(core.summary(core.run(SMALL)))
    with Store(path) as store:
        store.keep([(SMALL, result)], What())
        assert store.found([key_of(SMALL)], What()) == {key_of(SMALL): result}
        assert store.found([key_of(SMALL)], What(trained=True)) == {}
        assert store.found([key_of(SMALL)], What(lyapunov=True)) == {}
        monkeypatch.setattr(core.study.store, "program_version", lambda: "99")
        assert store.found([key_of(SMALL)], What()) == {}


def test_a_record_of_another_kind_is_not_taken(path: Path) -> None:
    result = core.Result(core.summary(core.run(SMALL)))
    with Store(path) as store:
        store.keep([(SMALL, result)], What())
        for record in ({"lines": []}, {**result.summary.record(), "lines": [{"name": "state"}]}):
            store._file.execute("UPDATE results SET summary = ?", (json.dumps(record),))
            assert store.found([key_of(SMALL)], What()) == {}


def test_data_that_have_changed_are_other_data(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x\n" + "\n".join(str(n % 7) for n in range(60)), encoding="utf-8")
    experiment = SMALL.replace(task="table", data=str(file))
    first = core.ensemble(experiment, 1, store=path)
    file.write_text("x\n" + "\n".join(str(n % 5) for n in range(60)), encoding="utf-8")
    second = core.ensemble(experiment, 1, store=path)
    assert first.summary(0) != second.summary(0) == core.ensemble(experiment, 1).summary(0)
    file.unlink()
    (failure,) = core.ensemble(experiment, 1, store=path).failures.values()
    assert "a.csv" in failure.message


def test_failures_are_tried_again(path: Path) -> None:
    missing = SMALL.replace(task="noise", activation="relu", bias=1e6, gain=1e6, timesteps=3)
    core.ensemble(missing, 1, store=path)
    with Store(path) as store:
        assert len(store) == int(not core.ensemble(missing, 1).failures)


def test_a_file_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    text, other = tmp_path / "text", tmp_path / "other.sqlite"
    text.write_text("not a database, and long enough to be none " * 50, encoding="utf-8")
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (a)")
    database.close()
    before = [file.read_bytes() for file in (text, other)]
    for file, said in ((text, "not a database"), (other, "another program"), (tmp_path / "no" / "f", "unable to open")):
        with pytest.raises(ValueError, match=f"{file.name}.*{said}.*choose another file"):
            Store(file)
    assert [file.read_bytes() for file in (text, other)] == before


def test_two_can_have_the_same_file_open(path: Path) -> None:
    results = [(SMALL.replace(seed=n), core.Result(core.summary(core.run(SMALL.replace(seed=n))))) for n in range(4)]
    with Store(path) as one, Store(path) as other:
        for store, own in ((one, results[:3]), (other, results[1:])):
            store.keep(own, What())
        keys = [key_of(experiment) for experiment, _ in results]
        assert (
            one.found(keys, What())
            == other.found(keys, What())
            == dict(zip(keys, (r for _, r in results), strict=True))
        )


def test_what_somebody_else_has_computed_meanwhile_is_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is asked again before a task is sent."""
    from core.study import evaluate

    monkeypatch.setattr(evaluate, "AT_ONCE", 1e-9)
    whole = core.sweep(GRID)
    other = Store(path)
    real, computed = work.summaries, list[core.Experiment]()

    def summaries(some: list[core.Experiment], *rest: object) -> list[core.Summary]:
        if not computed:
            every = ((GRID.experiment_at(n), one) for n, one in whole.outcomes.items())
            other.keep([(e, one) for e, one in every if isinstance(one, core.Result)], What())
        computed.extend(some)
        return real(some, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(work, "summaries", summaries)
    assert core.sweep(GRID, store=path).outcomes == whole.outcomes
    assert len(computed) < len(GRID)
    other.close()


PROGRAM = """
import sys
import core

GRID = core.grid(core.Experiment(timesteps=40), gain="0.5:2:20", hidden_size="16,32", seeds=5)

if __name__ == "__main__":
    study = core.sweep(GRID, store=sys.argv[1], workers=2, progress=lambda done, total: print(done, flush=True))
    print(study.complete, len(study.failures))
"""


@pytest.mark.slow
def test_killed_three_times_and_shared_by_two_it_is_the_same_in_the_end(path: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-W", "error", str(program), str(path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    def started() -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)

    def there() -> int:
        with Store(path) as store:
            return len(store)

    before = 0
    for enough in random.Random(0).sample(range(10, 100), 3):
        process = started()
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= before + enough // 3:
                break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert there() >= before + enough // 3
        before = there()
    assert 0 < before < 200
    for process in [started(), started()]:
        out, error = process.communicate()
        assert (out.splitlines()[-1], error) == ("True 0", "")
    grid = core.grid(core.Experiment(timesteps=40), gain="0.5:2:20", hidden_size="16,32", seeds=5)
    assert there() == 200
    stored = core.sweep(grid, store=path)
    assert stored.outcomes == {n: core.Result(work.summaries([grid.experiment_at(n)], What())[0]) for n in range(200)}
