"""The command line: `rnn-tui` opens the explorer, the other commands print without a screen.

Every flag is made from `core.settings()`. Bad input ends in one line on standard error and exit status 2.
Whatever is slow to import (NumPy, Textual, plotext) waits until a command needs it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tui.cli import (
    checkpoint,
    completion,
    critical,
    diagnosis,
    documents,
    effects,
    figure,
    flags,
    opening,
    sweep,
    terminal,
    training,
    watch,
)
from tui.cli import serve as serving
from tui.cli import tour as touring
from tui.cli.outputs import Output, outputs_of
from tui.cli.request import BadInputError, Request
from tui.cli.terminal import PROGRAM
from tui.report.printable import printable

if TYPE_CHECKING:
    from cyclopts import App, CycloptsError

    from core.dynamics.summary import Dynamics
    from core.settings.experiment import Experiment
    from core.sources.checkpoint import Checkpoint
    from core.sources.given import Given
    from core.trace import Trace
    from tui.explorer.session.setup import Setup
    from tui.explorer.session.tour import Tour
    from tui.report.formats import Bundle
    from tui.report.opened import Unanswered
    from tui.report.trace_document import About

SUMMARY: Final = "See how gradients travel back through time in a recurrent network, in a terminal."

BAD_INPUT: Final = 2
FAILED: Final = 1
INTERRUPTED: Final = 130
"""128 + SIGINT, as a shell reports it."""
TOUR: Final = "tour"
COMPLETION: Final = "completion"
INSPECT: Final = "inspect"
WATCH: Final = "watch"
SERVE: Final = "serve"
VISIT: Final = "visit"
"""How the process of a visitor is started, by `tui.cli.serve.visitor` only"""
DIAGNOSE: Final = "diagnose"
FILE: Final = "A file, whatever it is: a network of PyTorch, Keras and others, data, a saved trace, or settings."
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
    except BadInputError as error:
        return _tell(str(error), BAD_INPUT)
    except MemoryError:
        return _tell("not enough memory; lower timesteps, batch_size or hidden_size", FAILED)
    except OSError as error:
        terminal.drop_output()
        name = f"{_named(str(error.filename))}: " if error.filename is not None else ""
        return _tell(f"{name}{error.strerror or error}", FAILED)
    return status


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        sys.stdout.write(f"{_version()}\n")
        return 0
    if not arguments and not terminal.missing_terminal():
        return _open(None, welcome=True)  # with nothing to parse, the frame of the explorer is there at once
    from cyclopts import CycloptsError

    visiting = arguments[:1] == [VISIT] and bool(os.environ.get("RNN_TUI_VISITOR_FOLDER"))
    if visiting:
        arguments = arguments[1:]
    try:
        first = arguments[0] if arguments and not visiting else ""
        status = command_line(visiting=visiting, only=first if first in _every_command() else None)(
            _joined(arguments),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
            console=terminal.console(),
        )
    except CycloptsError as error:
        raise BadInputError(_said(error)) from None
    return status if isinstance(status, int) else 0


def _joined(arguments: Sequence[str]) -> list[str]:
    """The arguments with each lone `-` made the value of the option before it: the parser takes it for an option."""
    found: list[str] = []
    for one in arguments:
        if one == "-" and found and found[-1].startswith("--") and "=" not in found[-1]:
            found[-1] += "=-"
        else:
            found.append(one)
    return found


def _tell(message: str, status: int) -> int:
    """Print a message in one line on standard error, and hand on the status."""
    terminal.tell(message)
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

    from core.settings.experiment import settings

    name = error.argument.name.removeprefix("--").replace("-", "_") if error.argument is not None else ""
    if isinstance(error, MissingArgumentError) and name in settings():
        return f"{name}: no value was given, allowed is {settings()[name].allowed}"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        given = error.unused_tokens[0]
        if given in _every_command():
            return f"{given} must come first: {PROGRAM} {given}, and then its options"
        known = ", ".join(_every_command())
        return f"{_named(given)!r} is neither a command nor an option; the commands are {known}, and {_SEE}"
    if isinstance(error, UnknownOptionError):
        return _unknown((error.token.keyword or error.token.value).partition("=")[0])
    return f"{str(error).rstrip('.')} ({_SEE})"


def _unknown(option: str) -> str:
    """What is said of an option that the command does not have."""
    from difflib import get_close_matches

    from core.settings.experiment import settings

    name = option.removeprefix("--").replace("-", "_")
    own = {command: options() for command, (_, _, options) in _commands().items()}
    having = [command for command, options in own.items() if name in options]
    if having:
        commands = " and ".join(filter(None, (", ".join(having[:-1]), having[-1])))
        return f"{option} is an option of {commands}: {PROGRAM} {having[0]} {option}"
    known = {
        "preset",
        "experiment",
        "setup",
        "help",
        "version",
        "list",
        *settings(),
        *(option for options in own.values() for option in options),
    }
    close = get_close_matches(name, sorted(known), n=1)
    meant = f" Did you mean {effects.flag(close[0])}?" if close else ""
    return f"Unknown option: {_named(option)}.{meant} ({_SEE})"


def _named(given: str) -> str:
    """What was given, as a message on a terminal names it."""
    from core.settings.files import shortened

    return printable(shortened(given))


_SEE: Final = f"{PROGRAM} --help lists the options"


def command_line(*, visiting: bool = False, only: str | None = None) -> App:
    """Every command with its options, as the parser knows them.

    Args:
        visiting: Whether it is that of a visitor's process, which needs no terminal and closes the computer's files.
        only: The command that is asked for: the options of the others, which take a while to make, are left out.
    """
    from cyclopts import App

    app = App(
        name=PROGRAM,
        help=SUMMARY,
        usage="\n       ".join(
            [
                f"Usage: {PROGRAM} [FILE] [OPTIONS]",
                *(f"{PROGRAM} {name} {_FILES.get(name, '')}[OPTIONS]" for name in _commands()),
                f"{PROGRAM} {INSPECT} FILE",
                f"{PROGRAM} {WATCH} FOLDER",
                f"{PROGRAM} {TOUR} [NAME or FILE] [OPTIONS]",
                f"{PROGRAM} {COMPLETION} [SHELL]",
            ]
        ),
        help_epilogue=flags.presets_help(),
        version=_version,
        version_flags=["--version"],
        help_format="plaintext",
        suppress_keyboard_interrupt=False,
    )
    if only is None:
        explore = partial(_explore, visiting=visiting)
        app.default(flags.command(explore, "Open the explorer.", checkpoint.options(), file=FILE))
    for name, (run, about, options) in _commands().items():
        if only in (None, name):
            app.command(
                flags.command(run, about, options(), file=_file_help(name), several=name == DIAGNOSE),
                name=name,
                usage=f"Usage: {PROGRAM} {name} {_FILES.get(name, '')}[OPTIONS]",
                help_epilogue=flags.presets_help(),
            )
    for name, (make, usage) in _OTHERS.items():
        if only in (None, name):
            app.command(make(), name=name, usage=f"Usage: {PROGRAM} {name} {usage}", help_epilogue="")
    return app


_OTHERS: Final[Mapping[str, tuple[Callable[[], Callable[..., int]], str]]] = {
    INSPECT: (checkpoint.command, "FILE [--json]"),
    WATCH: (lambda: watch.command(lambda given: _open(None, given=given)), "FOLDER [--part NAME]"),
    TOUR: (lambda: touring.command(lambda tour: _open(None, tour=tour)), "[NAME or FILE] [OPTIONS]"),
    COMPLETION: (lambda: completion.command(command_line), f"[{'|'.join(completion.SHELLS)}] [--install]"),
}
"""Commands without the options of a setting: what makes each, and how its usage writes what follows it"""

_FILES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("report", "train", "compare"), "[FILE] "),
    SERVE: "[PRESET or FILE] ",
    DIAGNOSE: "[FILE …] ",
}
"""Command → how its usage writes the file that it takes"""


def _file_help(command: str) -> str:
    """What the help of a command says of the file that it takes; empty where it takes none."""
    if command == SERVE:
        return f"A preset by its name, or a{FILE[1:]}"
    return FILE if command in _FILES else ""


def _commands() -> Mapping[str, tuple[Callable[..., int], str, Callable[[], Mapping[str, Any]]]]:
    """Name → what it runs, what it does, and what makes the options it has in addition to the settings."""
    return {
        "report": (_report, "Print what the explorer shows, without a screen.", _report_options),
        "train": (
            training.train,
            "Train the network, and print how loss, gradient and rate change.",
            lambda: {**training.saving(), **flags.documents(), **checkpoint.options()},
        ),
        "compare": (
            training.compare,
            "Train with each remedy against vanishing and exploding gradients, and print a table.",
            lambda: {**flags.documents(), **training.comparing(), **checkpoint.options()},
        ),
        "sweep": (sweep.sweep, sweep.ABOUT, sweep.options),
        "critical": (critical.critical, critical.ABOUT, critical.options),
        DIAGNOSE: (_diagnose, diagnosis.ABOUT, diagnosis.options),
        SERVE: (_serve, serving.ABOUT, lambda: {**serving.options(), **checkpoint.options()}),
    }


def _report_options() -> Mapping[str, Any]:
    from tui.report.figures.options import CHARTS

    return {**flags.outputs(), **figure.options(CHARTS), **checkpoint.options()}


def _every_command() -> tuple[str, ...]:
    return (*_commands(), *_OTHERS)


def _explore(*, file: str = "", visiting: bool = False, **given: Any) -> int:
    """The explorer, or the report where there is no terminal for it."""
    answers = checkpoint.answers_of(given, file)
    if not visiting and (missing := terminal.missing_terminal()):
        found = opening.reported(file, given, answers, untrained="the report", commands=_every_command())
        _write_bundle(*_traced(found, answers), outputs_of({}))
        sys.stdout.flush()
        return _tell(f"{missing}, so this is the report; run {PROGRAM} in a terminal for the explorer", 0)
    on = opening.opening(file, given, answers, _every_command())
    if on.given is None:
        look_for_data(on.request)
    if visiting:
        serving.close_all_but(file, given)
    asked = bool(file or given)
    return _open(on.request.experiment, given=on.given, setup=on.request.setup, welcome=visiting and not asked)


def _serve(*, file: str = "", **given: Any) -> int:
    """The explorer for visitors: what it opens is looked at once, before there are any."""
    from core.settings.presets import presets

    place, bounds = serving.asked_for(given)
    if file in presets() and not os.path.exists(file):
        given["preset"], file = serving.only_one("preset", file, given), ""
    arguments = serving.arguments_of(file, given)
    looked_at = dict(given)
    answers = checkpoint.answers_of(looked_at, file)
    on = opening.opening(file, looked_at, answers, ())
    if on.given is None:
        look_for_data(on.request)
    return serving.serve(arguments, place, bounds)


def look_for_data(request: Request) -> None:
    """Refuse a file that is not there before the screen is taken: the explorer needs something to show.

    Raises:
        BadInputError: it cannot be read, or has not what the settings ask of it.
    """
    experiment = request.experiment
    if not experiment.reads_file:
        return  # the start does not wait for what is only needed here
    from core.tasks import check_data

    try:
        check_data(experiment)
    except ValueError as error:
        if request.setup is None or not request.setup.files:
            raise BadInputError(str(error)) from None
        raise BadInputError(f"{error}; --setup: the code has the name of this file, and cannot carry it") from None


def _open(
    experiment: Experiment | None,
    *,
    given: Given | Unanswered | None = None,
    tour: Tour | None = None,
    setup: Setup | None = None,
    welcome: bool = False,
) -> int:
    from tui.explorer.app import RnnApp

    return RnnApp(experiment, given=given, tour=tour, setup=setup, welcome=welcome).explore()


def _report(*, overwrite: bool = False, file: str = "", **given: Any) -> int:
    from tui.report import formats

    drawn = figure.asked_for(given, overwrite=overwrite)
    asked = {name: given.pop(name, None) for name in formats.options()}
    answers = checkpoint.answers_of(given, file)
    trains = drawn is not None and drawn.chart == "training"
    found = opening.reported(file, given, answers, untrained="" if trains else "report")
    outputs = outputs_of(asked, overwrite=overwrite)
    files = [name for name, one in formats.options().items() if not one.switch]
    if overwrite and drawn is None and not any(asked[name] for name in files):
        terminal.tell(f"--overwrite has no effect without {' or '.join(map(effects.flag, [*files, 'figure']))}")
    trace, about = _traced(found, answers)
    _write_bundle(trace, about, outputs)
    if drawn is not None:
        figure.draw(drawn, trace, about, _dynamics)
    return 0


def _diagnose(*, files: Sequence[str] = (), overwrite: bool = False, fail_on: str | None = None, **given: Any) -> int:
    """Diagnose each file, or what the settings describe where there is none."""
    outputs = documents.asked_for(given, overwrite=overwrite)
    answers = checkpoint.answers_of(given, files[0] if files else "")
    part = answers.get("part")

    def trace_of(file: str) -> Trace:
        found = opening.reported(file, dict(given), dict(answers), untrained="diagnose", commands=_every_command())
        return _traced(found, answers)[0]

    return diagnosis.diagnose(files, trace_of, outputs, fail_on=fail_on, part=part)


def _traced(
    found: Request | Given | tuple[Checkpoint, Request], answers: Mapping[str, str | None]
) -> tuple[Trace, About]:
    """The trace that a report is on, and what is said of it."""
    if isinstance(found, Request):
        return _trace(found.experiment), found.about
    read = checkpoint.read(*found, answers) if isinstance(found, tuple) else checkpoint.made(found)
    return read.trace, read.about


def _write_bundle(trace: Trace, about: About, outputs: Sequence[Output[Bundle]]) -> None:
    from tui.report.formats import Bundle

    bundle = Bundle(trace, about=about, measure=_dynamics)
    for output in outputs:
        output.write(bundle)


def _trace(experiment: Experiment) -> Trace:
    from core.trace import run
    from tui.explorer.background.responsiveness import limit_blas_threads

    limit_blas_threads()
    meter = terminal.Meter(sys.stderr, "gradient, lag")
    try:
        return run(experiment, progress=meter if meter.shown else None)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    finally:
        meter.clear()


def _dynamics(trace: Trace) -> Dynamics:
    """What the report says of the Jacobians: of a large network the longest part of it."""
    from core.dynamics.summary import dynamics_of

    meter = terminal.Meter(sys.stderr, "Lyapunov exponents, step")
    try:
        return dynamics_of(trace.tape, profile=False, progress=meter if meter.shown else None)
    finally:
        meter.clear()
