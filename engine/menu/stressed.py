"""A menu whose every portfolio stays within the named stress limits and the limit on the worst years, exactly.

The drawdown of a rebalanced mix through a replayed episode is ``1 - exp(-D(w))`` with D convex (see
`scenarios.drawdown`), so a limit is met by cutting planes: solve the frontier, find the worst stretch of each
portfolio that breaks a limit, add the linear cut that its subgradient gives, and solve again. A one-step shock is
linear from the start. The mean loss of the worst years is convex too (see `year_loss`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...scenarios import Asset
from ...scenarios.assumptions import Assumptions
from ...scenarios.drawdown import worst_stretch
from ...scenarios.paths import Model
from ...scenarios.stress import StressPath
from ...scenarios.stress_set import StressSet
from ..errors import SolverError
from ..request import Limits
from .attempts import Attempt, counted
from .menu import Menu, build_menu
from .year_loss import year_loss

FloatArray = NDArray[np.float64]

_ROUNDS = 60
_MENUS = 64
_INSIDE = 1e-7  # cuts aim this far inside the limit, so that the last round ends strictly within it


def stressed_menu(
    assumptions: Assumptions,
    assets: Sequence[Asset],
    limits: Limits,
    stress: StressSet | None,
    *,
    size: int,
    model: Model | None = None,
) -> Menu:
    """Menu under bounds, groups, ``limits.stress`` and, with the `model` that draws the years, ``limits.cvar``.

    Raises
    ------
    InfeasibleBounds
        No portfolio meets all of them.
    SolverError
        The cuts did not settle.

    """
    if stress is None or (not limits.stress and limits.cvar is None):
        return build_menu(assumptions, assets, limits, size=size)
    return _settled(assumptions, tuple(assets), limits.model_dump_json(), stress, size, model)


@lru_cache(maxsize=_MENUS)
def _settled(
    assumptions: Assumptions,
    assets: tuple[Asset, ...],
    terms: str,
    stress: StressSet,
    size: int,
    model: Model | None,
) -> Menu:
    limits = Limits.model_validate_json(terms)
    named = [(stress.get(name), bound) for name, bound in limits.stress.items()]
    shocks = [(path, bound) for path, bound in named if path.kind == "shock"]
    rows = np.array([-path.returns[0] for path, _ in shocks]).reshape(-1, len(assets))
    ends = np.array([bound for _, bound in shocks])
    year = None
    if limits.cvar is not None and model is not None:
        year = year_loss(model, tuple(asset.fee for asset in assets), limits.confidence)
    cuts: list[FloatArray] = []
    cut_ends: list[float] = []
    tried: tuple[Attempt, ...] = ()
    for _ in range(_ROUNDS):
        menu = build_menu(
            assumptions, assets, limits, size=size, stress=rows, stress_limits=ends,
            rows=np.array(cuts).reshape(-1, len(assets)), row_limits=np.array(cut_ends),
        )  # fmt: skip
        tried = counted([*tried, *menu.attempts])
        found = [
            _cut(path, bound, weights)
            for path, bound in named
            if path.kind == "episode"
            for weights in menu.weights[path.losses(menu.weights) > bound]
        ]
        if year is not None and limits.cvar is not None:
            beyond = menu.weights[year.excess(menu.weights, limits.cvar) > 0.0]
            found += [year.cut(limits.cvar, weights) for weights in beyond]
        if not found:
            return replace(menu, attempts=tried)
        cuts.extend(slope for slope, _ in found)
        cut_ends.extend(end for _, end in found)
    raise SolverError(
        f"limits.stress, limits.cvar: the frontier did not settle in {_ROUNDS} rounds of cuts; loosen one a little"
    )


def _cut(path: StressPath, bound: float, weights: FloatArray) -> tuple[FloatArray, float]:
    """Linear cut ``slope @ w <= end`` that every mix within the bound meets and `weights` does not."""
    stretch = worst_stretch(path.returns, weights)
    steps = path.returns[stretch.peak : stretch.trough]
    gross = 1.0 + steps @ weights
    slope = -(steps / gross[:, None]).sum(axis=0)
    depth = -float(np.log1p(-stretch.loss))
    return slope, -float(np.log1p(-bound)) * (1.0 - _INSIDE) - depth + float(slope @ weights)


def worst_losses(menu: Menu, limits: Limits, stress: StressSet) -> FloatArray:
    """(K,) worst loss of each portfolio over the named entries of ``limits.stress``."""
    return np.asarray(np.max([stress.get(name).losses(menu.weights) for name in limits.stress], axis=0))


def episode_table(weights: Mapping[str, float], stress: StressSet) -> dict[str, float]:
    """Loss of one mix in every episode and shock, by id."""
    mix = np.array([weights.get(asset, 0.0) for asset in stress.asset_ids])
    return {path.id: float(path.loss(mix)) for path in stress.paths}
