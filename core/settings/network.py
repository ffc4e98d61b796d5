"""The settings of a network: its cell, its size, and what it starts from, each stated once."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from core.network.cells import CELLS, Cell
from core.network.cells.stacked import MOST_LAYERS
from core.settings.hints import Hint, OneOf


def shares_weights(cell: Cell) -> bool:
    """Whether every step of a cell uses the same weights."""
    return all(use.tied for use in cell.uses().values())


def _reads_state(cell: Cell) -> bool:
    return any(use.role == "recurrent" for use in cell.uses().values())


def _is_activated(cell: Cell) -> bool:
    return cell.activated


CellName: TypeAlias = Annotated[
    str,
    Field(title="cell", description="The recurrent cell."),
    OneOf(CELLS, lambda cell: cell.summary),
    Hint("network"),
]

HiddenSize: TypeAlias = Annotated[
    int,
    Field(title="units n_a", ge=1, le=1024, description="Hidden units: the length of the state a⟨t⟩."),
    Hint("network", "units", (1, 256), logarithmic=True),
]

Layers: TypeAlias = Annotated[
    int,
    Field(
        title="layers",
        ge=1,
        le=MOST_LAYERS,
        description="Layers of the cell on top of each other, each of n_a units: the first reads x⟨t⟩, every other "
        "the state of the layer below it at the same step, and the read-out reads the last.",
    ),
    Hint("network", "layers", (1, MOST_LAYERS), cells=shares_weights),
]

Activation: TypeAlias = Annotated[
    Literal["tanh", "relu", "sigmoid", "identity"],
    Field(
        title="activation φ",
        description="φ. Every step back multiplies the gradient by φ': at most 1, for sigmoid at most ¼, "
        "and close to 0 wherever a unit saturates.",
    ),
    Hint("network", cells=_is_activated),
]

Initializer: TypeAlias = Annotated[
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
]

InputInitializer: TypeAlias = Annotated[
    Literal["own", "gaussian", "glorot", "orthogonal", "uniform"],
    Field(
        title="W_ax",
        description="How the matrices that read the input are drawn: own, what goes with the initializer (gaussian "
        "of variance 1/n for n numbers read, but for round, pytorch and keras), gaussian, Glorot's uniform, "
        "orthonormal columns or rows, or uniform as PyTorch's.",
    ),
    Hint("network"),
]

OutputInitializer: TypeAlias = Annotated[
    Literal["own", "gaussian", "glorot", "orthogonal", "uniform", "zeros"],
    Field(
        title="W_y",
        description="How the matrix that makes the output is drawn: as W_ax, or zeros, with which every output "
        "starts the same and no gradient reaches the states until the first update.",
    ),
    Hint("network"),
]

Gain: TypeAlias = Annotated[
    float,
    Field(
        title="gain",
        ge=0,
        le=1e6,
        description="Factor g on W_aa. A wide gaussian, orthogonal or radius-scaled W_aa then has spectral "
        "radius close to g, and g = 1 is the edge between fading and growing for a network at rest.",
    ),
    Hint("network", "×", (0.1, 10.0), logarithmic=True, cells=_reads_state),
]

InputGain: TypeAlias = Annotated[
    float,
    Field(
        title="input gain",
        ge=0,
        le=1e6,
        description="Factor on W_ax. A strong input saturates tanh and sigmoid units, and shrinks φ'.",
    ),
    Hint("network", "×", (0.01, 10.0), logarithmic=True),
]

Bias: TypeAlias = Annotated[
    float,
    Field(title="bias b_a", ge=-1e6, le=1e6, description="The value that every entry of b_a starts from."),
    Hint("network", "", (-3.0, 3.0)),
]

Leak: TypeAlias = Annotated[
    float,
    Field(
        title="leak α",
        ge=0,
        le=1,
        description="a⟨t⟩ = (1 − α) a⟨t−1⟩ + α φ(z⟨t⟩). 1 is the vanilla cell; below it 1 − α of a gradient "
        "goes back a step without passing through W_aa.",
    ),
    Hint("network", "", (0.0, 1.0), by_cell=True),
]

StepSize: TypeAlias = Annotated[
    float,
    Field(
        title="step size ε",
        ge=0,
        le=1e6,
        description="a⟨t⟩ = a⟨t−1⟩ + ε φ(z⟨t⟩) in the antisymmetric cell: the state is a differential equation's, "
        "taken on by steps of ε. A gradient goes back undiminished where ε is small.",
    ),
    Hint("network", "", (0.01, 2.0), logarithmic=True, by_cell=True),
]

Diffusion: TypeAlias = Annotated[
    float,
    Field(
        title="diffusion κ",
        ge=0,
        le=1e6,
        description="The state before is read through W_aa − W_aaᵀ − κ1 in the antisymmetric cell: its eigenvalues "
        "are imaginary but for κ, which makes up for the growth that steps of a finite ε add.",
    ),
    Hint("network", "", (0.0, 1.0), by_cell=True),
]

ForgetBias: TypeAlias = Annotated[
    float,
    Field(
        title="forget bias",
        ge=-1e6,
        le=1e6,
        description="Added to b_f: 1 opens the forget gate at the start, so that gradients survive before anything "
        "is learned (Jozefowicz, Zaremba & Sutskever 2015).",
    ),
    Hint("network", "", (-3.0, 5.0), by_cell=True),
]

InitialState: TypeAlias = Annotated[
    float,
    Field(
        title="a⟨0⟩ scale",
        ge=0,
        le=1e6,
        description="Standard deviation of the random initial state a⟨0⟩; 0 starts from zeros, and then "
        "W_aa's contribution at step 1 is exactly zero.",
    ),
    Hint("network", "", (0.0, 3.0)),
]

Seed: TypeAlias = Annotated[
    int,
    Field(
        title="seed",
        ge=0,
        le=2**32 - 1,
        description="Decides the random weights that the network starts from.",
    ),
    Hint("network"),
]
