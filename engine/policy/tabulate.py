"""From a policy to the table that the judge, a review and the plan's JSON follow."""

import numpy as np

from .result import Policy
from .table import PolicyTable

_CELLS = 5_000_000  # hold cells of a table, at most: thinning costs success, and packed they take 130 KB


def policy_table(policy: Policy, *, cells: int = _CELLS) -> PolicyTable:
    """Tabulate `policy`: what to hold by step, wealth and drawdown, and what to pay of each of its goals.

    A payment of the table is a `PolicyGoal` of the policy's task, in order; its options are "nothing" and the
    goal's own. The wealth nodes are thinned until at most `cells` hold entries are left. A cell of the
    thinned table holds what the policy holds at its middle and pays what it pays at its upper edge, since
    money, never the node, decides what can be afforded. A policy by date alone whose goals need no choice
    becomes a table of one node.

    Parameters
    ----------
    policy
        Of `solve_policy`, `solve_task`, `best_glide_path` or `best_fixed_mix`.
    cells
        Most hold entries (T+1) Q W.

    Returns
    -------
    PolicyTable
        ``payment_month`` in steps.

    """
    task, lattice, choices = policy.task, policy.problem.lattice, policy.induction.choices
    steps, states = policy.induction.hold.shape[:2]
    if policy.path is not None and len(task.goals) <= 1 and all(len(g.options) == 1 for g in task.goals):
        stride, middle = 1, np.zeros(1, dtype=np.int64)
    else:
        stride = _odd(lattice.size * (steps + 1) * states / cells)
        middle = np.arange(stride // 2, lattice.size + stride // 2, stride)
    upper = np.minimum(middle + stride // 2, lattice.size - 1)
    middle = np.minimum(middle, lattice.size - 1)
    hold = np.zeros((steps + 1, states, len(middle)), dtype=np.int16)
    hold[:-1] = policy.induction.hold[:, :, middle]
    limited = task.drawdown_limit is not None
    broken = np.zeros((steps + 1, len(middle) if limited else 0), dtype=np.int16)
    if policy.path is not None:
        hold[:-1] = policy.path[:, None, None]
        broken[:-1] = policy.path[:, None]
    options = 1 + max((len(g.options) for g in task.goals), default=0)
    pay = np.zeros((len(task.goals), states, len(middle)), dtype=np.int8)
    fractions = np.ones((len(task.goals), options))
    for g, goal in enumerate(task.goals):
        chosen = choices.start[goal.step] + policy.induction.settled[goal.step][:, upper].astype(np.int64)
        pay[g] = choices.option[chosen, g]
        parts = [0.0, *(amount / goal.cost for amount, _ in goal.options)]
        fractions[g, : len(parts)] = parts
    return PolicyTable(
        origin=np.full(steps + 1, lattice.origin + (stride // 2) * lattice.spacing),
        spacing=stride * lattice.spacing,
        hold=hold,
        drawdown_spacing=lattice.spacing if policy.problem.drawdown else float("inf"),
        limit=float(-np.log1p(-task.drawdown_limit)) if task.drawdown_limit is not None else float("inf"),
        broken=broken,
        reset_every=task.reset_every or 0,
        age=task.age,
        pay=pay,
        fractions=fractions,
        payment_month=np.array([g.step for g in task.goals], dtype=np.int64),
    )


def _odd(ratio: float) -> int:
    """Smallest odd number that is at least `ratio`: a thinned cell then has a node in its middle."""
    least = max(int(np.ceil(ratio)), 1)
    return least + (least + 1) % 2
