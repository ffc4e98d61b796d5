"""How frameworks draw a network by default, and matrices that read the input or make the output by a way of one's own.

    pytorch            every number of a layer U(−1/√n_a, 1/√n_a), biases too: the sum of two where PyTorch has two that
                       do the same; W_y and b_y U(−1/√n, 1/√n) for n numbers read (torch.nn.Linear)
    keras              recurrent matrices fused orthogonal, W_·x Glorot's uniform over the stacked gates, W_y Glorot's
                       uniform, biases as the settings say, of which the forget gate's is 1 (unit_forget_bias)
    fused-orthogonal   the recurrent matrices of a layer's gates, stacked to (gates · n_a, n_a), have orthonormal
                       columns: Σ_j W_jᵀ W_j = I, so that each by itself is no orthogonal matrix, and its singular
                       values are below 1. With one gate it is orthogonal

The gains multiply what is drawn here as they do everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from core.network.cells.protocol import Use
from core.numerics.scaled import Floats

FUSED = ("keras", "fused-orthogonal")
"""The initializers that draw the recurrent matrices of all gates together"""

READING: Mapping[str, str] = {"pytorch": "uniform", "keras": "glorot"}
"""Initializer → how it draws the matrices that read the input or make the output, where that is not gaussian"""

Stream = Callable[[str], np.random.Generator]
"""Parameter → the generator that its numbers are drawn with"""


def redrawn(
    initializer: str,
    reading: Mapping[str, str],
    uses: Mapping[str, Use],
    parameters: Mapping[str, Floats],
    gains: tuple[float, float],
    stream: Stream,
) -> dict[str, Floats]:
    """The parameters that an initializer draws in another way than matrix by matrix; {} where there are none.

    Args:
        initializer: The setting.
        reading: `input` and `readout` → how the matrices that read the input or make the output are drawn: gaussian,
            glorot, orthogonal, uniform or zeros; `own` for what goes with the initializer.
        uses: Parameter → its use, those of the read-out too.
        parameters: The network as it is drawn matrix by matrix, for the shapes and the biases' own numbers.
        gains: The factors on recurrent matrices and on those that read the input.
        stream: Where the numbers come from.
    """
    found: dict[str, Floats] = {}
    tied = {name: use for name, use in uses.items() if use.tied}
    for layer in sorted({use.layer for use in tied.values() if use.role == "recurrent"}):
        names = [name for name, use in tied.items() if use.role == "recurrent" and use.layer == layer]
        if initializer in FUSED:
            shapes = [parameters[name].shape for name in names]
            whole = orthonormal(sum(rows for rows, _ in shapes), shapes[0][1], stream(names[0]))
            blocks = np.split(whole, np.cumsum([rows for rows, _ in shapes])[:-1])
            found |= {name: gains[0] * block for name, block in zip(names, blocks, strict=True)}
    for name, use in tied.items():
        way = reading.get(use.role, "own")
        how = READING.get(initializer) if way == "own" else way
        if how and (use.role == "input" or (use.role == "readout" and use.source != "1")):
            gates = sum(1 for one in tied.values() if (one.role, one.layer) == (use.role, use.layer))
            gain = gains[1] if use.role == "input" else 1.0
            beside = gates if use.role == "input" else 1
            found[name] = gain * _reading(how, parameters[name].shape, use, beside, stream(name))
    if initializer == "pytorch":
        found |= {name: parameters[name] + _bias(name, uses, parameters, stream) for name in _biases(uses)}
    return found


def orthonormal(rows: int, columns: int, rng: np.random.Generator) -> Floats:
    """A uniformly random matrix with orthonormal columns, or rows where there are fewer of these (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return q if rows >= columns else q.T


def _reading(how: str, shape: tuple[int, ...], use: Use, gates: int, rng: np.random.Generator) -> Floats:
    """A matrix (n, n_u), one of several gates' that read the same."""
    rows, columns = shape[-2:]
    if how == "gaussian":
        return rng.standard_normal(shape) / np.sqrt(columns)
    if how == "zeros":
        return np.zeros(shape)
    if how == "orthogonal":
        return orthonormal(rows, columns, rng)
    width = {"glorot": np.sqrt(6.0 / (columns + gates * rows)), "uniform": _limit(use, rows, columns)}[how]
    return rng.uniform(-width, width, shape)


def _limit(use: Use, rows: int, columns: int) -> float:
    """PyTorch's 1/√n: n_a of a recurrent layer, and the numbers read of a linear one."""
    return float(1.0 / np.sqrt(columns if use.role == "readout" else rows))


def _biases(uses: Mapping[str, Use]) -> list[str]:
    return [name for name, use in uses.items() if use.source == "1"]


def _bias(name: str, uses: Mapping[str, Use], parameters: Mapping[str, Floats], stream: Stream) -> Floats:
    """What PyTorch draws for a bias: once, or twice where it adds two that do the same."""
    use, shape = uses[name], parameters[name].shape
    if use.role == "readout":
        read = next(one for one, other in uses.items() if other.role == "readout" and other.source != "1")
        width, count = 1.0 / np.sqrt(parameters[read].shape[-1]), 1
    else:
        width = 1.0 / np.sqrt(shape[-1])
        of_gate = [one for one in _biases(uses) if (uses[one].gate, uses[one].layer) == (use.gate, use.layer)]
        count = 1 if len(of_gate) > 1 else 2
    return np.asarray(stream(name).uniform(-width, width, (count, *shape)).sum(axis=0))
