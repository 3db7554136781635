"""The contribution levers: what to pay in, each month or once today, to reach every wanted probability."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .follow import Followed, judged, make_policy
from .levers import smallest_sufficient
from .plan import Estimate, Lever
from .results import goal_probabilities
from .setting import Setting

FloatArray = NDArray[np.float64]

_MONTHLY_STEP, _LUMP_STEP = 10.0, 1000.0


def contribution_levers(setting: Setting, working_limit: float | None, *, full: bool) -> tuple[Lever, ...]:
    """Required monthly contribution; with `full` also the lump sum today that does the same.

    The working limit of the plan is kept: it hardly moves with the money, and the answer is re-judged.
    """
    levers = [_lever(setting, working_limit, "monthly_contribution")]
    if full:
        levers.append(_lever(setting, working_limit, "lump_sum"))
    return tuple(levers)


def _lever(
    setting: Setting, working_limit: float | None, kind: Literal["monthly_contribution", "lump_sum"]
) -> Lever:
    monthly = kind == "monthly_contribution"
    cost = float(setting.expected.sum())
    step = _MONTHLY_STEP if monthly else _LUMP_STEP
    months = setting.schedule.months
    highest = float(np.ceil(2.0 * cost / (months if monthly else 1) / step) * step)
    known: dict[float, FloatArray] = {}

    def changed(x: float) -> Setting:
        return setting.paying(monthly=x) if monthly else setting.paying(lump_sum=x)

    def solved(x: float) -> Followed:
        return make_policy(changed(x), setting.request.policy, working_limit)

    def on_lattice(x: float) -> FloatArray:
        if x not in known:
            known[x] = solved(x).policy.probability
        return known[x]

    def validated(x: float) -> FloatArray:
        return goal_probabilities(judged(changed(x), solved(x).table, "validation"))

    value = smallest_sufficient(on_lattice, validated, setting.wanted, 0.0, highest, step)
    now = setting.request.contributions.monthly if monthly else 0.0
    if value is None:
        return Lever(kind=kind, now=now, value=None, probability=None, searched_to=highest)
    outcome = judged(changed(value), solved(value).table, "judge")
    p = goal_probabilities(outcome)
    worst = int(np.argmin(p - setting.wanted))
    error = float(np.sqrt(p[worst] * (1.0 - p[worst]) / outcome.paths))
    return Lever(
        kind=kind,
        now=now,
        value=value,
        probability=Estimate(value=float(p[worst]), standard_error=error),
        searched_to=highest,
    )
