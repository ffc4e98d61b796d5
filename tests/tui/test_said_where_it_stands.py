"""What is said on the screen agrees with what stands beside it, and is not cut in the middle."""

from __future__ import annotations

import re

import numpy as np
import pytest
from driving import MEDIUM, Drive, explorer, text_of
from textual.events import Key
from textual.widgets import Input, Static

import core
from core import Experiment
from core.dynamics.theory import TheoryLine
from tui.explorer.actions import tour as touring
from tui.explorer.background.escape_first import as_meant
from tui.explorer.dialogs.symbols import Symbols
from tui.explorer.panels.comparison import fitted
from tui.explorer.panels.headline import KEPT_BACK, Headline
from tui.explorer.panels.tour import AS_IT_BEGAN
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.history import History
from tui.explorer.session.shown import Shown
from tui.explorer.session.subject import Subject
from tui.explorer.session.touring import Before, Touring
from tui.explorer.session.view import View
from tui.explorer.tours.library import shipped_tours
from tui.explorer.tours.reading import parsed
from tui.explorer.widgets.step_backward import backward_text
from tui.explorer.widgets.theory_lines import _TEXTS
from tui.report.charts.glyph_grid import GlyphGrid
from tui.report.charts.step_rows import StepRows, Window
from tui.report.curves import losses_averaged, losses_explained
from tui.report.palette import dark_palette
from tui.report.words.dynamics import verdict_forms
from tui.report.words.title import title
from tui.report.words.verdict import ERROR_REACHES_1, headline

SMALL = Experiment(timesteps=8, hidden_size=3, seed=4)

TOUR = parsed(
    """
title = "One"

[[steps]]
text = "T is {steps}."
settings = { timesteps = 6, hidden_size = 2 }
loss = "last"

[steps.question]
ask = "What becomes of the gradient?"
answers = ["it fades", "it stays"]
reason = "It is {rate} per step."
""",
    "test.toml",
)


def lyapunov(verdict: str, factor: float, error: float) -> TheoryLine:
    log2 = float(np.log2(factor))
    return TheoryLine(
        "lyapunov", "Lyapunov slope", "e^(λ₁ k)", "", verdict, log2, error, np.arange(3, dtype=np.float64) * log2
    )


# The title and theory's lines


def test_a_rate_and_an_exponent_are_judged_by_one_rule_each_saying_over_what() -> None:
    trace = core.run(core.preset("gru").replace(timesteps=100))
    assert "undetermined over 99 lags" in headline(trace) and headline(trace).endswith(ERROR_REACHES_1)
    forms = title(core.run(core.preset("lstm").replace(timesteps=100, hidden_size=32)), 100)
    shortest = next(form for form in forms if len(form) < 78)
    assert "undetermined" in shortest and "L_100: ×" in shortest, "what is left of the loss is not left out before that"
    reason, verdict, brief = verdict_forms(lyapunov("vanishes in the long run", 0.9931, 0.003))
    assert reason == "vanishes in the long run: twice its error does not reach ×1"
    assert "long run" in verdict and "long run" in brief
    reason, verdict, _ = verdict_forms(lyapunov("not distinguishable from 0", 0.9931, 0.03))
    assert reason.endswith(ERROR_REACHES_1) and verdict == "undetermined"


def test_the_title_says_what_the_exponent_decides_where_the_rate_over_the_lags_decides_nothing() -> None:
    trace = core.run(core.preset("gru").replace(timesteps=100))
    decided, open_ = (
        lyapunov("vanishes in the long run", 0.9722, 0.003),
        lyapunov("not distinguishable from 0", 1, 0.03),
    )
    fullest, *_, least = title(trace, None, [decided])
    assert fullest.endswith("± 0.0061 per step · e^(λ₁ k) vanishes in the long run: ×0.9722 ± 0.0020"), fullest
    assert any(form.endswith(" · long run → 0") and len(form) < 80 for form in title(trace, None, [decided]))
    assert "long run" not in least, "and on the narrowest screen nothing of it"
    for lines in ((), [open_]):
        assert not any("long run" in form for form in title(trace, None, lines))
        assert any("over 99 lags" in form and len(form) < 80 for form in title(trace, None, lines))
    fades = core.run(core.Experiment())
    assert title(fades, None, [decided]) == title(fades), "what is decided is said once"


@pytest.mark.parametrize("width", [44, 50, 60, 90, 140])
@pytest.mark.parametrize("verdict", ["vanishes in the long run", "explodes slowly in the long run"])
def test_the_error_of_an_exponent_stays_and_what_it_is_of(width: int, verdict: str) -> None:
    (told,) = _TEXTS["lines"]([lyapunov(verdict, 0.9931, 0.003)], width)
    assert "±" in told.plain and "long run" in told.plain and told.cell_len <= width


@pytest.mark.parametrize("width", [36, 44, 60])
def test_on_one_row_it_is_the_measured_line_that_keeps_its_factor(width: int) -> None:
    found = core.dynamics_of(core.run(Experiment(cell="lstm", timesteps=60)).tape, profile=False)
    (told,) = _TEXTS["tight"](found.lines, width)
    assert "±" in told.plain and told.cell_len <= width


# The comparison with what is pinned


@pytest.mark.parametrize("width", [44, 60, 80, 100, 120, 200])
def test_what_there_is_no_room_for_is_left_out_whole_and_counted(width: int) -> None:
    rows = [
        ("all losses: gradient", "W_aa VANISHES ×0.653", "all W_·a undetermined ×0.98"),
        ("its horizon", "lag 12", "none"),
        ("loss", "87.8", "66"),
        ("cell", "rnn", "lstm"),
        ("forget bias", "1", "3"),
    ]
    text = fitted("RNN", rows, width).plain
    assert len(text) <= width
    ends = [row[2].rpartition(" ")[2] for row in rows]
    told = [end for end in ends if f"→ {end}" in text or f"undetermined {end}" in text]
    assert told == ends[: len(told)]
    assert len(told) == len(rows) or text.endswith(f"   +{len(rows) - len(told)}")
    assert width < 80 or len(told) >= 2


# The strip


def test_what_the_last_row_of_the_strip_says_may_begin_where_other_rows_have_their_names() -> None:
    grid, palette = GlyphGrid(60, 1), dark_palette()
    rows = StepRows(grid, 11, Window.around(25, 49, 49), palette, step=25, backward=True)
    rows.position(0, ("x" * 40, "y" * 33, "z"))
    line = grid.lines()[0]
    assert "y" * 33 in line
    assert line.index("▲") == 11 + 24


# The step


def test_a_loss_that_is_not_followed_is_said_to_be_in_a_network_of_many_units() -> None:
    trace = core.run(Experiment(timesteps=8, hidden_size=12))
    back = core.backward_pass(trace.tape, losses=[8])
    at = Cursor(8, 8 + 3)
    assert at.backward and at.step == 5
    told = backward_text(trace, back, at, dark_palette(), 8, width=36).plain
    assert re.search(r"injected ‖W_yᵀ e⟨5⟩‖ +0\n +only L_8 is followed", told)
    assert all(
        len(row) <= 36 for row in told.split("\n") if "injected" in row or "only L_" in row or "carried ‖" in row
    )
    start = Cursor(8, 8)
    assert "injected ‖W_yᵀ e⟨8⟩‖" in backward_text(trace, back, start, dark_palette(), 8).plain


# The table


def test_the_column_of_losses_is_explained_where_it_needs_to_be() -> None:
    profile = core.run(Experiment(timesteps=12)).profile()
    names = ["W_aa", "W_ax", "b_a"]
    assert " · " in losses_averaged(profile, names, "typical", 3)
    assert "a · b · c of n" in losses_explained("typical")
    assert losses_explained(12) == ""


# Tours


def state(place: Touring) -> bool:
    return place.keeps_verdict_back


def test_a_question_is_not_answered_by_the_title_before_the_person_does() -> None:
    before = Before(History(Subject(SMALL)), 0, View(), None, Shown())
    asked = Touring(TOUR, before)
    assert state(asked) and not state(asked.answered(1))
    step = TOUR.steps[0]
    quoting = TOUR.model_copy(update={"steps": (step.model_copy(update={"text": "Typically {rate}."}),)})
    assert not state(Touring(quoting, before)), "what the step tells is no secret"
    pointing = TOUR.model_copy(update={"steps": (step.model_copy(update={"point_at": "title"}),)})
    assert not state(Touring(pointing, before))


@explorer(size=MEDIUM, only="work")
async def test_where_too_few_lags_have_no_verdict_none_is_promised(drive: Drive) -> None:
    touring.start(drive.screen, shipped_tours()["by-hand"])
    await drive.settled()
    await drive.until(lambda: "only 2 lags to look at" in text_of(drive.one(Headline)))
    assert state(drive.screen.touring)


@explorer(SMALL, size=MEDIUM)
async def test_a_tour_keeps_its_verdict_back_dates_its_numbers_and_lets_a_field_explain(drive: Drive) -> None:
    touring.start(drive.screen, TOUR)
    await drive.settled()
    assert KEPT_BACK in text_of(drive.one(Headline))
    note = drive.screen.query_one("#tour-numbers", Static)
    await drive.press("1")
    await drive.until(lambda: KEPT_BACK not in text_of(drive.one(Headline)))
    assert not note.display
    await drive.press("question_mark")
    await drive.until(lambda: isinstance(drive.app.screen, Symbols))
    drive.app.post_message(Key("alt+v", "v"))  # escape and v, right after each other
    await drive.until(lambda: drive.app.screen is drive.screen and drive.screen.view.as_table)
    await drive.enter("timesteps", 5)
    await drive.settled()
    await drive.until(lambda: note.display)
    assert text_of(note) == AS_IT_BEGAN
    field = drive.row("timesteps").query_one(Input)
    field.focus()
    await drive.press("question_mark")
    await drive.until(lambda: isinstance(drive.app.screen, Symbols))
    assert field.value == "5"


# Keys


@pytest.mark.parametrize(
    ("key", "bound", "meant"),
    [
        ("alt+o", (), ["escape", "o"]),
        ("alt+shift+o", (), ["escape", "O"]),
        ("alt+o", ("alt+o",), ["alt+o"]),
        ("alt+up", (), ["alt+up"]),
        ("o", (), ["o"]),
    ],
)
def test_escape_and_a_letter_right_after_it_are_two_keys(key: str, bound: tuple[str, ...], meant: list[str]) -> None:
    found = as_meant(Key(key, None), bound)
    assert [one.key for one in found] == meant
    if len(found) == 2:
        assert found[1].character == meant[1]
