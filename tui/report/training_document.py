"""Training and comparison as documents: what was to be beaten, how it went, and what became of the gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.settings.setup_code import setup_code
from core.tasks import TaskBatches, readout_name, source_of
from core.training.metrics import metric_name
from core.training.steps import held_back_score, spectral_radii
from tui.report import json_values
from tui.report.document import Cell, Column, Document, Lines, Paragraph, Row, Section, Table
from tui.report.numbers import UNKNOWN, cosine, factor_with_error, finite, magnitude, number
from tui.report.printable import printable
from tui.report.words.counted import listed
from tui.report.words.subject import describe_setup, what_settings_make
from tui.report.words.training import carrying, clipping, to_beat, truncation
from tui.report.words.verdict import regime_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.bptt.rate import Rate
    from core.network.network import Network
    from core.numerics.scaled import Floats
    from core.settings.experiment import Experiment
    from core.tasks import Baseline
    from core.trace import Trace
    from core.training.history import TrainingHistory
    from core.training.metrics import Metrics
    from core.training.profile import ProbeProfile
    from core.training.remedies import Compared
    from tui.report.document import Block
    from tui.report.trace_document import About

FORMAT: Final = 1
"""The version of the records' keys: raised when one changes its meaning or goes."""
OVERFLOWED: Final = "left float64 at t = 1"
"""Why a network has no profile, as a rule."""
ROWS: Final = 13
"""Rows of a training table, about."""


def training_document(
    history: TrainingHistory,
    before: ProbeProfile | None,
    after: ProbeProfile | None,
    *,
    interrupted: bool = False,
    without: str = OVERFLOWED,
    given: StartingNetwork | None = None,
    saved: str = "",
) -> Document:
    """A run: what was to be beaten, how it went, and what became of the gradient.

    The keys of its record are described in docs/training-json.md.

    Args:
        history: The run.
        before: The untrained network on the probe batch; None where there is no profile of it.
        after: The latest network, in the same way.
        interrupted: Whether it was ended before its last step.
        without: Why there is no profile, where there is none.
        given: The network that it starts from, where no settings draw it, and its data.
        saved: The file that the trained network was written to.
    """
    experiment, metric = history.experiment, metric_name(history.start.network.readout_name)
    rivals = _rivals(experiment, given)
    run = _run(history, before, after, rivals, interrupted=interrupted, without=without)
    told = f"Saved {printable(Path(saved).name)}; rnn-tui report or train goes on from it."
    kept = Section((Lines((told,)),) if saved else (), {"saved": saved or None})
    sections = (*_of(experiment, given), _to_beat(rivals, metric), run, kept)
    code = setup_code(experiment) if given is None else ""
    return Document("", _what(experiment, given), _how(experiment), sections, code)


@dataclass(frozen=True, eq=False)
class StartingNetwork:
    """The network that training starts from, where no settings draw it."""

    trace: Trace
    about: About
    """What is said of the network, of its data and its loss"""


def _what(experiment: Experiment, given: StartingNetwork | None) -> str:
    return what_settings_make(experiment) if given is None else describe_setup(given.trace)


def _of(experiment: Experiment, given: StartingNetwork | None) -> tuple[Section, ...]:
    """What is trained, for programs; people read of it in the headline, and of files here, how they were read."""
    own = None if given is None else {"given": dict(given.about.given), **json_values.subject(given.trace)}
    record: dict[str, Any] = {
        "format": FORMAT,
        "experiment": experiment.model_dump(),
        **{name: None if own is None else own[name] for name in ("given", "network", "origin")},
    }
    of_file = () if given is None else given.about.given.items()
    said = Section(tuple(Paragraph(text, name=name.capitalize()) for name, text in of_file))
    if given is not None and not given.trace.origin.makes_batch:
        return Section(record=record), said
    return _of_data(experiment, record), said


def _of_data(experiment: Experiment, record: dict[str, Any]) -> Section:
    try:
        source = source_of(experiment)
    except ValueError:  # it is gone by now
        return Section(record=record)
    said = tuple(f"{note[:1].upper()}{note[1:]}." for note in map(printable, source.notes))
    record["data"] = {
        "label": source.label,
        "file": source.file,
        "sha256": source.sha256,
        "notes": list(source.notes),
    }
    return Section((Paragraph(" ".join(said), name="Data"),) if said else (), record)


def _run(
    history: TrainingHistory,
    before: ProbeProfile | None,
    after: ProbeProfile | None,
    rivals: Sequence[Baseline],
    *,
    interrupted: bool,
    without: str,
) -> Section:
    places = history.thinned(ROWS)
    radii = [spectral_radii(history.states[place].network) for place in places]
    first, last = (_aside(history, network) for network in (history.start.network, history.latest.network))
    blocks: list[Block] = [_table(history, places, radii), _last(history), *_held_back(first, last, rivals)]
    blocks.append(_gradient(history, before, after, without))
    if history.ended is not None:
        blocks.append(Lines((f"Ended at {history.ended}.",)))
    if interrupted:
        blocks.append(
            Lines((f"Interrupted after update {history.latest.step} of {history.experiment.training_steps}.",))
        )
    record = {
        "steps": history.latest.step,
        "ended": history.ended,
        "interrupted": interrupted,
        **{name: _finite(history.scalars(name)) for name in ("loss", "metric", "accuracy")},
        **{name: _finite(history.scalars(name)) for name in ("log2_gradient", "log2_clipped")},
        "held_back": {
            "before": None if first is None else finite(first.value),
            "after": None if last is None else finite(last.value),
            "accuracy": None if last is None else last.accuracy,
            "beats": None if last is None else _beaten(last, rivals),
            "every_step": _finite(history.scalars("held_back")),
        },
        "spectral_radius": {
            "steps": list(places),
            **{name: [radius[name] for radius in radii] for name in radii[0]},
        },
        "before": json_values.profile(before),
        "after": json_values.profile(after),
    }
    return Section(tuple(blocks), record, "The run")


def _aside(history: TrainingHistory, network: Network) -> Metrics | None:
    """A network's score on what is held back; None where nothing is, or the file is gone by now."""
    batches = history.batches or TaskBatches(history.experiment, network.parts[0].width)
    try:
        return held_back_score(network, batches.held_back) if isinstance(batches, TaskBatches) else None
    except ValueError:
        return None


def _held_back(first: Metrics | None, last: Metrics | None, rivals: Sequence[Baseline]) -> tuple[Block, ...]:
    if first is None or last is None:
        return ()
    right = "" if last.accuracy is None else f", {number(100 * last.accuracy)} % right"
    beats = f", which beats {listed(_beaten(last, rivals)) or 'none of them'}" if rivals else ""
    return (
        Lines((f"Held back: {last.name} {number(first.value)} before, {number(last.value)} after{right}{beats}.",)),
    )


def _beaten(score: Metrics, rivals: Sequence[Baseline]) -> list[str]:
    """What predicts worse without a memory, by name."""
    return [one.name for one in rivals if score.value < one.value]


def _finite(values: Floats) -> list[float | None]:
    return [finite(value) for value in values.tolist()]


def _how(experiment: Experiment) -> str:
    done = [clipping(experiment) or "not clipped", truncation(experiment), carrying(experiment)]
    momentum = f" {experiment.momentum:g}" if experiment.optimizer == "momentum" else ""
    rate = number(experiment.learning_rate)
    steps = "1 update" if experiment.training_steps == 1 else f"{experiment.training_steps} updates"
    return f"{steps} by {experiment.optimizer}{momentum}, rate {rate}, {', '.join(filter(None, done))}"


def _rivals(experiment: Experiment, given: StartingNetwork | None) -> tuple[Baseline, ...]:
    """What predicts without a memory; nothing is known of data from elsewhere."""
    return () if given is not None and not given.trace.origin.makes_batch else to_beat(experiment)


def _to_beat(baselines: Sequence[Baseline], metric: str) -> Section:
    """What a predictor without a memory scores."""
    values = ", ".join(f"{one.name} {number(one.value)}" for one in baselines)
    told = [{"name": one.name, "value": one.value, "source": one.source} for one in baselines]
    return Section(
        (Lines((f"{metric.capitalize()}, to beat: {values or UNKNOWN}",)),),
        {"metric_name": metric, "baselines": told},
    )


def _table(history: TrainingHistory, places: Sequence[int], radii: Sequence[Mapping[str, float]]) -> Table:
    """Some steps: means since the row before, the gradient of that step, and ρ after it."""
    classes, clipped = not np.all(np.isnan(history.scalars("accuracy"))), history.experiment.clip != "none"
    names = ["loss", "metric", *(["accuracy"] if classes else [])]
    sizes = {"log2_gradient": "‖g‖", **({"log2_clipped": "clipped"} if clipped else {})}
    radius = f"ρ({next(iter(radii[0]))})" if len(radii[0]) == 1 else "largest ρ"
    return Table(
        "",
        tuple(map(Column, (*names, *sizes.values(), radius))),
        (tuple(_rows(history, places, names, list(sizes), radii)),),
        label="update",
        label_width=11,
    )


def _rows(
    history: TrainingHistory,
    places: Sequence[int],
    names: Sequence[str],
    sizes: Sequence[str],
    radii: Sequence[Mapping[str, float]],
) -> Iterator[Row]:
    scalars = {name: history.scalars(name) for name in (*names, *sizes)}
    last = first = history.start.step
    for place, radius in zip(places, radii, strict=True):
        own, none = slice(last - first, place - first), place <= last
        means = [math.nan if none else float(np.mean(scalars[name][own])) for name in names]
        norms = [math.nan if none else float(scalars[name][place - first - 1]) for name in sizes]
        largest = max(radius.values()) if radius else math.nan
        told = [(number(value), value) for value in means] + [(magnitude(value), value) for value in norms]
        cells = (Cell(text, None if none else value) for text, value in told)
        yield Row(str(place).rjust(11), (*cells, Cell(number(largest), largest if radius else None)))
        last = place


def _last(history: TrainingHistory) -> Lines:
    """What the table's means hide: the score of the last step, as the explorer tells it."""
    lines = ["Loss and metric are means since the row above."]
    if len(history) and math.isfinite(metric := float(history.scalars("metric")[-1])):
        name = metric_name(history.start.network.readout_name)
        lines.append(f"Update {history.steps[-1]} alone: {name} {number(metric)}.")
    return Lines(tuple(lines))


def _gradient(history: TrainingHistory, before: ProbeProfile | None, after: ProbeProfile | None, without: str) -> Lines:
    norm = f"‖∂L_t/∂{history.network_at(0).state_name}⟨t−k⟩‖"
    lines = [f"{norm} {name} {_said(profile, without)}" for name, profile in (("before:", before), ("after: ", after))]
    cosines = [None if profile is None else profile.truncated_cosine for profile in (before, after)]
    if any(value is not None for value in cosines):
        told = [UNKNOWN if value is None else cosine(value) for value in cosines]
        lines.append(f"Cosine of the truncated gradient with the whole: {told[0]} before, {told[1]} after")
    return Lines(tuple(lines))


def _said(profile: ProbeProfile | None, without: str) -> str:
    if profile is None:
        return without
    rate = profile.rate
    pace = factor_with_error(rate.log2_per_step, rate.standard_error)
    left = "ends above 1 %" if rate.horizon is None else f"under 1 % from lag {rate.horizon} on"
    return f"{regime_word(rate)} {pace} per step, {left}"


def comparison_document(
    experiment: Experiment,
    rows: Sequence[Compared],
    *,
    interrupted: bool = False,
    given: StartingNetwork | None = None,
    over_seeds: Section | None = None,
) -> Document:
    """A table with a row for each remedy: what it scores, and what its gradient did before and after training.

    The keys of its record are described in docs/training-json.md.

    Args:
        experiment: What all of them start from.
        rows: What has been trained.
        interrupted: Whether some are missing.
        given: The network that stands beside those that are drawn, where there is one, and its data.
        over_seeds: What is said of other seeds: `tui.report.remedies_over_seeds`; None where there are none.
    """
    plain = (("metric", 8), ("before", 22), ("after", 22), ("1 % at lag", 11), ("updates", 8))
    # With one column more, the numbers still stand apart on a page of 80 characters.
    aside = (("metric", 7), ("held back", 10), ("before", 15), ("after", 15), ("1 % at lag", 11), ("updates", 8))
    columns = aside if any(row.held_back is not None for row in rows) else plain
    table = Table(
        "",
        tuple(Column(name, width=width) for name, width in columns),
        (tuple(map(_compared, rows)),),
        label_width=14,
    )
    notes = [
        "before, after: what one more step back multiplies ‖∂L_t/∂a⟨t−k⟩‖ by, of an LSTM's state ‖∂L_t/∂(a, c)⟨t−k⟩‖; "
        "– at lag: never under 1 %",
        *(f"{row.remedy.name} ended at {row.ended}." for row in rows if row.ended is not None),
    ]
    if given is not None:
        notes.insert(0, "given, clipping: the network of the file; all others are drawn, of as many units and layers")
    if interrupted:
        notes.append("Interrupted: the remedies that are missing were not trained to their end.")
    remedies = Section(
        (table, Lines(tuple(notes))),
        {"interrupted": interrupted, "remedies": [_remedy(row) for row in rows]},
        "The remedies",
    )
    metric = metric_name(readout_name(experiment) if given is None else given.trace.network.readout_name)
    others = Section((), {"over_seeds": None}) if over_seeds is None else over_seeds
    sections = (*_of(experiment, given), _to_beat(_rivals(experiment, given), metric), remedies, others)
    code = setup_code(experiment) if given is None else ""
    return Document("", _what(experiment, given), _how(experiment), sections, code)


def _remedy(row: Compared) -> dict[str, Any]:
    return {
        "name": row.remedy.name,
        "title": row.remedy.title,
        "source": row.remedy.source,
        "experiment": row.experiment.model_dump(),
        "steps": row.steps,
        "ended": row.ended,
        "metric": finite(row.metric),
        "accuracy": row.accuracy,
        "held_back": None if row.held_back is None else finite(row.held_back.value),
        "before": json_values.profile(row.before),
        "after": json_values.profile(row.after),
    }


def _compared(row: Compared) -> Row:
    rates = [None if one is None else one.rate for one in (row.before, row.after)]
    left = " → ".join(UNKNOWN if rate is None or rate.horizon is None else str(rate.horizon) for rate in rates)
    aside = () if row.held_back is None else (Cell(number(row.held_back.value), row.held_back.value),)
    scores = (Cell(number(row.metric), row.metric), *aside)
    cells = (*scores, *map(_pace, rates), Cell(left), Cell(str(row.steps), row.steps))
    return Row(row.remedy.name, cells)


def _pace(rate: Rate | None) -> Cell:
    if rate is None or math.isnan(rate.log2_per_step):
        return Cell(UNKNOWN)
    return Cell(factor_with_error(rate.log2_per_step, rate.standard_error), rate.log2_per_step)
