"""The contribution levers: what to pay in, each month or once today, to reach every wanted probability."""

import numpy as np
from numpy.typing import NDArray

from .follow import goal_probabilities, judged, make_policy
from .levers import smallest_sufficient
from .plan import Estimate, Lever
from .setting import Setting

FloatArray = NDArray[np.float64]

_MONTHLY_STEP, _LUMP_STEP = 10.0, 1000.0


def contribution_levers(setting: Setting, *, full: bool) -> tuple[Lever, ...]:
    """Required monthly contribution; with `full` also the lump sum today that does the same."""
    levers = [_lever(setting, "monthly_contribution")]
    if full:
        levers.append(_lever(setting, "lump_sum"))
    return tuple(levers)


def _lever(setting: Setting, kind: str) -> Lever:
    monthly = kind == "monthly_contribution"
    goals, policy = len(setting.request.goals), setting.request.policy
    cost = float(setting.expected.sum())
    step = _MONTHLY_STEP if monthly else _LUMP_STEP
    months = setting.schedule.months
    highest = float(np.ceil(2.0 * cost / (months if monthly else 1) / step) * step)
    known: dict[float, FloatArray] = {}

    def changed(x: float) -> Setting:
        return setting.paying(monthly=x) if monthly else setting.paying(lump_sum=x)

    def on_lattice(x: float) -> FloatArray:
        if x not in known:
            known[x] = make_policy(changed(x), policy).policy.probability
        return known[x]

    def validated(x: float) -> FloatArray:
        trial = changed(x)
        return goal_probabilities(judged(trial, make_policy(trial, policy).table, "validation"), goals)

    value = smallest_sufficient(on_lattice, validated, setting.wanted, 0.0, highest, step)
    now = setting.request.contributions.monthly if monthly else 0.0
    if value is None:
        return Lever(kind=kind, now=now, value=None, probability=None, searched_to=highest)
    final = changed(value)
    outcome = judged(final, make_policy(final, policy).table, "judge")
    p = goal_probabilities(outcome, goals)
    worst = int(np.argmin(p - setting.wanted))
    error = float(np.sqrt(p[worst] * (1.0 - p[worst]) / outcome.paths))
    return Lever(
        kind=kind,
        now=now,
        value=value,
        probability=Estimate(value=float(p[worst]), standard_error=error),
        searched_to=highest,
    )
