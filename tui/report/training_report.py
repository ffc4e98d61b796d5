"""Training and comparison as text for people and as records for machines; the keys are in docs/training-json.md."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.tasks import readout_name
from core.training.metrics import metric_name
from core.training.steps import spectral_radii
from tui.report.formats.json import rate_record
from tui.report.numbers import UNKNOWN, cosine, factor_with_error, finite, magnitude, number
from tui.report.words.trace import regime_word, what_settings_make
from tui.report.words.training import clipping, to_beat, truncation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.bptt.rate import Rate
    from core.settings.experiment import Experiment
    from core.training.history import TrainingHistory
    from core.training.profile import ProbeProfile
    from core.training.remedies import Compared

FORMAT: Final = 1
"""The version of the records' keys: raised when one changes its meaning or goes."""
ROWS: Final = 13
"""Rows of a training table, about."""


def training_text(
    history: TrainingHistory, before: ProbeProfile | None, after: ProbeProfile | None, *, interrupted: bool = False
) -> str:
    """A run: what was to be beaten, how it went, and what became of the gradient."""
    experiment = history.experiment
    lines = [
        what_settings_make(experiment),
        _how(experiment),
        "",
        *_to_beat(experiment),
        "",
        *_table(history),
        "",
        *_last(history),
        "",
    ]
    norm = f"‖∂L_t/∂{history.network_at(0).state_name}⟨t−k⟩‖"
    lines += [f"{norm} {name} {_said(profile)}" for name, profile in (("before:", before), ("after: ", after))]
    cosines = [None if profile is None else profile.truncated_cosine for profile in (before, after)]
    if any(value is not None for value in cosines):
        told = [UNKNOWN if value is None else cosine(value) for value in cosines]
        lines.append(f"Cosine of the truncated gradient with the whole: {told[0]} before, {told[1]} after")
    if history.ended is not None:
        lines += ["", f"Ended at {history.ended}."]
    if interrupted:
        lines += ["", f"Interrupted after step {history.latest.step} of {experiment.training_steps}."]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _how(experiment: Experiment) -> str:
    done = [clipping(experiment) or "not clipped", truncation(experiment)]
    momentum = f" {experiment.momentum:g}" if experiment.optimizer == "momentum" else ""
    rate = number(experiment.learning_rate)
    steps = "1 step" if experiment.training_steps == 1 else f"{experiment.training_steps} steps"
    return f"{steps} of {experiment.optimizer}{momentum}, rate {rate}, {', '.join(filter(None, done))}"


def _to_beat(experiment: Experiment) -> list[str]:
    values = ", ".join(f"{one.name} {number(one.value)}" for one in to_beat(experiment))
    return [f"{metric_name(readout_name(experiment)).capitalize()}, to beat: {values or UNKNOWN}"]


def _table(history: TrainingHistory) -> list[str]:
    """Some steps: means since the row before, the gradient of that step, and ρ after it."""
    places, first = history.thinned(ROWS), history.start.step
    scalars = {name: history.scalars(name) for name in ("loss", "metric", "accuracy", "log2_gradient", "log2_clipped")}
    classes, clipped = not np.all(np.isnan(scalars["accuracy"])), history.experiment.clip != "none"
    heads = ["step", "loss", "metric", *(["accuracy"] if classes else []), "‖g‖", *(["clipped"] if clipped else [])]
    radii = [spectral_radii(history.states[place].network) for place in places]
    heads.append(f"ρ({next(iter(radii[0]))})" if len(radii[0]) == 1 else "largest ρ")
    rows = ["".join(f"{head:>11}" for head in heads)]
    last = first
    for place, radius in zip(places, radii, strict=True):
        own = slice(last - first, place - first)
        means = [number(float(np.mean(scalars[name][own]))) if place > last else UNKNOWN for name in ("loss", "metric")]
        cells = [str(place), *means]
        if classes:
            cells.append(number(float(np.mean(scalars["accuracy"][own]))) if place > last else UNKNOWN)
        sizes = ("log2_gradient", "log2_clipped") if clipped else ("log2_gradient",)
        cells += [magnitude(float(scalars[name][place - first - 1])) if place > last else UNKNOWN for name in sizes]
        cells.append(number(max(radius.values())) if radius else UNKNOWN)
        rows.append("".join(f"{cell:>11}" for cell in cells))
        last = place
    return rows


def _last(history: TrainingHistory) -> list[str]:
    """What the table's means hide: the score of the last step, as the explorer tells it."""
    lines = ["Loss and metric are means since the row above."]
    if len(history) and math.isfinite(metric := float(history.scalars("metric")[-1])):
        name = metric_name(readout_name(history.experiment))
        lines.append(f"Step {history.steps[-1]} alone: {name} {number(metric)}.")
    return lines


def _said(profile: ProbeProfile | None) -> str:
    if profile is None:
        return "left float64 at t = 1"
    rate = profile.rate
    pace = factor_with_error(rate.log2_per_step, rate.standard_error)
    left = "ends above 1 %" if rate.horizon is None else f"under 1 % from lag {rate.horizon} on"
    return f"{regime_word(rate)} {pace} per step, {left}"


def training_record(
    history: TrainingHistory, before: ProbeProfile | None, after: ProbeProfile | None, *, interrupted: bool = False
) -> dict[str, Any]:
    """A run for machines: plain values for `json.dumps`, never NaN nor infinite; see docs/training-json.md."""
    places = history.thinned(ROWS)
    radii = [spectral_radii(history.states[place].network) for place in places]
    scalars = {name: [finite(v) for v in history.scalars(name).tolist()] for name in ("loss", "metric", "accuracy")}
    sizes = {name: [finite(v) for v in history.scalars(f"log2_{name}").tolist()] for name in ("gradient", "clipped")}
    return {
        "format": FORMAT,
        "experiment": history.experiment.model_dump(),
        **_metric_record(history.experiment),
        "steps": history.latest.step,
        "ended": history.ended,
        "interrupted": interrupted,
        **scalars,
        "log2_gradient": sizes["gradient"],
        "log2_clipped": sizes["clipped"],
        "spectral_radius": {
            "steps": list(places),
            **{name: [radius[name] for radius in radii] for name in radii[0]},
        },
        "before": profile_record(before),
        "after": profile_record(after),
    }


def _metric_record(experiment: Experiment) -> dict[str, Any]:
    kept = [{"name": one.name, "value": one.value, "source": one.source} for one in to_beat(experiment)]
    return {"metric_name": metric_name(readout_name(experiment)), "baselines": kept}


def profile_record(profile: ProbeProfile | None) -> dict[str, Any] | None:
    """One network on the probe batch; None where it overflowed at once."""
    if profile is None:
        return None
    score = profile.metrics
    return {
        "step": profile.step,
        "rate": rate_record(profile.rate),
        "loss": finite(score.loss),
        "metric": finite(score.value),
        "accuracy": None if score.accuracy is None else finite(score.accuracy),
        "spectral_radius": dict(profile.spectral_radius),
        "truncated_cosine": None if profile.truncated_cosine is None else finite(profile.truncated_cosine),
    }


def comparison_text(experiment: Experiment, rows: Sequence[Compared], *, interrupted: bool = False) -> str:
    """A table with a row for each remedy: what it scores, and what its gradient did before and after training."""
    lines = [what_settings_make(experiment), _how(experiment), "", *_to_beat(experiment), ""]
    heads = ("metric", "before", "after", "1 % at lag", "steps")
    lines.append(f"{'':<14}" + "".join(f"{head:>{w}}" for head, w in zip(heads, _WIDTHS, strict=True)))
    for row in rows:
        rates = [None if one is None else one.rate for one in (row.before, row.after)]
        cells = (
            number(row.metric),
            *(UNKNOWN if rate is None else _pace(rate) for rate in rates),
            " → ".join(UNKNOWN if rate is None or rate.horizon is None else str(rate.horizon) for rate in rates),
            str(row.steps),
        )
        lines.append(f"{row.remedy.name:<14}" + "".join(f"{c:>{w}}" for c, w in zip(cells, _WIDTHS, strict=True)))
    lines += [
        "",
        "before, after: what one more step back multiplies ‖∂L_t/∂a⟨t−k⟩‖ by, of an",
        "LSTM's state ‖∂L_t/∂(a, c)⟨t−k⟩‖; – at lag: never under 1 %",
    ]
    lines += [f"{row.remedy.name} ended at {row.ended}." for row in rows if row.ended is not None]
    if interrupted:
        lines.append("Interrupted: the remedies that are missing were not trained to their end.")
    return "\n".join(line.rstrip() for line in lines) + "\n"


_WIDTHS: Final = (8, 22, 22, 11, 6)


def _pace(rate: Rate) -> str:
    return factor_with_error(rate.log2_per_step, rate.standard_error) if not math.isnan(rate.log2_per_step) else UNKNOWN


def comparison_record(experiment: Experiment, rows: Sequence[Compared], *, interrupted: bool = False) -> dict[str, Any]:
    """A comparison for machines; see docs/training-json.md."""
    return {
        "format": FORMAT,
        "experiment": experiment.model_dump(),
        **_metric_record(experiment),
        "interrupted": interrupted,
        "remedies": [
            {
                "name": row.remedy.name,
                "title": row.remedy.title,
                "source": row.remedy.source,
                "experiment": row.experiment.model_dump(),
                "steps": row.steps,
                "ended": row.ended,
                "metric": finite(row.metric),
                "accuracy": row.accuracy,
                "before": profile_record(row.before),
                "after": profile_record(row.after),
            }
            for row in rows
        ],
    }
