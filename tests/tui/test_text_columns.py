"""Words in rows: what belongs together stays together."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tui.explorer.widgets.text_columns import aligned, in_rows, texts_in_rows

parts = st.lists(st.sampled_from(["L_50, lag 3:", "● W_aa 1.49", "■ W_ax 0.771", "◎ x 0.29", "所 9"]), max_size=12)


@given(parts, st.integers(1, 90))
def test_no_name_is_parted_from_its_number_and_no_row_is_longer_than_it_must_be(given: list[str], room: int) -> None:
    rows = in_rows(given, room).split("\n") if given else []
    assert [part for row in rows for part in row.split("  ")] == given
    assert all(cell_len(row) <= room or "  " not in row for row in rows)
    for row, after in pairwise(rows):
        assert cell_len(row) + 2 + cell_len(after.split("  ")[0]) > room


def test_before_there_is_any_room_it_is_one_row() -> None:
    assert in_rows(["a 1", "b 2"], 0) == "a 1  b 2"


def test_each_part_keeps_its_own_color() -> None:
    row = texts_in_rows([Text("loss", "bold"), Text("batch", "red"), Text("mean")], 40)
    styles = {segment.text.strip(): str(segment.style) for segment in row.render(Console()) if segment.text.strip()}
    assert styles == {"loss": "bold", "batch": "red", "mean": "none"}


def test_no_rows_are_no_text() -> None:
    assert aligned([], first=18, room=37).plain == aligned([]).plain == ""
