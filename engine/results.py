"""From what became of a plan on the judge paths to the figures in the plan."""

import numpy as np
from numpy.typing import NDArray

from ..goals import add_months
from .judge.run import Outcome
from .judge.statistics import (
    LEVELS,
    Share,
    after_payments,
    below_paid_in,
    drawdown_statistics,
    goal_statistics,
    money_weighted_returns,
    percentiles,
    price_level,
    share,
)
from .plan import Band, Drawdown, Estimate, GoalResult, Returns, Status, Wealth
from .policy import Policy
from .setting import CPI, Setting

FloatArray = NDArray[np.float64]

FALL_LEVELS = (1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0)  # of drawdowns
AT_RISK = 0.15  # a goal this far below its wanted probability is at risk, further below off target


def estimate(found: Share) -> Estimate:
    """A share as the plan states it."""
    return Estimate(value=found.value, standard_error=found.standard_error)


def status_of(probability: float, wanted: float) -> Status:
    """Status of one goal from the probabilities reached and wanted."""
    if probability >= wanted:
        return "on_target"
    return "at_risk" if probability >= wanted - AT_RISK else "off_target"


def goal_probabilities(outcome: Outcome) -> FloatArray:
    """(n_goals,) share of paths on which every payment of the goal was made in full."""
    number = np.array([payment.goal for payment in outcome.payments])
    met = outcome.paid >= 1.0
    return np.array([met[:, number == goal].all(axis=1).mean() for goal in np.unique(number)])


def goal_results(setting: Setting, outcome: Outcome) -> tuple[GoalResult, ...]:
    """Every goal of the request on the judge paths, in its order."""
    payments, expected = outcome.payments, setting.expected
    number = np.array([p.goal for p in payments])
    ratio = funded_today(setting)
    results = []
    for goal, found in zip(setting.request.goals, goal_statistics(outcome), strict=True):
        mine = np.flatnonzero(number == found.goal)
        month = payments[mine[0]].month
        results.append(
            GoalResult(
                name=goal.name,
                kind=goal.kind,
                priority=goal.priority,
                due=add_months(setting.schedule.start, month),
                month=month,
                payments=len(mine),
                amount=float(sum(payments[m].amount for m in mine)),
                expected_amount=float(expected[mine].sum()),
                wanted_probability=goal.wanted_probability,
                probability=estimate(found.probability),
                completion=found.completion,
                funded_ratio=found.funded_ratio,
                funded_today=float(ratio[found.goal]),
                expected_shortfall=found.expected_shortfall,
                conditional_shortfall=found.conditional_shortfall,
                expected_gap=found.expected_gap,
                conditional_gap=found.conditional_gap,
                status=status_of(found.probability.value, goal.wanted_probability),
            )
        )
    return tuple(results)


def funded_today(setting: Setting) -> FloatArray:
    """(n_goals,) money now and paid in until the goal's last date, over its cost and that of all due by then.

    Both sides are discounted at the long-run cash rate: 1 means that cash alone would do.
    """
    schedule = setting.schedule
    discount = (1.0 + setting.assumptions.cash) ** (-np.arange(schedule.months + 1) / 12.0)
    assets = setting.request.client.wealth + np.cumsum(schedule.inflows * discount)
    month = np.array([p.month for p in schedule.payments])
    number = np.array([p.goal for p in schedule.payments])
    cost = setting.expected * discount[month]
    last = [int(month[number == g].max()) for g in range(len(setting.request.goals))]
    return np.array([assets[t] / cost[month <= t].sum() for t in last])


def wealth_figures(setting: Setting, outcome: Outcome) -> Wealth:
    """Percentiles of wealth by month after payments, nominal and in money of the start by each path's own CPI."""
    wealth = after_payments(outcome)
    paid_in = outcome.start + np.cumsum(outcome.inflows)
    ids = setting.assumptions.index_ids
    real = wealth / price_level(setting.paths_of("judge"), ids, CPI, outcome.months) if CPI in ids else wealth
    return Wealth(
        nominal=_band(percentiles(wealth)),
        real=_band(percentiles(real)),
        paid_in=tuple(np.round(paid_in, 2).tolist()),
        below_paid_in=estimate(below_paid_in(outcome)),
    )


def _band(values: FloatArray) -> Band:
    return Band(
        levels=tuple(level / 100.0 for level in LEVELS),
        values=tuple(map(tuple, np.round(values, 2).tolist())),
    )


def return_figures(outcome: Outcome) -> Returns:
    """Median and 5-95 % of the money-weighted return a year, net of costs and fees."""
    low, median, high = percentiles(money_weighted_returns(outcome), (5.0, 50.0, 95.0))
    return Returns(median=float(median), low=float(low), high=float(high))


def drawdown_figures(setting: Setting, outcome: Outcome, policy: Policy) -> Drawdown:
    """Distribution of the maximum drawdown of the unit value, and how often the client's limit breaks."""
    limits = setting.request.limits
    found = drawdown_statistics(outcome, limits.max_drawdown, FALL_LEVELS)
    limited = limits.max_drawdown is not None
    worst_window = max(found.windows, key=lambda each: each.value)
    return Drawdown(
        daily=outcome.steps_per_month > 1,
        levels=tuple(level / 100.0 for level in FALL_LEVELS),
        quantiles=tuple(round(float(v), 6) for v in found.quantiles),
        median=float(found.quantiles[FALL_LEVELS.index(50.0)]),
        high=float(found.quantiles[FALL_LEVELS.index(95.0)]),
        monthly_high=float(found.quantiles_monthly[FALL_LEVELS.index(95.0)]),
        loss_of_paid_in_high=float(percentiles(outcome.loss_of_paid_in, (95.0,))[0]),
        limit=limits.max_drawdown,
        measured_from=limits.measured_from,
        confidence=limits.confidence if limited else None,
        lattice_breach=policy.breach_probability if policy.task.drawdown_limit is not None else None,
        window_breach=estimate(worst_window) if limited else None,
        breach=estimate(found.breach) if limited else None,
        breach_monthly=estimate(found.breach_monthly) if limited else None,
        all_time_breach=estimate(found.all_time) if limited else None,
        given_breach_mean=found.given_breach_mean if limited else None,
        given_breach_high=found.given_breach_high if limited else None,
        paid_in_breach=estimate(share(outcome.loss_of_paid_in > limits.max_drawdown))
        if limits.max_drawdown is not None
        else None,
    )
