"""How likely a step that breaks the limit ends in a deep fall: past 1.5 limits before the window is over.

A month can go far through the limit, and what is held after a breach can fall on. Neither depends on wealth, so one
chain in the drawdown, holding the calmest portfolio, gives the probability ``h_t(e)`` of ending past the depth from
drawdown e; a step of portfolio k from state q then has ``P(R < -(depth - q)) + sum_d w_d h_(t+1)(q - d)`` over the
drawdowns between limit and depth.
"""

import numpy as np
from numpy.typing import NDArray

from .menus import Menu
from .stencils import Stencils

FloatArray = NDArray[np.float64]

DEEP = 1.5  # limits


def deep_falls(
    menus: tuple[Menu, ...], stencils: tuple[Stencils, ...], law: NDArray[np.int64], reset: NDArray[np.bool_],
    step_years: float, spacing: float, rows: int, limit: float,
) -> FloatArray:  # fmt: skip
    """(T, K, rows) probability that the limit breaks in the step and the drawdown ends past 1.5 times `limit`."""
    steps, size = len(law), menus[0].size
    out = np.zeros((steps, size, rows))
    if DEEP * limit >= 1.0:
        return out
    depth = float(-np.log1p(-DEEP * limit))
    states = np.arange(int(np.ceil(depth / spacing)))
    laws = [_moves(m, s, states, step_years, spacing, depth) for m, s in zip(menus, stencils, strict=True)]
    later = np.zeros(len(states))
    for t in range(steps - 1, -1, -1):
        if reset[t + 1]:
            later = np.zeros(len(states))
        beyond, between = laws[law[t]]
        out[t] = beyond[:, :rows] + (between[:, :rows, rows:] @ later[rows:])
        later = beyond[0] + between[0] @ later
    return out


def _moves(
    menu: Menu, stencil: Stencils, states: NDArray[np.int64], step_years: float, spacing: float, depth: float
) -> tuple[FloatArray, FloatArray]:
    """(K, E) chance of falling past `depth` from each drawdown state, (K, E, E) weights among the states."""
    count = len(states)
    reached, _ = menu.passing(
        step_years, np.broadcast_to(states * spacing - depth, (menu.size, count)).astype(np.float64)
    )
    dense = np.zeros((menu.size, 2 * count - 1))
    for k in range(menu.size):
        offsets = stencil.first[k] + np.arange(stencil.count[k])
        weights, near = stencil.weights[k, : stencil.count[k]], np.abs(offsets) < count
        dense[k, offsets[near] + count - 1] = weights[near]
        dense[k, -1] += weights[offsets >= count].sum()
    between = dense[:, states[:, None] - states[None, :] + count - 1]
    between[:, :, 0] = dense[:, ::-1].cumsum(axis=1)[:, count - 1 - states]
    return 1.0 - reached, between
