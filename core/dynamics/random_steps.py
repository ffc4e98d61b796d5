"""What steps back in a row make of a gradient, where each has the slopes of a step drawn at random.

Of an Elman network J⟨s⟩ = diag(d⟨s⟩) W, d⟨s⟩ = φ'(z⟨s⟩). σ_max(W) and the mean of d say little of many steps: the
direction that W stretches most is not met at every step, and units that are steep and large together count more. With
the slopes of every step drawn, independently, from those of all steps and examples, the mean of the squares has a law:

    M_k+1 = E[J M_k Jᵀ] = C ⊙ (W M_k Wᵀ),    C_ij = E[d_i d_j],    M_0 = 1,    E‖J⟨1⟩ … J⟨k⟩‖² = tr M_k

and the root of M's growth per step is the factor. Where d does not change it is ρ(diag(d) W), where the d_i are
independent and W is large and random √(mean of d²) ‖W‖_F / √n.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from core.bptt.forward import Tape

_SETTLING: Final = 32
_MEASURED: Final = 32
"""Steps before the growth is measured, and steps over which it is, since a rotation makes it waver"""


def random_step_factor(tape: Tape) -> float:
    """The factor per step of E‖J⟨1⟩ … J⟨k⟩‖² in the long run, its root, where each step's slopes are drawn at random.

    Args:
        tape: A forward pass of an Elman network: one cell whose Jacobian is diag φ'(z⟨s⟩) W and nothing else.

    Raises:
        ValueError: if the Jacobian of the cell is no such product.

    Runnable example:

        >>> import core
        >>> still = core.Experiment(activation="identity", initializer="orthogonal", gain=0.5, hidden_size=3)
        >>> round(random_step_factor(core.run(still).tape), 12)
        0.5
    """
    network = tape.network
    recurrent = [name for name, use in network.cell.uses().items() if use.role == "recurrent"]
    if not network.cell.elman or len(recurrent) != 1:
        raise ValueError(f"the Jacobian of the {network.cell.title} cell is not diag φ'(z) W; choose a vanilla cell")
    matrix = network.matrix(recurrent[0])
    (made,) = network.by_preactivation(tape.preactivations).values()
    slopes = network.activation.derivative(made).reshape(-1, len(matrix))
    size, steepest = (float(np.max(np.abs(one), initial=0.0)) for one in (matrix, slopes))
    if not size or not steepest:
        return 0.0
    matrix, slopes = matrix / size, slopes / steepest
    together = slopes.T @ slopes / len(slopes)
    moment, bits = np.eye(len(matrix)), 0.0
    for step in range(_SETTLING + _MEASURED):
        moment = together * (matrix @ moment @ matrix.T)
        grown = float(np.linalg.norm(moment))
        if not grown:
            return 0.0
        moment /= grown
        bits += np.log2(grown) if step >= _SETTLING else 0.0
    return size * steepest * float(np.exp2(bits / (2 * _MEASURED)))
