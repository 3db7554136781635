"""Goal-reaching policies: the textbook programme and finer lattices agree, then CPU time beside it.

No package that does this was found, so the peer is the textbook form in numpy: density of the log return between
every pair of grid points, a tensor of portfolio x point x point a step (Das and others 2020). Its errors are its own:
the goal inside a cell costs it up to 1e-2.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from goalplan.engine.policy import LognormalMenu, Policy, PolicyGoal, PolicyTask, solve_policy
from goalplan.engine.policy.backward import induce

MU = np.linspace(0.0526, 0.0886, 15)
MENU = LognormalMenu(drift=MU, volatility=np.sqrt(28.3377 * MU**2 - 2.97682 * MU + 0.0795499))

# Steps, years a step, wealth, money in a step, goal; points of the textbook grid; milliseconds promised.
SINGLE = {
    "18 annual": (18, 1.0, 100.0, 3.0, 330.0, 500, 2.0),
    "36 monthly": (36, 1.0 / 12.0, 300.0, 5.0, 520.0, 400, 2.0),
    "216 monthly": (216, 1.0 / 12.0, 300.0, 2.0, 1250.0, 400, 8.0),
}


def arguments(case: str) -> dict[str, Any]:
    steps, years, wealth, flow, goal, _, _ = SINGLE[case]
    flows = np.zeros(steps + 1)
    flows[1:steps] = flow
    return {
        "menu": MENU, "wealth": wealth, "steps": steps, "step_years": years, "flows": flows,
        "goals": [PolicyGoal(step=steps, amount=goal)],
    }  # fmt: skip


def many_goals() -> dict[str, Any]:
    """Ten goals over 40 years of months."""
    flows = np.zeros(481)
    flows[1:300] = 3.0
    goals = [PolicyGoal(step=48 * (i + 1), amount=150.0 + 60.0 * i, utility=1.0 + 0.1 * i) for i in range(10)]
    return {
        "menu": MENU, "wealth": 100.0, "steps": 480, "step_years": 1.0 / 12.0, "flows": flows, "goals": goals
    }  # fmt: skip


def textbook(case: str) -> float:
    """Success by the textbook programme on the same problem."""
    steps, years, wealth, flow, goal, points, _ = SINGLE[case]
    mean, sd = MENU.log_moments(years)
    reach = 4.0 * sd.max() * np.sqrt(steps)
    low = np.log(wealth) + mean.min() * steps - reach
    x = np.linspace(low, np.log(wealth + flow * steps) + mean.max() * steps + reach, points)
    value = (np.exp(x) >= goal).astype(float)
    for t in range(steps - 1, -1, -1):
        start = np.log(np.exp(x) + (flow if t else 0.0))
        z = (x[None, None, :] - start[None, :, None] - mean[:, None, None]) / sd[:, None, None]
        density = np.exp(-0.5 * z**2)
        density /= density.sum(axis=2, keepdims=True)
        value = (density @ value).max(axis=0)
    return float(np.interp(np.log(wealth), x, value))


def cpu(run: Callable[[], Any], rounds: int = 9) -> float:
    """Median seconds of CPU after one call to warm up."""
    run()
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def error(task: dict[str, Any], policy: Policy) -> float:
    """Largest difference of value and probabilities from a 3,000-point lattice."""
    lattice = policy.problem.lattice
    fine = solve_policy(**task, spacing=lattice.spacing * (lattice.size - 1) / 3000.0)
    return float(max(abs(policy.value - fine.value), np.abs(policy.probability - fine.probability).max()))


@pytest.mark.parametrize("case", SINGLE)
def test_agreement(case):
    policy = solve_policy(**arguments(case))
    assert error(arguments(case), policy) <= 1e-4
    assert policy.value == pytest.approx(textbook(case), abs=0.015)


def test_agreement_of_many_goals():
    """The value; single probabilities among ten goals are 1.2e-4 off, printed by the speed test."""
    task = many_goals()
    policy = solve_policy(**task)
    lattice = policy.problem.lattice
    fine = solve_policy(**task, spacing=lattice.spacing * (lattice.size - 1) / 3000.0)
    assert policy.value == pytest.approx(fine.value, abs=1e-4)


@pytest.mark.parametrize("case", SINGLE)
def test_speed_of_a_single_goal(benchmark, promise, case):
    task, promised = arguments(case), SINGLE[case][-1]
    policy = benchmark(solve_policy, **task)
    if not benchmark.enabled:
        return
    ours, theirs = cpu(lambda: solve_policy(**task)), cpu(lambda: textbook(case), 3)
    promise(f"policy for one goal, {case}", ours, at_most=promised / 1e3, unit="s")
    promise(f"beside the textbook programme in numpy, {case}", theirs / ours, unit="x")
    print(
        f"\n{case}: {1e3 * ours:.2f} ms (promised {promised:g}), error {error(task, policy):.0e}; textbook "
        f"{1e3 * theirs:.0f} ms, error {abs(textbook(case) - policy.value):.0e}; {theirs / ours:.0f} times"
    )


def test_speed_of_ten_goals_over_forty_years(benchmark, promise):
    policy = benchmark(solve_policy, **many_goals())
    if not benchmark.enabled:
        return
    ours = cpu(lambda: solve_policy(**many_goals()))
    promise("policy for 10 goals, 480 monthly", ours, at_most=0.040, unit="s")
    print(
        f"\n10 goals, 480 monthly: {1e3 * ours:.1f} ms (promised 40), error {error(many_goals(), policy):.0e}"
    )


@pytest.mark.parametrize("amount", [500.0, 520.0, 550.0])
def test_speed_under_a_drawdown_limit(benchmark, promise, amount):
    task = {**arguments("36 monthly"), "goals": [PolicyGoal(step=36, amount=amount)], "drawdown_limit": 0.12}
    policy = benchmark(solve_policy, **task)
    assert policy.feasible
    assert policy.breach_probability <= 0.05
    if not benchmark.enabled:
        return
    problem = PolicyTask(**task).problem(0.005, limited=True)
    one, whole = cpu(lambda: induce(problem, [1.0], 0.3)), cpu(lambda: solve_policy(**task))
    promise(f"12 % at 95 %, 36 monthly, goal {amount:g}: a multiplier", one, at_most=0.060, unit="s")
    promise(f"12 % at 95 %, 36 monthly, goal {amount:g}: whole", whole, at_most=0.250, unit="s")
    print(
        f"\ngoal {amount:g}, 12 % at 95 %, 36 monthly: {1e3 * one:.0f} ms a multiplier (promised 60), whole "
        f"{1e3 * whole:.0f} ms (promised 250), dual gap {100 * (policy.dual_bound - policy.value):.2f} points"
    )
