"""The command line: `rnn-tui` opens the explorer, `rnn-tui report` prints the same without a screen.

Every flag is made from `core.settings()`. Bad input ends in one line on standard error and exit status 2.
Whatever is slow to import (NumPy, Textual, plotext) waits until a command needs it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from tui import terminal

if TYPE_CHECKING:
    from cyclopts import App, CycloptsError

    from core.experiment import Experiment, Setting
    from core.trace import Trace
    from tui.report import About

PROGRAM: Final = "rnn-tui"
SUMMARY: Final = "See how gradients travel back through time in a recurrent network, in a terminal."

BAD_INPUT: Final = 2
FAILED: Final = 1
INTERRUPTED: Final = 130
"""128 + SIGINT, as a shell reports it."""
NO_READER: Final = 141
"""128 + SIGPIPE: who read the output has gone."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Args:
        arguments: What follows the program's name; None takes it from `sys.argv`.
    """
    terminal.open_streams()
    try:
        status = _run(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        terminal.drop_output()
        return NO_READER
    except _BadInputError as error:
        return _tell(str(error), BAD_INPUT)
    except MemoryError:
        return _tell("not enough memory; lower timesteps, batch_size or hidden_size", FAILED)
    except OSError as error:
        terminal.drop_output()
        return _tell(error.strerror or str(error), FAILED)
    return status


class _BadInputError(Exception):
    """What a person gave is not allowed; the message says what and what is."""


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        sys.stdout.write(f"{_version()}\n")
        return 0
    from cyclopts import CycloptsError

    try:
        status = _app()(
            arguments, exit_on_error=False, print_error=False, result_action="return_value", console=terminal.console()
        )
    except CycloptsError as error:
        raise _BadInputError(_said(error)) from None
    return status if isinstance(status, int) else 0


def _tell(message: str, status: int) -> int:
    """Say it in one line on standard error, whatever was given, and hand on the status."""
    line = "".join(character if character.isprintable() else " " for character in message)
    with suppress(OSError):
        sys.stderr.write(f"{PROGRAM}: {' '.join(line.split())}\n")
        sys.stderr.flush()
    return status


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"{PROGRAM} {version(PROGRAM)}"
    except PackageNotFoundError:
        return f"{PROGRAM}, not installed"


def _said(error: CycloptsError) -> str:
    """What the parser found wrong, with what is allowed and where to read on."""
    from cyclopts import MissingArgumentError, UnknownOptionError, UnusedCliTokensError

    from core.experiment import settings

    name = error.argument.name.removeprefix("--").replace("-", "_") if error.argument is not None else ""
    if isinstance(error, MissingArgumentError) and name in settings():
        return f"{name}: no value was given, allowed is {settings()[name].allowed}"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        given = error.unused_tokens[0]
        if given == "report":
            return f"report must come first: {PROGRAM} report, and then its options"
        return f"{given!r} is neither a command nor an option; the one command is report, and {_SEE}"
    for option in ("--json", "--csv", "--npz", "--overwrite"):
        if isinstance(error, UnknownOptionError) and option in str(error):
            return f"{option} is an option of report: {PROGRAM} report {option}"
    return f"{str(error).rstrip('.')} ({_SEE})"


SWITCHES: Final = ("json", "overwrite")

_SEE: Final = f"{PROGRAM} --help lists the options"


def _app() -> App:
    from cyclopts import App

    app = App(
        name=PROGRAM,
        help=SUMMARY,
        usage=f"Usage: {PROGRAM} [OPTIONS]\n       {PROGRAM} report [OPTIONS]",
        help_epilogue=_presets_help(),
        version=_version,
        version_flags=["--version"],
        help_format="plaintext",
        suppress_keyboard_interrupt=False,
    )
    app.default(_command(_explore, "Open the explorer."))
    app.command(
        _command(_report, "Print what the explorer shows, without a screen.", prints=True),
        name="report",
        usage=f"Usage: {PROGRAM} report [OPTIONS]",
        help_epilogue=_presets_help(),
    )
    return app


def _command(run: Callable[..., int], about: str, *, prints: bool = False) -> Callable[..., int]:
    """A function with one keyword per setting, and those that name an experiment; absent ones are not passed."""
    from cyclopts import Group, Parameter

    from core.experiment import settings

    groups = {
        setting.hint.group: Group(setting.hint.group.capitalize(), sort_key=index + 2)
        for index, setting in enumerate(settings().values())
    }
    start = Group("Start from", sort_key=1)
    hints: dict[str, Any] = {
        "preset": Annotated[
            str | None,
            Parameter(help="A named experiment; the list is below.", metavar="NAME", group=start),
        ],
        "experiment": Annotated[
            str | None,
            Parameter(help="A TOML file of settings, saved by the explorer or by hand.", metavar="FILE", group=start),
        ],
    }
    for name, setting in settings().items():
        hints[name] = Annotated[str | None, _flag(setting, groups[setting.hint.group])]
    if prints:
        hints |= _outputs()

    def command(**given: Any) -> int:
        return run(**given)

    command.__doc__ = about
    command.__annotations__ = {**hints, "return": int}
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=False if name in SWITCHES else None, annotation=hint
            )
            for name, hint in hints.items()
        ],
        return_annotation=int,
    )
    return command


def _outputs() -> dict[str, Any]:
    """The options that report alone has: other forms of the same numbers."""
    from cyclopts import Parameter

    def switch(text: str) -> Any:
        return Annotated[bool, Parameter(help=text, negative=(), show_default=False)]

    def file(text: str) -> Any:
        return Annotated[str | None, Parameter(help=text, metavar="FILE")]

    return {
        "json": switch("Print JSON for machines instead of text."),
        "csv": file("Write the lag profile to this file as CSV too."),
        "npz": file("Write every array to this file, for NumPy, too."),
        "overwrite": switch("Replace a file that is already there."),
    }


def _flag(setting: Setting, group: Any) -> Any:
    """How the parser and its help know a setting; its value stays text, for core to read and to judge."""
    from cyclopts import Parameter

    metavar = {"choice": "CHOICE", "integer": "INTEGER", "number": "NUMBER", "text": "TEXT"}[setting.kind]
    allowed = setting.allowed.removeprefix("a whole number ")
    return Parameter(
        help=f"{setting.label}: {setting.help} [{allowed}]",
        metavar=metavar,
        show_default=str(setting.default) or "none",
        group=group,
    )


def _presets_help() -> str:
    from core.presets import presets

    width = max(map(len, presets()))
    return "Presets:\n" + "\n".join(f"  {preset.name:<{width}}  {preset.title}" for preset in presets().values())


@dataclass(frozen=True)
class _Wanted:
    experiment: Experiment
    about: About


def _wanted(preset: str | None = None, experiment: str | None = None, **flags: str | None) -> _Wanted:
    """The experiment that the flags describe: a preset, a file or the defaults, with single settings on top."""
    from core.experiment import Experiment, read_toml
    from core.presets import preset as named
    from core.presets import presets
    from tui.report import About

    if preset is not None and experiment is not None:
        raise _BadInputError("--preset and --experiment were both given; give one of them")
    texts: Mapping[str, str] = {}
    try:
        if experiment is not None:
            start, texts = read_toml(experiment)
        else:
            start = Experiment() if preset is None else named(preset)
        wanted = start.replace(**{name: value for name, value in flags.items() if value is not None})
    except ValueError as error:
        raise _BadInputError(str(error)) from None
    if texts and wanted == start:
        return _Wanted(wanted, About(texts.get("title", ""), texts.get("look_for", "")))
    shipped = (one for one in presets().values() if one.experiment == wanted)
    return _Wanted(wanted, next((About(one.title, one.look_for) for one in shipped), About()))


def _explore(**given: Any) -> int:
    """The explorer, or the report where there is no terminal for it."""
    wanted = _wanted(**given)
    missing = terminal.missing_terminal()
    if missing:
        status = _print_report(wanted, _trace(wanted.experiment), json=False)
        sys.stdout.flush()
        _tell(f"{missing}, so this is the report; run {PROGRAM} in a terminal for the explorer", status)
        return status
    from tui.app import RnnApp

    app = RnnApp(wanted.experiment)
    app.run()
    return app.return_code or 0


def _report(
    *, json: bool = False, csv: str | None = None, npz: str | None = None, overwrite: bool = False, **given: Any
) -> int:
    wanted = _wanted(**given)
    trace = _trace(wanted.experiment)
    if csv or npz:
        from tui.export import write_csv, write_npz

        for path, write in ((csv, write_csv), (npz, write_npz)):
            if path:
                try:
                    write(trace, path, overwrite=overwrite)
                except ValueError as error:
                    raise _BadInputError(f"{error} with --overwrite" if _there(path) else str(error)) from None
    return _print_report(wanted, trace, json=json)


def _there(path: str) -> bool:
    from pathlib import Path

    return Path(path).expanduser().is_file()


def _print_report(wanted: _Wanted, trace: Trace, *, json: bool) -> int:
    from tui import report

    if json:
        from json import dumps

        sys.stdout.write(dumps(report.record(trace), allow_nan=False) + "\n")
        return 0
    palette = terminal.palette(sys.stdout)
    text = report.report(trace, width=terminal.columns(sys.stdout), palette=palette, about=wanted.about)
    if palette is None:
        sys.stdout.write(text)
    else:
        terminal.write_colored(text)
    return 0


def _trace(experiment: Experiment) -> Trace:
    from core.trace import run

    meter = terminal.Meter(sys.stderr)
    try:
        return run(experiment, progress=meter if meter.shown else None)
    except ValueError as error:
        raise _BadInputError(str(error)) from None
    finally:
        meter.clear()
