"""Goals of the policy and the ways to settle a date: every combination of options that is worth its cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

WIDEST = 5.0  # spread of an amount, at most: its median is then 4e-6 of its mean
_MOST_SETTLEMENTS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGoal:
    """Money wanted at one step.

    Parameters
    ----------
    step
        Step at which the goal is settled, 0..T: paid then or never.
    amount
        Cost of the whole goal. Leave out when `options` are given.
    utility
        What paying the whole goal is worth. Goals of one priority are weighed by it.
    options
        Alternatives or parts as ``(amount, utility)``, cheapest first; the last one is the goal in full.
    priority
        0 need, 1 want, 2 wish for the tolerance-lexicographic objective; None for plain utilities.
    spread
        Standard deviation of the log of the amount, which is then drawn when the goal is due, lognormal and
        independent of returns, with the stated amounts as its mean; 0 for a certain one, 5 at most. Amounts of one
        step move together.
    stream
        Number shared by the payments of one goal (a pension, school fees); they are reported together, as the
        expected share of them that is paid in full.

    """

    step: int
    amount: float | None = None
    utility: float = 1.0
    options: tuple[tuple[float, float], ...] = ()
    priority: int | None = None
    spread: float = 0.0
    stream: int | None = None

    def __post_init__(self) -> None:
        if (self.amount is None) == (not self.options):
            raise ValueError("goal: give either amount or options")
        choices = self.options or ((float(self.amount or 0.0), self.utility),)
        amounts = [a for a, _ in choices]
        utilities = [u for _, u in choices]
        if not all(np.isfinite(a) and a > 0 for a in amounts) or sorted(set(amounts)) != amounts:
            raise ValueError(f"goal at step {self.step}: amounts {amounts} must be positive and increasing")
        if not all(np.isfinite(u) and u > 0 for u in utilities) or sorted(utilities) != utilities:
            raise ValueError(
                f"goal at step {self.step}: utilities {utilities} must be positive and not decreasing"
            )
        if self.priority not in (None, 0, 1, 2):
            raise ValueError(f"goal at step {self.step}: priority {self.priority} must be 0 (need), 1 or 2")
        if not 0.0 <= self.spread <= WIDEST:
            raise ValueError(f"goal at step {self.step}: spread {self.spread} must be from 0 to {WIDEST:g}")
        object.__setattr__(self, "options", tuple((float(a), float(u)) for a, u in choices))

    @property
    def cost(self) -> float:
        """Amount of the goal in full."""
        return self.options[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlements:
    """Ways to settle each step, flattened: those of step t are ``start[t] .. start[t+1]``, cheapest first.

    ``spread`` and ``scale_spread`` are the standard deviations of the logs of ``cost`` and ``scale``, whose mean is
    stated. ``option[c, g]`` is the option of goal g in settlement c: 0 nothing, j its j-th option, -1 another step's
    goal.
    """

    start: NDArray[np.int64]
    cost: FloatArray
    spread: FloatArray
    utility: FloatArray
    aversion: FloatArray
    scale: FloatArray
    scale_spread: FloatArray
    option: NDArray[np.int8]

    def paid_in_full(self, goals: Sequence[PolicyGoal]) -> FloatArray:
        """(n_reported, C) one where the settlement pays the goal in full; in a stream, its share of it."""
        whole = np.array([len(g.options) for g in goals], dtype=np.int8)
        paid = (self.option == whole).astype(np.float64)
        number = reported(goals)
        share = np.zeros((len(goals), int(number.max(initial=-1)) + 1))
        share[np.arange(len(goals)), number] = 1.0 / np.bincount(number)[number]
        return np.ascontiguousarray((paid @ share).T)


def plain_goal(goals: Sequence[PolicyGoal], shortfall_aversion: float) -> bool:
    """Whether the value is one goal's utility times its probability, so that nothing need be tracked beside it."""
    return len(goals) == 1 and len(goals[0].options) == 1 and shortfall_aversion == 0.0


def reported(goals: Sequence[PolicyGoal]) -> NDArray[np.int64]:
    """(n_goals,) number under which each goal is reported: its own, or one for a whole stream."""
    numbers: dict[object, int] = {}
    keys = [("stream", g.stream) if g.stream is not None else ("goal", i) for i, g in enumerate(goals)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def settlements(
    goals: Sequence[PolicyGoal], weights: Sequence[float], steps: int, shortfall_aversion: float
) -> Settlements:
    """List the undominated settlements of every step.

    A combination is kept when no cheaper or equal one has at least its weighted utility. With shortfall
    aversion kappa a goal that is paid earns ``(1 + kappa) u`` and, at the last goal date, one that is missed
    earns ``kappa u min(wealth / amount, 1)``: near the date a plan behind target still gains by what it
    saves.
    """
    last = max((g.step for g in goals), default=0)
    by_step: dict[int, list[int]] = {}
    for i, goal in enumerate(goals):
        by_step.setdefault(goal.step, []).append(i)
    counts = np.ones(steps + 1, dtype=np.int64)
    blocks = {}
    for t, here in by_step.items():
        blocks[t] = _combine(goals, weights, here, 1.0 + shortfall_aversion)
        counts[t] = len(blocks[t])
    start = np.concatenate([[0], np.cumsum(counts)])
    cost, spread, utility, aversion, scale_spread = (np.zeros(start[-1]) for _ in range(5))
    scale = np.ones(start[-1])
    option = np.full((start[-1], len(goals)), -1, dtype=np.int8)
    for t, block in blocks.items():
        for c, (amount, worth, chosen) in enumerate(block, start=int(start[t])):
            cost[c], utility[c] = amount, worth
            option[c, by_step[t]] = chosen
            paid = [
                (goals[i].options[j - 1][0], goals[i].spread)
                for i, j in zip(by_step[t], chosen, strict=True)
                if j
            ]
            spread[c] = joint_spread(paid)
            missed = [i for i, j in zip(by_step[t], chosen, strict=True) if j == 0]
            if t == last and missed and shortfall_aversion > 0.0:
                aversion[c] = shortfall_aversion * sum(goals[i].options[-1][1] * weights[i] for i in missed)
                scale[c] = sum(goals[i].cost for i in missed)
                scale_spread[c] = joint_spread([(goals[i].cost, goals[i].spread) for i in missed])
    return Settlements(
        start=start,
        cost=cost,
        spread=spread,
        utility=utility,
        aversion=aversion,
        scale=scale,
        scale_spread=scale_spread,
        option=option,
    )


def joint_spread(amounts: Sequence[tuple[float, float]]) -> float:
    """Spread of the lognormal with mean and variance of the sum of ``(amount, spread)`` that move together."""
    if not any(s for _, s in amounts):
        return 0.0
    variance = sum(a * b * np.expm1(s * r) for a, s in amounts for b, r in amounts)
    return float(np.sqrt(np.log1p(variance / sum(a for a, _ in amounts) ** 2)))


Combination = tuple[float, float, tuple[int, ...]]


def _combine(
    goals: Sequence[PolicyGoal], weights: Sequence[float], here: Sequence[int], grow: float
) -> list[Combination]:
    """Undominated combinations of the options of the goals `here`, as (cost, utility, option of each)."""
    combos: list[Combination] = [(0.0, 0.0, ())]
    for i in here:
        choices = [(0.0, 0.0), *((a, u * weights[i] * grow) for a, u in goals[i].options)]
        combos = _undominated(
            [(c + a, v + u, (*o, j)) for c, v, o in combos for j, (a, u) in enumerate(choices)]
        )
        if len(combos) > _MOST_SETTLEMENTS:
            raise ValueError(
                f"goals: step {goals[i].step} has more than {_MOST_SETTLEMENTS} sensible combinations of goals; merge "
                "some of them or spread their dates"
            )
    return combos


def _undominated(combos: list[Combination]) -> list[Combination]:
    kept: list[Combination] = []
    for combo in sorted(combos, key=lambda c: (c[0], -c[1])):
        if not kept or combo[1] > kept[-1][1]:
            kept.append(combo)
    return kept
