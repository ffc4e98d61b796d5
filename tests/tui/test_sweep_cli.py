"""`rnn-tui sweep` and `rnn-tui critical` print what core finds, end with what there is, and refuse in one line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cli import out_of

import core
from core.study import evaluate, work
from tui import cli
from tui.cli import terminal
from tui.report.document import Diagram, Figure
from tui.report.numbers import factor_with_error, with_error
from tui.report.study_document import study_document
from tui.report.words.study import crossings_of, subject
from tui.report.words.time_left import duration

SMALL = ("--timesteps", "12", "--hidden-size", "3,4")
GRID = core.grid(core.Experiment(timesteps=12), hidden_size="3,4", gain="0.5:2:4", seeds=2)
ARGUMENTS = ["sweep", *SMALL, "--gain", "0.5:2:4", "--seeds", "2"]


def test_it_prints_a_row_for_every_combination(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(ARGUMENTS) == 0
    out, err = out_of(capsys)
    assert err == ""
    study = core.sweep(GRID)
    assert subject(study.grid) in " ".join(out.split())
    rows = [line for line in out.splitlines() if " … ×" in line and "per step" not in line]
    assert len(rows) == 8
    for point, rate, row in zip(study.points, study.over_seeds(), rows, strict=True):
        assert row.split()[:2] == [str(point.values["hidden_size"]), f"{point.values['gain']:g}"]
        assert factor_with_error(rate.mean, rate.standard_error) in row
    assert max(map(len, out.splitlines())) <= 80


def test_its_json_is_the_study(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*ARGUMENTS, "--json"]) == 0
    out, err = out_of(capsys)
    assert err == ""
    record, wanted = json.loads(out), json.loads(json.dumps(core.sweep(GRID).record()))
    assert record.pop("provenance")["program"].startswith("rnn-tui")
    assert record.pop("interrupted") is False
    for network in (*record["networks"], *wanted["networks"]):
        del network["seconds"]
    assert record == wanted


def test_its_files_have_every_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, arrays = tmp_path / "a.csv", tmp_path / "a.npz"
    assert cli.main([*ARGUMENTS, "--csv", str(table), "--npz", str(arrays)]) == 0
    out_of(capsys)
    study = core.sweep(GRID)
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    assert [float(row["rate_state"]) for row in rows] == study.values("rate").ravel().tolist()
    assert {row["made_by"] for row in rows} != {""}
    with np.load(arrays) as found:
        assert np.array_equal(found["rate_state"], study.values("rate"))
        assert json.loads(str(found["experiment"])) == GRID.experiment.model_dump()
        assert json.loads(str(found["provenance"]))["numpy"] == np.__version__
    assert cli.main([*ARGUMENTS, "--csv", str(table)]) == 2
    assert "exists already" in out_of(capsys)[1]


def test_an_interruption_keeps_what_there_is_and_the_store_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "AT_ONCE", 1e-9)
    real, store = work.summaries, str(tmp_path / "s.sqlite")
    calls = 0

    def interrupted(*given: Any) -> list[core.Summary]:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(work, "summaries", interrupted)
    assert cli.main([*ARGUMENTS, "--store", store]) == 130
    out, err = out_of(capsys)
    (done,) = [int(line.split()[2]) for line in out.splitlines() if line.startswith("Interrupted after")]
    assert 0 < done < 16
    assert err == f"rnn-tui: interrupted after {done} of 16 networks; the same command goes on from there\n"
    before = calls
    assert cli.main([*ARGUMENTS, "--store", store, "--json"]) == 0
    assert json.loads(out_of(capsys)[0])["complete"]
    assert calls - before == 16 - done
    calls = 5
    assert cli.main(ARGUMENTS) == 130
    assert "with --store FILE the same command would go on" in out_of(capsys)[1]


def test_failures_are_told_and_are_no_reason_to_lose_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    text = ["sweep", "--timesteps", "9", "--hidden-size", "2", "--task", "noise,table", "--data", "nowhere.csv"]
    assert cli.main(text) == 0
    out, _ = out_of(capsys)
    assert "1 network failed:" in out and "task table: " in out and "nowhere.csv" in out
    assert "1 combination has no rate of any." in out
    assert cli.main([*text[:-4], "--task", "table", "--data", "nowhere.csv", "--seeds", "2"]) in (1, 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--gain", "1:2"], "gain: '1:2' is no range"),
        (["--gain", "1:2:random"], "draws says how often"),
        (["--seeds", "0"], "seeds: '0' was given, allowed is a whole number from 1"),
        (["--vary", "all"], "vary: 'all' was given, allowed is both, weights, data"),
        (["--seed", "1,2", "--seeds", "2"], "seed has values of its own"),
        (["--store", ""], "--store: no file was named"),
        (["--store", "/nowhere/at/all"], "choose another file for the results"),
        (["--workers", "x"], "workers: 'x' was given"),
        (["--json", "--csv", "-"], "both go to standard output"),
        (["--cell", "rnn,gnu"], "allowed is rnn"),
    ],
)
def test_what_is_not_allowed_is_refused_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["sweep", "--timesteps", "5", *arguments]) == 2
    out, err = out_of(capsys)
    assert out == "" and said in err and err.count("\n") == 1


def test_flags_without_effect_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sweep", "--timesteps", "5", "--learning-rate", "0.1,0.2", "--leak", "0.5", "--cell", "gru"]) == 0
    err = out_of(capsys)[1]
    assert "--learning-rate has no effect on sweep without --trained" in err
    assert "--leak has no effect with --cell gru" in err
    assert cli.main(["sweep", "--timesteps", "5", "--leak", "0.5", "--cell", "gru,rnn"]) == 0
    assert out_of(capsys)[1] == ""


def test_it_trains_where_it_is_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sweep", "--timesteps", "6", "--training-steps", "2", "--trained", "--seeds", "2", "--json"]) == 0
    record = json.loads(out_of(capsys)[0])
    assert [one["summary"]["training_step"] for one in record["networks"]] == [2, 2] and record["trained"]


def figures(grid: core.Grid) -> list[str]:
    blocks = study_document(core.sweep(grid)).blocks
    return [type(block).__name__ for block in blocks if isinstance(block, Figure | Diagram)]


def test_what_is_drawn_depends_on_the_axes() -> None:
    base = core.Experiment(timesteps=6, hidden_size=2)
    assert figures(core.grid(base, seeds=2)) == []
    assert figures(core.grid(base, gain="1:2:3")) == ["Figure"]
    assert figures(core.grid(base, gain="1:2:5", cell="rnn,gru")) == ["Figure"]
    assert figures(core.grid(base, gain="1:2:5", bias="0:1:3")) == ["Figure", "Diagram"]
    assert figures(core.grid(base, gain="1:2:6", bias="0:1:5")) == ["Diagram"]
    assert figures(core.grid(base, cell="rnn,gru")) == []
    assert figures(core.grid(base, gain="1:2:random", draws=3)) == []


def test_the_headline_says_where_gradients_neither_vanish_nor_explode() -> None:
    base = core.Experiment(activation="identity", initializer="orthogonal", timesteps=30)
    study = core.sweep(core.grid(base, gain="0.5:2:4", seeds=2))
    assert study_document(study).headline == "×1 per step at gain 1"
    study = core.sweep(core.grid(base, gain="0.5:0.9:4", seeds=2))
    assert study_document(study).headline == "vanishes everywhere: ×0.5 … ×0.9 per step"
    (rate,) = core.ensemble(base, 3).over_seeds()
    assert study_document(core.ensemble(base, 3)).headline.startswith(factor_with_error(rate.mean, rate.standard_error))


def test_a_crossing_has_the_error_of_the_mean_over_its_slope() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0])
    (up, down) = crossings_of(x, np.array([-1.0, 1.0, 3.0, -3.0]), np.full(4, 0.1), logarithmic=False)
    assert (up.value, up.upward, down.value, down.upward) == (1.5, True, 6.0, False)
    assert (up.error, down.error) == pytest.approx((0.05, 0.1 * 4 / 6))
    (log, _) = crossings_of(x, np.array([-1.0, 1.0, 3.0, -3.0]), np.full(4, 0.1), logarithmic=True)
    assert log.value == pytest.approx(2**0.5)
    assert crossings_of(x, np.full(4, np.nan), np.full(4, 0.1), logarithmic=False) == ()


def test_the_bar_tells_how_much_is_left() -> None:
    assert terminal.bar("lags", 310, 930, 0, 100.0) == "lags ████████                 310 of 930, 3 min 20 s left"
    assert terminal.bar("networks", 310, 930, 310, 100.0).endswith("310 of 930"), "nothing is known of the time yet"
    assert terminal.bar("x", 0, 0, 0, 1.0).endswith("0 of 0")
    assert terminal.bar("x", 23, 930, 0, 1.0).startswith("x ▌ "), "four eighths of the first of 24 cells"
    assert [duration(s) for s in (0.2, 59, 61, 7300)] == ["1 s", "59 s", "1 min 1 s", "2 h 1 min"]


def test_the_critical_value_is_printed_with_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["critical", "--timesteps", "20", "--hidden-size", "4", "--seeds", "3", "--lowest", "0.3", "--highest", "9"]
    rest = ["--task", "noise", "--input-gain", "0"]
    found = core.critical(
        core.Experiment(timesteps=20, hidden_size=4, task="noise", input_gain=0), seeds=3, low=0.3, high=9
    )
    assert cli.main([*flags, *rest]) == 0
    out, err = out_of(capsys)
    assert err == ""
    assert f"×1 per step at gain {with_error(found.value, found.standard_error)}, the mean over 3 seeds" in out
    assert cli.main([*flags, *rest, "--json"]) == 0
    record = json.loads(out_of(capsys)[0])
    assert record["values"] == list(found.values) and record["value"] == found.value


def test_critical_says_where_there_is_none_and_refuses_what_cannot_be(capsys: pytest.CaptureFixture[str]) -> None:
    still = [
        "critical",
        "--timesteps",
        "9",
        "--hidden-size",
        "2",
        "--seeds",
        "2",
        "--task",
        "noise",
        "--input-gain",
        "0",
    ]
    assert cli.main([*still, "--highest", "0.2"]) == 1
    out, _ = out_of(capsys)
    assert "no seed has a gain between 0.1 and 0.2" in out and "Of 2 seeds the gradient vanishes everywhere" in out
    for arguments, said in (
        (["--of", "cell"], "allowed is a setting that is a number"),
        (["--horizon", "50"], "give more timesteps"),
        (["--lowest", "x"], "lowest: 'x' was given, allowed is a number"),
    ):
        assert cli.main([*still, *arguments]) == 2
        assert said in out_of(capsys)[1]
    assert cli.main([*still, "--gain", "3", "--highest", "0.2"]) == 1
    assert "--gain has no effect: critical looks for it" in out_of(capsys)[1]


def test_a_cluster_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sweep", "--timesteps", "5", "--cluster", "nonsense"]) == 2
    err = out_of(capsys)[1]
    assert "Dask is not installed; pip install 'rnn-tui[dask]'" in err or "nonsense: no Dask scheduler" in err
