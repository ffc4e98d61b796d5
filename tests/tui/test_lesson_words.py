"""The words of a step as they are typed: a question in one line of answers, and what is wrong told at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import HOMES, NARROW, Drive, explorer
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input, OptionList, Static

import core
from core import Experiment
from tui.explorer.background import draft
from tui.explorer.background.draft import Draft
from tui.explorer.dialogs.lesson import LessonDialog
from tui.explorer.dialogs.scene import SceneDialog, hint
from tui.explorer.panels.tour import TourPanel
from tui.explorer.session.lesson import Lesson, Page
from tui.explorer.session.step_words import StepWords
from tui.explorer.session.tour import Look, Question, TourStep
from tui.explorer.tours.checking import misspelt, numbers, wrong
from tui.explorer.tours.library import MOST_DRAFTS, own_folder
from tui.explorer.tours.reading import parsed, read_tour
from tui.explorer.tours.texts import Seen, allowed, fill, filled_as_far_as_it_goes
from tui.explorer.tours.writing import readable, tour_contents
from tui.report.words.title import title

SMALL = Experiment(timesteps=8, hidden_size=3, seed=4)
STEP = TourStep(text="")

plain = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)


@given(answers=st.lists(plain, min_size=2, max_size=9), right=st.integers(0, 9))
def test_any_question_can_be_typed_and_comes_back_as_it_was(answers: list[str], right: int) -> None:
    asked = Question(ask="?", answers=tuple(answers), right=right if 0 < right <= len(answers) else None, reason="r")
    typed = StepWords.of(STEP.model_copy(update={"question": asked}))
    assert typed.on(STEP).question == asked


def test_answers_stand_in_one_line_with_a_mark_at_the_right_one() -> None:
    question = StepWords(ask="Which?", answers=" one ;* two;; three", reason="so").on(STEP).question
    assert question == Question(ask="Which?", answers=("one", "two", "three"), right=2, reason="so")
    unjudged = StepWords(ask="Which?", answers="one; two").on(STEP).question
    assert unjudged is not None and unjudged.right is None
    assert StepWords("title", "note", " ", "", "").on(STEP).question is None


def test_a_question_that_is_changed_still_reveals_what_it_did() -> None:
    asked = Question(ask="?", answers=("a", "b"), reason="r", reveal=Look(lag=4))
    changed = StepWords(ask="!", answers="a; b").on(STEP.model_copy(update={"question": asked})).question
    assert changed is not None and (changed.ask, changed.reveal) == ("!", Look(lag=4))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (StepWords(ask="?"), "a question has 2 to 9 answers, with ; between them"),
        (StepWords(ask="?", answers="a"), "a question has 2 to 9 answers"),
        (StepWords(ask="?", answers=";".join("abcdefghij")), "a question has 2 to 9 answers"),
        (StepWords(ask="?", answers="*a;*b"), "2 answers have a *; give it to the right one, or to none"),
        (StepWords(ask="?", answers="a;*"), "an answer is empty; write it after the *"),
        (StepWords(answers="a;b"), "there is an answer or a reason and no question"),
        (StepWords(reason="r"), "there is an answer or a reason and no question"),
    ],
)
def test_what_is_no_question_so_far_is_kept_as_it_is_typed_and_told(words: StepWords, told: str) -> None:
    page = Page(STEP).worded(words)
    assert page.words == words and page.step.question is None
    assert told in page.missing and told in wrong(page, None)
    moved = Lesson(pages=(page, Page(STEP))).moved(0, 1)
    assert moved.pages[1].words == words, "with its step, wherever that goes"


def test_what_is_wrong_with_the_numbers_of_a_text() -> None:
    trace = core.run(SMALL)
    seen = Seen.by(TourStep(text="", loss="all", lag=3), trace)
    assert seen is not None

    def told(text: str, **given: bool) -> str:
        return wrong(Page(TourStep(text=text), numbers=frozenset({0.5})), seen, **given)

    assert "{rat} stands for no number; allowed is {rate}" in told("By {rat}.")
    assert "{size}: size is followed by name" in told("{size}")
    assert told("{size W_zz}").endswith("has no such line, lag or setting; its lines are W_aa, W_ax, b_a, W_y, b_y")
    assert told("{gate f}").endswith("has no such line, lag or setting; it has no gates")
    assert "a { is not closed" in told("{rate")
    assert told("{size W_aa 99}") == "{size W_aa 99}: this screen has no such number"
    assert told("{size W_aa 99}", exact=False) == "", "after training there might be one"
    assert told("0.50 and {rate}, {lag}") == ""
    assert told("0.51 and 7") == "not on this screen: 0.51, 7; words in braces always say what is on it"
    assert wrong(Page(TourStep(text="0.51")), seen) == "", "of a step that was not kept now nobody knows"


def test_one_unknown_word_takes_no_other_number_away() -> None:
    trace = core.run(SMALL.replace(timesteps=40))
    seen = Seen(trace, None, 3, "typical", 1)
    text = "{steps} steps, {foo}, {size}, {size W_aa}, {}"
    read = filled_as_far_as_it_goes(text, seen)
    assert read == fill(text.replace("{foo}", "#").replace("{size}", "$").replace("{}", "%"), seen).translate(
        {ord("#"): "{foo}", ord("$"): "{size}", ord("%"): "{}"}
    )
    assert read.startswith("40 steps, {foo}, ")


def test_a_lesson_with_an_unknown_word_can_be_read_again_from_its_draft() -> None:
    bad = STEP.model_copy(update={"text": "By {rate}, not {nonsense}.", "title": "{nonsense}"})
    lesson = Lesson().added(bad).tour
    assert lesson is not None
    assert misspelt(Page(bad)) == ("title", "text")
    again = parsed(tour_contents(readable(lesson)).decode(), "draft.toml")
    assert (again.steps[0].title, again.steps[0].text) == ("(nonsense)", "By {rate}, not (nonsense).")


def test_what_is_left_is_told_of_what_the_title_tells_it_of() -> None:
    trace = core.run(Experiment(gain=0.7))
    losses = len(trace.tape.losses)
    for loss in (None, losses, losses // 2):
        left = fill("{left}", Seen(trace, loss, 3, "typical" if loss is None else loss, 1))
        whose, _, what = left.partition(": ")
        assert whose in title(trace, loss)[0]
        assert title(trace, loss)[0].endswith(what)


def test_a_half_life_is_in_steps() -> None:
    trace = core.run(Experiment())
    seen = Seen.by(TourStep(text="", loss="all"), trace)
    assert seen is not None
    half_life = trace.profile().rate("W_aa").half_life
    assert half_life is not None
    assert fill("{half_life}, {half_life W_aa}", seen) == f"{half_life:.3g} steps, {half_life:.3g} steps"


def test_numbers_of_a_screen_are_known_by_their_value() -> None:
    assert numbers("W_aa ×0.890 L_50 1,024 6.6e−17") == {0.89, 50.0, 1024.0, 6.6e-17}


# In the running program


def says(drive: Drive, part: str) -> str:
    return str(drive.app.screen.query_one(part, Static).render())


async def asking(drive: Drive) -> SceneDialog:
    await drive.press("S")
    await drive.until(lambda: isinstance(drive.app.screen, SceneDialog) and drive.app.screen.opened)
    assert isinstance(drive.app.screen, SceneDialog)
    return drive.app.screen


async def editing(drive: Drive) -> LessonDialog:
    await drive.press("E")
    await drive.until(lambda: isinstance(drive.app.screen, LessonDialog) and drive.app.screen.opened)
    assert isinstance(drive.app.screen, LessonDialog)
    return drive.app.screen


@explorer(SMALL, size=NARROW, only="work")
async def test_a_question_is_typed_with_the_step_and_asked_in_the_lesson(drive: Drive) -> None:
    await asking(drive)
    await drive.press(*"One", "enter", *"note", "enter", *"Which?", "enter", *"left; *right", "enter", *"why", "enter")
    await drive.until(lambda: drive.app.screen is drive.screen)
    await editing(drive)
    assert "question" in str(drive.app.screen.query_one(OptionList).options[0].prompt)
    await drive.press("enter")
    await drive.until(lambda: drive.screen.touring is not None and drive.screen.touring.asking)
    await drive.press("2")
    await drive.until(
        lambda: "✓ Right: “right”. why" in str(drive.one(TourPanel).query_one("#tour-question", Static).render())
    )


@explorer(SMALL, size=NARROW, only="work")
async def test_what_a_question_lacks_is_said_when_its_step_is_kept(drive: Drive) -> None:
    await asking(drive)
    await drive.press("enter", "enter", *"Which?", "enter", *"one", "enter", "enter")
    await drive.until(lambda: drive.app.screen is drive.screen and len(drive.app._notifications))
    (note,) = drive.app._notifications
    assert note.message.startswith("Kept as step 1, but a question has 2 to 9 answers"), note.message
    assert note.message.endswith(". E completes it.") and note.severity == "warning"


@explorer(SMALL, size=NARROW, only="work")
async def test_enter_goes_on_from_field_to_field_and_keeps_after_the_last_one(drive: Drive) -> None:
    dialog = await asking(drive)
    for field in ("title", "text", "ask"):
        assert dialog.focused is not None and dialog.focused.id == f"step-{field}"
        assert not dialog.query_one("#step-answers").region.area, "no answers without a question"
        await drive.press("enter")
    assert drive.app.screen is drive.screen and len(drive.screen.lesson.pages) == 1
    dialog = await asking(drive)
    await drive.press("down", "down", "?", "down", "up", "down")
    assert dialog.focused is not None and dialog.focused.id == "step-answers"
    await drive.press("ctrl+s")
    assert len(drive.screen.lesson.pages) == 2, "it keeps what is typed, from any field"
    found = await editing(drive)
    await drive.press("tab")
    assert found.focused is not None and found.focused.id == "step-title"
    await drive.press("enter", "enter", "enter")
    assert found.focused is not None and found.focused.id == "step-answers"
    await drive.press("enter", "enter")
    assert found.focused is found.query_one(OptionList), "back in the list after the last field"


@explorer(SMALL, size=NARROW, only="work")
async def test_what_is_wrong_is_told_while_it_is_typed_and_how_the_numbers_read(drive: Drive) -> None:
    dialog = await asking(drive)
    await drive.press("enter", *"{lag")
    assert "a { is not closed" in says(drive, "#scene-says")
    await drive.press("s", "}")
    assert "{lags} stands for no number" in says(drive, "#scene-says")
    assert dialog.query_one("#scene-says").has_class("-wrong")
    assert allowed() in says(drive, "#scene-says") and allowed() in hint()
    assert [str(row.query_one("PlainLabel").render()) for row in dialog.query("StepFields > .-wrong")] == ["Note"]
    await drive.press("ctrl+s")
    assert drive.app.screen is dialog, "a tour with it could not be read again"
    await drive.press("left", "backspace", "right", *" of {steps}")
    assert says(drive, "#scene-says") == "{lag}: this screen has no such number", "nothing has gone back so far"
    await drive.press("home", *["delete"] * 5, *"T is")
    assert says(drive, "#scene-says") == "Reads: T is of 8"
    assert not dialog.query_one("#scene-says").has_class("-wrong")
    await drive.press(*" and 0.51")
    assert says(drive, "#scene-says").startswith("not on this screen: 0.51;")


@explorer(SMALL.replace(cell="lstm"), size=NARROW, only="work")
async def test_what_another_network_has_is_refused_with_the_names_that_this_one_has(drive: Drive) -> None:
    dialog = await asking(drive)
    assert "{factor W_ia}" in says(drive, "#scene-says") and "W_aa" not in says(drive, "#scene-says")
    await drive.press("enter", *"By {factor W_aa}")
    assert "its lines are W_ia, W_ix, b_i, " in says(drive, "#scene-says")
    await drive.press("ctrl+s")
    assert drive.app.screen is dialog and not drive.screen.lesson.pages, "the lesson would show it as it is written"
    await drive.press("left", *["backspace"] * 4, *"W_fa", "ctrl+s")
    assert drive.app.screen is drive.screen and len(drive.screen.lesson.pages) == 1


@explorer(SMALL, size=NARROW, only="work")
async def test_the_editor_tells_it_of_any_step_and_saves_nothing_that_is_wrong(drive: Drive) -> None:
    await drive.press("end")
    await asking(drive)
    await drive.press(*"One", "ctrl+s")
    drive.screen.lesson = drive.screen.lesson.added(
        TourStep(text="{size W_aa 4}", settings={"timesteps": 6, "hidden_size": 2}, loss="all")
    )
    dialog = await editing(drive)
    await drive.until(
        lambda: says(drive, "#lesson-note").startswith("Reads: 0."), "the numbers of a step not on screen"
    )
    await drive.press("tab", "enter", "end", "backspace", *" 9}")
    await drive.until(lambda: "{size W_aa 4 9}: size is followed by" in says(drive, "#lesson-note"))
    await drive.press("ctrl+s")
    assert drive.app.screen is dialog and "Step 2: {size W_aa 4 9}" in says(drive, "#lesson-note")
    await drive.press("home", "shift+end", "delete", "enter", "?")
    assert "2 to 9 answers" in says(drive, "#lesson-note")
    await drive.press("ctrl+s")
    assert "Step 2: a question has 2 to 9 answers" in says(drive, "#lesson-note")
    await drive.press("escape")
    dialog = await editing(drive)
    assert dialog.query_one("#step-ask", Input).value == "?", "what is unfinished is there again"


# On the disk at any time


@explorer(SMALL, size=NARROW, only="work")
async def test_the_lesson_in_work_is_on_the_disk_until_it_is_saved(drive: Drive) -> None:
    await asking(drive)
    await drive.press(*"One", "ctrl+s")
    kept = own_folder() / "a-lesson-not-saved.toml"
    await drive.until(lambda: kept.exists() and read_tour(kept).steps[0].title == "One")
    dialog = await editing(drive)
    await drive.press("tab", "end", "!")
    await drive.until(lambda: read_tour(kept).steps[0].title == "One!")
    await drive.press("ctrl+s", "enter")
    await drive.until(lambda: dialog.lesson.saved)
    await drive.until(lambda: not kept.exists(), "what is saved is no draft any more")
    await drive.until(lambda: drive.app.screen is dialog)
    await drive.press("shift+tab", "delete", "escape")
    await drive.until(lambda: not drive.screen.lesson.pages and not kept.exists())


def made(title: str) -> Lesson:
    return Lesson().added(STEP).named(title)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in HOMES:
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def test_however_fast_it_changes_only_the_latest_is_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    keep = draft.rewrite_draft
    monkeypatch.setattr(draft, "rewrite_draft", lambda tour, path: (written.append(tour.title), keep(tour, path)))
    found = Draft()
    for number in range(100):
        found.put(made(str(number)))
    found.finish()
    assert found.path is not None and read_tour(found.path).title == "99"
    assert len(written) < 10
    assert found.told is not None and "o lists it at the next start" in found.told
    found.put(made("99").saved_to(home / "x.toml"))
    found.finish()
    assert found.path is None and found.told is None and not list(home.rglob("*not-saved*"))


def test_a_lesson_that_cannot_be_written_is_told_at_the_end(home: Path) -> None:
    folder = own_folder()
    folder.mkdir(parents=True)
    for number in range(1, MOST_DRAFTS + 1):
        (folder / f"x-not-saved{'' if number == 1 else f'-{number}'}.toml").touch()
    found = Draft()
    found.put(made("x"))
    found.finish()
    assert found.path is None
    assert found.told is not None and found.told.startswith("the lesson is not saved: there are 100 such drafts in")
