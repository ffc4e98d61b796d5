"""The settings of training: how a gradient becomes an update, and how far it is carried back, each stated once."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from core.settings.hints import Hint
from core.settings.network import shares_weights

Optimizer: TypeAlias = Annotated[
    Literal["sgd", "momentum", "adam", "rmsprop", "adagrad"],
    Field(
        title="optimizer",
        description="How a gradient g becomes an update. sgd: −η g. momentum: a running sum of gradients. adam: "
        "the running mean over the root of the mean square (Kingma & Ba 2015). rmsprop: the gradient over the root "
        "of its running mean square. adagrad: over the root of the sum of all squares, so that steps shrink.",
    ),
    Hint("training", trains=True),
]

LearningRate: TypeAlias = Annotated[
    float,
    Field(
        title="rate η",
        ge=0,
        le=1e6,
        description="Size of an update. The loss is the sum over the scored steps, so with sgd more of them "
        "make larger updates; with adam each parameter moves by about η per update whatever the loss.",
    ),
    Hint("training", "", (1e-5, 1.0), logarithmic=True, trains=True),
]

Momentum: TypeAlias = Annotated[
    float,
    Field(title="momentum μ", ge=0, le=1, description="What is left of the sum of gradients an update later."),
    Hint("training", "", (0.0, 0.99), only={"optimizer": ("momentum",)}, trains=True),
]

TrainingSteps: TypeAlias = Annotated[
    int,
    Field(title="updates", ge=0, le=1_000_000, description="Updates, each on a newly drawn batch."),
    Hint("training", "updates", (10, 10_000), logarithmic=True, trains=True),
]

WindowState: TypeAlias = Annotated[
    Literal["fresh", "carried"],
    Field(
        title="window state",
        description="What a window for training starts from. fresh: windows are drawn anywhere, each from a⟨0⟩. "
        "carried: they follow one another through the data, each from the state in which the one before ended, "
        "without a gradient across; after a gap, and where the data start again, from a⟨0⟩.",
    ),
    Hint("training", only={"task": ("sunspots", "text", "table")}, trains=True),
]

UpdateEvery: TypeAlias = Annotated[
    int,
    Field(
        title="update every",
        ge=0,
        le=5000,
        description="Truncated BPTT as practised: an update after every so many steps, by the gradient within "
        "them; the next ones go on from the state reached. 0: one update for each sequence, as in theory. k1 and "
        "k2 of the same number show what that throws away.",
    ),
    Hint("training", "steps", (0, 100), cells=shares_weights, trains=True),
]

Clip: TypeAlias = Annotated[
    Literal["none", "norm", "value"],
    Field(
        title="clipping",
        description="norm: a gradient longer than c is shortened to c and keeps its direction (Pascanu et al. "
        "2013). value: every entry is cut to ±c.",
    ),
    Hint("training", trains=True),
]

ClipAt: TypeAlias = Annotated[
    float,
    Field(title="clip at c", ge=1e-9, le=1e9, description="The longest norm, or the largest entry, that is let by."),
    Hint("training", "", (1e-3, 100.0), logarithmic=True, only={"clip": ("norm", "value")}, trains=True),
]

K1: TypeAlias = Annotated[
    int,
    Field(
        title="truncate: k1",
        ge=0,
        le=5000,
        description="Truncated BPTT (Williams & Peng 1990): the losses of every k1 steps go back "
        "together; 0 stands for T, all of them once.",
    ),
    Hint("training", "steps", (0, 100), unless={"k2": (0,)}, cells=shares_weights),
]

K2: TypeAlias = Annotated[
    int,
    Field(
        title="truncate: k2",
        ge=0,
        le=5000,
        description="Truncated BPTT: how many steps they are carried back; 0 or T is the full gradient. The tab "
        "Lags shows what that throws away.",
    ),
    Hint("training", "steps", (0, 100), cells=shares_weights),
]
