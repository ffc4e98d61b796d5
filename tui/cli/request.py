"""What a person asks for: the experiment that the options describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.report.printable import printable

if TYPE_CHECKING:
    from core.settings.experiment import Experiment
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


def request_of(preset: str | None = None, experiment: str | None = None, **flags: str | None) -> Request:
    """The experiment that the flags describe: a preset, a file or the defaults, with single settings on top.

    A text file is only for the task text, and so asks for it, unless a task is given too; a data file asks for the task
    table. Where nobody says how many timesteps, and so many rows are not in it, there are fewer.

    Raises:
        BadInputError: the preset, the file or a setting is not allowed.
    """
    from core.settings.experiment import Experiment
    from core.settings.files import expanded
    from core.settings.presets import preset as named
    from core.sources.figures import read_settings
    from tui.report.trace_document import About, about_of

    if preset is not None and experiment is not None:
        raise BadInputError("--preset and --experiment were both given; give one of them")
    texts: Mapping[str, str] = {}
    try:
        if experiment is not None:
            if not experiment:
                raise BadInputError("--experiment: no file was named; give the path of a TOML file")
            start, texts = read_settings(expanded(experiment))
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
    return Request(found, about_of(found), tuple(given), notes, of_data)


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
