"""The drawdown limit as a chance constraint: one multiplier, bisected until the breach meets the allowance.

For a multiplier lambda >= 0 the lattice maximises ``P(goals) - lambda * sum_w P(limit broken in window w)``.
For every policy that keeps the limit this is at least ``P(goals) - lambda * W * allowance``, so ``V(lambda) +
lambda * W * allowance`` bounds what any of them can reach (weak duality); the gap to the policy returned is
reported. What a breach leads to is limited too: of the breaches at most one in twenty may end past 1.5 limits, so
that the 95 % drawdown given a breach is at most 1.5 limits; a price on such deep falls sees to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .backward import Induction, Problem, induce

_SOLVES = 24
_SLACK = 1e-3  # share of paths that a binding limit may leave unused
_NEAR = 1.06  # first step away from a multiplier that should be right
_DEEP_LIMIT, _DEEP_SHARE, _DEEP_ENOUGH = 0.05, 0.043, 0.033  # deep falls as a share of the breaches
_PRICES = 8


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


def solve_shallow(
    trial: Problem, problem: Problem, weights: Sequence[float], allowance: float
) -> Constrained:
    """Maximise weighted goals under the limit, and with few deep falls: at most 5 % of the breaches.

    Where the limit alone leaves too many, a deep fall (past 1.5 limits) has a price, found on the coarser lattice
    `trial`.
    """
    rough = solve_limited(trial, weights, allowance)
    price, guess = 0.0, rough.induction.multiplier
    low, high = 0.0, float("inf")
    for _ in range(_PRICES):
        share = deep_share(rough.induction)
        if not rough.feasible or (share <= _DEEP_SHARE and (price == 0.0 or share >= _DEEP_ENOUGH)):
            break
        low, high = (price, high) if share > _DEEP_SHARE else (low, price)
        unit = _unit(trial, weights)
        price = 0.5 * (low + high) if high < float("inf") else max(4.0 * low, unit)
        rough = solve_limited(trial, weights, allowance, guess, price)
        guess = rough.induction.multiplier
    if deep_share(rough.induction) > _DEEP_SHARE and high < float("inf"):
        price = high
    found = solve_limited(problem, weights, allowance, guess, price)
    for _ in range(_PRICES):
        if not found.feasible or deep_share(found.induction) <= 1.07 * _DEEP_SHARE:
            break
        price = 1.25 * max(price, 0.25 * _unit(problem, weights))
        found = solve_limited(problem, weights, allowance, found.induction.multiplier, price)
    return found


def deep_share(induction: Induction) -> float:
    """Share of the breaches whose drawdown ends past 1.5 limits."""
    return induction.deep / max(float(induction.breach.sum()), 1e-6)


def _unit(problem: Problem, weights: Sequence[float]) -> float:
    """Utility of all goals."""
    return max(sum(w * g.options[-1][1] for w, g in zip(weights, problem.goals, strict=True)), 1e-12)


def solve_limited(
    problem: Problem,
    weights: Sequence[float],
    allowance: float,
    guess: float | None = None,
    price: float = 0.0,
) -> Constrained:
    """Maximise weighted goals subject to a breach probability of at most `allowance` in every window.

    `guess` is a multiplier from a coarser lattice; it saves solves and moves the answer only within the
    slack. `price` is that of a deep fall; the bound then is on policies whose deep falls are at most 5 % of
    their breaches.
    """
    windows = int(problem.drawdown.windows.max()) + 1 if problem.drawdown else 0
    bound = float("inf")

    def attempt(multiplier: float) -> Induction:
        nonlocal bound
        found = induce(problem, weights, multiplier, price)
        bound = min(bound, found.value + (multiplier + _DEEP_LIMIT * price) * windows * allowance)
        return found

    unit = _unit(problem, weights)
    free = None if guess else attempt(0.0)
    if free is not None and worst_breach(free) <= allowance:
        return Constrained(induction=free, dual_bound=bound, least_breach=worst_breach(free), feasible=True)
    feasible, infeasible = _bracket(attempt, allowance, guess, unit)
    if feasible is None:
        calmest = induce(problem, [0.0] * len(problem.goals), 1.0)
        return Constrained(
            induction=calmest, dual_bound=bound, least_breach=worst_breach(calmest), feasible=False
        )
    best = _bisect(attempt, allowance, feasible, infeasible)
    return Constrained(induction=best, dual_bound=bound, least_breach=worst_breach(best), feasible=True)


def _bracket(
    attempt: Callable[[float], Induction], allowance: float, guess: float | None, unit: float
) -> tuple[Induction | None, Induction | None]:
    """Find a multiplier that keeps the limit and one that does not, spreading out by growing factors."""
    multiplier, factor = (guess, _NEAR) if guess else (0.25 * unit, 1.5)
    found = attempt(multiplier)
    if worst_breach(found) > allowance:
        infeasible = found
        while multiplier < 1e4 * unit:
            multiplier, factor = multiplier * factor, factor**2
            found = attempt(multiplier)
            if worst_breach(found) <= allowance:
                return found, infeasible
            infeasible = found
        return None, infeasible
    feasible = found
    while multiplier > 0.0:
        if allowance - worst_breach(feasible) <= _SLACK:
            return feasible, None
        multiplier, factor = multiplier / factor if multiplier > 1e-3 * unit else 0.0, factor**2
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
