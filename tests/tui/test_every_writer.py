"""Whatever this program writes says with what, when, how and of which settings it was made, whoever writes it.

Two routes: every writer writes, and what it wrote is read; and the source is read for calls that write, each of which
has to be one of those that were tried.
"""

from __future__ import annotations

import ast
import io
import shutil
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

import core
from core.settings.provenance import Provenance, provenance
from core.settings.setup_code import setup_code
from tui.cli import cast, training
from tui.cli.documents import as_it_is
from tui.explorer.dialogs import lesson
from tui.explorer.session import preferences
from tui.explorer.session.tour import Tour, TourStep
from tui.explorer.tours import library
from tui.explorer.tours.networks import Networks
from tui.explorer.tours.page import tour_page
from tui.report.formats import FORMATS, Bundle, FormatOf, write
from tui.report.formats.documents import DOCUMENT_FORMATS, DocumentBundle
from tui.report.formats.figures_of import FIGURES
from tui.report.formats.study import STUDY_FORMATS, StudyBundle
from tui.report.page.documents import training_page
from tui.report.training_document import training_document

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENT = core.Experiment(hidden_size=2, timesteps=5, gain=1.25)
COMMAND = ["rnn-tui", "report", "--gain", "1.25"]
NETWORK = core.make_network(EXPERIMENT)
TOUR = Tour(title="A tour", steps=(TourStep(title="One", text="There."),))


def needs(kind: FormatOf[Any]) -> None:
    if kind.name in FIGURES and kind.suffix != ".svg":
        pytest.importorskip("matplotlib")


def of_trace(path: Path, name: str) -> None:
    kind = next(one for one in FORMATS if one.name == name)
    needs(kind)
    write(kind, Bundle(core.run(EXPERIMENT), chart="<svg></svg>", screen="<svg></svg>"), path)


def of_study(path: Path, name: str) -> None:
    kind = next(one for one in STUDY_FORMATS if one.name == name)
    needs(kind)
    axes = {"hidden_size": [2, 3]} if name in FIGURES else {}
    write(kind, StudyBundle(core.sweep(core.grid(EXPERIMENT, seeds=2, **axes))), path)


def of_document(path: Path, name: str) -> None:
    kind = next(one for one in DOCUMENT_FORMATS if one.name == name)
    history = core.TrainingHistory(EXPERIMENT)
    document = training_document(history, None, None)
    write(kind, DocumentBundle(document, partial(training_page, history, ())), path)


def of_tour(path: Path) -> None:
    settings = {"gain": 1.25, "timesteps": 5, "hidden_size": 2}
    tour = Tour(title="A tour", steps=(TourStep(title="One", text="There.", settings=settings),))
    document = tour_page(tour, provenance(), networks=Networks())
    write(DOCUMENT_FORMATS[1], DocumentBundle(document, as_it_is), path)


def own(place: Path, path: Path) -> None:
    shutil.copy(place, path)


def remembered(path: Path) -> None:
    assert preferences.save(preferences.Preferences()) is None
    own(preferences.path(), path)


def session(path: Path) -> None:
    library.keep_session(TOUR.steps[0])
    own(library.session_file(), path)


def rewritten(path: Path) -> None:
    path.write_text("before", encoding="utf-8")
    library.rewrite_draft(TOUR, path)


def recorded(path: Path) -> None:
    own = {name: NETWORK.parameters[name] for name in NETWORK.cell.uses()}
    network = core.Network(NETWORK.cell_name, own, readout_name="none")
    batch = core.Batch.injected(np.ones((3, 1, network.input_size)), np.ones((3, 1, network.hidden_size)))
    core.Recording.of({"rnn": network}, {"rnn": batch}).save(path)


WRITERS: Final[dict[str, tuple[str, Callable[[Path], Any]]]] = {
    **{f"trace {one.name}": (one.suffix, lambda path, name=one.name: of_trace(path, name)) for one in FORMATS},
    **{f"study {one.name}": (one.suffix, lambda path, name=one.name: of_study(path, name)) for one in STUDY_FORMATS},
    **{
        f"document {one.name}": (one.suffix, lambda path, name=one.name: of_document(path, name))
        for one in DOCUMENT_FORMATS
    },
    "page of a tour": (".html", of_tour),
    "settings": (".toml", EXPERIMENT.save),
    "network npz": (".npz", lambda path: core.save_network(NETWORK, path)),
    "network safetensors": (".safetensors", lambda path: core.save_network(NETWORK, path)),
    "trained network": (
        ".npz",
        lambda path: training._save(NETWORK, path, provenance().of(EXPERIMENT), overwrite=False),
    ),
    "recording": (".npz", recorded),
    "saved trace": (".npz", lambda path: core.save_trace(core.run(EXPERIMENT), path)),
    "store": (".sqlite", lambda path: core.sweep(core.grid(EXPERIMENT), store=path)),
    "recording of a tour": (
        ".cast",
        lambda path: cast.save(path, cast.contents([], (80, 24), "A", setup_code(EXPERIMENT)), overwrite=False),
    ),
    "xarray": (".txt", lambda path: path.write_text(str(core.ensemble(EXPERIMENT, 2).to_xarray().attrs))),
    "preferences": (".toml", remembered),
    "last session": (".toml", session),
    "draft of a tour": (".toml", lambda path: own(library.keep_draft(TOUR), path)),
    "draft again": (".toml", rewritten),
}
"""Name → the suffix of the file, and who writes it"""

WITHOUT_SETTINGS: Final = (
    *(
        "network npz",
        "network safetensors",
        "recording",
        "recording of a tour",
        "preferences",
        "last session",
        "draft of a tour",
    ),
)
"""What no settings have made, or is not told them"""


def texts(path: Path) -> str:
    """All that is text in a file, in one piece."""
    data = path.read_bytes()
    if data.startswith(b"SQLite"):
        with sqlite3.connect(path) as file:
            return str(file.execute("SELECT * FROM results").fetchall())
    if data.startswith(b"PK"):
        with np.load(io.BytesIO(data)) as arrays:
            return " ".join(str(array) for array in arrays.values() if array.dtype.kind == "U")
    return " ".join(data.decode("utf-8", "replace").replace("&quot;", '"').split())


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Provenance:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    monkeypatch.setattr("sys.argv", COMMAND)
    return provenance()


@pytest.mark.parametrize("name", WRITERS)
def test_what_it_writes_says_how_it_was_made(name: str, tmp_path: Path, known: Provenance) -> None:
    suffix, writes = WRITERS[name]
    path = tmp_path / f"written{suffix}"
    writes(path)
    said = texts(path)
    for part in (known.program, known.numpy, known.blas, "1970-01-02T00:00:00Z", "rnn-tui report --gain 1.25"):
        assert part in said, f"{name} does not say {part}"
    if name not in WITHOUT_SETTINGS and name != "draft again":
        assert "--gain=1.25" in said or '"gain": 1.25' in said or "gain = 1.25" in said


WRITE: Final = {"write_whole", "write_text", "write_bytes", "savez", "savez_compressed", "to_netcdf"}
KNOWN: Final = {
    "core/settings/experiment.py": "settings",
    "core/sources/recording.py": "recording",
    "core/sources/recording_file.py": "recording",
    "core/sources/saving.py": "network npz",
    "core/sources/saved_trace.py": "saved trace",
    "core/study/store.py": "store",
    "tui/cli/cast.py": "recording of a tour",
    "tui/cli/training.py": "trained network",
    "tui/explorer/dialogs/lesson.py": "draft again",  # the same bytes, under a name of one's own
    "tui/explorer/session/preferences.py": "preferences",
    "tui/explorer/tours/library.py": "draft of a tour",
    "tui/report/formats/__init__.py": "trace text",
    "tui/report/formats/npz.py": "trace npz",
    "tui/report/formats/study.py": "study npz",
}
"""File that writes → one of what it writes"""


def writes(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in WRITE or ast.unparse(node.func) == "sqlite3.connect":
                return True
    return False


def test_there_is_no_other_writer() -> None:
    files = [path for folder in ("core", "tui") for path in sorted((ROOT / folder).rglob("*.py"))]
    assert {str(path.relative_to(ROOT)) for path in files if writes(path)} == set(KNOWN)
    assert set(KNOWN.values()) <= set(WRITERS)
    assert lesson.provenance is provenance
