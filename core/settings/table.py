"""The settings of a file of one's own data: which columns of it are read and asked for, and how, each stated once."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from core.settings.hints import Hint

_OF_TABLE = Hint("data", only={"task": ("table",)})

Data: TypeAlias = Annotated[
    str,
    Field(
        title="data file",
        max_length=4096,
        description="The path of a file for the task table: csv or tsv (also .gz), .npy, .npz, .wav, .parquet; "
        "empty takes the sunspot numbers of our own.",
    ),
    Hint("data", only={"task": ("table",)}, names_file=True),
]

Inputs: TypeAlias = Annotated[
    str,
    Field(
        title="inputs",
        max_length=4096,
        description="The columns that are read, with commas between; empty reads every column of numbers.",
    ),
    _OF_TABLE,
]

Targets: TypeAlias = Annotated[
    str,
    Field(
        title="targets",
        max_length=4096,
        description="The columns that are asked for, with commas between; empty asks for the first column of "
        "numbers. One of words is asked for as classes.",
    ),
    _OF_TABLE,
]

Ahead: TypeAlias = Annotated[
    int,
    Field(title="ahead", ge=0, le=100_000, description="How many rows after x⟨t⟩ the target of step t stands."),
    Hint("data", "rows", (0, 50), only={"task": ("table",)}),
]

Stride: TypeAlias = Annotated[
    int,
    Field(
        title="stride",
        ge=1,
        le=100_000,
        description="How many rows lie between the starts of two windows at least.",
    ),
    Hint("data", "rows", (1, 100), only={"task": ("table",)}),
]

Ids: TypeAlias = Annotated[
    int,
    Field(
        title="ids",
        ge=0,
        le=100_000,
        description="How many ids there are, where a column that is read has whole numbers from 0 for them: each is "
        "then an input of its own, and the next one is asked for as a class. 0 reads numbers as numbers.",
    ),
    _OF_TABLE,
]

Scale: TypeAlias = Annotated[
    Literal["standard", "minmax", "none"],
    Field(
        title="scale",
        description="standard: minus the mean, over the standard deviation. minmax: to 0 … 1. none: as it stands. "
        "Fitted on the rows that are trained on.",
    ),
    _OF_TABLE,
]

Time: TypeAlias = Annotated[
    str,
    Field(
        title="time",
        max_length=4096,
        description="The column that tells the time, which is not read; empty recognizes it.",
    ),
    _OF_TABLE,
]

Missing: TypeAlias = Annotated[
    Literal["drop", "mask", "interpolate"],
    Field(
        title="missing",
        description="What is done about gaps. drop: windows with a gap are left out. mask: a missing target is not "
        "scored, a missing input is the value before it. interpolate: a straight line between its neighbors.",
    ),
    _OF_TABLE,
]

HeldBack: TypeAlias = Annotated[
    float,
    Field(
        title="held back",
        ge=0,
        le=0.9,
        description="The share of the rows, at the end, that is not trained on; a network is scored on it.",
    ),
    Hint("data", "", (0.0, 0.5), only={"task": ("table",)}),
]
