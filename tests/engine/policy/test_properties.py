"""What must hold whatever the numbers: more money, more goals, more choice never hurt; money has no unit."""

import numpy as np
import pytest
from goalplan.engine.policy import EmpiricalMenu, LognormalMenu, PolicyGoal, solve_policy
from hypothesis import given, settings
from hypothesis import strategies as st

MU = np.linspace(0.0526, 0.0886, 8)
MENU = LognormalMenu(drift=MU, volatility=np.sqrt(28.3377 * MU**2 - 2.97682 * MU + 0.0795499))
AMOUNTS = st.floats(60.0, 260.0)
SMALL = settings(max_examples=12)


def solved(goals, wealth=100.0, menu=MENU, **more):
    flows = np.array([0.0] + [3.0] * 9 + [0.0]) * (wealth / 100.0 if more.pop("scaled", False) else 1.0)
    return solve_policy(menu=menu, wealth=wealth, steps=10, step_years=1.0, flows=flows, goals=goals, **more)


@SMALL
@given(AMOUNTS, st.floats(60.0, 160.0))
def test_value_grows_with_wealth(amount, wealth):
    goal = [PolicyGoal(step=10, amount=amount)]
    assert solved(goal, wealth * 1.05).value >= solved(goal, wealth).value - 1e-5


@SMALL
@given(AMOUNTS, st.floats(1e-3, 1e6))
def test_money_has_no_unit(amount, unit):
    plain = solved([PolicyGoal(step=10, amount=amount)])
    scaled = solved([PolicyGoal(step=10, amount=amount * unit)], 100.0 * unit, scaled=True)
    assert scaled.value == pytest.approx(plain.value, abs=1e-6)


@SMALL
@given(AMOUNTS, AMOUNTS, st.integers(1, 10))
def test_a_goal_or_a_part_more_never_lowers_the_value(first, second, step):
    one = [PolicyGoal(step=10, amount=first)]
    two = [*one, PolicyGoal(step=step, amount=second, utility=0.5)]
    assert solved(two).value >= solved(one).value - 1e-4
    part = [PolicyGoal(step=10, options=((0.6 * first, 0.3), (first, 1.0)))]
    assert solved(part).value >= solved(one).value - 1e-4


@SMALL
@given(AMOUNTS, AMOUNTS, AMOUNTS, st.integers(1, 10), st.integers(1, 10))
def test_wants_and_wishes_never_take_more_than_the_tolerance_from_needs(need, want, wish, early, late):
    alone = solved([PolicyGoal(step=10, amount=need)])
    ranked = [
        PolicyGoal(step=10, amount=need, priority=0),
        PolicyGoal(step=early, amount=want, priority=1),
        PolicyGoal(step=late, amount=wish, priority=2),
    ]
    assert solved(ranked, tolerance=0.005).probability[0] >= alone.value - 0.005 - 1e-3


def test_an_overwhelming_goal_keeps_its_probability_alone():
    alone = solved([PolicyGoal(step=10, amount=200.0)])
    heavy = solved([PolicyGoal(step=10, amount=200.0, utility=1e5), PolicyGoal(step=4, amount=80.0)])
    assert heavy.probability[0] == pytest.approx(alone.value, abs=1e-3)


def test_an_empirical_menu_with_normal_quantiles_is_the_lognormal_one_and_may_vary_with_time():
    from scipy.special import ndtri

    mean, sd = MENU.log_moments(1.0)
    z = ndtri((np.arange(2000) + 0.5) / 2000)
    sampled = EmpiricalMenu(log_returns=mean[:, None] + sd[:, None] * z)
    goal = [PolicyGoal(step=10, amount=200.0)]
    assert solved(goal, menu=sampled).value == pytest.approx(solved(goal).value, abs=2e-3)
    worse = EmpiricalMenu(log_returns=sampled.log_returns - 0.02)
    turning = solved(goal, menu=[sampled] * 5 + [worse] * 5).value
    assert solved(goal, menu=worse).value < turning < solved(goal, menu=sampled).value
