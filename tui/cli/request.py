"""What a person asks for: the experiment that the options describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.report.printable import printable

if TYPE_CHECKING:
    from core.settings.experiment import Experiment
    from tui.report.trace_document import About


class BadInputError(Exception):
    """What a person gave is not allowed; the message says what and what is."""


@dataclass(frozen=True)
class Wanted:
    """What to run, and what it is called."""

    experiment: Experiment
    about: About


def wanted_of(preset: str | None = None, experiment: str | None = None, **flags: str | None) -> Wanted:
    """The experiment that the flags describe: a preset, a file or the defaults, with single settings on top."""
    from core.settings.experiment import Experiment, read_toml
    from core.settings.presets import preset as named
    from core.settings.presets import presets
    from tui.report.trace_document import About

    if preset is not None and experiment is not None:
        raise BadInputError("--preset and --experiment were both given; give one of them")
    texts: Mapping[str, str] = {}
    try:
        if experiment is not None:
            start, texts = read_toml(experiment)
        else:
            start = Experiment() if preset is None else named(preset)
        wanted = start.replace(**{name: value for name, value in flags.items() if value is not None})
    except ValueError as error:
        raise BadInputError(str(error)) from None
    if texts and wanted == start:
        title, look_for = (printable(texts.get(name, ""), lines=True) for name in ("title", "look_for"))
        return Wanted(wanted, About(title, look_for))
    shipped = (one for one in presets().values() if one.experiment == wanted)
    return Wanted(wanted, next((About(one.title, one.look_for) for one in shipped), About()))
