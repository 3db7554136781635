"""The one-step laws of a problem as the kernels read them."""

import numpy as np
from numpy.typing import NDArray

from ._step_kernels import Moves
from .menus import Menu
from .stencils import Stencils, smoothing

FloatArray = NDArray[np.float64]


def make_moves(
    menus: tuple[Menu, ...], stencils: tuple[Stencils, ...], step_years: float, spacing: float
) -> Moves:
    """Stack the laws of all menus, in lattice steps."""
    moments = [menu.log_moments(step_years) for menu in menus]
    laws = [menu.sorted_law for menu in menus]
    weights = _stack([s.weights for s in stencils])
    onward = np.zeros((*weights.shape[:2], weights.shape[2] + 1))
    onward[:, :, :-1] = weights[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    level = np.stack([s.level for s in stencils])
    smooth_first, smooth_count, smooth_weights = smoothing(max(int(level.max()), 0))
    return Moves(
        mean=np.stack([m for m, _ in moments]) / spacing,
        deviation=np.stack([s for _, s in moments]) / spacing,
        first=np.stack([s.first for s in stencils]),
        count=np.stack([s.count for s in stencils]),
        weights=weights,
        onward=onward,
        level=level,
        wide_first=np.stack([s.wide_first for s in stencils]),
        wide_count=np.stack([s.wide_count for s in stencils]),
        wide_weights=_stack([s.wide_weights for s in stencils]),
        smooth_first=smooth_first,
        smooth_count=smooth_count,
        smooth_weights=smooth_weights,
        returns=np.stack([r for r, _ in laws]) / spacing,
        cumulative=np.stack([c for _, c in laws]),
    )


def padding(moves: Moves) -> int:
    """Cells that value arrays need beyond each end of the lattice."""
    far = max(int(np.abs(moves.first).max()), int((moves.first + moves.count).max()))
    span = (moves.wide_count - 1) << np.maximum(moves.level, 0)
    wide = max(int(np.abs(moves.wide_first).max()), int((moves.wide_first + span).max()))
    return max(far, wide - int(moves.smooth_first.sum())) + 8


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


def _stack(weights: list[FloatArray]) -> FloatArray:
    widest = max(w.shape[1] for w in weights)
    return np.stack([np.pad(w, ((0, 0), (0, widest - w.shape[1]))) for w in weights])
