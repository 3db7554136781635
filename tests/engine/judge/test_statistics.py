"""What is read off an outcome."""

import numpy as np
import pytest
from goalplan.engine.judge.statistics import (
    LEVELS,
    after_payments,
    below_paid_in,
    drawdown_statistics,
    goal_statistics,
    money_weighted_returns,
    percentiles,
    price_level,
    share,
)
from scipy.optimize import brentq

NEVER = 1e12


def test_standard_error_of_a_share():
    found = share(np.arange(10_000) < 7_000)
    assert found.value == 0.7
    assert found.standard_error == pytest.approx(0.0046, abs=2e-5)


@pytest.mark.parametrize("paths", [1, 2, 7, 1000])
def test_percentiles_are_numpy_s(paths):
    values = np.random.default_rng(0).normal(size=(paths, 5)).T.copy().T
    np.testing.assert_allclose(percentiles(values), np.percentile(values, LEVELS, axis=0), rtol=1e-13)


def four_paths(build, **more):
    """An all-or-nothing goal of 100 at month 2 met from 130, 100, missed with 80 and 60."""
    growth = np.array([1.3, 1.0, 0.8, 0.6])[:, None, None] * np.array([1.0, 1.0])[None, :, None]
    growth[:, 1] = 1.0
    return build.judge([0.0] * 3, [build.payment(2, 100.0)], growth, **more)


def test_goal_statistics_by_hand(build):
    found = goal_statistics(four_paths(build))[0]
    assert found.goal == 0
    assert found.probability.value == found.minimum.value == 0.5
    assert found.probability.standard_error == pytest.approx(0.25)
    assert found.completion == 0.5
    assert found.funded_ratio == pytest.approx((1.0 + 1.0 + 0.8 + 0.6) / 4.0)
    assert found.expected_shortfall == pytest.approx((20.0 + 40.0) / 4.0)
    assert found.conditional_shortfall == pytest.approx(30.0)
    assert found.expected_gap == pytest.approx(0.15)
    assert found.conditional_gap == pytest.approx(0.3)


def test_a_goal_always_met_has_no_shortfall(build):
    outcome = build.judge([0.0, 0.0], [build.payment(1, 10.0)], np.ones((1, 1)))
    found = goal_statistics(outcome)[0]
    assert (found.probability.value, found.conditional_shortfall, found.conditional_gap) == (1.0, 0.0, 0.0)


def test_a_payment_declined_is_not_funded_by_the_money_kept(build):
    declines = {"hold": np.zeros((2, 1, 4)), "pay": np.zeros((1, 1, 4)), "origin": np.log([50.0, 50.0])}
    outcome = build.judge([0.0, 0.0], [build.payment(1, 60.0)], np.ones((1, 1)), table=declines)
    assert outcome.available[0, 0] == 100.0
    assert goal_statistics(outcome)[0].funded_ratio == 0.0


def test_indexed_amounts_weigh_the_shares(build):
    indices = np.array([[[1.0], [2.0]]])
    payments = [build.payment(1, 50.0, index="cpi"), build.payment(2, 50.0, index="cpi")]
    outcome = build.judge(
        [0.0] * 3, payments, np.ones((2, 1)), indices=indices, index_ids=("cpi",), expected=np.full(2, 50.0)
    )
    found = goal_statistics(outcome)[0]
    assert found.completion == pytest.approx(50.0 / 150.0)
    assert found.funded_ratio == pytest.approx((50.0 + 50.0) / 150.0)
    returns = build.returns(np.ones((2, 1)), indices)
    np.testing.assert_array_equal(price_level(returns, ("cpi",), "cpi", 2), [[1.0, 1.0, 2.0]])


def test_wealth_before_and_after_payments(build):
    outcome = four_paths(build)
    np.testing.assert_allclose(outcome.wealth[:, 2], [130.0, 100.0, 80.0, 60.0])
    np.testing.assert_allclose(after_payments(outcome)[:, 2], [30.0, 0.0, 80.0, 60.0])
    np.testing.assert_allclose(outcome.final, [30.0, 0.0, 80.0, 60.0])


def test_below_the_money_paid_in_counts_payments_as_received(build):
    assert below_paid_in(four_paths(build)).value == 0.5
    even = build.judge([0.0, 5.0], [build.payment(1, 30.0)], np.ones((1, 1)))
    assert below_paid_in(even).value == 0.0


def test_drawdown_statistics_by_hand(build):
    levels = np.array(
        [[1.0, 0.9, 0.95, 0.8], [1.0, 0.7, 1.0, 0.95], [1.1, 1.2, 1.3, 1.4], [1.0, 1.0, 1.0, 0.88]]
    )
    growth = (levels / np.column_stack([np.ones(4), levels[:, :-1]]))[:, :, None]
    table = {"reset_every": 2, "limit": -np.log(0.88 - 1e-9), "broken": np.zeros((5, 1))}
    outcome = build.judge([0.0] * 5, [build.payment(4, NEVER)], growth, table=table)
    found = drawdown_statistics(outcome)
    assert [window.value for window in found.windows] == [0.25, 0.25]
    assert found.breach.value == 0.5
    assert found.all_time.value == 0.5
    assert found.given_breach_mean == pytest.approx((0.15 / 0.95 + 0.3) / 2.0)
    np.testing.assert_allclose(found.quantiles[0], np.median([0.15 / 0.95, 0.3, 0.0, 0.12]))
    assert drawdown_statistics(outcome, limit=0.5).given_breach_mean == 0.0


def test_a_steady_rate_is_the_money_weighted_return(build):
    monthly = 1.05 ** (1.0 / 12.0)
    payments = [build.payment(6, 40.0), build.payment(24, 20.0)]
    outcome = build.judge([0.0] + [3.0] * 24, payments, np.full((24, 1), monthly))
    np.testing.assert_allclose(money_weighted_returns(outcome), 0.05, rtol=1e-10)


def test_money_weighted_return_solves_the_flows(build):
    rng = np.random.default_rng(3)
    T = 60
    payments = [build.payment(t, 4.0, min_fraction=0.5) for t in range(30, 60)] + [build.payment(T, 60.0)]
    outcome = build.judge(
        np.append(0.0, np.full(T, 1.0)), payments, np.exp(rng.normal(0.002, 0.08, (40, T, 1))), wealth=30.0
    )
    found = money_weighted_returns(outcome)
    for p in range(40):
        flows = -outcome.inflows.copy()
        flows[0] -= outcome.start
        for m, payment in enumerate(payments):
            flows[payment.month] += outcome.money_paid[p, m]
        flows[T] += outcome.final[p]
        worth = lambda r, flows=flows: np.sum(flows * (1.0 + r) ** (-np.arange(T + 1) / 12.0))  # noqa: E731
        assert found[p] == pytest.approx(brentq(worth, -0.9, 5.0, xtol=1e-14), abs=1e-9)


def test_money_lost_and_money_never_put_in(build):
    outcome = build.judge([0.0] * 3, [build.payment(2, 10.0)], np.full((2, 1), 1e-60))
    assert money_weighted_returns(outcome)[0] == pytest.approx(-1.0, abs=1e-9)
    nothing = build.judge([0.0] * 3, [build.payment(2, 10.0)], np.ones((2, 1)), wealth=0.0)
    assert np.isnan(money_weighted_returns(nothing)[0])
    assert nothing.final[0] == 0.0
    assert nothing.peak_drawdown[0] == 0.0
