"""The master problem: a small linear or quadratic model of the programme, and the bound its prices prove.

Variables, all scaled to be of the order of one: the weights; purchases and sales where trading matters; the
auxiliary variables of each oracle; one excess for each limit, by which the model may break the limit at a
price, so that it always has a point. Rows: the polyhedron, the target, one row for each limit, and the cuts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._types import BoolArray, FloatArray, IntArray
from .cuts import Cuts

MARGIN = 1e-9  # excess over a limit, in scaled units, that counts as none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cone:
    """Norm ``|factor (w - centre)|``: squared as an objective, or at most `radius` + variable `excess`.

    The solvers keep `MARGIN` inside the radius.
    """

    factor: FloatArray
    centre: FloatArray
    radius: float = math.inf
    excess: int = -1

    def norm(self, weights: FloatArray) -> float:
        """Value of ``|factor (w - centre)|``."""
        return float(np.sqrt(np.square(self._image(weights)).sum()))

    def gradient(self, weights: FloatArray) -> FloatArray:
        """Gradient of the squared norm."""
        return 2.0 * np.asarray(np.einsum("kn,k->n", self.factor, self._image(weights)))

    def _image(self, weights: FloatArray) -> FloatArray:
        return np.asarray(np.einsum("kn,n->k", self.factor, weights - self.centre))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """Answer of a master solver: the variables, and the prices d objective / d bound of rows, cuts and cones.

    `status` is "optimal", "infeasible", "unbounded" or the solver's own word for a failure; without "optimal"
    the arrays are empty. `tight` tells the cuts that hold the point where it is.
    """

    status: str
    variables: FloatArray
    rows: FloatArray
    cuts: FloatArray
    tight: BoolArray
    cones: tuple[FloatArray, ...] = ()


@dataclass(slots=True, kw_only=True, eq=False)
class Master:
    """Columns, rows and cuts of the model; the cut pool grows and is purged, row bounds may be moved.

    Attributes
    ----------
    count : int
        Number of weights; they are the first variables.
    cost, lower, upper : (n,)
        Of the variables. An excess has cost 0 and bounds 0 here: the true problem has none.
    column, row, entry : (m,)
        Entries of the rows.
    row_lower, row_upper, margin : (r,)
        The solvers keep `margin` inside the upper bounds, so that what they let pass is still no excess.
    excess : (l,)
        Variables by which limits may be exceeded.
    objective : Cone, optional
        Squared norm that is added to the objective.
    cones : tuple of Cone
        Limits on norms.
    """

    count: int
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    column: IntArray
    row: IntArray
    entry: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    margin: FloatArray
    excess: IntArray
    objective: Cone | None = None
    cones: tuple[Cone, ...] = ()
    slope: FloatArray
    mass: FloatArray
    level: IntArray
    theta: IntArray
    constant: FloatArray
    idle: IntArray

    def add(self, cuts: Cuts, offset: int) -> None:
        """Append the cuts of the oracle whose variables start at `offset`."""
        self.slope = np.concatenate([self.slope, cuts.slope])
        self.mass = np.concatenate([self.mass, cuts.mass])
        self.level = np.concatenate([self.level, np.full(len(cuts.mass), offset)])
        self.theta = np.concatenate([self.theta, np.where(cuts.theta < 0, -1, cuts.theta + offset)])
        self.constant = np.concatenate([self.constant, cuts.constant])
        self.idle = np.concatenate([self.idle, np.zeros(len(cuts.mass), dtype=np.int64)])

    def keep(self, rows: BoolArray) -> None:
        """Drop the other cuts."""
        self.slope, self.mass, self.level = self.slope[rows], self.mass[rows], self.level[rows]
        self.theta, self.constant, self.idle = self.theta[rows], self.constant[rows], self.idle[rows]

    def cut_entries(self, first: int) -> tuple[FloatArray, IntArray]:
        """Entries and columns (k, N + 2) of the cuts from `first` on; the constant is their lower end."""
        size = len(self.mass) - first
        entries = np.empty((size, self.count + 2))
        columns = np.empty((size, self.count + 2), dtype=np.int64)
        np.negative(self.slope[first:], out=entries[:, :-2])
        entries[:, -2], entries[:, -1] = self.mass[first:], self.theta[first:] >= 0
        columns[:, :-2] = np.arange(self.count)
        columns[:, -2], columns[:, -1] = self.level[first:], np.maximum(self.theta[first:], 0)
        return entries, columns

    def bound(self, point: Point) -> tuple[float, FloatArray]:
        """Lower bound on the true problem that the prices of `point` prove, whatever box it was found in.

        For any prices with the right signs, the Lagrangian minimised over the bounds of the variables is a
        lower bound (weak duality; Neumaier and Shcherbina, Math. Program. 2004). A convex quadratic enters by
        its linearisation at the point, a cone by the half-space that its price points to. The reduced costs
        of the variables come along.
        """
        reduced, constant = self._lagrangian(point)
        return constant + _supported(reduced, self.lower, self.upper), reduced

    def _lagrangian(self, point: Point) -> tuple[FloatArray, float]:
        reduced, constant = self.cost.copy(), 0.0
        weights = point.variables[: self.count]
        if self.objective is not None:
            gradient = self.objective.gradient(weights)
            constant += self.objective.norm(weights) ** 2 - float((gradient * weights).sum())
            reduced[: self.count] += gradient
        prices = _signed(point.rows, self.row_lower, self.row_upper)
        reduced -= np.bincount(self.column, self.entry * prices[self.row], minlength=len(reduced))
        constant += _supported(prices, self.row_lower, self.row_upper)
        rising = np.maximum(point.cuts, 0.0)
        priced = np.flatnonzero(rising)
        rising, theta = rising[priced], self.theta[priced]
        reduced[: self.count] += np.einsum("kn,k->n", self.slope[priced], rising)
        reduced -= np.bincount(self.level[priced], self.mass[priced] * rising, minlength=len(reduced))
        reduced -= np.bincount(np.maximum(theta, 0), rising * (theta >= 0), minlength=len(reduced))
        constant += float((rising * self.constant[priced]).sum())
        for cone, price in zip(self.cones, point.cones, strict=True):
            size = float(np.sqrt(np.square(price).sum()))
            pull = np.asarray(np.einsum("kn,k->n", cone.factor, price))
            reduced[: self.count] += pull
            constant -= size * cone.radius + float((pull * cone.centre).sum())
        return reduced, constant


def _signed(prices: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Prices without those that point at a bound that is not there."""
    wrong = ((prices > 0.0) & np.isinf(lower)) | ((prices < 0.0) & np.isinf(upper))
    return np.where(wrong, 0.0, prices)


def _supported(prices: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    """Least value of ``prices'x`` over the box (a price of 0 on an open side counts 0)."""
    at = np.where(prices > 0.0, lower, np.where(prices < 0.0, upper, 0.0))
    return float((prices * at).sum())


def empty_pool(count: int) -> dict[str, Any]:
    """Fields of a `Master` of `count` weights without cuts."""
    whole = {name: np.empty(0, dtype=np.int64) for name in ("level", "theta", "idle")}
    return {"slope": np.empty((0, count)), "mass": np.empty(0), "constant": np.empty(0), **whole}
