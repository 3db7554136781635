"""Figures of one series by empyrical-reloaded and quantstats, printed as JSON.

Run in the environment of peers.txt; benchmarks/test_backtest.py compares with goalplan live, and
tests/backtests/test_metrics.py holds the printed numbers.
"""

import json
import sys
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
if not hasattr(np, "NINF"):
    setattr(np, "NINF", -np.inf)  # noqa: B010 - empyrical-reloaded 0.5.9 still asks for the name that numpy 2 dropped

import empyrical  # noqa: E402
import quantstats.stats as quantstats  # noqa: E402


def series() -> tuple[np.ndarray, np.ndarray, float]:
    """Returns of a strategy and of a benchmark over 500 rows, and a risk-free rate: no random numbers."""
    t = np.arange(500.0)
    wave = np.sin(1.7 * t) * (1.0 + 0.5 * np.cos(0.013 * t))
    benchmark = 0.0003 + 0.008 * np.sin(1.7 * t + 0.4) + 0.003 * np.cos(0.9 * t)
    return 0.0005 + 0.01 * wave + 0.004 * np.cos(2.3 * t + 1.0) ** 3, benchmark, 0.0001


def main() -> None:
    values, other, rate = series()
    index = pd.bdate_range("2015-01-02", periods=len(values))
    r, b = pd.Series(values, index=index), pd.Series(other, index=index)
    alpha, beta = empyrical.alpha_beta(r, b, risk_free=rate)
    json.dump(
        {
            "total_return": empyrical.cum_returns_final(r),
            "annual_volatility": empyrical.annual_volatility(r),
            "downside_risk": empyrical.downside_risk(r, required_return=rate),
            "sharpe_ratio": empyrical.sharpe_ratio(r, risk_free=rate),
            "sortino_ratio": empyrical.sortino_ratio(r, required_return=rate),
            "max_drawdown": -empyrical.max_drawdown(r),
            "value_at_risk": -empyrical.value_at_risk(r),
            "conditional_value_at_risk": -empyrical.conditional_value_at_risk(r),
            "omega_ratio": empyrical.omega_ratio(r, risk_free=rate),
            "tail_ratio": empyrical.tail_ratio(r),
            "stability": empyrical.stability_of_timeseries(r),
            "ulcer_index": float(quantstats.ulcer_index(r)),
            "win_rate": float(quantstats.win_rate(r)),
            "alpha": alpha,
            "beta": beta,
            "information_ratio": empyrical.excess_sharpe(r, b),
            "quantstats_information_ratio": float(quantstats.information_ratio(r, b)),
            "quantstats_sharpe": float(quantstats.sharpe(r)),
            "quantstats_max_drawdown": float(-quantstats.max_drawdown(r)),
            "sharpe_ratio_without_rate": empyrical.sharpe_ratio(r),
        },
        sys.stdout,
        indent=1,
    )


if __name__ == "__main__":
    main()
