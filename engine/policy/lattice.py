"""The lattice of log wealth: which range, which spacing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .goals import PolicyGoal
from .menus import Moments

FloatArray = NDArray[np.float64]

_REACH = 4.75  # standard deviations of the widest portfolio: leaves 2e-6 of a law outside
_CELLS, _LAST_CELLS, _MOST_CELLS = 0.95, 10.0, 3.0  # cells a standard deviation of the narrowest portfolio
_RISKLESS, _TRACKED, _TRACKED_RISKLESS = 4.0, 2.0, 3.0  # times as many
FEWEST, _MOST, _MOST_TRACKED, _MOST_ASKED = 60, 4000, 8000, 40_000  # cells
_MARGIN = 4  # nodes that reading beside the last one in reach needs
_SMALLEST = 1e-6  # of all money that moves: wealth below it is settled as zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """Log-wealth nodes ``origin + i * spacing``, ``i = 0..size-1``."""

    origin: float
    spacing: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Wealth that matters: ``low`` and ``high`` (T+1,) can be reached in each step, after its money, before payments.

    ``bottom`` and ``top`` are the lowest and highest log wealth that the lattice needs; ``sds`` the standard
    deviations of all laws, one step each; ``spread`` the least of the goals whose amount is random, else infinite.
    """

    low: FloatArray
    high: FloatArray
    bottom: float
    top: float
    sds: FloatArray
    spread: float


def wealth_span(
    moments: Sequence[Moments], wealth: float, flows: FloatArray, goals: Sequence[PolicyGoal]
) -> Span:
    """Find the wealth that matters.

    Every inflow grows with the best (worst) drift by 4.75 standard deviations of the widest portfolio. Above the
    level that pays everything still due, at the dearest that random amounts come to, even in the worst case of the
    calmest portfolio the value is certain, so the lattice ends there.
    """
    steps = len(flows) - 1
    means = np.concatenate([mean for mean, _ in moments])
    sds = np.concatenate([sd for _, sd in moments])
    widest, drift = float(sds.max()), means.tolist()
    age = np.arange(steps + 1)
    money = np.maximum(flows, 0.0)
    money[0] += wealth
    spread = _REACH * widest * np.sqrt(age)
    paths = np.exp(np.stack([min(drift) * age - spread, max(drift) * age + spread]))
    if np.any(money[1:]):
        low, high = (np.convolve(money, path)[: steps + 1] for path in paths)
    else:
        low, high = money[0] * paths
    calm_drift = min(float(mean[np.argmin(sd)]) for mean, sd in moments)
    calm_sd = max(float(sd.min()) for _, sd in moments)
    due, excess, widest_amount = np.maximum(-flows, 0.0), np.zeros(steps + 1), np.zeros(steps + 1)
    for goal in goals:
        due[goal.step] += goal.cost
        excess[goal.step] += goal.cost * float(np.expm1(_REACH * goal.spread))
        widest_amount[goal.step] = max(widest_amount[goal.step], goal.spread)
    cheapest = due * np.exp(-_REACH * widest_amount)
    total = float(due.sum() + np.sqrt(np.sum(excess**2)))
    safe = float(np.exp(_REACH * calm_sd * np.sqrt(steps) - min(calm_drift, 0.0) * steps + _REACH * widest))
    floor = _SMALLEST * max(float(money.sum()), float(due.sum()))
    least = float(low[low > 0.0].min(initial=np.inf))
    if np.any(money[1:]):  # before its money a step sees less wealth than after it
        least *= float(np.exp(min(drift) - _REACH * widest))
    bottom = max(min(least, float(cheapest[due > 0.0].min(initial=np.inf))), floor)
    if np.any(due[:-1] > 0.0):
        bottom = min(bottom, max(floor, 0.02 * float(due.max())))
    top = max(min(float(high.max()), total * safe), bottom * 2.0)
    return Span(
        low=low,
        high=high,
        bottom=float(np.log(bottom)),
        top=float(np.log(top)),
        sds=sds,
        spread=min((g.spread for g in goals if g.spread > 0.0), default=np.inf),
    )


def choose_lattice(span: Span, start: float, spacing: float | None, *, tracked: bool) -> Lattice:
    """Lattice over the wealth that matters, by default fine enough for 1e-4 in every probability.

    `tracked` says that the probabilities of single goals are followed beside the value. The wealth `start` is a node.
    A `spacing` that is asked for is made finer where it leaves fewer than 60 cells, coarser where more than 40,000.
    """
    wanted, most = spacing, _MOST_ASKED
    if wanted is None:
        wanted, most = _default_spacing(span, tracked), _MOST_TRACKED if tracked else _MOST
    size = int(np.clip(np.ceil((span.top - span.bottom) / wanted) + 1, FEWEST, most))
    fitting = (span.top - span.bottom) / (size - 1)
    if spacing is None or size in (FEWEST, most):
        spacing = (
            fitting  # one that is asked for is kept: problems that differ in money then share their stencils
        )
    return on_node(Lattice(origin=span.bottom, spacing=spacing, size=size), start)


def _default_spacing(span: Span, tracked: bool) -> float:
    """Spacing that the narrowest law asks for.

    Many steps smooth the value, so that a cell a standard deviation is enough for them; the last few do not. What is
    tracked jumps where the policy changes. The wealth from which a riskless asset suffices bends the value sharply.
    A random amount spreads over a cell at least.
    """
    narrowest = float(span.sds[span.sds > 0.0].min(initial=np.inf))
    if narrowest == np.inf:
        return (span.top - span.bottom) / _MOST
    riskless, steps = bool(np.any(span.sds == 0.0)), len(span.low) - 1
    cells = min(_CELLS + _LAST_CELLS / steps, _MOST_CELLS)
    if riskless:
        cells *= _RISKLESS
    if tracked:
        cells *= 1.0 + (_TRACKED_RISKLESS if riskless else _TRACKED) * min(1.0, 60.0 / steps)
    return min(narrowest / cells, span.spread)


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


def reach(lattice: Lattice, span: Span, flows: FloatArray, goals: Sequence[PolicyGoal]) -> NDArray[np.int64]:
    """(T+1, 2) first and past-last node in reach of each step; from the bottom once money has been paid out."""
    low = span.low.copy()
    paid = [g.step for g in goals] + [int(t) for t in np.flatnonzero(flows < 0.0)]
    low[min(paid, default=len(low)) :] = 0.0
    bounds = np.log(np.maximum(np.stack([low, span.high], axis=1), 1e-300))
    bounds = np.maximum((bounds - lattice.origin) / lattice.spacing, 0.0)
    out = np.empty(bounds.shape, dtype=np.int64)
    out[:, 0] = np.clip(np.floor(bounds[:, 0]) - _MARGIN, 0, lattice.size - 12)
    out[:, 1] = np.clip(np.ceil(bounds[:, 1]) + _MARGIN + 1, out[:, 0] + 12, lattice.size)
    return out
