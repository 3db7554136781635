"""What a market's history says of means, volatilities and correlations: the raw material of assumptions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._table import FloatArray
from .errors import DataError
from .estimation import is_positive_definite, pairwise_correlation, shrunk_correlation
from .market import Market

INFLATION = 0.02
SHARPE = 0.22
MAX_WEIGHT = 0.35
HISTORY_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Moments of a market.

    `mean` (N,) and `index_mean` (J,) are historic arithmetic means, effective a year; the rest is as in
    `Assumptions`. `years` is the length of the months that all assets share.
    """

    mean: FloatArray
    volatility: FloatArray
    index_mean: FloatArray
    index_volatility: FloatArray
    correlation: FloatArray
    years: float


def historic_moments(market: Market, since: str | None = None) -> Moments:
    """Return the moments of `market` from the first month or year `since` on.

    Assets: log returns of the rows that all assets share, Ledoit-Wolf correlation. Indices: their own span,
    volatility and every correlation with an index from overlapping changes over a year, because price indices
    are smoothed from month to month; those correlations are shrunk for their noise (`pairwise_correlation`),
    and faded further by twentieths until the joint matrix is safely positive definite.
    """
    periods = market.periods_per_year
    months, simple = market.common_returns()
    start = months[0] if since is None else max(months[0], _month(since))
    simple = simple[months >= start]
    if simple.shape[0] < (24 if periods == 12 else 10):
        raise DataError(
            f"{market.name}: only {simple.shape[0]} returns of all assets together since {start}; at least "
            f"{24 if periods == 12 else 10} are needed. Drop the shortest series, or begin earlier."
        )
    logs = np.log1p(simple)
    N = simple.shape[1]
    base = start - 12 // periods
    levels, index_logs = _joined(market, base)
    changes = levels[periods:] - levels[:-periods]
    correlation = shrunk_correlation(logs, market.asset_ids)
    if market.index_ids:
        names = market.asset_ids + market.index_ids
        correlation = _joint(correlation, pairwise_correlation(changes, periods, names))
    index_volatility = np.array([np.nanstd(column, ddof=1) for column in changes[:, N:].T])
    return Moments(
        mean=(1.0 + simple.mean(axis=0)) ** periods - 1.0,
        volatility=logs.std(axis=0, ddof=1) * np.sqrt(periods),
        index_mean=_growth(index_logs, market.index_ids) * np.exp(0.5 * index_volatility**2) - 1.0,
        index_volatility=index_volatility,
        correlation=correlation,
        years=simple.shape[0] / periods,
    )


def expected_returns(market: Market, moments: Moments, cash: float) -> tuple[FloatArray, FloatArray]:
    """Return arithmetic means a year (N,) and largest weights (N,) of `reference_assumptions`."""
    is_cash = np.array([asset.asset_class == "cash" for asset in market.assets])
    prior = cash + SHARPE * moments.volatility
    mean = np.where(is_cash, cash, (1.0 - HISTORY_SHARE) * prior + HISTORY_SHARE * moments.mean)
    caps = np.where(is_cash, 1.0, MAX_WEIGHT)
    return mean, caps if caps.sum() >= 1.0 else np.ones_like(caps)  # else no portfolio would be left


def expected_index_growth(market: Market, moments: Moments, cash: float) -> FloatArray:
    """Return arithmetic growth a year (J,): 0.75 inflation of 2 % + 0.25 history; the cash index: `cash`.

    An exchange rate, ``fx:usd`` and the like, has no inflation of its own: 0.75 of nothing + 0.25 history.
    """
    prior = np.where([name.startswith("fx:") for name in market.index_ids], 0.0, INFLATION)
    mean = (1.0 - HISTORY_SHARE) * prior + HISTORY_SHARE * moments.index_mean
    return np.where([name == "cash" for name in market.index_ids], cash, mean)


def _month(text: str) -> np.datetime64:
    try:
        return np.datetime64(text, "M")
    except ValueError:
        raise DataError(f"since is {text!r}; write a month, such as '2005-02'.") from None


def _joined(market: Market, base: np.datetime64) -> tuple[FloatArray, FloatArray]:
    """Return log levels of assets and indices (rows of `months` from `base` on, N+J), and the indices' own.

    The second has one row a calendar month of the index table, from `base` on.
    """
    rows = market.months >= base
    assets = np.log(market.monthly[rows])
    indices = np.full((assets.shape[0], len(market.index_ids)), np.nan)
    kept = market.index_months >= base
    own = np.log(market.index_levels[kept])
    _, here, there = np.intersect1d(market.months[rows], market.index_months[kept], return_indices=True)
    indices[here] = own[there]
    return np.hstack([assets, indices]), own


def _growth(logs: FloatArray, names: tuple[str, ...]) -> FloatArray:
    """Return growth factors a year (J,) of monthly log levels (L, J), each over its own span."""
    factors = []
    for name, column in zip(names, logs.T, strict=True):
        there = np.flatnonzero(~np.isnan(column))
        if there.size < 13:
            raise DataError(f"{name}: less than a year of it lies in the assets' history; drop the index.")
        first, last = there[0], there[-1]
        factors.append(np.exp((column[last] - column[first]) * 12.0 / (last - first)))
    return np.array(factors)


def _joint(assets: FloatArray, pairs: FloatArray) -> FloatArray:
    """Return `pairs` with the block of the `assets` (N, N) in place, faded until it is positive definite."""
    N = assets.shape[0]
    joint: FloatArray
    for kept in np.linspace(1.0, 0.0, 21):
        joint = kept * pairs
        np.fill_diagonal(joint, 1.0)
        joint[:N, :N] = assets
        if is_positive_definite(joint):
            return joint
    raise DataError("correlation: that of the assets is singular; drop one of two series that move as one.")
