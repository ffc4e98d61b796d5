"""A training in PyTorch and `rnn-tui watch` beside it, in a real terminal: the new step is read from the screen."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from terminal import Terminal

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "text_model.py"


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_the_newest_step_of_a_training_beside_it_is_on_the_screen(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    with Terminal("watch", str(folder), columns=160, rows=48) as terminal:
        terminal.wait_for("there is no folder")
        training = subprocess.Popen([sys.executable, EXAMPLE, folder], stdout=subprocess.DEVNULL, cwd=tmp_path)
        try:
            seen = re.compile(r"rnn: (\d+) steps? recorded · the newest is (\d+)")
            # PyTorch is imported first, which takes long where the machine does much else.
            text = terminal.wait_for(lambda text: seen.search(text) and "trained" in text, seconds=240)
            first = int(seen.search(text)[2])
            text = terminal.wait_for(lambda text: (found := seen.search(text)) and int(found[2]) > first)
            assert training.poll() is None or int(seen.search(text)[2]) == 490
            terminal.wait_for("trained 490 updates", seconds=240)
            assert training.wait(60) == 0
            terminal.wait_for(lambda text: "50 steps recorded · the newest is 490" in text)
            terminal.press("a", "a")
            terminal.wait_for("trained 470 updates")
            terminal.press("r")
            terminal.wait_for("trained 490 updates")
            terminal.press("q")
            assert terminal.wait_until_ended() == 0
            assert terminal.left_behind() == []
        finally:
            training.kill()
            training.wait()


@pytest.mark.slow
def test_a_folder_that_never_comes_is_left_with_ctrl_c(tmp_path: Path) -> None:
    with Terminal("watch", str(tmp_path / "never")) as terminal:
        terminal.wait_for("there is no folder")
        terminal.press("ctrl+c")
        assert terminal.wait_until_ended() == 130
        assert terminal.left_behind() == []
