"""Random policy problems: flows, goals, 3 to 60 steps, 2 to 100 portfolios, with and without cash."""

import numpy as np
from goalplan.engine.policy import LognormalMenu, PolicyGoal


def random_problem(seed):
    """Arguments of `solve_policy` for problem number `seed`, whose goals are neither certain nor hopeless."""
    draw = np.random.default_rng(seed)
    steps = int(draw.integers(3, 61))
    step_years = float(draw.choice([1.0 / 52.0, 1.0 / 12.0, 0.25, 1.0]))
    if step_years == 1.0:
        steps = min(steps, 40)
    size = int(draw.integers(2, 101))
    low, high = np.sort(draw.uniform([0.01, 0.10], [0.06, 0.35]))
    volatility = np.linspace(low, high, size)
    rate = float(draw.uniform(0.0, 0.03))
    drift = rate + float(draw.uniform(0.15, 0.45)) * volatility
    if draw.random() < 0.35:
        drift, volatility = np.r_[rate, drift], np.r_[0.0, volatility]
    years = steps * step_years
    flows = np.zeros(steps + 1)
    kind = draw.integers(4)
    if kind == 1:
        flows[1:steps] = float(draw.uniform(0.2, 3.0)) * step_years * 10.0
    elif kind == 2:
        flows[1:steps] = -float(draw.uniform(0.2, 0.9)) * 100.0 / steps
    elif kind == 3:
        flows[1:steps] = draw.uniform(-0.5, 1.5, steps - 1) * 10.0 * step_years
    rich = 100.0 * np.exp(float(drift.mean()) * years) + flows.sum()
    goals = []
    for _ in range(int(draw.integers(1, 4))):
        step = int(draw.integers(max(steps // 2, 1), steps + 1))
        amount = max(rich, 30.0) * float(draw.uniform(0.3, 1.2))
        goals.append(PolicyGoal(step=step, amount=amount, utility=float(draw.uniform(0.3, 2.0))))
    if len(goals) == 1:
        goals = [PolicyGoal(step=steps, amount=max(rich, 30.0) * float(draw.uniform(0.7, 1.3)))]
    ruin = "survivable" if draw.random() < 0.5 else "absorbing"
    return {
        "menu": LognormalMenu(drift=drift, volatility=volatility),
        "wealth": 100.0,
        "steps": steps,
        "step_years": step_years,
        "flows": flows,
        "goals": goals,
        "ruin": ruin,
    }
