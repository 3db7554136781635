"""Figures of a series of returns, with the names and definitions of empyrical and quantstats.

Notation: returns r (n,) per row, risk-free returns f (n,), excess e = r - f, q rows a year (252 or 12, the
convention of both packages), Y calendar years of 365.25 days. Three departures, each on purpose: CAGR is by
calendar time, ``(1 + total) ** (1 / Y) - 1``, not by counting rows; drawdowns and tail losses are positive
fractions, where both packages give them negative; the risk-free return is a series, not one number.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from .._types import Dates, FloatArray
from ..past import DAYS_PER_YEAR
from ._kernels import (
    BELOW,
    DEEPEST,
    EXCESS,
    EXCESS_SPREAD,
    FINAL,
    FIT,
    GAINS,
    KURTOSIS,
    LONGEST,
    LOSSES,
    MOVES,
    SKEW,
    SPREAD,
    SQUARED,
    WINS,
    series_figures,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Figures of one backtest; NaN where a figure is not defined (no loss, no variance, no benchmark).

    Attributes
    ----------
    total_return : float
        ``prod(1 + r) - 1``.
    cagr : float
        Compound growth a year of calendar time.
    annual_volatility : float
        ``std(r, ddof=1) * sqrt(q)``.
    downside_risk : float
        ``sqrt(mean(min(e, 0) ** 2)) * sqrt(q)``.
    sharpe_ratio, sortino_ratio : float
        ``mean(e) * q`` over ``std(e, ddof=1) * sqrt(q)``, and over the downside risk.
    max_drawdown : float
        Largest fall from a peak of the compounded value, a positive fraction.
    calmar_ratio : float
        ``cagr / max_drawdown``.
    ulcer_index : float
        ``sqrt(sum(drawdown ** 2) / (n - 1))``.
    longest_drawdown_days : int
        Calendar days of the longest stretch below a former peak.
    value_at_risk, conditional_value_at_risk : float
        Loss of one row at 95 %: minus the 5 % percentile of r, and minus the mean of the worst 5 %.
    omega_ratio : float
        Sum of positive e over the sum of negative e, sign turned.
    tail_ratio : float
        ``|95 % percentile| / |5 % percentile|`` of r.
    skew, kurtosis : float
        Biased sample moments; kurtosis in excess of 3.
    stability : float
        R squared of cumulative log returns on time (empyrical's stability_of_timeseries).
    win_rate : float
        Rows with r > 0 among those with r != 0.
    best, worst : float
        Largest and smallest r.
    alpha, beta : float
        ``beta = cov(e, e_b) / var(e_b)`` and ``(1 + mean(e - beta e_b)) ** q - 1`` against the benchmark.
    tracking_error : float
        ``std(r - r_b, ddof=1) * sqrt(q)``.
    information_ratio : float
        ``mean(r - r_b) / std(r - r_b, ddof=1)`` per row, not annualised, as in both packages.
    """

    total_return: float
    cagr: float
    annual_volatility: float
    downside_risk: float
    sharpe_ratio: float
    sortino_ratio: float
    max_drawdown: float
    calmar_ratio: float
    ulcer_index: float
    longest_drawdown_days: int
    value_at_risk: float
    conditional_value_at_risk: float
    omega_ratio: float
    tail_ratio: float
    skew: float
    kurtosis: float
    stability: float
    win_rate: float
    best: float
    worst: float
    alpha: float = math.nan
    beta: float = math.nan
    tracking_error: float = math.nan
    information_ratio: float = math.nan

    def to_dict(self) -> dict[str, float | None]:
        """Figures by name; None where one is not defined."""
        return {name: value if math.isfinite(value) else None for name, value in asdict(self).items()}


def measure(
    returns: FloatArray,
    dates: Dates,
    rows_per_year: int,
    *,
    risk_free: FloatArray | float = 0.0,
    benchmark: FloatArray | None = None,
) -> Metrics:
    """Measure a series of returns.

    Parameters
    ----------
    returns : (n,)
        Simple returns per row, n >= 2.
    dates : (n + 1,) datetime64[D]
        Start, then the close of each row.
    rows_per_year : int
    risk_free : (n,) or float
        Return of the risk-free asset per row.
    benchmark : (n,), optional
        Returns of the benchmark.
    """
    q, n = rows_per_year, len(returns)
    if n < 2 or len(dates) != n + 1:
        raise ValueError(f"returns: {n} rows with {len(dates)} dates; give at least 2, and one date more.")
    rates = np.full(n, risk_free) if isinstance(risk_free, float) else risk_free
    days = dates.astype("datetime64[D]").astype(np.int64)
    s = series_figures(np.ascontiguousarray(returns), np.ascontiguousarray(rates), days)
    cagr = float(s[FINAL]) ** (DAYS_PER_YEAR / float(days[-1] - days[0])) - 1.0
    ordered = np.sort(returns)
    low, high = _percentile(ordered, 0.05), _percentile(ordered, 0.95)
    spread = _spread(s[EXCESS_SPREAD], ordered)
    root = math.sqrt(q)
    return Metrics(
        total_return=float(s[FINAL]) - 1.0,
        cagr=cagr,
        annual_volatility=float(s[SPREAD]) * root,
        downside_risk=float(s[BELOW]) * root,
        sharpe_ratio=_ratio(s[EXCESS], spread) * root,
        sortino_ratio=_ratio(s[EXCESS], s[BELOW]) * root,
        max_drawdown=float(s[DEEPEST]),
        calmar_ratio=_ratio(cagr, s[DEEPEST]),
        ulcer_index=math.sqrt(s[SQUARED] / (n - 1)),
        longest_drawdown_days=int(s[LONGEST]),
        value_at_risk=-low,
        conditional_value_at_risk=-float(ordered[: int((n - 1) * 0.05) + 1].mean()),
        omega_ratio=_ratio(s[GAINS], s[LOSSES]),
        tail_ratio=_ratio(abs(high), abs(low)),
        skew=float(s[SKEW]),
        kurtosis=float(s[KURTOSIS]),
        stability=float(s[FIT]),
        win_rate=_ratio(s[WINS], s[MOVES]),
        best=float(ordered[-1]),
        worst=float(ordered[0]),
        **_relative(returns, returns - rates, benchmark, rates, q),
    )


def _percentile(ordered: FloatArray, share: float) -> float:
    """Percentile of sorted values, linear between neighbours (numpy's default)."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def _ratio(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom > 0.0 else math.nan


def _spread(spread: float, values: FloatArray) -> float:
    # A constant series leaves rounding dust behind, which is no risk to divide by.
    return spread if spread > 1e-12 * float(np.abs(values[[0, -1]]).max()) else 0.0


def _relative(
    r: FloatArray, e: FloatArray, benchmark: FloatArray | None, risk_free: FloatArray, q: int
) -> dict[str, float]:
    if benchmark is None:
        return {}
    other = benchmark - risk_free
    centred = other - other.mean()
    beta = _ratio(float(centred @ e), float(centred @ centred))
    active = r - benchmark
    spread = float(active.std(ddof=1))
    return {
        "alpha": float((1.0 + np.mean(e - beta * other)) ** q - 1.0),
        "beta": beta,
        "tracking_error": spread * math.sqrt(q),
        "information_ratio": _ratio(float(active.mean()), _spread(spread, np.sort(active))),
    }
