"""Scenarios as the programmes read them: one checked matrix of rows, and what one pass over it tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...scenarios.errors import DataError
from . import _kernels
from ._types import FloatArray, frozen


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScenarioSet:
    """Simple returns per step on N assets.

    Attributes
    ----------
    returns : (S, N) or (P, T, N)
        As given: scenarios (or one time-ordered path), or P paths of T steps.
    probabilities : (S,) or (P,), or None for uniform
    matrix : (rows, N)
        The same returns, row after row, path after path.
    steps : int
        Rows of one path: S for a matrix, else T.
    shares : (rows,)
        Probability of each row; a path's is dealt evenly to its steps.
    mean : (N,)
        Mean return per step.
    largest, size : float
        Largest and mean absolute return: the units the programmes are solved in.
    """

    returns: FloatArray
    probabilities: FloatArray | None
    matrix: FloatArray
    steps: int
    shares: FloatArray
    mean: FloatArray
    largest: float
    size: float

    @property
    def paths(self) -> int:
        """Number of paths; 1 for a matrix."""
        return len(self.matrix) // self.steps

    @property
    def path_shares(self) -> FloatArray:
        """Probability of each path, (P,)."""
        return np.ones(1) if self.paths == 1 else self.shares[:: self.steps] * self.steps


def read_scenarios(
    returns: ArrayLike | ScenarioSet, probabilities: ArrayLike | None = None, name: str = "scenarios"
) -> ScenarioSet:
    """Check scenarios and their probabilities; no copy is made of float64 row-major returns.

    Parameters
    ----------
    returns
        (S, N) scenarios or one time-ordered path, or (P, T, N) paths: simple returns per step, finite.
    probabilities
        Of the S rows or P paths; uniform where left out.
    name
        What errors call them.

    Raises
    ------
    DataError
        A shape, a return or a probability that cannot be used: named, with what is allowed.
    """
    if isinstance(returns, ScenarioSet):
        if probabilities is None:
            return returns
        returns = returns.returns
    array = np.ascontiguousarray(returns, dtype=np.float64)
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise DataError(
            f"{name}: shape {array.shape}; give returns (scenarios, assets), time-ordered for drawdowns, "
            "or (paths, steps, assets)."
        )
    matrix = array.reshape(-1, array.shape[-1])
    given = None if probabilities is None else _probabilities(probabilities, len(array), name)
    steps = array.shape[-2]
    if given is None:
        shares = np.full(len(matrix), 1.0 / len(matrix))
    else:
        shares = np.repeat(given / steps, steps) if array.ndim == 3 else given
    mean, largest, total = np.zeros((3, matrix.shape[1]))
    _kernels.survey(matrix, shares, mean, largest, total)
    if not np.isfinite(total).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise DataError(
            f"{name}: the return at {place} is {array[place]}; every return is a finite decimal, "
            "so fill or drop what is missing first."
        )
    return ScenarioSet(
        returns=array,
        probabilities=given,
        matrix=matrix,
        steps=steps,
        shares=frozen(shares),
        mean=frozen(mean),
        largest=float(largest.max()),
        size=float(total.sum()) / matrix.size,
    )


def _probabilities(values: ArrayLike, count: int, name: str) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    if array.shape != (count,):
        raise DataError(f"{name}: probabilities of shape {array.shape}; give {count}, one a row or path.")
    if not np.isfinite(array).all() or (array < 0.0).any() or abs(array.sum() - 1.0) > 1e-9:
        raise DataError(
            f"{name}: probabilities sum to {array.sum():g}; give numbers of 0 or more that sum to 1."
        )
    return frozen(array / array.sum())
