"""What really came: the market's own returns after a cohort's start, in the judge's shape."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...engine.menu.menu import Menu
from ...scenarios.errors import DataError
from ...scenarios.market import Market
from ...scenarios.paths import ReturnPaths
from .._types import FloatArray
from ..past import known_on

MOST_DAYS = 31  # of a month; a day without trading changes nothing


def known_at(market: Market, start: dt.date) -> Market:
    """Return what was known on the eve of `start`."""
    return known_on(market, start - dt.timedelta(days=1))


def last_month(market: Market) -> np.datetime64:
    """Last month that is whole in the market and known for every asset that has not ended."""
    month = np.datetime64(market.as_of, "M")
    next_day = np.datetime64(market.as_of, "D") + 1
    # A market that ends on a trading day a weekend before the month's end has the whole month.
    left = int(np.busday_count(next_day, (month + 1).astype("datetime64[D]")))
    return month if left <= 0 else month - 1


def real_paths(
    market: Market,
    assets: Sequence[str],
    indices: Sequence[str],
    needed: set[str],
    start: dt.date,
    months: int,
) -> ReturnPaths:
    """Return one path of `months` months from `start`: what assets (columns) and indices did.

    An asset whose series has ended stays at its last value. An annual market earns each year in twelve equal parts.

    Raises
    ------
    DataError
        An index that a goal grows with (`needed`) has no figure for one of the months.
    """
    first = np.datetime64(start, "M")
    gross = np.nan_to_num(_gross(market.select(assets), first, months), nan=1.0)
    growth = np.ones((months, len(indices)))
    for column, name in enumerate(indices):
        line = market.index_levels[:, market.index_ids.index(name)]
        at = np.searchsorted(market.index_months, first - 1) + np.arange(months + 1)
        inside = at < len(line)
        levels = np.where(inside, line[np.minimum(at, len(line) - 1)], np.nan)
        steps = levels[1:] / levels[:-1]
        if np.isnan(steps).any() and name in needed:
            missing = first + int(np.argmax(np.isnan(steps)))
            raise DataError(f"{name} has no figure for {missing}; end the cohorts earlier.")
        growth[:, column] = np.nan_to_num(steps, nan=1.0)
    for array in (gross, growth):
        array.flags.writeable = False
    return ReturnPaths(
        assets=gross[None], indices=growth[None], steps_per_month=1, stream="judge", seed=0, first=0
    )


def _gross(market: Market, first: np.datetime64, months: int) -> FloatArray:
    returns = 1.0 + market.returns()
    if market.frequency != "annual":
        row = int(np.searchsorted(market.months[1:], first))
        return returns[row : row + months]
    wanted = first + np.arange(months)
    row_of = np.searchsorted(market.months[1:].astype("datetime64[Y]"), wanted.astype("datetime64[Y]"))
    out: FloatArray = returns[row_of] ** (1.0 / 12.0)
    return out


def real_extremes(market: Market, menu: Menu, start: dt.date, months: int) -> NDArray[np.float32] | None:
    """Return what the real days of each month did to each portfolio, (1, T, K, 3, lane); None without daily data.

    As `engine.judge.extremes.month_extremes_of`: bought at the start of the month net of product fees, and held.
    """
    if market.frequency != "daily":
        return None
    from ...engine.judge._kernels import LANES
    from ...engine.judge._watch_kernels import month_extremes

    chosen = market.select(menu.asset_ids)
    month = chosen.days.astype("datetime64[M]")
    steps = np.ones((months, MOST_DAYS, len(menu.asset_ids)))
    for t in range(months):
        rows = np.flatnonzero(month == np.datetime64(start, "M") + t)
        steps[t, : len(rows)] = np.nan_to_num(chosen.daily[rows] / chosen.daily[rows - 1], nan=1.0)
    kept = menu.weights * (1.0 - menu.fee / 12.0)
    weights = np.ascontiguousarray((kept / kept.sum(axis=1, keepdims=True)).T)
    out = np.empty((1, months, menu.size, 3, LANES), dtype=np.float32)
    month_extremes(steps.reshape(1, months * MOST_DAYS, -1), MOST_DAYS, weights, out)
    return out
