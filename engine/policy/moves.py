"""The one-step laws of a problem as the kernels read them."""

from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ._step_kernels import Moves
from .menus import Menu
from .stencils import Stencils, smoothing

FloatArray = NDArray[np.float64]
Array = TypeVar("Array", NDArray[np.float64], NDArray[np.int64])

_KEPT = 64


@lru_cache(maxsize=_KEPT)
def laws(menus: tuple[Menu, ...], step_years: float, spacing: float) -> tuple[tuple[Stencils, ...], Moves]:
    """Stencils of each menu, and the laws of all stacked, in lattice steps.

    Kept: plans of one menu that differ in money alone share the spacing of their lattice.
    """
    stencils = tuple(menu.stencils(step_years, spacing) for menu in menus)
    moments = [menu.log_moments(step_years) for menu in menus]
    weights = _stack([s.weights for s in stencils])
    onward = np.zeros((*weights.shape[:2], weights.shape[2] + 1))
    np.cumsum(weights[:, :, ::-1], axis=2, out=onward[:, :, -2::-1])
    level = _stack([s.level for s in stencils])
    smooth_first, smooth_count, smooth_weights = smoothing(max(int(level.max()), 0))
    moves = Moves(
        mean=_stack([mean for mean, _ in moments]) / spacing,
        deviation=_stack([sd for _, sd in moments]) / spacing,
        first=_stack([s.first for s in stencils]),
        count=_stack([s.count for s in stencils]),
        weights=weights,
        onward=onward,
        level=level,
        wide_first=_stack([s.wide_first for s in stencils]),
        wide_count=_stack([s.wide_count for s in stencils]),
        wide_weights=_stack([s.wide_weights for s in stencils]),
        smooth_first=smooth_first,
        smooth_count=smooth_count,
        smooth_weights=smooth_weights,
        returns=_stack([menu.sorted_law[0] for menu in menus]) / spacing,
        cumulative=_stack([menu.sorted_law[1] for menu in menus]).copy(),
    )
    return stencils, moves


def padding(moves: Moves) -> int:
    """Cells that value arrays need beyond each end of the lattice."""
    down, up = int(moves.first.min()), int((moves.first + moves.count).max())
    if len(moves.smooth_first) > 1:
        span = (moves.wide_count - 1) << np.maximum(moves.level, 0)
        smoothed = int(moves.smooth_first.sum())
        down = min(down, int(moves.wide_first.min()) + smoothed)
        up = max(up, int((moves.wide_first + span).max()) - smoothed)
    return max(-down, up) + 8


def edge_tables(menu: Menu, stencil: Stencils, step_years: float, spacing: float, rows: int) -> FloatArray:
    """(K, Q, 3) what the stencil misses of a unit jump and kink at the limit, and of a unit kink at the peak.

    From drawdown state q the limit lies ``rows - 1/2 - q`` steps down and the old peak q steps up.
    """
    states = np.arange(rows)
    out = np.zeros((menu.size, rows, 3))
    offsets = stencil.first[:, None] + np.arange(stencil.weights.shape[1])
    for edge, column in ((states - rows + 0.5, 0), (states.astype(np.float64), 2)):
        chance, excess = menu.passing(step_years, np.broadcast_to(edge * spacing, (menu.size, rows)))
        above = offsets[:, None, :] - edge[None, :, None]
        kink = excess / spacing - np.einsum("kl,kql->kq", stencil.weights, np.maximum(above, 0.0))
        if column == 0:
            out[:, :, 0] = chance - np.einsum("kl,kql->kq", stencil.weights, (above > 0.0).astype(np.float64))
            out[:, :, 1] = kink
        else:
            out[:, :, 2] = kink
    return out


def _stack(arrays: list[Array]) -> Array:
    """Stack along a new first axis; rows of different length are filled up with zeros."""
    if len(arrays) == 1:
        return arrays[0][None]
    widest = max(a.shape[-1] for a in arrays)
    return np.stack([np.pad(a, [(0, 0)] * (a.ndim - 1) + [(0, widest - a.shape[-1])]) for a in arrays])
