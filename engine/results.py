"""From what became of a plan on the judge paths to the figures in the plan."""

import numpy as np
from numpy.typing import NDArray

from ..goals import add_months
from .follow import goal_successes
from .judge import Outcome
from .money_weighted import money_weighted_returns
from .plan import Band, Drawdown, Estimate, GoalResult, Returns, Status, Wealth
from .setting import CPI, Setting

FloatArray = NDArray[np.float64]

AT_RISK = 0.15  # a goal this far below its wanted probability is at risk, further below off target
LEVELS = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)


def estimate(hits: NDArray[np.bool_]) -> Estimate:
    """Share of True with its binomial standard error, sqrt(p (1 - p) / P)."""
    p = float(hits.mean())
    return Estimate(value=p, standard_error=float(np.sqrt(p * (1.0 - p) / hits.size)))


def status_of(probability: float, wanted: float) -> Status:
    """Status of one goal from the probabilities reached and wanted."""
    if probability >= wanted:
        return "on_target"
    return "at_risk" if probability >= wanted - AT_RISK else "off_target"


def goal_results(setting: Setting, outcome: Outcome) -> tuple[GoalResult, ...]:
    """Every goal of the request on the judge paths, in its order."""
    goals, payments = setting.request.goals, outcome.payments
    success = goal_successes(outcome, len(goals))
    number = np.array([p.goal for p in payments])
    expected = setting.expected
    ratio = funded_ratios(setting, expected)
    start = setting.schedule.start
    results = []
    for g, goal in enumerate(goals):
        mine = np.flatnonzero(number == g)
        due = np.broadcast_to(outcome.amounts[:, mine], (outcome.paths, len(mine)))
        missing = np.maximum(due - outcome.paid[:, mine] * due, 0.0).sum(axis=1)
        short = ~success[:, g]
        p = estimate(success[:, g])
        results.append(
            GoalResult(
                name=goal.name,
                kind=goal.kind,
                priority=goal.priority,
                due=add_months(start, payments[mine[0]].month),
                month=payments[mine[0]].month,
                payments=len(mine),
                amount=float(sum(payments[m].amount for m in mine)),
                expected_amount=float(expected[mine].sum()),
                wanted_probability=goal.wanted_probability,
                probability=p,
                completion=float((1.0 - missing / due.sum(axis=1)).mean()),
                expected_shortfall=float(missing.mean()),
                conditional_shortfall=conditional_shortfall(outcome, mine, missing, due.sum(axis=1), short),
                funded_ratio=float(ratio[g]),
                status=status_of(p.value, goal.wanted_probability),
            )
        )
    return tuple(results)


def conditional_shortfall(
    outcome: Outcome, mine: NDArray[np.intp], missing: FloatArray, due: FloatArray, short: NDArray[np.bool_]
) -> float:
    """Mean share that lacks where the goal is missed, counting the money that was there though not enough.

    An all-or-nothing goal that is missed is not paid at all; what the client lacks is what was missing to pay it.
    """
    if not short.any():
        return 0.0
    if len(mine) == 1:
        lacking = np.maximum(due - outcome.available[:, mine[0]], 0.0)
        return float((lacking / due)[short].mean())
    return float((missing / due)[short].mean())


def funded_ratios(setting: Setting, expected: FloatArray) -> FloatArray:
    """(n_goals,) money now and paid in until the goal's last date, over its cost and that of all due before it.

    Both sides are discounted at the long-run cash rate: 1 means that cash alone would do.
    """
    months = np.arange(setting.schedule.months + 1)
    discount = (1.0 + setting.assumptions.cash) ** (-months / 12.0)
    assets = setting.request.client.wealth + np.cumsum(setting.schedule.inflows * discount)
    month = np.array([p.month for p in setting.schedule.payments])
    number = np.array([p.goal for p in setting.schedule.payments])
    cost = expected * discount[month]
    ratios = []
    for g in range(len(setting.request.goals)):
        last = int(month[number == g].max())
        ratios.append(assets[last] / cost[month <= last].sum())
    return np.array(ratios)


def wealth_figures(setting: Setting, outcome: Outcome) -> Wealth:
    """Percentiles of wealth by month after payments, nominal and in money of the start."""
    wealth = outcome.wealth - _paid_by_month(outcome)
    wealth[:, -1] = outcome.final
    growth = setting.index_growth.get(CPI)
    months = np.arange(outcome.months + 1)
    deflator = (1.0 + growth) ** (months / 12.0) if growth is not None else np.ones(outcome.months + 1)
    nominal = np.percentile(wealth, LEVELS, axis=0)
    paid_in = outcome.start + np.cumsum(outcome.inflows)
    kept = wealth[:, -1] + (outcome.money_paid).sum(axis=1)
    return Wealth(
        nominal=_band(nominal),
        real=_band(nominal / deflator),
        paid_in=tuple(float(v) for v in paid_in),
        below_paid_in=estimate(kept < paid_in[-1]),
    )


def _paid_by_month(outcome: Outcome) -> FloatArray:
    out = np.zeros((outcome.paths, outcome.months + 1))
    for m, payment in enumerate(outcome.payments):
        out[:, payment.month] += outcome.money_paid[:, m]
    return out


def _band(values: FloatArray) -> Band:
    return Band(
        levels=tuple(level / 100.0 for level in LEVELS),
        values=tuple(tuple(round(float(v), 2) for v in row) for row in values),
    )


def return_figures(outcome: Outcome) -> Returns:
    """Median and 5-95 % of the money-weighted return a year, net of costs and fees."""
    low, median, high = np.percentile(money_weighted_returns(outcome), (5.0, 50.0, 95.0))
    return Returns(median=float(median), low=float(low), high=float(high))


def drawdown_figures(outcome: Outcome) -> Drawdown:
    """Distribution of the maximum drawdown of the unit value over the whole plan."""
    worst = outcome.peak_drawdown
    return Drawdown(
        daily=outcome.steps_per_month > 1,
        median=float(np.median(worst)),
        high=float(np.percentile(worst, 95.0)),
        monthly_high=float(np.percentile(outcome.peak_drawdown_monthly, 95.0)),
    )
