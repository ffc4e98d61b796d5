"""A setup: what is looked at, how and where, as a value that a short code carries from one run to another.

A code says what differs from a plain start. Settings are in it, a file never is: of a network in a file, and of a
setting that names one, it has the name.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import PurePath
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core import Experiment, Given, Grouping
from core.settings.files import shortened
from core.settings.setup_code import SETTINGS, TRAINED, decoded, encoded, experiment_of, settings_record
from core.sources.driving import Asked
from tui.explorer.session.lag_range import LagRange
from tui.explorer.session.session import Session
from tui.explorer.session.tour import LARGEST_LAG, Look
from tui.explorer.session.view import View
from tui.report.curves import INPUT, OverLosses

VIEW: Final = "v"
PLACE: Final = "c"
FILE: Final = "f"

Tab = Literal[
    "tab-lags",
    "tab-map",
    "tab-units",
    "tab-jacobians",
    "tab-training",
    "tab-question",
    "tab-diagnosis",
    "tab-step",
]
LONGEST_NAME: Final = 200
Text = Annotated[str, Field(max_length=LONGEST_NAME)]
Step = Annotated[int, Field(ge=1, le=LARGEST_LAG)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Look(_Part):
    """A view as it stands in a code, with what is allowed.

    Its defaults are what a code of version 1 does not say: they stay, whatever a plain start becomes.
    """

    curve: OverLosses = "typical"
    grouping: Grouping = "source"
    hidden: Annotated[tuple[Text, ...], Field(max_length=500)] = (INPUT,)
    as_table: bool = False
    seeds: Literal[0, 20, 100] = 0
    theory: bool = False
    spectrum: bool = False
    parameter: Text | None = None
    quantity: Text | None = None
    unit: Annotated[int, Field(ge=1)] = 1
    tab: Tab = "tab-lags"
    loss: Literal["last", "all"] | Step = "last"
    before_all: Literal["last"] | Step = "last"
    lags: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(le=LARGEST_LAG)]] | None = None
    training_chart: Literal["metric", "norms", "dynamics", "lags"] = "metric"


class _File(_Part):
    """A network from elsewhere, as it stands in a code: what its file is called, and what was answered of it."""

    name: Text = ""
    sha256: Text = ""
    """The first characters of the file's SHA-256"""
    part: Text | None = None
    layer: int | None = None
    direction: Text | None = None
    activation: Text | None = None
    gates: Text | None = None
    readout: Text | None = None
    loss: Text | None = None
    between: Text | None = None
    pooling: Text | None = None
    on_data: bool = False


class _Code(_Part):
    """Everything that may stand in a code."""

    s: dict[str, Any] = {}
    t: Annotated[int, Field(ge=0)] = 0
    v: _Look = _Look()
    c: int = 0
    f: _File | None = None


@dataclass(frozen=True)
class FromFile:
    """A network that a code names and cannot carry."""

    name: str = ""
    """What its file is called; empty where it was given from Python"""
    sha256: str = ""
    """The first 12 characters of the file's SHA-256"""
    asked: Asked = field(default_factory=Asked)
    """What was answered of what the file leaves open"""
    on_data: bool = False
    """Whether the data of the settings drive it"""

    @classmethod
    def of(cls, given: Any) -> FromFile:
        """What a code says of a network and data from elsewhere."""
        origin = given.origin
        name = PurePath(origin.file).name if origin.file else ""
        asked = given.asked if isinstance(given, Given) else None
        return cls(name[-LONGEST_NAME:], (origin.sha256 or "")[:12], asked or Asked(), given.experiment is not None)


@dataclass(frozen=True)
class Setup:
    """What is looked at, how and where."""

    experiment: Experiment
    """The settings; of a network from elsewhere, how to train it"""
    view: View = field(default_factory=View)
    place: int = 0
    """The cursor: t on the way forward, −s on the way back; 0 where there is none"""
    trained: int = 0
    """After how many updates of its training the network is"""
    file: FromFile | None = None
    """The network from elsewhere that stands in the place of that of the settings"""

    @classmethod
    def of(cls, session: Session) -> Setup:
        """What is on the screen."""
        cursor, subject = session.cursor, session.subject
        place = 0 if cursor is None else -cursor.step if cursor.backward else cursor.step
        file = None if subject.given is None else FromFile.of(subject.given)
        return cls(subject.experiment, session.view, place, session.training_step, file)

    @property
    def look(self) -> Look | None:
        """Where the cursor is to be; None where nothing is said."""
        if not self.place:
            return None
        return Look(forward=self.place) if self.place > 0 else Look(back=-self.place)

    @property
    def code(self) -> str:
        """The code, which `setup_of` gives back equal.

        Raises:
            ValueError: it would be too long, or a name in it is; one sentence.
        """
        try:
            look = _look(self.view).model_dump(exclude_defaults=True, mode="json")
            file = None if self.file is None else _file(self.file).model_dump(exclude_defaults=True, mode="json")
        except ValidationError as error:
            wrong = error.errors()[0]
            why = f"cannot say {'.'.join(map(str, wrong['loc']))} = {shortened(str(wrong['input']))}"
            if wrong["type"] == "string_too_long":
                why = f"has names of at most {LONGEST_NAME} characters"
            raise ValueError(f"a code {why}; save a file instead") from None
        found: dict[str, Any] = {SETTINGS: settings_record(self.experiment), TRAINED: self.trained}
        found |= {VIEW: look, PLACE: self.place}
        if file is not None:
            found[FILE] = file or {"name": ""}
        return encoded({key: value for key, value in found.items() if value})

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the code names and cannot carry."""
        experiment = self.experiment
        text = experiment.text_file if experiment.task == "text" else ""
        data = experiment.data if experiment.task == "table" else ""
        return tuple(filter(None, (self.file.name if self.file is not None else "", data, text)))


def setup_of(code: str) -> Setup:
    """The setup of a code.

    Raises:
        ValueError: the code is damaged, or of a newer version; one sentence.

    Runnable example:

        >>> setup = Setup(Experiment(gain=1.2), View(tab="tab-map"), place=-36)
        >>> setup_of(setup.code) == setup
        True
    """
    record = decoded(code)
    experiment = experiment_of(record)
    try:
        read = _Code(**record)
    except (ValidationError, TypeError) as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) if isinstance(error, ValidationError) else "a key"
        raise ValueError(
            f"the code says something that this version of the program does not know ({where}); it is from a newer one"
        ) from None
    if not -LARGEST_LAG <= read.c <= LARGEST_LAG:
        raise ValueError(f"the code has its cursor at step {abs(read.c):,}, allowed are at most {LARGEST_LAG:,}")
    return Setup(experiment, _view(read.v), read.c, read.t, None if read.f is None else _from_file(read.f))


def _look(view: View) -> _Look:
    values = {one.name: getattr(view, one.name) for one in fields(view)}
    lags = None if view.lags is None else (view.lags.first, view.lags.last)
    return _Look(**{**values, "hidden": tuple(sorted(view.hidden)), "lags": lags})


def _view(look: _Look) -> View:
    lags = None if look.lags is None else LagRange(*look.lags)
    return View(**{**look.model_dump(), "hidden": frozenset(look.hidden), "lags": lags})


def _file(file: FromFile) -> _File:
    return _File(name=file.name, sha256=file.sha256, on_data=file.on_data, **asdict(file.asked))


def _from_file(file: _File) -> FromFile:
    asked = Asked(**{one.name: getattr(file, one.name) for one in fields(Asked)})
    return FromFile(file.name, file.sha256, asked, file.on_data)
