"""What is paid, out of what, and what the table is asked."""

import numpy as np
import pytest


def test_a_goal_met_to_the_last_fen_is_met(build):
    """Zero volatility puts wealth exactly on the goal: success is 1, and 0 for a fen more."""
    growth = np.full((1, 36, 1), 1.003)
    inflows = [0.0] + [8_000.0] * 36
    worth = build.judge(inflows, [build.payment(36, 1e12)], growth, wealth=250_000.0).wealth[0, -1]
    for amount, paid in ((worth, 1.0), (worth + 0.01, 0.0)):
        outcome = build.judge(inflows, [build.payment(36, amount)], growth, wealth=250_000.0)
        assert outcome.paid[0, 0] == paid


def test_a_payment_needs_its_selling_cost(build):
    """100 invested can pay 98 at a selling cost of 2 %, and not a fen more."""
    today = np.array([1.0])
    for amount, paid in ((98.0, 1.0), (98.01, 0.0)):
        outcome = build.judge([0.0, 0.0], [build.payment(1, amount)], np.ones((1, 1)), cost=0.02, today=today)
        assert outcome.paid[0, 0] == paid
        assert outcome.available[0, 0] == pytest.approx(98.0, rel=1e-14)
    outcome = build.judge([0.0, 0.0], [build.payment(1, 49.0)], np.ones((1, 1)), cost=0.02, today=today)
    assert outcome.final[0] == pytest.approx(50.0, rel=1e-14)  # half is sold, half stays invested
    assert outcome.cost[0] == pytest.approx(1.0, rel=1e-14)


def test_priority_decides_within_a_month(build):
    payments = [
        build.payment(1, 70.0, goal=0),
        build.payment(1, 50.0, goal=1),
        build.payment(1, 30.0, goal=2),
    ]
    outcome = build.judge([0.0, 0.0], payments, np.ones((1, 1)))
    np.testing.assert_array_equal(outcome.paid, [[1.0, 0.0, 1.0]])
    np.testing.assert_allclose(outcome.available, [[100.0, 30.0, 30.0]])
    assert outcome.final[0] == 0.0


def test_the_largest_affordable_part_is_paid(build):
    payments = [build.payment(1, 150.0, min_fraction=0.4)]
    outcome = build.judge([0.0, 0.0], payments, np.ones((1, 1)), table={"fractions": [[0.0, 0.4, 0.6, 1.0]]})
    assert outcome.paid[0, 0] == 0.6
    assert outcome.final[0] == pytest.approx(10.0)


def test_ruin_is_survived_by_later_money(build):
    payments = [build.payment(1, 100.0), build.payment(3, 20.0, goal=1)]
    growth = np.array([1.0, 1.5, 1.1])[:, None]
    outcome = build.judge([0.0, 0.0, 20.0, 0.0], payments, growth)
    np.testing.assert_allclose(outcome.ledger[0, :, 0], [100.0, 100.0, 0.0, 22.0])
    np.testing.assert_array_equal(outcome.paid, [[1.0, 1.0]])
    assert outcome.final[0] == pytest.approx(2.0)
    assert outcome.ledger[0, 1, 7] == 1.0  # the unit value rests while there is nothing
    assert outcome.peak_drawdown[0] == 0.0


def pays_from(node):
    """A table on nodes 60 e^(0.1 i), i = 0..7, that pays from `node` up."""
    pay = np.arange(8)[None, None, :] >= node
    return {"hold": np.zeros((2, 1, 8)), "origin": np.log([60.0, 60.0]), "spacing": 0.1, "pay": pay}


def paid(build, wealth, amount, table, **more):
    outcome = build.judge(
        [0.0, 0.0], [build.payment(1, amount, index=more.pop("index", None))], np.ones((1, 1)),
        wealth=wealth, table=table, **more,
    )  # fmt: skip
    return outcome.paid[0, 0]


def test_the_policy_may_decline_what_it_could_pay(build):
    assert paid(build, 60.0 * np.exp(0.54), 50.0, pays_from(6)) == 0.0
    assert paid(build, 60.0 * np.exp(0.56), 50.0, pays_from(6)) == 1.0


@pytest.mark.parametrize(
    ("growth", "over", "expected"),
    [(1.0, -0.1, 0), (1.0, 0.1, 1), (1.2, 9.9, 0), (1.2, 10.1, 1), (0.8, -10.1, 0), (0.8, -9.9, 1)],
)
def test_a_dearer_index_is_judged_by_what_is_left(build, growth, over, expected):
    """The table pays from 60 e^0.55 up; where the price came out 10 higher, from 10 more."""
    drawn = {"indices": np.full((1, 1, 2), growth), "index_ids": ("cpi", "home"), "index": "home"}
    wealth = 60.0 * np.exp(0.55) + over
    assert paid(build, wealth, 50.0, pays_from(6), expected=np.array([50.0]), **drawn) == expected


def test_money_decides_what_is_affordable_not_the_node(build):
    """82 lies nearest to node 3 (81), which could not pay 81.5 and says no; node 4 says yes, and so it is."""
    assert paid(build, 82.0, 81.5, pays_from(4)) == 1.0
    assert paid(build, 81.4, 81.5, pays_from(4)) == 0.0


def test_an_index_grows_until_the_month_of_the_payment(build):
    indices = np.array([[[1.1], [1.2], [1.3]]])
    outcome = build.judge(
        [0.0] * 4,
        [build.payment(0, 1.0, index="cpi"), build.payment(2, 10.0, index="cpi"), build.payment(3, 5.0)],
        np.ones((3, 1)), indices=indices, index_ids=("cpi",), expected=np.array([1.0, 10.0, 5.0]),
    )  # fmt: skip
    np.testing.assert_allclose(outcome.amounts, [[1.0, 13.2, 5.0]])


@pytest.mark.parametrize("factor", [1e-3, 7.0, 1e6])
def test_scaling_all_money_changes_no_decision(build, factor):
    growth = np.exp(np.random.default_rng(8).normal(0.0, 0.08, (40, 6, 2)))
    outcomes = []
    for scale in (1.0, factor):
        table = {
            "hold": np.tile(np.arange(12) % 2, (7, 1, 1)),
            "origin": np.full(7, np.log(30.0 * scale)),
            "spacing": 0.15,
            "pay": np.ones((2, 1, 12)),
        }
        payments = [build.payment(3, 40.0 * scale), build.payment(6, 60.0 * scale, goal=1)]
        mix = {"weights": [[0.8, 0.2], [0.1, 0.9]], "cost": 0.002, "wealth": 70.0 * scale}
        outcomes.append(build.judge(np.full(7, 3.0 * scale), payments, growth, table=table, **mix))
    assert 0.0 < outcomes[0].paid.mean() < 1.0
    np.testing.assert_array_equal(outcomes[0].paid, outcomes[1].paid)
    np.testing.assert_allclose(outcomes[1].final, outcomes[0].final * factor, rtol=1e-11)
