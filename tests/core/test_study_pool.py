"""Processes are started also where standard error is no file, as in a full-screen program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import io, sys

class Captured(io.StringIO):
    def fileno(self):
        return -1

if __name__ == "__main__":
    sys.stderr = Captured()
    from core.study.pool import WorkerPool

    with WorkerPool(1) as pool:
        print(pool.submit(abs, -3).result())
"""


def test_a_pool_starts_where_standard_error_is_no_file(tmp_path: Path) -> None:
    program = tmp_path / "captured.py"
    program.write_text(PROGRAM, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, str(program)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert (found.stdout, found.returncode) == ("3\n", 0), found.stderr
