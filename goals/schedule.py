"""Goals and contributions become arrays by month: money in, and payments due.

Month t has three steps: money in, then payments, then the return to month t + 1. See `months` for what a
date's month is. The horizon T is the month of the last payment; contributions run from month 1 to month T,
paid in before it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .contributions import Contributions
from .dates import date_problems, payment_months
from .edge import Problem, refuse
from .goal import PRIORITIES, Goal, Retirement
from .months import month_index

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One dated payment of one goal.

    Attributes
    ----------
    goal
        Position of the goal in the request.
    month
        Month index at which it is paid, after that month's money in.
    amount
        Money of the start if `index` is given, else nominal.
    index
        Id of the index that the amount grows with from month 0 to `month`, or ``None``.
    priority
        0 need, 1 want, 2 wish.
    min_fraction
        Smallest share of the amount that may be paid instead, in (0, 1].
    """

    goal: int
    month: int
    amount: float
    index: str | None
    priority: int
    min_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schedule:
    """Money in and payments due, by month.

    Attributes
    ----------
    start
        First day of month 0.
    months
        T, the month of the last payment, 1 to 720.
    inflows
        Shape (T + 1,), nominal money in at month t: contributions, lump sums and pensions; month 0 is
        always 0, since what is there at the start is the client's wealth. Read-only.
    payments
        Sorted by (month, priority), goals of one request order after that.
    """

    start: dt.date
    months: int
    inflows: FloatArray
    payments: tuple[Payment, ...]


def build_schedule(
    goals: Sequence[Goal],
    contributions: Contributions,
    start: dt.date,
    birth_year: int | None,
    *,
    index_growth: Mapping[str, float] | None = None,
) -> Schedule:
    """Turn goals and contributions into arrays by month.

    Parameters
    ----------
    goals
        At least one goal.
    contributions
        What the client pays in.
    start
        First day of month 0.
    birth_year
        The client's; needed for a retirement goal only.
    index_growth
        Expected growth of each index, a decimal a year (effective). Used only for pensions of indexed
        retirement goals: inflows are nominal, so such a pension is counted at month t as ``pension * (1 +
        growth) ** (t / 12)``.
        Payments keep their index, because the index is drawn with the returns.

    Returns
    -------
    Schedule

    Raises
    ------
    pydantic.ValidationError
        A date that does not fit the start or the horizon, a missing `birth_year`, or a pension whose index
        `index_growth` lacks; every problem names its field as in a request.
    """
    problems = date_problems(goals, contributions, start, birth_year)
    if problems:
        refuse("Schedule", problems)
    payments = tuple(
        sorted(
            (
                Payment(
                    goal=number,
                    month=month,
                    amount=goal.amount,
                    index=goal.index,
                    priority=PRIORITIES.index(goal.priority),
                    min_fraction=goal.min_fraction,
                )
                for number, goal in enumerate(goals)
                for month in payment_months(goal, start, birth_year)
            ),
            key=lambda payment: (payment.month, payment.priority),
        )
    )
    months = payments[-1].month
    inflows = np.zeros(months + 1)
    _add_contributions(inflows, goals, contributions, start)
    for number, goal in enumerate(goals):
        if isinstance(goal, Retirement) and goal.pension > 0.0:
            paid = np.array(payment_months(goal, start, birth_year))
            growth = _pension_growth(number, goal, index_growth or {})
            inflows[paid] += goal.pension * (1.0 + growth) ** (paid / 12.0)
    inflows.flags.writeable = False
    return Schedule(start=start, months=months, inflows=inflows, payments=payments)


def _add_contributions(
    inflows: FloatArray, goals: Sequence[Goal], contributions: Contributions, start: dt.date
) -> None:
    ends = (
        [contributions.until] if contributions.until else [g.due for g in goals if isinstance(g, Retirement)]
    )
    last = min([len(inflows) - 1, *(month_index(start, end) for end in ends)])
    t = np.arange(1, last + 1)  # empty if the last monthly payment lies before month 1
    inflows[t] += contributions.monthly * (1.0 + contributions.growth) ** ((t - 1) // 12)
    for lump in contributions.dated:
        inflows[month_index(start, lump.date)] += lump.amount


def _pension_growth(number: int, goal: Retirement, index_growth: Mapping[str, float]) -> float:
    if goal.index is None:
        return 0.0
    if goal.index not in index_growth:
        known = ", ".join(sorted(index_growth)) or "none"
        text = f"grows with {goal.index!r}, an index of unknown growth (known: {known}); give another index"
        refuse("Schedule", [Problem(("goals", number, "pension"), goal.pension, "pension_index", text)])
    return index_growth[goal.index]
