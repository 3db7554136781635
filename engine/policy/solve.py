"""``solve_policy``: goals, flows and a menu in, the optimal policy out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .backward import DrawdownState, Induction, Problem, induce
from .chance import Constrained, solve_limited
from .goals import PolicyGoal
from .lattice import Lattice, choose_lattice, reach, wealth_range
from .menus import Menu
from .priorities import lexicographic_weights

FloatArray = NDArray[np.float64]

DRAWDOWN_SPACING = 0.005  # log units: 26 states for a 12 % limit
_COARSE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy found and what it achieves on its own lattice.

    Attributes
    ----------
    value
        Expected utility now, the multiplier not counted.
    probability
        (n_goals,) probability that each goal is paid in full; the payments of a stream are one entry, the expected
        share of them paid in full.
    first
        Menu index to hold now.
    breach_probability
        Largest probability of any window that the drawdown limit breaks; 0 without a limit.
    multiplier
        Price of one unit of breach probability in utility (0 where the limit does not bind).
    dual_bound
        No policy on this lattice that keeps the limit has a larger value; `value` without a limit.
    feasible
        False if even the calmest policy breaks the limit more often than allowed; `breach_probability` is then
        the least attainable.

    """

    value: float
    probability: FloatArray
    first: int
    breach_probability: float
    multiplier: float
    dual_bound: float
    feasible: bool
    weights: tuple[float, ...]
    problem: Problem
    induction: Induction

    def at(
        self, step: int, wealth: float, drawdown: float = 0.0, broken: bool = False
    ) -> tuple[int, FloatArray]:
        """Decision at `step` with `wealth` before that step's money in.

        Parameters
        ----------
        step
            0..T.
        wealth
            Before the step's flow and goals.
        drawdown
            Fraction below the peak of the unit value since the last reset.
        broken
            True once the limit has been broken in this window.

        Returns
        -------
        tuple
            Menu index to hold after settlement (0 at the last step), and per goal the fraction paid at this step.

        """
        lattice, goals, choices = self.problem.lattice, self.problem.goals, self.induction.choices
        fractions = np.zeros(len(goals))
        available = max(wealth + self.problem.flows[step], 0.0)
        state = self._state(drawdown)
        lo, hi = choices.start[step], choices.start[step + 1]
        if hi - lo > 1:
            chosen = lo + int(self.induction.settled[step, state, self._node(available)])
            while chosen > lo and choices.cost[chosen] > available * (1.0 + 1e-9):
                chosen -= 1
            for g, option in enumerate(choices.option[chosen]):
                if option > 0:
                    fractions[g] = goals[g].options[option - 1][0] / goals[g].cost
            available = max(available - choices.cost[chosen], 0.0)
        if broken or step == len(self.problem.flows) - 1 or lattice.size == 0:
            return 0, fractions
        return int(self.induction.hold[step, state, self._node(available)]), fractions

    def _node(self, wealth: float) -> int:
        lattice = self.problem.lattice
        if wealth <= 0.0:
            return 0
        return int(np.clip(np.rint((np.log(wealth) - lattice.origin) / lattice.spacing), 0, lattice.size - 1))

    def _state(self, drawdown: float) -> int:
        if self.problem.drawdown is None:
            return 0
        steps = np.rint(-np.log1p(-drawdown) / self.problem.lattice.spacing)
        return int(np.clip(steps, 0, self.problem.drawdown.rows - 1))


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
    drawdown: float = 0.0,
    worst_loss: FloatArray | None = None,
    stress_floor: float | None = None,
    tolerance: float = 0.005,
    spacing: float | None = None,
) -> Policy:
    """Find the policy over (step, wealth, drawdown) that best meets the goals.

    Each step: money in or a mandatory payment out (``flows[t]``), goals settled (each once, at its date), then
    the return of the portfolio held. Without priorities the expected utility ``sum u_g P(goal g paid)`` is
    maximised, as in Das, Ostrov, Radhakrishnan and Srivastav (2020, Computational Management Science 17, and 2022,
    Journal of Banking and Finance 140); with priorities it is tolerance-lexicographic. A drawdown limit is a
    chance constraint on ``P(drawdown of the unit value > limit)`` per window.

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
        kappa >= 0; a goal missed at the last date still earns ``kappa u min(wealth / amount, 1)``, a goal paid
        ``(1 + kappa) u``. 0 is the published objective.
    drawdown_limit, confidence
        Largest drawdown (0.12 for 12 %) and the probability, per window, of staying within it.
    reset_every
        Steps of a window, after which peak and flag start afresh; None for one window.
    drawdown
        Drawdown carried into the plan.
    worst_loss, stress_floor
        (K,) worst named loss L of each portfolio and the floor F: at drawdown d only portfolios with
        ``(1 - d)(1 - L) >= 1 - F`` may be held; portfolio 0 always may.
    tolerance
        Probability that a priority level may give up for the levels below it.
    spacing
        Log-wealth spacing of the lattice. By default the narrowest portfolio's standard deviation a step, and
        0.005 with a drawdown limit.

    Raises
    ------
    ValueError
        One sentence naming the argument.

    """
    menus = (menu,) if isinstance(menu, Menu) else tuple(menu)
    given = np.zeros(steps + 1) if flows is None else np.array(flows, dtype=np.float64)
    _check(menus, wealth, steps, step_years, goals, given, ruin, drawdown_limit, confidence, drawdown)
    law, distinct = _laws(menus, steps)

    def problem(spacing: float | None) -> Problem:
        state = None
        if drawdown_limit is None or spacing is None:
            lattice = choose_lattice(distinct, step_years, wealth, given, goals, spacing)
        else:
            low, high = wealth_range(distinct, step_years, wealth, given, goals)
            lattice, state = _drawdown_lattice(
                low, high, drawdown_limit, spacing, drawdown, steps, reset_every,
                distinct[0].size, worst_loss, stress_floor,
            )  # fmt: skip
        return Problem(
            menus=distinct,
            law=law,
            stencils=tuple(m.stencils(step_years, lattice.spacing) for m in distinct),
            step_years=step_years,
            wealth=float(wealth),
            flows=given,
            goals=tuple(goals),
            absorbing=ruin == "absorbing",
            shortfall_aversion=shortfall_aversion,
            lattice=lattice,
            reach=reach(lattice, distinct, step_years, wealth, given, goals),
            drawdown=state,
        )

    limited = drawdown_limit is not None
    fine = (spacing or DRAWDOWN_SPACING) if limited else spacing
    final = problem(fine)
    trial = problem(fine * _COARSE) if limited and fine else final
    allowance = 1.0 - confidence

    def best(weights: Sequence[float]) -> Induction:
        return solve_limited(trial, weights, allowance).induction if limited else induce(trial, weights)

    ranked = any(g.priority is not None for g in goals)
    weights = lexicographic_weights(goals, best, tolerance) if ranked else [1.0] * len(goals)
    if not limited:
        found = induce(final, weights)
        return _policy(final, weights, Constrained(
            induction=found, dual_bound=found.value, least_breach=0.0, feasible=True
        ))  # fmt: skip
    rough = solve_limited(trial, weights, allowance)
    guess = rough.induction.multiplier if rough.feasible and rough.induction.multiplier > 0.0 else None
    return _policy(final, weights, solve_limited(final, weights, allowance, guess))


def _policy(problem: Problem, weights: Sequence[float], found: Constrained) -> Policy:
    induction = found.induction
    policy = Policy(
        value=induction.value + induction.multiplier * float(induction.breach.sum()),
        probability=induction.probability,
        first=0,
        breach_probability=float(induction.breach.max(initial=0.0)),
        multiplier=induction.multiplier,
        dual_bound=found.dual_bound,
        feasible=found.feasible,
        weights=tuple(weights),
        problem=problem,
        induction=induction,
    )
    now = problem.drawdown.now * problem.lattice.spacing if problem.drawdown else 0.0
    return replace(policy, first=policy.at(0, problem.wealth, 1.0 - float(np.exp(-now)))[0])


def _laws(menus: tuple[Menu, ...], steps: int) -> tuple[NDArray[np.int64], tuple[Menu, ...]]:
    """Index of the menu that rules each step, and the distinct menus."""
    if len(menus) == 1:
        return np.zeros(steps, dtype=np.int64), menus
    distinct: list[Menu] = []
    law = np.zeros(steps, dtype=np.int64)
    for t, menu in enumerate(menus):
        known = [i for i, m in enumerate(distinct) if m is menu]
        law[t] = known[0] if known else len(distinct)
        if not known:
            distinct.append(menu)
    return law, tuple(distinct)


def _drawdown_lattice(
    low: float, high: float, limit: float, spacing: float, drawdown: float, steps: int,
    reset_every: int | None, size: int, worst_loss: FloatArray | None, floor: float | None,
) -> tuple[Lattice, DrawdownState]:  # fmt: skip
    """Lattice on which the limit lies half-way between two states."""
    depth = -np.log1p(-limit)
    rows = max(int(np.rint(depth / spacing + 0.5)), 2)
    spacing = depth / (rows - 0.5)
    lattice = Lattice(origin=low, spacing=spacing, size=int(np.ceil((high - low) / spacing)) + 1)
    reset = np.zeros(steps + 1, dtype=np.bool_)
    if reset_every:
        reset[reset_every:steps:reset_every] = True
    admissible = np.ones((rows, size), dtype=np.bool_)
    if floor is not None and worst_loss is not None:
        kept = np.exp(-spacing * np.arange(rows))
        admissible = kept[:, None] * (1.0 - np.asarray(worst_loss)[None, :]) >= 1.0 - floor
        admissible[:, 0] = True
    now = int(np.clip(np.rint(-np.log1p(-drawdown) / spacing), 0, rows - 1))
    return lattice, DrawdownState(rows=rows, now=now, reset=reset, admissible=admissible)


def _check(
    menus: tuple[Menu, ...], wealth: float, steps: int, step_years: float, goals: Sequence[PolicyGoal],
    flows: FloatArray, ruin: str, limit: float | None, confidence: float, drawdown: float,
) -> None:  # fmt: skip
    if steps < 1 or not step_years > 0.0:
        raise ValueError(f"steps {steps} and step_years {step_years} must be at least 1 and positive")
    if len(menus) not in (1, steps) or len({m.size for m in menus}) != 1:
        raise ValueError(f"menu: give one menu or one per step ({steps}), all of the same size")
    if flows.shape != (steps + 1,) or not np.all(np.isfinite(flows)):
        raise ValueError(f"flows has shape {flows.shape}; give {steps + 1} finite numbers, t = 0..{steps}")
    if not (np.isfinite(wealth) and wealth >= 0.0):
        raise ValueError(f"wealth is {wealth}; give a finite amount, not negative")
    if wealth + np.maximum(flows, 0.0).sum() <= 0.0:
        raise ValueError("wealth and flows: there is no money at any time; give a positive wealth or inflow")
    if not goals and not np.any(flows < 0.0):
        raise ValueError("goals: give at least one goal, or a mandatory outflow to survive")
    for goal in goals:
        if not 0 <= goal.step <= steps:
            raise ValueError(f"goals: step {goal.step} is outside 0..{steps}")
    if ruin not in ("absorbing", "survivable"):
        raise ValueError(f"ruin is {ruin!r}; choose 'absorbing' or 'survivable'")
    if limit is not None and not 0.0 < limit < 1.0:
        raise ValueError(f"drawdown_limit is {limit}; give a fraction between 0 and 1, such as 0.12")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence}; give a probability between 0 and 1, such as 0.95")
    if limit is not None and not 0.0 <= drawdown < limit:
        raise ValueError(f"drawdown is {drawdown}; it must be at least 0 and below the limit {limit}")
