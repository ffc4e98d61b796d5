"""What a figure of each chart shows: a trace, a training run, a sweep → a `Figure`.

The charts are those of the screen; their axes say in addition what they are in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from core.training.metrics import metric_name
from tui.report.charts.jacobians import eigenvalues_chart, singular_values_chart, spectra_chart
from tui.report.charts.lags import lags_chart
from tui.report.charts.model import Band
from tui.report.charts.training import dynamics_chart, metric_chart, norms_chart
from tui.report.figures.compose import Figure
from tui.report.figures.network import Unrolling
from tui.report.styles import styles
from tui.report.words.subject import describe_setup
from tui.report.words.title import title

if TYPE_CHECKING:
    from core.dynamics.summary import Dynamics
    from core.trace import Trace
    from tui.report.charts.model import Chart, Series
    from tui.report.charts.training import TrainingRun
    from tui.report.curves import Curve
    from tui.report.figures.plot import Drawn

STEPS: Final = " (steps)"
"""What a lag is counted in"""

_MARKERS: Final = "●◇□+▣×★◉◈○■◆"
"""What the eigenvalues of several matrices are marked with"""

_CIRCLES: Final = {"1": "radius 1", "ρ": "radius ρ", "σ_max": "radius σ_max"}
"""A circle's name at its end, and in a legend"""


def lags_figure(trace: Trace, curve: Curve = "typical", *, shown: Callable[[int, int], Chart] | None = None) -> Figure:
    """The gradient against the lag.

    Args:
        trace: What to show.
        curve: Which summary over the losses, or the t of one loss.
        shown: The chart for so many cells across and down, where more is on it: other networks, seeds, theory.
    """
    made = shown or (lambda width, height: lags_chart(trace, width=width, height=height, curve=curve))

    def chart(width: int, height: int) -> Chart:
        found = made(width, height)
        ahead = "; below 0 ahead" if found.x_limits[0] < 0 else ""
        series = [replace(one, name=f"{one.name} (input)" if one.name == "x" else one.name) for one in found.series]
        return replace(found, series=series, x_label=f"lag k (steps{ahead})", y_label=_size(curve, height))

    loss = curve if isinstance(curve, int) else None
    told = f"The size of the contributions against the lag k, a line for each of them. {title(trace, loss)[0]}"
    return Figure((chart,), f"Gradient by lag: {describe_setup(trace)}", told)


def _size(curve: Curve, height: int) -> str:
    """What is up, the fullest wording that has room: characters up are about twice as many as rows."""
    loss = f"L_{curve}" if isinstance(curve, int) else "L_t"
    before = "Σ_t " if curve == "summed" else ""
    of = f"‖{before}∂{loss}/∂θ through step {curve if isinstance(curve, int) else 't'}−k‖"
    typical = "typical " if curve == "typical" else ""
    whole = typical + of
    return whole if len(whole) <= 1.7 * height else f"{typical}‖{before}∂{loss}/∂θ‖ by lag"


def jacobians_figure(trace: Trace, dynamics: Dynamics, *, theory: bool = True, whole: bool = False) -> Figure:
    """The singular values of the product of Jacobians against the lag, and the eigenvalues of the recurrent matrices.

    Args:
        trace: What the Jacobians are of.
        dynamics: What has been measured of them, its `profile` too.
        theory: Whether theory's lines are drawn.
        whole: Whether the scale is that of the whole spectrum.

    Raises:
        ValueError: nothing of it can be drawn.
    """
    parts: list[Drawn] = []
    headings = []
    state = dynamics.state_name
    if (profile := dynamics.profile) is not None:
        lines = dynamics.lines if theory else ()

        def values(width: int, height: int) -> Chart:
            made = singular_values_chart(profile, width=width, height=height, theory=lines, whole=whole)
            series = [
                replace(one, name=f"{one.name} σ") if one.name in ("largest", "smallest") else one
                for one in made.series
            ]
            return replace(made, series=series, x_label=f"lag k{STEPS}", y_label=f"σ of ∂{state}⟨t⟩/∂{state}⟨t−k⟩")

        parts.append(values)
        headings.append("Singular values of k Jacobians")
    if dynamics.spectra:
        parts.append(partial(_plane, dynamics))
        headings.append("Eigenvalues of the recurrent matrices" if dynamics.spectrum is None else "Eigenvalues of W_aa")
    if not parts:
        raise ValueError("nothing is known of the Jacobians of this network that could be drawn")
    told = "Singular values of the product of k Jacobians against the lag k, and eigenvalues in the complex plane."
    if len(parts) > 1:
        return Figure(tuple(parts), f"Jacobians: {describe_setup(trace)}", told, tuple(headings))
    return Figure(tuple(parts), f"Jacobians: {describe_setup(trace)}", told)


def _plane(dynamics: Dynamics, width: int, height: int) -> Chart:
    if dynamics.spectrum is None:
        looks = styles(dynamics.tape.network, "parameter")
        made = spectra_chart(dynamics.spectra, looks, width=width, height=height)
        points = [one for one in made.series if one.style == "points"]
        if len({one.marker for one in points}) < len(points):  # their colors alone tell nothing in print
            shapes = dict(zip((one.name for one in points), _MARKERS, strict=False))
            made = replace(made, series=[replace(one, marker=shapes.get(one.name, one.marker)) for one in made.series])
    else:
        made = eigenvalues_chart(dynamics.spectrum, width=width, height=height)
    return replace(made, series=[replace(one, name=_CIRCLES.get(one.name, one.name)) for one in made.series])


def training_figure(run: TrainingRun, title: str = "Training", *, step: int = 0) -> Figure:
    """A training run: the metric with what needs no memory, the gradient's norms, ρ and the rate.

    Args:
        run: The run.
        title: What it is, and of what.
        step: The training step whose network is shown; 0 for none.
    """

    def drawn(make: Callable[..., Chart], label: str) -> Drawn:
        def chart(width: int, height: int) -> Chart:
            made = make(run, step=step, width=width, height=height)
            radii = set(run.profiles[0].spectral_radius) if run.profiles else set()
            names = [
                f"ρ of {one.name}" if one.name in radii else _BATCHES.sub(_batches, one.name) for one in made.series
            ]
            series = [replace(one, name=name) for one, name in zip(made.series, names, strict=True)]
            return replace(made, series=series, x_label="training step (updates)", y_label=label)

        return chart

    name = metric_name(run.history.network.readout_name)
    metric = f"{name} (nats)" if name == "cross-entropy" else name
    parts = [drawn(metric_chart, metric), drawn(norms_chart, "‖∂L/∂θ‖")]
    headings = ["Score", "Size of the gradient"]
    if run.profiles:
        parts.append(drawn(dynamics_chart, "ρ, factor per step"))
        headings.append("Back in time")
    told = (
        f"{name.capitalize()}, the norm of the gradient and how it changes from lag to lag, against the training step."
    )
    return Figure(tuple(parts), title, told, tuple(headings), height=0.42)


_BATCHES: Final = re.compile(r"^metric(?:, mean of (\d+))?")


def _batches(found: re.Match[str]) -> str:
    """What a line of the metric is, which its axis names already."""
    return f"mean of {found.group(1)} batches" if found.group(1) else "each batch"


def shaded(chart: Chart) -> Chart:
    """A chart with a band between each two dimmed lines of one name that follow one another, as around a mean."""
    bands = []
    series: list[Series] = list(chart.series)
    for low, high in pairwise(series):
        alike = low.dim and high.dim and low.name == high.name and low.style == "line" and np.size(low.x) > 1
        if alike and np.array_equal(np.asarray(low.x), np.asarray(high.x)):
            bands.append(Band(low.x, low.y, high.y, low.color))
    series = [replace(one, name=one.name.replace("5 % or 95 %", "5–95 % of seeds")) for one in series]
    return replace(chart, series=series, bands=(*chart.bands, *bands))


def curves_figure(chart: Callable[[int, int], Chart], title: str, description: str) -> Figure:
    """A sweep along one setting: a line for each combination of the others, shaded where nine of ten seeds are.

    Args:
        chart: The chart for so many cells across and down.
        title: What it is, in a few words.
        description: What it shows.
    """
    return Figure((lambda width, height: shaded(chart(width, height)),), title, description)


def unrolled_figure(trace: Trace, loss: int | None = None) -> Figure:
    """The network drawn, its last steps before a loss, with the gradient on its way back.

    Args:
        trace: What to show.
        loss: The t of the loss that is followed; None for all of them.
    """
    whose = "all losses" if loss is None else f"L_{loss}"
    told = f"The network unrolled, with the gradient of {whose} on its way back: its width and color tell its size."
    return Figure((Unrolling(trace, loss),), f"Unrolled: {describe_setup(trace)}", told)
