"""The settings of the loss: what is behind the read-out, and at which steps, each stated once."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from core.settings.hints import Hint

Readout: TypeAlias = Annotated[
    Literal["identity", "sigmoid", "softmax"],
    Field(
        title="output g",
        description="g with its loss: identity with squared error (predict the value), sigmoid with binary "
        "cross-entropy (above its mean?), softmax with cross-entropy (low, middle or high third). The tasks "
        "copy, temporal-order and text ask for classes, by softmax whatever stands here.",
    ),
    Hint("loss", only={"task": ("sunspots", "noise", "adding", "echo", "table")}),
]

Scored: TypeAlias = Annotated[
    Literal["every", "last"],
    Field(
        title="scored steps",
        description="Which steps have a loss L_t: every one that has a "
        "target, or only the last of these. adding and temporal-order have one target, at the end.",
    ),
    Hint("loss", unless={"task": ("adding", "temporal-order")}),
]
