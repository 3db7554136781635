"""Laws of one step as lattice stencils.

A stencil gives, for a lattice of spacing ``h``, weights ``w_d`` with ``E[V(x + R)] = sum_d w_d V(x + d h)``.
Two rules are used. Where the standard deviation ``s`` is at least ``0.9 h`` the trapezoid rule on the
density: its aliasing error is ``exp(-2 pi^2 (s/h)^2)``, below 1e-6. Narrower laws integrate the six-point
interpolant of V, which is exact for quintics and needs no width at all.

A wide law costs many weights. Where ``s >= 1.63 2^j h`` it is split into a normal law of standard deviation
``1.15 2^j h``, by which V is smoothed once for all portfolios, and the rest, whose trapezoid rule then needs
only every 2^j-th node: both factors damp what the wider spacing would alias, to ``exp(-pi^2 1.15^2)`` of the
share of V that varies at that spacing.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TRAPEZOID_WIDTH = 0.9
_TAIL = 5.5
_SMOOTH = 1.15
_DEEPEST = 10
_HERMITE_NODES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Stencils:
    """Lattice weights of every portfolio for one step, in lattice steps.

    Attributes
    ----------
    first, count, weights
        (K,), (K,), (K, L): ``weights[k, l]`` belongs to the offset ``first[k] + l`` for ``l < count[k]``; the
        rest is zero.
    level, wide_first, wide_count, wide_weights
        (K,), (K,), (K,), (K, M): weights at the offsets ``wide_first[k] + l 2^level[k]`` of the value
        smoothed to ``level[k]``; used where that is above 0. Level -1 marks a narrow law.

    """

    first: IntArray
    count: IntArray
    weights: FloatArray
    level: IntArray
    wide_first: IntArray
    wide_count: IntArray
    wide_weights: FloatArray


def normal_stencils(mean: FloatArray, sd: FloatArray) -> Stencils:
    """Stencils of normal laws, (K,) means and standard deviations."""
    narrow = sd < TRAPEZOID_WIDTH
    width = np.where(narrow, 1.0, sd)
    first, count, weights = _normal_weights(mean, width, np.ones(len(mean), dtype=np.int64))
    if narrow.any():
        first, count, weights = _replace_narrow(mean, sd, narrow, first, count, weights)
    level = np.clip(np.log2(width / (np.sqrt(2.0) * _SMOOTH)), 0.0, _DEEPEST).astype(np.int64)
    level[narrow] = -1
    if level.max() <= 0:
        return Stencils(
            first=first, count=count, weights=weights, level=level, wide_first=first, wide_count=count,
            wide_weights=np.zeros((len(mean), 0)),
        )  # fmt: skip
    stride = 1 << np.maximum(level, 0)
    rest = np.sqrt(width**2 - np.where(level > 0, _SMOOTH * stride, 0.0) ** 2)
    wide_first, wide_count, wide_weights = _normal_weights(mean, rest, stride)
    return Stencils(
        first=first, count=count, weights=weights, level=level, wide_first=wide_first, wide_count=wide_count,
        wide_weights=wide_weights,
    )  # fmt: skip


def empirical_stencils(returns: FloatArray, probabilities: FloatArray) -> Stencils:
    """Stencils of discrete laws: (K, S) log returns with (S,) probabilities."""
    first, count, weights = _pack([_cardinal_stencil(row, probabilities) for row in returns])
    return Stencils(
        first=first, count=count, weights=weights, level=np.full_like(first, -1), wide_first=first, wide_count=count,
        wide_weights=np.zeros((len(returns), 0)),
    )  # fmt: skip


@lru_cache(maxsize=32)
def smoothing(depth: int) -> tuple[IntArray, IntArray, FloatArray]:
    """First offset, count and weights of the smoothing from level j - 1 to level j, j = 0..depth."""
    first, count = np.zeros(depth + 1, dtype=np.int64), np.zeros(depth + 1, dtype=np.int64)
    rows = []
    for j in range(1, depth + 1):
        sd = _SMOOTH * (2.0 if j == 1 else np.sqrt(3.0))
        half = int(np.ceil(_TAIL * sd))
        row = np.exp(-0.5 * (np.arange(-half, half + 1) / sd) ** 2)
        rows.append(row / row.sum())
        first[j], count[j] = -half << (j - 1), 2 * half + 1
    weights = np.zeros((depth + 1, int(count.max(initial=1))))
    for j, row in enumerate(rows, start=1):
        weights[j, : len(row)] = row
    return first, count, weights


def _normal_weights(
    mean: FloatArray, sd: FloatArray, stride: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Trapezoid weights of normal laws at every `stride`-th offset."""
    first = np.floor(mean - _TAIL * sd).astype(np.int64)
    count = np.ceil((mean + _TAIL * sd - first) / stride).astype(np.int64) + 1
    index = np.arange(count.max())
    offset = first[:, None] + index * stride[:, None]
    weights = np.exp(-0.5 * ((offset - mean[:, None]) / sd[:, None]) ** 2)
    weights[index >= count[:, None]] = 0.0
    weights /= weights.sum(axis=1)[:, None]
    return first, count, weights


def _replace_narrow(
    mean: FloatArray, sd: FloatArray, narrow: NDArray[np.bool_], first: IntArray, count: IntArray,
    weights: FloatArray,
) -> tuple[IntArray, IntArray, FloatArray]:  # fmt: skip
    nodes, shares = _hermite()
    rows = []
    for k in range(len(mean)):
        if not narrow[k]:
            rows.append((int(first[k]), weights[k, : count[k]]))
        elif sd[k] == 0.0:
            rows.append(_cardinal_stencil(mean[k : k + 1], np.ones(1)))
        else:
            rows.append(_cardinal_stencil(mean[k] + sd[k] * nodes, shares))
    return _pack(rows)


@cache
def _hermite() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(_HERMITE_NODES)
    return nodes, weights / weights.sum()


def _cardinal_stencil(points: FloatArray, weights: FloatArray) -> tuple[int, FloatArray]:
    """First offset and weights of the expected six-point Lagrange interpolant at `points` (in lattice steps)."""
    base = np.floor(points).astype(np.int64)
    u = points - base
    a, b, c, d, e, f = u + 2.0, u + 1.0, u, u - 1.0, u - 2.0, u - 3.0
    taps = (
        b * c * d * e * f / -120.0, a * c * d * e * f / 24.0, a * b * d * e * f / -12.0,
        a * b * c * e * f / 12.0, a * b * c * d * f / -24.0, a * b * c * d * e / 120.0,
    )  # fmt: skip
    first = int(base.min()) - 2
    out = np.zeros(int(base.max()) + 4 - first)
    for shift, tap in enumerate(taps, start=-2):
        np.add.at(out, base + shift - first, weights * tap)
    keep = np.flatnonzero(np.abs(out) > 1e-16)
    return first + int(keep[0]), out[keep[0] : keep[-1] + 1]


def _pack(rows: list[tuple[int, FloatArray]]) -> tuple[IntArray, IntArray, FloatArray]:
    count = np.array([len(w) for _, w in rows], dtype=np.int64)
    weights = np.zeros((len(rows), int(count.max())))
    for k, (_, w) in enumerate(rows):
        weights[k, : len(w)] = w
    return np.array([f for f, _ in rows], dtype=np.int64), count, weights
