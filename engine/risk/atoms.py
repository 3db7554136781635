"""The convex pieces that risk measures are made of: losses of rows, drawdowns of steps, drawdowns of paths.

An *atom* is one convex function of the weights. `Atoms.values` evaluates all of them at a point and
`Atoms.gather` sums their gradients there. What a measure does with them (a mean of the worst, the worst) is
in ``cuts.py``.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from . import _kernels
from ._types import FloatArray, IntArray
from .scenario_set import ScenarioSet

RUIN = 1e-6  # a step that leaves less of the value than this is outside the domain of a log drawdown


class Atoms(Protocol):
    """Convex functions of the weights, evaluated together; remembers the last point it was asked about."""

    shares: FloatArray
    """Probability of each atom, (n,)."""
    scale: float
    """Typical size of an atom, in the units of the scenarios."""
    floor: float
    """No atom is below this."""
    ceiling: float
    """No atom that matters is above this."""
    in_turn: bool
    """Whether neighbours are best dealt to different groups; drawdowns of neighbours share their gradients."""

    def values(self, weights: FloatArray) -> FloatArray:
        """Value of each atom, (n,)."""

    def gather(self, chosen: FloatArray, group: IntArray, groups: int) -> FloatArray:
        """Gradients at the last point, weighted by `chosen` (n,), summed by group: (groups, N)."""

    def ruined(self) -> FloatArray | None:
        """Give the returns (k, N) of the steps outside the domain at the last point, None if none is."""


class Losses:
    """Loss ``-r'w`` of each row."""

    in_turn = True

    def __init__(self, scenarios: ScenarioSet, reach: float) -> None:
        self.shares = scenarios.shares
        self.scale = scenarios.size or 1.0
        self.ceiling = scenarios.largest * reach
        self.floor = -self.ceiling
        self._matrix = scenarios.matrix
        self._values = np.empty(len(self._matrix))

    def values(self, weights: FloatArray) -> FloatArray:
        """Value of each atom, (n,)."""
        _kernels.portfolio(self._matrix, -weights, self._values)
        return self._values

    def gather(self, chosen: FloatArray, group: IntArray, groups: int) -> FloatArray:
        """Gradients at the last point, weighted, summed by group."""
        out = np.zeros((groups, self._matrix.shape[1]))
        _kernels.gather_losses(self._matrix, chosen, group, out)
        return out

    def ruined(self) -> FloatArray | None:
        """Return None: a loss has no domain."""
        return None


class Steps:
    """Drawdown of each step from the running peak of its path; see ``measures.py`` for the definition."""

    in_turn = False
    floor = 0.0
    ceiling = 1e4

    def __init__(self, scenarios: ScenarioSet, *, compounded: bool) -> None:
        self.shares = scenarios.shares
        self.scale = scenarios.size * float(np.sqrt(scenarios.steps)) or 1.0
        self._matrix, self._steps, self._compounded = scenarios.matrix, scenarios.steps, compounded
        self._returns = np.empty(len(self._matrix))
        self._depth = np.empty(len(self._matrix))
        self._slope = np.ones(len(self._matrix))
        self._inside = True

    def values(self, weights: FloatArray) -> FloatArray:
        """Value of each atom, (n,); inf for all of them outside the domain."""
        _kernels.portfolio(self._matrix, weights, self._returns)
        growth = self._returns
        if self._compounded:
            left = growth + 1.0
            self._inside = bool(left.min() > RUIN)
            if not self._inside:
                self._depth[:] = np.inf
                return self._depth
            np.divide(1.0, left, out=self._slope)
            growth = np.log(left)
        _kernels.drawdowns(growth, self._steps, self._depth)
        return self._depth

    def gather(self, chosen: FloatArray, group: IntArray, groups: int) -> FloatArray:
        """Gradients at the last point, weighted, summed by group."""
        out = np.zeros((groups, self._matrix.shape[1]))
        _kernels.gather_steps(self._matrix, self._slope, self._depth, self._steps, chosen, group, out)
        return out

    def ruined(self) -> FloatArray | None:
        """Give the returns (k, N) of the steps outside the domain at the last point."""
        return None if self._inside else self._matrix[self._returns + 1.0 <= RUIN]


class Paths(Steps):
    """Maximum drawdown of each path."""

    def __init__(self, scenarios: ScenarioSet, *, compounded: bool) -> None:
        super().__init__(scenarios, compounded=compounded)
        self.shares = scenarios.path_shares
        self._values = np.empty(scenarios.paths)
        self._first, self._last = np.empty((2, scenarios.paths), dtype=np.int64)

    def values(self, weights: FloatArray) -> FloatArray:
        """Value of each atom, (n,); inf for all of them outside the domain."""
        depth = super().values(weights)
        if not self._inside:
            self._values[:] = np.inf
            return self._values
        _kernels.stretches(depth, self._steps, self._values, self._first, self._last)
        return self._values

    def gather(self, chosen: FloatArray, group: IntArray, groups: int) -> FloatArray:
        """Gradients at the last point, weighted, summed by group."""
        out = np.zeros((groups, self._matrix.shape[1]))
        stretch = (self._first, self._last)
        _kernels.gather_stretches(self._matrix, self._slope, *stretch, chosen, group, out)
        return out
