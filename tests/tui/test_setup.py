"""A setup as a code: what is encoded is decoded equal, and what cannot be opened is told in a sentence."""

from __future__ import annotations

import asyncio
import random
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import pytest
from driving import HOMES, Drive, blank_scroll_bars, explorer
from hypothesis import given, settings
from hypothesis import strategies as st

import core
from core.settings.setup_code import BASE, decoded, encoded, experiment_of, setup_code
from core.sources.driving import Asked
from tui import cli
from tui.explorer.app import RnnApp
from tui.explorer.dialogs.setup import SetupDialog
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.lag_range import LagRange
from tui.explorer.session.lesson import keep
from tui.explorer.session.setup import FromFile, Setup, Tab, setup_of
from tui.explorer.session.view import View


def values_of(name: str) -> st.SearchStrategy[Any]:
    one = core.settings()[name]
    if one.kind == "choice":
        return st.sampled_from(one.choices)
    if one.kind == "integer":
        return st.integers(int(one.low), min(int(one.high), 40))
    if one.kind == "number":
        return st.floats(one.low, one.high, allow_nan=False)
    return st.text(max_size=12)


EXPERIMENTS = st.sets(st.sampled_from([*core.settings()]), max_size=8).flatmap(
    lambda names: st.fixed_dictionaries({name: values_of(name) for name in sorted(names)})
)
STEPS = st.integers(1, 5000)
NAMES = st.text(max_size=20)
VIEWS = st.builds(
    View,
    curve=st.sampled_from(["typical", "summed"]),
    grouping=st.sampled_from(["source", "gate", "layer", "parameter"]),
    hidden=st.frozensets(NAMES, max_size=4),
    as_table=st.booleans(),
    seeds=st.sampled_from([0, 20, 100]),
    theory=st.booleans(),
    spectrum=st.booleans(),
    parameter=st.none() | NAMES,
    quantity=st.none() | NAMES,
    unit=STEPS,
    tab=st.sampled_from(["tab-lags", "tab-map", "tab-diagnosis", "tab-question", "tab-step"]),
    loss=st.sampled_from(["last", "all"]) | STEPS,
    before_all=st.just("last") | STEPS,
    lags=st.none() | st.builds(LagRange, st.integers(0, 50), st.integers(60, 5000)),
    training_chart=st.sampled_from(["metric", "norms", "dynamics", "lags"]),
)
FILES = st.none() | st.builds(
    FromFile, NAMES, st.just("0123456789ab"), st.builds(Asked, part=st.none() | NAMES, layer=st.none() | STEPS)
)


@given(EXPERIMENTS, VIEWS, st.integers(-5000, 5000), st.integers(0, 10**6), FILES)
@settings(max_examples=150)
def test_what_is_encoded_is_decoded_equal(
    values: dict[str, Any], view: View, place: int, trained: int, file: FromFile | None
) -> None:
    try:
        experiment = core.Experiment(**values)
    except ValueError:
        return  # too large together
    setup = Setup(experiment, view, place, trained, file)
    code = setup.code
    assert setup_of(code) == setup
    assert code.isascii() and code.replace("-", "").replace("_", "").isalnum()


def test_a_code_says_only_what_differs() -> None:
    assert len(Setup(core.Experiment()).code) <= 12
    assert len(Setup(core.Experiment(cell="lstm", gain=1.2), View(tab="tab-map"), -36).code) <= 60
    assert decoded(setup_code(core.Experiment(gain=1.25))) == {"s": {"gain": 1.25}}


def test_a_code_of_an_earlier_version_opens_what_it_opened() -> None:
    """Neither `BASE`, `WORDS` nor the form of a version is ever changed: these stand in papers and mails."""
    assert setup_of("1mHwAq64FAA") == Setup(core.Experiment(**BASE))
    known = {"cell": "gru", "gain": 1.35}
    assert experiment_of(decoded(KNOWN)) == core.Experiment(**{**BASE, **known})
    assert setup_of(KNOWN).view == View(tab="tab-jacobians", loss="all", theory=True, hidden=frozenset({"W_ax", "x"}))
    assert setup_of(KNOWN).place == -36


KNOWN = "1ObNCg3CMzSA8mKUQ22CajU1roRohFilZRSuFxydWAJVUKMUCAwMY3kBNwBAHOxEW5PCgBImCE42SFShia2sB"


@pytest.mark.parametrize("place", range(1, 24, 3))
def test_a_damaged_code_is_noticed(place: int) -> None:
    code = Setup(core.Experiment(gain=1.2), View(tab="tab-map")).code
    changed = code[:place] + ("A" if code[place] != "A" else "B") + code[place + 1 :]
    last = code[:-1] + chr(ord(code[-1]) + 1)
    for wrong in (changed, code[:place], code + "AAAA", last):
        with pytest.raises(ValueError, match=r"damaged"):
            setup_of(wrong)
    assert setup_of(f" {code[:place]}\n {code[place:]} ") == setup_of(code)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "no code was given"),
        ("2abc", "from a newer version"),
        ("é", "damaged, or from a newer version"),
        (encoded({"s": {"gian": 1}}), "gian: is not a setting"),
        (encoded({"s": {"gain": -1}}), "gain: -1 was given"),
        (encoded({"s": 1}), "no table of settings"),
        (encoded({"v": {"tab": "tab-else"}}), r"does not know \(v\.tab\)"),
        (encoded({"z": 1}), "does not know"),
        (encoded({"c": 10**7}), "allowed are at most"),
    ],
)
def test_what_cannot_be_opened_is_told_in_a_sentence(code: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=said):
        setup_of(code)
    assert cli.main(["report", "--setup", code]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_code_cannot_be_made_to_fill_the_memory() -> None:
    with pytest.raises(ValueError, match="damaged"):
        decoded(encoded({"s": "a" * 1_000_000}))


def test_a_code_of_a_network_in_a_file_asks_for_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    code = Setup(core.Experiment(), file=FromFile("net.npz")).code
    assert cli.main(["report", "--setup", code]) == 2
    assert "the network in net.npz, which no code can carry; give the file too" in capsys.readouterr().err
    assert cli.main(["--setup", code, "--preset", "lstm"]) == 2
    assert "--preset and --setup were both given" in capsys.readouterr().err


def test_the_command_that_opens_a_code_is_one_a_shell_takes(capsys: pytest.CaptureFixture[str]) -> None:
    setup = Setup(core.Experiment(), file=FromFile("my net; echo 'x'.pt"))
    said = SetupDialog(setup, setup.code).command
    assert shlex.split(said) == ["rnn-tui", "my net; echo 'x'.pt", "--setup", setup.code]
    assert cli.main(["report", "--setup", setup.code]) == 2
    assert said.removesuffix(setup.code) in capsys.readouterr().err


def test_a_name_that_is_too_long_for_a_code_is_told_in_a_sentence() -> None:
    for setup in (
        Setup(core.Experiment(), file=FromFile("net.pt", asked=Asked(part="p" * 201))),
        Setup(core.Experiment(), View(parameter="W" * 201)),
    ):
        with pytest.raises(ValueError, match=r"^a code has names of at most 200 characters; save a file instead$"):
            _ = setup.code


def test_what_a_code_cannot_say_is_named_for_what_it_is() -> None:
    with pytest.raises(ValueError, match=r"^a code cannot say unit = 0; save a file instead$"):
        _ = Setup(core.Experiment(), View(unit=0)).code


KEYS = ("right", "L", "end", "home", "t", "f", "less_than_sign", "c", "g", "2", "3", "5", "6", "7", "up", "b")
"""Without `v` and `4`: how far a table or the Jacobians are scrolled is no part of a setup"""


async def of_keys(keys: tuple[str, ...], experiment: core.Experiment, size: tuple[int, int]) -> tuple[str, str]:
    """The code, and the screen as text, after some keys."""
    async with RnnApp(experiment).run_test(size=size) as pilot:
        drive = Drive(pilot)
        await drive.settled()
        await drive.press(*keys)
        await drive.settled()
        await looked_at(drive)
        shown = screen(drive)
        await drive.press("Y")
        await drive.until(lambda: "SetupDialog" in str(drive.app.screen))
        return drive.app.clipboard, shown


async def of_code(setup: Setup, size: tuple[int, int], expected: str) -> str:
    """The screen as text that a code opens, once it is what is expected, if ever."""
    async with RnnApp(setup.experiment, setup=setup).run_test(size=size) as pilot:
        drive = Drive(pilot)
        await drive.settled()
        await drive.until(lambda: Setup.of(drive.screen.session) == setup)
        await looked_at(drive)
        with suppress(AssertionError):
            await drive.until(lambda: screen(drive) == expected)
        return screen(drive)


async def looked_at(drive: Drive) -> None:
    """Everything that is looked at has been worked out, and no message covers it."""
    drive.screen.set_focus(None)
    await drive.screen.show(drive.screen.view)
    drive.screen.set_focus(None)
    drive.app.clear_notifications()
    seen: list[str] = []
    await drive.until(lambda: seen.append(screen(drive)) or len({*seen[-5:]}) == 1 < len(seen[-5:]))


def screen(drive: Drive) -> str:
    """What is on the screen, line by line, without its colors; the footer says what keys do and not what is shown."""
    lines = [list(line.text) for line in drive.app.screen._compositor.render_strips()]
    blank_scroll_bars(drive.app, lines)
    return "\n".join("".join(line).rstrip() for line in lines[:-1])


def same_screen(keys: tuple[str, ...], experiment: core.Experiment, size: tuple[int, int], home: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for variable in HOMES:
            patch.setenv(variable, str(home))
        code, before = asyncio.run(of_keys(keys, experiment, size))
        opened: list[Setup] = []
        patch.setattr(cli, "_open", lambda experiment, *, setup, **_: opened.append(setup) or 0)
        patch.setattr("tui.cli.terminal.missing_terminal", lambda: "")
        assert cli.main(["--setup", code]) == 0
        assert opened[0].experiment == experiment
        assert asyncio.run(of_code(opened[0], size, before)) == before


@pytest.mark.parametrize(
    ("keys", "settings", "size"),
    [
        (("end", "L", "2", "g", "less_than_sign"), {"cell": "gru", "timesteps": 12}, (120, 36)),
        (("f", "c", "t", "7"), {"hidden_size": 4, "timesteps": 20, "seed": 3}, (80, 24)),
    ],
)
def test_a_code_copied_from_one_run_opens_the_same_screen_in_another(
    keys: tuple[str, ...], settings: dict[str, Any], size: tuple[int, int], tmp_path: Path
) -> None:
    same_screen(keys, core.Experiment(**settings), size, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_code_copied_after_any_keys_opens_the_same_screen(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    experiment = core.Experiment(
        cell=draw.choice(["rnn", "gru", "lstm"]), timesteps=draw.randint(3, 30), gain=draw.choice([0.5, 0.9, 1.3])
    )
    keys = tuple(draw.choices(KEYS, k=draw.randint(1, 8)))
    same_screen(keys, experiment, draw.choice([(80, 24), (120, 36), (160, 48)]), tmp_path)


@explorer(core.Experiment(timesteps=6, hidden_size=2))
async def test_the_dialog_says_what_the_code_opens_and_what_is_not_in_it(drive: Drive) -> None:
    await drive.press("p", "end", "W")
    await drive.until(lambda: drive.screen.training_step == 1 and drive.screen.session.is_shown)
    await drive.press("Y")
    await drive.until(lambda: "SetupDialog" in str(drive.app.screen))
    said = drive.app.export_screenshot().replace("&#160;", " ")
    assert setup_of(drive.app.clipboard) == Setup.of(drive.screen.session)
    assert setup_of(drive.app.clipboard).trained == 1
    assert "rnn-tui --setup 1" in said and "pinned traces are not in it" in said
    await drive.press("escape")
    assert drive.app.screen is drive.screen


def test_every_report_and_table_shows_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    code = setup_code(core.Experiment(timesteps=4, hidden_size=2))
    for form in ("--json", "--csv=-"):
        assert cli.main(["report", "--setup", code, form]) == 0
        assert code in capsys.readouterr().out


def test_every_tab_can_stand_in_a_code_and_in_a_lesson() -> None:
    tabs = list(get_args(Tab))
    assert len(tabs) == 8
    for tab in tabs:
        assert setup_of(Setup(core.Experiment(), View(tab=tab)).code).view.tab == tab
        assert keep(core.Experiment(), View(tab=tab), Cursor(50)).tab == tab.removeprefix("tab-")


@explorer(core.Experiment(timesteps=4, hidden_size=2))
async def test_the_tabs_of_codes_are_those_of_the_screen(drive: Drive) -> None:
    assert {pane for pane, _ in drive.screen.tab_titles()} == {*get_args(Tab)}


def test_a_network_in_a_file_is_opened_as_the_code_answers_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code has the file's name and digest, and what was answered; what is given on the command line goes first."""
    file = str(Path(__file__).parents[1] / "core" / "files" / "stack3.pt")
    monkeypatch.setattr("tui.cli.terminal.missing_terminal", lambda: "")
    opened: list[tuple[Any, Setup | None]] = []
    monkeypatch.setattr(cli, "_open", lambda _, *, given, setup, **__: opened.append((given, setup)) or 0)
    assert cli.main([file, "--layer", "2", "--timesteps", "7"]) == 0
    before = opened[0][0]
    setup = Setup(core.Experiment(timesteps=7), View(tab="tab-map"), -3, file=FromFile.of(before))
    assert setup_of(setup.code) == setup and setup.file is not None and setup.file.name == "stack3.pt"
    assert cli.main([file, "--setup", setup.code]) == 0
    again, told = opened[1]
    assert told == setup and again.origin == before.origin and again.asked == before.asked
    assert cli.main([file, "--setup", setup.code, "--layer", "1"]) == 0
    assert opened[2][0].asked.layer == 1
