"""11 gains × 3 sizes × 5 seeds by the command line: the same numbers from processes, from Dask, from one process, and
after three kills; and a diagram, a table and JSON of them."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from core.study.store import Store

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "tui", "sweep", "--gain", "0.5:2:11", "--hidden-size", "4,8,32", "--seeds", "5"]
SETTINGS = ["--timesteps", "150", "--scored", "last", "--seed", "0", "--data-seed", "0"]
NETWORKS = 11 * 3 * 5
OWN = ("seconds", "made_by")
"""What is of a run and not of a network"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def swept(path: Path, *options: str) -> tuple[list[dict[str, str]], str]:
    """The rows of the table, without what is of the run, and what was printed."""
    command = [*COMMAND, *SETTINGS, "--csv", str(path), *options]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: value for name, value in row.items() if name not in OWN} for row in rows], done.stdout


def killed(store: Path) -> int:
    """Start a sweep, kill it and its processes as soon as it has kept something, and say how much there is then."""
    command = [*COMMAND, *SETTINGS, "--store", str(store), "--workers", "2"]
    nothing = subprocess.DEVNULL
    with Store(store) as kept:
        before = len(kept)
        process = subprocess.Popen(command, env=environment(), stdout=nothing, stderr=nothing, start_new_session=True)
        while len(kept) == before and process.poll() is None:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return len(kept)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_same_from_everywhere_and_after_three_kills(tmp_path: Path) -> None:
    distributed: Any = pytest.importorskip("distributed")
    rows, printed = swept(tmp_path / "pool.csv", "--workers", "2", "--json")
    assert len(rows) == NETWORKS and not any(row["failure"] for row in rows)
    found = json.loads(printed)
    assert found["complete"] and len(found["networks"]) == NETWORKS and len(found["points"]) == 11 * 3
    for row, one in zip(rows, found["networks"], strict=True):
        assert float(row["rate_state"]) == one["summary"]["lines"][0]["log2_per_step"]
    again, diagram = swept(tmp_path / "one.csv", "--workers", "1")
    assert again == rows
    assert "gain" in diagram and "hidden_size" in diagram.replace(" ", "_")
    counts = [killed(tmp_path / "kept.sqlite") for _ in range(3)]
    assert counts == sorted(set(counts)) and counts[-1] < NETWORKS
    assert swept(tmp_path / "kept.csv", "--store", str(tmp_path / "kept.sqlite"))[0] == rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster:
            assert swept(tmp_path / "dask.csv", "--cluster", cluster.scheduler_address)[0] == rows
