"""The table of the remedies: what each cell of a row says over its seeds, and what is said above and below."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from rich.text import Text

from core.tasks import readout_name
from core.training.metrics import metric_name
from core.training.remedies import remedies
from core.training.remedies_over_seeds import PLAIN, Score, middle
from tui.explorer.background.remedies_run import Row, TriedRemedies
from tui.report.charts.remedies import LOOKS
from tui.report.numbers import UNKNOWN, factor, number
from tui.report.palette import Palette
from tui.report.styles import ink
from tui.report.words.counted import counted
from tui.report.words.remedies import difference_text, lag, left_of, meaning, means_here, over_seeds, verdict
from tui.report.words.subject import data_label, what_settings_make
from tui.report.words.training import carrying, to_beat, truncation

OF_THE_STATE: Final = " · rates and lags: of the gradient at the state"
"""What the columns of rates and lags are of: every cell has a state, and not every one the parameter of the title"""


def head(tried: TriedRemedies, *, wide: bool) -> Text:
    """What is compared, what is to be beaten, and whether this task needs a remedy."""
    experiment = tried.experiment
    beat = ", ".join(f"{number(one.value)} ({one.name})" for one in to_beat(experiment))
    of = what_settings_make(experiment) if wide else f"{data_label(experiment)}, T = {experiment.timesteps}"
    each = filter(
        None,
        [
            of,
            f"{experiment.training_steps} updates, {_seeds_text(tried)}",
            truncation(experiment),
            carrying(experiment),
        ],
    )
    more = f", without a memory{OF_THE_STATE}" if wide else ""
    return Text.assemble(
        (" Remedies ", "reverse bold"),
        f" {' · '.join(each)}\n",
        (f" {metric_name(readout_name(experiment))} to beat: {beat}{more}\n", "dim"),
        f" {meaning(experiment, tried.of(PLAIN), wide=wide)}",
    )


def _seeds_text(tried: TriedRemedies) -> str:
    """Over how many seeds all are compared; while it runs, of how many."""
    asked = counted(tried.seeds, "seed")
    return f"{asked} each" if tried.whole == tried.seeds else f"{tried.whole} of {asked}"


def heads(tried: TriedRemedies, *, wide: bool) -> list[str]:
    """The names of the table's columns, shorter where there are more of them or less room."""
    name = metric_name(readout_name(tried.experiment)) if wide else "error"
    accuracy = ["right"] if any(one.accuracy is not None for one in tried.scores) else []
    aside = ["held back"] if any(one.held_back is not None for one in tried.scores) else []
    roomy = wide and not accuracy and not aside
    rates = [f"rate {when}" if roomy else when for when in ("before", "after")] if wide else ["per step"]
    over, reach = ("range of seeds", "under 1 % at lag") if roomy else ("range", "1 % at lag")
    return ["remedy", name, *accuracy, *aside, over, f"against {PLAIN}", *rates, reach]


def cells(row: Row, tried: TriedRemedies, palette: Palette, *, wide: bool) -> list[Text]:
    """One remedy, the middle over its seeds: its score, bold where it beats what needs no memory, rates and horizons.

    Between which its score lies over the seeds stands beside it, and whether that differs from the plain network's.
    """
    look, found, scores = LOOKS[row.name], row.found, tried.of(row.name)
    name = Text.assemble((f"{look.marker} ", ink(look, palette)), row.name)
    if found is None or not scores:
        return [name, *(Text(UNKNOWN) for _ in heads(tried, wide=wide)[1:])]
    beats = all(middle([one.error for one in scores])[0] < one.value for one in found.baselines)
    bold, held_back = "bold" if beats else "", found.held_back is not None
    score = Text(number(middle([one.metric for one in scores])[0]), "" if held_back else bold)
    accuracy = [] if found.accuracy is None else [_middle(scores, "accuracy", lambda share: f"{number(100 * share)} %")]
    aside = [_middle(scores, "held_back", number)] if held_back else []
    for one in aside:
        one.stylize(bold)
    against = None if row.name == PLAIN else tried.difference(row.name)
    told = Text(verdict(against), "bold" if against is not None and against.count > 1 and against.matters else "")
    rates = [_middle(scores, which, factor) for which in (("before", "after") if wide else ("after",))]
    reach = " → ".join(lag([getattr(one, name) for one in scores]) for name in ("horizon_before", "horizon_after"))
    return [name, score, *accuracy, *aside, Text(over_seeds([one.error for one in scores])), told, *rates, Text(reach)]


def _middle(scores: Sequence[Score], name: str, text: Callable[[float], str]) -> Text:
    """The middle one over seeds of one of the numbers of a score."""
    numbers = [getattr(one, name) for one in scores]
    found = middle([math.nan if one is None else one for one in numbers])[0]
    return Text(UNKNOWN if math.isnan(found) else text(found))


def about(row: Row, tried: TriedRemedies) -> Text:
    """Where a remedy is from, what it does over the seeds, and why its training ended early, or could not begin."""
    remedy, scores = remedies()[row.name], tried.of(row.name)
    ended = [one for one in scores if one.ended is not None]
    why = row.problem if row.found is None else ""
    if ended:
        why = f"{len(ended)} of {len(scores)} ended early, at {ended[0].ended}"
    against = "" if row.name == PLAIN else difference_text(tried.difference(row.name))
    told = [f"{remedy.title} ({remedy.source})", against, left_of(scores), means_here(remedy, scores)]
    said = " · ".join(filter(None, told))
    return Text.assemble(f" {said}", (f" · {why}" if why else "", "bold"))
