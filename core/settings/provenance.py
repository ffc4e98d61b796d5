"""With what, when and how a file was made, as every file says that this program writes."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from core.settings.experiment import Experiment
from core.settings.identity import DISTRIBUTION, program_version
from core.settings.setup_code import setup_code


@dataclass(frozen=True)
class Provenance:
    """With what, when and how something was made. All texts are of one line, without characters that cannot be seen."""

    program: str
    """`rnn-tui 0.1.0`"""
    python: str
    """The version of Python"""
    numpy: str
    """The version of NumPy"""
    blas: str
    """The library of linear algebra that NumPy was built with, and its version: `scipy-openblas 0.3.30`"""
    date: str
    """When, in UTC: `2026-01-31T12:00:00Z`"""
    command: str
    """The command line"""
    settings: str = ""
    """The settings that are not the defaults of this version, as the command line takes them: `--cell=lstm --gain=1.2`;
    empty where there are none, or no settings made what is in the file"""
    setup: str = ""
    """The code of the setup, which `rnn-tui --setup CODE` opens; empty where no settings made what is in the file"""

    @property
    def line(self) -> str:
        """Everything that is known, on one line."""
        libraries = (f"Python {self.python}", f"NumPy {self.numpy}", self.blas)
        own = (f"settings {self.settings}",) if self.settings else ()
        code = (f"setup {self.setup}",) if self.setup else ()
        return "; ".join((self.program, *libraries, self.date, self.command, *own, *code))

    @property
    def json(self) -> str:
        """Every field by its name, as the text of a JSON object."""
        return json.dumps(asdict(self))

    def of(self, experiment: Experiment | Mapping[str, Any] | None, *, trained: int = 0) -> Provenance:
        """The provenance of what these settings, or settings by name, make; the same for None.

        Args:
            experiment: The settings.
            trained: After how many updates of its training the network is; only for the code, which stays as it is
                where there is one.
        """
        if experiment is None:
            return self
        values, usual = experiment.model_dump() if isinstance(experiment, Experiment) else experiment, Experiment()
        own = {name: value for name, value in values.items() if value != getattr(usual, name)}
        told = shlex.join(f"--{name.replace('_', '-')}={value}" for name, value in own.items())
        return replace(self, settings=_plain(told), setup=self.setup or setup_code(values, trained=trained))


def provenance(*, now: datetime | None = None, arguments: Sequence[str] | None = None) -> Provenance:
    """The provenance of what is written now.

    Args:
        now: The time. If None, what the environment variable SOURCE_DATE_EPOCH says, in seconds since 1970, so that
            a build can be repeated to the last bit; or else the clock.
        arguments: The command line; None for that of this process.
    """
    import numpy as np  # the start does not wait for it

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    when = (_now() if now is None else now).astimezone(UTC)
    return Provenance(
        program=f"{DISTRIBUTION} {program_version() or 'that is not installed'}",
        python=platform.python_version(),
        numpy=np.__version__,
        blas=_plain(f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()),
        date=when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=_command(sys.argv if arguments is None else arguments),
    )


def with_provenance(record: Mapping[str, Any], made: Provenance | None = None) -> dict[str, Any]:
    """A record for machines, with the provenance of what is written now, or another, under its key `provenance`."""
    return {**record, "provenance": asdict((made or provenance()).of(made_by(record)))}


def made_by(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The settings that make what a record tells of; None where a network was given, which they only train.

    Args:
        record: Plain values; `experiment` and `given` are looked at.
    """
    found: Mapping[str, Any] | None = record.get("experiment")
    return found if record.get("given") is None else None


def _now() -> datetime:
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(fixed), UTC) if fixed.isdecimal() else datetime.now(UTC)


def _command(arguments: Sequence[str]) -> str:
    """The program by its name only, for where it lies is of no use elsewhere; what follows it as it was given."""
    program, *others = arguments or ("",)
    name = os.path.basename(program)
    before = ["python", "-m", "tui"] if name == "__main__.py" else [name]
    return _plain(shlex.join([*before, *others]))


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
