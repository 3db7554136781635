"""What stands in for an asset that had no price in an episode, by one stated rule.

The stand-in is looked for among every series that has levels through the whole episode (the market's own
assets, the embedded market, the old monthly series), in this order:

1. an asset of class `cash`: another cash series, unscaled; if there is none, it is held at par (no return);
2. the same class and region; 3. the same class; 4. any class but cash.

Within a step the series with the highest correlation of monthly log returns wins, then the earlier one. Its
log returns are multiplied by the ratio of the two volatilities over their common months. Only months that the
market itself holds are used, so a market that ends early never learns from later ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ._table import Dates, FloatArray
from .market import Market

MIN_MONTHS = 12  # common monthly returns below which a stand-in is neither ranked nor scaled

Rule = Literal["held_at_par", "cash", "class_and_region", "class", "nearest"]
_RULES: tuple[Rule, ...] = ("class_and_region", "class", "nearest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The mark of an asset without own levels in an episode.

    Attributes
    ----------
    asset : str
    of : str or None
        Series that stands in, as ``source/id``; None if held at par.
    rule : str
        Step of the rule (see the module) that found it.
    scale : float
        Factor on the log returns of `of`; 1 where fewer than 12 months are common.
    correlation : float or None
        Of monthly log returns over the common months; None where fewer than 12 are common.
    """

    asset: str
    of: str | None
    rule: Rule
    scale: float
    correlation: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Series that may be replayed: levels by day (D, N) and by month (M, N), NaN where absent."""

    name: str
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    regions: tuple[str, ...]
    days: Dates
    daily: FloatArray
    months: Dates
    monthly: FloatArray


def source_of(market: Market, name: str) -> Source:
    """Return the series of a market."""
    return Source(
        name=name,
        ids=market.asset_ids,
        classes=tuple(asset.asset_class for asset in market.assets),
        regions=tuple(asset.region for asset in market.assets),
        days=market.days,
        daily=market.daily,
        months=market.months,
        monthly=market.monthly,
    )


def levels_at(source: Source, column: int, dates: Dates) -> FloatArray | None:
    """Last published level at each of `dates` (daily or monthly), (S+1,); None if the series misses one."""
    daily = dates.dtype == np.dtype("datetime64[D]")
    calendar, levels = (source.days, source.daily) if daily else (source.months, source.monthly)
    rows = np.searchsorted(calendar, dates, side="right") - 1
    if calendar.size == 0 or rows[0] < 0 or calendar[-1] < dates[-1]:
        return None
    if not daily and (calendar[rows] != dates).any():
        return None
    found = levels[rows, column]
    return None if np.isnan(found).any() else found


def choose(
    own: Source, column: int, dates: Dates, sources: Sequence[Source]
) -> tuple[Proxy, FloatArray] | None:
    """Stand-in of asset `column` of `own` over `dates` and its log returns (S,); None if there is none."""
    asset, wanted = own.ids[column], (own.classes[column], own.regions[column])
    if wanted[0] == "cash":
        return _cash(asset, dates, sources)
    found = [
        (rank, source, j)
        for source in sources
        for j in range(len(source.ids))
        if (rank := _rank(wanted, source.classes[j], source.regions[j])) is not None
        and levels_at(source, j, dates) is not None
    ]
    if not found:
        return None
    nearest = min(rank for rank, _, _ in found)
    ranked = [(_ratio(own, column, source, j), source, j) for rank, source, j in found if rank == nearest]
    # max keeps the first of equals, and an unknown correlation stands behind every known one.
    (scale, correlation), source, j = max(ranked, key=lambda each: -2.0 if each[0][1] is None else each[0][1])
    of = f"{source.name}/{source.ids[j]}"
    proxy = Proxy(asset=asset, of=of, rule=_RULES[nearest], scale=scale, correlation=correlation)
    return proxy, scale * _log_returns(source, j, dates)


def _cash(asset: str, dates: Dates, sources: Sequence[Source]) -> tuple[Proxy, FloatArray]:
    for source in sources:
        for j, asset_class in enumerate(source.classes):
            if asset_class == "cash" and levels_at(source, j, dates) is not None:
                of = f"{source.name}/{source.ids[j]}"
                proxy = Proxy(asset=asset, of=of, rule="cash", scale=1.0, correlation=None)
                return proxy, _log_returns(source, j, dates)
    proxy = Proxy(asset=asset, of=None, rule="held_at_par", scale=1.0, correlation=None)
    return proxy, np.zeros(dates.size - 1)


def _rank(wanted: tuple[str, str], asset_class: str, region: str) -> int | None:
    if asset_class == wanted[0]:
        return 0 if region == wanted[1] else 1
    return None if asset_class == "cash" else 2


def _log_returns(source: Source, column: int, dates: Dates) -> FloatArray:
    levels = levels_at(source, column, dates)
    assert levels is not None
    return np.diff(np.log(levels))


def _ratio(own: Source, column: int, other: Source, j: int) -> tuple[float, float | None]:
    """Ratio of the volatilities of own over other, and their correlation, over the common months."""
    _, mine, theirs = np.intersect1d(own.months, other.months, assume_unique=True, return_indices=True)
    both = np.log(np.column_stack([own.monthly[mine, column], other.monthly[theirs, j]]))
    returns = np.diff(both[~np.isnan(both).any(axis=1)], axis=0)  # a series has no hole inside
    if returns.shape[0] < MIN_MONTHS:
        return 1.0, None
    spread = returns.std(axis=0)
    if spread[0] == 0.0 or spread[1] == 0.0:
        return 1.0, None
    return float(spread[0] / spread[1]), float(np.corrcoef(returns.T)[0, 1])
