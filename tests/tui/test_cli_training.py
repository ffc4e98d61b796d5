"""`train` and `compare` print what core computes, end with what there is, and refuse bad input in one line."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from test_cli import in_terminal, out_of

import core
import core.training.profile
from core.training.remedies_over_seeds import Score, with_seed
from tui import cli
from tui.report.numbers import cosine, number
from tui.report.remedies_over_seeds import remedies_over_seeds
from tui.report.training_document import ROWS

SMALL = ("--task", "adding", "--timesteps", "12", "--hidden-size", "6", "--batch-size", "4", "--training-steps", "60")
EXPERIMENT = core.Experiment(task="adding", timesteps=12, hidden_size=6, batch_size=4, training_steps=60)
BRIEF = (*SMALL[:-1], "6")
"""A training of which only that it was made matters"""
EXPLODING = core.preset("training-explodes")


def record_of(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert cli.main([*arguments, "--json"]) == 0
    out, err = out_of(capsys)
    assert err == ""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    found: dict[str, Any] = json.loads(out, parse_constant=refuse)
    return found


def test_the_record_of_a_run_is_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    found = record_of(["train", *SMALL], capsys)
    steps = list(core.train(EXPERIMENT))
    assert found["experiment"] == EXPERIMENT.model_dump()
    assert (found["steps"], found["ended"], found["interrupted"]) == (60, None, False)
    assert found["loss"] == [step.metrics.loss for step in steps]
    assert found["metric"] == [step.metrics.value for step in steps]
    assert found["log2_gradient"] == [step.log2_gradient for step in steps]
    assert found["accuracy"] == [None] * 60
    assert found["baselines"][0]["value"] == pytest.approx(1 / 6)
    radius = found["spectral_radius"]
    for step, value in zip(radius["steps"], radius["W_aa"], strict=True):
        network = core.make_network(EXPERIMENT) if step == 0 else steps[step - 1].network
        assert value == pytest.approx(max(abs(np.linalg.eigvals(network.parameters["W_aa"]))))
    assert len(radius["steps"]) <= ROWS
    for key, network in (("before", core.make_network(EXPERIMENT)), ("after", steps[-1].network)):
        trace = core.run(EXPERIMENT, network=network)
        assert found[key]["rate"]["log2_per_step"] == core.state_rate(trace.lags).log2_per_step
        assert found[key]["metric"] == core.metrics(trace.tape).value


def test_the_same_seed_prints_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (record_of(["train", *BRIEF], capsys) for _ in range(2))
    assert first.pop("provenance").keys() == second.pop("provenance").keys()
    assert first == second
    assert record_of(["train", *BRIEF, "--seed", "1"], capsys)["loss"] != first["loss"]


def test_the_text_of_a_run_has_the_means_of_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", *SMALL, "--clip", "norm", "--clip-at", "0.01", "--seed", "0"]) == 0
    out, err = out_of(capsys)
    assert err == ""
    assert "Mean squared error, to beat: always 1 0.167" in out
    assert "60 updates by adam, rate 0.003, clipped by norm at 0.01" in out
    assert "after:  VANISHES" in out
    history = core.TrainingHistory(EXPERIMENT.replace(clip="norm", clip_at=0.01, seed=0))
    for step in core.train(history.experiment):
        history.add(step)
    rows = [line.split() for line in out.splitlines() if line.strip()[:1].isdigit()][1:]
    last, before = int(rows[-1][0]), int(rows[-2][0])
    assert last == 60
    assert float(rows[-1][2]) == pytest.approx(history.scalars("metric")[before:].mean(), rel=0.01)
    assert float(rows[-1][3]) == pytest.approx(2 ** history.scalars("log2_gradient")[-1], rel=0.01)
    assert all(row[4] == "0.01" for row in rows[1:])
    assert f"Update 60 alone: mean squared error {number(float(history.scalars('metric')[-1]))}." in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_truncated_training_tells_its_bias_before_and_after(capsys: pytest.CaptureFixture[str]) -> None:
    truncated = [*BRIEF, "--k2", "4"]
    found = record_of(["train", *truncated], capsys)
    cosines = [found[key]["truncated_cosine"] for key in ("before", "after")]
    assert all(-1 <= value <= 1 for value in cosines)
    assert cosines[0] == core.run(EXPERIMENT.replace(k2=4)).truncation.cosine["all"]  # type: ignore[union-attr]
    assert cli.main(["train", *truncated]) == 0
    out, _ = out_of(capsys)
    before, after = map(cosine, cosines)
    assert f"Cosine of the truncated gradient with the whole: {before} before, {after} after" in out
    assert max(map(len, out.splitlines())) <= 80
    assert record_of(["train", *BRIEF], capsys)["before"]["truncated_cosine"] is None


@pytest.mark.parametrize(
    ("cell", "task"),
    [
        # Every task with one cell, and every cell with one task of each kind: the others are made of the same parts.
        pytest.param(cell, task, marks=() if cell == "rnn" or task in ("adding", "text") else pytest.mark.slow)
        for cell in core.settings()["cell"].choices
        for task in core.settings()["task"].choices
    ],
)
def test_every_cell_is_trained_on_every_task(cell: str, task: str, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--timesteps", "8", "--hidden-size", "3", "--training-steps", "3"]
    assert cli.main(["train", "--task", task, "--cell", cell, *sizes]) == 0
    out, err = out_of(capsys)
    assert err == ""
    assert "to beat" in out


def test_a_run_that_explodes_says_where_and_its_record_has_no_infinities(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "--preset", "training-explodes"]) == 0
    out, _ = out_of(capsys)
    assert "Ended at update 2: " in out
    assert "the network after update 1 is kept" in " ".join(out.split())
    found = record_of(["train", "--preset", "training-explodes"], capsys)
    assert (found["steps"], found["loss"][1], found["log2_gradient"][1]) == (1, None, None)
    assert found["ended"].startswith("update 2: ")


@pytest.mark.parametrize("steps", [0, 1])
def test_few_steps_are_no_trouble(steps: int, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("train", "compare"):
        assert cli.main([command, *SMALL[:-1], str(steps)]) == 0
        assert "to beat" in out_of(capsys)[0]
    assert len(record_of(["train", *SMALL[:-1], str(steps)], capsys)["loss"]) == steps
    assert record_of(["compare", *SMALL[:-1], str(steps)], capsys)["remedies"][0]["steps"] == steps


def test_a_comparison_is_a_row_for_each_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(core.compare(EXPERIMENT.replace(training_steps=6)))
    found = record_of(["compare", *BRIEF], capsys)["remedies"]
    assert [row["name"] for row in found] == list(core.remedies())
    for row, expected in zip(found, rows, strict=True):
        assert row["experiment"] == expected.experiment.model_dump()
        assert row["metric"] == expected.metric
        assert row["after"]["rate"]["log2_per_step"] == pytest.approx(expected.after.rate.log2_per_step)
    assert cli.main(["compare", *BRIEF]) == 0
    out, _ = out_of(capsys)
    table = {line.split()[0]: line for line in out.splitlines() if line.split() and line.split()[0] in core.remedies()}
    assert list(table) == list(core.remedies())
    assert float(table["gru"].split()[1]) == pytest.approx(rows[list(table).index("gru")].metric, rel=0.01)


def test_a_comparison_over_seeds_says_where_they_lie_beside_this_network(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["compare", *SMALL[:-1], "5", "--remedies", "vanilla,gru"]
    assert record_of(small, capsys)["over_seeds"] is None
    found = record_of([*small, "--seeds", "3"], capsys)
    over = found["over_seeds"]
    assert over["seeds"] == [EXPERIMENT.seed + seed for seed in range(3)]
    short = EXPERIMENT.replace(training_steps=5)
    for one, row in zip(over["remedies"], found["remedies"], strict=True):
        alone = [next(iter(core.compare(with_seed(short, seed), only=[row["name"]]))) for seed in range(3)]
        metrics = [each.metric for each in alone]
        assert row["metric"] == metrics[0]
        assert one["metric"]["quantiles"] == pytest.approx(np.quantile(metrics, [0.05, 0.25, 0.5, 0.75, 0.95]))
        assert one["after"]["mean"] == pytest.approx(np.mean([each.after.rate.log2_per_step for each in alone]))
    assert (over["remedies"][0]["against_vanilla"], over["remedies"][1]["against_vanilla"]["count"]) == (None, 3)
    assert cli.main([*small, "--seeds", "3"]) == 0
    out, _ = out_of(capsys)
    assert "Over 3 seeds of weights and data" in out and "this one: the metric with seed 5" in out
    assert max(map(len, out.splitlines())) <= 80


def test_remedies_are_chosen_by_name_and_wrong_names_refused(capsys: pytest.CaptureFixture[str]) -> None:
    found = record_of(["compare", *BRIEF, "--remedies", "lstm, vanilla"], capsys)["remedies"]
    assert [row["name"] for row in found] == ["lstm", "vanilla"]
    assert cli.main(["compare", *BRIEF, "--remedies", "prayer"]) == 2
    out, err = out_of(capsys)
    assert out == ""
    assert err.startswith("rnn-tui: remedies: 'prayer' was given, allowed is vanilla, orthogonal")
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["train", "compare"])
def test_what_is_not_allowed_is_one_line_and_status_2(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in (
        (["--learning-rate", "-1"], "learning_rate: '-1' was given"),
        (["--task", "text", "--text-file", "/nowhere/at.all"], "is no file; give the path of a text file"),
        (["--csv", "a.csv"], "--csv is an option of report"),
    ):
        assert cli.main([command, *arguments]) == 2
        out, err = out_of(capsys)
        assert out == ""
        assert message in err
        assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["train", "compare"])
def test_an_interrupt_ends_a_run_with_what_there_is(command: str) -> None:
    text, status = in_terminal(
        *(command, "--training-steps", "100000", "--batch-size", "8"), ending=lambda seen: b"update " in seen
    )
    assert status == 130
    assert "Traceback" not in text
    assert "Interrupted" in text
    assert "to beat" in text


@pytest.mark.parametrize("kept", [0, 1])
def test_an_interrupt_of_the_profiles_loses_nothing_of_the_run(
    kept: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made, real = 0, core.training.profile.probe_profile

    def interrupted(*given: object, **more: object) -> object:
        nonlocal made
        if made == kept:
            raise KeyboardInterrupt
        made += 1
        return real(*given, **more)

    monkeypatch.setattr(core.training.profile, "probe_profile", interrupted)
    assert cli.main(["train", *SMALL]) == 130
    text = capsys.readouterr().out
    assert text.count("not worked out: interrupted") == 2 - kept
    assert "step" in text


@pytest.mark.slow
def test_the_adding_problem_is_learned_by_an_lstm_and_not_by_a_vanilla_network(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Always 1 scores 1/6: T = 50, 300 steps, the last fifty batches, and the lag profile shows why."""
    vanilla, lstm = (record_of(["train", "--preset", f"adding-{name}"], capsys) for name in ("vanilla", "lstm"))
    for found in (vanilla, lstm):
        assert found["experiment"]["timesteps"] == 50
        assert found["steps"] == 300
        assert math.isclose(found["baselines"][0]["value"], 1 / 6)
        assert found["before"]["rate"]["regime"] == "vanishing"
    assert np.mean(vanilla["metric"][-50:]) > 0.95 / 6
    assert vanilla["after"]["rate"]["factor_per_step"] < 0.7
    assert np.mean(lstm["metric"][-50:]) < 0.1 / 6
    assert lstm["after"]["rate"]["factor_per_step"] > 0.95


def test_a_comparison_that_was_interrupted_names_the_seeds_that_it_came_to() -> None:
    scores = [Score("vanilla", seed, 1.0, None, None, -1.0, -1.0, 9.0, 9.0, 10, 0, None) for seed in range(2)]
    section = remedies_over_seeds(EXPERIMENT, scores)  # of however many that were asked for
    assert section.record["over_seeds"]["seeds"] == [EXPERIMENT.seed, EXPERIMENT.seed + 1]
    assert f"that of seeds {EXPERIMENT.seed} … {EXPERIMENT.seed + 1}, of which" in section.blocks[1].texts[0]
    (told,) = remedies_over_seeds(EXPERIMENT, scores[:1]).blocks[1].texts
    assert told.startswith(f"this one: the metric with seed {EXPERIMENT.seed}; after:"), "no others are beside it"
