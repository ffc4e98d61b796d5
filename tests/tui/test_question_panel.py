"""The panel of the question: six verdicts that follow the trace, told without color, whole at every width."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, get_args

import pytest
from driving import threads_ended
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static, TabbedContent, TabPane

import core
from core.claims import Verdict
from tui.explorer.background.responsiveness import HandOff
from tui.explorer.panels import question
from tui.explorer.panels.question import IN_BRIEF, VERDICTS, ClaimView, QuestionPanel, evidence_table
from tui.report.palette import READABLE, contrast, dark_palette
from tui.report.styles import styles
from tui.report.words.evidence import written

Check = Callable[[Pilot[None]], Coroutine[Any, Any, None]]
THEMES = ("textual-dark", "textual-light", "nord", "solarized-light", "atom-one-light", "dracula")
WIDTHS = (40, 46, 60, 80, 120, 160)


class Host(App[None]):
    def compose(self) -> ComposeResult:
        yield QuestionPanel()


class Tabs(App[None]):
    def compose(self) -> ComposeResult:
        with TabbedContent():
            with TabPane("Other", id="other"):
                yield Static("other")
            with TabPane("The question", id="question"):
                yield QuestionPanel()


def drive(check: Check, host: type[App[None]] = Host, size: tuple[int, int] = (100, 40)) -> None:
    async def run() -> None:
        async with host().run_test(size=size) as pilot:
            await check(pilot)

    asyncio.run(run())


async def show(pilot: Pilot[None], experiment: core.Experiment) -> QuestionPanel:
    panel = pilot.app.query_one(QuestionPanel)
    panel.shown = replace(panel.shown, trace=core.run(experiment))
    await threads_ended(pilot.app)
    await pilot.pause()
    return panel


def lines(panel: QuestionPanel) -> list[str]:
    """What every part shows, line by line, hidden ones left out."""
    parts = [part for part in panel.query(Static) if part.display and all(a.display for a in part.ancestors_with_self)]
    return [part.render_line(y).text.rstrip() for part in parts for y in range(part.size.height)]


def text(panel: QuestionPanel) -> str:
    return " ".join(" ".join(lines(panel)).split())


def verdicts(panel: QuestionPanel) -> list[str]:
    return [str(view.query_one(".verdict", Static).content) for view in panel.query(ClaimView)]


def test_it_shows_the_question_the_answer_and_six_claims_with_their_reasons() -> None:
    async def check(pilot: Pilot[None]) -> None:
        panel = await show(pilot, core.Experiment())
        assert panel.trace is not None
        shown = text(panel)
        for whole in (core.QUESTION, core.answer(panel.trace).text(written)):
            assert whole in shown
        for claim in core.claims(panel.trace):
            assert claim.statement in shown
            assert claim.said_by in shown
            assert claim.explanation in shown
            assert all(written(number).removesuffix(" per step") in shown for number in claim.evidence)
        assert verdicts(panel) == [
            "✓ holds in this network",
            "✗ fails in this network",
            "✗ fails in this network",
            "◐ premise true, conclusion false",
            "✓ holds in this network",
            "✓ holds in this network",
        ]

    drive(check)


def test_every_verdict_has_a_glyph_of_its_own() -> None:
    assert set(VERDICTS) == set(get_args(Verdict))
    assert len({glyph for glyph, _, _ in VERDICTS.values()}) == len(VERDICTS)


def test_the_verdicts_follow_the_trace() -> None:
    async def check(pilot: Pilot[None]) -> None:
        panel = await show(pilot, core.Experiment())
        await show(pilot, core.Experiment(gain=0.0))
        assert verdicts(panel)[3] == "◑ so, but for another reason"
        assert "W_aa is all zeros" in text(panel)
        await show(pilot, core.Experiment(timesteps=1))
        assert set(verdicts(panel)) == {"? not decidable here"}
        kinds = [view.classes & {kind for _, _, kind in VERDICTS.values()} for view in panel.query(ClaimView)]
        assert kinds == [{"-open"}] * 6

    drive(check)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_at_any_width(width: int) -> None:
    async def check(pilot: Pilot[None]) -> None:
        panel = await show(pilot, core.Experiment(batch_size=3, timesteps=40))
        assert panel.trace is not None
        assert panel.max_scroll_x == 0
        assert panel.max_scroll_y > 0
        shown = text(panel)
        assert "…" not in shown
        for claim in core.claims(panel.trace):
            assert all(written(number).removesuffix(" per step") in shown for number in claim.evidence)
            assert claim.explanation in shown
        bounds = panel.content_region
        assert all(part.region.right <= bounds.right for part in panel.query(Static))

    drive(check, size=(width, 30))


def below(panel: QuestionPanel) -> str:
    """What the line at the bottom says; nothing where it is not there."""
    line = panel.query_one(".below", Static)
    return str(line.content) if line.display else ""


@pytest.mark.parametrize("size", [(50, 19), (80, 12), (100, 40)])
def test_it_says_how_many_claims_are_below_the_fold(size: tuple[int, int]) -> None:
    async def check(pilot: Pilot[None]) -> None:
        panel = await show(pilot, core.Experiment())
        await pilot.pause()
        seen = []
        for _ in range(panel.max_scroll_y + 1):
            bottom = panel.query_one(".below").region.y if below(panel) else panel.region.bottom
            hidden = sum(view.query_one(".statement").region.y + 1 >= bottom for view in panel.query(ClaimView))
            said = re.search(r"↓ (?:all )?(\d)(?: of 6)? claims below", below(panel))
            assert not said or ("all" in below(panel)) == (said[1] == "6")
            assert abs((int(said[1]) if said else 0) - hidden) <= 1, "one may be half in sight"
            seen.append(int(said[1]) if said else 0)
            panel.scroll_down(animate=False)
            await pilot.pause()
        assert seen == sorted(seen, reverse=True)
        assert seen[0] > 0 and seen[-1] == 0

    drive(check, size=size)


@pytest.mark.parametrize("width", [46, 60, 100])
def test_the_verdicts_of_all_claims_are_told_with_a_key_while_some_are_below(width: int) -> None:
    async def check(pilot: Pilot[None]) -> None:
        panel = await show(pilot, core.Experiment())
        await pilot.pause()
        glyphs = [said.split()[0] for said in verdicts(panel)]
        assert " ".join(f"{place}{glyph}" for place, glyph in enumerate(glyphs, 1)) in below(panel)
        for verdict, (glyph, _, _) in VERDICTS.items():
            assert (f"{glyph} {IN_BRIEF[verdict]}" in below(panel)) == (glyph in glyphs)
        assert panel.query_one(".below").region.height == 1 + ("\n" in below(panel))

    drive(check, size=(width, 24))


def test_it_takes_the_focus_and_scrolls_by_key() -> None:
    async def check(pilot: Pilot[None]) -> None:
        panel = await show(pilot, core.Experiment())
        await pilot.press("tab")
        assert panel.has_focus
        background = panel.styles.background
        await pilot.press("end")
        await pilot.wait_for_scheduled_animations()
        assert panel.scroll_y == panel.max_scroll_y > 0
        await pilot.press("home")
        await pilot.wait_for_scheduled_animations()
        assert panel.scroll_y == 0
        panel.blur()
        await pilot.pause()
        assert panel.styles.background != background

    drive(check)


@pytest.mark.parametrize(
    "theme", ["textual-dark", "textual-light", "nord", "solarized-light", "atom-one-light", "dracula"]
)
def test_verdicts_are_readable_in_light_and_dark(theme: str) -> None:
    async def check(pilot: Pilot[None]) -> None:
        panel = await show(pilot, core.Experiment())
        pilot.app.theme = theme
        await pilot.pause()
        for view in panel.query(ClaimView):
            style = view.query_one(".verdict").rich_style
            assert style.color is not None
            assert style.bgcolor is not None
            assert style.color.triplet is not None
            assert style.bgcolor.triplet is not None
            assert contrast(style.color.triplet, style.bgcolor.triplet) >= READABLE

    drive(check)


def test_a_panel_that_is_not_seen_tests_nothing_until_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[core.Trace] = []
    plain = question.answer
    monkeypatch.setattr(question, "answer", lambda trace: asked.append(trace) or plain(trace))

    async def check(pilot: Pilot[None]) -> None:
        await show(pilot, core.Experiment(gain=0.5))
        panel = await show(pilot, core.Experiment(gain=0.0))
        assert asked == []
        pilot.app.query_one(TabbedContent).active = "question"
        await pilot.pause()
        await threads_ended(pilot.app)
        await pilot.pause()
        assert asked == [panel.trace]
        assert "W_aa is all zeros" in text(panel)

    drive(check, host=Tabs)


def test_claims_that_arrive_while_another_tab_is_open_are_not_tested_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[core.Trace] = []
    plain = question.answer
    go_on = threading.Event()
    monkeypatch.setattr(question, "answer", lambda trace: (go_on.wait(60), asked.append(trace), plain(trace))[-1])

    async def check(pilot: Pilot[None]) -> None:
        tabs = pilot.app.query_one(TabbedContent)
        tabs.active = "question"
        await pilot.pause()
        panel = pilot.app.query_one(QuestionPanel)
        panel.shown = replace(panel.shown, trace=core.run(core.Experiment(gain=0.0)))
        await pilot.pause()
        tabs.active = "other"
        await pilot.pause()
        go_on.set()
        await threads_ended(pilot.app)
        await pilot.pause()
        tabs.active = "question"
        await pilot.pause()
        await threads_ended(pilot.app)
        assert asked == [panel.trace]
        assert "W_aa is all zeros" in text(panel)

    drive(check, host=Tabs)


def test_many_steps_are_tested_aside_and_the_newest_trace_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "AT_ONCE", 20)

    async def check(pilot: Pilot[None]) -> None:
        panel = pilot.app.query_one(QuestionPanel)
        panel.shown = replace(panel.shown, trace=core.run(core.Experiment(timesteps=30)))
        assert panel.has_class("-testing")
        panel.shown = replace(panel.shown, trace=core.run(core.Experiment(timesteps=30, gain=0.0)))
        at_work = [worker for worker in pilot.app.workers if worker.group == "claims" and not worker.is_cancelled]
        assert len(at_work) == 1
        while panel.has_class("-testing"):
            await pilot.pause(0.005)
        assert "W_aa is all zeros" in text(panel)

    drive(check)


def test_while_claims_are_tested_the_old_ones_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "AT_ONCE", 20)

    def never_done_with_many(panel: QuestionPanel, handed: HandOff[core.Trace], ui_first: object) -> None:
        trace = handed.take()
        if len(trace.tape.losses) <= 20:
            panel.post_message(QuestionPanel.Tested(trace, core.claims(trace), core.answer(trace)))

    monkeypatch.setattr(QuestionPanel, "_test_aside", never_done_with_many)

    async def check(pilot: Pilot[None]) -> None:
        panel = await show(pilot, core.Experiment(timesteps=10))
        before = text(panel)
        await show(pilot, core.Experiment(timesteps=30))
        assert "Testing the claims on 30 steps" in text(panel)
        assert "product of the Jacobians" in before
        assert "product of the Jacobians" not in text(panel)

    drive(check)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 4, 6, 9, 13])
def test_the_program_can_be_left_while_the_claims_come(turns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tested = threading.Event()

    def noted(trace: core.Trace) -> core.Answer:
        tested.set()
        return core.answer(trace)

    async def leave(pilot: Pilot[None]) -> None:
        panel = pilot.app.query_one(QuestionPanel)
        panel.shown = replace(panel.shown, trace=core.run(core.Experiment(timesteps=6, hidden_size=3)))
        while not tested.is_set():
            await asyncio.sleep(0)
        for _ in range(turns):
            await asyncio.sleep(0)
        pilot.app.exit()

    monkeypatch.setattr(question, "answer", noted)
    drive(leave)


def test_numbers_are_written_with_their_unit_and_error() -> None:
    nan, inf = float("nan"), float("inf")
    assert written(core.Evidence("W_aa", -0.178, "factor", "per step", 0.0253)) == "×0.884 ± 0.016 per step"
    assert written(core.Evidence("W_aa", -inf, "factor", "per step")) == "×0 per step"
    assert written(core.Evidence("W_y", -inf, "size")) == "exactly 0"
    assert written(core.Evidence("W_y", -2000.0, "size")) == "8.7e−603"
    assert written(core.Evidence("share", 0.845, "share")) == "84.5 %"
    assert written(core.Evidence("lags", 49.0, "count", "of 49")) == "49 of 49"
    assert written(core.Evidence("off", 3.1e-15, "deviation")) == "3.1e−15"
    assert written(core.Evidence("off", inf, "deviation")) == "∞"
    assert written(core.Evidence("off", nan, "deviation")) == "–"


def test_parameters_wear_their_marker() -> None:
    looks = styles(core.make_network(core.Experiment()), "parameter")
    table = evidence_table((core.Evidence("W_ax", -1.0, "factor", "per step"),), dark_palette(), looks)
    assert [str(cell) for column in table.columns for cell in column.cells] == ["■ W_ax's gradient, per step", "×0.5"]


def test_the_help_names_every_verdict() -> None:
    for glyph, words, _ in VERDICTS.values():
        assert glyph in QuestionPanel.HELP
        assert words.removesuffix(" in this network") in QuestionPanel.HELP
