"""Every yuan of inflow, return, fee, cost, payment and final wealth balances, on every path."""

import numpy as np
import pytest
from goalplan.engine.judge.arrays import LEDGER

OPENING, INFLOW, PAYMENT, COST, PRODUCT, ADVISORY, GAIN = range(7)


@pytest.fixture(scope="module")
def outcome(build):
    rng = np.random.default_rng(11)
    T, paths = 36, 300
    payments = [build.payment(t, 9.0, goal=1, min_fraction=0.5) for t in range(12, 24)]
    payments.append(build.payment(T, 120.0))
    return build.judge(
        np.append(0.0, np.full(T, 3.0)),
        payments,
        np.exp(rng.normal(0.003, 0.06, (paths, 2 * T, 3))),
        steps=2,
        weights=[[0.5, 0.2, 0.3]],
        cost=[0.001, 0.004, 0.0],
        fee=[0.01, 0.0, 0.02],
        advisory_fee=0.006,
        wealth=60.0,
        table={"fractions": [[0.0, 0.5, 1.0]] * 13},
    )


def test_totals_balance_on_every_path(outcome):
    money_in = outcome.start + outcome.inflows.sum() + outcome.gain
    out = outcome.money_paid.sum(axis=1) + outcome.cost + outcome.product_fee + outcome.advisory_fee
    np.testing.assert_allclose(out + outcome.final, money_in, rtol=1e-9)


def test_every_month_balances_and_opens_where_the_last_closed(outcome):
    assert LEDGER[:7] == ("opening", "inflow", "payment", "cost", "product_fee", "advisory_fee", "gain")
    ledger = outcome.ledger
    money_out = ledger[:, :, [PAYMENT, COST, PRODUCT, ADVISORY]].sum(axis=2)
    closing = ledger[:, :, OPENING] + ledger[:, :, INFLOW] + ledger[:, :, GAIN] - money_out
    np.testing.assert_allclose(closing[:, :-1], ledger[:, 1:, OPENING], rtol=1e-9)
    np.testing.assert_allclose(closing[:, -1], outcome.final, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(outcome.wealth, ledger[:, :, OPENING] + ledger[:, :, INFLOW], rtol=1e-12)


def test_totals_are_the_sums_of_the_ledger(outcome):
    for column, total in (
        (PAYMENT, outcome.money_paid.sum(axis=1)),
        (COST, outcome.cost),
        (PRODUCT, outcome.product_fee),
        (ADVISORY, outcome.advisory_fee),
        (GAIN, outcome.gain),
    ):
        np.testing.assert_allclose(outcome.ledger[:, :, column].sum(axis=1), total, rtol=1e-9, atol=1e-9)


def test_fees_are_their_rates_of_what_is_invested(outcome):
    ledger = outcome.ledger[:, :-1]
    invested = ledger[:, :, OPENING] + ledger[:, :, INFLOW] - ledger[:, :, PAYMENT] - ledger[:, :, COST]
    np.testing.assert_allclose(ledger[:, :, ADVISORY], invested * 0.0005, rtol=1e-12)
    left = invested - ledger[:, :, ADVISORY]
    rate = (0.5 * 0.01 + 0.3 * 0.02) / 12.0
    np.testing.assert_allclose(ledger[:, :, PRODUCT], left * rate, rtol=1e-9, atol=1e-12)


def test_without_volatility_a_plan_is_a_spreadsheet(build):
    growth, cost, fee, advisory = 1.004, 0.002, 0.012, 0.006
    wealth, held, units = 100.0, 0.0, []
    for month in range(13):
        money = wealth + (5.0 if month > 0 else 0.0)
        if month == 12:
            break
        held = held + (money - held) / (1.0 + cost)  # cost on what is bought: x + c (x - held) = money
        held *= 1.0 - advisory / 12.0
        held *= 1.0 - fee / 12.0
        held *= growth
        wealth = held
        units.append(held)
    plan = ([0.0] + [5.0] * 12, [build.payment(12, 50.0)], np.full((12, 1), growth))
    outcome = build.judge(*plan, cost=cost, fee=fee, advisory_fee=advisory, wealth=100.0)
    opening = outcome.ledger[0, 1:, OPENING]
    np.testing.assert_allclose(opening, units, rtol=1e-14)
    raised_by_sale = 50.0 - 5.0
    np.testing.assert_allclose(outcome.final, [units[-1] - raised_by_sale / (1.0 - cost)], rtol=1e-13)


def test_a_fee_is_charged(build):
    """Free, with a product fee, with an advisory fee: each plan ends below the one before by its fee."""
    plan = ([0.0] * 13, [build.payment(12, 1e9)], np.ones((12, 1)))
    ends = [
        build.judge(*plan, fee=fee, advisory_fee=advisory).final[0]
        for fee, advisory in ((0.0, 0.0), (0.012, 0.0), (0.012, 0.006))
    ]
    np.testing.assert_allclose(ends, [100.0, 100.0 * 0.999**12, 100.0 * (0.999 * 0.9995) ** 12], rtol=1e-14)


def test_a_trade_costs_its_rate_on_both_sides(build):
    plan = ([0.0, 0.0], [build.payment(1, 1e9)], np.ones((1, 2)))
    mix = {"weights": [[0.0, 1.0]], "cost": [0.01, 0.02]}
    bought = build.judge(*plan, **mix)
    np.testing.assert_allclose(bought.final, [100.0 / 1.02], rtol=1e-14)
    swapped = build.judge(*plan, **mix, today=np.array([1.0, 0.0]))
    np.testing.assert_allclose(swapped.final, [99.0 / 1.02], rtol=1e-14)


def test_nothing_to_trade_costs_nothing(build):
    outcome = build.judge([0.0] * 5, [build.payment(4, 1e9)], np.full((4, 1), 1.01), cost=0.01)
    assert outcome.ledger[0, 0, COST] > 0.9
    assert np.abs(outcome.ledger[0, 1:, COST]).max() < 1e-12
