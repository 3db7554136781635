"""The master problem by a dual simplex method made for it: few columns, dense cuts, boxed variables.

Every variable is boxed, so any working set can be made dual feasible by choosing which bound a variable
stands at, and added cuts, moved bounds and a moved box leave it so: each solve goes on from the last vertex.
"""

from __future__ import annotations

import numpy as np

from .._types import FloatArray, IntArray
from ..master import Master, Point
from . import _kernels
from ._kernels import Programme, Vertex

NAME = "dual simplex"
_TOLERANCE = 1e-11
_DRIFT = 1e-10  # error of the point, in scaled units, at which the inverse is made anew
_WRONG = 1e-9  # price with the wrong sign that is more than rounding
_ROUNDS = 8
_ROOM = 256
_NONE = np.empty(0)
_WORDS = {_kernels.INFEASIBLE: "infeasible", _kernels.FAILED: "too many pivots"}


class SimplexSolver:
    """Follows a master problem with a working set of its own."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._size = len(master.cost)
        self._rows = np.zeros((len(master.row_lower), self._size))
        self._rows[master.row, master.column] = master.entry
        self._first = self._size + len(self._rows)  # number of the first cut
        self._cuts = 0
        self._slopes = np.empty((master.count, _ROOM))
        self._work, self._inverse = np.arange(self._size), np.eye(self._size)

    def sync(self) -> None:
        """Take over the cuts that the master got since."""
        slope, count = self._master.slope, self._cuts
        if len(slope) > self._slopes.shape[1]:
            wider = np.empty((slope.shape[1], 2 * len(slope)))
            wider[:, :count] = self._slopes[:, :count]
            self._slopes = wider
        self._slopes[:, count : len(slope)] = -slope[count:].T
        self._cuts = len(slope)

    def drop(self, cuts: IntArray) -> None:
        """Forget cuts, none of them tight, that the master is about to drop."""
        kept = np.ones(self._cuts, dtype=bool)
        kept[cuts] = False
        number = np.append(np.arange(self._first), self._first + np.cumsum(kept) - 1)
        self._work = number[self._work]
        left = self._cuts - len(cuts)
        self._slopes[:, :left] = self._slopes[:, : self._cuts][:, kept]
        self._cuts = left

    def move(self, row: int) -> None:
        """Bounds of rows are read anew at each solve."""

    def solve(self, cost: FloatArray, lower: FloatArray, upper: FloatArray) -> Point:
        """Solve under these costs and bounds of the variables."""
        master = self._master
        lp = Programme(
            lower=lower,
            upper=upper,
            rows=self._rows,
            row_lower=master.row_lower,
            row_upper=master.row_upper - master.margin,
            slopes=self._slopes,
            mass=master.mass,
            level=master.level,
            theta=master.theta,
            constant=master.constant,
        )
        low = np.concatenate([lower, master.row_lower, master.constant])
        high = np.concatenate([upper, lp.row_upper, np.full(self._cuts, np.inf)])
        at = self._vertex(len(low))
        if not self._stand(lp, at, cost, low, high):
            self._work[:], self._inverse[:] = np.arange(self._size), np.eye(self._size)
            at = self._vertex(len(low))
            self._stand(lp, at, cost, low, high)
        for _ in range(_ROUNDS):
            outcome, done = _kernels.pivots(lp, at, _TOLERANCE, 20 * self._size + 1000)
            if outcome != _kernels.OPTIMAL or not done:
                break
            self._stand(lp, at, cost, low, high)
        if outcome != _kernels.OPTIMAL:
            return Point(status=_WORDS[outcome], variables=_NONE, rows=_NONE, cuts=_NONE, tight=_NONE > 0.0)
        prices = np.zeros(len(low))
        prices[at.work] = at.price
        return Point(
            status="optimal",
            variables=at.x,
            rows=prices[self._size : self._first],
            cuts=prices[self._first :],
            tight=at.place[self._first :] >= 0,
        )

    def _vertex(self, count: int) -> Vertex:
        size = self._size
        place = np.full(count, -1)
        place[self._work] = np.arange(size)
        return Vertex(
            work=self._work,
            side=np.zeros(size, dtype=np.int64),
            price=np.zeros(size),
            inverse=self._inverse,
            place=place,
            x=np.zeros(size),
            activity=np.zeros(count - size),
            weight=np.ones(count),
            coefficient=np.zeros(size),
            column=np.zeros(count),
            order=np.zeros(size, dtype=np.int64),
        )

    def _stand(self, lp: Programme, at: Vertex, cost: FloatArray, low: FloatArray, high: FloatArray) -> bool:
        """Recompute prices, sides and the point from the working set; False if a price faces no bound.

        They are refined, and so as good as the data however the inverse has drifted; where it has drifted far
        it is made anew.
        """
        missed, wrong = _kernels.stand(lp, at, cost, low, high)
        if missed > _DRIFT and self._invert(lp):
            missed, wrong = _kernels.stand(lp, at, cost, low, high)
        return bool(wrong <= _WRONG)

    def _invert(self, lp: Programme) -> bool:
        """Make the inverse of the working set anew."""
        size, work = self._size, self._work
        matrix, inverse = np.zeros((size, size)), np.eye(size)
        bounds, rows, cuts = work < size, (work >= size) & (work < self._first), work >= self._first
        matrix[bounds, work[bounds]] = 1.0
        matrix[rows] = lp.rows[work[rows] - size]
        held, place = work[cuts] - self._first, np.flatnonzero(cuts)
        matrix[place, : len(lp.slopes)] = lp.slopes[:, held].T
        matrix[place, lp.level[held]] += lp.mass[held]
        matrix[place, np.maximum(lp.theta[held], 0)] += lp.theta[held] >= 0
        still = np.isin(np.arange(size), work[bounds])
        order = np.concatenate([np.flatnonzero(still), np.flatnonzero(~still)[::-1]])
        taken = np.empty(size, dtype=np.int64)
        if not _kernels.invert(matrix, inverse, order, taken):
            return False
        self._inverse[taken] = inverse
        return True
