"""Initial recurrent matrices W_aa (n, n), each scaled by the gain g.

gaussian                 W_ij ~ N(0, g²/n): for large n the eigenvalues fill the disc of radius g (Girko's law)
orthogonal               g Q, Q uniformly random orthogonal: every singular value is g (Mezzadri 2007)
identity                 g I (Le, Jaitly & Hinton 2015)
glorot                   g U(−√(6/2n), √(6/2n)) (Glorot & Bengio 2010)
spectral-radius-scaled   a gaussian matrix rescaled so that its largest |eigenvalue| is exactly g (Jaeger 2001)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.numerics.scaled import Floats


def _gaussian(n: int, rng: np.random.Generator) -> Floats:
    return rng.standard_normal((n, n)) / np.sqrt(n)


def _orthogonal(n: int, rng: np.random.Generator) -> Floats:
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    # Without the signs of R's diagonal the distribution would depend on the QR routine's convention.
    return q * np.where(np.diag(r) < 0, -1.0, 1.0)


def _identity(n: int, rng: np.random.Generator) -> Floats:
    return np.eye(n)


def _glorot(n: int, rng: np.random.Generator) -> Floats:
    limit = np.sqrt(6.0 / (n + n))
    return rng.uniform(-limit, limit, (n, n))


def _spectral_radius_scaled(n: int, rng: np.random.Generator) -> Floats:
    matrix = _gaussian(n, rng)
    return matrix / np.max(np.abs(np.linalg.eigvals(matrix)))


INITIALIZERS: dict[str, Callable[[int, np.random.Generator], Floats]] = {
    "gaussian": _gaussian,
    "orthogonal": _orthogonal,
    "identity": _identity,
    "glorot": _glorot,
    "spectral-radius-scaled": _spectral_radius_scaled,
}


def recurrent_matrix(initializer: str, n: int, gain: float, rng: np.random.Generator) -> Floats:
    """W_aa (n, n) of the named initializer, times the gain.

    A change of nothing but the gain rescales the same draw, so that two gains can be compared on one network.
    """
    return gain * INITIALIZERS[initializer](n, rng)
