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
from driving import HOMES, MEDIUM, Drive, text_of
from writing import record, report, written

import core
from core import Batch, Experiment, Network, Origin, Trace
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.actions.settings import take_up
from tui.explorer.dialogs.export_kinds import trace_kinds
from tui.explorer.panels.comparison import ComparisonPanel, differences
from tui.explorer.panels.headline import Headline
from tui.explorer.panels.training import TrainingPanel
from tui.explorer.widgets.setting_row import SettingRow
from tui.report.atomic_files import ExportError
from tui.report.formats import format_named
from tui.report.formats.figures_of import FIGURES
from tui.report.formats.names import suggested_name
from tui.report.words.subject import describe_setup, what_settings_make

SMALL = Experiment(hidden_size=4, timesteps=8, seed=3)
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


# Words, report and record


def test_the_title_is_that_of_the_network_and_the_data() -> None:
    assert describe_setup(foreign()) == TITLE
    named = core.run(network=network(), batch=batch(), origin=Origin(label="weather", training_step=7))
    assert describe_setup(named) == TITLE.replace("own data", "weather") + " · trained 7 updates"
    of_task = core.run(Experiment(), network=core.make_network(Experiment(cell="gru", hidden_size=5)))
    assert describe_setup(of_task) == "GRU · tanh · 5 units · sunspots, 50 steps"
    of_weights = core.run(Experiment(), batch=core.make_batch(Experiment(timesteps=7)))
    assert describe_setup(of_weights) == "vanilla RNN · tanh · 16 units · own data, 7 steps"


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
    assert describe_setup(core.run(experiment)) == what_settings_make(experiment)


def test_a_cell_that_leaks_is_no_vanilla_rnn() -> None:
    assert describe_setup(core.run(Experiment(leak=0.5))).startswith("leaky RNN · tanh · 16 units")


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
    assert found["batch"] == {"label": "", "steps": 20, "examples": 3, "input_names": [], "target_names": []}
    assert found["origin"]["experiment_makes"] == []
    assert re.fullmatch("[0-9a-f]{64}", found["origin"]["digest"])
    mixed = record(core.run(SMALL, network=core.make_network(SMALL.replace(hidden_size=5))))
    assert mixed["experiment"] is None and mixed["origin"]["experiment_makes"] == ["batch"]
    json.dumps(found, allow_nan=False)


# Files


def test_file_names_tell_the_network_and_the_data() -> None:
    assert suggested_name(foreign(), format_named("csv")) == "lstm-own-data-tanh-n32-T20-B3.csv"
    odd = core.run(network=network(), batch=batch(), origin=Origin(label="../Wetter: Köln/2024 *"))
    name = suggested_name(odd, format_named("chart"))
    assert re.fullmatch(r"lstm-[a-zA-Z0-9.-]+-tanh-n32-T20-B3-chart\.svg", name)
    assert "/" not in name and ".." not in name


def test_no_settings_are_saved_that_would_make_another_network(tmp_path: Path) -> None:
    for trace in (foreign(), core.run(SMALL, network=core.make_network(SMALL.replace(gain=2.0)))):
        with pytest.raises(ExportError, match="no settings make this network and its data; save every array"):
            written("toml", trace, tmp_path / "a.toml")
        kinds = [kind.name for kind in trace_kinds(trace, chart="", screen="") if kind.name not in FIGURES]
        assert kinds == ["chart", "screen", "text", "html", "json", "csv", "npz", "network"]
    assert not list(tmp_path.iterdir())
    assert "toml" in [kind.name for kind in trace_kinds(core.run(SMALL), chart="", screen="")]


def test_the_table_is_that_of_the_network(tmp_path: Path) -> None:
    with written("csv", foreign(), tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert {row["parameter"] for row in found} == {*foreign().network.parameters, "x"}
    assert {int(row["lag"]) for row in found} == set(range(20))


def test_the_arrays_alone_give_the_same_profile_again(tmp_path: Path) -> None:
    found = np.load(written("npz", foreign(), tmp_path / "a.npz"))
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


# On the screen


def opened(scenario, given: Trace | None = None, settings: Experiment | None = None):
    """Run a coroutine on the explorer, opened on a trace from elsewhere."""
    import asyncio
    import tempfile

    from tui.explorer.app import RnnApp

    async def run() -> None:
        async with RnnApp(settings, given=given).run_test(size=MEDIUM) as pilot:
            drive = Drive(pilot)
            await drive.until(lambda: drive.screen.shown.trace is not None)
            await pilot.pause()
            await scenario(drive)

    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        for variable in HOMES:
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
        assert drive.screen.check_action("seed", ()) is None is drive.screen.check_action("remedies", ())
        drive.screen.show_tab("tab-training")
        await drive.pilot.pause()
        status = drive.one(TrainingPanel).query_one("#training-status")
        await drive.until(lambda: "Not trained yet" in text_of(status))
        assert "the same batch of 3 every step" in " ".join(text_of(status).split())
        assert "To beat" not in text_of(status), "nothing is known of these data"
        await drive.press("p", "W")
        await drive.until(lambda: drive.screen.shown.run is not None and drive.trace.training_step == 1)
        await drive.pilot.pause()
        assert f"{TITLE} · trained 1 update" in headline(drive)
        assert drive.trace.origin.digest == foreign().origin.digest
        assert drive.trace.origin.settings is None
        pinned = " ".join(text_of(drive.one(ComparisonPanel)).split())
        assert "updates 0 → 1" in pinned and "gain" not in pinned

    opened(scenario, given=foreign())


def test_a_network_of_the_settings_beside_a_given_one() -> None:
    rows = {name: (before, after) for name, before, after in differences(foreign(), core.run(Experiment()))}
    assert rows["cell"] == ("LSTM", "vanilla RNN")
    assert rows["units"] == ("32", "16") and rows["data"] == ("own data", "sunspots")
    assert "gain" not in rows and "seed" not in rows
    same = differences(foreign(), core.run(network=network(), batch=batch()))
    assert same[-1] == ("network and data", "the same", "the same")
    other = differences(foreign(), core.run(network=network(seed=5), batch=batch()))
    assert [row[0] for row in other] == ["all losses: gradient", "its horizon", "loss"]


def test_pinned_given_and_settings_change_places() -> None:
    async def scenario(drive: Drive) -> None:
        own = headline(drive)
        await drive.press("p")
        take_up(drive.screen, replace(drive.screen.subject, given=foreign()))
        await drive.until(lambda: drive.trace.network.cell_name == "lstm")
        await drive.pilot.pause()
        assert TITLE in headline(drive)
        assert "vanilla RNN → LSTM" in " ".join(text_of(drive.one(ComparisonPanel)).split())
        drive.screen.action_swap()
        await drive.until(lambda: drive.trace.network.cell_name == "rnn")
        await drive.pilot.pause()
        assert headline(drive) == own
        assert "LSTM → vanilla RNN" in " ".join(text_of(drive.one(ComparisonPanel)).split())
        drive.screen.action_swap()
        await drive.until(lambda: drive.trace.network.cell_name == "lstm")
        await drive.enter("learning_rate", 0.5)
        await drive.until(
            lambda: drive.screen.session.is_shown and drive.screen.subject.experiment.learning_rate == 0.5
        )
        assert drive.screen.subject.given is foreign(), "how to train is no other network"
        change_settings(drive.screen, SMALL)
        await drive.until(lambda: drive.screen.session.is_shown and drive.trace.network.cell_name == "rnn")
        drive.screen.action_undo()
        await drive.until(lambda: drive.screen.session.is_shown and drive.trace.network.cell_name == "lstm")

    opened(scenario, settings=SMALL)
