"""Nothing later than its close can reach a decision: the future is replaced by noise, decisions stay."""

import datetime as dt
import sys
import types

import numpy as np
import pytest
from goalplan.backtests import BacktestConfig, walk_forward

SWITCH = 620  # first row of the second future
START = dt.date(2010, 6, 1)

HALVES = {"equity": {"a0": 1.0}, "bonds": {"a2": 1.0}}
EQUAL, PARITY, LEAST = {"kind": "equal_weight"}, {"kind": "risk_parity"}, {"kind": "minimum_variance"}
STRATEGIES = {
    "fixed_weights": {"kind": "fixed_weights", "weights": {"a0": 0.5, "a1": 0.3, "a2": 0.2}},
    "equal_weight": EQUAL,
    "sixty_forty": {"kind": "sixty_forty", **HALVES},
    "glide_path": {"kind": "glide_path", **HALVES, "target": "2013-01-01", "years": 4.0},
    "minimum_variance": {**LEAST, "max_weight": 0.6},
    "minimum_cvar": {"kind": "minimum_cvar"},
    "minimum_cdar": {"kind": "minimum_cdar"},
    "risk_parity": PARITY,
    "volatility_target": {"kind": "volatility_target", "risky": PARITY, "safe": "a0", "target": 0.1},
    "cppi": {"kind": "cppi", "risky": LEAST, "safe": "a0", "ratchet": True},
    "drawdown_control": {"kind": "drawdown_control", "risky": EQUAL, "safe": "a0"},
    "function": {"kind": "function", "function": "goalplan_test_strategies:trend"},
}


def trend(history):
    """Hold what rose over the window, more of it the higher the account stands."""
    rose = np.maximum(history.levels[-1] / history.levels[0] - 1.0, 0.0) + 1e-3
    return rose / rose.sum() * min(1.0, 0.5 * history.unit_values[-1])


@pytest.fixture(autouse=True)
def user_module(monkeypatch):
    module = types.ModuleType("goalplan_test_strategies")
    module.trend = trend
    monkeypatch.setitem(sys.modules, "goalplan_test_strategies", module)
    return module


@pytest.fixture(scope="module")
def markets(make_market, random_levels):
    """Two markets that agree up to the switch and have nothing in common after it."""
    past = random_levels(900, 5, seed=21)
    past[:150, 4] = np.nan
    other = past.copy()
    noise = random_levels(900, 5, seed=99, scale=0.04)
    other[SWITCH:] = past[SWITCH - 1] * noise[SWITCH:] / noise[SWITCH - 1]
    return make_market(past, cost=0.001), make_market(other, cost=0.001)


def run(strategy, market, **rebalance):
    config = BacktestConfig(
        start=START,
        strategy=strategy,
        window={"lookback": 60},
        rebalance={"every": "monthly", "delay": 1, **rebalance},
        risk_free="a0",
        benchmark="a1",
    )
    return walk_forward(config, market)


@pytest.mark.parametrize("name", STRATEGIES)
def test_another_future_changes_no_decision(markets, name):
    one, other = (run(STRATEGIES[name], market) for market in markets)
    known = one.decision_dates < markets[0].days[SWITCH]
    assert known.sum() > 15
    assert not known.all()
    assert one.targets[known].tobytes() == other.targets[known].tobytes()
    before = one.dates < markets[0].days[SWITCH]
    assert one.wealth[before].tobytes() == other.wealth[before].tobytes()
    assert one.weights[before].tobytes() == other.weights[before].tobytes()
    assert not np.allclose(one.wealth[~before], other.wealth[~before])


@pytest.mark.parametrize("name", ["minimum_variance", "risk_parity", "cppi", "function"])
def test_an_expanding_window_sees_no_future_either(make_market, markets, name):
    def expanding(market):
        config = BacktestConfig(
            start=START, strategy=STRATEGIES[name], window={"kind": "expanding", "lookback": 60}
        )
        return walk_forward(config, market)

    one, other = (expanding(market) for market in markets)
    known = one.decision_dates < markets[0].days[SWITCH]
    assert one.targets[known].tobytes() == other.targets[known].tobytes()


def test_cutting_the_data_changes_nothing_before_the_cut(markets):
    whole = run(STRATEGIES["minimum_variance"], markets[0])
    config = whole.config.model_copy(update={"end": dt.date(2012, 1, 15)})
    cut = walk_forward(config, markets[0])
    assert cut.wealth.tobytes() == whole.wealth[: len(cut.wealth)].tobytes()


def test_what_a_function_is_shown_ends_at_its_decision(markets, user_module):
    seen = []

    def spy(history):
        seen.append(history)
        return np.zeros(len(history.asset_ids))

    user_module.trend = spy
    result = run(STRATEGIES["function"], markets[0])
    assert [history.dates[-1] for history in seen] == result.decision_dates.tolist()
    for history, decided in zip(seen, result.decision_dates, strict=True):
        row = int(np.searchsorted(markets[0].days, decided))
        columns = [markets[0].asset_ids.index(name) for name in history.asset_ids]
        assert np.array_equal(history.levels, markets[0].daily[row - 60 : row + 1, columns])
        assert np.array_equal(history.returns, history.levels[1:] / history.levels[:-1] - 1.0)
        assert len(history.unit_values) == int(np.searchsorted(result.dates, decided)) + 1
        for array in (history.levels, history.returns, history.held, history.unit_values):
            assert not array.flags.writeable
            base = array if array.base is None else array.base
            assert base.size == array.size  # nothing larger hides behind the view
    assert "a4" in seen[-1].asset_ids
    assert "a4" not in seen[0].asset_ids


def test_a_trade_follows_its_signal_by_the_delay(markets):
    for delay in (0, 1, 5):
        result = run(STRATEGIES["equal_weight"], markets[0], delay=delay)
        rows = np.searchsorted(result.dates, result.decision_dates)
        traded = np.searchsorted(result.dates, result.trades.dates)
        assert (traded == rows + delay).all()


def test_looking_ahead_would_be_caught(markets, user_module):
    """A strategy that is handed tomorrow's levels turns the test above red."""
    other_days = markets[1].daily

    def cheat(history):
        row = int(np.searchsorted(markets[0].days, history.dates[-1]))
        future = (markets[0].daily if cheat.first else other_days)[row + 1 : row + 22]
        columns = [markets[0].asset_ids.index(name) for name in history.asset_ids]
        gain = np.nan_to_num(future[-1, columns] / history.levels[-1])
        return gain / gain.sum()

    user_module.trend = cheat
    cheat.first = True
    one = run(STRATEGIES["function"], markets[0])
    cheat.first = False
    other = run(STRATEGIES["function"], markets[1])
    known = one.decision_dates < markets[0].days[SWITCH]
    assert one.targets[known].tobytes() != other.targets[known].tobytes()
