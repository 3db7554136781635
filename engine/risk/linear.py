"""The master problem in HiGHS: dual simplex from the last basis after cuts, bounds or prices have changed."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from ._types import FloatArray, IntArray
from .highs import QuietHighs
from .master import Master, Point

NAME = "HiGHS"
_OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "solver": "simplex",
    "presolve": "off",
    "parallel": "off",
    # The master is scaled already, and to perturb a warm basis costs more pivots than it saves.
    "simplex_scale_strategy": 0,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
    "primal_feasibility_tolerance": 1e-10,
    "dual_feasibility_tolerance": 1e-10,
    "small_matrix_value": 1e-12,
}
_STATUS = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
}
_NONE = np.empty(0)


class LinearSolver:
    """One HiGHS instance that follows a master problem."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._highs: Any = QuietHighs()  # type: ignore[no-untyped-call]
        for name, value in _OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._all = np.arange(len(master.cost), dtype=np.int32)
        starts = np.zeros(len(self._all), dtype=np.int32)
        none = (0, starts, np.empty(0, dtype=np.int32), _NONE)
        self._highs.addCols(len(self._all), master.cost, master.lower, master.upper, *none)
        sizes = np.bincount(master.row, minlength=len(master.row_lower))
        self._rows = len(sizes)
        self._add(master.row_lower, master.row_upper - master.margin, sizes, master.column, master.entry)
        self._loaded = 0

    def sync(self) -> None:
        """Load the cuts that the master got since."""
        first = self._loaded
        entries, columns = self._master.cut_entries(first)
        self._loaded += len(entries)
        held = entries != 0.0
        lower = self._master.constant[first:]
        self._add(lower, np.full(len(lower), np.inf), held.sum(axis=1), columns[held], entries[held])

    def drop(self, cuts: IntArray) -> None:
        """Delete the cuts that the master dropped."""
        self._highs.deleteRows(len(cuts), (cuts + self._rows).astype(np.int32))
        self._loaded -= len(cuts)

    def move(self, row: int) -> None:
        """Take over the bounds of a row."""
        upper = self._master.row_upper[row] - self._master.margin[row]
        self._highs.changeRowBounds(row, self._master.row_lower[row], upper)

    def solve(self, cost: FloatArray, lower: FloatArray, upper: FloatArray) -> Point:
        """Solve under these costs and bounds of the variables."""
        self._highs.changeColsCost(len(cost), self._all, cost)
        self._highs.changeColsBounds(len(cost), self._all, lower, upper)
        self._highs.run()
        found = self._highs.getModelStatus()
        status = _STATUS.get(found, self._highs.modelStatusToString(found))
        if status != "optimal":
            return Point(status=status, variables=_NONE, rows=_NONE, cuts=_NONE, tight=_NONE > 0.0)
        solution = self._highs.getSolution()
        prices = np.array(solution.row_dual)
        return Point(
            status=status,
            variables=np.array(solution.col_value),
            rows=prices[: self._rows],
            cuts=prices[self._rows :],
            tight=prices[self._rows :] > 0.0,
        )

    def _add(
        self, lower: FloatArray, upper: FloatArray, sizes: IntArray, columns: IntArray, entries: FloatArray
    ) -> None:
        starts = (np.cumsum(sizes) - sizes).astype(np.int32)
        held = (len(entries), starts, columns.astype(np.int32), entries)
        self._highs.addRows(len(lower), lower, upper, *held)
