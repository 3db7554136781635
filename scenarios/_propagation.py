"""Expected log returns of everything given that some assets and factors move (joint normal)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._table import Dates, FloatArray, frozen, read_table
from .market import EMBEDDED, Market

MIN_MONTHS = 24  # common months below which an asset is not linked to a factor
_RCOND = 1e-3  # moved directions with less than this share of the largest variance are not conditioned on


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Factors beside a market's assets.

    Attributes
    ----------
    volatility : (F,) float64
        Annual, of log changes (`cny`) or changes (`rates`).
    between : (F, F) float64
        Correlations of the factors.
    assets : (F, N) float64
        Correlations with the assets' monthly log returns; NaN where fewer than 24 months are common.
    """

    volatility: FloatArray
    between: FloatArray
    assets: FloatArray


def expected_logs(
    correlation: FloatArray, volatility: FloatArray, given: NDArray[np.int64], values: FloatArray
) -> FloatArray:
    """``D R_.C R_CC^+ D_C^-1 s``: expectation (n,) given that the entries `given` (c,) take `values` (c,).

    `correlation` (n, n) and `volatility` (n,) are of the joint normal vector. The pseudo-inverse leaves out
    directions of R_CC below 0.1 % of the largest, so that near copies of one asset do not divide by nothing;
    an entry of volatility 0 carries no information.
    """
    spread = volatility[given]
    scores = np.divide(values, spread, out=np.zeros_like(values), where=spread > 0.0)
    block = correlation[np.ix_(given, given)]
    weights = np.linalg.pinv(block, rcond=_RCOND, hermitian=True) @ scores
    return np.asarray(volatility * (correlation[:, given] @ weights))


def factor_links(market: Market, factors: Sequence[str]) -> Links:
    """Volatilities and correlations of `factors` over the months that `market` and the factors share."""
    months, changes = _factor_changes()
    mine = np.diff(np.log(market.monthly), axis=0)
    _, theirs, rows = np.intersect1d(months, market.months[1:], assume_unique=True, return_indices=True)
    table = changes[theirs][:, [_FACTORS.index(name) for name in factors]]
    there = ~np.isnan(table)
    volatility = np.array([_std(table[there[:, k], k]) for k in range(len(factors))]) * np.sqrt(12.0)
    between = np.array([[_correlation(a, b) for a in table.T] for b in table.T])
    assets = np.array([[_correlation(a, f) for a in mine[rows].T] for f in table.T])
    return Links(volatility=volatility, between=np.nan_to_num(between), assets=assets)


_FACTORS = ("cny", "rates")


@functools.cache
def _factor_changes() -> tuple[Dates, FloatArray]:
    """Months (R,) and changes (R, 2): log change of the yuan's value, change of the ten-year yield."""
    table = read_table(EMBEDDED, "factors")
    assert table is not None
    yuan, rates = (table.values[:, table.ids.index(name)] for name in _FACTORS)
    changes = np.column_stack([np.diff(np.log(yuan)), np.diff(rates)])
    return frozen(table.dates.astype("datetime64[M]")[1:]), frozen(changes)


def _std(values: FloatArray) -> float:
    return float(values.std()) if values.size >= MIN_MONTHS else 0.0


def _correlation(a: FloatArray, b: FloatArray) -> float:
    both = ~(np.isnan(a) | np.isnan(b))
    if np.count_nonzero(both) < MIN_MONTHS:
        return float("nan")
    a, b = a[both] - a[both].mean(), b[both] - b[both].mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0.0 else 0.0
