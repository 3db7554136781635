"""``solve_policy``: goals, flows and a menu in, the optimal policy out."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .backward import Induction, Problem, induce
from .chance import Constrained, solve_limited, solve_shallow
from .goals import PolicyGoal
from .menus import Menu
from .priorities import lexicographic_weights, needs_kept
from .result import Policy
from .task import PolicyTask

FloatArray = NDArray[np.float64]

DRAWDOWN_SPACING = 0.005  # log units: 26 states for a 12 % limit
_COARSE = 2.0


def solve_policy(
    *,
    menu: Menu | Sequence[Menu],
    wealth: float,
    steps: int,
    step_years: float,
    goals: Sequence[PolicyGoal],
    flows: FloatArray | None = None,
    ruin: str = "absorbing",
    shortfall_aversion: float = 0.0,
    drawdown_limit: float | None = None,
    confidence: float = 0.95,
    reset_every: int | None = None,
    age: int = 0,
    drawdown: float = 0.0,
    worst_loss: FloatArray | None = None,
    stress_floor: float | None = None,
    tolerance: float = 0.005,
    spacing: float | None = None,
) -> Policy:
    """Find the policy over (step, wealth, drawdown) that best meets the goals.

    Each step: money in or a mandatory payment out (``flows[t]``), goals settled (each once, at its date),
    then the return of the portfolio held. Without priorities the expected utility ``sum u_g P(goal g paid)``
    is maximised, as in Das, Ostrov, Radhakrishnan and Srivastav (2020, Computational Management Science 17,
    and 2022, Journal of Banking and Finance 140); with priorities it is tolerance-lexicographic. A drawdown
    limit is a chance constraint on ``P(drawdown of the unit value > limit)`` per window.

    Parameters
    ----------
    menu
        Portfolios to choose from, or one menu per step.
    wealth
        Money now, before ``flows[0]``.
    steps, step_years
        Number of steps T and the length of one in years.
    goals
        Goals; several may share a step.
    flows
        (T+1,) money in (+) or mandatory out (-) at t = 0..T; zeros by default.
    ruin
        ``"absorbing"``: a mandatory payment that cannot be made ends everything at value 0. ``"survivable"``:
        wealth 0 continues with later inflows.
    shortfall_aversion
        kappa >= 0; a goal missed at the last date still earns ``kappa u min(wealth / amount, 1)``, a goal
        paid ``(1 + kappa) u``. 0 is the published objective.
    drawdown_limit, confidence
        Largest drawdown (0.12 for 12 %) and the probability, per window, of staying within it.
    reset_every
        Steps of a window, after which peak and flag start afresh; None for one window.
    age
        Steps of the first window that are gone already; resets fall on steps ``k * reset_every - age``.
    drawdown
        Drawdown carried into the plan.
    worst_loss, stress_floor
        (K,) worst named loss L of each portfolio and the floor F: at drawdown d only portfolios with
        ``(1 - d)(1 - L) >= 1 - F`` may be held; portfolio 0 always may.
    tolerance
        Probability that a priority level may give up for the levels below it.
    spacing
        Log-wealth spacing of the lattice, kept between 60 and 40,000 cells. By default a fraction of the narrowest
        portfolio's standard deviation a step, and 0.005 with a drawdown limit.

    Raises
    ------
    ValueError
        One sentence naming the argument.

    """
    return solve_task(
        PolicyTask(
            menu=menu,
            wealth=wealth,
            steps=steps,
            step_years=step_years,
            goals=goals,
            flows=flows,
            ruin=ruin,
            shortfall_aversion=shortfall_aversion,
            drawdown_limit=drawdown_limit,
            confidence=confidence,
            reset_every=reset_every,
            age=age,
            drawdown=drawdown,
            worst_loss=worst_loss,
            stress_floor=stress_floor,
            tolerance=tolerance,
            spacing=spacing,
        )
    )


def solve_task(task: PolicyTask) -> Policy:
    """Find the best dynamic policy for `task`; see `solve_policy`."""
    limited = task.drawdown_limit is not None
    fine = (task.spacing or DRAWDOWN_SPACING) if limited else task.spacing
    final = task.problem(fine, limited=limited)
    trial = task.problem(fine * _COARSE, limited=True) if limited and fine else final

    def best(weights: Sequence[float]) -> Induction:
        return solve_limited(trial, weights, task.allowance).induction if limited else induce(trial, weights)

    weights = (
        lexicographic_weights(task.goals, best, task.tolerance) if task.ranked else [1.0] * len(task.goals)
    )
    if not limited:
        found = induce(final, weights)
        return policy_of(task, final, weights, Constrained(
            induction=found, dual_bound=found.value, least_breach=0.0, feasible=True
        ))  # fmt: skip

    @cache
    def solved(weights: tuple[float, ...]) -> Constrained:
        return solve_shallow(trial, final, weights, task.allowance)

    if task.ranked:
        weights = needs_kept(task.goals, weights, lambda w: solved(tuple(w)).induction, task.tolerance)
    return policy_of(task, final, weights, solved(tuple(weights)))


def policy_of(task: PolicyTask, problem: Problem, weights: Sequence[float], found: Constrained) -> Policy:
    """What was found on `problem`, a lattice of `task`, with the portfolio to hold now."""
    induction = found.induction
    policy = Policy(
        value=induction.value + induction.charged,
        probability=induction.probability,
        first=0,
        breach_probability=float(induction.breach.max(initial=0.0)),
        multiplier=induction.multiplier,
        dual_bound=found.dual_bound,
        feasible=found.feasible,
        weights=tuple(weights),
        task=task,
        problem=problem,
        induction=induction,
    )
    now = problem.drawdown.now * problem.lattice.spacing if problem.drawdown else 0.0
    return replace(policy, first=policy.at(0, problem.wealth, 1.0 - float(np.exp(-now)))[0])
