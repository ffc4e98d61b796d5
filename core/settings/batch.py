"""The settings of the batch: the task, how much of its data and which, each stated once; those of a file: `table`."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from core.settings.hints import Hint

Task: TypeAlias = Annotated[
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
]

Timesteps: TypeAlias = Annotated[
    int,
    Field(title="timesteps T", ge=1, le=5000, description="Length of the sequence, t = 1 … T."),
    Hint("data", "steps", (1, 300), logarithmic=True, alias="window"),
]

BatchSize: TypeAlias = Annotated[
    int,
    Field(
        title="batch B",
        ge=1,
        le=1024,
        description="Examples averaged in the loss: windows of the series, or independent noises.",
    ),
    Hint("data", "examples", (1, 64), logarithmic=True),
]

EchoDelay: TypeAlias = Annotated[
    int,
    Field(
        title="delay d",
        ge=1,
        le=5000,
        description="The task echo asks at step t for the input of step t − d; what it asks for at the first d "
        "steps came before the sequence.",
    ),
    Hint("data", "steps", (1, 100), logarithmic=True, only={"task": ("echo",)}),
]

TextFile: TypeAlias = Annotated[
    str,
    Field(
        title="text file",
        max_length=4096,
        description="The path of a UTF-8 text for the task text; empty takes a short text of our own.",
    ),
    Hint("data", only={"task": ("text",)}, names_file=True),
]

Fed: TypeAlias = Annotated[
    Literal["every", "first"],
    Field(
        title="fed steps",
        description="Which steps get an input: every one, or only the first, x⟨s⟩ = 0 after it, as a "
        "feed-forward network gets it at the bottom.",
    ),
    Hint("data"),
]

DataSeed: TypeAlias = Annotated[
    int,
    Field(
        title="data seed",
        ge=0,
        le=2**32 - 1,
        description="Decides the data: the window of the series, or what is drawn at random, and a⟨0⟩.",
    ),
    Hint("data"),
]
