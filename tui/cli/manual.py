"""The manual of the command line: one text, in reStructuredText, for `man rnn-tui` and for a page of the documentation.

Commands, options, settings, presets and keys are those of the tables that the program itself works by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from tui.cli.terminal import PROGRAM

if TYPE_CHECKING:
    from cyclopts import App

    from tui.explorer.commands import Command

DESCRIPTION: Final = """\
Which parameters of a recurrent network cause vanishing and exploding gradients? **rnn-tui** takes the gradient of every
loss apart by parameter and by lag, the number of steps back at which the parameter was used, exactly, and shows it in a
terminal: for a network that it draws itself, for one that is read from a file of PyTorch, Keras, ONNX, Flax,
safetensors or NumPy, and for recorded steps of a training of your own.

Without a command it opens the explorer; where there is no terminal for it, it prints the report. Every setting is an
option of the explorer and of the commands that compute something.
"""

STATUS: Final[Mapping[str, str]] = {
    "0": "It was done.",
    "1": "It could not be done, as for want of memory; or **diagnose** found what **--fail-on** names.",
    "2": "Something that was given is not allowed. One line on standard error says what, and what is.",
    "130": "It was interrupted; what there was by then has been printed.",
    "141": "The program that read the output ended before it.",
}

ENVIRONMENT: Final[Mapping[str, str]] = {
    "NO_COLOR": "Without color, if it is set.",
    "TEXTUAL_COLOR_SYSTEM": "How many colors the terminal has: standard, 256, truecolor or auto.",
    "XDG_CONFIG_HOME": "Where the folder **rnn-tui** is that keeps the theme, your lessons and the last session.",
    "SOURCE_DATE_EPOCH": "The time that the files say they were made at, in seconds since 1970.",
    "DASK_SCHEDULER_ADDRESS": "The Dask cluster on which **sweep** and **critical** compute.",
}

EXAMPLES: Final[Mapping[str, str]] = {
    f"{PROGRAM} --hidden-size 32 --gain 1.3": "The explorer, on settings of your own.",
    f"{PROGRAM} model.pt --data sales.csv": "A network from one file on data from another.",
    f"{PROGRAM} report --preset exploding --json": "What a program can read.",
    f"{PROGRAM} sweep --gain 0.5:2:7 --seeds 5": "Many networks, in a diagram.",
    f"{PROGRAM} diagnose model.pt --fail-on vanishing": "A check for continuous integration.",
}


def manual(app: App) -> str:
    """The whole manual, its headings underlined with `-`.

    Args:
        app: The command line, with every command.
    """
    from core.settings.experiment import settings
    from core.settings.presets import presets
    from tui.explorer.commands import COMMANDS

    names = [name for name in app if not name.startswith("-")]
    shared = {_option(name) for name in settings()} | {"--preset", "--experiment", "--setup"}
    parts = [
        _section("Synopsis", "\n".join(f"| {_escaped(line)}" for line in _usage(app))),
        _section("Description", DESCRIPTION),
        _section("Commands", "\n".join(_command(app[name], name, shared) for name in names)),
        _section("Options of the explorer", _options(app, lambda flag: flag not in shared)),
        _section("Settings", _options(app, lambda flag: flag in shared)),
        _section("Presets", _list({f"**{one.name}**": _escaped(one.title) for one in presets().values()})),
        _section("Keys of the explorer", "".join(_list({_keys(one): _escaped(one.help)}) for one in COMMANDS)),
        _section("Exit status", _list({f"**{status}**": text for status, text in STATUS.items()})),
        _section("Environment", _list({f"**{name}**": text for name, text in ENVIRONMENT.items()})),
        _section("Examples", "\n".join(f"{text}\n\n::\n\n    {line}\n" for line, text in EXAMPLES.items())),
    ]
    return "\n".join(parts)


def _usage(app: App) -> list[str]:
    """Each way to call it, on a line of its own."""
    return [line.strip() for line in str(app.usage).removeprefix("Usage:").splitlines()]


def _command(command: App, name: str, shared: Iterable[str]) -> str:
    """A command: what it does, how it is called, and the options that it alone has."""
    usage = str(command.usage).removeprefix("Usage: ")
    options = _options(command, lambda flag: flag not in shared)
    return f"{name}\n{'~' * len(name)}\n\n{_escaped(str(command.help))}\n\n::\n\n    {usage}\n\n{options}"


def _options(command: App, chosen: Callable[[str], bool]) -> str:
    """The arguments and options of a command, of those that are chosen."""
    rows = {}
    for argument in command.assemble_argument_collection():
        if not chosen(argument.names[0]):
            continue
        value = argument.parameter.metavar or ""
        names = ", ".join(f"**{_escaped(name)}**" for name in argument.names)
        shown = f"{names} *{_escaped(value)}*" if value and argument.names[0].startswith("-") else names
        default = argument.parameter.show_default
        said = f" Default: {default}." if isinstance(default, str) and default else ""
        rows[shown] = _escaped(f"{argument.parameter.help or ''}{said}")
    return _list(rows)


def _list(rows: Mapping[str, str]) -> str:
    """A list of definitions, what is defined written as it should look."""
    return "".join(f"{name}\n    {' '.join(text.split())}\n\n" for name, text in rows.items())


def _section(heading: str, text: str) -> str:
    return f"{heading}\n{'-' * len(heading)}\n\n{text}\n"


def _keys(command: Command) -> str:
    return f"**{_escaped(command.key_display or command.keys.split(',')[0])}**"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _escaped(text: str) -> str:
    """Text without what reStructuredText would take for markup."""
    return re.sub(r"([\\*`|_<>])", r"\\\1", text)
