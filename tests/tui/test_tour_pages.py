"""A tour as a page: its words and charts, its answers folded, left out or given; and the page is the tour again."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_html import check

from core.settings.provenance import provenance
from tui import cli
from tui.explorer.session.tour import Question, Tour, TourStep
from tui.explorer.tours.library import shipped, shipped_tours
from tui.explorer.tours.networks import Networks
from tui.explorer.tours.page import Kind, tour_page
from tui.explorer.tours.reading import read_tour
from tui.report.html.page import document_html

SMALL = {"timesteps": 8, "hidden_size": 3}
HOSTILE = "<script>alert(1)</script>"


def small(tab: str = "lags", **more: object) -> Tour:
    question = Question(ask="Which?", answers=("one", "two"), right=2, reason="At lag {lag} {size W_aa}.")
    step = TourStep(title=HOSTILE, text="By {rate}.", settings=SMALL, tab=tab, lag=3, question=question, **more)  # type: ignore[arg-type]
    return Tour(title="A lesson", steps=(step,))


def page(tour: Tour, kind: Kind = "page") -> str:
    return document_html(tour_page(tour, provenance(), kind=kind, networks=Networks()), provenance())


def test_an_answer_is_folded_on_a_page_left_out_of_a_worksheet_and_marked_with_its_answers() -> None:
    folded, empty, full = (page(small(), kind) for kind in ("page", "worksheet", "answers"))
    for text in (folded, empty, full):
        found = check(text)
        assert "1. " + HOSTILE in found.texts["h2"] and len(found.all("figure")) == 1
        assert not any("{" in said for said in found.texts["p"])
    before, _, after = folded.partition("<details>")
    assert "2. “two”. At lag" not in before and "2. “two”. At lag" in after.partition("</details>")[0]
    assert "At lag" not in empty and 'class="room"' in empty and "☐ one" in empty
    assert '<li class="right">✓ two</li>' in full and "At lag" in full and "<details>" not in full


@pytest.mark.parametrize("tab", ["lags", "map", "units", "jacobians", "question", "step", "training"])
def test_every_tab_has_something_to_show_on_a_page(tab: str) -> None:
    found = check(page(small(tab, trained=2)))
    instead = {"question": "verdict", "step": "delta"}
    assert found.all("svg") or instead[tab] in found.texts["dt"]


def test_other_seeds_that_a_step_asks_for_stand_behind_its_network_on_the_page_too() -> None:
    assert "20 seeds" in page(small(seeds=20)) and "20 seeds" not in page(small())
    assert "20 seeds" not in page(small(seeds=20, trained=2)), "they would be of untrained networks"


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_tours())
def test_the_page_of_a_tour_that_comes_with_the_program_is_small_and_is_the_tour_again(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.html"
    assert cli.main(["tour", name, "--html", str(path)]) == 0
    assert capsys.readouterr().out == ""
    found = check(path.read_text(encoding="utf-8"))
    steps = len(shipped(name).steps)
    assert [one for one in found.texts["h2"] if one[0].isdigit()] == [
        f"{place}. {step.title}" for place, step in enumerate(shipped(name).steps, 1)
    ]
    assert len(found.all("details")) == sum(step.question is not None for step in shipped(name).steps) <= steps
    assert read_tour(path) == shipped(name)


def test_what_does_not_go_together_is_refused_before_anything_is_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.html"
    there.write_text("mine", encoding="utf-8")
    for arguments, said in {
        ("--worksheet",): "--worksheet is for a page: add --html FILE",
        ("--html", str(tmp_path / "a"), "--worksheet", "--answers"): "--worksheet and --answers were both given",
        ("--html", str(there)): "there.html: exists already",
        ("--html", " "): "--html: no file was named",
    }.items():
        assert cli.main(["tour", "question", *arguments]) == 2
        assert said in capsys.readouterr().err
    assert there.read_text(encoding="utf-8") == "mine"


def test_a_number_that_a_step_does_not_have_is_told_with_the_step() -> None:
    step = TourStep(text="{size W_nowhere}", settings=SMALL)
    with pytest.raises(ValueError, match=r"^step 1: {size W_nowhere}: this network has no such line"):
        page(Tour(title="A lesson", steps=(step,)))


def test_nothing_on_a_page_answers_a_question_before_it_is_asked() -> None:
    """Neither the numbers of a step, nor the drawn network, nor what is said to those who cannot see a chart."""
    by_hand = page(small("step"))
    before, _, after = by_hand.partition("<details>")
    assert "<dt>delta</dt>" not in before and "<dt>delta</dt>" in after
    drawn = page(small(point_at="network"))
    before, _, after = drawn.partition("<details>")
    assert "unrolled" not in before and "unrolled" in after
    assert "VANISHES" not in before and "EXPLODES" not in before
