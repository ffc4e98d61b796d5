"""A flag that has no effect is told on standard error, for every command; the exit status and the output stay."""

from __future__ import annotations

from pathlib import Path

import pytest

import core
from core import Experiment
from tui import cli
from tui.cli import effects
from tui.cli.request import request_of


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"k1": "3"}, "--k1 has no effect with --k2 0; choose another --k2"),
        ({"k1": "3", "k2": "4"}, None),
        (
            {"k2": "4", "cell": "deep"},
            "--k2 has no effect with --cell deep; it is for --cell rnn or gru or lstm or gru-before or mingru or "
            "antisymmetric",
        ),
        ({"momentum": "0.5"}, "--momentum has no effect with --optimizer adam; it is for --optimizer momentum"),
        ({"clip_at": "2"}, "--clip-at has no effect with --clip none; it is for --clip norm or value"),
        ({"clip_at": "2", "clip": "norm"}, None),
        ({"leak": "0.5", "cell": "gru"}, "--leak has no effect with --cell gru; it is for --cell rnn or deep"),
        ({"scored": "last", "task": "adding"}, "--scored has no effect with --task adding; choose another --task"),
        ({"readout": "sigmoid", "preset": "adding-lstm"}, None),
        ({"text_file": "x", "task": "noise"}, "--text-file has no effect with --task noise; it is for --task text"),
        ({"text_file": ""}, "--text-file has no effect with --task sunspots; it is for --task text"),
        ({"learning_rate": "0.1"}, None),
        ({"gain": "0.9"}, None),
    ],
)
def test_a_flag_without_effect_is_told_with_what_takes_its_effect(flags: dict[str, str], said: str | None) -> None:
    assert effects.unused(request_of(**flags)) == ([] if said is None else [said])


def test_a_report_trains_nothing() -> None:
    wanted = request_of(learning_rate="0.1", momentum="0.5", k2="3", k1="1", gain="1")
    assert effects.unused(wanted, untrained="report") == [
        "--learning-rate has no effect on report, which does not train; train does",
        "--momentum has no effect on report, which does not train; train does",
    ]


def test_what_every_remedy_decides_is_told() -> None:
    known = core.remedies()
    wanted = request_of(
        cell="gru", leak="0.5", clip="norm", gain="1.2", forget_bias="2", momentum="0.5", learning_rate="1"
    )
    assert effects.unused_by_remedies(wanted, list(known.values())) == [
        "--cell has no effect on compare: each remedy decides it",
        "--leak has no effect on compare: each remedy decides it",
        "--clip has no effect on compare: each remedy decides it",
        "--forget-bias has no effect on compare: each remedy decides it",
        "--momentum has no effect with --optimizer adam; it is for --optimizer momentum",
    ]
    orthogonal = effects.unused_by_remedies(request_of(gain="1.2", bias="1"), [known["orthogonal"]])
    assert orthogonal == ["--gain has no effect on compare: each remedy decides it"]


@pytest.mark.parametrize("name", core.remedies())
def test_a_remedy_decides_what_it_says_that_it_decides(name: str) -> None:
    remedy = core.remedies()[name]
    others = {"gain": 1.7, "input_gain": 0.3, "bias": 0.4, "leak": 0.5, "clip": "value", "clip_at": 3.0, "cell": "gru"}
    others |= {"forget_bias": 2.0, "activation": "sigmoid", "initializer": "glorot", "k1": 2, "k2": 5}
    for setting, value in others.items():
        before, after = (remedy.applied(one) for one in (Experiment(), Experiment(**{setting: value})))
        assert (before == after) == (setting in remedy.decides), setting


def test_a_text_file_asks_for_its_task(tmp_path: Path) -> None:
    assert request_of(text_file="x").experiment == Experiment(task="text", text_file="x")
    assert request_of(text_file="x", preset="noise").experiment.task == "text"
    assert request_of(text_file="x", task="noise").experiment.task == "noise"


@pytest.mark.parametrize(
    "command",
    [[], ["report"], ["train", "--training-steps", "0"], ["compare", "--training-steps", "0", "--remedies", "vanilla"]],
    ids=lambda command: command[0] if command else "explore",
)
def test_every_command_tells_it_and_goes_on(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*command, "--timesteps", "5", "--k1", "2"]) == 0
    out, err = capsys.readouterr()
    assert out
    assert err.splitlines()[0] == "rnn-tui: --k1 has no effect with --k2 0; choose another --k2"
