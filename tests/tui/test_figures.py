"""Figures: every chart as lines, markers, axes and a legend, readable in gray and at the width of a column."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from cases import make_bidirectional

import core
from core.dynamics.summary import dynamics_of
from core.training.profile import probe_profiles
from tui.explorer.session.run import Run
from tui.report.charts.lags import lags_chart
from tui.report.charts.model import Band, Chart, Mark, Series
from tui.report.charts.pins import LOOKS, NamedPin
from tui.report.charts.ticks import nice_ticks
from tui.report.figures.axes import powered
from tui.report.figures.charts import jacobians_figure, lags_figure, training_figure, unrolled_figure
from tui.report.figures.compose import Figure, laid_out, svg
from tui.report.figures.contours import contour
from tui.report.figures.maps import map_figure
from tui.report.figures.options import COLUMN
from tui.report.figures.paper import _artists
from tui.report.figures.shapes import Area, Cells, Dot, LaidOut, Line, Spot, Text, text_width
from tui.report.figures.sweeps import sweep_figure
from tui.report.figures.themes import THEMES, look
from tui.report.palette import contrast

SMALL = core.Experiment(hidden_size=4, timesteps=12)
NAMESPACE = "{http://www.w3.org/2000/svg}"


def training() -> Figure:
    history = core.TrainingHistory(SMALL.replace(clip="norm"))
    for _ in range(20):
        history.add(core.advance(history.experiment, history.latest))
    return training_figure(Run(history, len(history), tuple(probe_profiles(history, most=4))))


def of_trace(trace: core.Trace) -> dict[str, Figure]:
    scored = np.flatnonzero(trace.lags.scored) + 1
    return {
        "lags": lags_figure(trace),
        "of one loss": lags_figure(trace, int(scored[-1])),
        "map": map_figure(trace),
        "jacobians": jacobians_figure(trace, dynamics_of(trace.tape)),
        "unrolled": unrolled_figure(trace, int(scored[-1])),
        "all losses": unrolled_figure(trace),
    }


FIGURES = {
    **of_trace(core.run(SMALL)),
    "training": training(),
    "phases": sweep_figure(core.sweep(core.grid(SMALL, gain="0.5:2:4", hidden_size=[2, 3, 4], seeds=2))),
    "curve": sweep_figure(core.sweep(core.grid(SMALL, gain="0.5:2:4", seeds=3))),
    "curves": sweep_figure(core.sweep(core.grid(SMALL, gain="0.5:2:4", cell=["rnn", "gru"]))),
}


STUDY = core.sweep(core.grid(SMALL, gain="0.2:4:4", hidden_size=[2, 3, 4], seeds=2))


def two_ways() -> core.Trace:
    case = make_bidirectional(("rnn", "gru"), (3, 2), seed=1)
    return core.run(network=case.network, batch=case.batch)


EDGES = {
    "one step, one unit": lambda: core.run(core.Experiment(hidden_size=1, timesteps=1)),
    "all zero": lambda: core.run(core.Experiment(hidden_size=3, timesteps=6, gain=0.0)),
    "an overflow": lambda: core.run(core.Experiment(hidden_size=4, timesteps=300, gain=40.0, activation="relu")),
    "two layers": lambda: core.run(core.Experiment(cell="lstm", layers=2, hidden_size=3, timesteps=10)),
    "lags below 0": two_ways,
    "one loss": lambda: core.run(core.Experiment(task="adding", hidden_size=3, timesteps=150)),
}


def box(text: Text) -> tuple[float, float, float, float]:
    """About where a text stands: from its left to its right, from its top to its bottom."""
    width, (x, y) = text_width(text.text, text.size), text.at
    start = {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
    if text.upright:
        return x - 0.8 * text.size, x, y + start - width, y + start
    return x - start, x - start + width, y - 0.7 * text.size, y


def overlapping(laid: LaidOut) -> list[tuple[str, str]]:
    """Texts upon one another; the 0 at the bottom of a scale, of each of several lines, may be."""
    texts = [one for one in laid.shapes if isinstance(one, Text) and one.text != "0"]
    found = []
    for at, one in enumerate(texts):
        for other in texts[at + 1 :]:
            a, b = box(one), box(other)
            if min(a[1], b[1]) - max(a[0], b[0]) > 1.5 and min(a[3], b[3]) - max(a[2], b[2]) > 1.0:
                found.append((one.text, other.text))
    return found


def check(figure: Figure, width: float = COLUMN) -> None:
    laid = laid_out(figure, width, look("print", 8.0))
    assert overlapping(laid) == []
    for shape in laid.shapes:
        if isinstance(shape, Text):
            left, right, top, bottom = box(shape)
            assert left > -2 and right < width + 2 and top > -2 and bottom < laid.height + 2, shape.text
        elif isinstance(shape, Line):
            points = np.array([point for run in shape.runs for point in run])
            assert np.isfinite(points).all() and (points > -1).all() and (points < [width + 1, laid.height + 1]).all()
    text = svg(figure, theme="print", width=width)
    assert "nan" not in re.sub(r"<(title|desc|text)\b.*?</\1>", "", text) and "inf" not in re.sub(
        r"<[^>]*>[^<]*", "", text
    )
    ElementTree.fromstring(text)


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("theme", THEMES)
def test_a_figure_has_its_words_as_text_and_fits_its_width(name: str, theme: str) -> None:
    text = svg(FIGURES[name], theme=theme, ids="one")  # type: ignore[arg-type]
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img" and root.get("aria-labelledby") == "one-title one-desc"
    assert root.findtext(f"{NAMESPACE}title") and root.findtext(f"{NAMESPACE}desc")
    said = [one.text or "" for one in root.iter(f"{NAMESPACE}text")]
    for words in {
        "lags": ["lag k (steps)", "typical ‖∂L_t/∂θ through step t−k‖", "W_aa", "W_y, lag 0 only"],
        "map": ["lag k (steps)", "loss time t (steps)", "‖∂L_t/∂W_aa through step t−k‖"],
        "jacobians": ["σ of ∂a⟨t⟩/∂a⟨t−k⟩", "real", "imaginary", "largest σ", "ρ^k"],
        "unrolled": ["a⟨12⟩", "x⟨12⟩", "L_12", "gradient"],
        "training": ["training step (updates)", "mean squared error", "‖∂L/∂θ‖", "after clipping"],
        "phases": ["gain", "units n_a", "factor per step"],
        "curve": ["gain", "factor per step", "5–95 % of seeds", "×1"],
    }.get(name, {}):
        assert words in said, (words, said)
    assert not re.search(r"click|press|key|mouse", " ".join(said))
    assert not re.search(r"(?:href|src|url\()", text), "nothing is fetched"
    assert ('<rect width="240.94"' in text) == (theme != "print"), "on paper there is no background"
    check(FIGURES[name])


@pytest.mark.parametrize("name", EDGES)
def test_whatever_the_network_is_its_figures_fit(name: str) -> None:
    trace = EDGES[name]()
    for figure in of_trace(trace).values():
        check(figure)
        check(figure, 2 * COLUMN)
    if name == "lags below 0":
        said = svg(lags_figure(trace))
        assert ">−5<" in said and "below 0 ahead" in said


def test_seeds_theory_and_pins_are_in_the_figure_as_they_are_looked_at() -> None:
    trace, other = core.run(SMALL), core.run(SMALL.replace(cell="gru"))
    ensemble, theory = core.ensemble_lines(SMALL, 4), dynamics_of(trace.tape, profile=False).lines
    pin = NamedPin(other, "typical", "a GRU", LOOKS[0])

    def shown(width: int, height: int) -> Chart:
        return lags_chart(
            trace, width=width, height=height, ensemble=ensemble, theory=theory, pins=[pin], pinned=other, lags=(0, 6)
        )

    figure = lags_figure(trace, shown=shown)
    check(figure)
    laid = laid_out(figure, COLUMN, look("light", 8.0))
    texts = [one.text for one in laid.shapes if isinstance(one, Text)]
    for name in ("W_aa, 10% of seeds, 90% of seeds", "W_aa, median of 4 seeds", "ρ^k", "all W_·a, a GRU"):
        assert name in texts
    (band,) = [one for one in laid.shapes if isinstance(one, Area) and len(one.points) > 4]
    assert max(x for x, _ in band.points) <= COLUMN


def test_lines_are_told_apart_without_their_colors() -> None:
    laid = laid_out(FIGURES["lags"], COLUMN, look("print", 8.0))
    lines = [one for one in laid.shapes if isinstance(one, Line) and one.opacity == 1 and one.width > 1]
    by_color = {one.color: one.dash for one in lines}
    assert len(by_color) == len(set(by_color.values())) == 3, "each line is broken up in another way"
    markers = {(one.color, one.marker) for one in laid.shapes if isinstance(one, Dot) and one.marker}
    assert len({marker for _, marker in markers} - {"down"}) == 5
    for theme in THEMES:
        of = look(theme, 8.0)
        for series in lags_chart(core.run(SMALL)).series:
            color = of.series(series.color)
            rgb = tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))
            assert contrast(rgb, of.palette.backdrop) >= 3.0  # type: ignore[arg-type]


def test_a_point_tells_its_number_and_a_cell_of_a_map_too() -> None:
    trace = core.run(SMALL)
    laid = laid_out(lags_figure(trace), COLUMN, look("light", 8.0))
    told = [one.title for one in laid.shapes if isinstance(one, Dot) and one.title.startswith("W_aa, lag k 3: ")]
    assert told == [f"W_aa, lag k 3: {core_size(trace, 'W_aa', 3)}"]
    spots = [one for one in laid_out(map_figure(trace), COLUMN, look("light", 8.0)).shapes if isinstance(one, Spot)]
    assert any(one.title.startswith("W_aa, t = 12, lag 0: 0.") for one in spots)
    assert "W_aa, t = 5, lag 4: 0" in [one.title for one in spots], "an exact zero is told as one"


def core_size(trace: core.Trace, name: str, lag: int) -> str:
    from tui.report.numbers import magnitude

    return magnitude(float(trace.lags.typical(name)[lag]))


def test_what_the_scale_cannot_show_is_marked_and_explained() -> None:
    x = np.arange(6.0)
    y = np.array([1.0, -np.inf, 9.0, -9.0, np.nan, 2.0])
    series = Series("it", x, y, (213, 94, 0), "●")
    ticks = nice_ticks(0, 5, 5)
    chart = Chart([series], (0, 5), (0, 3), ticks, ticks, "x", "y", zero="0", note="0: exactly zero")
    laid = laid_out(Figure((chart,)), COLUMN, look("light", 8.0))
    markers = [one.marker for one in laid.shapes if isinstance(one, Dot) and one.marker in ("up", "down", "cross")]
    assert sorted(map(str, markers)) == ["cross", "down", "up"]
    texts = [one.text for one in laid.shapes if isinstance(one, Text)]
    assert "0: exactly zero; ▲: above the scale; ▼: below the scale" in texts
    # A band is cut where it is not known, and stays within the scale.
    band = Band(x, np.where(x == 3, np.nan, -5.0), np.full(6, 2.0), (0, 158, 115))
    marked = replace(chart, bands=[band], marks=[Mark("y", 1.0, "one"), Mark("x", 2.0, "here"), Mark("x", 9.0, "off")])
    laid = laid_out(Figure((marked,)), COLUMN, look("light", 8.0))
    texts = [one.text for one in laid.shapes if isinstance(one, Text)]
    assert "one" in texts and "here" in texts and "off" not in texts
    areas = [one for one in laid.shapes if isinstance(one, Area)]
    assert len(areas) == 2
    lowest = max(y for one in areas for _, y in one.points)
    assert lowest == pytest.approx(
        max(y for one in laid.shapes if isinstance(one, Line) for run in one.runs for _, y in run), abs=3
    )


def test_a_page_has_both_sets_of_colors_in_one_figure() -> None:
    text = svg(FIGURES["map"], theme="auto", ids="f7")
    assert "@media screen and (prefers-color-scheme:dark)" in text
    plain, dark = svg(FIGURES["map"], theme="light", ids="f7"), svg(FIGURES["map"], theme="dark", ids="f7")
    for color in set(re.findall(r'fill="(#[0-9a-f]{6})"', plain)) | set(re.findall(r'fill="(#[0-9a-f]{6})"', dark)):
        assert f":{color};" in text
    assert not re.search(r'(fill|stroke)="#', text)


def test_a_map_of_many_steps_is_small() -> None:
    trace = core.run(core.Experiment(timesteps=300, hidden_size=4))
    text = svg(map_figure(trace))
    assert len(text) < 400_000
    (cells, *_) = [
        one for one in laid_out(map_figure(trace), COLUMN, look("light", 8.0)).shapes if isinstance(one, Cells)
    ]
    assert max(cells.colors.shape) <= 120


def test_a_power_of_ten_is_written_as_one() -> None:
    assert [powered(one) for one in ("1e−2", "5e+3", "1e+0", "0.05", "×2")] == ["10⁻²", "5·10³", "1", "0.05", "×2"]


def test_the_line_at_zero_runs_between_the_points() -> None:
    field = np.array([[-1.0, 3.0], [-1.0, 1.0]])
    assert contour(field) == [[(0.75, 0.5), (1.0, 1.5)]]
    assert contour(np.array([[1.0, 1.0], [1.0, np.nan]])) == []
    saddle = contour(np.array([[1.0, -1.0], [-1.0, 1.5]]))
    assert len(saddle) == 2, "two lines, around the two corners that are below"


def test_a_theme_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="'paper' was given, allowed is light, dark, print"):
        svg(FIGURES["lags"], theme="paper")  # type: ignore[arg-type]


def test_a_dollar_sign_on_paper_is_one() -> None:
    transforms = pytest.importorskip("matplotlib.transforms")
    (artist,) = _artists(Text((5.0, 20.0), "price $, $b$", 8.0, "#000000"), transforms.IdentityTransform())
    assert artist.get_text() == "price $, $b$" and not artist.get_parse_math()  # it is drawn as it stands


@pytest.mark.parametrize("quantity", ["rate", "regime"])
def test_a_sweep_calls_settings_as_the_screen_does_and_regimes_by_their_words(quantity: str) -> None:
    along = core.sweep(core.grid(SMALL, gain="0.2:4:4", seeds=2))
    sizes = core.sweep(core.grid(SMALL, hidden_size=[2, 3, 4]))
    several = core.sweep(core.grid(SMALL, gain="0.2:4:4", hidden_size=[2, 3], cell=["rnn", "gru"]))
    for study in (STUDY, along, sizes, several):
        drawn = svg(sweep_figure(study, quantity))
        assert ("units n_a" in drawn) == (any("hidden_size" in axis.names for axis in study.grid.axes))
        assert "hidden_size" not in drawn
        assert ("neither</text>" in drawn) == (quantity == "regime")
