"""The contribution levers: what to pay in, each month or once today, to reach every wanted probability."""

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .calibrate import Calibrated, calibrated_anew, validated_shares
from .follow import judged, lattice_probability, quick_probability
from .levers import smallest_confirmed, smallest_sufficient
from .plan import Estimate, Lever
from .results import goal_probabilities
from .setting import Setting

FloatArray = NDArray[np.float64]
LeverKind = Literal["monthly_contribution", "lump_sum"]

_STEP = {"monthly_contribution": 10.0, "lump_sum": 1000.0}
_DULL = 0.01  # chances nearer to 0 or 1 tell no slope
_MOST = 2.0  # times the cost of all goals: more money than that is not asked for


def contribution_levers(setting: Setting, solved: Calibrated, *, full: bool) -> tuple[Lever, ...]:
    """Required monthly contribution; with `full` also the lump sum today that does the same.

    Under a drawdown limit the price of a breach is found again from the plan's, and the answer is re-judged.
    """
    levers = [_lever(setting, solved, "monthly_contribution")]
    if full:
        levers.append(_lever(setting, solved, "lump_sum"))
    return tuple(levers)


def _lever(setting: Setting, solved: Calibrated, kind: LeverKind) -> Lever:
    months = setting.schedule.months if kind == "monthly_contribution" else 1
    step, now = _STEP[kind], setting.request.contributions.monthly if kind == "monthly_contribution" else 0.0
    highest = float(np.ceil(_MOST * setting.expected.sum() / (months * step)) * step)

    @cache
    def changed(x: float) -> Setting:
        return setting.paying(monthly=x) if kind == "monthly_contribution" else setting.paying(lump_sum=x)

    known = {now: solved}

    def solve(x: float) -> Calibrated:
        if x not in known:
            nearest = known[min(known, key=lambda y: abs(y - x))]
            known[x] = calibrated_anew(changed(x), nearest)
        return known[x]

    nothing = np.full(len(setting.wanted), -1.0)  # without any money no probability is ever enough
    shift = np.zeros(len(setting.wanted))  # of the lattice, known where the plan itself was validated
    searched = setting.request.limits.max_drawdown is not None or solved.followed.tuned
    if solved.reached is not None:
        shift = solved.reached - quick_probability(setting, solved.followed)

    @cache
    def on_lattice(x: float) -> FloatArray:
        paying = changed(x)
        if not paying.has_money:
            return nothing
        if searched:
            return quick_probability(paying, solved.followed) + shift
        return lattice_probability(paying, solve(x).followed.policy.probability)

    @cache
    def validated(x: float) -> FloatArray:
        return validated_shares(changed(x), solve(x)) if changed(x).has_money else nothing

    funding, scale = _funding(setting, changed(now + step), step)
    begin = _begin(on_lattice(now), now, now + funding)
    smallest = smallest_confirmed if searched else smallest_sufficient
    value = smallest(on_lattice, validated, setting.wanted, highest, step, begin, scale)
    if value is None:
        return Lever(kind=kind, now=now, step=step, reaches=False, searched_to=highest)
    outcome = judged(changed(value), solve(value).followed.table, "judge")
    p = goal_probabilities(outcome)
    worst = float(p[np.argmin(p - setting.wanted)])
    error = float(np.sqrt(worst * (1.0 - worst) / outcome.paths))
    return Lever(
        kind=kind,
        now=now,
        value=value,
        step=step,
        probability=Estimate(value=worst, standard_error=error),
        probabilities=tuple(map(float, p)),
        reaches=True,
        searched_to=highest,
    )


def _funding(setting: Setting, more: Setting, step: float) -> tuple[float, float]:
    """How much more pays for every goal at the growth of the calmest portfolio, and what moves a chance by a quantile.

    Present values: what is missing over what a unit of the lever brings (`more` has `step` of it more); and a quarter
    of the riskiest portfolio's deviation over the plan, as a share of all that is due.
    """
    months, menu = setting.schedule.months, setting.menu
    discount = (1.0 + float(menu.mean[0]) - setting.request.advisory_fee) ** (-np.arange(months + 1) / 12.0)
    due = float(
        sum(a * discount[p.month] for p, a in zip(setting.schedule.payments, setting.planned, strict=True))
    )

    def money(of: Setting) -> float:
        return of.request.client.wealth + float(of.schedule.inflows @ discount)

    unit = (money(more) - money(setting)) / step
    if unit <= 0.0:  # no month is left to pay in
        return 0.0, step
    spread = 0.25 * float(menu.volatility.max()) * float(np.sqrt(months / 12.0))
    return (due - money(setting)) / unit, spread * due / unit


def _begin(probability: FloatArray, now: float, funding: float) -> float:
    """Where to search first: from today's value if its chances tell a slope, else where the goals are just paid for."""
    told = bool(np.any((probability > _DULL) & (probability < 1.0 - _DULL)))
    return now if told else max(funding, 0.0)
