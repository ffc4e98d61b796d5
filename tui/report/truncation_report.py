"""The report's part on truncated backpropagation: which lags are kept, and what that does to the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.bptt.truncation import ALL
from tui.report import json_values
from tui.report.document import Cell, Column, Row, Section, Table
from tui.report.numbers import cosine, factor, finite, share
from tui.report.words.truncation import kept, settings

if TYPE_CHECKING:
    from core.bptt.truncation import Truncation

_COLUMN: Final = 10


def title(found: Truncation) -> str:
    """How the gradient is truncated, and which lags that keeps."""
    far = f"{found.k2} steps" if found.k2 > 1 else "1 step"
    if found.k1 == 0:
        how = f"at the end all losses are carried back together, {far} and no further"
    elif found.k1 == 1:
        how = f"each loss is carried back {far} and no further"
    else:
        how = (
            f"every {found.k1} steps the losses of the last {found.k1} are carried back together, {far} and no further"
        )
    return f"Truncated backpropagation, {settings(found)}: {how}. {kept(found)}"


NOTE: Final = (
    "thrown away: ‖what is lost‖ / ‖whole gradient‖, which may be above 100 % where contributions cancel; cosine and "
    "length of what is left, against the whole gradient"
)


def truncation_section(found: Truncation | None) -> Section:
    """What is thrown away; null for programs, and nothing for people, where the gradient is not truncated."""
    if found is None:
        return Section(record={"truncation": None})
    return Section((_table(found),), {"truncation": _record(found)}, "Truncation")


def _table(found: Truncation) -> Table:
    """A row for each parameter, and one for all of them together: share thrown away, cosine, length."""
    columns = tuple(Column(name, width=_COLUMN) for name in ("thrown", "cosine", "length"))
    rows = tuple(_row(found, name) for name in found.cosine)
    return Table(title(found), columns, (rows,), NOTE)


def _row(found: Truncation, name: str) -> Row:
    lost, kept_cosine, ratio = found.log2_lost_share[name], found.cosine[name], found.log2_ratio[name]
    cells = (Cell(share(lost), lost), Cell(cosine(kept_cosine), kept_cosine), Cell(factor(ratio), ratio))
    return Row(name, cells)


def _record(found: Truncation) -> dict[str, Any]:
    return {
        "k1": found.k1,
        "k2": found.k2,
        "first_cut": found.first_cut,
        "all_cut": found.all_cut,
        "share_cut": [finite(value) for value in found.share_cut.tolist()],
        "parameters": {name: _parameter(found, name) for name in found.gradients},
        ALL: _parameter(found, ALL),
    }


def _parameter(found: Truncation, name: str) -> dict[str, Any]:
    return {
        "lost_share": json_values.size(found.log2_lost_share[name]),
        "cosine": finite(found.cosine[name]),
        "length": json_values.size(found.log2_ratio[name]),
        "lost": json_values.curve(found.log2_lost[name]),
    }
