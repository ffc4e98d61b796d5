"""A network and data from elsewhere: everything that is said of them is true of them, and not of any settings."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from driving import MEDIUM, Drive, text_of

import core
from core import Batch, Experiment, Network, Origin, Trace
from tui.explorer.dialogs.export import trace_kinds
from tui.explorer.panels.comparison import ComparisonPanel, differences
from tui.explorer.panels.headline import Headline
from tui.explorer.panels.training import TrainingPanel
from tui.explorer.widgets.setting_row import SettingRow
from tui.report.atomic_files import ExportError
from tui.report.export import suggested_name, write_csv, write_experiment, write_npz
from tui.report.trace_report import record, report
from tui.report.words.trace import what, what_settings_make

TITLE = "LSTM · tanh · 32 units · own data, 20 steps × 3, 10 scored"


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

SMALL = Experiment(hidden_size=4, timesteps=8, seed=3)


def test_an_origin_knows_whether_its_experiment_makes_what_was_given() -> None:
    own, probe = core.make_network(SMALL), core.make_batch(SMALL)
    made = core.run(SMALL).origin
    assert made == Origin("sunspots", SMALL, makes_network=True, makes_batch=True)
    assert core.run(SMALL, network=own, batch=probe).origin == made, "the same numbers are the experiment's own"
    others = {
        "weights": {"network": core.make_network(SMALL.replace(gain=1.0))},
        "function": {"network": replace(own, activation_name="relu")},
        "size": {"network": core.make_network(SMALL.replace(hidden_size=5))},
        "inputs": {"batch": core.make_batch(SMALL.replace(seed=4))},
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


# Words, report and record


def test_the_title_is_that_of_the_network_and_the_data() -> None:
    assert what(foreign()) == TITLE
    named = core.run(network=network(), batch=batch(), origin=Origin(label="weather", training_step=7))
    assert what(named) == TITLE.replace("own data", "weather") + " · trained 7 steps"
    of_task = core.run(Experiment(), network=core.make_network(Experiment(cell="gru", hidden_size=5)))
    assert what(of_task) == "GRU · tanh · 5 units · sunspots, 50 steps"
    of_weights = core.run(Experiment(), batch=core.make_batch(Experiment(timesteps=7)))
    assert what(of_weights) == "vanilla RNN · tanh · 16 units · own data, 7 steps"


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"leak": 0.5},
        {"cell": "deep", "leak": 0.5},
        {"cell": "gru", "batch_size": 3},
        {"scored": "last"},
        {"task": "adding"},
        {"task": "copy", "timesteps": 30},
        {"activation": "relu", "initializer": "identity", "gain": 1e6, "timesteps": 80},
    ],
    ids=str,
)
def test_what_is_said_before_a_network_is_made_is_what_is_said_of_it(settings: dict[str, object]) -> None:
    experiment = Experiment(**settings)
    assert what(core.run(experiment)) == what_settings_make(experiment)


def test_a_cell_that_leaks_is_no_vanilla_rnn() -> None:
    assert what(core.run(Experiment(leak=0.5))).startswith("leaky RNN · tanh · 16 units")


def test_the_report_has_nothing_of_the_settings() -> None:
    lines = report(foreign()).splitlines()
    assert lines[0] == TITLE
    assert "sunspots" not in report(foreign()) and "16 units" not in report(foreign())


def test_the_relu_sentence_is_told_of_the_network() -> None:
    off = Network("rnn", {**core.make_network(SMALL).parameters, "b_a": np.full(4, -50.0)}, "relu")
    assert "the ReLU units it would pass through are off" in " ".join(report(core.run(SMALL, network=off)).split())


def test_the_record_is_of_the_network() -> None:
    found = record(foreign())
    assert found["experiment"] is None
    assert found["what"] == TITLE
    assert (found["network"]["cell"], found["network"]["hidden_size"]) == ("lstm", 32)
    assert found["batch"] == {"label": "", "steps": 20, "examples": 3}
    assert found["origin"]["experiment_makes"] == []
    assert re.fullmatch("[0-9a-f]{64}", found["origin"]["digest"])
    mixed = record(core.run(SMALL, network=core.make_network(SMALL.replace(hidden_size=5))))
    assert mixed["experiment"] is None and mixed["origin"]["experiment_makes"] == ["batch"]
    json.dumps(found, allow_nan=False)


# Files


def test_file_names_tell_the_network_and_the_data() -> None:
    assert suggested_name(foreign(), "csv") == "lstm-own-data-tanh-n32-T20-B3.csv"
    odd = core.run(network=network(), batch=batch(), origin=Origin(label="../Wetter: Köln/2024 *"))
    assert re.fullmatch(r"lstm-[a-zA-Z0-9.-]+-tanh-n32-T20-B3-chart\.svg", suggested_name(odd, "chart"))
    assert "/" not in suggested_name(odd, "chart") and ".." not in suggested_name(odd, "chart")


def test_no_settings_are_saved_that_would_make_another_network(tmp_path: Path) -> None:
    for trace in (foreign(), core.run(SMALL, network=core.make_network(SMALL.replace(gain=2.0)))):
        with pytest.raises(ExportError, match="no settings make this network and its data; save every array"):
            write_experiment(trace, tmp_path / "a.toml")
        kinds = [kind.name for kind in trace_kinds(trace, chart="", screen="")]
        assert kinds == ["chart", "screen", "csv", "npz"]
    assert not list(tmp_path.iterdir())
    assert "toml" in [kind.name for kind in trace_kinds(core.run(SMALL), chart="", screen="")]


def test_the_table_is_that_of_the_network(tmp_path: Path) -> None:
    with write_csv(foreign(), tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert {row["parameter"] for row in found} == set(foreign().network.parameters)
    assert {int(row["lag"]) for row in found} == set(range(20))


def test_the_arrays_alone_give_the_same_profile_again(tmp_path: Path) -> None:
    found = np.load(write_npz(foreign(), tmp_path / "a.npz"))
    assert json.loads(str(found["experiment"])) is None
    told = json.loads(str(found["network"]))
    made = Network(
        told["cell"],
        {name: found[name] for name in found["parameters"].tolist()},
        told["activation"],
        told["readout"],
        told["leak"],
    )
    again = core.run(
        network=made, batch=Batch(found["inputs"], found["targets"], found["scored"], found["initial_state"])
    )
    assert np.array_equal(again.lags.log2_state_norm, foreign().lags.log2_state_norm)


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


# On the screen


def opened(scenario, given: Trace | None = None, settings: Experiment | None = None):
    """Run a coroutine on the explorer, opened on a trace from elsewhere."""
    import asyncio
    import tempfile

    from tui.explorer.app import RnnApp

    async def run() -> None:
        async with RnnApp(settings, given=given).run_test(size=MEDIUM) as pilot:
            drive = Drive(pilot)
            await drive.until(lambda: drive.screen.trace is not None)
            await pilot.pause()
            await scenario(drive)

    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        for variable in ("HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA", "APPDATA"):
            patch.setenv(variable, home)
        asyncio.run(run())


def headline(drive: Drive) -> str:
    return " ".join(text_of(drive.one(Headline)).split())


def test_the_explorer_is_of_the_given_network_and_trains_it() -> None:
    async def scenario(drive: Drive) -> None:
        assert TITLE in headline(drive)
        offered = {row.setting.hint.group for row in drive.screen.query(SettingRow) if row.display}
        assert offered == {"training"}
        assert [str(label.content) for label in drive.screen.query("#setting-rows > .group") if label.display] == [
            "TRAINING"
        ]
        assert drive.screen.check_action("seed", ()) is None is drive.screen.check_action("gallery", ())
        status = drive.one(TrainingPanel).query_one("#training-status")
        drive.screen.show_tab("tab-training")
        await drive.until(lambda: "Not trained yet" in text_of(status))
        assert "the same batch of 3 every step" in " ".join(text_of(status).split())
        assert "To beat" not in text_of(status), "nothing is known of these data"
        await drive.press("p", "W")
        await drive.until(lambda: drive.screen.run is not None and drive.trace.training_step == 1)
        await drive.pilot.pause()
        assert f"{TITLE} · trained 1 step" in headline(drive)
        assert drive.trace.origin.digest == foreign().origin.digest
        assert drive.trace.origin.settings is None
        pinned = text_of(drive.one(ComparisonPanel))
        assert "training steps 0 → 1" in pinned and "gain" not in pinned

    opened(scenario, given=foreign())


def test_a_network_of_the_settings_beside_a_given_one() -> None:
    rows = {name: (before, after) for name, before, after in differences(foreign(), core.run(Experiment()))}
    assert rows["cell"] == ("LSTM", "vanilla RNN")
    assert rows["units"] == ("32", "16") and rows["data"] == ("own data", "sunspots")
    assert "gain" not in rows and "seed" not in rows
    same = differences(foreign(), core.run(network=network(), batch=batch()))
    assert same[-1] == ("network and data", "the same", "the same")
    other = differences(foreign(), core.run(network=network(seed=5), batch=batch()))
    assert [row[0] for row in other] == ["gradient", "horizon", "loss"]


def test_pinned_given_and_settings_change_places() -> None:
    async def scenario(drive: Drive) -> None:
        own = headline(drive)
        await drive.press("p")
        drive.screen.take_up(replace(drive.screen.subject, given=foreign()))
        await drive.until(lambda: drive.trace.network.cell_name == "lstm")
        await drive.pilot.pause()
        assert TITLE in headline(drive)
        assert "vanilla RNN → LSTM" in text_of(drive.one(ComparisonPanel))
        drive.screen.action_swap()
        await drive.until(lambda: drive.trace.network.cell_name == "rnn")
        await drive.pilot.pause()
        assert headline(drive) == own
        assert "LSTM → vanilla RNN" in text_of(drive.one(ComparisonPanel))
        drive.screen.action_swap()
        await drive.until(lambda: drive.trace.network.cell_name == "lstm")
        await drive.enter("learning_rate", 0.5)
        await drive.until(lambda: drive.screen._is_shown and drive.screen.experiment.learning_rate == 0.5)
        assert drive.screen.given is foreign(), "how to train is no other network"
        drive.screen.change(SMALL)
        await drive.until(lambda: drive.screen._is_shown and drive.trace.network.cell_name == "rnn")
        drive.screen.action_undo()
        await drive.until(lambda: drive.screen._is_shown and drive.trace.network.cell_name == "lstm")

    opened(scenario, settings=SMALL)
