"""docs/conventions.md says what is so: its names exist, and its facts hold."""

from __future__ import annotations

import dataclasses
import importlib
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch_figures

import core

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:core|tui)[\w.]*):([\w.]+)`", PAGE)))


def part_of(page: str) -> list[list[str]]:
    """The rows of the table below a heading, cell by cell."""
    below = PAGE.partition(f"## {page}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in below.splitlines() if line.startswith("| ")]
    return rows[1:]


TERMS = part_of("Glossary")
TRACE = core.run(core.Experiment(hidden_size=2, timesteps=5, batch_size=3))


@pytest.mark.parametrize(("module", "name"), NAMED)
def test_every_name_exists(module: str, name: str) -> None:
    found = importlib.import_module(module)
    for part in name.split("."):
        fields = {one.name for one in dataclasses.fields(found)} if dataclasses.is_dataclass(found) else set()
        assert hasattr(found, part) or part in fields
        found = getattr(found, part, None)


def test_the_glossary_has_the_words_that_the_program_uses() -> None:
    assert all(len(row) == 3 and "`" in row[2] for row in TERMS)
    words = {word for row in TERMS for word in row[0].split(", ")}
    assert {"lag", "contribution", "typical", "summed", "horizon", "regime", "parameter group", "probe batch"} < words
    assert {"twin", "direct path", "tape", "trace", "origin", "session", "view"} < words


def test_it_is_linked_where_a_reader_looks() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "docs/equations.md"):
        assert "conventions.md" in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("cell", torch_figures.GATES)
def test_the_mapping_is_the_one_that_the_figures_of_torch_are_made_with(cell: str) -> None:
    column = {"gru": 2, "lstm": 3}[cell]
    network = torch_figures.case_of(cell).network
    ours = {name: np.full_like(array, at) for at, (name, array) in enumerate(network.parameters.items(), start=1)}
    table = {row[0].strip("`"): row[column].split() for row in part_of("PyTorch's names")}
    stacked = torch_figures.stacked(cell, ours)
    assert set(table) == set(stacked)
    for theirs, names in table.items():
        blocks = np.split(stacked[theirs], len(torch_figures.GATES[cell]))
        expected = [
            np.zeros_like(block) if name == "0" else ours[name] for name, block in zip(names, blocks, strict=True)
        ]
        assert all(np.array_equal(block, one) for block, one in zip(blocks, expected, strict=True))
    heading = PAGE.partition("| PyTorch |")[2].partition("\n")[0]
    assert f"{cell}, gates {' '.join(torch_figures.GATES[cell])}" in heading


def test_arrays_are_indexed_as_the_page_says() -> None:
    tape, network = TRACE.tape, TRACE.network
    p, x = network.parameters, TRACE.batch.inputs
    assert tape.states.shape == (6, 3, 2)
    assert tape.losses.shape == (5,) and tape.outputs.shape[0] == tape.preactivations.shape[0] == 5
    for t in range(1, 6):
        z = tape.states[t - 1] @ p["W_aa"].T + x[t - 1] @ p["W_ax"].T + p["b_a"]
        np.testing.assert_allclose(tape.preactivations[t - 1], z, rtol=1e-12)
        np.testing.assert_allclose(tape.states[t], np.tanh(z), rtol=1e-12)
    norms = TRACE.lags.log2_norm["b_a"]
    assert norms.shape == (5, 5)
    assert np.array_equal(np.isfinite(norms), np.tri(5, dtype=bool))  # [t − 1, k]: none where k ≥ t


def test_losses_are_means_over_the_batch_and_errors_have_its_share() -> None:
    tape = TRACE.tape
    off = tape.outputs - TRACE.batch.targets
    np.testing.assert_allclose(tape.errors, off / 3, rtol=1e-12)
    np.testing.assert_allclose(tape.losses, np.square(off).sum(axis=2).mean(axis=1) / 2, rtol=1e-12)


def test_rates_are_in_bits_and_exponents_in_nats() -> None:
    halving = core.Experiment(activation="identity", initializer="orthogonal", gain=0.5, timesteps=40, hidden_size=3)
    trace = core.run(halving)
    assert trace.lags.state_rate.log2_per_step == pytest.approx(-1)
    assert core.lyapunov_along(trace.tape).exponents[0] == pytest.approx(-math.log(2))
    assert trace.lags.state_rate.factor == pytest.approx(0.5)


def test_the_residual_is_rounding() -> None:
    assert TRACE.lags.residual < 1e-12
