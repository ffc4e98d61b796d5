"""A long table costs what is in sight, keeps its header, and has the marked row in sight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from driving import Drive, explorer, text_of
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from core import Experiment
from tui.explorer.panels.lags import LagsTable
from tui.explorer.widgets.long_table import LongTable
from tui.report.numbers import magnitude

WIDTH, HEIGHT = 24, 10
ROWS = HEIGHT - 1


class Written(LongTable):
    """A table that knows which rows were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def show(self, count: int) -> None:
        def row(at: int) -> list[str]:
            self.asked.append(at)
            return [str(at), f"1e−{at}"]

        self.fill(("lag k", "● W_aa"), count, row)

    def lines(self) -> list[list[str]]:
        return [line.split() for line in text_of(self).split("\n")]


class Host(App[None]):
    CSS = "Written { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield Written()


def look(scenario: Callable[[Pilot[None], Written], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Host().run_test(size=(WIDTH, HEIGHT)) as pilot:
            table = pilot.app.query_one(Written)
            table.focus()
            await scenario(pilot, table)

    asyncio.run(run())


def test_of_five_thousand_rows_those_in_sight_alone_are_written() -> None:
    async def scenario(pilot: Pilot[None], table: Written) -> None:
        table.show(5000)
        await pilot.pause()
        assert set(table.asked) == set(range(ROWS))
        table.asked.clear()
        table.move_cursor(2500)
        await pilot.pause()
        assert 2500 in table.asked
        assert len(set(table.asked)) <= 2 * ROWS

    look(scenario)


@pytest.mark.parametrize("count", [1, 5, ROWS, ROWS + 1, 5000])
def test_every_row_can_be_marked_and_is_then_in_sight_below_the_header(count: int) -> None:
    async def scenario(pilot: Pilot[None], table: Written) -> None:
        table.show(count)
        for row in (0, count - 1, count // 2, 0, count + 7, -3):
            table.move_cursor(row)
            await pilot.pause()
            lines, marked = table.lines(), max(0, min(row, count - 1))
            assert lines[0] == ["lag", "k", "●", "W_aa"]
            assert [str(marked), f"1e−{marked}"] in lines
            assert table.cursor_row == marked
            assert len([line for line in lines[1:] if line]) == min(count, ROWS)

    look(scenario)


def test_a_screen_of_rows_down_and_up_comes_back() -> None:
    async def scenario(pilot: Pilot[None], table: Written) -> None:
        table.show(100)
        table.action_page_down()
        assert table.cursor_row == ROWS
        table.action_cursor_down()
        table.action_page_up()
        table.action_cursor_up()
        await pilot.pause()
        assert table.cursor_row == 0
        assert table.lines()[1][0] == "0"

    look(scenario)


def test_a_column_that_has_no_room_is_left_out_and_can_be_gone_to() -> None:
    async def scenario(pilot: Pilot[None], table: Written) -> None:
        names = [f"σ_{i}" for i in range(6)]
        table.fill(names, 100, lambda row: [f"1.{i}e−{row + 10}" for i in range(6)])
        seen: set[str] = set()
        for by in [1] * 6 + [-1] * 6:
            await pilot.pause()
            # The scrollbar lies over the last two cells.
            head, row = (table.render_line(y).crop(0, WIDTH - 2).text.split() for y in (0, 1))
            assert set(head) <= set(names)
            assert row == [f"1.{name[-1]}e−10" for name in head]
            seen |= set(head)
            table.action_columns(by)
        assert seen == set(names)
        assert table.scroll_offset.x == 0

    look(scenario)


def test_a_click_marks_the_row_under_it_and_the_header_none() -> None:
    async def scenario(pilot: Pilot[None], table: Written) -> None:
        table.show(5000)
        table.move_cursor(3000)
        await pilot.pause()
        wanted = int(table.lines()[3][0])
        await pilot.click(table, offset=(2, 3))
        assert table.cursor_row == wanted
        await pilot.click(table, offset=(2, 0))
        assert table.cursor_row == wanted

    look(scenario)


@pytest.mark.parametrize("count", [0, 3])
def test_fewer_rows_than_before_leave_none_of_the_old_ones(count: int) -> None:
    async def scenario(pilot: Pilot[None], table: Written) -> None:
        table.show(5000)
        table.move_cursor(4999)
        await pilot.pause()
        table.show(count)
        await pilot.pause()
        assert [line[0] for line in table.lines()[1:] if line] == [str(row) for row in range(count)]
        assert table.cursor_row == max(0, count - 1)

    look(scenario)


@explorer(Experiment(timesteps=40, hidden_size=4), only="work")
async def test_the_lags_table_follows_the_cursor_and_has_the_traces_numbers(drive: Drive) -> None:
    await drive.press("end", "v")
    table = drive.one(LagsTable)
    await drive.until(lambda: table.row_count == 40)
    await drive.until(lambda: "39" in text_of(table))
    expected = magnitude(float(drive.trace.lags.typical("b_a")[39]))
    assert table.get_row_at(39)[3] == expected
    assert expected in next(line for line in text_of(table).split("\n") if line.split()[:1] == ["39"])
    await drive.until(lambda: table.has_focus)
    await drive.press("up", "up")
    assert table.cursor_row == 37
    await drive.press("left")
    assert table.cursor_row == 38
