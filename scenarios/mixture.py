"""Drawing from models that are normal given a hidden state and a scale of the month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._table import FloatArray
from .assumptions import Assumptions
from .factor import padded_factor
from .paths import Draw, canonical

COVARIANCE_SHARE = 0.25  # of the months of a history: what they are worth for a variance
LEAST_FREEDOM = 30.0
PURPOSES = ("month", "step", "mean", "state", "spread")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mixture:
    """What `law_of` colours: a law of standard months, in canonical order of the N assets.

    Attributes
    ----------
    mean : (K, N) float64
        Of the whitened assets by state; over the chain's stationary law zero.
    factor : (K, N, N) float64
        Lower triangular, by state; over the chain's stationary law the covariance is the identity.
    start, stationary : (K,) float64
        Probabilities of the first state, and in the long run.
    transition : (K, K) float64
    table : (OCTAVES CELLS + 1,) or (0,) float64
        Quantiles of the month's scale, of mean square 1; empty for a scale of 1.
    """

    mean: FloatArray
    factor: FloatArray
    start: FloatArray
    stationary: FloatArray
    transition: FloatArray
    table: FloatArray


def one_state(N: int, table: FloatArray) -> Mixture:
    """Return standard normal months, or scaled ones if `table` is not empty."""
    one = np.ones(1)
    mean, factor = np.zeros((1, N)), np.eye(N)[None]
    return Mixture(
        mean=mean, factor=factor, start=one, stationary=one, transition=np.ones((1, 1)), table=table
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Law:
    """Monthly log growth of D = N + J series, canonical rows, as the kernels take it.

    Given state s and scale w of a month it is means[s] + shift + w factors[s] u. `start` and `transition` hold
    cumulative probabilities; `doubt` and `freedom` are those of `_mixture_kernels.mixture_paths`, `place` (D,) is the
    column of each row among assets or indices.
    """

    means: FloatArray
    factors: FloatArray
    start: FloatArray
    transition: FloatArray
    table: FloatArray
    colour: FloatArray
    doubt: float
    freedom: float
    place: NDArray[np.int64]


def law_of(assumptions: Assumptions, mixture: Mixture, *, doubt: bool, covariance_doubt: bool) -> Law:
    """Return whitened assets x and indices z coloured: log growth m + F (x, z).

    F is the Cholesky factor of `Assumptions.monthly_log_moments`, so over the stationary law the covariance of
    a month is that of the assumptions, and the indices depend on the assets linearly. m makes every expected
    growth over the stationary law (1 + mean)^(1/12).

    With `doubt` every path draws its mean from N(m, F F'/n), n = 12 years; with `covariance_doubt` its
    covariance too: F F' becomes F W F', W inverse Wishart of k + D - 1 degrees of freedom with expectation I. So
    every single variance has the law chi^-2(k) that its own history gives it, whatever is drawn beside it; k is
    `covariance_freedom`.
    """
    N, J = len(assumptions.asset_ids), len(assumptions.index_ids)
    place, order = canonical_places(assumptions)
    _, colour = padded_factor(assumptions, order)
    K, D = mixture.start.size, N + J
    means, factors = np.zeros((K, D)), np.zeros((K, D, colour.shape[1]))
    for k in range(K):
        block = np.eye(D)
        block[:N, :N] = mixture.factor[k]
        means[k] = colour[:, :N] @ mixture.mean[k]
        factors[k, :, :D] = colour[:, :D] @ block
    means += centre(assumptions, order, means, factors, mixture)
    return Law(
        means=means,
        factors=factors,
        start=np.cumsum(mixture.start),
        transition=np.cumsum(mixture.transition, axis=1),
        table=mixture.table.copy(),  # a read-only array is another type to the compiler
        colour=colour,
        doubt=1.0 / np.sqrt(12.0 * assumptions.years) if doubt else 0.0,
        freedom=covariance_freedom(assumptions) + D - 1.0 if covariance_doubt else 0.0,
        place=place,
    )


def draw_law(law: Law, assets: int, request: Draw) -> tuple[FloatArray, FloatArray]:
    """Return the arrays of `simulate` for a law whose first `assets` rows are assets."""
    from ._mixture_kernels import mixture_paths

    growth = np.empty((request.paths, request.months * request.steps_per_month, assets))
    indices = np.empty((request.paths, request.months, law.place.size - assets))
    mixture_paths(
        *request.key,
        request.uses(*PURPOSES),
        request.first,
        law.means,
        law.factors,
        law.start,
        law.transition,
        law.table,
        law.colour,
        law.doubt,
        law.freedom,
        law.place,
        growth,
        indices,
    )
    return growth, indices


def canonical_places(assumptions: Assumptions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each canonical row its column among assets or indices, and among all series."""
    N, J = len(assumptions.asset_ids), len(assumptions.index_ids)
    place = np.concatenate([canonical(assumptions.asset_ids), canonical(assumptions.index_ids)])
    return place, place + np.repeat([0, N], [N, J])


def covariance_freedom(assumptions: Assumptions) -> float:
    """Return the degrees of freedom k behind each variance: a quarter of the months of its history, 30 at least.

    Fat tails and spells of turbulence leave that much: with 6.5 degrees of freedom months carry half of what normal
    months would say of a variance, and neighbouring months repeat each other. The quarter was chosen against the
    whole on origins before 2016, see docs/calibration.md. Below 30 the history is too short to say more than the
    shrinkage it was estimated with, which is a prior.
    """
    return max(COVARIANCE_SHARE * 12.0 * assumptions.years, LEAST_FREEDOM)


def doubts(*, means: bool, covariance: bool) -> str:
    """Return what a model's name says of its uncertain parameters, such as " with uncertain means"."""
    uncertain = ["means"] * means + ["covariance"] * covariance
    return f" with uncertain {' and '.join(uncertain)}" if uncertain else ""


def centre(
    assumptions: Assumptions,
    order: NDArray[np.int64],
    means: FloatArray,
    factors: FloatArray,
    mixture: Mixture,
) -> FloatArray:
    """Return constants (D,) that bring stationary expected growth to (1 + mean)^(1/12)."""
    wanted = np.log1p(np.append(assumptions.mean, assumptions.index_mean)[order]) / 12.0
    variance = np.sum(factors**2, axis=2)
    growth = mixture.stationary @ (np.exp(means) * mean_exponential(variance, mixture.table))
    constants: FloatArray = wanted - np.log(growth)
    return constants


def mean_exponential(variance: FloatArray, table: FloatArray) -> FloatArray:
    """Return E exp(w^2 variance / 2) over the law of the scale w that `table` describes."""
    if table.size == 0:
        return np.asarray(np.exp(0.5 * variance))
    nodes, weights = np.polynomial.legendre.leggauss(3)
    total = np.zeros_like(variance)
    for node, weight in zip(nodes, weights, strict=True):
        scale = table[:-1] + 0.5 * (1.0 + node) * np.diff(table)
        total += np.exp(0.5 * variance[..., None] * scale**2) @ (0.5 * weight * cell_probabilities())
    return total


def cell_probabilities() -> FloatArray:
    """Return the probability of each cell of a quantile table, see `_mixture_kernels`."""
    from ._mixture_kernels import CELLS, OCTAVES

    octave = 2.0 ** (np.arange(OCTAVES) - 33.0)
    cells = np.repeat(octave / CELLS, CELLS)
    cells[0] += 2.0**-33  # words start at 1/2: the least word stands for all below
    return cells


def table_probabilities() -> FloatArray:
    """Return u at each knot of a quantile table, (OCTAVES CELLS + 1,), from 2^-33 to 1."""
    from ._mixture_kernels import CELLS, OCTAVES

    knots = 2.0 ** (np.repeat(np.arange(OCTAVES), CELLS) - 33.0) * (
        1.0 + np.tile(np.arange(CELLS), OCTAVES) / CELLS
    )
    return np.append(knots, 1.0)
