"""A trace is of its network and its batch, and its origin knows whether settings make the two."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import core
from core import Batch, Experiment, Network, Origin, Trace

SMALL = Experiment(hidden_size=4, timesteps=8, seed=3)


def network(units: int = 32, seed: int = 1) -> Network:
    """An LSTM that no settings make: 2 inputs, 2 outputs."""
    rng = np.random.default_rng(seed)
    shapes = core.network.cells.CELLS["lstm"].shapes(2, units, 1)
    parameters = {name: rng.normal(0.0, 0.3, shape) for name, shape in shapes.items()}
    return Network("lstm", {**parameters, "W_y": rng.normal(0.0, 0.3, (2, units)), "b_y": np.zeros(2)})


def batch(seed: int = 2) -> Batch:
    """20 steps of 3 examples, of which every other step is scored."""
    rng = np.random.default_rng(seed)
    return Batch(rng.normal(size=(20, 3, 2)), rng.normal(size=(20, 3, 2)), np.arange(20) % 2 == 1)


@cache
def foreign() -> Trace:
    return core.run(network=network(), batch=batch())


# run, without settings


def test_a_network_and_a_batch_are_enough() -> None:
    trace = foreign()
    assert trace.network.cell_name == "lstm"
    assert trace.experiment is None is trace.origin.settings
    assert not trace.origin.makes_network and not trace.origin.makes_batch
    assert trace.lags.residual < 1e-12


@pytest.mark.parametrize(
    ("given", "said"), [({}, "nothing"), ({"network": network()}, "network"), ({"batch": batch()}, "batch")]
)
def test_less_than_both_is_an_error_that_says_what_to_give(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said} was given; give an experiment, or both a network and a batch$"):
        core.run(**given)


def test_truncation_is_asked_for_by_arguments_where_there_are_no_settings() -> None:
    found = core.run(network=network(), batch=batch(), k1=3, k2=5).truncation
    assert found is not None and (found.k1, found.k2) == (3, 5)
    assert foreign().truncation is None
    settings = Experiment(k1=4, k2=8, timesteps=12, hidden_size=3)
    assert core.run(settings, k2=0).truncation is None
    of_settings, other = core.run(settings).truncation, core.run(settings, k1=2).truncation
    assert of_settings is not None and (of_settings.k1, of_settings.k2) == (4, 8)
    assert other is not None and (other.k1, other.k2) == (2, 8)


# The origin knows what its experiment makes


def test_an_origin_knows_whether_its_experiment_makes_what_was_given() -> None:
    own, probe = core.make_network(SMALL), core.make_batch(SMALL)
    made = core.run(SMALL).origin
    assert made == Origin("sunspots", SMALL, makes_network=True, makes_batch=True)
    assert core.run(SMALL, network=own, batch=probe).origin == made, "the same numbers are the experiment's own"
    others = {
        "weights": {"network": core.make_network(SMALL.replace(gain=1.0))},
        "function": {"network": replace(own, activation_name="relu")},
        "size": {"network": core.make_network(SMALL.replace(hidden_size=5))},
        "inputs": {"batch": core.make_batch(SMALL.replace(data_seed=4))},
        "scored": {"batch": replace(probe, scored=np.arange(8) == 7)},
        "length": {"batch": probe.until(5)},
        "start": {"batch": replace(probe, initial_state=np.ones((1, 4)))},
    }
    for name, given in others.items():
        origin = core.run(SMALL, **given).origin
        assert origin.settings is None, name
        assert (origin.makes_network, origin.makes_batch) == ("batch" in given, "network" in given), name
    origins = [core.run(SMALL, **given).origin for given in others.values()]
    assert len(set(origins)) == len(origins), "what is given is told apart"
    assert core.run(SMALL, **others["size"]).origin == origins[2], "and known again"


def test_a_network_that_the_experiment_could_have_trained_is_taken_for_its_own() -> None:
    *_, last = core.train(SMALL.replace(training_steps=3))
    trained = core.run(SMALL, network=last.network, training_step=3)
    assert trained.origin.settings == SMALL and trained.training_step == 3
    assert core.run(SMALL, network=last.network).origin.settings is None
    assert core.run(SMALL, network=network(4), batch=batch(), training_step=3).origin.settings is None


def test_an_experiments_own_data_start_other_networks_in_states_of_their_size() -> None:
    settings = SMALL.replace(initial_state=0.5)
    trace = core.run(settings, network=core.make_network(settings.replace(hidden_size=7)))
    assert trace.tape.states.shape[2] == 7 and np.any(trace.tape.states[0])
    assert trace.origin.makes_batch and not trace.origin.makes_network
    step = core.advance(settings, core.begin(settings, trace.network))
    assert step.ended is None


# The twin


def test_the_twin_has_the_networks_own_matrices_in_other_bases() -> None:
    """By singular values and eigenvalues, which a change of basis keeps; for an LSTM those of its candidate."""
    for trace, matrix in ((foreign(), "W_ga"), (core.run(SMALL, network=_grown()), "W_aa")):
        own = trace.network.parameters[matrix]
        layers = trace.untied().parameters["W_aa"]
        assert np.array_equal(layers[0], own)
        assert not np.allclose(layers[1], layers[2])
        for layer in layers[1:4]:
            assert np.linalg.svd(layer, compute_uv=False) == pytest.approx(np.linalg.svd(own, compute_uv=False))
            spectra = [np.sort_complex(np.linalg.eigvals(one)) for one in (layer, own)]
            np.testing.assert_allclose(np.abs(spectra[0]), np.abs(spectra[1]), rtol=1e-6)
        assert np.array_equal(trace.untied().parameters["W_aa"], layers), "the same every time"


def _grown() -> Network:
    own = core.make_network(SMALL)
    return own.replace_parameters(W_aa=1.7 * own.parameters["W_aa"])


def test_the_twin_of_an_untrained_network_is_drawn_as_its_experiment_draws() -> None:
    deep = core.make_network(SMALL.replace(cell="deep"))
    assert np.array_equal(core.run(SMALL).untied().parameters["W_aa"], deep.parameters["W_aa"])


def test_the_twin_of_a_given_network_has_its_rate_and_not_that_of_the_settings() -> None:
    """A linear network with orthogonal W_aa of gain 1.05 beside settings of gain 0.9: every layer is a rotation."""
    settings = Experiment(activation="identity", initializer="orthogonal", timesteps=40)
    other = core.make_network(settings.replace(gain=1.05))
    trace = core.run(settings, network=other)
    (depth,) = (claim for claim in core.claims(trace) if claim.id == "depth")
    found = {number.name: number.value for number in depth.evidence}
    for kind in ("one matrix shared", "a matrix for each layer"):
        assert found[kind] == pytest.approx(np.log2(1.05), abs=1e-9)


# Training


def test_a_given_network_is_trained_on_the_given_batch() -> None:
    settings = Experiment(training_steps=5, optimizer="sgd", learning_rate=0.01)
    steps = list(core.train(settings, start=core.begin(settings, network()), batches=foreign().batches))
    assert [step.step for step in steps] == [1, 2, 3, 4, 5]
    losses = [step.metrics.loss for step in steps]
    assert losses[0] == pytest.approx(foreign().tape.loss) and losses == sorted(losses, reverse=True)
    history = core.TrainingHistory(settings, core.begin(settings, network()), foreign().batches)
    for step in steps:
        history.add(step)
    assert history.state_at(3).network.same_as(steps[2].network)


def test_an_experiments_own_data_are_drawn_anew_for_every_step_of_training() -> None:
    trace = core.run(SMALL, network=core.make_network(SMALL.replace(hidden_size=6)))
    for index in (0, 3):
        assert trace.batches(index).same_as(core.make_batch(SMALL, index))


def test_an_origin_handed_on_to_other_numbers_is_not_taken_for_theirs() -> None:
    """Equal origins are one network on one batch; a label and a file go on to another, its digest does not."""
    given, data = network(), batch()
    first = core.run(network=given, batch=data, origin=core.Origin(label="mine"))
    again = core.run(network=given, batch=data, origin=first.origin)
    other = given.replace_parameters(**{name: 2 * array for name, array in given.parameters.items()})
    handed_on = core.run(network=other, batch=data, origin=first.origin)
    assert again.origin == first.origin
    assert handed_on.origin.label == "mine"
    assert handed_on.origin.digest != first.origin.digest
    trained = core.run(network=other, batch=data, origin=first.origin, training_step=3)
    assert (trained.origin.digest, trained.origin.training_step) == (first.origin.digest, 3)
