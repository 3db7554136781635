"""The lattice of log wealth: which range, which spacing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .goals import PolicyGoal
from .menus import Menu

FloatArray = NDArray[np.float64]

_REACH = 4.75  # standard deviations of the widest portfolio: leaves 2e-6 of a law outside
_RISKLESS_CELLS = 3.0
_CELLS, _LAST_CELLS, _MOST_CELLS = (
    0.95,
    10.0,
    3.0,
)  # cells a standard deviation: many steps smooth, the last do not
_FEWEST, _MOST = 60, 4000
_SMALLEST = 1e-6  # of all money that moves: wealth below it is settled as zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """Log-wealth nodes ``origin + i * spacing``, ``i = 0..size-1``."""

    origin: float
    spacing: float
    size: int


def reachable(
    menus: Sequence[Menu], step_years: float, wealth: float, flows: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest wealth, each (T+1,), after the money of each step, before any payment.

    Every inflow grows with the best (worst) drift by 4.75 standard deviations of the widest portfolio.
    """
    steps = len(flows) - 1
    moments = [m.log_moments(step_years) for m in menus]
    best = max(float(a.max()) for a, _ in moments)
    worst = min(float(a.min()) for a, _ in moments)
    widest = max(float(s.max()) for _, s in moments)
    age = np.arange(steps + 1)
    money = np.maximum(flows, 0.0)
    money[0] += wealth
    high = np.convolve(money, np.exp(best * age + _REACH * widest * np.sqrt(age)))[: steps + 1]
    low = np.convolve(money, np.exp(worst * age - _REACH * widest * np.sqrt(age)))[: steps + 1]
    return low, high


def wealth_range(
    menus: Sequence[Menu], step_years: float, wealth: float, flows: FloatArray, goals: Sequence[PolicyGoal]
) -> tuple[float, float]:
    """Lowest and highest log wealth that matters.

    Above the level that pays everything still due even in the worst case of the calmest portfolio the value
    is certain, so the lattice ends there.
    """
    steps = len(flows) - 1
    moments = [m.log_moments(step_years) for m in menus]
    widest = max(float(s.max()) for _, s in moments)
    calm_drift = min(float(a[np.argmin(s)]) for a, s in moments)
    calm_sd = max(float(s.min()) for _, s in moments)
    low, high = reachable(menus, step_years, wealth, flows)
    money = wealth + float(np.maximum(flows, 0.0).sum())
    due = np.maximum(-flows, 0.0)
    for goal in goals:
        due[goal.step] += goal.cost
    safe = np.exp(_REACH * calm_sd * np.sqrt(steps) - min(calm_drift, 0.0) * steps + _REACH * widest)
    positive = low[low > 0.0]
    floor = _SMALLEST * max(money, float(due.sum()))
    bottom = max(
        min(float(positive.min()) if positive.size else floor, float(due[due > 0].min(initial=np.inf))), floor
    )
    if np.any(due[:-1] > 0.0):
        bottom = min(bottom, max(floor, 0.02 * float(due.max())))
    top = max(min(float(high.max()), float(due.sum() * safe)), bottom * 2.0)
    return float(np.log(bottom)), float(np.log(top))


def choose_lattice(
    menus: Sequence[Menu], step_years: float, wealth: float, flows: FloatArray, goals: Sequence[PolicyGoal],
    spacing: float | None,
) -> Lattice:  # fmt: skip
    """Lattice over the wealth that matters; by default 1 to 3 cells a standard deviation of the narrowest law.

    The wealth now, after its money, is a node.
    """
    low, high = wealth_range(menus, step_years, wealth, flows, goals)
    if spacing is None:
        sds = np.concatenate([m.log_moments(step_years)[1] for m in menus])
        moving = sds[sds > 1e-3 * sds.max()]
        cells = min(_CELLS + _LAST_CELLS / (len(flows) - 1), _MOST_CELLS)
        if moving.size < sds.size:  # the wealth from which a riskless asset suffices bends the value sharply
            cells *= _RISKLESS_CELLS
        spacing = float(moving.min()) / cells if moving.size else (high - low) / _MOST
    size = int(np.clip(np.ceil((high - low) / spacing) + 1, _FEWEST, _MOST))
    spacing = (high - low) / (size - 1)
    return on_node(Lattice(origin=low, spacing=spacing, size=size), wealth + flows[0])


def on_node(lattice: Lattice, wealth: float) -> Lattice:
    """Shift `lattice` down by less than a cell, and add one, so that `wealth` is a node."""
    if wealth <= 0.0:
        return lattice
    place = (np.log(wealth) - lattice.origin) / lattice.spacing
    shift = float(place - np.floor(place))
    return Lattice(
        origin=lattice.origin - (1.0 - shift) * lattice.spacing,
        spacing=lattice.spacing,
        size=lattice.size + 1,
    )


def reach(
    lattice: Lattice, menus: Sequence[Menu], step_years: float, wealth: float, flows: FloatArray,
    goals: Sequence[PolicyGoal],
) -> NDArray[np.int64]:  # fmt: skip
    """(T+1, 2) first and past-last node in reach of each step; from the bottom once money has been paid out."""
    low, high = reachable(menus, step_years, wealth, flows)
    paid = [g.step for g in goals] + [int(t) for t in np.flatnonzero(flows < 0.0)]
    low[min(paid, default=len(low)) :] = 0.0
    with np.errstate(divide="ignore"):
        bounds = (np.log(np.stack([low, high], axis=1)) - lattice.origin) / lattice.spacing
    first = np.clip(np.floor(np.maximum(bounds[:, 0], 0.0)) - 3, 0, lattice.size - 8)
    last = np.clip(np.ceil(np.maximum(bounds[:, 1], 0.0)) + 4, first + 8, lattice.size)
    return np.stack([first, last], axis=1).astype(np.int64)
