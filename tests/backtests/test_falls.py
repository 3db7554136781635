"""Worst drawdowns and crisis windows of a backtest whose path is known."""

import dataclasses
import datetime as dt

import numpy as np
import pytest
from goalplan.backtests import BacktestConfig, crisis_windows, walk_forward, worst_drawdowns
from goalplan.scenarios.market import load_market
from goalplan.scenarios.stress import Episode, Episodes

RETURNS = np.array([0.1, -0.2, 0.25, 0.1, -0.5, 0.2, 0.1, 1.0, -0.05])
DATES = np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-01-11"))


@pytest.fixture(scope="module")
def result():
    market = load_market().select(["cn_equity_large", "cn_treasury", "cn_cash"])
    config = BacktestConfig(
        start="2007-06-01", strategy={"kind": "sixty_forty"}, frequency="monthly", benchmark="cn_equity_large"
    )
    return walk_forward(config, market)


def test_worst_drawdowns(result):
    path = dataclasses.replace(result, returns=RETURNS, dates=DATES)
    deep, shallow, last = worst_drawdowns(path)
    assert deep.depth == pytest.approx(0.5)
    assert (deep.peak, deep.trough, deep.recovery) == tuple(dt.date(2020, 1, day) for day in (5, 6, 9))
    assert shallow.depth == pytest.approx(0.2)
    assert shallow.recovery == dt.date(2020, 1, 4)  # 0.8 * 1.25 is the old peak again
    assert last.depth == pytest.approx(0.05)
    assert last.recovery is None
    assert worst_drawdowns(path, count=1) == (deep,)


def test_the_deepest_is_the_maximum_drawdown(result):
    assert worst_drawdowns(result, 1)[0].depth == pytest.approx(result.metrics.max_drawdown, rel=1e-12)


def test_a_window_is_measured_between_its_closes(result):
    episode = Episode(id="made", start="2008-01-15", end="2008-10-20", source="made for a test")
    (window,) = crisis_windows(result, Episodes(episodes=(episode,)))
    assert (window.start, window.end) == (dt.date(2007, 12, 31), dt.date(2008, 10, 31))
    value = np.cumprod(np.concatenate([[1.0], 1.0 + result.returns]))
    a, b = (int(np.searchsorted(result.dates, np.datetime64(day))) for day in (window.start, window.end))
    assert window.total_return == pytest.approx(value[b] / value[a] - 1.0, rel=1e-12)
    assert window.total_return < -0.3
    assert window.max_drawdown >= -window.total_return
    assert window.benchmark_return < window.total_return


def test_the_stress_library_is_the_default(result):
    windows = {window.id: window for window in crisis_windows(result)}
    assert "2008" in windows
    assert all(window.start >= dt.date(2007, 6, 1) for window in windows.values())
    late = dataclasses.replace(result, dates=result.dates + np.timedelta64(40_000, "D"))
    assert crisis_windows(late) == ()
