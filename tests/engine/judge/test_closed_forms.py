"""The judge against laws known in closed form; tolerances are four standard errors."""

import numpy as np
import pytest
from goalplan.engine.judge.statistics import drawdown_statistics, goal_statistics
from scipy.special import ndtr

NEVER = 1e12  # an amount that nothing pays, so that the money stays


def lognormal(paths, steps, mean, sd, seed):
    z = np.random.default_rng(seed).standard_normal((paths, steps, 1))
    return np.exp(mean - 0.5 * sd**2 + sd * z)


def within(found, exact, standard_error):
    assert abs(found - exact) <= 4.0 * standard_error


def sd_error(values):
    """Standard error of a sample standard deviation, from the fourth moment."""
    centred = values - values.mean()
    return np.sqrt((np.mean(centred**4) / np.var(values) - np.var(values)) / (4.0 * len(values)))


def test_yearly_contributions_have_their_exact_mean_and_deviation(build):
    """100 now and 5 at the start of years 1 to 9, mean 7 %, volatility 15 %, after 10 years."""
    paths = 200_000
    inflows = [0.0] + [5.0] * 9 + [0.0]
    returns = lognormal(paths, 10, 0.07, 0.15, seed=1)
    final = build.judge(inflows, [build.payment(10, NEVER)], returns, ledger=0).final
    within(final.mean(), 266.2814, final.std() / np.sqrt(paths))
    within(final.std(), 118.7564, sd_error(final))


def test_home_goal_has_its_exact_moments_and_probabilities(build):
    """300 thousand and 5 thousand at the start of each of 36 months, mean 5 %, volatility 8 % a year."""
    paths = 60_000
    returns = lognormal(paths, 36, 0.05 / 12.0, 0.08 / np.sqrt(12.0), seed=2)
    goals = [build.payment(36, 500.0, goal=0), build.payment(36, NEVER, goal=1)]
    outcome = build.judge([5.0] * 36 + [0.0], goals, returns, wealth=300.0, ledger=0)
    worth = outcome.wealth[:, -1]
    within(worth.mean(), 543.1562, worth.std() / np.sqrt(paths))
    within(worth.std(), 63.2315, sd_error(worth))
    reached = goal_statistics(outcome)[0].probability
    within(reached.value, 0.744, np.hypot(reached.standard_error, 0.001))
    more = np.mean(worth >= 520.0)
    within(more, 0.623, np.hypot(np.sqrt(more * (1 - more) / paths), 0.001))


def test_static_probability_and_shortfall(build):
    """100 now, 110 in 3 years, mean 4 %, volatility 6 %: a normal probability, and the value of a put."""
    paths, T, mu, sigma, goal = 100_000, 3, 0.04, 0.06, 110.0
    outcome = build.judge(
        [0.0] * (T + 1), [build.payment(T, goal)], lognormal(paths, T, mu, sigma, seed=3), ledger=0
    )
    found = goal_statistics(outcome)[0]
    d = (np.log(100.0 / goal) + (mu - sigma**2 / 2) * T) / (sigma * np.sqrt(T))
    assert ndtr(d) == pytest.approx(0.573627, abs=1e-6)
    within(found.probability.value, ndtr(d), found.probability.standard_error)
    missing = np.maximum(goal - outcome.wealth[:, -1], 0.0)
    within(found.expected_shortfall, 3.370124, missing.std() / np.sqrt(paths))
    short = missing[missing > 0.0]
    within(found.conditional_shortfall, 7.904173, short.std() / np.sqrt(len(short)))
    assert found.expected_gap == pytest.approx(found.expected_shortfall / goal, rel=1e-12)


@pytest.fixture(scope="module")
def three_years(build):
    """Daily paths of three years, 21 steps a month: mean 7 %, volatility 15 %."""
    paths, steps = 20_000, 756
    returns = lognormal(paths, steps, 0.07 / 252.0, 0.15 / np.sqrt(252.0), seed=4)
    return build.judge([0.0] * 37, [build.payment(36, NEVER)], returns, steps=21, ledger=0)


def test_daily_loss_from_the_start(three_years):
    """A fall of 20 % below the start within 3 years, watched daily: .186844."""
    p = float(np.mean(three_years.loss_of_paid_in >= 0.2))
    within(p, 0.186844, np.sqrt(p * (1 - p) / three_years.paths))


def test_monthly_loss_from_the_start(build):
    returns = lognormal(40_000, 36, 0.07 / 12.0, 0.15 / np.sqrt(12.0), seed=5)
    outcome = build.judge([0.0] * 37, [build.payment(36, NEVER)], returns, ledger=0)
    p = float(np.mean(outcome.loss_of_paid_in >= 0.2))
    within(p, 0.157874, np.sqrt(p * (1 - p) / outcome.paths))


def test_mean_drawdown_of_driftless_motion(build):
    """1.2533 s sqrt T from the peak, less two shifts of .5826 s sqrt dt (Broadie et al. 1997)."""
    sigma, days = 0.08, 756
    returns = lognormal(20_000, days, 0.5 * sigma**2 / 252.0, sigma / np.sqrt(252.0), seed=6)
    outcome = build.judge([0.0] * 37, [build.payment(36, NEVER)], returns, steps=21, ledger=0)
    for drawdown, per_year in ((outcome.peak_drawdown, 252.0), (outcome.peak_drawdown_monthly, 12.0)):
        fall = -np.log1p(-drawdown)
        exact = 1.2533 * sigma * np.sqrt(3.0) - 2.0 * 0.5826 * sigma / np.sqrt(per_year)
        within(fall.mean(), exact, np.hypot(fall.std() / np.sqrt(len(fall)), 0.0002))


def test_breach_shares_are_those_of_the_log_paths(build):
    returns = lognormal(2_000, 252, 0.05 / 252.0, 0.2 / np.sqrt(252.0), seed=7)
    outcome = build.judge([0.0] * 13, [build.payment(12, NEVER)], returns, steps=21, ledger=0)
    found = drawdown_statistics(outcome, limit=0.12)
    level = np.concatenate([np.ones((2_000, 1)), np.cumprod(returns[:, :, 0], axis=1)], axis=1)
    for share, watched in ((found.breach, level), (found.breach_monthly, level[:, ::21])):
        fall = 1.0 - (watched / np.maximum.accumulate(watched, axis=1)).min(axis=1)
        assert share.value == np.mean(fall > 0.12)
    assert found.breach_monthly.value < found.breach.value - 0.03


def test_order_of_returns_matters_with_flows_only(build):
    """Sequence risk: the same returns in another order end alike without flows, and not with them."""
    returns = np.array([[[1.3], [0.9], [0.8]], [[0.8], [0.9], [1.3]]])
    still = build.judge([0.0] * 4, [build.payment(3, NEVER)], returns).final
    assert still[0] == pytest.approx(still[1], rel=1e-15)
    saving = build.judge([0.0, 10.0, 10.0, 0.0], [build.payment(3, NEVER)], returns).final
    assert saving[1] == pytest.approx(93.6 + 10.0 * 0.9 * 1.3 + 10.0 * 1.3, rel=1e-14)
    assert saving[0] == pytest.approx(93.6 + 10.0 * 0.9 * 0.8 + 10.0 * 0.8, rel=1e-14)


def test_goal_completion(build):
    """Blanchett (2015): need 100, 95 guaranteed, the rest fails half-way: success 0, completion 97.5 %."""
    payments = [build.payment(t, 100.0, min_fraction=0.95) for t in (1, 2)]
    outcome = build.judge(
        [0.0, 95.0, 95.0], payments, np.ones((2, 1)), wealth=5.0, table={"fractions": [[0.0, 0.95, 1.0]] * 2}
    )
    found = goal_statistics(outcome)[0]
    assert found.probability.value == 0.0
    assert found.minimum.value == 1.0
    assert found.completion == pytest.approx(0.975, rel=1e-14)
