"""Repairs: per lever the smallest change on a stated step that makes the plan feasible, solved again to be sure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np

from ...goals import add_months
from ..request import PlanRequest
from .conflict import climb
from .demands import Ladder, Wanted, level_ladder, scaled
from .feasible import Feasibility
from .texts import repair_text
from .types import Repair

CONTRIBUTION_STEP = 10.0
MOST_MONTHS = 120  # later than this a goal is not moved
_LEAST_SHARE = 0.05  # of the amount asked for: a goal smaller than this is not proposed
_MOST_MONEY = 2.0  # times the cost of the required goals, by monthly payments


def find_repairs(
    request: PlanRequest, conflicts: Sequence[Sequence[Wanted]], feasible: Feasibility
) -> tuple[Repair, ...]:
    """One repair a lever, in the order: the conflicting demands, then money, dates and amounts, then the level.

    Parameters
    ----------
    request
        Dated and infeasible.
    conflicts
        From `find_conflicts`. A change of one demand is looked for only where there is one conflict: it cannot mend
        two that share no demand.
    feasible
        The oracle.

    """
    members = [member for conflict in conflicts for member in conflict]
    ladders: list[Ladder] = [member.ladder for member in members] if len(conflicts) == 1 else []
    goals = [int(m.key.split(".")[1]) for m in members if m.ladder.lever == "probability"]
    if goals:
        feasible.learn(request)
        ladders += _money(request, goals)
        for number in goals:
            ladders += _goal_ladders(request, number)
    level = level_ladder(request)
    if level is not None and all(ladder.key != level.key for ladder in ladders):
        ladders.append(level)
    return tuple(_repair(request, ladder, feasible) for ladder in ladders)


def _repair(request: PlanRequest, ladder: Ladder, feasible: Feasibility) -> Repair:
    n = climb(request, ladder, feasible)
    value = None if n is None else ladder.value(n)
    return Repair(
        lever=ladder.lever,
        key=ladder.key,
        now=ladder.now,
        value=value,
        step=ladder.step,
        just_short=None if n is None else ladder.value(n - 1),
        searched_to=ladder.end,
        assignment=None if value is None else ladder.write(value),
        text=repair_text(ladder, value, ladder.end),
    )


def _money(request: PlanRequest, goals: Sequence[int]) -> Iterator[Ladder]:
    assert request.start is not None
    now = request.contributions.monthly
    last = max(_months(request, number) for number in goals)
    if last >= 1:
        cost = sum(_cost(request, number) for number in goals)
        most = now + np.ceil(_MOST_MONEY * cost / last / CONTRIBUTION_STEP) * CONTRIBUTION_STEP
        yield scaled(
            "contribution", "contributions.monthly", "monthly", now, CONTRIBUTION_STEP, float(most),
            "repair_contribution",
        )  # fmt: skip


def _months(request: PlanRequest, number: int) -> int:
    due = request.goals[number].due
    assert request.start is not None
    return 0 if due is None else (due.year - request.start.year) * 12 + due.month - request.start.month


def _cost(request: PlanRequest, number: int) -> float:
    goal = request.goals[number]
    return goal.amount * getattr(goal, "years", 1) * (12 * 30 if goal.kind == "retirement" else 1)


def _goal_ladders(request: PlanRequest, number: int) -> Iterator[Ladder]:
    """Less money (or a cheaper home) for a goal, and a later date."""
    goal = request.goals[number]
    field = "price" if getattr(goal, "price", None) is not None else "amount"
    now = float(getattr(goal, field))
    step = 10.0 ** (np.floor(np.log10(now)) - 2.0)
    end = float(np.ceil(_LEAST_SHARE * now / step) * step)
    yield scaled("amount", f"goals.{number}.{field}", goal.name, now, step, end, "repair_amount")
    if goal.due is None:
        return
    due = goal.due

    def later(n: int) -> str:
        return _later(due, n).isoformat()

    yield Ladder(
        lever="date",
        key=f"goals.{number}.due",
        name=goal.name,
        now=due.isoformat(),
        step=1.0,
        rungs=MOST_MONTHS,
        value=later,
        write=lambda wish: f"goals.{number}.due={wish}",
        code="repair_date",
    )


def _later(day: dt.date, months: int) -> dt.date:
    return add_months(day, months)
