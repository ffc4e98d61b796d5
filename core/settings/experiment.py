"""The Experiment: every setting of a run, its range, unit, label and help, stated once.

The command line's flags, the form in the explorer, TOML files and error messages are all made from what
stands here, through `settings()`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import tomli_w
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from core.network.cells import CELLS, Cell
from core.network.cells.stacked import BETWEEN, MOST_LAYERS
from core.numerics.frozen import FrozenMapping
from core.settings import table
from core.settings.files import read_text, shortened, visible
from core.settings.hints import Hint, OneOf, Value

MOST_NUMBERS = 50_000_000
"""Most numbers in one recorded array (timesteps × batch_size × hidden_size): 400 MB of float64."""

MOST_BYTES = 1_000_000
"""The largest file of settings."""


def _shares_weights(cell: Cell) -> bool:
    return all(use.tied for use in cell.uses().values())


def _reads_state(cell: Cell) -> bool:
    return any(use.role == "recurrent" for use in cell.uses().values())


def _is_activated(cell: Cell) -> bool:
    return cell.activated


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

    cell: Annotated[
        str,
        Field(title="cell", description="The recurrent cell."),
        OneOf(CELLS, lambda cell: cell.summary),
        Hint("network"),
    ] = "rnn"
    hidden_size: Annotated[
        int,
        Field(title="units n_a", ge=1, le=1024, description="Hidden units: the length of the state a⟨t⟩."),
        Hint("network", "units", (1, 256), logarithmic=True),
    ] = 16
    layers: Annotated[
        int,
        Field(
            title="layers",
            ge=1,
            le=MOST_LAYERS,
            description="Layers of the cell on top of each other, each of n_a units: the first reads x⟨t⟩, every other "
            "the state of the layer below it at the same step, and the read-out reads the last.",
        ),
        Hint("network", "layers", (1, MOST_LAYERS), cells=_shares_weights),
    ] = 1
    activation: Annotated[
        Literal["tanh", "relu", "sigmoid", "identity"],
        Field(
            title="activation φ",
            description="φ. Every step back multiplies the gradient by φ': at most 1, for sigmoid at most ¼, "
            "and close to 0 wherever a unit saturates.",
        ),
        Hint("network", cells=_is_activated),
    ] = "tanh"
    initializer: Annotated[
        Literal[
            "gaussian",
            "orthogonal",
            "identity",
            "glorot",
            "spectral-radius-scaled",
            "round",
            "pytorch",
            "keras",
            "fused-orthogonal",
        ],
        Field(
            title="initializer",
            description="How W_aa is drawn before the gain scales it: gaussian with variance 1/n, a random "
            "orthogonal matrix, the identity, Glorot's uniform, gaussian rescaled to spectral radius 1, or round: "
            "every entry ±½ or ±1 times a power of two, in W_ax and W_y too, for arithmetic on paper. pytorch: every "
            "number of the network, biases too, as PyTorch draws it, U(±1/√n_a). keras: fused-orthogonal, with "
            "Glorot's uniform W_ax and W_y. fused-orthogonal: the matrices of all gates, stacked, have orthonormal "
            "columns.",
        ),
        Hint("network"),
    ] = "gaussian"
    input_initializer: Annotated[
        Literal["own", "gaussian", "glorot", "orthogonal", "uniform"],
        Field(
            title="W_ax",
            description="How the matrices that read the input are drawn: own, what goes with the initializer (gaussian "
            "of variance 1/n for n numbers read, but for round, pytorch and keras), gaussian, Glorot's uniform, "
            "orthonormal columns or rows, or uniform as PyTorch's.",
        ),
        Hint("network"),
    ] = "own"
    output_initializer: Annotated[
        Literal["own", "gaussian", "glorot", "orthogonal", "uniform", "zeros"],
        Field(
            title="W_y",
            description="How the matrix that makes the output is drawn: as W_ax, or zeros, with which every output "
            "starts the same and no gradient reaches the states until the first update.",
        ),
        Hint("network"),
    ] = "own"
    gain: Annotated[
        float,
        Field(
            title="gain",
            ge=0,
            le=1e6,
            description="Factor g on W_aa. A wide gaussian, orthogonal or radius-scaled W_aa then has spectral "
            "radius close to g, and g = 1 is the edge between fading and growing for a network at rest.",
        ),
        Hint("network", "×", (0.1, 10.0), logarithmic=True, cells=_reads_state),
    ] = 0.9
    input_gain: Annotated[
        float,
        Field(
            title="input gain",
            ge=0,
            le=1e6,
            description="Factor on W_ax. A strong input saturates tanh and sigmoid units, and shrinks φ'.",
        ),
        Hint("network", "×", (0.01, 10.0), logarithmic=True),
    ] = 1.0
    bias: Annotated[
        float,
        Field(title="bias b_a", ge=-1e6, le=1e6, description="The value that every entry of b_a starts from."),
        Hint("network", "", (-3.0, 3.0)),
    ] = 0.0
    leak: Annotated[
        float,
        Field(
            title="leak α",
            ge=0,
            le=1,
            description="a⟨t⟩ = (1 − α) a⟨t−1⟩ + α φ(z⟨t⟩). 1 is the vanilla cell; below it 1 − α of a gradient "
            "goes back a step without passing through W_aa.",
        ),
        Hint("network", "", (0.0, 1.0), by_cell=True),
    ] = 1.0
    step_size: Annotated[
        float,
        Field(
            title="step size ε",
            ge=0,
            le=1e6,
            description="a⟨t⟩ = a⟨t−1⟩ + ε φ(z⟨t⟩) in the antisymmetric cell: the state is a differential equation's, "
            "taken on by steps of ε. A gradient goes back undiminished where ε is small.",
        ),
        Hint("network", "", (0.01, 2.0), logarithmic=True, by_cell=True),
    ] = 0.1
    diffusion: Annotated[
        float,
        Field(
            title="diffusion κ",
            ge=0,
            le=1e6,
            description="The state before is read through W_aa − W_aaᵀ − κ1 in the antisymmetric cell: its eigenvalues "
            "are imaginary but for κ, which makes up for the growth that steps of a finite ε add.",
        ),
        Hint("network", "", (0.0, 1.0), by_cell=True),
    ] = 0.1
    forget_bias: Annotated[
        float,
        Field(
            title="forget bias",
            ge=-1e6,
            le=1e6,
            description="Added to b_f: 1 opens the forget gate at the start, so that gradients survive before anything "
            "is learned (Jozefowicz, Zaremba & Sutskever 2015).",
        ),
        Hint("network", "", (-3.0, 5.0), by_cell=True),
    ] = 1.0
    initial_state: Annotated[
        float,
        Field(
            title="a⟨0⟩ scale",
            ge=0,
            le=1e6,
            description="Standard deviation of the random initial state a⟨0⟩; 0 starts from zeros, and then "
            "W_aa's contribution at step 1 is exactly zero.",
        ),
        Hint("network", "", (0.0, 3.0)),
    ] = 0.0
    seed: Annotated[
        int,
        Field(
            title="seed",
            ge=0,
            le=2**32 - 1,
            description="Decides the random weights that the network starts from.",
        ),
        Hint("network"),
    ] = 0

    task: Annotated[
        Literal["sunspots", "noise", "adding", "copy", "temporal-order", "text", "echo", "table"],
        Field(
            title="task",
            description="sunspots: yearly sunspot numbers 1700–2008, standardized; predict the next year "
            "(past 2008 the series starts again). noise: white noise, and targets unrelated to it. adding: the "
            "sum of two marked numbers among T, asked at the end. copy: ten symbols, to be said again at the end. "
            "temporal-order: which of X and Y came first and which second. text: the next character. "
            "echo: the number of d steps before, each of them 1, 2 or 3. table: a file of your own data, what stands "
            "in its columns some rows further down.",
        ),
        Hint("data"),
    ] = "sunspots"
    timesteps: Annotated[
        int,
        Field(title="timesteps T", ge=1, le=5000, description="Length of the sequence, t = 1 … T."),
        Hint("data", "steps", (1, 300), logarithmic=True, alias="window"),
    ] = 50
    batch_size: Annotated[
        int,
        Field(
            title="batch B",
            ge=1,
            le=1024,
            description="Examples averaged in the loss: windows of the series, or independent noises.",
        ),
        Hint("data", "examples", (1, 64), logarithmic=True),
    ] = 1
    echo_delay: Annotated[
        int,
        Field(
            title="delay d",
            ge=1,
            le=5000,
            description="The task echo asks at step t for the input of step t − d; what it asks for at the first d "
            "steps came before the sequence.",
        ),
        Hint("data", "steps", (1, 100), logarithmic=True, only={"task": ("echo",)}),
    ] = 1
    text_file: Annotated[
        str,
        Field(
            title="text file",
            max_length=4096,
            description="The path of a UTF-8 text for the task text; empty takes a short text of our own.",
        ),
        Hint("data", only={"task": ("text",)}),
    ] = ""
    data: table.Data = ""
    inputs: table.Inputs = ""
    targets: table.Targets = ""
    ahead: table.Ahead = 1
    stride: table.Stride = 1
    scale: table.Scale = "standard"
    time: table.Time = ""
    missing: table.Missing = "drop"
    held_back: table.HeldBack = 0.2
    fed: Annotated[
        Literal["every", "first"],
        Field(
            title="fed steps",
            description="Which steps get an input: every one, or only the first, x⟨s⟩ = 0 after it, as a "
            "feed-forward network gets it at the bottom.",
        ),
        Hint("data"),
    ] = "every"
    data_seed: Annotated[
        int,
        Field(
            title="data seed",
            ge=0,
            le=2**32 - 1,
            description="Decides the data: the window of the series, or what is drawn at random, and a⟨0⟩.",
        ),
        Hint("data"),
    ] = 0

    readout: Annotated[
        Literal["identity", "sigmoid", "softmax"],
        Field(
            title="output g",
            description="g with its loss: identity with squared error (predict the value), sigmoid with binary "
            "cross-entropy (above its mean?), softmax with cross-entropy (low, middle or high third). The tasks "
            "copy, temporal-order and text ask for classes, by softmax whatever stands here.",
        ),
        Hint("loss", only={"task": ("sunspots", "noise", "adding", "echo", "table")}),
    ] = "identity"
    scored: Annotated[
        Literal["every", "last"],
        Field(
            title="scored steps",
            description="Which steps have a loss L_t: every one that has a "
            "target, or only the last of these. adding and temporal-order have one target, at the end.",
        ),
        Hint("loss", unless={"task": ("adding", "temporal-order")}),
    ] = "every"

    optimizer: Annotated[
        Literal["sgd", "momentum", "adam", "rmsprop", "adagrad"],
        Field(
            title="optimizer",
            description="How a gradient g becomes an update. sgd: −η g. momentum: a running sum of gradients. adam: "
            "the running mean over the root of the mean square (Kingma & Ba 2015). rmsprop: the gradient over the root "
            "of its running mean square. adagrad: over the root of the sum of all squares, so that steps shrink.",
        ),
        Hint("training", trains=True),
    ] = "adam"
    learning_rate: Annotated[
        float,
        Field(
            title="rate η",
            ge=0,
            le=1e6,
            description="Size of an update. The loss is the sum over the scored steps, so with sgd more of them "
            "make larger updates; with adam each parameter moves by about η per update whatever the loss.",
        ),
        Hint("training", "", (1e-5, 1.0), logarithmic=True, trains=True),
    ] = 0.003
    momentum: Annotated[
        float,
        Field(title="momentum μ", ge=0, le=1, description="What is left of the sum of gradients an update later."),
        Hint("training", "", (0.0, 0.99), only={"optimizer": ("momentum",)}, trains=True),
    ] = 0.9
    training_steps: Annotated[
        int,
        Field(title="updates", ge=0, le=1_000_000, description="Updates, each on a newly drawn batch."),
        Hint("training", "updates", (10, 10_000), logarithmic=True, trains=True),
    ] = 500
    window_state: Annotated[
        Literal["fresh", "carried"],
        Field(
            title="window state",
            description="What a window for training starts from. fresh: windows are drawn anywhere, each from a⟨0⟩. "
            "carried: they follow one another through the data, each from the state in which the one before ended, "
            "without a gradient across; after a gap, and where the data start again, from a⟨0⟩.",
        ),
        Hint("training", only={"task": ("sunspots", "text", "table")}, trains=True),
    ] = "fresh"
    update_every: Annotated[
        int,
        Field(
            title="update every",
            ge=0,
            le=5000,
            description="Truncated BPTT as practised: an update after every so many steps, by the gradient within "
            "them; the next ones go on from the state reached. 0: one update for each sequence, as in theory. k1 and "
            "k2 of the same number show what that throws away.",
        ),
        Hint("training", "steps", (0, 100), cells=_shares_weights, trains=True),
    ] = 0
    clip: Annotated[
        Literal["none", "norm", "value"],
        Field(
            title="clipping",
            description="norm: a gradient longer than c is shortened to c and keeps its direction (Pascanu et al. "
            "2013). value: every entry is cut to ±c.",
        ),
        Hint("training", trains=True),
    ] = "none"
    clip_at: Annotated[
        float,
        Field(
            title="clip at c", ge=1e-9, le=1e9, description="The longest norm, or the largest entry, that is let by."
        ),
        Hint("training", "", (1e-3, 100.0), logarithmic=True, only={"clip": ("norm", "value")}, trains=True),
    ] = 1.0

    k1: Annotated[
        int,
        Field(
            title="truncate: k1",
            ge=0,
            le=5000,
            description="Truncated BPTT (Williams & Peng 1990): the losses of every k1 steps go back "
            "together; 0 stands for T, all of them once.",
        ),
        Hint("training", "steps", (0, 100), unless={"k2": (0,)}, cells=_shares_weights),
    ] = 0
    k2: Annotated[
        int,
        Field(
            title="truncate: k2",
            ge=0,
            le=5000,
            description="Truncated BPTT: how many steps they are carried back; 0 or T is the full gradient. The tab "
            "Lags shows what that throws away.",
        ),
        Hint("training", "steps", (0, 100), cells=_shares_weights),
    ] = 0

    if not TYPE_CHECKING:

        def __init__(self, **values: Any) -> None:
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
        layers = self.layers if _shares_weights(CELLS[self.cell]) else 1
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
