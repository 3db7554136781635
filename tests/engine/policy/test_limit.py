"""The drawdown limit as a chance constraint: kept by simulation, nearly free of slack, and shallow when it breaks."""

import numpy as np
import pytest
from goalplan.engine.policy import LognormalMenu, PolicyGoal, solve_policy

from .walk import walk

MU = np.linspace(0.0526, 0.0886, 15)
FRONTIER = LognormalMenu(drift=MU, volatility=np.sqrt(28.3377 * MU**2 - 2.97682 * MU + 0.0795499))
VOLATILITY = np.concatenate([[0.005], np.linspace(0.02, 0.16, 14)])
WITH_CASH = LognormalMenu(drift=0.018 + 0.3 * VOLATILITY, volatility=VOLATILITY)
FLOWS = np.array([0.0] + [5.0] * 35 + [0.0])
LIMIT = 0.12


def home(amount=520.0, menu=FRONTIER, **limit):
    task = {"drawdown_limit": LIMIT, "confidence": 0.95, **limit}
    return solve_policy(
        menu=menu, wealth=300.0, steps=36, step_years=1.0 / 12.0, flows=FLOWS,
        goals=[PolicyGoal(step=36, amount=amount)], **task,
    )  # fmt: skip


def check(policy, paths):
    """Simulated breach and depth keep what the lattice says, within standard errors."""
    found = walk(policy, paths, seed=5)
    broken = found.breach[:, 0]
    breach, error = broken.mean(), np.sqrt(0.05 * 0.95 / paths)
    assert breach <= 0.05 + 3.0 * error
    if policy.multiplier > 0.0:
        assert breach >= 0.047 - 3.0 * error
        assert policy.dual_bound - policy.value <= 0.002
    deep = (found.drawdown[broken, 0] > 1.5 * LIMIT).mean()
    assert deep <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / broken.sum())
    assert found.paid.mean() == pytest.approx(policy.probability[0], abs=0.006)


CASES = [(FRONTIER, 500.0), (FRONTIER, 520.0), (FRONTIER, 550.0), (WITH_CASH, 510.0), (WITH_CASH, 530.0)]


@pytest.mark.parametrize(("menu", "amount"), [CASES[1], CASES[3]])
def test_simulated_breach_and_depth(menu, amount):
    check(home(amount, menu), 100_000)


@pytest.mark.verify
@pytest.mark.parametrize(("menu", "amount"), CASES)
def test_simulated_breach_and_depth_on_a_million_paths(menu, amount):
    check(home(amount, menu), 1_000_000)


def test_a_tighter_limit_costs_success_and_a_loose_one_nothing():
    free = home(drawdown_limit=None).value
    by_confidence = [home(confidence=c).value for c in (0.5, 0.9, 0.95, 0.99)]
    assert np.all(np.diff(by_confidence) < 1e-6)
    assert by_confidence[0] <= free + 1e-3
    assert free - home(drawdown_limit=0.6).value < 2e-3


def test_infeasible_when_the_calmest_policy_breaks_too_often():
    policy = home(drawdown_limit=0.02, confidence=0.99)
    assert not policy.feasible
    assert policy.breach_probability > 0.01
    assert home().feasible


def test_after_a_breach_the_lowest_risk_is_held():
    policy = home()
    assert all(policy.at(t, 400.0, 0.13, True)[0] == 0 for t in range(36))


def test_a_drawdown_carried_into_the_plan_holds_less_risk():
    fresh, under_way = home(), home(drawdown=0.11)
    assert under_way.value < fresh.value
    assert under_way.first < fresh.first


def test_windows_are_limited_one_by_one():
    once, twice = home(), home(reset_every=18)
    assert twice.induction.breach.shape == (2,)
    assert np.all(twice.induction.breach <= 0.05 + 1e-9)
    assert twice.value >= once.value - 1e-3
    found = walk(twice, 100_000, seed=2).breach.mean(axis=0)
    assert np.all(found <= 0.05 + 4.0 * np.sqrt(0.05 * 0.95 / 100_000))


def test_stress_floor_bars_what_would_break_it():
    """At drawdown d only portfolios with (1 - d)(1 - L) >= 1 - F may be held, the lowest risk always."""
    loss = np.linspace(0.05, 0.4, 15)
    policy = home(worst_loss=loss, stress_floor=0.25)
    for drawdown in (0.0, 0.05, 0.10):
        held = [policy.at(t, w, drawdown)[0] for t in range(0, 36, 5) for w in (250.0, 350.0, 450.0)]
        # decided for a drawdown up to a cell away
        assert all(k == 0 or (1.0 - drawdown + 0.005) * (1.0 - loss[k]) >= 0.75 for k in held)
    assert policy.value <= home().value + 1e-3
    values = [home(worst_loss=loss, stress_floor=f).value for f in (0.1, 0.2, 0.3, 0.5)]
    assert np.all(np.diff(values) >= -1e-3)


def test_ruin_that_is_survived_under_a_limit_by_simulation():
    """A payment that may take all there is, money that comes later, and a limit that binds in both windows."""
    flows = np.zeros(25)
    flows[8], flows[9:24] = -96.0, 7.0
    policy = solve_policy(
        menu=WITH_CASH, wealth=100.0, steps=24, step_years=1.0 / 12.0, flows=flows,
        goals=[PolicyGoal(step=24, amount=113.0)],
        ruin="survivable", drawdown_limit=0.08, reset_every=12,
    )  # fmt: skip
    paths = 100_000
    found = walk(policy, paths, seed=3)
    assert policy.multiplier > 0.0
    p = policy.probability[0]
    assert 0.1 < p < 0.95
    assert found.paid.mean() == pytest.approx(p, abs=3.0 * np.sqrt(p * (1.0 - p) / paths))
    assert np.all(found.breach.mean(axis=0) <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / paths))
    absorbed = solve_policy(
        menu=WITH_CASH, wealth=100.0, steps=24, step_years=1.0 / 12.0, flows=flows, goals=policy.task.goals,
        drawdown_limit=0.08, reset_every=12,
    )  # fmt: skip
    assert absorbed.value < policy.value


def test_a_want_takes_no_more_than_the_tolerance_from_a_need_that_a_calm_portfolio_secures():
    """Weights are found on a coarse lattice, which hardly resolves a volatility of 0.5 % a year."""
    mu = np.linspace(0.0526, 0.0886, 6)
    volatility = np.sqrt(28.3377 * mu**2 - 2.97682 * mu + 0.0795499)
    need = PolicyGoal(step=22, amount=102.65, priority=0)
    want = PolicyGoal(step=22, amount=64.95, priority=1)
    shares = [
        solve_policy(
            menu=LognormalMenu(drift=np.append(0.02, mu), volatility=np.append(0.005, volatility)),
            wealth=100.0, steps=35, step_years=1.0 / 12.0, flows=np.array([0.0] + [0.482] * 34 + [0.0]),
            goals=goals, drawdown_limit=0.12,
        ).probability[0]
        for goals in ([need], [need, want])
    ]  # fmt: skip
    assert shares[0] > 0.999
    assert shares[1] >= shares[0] - 0.005 - 1e-3
