"""The report says what the trace holds: the text at every width, the record to the last bit, neither with NaN."""

import json
import math
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from writing import record, report

import core
from core import Experiment, Trace
from core.settings.provenance import with_provenance
from tui.report.charts.lags import FEW, few_from, lags_chart
from tui.report.charts.terminal import draw_plain
from tui.report.curves import INPUT, log2_curve, losses_told
from tui.report.document import Document
from tui.report.formats.text import document_lines
from tui.report.lag_report import chosen_lags
from tui.report.numbers import factor, magnitude
from tui.report.palette import SERIES, dark_palette
from tui.report.styled_lines import plain_text
from tui.report.trace_document import About, trace_document
from tui.report.words.sentences import sentences
from tui.report.words.subject import describe_setup
from tui.report.words.title import title

RECURRENT = ("W_aa", "W_ax", "b_a")
NAMES = (*RECURRENT, *("W_y", "b_y"))
EDGES: dict[str, dict[str, Any]] = {
    "default": {},
    "one step": {"timesteps": 1},
    "two steps": {"timesteps": 2},
    "nothing back": {"gain": 0.0},
    "no input": {"input_gain": 0.0},
    "dead units": {"activation": "relu", "bias": -5.0},
    "overflow": {"activation": "relu", "gain": 50.0, "hidden_size": 8, "timesteps": 260},
    "overflow before the loss": {
        "activation": "relu",
        "gain": 50.0,
        "hidden_size": 8,
        "timesteps": 260,
        "scored": "last",
    },
    "far below float64": {"bias": 30.0},
    "exploding": {"gain": 3.0, "hidden_size": 24},
    "a batch in classes": {"readout": "softmax", "batch_size": 4, "scored": "last"},
}


@pytest.fixture(params=EDGES, scope="module")
def trace(request: pytest.FixtureRequest) -> Trace:
    return core.run(Experiment(**EDGES[request.param]))


@pytest.fixture(scope="module")
def document(trace: Trace) -> Document:
    return trace_document(trace, about=About("A title", "Look. " * 40))


@pytest.fixture(scope="module")
def default() -> Trace:
    return core.run(Experiment())


# Text


@pytest.mark.parametrize(
    "width", [40, 80, 130, *(pytest.param(width, marks=pytest.mark.slow) for width in (58, 59, 129, 160, 240))]
)
def test_no_line_is_wider_than_the_terminal(document: Document, width: int) -> None:
    read = replace(document, setup="")  # a command is to be copied, and stands on one line in any case
    for palette in (None, dark_palette()):
        lines = document_lines(read, width=width, palette=palette)
        assert max(map(Segment.get_line_length, lines)) <= width


def test_a_width_too_small_for_anything_is_taken_for_the_smallest(default: Trace) -> None:
    assert report(default, width=3) == report(default, width=40)


def test_text_begins_with_the_network_and_the_headline_and_tells_every_sentence(trace: Trace) -> None:
    text = report(trace, width=160)
    lines = text.splitlines()
    assert lines[0] == describe_setup(trace)
    assert title(trace)[0] in " ".join(lines[1:4])
    flat = " ".join(text.split())
    for sentence in sentences(trace):
        assert sentence in flat


def test_a_named_experiment_is_introduced_by_its_title(default: Trace) -> None:
    text = report(default, about=About("Sunspots", "Three lines side by side."))
    assert text.startswith("Sunspots\nvanilla RNN")
    assert "Look for: Three lines side by side." in text


def test_plain_text_has_no_escape_sequence_and_never_nan(trace: Trace) -> None:
    text = report(trace, width=160)
    assert "\x1b" not in text
    assert not re.search(r"\b(nan|inf)\b|None(?! of)", text)
    assert text.endswith("\n")
    assert all(line == line.rstrip() for line in text.splitlines())


def test_color_changes_no_word_and_marks_each_series(default: Trace) -> None:
    palette = dark_palette()
    lines = document_lines(trace_document(default), palette=palette)
    assert plain_text(lines).split("lag 0")[0] == report(default).split("lag 0")[0]
    colors = {one.style.color.triplet for line in lines for one in line if one.style and one.style.color}
    assert {palette.readable(SERIES[name].color) for name in NAMES} <= colors


def test_no_line_ends_between_a_number_and_its_unit(default: Trace) -> None:
    for width in range(40, 100):
        lines = report(default, width=width).splitlines()
        assert not any(
            re.search(r"(\d\s*|\blag)$", line) and follows.lstrip().startswith("%") for line, follows in pairwise(lines)
        )


def test_the_table_shows_the_typical_curves_at_the_chosen_lags(trace: Trace) -> None:
    table = report(trace, width=80).split("∂L_t/∂x⟨t−k⟩\n")[1].split("───")[0]
    rows = {cells[0]: cells[1:] for cells in (line.removeprefix("lag").split() for line in table.splitlines())}
    for lag in chosen_lags(len(trace.lags.scored) - 1):
        names = (*(NAMES if lag == 0 else RECURRENT), INPUT)
        sizes = [float(log2_curve(trace.lags, name, "typical")[lag]) for name in names]
        assert rows[str(lag)] == [magnitude(size, padded=True) for size in sizes]


def test_the_table_shows_the_rates(default: Trace) -> None:
    rows = {line.split("  ")[0]: line for line in report(default).splitlines()}
    rates = [*(default.lags.rate(name) for name in RECURRENT), default.lags.input_rate]
    assert rows["per step"].split()[2:] == [factor(rate.log2_per_step) for rate in rates]
    assert rows["horizon"].split()[1:] == [str(rate.horizon) for rate in rates]
    assert [float(cell) for cell in rows["half-life"].split()[1:]] == pytest.approx(
        [rate.half_life for rate in rates], rel=5e-3
    )
    assert "doubling" not in rows


def test_the_readout_gives_way_on_a_narrow_terminal(default: Trace) -> None:
    assert "W_y\n" not in report(default, width=58)
    assert "○ W_y" in report(default, width=60)


def test_the_chart_stands_beside_the_table_where_there_is_room(default: Trace) -> None:
    def row_of_lag_0(width: int) -> str:
        return next(line for line in report(default, width=width).splitlines() if line.startswith("lag 0"))

    assert "│" not in row_of_lag_0(129)
    assert "│" in row_of_lag_0(130)


def test_exact_zeros_on_the_chart_are_explained() -> None:
    text = report(core.run(Experiment()))
    assert "0: exactly zero, W_aa at lag 49, where it reads a⟨0⟩ = 0" in text
    text = report(core.run(Experiment(gain=0.0)))
    assert "0: exactly zero, W_aa, W_ax, b_a from lag 1 on" in text
    assert "exactly zero" not in report(core.run(Experiment(initial_state=1.0)))


@settings(deadline=None, derandomize=True)
@given(st.integers(0, 5000))
def test_chosen_lags_rise_from_0_to_the_last_in_steps_of_1_2_5(last: int) -> None:
    lags = chosen_lags(last)
    assert lags[0] == 0
    assert lags[-1] == last
    assert list(lags) == sorted(set(lags))
    assert all(str(lag).rstrip("0") in ("1", "2", "5") for lag in lags[1:-1])
    assert len(lags) <= 3 * len(str(last)) + 2


# The chart


def test_the_chart_holds_the_curves_in_decades_and_the_readout_as_one_point(default: Trace) -> None:
    assert tuple(one.name for one in lags_chart(default).series) == NAMES
    chart = lags_chart(default, hidden=())
    series = {one.name: one for one in chart.series}
    assert tuple(series) == (*NAMES, INPUT), "that of the input, which no parameter is, where it is asked for"
    for name in (*RECURRENT, INPUT):
        typical = log2_curve(default.lags, name, "typical")
        np.testing.assert_allclose(10.0 ** np.asarray(series[name].y), 2.0**typical, rtol=1e-12)
        assert series[name].style == "line"
    for name in ("W_y", "b_y"):
        assert len(np.asarray(series[name].x)) == 1
        assert series[name].style == "points"


def test_the_chart_can_show_the_summed_curves(default: Trace) -> None:
    chart = lags_chart(default, curve="summed")
    expected = default.lags.log2_summed["W_aa"] * math.log10(2)
    np.testing.assert_allclose(np.asarray(chart.series[0].y), expected)
    assert log2_curve(default.lags, "b_a", "summed") is default.lags.log2_summed["b_a"]


def test_the_scale_holds_every_finite_point_that_enough_losses_reach_and_at_least_a_decade(trace: Trace) -> None:
    chart = lags_chart(trace)
    low, high = chart.y_limits
    assert high - low >= 1 - 1e-12
    for one in chart.series:
        x, y = np.asarray(one.x), np.asarray(one.y)
        finite = y[np.isfinite(y) & (x < one.faint_from)]
        assert np.all((finite >= low) & (finite <= high))
        assert np.all(x <= chart.x_limits[1])
    drawn = draw_plain(chart, 80, 20)
    assert all(not (one.beside or one.undefined) for one in drawn.clipped)


def test_hidden_series_are_left_out_and_do_not_set_the_scale(default: Trace) -> None:
    chart = lags_chart(default, hidden={"W_aa", "W_y", "b_y", INPUT})
    assert [one.name for one in chart.series] == ["W_ax", "b_a"]
    highest = max(default.lags.typical(name).max() for name in ("W_ax", "b_a"))
    assert chart.y_limits[1] == pytest.approx(highest * math.log10(2))
    assert lags_chart(default, hidden={*NAMES, INPUT}).series == []


def test_the_lag_of_the_cursor_is_marked(default: Trace) -> None:
    mark = lags_chart(default, lag=12).marks[-1]
    assert (mark.axis, mark.at, mark.label) == ("x", 12.0, "k = 12")
    assert len(lags_chart(default).marks) == len(lags_chart(default, lag=12).marks) - 1


def test_the_lags_that_few_losses_reach_are_marked_off(default: Trace) -> None:
    (mark,) = lags_chart(default).marks
    lags = range(len(default.lags.scored))
    reaching = [sum(1 for t in np.flatnonzero(default.lags.scored) + 1 if t > k) for k in lags]
    assert default.lags.losses.tolist() == reaching
    assert mark.at == next(k for k in lags if reaching[k] < FEW)
    assert str(FEW) in mark.label


@pytest.mark.parametrize("changes", [{"scored": "last"}, {"timesteps": FEW - 1}])
def test_where_all_losses_are_few_no_lag_is_marked_off(changes: dict[str, Any]) -> None:
    assert not lags_chart(core.run(core.Experiment(**changes))).marks


def test_a_pinned_trace_stands_dimmed_behind_and_shares_the_scale(default: Trace) -> None:
    pinned = core.run(Experiment(gain=0.3, timesteps=80))
    chart = lags_chart(default, pinned=pinned, hidden=())
    behind = [one for one in chart.series if one.dim]
    assert [one.name for one in behind] == [f"{name}, pinned" for name in (*NAMES, INPUT)]
    assert list(chart.series[:6]) == behind
    assert chart.x_limits == (0.0, 79.0)
    lowest = min(np.asarray(one.y)[: few_from(pinned.lags)].min() for one in behind if np.size(one.x) > 1)
    assert chart.y_limits[0] == pytest.approx(lowest, rel=0.3)
    assert chart.y_limits[0] < lowest


# The record


def strict(value: object) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


def keys(value: Any) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


def test_the_record_is_plain_json_and_comes_back_as_it_was(trace: Trace) -> None:
    assert strict(record(trace)) == record(trace)


def test_every_key_of_the_record_is_documented(default: Trace, request: pytest.FixtureRequest) -> None:
    documented = (request.config.rootpath / "docs" / "report-json.md").read_text(encoding="utf-8")
    found = with_provenance(record(default))
    one = found["parameters"]["W_aa"]
    for key in {*found, *one, *one["rate"], *one["gradient"], *one["typical"]}:
        assert f"`{key}`" in documented, key


def test_the_record_holds_the_curves_and_flags_exact_zeros(trace: Trace) -> None:
    for name, one in record(trace)["parameters"].items():
        for key, curve in (("typical", trace.lags.typical(name)), ("summed", trace.lags.log2_summed[name])):
            got = one[key]
            assert got["exactly_zero"] == np.isneginf(curve).tolist()
            assert [-math.inf if value is None else value for value in got["log2"]] == curve.tolist()
            assert [value is None for value in got["log10"]] == got["exactly_zero"]
            for log2, log10 in zip(got["log2"], got["log10"], strict=True):
                assert log2 is None or log10 == pytest.approx(log2 * math.log10(2))


def test_the_record_holds_the_rates(trace: Trace) -> None:
    found = record(trace)
    for name in RECURRENT:
        rate, got = trace.lags.rate(name), found["parameters"][name]["rate"]
        assert got["regime"] == rate.regime
        assert got["horizon"] == rate.horizon
        assert got["lags"] == rate.lags
        assert (got["log2_per_step"] is None) == (not math.isfinite(rate.log2_per_step))
        if got["log2_per_step"] is not None:
            assert got["log2_per_step"] == rate.log2_per_step
            assert got["factor_per_step"] == pytest.approx(2**rate.log2_per_step)
        assert got["half_life"] is None or got["doubling_time"] is None
    assert found["regime"] == found["parameters"][found["regime_of"]]["rate"]["regime"]
    assert all(found["parameters"][name]["rate"] is None for name in ("W_y", "b_y"))


@pytest.mark.parametrize("gain", [1e6, 1e-4])
def test_a_factor_beyond_a_double_is_marked_and_its_logarithm_told(gain: float) -> None:
    trace = core.run(Experiment(cell="lstm", gain=gain, timesteps=12, hidden_size=4))
    rates = {name: trace.lags.rate(name) for name in trace.network.cell.uses()}
    found = strict(record(trace))["parameters"]
    beyond = {name for name, rate in rates.items() if math.isfinite(slope := rate.log2_per_step) and abs(slope) > 1080}
    assert bool(beyond) == (gain > 1)
    for name, rate in rates.items():
        got = found[name]["rate"]
        assert got["factor_beyond_double"] == (name in beyond)
        assert (got["factor_per_step"] is None) == (name in beyond or math.isnan(rate.log2_per_step))
        if math.isfinite(rate.log2_per_step):
            assert got["log10_per_step"] == pytest.approx(rate.log2_per_step * math.log10(2.0))
    errors = next(line for line in report(trace, width=300).splitlines() if line.lstrip().startswith("std. error"))
    assert re.search(r"± 0(?![.0-9])", errors) is None


def test_the_record_holds_the_gradient_and_the_run(trace: Trace) -> None:
    found = record(trace)
    for name in NAMES:
        got = found["parameters"][name]["gradient"]
        norm = float(trace.gradients.scaled[name].log2_norm())
        assert got["exactly_zero"] == (norm == -math.inf)
        assert got["log2"] == (None if got["exactly_zero"] else norm)
        assert found["parameters"][name]["shape"] == list(trace.network.parameters[name].shape)
    assert found["overflow_step"] == trace.tape.overflow_step
    assert found["steps"] == len(found["scored"]) == len(trace.tape.losses)
    assert found["loss"] == trace.tape.loss
    assert Experiment(**found["experiment"]) == trace.experiment
    assert found["headline"] == title(trace)[0]


def test_a_loss_whose_sum_overflows_is_null() -> None:
    trace = core.run(Experiment(activation="identity", gain=3.0, timesteps=2000))
    object.__setattr__(trace.tape, "losses", np.full_like(trace.tape.losses, 1e308))
    with np.errstate(over="ignore"):
        assert strict(record(trace))["loss"] is None


def test_the_default_slopes_agree_within_their_standard_errors(default: Trace) -> None:
    found = record(default)
    rates = [found["parameters"][name]["rate"] for name in RECURRENT]
    for one in rates:
        for other in rates:
            error = one["log2_standard_error"] + other["log2_standard_error"]
            assert abs(one["log2_per_step"] - other["log2_per_step"]) <= error
    for name in ("W_y", "b_y"):
        assert found["parameters"][name]["typical"]["exactly_zero"] == [False] + [True] * 49
    assert found["residual"] < 1e-12


def test_the_record_says_over_how_many_losses_each_mean_is(default: Trace) -> None:
    found = record(default)["parameters"]
    assert found["W_aa"]["typical"]["losses"] == list(range(49, -1, -1))
    assert found["W_ax"]["typical"]["losses"] == list(range(50, 0, -1))


def test_a_mean_is_not_said_to_be_over_losses_that_it_leaves_out(default: Trace) -> None:
    lags = default.lags
    assert losses_told(lags, ("W_ax", "b_a"), "typical", 0) == "50 losses"
    assert losses_told(lags, ("W_aa",), "typical", 0) == "49 of 50 losses"
    assert losses_told(lags, RECURRENT, "typical", 0) == "49–50 losses"
    assert losses_told(lags, RECURRENT, "typical", 49) == "0–1 losses"
    assert losses_told(lags, RECURRENT, "summed", 0) == "50 losses"
    assert losses_told(lags, ("b_a",), "typical", 49) == "1 loss"


def test_the_gradient_at_the_input_is_in_the_record(default: Trace) -> None:
    found = record(default)["input"]
    assert found["typical"]["log2"] == pytest.approx(default.lags.input_curve("typical").tolist())
    assert found["typical"]["losses"] == default.lags.input_averaged.tolist()
    assert found["summed"]["log2"] == pytest.approx(default.lags.input_curve("summed").tolist())
    assert found["rate"]["log2_per_step"] == default.lags.input_rate.log2_per_step
