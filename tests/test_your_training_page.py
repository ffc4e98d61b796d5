"""Every program on docs/your-training.md runs as it is, where the libraries that it imports are installed."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

import core

PAGE = (Path(__file__).parents[1] / "docs" / "your-training.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("at", range(len(PROGRAMS)))
def test_the_program_runs_and_what_it_writes_is_exact(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = PROGRAMS[at]
    needed = [name for name in ("torch", "lightning", "jax") if re.search(rf"import {name}\b", program)]
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    monkeypatch.chdir(tmp_path)
    exec(compile(program, f"your-training.md, program {at + 1}", "exec"), {"__name__": "__main__"})
    written = sorted(tmp_path.rglob("*.npz"))
    assert written
    for path in written:
        recording = core.load_recording(path)
        assert recording.residual("rnn") < (1e-12 if "jax" in needed else 1e-4)
