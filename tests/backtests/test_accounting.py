"""Every yuan accounted for, from what a result publishes; and what no rescaling may change."""

import datetime as dt

import numpy as np
import pytest
from goalplan.backtests import BacktestConfig, walk_forward
from hypothesis import given, settings
from hypothesis import strategies as st

STRATEGIES = [
    {"kind": "equal_weight"},
    {"kind": "fixed_weights", "weights": {"a0": 0.3, "a1": 0.3, "a2": 0.2, "a3": 0.1}},
    {"kind": "minimum_variance", "max_weight": 0.5},
    {"kind": "risk_parity"},
    {"kind": "cppi", "risky": {"kind": "equal_weight"}, "safe": "a0"},
]


@pytest.fixture(scope="module")
def market(make_market, random_levels):
    levels = random_levels(1000, 5, seed=11)
    levels[:80, 4] = np.nan
    levels[700:, 3] = np.nan
    return make_market(levels, cost=0.001, fee=0.004)


def gains(result, market):
    """Gain by prices and cash interest between closes, before fees: from weights, wealth and levels."""
    first = int(np.searchsorted(market.days, result.dates[0]))
    columns = [market.asset_ids.index(name) for name in result.asset_ids]
    levels = market.daily[first : first + len(result.dates), columns]
    growth = np.nan_to_num(levels[1:] / levels[:-1] - 1.0)
    held = result.weights[:-1] * result.wealth[:-1, None]
    years = np.diff(result.dates).astype(int) / 365.25
    rate = result.config.cash
    return (held * growth).sum(axis=1) + result.cash[:-1] * ((1 + rate) ** years - 1.0)


@settings(max_examples=40)
@given(
    strategy=st.sampled_from(STRATEGIES),
    every=st.sampled_from(["weekly", "monthly", "quarterly"]),
    delay=st.integers(0, 3),
    band=st.sampled_from([0.0, 0.02]),
    minimum=st.sampled_from([0.0, 30.0]),
    slippage=st.sampled_from([0.0, 7.0]),
    advisory=st.sampled_from([0.0, 0.01]),
    cash=st.sampled_from([0.0, 0.03]),
    monthly=st.sampled_from([-3_000.0, 0.0, 4_000.0]),
)
def test_every_yuan_is_accounted_for(
    market, strategy, every, delay, band, minimum, slippage, advisory, cash, monthly
):
    config = BacktestConfig(
        start=dt.date(2010, 2, 10),
        strategy=strategy,
        rebalance={"every": every, "delay": delay, "band": band},
        window={"lookback": 40},
        costs={"minimum": minimum, "slippage_bps": slippage, "advisory_fee": advisory},
        cash=cash,
        flows={"monthly": monthly},
    )
    result = walk_forward(config, market)
    charges = np.zeros(len(result.dates))
    rows = np.searchsorted(result.dates, result.trades.dates)
    np.add.at(charges, rows, (result.trades.commissions + result.trades.slippage).sum(axis=1))
    change = np.diff(np.concatenate([[config.initial], result.wealth]))
    explained = np.concatenate([[0.0], gains(result, market)]) - result.fees + result.flows - charges
    assert np.abs(change - explained).max() <= 1e-9 * config.initial
    assert result.weights.sum(axis=1) + result.cash / result.wealth == pytest.approx(1.0, abs=1e-12)
    assert (result.cash >= -1e-9 * config.initial).all()
    assert (result.weights >= -1e-12).all()


@settings(max_examples=15)
@given(strategy=st.sampled_from(STRATEGIES), factor=st.floats(0.01, 100.0))
def test_money_has_no_scale(market, strategy, factor):
    def run(scale):
        return walk_forward(
            BacktestConfig(
                start=dt.date(2010, 3, 1),
                initial=1e6 * scale,
                strategy=strategy,
                window={"lookback": 40},
                costs={"minimum": 5.0 * scale},
                flows={"monthly": 1_000.0 * scale},
            ),
            market,
        )

    one, other = run(1.0), run(factor)
    assert other.unit_values == pytest.approx(one.unit_values, rel=1e-9)
    assert other.wealth == pytest.approx(factor * one.wealth, rel=1e-9)


@pytest.mark.parametrize("strategy", [s for s in STRATEGIES if s["kind"] != "cppi"])
def test_the_order_of_assets_does_not_matter(market, strategy):
    config = BacktestConfig(
        start=dt.date(2010, 3, 1), strategy=strategy, window={"lookback": 40}, assets=("a0", "a1", "a2", "a3")
    )
    turned = config.model_copy(update={"assets": ("a2", "a0", "a3", "a1")})
    one, other = walk_forward(config, market), walk_forward(turned, market)
    assert other.wealth == pytest.approx(one.wealth, rel=1e-6)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_costs_and_fees_only_take(market, strategy):
    def final(**costs):
        config = BacktestConfig(
            start=dt.date(2010, 3, 1), strategy=strategy, window={"lookback": 40}, costs=costs
        )
        return walk_forward(config, market).wealth[-1]

    free = final(trading_bps=0.0)
    assert final(trading_bps=10.0) < free
    assert final(trading_bps=0.0, slippage_bps=10.0) == pytest.approx(final(trading_bps=10.0), rel=1e-12)
    assert final(trading_bps=0.0, advisory_fee=0.01) < free
    assert final(trading_bps=0.0, minimum=100.0) < free


def test_a_withdrawal_beyond_the_money_empties_the_account(market):
    config = BacktestConfig(
        start=dt.date(2010, 3, 1),
        strategy={"kind": "equal_weight"},
        flows={"dated": [{"date": "2010-09-01", "amount": -5e6}, {"date": "2010-12-01", "amount": 1e5}]},
        rebalance={"every": "quarterly"},
    )
    result = walk_forward(config, market)
    row = int(np.searchsorted(result.dates, np.datetime64("2010-09-01")))
    assert result.wealth[row] == 0.0
    assert -result.flows[row] < 5e6
    assert [event.code for event in result.events if event.date == dt.date(2010, 9, 1)] == [
        "withdrawal_short"
    ]
    assert result.wealth[-1] > 0.0  # paid in again
    assert np.isfinite(result.returns).all()
