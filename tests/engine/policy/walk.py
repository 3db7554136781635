"""A policy followed on simulated paths, in plain numpy: nothing of the kernels but the decisions they left."""

from dataclasses import dataclass

import numpy as np
from goalplan.engine.policy import LognormalMenu

_CHUNK = 100_000


@dataclass(frozen=True)
class Walk:
    """Per path: goals paid in full (P, n_goals), utility, wealth left, breach and largest drawdown per window."""

    paid: np.ndarray
    utility: np.ndarray
    left: np.ndarray
    breach: np.ndarray
    drawdown: np.ndarray


def walk(policy, paths, seed=1):
    """Follow `policy` on `paths` paths of its own menu."""
    draw = np.random.default_rng(seed)
    parts = [_walk(policy, min(_CHUNK, paths - first), draw) for first in range(0, paths, _CHUNK)]
    return Walk(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def log_returns(menu, hold, step_years, draw):
    """One step's log return of the portfolio `hold` (P,) of each path."""
    if isinstance(menu, LognormalMenu):
        mean, sd = menu.log_moments(step_years)
        return mean[hold] + sd[hold] * draw.standard_normal(len(hold))
    scenario = draw.choice(menu.log_returns.shape[1], size=len(hold), p=menu.probabilities)
    return menu.log_returns[hold, scenario]


def _walk(policy, paths, draw):
    problem, found, task = policy.problem, policy.induction, policy.task
    lattice, steps, goals = problem.lattice, task.steps, task.goals
    wealth, alive = np.full(paths, float(task.wealth)), np.ones(paths, bool)
    paid, utility = np.zeros((paths, len(goals))), np.zeros(paths)
    unit, peak = np.ones(paths), np.full(paths, 1.0 / (1.0 - task.drawdown))
    broken, worst = np.zeros(paths, bool), np.zeros(paths)
    breaches, drawdowns = [], []
    limit = task.drawdown_limit

    def node(money, turn):
        with np.errstate(divide="ignore"):
            place = np.maximum((np.log(money) - lattice.origin) / lattice.spacing, 0.0)
        below = np.minimum(place.astype(int), lattice.size - 1)
        above = place - below >= (turn[below] if len(turn) else 0.5)
        return np.minimum(below + above, lattice.size - 1)

    def decided(t, state, seen):
        first, last = found.choices.start[t], found.choices.start[t + 1]
        chosen = first + found.settled[t, state, node(seen, found.settled_turn[t])].astype(int)
        for _ in range(last - first - 1):
            dear = (found.choices.cost[chosen] > seen * (1.0 + 1e-9)) & (chosen > first)
            chosen = chosen - dear
        return chosen

    for t in range(steps + 1):
        if t and task.resets[t]:
            breaches.append(broken)
            drawdowns.append(worst)
            peak, broken, worst = unit.copy(), np.zeros(paths, bool), np.zeros(paths)
        money = wealth + task.money[t]
        if problem.absorbing:
            alive &= money >= -1e-9 * abs(task.money[t])
        money = np.maximum(money, 0.0)
        state = np.zeros(paths, int)
        if problem.drawdown is not None:
            state = np.rint(np.log(peak / unit) / lattice.spacing + 0.18).astype(int)
            state = np.clip(state, 0, problem.drawdown.rows - 1)
        first, last = found.choices.start[t], found.choices.start[t + 1]
        cost, spread = found.choices.cost[first:last, None], found.choices.spread[first:last, None]
        if np.any(spread > 0.0):  # amounts are drawn, and the table read at the money less the surprise
            drawn = cost * np.exp(spread * draw.standard_normal(paths) - 0.5 * spread**2)
            chosen = np.full(paths, first)
            for c in range(first + 1, last):
                wanted = decided(t, state, np.maximum(money - (drawn - cost)[c - first], 0.0))
                chosen = np.where((drawn[c - first] <= money) & (wanted >= c), c, chosen)
        else:
            drawn, chosen = np.broadcast_to(cost, (last - first, paths)), decided(t, state, money)
        for g, goal in enumerate(goals):
            if goal.step == t:
                option = found.choices.option[chosen, g]
                worth = np.array([0.0, *(u for _, u in goal.options)])
                paid[:, g] = (option == len(goal.options)) & alive
                utility += worth[option] * alive * policy.weights[g]
        money = np.maximum(money - drawn[chosen - first, np.arange(paths)], 0.0)
        if t == steps:
            break
        if policy.path is not None:
            hold = np.full(paths, policy.path[t])
        else:
            hold = found.hold[t, state, node(money, found.hold_turn[t])].astype(int)
            hold = np.where(broken, 0, hold)
        growth = log_returns(task.menus[task.law[t]], hold, task.step_years, draw)
        wealth, unit = money * np.exp(growth), unit * np.exp(growth)
        peak = np.maximum(peak, unit)
        worst = np.maximum(worst, 1.0 - unit / peak)
        if limit is not None:
            broken = broken | (1.0 - unit / peak > limit)
    breaches.append(broken)
    drawdowns.append(worst)
    return paid, utility, np.where(alive, money, 0.0), np.stack(breaches, 1), np.stack(drawdowns, 1)
