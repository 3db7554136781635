"""Goals in parts, in streams, after the last one, under a limit: by quadrature, by simulation, by what must hold."""

import math

import numpy as np
import pytest
from goalplan.engine.policy import LognormalMenu, PolicyGoal, solve_policy
from scipy.integrate import quad
from scipy.special import ndtr

from .walk import walk

MU = np.linspace(0.0526, 0.0886, 8)
MENU = LognormalMenu(drift=MU, volatility=np.sqrt(28.3377 * MU**2 - 2.97682 * MU + 0.0795499))
VOLATILITY = np.array([0.005, 0.04, 0.08, 0.12])
CALM = LognormalMenu(drift=0.018 + 0.3 * VOLATILITY, volatility=VOLATILITY)
ONE = LognormalMenu(drift=np.array([0.06]), volatility=np.array([0.15]))
MONTHLY = np.array([0.0] + [5.0] * 35 + [0.0])
PATHS = 100_000


def saving(goals, **more):
    """300 now and 5 a month for three years."""
    return solve_policy(
        menu=MENU, wealth=300.0, steps=36, step_years=1.0 / 12.0, flows=MONTHLY, goals=goals, **more
    )


def agrees(policy, paths=PATHS):
    """Simulated utility and probabilities are those of the policy, within 4 standard errors."""
    found = walk(policy, paths, seed=3)
    error = found.utility.std() / np.sqrt(paths)
    slack = (
        0.0 if policy.problem.drawdown is None else 0.006 * sum(g.options[-1][1] for g in policy.task.goals)
    )
    assert abs(found.utility.mean() - policy.value) <= 4.0 * error + slack
    if policy.problem.drawdown is None:
        paid = found.paid.mean(axis=0)
        assert np.all(np.abs(paid - policy.probability) <= 4.0 * np.sqrt(paid * (1.0 - paid) / paths) + 1e-4)
    return found


@pytest.mark.parametrize("utility", [0.2, 0.6, 1.5])
def test_a_bequest_after_a_goal_by_quadrature(utility):
    """One mix, 60 at t = 1 and a bequest of 70 at t = 2: pay first iff ``u + P(W - 60) >= P(W)``, integrated over W."""
    mean, sd = ONE.log_moments(1.0)

    def left(wealth):
        return ndtr((np.log(wealth / 70.0) + mean[0]) / sd[0]) if wealth > 0.0 else 0.0

    def pays(wealth):
        return wealth >= 60.0 and utility + left(wealth - 60.0) >= left(wealth)

    def average(worth):
        def density(z):
            return worth(100.0 * np.exp(mean[0] + sd[0] * z)) * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)

        return sum(quad(density, a, a + 0.125, limit=200)[0] for a in np.arange(-8.0, 8.0, 0.125))

    policy = solve_policy(
        menu=ONE, wealth=100.0, steps=2, step_years=1.0,
        goals=[PolicyGoal(step=1, amount=60.0, utility=utility), PolicyGoal(step=2, amount=70.0)],
    )  # fmt: skip
    first = average(lambda w: float(pays(w)))
    bequest = average(lambda w: left(w - 60.0) if pays(w) else left(w))
    assert policy.probability == pytest.approx([first, bequest], abs=1e-4)
    assert policy.value == pytest.approx(utility * first + bequest, abs=1e-4)


def test_a_stream_is_reported_as_the_share_of_its_payments():
    def run(stream):
        fees = [PolicyGoal(step=t, amount=60.0, utility=0.2, stream=stream) for t in (12, 24, 36)]
        return saving([*fees, PolicyGoal(step=36, amount=280.0)])

    single, joint = run(None), run(1)
    assert joint.value == pytest.approx(single.value, abs=1e-12)
    assert joint.probability == pytest.approx(
        [single.probability[:3].mean(), single.probability[3]], abs=1e-9
    )
    agrees(single)


def test_alternatives_without_and_under_a_drawdown_limit():
    """The smaller flat never hurts, is bought by some, and the limit is kept."""
    whole, choice = [PolicyGoal(step=36, amount=545.0)], ((500.0, 0.7), (545.0, 1.0))
    for limit in ({}, {"drawdown_limit": 0.12, "confidence": 0.95}):
        alone, policy = saving(whole, **limit), saving([PolicyGoal(step=36, options=choice)], **limit)
        assert policy.value >= alone.value - 1e-3
        assert policy.probability[0] <= alone.probability[0] + 2e-3
        found = agrees(policy)
        smaller = (found.utility > 0.5) & (found.utility < 0.9)
        assert 0.01 < smaller.mean() < 0.9
        if limit:
            assert policy.breach_probability <= 0.05
            assert found.breach.mean() <= 0.05 + 4.0 * np.sqrt(0.05 * 0.95 / PATHS)


def test_a_law_narrower_than_a_cell_keeps_its_mean_and_variance():
    """A nearly riskless asset beside others: no cell of the lattice is as narrow as it, and nothing is refused."""
    narrow = LognormalMenu(drift=np.r_[0.02, MU], volatility=np.r_[1e-4, MENU.volatility])
    certain = LognormalMenu(drift=np.r_[0.02, MU], volatility=np.r_[0.0, MENU.volatility])
    task = {"wealth": 100.0, "steps": 10, "step_years": 1.0, "goals": [PolicyGoal(step=10, amount=200.0)]}
    assert solve_policy(**task, menu=narrow).value == pytest.approx(
        solve_policy(**task, menu=certain).value, abs=1e-3
    )


@pytest.mark.parametrize(("menu", "limit"), [(CALM, {}), (MENU, {"drawdown_limit": 0.12})])
def test_a_reserve_floor_is_kept_before_several_goals_are_paid(menu, limit):
    """What must be left at the end is a need: goals on the way are paid from what is above it, by simulation too."""
    reserve = PolicyGoal(step=24, amount=80.0, priority=0)
    wants = [PolicyGoal(step=t, amount=a, priority=1) for t, a in ((6, 12.0), (12, 9.0), (18, 12.0))]
    flows = np.where(np.arange(25) > 0, 0.4, 0.0)

    def solved(goals):
        return solve_policy(
            menu=menu, wealth=100.0, steps=24, step_years=1.0 / 12.0, flows=flows, goals=goals, **limit
        )

    alone, policy = solved([reserve]), solved([*wants, reserve])
    assert policy.probability[-1] >= alone.probability[0] - policy.task.tolerance - 1e-3
    assert policy.probability[:-1].max() < 0.999  # the floor costs the others something
    paths = 60_000
    found = walk(policy, paths, seed=4)
    error = found.utility.std() / np.sqrt(paths)
    assert found.utility.mean() == pytest.approx(policy.value + policy.induction.charged, abs=3.0 * error)
    kept = found.paid[:, -1].astype(bool)
    assert found.paid[kept, :-1].mean() > 0.2  # both at once


@pytest.mark.parametrize("spacing", [None, 10.0])
@pytest.mark.parametrize("limit", [{}, {"drawdown_limit": 0.6, "confidence": 0.01}])
def test_no_span_is_too_small(spacing, limit):
    """A lattice of one standard deviation either side would say 0 or 1 in the tails, one cell anything."""
    mean, sd, steps = 0.05, 0.15, 8
    menu = LognormalMenu(drift=np.array([mean]), volatility=np.array([sd]))
    spread, middle = sd * np.sqrt(steps / 12.0), (mean - 0.5 * sd**2) * steps / 12.0
    for deviations in (-3.5, -1.2, 0.0, 1.2, 3.5):
        policy = solve_policy(
            menu=menu, wealth=100.0, steps=steps, step_years=1.0 / 12.0, spacing=spacing,
            goals=[PolicyGoal(step=steps, amount=100.0 * float(np.exp(middle + deviations * spread)))], **limit,
        )  # fmt: skip
        exact = 0.5 * math.erfc(deviations / np.sqrt(2.0))
        assert policy.probability[0] == pytest.approx(exact, abs=5e-4 if spacing else 1e-4)
