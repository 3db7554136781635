"""What a portfolio may look like: budget, bounds, named rows, trading; one polyhedron of weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from ..errors import RequestError
from ._types import BoolArray, FloatArray, frozen
from .rows import Row, parse_row

WIDEST = 1e3  # weights beyond this many budgets are not looked for: a bound left open ends here


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constraints:
    """Linear constraints on the weights ``w``; the defaults are fully invested and long only.

    Attributes
    ----------
    assets : tuple of str
        Names of the assets, to be used in rows and answers; ``"asset0"``, ``"asset1"``, ... where left out.
    budget : float
        ``sum w``; what is left to 1 earns nothing.
    lower, upper : float or (N,)
        Bounds of each weight; infinite for none.
    groups : mapping of name to assets
        Names for sums of weights, such as a class of assets.
    rows : tuple of str
        Linear constraints by name, such as ``"equity <= 0.6"`` (see ``rows.py``). Their text is their name.
    cap, exempt : float, tuple of str
        Highest weight of any asset that is not exempt (single-fund caps).
    esg, min_esg : (N,), float
        Scores, and the least weighted mean score.
    previous : (N,)
        Weights held now, as fractions of the same budget.
    max_turnover : float
        Bound on ``sum |w - previous| / 2``.
    trading_cost : float or (N,)
        Cost of each unit bought or sold, in return per step of the scenarios: ``sum cost |w - previous|`` is
        taken from the expected return (of a target and of `maximise_return`), not from the risk.
    benchmark : (N,)
        Weights that the tracking error is measured from.
    """

    assets: tuple[str, ...] = ()
    budget: float = 1.0
    lower: ArrayLike = 0.0
    upper: ArrayLike = 1.0
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    cap: float | None = None
    exempt: tuple[str, ...] = ()
    esg: ArrayLike | None = None
    min_esg: float | None = None
    previous: ArrayLike | None = None
    max_turnover: float | None = None
    trading_cost: ArrayLike = 0.0
    benchmark: ArrayLike | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Polyhedron:
    """Checked constraints: ``lower <= w <= upper``, rows, and trading from `previous` where it matters.

    `unbounded` (2, N) tells which lower and upper bounds were left open and stand at `WIDEST`.
    """

    assets: tuple[str, ...]
    lower: FloatArray
    upper: FloatArray
    unbounded: BoolArray
    rows: tuple[Row, ...]
    previous: FloatArray | None
    max_turnover: float | None
    trading_cost: FloatArray
    benchmark: FloatArray | None

    @property
    def trades(self) -> bool:
        """Whether purchases and sales are variables of their own."""
        return self.previous is not None and (self.max_turnover is not None or bool(self.trading_cost.any()))

    @property
    def reach(self) -> float:
        """Largest ``sum |w|`` that the bounds and the budget leave."""
        loosest = float(np.maximum(np.abs(self.lower), np.abs(self.upper)).sum())
        if (self.lower >= 0.0).all() and math.isfinite(self.rows[0].upper):
            return min(loosest, abs(self.rows[0].upper))
        return loosest

    def runs_away(self, weights: FloatArray) -> bool:
        """Whether a weight stands at a bound that was left open."""
        ends = np.array([weights - self.lower, self.upper - weights])
        return bool((self.unbounded & (ends < 1e-6 * (self.upper - self.lower))).any())

    def turnover(self, weights: FloatArray) -> float:
        """``sum |w - previous| / 2``; 0 without previous weights."""
        return 0.0 if self.previous is None else float(np.abs(weights - self.previous).sum()) / 2.0

    def cost(self, weights: FloatArray) -> float:
        """Cost of trading to `weights`, in return per step."""
        if self.previous is None:
            return 0.0
        return float((self.trading_cost * np.abs(weights - self.previous)).sum())


def polyhedron(constraints: Constraints, count: int) -> Polyhedron:
    """Check `constraints` for `count` assets; the first row is the budget.

    Raises
    ------
    RequestError
        Naming the field, what it holds and what is allowed.
    """
    given = constraints
    assets = given.assets or tuple(f"asset{i}" for i in range(count))
    if len(assets) != count or len(set(assets)) != count:
        raise RequestError(
            f"assets: {len(assets)} names, {len(set(assets))} different, for {count} columns of returns; "
            "give each column its own name."
        )
    if not math.isfinite(given.budget):
        raise RequestError(f"budget: {given.budget!r} is not a number; 1 is fully invested.")
    widest = WIDEST * max(abs(given.budget), 1.0)
    lower = _vector("lower", given.lower, count, finite=False)
    upper = _vector("upper", given.upper, count, finite=False)
    unbounded = np.array([lower < -widest, upper > widest])
    lower, upper = np.maximum(lower, -widest), np.minimum(upper, widest)
    if given.cap is not None:
        capped = ~np.isin(assets, _known("exempt", given.exempt, assets))
        upper = np.where(capped, np.minimum(upper, given.cap), upper)
    crossed = np.flatnonzero(lower > upper)
    if crossed.size:
        j = int(crossed[0])
        raise RequestError(
            f"{assets[j]}: the lowest weight {lower[j]:g} is above the highest {upper[j]:g}; lower one."
        )
    previous = None if given.previous is None else _vector("previous", given.previous, count)
    cost = _vector("trading_cost", given.trading_cost, count)
    if (cost < 0.0).any():
        raise RequestError(f"trading_cost: {cost.min():g} is negative; a cost is 0 or more.")
    if previous is None and (given.max_turnover is not None or cost.any()):
        raise RequestError("previous: missing; turnover and trading cost are counted from previous weights.")
    if given.max_turnover is not None and not given.max_turnover >= 0.0:
        raise RequestError(f"max_turnover: {given.max_turnover!r}; give 0 or more.")
    return Polyhedron(
        assets=assets,
        lower=frozen(lower),
        upper=frozen(upper),
        unbounded=unbounded,
        rows=tuple(_rows(given, assets)),
        previous=previous,
        max_turnover=given.max_turnover,
        trading_cost=cost,
        benchmark=None if given.benchmark is None else _vector("benchmark", given.benchmark, count),
    )


def _rows(given: Constraints, assets: tuple[str, ...]) -> list[Row]:
    count = len(assets)
    unit = np.eye(count)
    members = {name: unit[j] for j, name in enumerate(assets)}
    for name, group in given.groups.items():
        if name in assets:
            raise RequestError(f"groups: {name!r} is also an asset; give the group another name.")
        members[name] = np.isin(assets, _known(f"groups[{name!r}]", group, assets)).astype(np.float64)
    found = [Row(name="budget", slope=np.ones(count), lower=given.budget, upper=given.budget)]
    found += [parse_row(text, members) for text in given.rows]
    if given.min_esg is not None:
        if given.esg is None:
            raise RequestError("esg: missing; a minimum score needs the score of every asset.")
        scores = _vector("esg", given.esg, count)
        found.append(Row(name="min_esg", slope=scores, lower=given.min_esg * given.budget))
    names = [row.name for row in found]
    if len(set(names)) < len(names):
        raise RequestError(f"rows: {sorted(n for n in set(names) if names.count(n) > 1)} stand there twice.")
    return found


def _vector(name: str, value: ArrayLike, count: int, *, finite: bool = True) -> FloatArray:
    array = np.array(value, dtype=np.float64)
    if array.shape not in ((), (count,)):
        raise RequestError(f"{name}: shape {array.shape}; give one number, or one for each of {count}.")
    if np.isnan(array).any() or (finite and not np.isfinite(array).all()):
        raise RequestError(f"{name}: {array.tolist()} holds what is not a number; give decimals.")
    return frozen(np.array(np.broadcast_to(array, count)))


def _known(name: str, members: tuple[str, ...], assets: tuple[str, ...]) -> list[str]:
    unknown = [member for member in members if member not in assets]
    if unknown:
        raise RequestError(f"{name}: {unknown} are no assets; known are {list(assets)}.")
    return list(members)
