"""A client's money at given returns: hand-computed payments, contributions needed, falls of an account."""

import datetime as dt

import numpy as np
import pytest
from goalplan.backtests.cohorts.money import Course, needed_contribution, settle
from goalplan.goals.schedule import Payment, Schedule
from hypothesis import given
from hypothesis import strategies as st


def schedule(inflows, *payments):
    return Schedule(
        start=dt.date(2020, 1, 1),
        months=len(inflows) - 1,
        inflows=np.array(inflows, dtype=float),
        payments=tuple(
            Payment(goal=g, month=month, amount=amount, index=None, priority=0, min_fraction=least)
            for g, (month, amount, least) in enumerate(payments)
        ),
    )


def test_payments_by_hand():
    # 100 doubles, +10 = 210, pays 150 -> 60; halves, +10 = 40, cannot pay 100 but 30 % of it -> 10.
    plan = schedule([0.0, 10.0, 10.0], (1, 150.0, 1.0), (2, 100.0, 0.3))
    found = settle(plan, np.array([150.0, 100.0]), 100.0, np.array([1.0, 2.0, 1.0]))
    assert found.wealth.tolist() == [100.0, 210.0, 40.0]
    assert found.paid.tolist() == [1.0, 0.3]
    assert found.money.tolist() == [210.0, 40.0]
    assert found.final == pytest.approx(10.0)


@given(
    growth=st.lists(st.floats(0.7, 1.4), min_size=6, max_size=6),
    amounts=st.tuples(st.floats(50.0, 400.0), st.floats(50.0, 400.0)),
)
def test_the_contribution_needed_just_pays_every_goal(growth, amounts):
    units = np.cumprod([1.0, *growth])
    pattern = np.array([0.0, *[1.0] * 6])
    dates = ((3, amounts[0], 1.0), (6, amounts[1], 1.0))
    due = np.array(amounts)
    needed = needed_contribution(schedule(20.0 * pattern, *dates), pattern, 20.0, due, 100.0, units)
    assert needed is not None
    enough = settle(schedule(needed * pattern, *dates), due, 100.0, units)
    assert enough.paid.tolist() == [1.0, 1.0]
    if needed > 1.0:
        less = settle(schedule(0.99 * needed * pattern, *dates), due, 100.0, units)
        assert less.paid.min() == 0.0


def test_no_contribution_helps_a_goal_that_comes_before_the_first():
    plan = schedule([0.0, 0.0, 1.0], (1, 200.0, 1.0))
    pattern = np.array([0.0, 0.0, 1.0])
    assert needed_contribution(plan, pattern, 1.0, np.array([200.0]), 100.0, np.ones(3)) is None


@given(st.lists(st.floats(-0.2, 0.2), min_size=12, max_size=12), st.sampled_from([0, 2, 3, 4]))
def test_falls_are_those_of_the_days(returns, every):
    """Three days a month: the falls from the months' extremes equal those from all the days."""
    path = np.concatenate([[1.0], np.cumprod(1.0 + np.array(returns))])
    months = path[::3]
    inside = np.array([path[3 * t + 1 : 3 * t + 4] / path[3 * t] for t in range(4)])
    course = Course(
        units=months,
        low=inside.min(axis=1),
        high=inside.max(axis=1),
        deepest=(1.0 - inside / np.maximum.accumulate(inside, axis=1)).max(axis=1),
    )
    length = every or 4
    wanted = []
    for a in range(0, 4, length):
        stretch = path[3 * a : 3 * min(a + length, 4) + 1]
        wanted.append((1.0 - stretch / np.maximum.accumulate(stretch)).max())
    assert course.falls(every) == pytest.approx(wanted, abs=1e-12)
    peak, fall = course.standing(4, 0)
    assert peak == pytest.approx(path.max())
    assert fall == pytest.approx((1.0 - path / np.maximum.accumulate(path)).max())
