"""What a person asks for: the experiment that the options describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.report.printable import printable

if TYPE_CHECKING:
    from core.settings.experiment import Experiment
    from tui.explorer.session.setup import Setup
    from tui.report.trace_document import About


DATA: Final = ("task", "data", "text_file")
"""The settings that say which data there are"""


class BadInputError(Exception):
    """What a person gave is not allowed; the message says what and what is."""


@dataclass(frozen=True)
class Request:
    """What to run, and what it is called."""

    experiment: Experiment
    about: About
    flags: tuple[str, ...] = ()
    """The settings that were given one by one, by name"""
    notes: tuple[str, ...] = ()
    """What was decided for the person who asked, in sentences"""
    asks_for_data: bool = False
    """Whether somebody said what the data are: by a task, a file, or an experiment that has some"""
    setup: Setup | None = None
    """What a code says, where one was given"""


def request_of(
    preset: str | None = None,
    experiment: str | None = None,
    setup: str | None = None,
    *,
    of_file: bool = False,
    **flags: str | None,
) -> Request:
    """The experiment that the flags describe: a preset, a file, a code or the defaults, with single settings on top.

    A text file is only for the task text, and so asks for it, unless a task is given too; a data file asks for the task
    table. Where nobody says how many timesteps, and so many rows are not in it, there are fewer.

    Args:
        preset: The name of a preset.
        experiment: The path of a file of settings.
        setup: The code of a setup.
        of_file: Whether a file with a network was given.
        flags: Settings by name; None where they were not given.

    Raises:
        BadInputError: the preset, the file, the code or a setting is not allowed.
    """
    from core.settings.experiment import Experiment
    from core.settings.files import expanded
    from core.settings.presets import preset as named
    from core.sources.figures import read_settings
    from tui.report.trace_document import About, about_of

    starts = {"--preset": preset, "--experiment": experiment, "--setup": setup}
    several = [name for name, value in starts.items() if value is not None]
    if len(several) > 1:
        raise BadInputError(f"{several[0]} and {several[1]} were both given; give one of them")
    coded = None if setup is None else setup_given(setup)
    if coded is not None and coded.file is not None and not of_file:
        raise BadInputError(_without_file(coded))
    texts: Mapping[str, str] = {}
    try:
        if experiment is not None:
            if not experiment:
                raise BadInputError("--experiment: no file was named; give the path of a TOML file")
            start, texts = read_settings(expanded(experiment))
        elif coded is not None:
            start = coded.experiment
        else:
            start = Experiment() if preset is None else named(preset)
        given = {name: value for name, value in flags.items() if value is not None}
        implied = {"task": "text"} if given.get("text_file") else {}
        implied = {"task": "table"} if given.get("data") else implied
        found = start.replace(**{**implied, **given})
        found, notes = _fitting(found, given)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    if texts and found == start:
        title, look_for = (printable(texts.get(name, ""), lines=True) for name in ("title", "look_for"))
        return Request(found, About(title, look_for), tuple(given), notes, asks_for_data=True)
    of_data = preset is not None or experiment is not None or any(name in given for name in DATA)
    if coded is not None:
        own = coded.experiment.task != Experiment().task if coded.file is None else coded.file.on_data
        of_data = of_data or own
    return Request(found, about_of(found), tuple(given), notes, of_data, coded)


def setup_given(code: str) -> Setup:
    """What a code says.

    Raises:
        BadInputError: it is damaged, or of a newer version.
    """
    from tui.explorer.session.setup import setup_of

    try:
        return setup_of(code)
    except ValueError as error:
        raise BadInputError(f"--setup: {error}") from None


def _without_file(setup: Setup) -> str:
    """What is said of a code whose network stands in a file, where no file was given."""
    import shlex  # a plain start does not wait for it

    from core.settings.files import visible

    name = "" if setup.file is None else setup.file.name
    if not name:
        return "--setup: the code is of a network that was given from Python, which no code can carry; save its trace"
    return (
        f"--setup: the code is of the network in {visible(name)}, which no code can carry; give the file too: "
        f"rnn-tui {shlex.quote(visible(name))} --setup CODE"
    )


def _fitting(experiment: Experiment, given: Mapping[str, str]) -> tuple[Experiment, tuple[str, ...]]:
    """The experiment with as many timesteps as its data file has room for, and what is to be said of that.

    Raises:
        ValueError: the file is not there, is no table, or has no room for a single step.
    """
    if experiment.task != "table" or "data" not in given or "timesteps" in given:
        return experiment, ()
    from core.tasks.table.task import fitting_window

    steps = fitting_window(experiment)
    if steps == experiment.timesteps:
        return experiment, ()
    rows = "1 row" if steps == 1 else f"{steps} rows"
    said = f"windows of {rows}, for {experiment.timesteps} are not in the file; --window sets it"
    return experiment.replace(timesteps=steps), (said,)
