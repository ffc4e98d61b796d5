"""What truncation throws away: on the chart, above it, in its table, in the report and in the exports."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, explorer, text_of
from textual.widgets import Static
from writing import record, report, written

import core
from core import Experiment, Trace, run
from core.bptt.truncation import ALL
from tui.explorer.panels.lags import LagsTable
from tui.explorer.widgets.lags_chart import LagsChart
from tui.report.charts.lags import lags_chart, truncation_marks
from tui.report.charts.terminal import draw_plain
from tui.report.formats.csv import COLUMNS
from tui.report.numbers import cosine, share
from tui.report.words.truncation import fitting, kept, lost_by_group, one_line

TRUNCATED = Experiment(timesteps=30, hidden_size=4, k1=5, k2=10)
SETTINGS: list[dict[str, object]] = [
    {},
    {"k1": 0},
    {"k1": 1, "k2": 1},
    {"k2": 500},
    {"scored": "last"},
    {"timesteps": 1},
    {"gain": 0.0},
    {"gain": 1e6, "input_gain": 1e-3, "initial_state": 1.0},
    {"gain": 1e-6, "timesteps": 300},
    {"activation": "relu", "bias": -5.0},
    {"activation": "relu", "gain": 50.0, "timesteps": 400},
    {"input_gain": 0.0},
    {"cell": "gru"},
    {"cell": "lstm", "task": "adding", "batch_size": 3},
    {"cell": "deep"},
]


@pytest.fixture(scope="module", params=SETTINGS, ids=str)
def trace(request: pytest.FixtureRequest) -> Trace:
    return run(TRUNCATED.replace(**request.param))


def test_no_word_of_it_is_a_number_that_is_none(trace: Trace) -> None:
    said = "\n".join([report(trace), *one_line(trace), *draw_plain(lags_chart(trace), 80, 20).lines])
    assert not {"nan", "inf"}.intersection(re.findall(r"[\w.]+", said.lower()))
    told = record(trace)["truncation"]
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert (told is None) == (trace.truncation is None) == (trace.experiment.cell == "deep")


def test_the_words_give_way_to_shorter_ones_and_never_are_cut(trace: Trace) -> None:
    forms = one_line(trace)
    assert [len(form) for form in forms] == sorted((len(form) for form in forms), reverse=True)
    for width in (20, 46, 76, 140):
        assert len(fitting(forms, width, 1)) <= width
    assert fitting(forms, 0, 1) == ""


def test_the_report_has_each_parameter_and_which_lags_are_kept() -> None:
    trace = run(TRUNCATED)
    found = trace.truncation
    assert found is not None
    text = report(trace, width=100)
    assert "Lags 0 … 5 are kept by all losses, lags 6 … 9 by some, from lag 10 on by none." in " ".join(text.split())
    for name in (*trace.gradients, ALL):
        (row,) = [
            line.split() for line in text.splitlines() if line.startswith(f"{name}  ") and "×" in line and "%" in line
        ]
        assert row[1:4] == [*share(found.log2_lost_share[name]).split(), cosine(found.cosine[name])]
    assert "Truncated" not in report(run(TRUNCATED.replace(k2=0)))


def test_the_record_has_the_numbers() -> None:
    trace = run(TRUNCATED)
    told, found = record(trace)["truncation"], trace.truncation
    assert found is not None
    assert (told["k1"], told["k2"], told["first_cut"], told["all_cut"]) == (5, 10, 6, 10)
    assert told["share_cut"] == list(found.share_cut)
    for name, entry in (*told["parameters"].items(), (ALL, told[ALL])):
        assert entry["cosine"] == found.cosine[name]
        assert entry["length"]["log2"] == found.log2_ratio[name]
        assert entry["lost_share"]["exactly_zero"] == (found.log2_lost_share[name] == -math.inf)
        lost = [
            -math.inf if zero else v
            for v, zero in zip(entry["lost"]["log2"], entry["lost"]["exactly_zero"], strict=True)
        ]
        assert np.array_equal(lost, found.log2_lost[name])
    assert set(told["parameters"]) == set(trace.gradients)


def test_which_lags_are_kept_is_said_for_every_k1_and_k2() -> None:
    for steps in (1, 2, 7):
        for k1 in range(steps + 2):
            for k2 in range(1, steps + 2):
                found = run(TRUNCATED.replace(timesteps=steps, k1=k1, k2=k2)).truncation
                assert found is not None
                said = kept(found)
                assert ("keeps all" in said) == (found.first_cut is None)
                assert ("by none" in said or "No loss keeps any" in said) == (found.all_cut is not None)
                assert len(truncation_marks(found)) == len({found.first_cut, found.all_cut} - {None})


def test_the_files_have_it_where_there_is_something(tmp_path: Path) -> None:
    trace, plain = run(TRUNCATED), run(TRUNCATED.replace(k2=0))
    found = trace.truncation
    assert found is not None
    rows = list(csv.reader(written("csv", trace, tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert tuple(rows[0]) == COLUMNS
    at = {(row[0], int(row[1])): dict(zip(COLUMNS, row, strict=True)) for row in rows[1:]}
    assert float(at["W_aa", 12]["lost_log2"]) == found.log2_lost["W_aa"][12]
    assert float(at["W_aa", 7]["share_cut"]) == found.share_cut[7]
    assert at["W_y", 0]["lost_exactly_zero"] == "true"
    for row in list(csv.reader(written("csv", plain, tmp_path / "b.csv").read_text(encoding="utf-8").splitlines()))[1:]:
        cells = dict(zip(COLUMNS, row, strict=True))
        assert {cells[name] for name in ("share_cut", "lost_log2", "lost_log10", "lost_exactly_zero")} == {""}
    arrays = np.load(written("npz", trace, tmp_path / "a.npz"))
    assert np.array_equal(arrays["share_cut"], found.share_cut)
    assert np.array_equal(arrays["log2_lost_W_ax"], found.log2_lost["W_ax"])
    assert arrays["log2_truncated_gradient_b_a"] == found.gradients.log2_norm("b_a")
    assert not any("cut" in key or "lost" in key for key in np.load(written("npz", plain, tmp_path / "b.npz")).files)


def test_a_share_and_a_cosine_read_as_such() -> None:
    assert [share(math.log2(x)) for x in (0.6612, 1.0, 1.3, 0.0034, 2e-7)] == [
        "66 %",
        "100 %",
        "130 %",
        "0.34 %",
        "2e−5 %",
    ]
    assert (share(-math.inf), share(math.nan), share(-3000.0)) == ("0 %", "–", "8.1e−902 %")
    assert [cosine(x) for x in (0.9312, 1.0, -0.25, 0.0, -1e-9, 0.99973, math.nan)] == [
        "0.931",
        "1",
        "−0.25",
        "0",
        "0",
        "0.9997",
        "–",
    ]


# In the explorer


@pytest.mark.parametrize(
    "size", [NARROW, *(pytest.param(size, marks=pytest.mark.slow) for size in (WIDE, MEDIUM))], ids=str
)
def test_the_lags_that_are_lost_are_marked_and_what_that_costs_is_said(size: tuple[int, int]) -> None:
    @explorer(core.preset("truncated"), size=size)
    async def look(drive: Drive) -> None:
        await drive.until(lambda: "thrown away" in text_of(drive.one(LagsChart)))
        assert "some thrown away" not in text_of(drive.one(LagsChart)), "of one loss a lag is lost or kept"
        line = drive.one(Static, "#truncation")
        told = " ".join(text_of(line).split())
        assert re.search(r"L_100 loses its lags from 20 on; all losses: (thrown away: )?66 %", told), told
        await drive.press("f")
        await drive.until(lambda: "some thrown away" in text_of(drive.one(LagsChart)))
        chart = text_of(drive.one(LagsChart))
        assert "some thrown away →" in chart
        assert "all thrown away →" in chart
        said = " ".join(text_of(line).split())
        assert said in one_line(drive.trace)
        assert "66 %" in said
        assert "0.931" in said
        assert "Lags 0 … 10 are kept by all losses" in str(line.tooltip)
        await drive.enter("k2", 0)
        await drive.settled()
        await drive.until(lambda: "thrown away" not in text_of(drive.one(LagsChart)))
        assert not line.display

    look()


@explorer(TRUNCATED, size=WIDE)
async def test_the_table_has_the_share_of_the_losses_and_the_size_that_is_lost(drive: Drive) -> None:
    await drive.press("v")
    await drive.until(lambda: "lost by L_30" in drive.one(LagsTable).columns)
    assert [drive.one(LagsTable).get_row_at(k)[1] for k in (9, 10, 29)] == ["", "lost", "lost"]
    await drive.press("f")
    await drive.until(lambda: len(drive.one(LagsTable).columns) == 10)
    found = drive.trace.truncation
    assert found is not None
    assert drive.one(LagsTable).get_row_at(0)[1:3] == ["0 %", "0"]
    assert drive.one(LagsTable).get_row_at(15)[1] == "100 %"
    assert drive.one(LagsTable).get_row_at(7)[1] == share(math.log2(found.share_cut[7]))
    await drive.enter("k2", 0)
    await drive.until(lambda: len(drive.one(LagsTable).columns) == 8)


def test_a_group_of_gates_is_told_as_one() -> None:
    trace = run(TRUNCATED.replace(cell="lstm"))
    assert list(lost_by_group(trace)) == [name for name, group in trace.parameter_groups().items() if group.recurrent]
    assert lost_by_group(run(TRUNCATED.replace(k2=0))) == {}
