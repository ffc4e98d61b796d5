"""Training and comparison as text for people and as records for machines; the keys are in docs/training-json.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.tasks import readout_name
from core.training.metrics import metric_name
from core.training.steps import spectral_radii
from tui.report.formats.json import rate_record
from tui.report.numbers import finite
from tui.report.words.training import to_beat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.settings.experiment import Experiment
    from core.training.history import TrainingHistory
    from core.training.profile import ProbeProfile
    from core.training.remedies import Compared

FORMAT: Final = 1
"""The version of the records' keys: raised when one changes its meaning or goes."""
ROWS: Final = 13
"""Rows of a training table, about."""


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
