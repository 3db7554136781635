"""Figures against empyrical-reloaded and quantstats, and against plain numpy."""

import math

import numpy as np
import pandas as pd
import pytest
from goalplan.backtests import measure
from goalplan.backtests.figures import _kernels as kernels
from goalplan.backtests.walk_forward import money_weighted_return

# Printed by benchmarks/peer_metrics.py with empyrical-reloaded 0.5.9 and quantstats 0.0.86 (numpy 2.4.6):
# drawdown and tail losses with the sign turned; ulcer index and win rate by quantstats, else empyrical.
PEERS = {
    "total_return": 0.26397091723621746,
    "annual_volatility": 0.12598963501367236,
    "downside_risk": 0.08538109659192146,
    "sharpe_ratio": 0.8001529876864518,
    "sortino_ratio": 1.180717827454725,
    "max_drawdown": 0.02176287214783925,
    "value_at_risk": 0.012377844911045674,
    "conditional_value_at_risk": 0.014098100661371094,
    "omega_ratio": 1.1280639502555114,
    "tail_ratio": 1.1006072142624217,
    "stability": 0.9938599948534391,
    "ulcer_index": 0.008521068417116378,
    "win_rate": 0.52,
    "alpha": 0.04831432878834052,
    "beta": 1.0235581784796262,
    "information_ratio": 0.03873000196955923,
}


def series():
    """Return the series of benchmarks/peer_metrics.py."""
    t = np.arange(500.0)
    wave = np.sin(1.7 * t) * (1.0 + 0.5 * np.cos(0.013 * t))
    benchmark = 0.0003 + 0.008 * np.sin(1.7 * t + 0.4) + 0.003 * np.cos(0.9 * t)
    return 0.0005 + 0.01 * wave + 0.004 * np.cos(2.3 * t + 1.0) ** 3, benchmark


def days(count, start="2015-01-01"):
    return np.arange(np.datetime64(start), np.datetime64(start) + count)


@pytest.mark.parametrize("name", PEERS)
def test_figure_equals_the_peers(name):
    returns, benchmark = series()
    found = measure(returns, days(501), 252, risk_free=0.0001, benchmark=benchmark)
    assert getattr(found, name) == pytest.approx(PEERS[name], rel=1e-10)


def test_moments_are_those_of_scipy():
    from scipy import stats

    returns, _ = series()
    found = measure(returns, days(501), 252)
    assert found.skew == pytest.approx(stats.skew(returns), rel=1e-10)
    assert found.kurtosis == pytest.approx(stats.kurtosis(returns), rel=1e-10)


def test_cagr_counts_calendar_time():
    dates = pd.date_range("2015-12-31", periods=37, freq="ME").to_numpy().astype("datetime64[D]")
    found = measure(np.full(36, 0.01), dates, 12)
    years = (dates[-1] - dates[0]).astype(int) / 365.25
    assert found.cagr == pytest.approx(1.01 ** (36 / years) - 1.0, rel=1e-13)
    gap = np.concatenate([dates[:20], dates[20:] + np.timedelta64(400, "D")])  # the same returns, more time
    assert measure(np.full(36, 0.01), gap, 12).cagr < found.cagr


def test_drawdown_is_compounded_and_positive():
    returns = np.array([0.1, -0.5, 0.2, -0.3, 1.0, 2.0])
    found = measure(returns, days(7), 252)
    assert found.max_drawdown == pytest.approx(1.0 - 0.5 * 1.2 * 0.7, rel=1e-14)
    assert found.calmar_ratio == pytest.approx(found.cagr / found.max_drawdown, rel=1e-14)


def test_longest_drawdown_in_days():
    dates = np.array(
        ["2020-01-01", "2020-01-02", "2020-01-06", "2020-01-10", "2020-02-01", "2020-02-02", "2020-05-01"],
        dtype="datetime64[D]",
    )
    # Peak on 2 January, back on 1 February; peak again on 2 February, never back by 1 May.
    recovered = np.array([0.1, -0.2, 0.1, 0.2, 0.05, -0.1])
    assert measure(recovered, dates, 252).longest_drawdown_days == 89
    assert measure(recovered[:5], dates[:6], 252).longest_drawdown_days == 30
    assert measure(np.full(5, 0.01), dates[:6], 252).longest_drawdown_days == 0


def test_undefined_figures_are_nan_and_never_huge():
    flat = measure(np.full(10, 0.001), days(11), 252, risk_free=0.001)
    for name in ("sharpe_ratio", "sortino_ratio", "calmar_ratio", "beta", "alpha", "information_ratio"):
        assert math.isnan(getattr(flat, name))
        assert flat.to_dict()[name] is None
    assert flat.annual_volatility == pytest.approx(0.0, abs=1e-15)
    with pytest.raises(ValueError, match="at least 2"):
        measure(np.array([0.1]), days(2), 252)


def test_risk_free_may_be_a_series():
    returns, _ = series()
    rates = np.linspace(0.0, 0.0004, 500)
    found = measure(returns, days(501), 252, risk_free=rates)
    excess = returns - rates
    assert found.sharpe_ratio == pytest.approx(excess.mean() / excess.std(ddof=1) * math.sqrt(252), rel=1e-11)


def test_kernel_equals_python():
    returns, rates = series()
    numbers = days(501).astype(np.int64)
    fast = kernels.series_figures(returns, rates, numbers)
    assert fast == pytest.approx(kernels.series_figures.py_func(returns, rates, numbers), rel=1e-12)


def test_money_weighted_return():
    dates = np.array(["2020-01-01", "2021-01-01", "2022-01-01"], dtype="datetime64[D]")
    flows = np.array([0.0, 100.0, 0.0])
    rate = money_weighted_return(100.0, flows, 100.0 * 1.05**2 + 100.0 * 1.05, dates)
    years = (dates[-1] - dates).astype(int) / 365.25
    assert 100.0 * (1 + rate) ** years[0] + 100.0 * (1 + rate) ** years[1] == pytest.approx(215.25, rel=1e-10)
    assert rate == pytest.approx(0.05, abs=1e-4)
    assert math.isnan(money_weighted_return(100.0, np.array([0.0, -300.0, 0.0]), 1e9, dates[:3])) is False
    assert math.isnan(money_weighted_return(100.0, np.array([0.0, 0.0, 0.0]), 0.0, dates))
