"""Initial recurrent matrices W_aa (n, n), each scaled by the gain g.

gaussian                 W_ij ~ N(0, g²/n): for large n the eigenvalues fill the disc of radius g (Girko's law)
orthogonal               g Q, Q uniformly random orthogonal: every singular value is g (Mezzadri 2007)
identity                 g I (Le, Jaitly & Hinton 2015)
glorot                   g U(−√(6/2n), √(6/2n)) (Glorot & Bengio 2010)
spectral-radius-scaled   a gaussian matrix rescaled so that its largest |eigenvalue| is exactly g (Jaeger 2001)
round                    g c S, S_ij one of ±½ and ±1, and c the power of two for which the variance is nearest to g²/n:
                         numbers of few digits, for arithmetic on paper; 1 up to n = 3, ½ up to n = 12

pytorch                  U(−1/√n, 1/√n), as PyTorch draws every number of a recurrent layer
keras, fused-orthogonal  orthogonal; with gates, the matrices of all of them stacked are (core.network.framework_draws)

The matrices that read an input or make the output are N(0, g²/n) for n numbers read, but with `round` round as
well, and with `pytorch` and `keras` as these draw them.
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


def _round(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Entries of variance 5/8, by the power of two that brings n of them nearest to 1/n each."""
    short = rng.choice([-1.0, -0.5, 0.5, 1.0], shape)
    return short * 2.0 ** np.rint(-0.5 * np.log2(shape[-1] * 0.625))


INITIALIZERS: dict[str, Callable[[int, np.random.Generator], Floats]] = {
    "gaussian": _gaussian,
    "orthogonal": _orthogonal,
    "identity": _identity,
    "glorot": _glorot,
    "spectral-radius-scaled": _spectral_radius_scaled,
    "round": lambda n, rng: _round((n, n), rng),
    "pytorch": lambda n, rng: rng.uniform(-1.0, 1.0, (n, n)) / np.sqrt(n),
    "keras": _orthogonal,
    "fused-orthogonal": _orthogonal,
}


def recurrent_matrix(initializer: str, n: int, gain: float, rng: np.random.Generator) -> Floats:
    """W_aa (n, n) of the named initializer, times the gain.

    A change of nothing but the gain rescales the same draw, so that two gains can be compared on one network.
    """
    return gain * INITIALIZERS[initializer](n, rng)


def reading_matrix(initializer: str, shape: tuple[int, ...], gain: float, rng: np.random.Generator) -> Floats:
    """A matrix that reads n numbers of an input or of the state that is read out, its last axis, times the gain."""
    if initializer == "round":
        return gain * _round(shape, rng)
    return gain * rng.standard_normal(shape) / shape[-1] ** 0.5
