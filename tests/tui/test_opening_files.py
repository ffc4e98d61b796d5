"""Files in the explorer: a network of one on data of another, the dialog that asks what a file leaves open, and `O`."""

from __future__ import annotations

import asyncio
import math
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driving import HOMES, MEDIUM, NARROW, WIDE, Drive, explorer, text_of
from textual.widgets import Input, OptionList

import core
from core import Experiment, Given
from core.sources.driving import Asked
from tui.explorer.app import RnnApp
from tui.explorer.dialogs.browse import FileBrowser
from tui.explorer.dialogs.data_file import DataDialog
from tui.explorer.dialogs.network_file import Answer, NetworkDialog
from tui.explorer.dialogs.network_parts import choices, facts_text, part_row
from tui.explorer.screen import Explorer
from tui.report.opened import Unanswered, given_of

FILES = Path(__file__).parents[1] / "core" / "files"
SMALL = Experiment(hidden_size=3, timesteps=6)


def checkpoint(folder: Path, parts: tuple[str, ...] = ("rnn",), units: int = 3) -> Path:
    """LSTMs of two layers with two inputs, and a read-out of one number, under PyTorch's names."""
    rng, arrays = np.random.default_rng(3), {}
    for part in parts:
        for layer, inputs in ((0, 2), (1, units)):
            for name, shape in (("weight_ih", (4 * units, inputs)), ("weight_hh", (4 * units, units))):
                arrays[f"{part}.{name}_l{layer}"] = rng.uniform(-0.5, 0.5, shape)
            for name in ("bias_ih", "bias_hh"):
                arrays[f"{part}.{name}_l{layer}"] = rng.uniform(-0.5, 0.5, 4 * units)
    path = folder / "model.npz"
    np.savez(path, **arrays, **{"fc.weight": rng.uniform(-0.5, 0.5, (1, units)), "fc.bias": np.zeros(1)})
    return path


def weather(folder: Path, rows: int = 80) -> Path:
    path = folder / "weather.csv"
    values = [f"{row},{math.sin(row / 3):.4f},{math.cos(row / 5):.4f},{row % 7}" for row in range(rows)]
    path.write_text("\n".join(["day,rain,sun,cloud", *values]))
    return path


def run(scenario: Callable[[Drive], Awaitable[None]], app: Callable[[], RnnApp], size: tuple[int, int]) -> None:
    async def main() -> None:
        async with app().run_test(size=size) as pilot:
            await scenario(Drive(pilot))

    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        for variable in HOMES:
            patch.setenv(variable, home)
        patch.chdir(home)
        asyncio.run(main())


def painted(drive: Drive) -> str:
    """What stands on the screen."""
    lines = ["".join(segment.text for segment in strip) for strip in drive.app.screen._compositor.render_strips()]
    return " ".join(" ".join(lines).split())


def is_explored(drive: Drive) -> bool:
    return isinstance(drive.app.screen, Explorer) and drive.screen.session.is_followed


TABS = {
    "lags": ("W_·a_1", "W_·a_2", "W_y", "layer 2"),
    "map": ("W_ia_1", "lag k"),
    "units": ("a_1", "c_2", "unit"),
    "jacobians": ("singular value", "lag k"),
    "training": ("Not trained yet", "batches of 1", "persistence"),
    "question": ("The answer in this network", "W_ix_1"),
    "step": ("i_1⟨1⟩ = σ(W_ia_1 a_1⟨0⟩",),
}
"""Tab → what stands there of a stack of two LSTMs on two columns"""


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_panel_is_of_the_network_of_one_file_on_the_data_of_another(
    size: tuple[int, int], tmp_path: Path
) -> None:
    data = Experiment(
        task="table", data=str(weather(tmp_path)), inputs="rain,sun", targets="cloud", timesteps=8, training_steps=12
    )
    given = given_of(core.open_checkpoint(checkpoint(tmp_path)), Asked(), data, on_data=True)
    on = "model.npz rnn on weather.csv"

    async def scenario(drive: Drive) -> None:
        await drive.until(lambda: is_explored(drive))
        network, batch = drive.trace.network, drive.trace.batch
        assert network.cell_name == "lstm+lstm" and network.readout_name == "identity"
        np.testing.assert_array_equal(batch.inputs, core.make_batch(data).inputs)
        np.testing.assert_array_equal(batch.targets, core.make_batch(data).targets)
        for tab, words in TABS.items():
            if tab == "step" and size == WIDE:
                continue  # it has its place at the side
            await drive.screen.show(replace(drive.screen.view, tab=f"tab-{tab}"))
            await drive.pilot.pause()
            shown = painted(drive)
            for one in (f"2-layer LSTM · tanh · 3 units · {on}", "rain", "sun", *words):
                assert one in shown, (tab, one)
            assert "unspot" not in shown
            assert shown.count("vanilla") == (tab == "question"), "but where the question is quoted"
        if size == WIDE:
            assert TABS["step"][0] in shown
            hint = " ".join(text_of(drive.screen.query_one("#setting-help")).split())
            assert hint.startswith("This network and its data were given")
        await drive.press("W")
        await drive.until(lambda: drive.trace.training_step == 1 and is_explored(drive))
        assert "trained 1 update" in painted(drive) or size == NARROW
        assert drive.trace.origin.told == given.origin.told and drive.trace.origin.makes_batch
        assert "unspot" not in painted(drive)

    run(scenario, lambda: RnnApp(data, given=given), size)


# What a file leaves open


def test_facts_and_choices_of_a_part_are_those_that_the_file_leaves_open(tmp_path: Path) -> None:
    plain, both = (core.open_checkpoint(FILES / name).candidate() for name in ("rnn_weights.pt", "bidirectional.pt"))
    assert dict(choices(plain))["activation"][:3] == [("choose", ""), ("tanh", "tanh"), ("relu", "relu")]
    assert {"layer", "direction", "gates"}.isdisjoint(choices(plain))
    assert [value for _, value in choices(both)["layer"]] == ["", "1", "2"]
    assert choices(both)["gates"][0] == ("sigmoid *", "")
    assert "asks for activation" in part_row(plain).plain and "asks" not in part_row(both).plain
    lines = facts_text(plain).plain.splitlines()
    assert len(lines) == len(plain.facts)
    assert lines[0].split()[:3] == ["cell", "INFERRED", "rnn"]
    assert any(line.startswith("activation   UNKNOWN") and "weights do not tell it" in line for line in lines)
    module = core.open_checkpoint(FILES / "rnn_module.pt").candidate()
    assert "activation" not in choices(module), "it stands in the file"
    core.save_network(core.make_network(SMALL), tmp_path / "own.npz")
    assert not choices(core.open_checkpoint(tmp_path / "own.npz").candidate())


def test_what_stands_between_and_what_pools_is_offered_where_the_file_does_not_say_it() -> None:
    plain, module = (core.open_checkpoint(FILES / name).candidate() for name in ("headed.pt", "headed_module.pt"))
    assert [value for _, value in choices(plain)["between"]] == ["", "relu", "tanh", "sigmoid", "identity"]
    assert [value for _, value in choices(plain)["pooling"]] == ["", "every", "last", "mean", "max"]
    assert "between" not in choices(module) and "pooling" in choices(module)
    assert {"between", "pooling"}.isdisjoint(choices(core.open_checkpoint(FILES / "cudnn_lstm.h5").candidate()))
    asked = Asked(readout="head.0+head.3", between="relu", pooling="max", loss="cross-entropy")
    given = given_of(core.open_checkpoint(FILES / "headed.pt"), asked, SMALL)
    assert given.network.readout_name == "max:relu>softmax"
    with pytest.raises(ValueError, match="a probe stands in the place of a read-out and its loss"):
        given_of(core.open_checkpoint(FILES / "headed.pt"), replace(asked, readout="probe"), SMALL)


def note(dialog: NetworkDialog) -> str:
    return " ".join(text_of(dialog.query_one("#network-note")).split())


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_program_opens_on_what_a_file_leaves_open(size: tuple[int, int]) -> None:
    unanswered = Unanswered(core.open_checkpoint(FILES / "rnn_weights.pt"), Asked(), on_data=False)

    async def scenario(drive: Drive) -> None:
        await drive.until(lambda: isinstance(drive.app.screen, NetworkDialog) and drive.app.screen.opened)
        dialog = drive.app.screen
        assert isinstance(dialog, NetworkDialog)
        await drive.until(lambda: "the activation of rnn is not known" in note(dialog))
        assert "unspot" not in painted(drive) and "UNKNOWN" in painted(drive)
        assert isinstance(dialog.focused, Answer) and dialog.focused.name == "activation"
        await drive.press("enter")
        await drive.pilot.pause()
        assert dialog.is_current, "nothing is opened as long as something is missing"
        await drive.press("right", "right")
        await drive.until(lambda: "Vanilla RNN · relu" in note(dialog))
        fields = {field.name: field for field in dialog.query(Input)}
        fields["timesteps"].value = "many"
        await drive.until(lambda: "timesteps: 'many' was given" in note(dialog))
        fields["batch_size"].value = "2"
        await drive.until(lambda: not dialog._looking)
        assert "timesteps: 'many' was given" in note(dialog) and fields["timesteps"].has_class("-wrong")
        await drive.press("ctrl+s")
        await drive.pilot.pause()
        assert dialog.is_current, "what a field that is wrong would say is not opened otherwise"
        fields["batch_size"].value = "1"
        fields["timesteps"].value = "7"
        await drive.until(lambda: "7 steps" in note(dialog))
        await drive.press("enter", "enter")
        await drive.until(lambda: is_explored(drive))
        assert drive.trace.network.activation_name == "relu" and len(drive.trace.tape.losses) == 7
        assert "rnn_weights.pt rnn, 7 steps" in painted(drive) and "unspot" not in painted(drive)

    run(scenario, lambda: RnnApp(SMALL, given=unanswered), size)


@explorer(SMALL, size=MEDIUM, only="work")
async def test_o_opens_a_network_asks_which_part_and_puts_it_on_data(drive: Drive) -> None:
    model, data = checkpoint(Path.home(), parts=("enc", "dec")), weather(Path.home())
    (Path.home() / "a.pdf").write_bytes(b"%PDF-1.7\n\0")
    await drive.press("O")
    await drive.until(lambda: isinstance(drive.app.screen, FileBrowser) and drive.app.screen.opened)
    await typed(drive, Path.home() / "a.pdf")
    await drive.until(lambda: "it is a PDF" in painted(drive), "the sentence, in the browser that is open again")
    await drive.until(lambda: drive.app.screen.opened)  # type: ignore[attr-defined]
    await typed(drive, model)
    await drive.until(lambda: isinstance(drive.app.screen, NetworkDialog) and drive.app.screen.opened)
    dialog = drive.app.screen
    assert isinstance(dialog, NetworkDialog)
    listed = dialog.query_one(OptionList)
    assert [listed.get_option_at_index(at).prompt.plain for at in range(2)] == [  # type: ignore[union-attr]
        "enc: 2 layers of LSTM, 2 inputs, 3 units",
        "dec: 2 layers of LSTM, 2 inputs, 3 units",
    ]
    await drive.press("down")
    await drive.until(lambda: "model.npz dec, 6 steps" in note(dialog))
    await drive.press("d")
    await drive.until(lambda: isinstance(drive.app.screen, FileBrowser) and drive.app.screen.opened)
    await typed(drive, data)
    await drive.until(lambda: isinstance(drive.app.screen, DataDialog) and drive.app.screen._fits is not None)
    await drive.press("enter")
    await drive.until(lambda: "dec reads 2 inputs, and weather.csv: rain has 3" in note(dialog))
    assert "choose 2 of rain, sun, cloud as inputs" in note(dialog)
    await drive.press("d")
    await drive.until(lambda: isinstance(drive.app.screen, FileBrowser) and drive.app.screen.opened)
    await typed(drive, data)
    await drive.until(lambda: isinstance(drive.app.screen, DataDialog) and drive.app.screen._fits is not None)
    drive.app.screen.query_one("#data-columns", OptionList).highlighted = 3
    await drive.press("space")
    await drive.until(
        lambda: isinstance(drive.app.screen, DataDialog) and drive.app.screen._experiment.inputs == "rain,sun"
    )
    await drive.press("enter")
    await drive.until(lambda: "read-out fc from the file" in note(dialog))
    await drive.pilot.click("#network-does", offset=(50, 0))
    await drive.until(lambda: is_explored(drive) and drive.trace.network.cell_name == "lstm+lstm")
    assert drive.trace.origin.label == "model.npz dec on weather.csv: rain"
    await drive.press("N")
    await drive.until(lambda: isinstance(drive.app.screen, NetworkDialog) and drive.app.screen.opened)
    assert drive.app.screen.query_one(OptionList).highlighted == 1, "the part that is in force"
    await drive.press("n")
    again = drive.app.screen
    assert isinstance(again, NetworkDialog)
    await drive.until(lambda: "noise of mean 0" in note(again))
    await drive.press("escape", "u")
    await drive.until(lambda: is_explored(drive) and drive.trace.network.cell_name == "rnn")


async def typed(drive: Drive, path: Path) -> None:
    field = drive.app.screen.query_one("#browse-path", Input)
    field.focus()
    field.value = str(path)
    await drive.press("enter")


@explorer(SMALL, size=MEDIUM, only="work")
async def test_saved_traces_come_back_as_settings_or_as_what_was_given(drive: Drive) -> None:
    made, other = SMALL.replace(cell="gru", gain=0.5), core.make_network(SMALL.replace(gain=2.0))
    core.save_trace(core.run(made), Path.home() / "made.npz")
    core.save_trace(core.run(SMALL, network=other, k1=2, k2=3), Path.home() / "given.npz")
    await drive.press("O")
    await drive.until(lambda: isinstance(drive.app.screen, FileBrowser) and drive.app.screen.opened)
    await typed(drive, Path.home() / "made.npz")
    await drive.until(lambda: is_explored(drive) and drive.trace.network.cell_name == "gru")
    assert drive.screen.subject.experiment == made and drive.screen.subject.given is None
    await drive.press("O")
    await drive.until(lambda: isinstance(drive.app.screen, FileBrowser) and drive.app.screen.opened)
    await typed(drive, Path.home() / "given.npz")
    await drive.until(lambda: is_explored(drive) and drive.trace.network.same_as(other))
    assert isinstance(drive.screen.subject.given, Given) and drive.trace.truncation is not None
    assert drive.screen.check_action("network", ()) is None, "nothing was asked of this file"
