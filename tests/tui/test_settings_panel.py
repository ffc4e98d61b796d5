"""Every setting is on the screen and live; what is not allowed is marked with its reason and changes nothing."""

from __future__ import annotations

from itertools import cycle, groupby, pairwise

import pytest
from driving import MEDIUM, NARROW, WIDE, Drive, explorer, text_of
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from textual.widgets import Label, Static

from core import Experiment, InvalidSettingsError, Setting, settings
from tui.explorer.actions.settings import change
from tui.explorer.actions.settings import change as change_settings
from tui.explorer.panels.settings import SettingsPanel, chosen_first, whole_sentences
from tui.explorer.session.view import View
from tui.explorer.widgets.footer import FittingFooter
from tui.explorer.widgets.setting_row import CHANGED, NAME, Rows, SettingRow, stepped

SETTINGS = list(settings().values())
NUMBERS = [setting for setting in SETTINGS if setting.kind in ("integer", "number")]
CHOICES = [setting for setting in SETTINGS if setting.kind == "choice"]
SMALL = Experiment(timesteps=6, hidden_size=3, seed=0)


def reason(row: SettingRow) -> str:
    """What the row says is wrong, if anything."""
    return "".join(text_of(label) for label in row.query(".reason") if label.display)


def name_of(row: SettingRow) -> str:
    """The name that the row paints, with its mark."""
    return row.render_line(0).text[:NAME].rstrip()


def value_of(row: SettingRow) -> str:
    """The value that the row paints, as long as no field or list stands there."""
    columns = row.value_columns(row.size.width)
    return row.render_line(0).text[columns.start : columns.stop].removesuffix(" ▼ ").rstrip()


def another(setting: Setting, now: float) -> float:
    """A valid value of a number that is not the present one."""
    by = 1 if setting.kind == "integer" else 0.25
    return now + by if now + by <= setting.high else now - by


# Every setting is there


@explorer(SMALL, only="settings")
async def test_every_setting_has_a_row_with_its_label_its_value_and_its_help(drive: Drive) -> None:
    rows = list(drive.screen.query(SettingRow))
    assert sorted(row.setting.name for row in rows) == sorted(settings())
    groups = [group for group, _ in groupby(row.setting.hint.group for row in rows)]
    assert groups == list(dict.fromkeys(setting.hint.group for setting in SETTINGS)), "a group stands in one place"
    for row in rows:
        assert row.display == row.setting.matters(SMALL)
        if row.display:
            check(row, SMALL)
    for row in rows:
        if not row.display:
            await shown(drive, row)
            check(row, drive.screen.subject.experiment)


async def shown(drive: Drive, row: SettingRow) -> None:
    """Choose something that gives this setting an effect."""
    choices = [(one.name, choice) for one in settings().values() for choice in one.choices or (str(int(one.high)),)]
    for name, choice in choices:
        try:
            wanted = drive.screen.subject.experiment.replace(**{name: choice})
        except InvalidSettingsError:
            continue
        if row.setting.matters(wanted):
            change_settings(drive.screen, wanted)
            await drive.settled()
            return
    raise AssertionError(f"no choice gives {row.setting.name} an effect")


@explorer(SMALL.replace(momentum=0.123456789, forget_bias=-0.987654321), only="settings")
async def test_a_setting_that_comes_to_have_an_effect_shows_its_value_and_leaves_it_alone(drive: Drive) -> None:
    assert not drive.row("momentum").display
    assert not drive.row("forget_bias").display
    for name in ("momentum", "forget_bias"):
        await shown(drive, drive.row(name))
        drive.row(name).focus_control()
        value = drive.screen.subject.experiment.model_dump()[name]
        assert drive.field(name).value == f"{value:.6g}"
    assert drive.screen.subject.experiment.momentum == 0.123456789
    assert drive.screen.subject.experiment.forget_bias == -0.987654321
    await drive.press("escape", "u", "u")
    assert drive.screen.subject.experiment == SMALL.replace(momentum=0.123456789, forget_bias=-0.987654321)


def check(row: SettingRow, experiment: Experiment) -> None:
    """A row has its label, its value and its help."""
    value = experiment.model_dump()[row.setting.name]
    assert name_of(row).removesuffix(CHANGED).strip() == row.setting.label
    if row.setting.kind == "choice" or row.setting.kind == "text":
        assert value_of(row) == value
    else:
        assert float(value_of(row)) == value
    assert row.setting.help in str(row.tooltip)
    assert row.setting.allowed in str(row.tooltip)
    assert row.is_changed == name_of(row).endswith(CHANGED) == (value != row.setting.default)


@explorer(SMALL, size=WIDE, only="settings")
async def test_no_key_stands_in_the_footer_twice(drive: Drive) -> None:
    await drive.press("s")
    one_of_each = {row.setting.kind: row for row in drive.screen.query(SettingRow) if row.display}
    for row in one_of_each.values():
        row.focus_control()
        await drive.pilot.pause()
        keys = [key.display for key in drive.one(FittingFooter)._keys]
        assert len(keys) == len(set(keys)), row.setting.name


# What is typed reaches the trace


@explorer(SMALL, only="settings")
async def test_a_number_typed_reaches_the_trace(drive: Drive) -> None:
    wanted = SMALL
    for setting in NUMBERS:
        if not setting.matters(wanted):
            continue
        value = another(setting, wanted.model_dump()[setting.name])
        wanted = wanted.replace(**{setting.name: value})
        if setting.name in ("timesteps", "gain"):
            await drive.type(setting.name, f"{value:g}")
        else:
            await drive.enter(setting.name, f"{value:g}")  # at once: the characters are those of the same field
        await drive.settled()
        assert drive.trace.experiment == wanted
        assert drive.field(setting.name).value == f"{value:g}"
        assert not reason(drive.row(setting.name))


@explorer(SMALL, only="settings")
async def test_a_choice_made_with_the_keyboard_reaches_the_trace(drive: Drive) -> None:
    wanted = SMALL
    for setting in CHOICES:
        if len(setting.choices) == 1 or not setting.matters(wanted):
            continue
        drive.screen.set_focus(drive.choice(setting.name))
        now = setting.choices.index(wanted.model_dump()[setting.name])
        toward, there = ("down", now + 1) if now + 1 < len(setting.choices) else ("up", now - 1)
        await drive.press("enter", toward, "enter")
        await drive.settled()
        wanted = wanted.replace(**{setting.name: setting.choices[there]})
        assert drive.trace.experiment == wanted


@explorer(SMALL, only="settings")
async def test_a_field_keeps_what_is_typed_and_shows_a_change_from_elsewhere(drive: Drive) -> None:
    await drive.type("gain", "2.0")
    await drive.settled()
    assert drive.screen.subject.experiment.gain == 2.0
    assert drive.field("gain").value == "2.0"
    await drive.press("escape", "n")
    await drive.settled()
    assert drive.field("seed").value == str(SMALL.seed + 1)
    assert drive.row("seed").is_changed


@explorer(SMALL, only="settings")
async def test_a_change_from_elsewhere_does_not_overwrite_what_has_just_been_typed(drive: Drive) -> None:
    field, choice = drive.field("gain"), drive.choice("activation")
    await drive.pilot.pause()
    field.value, choice.value = "3", "relu"
    drive.screen.action_seed()  # before the panel has heard of the two
    assert (field.value, choice.value) == ("3", "relu")
    await drive.until(
        lambda: drive.screen.subject.experiment == SMALL.replace(gain=3.0, activation="relu", seed=1, data_seed=1)
    )
    await drive.settled()
    assert drive.trace.experiment == drive.screen.subject.experiment


# What is not allowed


@explorer(SMALL, only="settings")
async def test_the_reason_tells_the_value_that_is_shown_now(drive: Drive) -> None:
    await drive.type("seed", "abc")
    await drive.until(lambda: "0 is shown" in reason(drive.row("seed")))
    drive.screen.action_seed()
    await drive.until(lambda: "1 is shown" in reason(drive.row("seed")))
    assert len(drive.row("seed").query(".reason")) == 1


@explorer(SMALL, only="settings")
async def test_what_is_not_allowed_is_marked_with_its_reason_and_the_last_good_trace_stays(drive: Drive) -> None:
    for setting in NUMBERS:
        if not setting.matters(SMALL):
            continue
        row, good = drive.row(setting.name), SMALL.model_dump()[setting.name]
        for wrong in ("", f"{setting.high + 1:.0f}", f"{setting.low - 1:.0f}"):
            await drive.enter(setting.name, wrong)
            assert row.has_class("-invalid"), f"{setting.name} {wrong!r}"
            told = " ".join(reason(row).split())
            assert f"{wrong!r} was given" in told
            assert f"allowed is {setting.allowed}" in told
            assert drive.field(setting.name).value == wrong, "what was typed stays, to be mended"
            assert drive.trace.experiment == drive.screen.subject.experiment == SMALL
        await drive.enter(setting.name, good)
        assert not row.has_class("-invalid")
        assert not reason(row)


@explorer(SMALL, only="settings")
async def test_a_wrong_value_mended_to_another_is_live_again_and_of_two_each_by_itself(drive: Drive) -> None:
    await drive.type("gain", "1.x")
    assert drive.row("gain").has_class("-invalid")
    await drive.press("backspace", "5")
    await drive.settled()
    assert not drive.row("gain").has_class("-invalid")
    assert drive.trace.experiment == SMALL.replace(gain=1.5)
    await drive.enter("gain", "-1")
    await drive.enter("bias", "x")
    assert drive.row("gain").has_class("-invalid")
    assert drive.row("bias").has_class("-invalid")
    await drive.enter("gain", "0.5")
    await drive.settled()
    assert not drive.row("gain").has_class("-invalid")
    assert drive.row("bias").has_class("-invalid"), "mending one setting does not hide what is wrong with another"
    await drive.enter("bias", "0.5")
    await drive.settled()
    assert not list(drive.screen.query("SettingRow.-invalid"))
    assert drive.trace.experiment == SMALL.replace(gain=0.5, bias=0.5)


@explorer(SMALL, only="settings")
async def test_what_is_no_number_is_marked_and_a_fraction_where_a_whole_number_is_asked_for(drive: Drive) -> None:
    for wrong in ("much", "1e999", "nan", "inf", "-inf", "1,5", "٣x", " "):
        await drive.enter("gain", wrong)
        assert f"{wrong!r} was given" in reason(drive.row("gain")), wrong
        assert drive.screen.subject.experiment == SMALL
    await drive.enter("gain", "0.9")
    await drive.type("timesteps", "6.5")
    assert "allowed is a whole number 1 … 5000" in " ".join(reason(drive.row("timesteps")).split())
    assert drive.trace.experiment == SMALL


LARGE = Experiment(timesteps=1, hidden_size=10, batch_size=1024)


@explorer(LARGE, only="settings")
async def test_settings_too_large_together_are_marked_and_mended(drive: Drive) -> None:
    await drive.enter("timesteps", "5000")
    together = drive.one(Label, "#together")
    assert together.display
    told = " ".join(text_of(together).split())
    assert "timesteps × batch_size × hidden_size is 51,200,000, allowed is at most 50,000,000" in told
    assert drive.trace.experiment == drive.screen.subject.experiment == LARGE
    await drive.enter("timesteps", "2")
    assert not together.display
    await drive.settled()
    assert drive.trace.experiment.timesteps == 2


# What stands in a row before the focus has been there


def painted(drive: Drive, row: SettingRow) -> list[tuple[str, Color | None, Color | None]]:
    """A row as it is on the screen: each character and its two colors."""
    strip = drive.screen._compositor.render_strips()[row.region.y].crop(row.region.x, row.region.right)
    return [
        (character, None if style is None else style.color, None if style is None else style.bgcolor)
        for text, style, _ in strip
        for character in text
    ]


def text_at(drive: Drive, row: SettingRow) -> str:
    """What a row says on the screen."""
    return "".join(character for character, *_ in painted(drive, row))


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "gruvbox"])
@explorer(SMALL.replace(gain=0.1234, initializer="orthogonal"), size=MEDIUM, only="settings")
async def test_a_row_looks_the_same_before_it_has_a_field_or_a_list_and_afterwards(drive: Drive, theme: str) -> None:
    drive.app.theme = theme
    await drive.pilot.pause()
    assert not drive.one(SettingsPanel).query("Input, Select"), "the start waits for no field and no list"
    for name in ("cell", "layers", "initializer", "gain", "seed"):
        row = drive.row(name)
        before = painted(drive, row)
        row.focus_control()
        await drive.pilot.pause()
        assert drive.screen.focused is row.control
        assert painted(drive, row) != before, "the focus is seen"
        drive.screen.set_focus(None)
        await drive.pilot.pause()
        assert painted(drive, row) == before
    assert drive.screen.subject.experiment == SMALL.replace(gain=0.1234, initializer="orthogonal")


@explorer(SMALL.replace(initializer="orthogonal"), size=MEDIUM, only="settings")
async def test_what_is_chosen_is_told_whole_before_its_list_was_open_and_afterwards(drive: Drive) -> None:
    row = drive.row("initializer")
    assert " orthogonal ▼" in text_at(drive, row)
    row.focus_control()
    await drive.press("enter")
    await drive.until(lambda: drive.choice("initializer").expanded)
    await drive.press("escape")
    await drive.until(lambda: not drive.choice("initializer").expanded)
    assert " orthogonal ▼" in text_at(drive, row)


# The mouse, and short cuts


@explorer(SMALL, only="settings")
async def test_a_click_on_a_value_does_at_once_what_the_field_or_the_list_does_with_it(drive: Drive) -> None:
    for name, seed in (("seed", "76"), ("data_seed", "76")):
        await drive.pilot.click(drive.row(name), offset=(NAME, 0))
        assert drive.screen.focused is drive.row(name).control
        await drive.press("7", "6")
        await drive.settled()
        assert getattr(drive.trace.experiment, name) == int(f"{seed}0"), "what is typed comes where it was clicked"
    await drive.pilot.click(drive.row("activation"), offset=(NAME + 2, 0))
    await drive.until(lambda: drive.choice("activation").expanded)
    await drive.press("escape")


@explorer(SMALL, only="settings")
async def test_what_is_dragged_from_the_slider_onto_the_name_is_no_click_on_that(drive: Drive) -> None:
    row, focused = drive.row("bias"), drive.screen.focused
    await drive.enter("bias", 1)
    await drive.settled()
    assert row.is_changed
    for column in (2, NAME - 2):
        await drive.pilot.mouse_down(row, offset=(row.span[-1], 0))
        await drive.pilot.hover(row, offset=(column, 0))
        await drive.pilot.mouse_up(row, offset=(column, 0))
        await drive.settled()
        assert drive.screen.focused is focused
        assert row.is_changed


@explorer(SMALL, only="settings")
async def test_the_knob_goes_where_it_is_clicked_or_dragged_and_the_field_follows(drive: Drive) -> None:
    slider, field = drive.row("gain"), drive.field("gain")
    await drive.pilot.pause()
    first, last = slider.span[0], slider.span[-1]
    for column, value in ((first, 0.1), (last, 10)):
        await drive.pilot.mouse_down(slider, offset=(column, 0))
        await drive.pilot.mouse_up(slider, offset=(column, 0))
        await drive.settled()
        assert drive.trace.experiment.gain == value
        assert float(field.value) == value
    await drive.enter("gain", SMALL.gain)
    await drive.settled()
    # It can be dragged through the values between which the gradient vanishes and explodes.
    knob = first + round(slider.share * (last - first))
    await drive.pilot.mouse_down(slider, offset=(knob, 0))
    assert drive.screen.subject.experiment.gain == 0.9, "to take hold of the knob changes nothing"
    gains = []
    for column in range(knob + 1, knob + 9):  # past the end of the rail: the mouse is captured
        await drive.pilot.hover(slider, offset=(column, 0))
        await drive.settled()
        gains.append(drive.trace.experiment.gain)
        assert float(field.value) == gains[-1]
    steps = [later / gain for gain, later in pairwise([0.9, *gains])]
    assert all(1 < step < 1.13 for step in steps), gains
    assert gains[-1] > 1.6
    await drive.pilot.mouse_up(slider, offset=(knob + 8, 0))
    await drive.pilot.hover(slider, offset=(first, 0))
    await drive.settled()
    assert drive.trace.experiment.gain == gains[-1], "released, it follows the mouse no more"


@explorer(SMALL, only="settings")
async def test_arrows_step_a_number_or_move_the_text_cursor_and_enter_goes_to_the_next(drive: Drive) -> None:
    drive.screen.set_focus(drive.field("gain"))
    for keys, gain in ((["right"], 1.0), (["left"] * 2, 0.8), (["shift+right"] * 3, 0.83), (["right"], 0.9)):
        await drive.press(*keys)
        await drive.settled()
        assert drive.trace.experiment.gain == pytest.approx(gain)
    await drive.press("enter")
    assert drive.app.focused is not None
    assert drive.app.focused.name == "input_gain"
    # Where something has been typed they move the text cursor.
    await drive.type("gain", "12")
    await drive.press("left", ".")
    await drive.settled()
    assert drive.trace.experiment.gain == 1.2
    await drive.press("right", "5")
    await drive.settled()
    assert drive.trace.experiment.gain == 1.25


@explorer(SMALL, only="settings")
async def test_arrows_take_the_next_choice_and_enter_opens_the_list(drive: Drive) -> None:
    choice = drive.choice("activation")
    drive.screen.set_focus(choice)
    for key, activation in (("right", "relu"), ("right", "sigmoid"), ("left", "relu")):
        await drive.press(key)
        await drive.settled()
        assert drive.trace.experiment.activation == activation
    await drive.press("enter")
    assert choice.expanded
    await drive.press("escape")
    for _ in choice.setting.choices:
        await drive.press("right")
    await drive.settled()
    assert drive.trace.experiment.activation == choice.setting.choices[-1], "it does not go round"


@explorer(SMALL, only="settings")
async def test_up_and_down_go_from_setting_to_setting_and_change_none(drive: Drive) -> None:
    await drive.press("s")
    offered = [row.setting.name for row in drive.screen.query(SettingRow) if row.display]
    for key, names in (("down", offered[1:]), ("down", offered[-1:]), ("up", offered[-2:-5:-1]), ("up", offered[:1])):
        if names == offered[:1]:
            drive.row(names[0]).focus_control()
        for name in names:
            await drive.press(key)
            assert drive.app.focused is not None
            assert drive.app.focused.name == name
    assert drive.screen.subject.experiment == SMALL


@explorer(Experiment(timesteps=6, hidden_size=3, gain=2.5), only="settings")
async def test_a_setting_goes_back_to_its_default_and_back_again_and_a_click_on_its_name_goes_to_it(
    drive: Drive,
) -> None:
    row = drive.row("gain")
    for how in ("key", "click"):
        assert row.is_changed
        assert name_of(row).endswith(CHANGED)
        if how == "key":
            row.focus_control()
            await drive.press("ctrl+r")
        else:
            await drive.pilot.click(row, offset=(name_of(row).index(CHANGED), 0))
        await drive.settled()
        assert drive.trace.experiment.gain == settings()["gain"].default
        assert not row.is_changed
        assert name_of(row) == "gain"
        await drive.press("escape", "u")
        await drive.settled()
        assert drive.trace.experiment.gain == 2.5
    for gain in (2.5, settings()["gain"].default):
        await drive.enter("gain", gain)
        await drive.settled()
        drive.screen.set_focus(None)
        await drive.pilot.click(row, offset=(2, 0))
        assert drive.app.focused is row.control
        assert drive.screen.subject.experiment.gain == gain


@explorer(SMALL, only="settings")
async def test_letters_typed_into_a_field_are_text_and_no_commands(drive: Drive) -> None:
    seed = drive.screen.subject.experiment.seed
    await drive.type("gain", "nqu1")
    assert drive.field("gain").value == "nqu1"
    assert drive.screen.subject.experiment.seed == seed
    assert drive.screen.view == View()
    assert drive.app.is_running


@given(
    setting=st.sampled_from(NUMBERS),
    share=st.floats(0, 1),
    by=st.sampled_from([1, -1]),
    fine=st.booleans(),
)
def test_a_step_moves_within_what_is_allowed(setting: Setting, share: float, by: int, fine: bool) -> None:
    low, high = setting.hint.slider or (setting.low, setting.high)
    value = low + share * (high - low)
    value = round(value) if setting.kind == "integer" else value
    there = stepped(setting, value, by, fine)
    assert isinstance(there, int) == (setting.kind == "integer")
    assert setting.low <= there <= setting.high
    assert (there - value) * by > 0 or there in (setting.low, setting.high)


@pytest.mark.parametrize(
    ("name", "fine", "values"),
    [
        ("gain", False, [0.09, 0.1, 0.11]),
        ("gain", False, [0.49, 0.5, 0.6, 0.7]),
        ("gain", False, [4.9, 5, 6]),
        ("gain", True, [0.9, 0.91, 0.92]),
        ("bias", False, [-0.1, 0, 0.1]),
        ("bias", True, [-0.01, 0, 0.01]),
        ("timesteps", False, [48, 49, 50, 60, 70]),
        ("timesteps", True, [49, 50, 51]),
        ("learning_rate", False, [0.0049, 0.005, 0.006]),
        ("seed", False, [7, 8, 9]),
    ],
)
def test_steps_are_round_numbers_and_the_way_back_is_that_there(name: str, fine: bool, values: list[float]) -> None:
    for here, there in pairwise(values):
        assert stepped(settings()[name], here, 1, fine) == there
        assert stepped(settings()[name], there, -1, fine) == pytest.approx(here)


@explorer(SMALL, only="settings")
async def test_the_panel_takes_its_settings_from_core_alone(drive: Drive) -> None:
    panel = drive.one(SettingsPanel)
    headings = [text_of(label).strip() for label in panel.query(".group")]
    assert headings == [group.upper() for group in dict.fromkeys(setting.hint.group for setting in SETTINGS)]


# What is told of the one in focus


@explorer(SMALL, size=WIDE, only="settings")
async def test_where_there_is_room_the_keys_are_told_before_any_setting_has_the_focus(drive: Drive) -> None:
    """On a high screen the settings that decide most are explained, and none is out of sight for that."""
    line = drive.one(Static, "#setting-help")
    for size, told, more in ((WIDE, True, False), (MEDIUM, False, False), ((200, 60), True, True)):
        await drive.pilot.resize_terminal(*size)
        await drive.until(lambda told=told: line.display is told)  # type: ignore[misc]
        said = " ".join(text_of(line).split()) if told else ""
        assert ("gain decides most" in said) is told
        assert (settings()["gain"].help in said and settings()["activation"].help in said) is more
        assert not more or drive.screen.query_one("#setting-rows").max_scroll_y == 0
        await drive.press("s")
        await drive.until(lambda: settings()["cell"].help[:20] in text_of(line))
        await drive.press("escape")
        await drive.until(lambda told=told: line.display is told)  # type: ignore[misc]


@explorer(SMALL.replace(cell="gru"), size=MEDIUM, only="settings")
async def test_a_cell_in_the_place_of_the_first_is_told_to_be_of_one_seed(drive: Drive) -> None:
    line = drive.one(Static, "#setting-help")
    await drive.press("s")
    await drive.until(lambda: "One seed says little of a cell: M shows 20." in " ".join(text_of(line).split()))
    assert " ".join(text_of(line).split()).startswith("The recurrent cell. One seed")
    change(drive.screen, SMALL)
    await drive.settled()
    await drive.press("escape", "s")
    await drive.until(lambda: "rnn: a⟨t⟩" in " ".join(text_of(line).split()))
    assert "One seed" not in text_of(line)


@pytest.mark.parametrize("size", [NARROW, pytest.param(MEDIUM, marks=pytest.mark.slow)])
def test_every_row_is_reached_with_the_tab_key_and_seen_whole_above_what_is_told_of_it(size: tuple[int, int]) -> None:
    experiment = SMALL.replace(optimizer="momentum", clip="norm", k2=4)

    @explorer(experiment, size=size, only="settings")
    async def scenario(drive: Drive) -> None:
        await drive.press("s")
        told, rows = drive.one(Static, "#setting-help"), [row for row in drive.screen.query(SettingRow) if row.display]
        there = [(row, "tab") for row in rows[:-1]]
        back = [(row, "shift+tab") for row in reversed(rows[1:])]

        def is_seen(row: SettingRow) -> bool:
            inside = drive.one(SettingsPanel).content_region.contains_region(row.region)
            help_text = chosen_first(row.setting, getattr(experiment, row.setting.name))
            return help_text.split(". ")[0] in str(told.render()) and inside and not row.region.overlaps(told.region)

        for row, key in (*there, *back, (rows[0], "tab")):
            assert drive.app.focused is row.control, f"the focus goes to {row.setting.name} next"
            await drive.until(lambda row=row: is_seen(row), row.setting.name)  # type: ignore[misc]
            await drive.press(key)

    scenario()


def is_whole(drive: Drive, row: SettingRow) -> bool:
    return drive.one(Rows).region.contains_region(row.region)


async def at_the_bottom(drive: Drive, name: str) -> SettingRow:
    """Focus a setting, in a narrow terminal, that is the last of the rows in sight."""
    await drive.press("s")
    row, rows = drive.row(name), drive.one(Rows)
    row.focus_control()
    await drive.until(lambda: is_whole(drive, row))

    def is_at_the_bottom() -> bool:
        rows.scroll_to(y=row.virtual_region.bottom - rows.size.height, animate=False)
        return row.region.bottom == rows.region.bottom

    await drive.until(is_at_the_bottom)
    return row


@explorer(SMALL.replace(optimizer="momentum"), size=NARROW, only="settings")
async def test_the_row_in_focus_stays_in_sight_when_what_is_told_of_it_takes_more_room(drive: Drive) -> None:
    row = await at_the_bottom(drive, "learning_rate")
    room = drive.one(Rows).size.height
    drive.one(Static, "#setting-help").update("word " * 60)
    await drive.until(lambda: drive.one(Rows).size.height < room)
    await drive.until(lambda: is_whole(drive, row))


@explorer(SMALL.replace(optimizer="momentum"), size=NARROW, only="settings")
async def test_a_reason_that_comes_below_the_row_in_focus_is_in_sight(drive: Drive) -> None:
    row = await at_the_bottom(drive, "learning_rate")
    height = row.size.height
    await drive.press("x")
    await drive.until(lambda: reason(row) and row.size.height > height)
    await drive.until(lambda: is_whole(drive, row))


@explorer(SMALL.replace(optimizer="momentum"), only="settings")
async def test_the_reason_below_the_row_in_focus_is_in_sight_too(drive: Drive) -> None:
    """Coming from a row of which as much is told, so that nothing is laid out again."""
    await drive.type("momentum", "x")
    row, rows = drive.row("momentum"), drive.one(Rows)
    await drive.until(lambda: reason(row))
    await drive.press("tab")
    told = drive.one(Static, "#setting-help").size

    places = cycle(range(8))

    def is_cut() -> bool:
        rows.scroll_to(y=next(places), animate=False)
        return rows.region.contains_region(row.control.region) and not is_whole(drive, row)

    await drive.until(is_cut)
    drive.screen.set_focus(row.control, scroll_visible=False)
    await drive.until(lambda: is_whole(drive, row))
    assert drive.one(Static, "#setting-help").size == told


@explorer(SMALL, size=NARROW, only="settings")
async def test_what_is_told_is_told_of_the_field_in_focus_however_fast_one_tabs(drive: Drive) -> None:
    await drive.press("s")
    for _ in range(12):
        drive.screen.focus_next()
    row = next(row for row in drive.screen.query(SettingRow) if drive.screen.focused in row.query("*"))
    await drive.pilot.pause()
    assert row.setting.help in str(drive.one(Static, "#setting-help").render())


@pytest.mark.parametrize("away", ["shift+tab", "f1"])
@explorer(SMALL, size=NARROW)
async def test_the_drawer_closes_when_the_focus_leaves_it_and_not_before(drive: Drive, away: str) -> None:
    await drive.press("s", away)
    await drive.pilot.pause()
    assert drive.one(SettingsPanel).display == (away == "f1")
    await drive.press("escape", "escape")
    await drive.until(lambda: not drive.one(SettingsPanel).display)


def test_the_help_on_a_setting_begins_with_what_is_chosen_and_loses_nothing() -> None:
    cell = settings()["cell"]
    assert chosen_first(cell, "lstm").startswith("The recurrent cell. lstm: ")
    assert " gru-before: " in chosen_first(cell, "gru")
    assert chosen_first(settings()["task"], "copy").startswith("copy: ten symbols")
    for setting in settings().values():
        for choice in (*setting.choices, None):
            assert sorted(chosen_first(setting, choice).split()) == sorted(setting.help.split())


def test_a_text_is_cut_at_whole_sentences() -> None:
    text = "One. Two is longer; three. Four."
    assert whole_sentences(text, lambda told: len(told) <= 99) == text
    assert whole_sentences(text, lambda told: len(told) <= 27) == "One. Two is longer …"
    assert whole_sentences(text, lambda told: len(told) <= 6) == "One. …"
    assert whole_sentences(text, lambda told: False) == text, "more than nothing"


@explorer(SMALL, size=MEDIUM)
async def test_the_help_of_the_cell_ends_with_a_whole_sentence_in_sight(drive: Drive) -> None:
    await drive.settled()
    drive.row("cell").focus_control()
    line = drive.screen.query_one("#setting-help", Static)
    await drive.until(lambda: line.size.height > 0 and text_of(line).endswith(". …"))
    shown = [line.render_line(y).text.strip() for y in range(line.size.height)]
    assert [row for row in shown if row][-1].endswith("…")
