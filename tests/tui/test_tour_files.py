"""Tours as files: what is written is read again, and a teacher's mistake is one line that says where and what."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core
from core import Experiment
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.history import History
from tui.explorer.session.lag_range import LagRange
from tui.explorer.session.lesson import Lesson, keep
from tui.explorer.session.shown import Shown
from tui.explorer.session.step_words import StepWords
from tui.explorer.session.subject import Subject
from tui.explorer.session.tour import LONGEST, PANELS, Behind, Look, Tour, TourStep
from tui.explorer.session.touring import Before, Touring
from tui.explorer.session.view import View
from tui.explorer.tours import library
from tui.explorer.tours.library import MAIN, following, name_for, named_tour, own_tours, shipped_tours
from tui.explorer.tours.reading import MOST_BYTES, is_name, parsed, read_tour
from tui.explorer.tours.texts import FILLED, unknown
from tui.explorer.tours.writing import tour_contents

PAGE = Path(__file__).parents[2] / "docs" / "tours.md"
STEP = 'title = "x"\n[[steps]]\ntext = "a"\n'
ASKS = 'question = {ask = "?", answers = ["a", "b"], reason = "r", %s}\n'


def again(tour: Tour) -> Tour:
    return parsed(tour_contents(tour, "made by a test").decode(), "again.toml")


@pytest.mark.parametrize("name", shipped_tours())
def test_a_tour_that_is_written_is_read_again_equal(name: str) -> None:
    assert again(shipped_tours()[name]) == shipped_tours()[name]


@pytest.mark.parametrize("name", shipped_tours())
def test_a_tour_names_what_there_is_to_try_next(name: str) -> None:
    tour = shipped_tours()[name]
    assert tour.next
    assert {*tour.next} <= {*shipped_tours(), *core.presets()} - {name}
    after = following(tour)
    assert list(after) == list(tour.next)
    assert len({one.title for one in after.values()}) == len(after)
    done = {step.preset for step in tour.steps}
    assert not done & {one for one, found in after.items() if isinstance(found, core.Preset)}, "it was just shown"
    assert tour.about and 5 <= len(tour.steps) <= 7


@pytest.mark.parametrize("name", shipped_tours())
def test_a_step_says_a_sentence_or_two_and_most_ask(name: str) -> None:
    for step in shipped_tours()[name].steps:
        assert step.title and step.point_at
        assert len(re.findall(r"[.?](?= |$)", step.text)) <= 2, step.text
        assert len(step.text) <= 170, step.text


def test_a_step_that_draws_fewer_lines_than_its_answer_says_so() -> None:
    back = Before(History(Subject(core.Experiment())), 0, View(), None, Shown())
    for tour in shipped_tours().values():
        for place, step in enumerate(tour.steps):
            now, question = Touring(tour, back, place=place), step.question
            more = question is not None and bool(now.view.hidden - now.answered(None).view.hidden)
            assert (now.keeps_back, now.answered(None).keeps_back) == (more, False), step.title
    assert Touring(shipped_tours()[MAIN], back, place=2).keeps_back


def test_the_main_tour_ends_at_the_claims_with_ones_own_network() -> None:
    steps = shipped_tours()[MAIN].steps
    assert steps[-1].own and steps[-1].tab == "question"
    assert sum(step.question is not None for step in steps) >= 4


views = st.builds(
    View,
    curve=st.sampled_from(["typical", "summed"]),
    grouping=st.sampled_from(["source", "parameter"]),
    hidden=st.frozensets(st.sampled_from(["W_aa", "b_a"])),
    as_table=st.booleans(),
    theory=st.booleans(),
    seeds=st.sampled_from([0, 20, 100]),
    spectrum=st.booleans(),
    lags=st.sampled_from([None, LagRange(1, 6)]),
    parameter=st.sampled_from(["W_aa", "state", "W_ax"]),
    tab=st.sampled_from(["tab-lags", "tab-map", "tab-training"]),
    loss=st.sampled_from(["last", "all", 3]),
    training_chart=st.sampled_from(["metric", "lags"]),
)


@given(view=views, position=st.integers(0, 13), gain=st.sampled_from([0.9, 1.5]), title=st.text(max_size=20))
def test_a_screen_that_is_kept_comes_back_whole_through_its_file(
    view: View, position: int, gain: float, title: str
) -> None:
    experiment, cursor = Experiment(timesteps=7, gain=gain), Cursor(7, position)
    pinned = [Behind(Experiment(gain=3)), Behind(Experiment(gain=0.5), "calm", trained=7)]
    step = keep(experiment, view, cursor, pinned=pinned)
    lesson = Lesson().added(step).worded(0, StepWords(title, "note")).named(title)
    assert lesson.tour is not None
    (found,) = again(lesson.tour).steps
    assert found.experiment == experiment
    assert found.behind == tuple(pinned)
    shown = found.over(View())
    assert (shown.loss, shown.tab, shown.hidden, shown.as_table) == (view.loss, view.tab, view.hidden, view.as_table)
    assert (shown.curve, shown.grouping, shown.theory) == (view.curve, view.grouping, view.theory)
    assert shown.seeds == view.seeds
    assert (shown.spectrum, shown.lags) == (view.spectrum, view.lags)
    assert (shown.parameter, shown.training_chart) == (view.parameter, view.training_chart)
    assert found.cursor(7, None) == cursor


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title =", "not valid TOML"),
        ('title = "x"', "steps: is missing"),
        ('title = "x"\nsteps = 3', "steps: 3 was given, allowed is 1 to 200 [[steps]]"),
        ('title = 3\n[[steps]]\ntext = "a"', "title: 3 was given, allowed is a text"),
        (
            'title = "x"\nlevel = "easy"\n[[steps]]\ntext = "a"',
            "level: 'easy' was given, allowed is first steps, further",
        ),
        ('title = "x"\n[[steps]]\n', "step 1: text: is missing"),
        (STEP + "pinned = {trained = -1}", "pinned: trained: -1 was given, allowed is a number of updates"),
        (STEP + '[[steps]]\ntext = "b"\ntabs = "map"', "step 2: tabs: not a key here; allowed is tab, loss"),
        (STEP + 'tab = "maps"', "step 1: tab: 'maps' was given, allowed is lags, map"),
        (STEP + 'loss = "first"', 'step 1: loss: \'first\' was given, allowed is "last", "all", or the step'),
        (STEP + "loss = 51", "step 1: loss: 51 was given, and with 50 steps allowed is at most 50"),
        (STEP + "lag = 50", "step 1: lag: 50 was given, and with 50 steps allowed is at most 49"),
        (STEP + "lag = 2\nback = 3", "step 1: back and lag were given; give one of them"),
        (STEP + "own = 1", "step 1: own: 1 was given, allowed is true or false"),
        (STEP + 'own = true\npreset = "lstm"', "step 1: own shows the person's own network"),
        (STEP + 'preset = "lstn"', "step 1: preset: 'lstn' was given, allowed is sunspots"),
        (STEP + "settings = {gian = 2}", "step 1: settings: gian: is not a setting"),
        (STEP + "settings = {gain = -1}", "step 1: settings: gain: -1 was given, allowed is 0"),
        (STEP + 'pinned = {cell = "x"}', "step 1: pinned: cell: 'x' was given"),
        (STEP + 'point_at = "moon"', "step 1: point_at: 'moon' was given, allowed is title, settings"),
        (STEP + 'hidden = "W_aa"', "step 1: hidden: 'W_aa' was given, allowed is a list of names"),
        (STEP + ASKS % "right = 3", "step 1: question: right: 3 was given, allowed is 1 … 2"),
        (STEP + ASKS % "right = 0", "step 1: question: right: 0 was given, allowed is the place"),
        (STEP + ASKS % 'right = 1, reveal = {tab = "x"}', "step 1: question: reveal: tab: 'x' was given"),
        (STEP + ASKS % "right = 1, reveal = {lag = 99}", "step 1: lag: 99 was given, and with 50 steps"),
        (
            STEP + 'question = {ask = "?", answers = ["a"], right = 1, reason = ""}',
            "question: answers: ['a'] was given",
        ),
        ('title = "x"\n[[steps]]\ntext = "{rat}"', "step 1: {rat} stands for no number; allowed is {rate}"),
        ('title = "x"\n[[steps]]\ntext = "{size}"', "step 1: {size}: size is followed by name"),
        (Experiment().to_toml(), "settings, and no tour"),
        (f'title = "{"a" * (LONGEST + 1)}"\n[[steps]]\ntext = ""', "title: 'aaa"),
    ],
)
def test_a_mistake_is_one_line_with_its_place_and_what_is_allowed(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as raised:
        parsed(text, "mine.toml")
    said = str(raised.value)
    assert said.startswith("mine.toml: ") and said.isprintable() and len(said) < 900


def test_what_is_no_file_of_a_tour_is_told(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "long").write_bytes(b"#" * (MOST_BYTES + 1))
    os.mkfifo(tmp_path / "pipe")
    for name, told in (
        ("none", "No such file"),
        ("bytes", "not a text file in UTF-8"),
        ("long", "longer than"),
        ("pipe", "not an ordinary file"),
        ("", "directory"),
    ):
        with pytest.raises(ValueError, match=told):
            read_tour(tmp_path / name)


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("\ufeff" + STEP, encoding="utf-8")
    assert read_tour(tmp_path / "a.toml").title == "x"


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    tour = parsed('title = "a\\u001b[2J[/b]\\u202e"\n[[steps]]\ntext = "one\\ntwo"', "f")
    assert tour.title == "a?[2J[/b]?"
    assert tour.steps[0].text == "one two"


def test_the_page_for_teachers_has_every_key_and_every_number() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(parsed(example, "tours.md").steps) == 3
    told = set(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL)))
    for model in (Tour, TourStep, Look):
        assert {field.alias or name for name, field in model.model_fields.items()} <= told
    assert {*PANELS} <= told
    assert {hole.strip("{}").split()[0] for hole in told if hole.startswith("{")} == {*FILLED}
    assert not [wrong for hole in told if hole.startswith("{") for wrong in unknown(hole)]


# Where tours are


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's own tours, so far none."""
    monkeypatch.setattr(library, "own_folder", lambda: tmp_path / "own")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "own"


def test_a_tour_is_found_by_its_name_among_ones_own_first_or_in_a_file(folder: Path) -> None:
    assert named_tour(MAIN) == shipped_tours()[MAIN]
    folder.mkdir()
    (folder / "mine.toml").write_text(STEP)
    (folder / f"{MAIN}.toml").write_text(STEP)
    assert named_tour("mine").title == named_tour(MAIN).title == "x"
    assert named_tour("own/mine.toml").title == "x"
    with pytest.raises(ValueError, match="'other' was given, allowed is question, gates"):
        named_tour("other")


def test_a_broken_file_among_ones_own_hides_no_other(folder: Path) -> None:
    assert own_tours() == ({}, ())
    folder.mkdir()
    (folder / "a.toml").write_text("title =")
    (folder / "b.toml").write_text(STEP)
    found, problems = own_tours()
    assert [path.name for path in found] == ["b.toml"]
    assert len(problems) == 1 and "a.toml: not valid TOML" in problems[0]


@given(st.text(max_size=100))
def test_the_name_that_a_title_makes_is_one(title: str) -> None:
    assert is_name(name_for(title))


# A lesson


def lesson(*titles: str) -> Lesson:
    found = Lesson()
    for title in titles:
        found = found.added(TourStep(title=title, text=""))
    return found


def titles(of: Lesson) -> str:
    return "".join(step.title for step in of.steps)


def test_steps_are_moved_taken_out_and_worded() -> None:
    now = lesson("a", "b", "c")
    assert titles(now.moved(0, 1)) == "bac"
    assert titles(now.moved(2, -2)) == "cab"
    assert now.moved(0, -1) is now and now.moved(2, 1) is now
    assert titles(now.without(1)) == "ac"
    assert titles(now.worded(1, StepWords(" x ", "note"))) == "axc"
    assert not now.saved and now.saved_to(Path("a.toml")).saved
    assert now.saved_to(Path("a.toml")).worded(0, StepWords("a")).saved, "the same words are no change"


def test_a_lesson_without_a_step_is_no_tour_and_one_without_a_title_has_a_name() -> None:
    assert Lesson().tour is None
    made = lesson("a").named("  ").tour
    assert made is not None and made.title == "A lesson"
    opened = Lesson.of(shipped_tours()[MAIN])
    assert opened.tour == shipped_tours()[MAIN]
