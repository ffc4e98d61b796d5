"""A tour: steps that each set a whole screen, say a sentence or two about it, and may ask what a person expects.

Everything is an immutable value. What is allowed in a file stands in the descriptions of the fields, from which
`tui.explorer.tours.reading` makes its messages; `docs/tours.md` has the same in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from core import Experiment, Grouping, InvalidSettingsError, presets, settings
from core.settings.hints import Value
from tui.explorer.session.cursor import Cursor
from tui.explorer.session.lag_range import LagRange
from tui.explorer.session.pins import LONGEST_NAME, MOST
from tui.explorer.session.view import View
from tui.report.curves import OverLosses
from tui.report.printable import printable

Tab = Literal["lags", "map", "units", "jacobians", "training", "question", "diagnosis", "step"]
Level = Literal["first steps", "further", "advanced"]
Panel = Literal["title", "settings", "network", "chart", "legend", "step"]

PANELS: Final[tuple[str, ...]] = get_args(Panel)
"""What a step can point at, in addition to every setting by its name"""

REGIMES: Final = ("vanishing", "steady", "exploding")
"""What a gradient does for which each of three answers stands, in their order, where the regime decides"""

MOST_STEPS: Final = 200
"""The most steps of a tour"""

MOST_ANSWERS: Final = 9
"""The most answers to a question: each has a key, 1 … 9"""

LARGEST_LAG: Final = 5000
"""No lag is larger: as many as there can be steps"""

NAME: Final = "name"
"""The key of a pinned network's name among its settings"""

TRAINED: Final = "trained"
"""The key of how many updates a pinned network has had"""


class Behind(NamedTuple):
    """A network that is pinned behind that of a step."""

    experiment: Experiment
    called: str = ""
    """The name that it was given, or nothing"""
    trained: int = 0
    """After how many updates of its training"""


LONGEST: Final = 600
"""The most characters of a text"""


def _one_line(text: str) -> str:
    """A text as the screen can show it, with its line breaks as spaces."""
    return " ".join(printable(text, lines=True).split())


def _one_or_several(given: object) -> object:
    """A single table stands for a list of one."""
    return (given,) if isinstance(given, Mapping) else given


def _name(given: object) -> str:
    """The name of a network, as the screen can show it."""
    return _one_line(str(given))[:LONGEST_NAME]


Text = Annotated[StrictStr, Field(max_length=LONGEST), AfterValidator(_one_line)]

_STEP: Final = "a whole number from 1 on"


class Part(BaseModel):
    """A part of a tour: immutable, and with no other keys than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Look(Part):
    """What of the screen is set. What is None stays as it is in what this is laid over."""

    tab: Annotated[Tab | None, Field(description=", ".join(get_args(Tab)))] = None
    loss: Annotated[
        Literal["last", "all"] | Annotated[StrictInt, Field(ge=1)] | None,
        Field(description='"last", "all", or the step of a loss: a whole number from 1 on'),
    ] = None
    curve: Annotated[OverLosses | None, Field(description=", ".join(get_args(OverLosses)))] = None
    grouping: Annotated[Grouping | None, Field(description=", ".join(get_args(Grouping)))] = None
    hidden: Annotated[
        tuple[Text, ...] | None, Field(description="a list of names of lines, as the legend has them")
    ] = None
    table: Annotated[StrictBool | None, Field(description="true or false")] = None
    theory: Annotated[StrictBool | None, Field(description="true or false")] = None
    seeds: Annotated[Literal[0, 20, 100] | None, Field(description="0, 20 or 100")] = None
    """How many networks of other seeds stand behind the one that is shown"""
    spectrum: Annotated[StrictBool | None, Field(description="true or false")] = None
    zoom: Annotated[tuple[StrictInt, StrictInt] | None, Field(description="the first and the last lag: [0, 20]")] = None
    """The lags that the chart against the lag is zoomed in on"""
    parameter: Annotated[Text | None, Field(description='a parameter\'s name, or "state"')] = None
    quantity: Annotated[Text | None, Field(description="what the Units tab shows, as its row of choices has it")] = None
    unit: Annotated[StrictInt | None, Field(ge=1, description="a unit of the Units tab: a whole number from 1 on")] = (
        None
    )
    chart: Annotated[
        Literal["metric", "norms", "dynamics", "lags"] | None, Field(description="metric, norms, dynamics, lags")
    ] = None
    """Which chart of the training is shown, where there is room for only one"""
    forward: Annotated[StrictInt | None, Field(ge=1, description=_STEP)] = None
    """The cursor on the way forward, at this t"""
    back: Annotated[StrictInt | None, Field(ge=1, description=_STEP)] = None
    """The cursor on the way back, at this s"""
    lag: Annotated[StrictInt | None, Field(ge=0, description="a whole number from 0 on")] = None
    """The cursor on the way back, so many steps before the loss that is shown"""

    @model_validator(mode="after")
    def _has_one_place(self) -> Look:
        given = [name for name in ("forward", "back", "lag") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} were given; give one of them, the cursor has one place")
        return self

    def over(self, view: View) -> View:
        """The view with what is said here in its place."""
        said = {
            "tab": None if self.tab is None else f"tab-{self.tab}",
            "curve": self.curve,
            "grouping": self.grouping,
            "hidden": None if self.hidden is None else frozenset(self.hidden),
            "as_table": self.table,
            "theory": self.theory,
            "seeds": self.seeds,
            "spectrum": self.spectrum,
            "lags": None if self.zoom is None else LagRange.between(*self.zoom, LARGEST_LAG),
            "parameter": self.parameter,
            "quantity": self.quantity,
            "unit": self.unit,
            "training_chart": self.chart,
        }
        changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        found = View(**{**vars(view), **changes})
        return found if self.loss is None else found.following(self.loss)

    @property
    def has_place(self) -> bool:
        """Whether it says where the cursor is."""
        return (self.forward, self.back, self.lag) != (None, None, None)

    def cursor(self, steps: int, loss: int | None) -> Cursor:
        """Where the cursor is: at the start where nothing is said.

        Args:
            steps: T.
            loss: The t of the loss that is shown, from which a lag counts; None for all of them.
        """
        if self.forward is not None:
            return Cursor(steps).at_step(self.forward)
        if self.back is None and self.lag is None:
            return Cursor(steps)
        start = steps if loss is None else loss
        return Cursor(steps, steps).at_step(start - self.lag if self.lag is not None else self.back or 1)


class Question(Part):
    """What a person is asked to predict before it is seen."""

    ask: Text
    answers: Annotated[tuple[Text, ...], Field(min_length=2, max_length=MOST_ANSWERS, description="2 to 9 texts")]
    right: Annotated[StrictInt | None, Field(ge=1, description="the place of the right answer, 1 for the first")] = None
    """None where nobody judges it, or where `right_by` says by what"""
    right_by: Annotated[
        Literal["regime"] | None,
        Field(description='"regime": of vanish, keep its size and explode, the network shown says which is right'),
    ] = None
    """What decides which answer is right, where that depends on the person's own network"""
    reason: Text
    """Said once an answer was chosen: which is right, and why"""
    reveal: Annotated[Look, Field(description="a table of what is shown with the reason")] = Look()
    """What is shown from then on"""

    @model_validator(mode="after")
    def _has_the_right_answer(self) -> Question:
        if self.right is not None and self.right > len(self.answers):
            raise ValueError(
                f"right: {self.right} was given, allowed is 1 … {len(self.answers)}, the place of an answer"
            )
        if self.right_by is not None and (self.right is not None or len(self.answers) != len(REGIMES)):
            raise ValueError(
                f"right_by: {self.right_by} goes without right and with {len(REGIMES)} answers: vanish, keep its size "
                "and explode, in this order"
            )
        return self


class TourStep(Look):
    """One screen of a tour. What it does not say is as at a first start: its network, what is looked at, and how."""

    title: Text = ""
    text: Text
    preset: Annotated[StrictStr | None, Field(description="the name of a preset: rnn-tui --help lists them")] = None
    settings: Annotated[
        Mapping[str, str | int | float], Field(description="a table of settings, as in rnn-tui --experiment")
    ] = {}
    """Put on top of those of the preset, or of the defaults"""
    own: Annotated[StrictBool, Field(description="true or false")] = False
    """Whether it shows what the person had before the tour"""
    trained: Annotated[StrictInt, Field(ge=0, description="a number of updates")] = 0
    """After how many steps of training the network is shown"""
    pinned: Annotated[
        tuple[Mapping[str, str | int | float], ...],
        BeforeValidator(_one_or_several),
        Field(
            max_length=MOST,
            description=f"a table of settings of the network behind this one, or a list of up to {MOST}",
        ),
    ] = ()
    """The settings of each, its `name`, if it has one of its own, and after how many updates it is `trained`"""
    point_at: Annotated[StrictStr | None, Field(description=f"{', '.join(PANELS)}, or a setting's name")] = None
    """The panel that is pointed at"""
    question: Annotated[Question | None, Field(description="a table with ask, answers, right and reason")] = None
    then_try: Annotated[Text, Field(alias="try")] = ""
    """What a person may try before going on"""

    @model_validator(mode="after")
    def _fits_together(self) -> TourStep:
        if self.own and (self.preset is not None or self.settings or self.trained):
            raise ValueError("own shows the person's own network, and so goes without preset, settings and trained")
        if self.preset is not None and self.preset not in presets():
            raise ValueError(f"preset: {self.preset!r} was given, allowed is {', '.join(presets())}")
        if self.point_at is not None and self.point_at not in (*PANELS, *settings()):
            raise ValueError(
                f"point_at: {self.point_at!r} was given, allowed is {', '.join(PANELS)}, or a setting: "
                f"{', '.join(settings())}"
            )
        for name in ("settings", "pinned"):
            try:
                _ = self.experiment if name == "settings" else self.behind
            except InvalidSettingsError as error:
                told = "; ".join(f"{setting}: {text}" for setting, text in error.problems.items())
                raise ValueError(f"{name}: {told}") from None
        for look in (self, *([] if self.question is None else [self.question.reveal])):
            _check_place(look, self.experiment)
        return self

    @cached_property
    def experiment(self) -> Experiment | None:
        """The settings of its network; None for the person's own."""
        if self.own:
            return None
        start = Experiment() if self.preset is None else presets()[self.preset].experiment
        return start.replace(**self.settings)

    @cached_property
    def behind(self) -> tuple[Behind, ...]:
        """The networks that are pinned behind the one of the step."""
        return tuple(map(_behind, self.pinned))


def _behind(table: Mapping[str, Value]) -> Behind:
    """The network of a table of settings, which may have a name, and updates of its training."""
    made = Experiment(**{key: value for key, value in table.items() if key not in (NAME, TRAINED)})
    trained = table.get(TRAINED, 0)
    if not isinstance(trained, int) or trained < 0:
        raise InvalidSettingsError({TRAINED: f"{trained!r} was given, allowed is a number of updates"})
    return Behind(made, _name(table.get(NAME, "")), trained)


def _check_place(look: Look, experiment: Experiment | None) -> None:
    """Refuse a step that the sequence does not have; of the person's own network nothing is known."""
    if experiment is None:
        return
    steps = experiment.timesteps
    for name in ("loss", "forward", "back", "lag"):
        value, most = getattr(look, name), steps - (name == "lag")
        if isinstance(value, int) and value > most:
            raise ValueError(f"{name}: {value} was given, and with {steps} steps allowed is at most {most}")


class Tour(Part):
    """The steps of a tour in their order, and what a list says of it."""

    title: Text
    about: Text = ""
    """What it is about, in a sentence"""
    topic: Text = "Tours"
    """What it is listed under"""
    level: Annotated[Level, Field(description=", ".join(get_args(Level)))] = "first steps"
    next: Annotated[tuple[Text, ...], Field(description="a list of names of tours and presets")] = ()
    """What to try after it"""
    steps: Annotated[
        tuple[TourStep, ...], Field(min_length=1, max_length=MOST_STEPS, description=f"1 to {MOST_STEPS} [[steps]]")
    ]

    def __iter__(self) -> Iterator[TourStep]:  # type: ignore[override]  # pydantic's goes over the fields
        return iter(self.steps)
