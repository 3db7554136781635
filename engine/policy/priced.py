"""Policies at a given price of a breach, for callers that measure the breach themselves, on simulated paths.

`solve_policy` finds the price at which the breach on its own lattice uses the allowance. A caller whose promise is
about something else (daily drawdowns, costs, uncertain parameters) searches the price itself: every price gives the
best policy among those that break the limit no more often than it does (weak duality, see `chance`).
"""

from collections.abc import Sequence

from .backward import Induction, Problem, induce
from .chance import Constrained, worst_breach
from .priorities import lexicographic_weights
from .result import Policy
from .solve import policy_of
from .task import PolicyTask


def policy_at_price(task: PolicyTask, problem: Problem, weights: Sequence[float], price: float) -> Policy:
    """Best policy where breaking the limit costs utility: ``max E[utility] - price * sum over windows of P(broken)``.

    By weak duality no policy that breaks the limit as seldom has a larger expected utility.

    Parameters
    ----------
    task
        What was asked.
    problem
        A lattice of `task` with its drawdown state, from ``task.problem(spacing, limited=True)``.
    weights
        (n_goals,) weights of the goals in the utility.
    price
        Utility that a broken window costs, 0 or more.

    """
    found = induce(problem, weights, price)
    windows = len(found.breach)
    bound = found.value + price * windows * worst_breach(found)
    solved = Constrained(induction=found, dual_bound=bound, least_breach=worst_breach(found), feasible=True)
    return policy_of(task, problem, weights, solved)


def weights_at_price(task: PolicyTask, problem: Problem, price: float) -> tuple[float, ...]:
    """(n_goals,) weights that serve the priorities in turn; ones where `task` has no priorities.

    Parameters
    ----------
    task, problem
        As in `policy_at_price`.
    price
        Of a broken window, in units of the heaviest goal's weight.

    """
    if not task.ranked:
        return (1.0,) * len(task.goals)

    def best(weights: Sequence[float]) -> Induction:
        return induce(problem, weights, price * max(weights))

    return tuple(lexicographic_weights(task.goals, best, task.tolerance))
