"""Columns of a .parquet file, read by DuckDB where it is installed (the extra `data`)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence

import numpy as np

from core.tasks.table.cells import CellReader
from core.tasks.table.columns import Column, column_of, unique_names

MISSING = (
    "is a parquet file, which needs DuckDB; install it with: pip install 'rnn-tui[data]', or save the table as csv"
)


def read_parquet(content: bytes) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """The columns of a .parquet file.

    Raises:
        ValueError: DuckDB is not installed, or does not read it; a sentence that follows `FILE `.
    """
    try:
        import duckdb  # the start does not wait for what only this kind of file needs
    except ImportError:
        raise ValueError(MISSING) from None
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.parquet")
        with open(path, "wb") as file:
            file.write(content)
        try:
            with duckdb.connect(":memory:") as connection:
                found = connection.execute("SELECT * FROM read_parquet(?)", [path])
                names, rows = [one[0] for one in found.description], found.fetchall()
        except duckdb.Error as error:
            said = str(error).splitlines()[0].replace(f" in file '{path}'", "").replace(path, "the file")
            raise ValueError(f"cannot be read as parquet ({said}); write it again, or save the table as csv") from None
    if not rows:
        raise ValueError("has no rows; give a table with some")
    return tuple(
        _column(name, cells) for name, cells in zip(unique_names(names), zip(*rows, strict=True), strict=True)
    ), ()


def _column(name: str, cells: Sequence[object]) -> Column:
    if all(cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool)) for cell in cells):
        numbers = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
        numbers[~np.isfinite(numbers)] = np.nan
        return column_of(name, numbers, np.zeros(len(cells), dtype=np.int32), ())
    reader = CellReader(decimal_comma=False)
    reader.add(["" if cell is None else str(cell) for cell in cells])
    return column_of(name, *reader.read())
