"""A file that results are kept in as they come, and found in again: whatever happens in between, none is lost.

SQLite, one table: the key is what the result is of, the value the summary as JSON, whose numbers are those of float64
to the last bit. A result is there as a whole or not at all, so that the program can be killed at any moment; and two
programs can have one file, of which the later one finds what the other has computed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from core.settings.experiment import Experiment
from core.settings.files import CLOSED, closed_files, expanded, visible
from core.settings.identity import fingerprint, program_version
from core.settings.provenance import provenance
from core.study.outcome import Result
from core.study.summary import LineSummary, MatrixSummary, Summary
from core.study.work import What
from core.tasks import source_of

APPLICATION: Final = 0x726E6E74
"""The bytes `rnnt` in the head of the file say whose it is"""

PATIENCE: Final = 60.0
"""Seconds to wait while another process writes"""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS results (
    fingerprint TEXT NOT NULL,
    what TEXT NOT NULL,
    version TEXT NOT NULL,
    summary TEXT NOT NULL,
    seconds REAL NOT NULL,
    experiment TEXT NOT NULL,
    made_with TEXT NOT NULL,
    made_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (fingerprint, what, version)
) WITHOUT ROWID
"""
_AT_ONCE: Final = 500
"""Keys that are asked for in one question"""


class Store:
    """Results in a file, by what they are of: the settings, whether trained, and the program's version.

    Args:
        path: The file, which is made where there is none.

    Raises:
        ValueError: it cannot be opened, or is something else.

    Runnable example:

        >>> import core, pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "gains.sqlite")
        ...     study = core.sweep(core.grid(gain=[0.5, 1.0], hidden_size=2, timesteps=9), store=path)
        ...     with core.Store(path) as store:
        ...         len(store)
        2
    """

    def __init__(self, path: Path | str) -> None:
        self.path = expanded(str(path))
        closed = closed_files()
        if closed is not None and not closed.allows(self.path, writing=True):
            raise ValueError(f"{visible(self.path.name)}: {CLOSED}; leave the field empty")
        try:
            self._open()
        except sqlite3.Error as error:
            raise ValueError(f"{visible(self.path)}: {error}; choose another file for the results") from None

    def _open(self) -> None:
        self._file = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        try:
            # A rollback journal, the default, works on every kind of disk; a write-ahead log does not.
            self._file.execute("PRAGMA synchronous = NORMAL")
            self._file.execute("BEGIN IMMEDIATE")
            (application,) = self._file.execute("PRAGMA application_id").fetchone()
            tables = self._file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if application != APPLICATION and tables:
                raise sqlite3.Error("a database of another program")
            self._file.execute(f"PRAGMA application_id = {APPLICATION}")
            self._file.execute(_TABLE)
            self._file.execute("COMMIT")
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        """How many results there are, of every version."""
        return int(self._file.execute("SELECT count(*) FROM results").fetchone()[0])

    def found(self, keys: Sequence[str], what: What) -> dict[str, Result]:
        """The results that there are, by key; those of other versions of the program are not taken.

        Args:
            keys: What `key_of` says of each experiment.
            what: What was to be found out.
        """
        there: dict[str, Result] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            question = f"""
                SELECT fingerprint, summary, seconds FROM results
                WHERE what = ? AND version = ? AND fingerprint IN ({marks})
            """
            for key, text, seconds in self._file.execute(question, (what.name, program_version(), *some)):
                found = _summary_of(json.loads(text))
                if found is not None:
                    there[key] = Result(found, seconds)
        return there

    def keep(self, results: Iterable[tuple[Experiment, Result]], what: What) -> None:
        """Write results down, all of these or, if the program ends meanwhile, none; in place of what a key had before.

        Args:
            results: The settings, each with what came out.
            what: What was found out.
        """
        made = provenance().json
        rows = [
            (
                key_of(experiment),
                what.name,
                program_version(),
                json.dumps(result.summary.record(), allow_nan=False),
                result.seconds,
                json.dumps(experiment.model_dump()),
                made,
            )
            for experiment, result in results
        ]
        self._file.execute("BEGIN IMMEDIATE")
        try:
            self._file.executemany(
                "INSERT OR REPLACE INTO results (fingerprint, what, version, summary, seconds, experiment, made_with) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")

    def close(self) -> None:
        """Close the file; what was kept is in it."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def key_of(experiment: Experiment) -> str:
    """What a result is kept under: the fingerprint of its settings, and of the file with its data if there is one.

    Raises:
        ValueError: the file is not there.
    """
    own = fingerprint(experiment)
    if not experiment.reads_file:
        return own
    return f"{own} {source_of(experiment).sha256 or ''}".strip()


def _summary_of(record: Mapping[str, Any]) -> Summary | None:
    """The summary that a record is of; None for a record with other keys, of a program that is not quite this one."""
    if set(record) != {one.name for one in fields(Summary)}:
        return None
    try:
        lines = tuple(LineSummary(**line) for line in record["lines"])
        matrices = tuple(MatrixSummary(**matrix) for matrix in record["matrices"])
    except TypeError:
        return None
    return Summary(**{**record, "lines": lines, "matrices": matrices})
