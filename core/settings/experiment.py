"""The Experiment: every setting of a run, its range, unit, label and help, stated once.

What each of them is stands in the module of its group (`network`, `batch`, `table`, `loss`, `training`), their order
and what they are by default here. The command line's flags, the form in the explorer, TOML files and error messages are
all made of that, through `settings()`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from core.network.cells import CELLS, Cell
from core.network.cells.stacked import BETWEEN
from core.numerics.frozen import FrozenMapping
from core.settings import batch, loss, network, table, training
from core.settings.files import read_text, shortened, visible
from core.settings.hints import Hint, Value
from core.settings.network import shares_weights

MOST_NUMBERS = 50_000_000
"""Most numbers in one recorded array (timesteps × batch_size × hidden_size): 400 MB of float64."""

MOST_BYTES = 1_000_000
"""The largest file of settings."""

TYPICAL_SEED = 5
"""The seed of the weights by default: of 0 … 19, each with the default's data, the one whose W_aa has the factor per
step nearest to the median of the twenty. One network is an anecdote, and this one at least is not an exception."""


class InvalidSettingsError(ValueError):
    """Settings that are not allowed: one line naming each, what was given, what is allowed and what to do."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = FrozenMapping(dict(problems))
        """Setting → what is wrong with it, as a sentence without the setting's name."""
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))

    def __reduce__(self) -> tuple[type[InvalidSettingsError], tuple[dict[str, str]]]:
        return InvalidSettingsError, (dict(self.problems),)


class Experiment(BaseModel):
    """All settings of one network on one batch of data; immutable, validated, the same seeds the same run.

    Raises:
        InvalidSettingsError: (a ValueError) naming every setting that is not allowed.

    Runnable example:

        >>> import core
        >>> experiment = core.Experiment(cell="gru", hidden_size=2, timesteps=5)
        >>> experiment.replace(gain=2).gain
        2.0
        >>> core.Experiment(gain=-1)
        Traceback (most recent call last):
            ...
        core.settings.experiment.InvalidSettingsError: ...
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)

    cell: network.CellName = "rnn"
    hidden_size: network.HiddenSize = 16
    layers: network.Layers = 1
    activation: network.Activation = "tanh"
    initializer: network.Initializer = "gaussian"
    input_initializer: network.InputInitializer = "own"
    output_initializer: network.OutputInitializer = "own"
    gain: network.Gain = 0.9
    input_gain: network.InputGain = 1.0
    bias: network.Bias = 0.0
    leak: network.Leak = 1.0
    step_size: network.StepSize = 0.1
    diffusion: network.Diffusion = 0.1
    forget_bias: network.ForgetBias = 1.0
    initial_state: network.InitialState = 0.0
    seed: network.Seed = TYPICAL_SEED

    task: batch.Task = "sunspots"
    timesteps: batch.Timesteps = 50
    batch_size: batch.BatchSize = 1
    echo_delay: batch.EchoDelay = 1
    text_file: batch.TextFile = ""
    data: table.Data = ""
    inputs: table.Inputs = ""
    targets: table.Targets = ""
    ahead: table.Ahead = 1
    stride: table.Stride = 1
    ids: table.Ids = 0
    scale: table.Scale = "standard"
    time: table.Time = ""
    missing: table.Missing = "drop"
    held_back: table.HeldBack = 0.2
    fed: batch.Fed = "every"
    data_seed: batch.DataSeed = 0

    readout: loss.Readout = "identity"
    scored: loss.Scored = "every"

    optimizer: training.Optimizer = "adam"
    learning_rate: training.LearningRate = 0.003
    momentum: training.Momentum = 0.9
    training_steps: training.TrainingSteps = 500
    window_state: training.WindowState = "fresh"
    update_every: training.UpdateEvery = 0
    clip: training.Clip = "none"
    clip_at: training.ClipAt = 1.0

    k1: training.K1 = 0
    k2: training.K2 = 0

    if not TYPE_CHECKING:

        def __init__(self, /, **values: Any) -> None:  # so that a file's key `self` is refused as any other
            try:
                super().__init__(**values)
            except ValidationError as error:
                raise InvalidSettingsError(_problems(error)) from None

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_value(cls, given: object) -> object:
        """Python takes True for 1; a person who wrote `true` did not mean a number."""
        if isinstance(given, bool):
            raise ValueError("yes or no is neither a number nor a name")
        return given

    @field_validator("cell")
    @classmethod
    def _is_registered(cls, given: str) -> str:
        if given not in CELLS:
            raise ValueError(f"allowed is {', '.join(CELLS)}")
        return given

    @model_validator(mode="after")
    def _fits_in_memory(self) -> Experiment:
        numbers = self.timesteps * self.batch_size * self.hidden_size * self.layers
        if numbers > MOST_NUMBERS:
            factors, lower = ("", "three") if self.layers == 1 else (" × layers", "four")
            raise ValueError(
                f"timesteps × batch_size × hidden_size{factors} is {numbers:,}, allowed is at most {MOST_NUMBERS:,}; "
                f"lower one of the {lower}"
            )
        numbers = self.timesteps * self.hidden_size**2
        cell = CELLS[self.cell]
        if numbers > MOST_NUMBERS and any(not use.tied and use.role == "recurrent" for use in cell.uses().values()):
            raise ValueError(
                f"a {cell.title} has timesteps × hidden_size² = {numbers:,} numbers in its "
                f"matrices, allowed is at most {MOST_NUMBERS:,}; lower one of the two"
            )
        return self

    @property
    def cell_name(self) -> str:
        """The network's cell by name: `lstm`, or `lstm+lstm` for a stack of two layers.

        A cell whose steps do not share their weights has one layer, whatever `layers` says.
        """
        layers = self.layers if shares_weights(CELLS[self.cell]) else 1
        return BETWEEN.join([self.cell] * layers)

    @property
    def constants(self) -> Mapping[str, float]:
        """The cell's numbers that are set and not trained, by setting: the leak α of a leaky cell.

        Those that there is no setting for are as the cell has them.
        """
        return {name: getattr(self, name, value) for name, value in CELLS[self.cell].constants.items()}

    def replace(self, **changes: Value) -> Experiment:
        """A copy with some settings changed, validated as a new Experiment is."""
        return Experiment(**{**self.model_dump(), **changes})

    @property
    def reads_file(self) -> bool:
        """Whether the data are in a file that may not be there, or may not have what the settings ask of it."""
        return self.task == "table" or (self.task == "text" and bool(self.text_file))

    def save(self, path: Path | str) -> None:
        """Write every setting as TOML, and in a comment with what it was; `load` reads it back to an equal one."""
        from core.settings.provenance import provenance  # it knows the settings

        Path(path).write_text(f"# {provenance().line}\n\n{self.to_toml()}", encoding="utf-8")

    def to_toml(self) -> str:
        """Every setting as TOML text, in the order of the fields."""
        return tomli_w.dumps(self.model_dump())

    @classmethod
    def load(cls, path: Path | str) -> Experiment:
        """Read an Experiment from a TOML file; settings it does not name keep their defaults.

        Raises:
            InvalidSettingsError: an unknown setting or a value out of range, by name.
            ValueError: no such file, not readable, or not TOML; the message names the file.
        """
        return read_toml(path)[0]


def read_toml(path: Path | str) -> tuple[Experiment, Mapping[str, str]]:
    """An experiment file: the settings at the top level, and an optional table `about` of texts.

    Raises:
        InvalidSettingsError: an unknown setting or a value out of range, by the file's name and its own.
        ValueError: no ordinary file of at most `MOST_BYTES`, or not TOML in UTF-8; the message names the file.
    """
    name = visible(path)
    try:
        given = tomllib.loads(read_text(Path(path), MOST_BYTES))
    except OSError as error:
        raise ValueError(f"{name}: cannot be read: {error.strerror or error}; give the path of a TOML file") from None
    except UnicodeDecodeError:
        raise ValueError(f"{name}: not a text file in UTF-8; give the path of a TOML file") from None
    except (ValueError, RecursionError) as error:  # in addition to its own errors, int()'s and the stack's limits
        raise ValueError(f"{name}: not valid TOML: {error}") from None
    about = given.pop("about", {})
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        raise ValueError(f"{name}: about must be a table of texts")
    try:
        return Experiment(**given), FrozenMapping(about)
    except InvalidSettingsError as error:
        raise InvalidSettingsError({f"{name}: {setting}": text for setting, text in error.problems.items()}) from None


@dataclass(frozen=True)
class Setting:
    """One setting, as a form, a flag or a help text needs it."""

    name: str
    label: str
    help: str
    kind: Literal["choice", "integer", "number", "text"]
    default: Value
    choices: tuple[str, ...]
    low: float
    high: float
    hint: Hint

    @property
    def allowed(self) -> str:
        """What may be given, in words: `0 … 1000000` or `tanh, relu, …`."""
        if self.kind == "choice":
            return ", ".join(self.choices)
        if self.kind == "text":
            return f"text of at most {self.high:.0f} characters"
        whole = "a whole number " if self.kind == "integer" else ""
        return f"{whole}{self.low:.12g} … {self.high:.12g}"

    def matters(self, experiment: Experiment) -> bool:
        """Whether this setting has any effect, given the others: a form need not show one that has none."""
        return self.without_effect(experiment) is None

    def without_effect(self, experiment: Experiment) -> str | None:
        """The other setting because of whose value this one has no effect; None if it has one."""
        only, unless = self.hint.only, self.hint.unless
        absent = (other for other, values in only.items() if getattr(experiment, other) not in values)
        present = (other for other, values in unless.items() if getattr(experiment, other) in values)
        return next(chain(absent, present), None)

    def parse(self, text: str) -> Value:
        """The value a person typed, checked.

        Raises:
            InvalidSettingsError: naming this setting, the text and what is allowed.
        """
        value = Experiment(**{self.name: text}).model_dump()[self.name]
        assert isinstance(value, str | int | float)
        return value


_KINDS: Mapping[Any, Literal["integer", "number", "text"]] = {int: "integer", float: "number", str: "text"}


def settings() -> Mapping[str, Setting]:
    """Every setting of the Experiment: its name → its label, type, range and help.

    They come in the order of the form, with the choices that there are now: cells that were registered are among them.

    Runnable example:

        >>> import core
        >>> core.settings()["gain"].label
        'gain'
    """
    return _settings(tuple(CELLS.items()))


@lru_cache(maxsize=8)
def _settings(cells: tuple[tuple[str, Cell], ...]) -> Mapping[str, Setting]:
    found = {}
    for name, info in Experiment.model_fields.items():
        hint = next(item for item in info.metadata if isinstance(item, Hint))
        limits = {type(item).__name__: item for item in info.metadata}
        known = limits.get("OneOf")
        choices = get_args(info.annotation) if known is None else known.choices
        text = info.description or ""
        if hint.by_cell or hint.cells is not None:
            fitting = (
                key
                for key, cell in cells
                if cell.offered and (name in cell.settings if hint.cells is None else hint.cells(cell))
            )
            hint = replace(hint, only={"cell": tuple(fitting)})
        found[name] = Setting(
            name=name,
            label=info.title or name,
            help=text if known is None else known.help(text),
            kind="choice" if choices else _KINDS[info.annotation],
            default=info.default,
            choices=tuple(str(choice) for choice in choices),
            low=float(getattr(limits.get("Ge"), "ge", 0)),
            high=float(getattr(limits.get("Le"), "le", getattr(limits.get("MaxLen"), "max_length", 0))),
            hint=hint,
        )
    return FrozenMapping(found)


def _problems(error: ValidationError) -> dict[str, str]:
    """Setting → what was given and what is allowed, from pydantic's account of it."""
    found = {}
    for item in error.errors(include_url=False):
        name = str(item["loc"][0]) if item["loc"] else "size"
        given = item["input"]
        if item["type"] == "extra_forbidden":
            found[shortened(name)] = f"is not a setting; the settings are {', '.join(settings())}"
        elif not item["loc"]:
            found[name] = str(item["ctx"]["error"]) if "ctx" in item else item["msg"]
        else:
            unfit = ", which cannot be written as UTF-8" if item["type"] == "string_unicode" else ""
            found[name] = f"{_shown(given)} was given{unfit}, allowed is {settings()[name].allowed}"
    return found


def _shown(given: object) -> str:
    """A value as an error message can show it, whatever it is."""
    try:
        text = repr(given) if isinstance(given, str) else str(given)
    except ValueError:  # Python writes no integer of more than some thousand digits
        return "an integer of thousands of digits"
    short = shortened(text)
    return short if short == text else f"{short} ({len(text):,} characters)"
