"""What is left of a plan from a month on: the request, the schedule, and the policy that goes on."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...goals import Contributions, Goal, Schedule, add_months
from ...goals.goal import Education, HomePurchase, Retirement
from ...goals.months import month_index
from ...scenarios.assumptions import Assumptions
from ..client import Client
from ..judge.extremes import daily_extremes
from ..judge.run import Outcome, run_policy
from ..objectives import amount_due
from ..policy.table import PolicyTable
from ..record import PolicyRecord
from ..request import PlanRequest
from ..setting import Setting

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A plan from month m on, once that month's flows are done.

    Attributes
    ----------
    start
        First day of month m, month 0 of what is left.
    goals
        Positions of the goals that are not yet paid, in the request.
    schedule
        Money in and payments to come, goals counted among those of `goals`.
    table
        The rest of the policy.
    expected : (M,)
        Nominal amounts that the policy was made for.
    """

    start: dt.date
    goals: tuple[int, ...]
    schedule: Schedule
    table: PolicyTable
    expected: FloatArray


def rest_of(
    schedule: Schedule,
    table: PolicyTable,
    month: int,
    *,
    assumptions: Assumptions,
    prices: Mapping[str, float],
) -> Rest:
    """Cut a plan at a month.

    Parameters
    ----------
    schedule, table
        Of the whole plan.
    assumptions
        Those that the policy was made for.
    prices
        By index, its level now over that at the plan's start: amounts become money of today.
    """
    left = [p for p in schedule.payments if p.month > month]
    goals = tuple(sorted({p.goal for p in left}))
    payments = tuple(
        replace(
            p,
            goal=goals.index(p.goal),
            month=p.month - month,
            amount=p.amount * (prices[p.index] if p.index else 1.0),
        )
        for p in left
    )
    inflows = np.append(0.0, schedule.inflows[month + 1 :])
    inflows.flags.writeable = False
    start = add_months(schedule.start, month)
    return Rest(
        start=start,
        goals=goals,
        schedule=Schedule(start=start, months=schedule.months - month, inflows=inflows, payments=payments),
        table=table.after(month),
        expected=np.array([amount_due(p, assumptions)[0] for p in left]),
    )


def request_of(
    request: PlanRequest,
    client: Client,
    schedule: Schedule,
    month: int,
    *,
    ratios: Sequence[float],
    raised: bool,
) -> PlanRequest:
    """Return what a dated request asks from a month on.

    Parameters
    ----------
    client
        As it is now.
    schedule
        Of `request`.
    ratios
        What each goal's amount grows by, to be money of today.
    raised
        Whether the monthly contribution has been raised each year since the start.
    """
    months: list[list[int]] = [[] for _ in request.goals]
    for payment in schedule.payments:
        months[payment.goal].append(payment.month)
    goals = tuple(
        _to_come(goal, due, schedule.start, month, ratio)
        for goal, due, ratio in zip(request.goals, months, ratios, strict=True)
        if due[-1] > month
    )
    terms, last = request.contributions, _last_contribution(request, schedule)
    going = terms.monthly > 0.0 and last > month
    raise_by = (1.0 + terms.growth) ** (month // 12) if raised else 1.0
    contributions = Contributions(
        monthly=round(terms.monthly * raise_by, 2) if going else 0.0,
        growth=terms.growth if going else 0.0,
        until=add_months(schedule.start, last) if going and last < schedule.months else None,
        dated=tuple(lump for lump in terms.dated if month_index(schedule.start, lump.date) > month),
    )
    start = add_months(schedule.start, month)
    changes = {"start": start, "client": client, "goals": goals, "contributions": contributions}
    return PlanRequest.model_validate(request.model_copy(update=changes).model_dump())


def _last_contribution(request: PlanRequest, schedule: Schedule) -> int:
    until = request.contributions.until
    ends = [schedule.months]
    if until is not None:
        ends.append(month_index(schedule.start, until))
    else:
        ends += [month_index(schedule.start, g.due) for g in request.goals if isinstance(g, Retirement)]
    return min(ends)


def _to_come(goal: Goal, months: list[int], start: dt.date, month: int, ratio: float) -> Goal:
    """Return the goal without the payments that were due, its amount times `ratio`."""
    changes: dict[str, object] = {}
    paid = sum(m <= month for m in months)
    if paid:
        changes["due"] = add_months(start, months[paid])
    if paid and isinstance(goal, Education):
        changes["years"] = goal.years - paid
    if ratio != 1.0:
        changes["amount"] = round(goal.amount * ratio, 2)
        if isinstance(goal, HomePurchase):
            changes |= {"price": None, "down_payment": None, "costs": 0.0}
        if isinstance(goal, Retirement):
            changes["pension"] = round(goal.pension * ratio, 2)
    return goal.model_copy(update=changes)


def stored_weights(record: PolicyRecord, setting: Setting) -> FloatArray | None:
    """(K, N) portfolios of a stored policy over the setting's assets; None if it holds what the client may not."""
    weights = np.array(record.weights)
    ids = setting.menu.asset_ids
    out = np.zeros((len(weights), len(ids)))
    for column, asset in enumerate(record.assets):
        if asset in ids:
            out[:, ids.index(asset)] = weights[:, column]
        elif (weights[:, column] > 0.0).any():
            return None
    return out


def following(setting: Setting, rest: Rest, weights: FloatArray) -> Setting:
    """Setting in which a stored policy's portfolios are the menu and what is left of its plan the schedule."""
    return replace(setting, menu=replace(setting.menu, weights=weights.copy()), schedule=rest.schedule)


def followed_on(
    setting: Setting,
    rest: Rest,
    *,
    wealth: float,
    invested: FloatArray,
    unit_peak: float,
    broken: bool,
    daily: bool,
) -> Outcome:
    """Follow what is left of the stored policy on the judge paths.

    Parameters
    ----------
    setting
        Of `following`.
    wealth
        Money now, after this month's flows.
    invested
        (N,) shares of it that are invested; the rest to 1 is on accounts.
    unit_peak, broken
        What the plan carries, see `run_policy`.
    """
    sample = (setting.schedule.months, setting.paths, setting.seed, "judge")
    return run_policy(
        rest.table,
        setting.menu,
        rest.schedule,
        setting.paths_of("judge"),
        wealth=wealth,
        weights=invested,
        advisory_fee=setting.request.advisory_fee,
        expected=rest.expected,
        index_ids=setting.assumptions.index_ids,
        unit_peak=unit_peak,
        broken=broken,
        extremes=daily_extremes(setting.model, setting.menu, *sample) if daily else None,
    )
