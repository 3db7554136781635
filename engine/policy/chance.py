"""The drawdown limit as a chance constraint: one multiplier, bisected until the breach meets the allowance.

For a multiplier lambda >= 0 the lattice maximises ``P(goals) - lambda * sum_w P(limit broken in window w)``.
For every policy that keeps the limit this is at least ``P(goals) - lambda * W * allowance``, so ``V(lambda) +
lambda * W * allowance`` bounds what any of them can reach (weak duality); the gap to the policy returned is
reported.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .backward import Induction, Problem, induce

_SOLVES = 24
_SLACK = 5e-4  # share of paths that a binding limit may leave unused


@dataclass(frozen=True, slots=True, kw_only=True)
class Constrained:
    """The best policy found under the limit, the bound on any, and the least breach share attainable."""

    induction: Induction
    dual_bound: float
    least_breach: float
    feasible: bool


def worst_breach(induction: Induction) -> float:
    """Largest breach probability of any window."""
    return float(induction.breach.max(initial=0.0))


def solve_limited(
    problem: Problem, weights: Sequence[float], allowance: float, guess: float | None = None
) -> Constrained:
    """Maximise weighted goals subject to a breach probability of at most `allowance` in every window.

    `guess` is a multiplier from a coarser lattice; it saves solves and moves the answer only within the
    slack.
    """
    windows = int(problem.drawdown.windows.max()) + 1 if problem.drawdown else 0
    bound = float("inf")

    def attempt(multiplier: float) -> Induction:
        nonlocal bound
        found = induce(problem, weights, multiplier)
        bound = min(bound, found.value + multiplier * windows * allowance)
        return found

    free = attempt(0.0) if guess is None else None
    if free is not None and worst_breach(free) <= allowance:
        return Constrained(induction=free, dual_bound=bound, least_breach=worst_breach(free), feasible=True)
    unit = max(sum(w * g.options[-1][1] for w, g in zip(weights, problem.goals, strict=True)), 1e-12)
    feasible, infeasible = _bracket(attempt, allowance, guess or 0.25 * unit, unit)
    if feasible is None:
        calmest = induce(problem, [0.0] * len(problem.goals), 1.0)
        return Constrained(
            induction=calmest, dual_bound=bound, least_breach=worst_breach(calmest), feasible=False
        )
    best = _bisect(attempt, allowance, feasible, infeasible)
    return Constrained(induction=best, dual_bound=bound, least_breach=worst_breach(best), feasible=True)


def _bracket(
    attempt: Callable[[float], Induction], allowance: float, first: float, unit: float
) -> tuple[Induction | None, Induction | None]:
    """Find a multiplier that keeps the limit and one that does not, spreading out from `first` by factors."""
    found = attempt(first)
    if worst_breach(found) > allowance:
        multiplier, factor = first, 1.5
        infeasible = found
        while multiplier < 1e4 * unit:
            multiplier, factor = multiplier * factor, factor * 2.0
            found = attempt(multiplier)
            if worst_breach(found) <= allowance:
                return found, infeasible
            infeasible = found
        return None, infeasible
    multiplier, factor = first, 1.5
    feasible = found
    while multiplier > 1e-6 * unit:
        if allowance - worst_breach(feasible) <= _SLACK:
            return feasible, None
        multiplier, factor = multiplier / factor, factor * 2.0
        found = attempt(multiplier)
        if worst_breach(found) > allowance:
            return feasible, found
        feasible = found
    return feasible, None


def _bisect(
    attempt: Callable[[float], Induction], allowance: float, feasible: Induction, infeasible: Induction | None
) -> Induction:
    """Narrow the bracket until the allowance is used up to the slack, or jumps."""
    for _ in range(_SOLVES):
        if infeasible is None or allowance - worst_breach(feasible) <= _SLACK:
            break
        high, low = feasible.multiplier, infeasible.multiplier
        if high - low <= 1e-3 * high:
            break
        over, under = worst_breach(infeasible) - allowance, allowance - worst_breach(feasible)
        share = min(max(over / (over + under), 0.1), 0.9)
        found = attempt(low + share * (high - low))
        if worst_breach(found) <= allowance:
            feasible = found
        else:
            infeasible = found
    return feasible
