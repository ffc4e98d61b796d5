"""The settings behind a page, the command that makes it again, and with what it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.settings.experiment import Experiment, settings
from core.settings.provenance import provenance
from tui.report.document import Cell, Column, Command, Paragraph, Row, Section, Table
from tui.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from core.settings.provenance import Provenance
    from tui.report.document import Block

NO_SETTINGS = "No settings make this network and its data: they are from a file, or were given from Python."
"""What is said of a trace that settings do not make"""


def settings_section(
    made: Provenance,
    experiment: Experiment | None,
    again: str = "",
    *,
    trained: bool = False,
    differing: Collection[str] = (),
) -> Section:
    """How the page is made again, and every setting that has an effect.

    Args:
        made: With what, when and how it is made.
        experiment: The settings; None where they do not make what is shown.
        again: The command that makes the page from these settings; empty where only the command line that was given is
            known.
        trained: Whether what is shown was trained.
        differing: Settings that have several values, which are told elsewhere.
    """
    blocks: list[Block] = []
    if experiment is not None and again:
        blocks.append(Command(again, "This makes it again"))
        blocks.append(Command(with_settings("rnn-tui", experiment), "This opens the settings in the explorer"))
    blocks.append(Command(made.command, "It was made by"))
    if experiment is None:
        blocks.append(Paragraph(NO_SETTINGS))
    else:
        rows = tuple(_rows(experiment, trained, differing))
        columns = tuple(Column(name, words=True) for name in ("value", "default", "what it is"))
        blocks.append(Table("Every setting that has an effect here", columns, (rows,), label="setting"))
    return Section(tuple(blocks), title="Settings, and how to make it again")


def with_settings(command: str, experiment: Experiment, *more: str) -> str:
    """A command with the settings that are not the defaults, and then what else it is given.

    >>> with_settings("rnn-tui report", Experiment(gain=1.25), "--html=page.html")
    'rnn-tui report --gain=1.25 --html=page.html'
    """
    return " ".join(filter(None, (command, provenance().of(experiment).settings, *more)))


def _rows(experiment: Experiment, trained: bool, differing: Collection[str]) -> Iterator[Row]:
    for name, setting in settings().items():
        if name in differing or not setting.matters(experiment) or (setting.hint.trains and not trained):
            continue
        value, usual = getattr(experiment, name), setting.default
        said = (_written(value), "" if value == usual else _written(usual), setting.label)
        yield Row(name, tuple(map(Cell, said)))


def _written(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else printable(str(value)) or "none"
