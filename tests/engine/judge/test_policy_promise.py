"""Followed on fresh paths of its own law, without costs, a policy keeps what its lattice promised."""

import numpy as np
import pytest
from goalplan.engine.judge.run import run_policy
from goalplan.engine.judge.statistics import drawdown_statistics, goal_statistics
from goalplan.engine.policy import LognormalMenu, PolicyGoal, policy_table, solve_policy

PATHS, T = 12_000, 36
WEALTH, SAVING = 300.0, 5.0


@pytest.fixture(scope="module")
def frontier():
    """Mean and volatility a year of 15 portfolios (Das, Ostrov, Radhakrishnan, Srivastav 2020)."""
    mu = np.linspace(0.0526, 0.0886, 15)
    return mu, np.sqrt(28.3377 * mu**2 - 2.97682 * mu + 0.0795499)


@pytest.fixture(scope="module")
def followed(build, frontier):
    """Solve for the goal, judge on paths in which each portfolio is an asset of its own."""
    mu, sigma = frontier
    z = np.random.default_rng(9).standard_normal((PATHS, T, 15))
    returns = build.returns(np.exp((mu - sigma**2 / 2.0) / 12.0 + sigma / np.sqrt(12.0) * z))
    inflows = np.array([0.0] + [SAVING] * (T - 1) + [0.0])

    def follow(amount, **limit):
        policy = solve_policy(
            menu=LognormalMenu(drift=mu, volatility=sigma), wealth=WEALTH, steps=T, step_years=1.0 / 12.0,
            flows=inflows, goals=[PolicyGoal(step=T, amount=amount, utility=1.0)], spacing=0.005, **limit,
        )  # fmt: skip
        schedule = build.schedule(inflows, [build.payment(T, amount)])
        table = policy_table(policy)
        return policy, run_policy(table, build.menu(np.eye(15)), schedule, returns, wealth=WEALTH)

    return follow


@pytest.mark.parametrize(("amount", "published"), [(500.0, 0.963), (520.0, 0.904), (550.0, 0.790)])
def test_probability_without_a_limit(followed, amount, published):
    policy, outcome = followed(amount)
    found = goal_statistics(outcome)[0].probability
    assert abs(found.value - policy.probability[0]) <= 4.0 * found.standard_error
    assert abs(found.value - published) <= 4.0 * found.standard_error + 0.001


def test_probability_and_breach_under_a_limit(followed):
    policy, outcome = followed(520.0, drawdown_limit=0.12, confidence=0.95)
    found = goal_statistics(outcome)[0].probability
    assert abs(found.value - policy.probability[0]) <= 4.0 * found.standard_error
    breach = drawdown_statistics(outcome).breach
    assert abs(breach.value - policy.breach_probability) <= 4.0 * breach.standard_error + 0.003
    assert breach.value <= 0.05 + 4.0 * breach.standard_error
