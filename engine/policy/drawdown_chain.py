"""Drawdown of a policy that does not look at wealth: one Markov chain in the distance from the peak.

A mix held by date alone breaks its limit whatever the wealth, so its breach probability needs no wealth
lattice: ``p_w = 1 - e' A_(k_1) ... A_(k_n) 1`` over the steps of window w, ``A_k`` being the step of
portfolio k among the states that keep the limit.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .menus import Menu
from .moves import edge_tables
from .task import PolicyTask

FloatArray = NDArray[np.float64]

_ROWS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawdownChain:
    """Steps (G, K, Q, Q) of every portfolio under every law, and the windows of the task.

    ``start`` (Q,) is the state now; ``windows`` are the (first, past-last) steps between resets.
    """

    steps: FloatArray
    law: NDArray[np.int64]
    start: FloatArray
    windows: tuple[tuple[int, int], ...]

    def breach(self, path: NDArray[np.int64]) -> FloatArray:
        """(windows,) probability of breaking the limit along `path` (T,)."""
        out = np.empty(len(self.windows))
        for w, (first, last) in enumerate(self.windows):
            kept = np.ones(self.steps.shape[-1])
            for t in range(last - 1, first - 1, -1):
                kept = self.steps[self.law[t], path[t]] @ kept
            out[w] = 1.0 - self._entry(w) @ kept
        return out

    def changes(self, path: NDArray[np.int64]) -> FloatArray:
        """(T, K) by how much the breach of its window grows when one step alone holds another portfolio."""
        out = np.empty((len(path), self.steps.shape[1]))
        for w, (first, last) in enumerate(self.windows):
            reached = [self._entry(w)]
            for t in range(first, last - 1):
                reached.append(reached[-1] @ self.steps[self.law[t], path[t]])
            kept = np.ones(self.steps.shape[-1])
            for t in range(last - 1, first - 1, -1):
                onward = self.steps[self.law[t]] @ kept
                surviving = onward @ reached[t - first]
                out[t] = surviving[path[t]] - surviving
                kept = onward[path[t]]
        return out

    def _entry(self, window: int) -> FloatArray:
        if window == 0:
            return self.start
        fresh = np.zeros_like(self.start)
        fresh[0] = 1.0
        return fresh


def drawdown_chain(task: PolicyTask) -> DrawdownChain:
    """Chain of `task`, whose drawdown limit lies half a step beyond the last state."""
    assert task.drawdown_limit is not None
    depth = -np.log1p(-task.drawdown_limit)
    spacing = float(depth / (_ROWS - 0.5))
    starts = [0, *(int(t) for t in np.flatnonzero(task.resets)), task.steps]
    start = np.zeros(_ROWS)
    now = -np.log1p(-task.drawdown) / spacing
    low = min(int(now), _ROWS - 2)
    start[low], start[low + 1] = 1.0 - (now - low), now - low
    return DrawdownChain(
        steps=np.stack([_steps(menu, task.step_years, spacing) for menu in task.menus]),
        law=task.law,
        start=start,
        windows=tuple(pairwise(starts)),
    )


def _steps(menu: Menu, step_years: float, spacing: float) -> FloatArray:
    """(K, Q, Q) one step of every portfolio among the states that keep the limit, edges corrected."""
    stencils = menu.stencils(step_years, spacing)
    states = np.arange(_ROWS)
    dense = np.zeros((menu.size, 2 * _ROWS - 1))
    beyond = np.zeros(menu.size)
    for k in range(menu.size):
        offsets = stencils.first[k] + np.arange(stencils.count[k])
        weights = stencils.weights[k, : stencils.count[k]]
        near = np.abs(offsets) < _ROWS
        dense[k, offsets[near] + _ROWS - 1] = weights[near]
        beyond[k] = weights[offsets >= _ROWS].sum()
    out = dense[:, states[:, None] - states[None, :] + _ROWS - 1]
    out[:, :, 0] = dense[:, ::-1].cumsum(axis=1)[:, _ROWS - 1 - states] + beyond[:, None]
    jump, bend, peak = np.moveaxis(edge_tables(menu, stencils, step_years, spacing, _ROWS), 2, 0)
    out[:, :, -1] += 1.5 * jump - bend
    out[:, :, -2] += -0.5 * jump + bend
    out[:, :, :3] += peak[:, :, None] * np.array([-1.5, 2.0, -0.5])
    return out
