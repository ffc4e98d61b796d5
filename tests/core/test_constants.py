"""A cell's numbers that are set and not trained: on the network, in a file, in a stack, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import core
from core.extend import register, unregister
from core.network.cells import Antisymmetric


def drawn(**settings: object) -> core.Network:
    return core.make_network(core.Experiment(cell="antisymmetric", hidden_size=3, **settings))


def test_they_come_from_the_settings_and_what_is_not_given_is_the_cells_own() -> None:
    assert drawn(step_size=0.5).constants == {"step_size": 0.5, "diffusion": 0.1}
    network = core.Network("antisymmetric", drawn().parameters, constants={"diffusion": 0.0})
    assert network.constants == {"step_size": 0.1, "diffusion": 0.0}
    assert drawn(step_size=0.5).kind != drawn().kind
    assert core.make_network(core.Experiment()).constants == {}


def test_they_make_the_matrix_that_reads_the_state() -> None:
    network = drawn(diffusion=0.25)
    w = network.parameters["W_aa"]
    assert np.array_equal(network.matrix("W_aa"), w - w.T - 0.25 * np.eye(3))
    assert network.matrix("W_ax") is network.parameters["W_ax"]
    found = core.recurrent_spectrum(network)
    np.testing.assert_allclose(found.eigenvalues.real, -0.25, atol=1e-14)
    assert core.spectral_radii(network)["W_aa"] == pytest.approx(found.spectral_radius)


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_a_file_of_our_own_keeps_them(tmp_path: Path, suffix: str) -> None:
    network = drawn(step_size=0.5, diffusion=0.0)
    core.save_network(network, tmp_path / f"own.{suffix}")
    assert core.open_checkpoint(tmp_path / f"own.{suffix}").candidate().network().same_as(network)


def test_a_stack_has_one_number_for_all_that_have_it() -> None:
    below, above = drawn(step_size=0.5), core.make_network(core.Experiment(hidden_size=3, leak=0.5))
    above = above.replace_parameters(W_ax=np.eye(3))
    stack = core.Network.stacked([below, above])
    assert (stack.leak, stack.constants) == (0.5, {"step_size": 0.5, "diffusion": 0.1})
    other = replace(below.replace_parameters(W_ax=np.eye(3)), constants={"step_size": 0.25})
    with pytest.raises(ValueError, match=r"all layers of a stack have one step_size, got 0\.25, 0\.5"):
        core.Network.stacked([below, other])


@pytest.mark.parametrize(
    ("cell", "constants", "message"),
    [
        ("antisymmetric", {"epsilon": 1.0}, "no constant 'epsilon'; its constants are step_size, diffusion"),
        ("antisymmetric", {"step_size": float("nan")}, "step_size must be a finite number, got nan"),
        ("gru", {"step_size": 1.0}, "no constant 'step_size'"),
    ],
)
def test_what_is_no_constant_of_the_cell_is_refused(cell: str, constants: Mapping[str, float], message: str) -> None:
    parameters = core.make_network(core.Experiment(cell=cell, hidden_size=3)).parameters
    with pytest.raises(ValueError, match=message):
        core.Network(cell, parameters, constants=constants)


@dataclass(frozen=True)
class Damped(Antisymmetric):
    """A stranger's cell, with a constant that no setting is for."""

    damping: float = 0.5

    name = "damped"
    settings = ("step_size", "damping")

    @property
    def constants(self) -> Mapping[str, float]:
        return {"step_size": self.step_size, "damping": self.damping}


def test_one_that_no_setting_is_for_is_as_the_cell_has_it() -> None:
    register(Damped())
    try:
        network = core.make_network(core.Experiment(cell="damped", step_size=0.5, hidden_size=3))
        assert network.constants == {"step_size": 0.5, "damping": 0.5}
        assert replace(network, constants={"damping": 2.0}).cell == replace(network.cell, step_size=0.1, damping=2.0)
    finally:
        unregister("damped")


@dataclass(frozen=True)
class WithoutItsSettings(Antisymmetric):
    name = "without-settings"
    settings = ("step_size",)


def test_a_cell_whose_constants_are_no_settings_is_told_so() -> None:
    with pytest.raises(ValueError, match="its constants are settings of its own, and settings lacks diffusion"):
        register(WithoutItsSettings())
