"""What is kept: presets, exports."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.widgets import TabbedContent

from core import presets as all_presets
from core.settings.files import closed_files
from tui.explorer.actions import files, settings, setup, tour, training
from tui.explorer.session.tour import Look
from tui.explorer.widgets.lags_chart import LagsChart
from tui.report.atomic_files import shown
from tui.report.figures.options import CHARTS, FigureOptions
from tui.report.words.subject import describe_setup
from tui.report.words.title import title

if TYPE_CHECKING:
    from tui.explorer.session_screen import SessionScreen

OPENS: Mapping[str, Look] = {"end": Look(back=1), "loss": Look(lag=0)}
"""Where a preset opens → where the cursor is then"""


OPENED: Mapping[str, str] = {
    ".toml": "rnn-tui --experiment {} opens it",
    ".safetensors": "rnn-tui report {} and train {} take it",
}
"""How what was saved is taken up again: suffix → what is said, with the file's name put in"""


@work
async def presets(explorer: SessionScreen) -> None:
    """Choose a preset, a tour or a lesson of one's own."""
    from tui.explorer.dialogs.offers import (  # the start does not wait for them
        A_FILE,
        OWN,
        SESSION,
        TOUR,
        file_offer,
        of_session,
        of_tour,
    )
    from tui.explorer.dialogs.presets import PresetPicker
    from tui.explorer.tours.library import last_session, own_tours, shipped_tours

    subject = explorer.subject
    now = subject.experiment if subject.given is None else None
    own, problems = own_tours()
    last = last_session()
    offers = [] if last is None else [of_session(last)]
    if closed_files() is None:
        offers.append(file_offer())
    offers += [of_tour(one, name) for name, one in shipped_tours().items()]
    offers += [of_tour(one, path.stem, path) for path, one in own.items()]
    for problem in problems:
        explorer.notify(problem, severity="warning")
    key = await explorer.ask(PresetPicker(now, offers))
    if key is None:
        return
    if key == A_FILE:
        files.open_any(explorer)
    elif key == SESSION and last is not None:
        tour.go_on(explorer, last)
    elif key.startswith(TOUR):
        tour.start(explorer, shipped_tours()[key.removeprefix(TOUR)])
    elif key.startswith(OWN):
        path = Path(key.removeprefix(OWN))
        tour.start(explorer, own[path], path)
    else:
        open_preset(explorer, key)


def open_preset(explorer: SessionScreen, name: str) -> None:
    """Put a preset in force, untrained, and show the tab that it is about.

    Its last loss is shown, on all of its way back or where it comes in, whichever the preset teaches: where the cursor
    was on another network, which loss and which lags, means nothing in this one.
    """
    preset = all_presets()[name]
    explorer.problems = {}
    explorer.landing = OPENS[preset.opens]
    explorer.view = replace(explorer.view, loss="last", before_all="last", lags=None)
    settings.change(explorer, preset.experiment)
    run = explorer.shown.run
    if run is not None and run.last_step:
        explorer.trainer.pause()
        training.show_step(explorer, 0)
        explorer.notify(f"Untrained; d and D go on to step {run.last_step} of its training.")
    if explorer.session.is_followed and explorer.shown.trace is not None:  # it was in force already
        explorer.land(len(explorer.shown.trace.tape.losses))
    explorer.preset = preset
    if preset.topic:
        explorer.view = replace(explorer.view, tab=f"tab-{preset.topic}")


def _figure(explorer: SessionScreen) -> FigureOptions:
    """The figure of what is shown: of the open tab, or of the network where that has no chart that goes on paper."""
    tab, loss, view = explorer.view.tab.removeprefix("tab-"), explorer.shown.loss, explorer.view
    run = explorer.shown.run
    charted = tab in CHARTS and (tab != "training" or (run is not None and run.length > 0))
    curve = view.curve if loss is None else loss
    return FigureOptions(
        tab if charted else "unrolled", curve=curve, loss="all" if loss is None else loss, parameter=view.parameter
    )


@work
async def export(explorer: SessionScreen) -> None:
    """Ask what is to be saved and where, and tell the path that it was saved under."""
    from tui.explorer.dialogs.export import ExportDialog, widget_picture  # nor for this
    from tui.explorer.dialogs.export_kinds import trace_kinds
    from tui.explorer.dialogs.export_place import saved

    trace = explorer.shown.trace
    if trace is None:
        return
    pane = explorer.query_one("#tabs", TabbedContent).active_pane or explorer
    said = f"{describe_setup(trace)} — {title(trace, explorer.shown.loss)[0]}"
    chart = widget_picture(pane, said)
    screen, found = explorer.app.export_screenshot(title=said), explorer.shown.measured.of(trace)
    looked_at = explorer.query_one(LagsChart)
    kinds = trace_kinds(
        trace,
        chart=chart,
        screen=screen,
        dynamics=found,
        figure=_figure(explorer),
        lags=looked_at.charted() if looked_at.trace is trace else None,
        run=explorer.shown.run,
        setup=setup.code_of(explorer),
    )
    dialog = ExportDialog(kinds, style=explorer.figure_style)
    path = await explorer.ask(dialog)
    explorer.figure_style = dialog.style
    if path is not None:
        command = OPENED.get(path.suffix) if shown(path.name) == path.name else None
        again = "" if command is None else f"; {command.replace('{}', shlex.quote(path.name))}"
        explorer.notify(f"{saved(path)}{again}")
