"""The report's part on the Jacobians, for people and for machines."""

from __future__ import annotations

import json
import math
import re
from contextlib import nullcontext

import numpy as np
import pytest
from toy_cells import TOYS, registered
from writing import record, report

import core
from core import Experiment, Trace, dynamics_of, run
from core.extend import Cell
from core.network.cells import CELLS
from tui.report.document import Definitions
from tui.report.numbers import number
from tui.report.theory_report import theory_section
from tui.report.words.dynamics import facts, line_factor

SETTINGS: list[dict[str, object]] = [
    {},
    {"timesteps": 1},
    {"hidden_size": 1, "timesteps": 7},
    {"gain": 0.0},
    {"gain": 1e6},
    {"activation": "relu", "gain": 50.0, "timesteps": 400},
    {"activation": "relu", "bias": -5.0},
    {"activation": "identity", "initializer": "orthogonal", "gain": 1.0},
    {"activation": "sigmoid", "bias": 40.0},
    {"cell": "gru"},
    {
        "cell": "lstm",
        "hidden_size": 3,
        "timesteps": 25,
        "gain": 10,
        "input_gain": 10,
        "seed": 1,
        "data_seed": 1,
        "task": "noise",
    },
]


@pytest.fixture(scope="module", params=SETTINGS, ids=str)
def trace(request: pytest.FixtureRequest) -> Trace:
    return run(Experiment(**{"hidden_size": 5, **request.param}))


def test_the_text_has_every_number_with_its_meaning_and_every_condition(trace: Trace) -> None:
    found = dynamics_of(trace.tape, profile=False)
    text = " ".join(report(trace, width=100).split())
    for fact in facts(found):
        assert " ".join(fact.value.split()) in text
        assert fact.meaning in text
    for line in found.lines:
        assert f"{line.name}, {line_factor(line)} per lag" in text
        assert line.condition in text


def test_the_text_has_no_number_that_is_none(trace: Trace) -> None:
    words = re.findall(r"[\w.]+", report(trace).lower())
    assert not {"nan", "inf"}.intersection(words)


def test_the_record_has_the_numbers_and_comes_back_as_it_was(trace: Trace) -> None:
    told = record(trace)["theory"]
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    found = dynamics_of(trace.tape, profile=False)
    missing = {(True, False): -math.inf, (False, True): math.nan}
    flags = list(zip(told["lyapunov"]["cut_off"], told["lyapunov"]["not_known"], strict=True))
    assert [value is None for value in told["lyapunov"]["exponents"]] == [flag in missing for flag in flags]
    exponents = [missing.get(flag, value) for flag, value in zip(flags, told["lyapunov"]["exponents"], strict=True)]
    assert np.array_equal(exponents, found.lyapunov.exponents, equal_nan=True)
    assert told["lyapunov"]["kaplan_yorke_dimension"] == found.lyapunov.kaplan_yorke_dimension
    assert told["lyapunov"]["entropy_rate"] == found.lyapunov.entropy_rate
    assert list(told["lines"]) == [line.kind for line in found.lines]
    for line in found.lines:
        entry = told["lines"][line.kind]
        assert (entry["log2_per_step"] is None) == entry["exactly_zero"] == (line.log2_per_step == -math.inf)
        assert (entry["condition"], entry["verdict"]) == (line.condition, line.verdict)
    matrix = told["recurrent_matrix"]
    assert (matrix is None) == (trace.network.cell_name != "rnn")
    if matrix is not None:
        w = trace.network.parameters["W_aa"]
        assert matrix["spectral_radius"] == pytest.approx(max(math.hypot(*pair) for pair in matrix["eigenvalues"]))
        assert sum(real for real, _ in matrix["eigenvalues"]) == pytest.approx(
            np.trace(w), abs=1e-9 * (1 + abs(w).sum())
        )
        assert matrix["largest_singular_value"] ** 2 == pytest.approx(np.linalg.eigvalsh(w.T @ w)[-1])


def test_the_bound_beyond_float64_is_told_by_its_logarithm() -> None:
    trace = run(Experiment(hidden_size=5, gain=1e6, timesteps=100))
    line = dynamics_of(trace.tape, profile=False).lines[0]
    assert line.log2[-1] > 1024
    entry = record(trace)["theory"]["lines"]["bound"]
    sigma = core.recurrent_spectrum(trace.network).largest_singular_value
    assert entry["log10_per_step"] == pytest.approx(math.log10(sigma))


def test_every_recurrent_matrix_of_a_cell_with_gates_is_told_by_its_name() -> None:
    trace = core.run(core.Experiment(cell="gru", timesteps=6, hidden_size=5))
    found = core.dynamics_of(trace.tape, profile=False)
    section = theory_section(found)
    (entries,) = section.blocks
    assert isinstance(entries, Definitions)
    told, said = section.record["theory"]["recurrent_matrices"], dict(entries.entries)
    assert set(told) == {"W_ra", "W_za", "W_na"}
    for name, matrix in told.items():
        spectrum = core.recurrent_spectrum(trace.network, name)
        assert matrix["spectral_radius"] == spectrum.spectral_radius
        assert matrix["largest_singular_value"] == spectrum.largest_singular_value
        assert len(matrix["eigenvalues"]) == 5
        assert f"ρ {number(spectrum.spectral_radius)}, σ_max {number(spectrum.largest_singular_value)}" in said[name]
    assert "no such matrix" not in " ".join(said.values())


@pytest.mark.parametrize("cell", [*CELLS.values(), *TOYS], ids=lambda cell: cell.name)
def test_what_a_matrix_makes_has_the_letter_of_its_group(cell: Cell) -> None:
    """Of a GRU's W_na one row said m, which no group and no name has, and another place n."""
    with nullcontext() if cell.name in CELLS else registered(cell):
        trace = run(Experiment(cell=cell.name, timesteps=3, hidden_size=2))
        found = dynamics_of(trace.tape, profile=False)
        made = {name: one.gates for one in trace.parameter_groups("gate").values() for name in one.parameters}
    rows = {fact.name: re.search(r"of what (\S+) reads", fact.meaning) for fact in facts(found)}
    told = {name: (row[1],) for name, row in rows.items() if row is not None}
    assert told == {name: made[name] for name in told}
    assert len(told) == {"gru": 3, "lstm": 4, "mgu": 2, "two-layers": 2}.get(
        cell.name.split("-before")[0].split("-hard")[0], 0
    )


@pytest.mark.parametrize("gain", [0.9999, 0.999999, 1 - 1e-9])
def test_a_value_just_below_its_limit_has_the_digits_that_show_it(gain: float) -> None:
    """`σ_max = 1 and 1/γ = 1: it must vanish` would contradict itself."""
    found = dynamics_of(run(Experiment(activation="identity", initializer="orthogonal", gain=gain)).tape)
    told = {line.kind: line.condition for line in found.lines}
    for kind, name in (("bound", "σ_max"), ("radius", "ρ")):
        value = re.search(rf"Here {name} = (\S+) and", told[kind])
        assert value is not None and "it must vanish" in told[kind]
        assert float(value[1]) < 1.0


@pytest.mark.parametrize("timesteps", [2, 30, 200])
@pytest.mark.parametrize("gain", [0.3, 0.9, 0.98, 0.9999, 1 - 1e-9, 1.00001, 1.05])
def test_what_is_so_in_the_long_run_has_its_pace_where_the_lags_are_too_few_to_see_it(
    gain: float, timesteps: int
) -> None:
    trace = run(Experiment(activation="identity", initializer="orthogonal", gain=gain, timesteps=timesteps))
    found = dynamics_of(trace.tape, profile=False)
    told = {line.kind: line.condition.partition("Here ")[2] for line in found.lines}
    texts = [(told["radius"], timesteps - 1), (told["lyapunov"], timesteps - 1)]
    texts += [(told["bound"], timesteps - 1)] if gain < 1 else []
    texts += [({fact.name: fact.meaning for fact in facts(found)}["λ₁"], found.lyapunov.steps)]
    for text, count in texts:
        pace = re.search(r"it (halves|doubles) every (\S+) (lags|steps)", text)
        if not re.search(r"vanish|explode", text):
            assert pace is None
            continue
        takes = math.log(2.0) / abs(math.log(gain))
        assert (pace is not None) == (takes > count)
        if pace is not None:
            assert pace[1] == ("halves" if gain < 1 else "doubles")
            assert float(pace[2].replace(",", "")) == pytest.approx(takes, rel=0.005)
            assert (f"more than the {count}" if count > 1 else "more than the one") in text
