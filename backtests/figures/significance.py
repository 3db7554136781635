"""How far to trust a backtest: block-bootstrap intervals, and Sharpe ratios deflated for the search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._types import FloatArray
from ..past import DAYS_PER_YEAR
from ._kernels import resampled_metrics

if TYPE_CHECKING:
    from ..result import BacktestResult

NAMES = ("cagr", "annual_volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown")
EULER = 0.5772156649015329


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure of the backtest and the range its resamples fill.

    Attributes
    ----------
    estimate : float
        Of the backtest itself.
    low, high : float
        Percentiles of the resamples; `Intervals.level` of them lie between.
    """

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Block-bootstrap intervals of one backtest.

    Attributes
    ----------
    figures : dict
        Interval by name: cagr, annual_volatility, sharpe_ratio, sortino_ratio, max_drawdown.
    level : float
        Share of the resamples inside.
    block, resamples : int
        Rows of a block, and how many resamples were drawn.
    independent : float
        Rows over rows of a block: about so many independent pieces of evidence there are.
    seed : int
    """

    figures: dict[str, Interval]
    level: float
    block: int
    resamples: int
    independent: float
    seed: int


def bootstrap_intervals(
    result: BacktestResult,
    *,
    level: float = 0.9,
    resamples: int = 2_000,
    block: int | None = None,
    seed: int = 0,
) -> Intervals:
    """Percentile intervals from a circular block bootstrap of the returns (Politis and Romano 1992).

    Parameters
    ----------
    result : BacktestResult
        Its returns and risk-free returns are resampled together, row by row.
    level : float
        Share of the resamples inside the interval.
    resamples : int
        At least 100.
    block : int, optional
        Rows of a block; by default the longer of the lengths that `block_length` finds for the returns and
        for their squares, because volatility comes in clusters.
    seed : int

    Notes
    -----
    The drawdown's interval tells how deep the fall of such a history may be, not how sure the realised one
    is: a reshuffled history breaks long trends, so it leans to shallower falls when blocks are short.
    """
    returns = result.returns
    n = len(returns)
    if not 0.0 < level < 1.0 or resamples < 100:
        raise ValueError(
            f"level = {level}, resamples = {resamples}: give a level in (0, 1) and at least 100."
        )
    if block is None:
        centred = returns - returns.mean()
        block = max(block_length(returns), block_length(centred * centred))
    if not 1 <= block <= n:
        raise ValueError(f"block = {block}: give 1 to {n} rows.")
    draws = np.random.Generator(np.random.Philox(seed)).random((resamples, -(-n // block)))
    years = float((result.dates[-1] - result.dates[0]).astype(np.int64)) / DAYS_PER_YEAR
    table = resampled_metrics(
        returns, returns - result.risk_free, (draws * n).astype(np.int64), block, result.rows_per_year, years
    )
    tail = 50.0 * (1.0 - level)
    figures = {}
    for column, name in enumerate(NAMES):
        low, high = np.nanpercentile(table[:, column], [tail, 100.0 - tail])
        figures[name] = Interval(estimate=getattr(result.metrics, name), low=float(low), high=float(high))
    return Intervals(
        figures=figures, level=level, block=block, resamples=resamples, independent=n / block, seed=seed
    )


def block_length(values: FloatArray) -> int:
    """Block length for the circular bootstrap by the rule of Politis and White.

    Automatic Block-Length Selection for the Dependent Bootstrap, Econometric Reviews 23 (2004) 53-70, with
    the correction of Patton, Politis and White (2009): ``(2 g^2 / D)^(1/3) n^(1/3)``, ``D = (4/3) s^2``,
    where s is the spectral density at 0 and g its first derivative's analogue, both with the flat-top lag
    window. Rounded up, at least 1.
    """
    n = len(values)
    x = values - values.mean()
    needed = max(5, math.ceil(math.sqrt(math.log10(n))))
    most = min(math.ceil(math.sqrt(n)) + needed, n - 1)
    covariance = np.array([float(x[k:] @ x[: n - k]) for k in range(most + 1)]) / n
    if covariance[0] <= 0.0:
        return 1
    large = np.abs(covariance[1:] / covariance[0]) >= 2.0 * math.sqrt(math.log10(n) / n)
    last = most
    for lag in range(most - needed + 1):
        if not large[lag : lag + needed].any():
            last = lag + 1
            break
    width = min(2 * last, most)
    lags = np.arange(1, width + 1)
    weights = np.minimum(1.0, 2.0 * (1.0 - lags / width))
    spectrum = covariance[0] + 2.0 * float(weights @ covariance[1 : width + 1])
    slope = 2.0 * float((weights * lags) @ covariance[1 : width + 1])
    if spectrum <= 0.0:
        return 1
    length: float = (2.0 * slope**2 / (4.0 / 3.0 * spectrum**2)) ** (1.0 / 3.0) * n ** (1.0 / 3.0)
    return max(1, math.ceil(min(length, 3.0 * math.sqrt(n), n / 3.0)))


def probabilistic_sharpe_ratio(
    sharpe: float, rows: int, skew: float, kurtosis: float, threshold: float = 0.0
) -> float:
    """Probability that the true Sharpe ratio is above `threshold`.

    ``Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - skew SR + (kurtosis - 1) / 4 SR^2))`` for returns without serial
    dependence (Bailey and Lopez de Prado 2012, The Sharpe Ratio Efficient Frontier).

    Parameters
    ----------
    sharpe, threshold : float
        Per row, not annualised.
    rows : int
        Number of returns.
    skew, kurtosis : float
        Of the returns; the kurtosis of a normal law is 3.
    """
    from scipy.special import ndtr

    variance = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    if not variance > 0.0:
        return math.nan
    return float(ndtr((sharpe - threshold) * math.sqrt(rows - 1) / math.sqrt(variance)))


def expected_maximum_sharpe(variance: float, trials: int) -> float:
    """Largest Sharpe ratio to be expected of `trials` strategies without skill.

    ``sqrt(V) ((1 - g) z(1 - 1/N) + g z(1 - 1/(N e)))`` with Euler's g and the normal quantile z; V is the
    variance of the trials' Sharpe ratios (Bailey and Lopez de Prado 2014, equation 1). 0 for one trial.
    """
    from scipy.special import ndtri

    if trials < 2:
        return 0.0
    high = (1.0 - EULER) * ndtri(1.0 - 1.0 / trials) + EULER * ndtri(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * float(high)


def deflated_sharpe_ratio(
    sharpe: float, rows: int, skew: float, kurtosis: float, variance: float, trials: int
) -> float:
    """Probability that the true Sharpe ratio is above what the best of `trials` would reach without skill.

    The probabilistic Sharpe ratio at the threshold ``sqrt(V) ((1 - g) z(1 - 1/N) + g z(1 - 1/(N e)))``, with Euler's
    g and the normal quantile z (Bailey and Lopez de Prado 2014, The Deflated Sharpe Ratio, Journal of Portfolio
    Management 40).

    Parameters
    ----------
    sharpe : float
        Per row, not annualised.
    rows : int
        Number of returns.
    skew, kurtosis : float
        Of the returns; the kurtosis of a normal law is 3.
    variance : float
        V, of the Sharpe ratios of the strategies tried, per row.
    trials : int
        N, how many were tried.
    """
    threshold = expected_maximum_sharpe(variance, trials)
    return probabilistic_sharpe_ratio(sharpe, rows, skew, kurtosis, threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharpeCaution:
    """How much the Sharpe ratios of several strategies are worth, given that several were tried.

    Attributes
    ----------
    names : tuple of str
    sharpe : tuple of float
        Annualised.
    probabilistic, deflated : tuple of float
        Probability that the true ratio is above 0, and above the best of `trials` without skill.
    trials : int
        Strategies tried, those not shown included.
    expected_maximum : float
        Annualised ratio that the best of them would reach without skill.
    """

    names: tuple[str, ...]
    sharpe: tuple[float, ...]
    probabilistic: tuple[float, ...]
    deflated: tuple[float, ...]
    trials: int
    expected_maximum: float


def sharpe_caution(results: Sequence[BacktestResult], trials: int | None = None) -> SharpeCaution:
    """Deflate the Sharpe ratios of backtests over the same dates, see `deflated_sharpe_ratio`.

    A ratio that is not defined (no variance) counts as 0.

    Parameters
    ----------
    results : sequence of BacktestResult
    trials : int, optional
        Strategies tried, those not shown included; those shown when absent.

    Raises
    ------
    ValueError
        `trials` is below the number of results.
    """
    trials = len(results) if trials is None else trials
    if trials < len(results):
        raise ValueError(
            f"trials = {trials} is below the {len(results)} strategies shown; count all that were tried."
        )
    root = math.sqrt(results[0].rows_per_year)
    ratios = [r.metrics.sharpe_ratio / root for r in results]
    ratios = [ratio if math.isfinite(ratio) else 0.0 for ratio in ratios]
    variance = float(np.var(ratios, ddof=1)) if len(ratios) > 1 else 0.0
    probabilistic, deflated = [], []
    for result, ratio in zip(results, ratios, strict=True):
        rows, metrics = len(result.returns), result.metrics
        moments = (ratio, rows, metrics.skew, metrics.kurtosis + 3.0)
        probabilistic.append(probabilistic_sharpe_ratio(*moments))
        deflated.append(deflated_sharpe_ratio(*moments, variance, trials))
    return SharpeCaution(
        names=tuple(result.name for result in results),
        sharpe=tuple(ratio * root for ratio in ratios),
        probabilistic=tuple(probabilistic),
        deflated=tuple(deflated),
        trials=trials,
        expected_maximum=expected_maximum_sharpe(variance, trials) * root,
    )
