"""The manual page: everything that the program knows is in it, and the one that is shipped is not behind."""

import re
from pathlib import Path

import core
from tui.cli import command_line
from tui.cli.manual import manual
from tui.explorer.commands import COMMANDS

SHIPPED = Path(__file__).parents[2] / "docs" / "rnn-tui.1"


def test_it_has_every_command_option_setting_preset_and_key() -> None:
    app = command_line()
    text = re.sub(r"\\(.)", r"\1", manual(app))
    commands = [name for name in app if not name.startswith("-")]
    options = {
        name for one in commands for argument in app[one].assemble_argument_collection() for name in argument.names
    }
    for word in (*commands, *options, *core.presets(), *(f"--{name.replace('_', '-')}" for name in core.settings())):
        assert word in text
    for command in COMMANDS:
        assert command.help in text
    assert text.count("**--hidden-size**") == 1, "settings stand once, and not with every command"


def test_the_page_that_is_shipped_has_every_option_too() -> None:
    page = SHIPPED.read_text(encoding="utf-8").replace("\\-", "-")
    app = command_line()
    for name in (name for name in app if not name.startswith("-")):
        for argument in app[name].assemble_argument_collection():
            assert argument.names[0] in page
    letters = re.sub(r"\\\(..|[^a-zA-Z]", "", page)
    for command in COMMANDS:
        assert re.sub("[^a-zA-Z]", "", command.help) in letters
