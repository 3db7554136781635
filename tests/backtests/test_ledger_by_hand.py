"""Two ledgers of three assets over five days, worked out by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from goalplan.backtests import BacktestConfig, walk_forward

DATES = ["2020-03-23", "2020-03-24", "2020-03-25", "2020-03-26", "2020-03-27"]
START = dt.date(2020, 3, 23)
BEFORE = [str(day.date()) for day in pd.bdate_range("2017-09-01", "2020-03-20")]


def five_days(make_market, levels, ids):
    """Return the market of the five days, after years in which nothing moved."""
    table = np.vstack([np.repeat(np.array(levels[:1], dtype=np.float64), len(BEFORE), axis=0), levels])
    return make_market(table, ids=ids, dates=BEFORE + DATES)


@pytest.fixture
def bought_once(make_market):
    """Buy on day 2, pay in on day 3, C ends after it, take out on day 5; 1 % a trade."""
    nan = np.nan
    levels = [[100, 50, 20], [100, 50, 20], [110, 40, 25], [121, 50, nan], [121, 50, nan]]
    config = BacktestConfig(
        initial=1010.0,
        start=START,
        strategy={"kind": "fixed_weights", "weights": {"A": 0.5, "B": 0.3, "C": 0.2}},
        rebalance={"every": "never", "delay": 1},
        costs={"trading_bps": 100.0},
        flows={
            "dated": [
                {"date": DATES[2], "amount": 101.0},
                {"date": DATES[4], "amount": -464.805},
            ]
        },
    )
    return walk_forward(config, five_days(make_market, levels, ["A", "B", "C"]))


def test_wealth_day_by_day(bought_once):
    # Day 2: V + 1 % V = 1010, so V = 1000: 500, 300, 200; cost 10.
    # Day 3: 550 + 240 + 250 = 1040; of 101 paid in, 100 are bought and 1 is cost: 600, 270, 270.
    # Day 4: 660 + 337.5; C has ended at 270, sold for 270 - 2.7 = 267.3.
    # Day 5: 267.3 cash and 197.505 raised by selling 199.5, a fifth of 997.5, cost 1.995: 528 + 270.
    assert bought_once.wealth == pytest.approx([1010.0, 1000.0, 1140.0, 1264.8, 798.0], rel=1e-14)
    assert bought_once.cash == pytest.approx([1010.0, 0.0, 0.0, 267.3, 0.0], abs=1e-10)
    assert bought_once.flows == pytest.approx([0.0, 0.0, 101.0, 0.0, -464.805], rel=1e-14)


def test_unit_value_takes_the_flows_out(bought_once):
    day2 = 1000.0 / 1010.0
    day3 = day2 * (1140.0 - 101.0) / 1000.0
    day4 = day3 * 1264.8 / 1140.0
    day5 = day4 * (798.0 + 464.805) / 1264.8
    assert bought_once.unit_values == pytest.approx([1.0, day2, day3, day4, day5], rel=1e-14)
    assert np.prod(1.0 + bought_once.returns) == pytest.approx(day5, rel=1e-14)


def test_orders(bought_once):
    trades = bought_once.trades
    assert trades.reasons.tolist() == ["rebalance", "invest", "ended", "withdraw"]
    assert trades.dates.astype(str).tolist() == DATES[1:]
    expected = [[500, 300, 200], [50, 30, 20], [0, 0, -270], [-132, -67.5, 0]]
    assert trades.values == pytest.approx(np.array(expected), rel=1e-13)
    assert trades.commissions == pytest.approx(np.abs(expected) * 0.01, rel=1e-13)
    assert bought_once.costs == pytest.approx(10.0 + 1.0 + 2.7 + 1.995, rel=1e-13)


def test_weights_at_each_close(bought_once):
    expected = [
        [0, 0, 0],
        [0.5, 0.3, 0.2],
        [600 / 1140, 270 / 1140, 270 / 1140],
        [660 / 1264.8, 337.5 / 1264.8, 0],
        [528 / 798, 270 / 798, 0],
    ]
    assert bought_once.weights == pytest.approx(np.array(expected), rel=1e-13)


def test_the_end_of_a_series_is_recorded(bought_once):
    (event,) = bought_once.events
    assert (event.code, event.parameters, event.date) == (
        "series_ended",
        {"asset": "C"},
        dt.date(2020, 3, 26),
    )
    assert "C has ended" in event.text("en")
    assert "C" in event.text("zh")


def rebalanced(make_market, **costs):
    """Return the run of five days that trades at the close that decides."""
    levels = [[10, 10, 10], [12, 10, 8], [12, 10, 8], [12, 10, 8], [12, 10, 8]]
    config = BacktestConfig(
        initial=1010.0,
        start=START,
        strategy={"kind": "fixed_weights", "weights": {"A": 0.5, "B": 0.25, "C": 0.25}},
        rebalance={"every": "daily", "delay": 0},
        costs={"trading_bps": 100.0, **costs},
    )
    return walk_forward(config, five_days(make_market, levels, ["A", "B", "C"]))


def test_rebalance_pays_its_cost_from_wealth(make_market):
    # 1000 after the first trade; 600 + 250 + 200 = 1050 a day later. Sell A, buy B and C:
    # V = 1050 - 1 % (600 - V/2 + V/4 - 250 + V/4 - 200) = 1050 - 1.5, and nothing moves after that.
    result = rebalanced(make_market)
    assert result.wealth == pytest.approx([1000.0, 1048.5, 1048.5, 1048.5, 1048.5], rel=1e-14)
    assert result.trades.values[1] == pytest.approx([-75.75, 12.125, 62.125], rel=1e-12)
    assert result.returns[0] == pytest.approx(1048.5 / 1010.0 - 1.0, rel=1e-14)


def test_least_commission_of_an_order(make_market):
    # Each of the three orders would cost less than 1, so 3 in all: V = 1047.
    result = rebalanced(make_market, minimum=1.0)
    assert result.wealth == pytest.approx([1000.0, 1047.0, 1047.0, 1047.0, 1047.0], rel=1e-14)
    assert result.trades.values[1] == pytest.approx([-76.5, 11.75, 61.75], rel=1e-12)
    assert result.trades.commissions[1].tolist() == [1.0, 1.0, 1.0]


def test_slippage_is_told_apart(make_market):
    result = rebalanced(make_market, trading_bps=40.0, slippage_bps=60.0)
    assert result.wealth[-1] == pytest.approx(1048.5, rel=1e-14)
    assert result.trades.slippage.sum() == pytest.approx(1.5 * result.trades.commissions.sum(), rel=1e-12)


def test_a_band_holds_trades_back(make_market):
    levels = [[10, 10], [11, 10], [14, 10], [14, 10], [14, 10]]
    config = BacktestConfig(
        initial=1000.0,
        start=START,
        strategy={"kind": "equal_weight"},
        rebalance={"every": "daily", "delay": 1, "band": 0.05},
    )
    result = walk_forward(config, five_days(make_market, levels, ["A", "B"]))
    # Bought at 11 and 10; the third close stands at 636 against 500, 6 % off, and trades at the fourth.
    assert result.weights[2, 0] == pytest.approx(500 * 14 / 11 / (500 * 14 / 11 + 500), rel=1e-14)
    assert result.traded.tolist() == [True, False, True, False]
    assert result.weights[3] == pytest.approx([0.5, 0.5], rel=1e-14)
